//! Where spans go, as the command line and OpenTelemetry's own variables say.
//!
//! The variables are those of OpenTelemetry's specification ("OpenTelemetry Protocol Exporter", "General
//! SDK Configuration"); what is said for ringer itself goes before them.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// The path of traces below an endpoint that is for every signal.
const TRACES: &str = "/v1/traces";
/// A batch has so long to be taken, unless a variable says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is said for ringer itself of where spans go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtlpTarget {
    /// Nowhere, whatever variables say.
    Off,
    /// To this endpoint.
    Endpoint(Uri),
}

impl std::str::FromStr for OtlpTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            url => endpoint(url).map(|uri| Self::Endpoint(below(&uri))),
        }
    }
}

/// Where spans go, and what goes with them.
#[derive(Clone, PartialEq, Eq)]
pub struct Otlp {
    /// Where they are posted to.
    pub endpoint: Uri,
    /// Fields of each request: credentials, most often.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Who made the spans, besides what ringer says itself.
    pub resource: Vec<(String, String)>,
    /// How long a batch has to be taken.
    pub timeout: Duration,
}

impl std::fmt::Debug for Otlp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the headers.
        f.debug_struct("Otlp").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// A variable that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl Otlp {
    /// Puts together what is said for ringer itself and what variables say; `None` where spans go
    /// nowhere. `lookup` gives the value of a variable; an empty one counts as absent.
    ///
    /// # Errors
    ///
    /// Names the first variable that is needed and cannot be used.
    pub fn resolve(
        target: Option<&OtlpTarget>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Unusable> {
        let get = |name: &'static str| {
            lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let endpoint = match target {
            Some(OtlpTarget::Off) => return Ok(None),
            Some(OtlpTarget::Endpoint(uri)) => Some(uri.clone()),
            None => {
                let is_off = get("OTEL_SDK_DISABLED")
                    .is_some_and(|it| it.eq_ignore_ascii_case("true"))
                    || get("OTEL_TRACES_EXPORTER").is_some_and(|it| it == "none");
                if is_off { None } else { of_variables(&get)? }
            }
        };
        let Some(endpoint) = endpoint else { return Ok(None) };
        let headers = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
        let headers = first(&headers, &get, |text| {
            pairs(text)?.into_iter().map(field).collect::<Result<Vec<_>, _>>()
        })?;
        let timeouts = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
        let timeout = first(&timeouts, &get, milliseconds)?;
        let resource = first(&["OTEL_RESOURCE_ATTRIBUTES"], &get, pairs)?.unwrap_or_default();
        let of_resource = resource.iter().find(|(name, _)| name == "service.name");
        let service = get("OTEL_SERVICE_NAME")
            .or_else(|| of_resource.map(|(_, value)| value.clone()))
            .unwrap_or_else(|| "ringer".to_owned());
        let others = resource.into_iter().filter(|(name, _)| name != "service.name");
        Ok(Some(Self {
            endpoint,
            headers: headers.unwrap_or_default(),
            resource: [("service.name".to_owned(), service)].into_iter().chain(others).collect(),
            timeout: timeout.unwrap_or(TIMEOUT),
        }))
    }
}

