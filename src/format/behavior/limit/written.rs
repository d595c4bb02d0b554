//! Limits as JSON: whole, so that what was read from it is the same limit, preset or not.

use super::{
    answer::{write_emit, write_headers, write_refusal},
    penalty,
    policy::{self, write_keys},
    selection,
};
use crate::{
    format::behavior::tree::camel_case,
    model::{Json, RateLimit},
};

/// Writes a limit.
pub fn write(limit: &RateLimit) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut put = |name: &str, json: Json| members.push((name.to_owned(), json));
    put("name", limit.name.as_str().into());
    if let Some(preset) = &limit.preset {
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
    let policies = limit.policies.iter().map(|policy| Json::Object(camel(policy::write(policy))));
    put("policies", Json::Array(policies.collect()));
    put("headers", write_headers(&limit.headers));
    put("emit", write_emit(limit.emit));
    members.extend(write_refusal(&limit.refusal));
    let mut put = |name: &str, json: Json| members.push((name.to_owned(), json));
    put("counts_refused", Json::Bool(limit.counts_refused));
    put("penalty", limit.penalty.map_or_else(|| "none".into(), penalty::write));
    put("clock_skew", Json::Number(limit.clock_skew.to_string()));
    Json::Object(camel(members))
}

/// Keys as JSON spells them.
fn camel(members: Vec<(String, Json)>) -> Vec<(String, Json)> {
    members.into_iter().map(|(name, json)| (camel_case(&name), json)).collect()
}
