//! Faults that change an answer on its way.

use http::{
    HeaderName, HeaderValue, Method, Response, Version,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
    response::Parts,
};
use http_body::Body as _;
use rand_chacha::ChaCha8Rng;

use super::{
    breaker::{Break, Breaker},
    changed::{Change, Changed, Corruption, NoJson},
    cut::{Cut, Then},
    error_answer::has_body,
    gathered::{Gathered, length_of},
    scene::Scene,
    waiting::Waiting,
};
use crate::{
    codec::encoding,
    model::{self, AnswerFault, Fault, Stall, WireFault},
    serve::{
        head_edit::HeadEdit,
        reply::{BodyError, ReplyBody},
    },
};

/// A body whose coding is undone to be damaged may become so long.
const DECODED: usize = 16 << 20;

/// Carries out a fault that changes an answer; others leave it as it is. A share of a body whose
/// length nobody names is one of what comes of it within a second. `draws` decide which bytes are
/// corrupted.
///
/// # Errors
///
/// ringer stops while the answer is kept waiting.
pub(in crate::serve) async fn damage(
    fault: &Fault,
    draws: ChaCha8Rng,
    response: Response<ReplyBody>,
    scene: &Scene<'_>,
) -> Result<Response<ReplyBody>, BodyError> {
    let (parts, body) = response.into_parts();
    let answer = Answer { parts, body, scene };
    let answer = match fault {
        Fault::Answer(fault) => answer.with(fault, draws).await,
        Fault::Stall(Stall { after: None, time }) => {
            Waiting::of(scene, *time).over().await?;
            answer
        }
        Fault::Stall(Stall { after: Some(cut), time }) => {
            answer.cut(*cut, Then::Stall(Waiting::of(scene, *time))).await
        }
        Fault::Wire(WireFault::ResetWithin(cut)) => answer.broken(*cut, Break::Reset).await,
        Fault::Wire(WireFault::CloseWithin(cut)) => answer.broken(*cut, Break::Close).await,
        Fault::Wire(WireFault::ResetAfter) => {
            answer.broken(model::Cut::Bytes(u64::MAX), Break::Reset).await
        }
        Fault::Wire(_) | Fault::Http2(_) | Fault::Connect(_) => answer,
    };
    Ok(Response::from_parts(answer.parts, answer.body))
}

struct Answer<'a> {
    parts: Parts,
    body: ReplyBody,
    scene: &'a Scene<'a>,
}

