//! Header fields as the journal keeps them.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

/// What header fields take of memory, about.
pub(super) fn size_of_fields(fields: &HeaderMap) -> usize {
    /// An entry of the map, with its share of room that is not used yet.
    const FIELD: usize = 160;
    fields.iter().map(|(name, value)| name.as_str().len() + value.len() + FIELD).sum()
}

/// The fields with values of their own: those of a request lie in the buffer that it was read into, all
/// of which would be kept with them.
pub(super) fn compact(fields: &HeaderMap) -> HeaderMap {
    let mut text = Vec::with_capacity(fields.values().map(HeaderValue::len).sum());
    fields.values().for_each(|value| text.extend_from_slice(value.as_bytes()));
    let mut text = Bytes::from(text);
    let mut fields = fields.clone();
    for value in fields.values_mut() {
        let is_sensitive = value.is_sensitive();
        if let Ok(mut own) = HeaderValue::from_maybe_shared(text.split_to(value.len())) {
            own.set_sensitive(is_sensitive);
            *value = own;
        }
    }
    fields
}
