//! Webhooks: the parameters of a listener, rendered for a request, become a call. Every text of them
//! is a template, whatever the stub says about templating (WireMock 3.13.2).

use std::time::Duration;

use base64::Engine as _;

use super::{
    request_model::{RequestInfo, RequestModel},
    template::{Env, Value},
    templated::TemplatedJson,
};
use crate::{
    codec::{RequestView, base64::STANDARD},
    model::{Delay, Headers, Json, ServeListener, WebhookSpec},
};

/// The longest wait, in milliseconds: what fits WireMock's type.
const MAX_MILLISECONDS: f64 = i32::MAX as f64;

/// Methods whose calls have a body (`RequestMethod.hasEntity`).
const METHODS_WITH_BODY: [&str; 3] = ["POST", "PUT", "PATCH"];

/// A webhook, understood.
#[derive(Clone, Debug)]
pub struct Webhook {
    texts: TemplatedJson,
    parameters: Value,
}

impl Webhook {
    /// The name of the listener that is one.
    pub const NAME: &str = "webhook";

    /// Reads a listener; `None` where it is no webhook.
    ///
    /// # Errors
    ///
    /// All mistakes, each with its JSON pointer below the listener.
    pub fn compile(listener: &ServeListener) -> Option<Result<Self, Vec<(String, String)>>> {
        (listener.name == Self::NAME).then(|| {
            let none = Json::Object(Vec::new());
            let parameters = listener.parameters.as_ref().unwrap_or(&none);
            let texts = TemplatedJson::compile(parameters, "/parameters").map_err(|errors| {
                let told = |(pointer, error)| (pointer, format!("no template: {error}"));
                errors.into_iter().map(told).collect::<Vec<_>>()
            })?;
            // What no rendering can put right is said at once.
            read(parameters)
                .map_err(|(pointer, message)| vec![(format!("/parameters{pointer}"), message)])?;
            Ok(Self { texts, parameters: Value::from_json(parameters) })
        })
    }

    /// The call that follows the answer to a request.
    ///
    /// # Errors
    ///
    /// When a template fails, or what it gives cannot be called.
    pub fn render(
        &self,
        view: &RequestView<'_>,
        info: RequestInfo<'_>,
        env: &mut Env<'_>,
    ) -> Result<WebhookSpec, String> {
        let model =
            RequestModel::new(view, info).as_original().with_parameters(Some(&self.parameters));
        let rendered = self.texts.render(&model, env).map_err(|error| error.to_string())?;
        read(&rendered).map_err(|(_, message)| message)
    }
}

/// What a webhook calls; a mistake with its JSON pointer.
fn read(parameters: &Json) -> Result<WebhookSpec, (String, String)> {
    let text = |name: &str| match parameters.member(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(Json::Number(number)) => Ok(Some(number.clone())),
        Some(_) => Err((format!("/{name}"), format!("`{name}` must be a string"))),
    };
    let url = text("url")?.ok_or((String::new(), "`url` is missing".to_owned()))?;
    let method = text("method")?.unwrap_or_else(|| "GET".to_owned());
    let body = parameters.member("body").and_then(Json::as_str);
    let body = match (body, text("base64Body")?) {
        (Some(body), _) => bytes::Bytes::copy_from_slice(body.as_bytes()),
        // A template may stand in it, which is no Base64 before it is rendered.
        (None, Some(coded)) if !coded.contains("{{") => STANDARD
            .decode(coded)
            .map_err(|error| ("/base64Body".to_owned(), format!("no Base64: {error}")))?
            .into(),
        _ => bytes::Bytes::new(),
    };
    // Other methods go without, a template may become one of these.
    let has_body = method.contains("{{") || METHODS_WITH_BODY.contains(&method.as_str());
    let body = if has_body { body } else { bytes::Bytes::new() };
    Ok(WebhookSpec {
        method,
        url,
        headers: headers(parameters)?,
        body,
        delay: parameters.member("delay").map_or(Ok(None), delay)?,
    })
}

fn headers(parameters: &Json) -> Result<Headers, (String, String)> {
    let mut headers = Headers::new();
    let members = match parameters.member("headers") {
        None | Some(Json::Null) => return Ok(headers),
        Some(Json::Object(members)) => members,
        Some(_) => return Err(("/headers".to_owned(), "`headers` must be an object".to_owned())),
    };
    for (name, value) in members {
        let values = match value {
            Json::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            match value {
                Json::String(text) | Json::Number(text) => headers.push(name.clone(), text.clone()),
                Json::Bool(value) => headers.push(name.clone(), value.to_string()),
                _ => {
                    let message = format!("header `{name}` must be a string or a list of strings");
                    return Err(("/headers".to_owned(), message));
                }
            }
        }
    }
    Ok(headers)
}

