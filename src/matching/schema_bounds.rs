//! How much work a JSON Schema may be: refused are schemas that would be tried on one value more
//! often, or more deeply nested, than any schema that is meant to be read.
//!
//! The validator remembers what a schema that leads back to itself made of a value; what it
//! does not see are references that fan out, each level doubling the next.

use std::collections::HashMap;

use serde_json::Value;

/// Schemas that may be tried on one value.
const MAX_COST: u64 = 100_000;
/// How long a chain of schemas within schemas and references may be.
const MAX_CHAIN: usize = 64;
/// How often the validator looks again at what is below an `unevaluated…` keyword; measured.
const UNEVALUATED: u64 = 8;

/// What a schema has been found to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    cost: u64,
    /// The longest chain of schemas that look at the same value.
    pub(super) in_place: usize,
}

/// Measures a schema.
///
/// # Errors
///
/// What of it is too much.
pub(super) fn measure(schema: &Value) -> Result<Bounds, String> {
    let mut survey = Survey {
        root: schema,
        names: HashMap::new(),
        known: HashMap::new(),
        longest: 1,
        led_back_to: Vec::new(),
    };
    survey.collect_names();
    let mut bounds = survey.schema(schema, 0)?;
    // A chain that leads back goes on from there.
    let back =
        survey.led_back_to.iter().filter_map(|place| (*survey.known.get(place)?)?.in_place.into());
    bounds.in_place = survey.longest + back.max().unwrap_or_default();
    Ok(bounds)
}

struct Survey<'s> {
    root: &'s Value,
    /// Anchors and identifiers.
    names: HashMap<String, &'s Value>,
    /// By place in memory; `None` while it is being measured.
    known: HashMap<usize, Option<Bounds>>,
    /// The longest chain of schemas on one value, from any of them.
    longest: usize,
    /// Schemas that a reference leads back to from within.
    led_back_to: Vec<usize>,
}

impl<'s> Survey<'s> {
    fn collect_names(&mut self) {
        let mut stack = vec![self.root];
        while let Some(value) = stack.pop() {
            match value {
                Value::Array(items) => stack.extend(items),
                Value::Object(members) => {
                    for (name, member) in members {
                        match (name.as_str(), member.as_str()) {
                            ("$anchor" | "$dynamicAnchor", Some(anchor)) => {
                                self.names.insert(format!("#{anchor}"), value);
                            }
                            ("$id" | "id", Some(id)) => {
                                self.names.insert(id.trim_end_matches('#').to_owned(), value);
                            }
                            _ => {}
                        }
                    }
                    stack.extend(members.values());
                }
                _ => {}
            }
        }
    }

