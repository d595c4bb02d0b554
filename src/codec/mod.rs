//! Bytes seen as structure: content codings, JSON text, forms, cookies, multipart. Pure.
//!
//! May import: model.

pub mod aws_chunked;
pub mod base64;
pub mod body_digest;
pub mod cookie;
pub mod date;
pub mod deflate;
pub mod encoding;
pub mod form;
pub mod json;
pub mod multipart;
pub mod suggest;
pub mod view;

pub use body_digest::BodyDigest;
pub use encoding::CodingError;
pub use view::RequestView;
