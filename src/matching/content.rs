//! A body in the forms that patterns look at: that of a request, or that of one part of it.

use std::{borrow::Cow, sync::OnceLock, time::SystemTime};

use sha2::{Digest, Sha256};

use crate::{
    codec::{json, view::RequestView, xml::Document},
    model::Json,
};

/// A body in the forms that patterns look at.
pub(super) trait Content {
    /// As it came; `None` when only its digest is known.
    fn raw(&self) -> Option<&[u8]>;
    /// Without content coding; `None` when only its digest is known.
    fn decoded(&self) -> Option<&[u8]>;
    /// As text, bytes that are none replaced.
    fn text(&self) -> Option<Cow<'_, str>>;
    /// As JSON.
    fn json(&self) -> Option<&Json>;
    /// As XML.
    fn xml(&self) -> Option<&Document>;
    /// Length in bytes as it came.
    fn length(&self) -> u64;
    /// Whether it has this length and digest, as it came or decoded.
    fn has_digest(&self, length: u64, sha256: &[u8; 32]) -> bool;
    /// Whether it is as good as none, being empty.
    fn is_absent(&self) -> bool;
    /// When it came.
    fn received(&self) -> SystemTime;
}

impl Content for RequestView<'_> {
    fn raw(&self) -> Option<&[u8]> {
        self.raw_body()
    }

    fn decoded(&self) -> Option<&[u8]> {
        self.decoded_body()
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        self.body_text_lossy()
    }

    fn json(&self) -> Option<&Json> {
        RequestView::json(self)
    }

    fn xml(&self) -> Option<&Document> {
        RequestView::xml(self)
    }

    fn length(&self) -> u64 {
        self.body_length()
    }

    fn has_digest(&self, length: u64, sha256: &[u8; 32]) -> bool {
        if self.body_length() == length && self.body_sha256() == *sha256 {
            return true;
        }
        self.decoded_body().is_some_and(|decoded| decoded.len() as u64 == length)
            && self.decoded_sha256() == Some(*sha256)
    }

    fn is_absent(&self) -> bool {
        self.body_length() == 0
    }

    fn received(&self) -> SystemTime {
        self.request().received
    }
}

/// The content of one part of a multipart body; an empty one is there.
pub(super) struct PartContent<'b> {
    bytes: &'b [u8],
    json: OnceLock<Option<Json>>,
    xml: OnceLock<Option<Document>>,
    received: SystemTime,
}

impl<'b> PartContent<'b> {
    pub(super) fn new(bytes: &'b [u8], received: SystemTime) -> Self {
        Self { bytes, json: OnceLock::new(), xml: OnceLock::new(), received }
    }
}

impl Content for PartContent<'_> {
    fn raw(&self) -> Option<&[u8]> {
        Some(self.bytes)
    }

    fn decoded(&self) -> Option<&[u8]> {
        Some(self.bytes)
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        Some(String::from_utf8_lossy(self.bytes))
    }

    fn json(&self) -> Option<&Json> {
        let parse = || json::parse_tolerant(std::str::from_utf8(self.bytes).ok()?).ok();
        self.json.get_or_init(parse).as_ref()
    }

    fn xml(&self) -> Option<&Document> {
        let parse = || Document::parse(std::str::from_utf8(self.bytes).ok()?).ok();
        self.xml.get_or_init(parse).as_ref()
    }

    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn has_digest(&self, length: u64, sha256: &[u8; 32]) -> bool {
        self.bytes.len() as u64 == length && *Sha256::digest(self.bytes) == *sha256
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn received(&self) -> SystemTime {
        self.received
    }
}
