//! Files of `__files` for requests that no stub matches, as WireMock serves them.

use std::path::{Path, PathBuf};

use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LAST_MODIFIED},
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
    ("css", "text/css"),
    ("csv", "text/comma-separated-values"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/x-icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("text", "text/plain"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xhtml", "application/xhtml+xml"),
    ("xml", "application/xml"),
    ("xsd", "application/xml"),
    ("xsl", "application/xml"),
    ("zip", "application/zip"),
];
const OTHER: &str = "application/json";

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
        let asked = if name.is_empty() || name.ends_with('/') {
            let index = format!("{name}index.html");
            if files.path(service.as_ref(), &index).is_ok() { index } else { name }
        } else {
            name
        };
        let trimmed = asked.trim_end_matches('/');
        if trimmed.is_empty() {
            return folder.is_dir().then_some(Found::Folder);
        }
        if let Ok(path) = files.path(service.as_ref(), trimmed) {
            let found = std::fs::metadata(&path).ok()?;
            let modified = found.modified().ok();
            return Some(Found::File { path, length: found.len(), modified });
        }
        let is_within = !Path::new(trimmed)
            .components()
            .any(|part| !matches!(part, std::path::Component::Normal(_)));
        (is_within && folder.join(trimmed).is_dir()).then_some(Found::Folder)
    })
    .await
    .ok()??;
    Some(match found {
        Found::Folder => forbidden(inquiry.request.target.path()),
        Found::File { path, length, modified } => {
            let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
            let extension = extension.to_ascii_lowercase();
            let content_type =
                TYPES.iter().find(|(known, _)| *known == extension).map_or(OTHER, |(_, it)| it);
            let body = Production {
                body: PreparedBody::File { path, length },
                trailers: http::HeaderMap::new(),
                schedule: Schedule::default(),
                ending: Default::default(),
                watch: inquiry.watch,
                request: None,
            };
            let mut response = Response::new(body.start());
            let fields = response.headers_mut();
            fields.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            if let Some(date) = modified.and_then(|at| http_date(at).parse().ok()) {
                fields.insert(LAST_MODIFIED, date);
            }
            fields.insert(CONTENT_LENGTH, length.into());
            response
        }
    })
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
