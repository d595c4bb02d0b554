//! The connection that a request came on.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;

use super::{last_route::LastRoute, lines::Lines, route::Arrival, state::State, wire::Interim};
use crate::{model::ConnectFault, redaction::CleanFields, runtime::Watch};

/// A client's connection, as its requests need it.
pub(super) struct Client {
    pub(super) arrival: Arrival,
    pub(super) interim: Interim,
    pub(super) last_route: LastRoute,
    /// Fields of its requests that hold no credential.
    pub(super) clean_fields: Mutex<CleanFields>,
    pub(super) number: u64,
    /// What its bandwidths have let through.
    pub(super) lines: Lines,
    pub(super) watch: Watch,
    /// Serves what is in a tunnel as a connection of its own. A function that is handed down, as
    /// connections stand above requests.
    pub(super) serve_tunnel: fn(Arc<State>, Tunnel) -> Served,
}

/// A connection that is being served.
pub(super) type Served = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The inside of a CONNECT, whose client has begun to speak.
pub(super) struct Tunnel {
    /// What it has said so far.
    pub(super) first: Bytes,
    pub(super) stream: TokioIo<Upgraded>,
    /// Of the connection that the tunnel is in; its `tunnel` is the target.
    pub(super) arrival: Arrival,
    /// What goes wrong with what is inside.
    pub(super) fault: Option<ConnectFault>,
    pub(super) watch: Watch,
}
