//! An answer made ready once, so that giving it costs little.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use http::{
    Extensions, HeaderMap, HeaderValue, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING},
};

use super::{
    fields::{all_fields, field_map, latin_1, length_of, spelled, trailer_map},
    prepare_error::PrepareError,
    reason::unusual_reason,
    squeeze,
    substitute::{self, Substitutions},
};
use crate::{
    codec::{deflate, encoding, json},
    model::{BodySpec, Coding, CodingSettings, Json, ResponseEnding, ResponseSpec},
    redaction::contains_pseudonym,
};

/// Body files up to this size are held in memory once used; larger ones are read as they are sent.
pub const MAX_BODY_IN_MEMORY: u64 = 1024 * 1024;

/// An answer ready for the wire.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Status.
    pub status: StatusCode,
    /// Reason phrase, where it is not the standard one.
    pub reason: Option<Bytes>,
    /// Fields in order. Computed ones stand in their places; `date` has no value yet.
    pub fields: HeaderMap,
    /// Names of the fields that are not spelled as the server spells them by itself: each part in
    /// lower case after a capital.
    pub spelled: Vec<String>,
    /// What makes the server spell them so, once it was found out.
    pub spelling: Arc<OnceLock<Extensions>>,
    /// Trailer fields.
    pub trailers: HeaderMap,
    /// The body as it is sent.
    pub body: PreparedBody,
    /// The body before its content coding, where something in it may have to be substituted.
    plain: Option<Bytes>,
    coding: Option<Coding>,
    coding_settings: CodingSettings,
    address: Option<String>,
    mentions_address: bool,
    has_pseudonyms: bool,
    /// The length that a person wrote into the stub's `Content-Length`.
    written_length: Option<u64>,
    may_be_squeezed: bool,
    squeezed: OnceLock<Option<Arc<Self>>>,
    is_plain: bool,
    has_no_framing: bool,
}

/// What answers get by whose they are.
#[derive(Clone, Debug, Default)]
pub struct Dress {
    /// A person wrote the stub: it was not recorded.
    pub is_written: bool,
    /// Fields that go after the stub's own.
    pub extra: Vec<(String, String)>,
}

/// A body as it is sent.
#[derive(Clone, Debug)]
pub enum PreparedBody {
    /// From memory.
    Bytes(Bytes),
    /// From a file, as it is sent.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Its length in bytes when it was looked at.
        length: u64,
    },
}

impl PreparedBody {
    /// Length in bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }
}