fn delay(json: &Json) -> Result<Option<Delay>, (String, String)> {
    let at = |message: &str| ("/delay".to_owned(), message.to_owned());
    let number = |name: &str| match json.member(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Number(text) | Json::String(text)) => match text.parse::<f64>() {
            Ok(number) if (0.0..=MAX_MILLISECONDS).contains(&number) => Ok(Some(number)),
            _ if text.contains("{{") => Ok(None),
            _ => Err(at(&format!("`{name}` must be a number from 0 to 2147483647"))),
        },
        Some(_) => Err(at(&format!("`{name}` must be a number"))),
    };
    let wait = |name: &str| {
        let number: Option<f64> = number(name)?;
        let seconds = number.unwrap_or_default().trunc() / 1000.0;
        Ok::<_, (String, String)>(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    };
    match json.member("type").and_then(Json::as_str) {
        _ if *json == Json::Null => Ok(None),
        Some("fixed") => Ok(Some(Delay::Fixed(wait("milliseconds")?))),
        Some("uniform") => {
            let (lower, upper) = (wait("lower")?, wait("upper")?);
            if lower > upper {
                return Err(at("`lower` must not be more than `upper`"));
            }
            Ok(Some(Delay::Uniform { lower, upper }))
        }
        Some("lognormal") => Ok(Some(Delay::LogNormal {
            median: number("median")?.unwrap_or_default(),
            sigma: number("sigma")?.unwrap_or_default(),
            max: number("maxValue")?,
        })),
        _ => Err(at("`type` of `delay` must be one of `fixed`, `lognormal`, `uniform`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn compile(parameters: &str) -> Result<Webhook, Vec<(String, String)>> {
        let listener = ServeListener {
            name: "webhook".to_owned(),
            phases: Vec::new(),
            parameters: Some(json::parse(parameters).unwrap()),
            is_post_serve_action: false,
        };
        Webhook::compile(&listener).unwrap()
    }

    #[test]
    fn parameters_become_a_call() {
        let parameters = json::parse(
            r#"{"method": "PUT", "url": "http://h/a", "base64Body": "YmluIQ==", "x": {"y": 1},
                "headers": {"A": ["1", "2"], "B": "3"},
                "delay": {"type": "uniform", "lower": 5, "upper": 7}}"#,
        );
        let call = read(&parameters.unwrap()).unwrap();
        assert_eq!((call.method.as_str(), &call.body[..]), ("PUT", &b"bin!"[..]));
        let fields: Vec<_> = call.headers.iter().collect();
        assert_eq!(fields, [("A", "1"), ("A", "2"), ("B", "3")]);
        let ms = Duration::from_millis;
        assert_eq!(call.delay, Some(Delay::Uniform { lower: ms(5), upper: ms(7) }));
    }

    #[test]
    fn only_methods_with_an_entity_send_a_body() {
        let body = |parameters: &str| read(&json::parse(parameters).unwrap()).unwrap().body;
        assert_eq!(body(r#"{"url": "a", "method": "PATCH", "body": "b"}"#), "b");
        assert_eq!(body(r#"{"url": "a", "method": "DELETE", "body": "b"}"#), "");
        assert_eq!(body(r#"{"url": "a", "base64Body": "Yg=="}"#), "");
        assert_eq!(body(r#"{"url": "a", "method": "POST", "body": {"no": "text"}}"#), "");
    }

    #[test]
    fn mistakes_are_found_before_anything_is_called() {
        let mistake = |parameters| compile(parameters).unwrap_err().remove(0);
        assert_eq!(mistake("{}"), ("/parameters".to_owned(), "`url` is missing".to_owned()));
        assert_eq!(mistake(r#"{"url": "a", "base64Body": "!"}"#).0, "/parameters/base64Body");
        assert_eq!(mistake(r#"{"url": "a", "delay": {"type": "x"}}"#).0, "/parameters/delay");
        assert_eq!(mistake(r#"{"url": "{{#if x}}"}"#).0, "/parameters/url");
        assert!(compile(r#"{"url": "{{originalRequest.body}}", "base64Body": "{{x}}"}"#).is_ok());
    }
}
