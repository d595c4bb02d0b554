//! What can go wrong on the wire.

/// A fault in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset (`CONNECTION_RESET_BY_PEER`).
    ConnectionReset,
    /// The connection closes without a byte (`EMPTY_RESPONSE`).
    EmptyResponse,
    /// A good head, then bytes that are no chunk, then the connection closes
    /// (`MALFORMED_RESPONSE_CHUNK`).
    MalformedChunk,
    /// Bytes that are no HTTP, then the connection closes (`RANDOM_DATA_THEN_CLOSE`).
    RandomData,
}

impl Fault {
    /// All of them, with WireMock's names.
    pub const ALL: [(Self, &str); 4] = [
        (Self::ConnectionReset, "CONNECTION_RESET_BY_PEER"),
        (Self::EmptyResponse, "EMPTY_RESPONSE"),
        (Self::MalformedChunk, "MALFORMED_RESPONSE_CHUNK"),
        (Self::RandomData, "RANDOM_DATA_THEN_CLOSE"),
    ];

    /// WireMock's name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(fault, _)| *fault == self).map_or("", |(_, name)| name)
    }
}
