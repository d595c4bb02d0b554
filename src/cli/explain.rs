//! `ringer explain`: which stub answers a request, and why the others do not.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

use super::{
    explain_text,
    global_args::GlobalArgs,
    load::load,
    printer,
    stub_args::{ExplainArgs, ExplainFormat},
};
use crate::{
    app::compile_problems,
    codec::{base64::STANDARD, view::RequestView},
    config::{Config, Layer},
    engine::{Explanation, explain},
    library::Reader,
    model::{Request, RequestBody, Scheme, ServiceName},
    runtime::Clock,
    store::{StubFile, StubStore},
};

/// Exit code when no stub answers.
const NO_ANSWER: u8 = 1;

/// So many stubs that do not match are told.
const MAX_NEAR: usize = 3;

/// Explains a request.
///
/// # Errors
///
/// When the request cannot be made out, or the stub folder cannot be read.
pub fn run(global: &GlobalArgs, args: &ExplainArgs) -> anyhow::Result<u8> {
    let loaded = load(global, Layer::default())?;
    let config = loaded.config;
    if !config.stubs.is_dir() {
        bail!("there is no stub folder `{}`", config.stubs.display());
    }
    let request = request(args)?;
    let states = states(&args.scenario)?;
    let stubs = Reader::new(&config.stubs)
        .with_check(compile_problems)
        .read()
        .with_context(|| format!("cannot read the stub folder `{}`", config.stubs.display()))?;
    let n_mistakes = stubs.problems().count();
    if n_mistakes > 0 {
        let mistakes = printer::counted(n_mistakes as u64, "mistake");
        printer::say(&printer::warning(&format!(
            "{mistakes} in the stub files, whose stubs are left out; `ringer check` shows them"
        )));
    }
    let store = StubStore::default();
    let files = stubs.files.into_iter();
    store.apply(files.map(|it| StubFile { path: it.path, stubs: it.stubs }).collect());
    let set = store.snapshot();
    let service = service_of(&config, &request.authority, &set.services());
    let explanation =
        explain(&set, service.as_ref(), &RequestView::new(&request), &states, MAX_NEAR);
    printer::data(&shown(&request, &explanation, args.format))?;
    Ok(if explanation.answer.is_some() { 0 } else { NO_ANSWER })
}

fn shown(request: &Request, explanation: &Explanation, format: ExplainFormat) -> String {
    match format {
        ExplainFormat::Text => explain_text::text(request, explanation),
        ExplainFormat::Json => explain_text::json(request, explanation),
    }
}

/// The service that a host belongs to; without one, stubs of all services may answer.
fn service_of(config: &Config, authority: &str, known: &[ServiceName]) -> Option<ServiceName> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let of_config = config
        .services
        .iter()
        .find(|service| service.hosts.iter().any(|own| own == host || own == authority))
        .map(|service| service.name.clone());
    of_config.or_else(|| known.iter().find(|name| name.as_str() == host).cloned())
}

/// `NAME=STATE` of each scenario.
fn states(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    given
        .iter()
        .map(|text| {
            let (name, state) = text.split_once('=').with_context(|| {
                format!("`--scenario {text}` has no state: write `--scenario NAME=STATE`")
            })?;
            Ok((name.to_owned(), state.to_owned()))
        })
        .collect()
}

/// The request that was typed, in one of the ways in which people write requests.
fn request(args: &ExplainArgs) -> anyhow::Result<Request> {
    let words: Vec<&str> = args.target.iter().flat_map(|text| text.split_whitespace()).collect();
    let (typed_method, url) = match words.as_slice() {
        [url] => (None, *url),
        [method, url] => (Some(*method), *url),
        _ => bail!("expected a request such as `GET /path?x=1`, found `{}`", words.join(" ")),
    };
    let body = body(args)?;
    let method = match args.method.as_deref().or(typed_method) {
        Some(method) => Method::from_bytes(method.as_bytes())
            .ok()
            .with_context(|| format!("`{method}` cannot be a method"))?,
        None if body.is_some() => Method::POST,
        None => Method::GET,
    };
    let url = url.split('#').next().unwrap_or_default();
    let uri: Uri = url.parse().with_context(|| format!("`{url}` is neither a path nor a URL"))?;
    let target = match uri.path_and_query() {
        Some(target) if target.as_str().starts_with('/') => target.clone(),
        _ => bail!("`{url}` has no path: write `/path`, or a URL with its scheme"),
    };
    let scheme = match uri.scheme_str() {
        Some("https") => Scheme::Https,
        _ => Scheme::Http,
    };
    let mut headers = headers(args)?;
    if body.is_some() && !headers.contains_key(header::CONTENT_TYPE) {
        let kind = if args.json.is_some() {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    let of_header = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = args
        .host
        .clone()
        .or_else(|| of_header.map(str::to_owned))
        .or_else(|| uri.authority().map(ToString::to_string))
        .unwrap_or_else(|| "localhost".to_owned());
    if let Ok(host) = HeaderValue::from_str(&authority) {
        headers.entry(header::HOST).or_insert(host);
    }
    Ok(Request {
        method,
        scheme,
        authority,
        target,
        headers,
        body: RequestBody::Whole(body.unwrap_or_default()),
        client: Some(std::net::Ipv4Addr::LOCALHOST.into()),
        received: Clock::start().now(),
    })
}

fn headers(args: &ExplainArgs) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for text in &args.headers {
        let (name, value) = text
            .split_once(':')
            .with_context(|| format!("`-H '{text}'` has no colon: write `-H 'Name: value'`"))?;
        let name = HeaderName::from_bytes(name.trim().as_bytes())
            .with_context(|| format!("`{}` cannot be a header name", name.trim()))?;
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).with_context(|| {
            format!("the value of header `{name}` has a control character in it")
        })?;
        headers.append(name, value);
    }
    if let Some(user) = &args.user {
        let value = format!("Basic {}", STANDARD.encode(user));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&value)?);
    }
    Ok(headers)
}

fn body(args: &ExplainArgs) -> anyhow::Result<Option<Bytes>> {
    if let Some(raw) = &args.data_raw {
        return Ok(Some(raw.clone().into()));
    }
    let Some(text) = args.data.as_ref().or(args.json.as_ref()) else { return Ok(None) };
    match text.strip_prefix('@') {
        Some(path) => {
            let bytes = std::fs::read(path)
                .with_context(|| format!("cannot read the body file `{path}`"))?;
            Ok(Some(bytes.into()))
        }
        None => Ok(Some(text.clone().into())),
    }
}
