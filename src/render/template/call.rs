//! What a helper sees of the template that calls it.

use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;

use super::value::Value;
use crate::{codec::json::JsonError, model::Json};

/// A helper: parameters in, value out. A block helper returns what its block rendered as a text.
pub type Helper = fn(&mut Call<'_, '_>) -> Result<Value, HelperError>;

/// Why a helper, and with it the answer, failed. What WireMock prints into the answer instead
/// (`[ERROR: …]`) is not an error but a text.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct HelperError(String);

impl HelperError {
    /// With this message: lower case, no period.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Where a helper gets what does not follow from its parameters.
pub struct Env<'e> {
    /// The time of the answer.
    pub now: Timestamp,
    /// Chance.
    pub random: &'e mut dyn rand::Rng,
    /// The name of this machine.
    pub hostname: &'e str,
    /// Environment variables and properties.
    pub system: Option<&'e dyn SystemValues>,
    /// Values that outlive the request (`state`, WireMock's state extension).
    pub state: Option<&'e mut dyn State>,
    /// Keys that tokens are signed with.
    pub keys: Option<&'e dyn SigningKeys>,
}

/// Environment variables and properties that templates may read (`systemValue`).
pub trait SystemValues {
    /// Whether a template may read that key (`--permitted-system-keys`); the reference's patterns, of
    /// which `wiremock.*` is there without being told, ignore case.
    fn is_permitted(&self, key: &str) -> bool;
    /// An environment variable.
    fn environment(&self, key: &str) -> Option<String>;
    /// A property.
    fn property(&self, key: &str) -> Option<String>;
}

/// Values of a session that outlive the request.
pub trait State {
    /// A property of a context, as text or JSON.
    fn get(&self, context: &str, property: &str) -> Option<Json>;
    /// Sets a property of a context.
    fn set(&mut self, context: &str, property: &str, value: Json);
    /// Items of the list of a context.
    fn list(&self, context: &str) -> Vec<Json>;
}

/// How a token is signed (RFC 7518 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl SigningAlgorithm {
    /// By the name that it has in a token.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Hs256, Self::Rs256, Self::Es256].into_iter().find(|known| known.name() == name)
    }

    /// The name that it has in a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// Keys that tokens are signed with.
pub trait SigningKeys {
    /// The id of a key, as [`Self::key_set`] has it; `None` for the secret of HS256.
    fn key_id(&self, algorithm: SigningAlgorithm) -> Option<&str>;
    /// Signs the bytes of a token as RFC 7518 section 3 says; `None` where there is no such key.
    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Option<Vec<u8>>;
    /// The public keys as a JSON Web Key Set (RFC 7517 section 5).
    fn key_set(&self) -> Json;
}

/// Which half of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// What stands before `{{else}}`.
    Body,
    /// What stands after it.
    Inverse,
}

/// What a block is rendered with.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `this` within; as outside if `None`.
    pub this: Option<Value>,
    /// Values of the block parameters (`as |x i|`) in order.
    pub block_params: Vec<Value>,
    /// Data variables, without their `@`: `("index", …)`.
    pub data: Vec<(&'static str, Value)>,
}

/// The rendering that a call is part of; the evaluator is one.
pub trait Host<'e> {
    /// `this`.
    fn this(&mut self) -> Value;
    /// The value of a path such as `request.query.q`, as if it stood in the template.
    fn lookup(&mut self, path: &str) -> Result<Value, HelperError>;
    /// Sets a name for the rest of the rendering (`assign`).
    fn assign(&mut self, name: &str, value: Value);
    /// Renders a half of the block that the call is; empty where there is none.
    fn render(&mut self, branch: Branch, scope: Scope) -> Result<String, HelperError>;
    /// A text parsed as JSON, once in each rendering.
    fn json(&mut self, text: &Arc<str>) -> Result<Arc<Json>, JsonError>;
    /// Time, chance and the like.
    fn env(&mut self) -> &mut Env<'e>;
}

