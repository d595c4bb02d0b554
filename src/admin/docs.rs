//! The description of the API.

use super::{
    call::{self, Answer, Call},
    json::object,
};
use crate::model::Json;

pub(super) fn index(_: &Call<'_>) -> Answer {
    Ok(call::typed(
        "text/html",
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"UTF-8\"><title>Admin API</title></head>\n\
         <body><a href=\"/__admin/docs/swagger\">OpenAPI 3.0 description</a></body>\n</html>\n",
    ))
}

/// The API as it is, as OpenAPI: made from the routes, each with method, path and summary.
pub(super) fn openapi<'r>(routes: impl Iterator<Item = (&'r str, &'r str, &'r str)>) -> Answer {
    let mut paths: Vec<(String, Json)> = Vec::new();
    for (method, route, summary) in routes {
        let path = format!("/__admin{}", route.replace("*}", "}"));
        let ok = object([("description", "done".into())]);
        let mut operation =
            object([("summary", summary.into()), ("responses", object([("200", ok)]))]);
        if let Some((_, rest)) = route.split_once('{')
            && let Some((name, _)) = rest.split_once('}')
        {
            let parameter = object([
                ("name", name.trim_end_matches('*').into()),
                ("in", "path".into()),
                ("required", true.into()),
                ("schema", object([("type", "string".into())])),
            ]);
            operation.set("parameters", Json::Array(vec![parameter]));
        }
        let method = method.to_ascii_lowercase();
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, item)) => item.set(&method, operation),
            None => paths.push((path, Json::Object(vec![(method, operation)]))),
        }
    }
    let info = object([
        ("title", "ringer admin API, as WireMock's".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
    ]);
    Ok(call::json(&object([
        ("openapi", "3.0.0".into()),
        ("info", info),
        ("paths", Json::Object(paths)),
    ])))
}
