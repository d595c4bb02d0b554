//! A stub as WireMock shows it.

use crate::{
    format::wiremock,
    model::{Json, Stub},
};

/// A stub with both names of its id, its method and its status.
pub(super) fn shown(stub: &Stub) -> Json {
    let mut value = wiremock::write_value(stub);
    let mut request = value.remove("request").unwrap_or_else(|| Json::Object(Vec::new()));
    if request.member("method").is_none() {
        request.set("method", "ANY".into());
    }
    value.set("request", request);
    value.set("uuid", stub.id.to_string().into());
    value
}
