//! What a request must look like, uncompiled: the request side of a WireMock mapping.

use bytes::Bytes;

use super::json::Json;

/// All that a request must satisfy. The default is satisfied by any request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPattern {
    /// Which methods.
    pub method: MethodPattern,
    /// Which URLs.
    pub url: UrlPattern,
    /// Header name → value; names are case-insensitive.
    pub headers: Vec<(String, ValuePattern)>,
    /// Query parameter name → value; names are case-sensitive, values decoded.
    pub query: Vec<(String, ValuePattern)>,
    /// Cookie name → value.
    pub cookies: Vec<(String, ValuePattern)>,
    /// Form field name → value, of `application/x-www-form-urlencoded` bodies.
    pub form: Vec<(String, ValuePattern)>,
    /// User name and password of Basic authentication (RFC 7617).
    pub basic_auth: Option<(String, String)>,
    /// What the body must satisfy, all of it.
    pub body: Vec<BodyPattern>,
    /// Parts that a multipart body must have.
    pub multipart: Vec<MultipartPattern>,
}

/// Which methods a stub answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MethodPattern {
    /// Any method.
    #[default]
    Any,
    /// GET and HEAD.
    GetOrHead,
    /// Exactly this one, case-sensitive (RFC 9110 §9.1).
    Is(String),
}

/// Which URLs a stub answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UrlPattern {
    /// Any.
    #[default]
    Any,
    /// Path and query, exactly as sent; an empty query is as none.
    Url(String),
    /// The path exactly; any query.
    UrlPath(String),
    /// Regular expression over path and query, whole.
    UrlPattern(String),
    /// Regular expression over the path, whole.
    UrlPathPattern(String),
    /// `/a/{x}/b`: a variable stands for one non-empty segment.
    UrlPathTemplate(String),
}

/// What a text value must look like.
#[derive(Clone, Debug, PartialEq)]
pub enum ValuePattern {
    /// Not there at all.
    Absent,
    /// All of these.
    And(Vec<Self>),
    /// The text occurs in it.
    Contains(String),
    /// The text does not occur in it.
    DoesNotContain(String),
    /// The regular expression does not fit the whole of it.
    DoesNotMatch(String),
    /// Equal.
    EqualTo {
        /// The text.
        value: String,
        /// Whether case is ignored.
        case_insensitive: bool,
    },
    /// The regular expression fits the whole of it.
    Matches(String),
    /// Not that.
    Not(Box<Self>),
    /// Any of these.
    Or(Vec<Self>),
}

impl ValuePattern {
    /// Equality with `value`.
    pub fn equal_to(value: impl Into<String>) -> Self {
        Self::EqualTo { value: value.into(), case_insensitive: false }
    }
}

/// What a body must look like.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyPattern {
    /// Equal to these bytes.
    BinaryEqualTo(Bytes),
    /// Has this length and SHA-256: ringer's own matcher for bodies too large to keep in a stub.
    Digest {
        /// Length in bytes.
        length: u64,
        /// SHA-256 of the bytes.
        sha256: [u8; 32],
    },
    /// Equal as JSON: numbers by value, members in any order.
    EqualToJson {
        /// The expected value.
        expected: Json,
        /// Array elements may stand in any order.
        ignore_array_order: bool,
        /// The body may have members and elements that the expected value lacks.
        ignore_extra_elements: bool,
    },
    /// The text of the body.
    Text(ValuePattern),
}

/// A part that a multipart body must have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MultipartPattern {
    /// A label; never compared.
    pub name: Option<String>,
    /// Every part must fit, instead of at least one.
    pub all_parts: bool,
    /// Header name → value of the part.
    pub headers: Vec<(String, ValuePattern)>,
    /// What the part's body must satisfy.
    pub body: Vec<BodyPattern>,
}
