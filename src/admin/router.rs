//! Which function answers which path: one table, from which the API's own description is made too.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{LOCATION, ORIGIN},
};

use super::{
    access::Asking,
    behaviors,
    call::{self, Answer, Call},
    chaos, clock, cross_origin, docs, events, files, mappings, metrics, near_misses,
    openapi::Described,
    problem::Problem,
    rate_limits, recorder, recordings, requests, scenarios, sessions, settings,
    state::AdminParts,
    system, verification,
};
use crate::{
    model::{SessionName, SessionNameError},
    store::Session,
};

/// The path under which the API is.
pub(super) const PREFIX: &str = "/__admin";

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
const PATCH: Method = Method::PATCH;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;

/// Where what happens is told.
const EVENTS: &str = "/ringer/events";

/// Every path; of two that fit, the earlier one answers.
const ROUTES: &[Route] = &[
    route(GET, "/", "List stub mappings", mappings::list),
    route(GET, "/certs/wiremock-ca.crt", "The certificate authority, as PEM", system::certificate),
    route(GET, "/docs", "Where this API is described", docs::index),
    route(GET, "/docs/swagger", "This description, as OpenAPI", description),
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
    route(
        GET,
        "/mappings/unmatched",
        "List stub mappings that served nothing",
        mappings::unmatched,
    ),
    route(
        DELETE,
        "/mappings/unmatched",
        "Remove stub mappings that served nothing",
        mappings::delete_unmatched,
    ),
    route(GET, "/mappings/{id}", "Get a stub mapping", mappings::get),
    route(PUT, "/mappings/{id}", "Change a stub mapping", mappings::edit),
    route(DELETE, "/mappings/{id}", "Remove a stub mapping", mappings::delete),
    route(
        POST,
        "/near-misses/request",
        "Find the stub mappings nearest to a request",
        near_misses::of_request,
    ),
    route(
        POST,
        "/near-misses/request-pattern",
        "Find the requests nearest to a pattern",
        near_misses::of_pattern,
    ),
    route(GET, "/recorder", "Where the page of the recorder is", recorder::moved),
    route(GET, "/recorder/", "A page that starts and stops recordings", recorder::page),
    route(POST, "/recordings/snapshot", "Make stubs of the journal", recordings::snapshot),
    route(POST, "/recordings/start", "Start recording", recordings::start),
    route(GET, "/recordings/status", "Whether a recording is running", recordings::status),
    route(POST, "/recordings/stop", "Stop recording", recordings::stop),
    route(GET, "/requests", "List the requests of late, the newest first", requests::list),
    route(DELETE, "/requests", "Forget all requests", requests::delete_all),
    route(POST, "/requests/count", "Count requests that fit a pattern", requests::count),
    route(POST, "/requests/find", "Find requests that fit a pattern", requests::find),
    route(POST, "/requests/remove", "Forget requests that fit a pattern", requests::remove),
    route(
        POST,
        "/requests/remove-by-metadata",
        "Forget requests by the metadata of their stub mapping",
        requests::remove_by_metadata,
    ),
    route(POST, "/requests/reset", "Forget all requests", requests::delete_all),
    route(GET, "/requests/unmatched", "List requests that nothing matched", requests::unmatched),
    route(
        GET,
        "/requests/unmatched/near-misses",
        "Find the stub mappings nearest to what nothing matched",
        near_misses::of_unmatched,
    ),
    route(GET, "/requests/{id}", "Get a request", requests::get),
    route(DELETE, "/requests/{id}", "Forget a request", requests::delete),
    route(POST, "/reset", "Reset stub mappings, requests and scenarios", system::reset),
    route(GET, "/ringer/behaviors", "List what befalls requests, place by place", behaviors::list),
    route(POST, "/ringer/behaviors", "Add to what befalls requests", behaviors::add),
    route(PUT, "/ringer/behaviors", "Replace what holds at a place", behaviors::replace),
    route(DELETE, "/ringer/behaviors", "Have nothing befall requests", behaviors::delete_all),
    route(GET, "/ringer/behaviors/{name}", "Get a rule or limit", behaviors::get),
    route(PUT, "/ringer/behaviors/{name}", "Replace a rule or limit", behaviors::put),
    route(DELETE, "/ringer/behaviors/{name}", "Remove a rule or limit", behaviors::delete),
    route(GET, "/ringer/chaos", "The profile in effect, and those that there are", chaos::get),
    route(PUT, "/ringer/chaos", "Put a profile into effect", chaos::put),
    route(DELETE, "/ringer/chaos", "Take the profile away", chaos::delete),
    route(GET, "/ringer/clock", "The time, and how it goes", clock::get),
    route(PUT, "/ringer/clock", "Change the clock", clock::change),
    route(POST, "/ringer/clock/advance", "Move the clock on", clock::advance),
    route(POST, "/ringer/clock/freeze", "Stop the clock", clock::freeze),
    route(POST, "/ringer/clock/reset", "Return to real time", clock::reset),
    route(POST, "/ringer/clock/resume", "Let the clock run on", clock::resume),
    route(POST, "/ringer/clock/set", "Set the clock", clock::set),
    route(GET, EVENTS, "Follow what happens, as server-sent events", events::follow),
    route(
        GET,
        "/ringer/expectations",
        "What a test expects of the client, in this session",
        verification::get,
    ),
    route(PUT, "/ringer/expectations", "Replace what a test expects", verification::put),
    route(DELETE, "/ringer/expectations", "Expect nothing", verification::delete),
    route(GET, "/ringer/faults", "List faults", behaviors::faults),
    route(POST, "/ringer/faults", "Add a fault", behaviors::add_fault),
    route(DELETE, "/ringer/faults", "Remove all faults", behaviors::delete_faults),
    route(DELETE, "/ringer/faults/{name}", "Remove a fault", behaviors::delete_fault),
    route(GET, "/ringer/jwks", "The public keys of tokens that templates sign", system::jwks),
    route(GET, "/ringer/metrics", "What is counted, for Prometheus", metrics::scrape),
    route(GET, "/ringer/openapi.json", "This description, as OpenAPI", description),
    route(GET, "/ringer/rate-limits", "What is left of each limit", rate_limits::list),
    route(GET, "/ringer/rate-limits/report", "How clients took limits", rate_limits::report),
    route(POST, "/ringer/rate-limits/reset", "Have limits count anew", rate_limits::reset),
    route(POST, "/ringer/reset", "Return to the behaviours of the start", system::reset_behaviors),
    route(GET, "/ringer/sessions", "List sessions", sessions::list),
    route(POST, "/ringer/sessions", "Make a session", sessions::create),
    route(
        DELETE,
        "/ringer/sessions",
        "Drop every session but the default one",
        sessions::delete_all,
    ),
    route(GET, "/ringer/sessions/{name}", "Get a session", sessions::get),
    route(PATCH, "/ringer/sessions/{name}", "Change a session", sessions::change),
    route(DELETE, "/ringer/sessions/{name}", "Drop a session", sessions::delete),
    route(POST, "/ringer/sessions/{name}/reset", "Start a session again", sessions::reset),
    route(
        GET,
        "/ringer/verification",
        "Judge the client by what the session expects",
        verification::verdict,
    ),
    route(POST, "/ringer/verify", "Judge the client by a document", verification::verify),
    route(GET, "/scenarios", "List scenarios and their states", scenarios::list),
    route(POST, "/scenarios/reset", "Start all scenarios again", scenarios::reset),
    route(PUT, "/scenarios/{name}/state", "Set the state of a scenario", scenarios::set_state),
    route(GET, "/settings", "Get the global settings", settings::get),
    route(POST, "/settings", "Replace the global settings", settings::replace),
    route(PUT, "/settings", "Replace the global settings", settings::replace),
    route(PATCH, "/settings/extended", "Add to the extended settings", settings::extend),
    route(POST, "/shutdown", "Stop the server", system::shutdown),
    route(GET, "/version", "The server's version", system::version),
];

