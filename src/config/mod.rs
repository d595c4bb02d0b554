//! File, environment and flags become one value.
//!
//! A setting has one name: `rate_limit` in `ringer.toml`, `RINGER_RATE_LIMIT` in the environment,
//! `--rate-limit` on the command line. A flag beats a variable beats the file beats the default.
//! This room reads the configuration file and what that names; it opens no other and starts nothing.
//!
//! May import: admin, behavior, engine, format, library, model, runtime, serve, store,
//! telemetry.

pub mod behaviors;
pub mod env;
pub mod error;
pub mod file;
pub mod key;
pub mod layer;
pub mod load;
pub mod settings;

pub use error::ConfigError;
pub use key::{KEYS, Key, admin_place};
pub use layer::{Layer, LogFormat, TokenSource};
pub use load::{Loaded, Program, load};
pub use settings::{AdminSettings, Config, Redaction, Upstream};

pub use crate::{
    engine::Matching,
    serve::{Limits, Service},
};
