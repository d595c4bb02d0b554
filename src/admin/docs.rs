//! `/docs` and `/ringer/openapi.json`: the description of the API.

use super::{
    call::{self, Answer, Call},
    openapi::{self, Described, Surroundings},
};

pub(super) fn index(_: &Call<'_>) -> Answer {
    Ok(call::typed(
        "text/html",
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"UTF-8\"><title>Admin API</title></head>\n\
         <body><a href=\"/__admin/docs/swagger\">OpenAPI 3.1 description</a></body>\n</html>\n",
    ))
}

/// The API as it is, as OpenAPI.
pub(super) fn openapi<'r>(
    call: &Call<'_>,
    prefix: &str,
    routes: impl Iterator<Item = Described<'r>>,
) -> Answer {
    let schemes = call.parts.access.schemes();
    let surroundings = Surroundings { schemes, is_wiremock: call.parts.is_shared };
    Ok(call::json(&openapi::document(prefix, routes, surroundings)))
}
