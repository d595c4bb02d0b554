//! Bytes seen as structure: content codings, JSON text, forms, cookies, multipart. Pure.
//!
//! May import: model.

pub mod json;
