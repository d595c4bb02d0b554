//! What befalls a request: asked of the behaviors of this moment, its body read where one of them looks
//! at it.

use super::{inquiry::Inquiry, route::Route, state::State};
use crate::{
    codec::view::RequestView,
    engine::{Found, Ground, Plan, Strike, plan, plan_connection},
    model::{Bandwidth, ConnectFault, Request, RequestBody, ServiceName},
    store::{BehaviorSet, Drawn, LiveBehaviors},
};

/// What befalls a request that a stub answers.
///
/// # Errors
///
/// When the client breaks off while its body is read.
pub(super) async fn of_stub(
    state: &State,
    found: &Found,
    inquiry: &mut Inquiry,
) -> Result<Plan, hyper::Error> {
    let plan = match ask(state, Some(found), inquiry, false) {
        Some(plan) => plan,
        None => {
            inquiry.read_rest(state.limits.body_in_memory).await?;
            ask(state, Some(found), inquiry, true).unwrap_or_default()
        }
    };
    note(state, inquiry, &plan);
    Ok(plan)
}

/// What befalls a request that no stub answers: one that is passed on, or missed.
///
/// # Errors
///
/// When the client breaks off while its body is read.
pub(super) async fn of_endpoint(
    state: &State,
    inquiry: &mut Inquiry,
) -> Result<Plan, hyper::Error> {
    let plan = match ask(state, None, inquiry, false) {
        Some(plan) => plan,
        None => {
            // It stays where it is: it may have to go on.
            if inquiry.body.read_up_to(state.limits.body_in_memory).await? {
                let bytes = bytes::Bytes::copy_from_slice(inquiry.body.so_far());
                inquiry.request.body = RequestBody::Whole(bytes);
            }
            ask(state, None, inquiry, true).unwrap_or_default()
        }
    };
    note(state, inquiry, &plan);
    Ok(plan)
}

/// What slows the body of a request down on its way in. It is asked before the body is read for any
/// other reason, so rules that look at it, and those of stubs, have no say.
pub(super) fn of_way_in(
    state: &State,
    request: &Request,
    route: &Route,
    own: Option<&LiveBehaviors>,
) -> Vec<Strike<Bandwidth>> {
    let behaviors = state.behaviors.load();
    let ground = ground(state, &behaviors);
    let around = ground.around(own, None, route.service.scope.as_ref());
    if !around.has_rules() {
        return Vec::new();
    }
    ground.plan_way_in(around, &endpoint(state, route, request), request)
}

/// What becomes of a connection that was just accepted.
pub(super) fn of_connection(
    state: &State,
    service: Option<&ServiceName>,
) -> Option<Strike<ConnectFault>> {
    let behaviors = state.behaviors.load();
    let (strike, applied) = plan_connection(&ground(state, &behaviors), service)?;
    tracing::debug!(rule = %applied.rule, fault = ?applied.fault, "a connection is broken on purpose");
    Some(strike)
}

/// `None` where the body is still to be read; `is_read` says that there is no more of it.
fn ask(state: &State, found: Option<&Found>, inquiry: &Inquiry, is_read: bool) -> Option<Plan> {
    let behaviors = state.behaviors.load();
    let ground = ground(state, &behaviors);
    let stub = found.map(|found| &*found.stub);
    let around = ground.around(inquiry.own.as_deref(), stub, inquiry.route.service.scope.as_ref());
    let request = &inquiry.request;
    if around.has_rules()
        && !is_read
        && is_unread(found, inquiry)
        && around.needs_body(&RequestView::new(request))
    {
        return None;
    }
    Some(match found {
        Some(found) => ground.plan_stub(around, found, state.global_delay(), request),
        None if around.has_rules() => {
            let subject = plan::endpoint_subject(&endpoint(state, &inquiry.route, request));
            ground.plan_endpoint(around, subject, request)
        }
        None => Plan::default(),
    })
}

/// Whether there is a body that may be read now. A client of a two-way stream sends on only after it
/// was answered, and one that expects to be asked may never send.
fn is_unread(found: Option<&Found>, inquiry: &Inquiry) -> bool {
    let is_two_way = found.is_some_and(|found| found.stub.is_two_way);
    let is_left = !inquiry.body.is_complete() || !inquiry.body.so_far().is_empty();
    is_left && !is_two_way && !inquiry.is_unasked()
}

/// What a request is counted under that no stub answers. It is logged, so it has no secrets.
fn endpoint(state: &State, route: &Route, request: &Request) -> String {
    let service = route.service.scope.as_ref().map_or("*", ServiceName::as_str);
    let path = state.redactor.target(request.target.path());
    format!("{service} {} {path}", request.method)
}

fn ground<'g>(state: &'g State, behaviors: &'g BehaviorSet) -> Ground<'g> {
    Ground {
        behaviors,
        session: &state.session,
        seed: state.seed,
        now: state.session.clock().elapsed(),
        measured: &state.measured,
        script: state.script.as_deref(),
    }
}

/// Tells the journal and the log of faults.
fn note(state: &State, inquiry: &Inquiry, plan: &Plan) {
    if let Some(event) = &inquiry.event {
        event.set_delay(plan.schedule.head);
        event.set_drawn(Drawn { seed: state.seed.0, applied: plan.applied.clone() });
    }
}
