//! Limits as JSON, so that what is read from it is the same limit. One of a preset is written whole: else
//! what the preset says would come back in place of what was taken out. A preset of the user's own is not
//! named then: whoever reads it may have no such file.

use std::time::Duration;

use super::{
    answer::{write_emit, write_headers, write_refusal},
    penalty,
    policy::{self, write_keys},
    presets::PRESETS,
    selection,
};
use crate::{
    behavior::duration,
    format::behavior::tree::camel_case,
    model::{Json, RateLimit, StatusEndpoint},
};

/// Writes a limit.
pub fn write(limit: &RateLimit) -> Json {
    let mut all = members(limit);
    if limit.preset.is_none() {
        let unsaid = members(&RateLimit::plain(1, Duration::from_secs(1)));
        let is_needed = |name: &str| matches!(name, "name" | "policies");
        all.retain(|member| is_needed(&member.0) || !unsaid.contains(member));
    }
    Json::Object(camel(all))
}

fn members(limit: &RateLimit) -> Vec<(String, Json)> {
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut put = |name: &str, json: Json| members.push((name.to_owned(), json));
    put("name", limit.name.as_str().into());
    let is_shipped = |preset: &&String| PRESETS.iter().any(|(name, _)| name == *preset);
    if let Some(preset) = limit.preset.as_ref().filter(is_shipped) {
        put("preset", preset.as_str().into());
    }
    put("key", write_keys(&limit.key));
    if let Some(request) = &limit.request {
        put("request", selection::write(request));
    }
    if !limit.exempt.is_empty() || limit.preset.is_some() {
        let exempt =
            |request| Json::Object(vec![("request".to_owned(), selection::write(request))]);
        put("exempt", Json::Array(limit.exempt.iter().map(exempt).collect()));
    }
    if !limit.status_endpoints.is_empty() || limit.preset.is_some() {
        let endpoint = |endpoint: &StatusEndpoint| {
            Json::Object(vec![
                ("request".to_owned(), selection::write(&endpoint.request)),
                ("body".to_owned(), endpoint.body.as_str().into()),
            ])
        };
        put("status_endpoint", Json::Array(limit.status_endpoints.iter().map(endpoint).collect()));
    }
    let policies = limit.policies.iter().map(|policy| Json::Object(camel(policy::write(policy))));
    put("policies", Json::Array(policies.collect()));
    put("headers", write_headers(&limit.headers));
    put("emit", write_emit(limit.emit));
    members.extend(write_refusal(&limit.refusal));
    let mut put = |name: &str, json: Json| members.push((name.to_owned(), json));
    put("counts_refused", Json::Bool(limit.counts_refused));
    put("penalty", limit.penalty.map_or_else(|| "none".into(), penalty::write));
    put("clock_skew", Json::Number(limit.clock_skew.to_string()));
    put("jitter", duration::print(limit.jitter).as_str().into());
    put("body_merge", limit.body_merge.clone().unwrap_or(Json::Bool(false)));
    members
}

/// Keys as JSON spells them.
fn camel(members: Vec<(String, Json)>) -> Vec<(String, Json)> {
    members.into_iter().map(|(name, json)| (camel_case(&name), json)).collect()
}
