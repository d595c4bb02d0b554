//! Which events somebody wants to hear of.

use std::str::FromStr;

use super::{call::Call, problem::Problem};
use crate::{
    codec::view::RequestView,
    format::behavior::read_url,
    matching::CompiledRequest,
    model::{RequestPattern, SessionName},
    store::{ExchangeOutcome, Notice, ServeEvent},
};

/// Values of one parameter, at most.
const MOST: usize = 64;

/// Which events somebody wants to hear of. Of each list one must fit; an empty one lets all pass.
#[derive(Debug, Default)]
pub(super) struct EventFilter {
    pub(super) session: Option<SessionName>,
    services: Vec<String>,
    methods: Vec<String>,
    urls: Vec<CompiledRequest>,
    statuses: Vec<Statuses>,
    outcomes: Vec<ExchangeOutcome>,
    stubs: Vec<String>,
}

/// A status, or a class of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statuses {
    One(u16),
    /// By the first digit.
    Class(u16),
}

impl FromStr for Statuses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("unknown status `{text}`, expected one as `404` or a class as `5xx`");
        if let Some(class) = text.strip_suffix("xx").or(text.strip_suffix("XX")) {
            let class = class.parse().ok().filter(|class| (1..=9).contains(class));
            return class.map(Self::Class).ok_or_else(wrong);
        }
        let status = text.parse().ok().filter(|status| (100..=999).contains(status));
        status.map(Self::One).ok_or_else(wrong)
    }
}

impl EventFilter {
    /// That of a call's parameters.
    ///
    /// # Errors
    ///
    /// 400: one of them cannot be read.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let session = match call.parameter("session") {
            Some(name) => Some(parsed::<SessionName>("session", &name)?),
            None => match call.headers.get(SessionName::HEADER).map(|name| name.to_str()) {
                // There need not be such a session yet.
                Some(Ok(name)) => Some(parsed::<SessionName>("session", name.trim())?),
                _ => None,
            },
        };
        let url = |text: &String| {
            let pattern = read_url(text).map_err(|error| wrong("url", &error))?;
            let pattern = RequestPattern { url: pattern, ..RequestPattern::default() };
            CompiledRequest::compile(&pattern).map_err(|error| wrong("url", &error.message))
        };
        Ok(Self {
            session,
            services: listed(call, "service"),
            methods: listed(call, "method"),
            // A URL may have a comma.
            urls: call.parameters("url").iter().take(MOST).map(url).collect::<Result<_, _>>()?,
            statuses: all(call, "status")?,
            outcomes: all(call, "outcome")?,
            stubs: call.parameters("stub"),
        })
    }

    /// Whether somebody wants to hear of this. What is no exchange has none of its properties: it
    /// passes where none is asked for.
    pub(super) fn lets(&self, notice: &Notice) -> bool {
        if self.session.as_ref().is_some_and(|name| name != notice.session()) {
            return false;
        }
        match notice {
            Notice::Began(event) | Notice::Exchange(event) | Notice::Webhook { event, .. } => {
                self.lets_exchange(event)
            }
            Notice::Changed(_) => self.is_only_of_session(),
        }
    }

    fn is_only_of_session(&self) -> bool {
        self.services.is_empty()
            && self.methods.is_empty()
            && self.urls.is_empty()
            && self.statuses.is_empty()
            && self.outcomes.is_empty()
            && self.stubs.is_empty()
    }

    /// Whether somebody wants to hear of this exchange, its session left aside.
    pub(super) fn lets_exchange(&self, event: &ServeEvent) -> bool {
        let request = event.request();
        any(&self.methods, |method| method.eq_ignore_ascii_case(request.method.as_str()))
            && any(&self.services, |name| event.service().is_some_and(|it| it.as_str() == name))
            && any(&self.statuses, |statuses| {
                event.status().is_some_and(|status| match *statuses {
                    Statuses::One(one) => status == one,
                    Statuses::Class(class) => status / 100 == class,
                })
            })
            && any(&self.outcomes, |outcome| event.outcome() == Some(*outcome))
            && any(&self.stubs, |stub| {
                event.stub().is_some_and(|(live, _)| {
                    live.stub.id.to_string() == *stub || live.display_name() == *stub
                })
            })
            && (self.urls.is_empty() || {
                let view = RequestView::new(request);
                self.urls.iter().any(|url| url.matches(&view))
            })
    }
}

fn any<T>(wanted: &[T], fits: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fits)
}

/// The values of a parameter, given several times or with commas.
fn listed(call: &Call<'_>, name: &str) -> Vec<String> {
    let values = call.parameters(name);
    let values = values.iter().flat_map(|value| value.split(',')).map(str::trim);
    values.filter(|value| !value.is_empty()).take(MOST).map(str::to_owned).collect()
}

fn all<T: FromStr<Err: ToString>>(call: &Call<'_>, name: &str) -> Result<Vec<T>, Problem> {
    listed(call, name).iter().map(|value| parsed(name, value)).collect()
}

fn parsed<T: FromStr<Err: ToString>>(name: &str, value: &str) -> Result<T, Problem> {
    value.parse().map_err(|error: T::Err| wrong(name, &error.to_string()))
}

fn wrong(name: &str, error: &str) -> Problem {
    Problem::bad_request(format!("parameter `{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_number_or_a_class() {
        assert_eq!("404".parse(), Ok(Statuses::One(404)));
        assert_eq!("5xx".parse(), Ok(Statuses::Class(5)));
        for wrong in ["", "5x", "xx", "0xx", "99", "1000", "ok"] {
            wrong.parse::<Statuses>().unwrap_err();
        }
    }
}
