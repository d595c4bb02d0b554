//! How the recorder's stubs look: names, conditions, files.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use super::{answer::Answer, conditions::Condition, fingerprint, identity, tree::Demand};
use crate::model::{
    AfterLast, BodyPattern, BodySpec, MethodPattern, Recorded, RequestPattern, Responses,
    ServiceName, Stub, StubId, UrlPattern, ValuePattern,
};

/// A stub that has no answer yet.
pub(super) fn new(
    id: StubId,
    service: &ServiceName,
    request: RequestPattern,
    upstream: &str,
    redacted: &[String],
    turn: u32,
) -> Stub {
    let (method, url) = method_and_url(&request);
    Stub {
        id,
        name: Some(identity::name_of(method, url)),
        service: Some(service.clone()),
        priority: priority_of(&request),
        responses: Responses { steps: Vec::new(), after_last: AfterLast::Stay },
        recorded: Some(Recorded {
            upstream: upstream.to_owned(),
            redacted: redacted.to_vec(),
            turn,
        }),
        request,
        ..Stub::default()
    }
}

/// A signed URL is known by its parameters but those of the signature, and one that has more of them
/// satisfies a stub that names fewer: the stub that names more goes first.
fn priority_of(request: &RequestPattern) -> Option<u32> {
    const USUAL: u32 = 5;
    let n_told = u32::try_from(request.query.len().saturating_sub(1)).unwrap_or(u32::MAX);
    (n_told > 0).then(|| USUAL.saturating_sub(n_told).max(1))
}

/// A file in `mappings` that no stub has yet: named for method and path alone where these say all.
pub(super) fn new_path(mappings: &Path, stub: &Stub, taken: &HashSet<PathBuf>) -> PathBuf {
    let request = &stub.request;
    let (method, url) = method_and_url(request);
    let slug = identity::slug_of(method, fingerprint::path_of(url));
    let says_all = !url.contains('?')
        && request.query.is_empty()
        && request.headers.is_empty()
        && request.body.iter().all(identity::is_absent)
        && request.extras.multipart.is_empty();
    let digits = [6, 12, 32].map(|n| format!("-{}", identity::hex(stub.id.0.as_bytes(), n)));
    let suffixes = says_all.then(String::new).into_iter().chain(digits);
    let mut paths = suffixes.map(|suffix| mappings.join(format!("{slug}{suffix}.json")));
    paths
        .find(|path| !taken.contains(path))
        .unwrap_or_else(|| mappings.join(format!("{}.json", stub.id)))
}

/// Demands that there be no body, where nothing is said of it.
pub(super) fn demand_no_body(request: &mut RequestPattern) -> bool {
    let is_open = request.body.is_empty()
        && request.extras.multipart.is_empty()
        && !is_of_unsent_body(request);
    if is_open {
        request.body.push(BodyPattern::Text(ValuePattern::Absent));
    }
    is_open
}

/// Whether a stub's requests announced a body of which no more is known.
fn is_of_unsent_body(request: &RequestPattern) -> bool {
    let announces = |name: &str| {
        name.eq_ignore_ascii_case("content-length")
            || name.eq_ignore_ascii_case("transfer-encoding")
    };
    request.headers.iter().any(|(name, _)| announces(name))
}

/// Whether a pattern says what the body must be.
pub(super) fn has_body(request: &RequestPattern) -> bool {
    !request.extras.multipart.is_empty() || !request.body.iter().all(identity::is_absent)
}

/// Names the file of a large body after its content; body files never change under a name.
pub(super) fn name_body(files: &Path, pattern: &RequestPattern, answer: &mut Answer) {
    let Some(side) = &answer.side else {
        return;
    };
    let (method, url) = method_and_url(pattern);
    let slug = identity::slug_of(method, fingerprint::path_of(url));
    let name =
        |digits| format!("{slug}-{}.{}", identity::hex(&side.sha256, digits), side.extension);
    let short = name(8);
    let is_another =
        fs::metadata(files.join(&short)).is_ok_and(|found| found.len() != side.content.length());
    answer.spec.body = BodySpec::File(if is_another { name(64) } else { short });
}

/// Adds places where secrets were replaced.
pub(super) fn note_redacted(stub: &mut Stub, places: &[String]) {
    if let Some(recorded) = &mut stub.recorded {
        recorded.redacted.extend(places.iter().cloned());
        recorded.redacted.sort();
        recorded.redacted.dedup();
    }
}

/// The conditions of a stub's headers; `None` when a person wrote others.
pub(super) fn demands_of(stub: &Stub) -> Option<Vec<Demand>> {
    let demand = |(name, value): &(String, ValuePattern)| {
        Some((name.to_ascii_lowercase(), Condition::from_pattern(value)?))
    };
    stub.request.headers.iter().map(demand).collect()
}

/// Method and path of the requests that a stub answers, where it names both.
pub(super) fn place_of(request: &RequestPattern) -> Option<(String, String)> {
    let (method, url) = method_and_url(request);
    let is_place = !method.is_empty() && !url.is_empty();
    is_place.then(|| (method.to_owned(), fingerprint::path_of(url).to_owned()))
}

/// Method and number of path segments: what requests have in common that differ in noise alone.
pub(super) fn kind_of(request: &RequestPattern) -> Option<(String, usize)> {
    let (method, path) = place_of(request)?;
    Some((method, path.matches('/').count()))
}

fn method_and_url(request: &RequestPattern) -> (&str, &str) {
    let method = match &request.method {
        MethodPattern::Is(method) => method.as_str(),
        _ => "",
    };
    let url = match &request.url {
        UrlPattern::Url(url) | UrlPattern::UrlPath(url) => url.as_str(),
        _ => "",
    };
    (method, url)
}
