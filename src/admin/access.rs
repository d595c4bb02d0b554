//! Who may call the admin API: the token, WireMock's user name and password, TLS.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};

use super::{problem::Problem, token::AdminToken};

/// WireMock's number for a call without TLS.
const WITHOUT_TLS: u64 = 50;

/// What calls must bring.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// A secret, as a bearer token (RFC 6750) or as the password of any user (RFC 7617).
    pub token: Option<AdminToken>,
    /// User name and password; with a token too, either will do.
    pub credentials: Option<(String, String)>,
    /// Whether calls without TLS are refused.
    pub requires_https: bool,
}

/// A call, as far as it matters for whether it may be made.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'c> {
    /// Its header fields.
    pub fields: &'c HeaderMap,
    /// Whether it comes over TLS, or a way that nobody can listen to.
    pub is_private: bool,
    /// Whether it may be made without saying who makes it.
    pub is_trusted: bool,
}

impl Access {
    /// Whether calls must say who makes them.
    pub fn is_guarded(&self) -> bool {
        self.token.is_some() || self.credentials.is_some()
    }

    /// The names of the ways to prove who calls, as the description of the API has them: any will do.
    pub(super) fn schemes(&self) -> &'static [&'static str] {
        match (&self.token, &self.credentials) {
            (Some(_), _) => &["bearer", "basic"],
            (None, Some(_)) => &["basic"],
            (None, None) => &[],
        }
    }

    /// The answer to a call that must not be carried out: 401 or 403.
    pub(super) fn refusal(&self, asking: Asking<'_>) -> Option<Response<Bytes>> {
        if self.requires_https && !asking.is_private {
            let title = "HTTPS is required for accessing the admin API";
            return Some(problem(StatusCode::FORBIDDEN, WITHOUT_TLS, title));
        }
        if !self.is_guarded() {
            return (!asking.is_trusted).then(|| {
                problem(
                    StatusCode::FORBIDDEN,
                    403,
                    "the admin API answers other machines only with a token: start ringer with \
                     RINGER_ADMIN_TOKEN, `--admin-token-file FILE` or `--admin-token TOKEN`, and \
                     send it as `Authorization: Bearer TOKEN`; or call from the machine that \
                     ringer runs on, by an address or `localhost`. `--admin off` leaves /__admin to \
                     stubs",
                )
            });
        }
        let mut given = asking.fields.get_all(AUTHORIZATION).iter();
        let (first, second) = (given.next(), given.next());
        if let (Some(given), None) = (first, second)
            && self.takes(given.as_bytes())
        {
            return None;
        }
        Some(self.unauthorized(first.is_some()))
    }

    fn takes(&self, given: &[u8]) -> bool {
        let Some(space) = given.iter().position(|byte| *byte == b' ') else { return false };
        let (scheme, rest) = given.split_at(space);
        let rest = rest.trim_ascii();
        if scheme.eq_ignore_ascii_case(b"bearer") {
            return self.token.as_ref().is_some_and(|token| token.is(rest));
        }
        let Ok(decoded) = BASE64_STANDARD.decode(rest) else { return false };
        scheme.eq_ignore_ascii_case(b"basic") && self.takes_basic(&decoded)
    }

    fn takes_basic(&self, given: &[u8]) -> bool {
        let password = given.iter().position(|byte| *byte == b':').map(|at| given.get(at + 1..));
        let is_token = match (&self.token, password.flatten()) {
            (Some(token), Some(password)) => token.is(password),
            _ => false,
        };
        let is_user = self.credentials.as_ref().is_some_and(|(user, password)| {
            let right = format!("{user}:{password}");
            // Takes as long whatever is wrong, so that nothing can be learned from the time.
            let differs = given.iter().zip(right.as_bytes()).fold(0, |all, (a, b)| all | (a ^ b));
            given.len() == right.len() && differs == 0
        });
        is_token || is_user
    }

    fn unauthorized(&self, is_wrong: bool) -> Response<Bytes> {
        if self.token.is_none() {
            // As WireMock has it.
            let mut response = Response::default();
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
            return response;
        }
        let (title, challenge) = if is_wrong {
            (
                "this is not the token of the admin API",
                "Bearer realm=\"ringer\", error=\"invalid_token\"",
            )
        } else {
            (
                "the admin API asks for its token: send `Authorization: Bearer TOKEN`",
                "Bearer realm=\"ringer\"",
            )
        };
        let mut response = problem(StatusCode::UNAUTHORIZED, 401, title);
        for challenge in [challenge, "Basic realm=\"ringer\", charset=\"UTF-8\""] {
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().append(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn problem(status: StatusCode, code: u64, title: &str) -> Response<Bytes> {
    Problem::titled(status, code, title).response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(token: Option<&str>, credentials: Option<(&str, &str)>) -> Access {
        Access {
            token: token.map(|token| token.parse().unwrap()),
            credentials: credentials.map(|(user, password)| (user.into(), password.into())),
            requires_https: false,
        }
    }

    /// The status with which a call from another machine is refused.
    fn refused(access: &Access, authorization: &[&str]) -> Option<u16> {
        let mut fields = HeaderMap::new();
        for value in authorization {
            fields.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        let asking = Asking { fields: &fields, is_private: false, is_trusted: false };
        access.refusal(asking).map(|response| response.status().as_u16())
    }

    #[test]
    fn without_a_token_only_the_trusted_may_call() {
        let open = access(None, None);
        assert_eq!(refused(&open, &[]), Some(403));
        let fields = HeaderMap::new();
        let asking = Asking { fields: &fields, is_private: false, is_trusted: true };
        assert!(open.refusal(asking).is_none());
        // With one, trust does not help.
        let response = access(Some("t"), None).refusal(asking).unwrap();
        assert_eq!(response.status(), 401);
        let challenges: Vec<_> = response.headers().get_all(WWW_AUTHENTICATE).iter().collect();
        assert_eq!(challenges[0], "Bearer realm=\"ringer\"");
    }

    #[test]
    fn a_token_is_taken_as_bearer_or_as_a_password() {
        let guarded = access(Some("p"), None);
        for right in ["Bearer p", "bearer  p", "Basic dTpw", "Basic OnA="] {
            assert_eq!(refused(&guarded, &[right]), None, "{right}");
        }
        for wrong in [
            "",
            "p",
            "Bearer",
            "Bearer ",
            "Bearer P",
            "Bearer pp",
            "Token p",
            "Basic p",
            "Basic cA==",
            "Basic dTpwcA==",
            "Bearer dTpw",
            "Basic dTpw,Bearer p",
        ] {
            assert_eq!(refused(&guarded, &[wrong]), Some(401), "{wrong}");
        }
        assert_eq!(refused(&guarded, &["Bearer x", "Bearer p"]), Some(401));
        assert_eq!(refused(&guarded, &["Bearer p", "Bearer p"]), Some(401));
    }

    #[test]
    fn credentials_are_compared_whole() {
        let guarded = access(None, Some(("u", "p")));
        for right in ["Basic dTpw", "basic dTpw"] {
            assert_eq!(refused(&guarded, &[right]), None, "{right}");
        }
        for wrong in ["Bearer dTpw", "dTpw", "Basic dTpwcA==", "Basic OnA="] {
            assert_eq!(refused(&guarded, &[wrong]), Some(401), "{wrong}");
        }
        let either = access(Some("t"), Some(("u", "p")));
        assert_eq!(refused(&either, &["Basic dTpw"]), None);
        assert_eq!(refused(&either, &["Bearer t"]), None);
        assert_eq!(refused(&either, &["Bearer p"]), Some(401));
    }

    #[test]
    fn where_tls_is_required_a_call_without_it_is_refused() {
        let access = Access { requires_https: true, ..access(Some("t"), None) };
        assert_eq!(refused(&access, &["Bearer t"]), Some(403));
    }
}
