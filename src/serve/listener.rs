//! Accepts connections, a bounded number at a time, until ringer stops.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Semaphore};

use super::{connection::serve_tcp, state::State};
use crate::runtime::Watch;

const BACKLOG: u32 = 1024;
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// Binds an address.
///
/// # Errors
///
/// As the system says; most often the port is taken.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        tokio::net::TcpSocket::new_v4()?
    } else {
        tokio::net::TcpSocket::new_v6()?
    };
    // A port whose last connections are still closing is free for us (not so on Windows, where
    // this would share it).
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts until the watch says stop; each connection holds a permit and a clone of the watch.
pub(super) async fn accept(
    listener: TcpListener,
    state: Arc<State>,
    permits: Arc<Semaphore>,
    mut watch: Watch,
) {
    let mut backoff = Duration::from_millis(5);
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = watch.stopped() => return,
        };
        match accepted {
            Ok((tcp, _)) => {
                backoff = Duration::from_millis(5);
                let mut cut_off = state.cut_off.watch();
                let connection = serve_tcp(Arc::clone(&state), tcp, watch.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = connection => {}
                        () = cut_off.stopped() => {}
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                // Most likely out of file descriptors: some will be freed.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(backoff).await;
                backoff = (backoff * 2).min(MAX_BACKOFF);
            }
        }
    }
}
