//! Answers whose texts are templates, rendered for one request.

use std::{path::Path, sync::Arc, time::UNIX_EPOCH};

use rand_chacha::ChaCha8Rng;
use thiserror::Error;
use uuid::Uuid;

use super::{inquiry::Inquiry, settings::Templating, state::State};
use crate::{
    codec::view::RequestView,
    engine::Found,
    library::BodyFiles,
    model::{BodySpec, Request, ResponseSpec, ServiceName},
    render::{RequestInfo, Template, TemplateError, TemplateErrors},
    runtime::LazyDraws,
    store::LiveTemplates,
};

/// Why a template gave no answer.
#[derive(Debug, Error)]
pub(super) enum RenderError {
    /// Texts of the stub are no templates.
    #[error("{}", listed(.0))]
    Compile(TemplateErrors),
    /// A body file is no template, or its content failed.
    #[error("body file `{name}`: {error}")]
    File {
        /// What the stub calls it.
        name: String,
        /// Why.
        error: String,
    },
    /// A text failed for this request.
    #[error("a template failed at {0}")]
    Render(#[from] TemplateError),
}

fn listed(errors: &TemplateErrors) -> String {
    let each = |(pointer, error): &(String, TemplateError)| format!("`{pointer}` {error}");
    errors.iter().map(each).collect::<Vec<_>>().join("; ")
}

/// The templates of the answer that was found; `None` where it has none, or they are switched off.
pub(super) fn templates_of<'f>(state: &State, found: &'f Found) -> Option<&'f LiveTemplates> {
    let everything = match state.answers.templating {
        Templating::Off => return None,
        Templating::Stub => false,
        Templating::All => found.stub.stub.recorded.is_none(),
    };
    found.stub.templates(found.step, everything)
}

/// The answer for one request. Its body must have been read.
///
/// # Errors
///
/// When a text is no template, or fails for this request.
pub(super) async fn rendered(
    state: &State,
    found: &Found,
    templates: &LiveTemplates,
    inquiry: &Inquiry,
) -> Result<ResponseSpec, RenderError> {
    let response = templates.response.as_ref().map_err(|it| RenderError::Compile(it.clone()))?;
    let id = inquiry.event.as_ref().map(|event| event.id);
    let about = About::of(found, &inquiry.request, id);
    let mut random = LazyDraws::new(|| draws(state, found));
    let now = state.session.clock().now();
    let mut answer = {
        let view = RequestView::new(&inquiry.request);
        let mut values = state.session.values();
        let mut env = state.surroundings.env(now, &mut random, &mut values);
        response.render(&view, about.info(), &mut env)?
    };
    if response.are_files_templates()
        && let BodySpec::File(name) = &answer.body
    {
        let content = content(state, found.stub.stub.service.as_ref(), name).await?;
        let view = RequestView::new(&inquiry.request);
        let mut values = state.session.values();
        let mut env = state.surroundings.env(now, &mut random, &mut values);
        let text = response.render_text(&content, &view, about.info(), &mut env);
        let text = text
            .map_err(|error| RenderError::File { name: name.clone(), error: error.to_string() })?;
        answer.body = BodySpec::Text(text);
    }
    Ok(answer)
}

/// The answer for one request, where no file is a template of it; `id` is that of its entry in the
/// journal.
///
/// # Errors
///
/// When a text is no template, or fails for this request.
pub(super) fn rendered_at_once(
    state: &State,
    found: &Found,
    templates: &LiveTemplates,
    view: &RequestView<'_>,
    id: Option<Uuid>,
) -> Result<ResponseSpec, RenderError> {
    let response = templates.response.as_ref().map_err(|it| RenderError::Compile(it.clone()))?;
    let about = About::of(found, view.request(), id);
    let mut random = LazyDraws::new(|| draws(state, found));
    let mut values = state.session.values();
    let now = state.session.clock().now();
    let mut env = state.surroundings.env(now, &mut random, &mut values);
    Ok(response.render(view, about.info(), &mut env)?)
}

/// What templates draw for a hit of their stub.
fn draws(state: &State, found: &Found) -> ChaCha8Rng {
    let subject = [found.stub.stub.id.0.as_bytes().as_slice(), b"template"].concat();
    state.seed().draws(state.session.name().as_str(), &subject, found.hit)
}

/// What templates see of a request beside the request.
pub(super) struct About {
    id: String,
    client: String,
    variables: Option<Vec<(String, String)>>,
}

impl About {
    /// `id` is that of the request's entry in the journal, where it has one.
    pub(super) fn of(found: &Found, request: &Request, id: Option<Uuid>) -> Self {
        let of_hit = || Uuid::new_v5(&found.stub.stub.id.0, &found.hit.to_le_bytes());
        Self {
            id: id.unwrap_or_else(of_hit).to_string(),
            client: client_of(request),
            variables: found.stub.path_variables(request.target.path()),
        }
    }

    pub(super) fn info(&self) -> RequestInfo<'_> {
        RequestInfo {
            id: &self.id,
            client_ip: &self.client,
            path_variables: self.variables.as_deref(),
        }
    }
}

fn client_of(request: &Request) -> String {
    RequestView::new(request).client_address().unwrap_or_default()
}

/// The content of a body file as a template, read when it has changed.
async fn content(
    state: &State,
    service: Option<&ServiceName>,
    name: &str,
) -> Result<Arc<Template>, RenderError> {
    let failed = |error: String| RenderError::File { name: name.to_owned(), error };
    let (files, service, own): (BodyFiles, _, _) =
        (state.body_files.clone(), service.cloned(), name.to_owned());
    let read = tokio::task::spawn_blocking(move || {
        let path = files.path(service.as_ref(), &own).map_err(|error| error.to_string())?;
        let about = std::fs::metadata(&path).map_err(|error| error.to_string())?;
        let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let stamp = (changed.unwrap_or_default().as_nanos(), about.len());
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        Ok::<_, String>((path, stamp, bytes))
    });
    let (path, stamp, bytes) =
        read.await.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
    let path: &Path = &path;
    match state.surroundings.files.get(path, stamp) {
        Some(template) => Ok(template),
        None => {
            let read = state.surroundings.files.read(path, stamp, &bytes);
            read.map_err(|error| failed(error.to_string()))
        }
    }
}
