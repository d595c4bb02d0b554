//! What a request must look like, uncompiled: the request side of a WireMock mapping.

use bytes::Bytes;

use super::{
    date_pattern::DatePattern,
    json::Json,
    message::Scheme,
    seldom::{Absent, Seldom},
};

/// All that a request must satisfy. The default is satisfied by any request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPattern {
    /// How the client came; `None` is either way.
    pub scheme: Option<Scheme>,
    /// Which methods.
    pub method: MethodPattern,
    /// Which URLs.
    pub url: UrlPattern,
    /// Header name → value; names are case-insensitive.
    pub headers: Vec<(String, ValuePattern)>,
    /// Query parameter name → value; names are case-sensitive, values decoded.
    pub query: Vec<(String, ValuePattern)>,
    /// What the body must satisfy, all of it.
    pub body: Vec<BodyPattern>,
    /// What few patterns say.
    pub extras: Seldom<PatternExtras>,
}

/// The parts of a pattern that few have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatternExtras {
    /// The host that the client named, without its port.
    pub host: Option<Box<ValuePattern>>,
    /// The port that the client named, or that its scheme implies.
    pub port: Option<u16>,
    /// The address that the client came from.
    pub client_ip: Option<Box<ValuePattern>>,
    /// Variable of a `urlPathTemplate` → value, percent-encoding as sent.
    pub path_parameters: Vec<(String, ValuePattern)>,
    /// Cookie name → value.
    pub cookies: Vec<(String, ValuePattern)>,
    /// Form field name → value, of `application/x-www-form-urlencoded` bodies.
    pub form: Vec<(String, ValuePattern)>,
    /// User name and password of Basic authentication (RFC 7617).
    pub basic_auth: Option<(String, String)>,
    /// Parts that a multipart body must have.
    pub multipart: Vec<MultipartPattern>,
}

impl Absent for PatternExtras {
    fn absent() -> &'static Self {
        static ABSENT: PatternExtras = PatternExtras {
            host: None,
            port: None,
            client_ip: None,
            path_parameters: Vec::new(),
            cookies: Vec::new(),
            form: Vec::new(),
            basic_auth: None,
            multipart: Vec::new(),
        };
        &ABSENT
    }
}

/// Which methods a stub answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MethodPattern {
    /// Any method.
    #[default]
    Any,
    /// GET and HEAD.
    GetOrHead,
    /// This one. As in WireMock, `GET` also answers a request whose method is spelled `get`, and not
    /// the other way round.
    Is(String),
    /// One of these.
    OneOf(Vec<String>),
    /// None of these.
    NoneOf(Vec<String>),
}

impl MethodPattern {
    /// Whether a method is one of them.
    pub fn accepts(&self, method: &str) -> bool {
        let is = |expected: &str| {
            let same_spelling = expected == method;
            same_spelling
                || expected.eq_ignore_ascii_case(method)
                    && !expected.bytes().any(|byte| byte.is_ascii_lowercase())
        };
        match self {
            Self::Any => true,
            Self::GetOrHead => is("GET") || is("HEAD"),
            Self::Is(expected) => is(expected),
            Self::OneOf(methods) => methods.iter().any(|one| is(one)),
            Self::NoneOf(methods) => !methods.iter().any(|one| is(one)),
        }
    }

    /// Which methods, in words: `any`, `GET or HEAD`, `none of GET, PUT`.
    pub fn describe(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::GetOrHead => "GET or HEAD".to_owned(),
            Self::Is(method) => method.clone(),
            Self::OneOf(methods) => methods.join(" or "),
            Self::NoneOf(methods) => format!("none of {}", methods.join(", ")),
        }
    }
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
    /// Anything, or nothing.
    Anything,
    /// The text occurs in it.
    Contains(String),
    /// A date that lies before, after or at another.
    Date(DatePattern),
    /// The text does not occur in it.
    DoesNotContain(String),
    /// The regular expression does not fit the whole of it.
    DoesNotMatch(String),
    /// Equal.
    EqualTo {
        /// The text.
        value: String,
        /// Whether case is ignored; `None` says nothing of it, and it is not.
        case_insensitive: Option<bool>,
    },
    /// Equal as JSON.
    EqualToJson(JsonPattern),
    /// Equal as XML.
    EqualToXml(XmlPattern),
    /// Of a repeated name: as many values as patterns, each pattern fitting one of its own.
    HasExactly(Vec<Self>),
    /// Of a repeated name: each pattern fits a value; further values are fine.
    Includes(Vec<Self>),
    /// The regular expression fits the whole of it.
    Matches(String),
    /// A JSONPath expression finds something in it.
    MatchesJsonPath(PathPattern),
    /// It satisfies a JSON Schema.
    MatchesJsonSchema(SchemaPattern),
    /// An XPath expression finds something in it.
    MatchesXPath {
        /// The expression, and what it finds.
        path: PathPattern,
        /// Prefix → namespace, of names in the expression.
        namespaces: Vec<(String, String)>,
    },
    /// Not that.
    Not(Box<Self>),
    /// A number that compares so with another.
    Number(NumberPattern),
    /// Any of these.
    Or(Vec<Self>),
    /// It is a path that fits a `urlPathTemplate`.
    PathTemplate(String),
}

