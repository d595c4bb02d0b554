//! `\p{…}` of Java's regular expressions (`java.util.regex.CharPredicates`) as classes of Rust's.

/// General categories, of one letter and of two (Unicode §4.5).
const CATEGORIES: &[&str] = &[
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn",
    "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm",
    "So", "Z", "Zl", "Zp", "Zs",
];

/// Names that stand for a class as a whole.
const NAMED: &[(&str, &str)] = &[
    ("ASCII", r"\x00-\x7F"),
    ("Alnum", "0-9A-Za-z"),
    ("Alpha", "A-Za-z"),
    ("Blank", r"\t "),
    ("Cntrl", r"\x00-\x1F\x7F"),
    ("Digit", "0-9"),
    ("Graph", r"\x21-\x7E"),
    ("L1", r"\x00-\u{FF}"),
    ("LC", r"\p{Lu}\p{Ll}\p{Lt}"),
    ("LD", r"\p{L}\p{Nd}"),
    ("Lower", "a-z"),
    ("Print", r"\x20-\x7E"),
    ("Punct", r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E"),
    ("Space", r"\t-\r "),
    ("Upper", "A-Z"),
    ("XDigit", "0-9A-Fa-f"),
    ("all", r"\x00-\u{10FFFF}"),
    ("javaAlphabetic", r"\p{Alphabetic}"),
    ("javaDefined", r"\P{Cn}"),
    ("javaDigit", r"\p{Nd}"),
    ("javaISOControl", r"\x00-\x1F\x7F-\u{9F}"),
    ("javaIdeographic", r"\p{Ideographic}"),
    ("javaJavaIdentifierPart", r"\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mc}\p{Mn}"),
    ("javaJavaIdentifierStart", r"\p{L}\p{Nl}\p{Sc}\p{Pc}"),
    ("javaLetter", r"\p{L}"),
    ("javaLetterOrDigit", r"\p{L}\p{Nd}"),
    ("javaLowerCase", r"\p{Lowercase}"),
    ("javaMirrored", r"\p{Bidi_M}"),
    ("javaSpaceChar", r"\p{Z}"),
    ("javaTitleCase", r"\p{Lt}"),
    ("javaUpperCase", r"\p{Uppercase}"),
    (
        "javaWhitespace",
        r"\t-\r\x1C-\x20\u{1680}\u{2000}-\u{2006}\u{2008}-\u{200A}\u{2028}\u{2029}\u{205F}\u{3000}",
    ),
];

/// Blocks that people name, without blanks, `-` and `_` and in lower case.
const BLOCKS: &[(&str, &str)] = &[
    ("arabic", r"\u{600}-\u{6FF}"),
    ("basiclatin", r"\x00-\x7F"),
    ("cjkunifiedideographs", r"\u{4E00}-\u{9FFF}"),
    ("cyrillic", r"\u{400}-\u{4FF}"),
    ("greek", r"\u{370}-\u{3FF}"),
    ("greekandcoptic", r"\u{370}-\u{3FF}"),
    ("hangulsyllables", r"\u{AC00}-\u{D7AF}"),
    ("hebrew", r"\u{590}-\u{5FF}"),
    ("hiragana", r"\u{3040}-\u{309F}"),
    ("katakana", r"\u{30A0}-\u{30FF}"),
    ("latin1supplement", r"\u{80}-\u{FF}"),
    ("latinextendeda", r"\u{100}-\u{17F}"),
    ("latinextendedb", r"\u{180}-\u{24F}"),
    ("thai", r"\u{E00}-\u{E7F}"),
];

/// The class of a property, in brackets or as one escape; `None` for a name that Java does not know,
/// or a block that nobody asked for yet.
pub(super) fn class(name: &str, is_negated: bool) -> Option<String> {
    let sign = if is_negated { "^" } else { "" };
    let bracketed = |inner: &str| Some(format!("[{sign}{inner}]"));
    let find = |table: &[(&str, &'static str)], name: &str| {
        table.iter().find(|(known, _)| *known == name).map(|(_, inner)| *inner)
    };
    if let Some(inner) = find(NAMED, name) {
        return bracketed(inner);
    }
    let block = |name: &str| {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        find(BLOCKS, &plain.to_ascii_lowercase()).and_then(bracketed)
    };
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "sc" | "script" => bracketed(&format!("\\p{{Script={value}}}")),
            "blk" | "block" => block(value),
            "gc" | "general_category" => bracketed(&format!("\\p{{{value}}}")),
            _ => None,
        };
    }
    if let Some(name) = name.strip_prefix("In") {
        return block(name);
    }
    if let Some(name) = name.strip_prefix("Is") {
        return match name.to_ascii_lowercase().as_str() {
            "" => None,
            "digit" => bracketed(r"\p{Nd}"),
            _ => bracketed(&format!("\\p{{{name}}}")),
        };
    }
    CATEGORIES.contains(&name).then(|| format!("[{sign}\\p{{{name}}}]"))
}
