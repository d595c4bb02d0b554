//! Answers with templates in them: read once, rendered for each request. Which texts are templates
//! follows WireMock 3.13.2: body, JSON body once it is written, name and content of the body file,
//! values of fields, and where to fetch from; not the status, its phrase, names of fields, or a body
//! of bytes.

use std::sync::Arc;

use super::{
    fields::is_title_case,
    language::{Model, Template, TemplateError},
    prepared::is_made_plain,
    request_model::{RequestInfo, RequestModel},
    template::{Env, Value},
};
use crate::{
    codec::{RequestView, json},
    model::{BodySpec, Headers, Json, ProxySpec, ResponseExtras, ResponseSpec},
};

/// Mistakes in templates, each with the JSON pointer of its text below `response`.
pub type TemplateErrors = Vec<(String, TemplateError)>;

/// An answer with its templates.
#[derive(Clone, Debug)]
pub struct TemplatedResponse {
    /// The answer without what is rendered.
    shell: ResponseSpec,
    headers: Vec<(String, Template)>,
    body: TemplatedBody,
    proxy: Option<(Template, Vec<(String, Template)>)>,
    parameters: Value,
    are_files_templates: bool,
    is_plain: bool,
    is_spelled_as_usual: bool,
}

#[derive(Clone, Debug)]
enum TemplatedBody {
    /// As the stub has it.
    Plain(BodySpec),
    Text(Template),
    File(Template),
}

impl TemplatedResponse {
    /// Reads the templates of an answer. `is_everything_templated`: whether answers are templates
    /// without saying so (`--global-response-templating`). `None` when the answer is the same for
    /// each request.
    ///
    /// # Errors
    ///
    /// All texts that are no templates. WireMock answers such a stub's requests with status 500.
    pub fn compile(
        spec: &ResponseSpec,
        is_everything_templated: bool,
    ) -> Result<Option<Self>, TemplateErrors> {
        if !(is_everything_templated || spec.asks_for_templating()) {
            return Ok(None);
        }
        let mut reader = Texts::default();
        let headers = reader.fields("/headers", &spec.headers);
        let body = match &spec.body {
            BodySpec::Text(text) => TemplatedBody::Text(reader.read("/body", text)),
            BodySpec::Json(json, style) => {
                TemplatedBody::Text(reader.read("/jsonBody", &json::write(json, *style)))
            }
            BodySpec::File(name) => TemplatedBody::File(reader.read("/bodyFileName", name)),
            plain @ (BodySpec::Empty | BodySpec::Bytes(_)) => TemplatedBody::Plain(plain.clone()),
        };
        let proxy = spec.extras.proxy.as_ref().map(|proxy| {
            let fields = "/additionalProxyRequestHeaders";
            (
                reader.read("/proxyBaseUrl", &proxy.base_url),
                reader.fields(fields, &proxy.additional_headers),
            )
        });
        if !reader.errors.is_empty() {
            return Err(reader.errors);
        }
        let are_files_templates = matches!(body, TemplatedBody::File(_)) && !is_switched_off(spec);
        if !reader.has_tags && !are_files_templates {
            return Ok(None);
        }
        let shell = ResponseSpec {
            extras: ResponseExtras {
                proxy: spec.extras.proxy.as_deref().map(|proxy| {
                    Box::new(ProxySpec {
                        base_url: String::new(),
                        additional_headers: Headers::new(),
                        ..proxy.clone()
                    })
                }),
                ..(*spec.extras).clone()
            }
            .into(),
            headers: Headers::new(),
            body: BodySpec::Empty,
            ..spec.clone()
        };
        let parameters = spec.extras.transformer_parameters.as_ref();
        let parameters = parameters.map_or_else(|| Value::map(Vec::new()), Value::from_json);
        Ok(Some(Self {
            shell,
            headers,
            body,
            proxy,
            parameters,
            are_files_templates,
            is_plain: is_made_plain(spec),
            is_spelled_as_usual: spec.headers.iter().all(|(name, _)| is_title_case(name)),
        }))
    }

    /// Whether an answer made of it is given at once and whole, whatever its templates give; no file is
    /// read for it.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Whether the server spells the names of its fields so by itself.
    pub fn is_spelled_as_usual(&self) -> bool {
        self.is_spelled_as_usual
    }

