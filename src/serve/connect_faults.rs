//! What goes wrong with a connection, decided once for each: when the client has said its first bytes,
//! by which the service is known, or asks for a tunnel, which is a connection of its own.
//!
//! Where everything shares one listener, the service is known from the name in the client's TLS greeting
//! or from the tunnel's target; rules of a service that only a request's `Host` or path tells strike
//! nothing here.

use std::sync::Arc;

use super::{planning, route::Arrival, session_of, state::State};
use crate::{
    admin::Admin,
    model::{ConnectFault, TlsFault},
    tls::Flaw,
};

/// First byte of a TLS record that holds a handshake (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// `protocol_version` (RFC 8446 §6.2): what OpenSSL says that speaks nothing newer than TLS 1.1 to a
/// client that wants something newer.
const PROTOCOL_VERSION: u8 = 70;

/// What the first bytes of a connection begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// TLS.
    Tls,
    /// A tunnel, which is decided about when its target is known.
    Tunnel,
    /// A call of the admin API, by which faults are ended.
    Admin,
    /// Other requests.
    Other,
}

/// So many bytes tell.
pub(super) const OPENING: usize = 32;

impl Opening {
    pub(super) fn of(first: &[u8]) -> Self {
        if first.first() == Some(&TLS_HANDSHAKE) {
            return Self::Tls;
        }
        let mut words = first.splitn(2, |byte| *byte == b' ');
        let (method, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let target = rest.split(|byte| b" ?".contains(byte)).next().unwrap_or_default();
        match std::str::from_utf8(target) {
            _ if method == b"CONNECT" => Self::Tunnel,
            Ok(path) if Admin::is_path(path) => Self::Admin,
            _ => Self::Other,
        }
    }
}

/// What goes wrong with this connection. `server_name` is the name that the client asks for in TLS. To
/// be asked once a connection: it is counted.
pub(super) fn decide(
    state: &Arc<State>,
    arrival: &Arrival,
    server_name: Option<&str>,
) -> Option<ConnectFault> {
    if !state.behaviors_now().has_rules() || is_for_admin_alone(state, arrival) {
        return None;
    }
    let (service, mode) = state.router.of_connection(arrival, server_name);
    // What may be recorded goes as it goes.
    if mode.records() {
        return None;
    }
    // Requests of a session that is not there are told so.
    let state = session_of::within(state, arrival.session.as_ref()).ok()?;
    let strike = planning::of_connection(&state, service.as_ref())?;
    Some(ConnectFault::clone(&strike.value))
}

fn is_for_admin_alone(state: &State, arrival: &Arrival) -> bool {
    state.admin.as_ref().is_some_and(|door| door.is_alone_at(arrival.listener))
}

/// What a fault means on a TLS connection that its client has greeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// It is reset.
    Reset,
    /// ringer says nothing.
    Silence,
    /// The handshake ends with an alert.
    Alert(u8),
    /// The certificate has a flaw.
    Flaw(Flaw),
    /// No window is opened for what requests bring.
    WithheldWindow,
}

impl From<ConnectFault> for Meant {
    fn from(fault: ConnectFault) -> Self {
        match fault {
            // Nobody listens is no longer possible.
            ConnectFault::Refuse | ConnectFault::Reset => Self::Reset,
            ConnectFault::NeverAnswer | ConnectFault::Tls(TlsFault::HandshakeStall) => {
                Self::Silence
            }
            ConnectFault::WithheldWindow => Self::WithheldWindow,
            ConnectFault::Tls(TlsFault::Expired) => Self::Flaw(Flaw::Expired),
            ConnectFault::Tls(TlsFault::WrongName) => Self::Flaw(Flaw::WrongName),
            ConnectFault::Tls(TlsFault::SelfSigned) => Self::Flaw(Flaw::SelfSigned),
            ConnectFault::Tls(TlsFault::UnknownIssuer) => Self::Flaw(Flaw::UnknownIssuer),
            ConnectFault::Tls(TlsFault::Alert(code)) => Self::Alert(code),
            ConnectFault::Tls(TlsFault::OldVersion) => Self::Alert(PROTOCOL_VERSION),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_what_begins() {
        let cases: [(&[u8], Opening); 9] = [
            (b"\x16\x03\x01", Opening::Tls),
            (b"CONNECT api.test:443 HTTP/1.1\r\n", Opening::Tunnel),
            (b"GET /__admin/mappings HTTP/1.1", Opening::Admin),
            (b"DELETE /__admin?a=/b HTTP/1.1", Opening::Admin),
            (b"POST /__admin/ringer/behaviors/a", Opening::Admin),
            (b"GET /__administration HTTP/1.1\r\n", Opening::Other),
            (b"GET /a?/__admin/mappings HTTP/1.1", Opening::Other),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Opening::Other),
            (b"G", Opening::Other),
        ];
        for (first, opening) in cases {
            assert_eq!(Opening::of(first), opening, "{}", first.escape_ascii());
        }
    }
}
