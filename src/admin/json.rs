//! JSON as WireMock prints it (Jackson's default pretty printer): `"name" : value`, arrays on one
//! line around their objects.

use crate::{codec::json, model::Json};

/// Writes a value.
pub(super) fn pretty(value: &Json) -> String {
    json::java::pretty(value, &str::to_owned)
}

/// An object of these members.
pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_as_jackson_prints_it() {
        let value = json::parse(r#"{"a":[{"b":1},{"c":[]}],"d":{},"e":[1,"x"],"f":null}"#);
        assert_eq!(
            pretty(&value.unwrap()),
            r#"{
  "a" : [ {
    "b" : 1
  }, {
    "c" : [ ]
  } ],
  "d" : { },
  "e" : [ 1, "x" ],
  "f" : null
}"#
        );
    }
}