    /// Whether the content of the body file is a template too, which [`Self::render_text`] renders.
    /// It is not where the stub says `disableBodyFileTemplating`.
    pub fn are_files_templates(&self) -> bool {
        self.are_files_templates
    }

    /// The answer for a request. Of a body file the name is rendered, not the content.
    ///
    /// # Errors
    ///
    /// When a helper fails or a text becomes too large. WireMock then answers with status 500.
    pub fn render(
        &self,
        view: &RequestView<'_>,
        info: RequestInfo<'_>,
        env: &mut Env<'_>,
    ) -> Result<ResponseSpec, TemplateError> {
        let model = RequestModel::new(view, info).with_parameters(Some(&self.parameters));
        let mut answer = self.shell.clone();
        answer.headers = fields(&self.headers, &model, env)?;
        answer.body = match &self.body {
            TemplatedBody::Plain(body) => body.clone(),
            TemplatedBody::Text(text) => BodySpec::Text(text.render(&model, env)?),
            TemplatedBody::File(name) => BodySpec::File(name.render(&model, env)?),
        };
        if let (Some(proxy), Some((base_url, headers))) = (&mut answer.extras.proxy, &self.proxy) {
            proxy.base_url = base_url.render(&model, env)?;
            proxy.additional_headers = fields(headers, &model, env)?;
        }
        Ok(answer)
    }

    /// The content of this answer's body file for a request.
    ///
    /// # Errors
    ///
    /// As [`Self::render`].
    pub fn render_text(
        &self,
        content: &Template,
        view: &RequestView<'_>,
        info: RequestInfo<'_>,
        env: &mut Env<'_>,
    ) -> Result<String, TemplateError> {
        let model = RequestModel::new(view, info).with_parameters(Some(&self.parameters));
        content.render(&model, env)
    }
}

fn fields(
    templates: &[(String, Template)],
    model: &dyn Model,
    env: &mut Env<'_>,
) -> Result<Headers, TemplateError> {
    let mut headers = Headers::new();
    for (name, template) in templates {
        headers.push(name.clone(), template.render(model, env)?);
    }
    Ok(headers)
}

/// `disableBodyFileTemplating`; a text `"true"` does not count in WireMock either.
fn is_switched_off(spec: &ResponseSpec) -> bool {
    let parameters = spec.extras.transformer_parameters.as_ref();
    let value = parameters.and_then(|all| all.member("disableBodyFileTemplating"));
    value.and_then(Json::as_bool) == Some(true)
}

/// Texts as they are read.
#[derive(Default)]
struct Texts {
    errors: TemplateErrors,
    has_tags: bool,
}

impl Texts {
    fn read(&mut self, pointer: &str, text: &str) -> Template {
        match Template::compile(text) {
            Ok(template) => {
                self.has_tags |= template.as_static().is_none_or(|same| same != text);
                template
            }
            Err(error) => {
                self.errors.push((pointer.to_owned(), error));
                Template::default()
            }
        }
    }

    fn fields(&mut self, pointer: &str, headers: &Headers) -> Vec<(String, Template)> {
        let mut read = |(name, value): (&str, &str)| {
            let step = name.replace('~', "~0").replace('/', "~1");
            (name.to_owned(), self.read(&format!("{pointer}/{step}"), value))
        };
        headers.iter().map(&mut read).collect()
    }
}

/// A JSON value whose texts, names aside, are templates: what a webhook is described by.
#[derive(Clone, Debug)]
pub enum TemplatedJson {
    /// A text.
    Text(Arc<Template>),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
    /// Anything else.
    Plain(Json),
}

impl TemplatedJson {
    /// Reads all texts within a value.
    ///
    /// # Errors
    ///
    /// All texts that are no templates, each with its JSON pointer below `pointer`.
    pub fn compile(json: &Json, pointer: &str) -> Result<Self, TemplateErrors> {
        let mut texts = Texts::default();
        let compiled = Self::read(json, pointer, &mut texts);
        if texts.errors.is_empty() { Ok(compiled) } else { Err(texts.errors) }
    }

