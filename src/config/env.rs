//! The environment as a layer of settings: `RINGER_` and the name of the setting in capitals.

use std::ffi::OsString;

use super::{
    error::ConfigError,
    key::{KEYS, Kind},
    layer::Layer,
};

/// Variable that names the configuration file.
pub const CONFIG: &str = "RINGER_CONFIG";

/// Reads every `RINGER_…` variable of the table of settings. An empty one counts as absent; lists
/// are separated by commas.
///
/// # Errors
///
/// Names the first variable whose value is wrong, and what is expected.
pub fn read(lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for key in KEYS {
        let name = key.variable();
        let Some(value) = lookup(&name).filter(|value| !value.is_empty()) else {
            continue;
        };
        let wrong = |message| ConfigError::Variable { name: name.clone(), message };
        let value = value.into_string().map_err(|_| wrong("it is not valid UTF-8".to_owned()))?;
        if key.kind == Kind::List {
            for part in value.split(',').map(str::trim) {
                (key.set)(&mut layer, part).map_err(wrong)?;
            }
        } else {
            (key.set)(&mut layer, value.trim()).map_err(wrong)?;
        }
    }
    Ok(layer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LatencySource;

    fn read_from(variables: &[(&str, &str)]) -> Result<Layer, String> {
        let lookup = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        read(&lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn variables_fill_a_layer() {
        let layer = read_from(&[
            ("RINGER_LISTEN", "127.0.0.1:1, 2"),
            ("RINGER_LATENCY", "none"),
            ("RINGER_UPSTREAM_INSECURE", "1"),
            ("RINGER_SEED", ""),
            ("RINGER_UNRELATED", "x"),
        ])
        .unwrap();
        let expected = Layer {
            listen: Some(vec![([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into()]),
            latency: Some(LatencySource::None),
            upstream_insecure: Some(true),
            ..Layer::default()
        };
        assert_eq!(layer, expected);
    }

    #[test]
    fn a_wrong_value_names_its_variable() {
        insta::assert_snapshot!(
            read_from(&[("RINGER_LATENCY", "slow")]).unwrap_err(),
            @r#"environment variable `RINGER_LATENCY`: unknown latency `slow` (expected `none`, `recorded`, `recorded*0.5`, `fixed:80ms`, `empirical`, `empirical*2` or a distribution such as `median=400ms, p99=3s`)"#
        );
    }
}
