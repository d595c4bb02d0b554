//! The helpers by name.

use super::{
    control, encoding, fake, json, json_change, layout, lists, number_format, numbers, random,
    state, string_format, system, text, time, token, xml,
};
use crate::render::template::Helper;

/// Names and helpers, ordered by name.
const HELPERS: &[(&str, Helper)] = &[
    ("abbreviate", layout::abbreviate),
    ("and", control::and),
    ("array", lists::array),
    ("arrayAdd", lists::array_add),
    ("arrayJoin", lists::array_join),
    ("arrayRemove", lists::array_remove),
    ("assign", control::assign),
    ("base64", encoding::base64),
    ("capitalize", text::capitalize),
    ("capitalizeFirst", text::capitalize_first),
    ("center", layout::center),
    ("claims", token::claims),
    ("contains", control::contains),
    ("cut", text::cut),
    ("date", time::date),
    ("dateFormat", time::date_format),
    ("defaultIfEmpty", text::default_if_empty),
    ("eq", control::eq),
    ("fake", fake::fake),
    ("formData", encoding::form_data),
    ("formatJson", json::format_json),
    ("formatXml", xml::format_xml),
    ("gt", control::gt),
    ("gte", control::gte),
    ("hostname", system::hostname),
    ("isEven", numbers::when_even),
    ("isOdd", numbers::when_odd),
    ("join", text::join),
    ("jsonArrayAdd", json_change::json_array_add),
    ("jsonMerge", json_change::json_merge),
    ("jsonPath", json::json_path),
    ("jsonRemove", json_change::json_remove),
    ("jwks", token::jwks),
    ("jwt", token::jwt),
    ("ljust", layout::ljust),
    ("log", system::log),
    ("lower", text::lower),
    ("lt", control::lt),
    ("lte", control::lte),
    ("matches", control::matches),
    ("math", numbers::math),
    ("neq", control::neq),
    ("not", control::not),
    ("now", time::date),
    ("numberFormat", number_format::number_format),
    ("or", control::or),
    ("parseDate", time::parse_date),
    ("parseJson", json::parse_json),
    ("pickRandom", lists::pick_random),
    ("random", fake::fake),
    ("randomDecimal", random::random_decimal),
    ("randomInt", random::random_int),
    ("randomValue", random::random_value),
    ("range", lists::range),
    ("regexExtract", control::regex_extract),
    ("replace", text::replace),
    ("rjust", layout::rjust),
    ("size", lists::size),
    ("slugify", text::slugify),
    ("soapXPath", xml::soap_x_path),
    ("state", state::state),
    ("stringFormat", string_format::string_format),
    ("stripTags", text::strip_tags),
    ("stripes", numbers::stripes),
    ("substring", text::substring),
    ("systemValue", system::system_value),
    ("toJson", json::to_json),
    ("trim", text::trim),
    ("truncateDate", time::truncate_date),
    ("upper", text::upper),
    ("urlEncode", encoding::url_encode),
    ("val", control::val),
    ("wordWrap", layout::word_wrap),
    ("xPath", xml::x_path),
    ("yesno", text::yesno),
];

/// The helper of that name.
pub fn find(name: &str) -> Option<Helper> {
    let at = HELPERS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    HELPERS.get(at).map(|(_, helper)| *helper)
}

/// All names, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    HELPERS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(HELPERS.is_sorted_by(|(left, _), (right, _)| left < right));
    }
}
