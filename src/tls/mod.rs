//! Certificates: the local authority, leaves minted per name, rustls server configuration.
//!
//! May import: no room.
