//! What a `response` says about the place that its answer is fetched from.

use super::headers;
use crate::{
    format::{
        fields::{Fields, text},
        problem::Problems,
    },
    model::{Json, ProxySpec},
};

/// Reads the keys of proxying. Without `proxyBaseUrl` the others mean nothing, as in WireMock.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<ProxySpec> {
    let base_url = fields.text("proxyBaseUrl", problems);
    let prefix_to_remove = fields.text("proxyUrlPrefixToRemove", problems);
    let additional = fields.free_members("additionalProxyRequestHeaders", problems);
    let additional_headers = headers::read(additional, problems);
    let removed_headers = fields
        .items("removeProxyRequestHeaders", problems)
        .into_iter()
        .filter_map(|name| text(name, "removeProxyRequestHeaders", problems))
        .collect();
    Some(ProxySpec { base_url: base_url?, prefix_to_remove, additional_headers, removed_headers })
}

/// Writes them.
pub(super) fn write(proxy: &ProxySpec) -> Vec<(&'static str, Json)> {
    let mut members = vec![("proxyBaseUrl", proxy.base_url.as_str().into())];
    if let Some(prefix) = &proxy.prefix_to_remove {
        members.push(("proxyUrlPrefixToRemove", prefix.as_str().into()));
    }
    if !proxy.additional_headers.is_empty() {
        members.push(("additionalProxyRequestHeaders", headers::write(&proxy.additional_headers)));
    }
    if !proxy.removed_headers.is_empty() {
        let names = proxy.removed_headers.iter().map(|name| name.as_str().into()).collect();
        members.push(("removeProxyRequestHeaders", Json::Array(names)));
    }
    members
}
