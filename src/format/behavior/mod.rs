//! How answers behave, as people write it: one language for `ringer.toml`, profiles, stubs, the admin
//! API, the command line and a request's header.
//!
//! May import: behavior, codec, model.

pub mod limit;
pub(super) mod scalar;
pub(super) mod short;
pub mod tree;
