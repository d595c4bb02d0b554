//! A mistake in a file, shown with its line and a caret under it.

use std::{
    fmt::{self, Write as _},
    path::{Path, PathBuf},
};

use anstyle::{AnsiColor, Style};

use crate::format::{
    Problem,
    rule::{self, Rule, Severity},
    wiremock::{self, Syntax},
};

/// Of a longer line, what is around the mistake is shown.
const MAX_SHOWN: usize = 120;

/// How much of such a line is shown before the mistake.
const SHOWN_BEFORE: usize = 40;

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Which kind of mistake.
    pub rule: &'static Rule,
    /// The file.
    pub path: PathBuf,
    /// Where in it; `None` for a mistake of the file as a whole.
    pub place: Option<Place>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// JSON pointer (RFC 6901) to the value, where it is known.
    pub pointer: Option<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// One past the last column on this line, at least `column`.
    pub end_column: usize,
    /// The line, or the part of it around the place; tabs and control characters replaced.
    pub source: String,
    /// How many characters of `source` stand before the place.
    pub caret: usize,
    /// How many characters the place covers, at least 1.
    pub width: usize,
}

impl Located {
    /// A mistake at its place in a file that says `text`.
    pub fn in_text(path: &Path, text: &str, problem: Problem) -> Self {
        Source::new(text).locate(path, problem)
    }

    /// A mistake of a file as a whole.
    pub fn whole_file(path: &Path, message: impl Into<String>, hint: Option<String>) -> Self {
        Self {
            rule: rule::UNUSABLE_FILE,
            path: path.to_owned(),
            place: None,
            message: message.into(),
            hint,
            pointer: None,
        }
    }

    /// The mistake as people see it, ending in a line feed.
    pub fn render(&self, color: bool) -> String {
        let style = |style: Style| if color { style } else { Style::new() };
        let severity = self.rule.severity;
        let error = style(match severity {
            Severity::Error => AnsiColor::Red.on_default().bold(),
            Severity::Warning => AnsiColor::Yellow.on_default().bold(),
            Severity::Info => AnsiColor::Cyan.on_default(),
        });
        let word = severity.word();
        let frame = style(AnsiColor::Blue.on_default().bold());
        let bold = style(Style::new().bold());
        let mut out = format!("{error}{word}{error:#}{bold}: {}{bold:#}\n", self.message);
        let path = self.path.display();
        // Writing to a String cannot fail.
        let _ = match &self.place {
            Some(Place { line, column, source, caret, width, .. }) => {
                let gutter = " ".repeat(line.to_string().len());
                let indent = " ".repeat(*caret);
                let carets = "^".repeat(*width);
                let hint = self.hint.as_ref().map(|hint| format!(" {hint}")).unwrap_or_default();
                writeln!(
                    out,
                    "{gutter} {frame}┌{frame:#} {path}:{line}:{column}\n\
                     {gutter} {frame}│{frame:#}\n\
                     {frame}{line} │{frame:#} {source}\n\
                     {gutter} {frame}│{frame:#} {indent}{error}{carets}{hint}{error:#}\n\
                     {gutter} {frame}└{frame:#}"
                )
            }
            None => match &self.hint {
                Some(hint) => {
                    writeln!(out, "  {frame}┌{frame:#} {path}\n  {frame}└{frame:#} {hint}")
                }
                None => writeln!(out, "  {frame}─{frame:#} {path}"),
            },
        };
        out
    }
}

impl fmt::Display for Located {
    /// On one line, for logs: `path:line:column: message (hint)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// A text in which places are looked up.
pub(super) struct Source<'t> {
    text: &'t str,
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { text, lines: std::iter::once(0).chain(starts.map(|(at, _)| at + 1)).collect() }
    }

    /// Says where a problem of this text is.
    pub(super) fn locate(&self, path: &Path, problem: Problem) -> Located {
        let start = boundary(self.text, problem.span.start);
        let line = self.lines.partition_point(|&line| line <= start).max(1);
        let line_start = self.lines.get(line - 1).copied().unwrap_or_default();
        let rest = self.text.get(line_start..).unwrap_or_default();
        let whole = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let before = self.text.get(line_start..start).unwrap_or_default().chars().count();
        let end = boundary(self.text, problem.span.end).max(start);
        let covered = self.text.get(start..end).unwrap_or_default();
        let covered = covered.split(['\n', '\r']).next().unwrap_or_default().chars().count();

        let total = whole.chars().count();
        let skip = if total <= MAX_SHOWN { 0 } else { before.saturating_sub(SHOWN_BEFORE) };
        let mut source = String::from(if skip > 0 { "…" } else { "" });
        let (mut caret, mut width) = (0, 0);
        for (at, c) in whole.chars().enumerate().skip(skip).take(MAX_SHOWN) {
            if at == before {
                caret = source.chars().count();
            }
            match c {
                '\t' => source.push_str("    "),
                c if c.is_control() => source.push('\u{fffd}'),
                c => source.push(c),
            }
            if (before..before + covered).contains(&at) {
                width = source.chars().count() - caret;
            }
        }
        if before >= total {
            caret = source.chars().count();
        }
        if skip + MAX_SHOWN < total {
            source.push('…');
        }
        let column = before + 1;
        let end_column = column + covered;
        let place = Place { line, column, end_column, source, caret, width: width.max(1) };
        let Problem { rule, message, hint, .. } = problem;
        Located { rule, path: path.to_owned(), place: Some(place), message, hint, pointer: None }
    }
}

