//! One value that patterns look at: its text, and its JSON and XML, read once and only when asked for.

use std::{borrow::Cow, cell::OnceCell, time::SystemTime};

use jiff::Timestamp;

use super::content::Content;
use crate::{
    codec::{json, xml::Document},
    model::Json,
};

/// A value, or that there is none.
pub struct Subject<'v> {
    text: Option<Cow<'v, str>>,
    /// Where its JSON is read already, or will be for others too.
    content: Option<&'v dyn Content>,
    known: Option<&'v Json>,
    json: OnceCell<Option<Json>>,
    xml: OnceCell<Option<Document>>,
    received: SystemTime,
}

impl<'v> Subject<'v> {
    /// A text, or `None` for a value that is not there; `received` is what `now` is to dates.
    pub fn new(text: Option<&'v str>, received: SystemTime) -> Self {
        Self::of_text(text.map(Cow::Borrowed), received)
    }

    /// A JSON value, which need not be read from its text again.
    pub fn of_json(text: String, known: &'v Json, received: SystemTime) -> Self {
        Self { known: Some(known), ..Self::of_text(Some(Cow::Owned(text)), received) }
    }

    /// A text that was made for this.
    pub(super) fn of_text(text: Option<Cow<'v, str>>, received: SystemTime) -> Self {
        Self {
            text,
            content: None,
            known: None,
            json: OnceCell::new(),
            xml: OnceCell::new(),
            received,
        }
    }

    /// A body; an empty one of a request is not there.
    pub(super) fn of_content(content: &'v dyn Content) -> Self {
        let text = content.text().filter(|_| !content.is_absent());
        Self { content: Some(content), ..Self::of_text(text, content.received()) }
    }

    /// The text; `None` when there is no value.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The text as JSON; `None` when it is not.
    pub(super) fn json(&self) -> Option<&Json> {
        if let Some(known) = self.known {
            return Some(known);
        }
        if let Some(content) = self.content {
            return content.json();
        }
        self.json.get_or_init(|| json::parse_tolerant(self.text.as_deref()?).ok()).as_ref()
    }

    /// The text as XML; `None` when it is not.
    pub(super) fn xml(&self) -> Option<&Document> {
        if let Some(content) = self.content {
            return content.xml();
        }
        self.xml.get_or_init(|| Document::parse(self.text.as_deref()?).ok()).as_ref()
    }

    /// What `now` is.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::try_from(self.received).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// When it came.
    pub(super) fn received(&self) -> SystemTime {
        self.received
    }
}
