//! Exchanges in, stubs and body files out (`Recorder.takeSnapshot`).

use bytes::Bytes;

use super::{
    answer,
    naming::{body_file, extension, is_text, media_type, stub_name},
    pattern, repeats,
    source::Source,
};
use crate::{
    codec::view::RequestView,
    matching::{CompileError, CompiledRequest},
    model::{BodySpec, ExtractBodies, RecordSpec, ResponseSpec, Responses, Stub, StubId},
    redaction::Redactor,
};

/// Makes stubs of exchanges as a specification says.
#[derive(Debug)]
pub struct Maker<'s> {
    spec: &'s RecordSpec,
    filter: CompiledRequest,
}

/// What a recording came to.
#[derive(Debug, Default)]
pub struct Made {
    /// The stubs, the newest first.
    pub stubs: Vec<Stub>,
    /// Name and content of the body files that they name.
    pub files: Vec<(String, Bytes)>,
}

impl<'s> Maker<'s> {
    /// Makes ready.
    ///
    /// # Errors
    ///
    /// A pattern of the filters cannot be used.
    pub fn new(spec: &'s RecordSpec) -> Result<Self, CompileError> {
        Ok(Self { spec, filter: CompiledRequest::compile(&spec.filters.request)? })
    }

    /// Whether an exchange becomes a stub.
    fn takes(&self, source: &Source<'_>) -> bool {
        let filters = &self.spec.filters;
        (source.is_proxied || filters.allow_non_proxied)
            && filters.ids.as_ref().is_none_or(|ids| ids.contains(&source.id))
            && self.filter.matches(&RequestView::new(&source.request))
    }

    /// The stubs of these exchanges, the newest first in both; secrets are replaced. `new_id` makes an
    /// id that no stub has.
    pub fn make<'e>(
        &self,
        sources: impl Iterator<Item = Source<'e>>,
        redactor: &Redactor,
        mut new_id: impl FnMut() -> StubId,
    ) -> Made {
        let mut wanted: Vec<Source<'e>> = sources.filter(|source| self.takes(source)).collect();
        // In the order in which it came to know secrets: an answer may repeat those of before.
        wanted.reverse();
        let mut stubs: Vec<(Stub, String)> = wanted
            .into_iter()
            .map(|source| self.stub(&source.sanitised(redactor), new_id()))
            .collect();
        stubs.reverse();
        if self.spec.repeats_as_scenarios {
            repeats::tell_apart(&mut stubs);
        } else {
            stubs = repeats::keep_last(stubs);
        }
        let mut made = Made::default();
        for (mut stub, target) in stubs {
            if let Some(criteria) = self.spec.extract {
                made.files.extend(extract(&mut stub, &target, criteria));
            }
            made.stubs.push(stub);
        }
        made
    }

    fn stub(&self, source: &Source<'_>, id: StubId) -> (Stub, String) {
        let target = source.request.target.as_str().to_owned();
        let stub = Stub {
            id,
            name: Some(stub_name(&target)),
            request: pattern::of(&source.request, self.spec),
            responses: Responses::one(answer::of(source)),
            persistent: self.spec.persist.then_some(true),
            ..Stub::default()
        };
        (stub, target)
    }
}

/// Has a stub name a file for its body, if that is large enough, and gives the file.
fn extract(stub: &mut Stub, target: &str, criteria: ExtractBodies) -> Option<(String, Bytes)> {
    let response = &stub.responses.steps.first()?.response;
    let bytes = match &response.body {
        BodySpec::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
        BodySpec::Bytes(bytes) => bytes.clone(),
        BodySpec::Empty | BodySpec::File(_) | BodySpec::Json(..) => return None,
    };
    let media_type = response.headers.get("content-type").map(media_type);
    if !is_large(response, media_type.as_deref(), &bytes, criteria) {
        return None;
    }
    let name = body_file(stub, &extension(target, media_type.as_deref(), &bytes));
    stub.responses.steps.first_mut()?.response.body = BodySpec::File(name.clone());
    Some((name, bytes))
}

fn is_large(
    response: &ResponseSpec,
    media_type: Option<&str>,
    bytes: &Bytes,
    criteria: ExtractBodies,
) -> bool {
    if media_type.is_some_and(is_text) {
        let length = match &response.body {
            BodySpec::Text(text) => text.encode_utf16().count(),
            _ => bytes.len(),
        };
        return length as u64 > criteria.text;
    }
    bytes.len() as u64 > criteria.binary
}
