//! Sockets to answers; the only room that knows hyper's server.
//!
//! May import: admin, behavior, codec, engine, library, matching, model, record, redaction, render,
//! runtime, store, telemetry, tls, upstream.

pub mod administration;
pub mod announcer;
pub mod server;
pub mod settings;
pub mod targets;

mod aside;
mod authority;
mod bandwidth;
mod body_tap;
mod call_body;
mod caller;
mod capture;
mod client;
mod connect_faults;
mod connection;
mod deciding;
mod entry;
mod errand;
mod event_stream;
mod exchange;
mod fast_path;
mod faults;
mod fetch;
mod forward;
mod frames;
mod handler;
mod handling;
mod head_case;
mod head_edit;
mod head_names;
mod head_timer;
mod hop;
mod inbound;
mod inquiry;
mod intercept;
mod last_route;
mod lasting;
mod limiting;
mod lines;
mod listener;
mod merged;
mod miss;
mod observed;
mod orders;
mod paced;
mod passage;
mod planning;
mod recording;
mod refusals;
mod rendering;
mod replay;
mod reply;
mod rescue;
mod respond;
mod rewound;
mod rewrite;
mod route;
mod session_doors;
mod session_of;
mod settled;
mod socket;
mod span;
mod spellings;
mod state;
mod static_files;
mod surroundings;
mod system_keys;
mod taking;
mod tee;
mod timer;
mod told;
mod trailed;
#[cfg(unix)]
mod unix_door;
mod unserved;
mod upstreams;
mod wait;
mod webhooks;
mod whose;
mod wire;
mod witness;

pub use administration::AdminPlace;
pub use announcer::Announcer;
pub use server::{ServeError, Server, ServerParts, Tally};
pub use session_doors::SessionDoors;
pub use settings::{Answers, Chunking, Dialect, Limits, ReadRequestFaults, Service, Templating};
pub use system_keys::{SystemKeyPattern, SystemKeys};
pub use targets::{TargetPattern, Targets};
#[cfg(unix)]
pub use unix_door::SocketError;
