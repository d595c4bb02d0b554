//! Accepts connections, a bounded number at a time, until ringer stops; and shuts, where nobody shall
//! listen.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket},
    sync::Semaphore,
};

use super::{
    aside::Aside, connection::serve_tcp, observed::Counted, refusals::Refusals, route::Belonging,
    state::State,
};
use crate::runtime::{Drain, Watch};

const BACKLOG: u32 = 1024;
const MIN_BACKOFF: Duration = Duration::from_millis(5);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// An address that connections come to, or are refused at.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    belonging: Belonging,
    standing: Standing,
}

#[derive(Debug)]
enum Standing {
    /// The drain is of the connections that came in.
    Open(TcpListener, Drain),
    /// The socket keeps the port: the system refuses connections to a bound socket that does not
    /// listen. `None` where the port was lost to someone else.
    Shut(Option<TcpSocket>),
}

impl Door {
    /// Takes an address; nobody listens yet.
    ///
    /// # Errors
    ///
    /// As the system says; most often the port is taken.
    pub(super) fn reserve(address: SocketAddr) -> io::Result<Self> {
        Self::reserve_for(address, Belonging::default())
    }

    /// Takes an address, at which requests belong to somebody; nobody listens yet.
    ///
    /// # Errors
    ///
    /// As the system says; most often the port is taken.
    pub(super) fn reserve_for(address: SocketAddr, belonging: Belonging) -> io::Result<Self> {
        let socket = bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self { address, belonging, standing: Standing::Shut(Some(socket)) })
    }

    /// The address, with the port that the system chose where none was given.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens, unless it does already.
    ///
    /// # Errors
    ///
    /// As the system says: the port is taken.
    pub(super) fn open(&mut self) -> io::Result<()> {
        if let Standing::Shut(socket) = &mut self.standing {
            let socket = socket.take().map_or_else(|| bind(self.address), Ok)?;
            self.standing = Standing::Open(socket.listen(BACKLOG)?, Drain::new().0);
        }
        Ok(())
    }

    /// Listens no more. Connections that came in finish what they are at, and end.
    pub(super) fn shut(&mut self) {
        if let Standing::Open(..) = self.standing {
            // Closed before its port is taken again; meanwhile it refuses as well.
            self.standing = Standing::Shut(None);
            self.standing = Standing::Shut(bind(self.address).ok());
            tracing::info!("nobody listens on {}: a rule refuses", self.address);
        }
    }

    /// Accepts for as long as it is polled; when it is shut, nobody comes.
    pub(super) async fn admit(&self, state: &Arc<State>, permits: &Arc<Semaphore>, watch: &Watch) {
        let Standing::Open(listener, drain) = &self.standing else {
            return std::future::pending().await;
        };
        let mut backoff = MIN_BACKOFF;
        loop {
            let Ok(permit) = Arc::clone(permits).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((tcp, _)) => {
                    backoff = MIN_BACKOFF;
                    let mut cut_off = state.cut_off.watch();
                    let watch = drain.watch_within(watch);
                    state.metrics.connections.inc();
                    let open = Counted::new(&state.metrics.open_connections);
                    let belonging = self.belonging.clone();
                    let at = (self.address, belonging);
                    let connection = serve_tcp(Arc::clone(state), tcp, at, watch);
                    tokio::spawn(async move {
                        tokio::select! {
                            biased;
                            () = Aside::new(cut_off.stopped()) => {}
                            () = connection => {}
                        }
                        drop((permit, open));
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
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last connections are still closing is free for us (not so on Windows, where
    // this would share it).
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Accepts while nothing refuses, until the watch says stop; each connection holds a permit and a watch.
pub(super) async fn attend(
    mut door: Door,
    mut refusals: Refusals,
    state: Arc<State>,
    permits: Arc<Semaphore>,
    mut watch: Watch,
) {
    let within = watch.clone();
    let mut backoff = MIN_BACKOFF;
    loop {
        let mut again = None;
        if refusals.refuse_now() {
            door.shut();
        } else if let Err(error) = door.open() {
            // Somebody else listens there meanwhile.
            tracing::warn!(%error, "cannot listen on {} again", door.address());
            again = Some(backoff);
            backoff = (backoff * 2).min(MAX_BACKOFF);
        } else {
            backoff = MIN_BACKOFF;
        }
        tokio::select! {
            () = watch.stopped() => return,
            () = refusals.changed(again) => {}
            () = door.admit(&state, &permits, &within) => return,
        }
    }
}
