//! Whether an answer goes out gzipped to a client that accepts it, as the reference server decides.

use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG},
};

/// With a `Content-Length`, less than this is not worth it.
const MIN_LENGTH: u64 = 32;

/// Types that are compressed already, as Jetty's gzip handler lists them; of images, audio and video
/// all but [`LOOSE_TYPES`].
const TIGHT_TYPES: &[&str] = &[
    "application/br",
    "application/brotli",
    "application/bzip2",
    "application/compress",
    "application/gzip",
    "application/x-bzip2",
    "application/x-rar-compressed",
    "application/x-xz",
    "application/zip",
];

const LOOSE_TYPES: &[&str] = &["image/svg+xml"];

/// Whether answers with this head may be squeezed, when a client asks for it.
pub fn is_squeezable(status: StatusCode, fields: &HeaderMap) -> bool {
    let length = fields.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    status.is_success()
        && status != StatusCode::NO_CONTENT
        && !fields.contains_key(CONTENT_ENCODING)
        && length.is_none_or(|length: u64| length >= MIN_LENGTH)
        && fields.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).is_none_or(is_loose)
}

fn is_loose(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if LOOSE_TYPES.contains(&essence.as_str()) {
        return true;
    }
    let is_medium = ["image/", "audio/", "video/"].iter().any(|kind| essence.starts_with(kind));
    !is_medium && !TIGHT_TYPES.contains(&essence.as_str())
}

/// Whether the client of this request gets a squeezed answer where there is one.
pub fn wants_squeezed(method: &Method, fields: &HeaderMap) -> bool {
    // HEAD, OPTIONS and methods of the client's own are left alone.
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let mut accepted = fields.get_all(ACCEPT_ENCODING).iter();
    methods.contains(method) && accepted.any(|accepted| accepted.to_str().is_ok_and(accepts_gzip))
}

fn accepts_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';');
        let is_gzip = parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case("gzip"));
        let is_refused = parts.any(|parameter| {
            parameter
                .trim()
                .strip_prefix("q=")
                .is_some_and(|quality| quality.trim().parse::<f64>().is_ok_and(|q| q <= 0.0))
        });
        is_gzip && !is_refused
    })
}

/// The fields of an answer once it is squeezed to this length.
pub fn squeezed_fields(fields: &HeaderMap, length: u64) -> HeaderMap {
    let mut squeezed = fields.clone();
    squeezed.append(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(declared) = squeezed.get_mut(CONTENT_LENGTH) {
        *declared = length.into();
    }
    // Another representation has another tag (RFC 9110 §8.8.3); Jetty names it so.
    if let Some(tag) = squeezed.get_mut(ETAG)
        && let Some(plain) = tag.as_bytes().strip_suffix(b"\"")
        && let Ok(new) = HeaderValue::from_bytes(&[plain, b"--gzip\""].concat())
    {
        *tag = new;
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_accepts_gzip_gets_it() {
        let wants = |method: Method, accepted: &'static str| {
            let mut fields = HeaderMap::new();
            fields.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            wants_squeezed(&method, &fields)
        };
        for accepted in ["gzip", "GZIP", "br, gzip", "deflate, gzip;q=0.5"] {
            assert!(wants(Method::GET, accepted), "{accepted}");
        }
        for accepted in ["gzip;q=0", "gzip; q=0.0", "*", "x-gzip", "identity", ""] {
            assert!(!wants(Method::GET, accepted), "{accepted}");
        }
        assert!(wants(Method::DELETE, "gzip"));
        assert!(!wants(Method::HEAD, "gzip"));
        assert!(!wants(Method::OPTIONS, "gzip"));
    }

    #[test]
    fn what_is_tight_or_short_or_no_success_is_left_alone() {
        let squeezable = |status: u16, fields: &[(&'static str, &'static str)]| {
            let fields = fields
                .iter()
                .map(|(name, value)| {
                    (http::HeaderName::from_static(name), HeaderValue::from_static(value))
                })
                .collect();
            is_squeezable(StatusCode::from_u16(status).unwrap(), &fields)
        };
        assert!(squeezable(200, &[]));
        assert!(squeezable(201, &[("content-type", "image/svg+xml; charset=utf-8")]));
        assert!(squeezable(200, &[("content-length", "32")]));
        assert!(!squeezable(200, &[("content-length", "31")]));
        assert!(!squeezable(200, &[("content-type", "image/png")]));
        assert!(!squeezable(200, &[("content-type", "application/zip")]));
        assert!(!squeezable(200, &[("content-encoding", "br")]));
        assert!(!squeezable(204, &[]) && !squeezable(404, &[]) && !squeezable(301, &[]));
    }
}
