//! What befalls a request: asked of the behaviors of this moment, its body read where one of them looks
//! at it.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName};

use super::{inquiry::Inquiry, route::Route, settings::Dialect, state::State};
use crate::{
    codec::view::RequestView,
    engine::{Found, Ground, Plan, Strike, plan_connection},
    model::{
        Bandwidth, Behaviors, ConnectFault, Effect, Fault, Place, Request, RequestBody, Rule,
        ServiceName,
    },
    store::{Applied, BehaviorSet, Drawn, LiveBehaviors, Subject},
    telemetry::{self, ServiceMetrics},
};

/// The header in which a request says how its answer is to behave.
const REQUEST_FAULTS: HeaderName = HeaderName::from_static("x-ringer-fault");

/// What a request says of how its answer is to behave, where it may. What says that is taken away, so
/// that the request is as it would be without.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn of_request(
    state: &State,
    fields: &mut HeaderMap,
) -> Result<Option<Arc<LiveBehaviors>>, String> {
    let Some(read) = state.read_request_faults else { return Ok(None) };
    if !fields.contains_key(REQUEST_FAULTS) {
        return Ok(None);
    }
    let values: Vec<_> = fields.get_all(REQUEST_FAULTS).iter().cloned().collect();
    fields.remove(REQUEST_FAULTS);
    let mut behaviors = Behaviors::default();
    for value in values {
        let text = value.to_str().map_err(|_| "it is no text of ASCII characters".to_owned())?;
        let more = read(text)?;
        behaviors.latency = behaviors.latency.or(more.latency);
        behaviors.rules.extend(more.rules);
        if !more.limits.is_empty() {
            return Err("a rate limit is nothing that one request can have".to_owned());
        }
        let is_late = |rule: &Rule| matches!(rule.effect, Effect::Fault(Fault::Connect(_)));
        if let Some(rule) = behaviors.rules.iter().find(|rule| is_late(rule)) {
            return Err(format!("`{}` befalls connections, and this one is there", rule.name));
        }
    }
    let now = state.session.clock().elapsed();
    LiveBehaviors::compile(Place::Request, &behaviors, now, || 0)
        .map(|live| Some(Arc::new(live)))
        .map_err(|error| error.message)
}

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
                inquiry.set_body(RequestBody::Whole(bytes));
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
    let service = route.service.scope.as_ref();
    let behaviors = state.behaviors_now();
    let ground = ground(state, &behaviors, state.session.clock().elapsed());
    let around = ground.around(own, None, service);
    if !around.has_rules() {
        return Vec::new();
    }
    let path = state.redactor.target(request.target.path());
    let subject = Subject::way_in(service, request.method.as_str(), &path);
    let plan = ground.plan_way_in(around, &subject, request);
    log(state, &route.service.metrics, &plan.applied);
    plan.bandwidth
}

/// What becomes of a connection that was just accepted.
pub(super) fn of_connection(
    state: &State,
    service: Option<&ServiceName>,
) -> Option<Strike<ConnectFault>> {
    let behaviors = state.behaviors_now();
    let (strike, applied) =
        plan_connection(&ground(state, &behaviors, state.session.clock().elapsed()), service)?;
    tracing::debug!(rule = %applied.rule, fault = ?applied.fault, "a connection is broken on purpose");
    let metrics = state.metrics.service(service.map(ServiceName::as_str));
    log(state, &metrics, std::slice::from_ref(&applied));
    Some(strike)
}

/// `None` where the body is still to be read; `is_read` says that there is no more of it.
fn ask(state: &State, found: Option<&Found>, inquiry: &Inquiry, is_read: bool) -> Option<Plan> {
    let behaviors = state.behaviors_now();
    let ground = ground(state, &behaviors, inquiry.watch.arrived());
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
            let path = state.redactor.target(request.target.path());
            let scope = inquiry.route.service.scope.as_ref();
            let subject = Subject::endpoint(scope, request.method.as_str(), &path);
            ground.plan_endpoint(around, &subject, request)
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

fn ground<'g>(state: &'g State, behaviors: &'g BehaviorSet, now: Duration) -> Ground<'g> {
    Ground {
        behaviors,
        session: &state.session,
        seed: state.seed(),
        now,
        measured: &state.measured,
        script: state.script.as_deref(),
    }
}

/// Tells the journal and the log of faults.
fn note(state: &State, inquiry: &Inquiry, plan: &Plan) {
    log(state, &inquiry.route.service.metrics, &plan.applied);
    if let Some(span) = &inquiry.route.span {
        span.befell(&plan.applied);
    }
    let Some(event) = &inquiry.event else { return };
    let is_told = state.answers.dialect == Dialect::Ringer || !plan.applied.is_empty();
    let drawn = is_told.then(|| Drawn { seed: state.seed(), applied: plan.applied.clone() });
    event.set_plan(plan.schedule.head, drawn);
}

fn log(state: &State, metrics: &ServiceMetrics, applied: &[Applied]) {
    for kind in applied.iter().filter_map(|applied| telemetry::Applied::named(applied.kind)) {
        metrics.applied(kind);
    }
    let Some(log) = &state.fault_log else { return };
    for applied in applied {
        log.add(state.session.name().as_str(), applied);
    }
}
