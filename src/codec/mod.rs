//! Bytes seen as structure: content codings, JSON, YAML and XML text, forms, cookies, multipart.
//! Pure.
//!
//! May import: model.

pub mod aws_chunked;
pub mod backtracking;
pub mod base64;
pub mod body_digest;
pub mod cookie;
pub mod date;
pub mod deflate;
pub mod encoding;
pub mod form;
pub mod json;
pub mod jsonpath;
pub mod multipart;
pub mod number;
pub mod suggest;
pub mod view;
pub mod xml;
pub mod yaml;

pub use body_digest::BodyDigest;
pub use encoding::CodingError;
pub use view::RequestView;
