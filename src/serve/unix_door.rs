//! A Unix socket on which the admin API answers, and nothing else.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::UnixStream as BlockingStream,
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::{
    net::{UnixListener, UnixSocket, UnixStream},
    sync::Semaphore,
};

use super::{
    caller::Way,
    reply::{BodyError, ReplyBody},
    state::State,
};
use crate::runtime::Watch;

/// Bytes of a socket's path (`sun_path` of Linux without its end; other systems have room for a few
/// less, and say so themselves).
const MAX_PATH: usize = 107;
const BACKLOG: u32 = 1024;
const BACKOFF: Duration = Duration::from_millis(100);
/// Who may open it: the user that ringer runs as.
const MODE: u32 = 0o600;

/// Why nobody can listen on a Unix socket.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Another file is there.
    #[error("there is a file that is no socket: move it, or name another path")]
    Occupied,
    /// Another process listens there.
    #[error("another process listens there: stop it, or name another path")]
    Taken,
    /// The path is longer than sockets' may be.
    #[error(
        "the path is {0} bytes long, a socket's may have at most {MAX_PATH}: name a shorter one, which \
         may begin at the folder that ringer runs in"
    )]
    TooLong(usize),
    /// The system refuses.
    #[error("the system refuses")]
    Io(#[from] io::Error),
}

/// The socket, which nobody but its owner can open. Its file goes with it.
#[derive(Debug)]
pub(super) struct UnixDoor {
    listener: UnixListener,
    _file: SocketFile,
}

/// The file of a socket, removed at the end unless it is another's by then.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// Device and number of the file.
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

impl UnixDoor {
    /// Listens. The socket of a process that is gone is replaced.
    ///
    /// # Errors
    ///
    /// Another process listens there, another file is there, or the system refuses.
    pub(super) fn open(path: &Path) -> Result<Self, SocketError> {
        let length = path.as_os_str().len();
        if length > MAX_PATH {
            return Err(SocketError::TooLong(length));
        }
        clear(path)?;
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        let file = SocketFile { path: path.to_owned(), identity: identity(path)? };
        // Until it listens, nobody can connect: it is never open to more than its owner.
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
        Ok(Self { listener: socket.listen(BACKLOG)?, _file: file })
    }

    /// Accepts until the watch says stop; each connection holds a permit and a watch.
    pub(super) async fn attend(self, state: Arc<State>, permits: Arc<Semaphore>, mut watch: Watch) {
        let within = watch.clone();
        loop {
            let accepted = async {
                let permit = Arc::clone(&permits).acquire_owned().await.ok()?;
                Some((self.listener.accept().await, permit))
            };
            let accepted = tokio::select! {
                () = watch.stopped() => None,
                accepted = accepted => accepted,
            };
            let Some((stream, permit)) = accepted else { break };
            let stream = match stream {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Most likely out of file descriptors: some will be freed.
                    tracing::warn!(%error, "cannot accept a connection of the Unix socket");
                    tokio::time::sleep(BACKOFF).await;
                    continue;
                }
            };
            let mut cut_off = state.cut_off.watch();
            let connection = serve(Arc::clone(&state), stream, within.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = connection => {}
                    () = cut_off.stopped() => {}
                }
                drop(permit);
            });
        }
        // Before the watch, for whose end ringer waits.
        drop(self);
    }
}

/// Makes room for a socket.
fn clear(path: &Path) -> Result<(), SocketError> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        return Err(SocketError::Occupied);
    }
    match BlockingStream::connect(path) {
        Ok(_) => Err(SocketError::Taken),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Ok(fs::remove_file(path)?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
    watch: Watch,
) -> Result<Response<ReplyBody>, BodyError> {
    match &state.admin {
        Some(door) => door.answer(&Way::Unix, request, &state.limits, watch).await,
        None => Err("there is no admin API".into()),
    }
}

async fn serve(state: Arc<State>, stream: UnixStream, mut watch: Watch) {
    let limits = &state.limits;
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(limits.head_bytes.max(8192))
        .auto_date_header(false);
    let (asked, within) = (Arc::clone(&state), watch.clone());
    let answer = move |request| answer(Arc::clone(&asked), request, within.clone());
    let connection = builder.serve_connection(TokioIo::new(stream), service_fn(answer));
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = watch.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection of the Unix socket ended with an error");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_its_owners_alone_and_goes_with_its_door() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let door = UnixDoor::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(UnixDoor::open(&path), Err(SocketError::Taken)));
        drop(door);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn the_socket_of_a_process_that_is_gone_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let first = UnixDoor::open(&path).unwrap();
        // Whoever took its place keeps it.
        fs::remove_file(&path).unwrap();
        let second = UnixDoor::open(&path).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn another_file_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(UnixDoor::open(&path), Err(SocketError::Occupied)));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("gone"), &link).unwrap();
        assert!(matches!(UnixDoor::open(&link), Err(SocketError::Occupied)));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_is_told_so() {
        let path = PathBuf::from("/tmp").join("x".repeat(200));
        assert!(matches!(UnixDoor::open(&path), Err(SocketError::TooLong(205))));
    }
}
