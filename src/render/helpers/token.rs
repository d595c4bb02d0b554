//! JSON Web Tokens (`jwt`, `jwks`, `claims` of WireMock's JWT extension): RFC 7519, signed with the
//! keys of the environment.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    args::{Result, complaint, failure},
    json_text::{self, Decimals},
};
use crate::{
    model::Json,
    render::template::{Call, SigningAlgorithm, Value},
};

/// A token lives so long unless `exp=` or `maxAge=` says else: a hundred years, as in the extension.
const LIFETIME: i64 = 36_500 * 86_400;

/// Options that are no claims of their own, or that stand in front.
const NO_CLAIMS: &[&str] = &["alg", "aud", "exp", "iss", "maxAge", "nbf", "sub"];

/// `jwt`: a signed token; every option that is none of its own is a claim.
pub(super) fn jwt(call: &mut Call<'_, '_>) -> Result {
    let name = call.hash("alg").map_or_else(|| "HS256".to_owned(), Value::printed);
    let algorithm = SigningAlgorithm::named(&name).ok_or_else(|| {
        failure(call, format!("`alg` is `{name}`, expected `HS256`, `RS256` or `ES256`"))
    })?;
    let now = call.env().now.as_second();
    let expires = match (call.hash("exp"), call.hash("maxAge")) {
        (Some(date), _) => seconds(call, "exp", date)?,
        (None, Some(age)) => match max_age(&age.printed()) {
            Ok(age) => now.saturating_add(age),
            Err(message) => return Ok(complaint(message)),
        },
        (None, None) => now.saturating_add(LIFETIME),
    };
    let named = |name: &str, default: &str| {
        let value = call.hash(name).map_or_else(|| Json::from(default), claim);
        (name.to_owned(), value)
    };
    let mut claims = vec![
        named("iss", "wiremock"),
        named("aud", "wiremock.io"),
        named("sub", "user-123"),
        ("exp".to_owned(), number(expires)),
        ("iat".to_owned(), number(now)),
    ];
    if let Some(date) = call.hash("nbf") {
        claims.push(("nbf".to_owned(), number(seconds(call, "nbf", date)?)));
    }
    let others = call.hashes().iter().filter(|(name, _)| !NO_CLAIMS.contains(&&**name));
    for (name, value) in others {
        claims.push((name.as_ref().to_owned(), claim(value)));
    }
    let keys = call.env().keys.ok_or_else(|| failure(call, "there are no keys to sign with"))?;
    let mut head = vec![
        ("alg".to_owned(), Json::from(algorithm.name())),
        ("typ".to_owned(), Json::from("JWT")),
    ];
    if let Some(id) = keys.key_id(algorithm) {
        head.push(("kid".to_owned(), Json::from(id)));
    }
    let encode = |members: Vec<(String, Json)>| {
        BASE64_URL_SAFE_NO_PAD.encode(json_text::compact(&Json::Object(members), Decimals::Plain))
    };
    let mut token = format!("{}.{}", encode(head), encode(claims));
    let signature = keys
        .sign(algorithm, token.as_bytes())
        .ok_or_else(|| failure(call, format!("there is no key for {}", algorithm.name())))?;
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(Value::text(token))
}

/// `jwks`: the public keys, to publish where those look who check tokens.
pub(super) fn jwks(call: &mut Call<'_, '_>) -> Result {
    let keys = call.env().keys.ok_or_else(|| failure(call, "there are no keys to publish"))?;
    Ok(Value::text(json_text::pretty(&keys.key_set())))
}

/// `claims`: its parameters as a list, for a claim that has several values.
pub(super) fn claims(call: &mut Call<'_, '_>) -> Result {
    Ok(Value::list(call.params().to_vec()))
}

fn number(seconds: i64) -> Json {
    Json::Number(seconds.to_string())
}

/// A value as a claim; dates are seconds (RFC 7519 section 2).
fn claim(value: &Value) -> Json {
    match value {
        Value::Date(date) => number(date.at.as_second()),
        Value::List(list) => Json::Array(list.items().iter().map(claim).collect()),
        Value::Map(map) => Json::Object(
            map.entries().iter().map(|(name, value)| (name.clone(), claim(value))).collect(),
        ),
        other => other.to_json(),
    }
}

fn seconds(call: &Call<'_, '_>, name: &str, value: &Value) -> Result<i64> {
    match value {
        Value::Date(date) => Ok(date.at.as_second()),
        Value::Number(number) if number.as_i64().is_some() => Ok(number.as_i64().unwrap_or(0)),
        other => Err(failure(
            call,
            format!("`{name}` is `{}`, expected a date; `parseDate` makes one", other.printed()),
        )),
    }
}

/// Seconds of `12 days`.
fn max_age(text: &str) -> std::result::Result<i64, &'static str> {
    let Some((amount, unit)) = text.split_once(' ').filter(|(_, unit)| !unit.contains(' ')) else {
        return Err("maxAge must consist of two parts - amount and unit e.g. 12 days");
    };
    let amount: i64 = amount.parse().map_err(|_| "maxAge amount must be a whole number")?;
    let unit = match unit.to_ascii_lowercase().as_str() {
        "seconds" => 1,
        "minutes" => 60,
        "hours" => 3_600,
        "days" => 86_400,
        _ => return Err("maxAge unit must be one of: seconds, minutes, hours, days"),
    };
    Ok(amount.saturating_mul(unit))
}
