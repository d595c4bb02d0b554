//! What concerns the server as a whole: health, version, certificate, reset, shutdown.

use super::{
    call::{self, Answer, Call},
    json::object,
    problem::Problem,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn health(call: &Call<'_>) -> Answer {
    let clock = &call.parts.clock;
    let now = jiff::Timestamp::try_from(clock.now()).unwrap_or_default();
    Ok(call::json(&object([
        ("status", "healthy".into()),
        ("message", "ringer is ok".into()),
        ("version", VERSION.into()),
        ("uptimeInSeconds", clock.elapsed().as_secs().into()),
        ("timestamp", now.to_string().into()),
    ])))
}

pub(super) fn version(_: &Call<'_>) -> Answer {
    Ok(call::json(&object([("version", VERSION.into())])))
}

pub(super) fn certificate(call: &Call<'_>) -> Answer {
    let pem = std::fs::read(&call.parts.ca_file).map_err(|error| {
        Problem::failed("The certificate authority cannot be read", error.to_string())
    })?;
    Ok(call::typed("application/x-pem-file", pem))
}

pub(super) fn jwks(call: &Call<'_>) -> Answer {
    Ok(call::json(&call.parts.token_keys.published()))
}

pub(super) fn reset(call: &Call<'_>) -> Answer {
    call.stubs().reload()?;
    call.session().reset();
    Ok(call::empty())
}

/// Behaviours as at the start, and nothing counted yet; stubs, requests and scenarios stay.
pub(super) fn reset_behaviors(call: &Call<'_>) -> Answer {
    let session = call.session();
    session.clock().reset();
    session.recount();
    let (behaviors, now) = (&call.parts.behaviors, session.clock().elapsed());
    if session.name().is_default() {
        behaviors.reset(now);
    } else {
        behaviors.reset_session(session.name(), now);
    }
    Ok(call::empty_object())
}

pub(super) fn shutdown(call: &Call<'_>) -> Answer {
    tracing::info!("asked to stop by a client of the admin API");
    call.parts.shutdown.stop();
    Ok(call::empty())
}
