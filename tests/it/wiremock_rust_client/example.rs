//! The example of `docs/wiremock-clients.md`, word for word.

use reqwest::{
    Client,
    header::{HeaderMap, HeaderValue},
};
use wiremock_client::{
    apis::{
        configuration::Configuration, requests_api::count_requests_by_criteria,
        stub_mappings_api::create_new_stub_mapping,
    },
    models::{RequestPattern, ResponseDefinition, StubMapping},
};

#[rustfmt::skip]
pub(super) async fn run(base: String) -> Result<(), Box<dyn std::error::Error>> {
// begin
let mut headers = HeaderMap::new();
headers.insert("x-ringer-session", HeaderValue::from_static("rust"));
let client = Client::builder().no_proxy().default_headers(headers).build()?;
let wiremock = Configuration { base_path: base.clone(), client, ..Configuration::default() };

let request = RequestPattern { url: Some("/hello".to_owned()), ..RequestPattern::new() };
let response = ResponseDefinition { body: Some("hi".to_owned()), ..ResponseDefinition::new() };
let stub = StubMapping {
    request: Some(Box::new(request.clone())),
    response: Some(Box::new(response)),
    ..StubMapping::new()
};
create_new_stub_mapping(&wiremock, Some(stub)).await?;

let answer = wiremock.client.get(format!("{base}/hello")).send().await?;
assert_eq!(answer.text().await?, "hi");
let found = count_requests_by_criteria(&wiremock, request).await?;
assert_eq!(found.count, Some(1));
// end
    Ok(())
}
