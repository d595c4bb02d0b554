//! What a template may know of the machine: `hostname`, `systemValue`.

use super::args::{Result, complaint, text_option};
use crate::render::template::{Call, Value};

/// `hostname`
pub(super) fn hostname(call: &mut Call<'_, '_>) -> Result {
    Ok(Value::text(call.env().hostname))
}

/// `log` (`LogHelper`): prints nothing, and is not logged: what it says may be secret.
pub(super) fn log(_: &mut Call<'_, '_>) -> Result {
    Ok(Value::Null)
}

/// `systemValue`: an environment variable or property that is permitted.
pub(super) fn system_value(call: &mut Call<'_, '_>) -> Result {
    let key = text_option(call, "key")?.unwrap_or("");
    let kind = text_option(call, "type")?.unwrap_or("ENVIRONMENT");
    let default = text_option(call, "default")?;
    if key.is_empty() {
        return Ok(complaint("The key cannot be empty"));
    }
    let Some(system) = call.env().system.filter(|system| system.is_permitted(key)) else {
        return Ok(complaint(format!("Access to {key} is denied")));
    };
    let found = match kind {
        "ENVIRONMENT" => system.environment(key),
        "PROPERTY" => system.property(key),
        _ => return Ok(Value::text("")),
    };
    Ok(found.map(Value::text).or_else(|| default.map(Value::text)).unwrap_or_default())
}