/// The mistakes of a stub file in order, each with its place and its JSON pointer.
pub(super) fn locate_all(
    path: &Path,
    text: &str,
    syntax: Syntax,
    mut problems: Vec<Problem>,
) -> Vec<Located> {
    problems.sort_by_key(|problem| problem.span.start);
    let spans: Vec<_> = problems.iter().map(|problem| problem.span.clone()).collect();
    let pointers = wiremock::pointers(text, syntax, &spans);
    let source = Source::new(text);
    problems
        .into_iter()
        .zip(pointers)
        .map(|(problem, pointer)| Located { pointer, ..source.locate(path, problem) })
        .collect()
}

/// The offset, or the start of the character that it lies in.
fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(text: &str, span: std::ops::Range<usize>, hint: Option<&str>) -> Located {
        let message = "unknown matcher `equalsTo`".to_owned();
        let hint = hint.map(str::to_owned);
        let problem = Problem { rule: rule::UNKNOWN_KEY, message, span, hint };
        Source::new(text).locate(Path::new("stubs/mappings/a.json"), problem)
    }

    #[test]
    fn shows_the_line_and_a_caret() {
        let text = "{\n  \"request\": {\n    \"equalsTo\": \"é\"\n";
        let located = locate(text, 21..31, Some("did you mean `equalTo`?"));
        assert_eq!(
            located.render(false),
            "error: unknown matcher `equalsTo`\n  ┌ stubs/mappings/a.json:3:5\n  │\n\
             3 │     \"equalsTo\": \"é\"\n  │     ^^^^^^^^^^ did you mean `equalTo`?\n  └\n"
        );
        assert_eq!(
            located.to_string(),
            "stubs/mappings/a.json:3:5: unknown matcher `equalsTo` (did you mean `equalTo`?)"
        );
        let colored = located.render(true);
        assert!(colored.contains("\u{1b}["), "{colored:?}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), located.render(false));
    }

    #[test]
    fn columns_count_characters_and_tabs_keep_the_caret_below() {
        let located = locate("\t\"é\" x", 6..7, None);
        let place = located.place.clone().unwrap();
        assert_eq!((place.line, place.column, place.width), (1, 6, 1));
        let shown = located.render(false);
        let lines: Vec<&str> = shown.lines().collect();
        let column = |line: &str, c| line.chars().position(|other| other == c);
        assert_eq!(column(lines[3], 'x'), column(lines[4], '^'));
    }

    #[test]
    fn of_a_long_line_the_part_around_is_shown() {
        let text = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let place = locate(&text, 500..501, None).place.unwrap();
        assert_eq!(place.column, 501);
        assert!(place.source.starts_with("…aaa") && place.source.ends_with("bbb…"));
        assert_eq!(place.source.chars().nth(place.caret), Some('X'));
        assert!(place.source.chars().count() <= MAX_SHOWN + 2);
    }

    #[test]
    fn the_end_of_the_text_is_a_place() {
        for (text, line, column) in [("", 1, 1), ("{", 1, 2), ("{\n", 2, 1), ("{\r\n", 2, 1)] {
            let place = locate(text, text.len()..text.len(), None).place.unwrap();
            assert_eq!((place.line, place.column, place.width), (line, column, 1), "{text:?}");
        }
        let place = locate("{\n  \"a\": {\n}", 9..12, None).place.unwrap();
        assert_eq!((place.line, place.column, place.width), (2, 8, 1));
    }

    #[test]
    fn a_mistake_of_a_whole_file_names_it() {
        let path = Path::new("stubs/a.json");
        let located = Located::whole_file(path, "cannot read it", Some("do this".to_owned()));
        assert_eq!(located.render(false), "error: cannot read it\n  ┌ stubs/a.json\n  └ do this\n");
        assert_eq!(located.to_string(), "stubs/a.json: cannot read it (do this)");
    }
}
