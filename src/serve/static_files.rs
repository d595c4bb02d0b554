//! Files of `__files` for requests that no stub matches, as WireMock serves them.

use std::path::{Path, PathBuf};

use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LAST_MODIFIED},
};
use percent_encoding::percent_decode_str;

use super::{
    inquiry::Inquiry,
    reply::{Production, ReplyBody, Sizing},
    state::State,
};
use crate::{
    behavior::latency::Schedule,
    render::{PreparedBody, http_date},
};

/// Types by extension; a file of another has [`OTHER`], as in WireMock.
const TYPES: &[(&str, &str)] = &[
    ("asc", "text/plain"),
    ("avi", "video/x-msvideo"),
    ("bin", "application/octet-stream"),
    ("bmp", "image/bmp"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("dtd", "application/xml-dtd"),
    ("exe", "application/octet-stream"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/x-icon"),
    ("jar", "application/java-archive"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("mid", "audio/midi"),
    ("mjs", "text/javascript"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpeg"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ogg", "application/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("ps", "application/postscript"),
    ("rar", "application/x-rar-compressed"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("svgz", "image/svg+xml"),
    ("swf", "application/x-shockwave-flash"),
    ("tar", "application/x-tar"),
    ("tar.gz", "application/x-gtar"),
    ("text", "text/plain"),
    ("tgz", "application/x-gtar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("tsv", "text/tab-separated-values"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("wav", "audio/x-wav"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xhtml", "application/xhtml+xml"),
    ("xls", "application/vnd.ms-excel"),
    ("xml", "application/xml"),
    ("xsd", "application/xml"),
    ("xsl", "application/xml"),
    ("xslt", "application/xslt+xml"),
    ("zip", "application/zip"),
];
const OTHER: &str = "application/json";
/// What a folder is answered with, where it has one.
const INDEX: &str = "index.html";

/// What lies at a path.
enum Found {
    File { path: PathBuf, length: u64, modified: Option<std::time::SystemTime> },
    Folder,
}

/// The answer to a GET for a file or folder that is there.
pub(super) async fn answer(state: &State, inquiry: &Inquiry) -> Option<Response<ReplyBody>> {
    if inquiry.request.method != Method::GET {
        return None;
    }
    let name = percent_decode_str(inquiry.request.target.path()).decode_utf8().ok()?;
    let name = name.trim_start_matches('/').to_owned();
    let service = inquiry.route.service.scope.clone();
    let files = state.body_files.clone();
    let found = tokio::task::spawn_blocking(move || {
        let folder = files.folder(service.as_ref());
        let trimmed = name.trim_end_matches('/');
        let file = |name: &str| {
            let path = files.path(service.as_ref(), name).ok()?;
            let found = std::fs::metadata(&path).ok()?;
            let modified = found.modified().ok();
            Some(Found::File { path, length: found.len(), modified })
        };
        if trimmed.is_empty() {
            return file(INDEX).or_else(|| folder.is_dir().then_some(Found::Folder));
        }
        if !name.ends_with('/')
            && let Some(found) = file(trimmed)
        {
            return Some(found);
        }
        if let Some(found) = file(&format!("{trimmed}/{INDEX}")) {
            return Some(found);
        }
        files.has_folder(service.as_ref(), trimmed).then_some(Found::Folder)
    })
    .await
    .ok()??;
    Some(match found {
        Found::Folder => forbidden(inquiry.request.target.path()),
        Found::File { path, length, modified } => {
            let content_type = content_type(&path);
            let body = Production {
                body: PreparedBody::File { path, length },
                trailers: http::HeaderMap::new(),
                schedule: Schedule::default(),
                ending: Default::default(),
                watch: inquiry.watch,
                clock: std::sync::Arc::clone(state.session.clock()),
                request: None,
            };
            let mut response = Response::new(body.start());
            let fields = response.headers_mut();
            fields.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            if let Some(date) = modified.and_then(|at| http_date(at).parse().ok()) {
                fields.insert(LAST_MODIFIED, date);
            }
            fields.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            fields.insert(CONTENT_LENGTH, length.into());
            response
        }
    })
}

/// By the longest extension that is known.
fn content_type(path: &Path) -> &'static str {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let mut rest = name.as_str();
    while let Some((_, extension)) = rest.split_once('.') {
        if let Some((_, content_type)) = TYPES.iter().find(|(known, _)| *known == extension) {
            return content_type;
        }
        rest = extension;
    }
    OTHER
}

/// 403 in HTML, as a folder gets.
fn forbidden(path: &str) -> Response<ReplyBody> {
    let path = path.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<html>\n<head>\n<title>Error 403 Forbidden</title>\n</head>\n<body><h2>HTTP ERROR 403 \
         Forbidden</h2>\n<p>{path}</p>\n</body>\n</html>\n"
    );
    let bytes = Some(page.into());
    let mut response =
        Response::new(ReplyBody::Whole { bytes, trailers: None, sizing: Sizing::Named });
    *response.status_mut() = StatusCode::FORBIDDEN;
    let fields = response.headers_mut();
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("must-revalidate,no-cache,no-store"));
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_known_extension_names_the_type() {
        let typed = |name: &str| content_type(Path::new(name));
        assert_eq!(typed("a/b.tar.gz"), "application/x-gtar");
        assert_eq!(typed("b.min.JS"), "text/javascript");
        assert_eq!(typed("read.me"), OTHER);
        assert_eq!(typed("none"), OTHER);
    }
}
