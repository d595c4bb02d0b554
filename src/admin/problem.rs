//! Errors as WireMock's clients read them: `{"errors": [{code, source: {pointer}, title, detail}]}`.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

use super::json::{object, pretty};
use crate::{
    codec::json::{self, JsonError},
    format::{
        Problem as Mistake,
        wiremock::{
            Syntax,
            parts::{coarse_pointer, spot_at},
            pointers,
        },
    },
    library::KeepError,
    matching::CompileError,
    model::Json,
    store::{SessionError, StubError},
};

/// WireMock's number for what cannot be read.
const UNREADABLE: u64 = 10;
/// So many mistakes of a text are told at most, and one of a large text.
const MAX_TOLD: usize = 50;
/// From so many bytes on, a text is large.
const LARGE: usize = 64 * 1024;
/// WireMock's number for an id that is taken.
const DUPLICATE: u64 = 109;

/// Why a call was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    /// The body; `None` is an empty one.
    pub(super) body: Option<Json>,
}

impl Problem {
    /// 404 without a body: WireMock's answer for unknown paths and ids.
    pub(super) fn not_found() -> Self {
        Self { status: StatusCode::NOT_FOUND, body: None }
    }

    /// One error with a title.
    pub(super) fn titled(status: StatusCode, code: u64, title: impl Into<String>) -> Self {
        let error = object([("code", code.into()), ("title", title.into().into())]);
        Self::of(status, vec![error])
    }

    /// 400: a value in the URL that cannot be read.
    pub(super) fn bad_request(title: impl Into<String>) -> Self {
        Self::titled(StatusCode::BAD_REQUEST, UNREADABLE, title)
    }

    /// 422: one mistake at a known place.
    pub(super) fn at(pointer: &str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::UNPROCESSABLE_ENTITY, vec![unreadable(Some(pointer), detail.into())])
    }

    /// 422: the mistakes of a text.
    pub(super) fn in_text(text: &str, mistakes: &[Mistake]) -> Self {
        // The place of each is looked for in the whole text.
        let n_told = if text.len() > LARGE { 1 } else { MAX_TOLD };
        let errors = mistakes.iter().take(n_told).map(|mistake| error_of(text, mistake)).collect();
        Self::of(StatusCode::UNPROCESSABLE_ENTITY, errors)
    }

    /// 422: the mistakes of a text in YAML.
    pub(super) fn in_yaml(text: &str, mistakes: &[Mistake]) -> Self {
        let spans: Vec<_> = mistakes.iter().map(|mistake| mistake.span.clone()).collect();
        let pointers = pointers(text, Syntax::Yaml, &spans);
        let errors = mistakes.iter().zip(pointers).take(MAX_TOLD).map(|(mistake, pointer)| {
            let hint = mistake.hint.iter().map(|hint| format!("; {hint}"));
            let detail = std::iter::once(mistake.message.clone()).chain(hint).collect();
            unreadable(pointer.as_deref(), detail)
        });
        Self::of(StatusCode::UNPROCESSABLE_ENTITY, errors.collect())
    }

    /// 422: a text that is no JSON.
    pub(super) fn not_json(error: &JsonError) -> Self {
        let detail = format!("{} (at byte {})", error.message, error.offset);
        Self::of(StatusCode::UNPROCESSABLE_ENTITY, vec![unreadable(None, detail)])
    }

    /// The JSON of a text.
    ///
    /// # Errors
    ///
    /// 422: it is none. Of a text with nothing in it, WireMock names the place of the whole.
    pub(super) fn or_json(text: &str) -> Result<Json, Self> {
        json::parse(text).map_err(|error| match text.trim().is_empty() {
            true => Self::at("/", error.message),
            false => Self::not_json(&error),
        })
    }

    /// 422: a field that nothing is known of, in the object at `pointer`.
    pub(super) fn unknown_field(pointer: &str, name: &str) -> Self {
        Self::at(&format!("{pointer}/{name}"), format!("Unrecognized field \"{name}\""))
    }

    /// 422: a pattern that cannot be used.
    pub(super) fn uncompiled(error: &CompileError) -> Self {
        Self::at(&coarse_pointer(&error.pointer), error.message.clone())
    }

    /// 500: something of ringer's own failed.
    pub(super) fn failed(title: &str, detail: impl Into<String>) -> Self {
        let error = object([
            ("code", 500.into()),
            ("title", title.into()),
            ("detail", detail.into().into()),
        ]);
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, vec![error])
    }

    /// 404, 409 or 429: a session that is not there, is there already, or is one too many.
    pub(super) fn of_session(error: &SessionError) -> Self {
        let status = match error {
            SessionError::Exists(_) => StatusCode::CONFLICT,
            SessionError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::NOT_FOUND,
        };
        Self::titled(status, u64::from(status.as_u16()), error.to_string())
    }

    /// The answer that tells it.
    pub(super) fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(self.body.as_ref().map(pretty).unwrap_or_default().into());
        *response.status_mut() = self.status;
        if self.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
        }
        response
    }

    /// Gives every error this place.
    pub(super) fn point_at(&mut self, pointer: &str) {
        let Some(Json::Object(members)) = &mut self.body else { return };
        for (_, errors) in members {
            let Json::Array(errors) = errors else { continue };
            for error in errors {
                error.set("source", object([("pointer", pointer.into())]));
            }
        }
    }

    /// Says of every place that it is one below this.
    pub(super) fn below(mut self, pointer: &str) -> Self {
        let Some(Json::Object(members)) = &mut self.body else { return self };
        for error in members
            .iter_mut()
            .filter_map(|(_, errors)| match errors {
                Json::Array(errors) => Some(errors),
                _ => None,
            })
            .flatten()
        {
            let own = error.member("source").and_then(|source| source.member("pointer"));
            let own = own.and_then(Json::as_str).unwrap_or_default();
            let place = format!("{pointer}{own}");
            error.set("source", object([("pointer", place.trim_end_matches('/').into())]));
        }
        self
    }

    fn of(status: StatusCode, errors: Vec<Json>) -> Self {
        Self { status, body: Some(object([("errors", Json::Array(errors))])) }
    }
}

