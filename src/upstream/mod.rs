//! The client side of the proxy: pooled connections to the real API.
//!
//! May import: model, runtime.
