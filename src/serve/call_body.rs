//! The body of a call of the admin API: all of it, within bounds of size and time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header::EXPECT};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

/// So many times as long as a piece may take, a whole body may take.
const PIECES: u32 = 10;
/// For so long, what comes of a body that is too large is thrown away before it is said: a client that
/// sends first and reads then would else see a broken connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bounds of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimits {
    /// Bytes of it.
    pub(super) bytes: usize,
    /// Time until the next piece.
    pub(super) pause: Duration,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The client broke off.
    Broken,
    /// It is larger than it may be.
    TooLarge,
    /// It came too slowly.
    TooSlow,
}

impl Unread {
    /// Status, kind and what to tell the client.
    pub(super) fn told(self, limits: BodyLimits) -> (StatusCode, &'static str, String) {
        match self {
            Self::Broken => (StatusCode::BAD_REQUEST, "bad_body", "the body broke off".to_owned()),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!(
                    "the body is larger than {} bytes; `max_admin_body` in ringer.toml, \
                     RINGER_MAX_ADMIN_BODY or `--max-admin-body SIZE` allow more",
                    limits.bytes
                ),
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                format!(
                    "the body came too slowly: a pause may take {} s (`header_timeout`), and all of \
                     it {PIECES} times as long",
                    limits.pause.as_secs_f64()
                ),
            ),
        }
    }
}

/// Reads a body.
pub(super) async fn read(
    fields: &HeaderMap,
    mut body: Incoming,
    limits: BodyLimits,
) -> Result<Bytes, Unread> {
    let whole = async {
        let mut bytes = BytesMut::new();
        // What is announced counts before any of it is read.
        let announced = body.size_hint().lower();
        if announced > limits.bytes as u64 {
            return Err(Unread::TooLarge);
        }
        loop {
            let frame = timeout(limits.pause, body.frame()).await.map_err(|_| Unread::TooSlow)?;
            let Some(frame) = frame else { return Ok(bytes.freeze()) };
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            if data.len() > limits.bytes.saturating_sub(bytes.len()) {
                return Err(Unread::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    };
    let read = timeout(limits.pause.saturating_mul(PIECES), whole).await;
    let read = read.unwrap_or(Err(Unread::TooSlow));
    if read == Err(Unread::TooLarge) && !fields.contains_key(EXPECT) {
        let rest = async { while let Some(Ok(_)) = body.frame().await {} };
        // What is told either way.
        let _ = timeout(PATIENCE, rest).await;
    }
    read
}