    /// JSON texts nest to a bounded depth, and so does what was read from them.
    fn read(json: &Json, pointer: &str, texts: &mut Texts) -> Self {
        match json {
            Json::String(text) => Self::Text(Arc::new(texts.read(pointer, text))),
            Json::Array(items) => {
                let item = |(at, item)| Self::read(item, &format!("{pointer}/{at}"), texts);
                Self::Array(items.iter().enumerate().map(item).collect())
            }
            Json::Object(members) => {
                let member = |(name, value): &(String, Json)| {
                    let step = name.replace('~', "~0").replace('/', "~1");
                    (name.clone(), Self::read(value, &format!("{pointer}/{step}"), texts))
                };
                Self::Object(members.iter().map(member).collect())
            }
            plain => Self::Plain(plain.clone()),
        }
    }

    /// The value with its texts rendered.
    ///
    /// # Errors
    ///
    /// As [`TemplatedResponse::render`].
    pub fn render(&self, model: &dyn Model, env: &mut Env<'_>) -> Result<Json, TemplateError> {
        Ok(match self {
            Self::Text(text) => Json::String(text.render(model, env)?),
            Self::Array(items) => Json::Array(
                items.iter().map(|item| item.render(model, env)).collect::<Result<_, _>>()?,
            ),
            Self::Object(members) => {
                let mut rendered = Vec::with_capacity(members.len());
                for (name, value) in members {
                    rendered.push((name.clone(), value.render(model, env)?));
                }
                Json::Object(rendered)
            }
            Self::Plain(json) => json.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use jiff::Timestamp;

    use super::*;
    use crate::{
        model::{JsonStyle, Request, RequestBody, Scheme},
        runtime::Seed,
    };

    fn with_scene<T>(run: impl FnOnce(&RequestView<'_>, RequestInfo<'_>, &mut Env<'_>) -> T) -> T {
        let request = Request {
            method: Method::GET,
            scheme: Scheme::Http,
            authority: "api.test".to_owned(),
            target: "/a?q=7".parse().unwrap(),
            headers: HeaderMap::new(),
            body: RequestBody::Whole(Bytes::new()),
            client: None,
            received: std::time::SystemTime::UNIX_EPOCH,
        };
        let view = RequestView::new(&request);
        let info = RequestInfo { id: "id", client_ip: "::1", path_variables: None };
        let mut random = Seed(1).draws("", b"", 0);
        let mut env = Env {
            now: Timestamp::UNIX_EPOCH,
            random: &mut random,
            hostname: "machine",
            system: None,
            state: None,
            keys: None,
        };
        run(&view, info, &mut env)
    }

    fn render(spec: &ResponseSpec) -> ResponseSpec {
        let compiled = TemplatedResponse::compile(spec, true).unwrap().unwrap();
        with_scene(|view, info, env| compiled.render(view, info, env).unwrap())
    }

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::new();
        pairs.iter().for_each(|(name, value)| headers.push(*name, *value));
        headers
    }

    fn text(body: &str) -> ResponseSpec {
        ResponseSpec { status: 200, body: BodySpec::Text(body.to_owned()), ..Default::default() }
    }

    #[test]
    fn body_and_values_of_fields_are_rendered_and_the_rest_stays() {
        let spec = ResponseSpec {
            extras: ResponseExtras {
                reason: Some("{{x}}".to_owned()),
                ..ResponseExtras::default()
            }
            .into(),
            headers: headers(&[("X", "{{request.query.q}}"), ("{{x}}", "plain")]),
            ..text("<{{request.path}}>")
        };
        let expect = ResponseSpec {
            headers: headers(&[("X", "7"), ("{{x}}", "plain")]),
            body: BodySpec::Text("</a>".to_owned()),
            ..spec.clone()
        };
        assert_eq!(render(&spec), expect);
    }

    #[test]
    fn a_json_body_is_a_template_once_it_is_written() {
        let json = json::parse(r#"{"{{request.query.q}}":["{{request.query.q}}"]}"#).unwrap();
        let spec =
            ResponseSpec { body: BodySpec::Json(json, JsonStyle::default()), ..Default::default() };
        assert_eq!(render(&spec).body, BodySpec::Text(r#"{"7":["7"]}"#.to_owned()));
    }

    #[test]
    fn parameters_are_values_not_templates() {
        let parameters = json::parse(r#"{"a":"{{request.query.q}}","b":{"c":[1,2.50]}}"#).unwrap();
        let spec = ResponseSpec {
            extras: ResponseExtras {
                transformer_parameters: Some(parameters),
                ..ResponseExtras::default()
            }
            .into(),
            ..text("{{parameters.a}} {{parameters.b.c}}")
        };
        assert_eq!(render(&spec).body, BodySpec::Text("{{request.query.q}} [1, 2.5]".to_owned()));
    }

    #[test]
    fn where_to_fetch_from_is_a_template() {
        let proxy = ProxySpec {
            base_url: "http://h/{{request.query.q}}".to_owned(),
            prefix_to_remove: Some("/{{x}}".to_owned()),
            additional_headers: headers(&[("A", "{{request.query.q}}")]),
            removed_headers: vec!["b".to_owned()],
        };
        let spec = ResponseSpec {
            extras: ResponseExtras {
                proxy: Some(Box::new(proxy.clone())),
                ..ResponseExtras::default()
            }
            .into(),
            ..Default::default()
        };
        let expect = ProxySpec {
            base_url: "http://h/7".to_owned(),
            additional_headers: headers(&[("A", "7")]),
            ..proxy
        };
        assert_eq!(render(&spec).extras.proxy.as_deref(), Some(&expect));
    }

    #[test]
    fn name_and_content_of_a_body_file_are_templates() {
        let mut spec = ResponseSpec {
            body: BodySpec::File("{{request.query.q}}.txt".to_owned()),
            ..Default::default()
        };
        assert_eq!(render(&spec).body, BodySpec::File("7.txt".to_owned()));
        let files = |spec: &ResponseSpec| {
            TemplatedResponse::compile(spec, true).unwrap().map(|it| it.are_files_templates())
        };
        assert_eq!(files(&spec), Some(true));
        spec.extras.transformer_parameters =
            Some(json::parse(r#"{"disableBodyFileTemplating":true}"#).unwrap());
        assert_eq!(files(&spec), Some(false));
        spec.body = BodySpec::File("a.txt".to_owned());
        assert_eq!(files(&spec), None);
    }

    #[test]
    fn only_what_asks_for_it_and_varies_is_templated() {
        let compiled = |spec: &ResponseSpec, everything| {
            TemplatedResponse::compile(spec, everything).unwrap().is_some()
        };
        let mut spec = text("{{x}}");
        assert!(!compiled(&spec, false) && compiled(&spec, true) && !compiled(&text("x"), true));
        spec.extras.transformers.push(ResponseSpec::TEMPLATE.to_owned());
        assert!(compiled(&spec, false));
        let bytes = ResponseSpec { body: BodySpec::Bytes(Bytes::from("{{x}}")), ..spec };
        assert!(!compiled(&bytes, true));
    }

    #[test]
    fn every_mistake_is_reported_where_it_stands() {
        let spec = ResponseSpec { headers: headers(&[("A/b", "{{#if x}}")]), ..text("{{/x}}") };
        let errors = TemplatedResponse::compile(&spec, true).unwrap_err();
        let pointers: Vec<&str> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/headers/A~1b", "/body"]);
    }

    #[test]
    fn texts_within_json_are_templates() {
        let webhook = json::parse(r#"{"url":"http://h/{{originalRequest.query.q}}","n":[1]}"#);
        let compiled = TemplatedJson::compile(&webhook.unwrap(), "").unwrap();
        let rendered = with_scene(|view, info, env| {
            compiled.render(&RequestModel::new(view, info).as_original(), env).unwrap()
        });
        assert_eq!(rendered, json::parse(r#"{"url":"http://h/7","n":[1]}"#).unwrap());
        let wrong = json::parse(r#"{"a":["{{#if x}}"]}"#).unwrap();
        let errors = TemplatedJson::compile(&wrong, "/parameters").unwrap_err();
        assert_eq!(errors[0].0, "/parameters/a/0");
    }
}