impl Prepared {
    /// Makes an answer ready. `body_file` finds the file of a `bodyFileName`. Blocks on that file.
    ///
    /// # Errors
    ///
    /// When the body file can't be read, or a field or the status can't be sent.
    pub fn new(
        spec: &ResponseSpec,
        dress: &Dress,
        body_file: impl FnOnce(&str) -> Result<PathBuf, PrepareError>,
    ) -> Result<Self, PrepareError> {
        let status =
            StatusCode::from_u16(spec.status).map_err(|_| PrepareError::Status(spec.status))?;
        let plain = plain_body(&spec.body, body_file)?;
        let body = match (&plain, spec.coding) {
            (PreparedBody::Bytes(bytes), Some(coding)) => {
                PreparedBody::Bytes(encode(coding, &spec.extras.coding_settings, bytes)?)
            }
            // A body file is stored decoded only when it is small enough to be encoded here.
            (PreparedBody::File { path, .. }, Some(coding)) => {
                let bytes = read(path)?;
                PreparedBody::Bytes(encode(coding, &spec.extras.coding_settings, &bytes)?)
            }
            (other, None) => other.clone(),
        };
        let mentions_address = spec.extras.address.as_deref().is_some_and(|address| {
            spec.headers
                .iter()
                .any(|(_, value)| substitute::mentions_address(value.as_bytes(), address))
                || matches!(&plain, PreparedBody::Bytes(bytes) if substitute::mentions_address(bytes, address))
        });
        let has_pseudonyms =
            spec.headers.iter().any(|(_, value)| contains_pseudonym(value.as_bytes()))
                || matches!(&plain, PreparedBody::Bytes(bytes) if contains_pseudonym(bytes));
        let mut names: Vec<(&str, Option<&str>)> = all_fields(spec);
        names.extend(dress.extra.iter().map(|(name, value)| (&**name, Some(&**value))));
        let fields = field_map(&names, spec.coding, body.length(), dress.is_written)?;
        let may_be_squeezed = dress.is_written
            && matches!(body, PreparedBody::Bytes(_))
            && squeeze::is_squeezable(status, &fields);
        let written_length = match fields.get(CONTENT_LENGTH) {
            Some(length) if dress.is_written => Some(length_of(length)?),
            _ => None,
        };
        let is_plain = !(mentions_address || has_pseudonyms)
            && is_given_as_it_is(spec)
            && !status.is_informational()
            && matches!(body, PreparedBody::Bytes(_))
            && written_length.is_none_or(|written| written == body.length())
            && fields.get(DATE).is_none_or(|date| !date.is_empty())
            && !fields.contains_key(TRANSFER_ENCODING);
        Ok(Self {
            status,
            is_plain,
            has_no_framing: ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING]
                .iter()
                .any(|name| fields.contains_key(name)),
            written_length,
            reason: match &spec.extras.reason {
                Some(reason) if dress.is_written => Some(latin_1(reason).into_owned().into()),
                Some(reason) => Some(Bytes::copy_from_slice(reason.as_bytes())),
                None if dress.is_written => unusual_reason(status),
                None => None,
            },
            fields,
            spelled: spelled(&names),
            spelling: Arc::default(),
            trailers: trailer_map(&spec.extras.trailers)?,
            body,
            plain: match plain {
                PreparedBody::Bytes(bytes) => Some(bytes),
                PreparedBody::File { .. } => None,
            },
            coding: spec.coding,
            coding_settings: spec.extras.coding_settings.clone(),
            address: spec.extras.address.clone(),
            mentions_address,
            has_pseudonyms,
            may_be_squeezed,
            squeezed: OnceLock::new(),
        })
    }

    /// The length that a person wrote into the stub's `Content-Length`, whether or not it is right.
    pub fn written_length(&self) -> Option<u64> {
        self.written_length
    }

    /// Whether every client gets it as it is, at once: whole, from memory, with the same fields.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Whether its head says nothing of the length of its body and the end of its connection.
    pub fn has_no_framing(&self) -> bool {
        self.has_no_framing
    }

    /// Whether some clients get it gzipped.
    pub fn may_be_squeezed(&self) -> bool {
        self.may_be_squeezed
    }

    /// This answer gzipped, made once; `None` where it goes out as it is.
    pub fn squeezed(&self) -> Option<&Arc<Self>> {
        if !self.may_be_squeezed {
            return None;
        }
        let make = || {
            let PreparedBody::Bytes(plain) = &self.body else { return None };
            let bytes = encode(Coding::Gzip, &CodingSettings::default(), plain).ok()?;
            let length = bytes.len() as u64;
            Some(Arc::new(Self {
                fields: squeeze::squeezed_fields(&self.fields, length),
                body: PreparedBody::Bytes(bytes),
                written_length: self.written_length.map(|_| length),
                may_be_squeezed: false,
                squeezed: OnceLock::new(),
                ..self.clone()
            }))
        };
        self.squeezed.get_or_init(make).as_ref()
    }

    /// Whether a pseudonym of a credential stands in it, which may be the client's own.
    pub fn has_pseudonyms(&self) -> bool {
        self.has_pseudonyms
    }

    /// Adds what must change for a client that knows the API as `now`.
    pub fn address_substitutions(&self, now: &str, substitutions: &mut Substitutions) {
        if self.mentions_address
            && let Some(recorded) = &self.address
        {
            substitutions.push_address(recorded, now);
        }
    }

    /// This answer with the values of the present client.
    ///
    /// # Errors
    ///
    /// When the changed body can't be put into its content coding.
    pub fn substituted(&self, substitutions: &Substitutions) -> Result<Self, PrepareError> {
        let mut changed = Self { squeezed: OnceLock::new(), ..self.clone() };
        for value in changed.fields.values_mut() {
            if let Some(bytes) = substitutions.bytes(value.as_bytes())
                && let Ok(new) = HeaderValue::from_maybe_shared(bytes)
            {
                *value = new;
            }
        }
        if let Some(plain) = &self.plain
            && let Some(plain) = substitutions.bytes(plain)
        {
            changed.body = PreparedBody::Bytes(match self.coding {
                Some(coding) => encode(coding, &self.coding_settings, &plain)?,
                None => plain.clone(),
            });
            changed.plain = Some(plain);
            if changed.fields.contains_key(CONTENT_LENGTH) {
                changed.fields.insert(CONTENT_LENGTH, changed.body.length().into());
            }
        }
        Ok(changed)
    }
}

