//! Certificates: the local authority, leaves minted per name, flawed ones, rustls server configuration.
//!
//! May import: runtime.

pub mod acceptor;
pub mod authority;
pub mod flawed;
pub mod leaf;

pub use acceptor::{Acceptor, Hello};
pub use authority::{Authority, TlsError};
pub use flawed::Flaw;
pub use leaf::Leaves;
