//! One call of the admin API, and its answer.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, Uri, header::CONTENT_TYPE};
use uuid::Uuid;

use super::{json::pretty, problem::Problem, state::AdminParts};
use crate::{
    library::SessionKeeper,
    model::{Behaviors, Json, Place, StubId},
    store::Session,
};

/// A call whose path is known.
pub(super) struct Call<'c> {
    pub(super) parts: &'c AdminParts,
    pub(super) session: Arc<Session>,
    pub(super) uri: &'c Uri,
    pub(super) headers: &'c HeaderMap,
    pub(super) body: &'c Bytes,
    /// What stands in the path for the variable of the route, as it was sent.
    pub(super) variable: &'c str,
}

/// What a call comes to.
pub(super) type Answer = Result<Response<Bytes>, Problem>;

impl<'c> Call<'c> {
    /// The session that the call is about: all that has to do with one asks here.
    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The stubs of that session, to be read and changed.
    pub(super) fn stubs(&self) -> SessionKeeper<'_> {
        SessionKeeper::new(&self.parts.keeper, &self.session)
    }

    /// The place that behaviours are for unless another is named: the session, and in the default one
    /// everything.
    pub(super) fn place(&self) -> Place {
        let name = self.session.name();
        if name.is_default() { Place::All } else { Place::Session(name.as_str().to_owned()) }
    }

    /// Has what the tapes say about latency ready before an answer may wait by it.
    pub(super) fn learn_for(&self, behaviors: Option<&Behaviors>) {
        if behaviors.is_some_and(Behaviors::is_empirical) {
            self.parts.measured.learn();
        }
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body)
    }

    /// A parameter of the query, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let query = self.uri.query()?.as_bytes();
        form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Every value of a parameter of the query, decoded.
    pub(super) fn parameters(&self, name: &str) -> Vec<String> {
        let query = self.uri.query().unwrap_or_default().as_bytes();
        let named = form_urlencoded::parse(query).filter(|(key, _)| key == name);
        named.map(|(_, value)| value.into_owned()).collect()
    }

    /// A parameter that is a whole number.
    ///
    /// # Errors
    ///
    /// It is there and is none.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Problem> {
        let Some(text) = self.parameter(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let wrong = || {
            let title = format!("{name} must be a whole number, 0 or more; {text} is not");
            self.misused(title)
        };
        text.parse().map(Some).map_err(|_| wrong())
    }

    /// A value in the URL that cannot be: 400, where WireMock breaks down and answers 500. What
    /// WireMock does not have is ringer's own in either dialect.
    pub(super) fn misused(&self, title: impl Into<String>) -> Problem {
        let is_own = self.uri.path().contains("/ringer/");
        if self.parts.is_shared && !is_own {
            return Problem::titled(StatusCode::INTERNAL_SERVER_ERROR, 10, title);
        }
        Problem::bad_request(title)
    }

    /// The variable as an id.
    ///
    /// # Errors
    ///
    /// 400, where it is none.
    pub(super) fn id(&self) -> Result<StubId, Problem> {
        uuid(self.variable)
            .map(StubId)
            .ok_or_else(|| Problem::bad_request(format!("{} is not a valid UUID", self.variable)))
    }
}

/// An id as Java's `UUID.fromString` reads it: five groups of hexadecimal digits between dashes, of which
/// leading zeros may be left out and surplus digits do not count.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    let mut groups = text.split('-').map(|group| {
        // As long as a Java `long` can be, without the sign that it could have.
        let is_hex = group.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| i64::from_str_radix(group, 16).ok()).flatten()?.try_into().ok()
    });
    let mut next = |bits: u32| -> Option<u128> {
        let group: u64 = groups.next()??;
        Some(u128::from(group & (u64::MAX >> (64 - bits))))
    };
    let mut value = 0;
    for bits in [32, 16, 16, 16, 48] {
        value = (value << bits) | next(bits)?;
    }
    let is_whole = text.len() <= 36 && groups.next().is_none();
    is_whole.then(|| Uuid::from_u128(value))
}

/// 200 with JSON.
pub(super) fn json(value: &Json) -> Response<Bytes> {
    with_status(StatusCode::OK, value)
}

/// JSON with another status.
pub(super) fn with_status(status: StatusCode, value: &Json) -> Response<Bytes> {
    let mut response = typed("application/json", pretty(value));
    *response.status_mut() = status;
    response
}

/// 200 with a body of some type.
pub(super) fn typed(content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}

/// 200 without a body.
pub(super) fn empty() -> Response<Bytes> {
    Response::new(Bytes::new())
}

/// 204.
pub(super) fn no_content() -> Response<Bytes> {
    let mut response = empty();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// 200 with `{}`.
pub(super) fn empty_object() -> Response<Bytes> {
    typed("application/json", "{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_java_reads_them() {
        let id = "00000000-0000-4000-8000-0000000000aF";
        assert_eq!(uuid(id), Uuid::try_parse(id).ok());
        for (short, whole) in [
            ("1-2-3-4-5", "00000001-0002-0003-0004-000000000005"),
            ("100000001-2-3-4-5", "00000001-0002-0003-0004-000000000005"),
        ] {
            assert_eq!(uuid(short), Uuid::try_parse(whole).ok());
        }
        for wrong in [
            "",
            "x",
            "1-2-3-4",
            "1-2-3-4-5-6",
            "1-2-3--5",
            "1-2-3-+4-5",
            "{00000000-0000-4000-8000-0000000000aF}",
            "000000000000400080000000000000af",
            "00000000-0000-4000-8000-0000000000aF0",
        ] {
            assert_eq!(uuid(wrong), None, "{wrong}");
        }
    }
}