/// A call of a helper.
pub struct Call<'c, 'e> {
    name: &'c str,
    params: &'c [Value],
    hash: &'c [(Arc<str>, Value)],
    is_block: bool,
    host: &'c mut (dyn Host<'e> + 'c),
}

impl<'c, 'e> Call<'c, 'e> {
    /// A call of a helper by this name, as a block or not.
    pub fn new(
        name: &'c str,
        params: &'c [Value],
        hash: &'c [(Arc<str>, Value)],
        is_block: bool,
        host: &'c mut (dyn Host<'e> + 'c),
    ) -> Self {
        Self { name, params, hash, is_block, host }
    }

    /// The name that the helper is called by.
    pub fn name(&self) -> &'c str {
        self.name
    }

    /// The parameters.
    pub fn params(&self) -> &'c [Value] {
        self.params
    }

    /// A parameter, counted from 0; [`Value::Absent`] where there is none.
    pub fn param(&self, at: usize) -> &'c Value {
        self.params.get(at).unwrap_or(&Value::Absent)
    }

    /// The first parameter, or `this` where there is none: what Handlebars.java calls the context of
    /// a helper.
    pub fn context(&mut self) -> Value {
        match self.params.first() {
            Some(value) => value.clone(),
            None => self.host.this(),
        }
    }

    /// A named option (`name=value`).
    pub fn hash(&self, name: &str) -> Option<&'c Value> {
        self.hash.iter().find(|(key, _)| **key == *name).map(|(_, value)| value)
    }

    /// All named options in order.
    pub fn hashes(&self) -> &'c [(Arc<str>, Value)] {
        self.hash
    }

    /// Whether it is called as a block (`{{#name}}…{{/name}}`).
    pub fn is_block(&self) -> bool {
        self.is_block
    }

    /// `this`.
    pub fn this(&mut self) -> Value {
        self.host.this()
    }

    /// The value of a path such as `request.query.q`, as if it stood in the template.
    ///
    /// # Errors
    ///
    /// When it is no path.
    pub fn lookup(&mut self, path: &str) -> Result<Value, HelperError> {
        self.host.lookup(path)
    }

    /// Sets a name for the rest of the rendering.
    pub fn assign(&mut self, name: &str, value: Value) {
        self.host.assign(name, value);
    }

    /// The block rendered with `this` as outside; empty where the call is no block.
    ///
    /// # Errors
    ///
    /// As the rendering of what is in it; hand it on.
    pub fn body(&mut self) -> Result<String, HelperError> {
        self.host.render(Branch::Body, Scope::default())
    }

    /// The block rendered with other values.
    ///
    /// # Errors
    ///
    /// As [`Self::body`].
    pub fn body_with(&mut self, scope: Scope) -> Result<String, HelperError> {
        self.host.render(Branch::Body, scope)
    }

    /// What follows `{{else}}`, rendered; empty where there is none.
    ///
    /// # Errors
    ///
    /// As [`Self::body`].
    pub fn inverse(&mut self) -> Result<String, HelperError> {
        self.host.render(Branch::Inverse, Scope::default())
    }

    /// What a test of Handlebars.java's (`eq`, `and`, …) returns: as a block the half that it
    /// chooses; inline `yes=` or `no=`, without those the truth value.
    ///
    /// # Errors
    ///
    /// As [`Self::body`].
    pub fn choose(&mut self, is_true: bool) -> Result<Value, HelperError> {
        if self.is_block {
            let text = if is_true { self.body()? } else { self.inverse()? };
            return Ok(Value::text(text));
        }
        let chosen = self.hash(if is_true { "yes" } else { "no" });
        Ok(chosen.cloned().unwrap_or(Value::Bool(is_true)))
    }

    /// A text parsed as JSON, once in each rendering: `request.body` is parsed once however often
    /// `jsonPath` looks into it.
    ///
    /// # Errors
    ///
    /// When it is no JSON.
    pub fn json(&mut self, text: &Arc<str>) -> Result<Arc<Json>, JsonError> {
        self.host.json(text)
    }

    /// Time, chance and the like.
    pub fn env(&mut self) -> &mut Env<'e> {
        self.host.env()
    }
}
