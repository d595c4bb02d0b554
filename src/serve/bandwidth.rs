//! Has the bytes of a request or an answer come as slowly as the rules that strike it have them.

use std::sync::Arc;

use http::Response;

use super::{
    client::Client,
    inbound::Inbound,
    lines::Way,
    paced::{Paced, Pacing},
    reply::ReplyBody,
    state::State,
};
use crate::{
    behavior::pace::{Lane, Pace},
    engine::Strike,
    model::{Bandwidth, Place},
};

/// The answer, no faster than each of these has it.
pub(super) fn paced(
    strikes: &[Strike<Bandwidth>],
    response: Response<ReplyBody>,
    state: &State,
    client: &Client,
) -> Response<ReplyBody> {
    match pacing(strikes, Way::Out, state, client) {
        None => response,
        Some(pacing) => response.map(|body| {
            let mut paced = Paced::unpaced(body);
            paced.pace(pacing);
            ReplyBody::boxed(paced)
        }),
    }
}

/// What has not come yet of a request's body comes no faster than each of these has it.
pub(super) fn slow_down<'s>(
    strikes: impl IntoIterator<Item = &'s Strike<Bandwidth>>,
    body: &mut Inbound,
    state: &State,
    client: &Client,
) {
    if let Some(pacing) = pacing(strikes, Way::In, state, client) {
        body.pace(pacing);
    }
}

/// Whether a stub has it: the others struck before the body was read.
pub(super) fn is_of_stub(strike: &&Strike<Bandwidth>) -> bool {
    matches!(strike.place, Place::Stub(_))
}

fn pacing<'s>(
    strikes: impl IntoIterator<Item = &'s Strike<Bandwidth>>,
    way: Way,
    state: &State,
    client: &Client,
) -> Option<Pacing> {
    let clock = state.session.clock();
    let is_virtual = clock.has_virtual_delays();
    let lane = |strike: &Strike<Bandwidth>| {
        let (session, rule) = (state.session.name().as_str().to_owned(), strike.rule.clone());
        let key = (session, strike.place.clone(), rule, way, is_virtual);
        let own = client.lines.get(&key);
        let line = if strike.value.is_shared { state.lines.get(&key).line } else { own.line };
        Lane::new(&strike.value, line, own.slow_start, || strike.draws())
    };
    let meant = strikes.into_iter().filter(|strike| way.is_meant(strike.value.direction));
    let pace = Pace::new(meant.map(lane).collect())?;
    Some(Pacing::new(pace, Arc::clone(clock), state.clock))
}
