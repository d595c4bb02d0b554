//! Path templates.

use super::regex::WholeRegex;

/// `/a/{x}/b`: literal segments and variables, each for one segment that is not empty.
#[derive(Clone, Debug)]
pub struct PathTemplate {
    segments: Box<[Segment]>,
    /// The whole as an expression, where a `**` may stand for several segments.
    wildcard: Option<WholeRegex>,
    source: Box<str>,
}

/// Finds the values of a template's variables in a path that fits it.
#[derive(Clone, Debug)]
pub struct PathVariables {
    regex: regex::Regex,
    names: Vec<String>,
}

impl PathVariables {
    /// Names and values, percent-encoded as sent; of a repeated name the last counts.
    pub fn values<'p>(&self, path: &'p str) -> Vec<(&str, &'p str)> {
        let Some(found) = self.regex.captures(path) else { return Vec::new() };
        let values = found.iter().skip(1).map(|group| group.map_or("", |group| group.as_str()));
        self.names.iter().map(String::as_str).zip(values).collect()
    }
}

#[derive(Clone, Debug)]
enum Segment {
    /// Where its text begins and ends in the template.
    Literal(u32, u32),
    /// Text and variables mixed: `{name}.json`.
    Mixed(WholeRegex),
    Variable,
}

#[derive(Clone, Debug)]
enum Piece<'t> {
    Literal(&'t str),
    /// What stands between the braces.
    Variable(&'t str),
    Wildcard,
}

impl PathTemplate {
    /// Reads a template; braces that name nothing are literal.
    ///
    /// # Errors
    ///
    /// Only if the expression made of an odd template exceeds the engine's size.
    pub fn parse(template: &str) -> Result<Self, String> {
        let pieces = pieces(template);
        let has_wildcard = pieces.iter().any(|piece| matches!(piece, Piece::Wildcard));
        let wildcard = if has_wildcard { Some(expression(&pieces)?) } else { None };
        let mut segments = Vec::new();
        let mut current: Vec<Piece<'_>> = Vec::new();
        for piece in pieces {
            let Piece::Literal(text) = piece else {
                current.push(piece);
                continue;
            };
            for (at, text) in text.split('/').enumerate() {
                if at > 0 {
                    segments.push(segment(template, &std::mem::take(&mut current))?);
                }
                if !text.is_empty() {
                    current.push(Piece::Literal(text));
                }
            }
        }
        segments.push(segment(template, &current)?);
        Ok(Self { segments: segments.into(), wildcard, source: template.into() })
    }

    /// Whether a path fits; it is compared as sent, percent-encoded.
    pub fn is_match(&self, path: &str) -> bool {
        if let Some(wildcard) = &self.wildcard {
            return wildcard.is_match(path);
        }
        let mut actual = path.split('/');
        self.segments.iter().all(|segment| {
            actual.next().is_some_and(|actual| match segment {
                Segment::Literal(from, to) => self.text(*from, *to) == actual,
                Segment::Mixed(regex) => regex.is_match(actual),
                Segment::Variable => !actual.is_empty(),
            })
        }) && actual.next().is_none()
    }

    /// The segments, `None` for one that varies.
    pub fn segments(&self) -> Vec<Option<&str>> {
        self.segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(from, to) => Some(self.text(*from, *to)),
                Segment::Mixed(_) | Segment::Variable => None,
            })
            .collect()
    }

    /// What finds the values of its variables.
    ///
    /// # Errors
    ///
    /// Only if the expression made of an odd template exceeds the engine's size.
    pub fn variables(&self) -> Result<PathVariables, String> {
        let mut pattern = String::from(r"\A(?s:");
        let mut names = Vec::new();
        for piece in pieces(&self.source) {
            match piece {
                Piece::Literal(text) => pattern.push_str(&regex::escape(text)),
                Piece::Variable(name) => {
                    pattern.push_str("([^/]+)");
                    names.push(name.to_owned());
                }
                Piece::Wildcard => pattern.push_str(".*"),
            }
        }
        pattern.push_str(r")\z");
        let regex = regex::Regex::new(&pattern).map_err(|error| error.to_string())?;
        Ok(PathVariables { regex, names })
    }

    fn text(&self, from: u32, to: u32) -> &str {
        self.source.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The template as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether a `**` in it may stand for several segments.
    pub(super) fn has_wildcard(&self) -> bool {
        self.wildcard.is_some()
    }
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut literal_end = 0;
    while let Some(after) = rest.get(literal_end..).filter(|after| !after.is_empty()) {
        let name_length = after
            .strip_prefix('{')
            .and_then(|after| after.find('}'))
            .filter(|&name_length| name_length > 0);
        let (piece, length) = if let Some(name_length) = name_length {
            (Piece::Variable(after.get(1..=name_length).unwrap_or_default()), name_length + 2)
        } else if after.starts_with("**") {
            (Piece::Wildcard, 2)
        } else {
            literal_end += after.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if literal_end > 0 {
            pieces.push(Piece::Literal(rest.get(..literal_end).unwrap_or_default()));
        }
        pieces.push(piece);
        rest = after.get(length..).unwrap_or_default();
        literal_end = 0;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

/// What is made of the pieces of one segment; they are parts of the template.
fn segment(template: &str, pieces: &[Piece<'_>]) -> Result<Segment, String> {
    Ok(match pieces {
        [] => Segment::Literal(0, 0),
        [Piece::Literal(text)] => {
            let from = text.as_ptr().addr().saturating_sub(template.as_ptr().addr());
            let place = |at: usize| u32::try_from(at).map_err(|_| "too long".to_owned());
            Segment::Literal(place(from)?, place(from + text.len())?)
        }
        [Piece::Variable(_)] => Segment::Variable,
        pieces => Segment::Mixed(expression(pieces)?),
    })
}

fn expression(pieces: &[Piece<'_>]) -> Result<WholeRegex, String> {
    let mut pattern = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => pattern.push_str(&regex::escape(text)),
            Piece::Variable(_) => pattern.push_str("[^/]+"),
            Piece::Wildcard => pattern.push_str(".*"),
        }
    }
    WholeRegex::compile(&pattern)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{places::Stubs, request::CompiledRequest, trie::TrieBuilder},
        *,
    };

    /// Stubs of which nothing is known.
    struct Unknown;

    impl Stubs for Unknown {
        fn request(&self, _: u32) -> Option<&CompiledRequest> {
            None
        }

        fn is_early(&self, _: u32) -> bool {
            false
        }
    }

    fn found(path: &str, fill: impl Fn(&mut TrieBuilder)) -> Vec<u32> {
        let mut trie = TrieBuilder::default();
        fill(&mut trie);
        let mut found = Vec::new();
        trie.build(&Unknown).each(path, &mut |places| found.extend(places.few_places()));
        found.sort_unstable();
        found
    }

    #[track_caller]
    fn check(template: &str, fits: &[&str], fits_not: &[&str]) {
        let parsed = PathTemplate::parse(template).unwrap();
        for (paths, expect) in [(fits, true), (fits_not, false)] {
            for path in paths {
                assert_eq!(parsed.is_match(path), expect, "{template} on {path}");
                let found = found(path, |trie| trie.insert_template(&parsed, 7));
                assert!(!expect || found == [7], "{template} is not found for {path}");
            }
        }
    }

    #[test]
    fn a_variable_is_one_segment_that_is_not_empty() {
        check(
            "/contacts/{id}/addresses/{a}",
            &["/contacts/12/addresses/34", "/contacts/a%20b/addresses/{x}"],
            &["/contacts/12/addresses", "/contacts/1/addresses/2/3", "/contacts//addresses/1"],
        );
    }

    #[test]
    fn variables_may_be_part_of_a_segment() {
        check(
            "/f/{name}.json",
            &["/f/a.json", "/f/a.b.json"],
            &["/f/.json", "/f/ajson", "/f/a/b.json"],
        );
        check("/{a}:{b}", &["/x:y"], &["/x", "/:y"]);
    }

    #[test]
    fn variables_have_values_as_sent() {
        let values = |template: &str, path| {
            let variables = PathTemplate::parse(template).unwrap().variables().unwrap();
            let values = variables.values(path);
            values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(values("/a/{x}/b/{y}.json", "/a/1%20/b/z.json"), ["x=1%20", "y=z"]);
        assert_eq!(values("/a/{x}/**", "/a/1/b/c"), ["x=1"]);
        assert!(values("/a/{x}", "/b/1").is_empty());
    }

    #[test]
    fn a_double_star_is_anything() {
        check("/a/**", &["/a/", "/a/b/c"], &["/a", "/b"]);
        check("/a/{x}/**/z", &["/a/1/2/3/z"], &["/a/1/z"]);
        check("**", &["/", "/a/b"], &[]);
    }

    #[test]
    fn braces_that_name_nothing_are_literal() {
        check("/a/{}/{b", &["/a/{}/{b"], &["/a/x/y"]);
    }

    #[test]
    fn literals_and_variables_are_both_found() {
        let fill = |trie: &mut TrieBuilder| {
            for (stub, template) in (0..).zip(["/a/{x}", "/a/b", "/{y}/b", "/{y}/{x}"]) {
                trie.insert_template(&PathTemplate::parse(template).unwrap(), stub);
            }
            trie.insert_head("/a/x", 9);
        };
        assert_eq!(found("/a/b", fill), [0, 1, 2, 3, 9]);
        assert_eq!(found("/c/d", fill), [3]);
        assert_eq!(found("/a/b/c", fill), [9]);
    }
}