impl Answer<'_> {
    async fn with(mut self, fault: &AnswerFault, draws: ChaCha8Rng) -> Self {
        match fault {
            AnswerFault::Status(_) | AnswerFault::GrpcStatus { .. } => self,
            AnswerFault::ContentType(value) => {
                match HeaderValue::from_str(value) {
                    Ok(value) => drop(self.parts.headers.insert(CONTENT_TYPE, value)),
                    Err(_) => tracing::warn!(value, "the content type of a fault is none"),
                }
                self
            }
            AnswerFault::HeaderMissing(name) => self.without(name),
            AnswerFault::HeaderDuplicated(name) => self.with_twice(name).await,
            AnswerFault::ContentLength(off) => self.with_wrong_length(*off).await,
            AnswerFault::Truncated(cut) => self.truncated(*cut).await,
            AnswerFault::Corrupted { bytes } => self.corrupted(*bytes, draws).await,
            AnswerFault::InvalidJson => self.without_json().await,
        }
    }

    /// At a place of the body, `then` happens.
    async fn cut(mut self, cut: model::Cut, then: Then) -> Self {
        let (at, body) = self.place(cut).await;
        self.body = ReplyBody::boxed(Cut::new(body, at, then));
        self
    }

    async fn broken(mut self, cut: model::Cut, how: Break) -> Self {
        let breaker = Breaker::of(self.scene, how);
        if how == Break::Reset {
            // Else a connection that ends with this answer would close first.
            breaker.hold_open();
        }
        let (mut at, body) = self.place(cut).await;
        if self.scene.is_http2()
            && let Some(length) = body.known_length()
        {
            at = at.min(length);
        }
        self.body = ReplyBody::boxed(Cut::new(body, at, Then::Break(breaker)));
        self
    }

    /// Where a body is cut, in bytes.
    async fn place(&mut self, cut: model::Cut) -> (u64, ReplyBody) {
        let body = std::mem::replace(&mut self.body, ReplyBody::empty());
        match cut {
            model::Cut::Bytes(bytes) => (bytes, body),
            model::Cut::Share(share) => {
                let (length, body) = length_of(&self.parts.headers, body).await;
                (share_of(length, share), body)
            }
        }
    }

    async fn truncated(mut self, cut: model::Cut) -> Self {
        if !has_body(&self.scene.method, self.parts.status) {
            return self;
        }
        let (at, body) = self.place(cut).await;
        if let Some(named) = self.parts.headers.get_mut(CONTENT_LENGTH) {
            let length = named.to_str().ok().and_then(|length| length.parse().ok());
            *named = length.unwrap_or(at).min(at).into();
        }
        self.body = ReplyBody::boxed(Cut::new(body, at, Then::End));
        self
    }

    async fn corrupted(mut self, bytes: u32, draws: ChaCha8Rng) -> Self {
        let (length, body) = length_of(&self.parts.headers, self.body).await;
        let change = Change::Corrupt(Corruption::new(bytes, length, draws));
        self.body = ReplyBody::boxed(Changed { body, change, hides_length: false });
        self
    }

    async fn without_json(mut self) -> Self {
        let coding = self.text_of(CONTENT_ENCODING);
        if !encoding::is_identity(&coding) {
            let gathered = Gathered::ahead(self.body).await;
            let plain = gathered
                .whole()
                .and_then(|whole| encoding::decode_all(&coding, &whole, DECODED).ok());
            let Some(plain) = plain else {
                tracing::warn!(coding, "a body whose coding cannot be undone stays as it is");
                self.body = ReplyBody::boxed(gathered);
                return self;
            };
            self.parts.headers.remove(CONTENT_ENCODING);
            if let Some(named) = self.parts.headers.get_mut(CONTENT_LENGTH) {
                *named = plain.len().into();
            }
            self.body = ReplyBody::bytes(plain.into());
        }
        let change = Change::NoJson(NoJson::of(&self.text_of(CONTENT_TYPE)));
        self.body = ReplyBody::boxed(Changed { body: self.body, change, hides_length: false });
        self
    }

    fn text_of(&self, name: HeaderName) -> String {
        let value = self.parts.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    fn without(mut self, name: &str) -> Self {
        let Ok(name) = name.parse::<HeaderName>() else { return self };
        self.parts.headers.remove(&name);
        if name == CONTENT_LENGTH || name == TRANSFER_ENCODING {
            // hyper would put one of them there.
            return self.ended_with_connection();
        }
        self
    }

    async fn with_twice(mut self, name: &str) -> Self {
        if !self.scene.is_http2() {
            // hyper writes some fields itself, and others only once.
            edit_head(self.scene, HeadEdit::Twice(name.to_owned())).await;
            return self;
        }
        let Ok(name) = name.parse::<HeaderName>() else { return self };
        if name == CONTENT_LENGTH
            && let Some(length) = self.body.size_hint().exact()
        {
            self.parts.headers.entry(CONTENT_LENGTH).or_insert(length.into());
        }
        let values: Vec<HeaderValue> = self.parts.headers.get_all(&name).iter().cloned().collect();
        for value in values {
            self.parts.headers.append(name.clone(), value);
        }
        self
    }

    async fn with_wrong_length(mut self, off: i64) -> Self {
        let (length, body) = length_of(&self.parts.headers, self.body).await;
        self.body = body;
        let length = length.saturating_add_signed(off);
        if !has_body(&self.scene.method, self.parts.status) {
            if self.scene.method == Method::HEAD {
                self.parts.headers.insert(CONTENT_LENGTH, length.into());
            }
            return self;
        }
        if self.scene.is_http2() {
            self.parts.headers.insert(CONTENT_LENGTH, length.into());
            return self;
        }
        edit_head(self.scene, HeadEdit::Length(length)).await;
        self.parts.headers.remove(CONTENT_LENGTH);
        self.parts.headers.remove(TRANSFER_ENCODING);
        // hyper holds bodies to the length that it writes.
        self.ended_with_connection()
    }

    /// Nothing tells the end of the body but that of its connection or stream.
    fn ended_with_connection(mut self) -> Self {
        if !has_body(&self.scene.method, self.parts.status) {
            return self;
        }
        let (body, change) = (self.body, Change::None);
        self.body = ReplyBody::boxed(Changed { body, change, hides_length: true });
        self.parts.headers.remove(TRANSFER_ENCODING);
        if self.scene.version == Version::HTTP_11 {
            self.parts.version = Version::HTTP_10;
            self.scene.client.interim.call_it_1_1();
        }
        self
    }
}

/// Changes the head when hyper writes it.
async fn edit_head(scene: &Scene<'_>, edit: HeadEdit) {
    let orders = scene.client.interim.orders();
    // No head of before is meant.
    orders.flushed().await;
    orders.edit(edit);
}

/// So much of a length.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a length is one, to a byte in 2^53"
)]
fn share_of(length: u64, share: f64) -> u64 {
    ((length as f64 * share.clamp(0.0, 1.0)) as u64).min(length)
}