/// The answer to a call that is not carried out: it may not be made, or a browser asks first whether it
/// may. Its body need not have been read.
pub(super) fn refusal(
    parts: &AdminParts,
    prefix: &str,
    method: &Method,
    path: &str,
    asking: Asking<'_>,
) -> Option<Response<Bytes>> {
    if parts.is_shared && path == prefix {
        // WireMock tells everybody where the root of its API is.
        return None;
    }
    let asked = asking.fields;
    // A browser asks without credentials whether it may send them.
    let preflight = parts.is_shared.then(|| cross_origin::preflight(method, asked)).flatten();
    let mut response = preflight.or_else(|| parts.access.refusal(asking))?;
    if parts.is_shared {
        cross_origin::share(asked.get(ORIGIN), response.headers_mut());
    }
    Some(response)
}

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
    let mut response = called(parts, request, below).unwrap_or_else(|problem| problem.response());
    events::note(&parts.sessions, request, below, response.status());
    if parts.is_shared {
        cross_origin::share(request.headers().get(ORIGIN), response.headers_mut());
    }
    response
}

fn called(parts: &AdminParts, request: &Request<Bytes>, below: &str) -> Answer {
    for route in ROUTES.iter().filter(|route| route.method == *request.method()) {
        if let Some(variable) = variable_of(route.path, below) {
            return (route.run)(&Call {
                parts,
                session: session_of(parts, request.headers(), route.path)?,
                uri: request.uri(),
                headers: request.headers(),
                body: request.body(),
                variable,
            });
        }
    }
    Err(Problem::not_found())
}

/// The table, described.
fn description(call: &Call<'_>) -> Answer {
    docs::openapi(call, PREFIX, described())
}

/// What the table says of its routes.
pub(super) fn described() -> impl Iterator<Item = Described<'static>> {
    ROUTES.iter().map(|route| Described {
        method: route.method.as_str(),
        path: route.path,
        summary: route.summary,
    })
}

/// The session that a call is about.
fn session_of(parts: &AdminParts, fields: &HeaderMap, path: &str) -> Result<Arc<Session>, Problem> {
    let Some(value) = fields.get(SessionName::HEADER) else {
        return Ok(Arc::clone(parts.sessions.default_session()));
    };
    let name = String::from_utf8_lossy(value.as_bytes());
    let name: SessionName = name.trim().parse().map_err(|error: SessionNameError| {
        Problem::bad_request(format!("the header `X-Ringer-Session` names no session: {error}"))
    })?;
    if path == EVENTS {
        // Who only follows it makes no session.
        let default = || Arc::clone(parts.sessions.default_session());
        return Ok(parts.sessions.get(&name).unwrap_or_else(default));
    }
    parts.sessions.enter(&name).map_err(|error| Problem::of_session(&error))
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
}