/// Whether nothing of an answer comes before it, later, or by who asks.
fn is_given_as_it_is(spec: &ResponseSpec) -> bool {
    spec.extras.interim.is_empty()
        && spec.extras.trailers.is_empty()
        && spec.extras.echoes.is_empty()
        && spec.extras.fixed_delay.is_none()
        && spec.extras.delay.is_none()
        && spec.extras.dribble.is_none()
        && spec.extras.fault.is_none()
        && spec.extras.proxy.is_none()
        && spec.ending == ResponseEnding::Complete
}

/// The same of an answer whose texts are templates: no field of it decides how it is sent.
pub(super) fn is_made_plain(spec: &ResponseSpec) -> bool {
    let deciding = [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING];
    let decides = |name: &str| deciding.iter().any(|it| name.eq_ignore_ascii_case(it.as_str()));
    is_given_as_it_is(spec)
        && spec.status >= 200
        && spec.extras.address.is_none()
        && spec.extras.computed.is_empty()
        && spec.coding.is_none()
        && !matches!(spec.body, BodySpec::File(_))
        && !spec.headers.iter().any(|(name, _)| decides(name))
}

fn plain_body(
    spec: &BodySpec,
    body_file: impl FnOnce(&str) -> Result<PathBuf, PrepareError>,
) -> Result<PreparedBody, PrepareError> {
    let bytes = match spec {
        BodySpec::Empty => Bytes::new(),
        BodySpec::Bytes(bytes) => bytes.clone(),
        BodySpec::Json(value, style) => json_text(value, *style).into(),
        BodySpec::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
        BodySpec::File(name) => {
            let path = body_file(name)?;
            let length = fs::metadata(&path)
                .map_err(|source| PrepareError::File { path: path.clone(), source })?
                .len();
            if length > MAX_BODY_IN_MEMORY {
                return Ok(PreparedBody::File { path, length });
            }
            read(&path)?
        }
    };
    Ok(PreparedBody::Bytes(bytes))
}

fn json_text(value: &Json, style: crate::model::JsonStyle) -> String {
    json::write(value, style)
}

fn read(path: &std::path::Path) -> Result<Bytes, PrepareError> {
    fs::read(path)
        .map(Bytes::from)
        .map_err(|source| PrepareError::File { path: path.to_owned(), source })
}

