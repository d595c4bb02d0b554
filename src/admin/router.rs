//! Which function answers which path: one table, from which the API's own description is made too.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
        ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, LOCATION,
        ORIGIN, VARY, WWW_AUTHENTICATE,
    },
    uri::Scheme,
};

use super::{
    call::{self, Answer, Call},
    docs, files, mappings,
    problem::Problem,
    state::AdminParts,
    system,
};

/// A path and what it does.
struct Route {
    method: Method,
    /// Below `/__admin`; `{…}` is one segment, `{…*}` the rest.
    path: &'static str,
    summary: &'static str,
    run: fn(&Call<'_>) -> Answer,
}

const fn route(
    method: Method,
    path: &'static str,
    summary: &'static str,
    run: fn(&Call<'_>) -> Answer,
) -> Route {
    Route { method, path, summary, run }
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;

/// What describes the table itself.
const DESCRIPTION: &str = "/docs/swagger";

/// Every path; of two that fit, the earlier one answers.
const ROUTES: &[Route] = &[
    route(GET, "/", "List stub mappings", mappings::list),
    route(GET, "/certs/wiremock-ca.crt", "The certificate authority, as PEM", system::certificate),
    route(GET, "/docs", "Where this API is described", docs::index),
    route(GET, "/files", "List body files", files::list),
    route(GET, "/files/{path*}", "Get a body file", files::get),
    route(PUT, "/files/{path*}", "Write a body file", files::put),
    route(DELETE, "/files/{path*}", "Remove a body file", files::delete),
    route(GET, "/health", "Whether the server works", system::health),
    route(GET, "/mappings", "List stub mappings", mappings::list),
    route(POST, "/mappings", "Create a stub mapping", mappings::create),
    route(DELETE, "/mappings", "Remove all stub mappings", mappings::delete_all),
    route(POST, "/mappings/edit", "Change the stub mapping with the id given", mappings::edit_body),
    route(POST, "/mappings/find-by-metadata", "Find stub mappings by metadata", mappings::find),
    route(POST, "/mappings/import", "Create or replace stub mappings", mappings::import),
    route(POST, "/mappings/remove", "Remove a stub mapping", mappings::remove),
    route(
        POST,
        "/mappings/remove-by-metadata",
        "Remove stub mappings by metadata",
        mappings::remove_found,
    ),
    route(POST, "/mappings/reset", "Return to the stub mappings on disk", mappings::reset),
    route(POST, "/mappings/save", "Write all stub mappings to disk", mappings::save),
    route(GET, "/mappings/{id}", "Get a stub mapping", mappings::get),
    route(PUT, "/mappings/{id}", "Change a stub mapping", mappings::edit),
    route(DELETE, "/mappings/{id}", "Remove a stub mapping", mappings::delete),
    route(POST, "/reset", "Reset stub mappings, requests and scenarios", system::reset),
    route(POST, "/shutdown", "Stop the server", system::shutdown),
    route(GET, "/version", "The server's version", system::version),
];

/// Answers a call.
pub(super) fn answer(
    parts: &AdminParts,
    prefix: &str,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let path = request.uri().path();
    let Some(below) = path.strip_prefix(prefix) else {
        let mut response = call::empty();
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    if below.is_empty() {
        return found(request, &format!("{prefix}/"));
    }
    if let Some(refused) = refusal(parts, request) {
        return refused;
    }
    let mut response = match preflight(request) {
        Some(response) => response,
        None => called(parts, request, below).unwrap_or_else(|problem| match &problem.body {
            Some(body) => call::with_status(problem.status, body),
            None => {
                let mut response = call::empty();
                *response.status_mut() = problem.status;
                response
            }
        }),
    };
    share(request.headers(), response.headers_mut());
    response
}

fn called(parts: &AdminParts, request: &Request<Bytes>, below: &str) -> Answer {
    if below == DESCRIPTION && request.method() == Method::GET {
        let described = (GET.as_str(), DESCRIPTION, "This description, as OpenAPI");
        let routes = ROUTES.iter().map(|it| (it.method.as_str(), it.path, it.summary));
        return docs::openapi(routes.chain([described]));
    }
    for route in ROUTES.iter().filter(|route| route.method == *request.method()) {
        if let Some(variable) = variable_of(route.path, below) {
            return (route.run)(&Call {
                parts,
                uri: request.uri(),
                body: request.body(),
                variable,
            });
        }
    }
    Err(Problem::not_found())
}

/// What stands in a path for the variable of a route; empty for a route without one, `None` where
/// the path does not fit.
fn variable_of<'p>(route: &str, path: &'p str) -> Option<&'p str> {
    let Some((before, rest)) = route.split_once('{') else {
        return (route == path).then_some("");
    };
    let (name, after) = rest.split_once('}')?;
    let value = path.strip_prefix(before)?.strip_suffix(after)?;
    let fits = !value.is_empty() && (name.ends_with('*') || !value.contains('/'));
    fits.then_some(value)
}

fn found(request: &Request<Bytes>, path: &str) -> Response<Bytes> {
    let uri = request.uri();
    let location = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}{path}"),
        _ => path.to_owned(),
    };
    let mut response = call::empty();
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// 401 or 403, where the call must not be carried out.
fn refusal(parts: &AdminParts, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    if parts.requires_https && request.uri().scheme() != Some(&Scheme::HTTPS) {
        let title = "HTTPS is required for accessing the admin API";
        let problem = Problem::titled(StatusCode::FORBIDDEN, 50, title);
        return problem.body.map(|body| call::with_status(problem.status, &body));
    }
    let (user, password) = parts.credentials.as_ref()?;
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given.is_some_and(|given| is_basic(given, user, password)) {
        return None;
    }
    let mut response = call::empty();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    Some(response)
}

fn is_basic(given: &str, user: &str, password: &str) -> bool {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let Some((scheme, encoded)) = given.split_once(' ') else { return false };
    let right = format!("{user}:{password}");
    let Ok(decoded) = BASE64_STANDARD.decode(encoded.trim()) else { return false };
    // Takes as long whatever is wrong, so that nothing can be learned from the time.
    let differs = decoded.iter().zip(right.as_bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    scheme.eq_ignore_ascii_case("basic") && decoded.len() == right.len() && differs == 0
}

/// The answer to a browser that asks before it calls (CORS).
fn preflight(request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = call::empty();
    let fields = response.headers_mut();
    fields.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("1800"));
    fields.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("OPTIONS,GET,POST,PUT,PATCH,DELETE"),
    );
    if let Some(asked) = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS) {
        fields.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    Some(response)
}

/// Lets web pages of any origin read the answer.
fn share(asked: &HeaderMap, fields: &mut HeaderMap) {
    fields.insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = asked.get(ORIGIN) {
        fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        fields.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_one_segment_or_the_rest() {
        assert_eq!(variable_of("/mappings/{id}", "/mappings/x"), Some("x"));
        assert_eq!(variable_of("/mappings/{id}", "/mappings/x/y"), None);
        assert_eq!(variable_of("/mappings/{id}", "/mappings/"), None);
        assert_eq!(variable_of("/files/{path*}", "/files/a/b"), Some("a/b"));
        assert_eq!(variable_of("/scenarios/{name}/state", "/scenarios/a%20b/state"), Some("a%20b"));
        assert_eq!(variable_of("/mappings", "/mappings/"), None);
    }

    #[test]
    fn credentials_are_compared_whole() {
        assert!(is_basic("Basic dTpw", "u", "p"));
        assert!(is_basic("basic dTpw", "u", "p"));
        assert!(!is_basic("Basic dTpw", "u", "pp"));
        assert!(!is_basic("Bearer dTpw", "u", "p"));
        assert!(!is_basic("dTpw", "u", "p"));
    }
}