/// The endpoint that variables name: that of traces as it is, the general one with the path of traces.
fn of_variables(get: &impl Fn(&'static str) -> Option<String>) -> Result<Option<Uri>, Unusable> {
    let own = first(&["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], get, endpoint)?;
    match own {
        Some(own) => Ok(Some(own)),
        None => {
            first(&["OTEL_EXPORTER_OTLP_ENDPOINT"], get, |text| endpoint(text).map(|it| below(&it)))
        }
    }
}

/// The value of the first of these variables that is there.
fn first<T>(
    names: &[&'static str],
    get: &impl Fn(&'static str) -> Option<String>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Unusable> {
    for name in names {
        if let Some(text) = get(name) {
            return read(&text).map(Some).map_err(|message| Unusable { name, message });
        }
    }
    Ok(None)
}

fn endpoint(text: &str) -> Result<Uri, String> {
    let expected = "expected `off` or a URL such as `http://127.0.0.1:4318`";
    let uri: Uri =
        text.parse().map_err(|error| format!("`{text}` is no URL: {error}; {expected}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err(format!("`{text}` is no URL of a collector; {expected}"));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        let way = "credentials go into the variable OTEL_EXPORTER_OTLP_HEADERS";
        return Err(format!("the URL of the collector has a user name; {way}"));
    }
    Ok(uri)
}

/// The endpoint of traces below one that is for every signal.
fn below(endpoint: &Uri) -> Uri {
    let path = endpoint.path().trim_end_matches('/');
    if path.ends_with(TRACES) {
        return endpoint.clone();
    }
    let mut parts = endpoint.clone().into_parts();
    parts.path_and_query = format!("{path}{TRACES}").parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| endpoint.clone())
}

/// `name=value,…`, percent-encoded, as W3C Baggage has it.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let decoded = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    text.split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or("expected `name=value,name=value`")?;
            Ok((decoded(name), decoded(value)))
        })
        .collect()
}

fn field((name, value): (String, String)) -> Result<(HeaderName, HeaderValue), String> {
    let field = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("`{name}` is no name of a header"))?;
    let mut value = HeaderValue::from_str(&value)
        .map_err(|_| format!("the value of `{name}` is none that a header can have"))?;
    value.set_sensitive(true);
    Ok((field, value))
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .map(Duration::from_millis)
        .map_err(|_| format!("`{text}` is no number of milliseconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(flag: Option<&str>, variables: &[(&str, &str)]) -> Result<Option<Otlp>, Unusable> {
        let target = flag.map(|flag| flag.parse().unwrap());
        Otlp::resolve(target.as_ref(), &|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn endpoint_of(flag: Option<&str>, variables: &[(&str, &str)]) -> Option<String> {
        resolve(flag, variables).unwrap().map(|otlp| otlp.endpoint.to_string())
    }

    const GENERAL: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318");
    const TRACES_ONLY: (&str, &str) = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://b/x");

    #[test]
    fn a_flag_goes_before_variables_and_the_one_of_traces_before_the_general_one() {
        let flag = Some("http://f:1");
        assert_eq!(endpoint_of(None, &[]), None);
        assert_eq!(endpoint_of(None, &[GENERAL]).unwrap(), "http://a:4318/v1/traces");
        assert_eq!(endpoint_of(None, &[GENERAL, TRACES_ONLY]).unwrap(), "https://b/x");
        assert_eq!(endpoint_of(flag, &[GENERAL, TRACES_ONLY]).unwrap(), "http://f:1/v1/traces");
        assert_eq!(endpoint_of(Some("off"), &[GENERAL]), None);
        assert_eq!(endpoint_of(None, &[GENERAL, ("OTEL_SDK_DISABLED", "true")]), None);
        assert_eq!(endpoint_of(None, &[GENERAL, ("OTEL_TRACES_EXPORTER", "none")]), None);
        assert_eq!(endpoint_of(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), None);
    }

    #[test]
    fn the_path_of_traces_is_added_once() {
        for (url, expected) in [
            ("http://a", "http://a/v1/traces"),
            ("http://a/", "http://a/v1/traces"),
            ("http://a/otlp/", "http://a/otlp/v1/traces"),
            ("http://a/v1/traces", "http://a/v1/traces"),
        ] {
            assert_eq!(endpoint_of(Some(url), &[]).unwrap(), expected);
        }
    }

    #[test]
    fn headers_and_resource_come_from_variables_percent_decoded() {
        let variables = [
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t, x-team = a%2Cb"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=r,deployment.environment.name=ci"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1500"),
        ];
        let otlp = resolve(Some("http://a"), &variables).unwrap().unwrap();
        let headers: Vec<_> = otlp
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(headers, [("authorization", "Bearer t"), ("x-team", "a,b")]);
        assert_eq!(otlp.timeout, Duration::from_millis(1500));
        let of = |name: &str| otlp.resource.iter().find(|(key, _)| key == name).unwrap().1.as_str();
        assert_eq!((of("service.name"), of("deployment.environment.name")), ("r", "ci"));
        assert!(!format!("{otlp:?}").contains("Bearer"));
        let named = [variables[1], ("OTEL_SERVICE_NAME", "mock")];
        let otlp = resolve(Some("http://a"), &named).unwrap().unwrap();
        assert_eq!(otlp.resource[0], ("service.name".to_owned(), "mock".to_owned()));
        assert_eq!(otlp.resource.len(), 2);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for wrong in ["", "collector", "ftp://a", "http://", "http://u:p@a"] {
            assert!(wrong.parse::<OtlpTarget>().is_err(), "{wrong}");
        }
        let wrong = |variable| resolve(None, &[GENERAL, variable]).unwrap_err().name;
        let headers = "OTEL_EXPORTER_OTLP_HEADERS";
        assert_eq!(wrong((headers, "authorization")), headers);
        assert_eq!(wrong((headers, "a b=c")), headers);
        let timeout = "OTEL_EXPORTER_OTLP_TIMEOUT";
        assert_eq!(wrong((timeout, "soon")), timeout);
    }
}