fn encode(coding: Coding, settings: &CodingSettings, bytes: &[u8]) -> Result<Bytes, PrepareError> {
    if let Some(coded) = deflate::encode(coding, settings, bytes) {
        return Ok(coded.into());
    }
    encoding::encode(coding, bytes)
        .map(Bytes::from)
        .map_err(|error| PrepareError::Coding { coding, reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;
    use crate::model::ResponseExtras;
    use crate::{model::Headers, render::fields::written_value};

    #[test]
    fn a_line_end_in_a_written_value_becomes_a_space() {
        let value = written_value("a\r\nX-Injected: 1").unwrap();
        assert_eq!(value, "a  X-Injected: 1");
    }

    fn prepare(spec: &ResponseSpec) -> Prepared {
        Prepared::new(spec, &Dress::default(), |name| panic!("no body file expected, got {name}"))
            .unwrap()
    }

    fn names(prepared: &Prepared) -> Vec<&str> {
        prepared.fields.keys().map(HeaderName::as_str).collect()
    }

    fn spec(fields: &[(&str, &str)], computed: &[(&str, usize)], body: &str) -> ResponseSpec {
        let mut headers = Headers::new();
        for (name, value) in fields {
            headers.push(*name, *value);
        }
        ResponseSpec {
            extras: ResponseExtras {
                computed: computed.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect(),
                ..ResponseExtras::default()
            }
            .into(),
            status: 200,
            headers,
            body: BodySpec::Text(body.to_owned()),
            ..ResponseSpec::default()
        }
    }

    #[test]
    fn computed_fields_stand_in_their_places() {
        let prepared = prepare(&spec(
            &[("Server", "x"), ("X-a", "1"), ("etag", "2")],
            &[("Content-Length", 4), ("Date", 1)],
            "hello",
        ));
        assert_eq!(names(&prepared), ["server", "date", "x-a", "etag", "content-length"]);
        assert_eq!(prepared.fields["content-length"], "5");
        assert_eq!(prepared.spelled, ["X-a", "etag"], "others are spelled so anyhow");
    }

    #[test]
    fn a_substituted_body_keeps_its_coding_and_has_its_length() {
        let mut spec =
            spec(&[], &[("Content-Encoding", 0), ("Content-Length", 1)], "at http://h:1/");
        spec.coding = Some(Coding::Gzip);
        spec.extras.address = Some("http://h:1".to_owned());
        let prepared = prepare(&spec);
        let mut substitutions = Substitutions::none();
        prepared.address_substitutions("http://other:22", &mut substitutions);
        let changed = prepared.substituted(&substitutions).unwrap();
        let PreparedBody::Bytes(sent) = &changed.body else { panic!("in memory") };
        assert_eq!(changed.fields["content-length"], sent.len().to_string().as_str());
        assert_eq!(changed.fields["content-encoding"], "gzip");
        let decoded = encoding::decode(Coding::Gzip, sent, 1000).unwrap();
        assert_eq!(decoded, b"at http://other:22/");
    }

    #[test]
    fn a_written_answer_has_its_own_length_and_form_of_text() {
        let dress =
            Dress { is_written: true, extra: vec![("Matched-Stub-Id".to_owned(), "x".to_owned())] };
        let of = |spec: &ResponseSpec| Prepared::new(spec, &dress, |_| unreachable!());
        let body = "z".repeat(100);
        let prepared = of(&spec(&[("Content-Length", "40"), ("X", "\u{e9}")], &[], &body)).unwrap();
        assert_eq!(names(&prepared), ["content-length", "x", "matched-stub-id"]);
        assert_eq!(prepared.fields["x"].as_bytes(), b"\xe9");
        assert_eq!(prepared.written_length(), Some(40));
        let squeezed = prepared.squeezed().unwrap();
        assert_eq!(squeezed.fields["content-encoding"], "gzip");
        assert_eq!(squeezed.written_length(), Some(squeezed.body.length()));
        assert!(of(&spec(&[("Content-Length", "abc")], &[], "")).is_err());
        assert!(prepare(&spec(&[], &[], &body)).squeezed().is_none());
    }

    #[test]
    fn what_http_does_not_allow_is_named() {
        let error = |spec: &ResponseSpec| {
            Prepared::new(spec, &Dress::default(), |_| unreachable!())
                .map(drop)
                .unwrap_err()
                .to_string()
        };
        assert!(error(&spec(&[("bad name", "x")], &[], "")).contains("bad name"));
        assert!(error(&ResponseSpec { status: 42, ..spec(&[], &[], "") }).contains("42"));
    }
}