fn unreadable(pointer: Option<&str>, detail: String) -> Json {
    let source = pointer.map(|pointer| ("pointer".to_owned(), pointer.into()));
    object([
        ("code", UNREADABLE.into()),
        ("source", Json::Object(source.into_iter().collect())),
        ("title", "Error parsing JSON".into()),
        ("detail", detail.into()),
    ])
}

fn error_of(text: &str, mistake: &Mistake) -> Json {
    let mut spot = spot_at(text, &mistake.span);
    if spot.pointer.as_deref() == Some("/")
        && let Ok(whole) = json::parse(text)
    {
        spot.matcher = Some(whole);
    }
    let mut detail = mistake.message.clone();
    if mistake.message.starts_with("unknown matcher")
        && let Some(matcher) = &spot.matcher
    {
        let matcher = json::write(matcher, crate::model::JsonStyle::default());
        detail = format!("{matcher} is not a valid match operation: {detail}");
    } else if spot.is_key && mistake.message.starts_with("unknown key") {
        let key = spot.pointer.as_deref().and_then(|pointer| pointer.rsplit('/').next());
        detail = format!("Unrecognized field \"{}\": {detail}", key.unwrap_or_default());
    }
    if let Some(hint) = &mistake.hint {
        detail.push_str("; ");
        detail.push_str(hint);
    }
    unreadable(spot.pointer.as_deref(), detail)
}

impl From<StubError> for Problem {
    fn from(error: StubError) -> Self {
        match error {
            StubError::Compile(error) => Self::uncompiled(&error),
            StubError::Duplicate(id) => {
                let detail = format!(
                    "ID of the provided stub mapping '{id}' is already taken by another stub mapping"
                );
                let error = object([
                    ("code", DUPLICATE.into()),
                    ("title", "Duplicate stub mapping ID".into()),
                    ("detail", detail.into()),
                ]);
                Self::of(StatusCode::UNPROCESSABLE_ENTITY, vec![error])
            }
            StubError::Unknown(_) => Self::not_found(),
        }
    }
}

impl From<KeepError> for Problem {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Stub(error) => error.into(),
            KeepError::Outside(_) => {
                Self::titled(StatusCode::UNPROCESSABLE_ENTITY, UNREADABLE, error.to_string())
            }
            other => {
                let cause = std::error::Error::source(&other).map(|cause| format!(": {cause}"));
                let detail = format!("{other}{}", cause.unwrap_or_default());
                Self::failed("The stub directory cannot be changed", detail)
            }
        }
    }
}