    fn target(&self, reference: &str) -> Option<&'s Value> {
        match reference.strip_prefix('#') {
            Some("") => Some(self.root),
            Some(pointer) if pointer.starts_with('/') => self.root.pointer(pointer),
            _ => self.names.get(reference.trim_end_matches('#')).copied(),
        }
    }

    fn schema(&mut self, schema: &'s Value, chain: usize) -> Result<Bounds, String> {
        let Value::Object(members) = schema else { return Ok(Bounds { cost: 1, in_place: 1 }) };
        if chain > MAX_CHAIN {
            return Err(format!("schemas and references form a chain of more than {MAX_CHAIN}"));
        }
        let place = std::ptr::from_ref(schema).addr();
        match self.known.get(&place) {
            Some(Some(bounds)) => return Ok(*bounds),
            // It leads back to itself; the validator sees to that.
            Some(None) => {
                self.led_back_to.push(place);
                return Ok(Bounds { cost: 1, in_place: 1 });
            }
            None => {}
        }
        self.known.insert(place, None);
        let mut bounds = Bounds { cost: 1, in_place: 1 };
        for (keyword, value) in members {
            let (cost, in_place) = self.keyword(keyword, value, chain + 1)?;
            bounds.cost = bounds.cost.saturating_add(cost);
            bounds.in_place = bounds.in_place.max(in_place + 1);
        }
        if members.contains_key("unevaluatedProperties") || members.contains_key("unevaluatedItems")
        {
            bounds.cost = bounds.cost.saturating_mul(UNEVALUATED);
        }
        if bounds.cost > MAX_COST {
            return Err(format!(
                "more than {MAX_COST} schemas would be tried on one value; let fewer refer to each other"
            ));
        }
        self.longest = self.longest.max(bounds.in_place);
        self.known.insert(place, Some(bounds));
        Ok(bounds)
    }

    /// What a keyword costs, and how long a chain it makes on the same value.
    fn keyword(
        &mut self,
        keyword: &str,
        value: &'s Value,
        chain: usize,
    ) -> Result<(u64, usize), String> {
        let below: Vec<&'s Value> = match (keyword, value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                self.target(reference).into_iter().collect()
            }
            (
                "properties" | "patternProperties" | "dependentSchemas" | "dependencies" | "$defs"
                | "definitions",
                Value::Object(members),
            ) => members.values().filter(|value| !value.is_array()).collect(),
            ("allOf" | "anyOf" | "oneOf" | "items" | "prefixItems", Value::Array(items)) => {
                items.iter().collect()
            }
            (
                "not"
                | "if"
                | "then"
                | "else"
                | "items"
                | "contains"
                | "additionalItems"
                | "unevaluatedItems"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "propertyNames",
                schema,
            ) => vec![schema],
            _ => return Ok((0, 0)),
        };
        let (mut sum, mut largest, mut longest) = (0_u64, 0, 0);
        for schema in below {
            let bounds = self.schema(schema, chain)?;
            sum = sum.saturating_add(bounds.cost);
            largest = bounds.cost.max(largest);
            longest = bounds.in_place.max(longest);
        }
        Ok(match keyword {
            // Measured for their chains; on their own they are tried on nothing.
            "$defs" | "definitions" => (0, 0),
            // Each is tried on a value of its own.
            "properties" | "prefixItems" => (largest, 0),
            "items"
            | "contains"
            | "additionalItems"
            | "unevaluatedItems"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "patternProperties"
            | "propertyNames" => (sum, 0),
            _ => (sum, longest),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn doubling(levels: usize, wrap: impl Fn(Value) -> Value) -> Value {
        let mut defs = serde_json::Map::new();
        for level in 0..levels {
            let next = json!({ "$ref": format!("#/$defs/d{}", level + 1) });
            defs.insert(format!("d{level}"), json!({ "allOf": [wrap(next.clone()), wrap(next)] }));
        }
        defs.insert(format!("d{levels}"), json!({}));
        json!({ "$ref": "#/$defs/d0", "$defs": defs })
    }

    #[test]
    fn references_that_fan_out_are_refused() {
        assert!(measure(&doubling(30, |next| next)).is_err());
        assert!(measure(&doubling(30, |next| json!({ "properties": { "a": next } }))).is_err());
        assert!(measure(&doubling(5, |next| next)).is_ok());
    }

    #[test]
    fn nested_unevaluated_keywords_are_refused() {
        let nested = |levels: usize| {
            (0..levels).fold(
                json!({}),
                |inner, _| json!({ "allOf": [inner], "unevaluatedProperties": false }),
            )
        };
        assert!(measure(&nested(3)).is_ok());
        assert!(measure(&nested(8)).is_err());
    }

    #[test]
    fn long_chains_are_refused() {
        let mut schema = json!({});
        for _ in 0..200 {
            schema = json!({ "not": schema });
        }
        assert!(measure(&schema).is_err());
    }

    #[test]
    fn schemas_that_lead_back_to_themselves_are_fine() {
        let tree = json!({ "anyOf": [{ "type": "string" }, { "items": { "$ref": "#" } }] });
        assert_eq!(measure(&tree).unwrap().in_place, 4);
        assert!(measure(&json!({ "$ref": "#" })).is_ok());
    }
}
