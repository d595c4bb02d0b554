//! Words of the mapping format that stand for one of a few things, as they are read and written.

use std::ops::Range;

use crate::{
    format::{fields::expected_one_of, problem::Problems},
    model::{
        DateComparison, DateUnit, NamespaceAwareness, NumberComparison, SchemaVersion, Truncation,
        XmlComparison,
    },
};

/// What may stand somewhere: value and word, each once.
pub(super) type Words<T> = [(T, &'static str)];

/// Matchers of dates.
pub(super) const DATE_COMPARISONS: &Words<DateComparison> = &[
    (DateComparison::After, "after"),
    (DateComparison::Before, "before"),
    (DateComparison::Equal, "equalToDateTime"),
];

/// Matchers of numbers.
pub(super) const NUMBER_COMPARISONS: &Words<NumberComparison> = &[
    (NumberComparison::Equal, "equalToNumber"),
    (NumberComparison::Greater, "greaterThanNumber"),
    (NumberComparison::GreaterOrEqual, "greaterThanEqualNumber"),
    (NumberComparison::Less, "lessThanNumber"),
    (NumberComparison::LessOrEqual, "lessThanEqualNumber"),
];

/// `expectedOffsetUnit`
pub(super) const DATE_UNITS: &Words<DateUnit> = &[
    (DateUnit::Seconds, "seconds"),
    (DateUnit::Minutes, "minutes"),
    (DateUnit::Hours, "hours"),
    (DateUnit::Days, "days"),
    (DateUnit::Weeks, "weeks"),
    (DateUnit::Months, "months"),
    (DateUnit::Years, "years"),
];

/// `truncateExpected` and `truncateActual`
pub(super) const TRUNCATIONS: &Words<Truncation> = &[
    (Truncation::FirstSecondOfMinute, "first second of minute"),
    (Truncation::FirstMinuteOfHour, "first minute of hour"),
    (Truncation::FirstHourOfDay, "first hour of day"),
    (Truncation::FirstDayOfMonth, "first day of month"),
    (Truncation::FirstDayOfNextMonth, "first day of next month"),
    (Truncation::LastDayOfMonth, "last day of month"),
    (Truncation::FirstDayOfYear, "first day of year"),
    (Truncation::FirstDayOfNextYear, "first day of next year"),
    (Truncation::LastDayOfYear, "last day of year"),
];

/// `schemaVersion`
pub(super) const SCHEMA_VERSIONS: &Words<SchemaVersion> = &[
    (SchemaVersion::V4, "V4"),
    (SchemaVersion::V6, "V6"),
    (SchemaVersion::V7, "V7"),
    (SchemaVersion::V201909, "V201909"),
    (SchemaVersion::V202012, "V202012"),
];

/// `namespaceAwareness`
pub(super) const NAMESPACE_AWARENESS: &Words<NamespaceAwareness> = &[
    (NamespaceAwareness::Strict, "STRICT"),
    (NamespaceAwareness::Legacy, "LEGACY"),
    (NamespaceAwareness::None, "NONE"),
];

/// Items of `exemptedComparisons`, named as XMLUnit's `ComparisonType`.
pub(super) const XML_COMPARISONS: &Words<XmlComparison> = &[
    (XmlComparison::AttrName, "ATTR_NAME_LOOKUP"),
    (XmlComparison::AttrValue, "ATTR_VALUE"),
    (XmlComparison::AttrValueExplicitlySpecified, "ATTR_VALUE_EXPLICITLY_SPECIFIED"),
    (XmlComparison::ChildLookup, "CHILD_LOOKUP"),
    (XmlComparison::ChildNodelistLength, "CHILD_NODELIST_LENGTH"),
    (XmlComparison::ChildNodelistSequence, "CHILD_NODELIST_SEQUENCE"),
    (XmlComparison::DoctypeName, "DOCTYPE_NAME"),
    (XmlComparison::DoctypePublicId, "DOCTYPE_PUBLIC_ID"),
    (XmlComparison::DoctypeSystemId, "DOCTYPE_SYSTEM_ID"),
    (XmlComparison::ElementNumAttributes, "ELEMENT_NUM_ATTRIBUTES"),
    (XmlComparison::ElementTagName, "ELEMENT_TAG_NAME"),
    (XmlComparison::HasDoctypeDeclaration, "HAS_DOCTYPE_DECLARATION"),
    (XmlComparison::NamespacePrefix, "NAMESPACE_PREFIX"),
    (XmlComparison::NamespaceUri, "NAMESPACE_URI"),
    (XmlComparison::NoNamespaceSchemaLocation, "NO_NAMESPACE_SCHEMA_LOCATION"),
    (XmlComparison::NodeType, "NODE_TYPE"),
    (XmlComparison::ProcessingInstructionData, "PROCESSING_INSTRUCTION_DATA"),
    (XmlComparison::ProcessingInstructionTarget, "PROCESSING_INSTRUCTION_TARGET"),
    (XmlComparison::SchemaLocation, "SCHEMA_LOCATION"),
    (XmlComparison::TextValue, "TEXT_VALUE"),
    (XmlComparison::XmlEncoding, "XML_ENCODING"),
    (XmlComparison::XmlStandalone, "XML_STANDALONE"),
    (XmlComparison::XmlVersion, "XML_VERSION"),
];

/// What a word stands for; reports one that stands for nothing.
pub(super) fn meaning_of<T: Copy>(
    words: &Words<T>,
    key: &str,
    found: &str,
    span: Range<usize>,
    problems: &mut Problems,
) -> Option<T> {
    let meant = words.iter().find(|(_, word)| *word == found).map(|(value, _)| *value);
    if meant.is_none() {
        let right: Vec<&'static str> = words.iter().map(|(_, word)| *word).collect();
        expected_one_of(span, key, found, &right, problems);
    }
    meant
}

/// The word for a value.
pub(super) fn word_of<T: Copy + PartialEq>(words: &Words<T>, value: T) -> &'static str {
    words.iter().find(|(known, _)| *known == value).map_or("", |(_, word)| *word)
}
