//! Which session a request belongs to: the first of what its header, its W3C baggage, its proxy user
//! and its listener name.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header::PROXY_AUTHORIZATION};
use percent_encoding::percent_decode_str;

use super::{reply::ReplyBody, rescue, state::State};
use crate::{
    model::{SessionName, SessionNameError},
    store::SessionError,
};

/// W3C Baggage §2.
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
/// The member of baggage that names a session.
const MEMBER: &str = "ringer.session";

/// Why a request belongs to no session.
#[derive(Debug)]
pub(super) enum Sessionless {
    /// What names it is no name.
    Unreadable { where_from: &'static str, error: SessionNameError },
    /// There is none of this name.
    Absent(SessionError),
}

impl Sessionless {
    /// The answer to the request.
    pub(super) fn answer(&self, fields: &HeaderMap) -> Response<ReplyBody> {
        let (status, kind, reason) = match self {
            Self::Unreadable { where_from, error } => {
                let reason = format!("{where_from} names no session: {error}");
                (StatusCode::BAD_REQUEST, "session_name", reason)
            }
            Self::Absent(error @ SessionError::TooMany(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "too_many_sessions", error.to_string())
            }
            Self::Absent(error) => (StatusCode::NOT_FOUND, "unknown_session", error.to_string()),
        };
        rescue::sessionless(status, kind, &reason, fields)
    }
}

/// Everything, as the session of a request sees it. The header that names it is taken away, so that the
/// request is as it would be without. `of_connection` is the session of the request's connection.
///
/// # Errors
///
/// There is no such session.
pub(super) fn of_request(
    state: &Arc<State>,
    of_connection: Option<&SessionName>,
    fields: &mut HeaderMap,
) -> Result<Arc<State>, Sessionless> {
    // Most requests name none, and that is found out in one look.
    let may_name = fields.keys().any(|name| {
        matches!(name.as_str(), "baggage" | "proxy-authorization" | "x-ringer-session")
    });
    let name = if may_name { named(fields)? } else { None };
    if name.is_some() {
        fields.remove(SessionName::HEADER);
    }
    within(state, name.as_ref().or(of_connection))
}

/// Everything, as a session sees it.
///
/// # Errors
///
/// There is no such session.
pub(super) fn within(
    state: &Arc<State>,
    name: Option<&SessionName>,
) -> Result<Arc<State>, Sessionless> {
    match name {
        Some(name) if name != state.session.name() => {
            let session = state.sessions.enter(name).map_err(Sessionless::Absent)?;
            Ok(Arc::new(state.of(session)))
        }
        _ => Ok(Arc::clone(state)),
    }
}

/// The session that the fields of a request name.
///
/// # Errors
///
/// What they name is no session's name.
pub(super) fn named(fields: &HeaderMap) -> Result<Option<SessionName>, Sessionless> {
    if let Some(value) = fields.get(SessionName::HEADER) {
        return read("the header `X-Ringer-Session`", &text(value)).map(Some);
    }
    let mut baggage = fields.get_all(BAGGAGE).iter();
    if let Some(name) = baggage.find_map(|value| member(&text(value))) {
        return read("the member `ringer.session` of the header `baggage`", &name).map(Some);
    }
    match fields.get(PROXY_AUTHORIZATION).and_then(|value| user(&text(value))) {
        Some(user) => read("the user of the header `Proxy-Authorization`", &user).map(Some),
        None => Ok(None),
    }
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

fn read(where_from: &'static str, name: &str) -> Result<SessionName, Sessionless> {
    name.trim().parse().map_err(|error| Sessionless::Unreadable { where_from, error })
}

/// The value of ringer's member of a list of baggage, without its properties.
fn member(list: &str) -> Option<String> {
    list.split(',').find_map(|member| {
        let (name, value) = member.split_once('=')?;
        let value = value.split(';').next().unwrap_or_default().trim();
        (name.trim() == MEMBER).then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
    })
}

/// The user name of basic credentials (RFC 7617 §2).
fn user(credentials: &str) -> Option<String> {
    let (scheme, encoded) = credentials.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, _) = decoded.split_once(':')?;
    (scheme.eq_ignore_ascii_case("basic") && !user.is_empty()).then(|| user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[(&'static str, &'static str)], expected: Option<&str>) {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, HeaderValue::from_static(value));
        }
        let named = named(&map).unwrap().map(|name| name.to_string());
        assert_eq!(named.as_deref(), expected);
    }

    #[test]
    fn the_header_is_asked_first_then_baggage_then_the_proxy_user() {
        let header = ("x-ringer-session", "a");
        let baggage = ("baggage", "user=1, ringer.session=b%5Bx%5D;p=1 ,c=2");
        let proxy = ("proxy-authorization", "Basic YzpwYXNz");
        check(&[], None);
        check(&[proxy], Some("c"));
        check(&[proxy, baggage], Some("b[x]"));
        check(&[proxy, baggage, header], Some("a"));
        check(&[("baggage", "a=1"), ("baggage", "ringer.session=z")], Some("z"));
    }

    #[test]
    fn what_says_nothing_of_a_session_names_none() {
        check(&[("baggage", "xringer.session=b,ringer.sessions=c,ringer.session")], None);
        check(&[("proxy-authorization", "Bearer YzpwYXNz")], None);
        check(&[("proxy-authorization", "Basic OnBhc3M=")], None);
        check(&[("x-ringer-session", "default")], Some("default"));
    }

    #[test]
    fn a_name_that_is_none_is_said_where_it_came_from() {
        let mut map = HeaderMap::new();
        map.insert(SessionName::HEADER, HeaderValue::from_static("a b"));
        let Err(Sessionless::Unreadable { where_from, error }) = named(&map) else {
            panic!("it was read");
        };
        assert!(where_from.contains("X-Ringer-Session") && error.to_string().contains("`a b`"));
    }
}
