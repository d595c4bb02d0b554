//! The other ends of ringer's wires: upstreams, clients, folders, the program as a process.

pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod folder;
pub(crate) mod in_session;
pub(crate) mod process;
pub(crate) mod round_trip;
pub(crate) mod server;
pub(crate) mod striking;
pub(crate) mod waiting;
pub(crate) mod wire;
