//! What a request counts.

use crate::{
    codec::{
        RequestView,
        jsonpath::{JsonPath, JsonPathError},
    },
    matching::{CompileError, CompiledRequest},
    model::{Cost, Json, TokenKind},
};

/// Bytes of a prompt that are about a token.
const BYTES_PER_TOKEN: u64 = 4;
/// Where a request says how long its answer may be: `OpenAI`, Anthropic, and newer `OpenAI`.
const MAX_TOKENS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

/// A cost, made ready.
#[derive(Clone, Debug)]
pub(super) enum LiveCost {
    Fixed(u64),
    ByRequest(Vec<(CompiledRequest, u64)>, u64),
    RequestField(JsonPath, u64),
    ResponseField(JsonPath, u64),
    Tokens(TokenKind),
    ResponseBytes,
}

/// Why a cost can be found in no message.
#[derive(Debug)]
pub(super) enum CostError {
    Pattern(CompileError),
    Path(JsonPathError),
}

impl LiveCost {
    pub(super) fn compile(cost: &Cost) -> Result<Self, CostError> {
        let path = |path: &str| JsonPath::compile(path).map_err(CostError::Path);
        Ok(match cost {
            Cost::Fixed(cost) => Self::Fixed(*cost),
            Cost::ByRequest(costs, otherwise) => {
                let costs = costs.iter().map(|(pattern, cost)| {
                    let pattern = CompiledRequest::compile(pattern).map_err(CostError::Pattern)?;
                    Ok((pattern, *cost))
                });
                Self::ByRequest(costs.collect::<Result<_, _>>()?, *otherwise)
            }
            Cost::RequestField { path: at, otherwise } => Self::RequestField(path(at)?, *otherwise),
            Cost::ResponseField { path: at, reserved } => Self::ResponseField(path(at)?, *reserved),
            Cost::Tokens(kind) => Self::Tokens(*kind),
            Cost::ResponseBytes => Self::ResponseBytes,
        })
    }

    pub(super) fn needs_body(&self) -> bool {
        match self {
            Self::Fixed(_) | Self::ResponseField(..) | Self::ResponseBytes => false,
            Self::ByRequest(costs, _) => costs.iter().any(|(pattern, _)| pattern.needs_body()),
            Self::RequestField(..) | Self::Tokens(_) => true,
        }
    }

    /// Whether the answer says what it really was.
    pub(super) fn is_settled_by_answer(&self) -> bool {
        matches!(self, Self::ResponseField(..) | Self::Tokens(_) | Self::ResponseBytes)
    }

    /// What a request counts until more is known.
    pub(super) fn of(&self, view: &RequestView<'_>) -> u64 {
        match self {
            Self::Fixed(cost) => *cost,
            Self::ByRequest(costs, otherwise) => {
                let fits = costs.iter().find(|(pattern, _)| pattern.matches(view));
                fits.map_or(*otherwise, |(_, cost)| *cost)
            }
            Self::RequestField(path, otherwise) => {
                view.json().and_then(|json| number_at(path, json)).unwrap_or(*otherwise)
            }
            Self::ResponseField(_, reserved) => *reserved,
            Self::Tokens(kind) => tokens(*kind, view),
            Self::ResponseBytes => 0,
        }
    }
}

/// What a model is likely to read and may write.
fn tokens(kind: TokenKind, view: &RequestView<'_>) -> u64 {
    let prompt = view.decoded_body().map_or_else(|| view.body_length(), |body| body.len() as u64);
    let input = prompt.div_ceil(BYTES_PER_TOKEN);
    let output = || {
        let json = view.json()?;
        let gemini = json.member("generationConfig").and_then(|it| it.member("maxOutputTokens"));
        MAX_TOKENS.iter().find_map(|name| json.member(name)).or(gemini).and_then(number)
    };
    match kind {
        TokenKind::Input => input,
        TokenKind::Output => output().unwrap_or_default(),
        TokenKind::Total => input.saturating_add(output().unwrap_or_default()),
    }
}

/// The first number at a path.
pub(super) fn number_at(path: &JsonPath, json: &Json) -> Option<u64> {
    path.find(json).into_values().iter().find_map(|value| number(value))
}

/// A number of points or tokens: whole, or rounded up; in a text too, as some write them.
pub(super) fn number(value: &Json) -> Option<u64> {
    let number = match value {
        Json::Number(_) => value.as_u64().map_or_else(|| value.as_f64(), |_| None),
        Json::String(text) => return text.trim().parse().ok(),
        _ => return None,
    };
    match number {
        None => value.as_u64(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from a float goes to the nearest bound"
        )]
        Some(number) => (number.is_finite() && number >= 0.0).then(|| number.ceil() as u64),
    }
}
