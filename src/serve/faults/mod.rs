//! Faults, carried out on the client's exchange: in place of an answer, or on one that is on its way.
//!
//! On HTTP/2 what breaks a connection breaks the stream alone, with `RST_STREAM` and
//! `INTERNAL_ERROR`, as other requests are on the same connection; what is only of HTTP/2 resets the
//! connection of HTTP/1.1.
//!
//! May import: codec, model, runtime, store, the rest of serve.

mod breaker;
mod changed;
mod cut;
mod damage;
mod error_answer;
mod gathered;
mod instead;
mod scene;
mod waiting;

pub(super) use damage::damage;
pub(super) use gathered::Gathered;
pub(super) use instead::{instead, status_of, takes_place};
pub(super) use scene::Scene;