impl ValuePattern {
    /// Equality with `value`.
    pub fn equal_to(value: impl Into<String>) -> Self {
        Self::EqualTo { value: value.into(), case_insensitive: None }
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
    EqualToJson(JsonPattern),
    /// The text of the body.
    Text(ValuePattern),
}

/// A JSON value that a text must equal: numbers by value, members in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPattern {
    /// The expected value; strings in it may hold placeholders (`${json-unit.any-string}`).
    pub expected: Json,
    /// The mapping gives the value as a string that holds its text; this is that text.
    pub text: Option<String>,
    /// Array elements may stand in any order; `None` says nothing of it, and they may not.
    pub ignore_array_order: Option<bool>,
    /// The text may have members and elements that the expected value lacks; `None` says
    /// nothing of it, and it may not.
    pub ignore_extra_elements: Option<bool>,
}

impl JsonPattern {
    /// Equality with `expected` in all but member order.
    pub fn strict(expected: Json) -> Self {
        Self { expected, text: None, ignore_array_order: None, ignore_extra_elements: None }
    }
}

/// A path expression, and what must be found with it.
#[derive(Clone, Debug, PartialEq)]
pub struct PathPattern {
    /// The expression.
    pub expression: String,
    /// What one of the finds must look like; `None` wants anything to be found.
    pub value: Option<Box<ValuePattern>>,
}

/// A JSON Schema.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaPattern {
    /// The schema.
    pub schema: Json,
    /// The mapping gives the schema as a string that holds its text; this is that text.
    pub text: Option<String>,
    /// Which draft; `None` is 2020-12.
    pub version: Option<SchemaVersion>,
}

/// A draft of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaVersion {
    /// Draft 4 (`V4`).
    V4,
    /// Draft 6 (`V6`).
    V6,
    /// Draft 7 (`V7`).
    V7,
    /// Draft 2019-09 (`V201909`).
    V201909,
    /// Draft 2020-12 (`V202012`).
    V202012,
}

/// An XML document that a text must equal: attributes in any order, prefixes of any name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct XmlPattern {
    /// The expected document.
    pub expected: String,
    /// Texts in it may be placeholders (`${xmlunit.ignore}`); `None` says nothing of it, and they
    /// may not.
    pub placeholders: Option<bool>,
    /// What a placeholder opens with, as a regular expression; `None` is `\\$\\{`.
    pub opening: Option<String>,
    /// What a placeholder closes with, as a regular expression; `None` is `\\}`.
    pub closing: Option<String>,
    /// Differences that do not count.
    pub exempted: Vec<XmlComparison>,
    /// Siblings of one name may stand in any order; `None` says nothing of it, and they may not.
    pub ignore_order_of_same_node: Option<bool>,
    /// How namespaces count; `None` is strictly.
    pub namespaces: Option<NamespaceAwareness>,
}

/// A kind of difference between XML documents, named as XMLUnit's `ComparisonType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as what it compares")]
pub enum XmlComparison {
    AttrName,
    AttrValue,
    AttrValueExplicitlySpecified,
    ChildLookup,
    ChildNodelistLength,
    ChildNodelistSequence,
    DoctypeName,
    DoctypePublicId,
    DoctypeSystemId,
    ElementNumAttributes,
    ElementTagName,
    HasDoctypeDeclaration,
    NamespacePrefix,
    NamespaceUri,
    NoNamespaceSchemaLocation,
    NodeType,
    ProcessingInstructionData,
    ProcessingInstructionTarget,
    SchemaLocation,
    TextValue,
    XmlEncoding,
    XmlStandalone,
    XmlVersion,
}

/// How namespaces count in a comparison of XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespaceAwareness {
    /// Names are compared with their namespaces.
    Strict,
    /// As `Strict` was before it was named: prefixes count where a namespace is not declared.
    Legacy,
    /// Names are compared as written, prefix and all.
    None,
}

/// A number against another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberPattern {
    /// How they compare.
    pub comparison: NumberComparison,
    /// The other number, as spelled.
    pub operand: String,
}

/// How numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberComparison {
    /// `equalToNumber`
    Equal,
    /// `greaterThanNumber`
    Greater,
    /// `greaterThanEqualNumber`
    GreaterOrEqual,
    /// `lessThanNumber`
    Less,
    /// `lessThanEqualNumber`
    LessOrEqual,
}

/// A part that a multipart body must have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MultipartPattern {
    /// A label; never compared.
    pub name: Option<String>,
    /// The part's file name; compared only where `headers` or `body` ask for something too.
    pub file_name: Option<String>,
    /// Every part must fit, instead of at least one.
    pub all_parts: bool,
    /// Header name → value of the part.
    pub headers: Vec<(String, ValuePattern)>,
    /// What the part's body must satisfy.
    pub body: Vec<BodyPattern>,
}
