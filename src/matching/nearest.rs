//! Requests that fit but for noise (a stand-in until the real one lands).

use super::noise;
use crate::{
    codec::RequestView,
    model::{BodyPattern, RequestPattern, UrlPattern, ValuePattern},
};

/// Pairs (recorded value, value now) when the request fits but for noise.
pub fn differences(
    pattern: &RequestPattern,
    view: &RequestView<'_>,
) -> Option<Vec<(String, String)>> {
    let UrlPattern::Url(url) = &pattern.url else {
        return None;
    };
    let mut pairs = noise::differences(url, view.path_and_query())?;
    for body in &pattern.body {
        match body {
            BodyPattern::EqualToJson { expected, .. } => {
                pairs.extend(noise::json_differences(expected, view.json()?)?)
            }
            BodyPattern::Text(ValuePattern::EqualTo { value, .. }) => {
                pairs.extend(noise::differences(value, view.body_text()?)?)
            }
            BodyPattern::Text(ValuePattern::Absent) => {
                if view.body_length() > 0 {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(pairs)
}

/// Pairs when the request has the same shape.
pub fn same_shape(_: &RequestPattern, _: &RequestView<'_>) -> Option<Vec<(String, String)>> {
    None
}
