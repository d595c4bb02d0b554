//! Certificates: the local authority, leaves minted per name, rustls server configuration.
//!
//! May import: runtime.

pub mod acceptor;
pub mod authority;
pub mod leaf;

pub use acceptor::Acceptor;
pub use authority::{Authority, TlsError};
pub use leaf::Leaves;
