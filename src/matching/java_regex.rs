//! Java's syntax of regular expressions (`java.util.regex.Pattern`) in that of the Rust engines.
//!
//! What Java refuses is refused, with the place where its author sees it and a way out.

use super::{
    java_class,
    java_escape::{self, Escape},
    regex_mistake::Places,
    scan::Scanner,
};

/// A pattern in Rust's syntax.
pub(super) struct Translated {
    pub(super) pattern: String,
    /// It has what the linear-time engine lacks or reads otherwise.
    pub(super) needs_backtracking: bool,
    pub(super) places: Places,
}

/// What stands before the place that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing that could be repeated.
    Nothing,
    Atom,
    /// A repetition that `+` or `?` may follow.
    Repetition,
    /// A repetition that is complete.
    Repeated,
}

struct Group {
    opened_at: usize,
    /// Of what encloses it.
    flags: Flags,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    /// `x`: blanks and comments are none of the pattern.
    comments: bool,
    /// `U`: classes are those of Unicode.
    unicode: bool,
}

struct Translator<'p> {
    chars: Scanner<'p>,
    out: String,
    places: Places,
    needs_backtracking: bool,
    before: Before,
    flags: Flags,
    groups: Vec<Group>,
    names: Vec<String>,
    n_captures: usize,
}

/// Translates a pattern.
///
/// # Errors
///
/// What is wrong with it, for a person.
pub(super) fn translate(pattern: &str) -> Result<Translated, String> {
    let mut translator = Translator {
        chars: Scanner::new(pattern),
        out: String::with_capacity(pattern.len() + 16),
        places: Places::default(),
        needs_backtracking: false,
        before: Before::Nothing,
        flags: Flags::default(),
        groups: Vec::new(),
        names: Vec::new(),
        n_captures: 0,
    };
    translator.run()?;
    if let Some(open) = translator.groups.last() {
        return Err(format!(
            "the group that opens at character {} is never closed; add `)`, or write `\\(` for the character itself",
            open.opened_at
        ));
    }
    let Translator { out: pattern, needs_backtracking, places, .. } = translator;
    Ok(Translated { pattern, needs_backtracking, places })
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.chars.next() {
            let at = self.chars.place();
            self.places.origins.push((self.out.len(), at));
            match c {
                ' ' | '\t'..='\r' if self.flags.comments => {}
                '#' if self.flags.comments => while self.chars.next_if(|c| c != '\n').is_some() {},
                '\\' => self.escape(at)?,
                '[' => {
                    let class = java_class::class(
                        &mut self.chars,
                        self.flags.comments,
                        self.flags.unicode,
                    )?;
                    self.atom(&class);
                }
                '(' => self.open_group(at)?,
                ')' => {
                    let group = self.groups.pop().ok_or_else(|| {
                        format!(
                            "the `)` at character {at} closes no group; write `\\)` for the character itself"
                        )
                    })?;
                    self.flags = group.flags;
                    self.atom(")");
                }
                '|' => {
                    self.out.push('|');
                    self.before = Before::Nothing;
                }
                '*' | '+' | '?' => self.repeat(c, at)?,
                '{' => self.count(at)?,
                '^' | '$' | '.' => self.atom(c.encode_utf8(&mut [0; 4])),
                other => {
                    self.before = Before::Atom;
                    push_literal(&mut self.out, other);
                }
            }
        }
        Ok(())
    }

    fn atom(&mut self, text: &str) {
        self.out.push_str(text);
        self.before = Before::Atom;
    }

    fn repeat(&mut self, c: char, at: usize) -> Result<(), String> {
        self.before = match (self.before, c) {
            (Before::Atom, _) => Before::Repetition,
            (Before::Repetition, '+') => {
                self.needs_backtracking = true;
                Before::Repeated
            }
            (Before::Repetition, '?') => Before::Repeated,
            _ => {
                return Err(format!(
                    "there is nothing to repeat before character {at}; write `\\{c}` for the character itself"
                ));
            }
        };
        self.out.push(c);
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}`.
    fn count(&mut self, at: usize) -> Result<(), String> {
        let no_count = || {
            format!(
                "the `{{` at character {at} begins no repetition, as `{{2}}` or `{{2,5}}`; write `\\{{` for the character itself"
            )
        };
        let least = self.chars.digits();
        let has_comma = self.chars.skip_if(',');
        let most = if has_comma { self.chars.digits() } else { String::new() };
        if least.is_empty() || !self.chars.skip_if('}') {
            return Err(no_count());
        }
        let number = |digits: &str| {
            digits.parse::<i32>().map_err(|_| {
                format!("the repetition at character {at} is too large; lower its counts")
            })
        };
        let n_least = number(&least)?;
        if !most.is_empty() && number(&most)? < n_least {
            return Err(format!(
                "the repetition `{{{least},{most}}}` at character {at} runs backwards; swap its ends"
            ));
        }
        // As in Java, one that follows another, or nothing, repeats nothing.
        if self.before == Before::Atom {
            let comma = if has_comma { "," } else { "" };
            self.out.push_str(&format!("{{{least}{comma}{most}}}"));
            self.before = Before::Repetition;
        }
        Ok(())
    }

    fn open_group(&mut self, at: usize) -> Result<(), String> {
        let group = Group { opened_at: at, flags: self.flags };
        if !self.chars.skip_if('?') {
            self.n_captures += 1;
            self.out.push('(');
        } else if let Some(kind) =
            [":", "=", "!", ">", "<=", "<!"].into_iter().find(|kind| self.chars.skip_all(kind))
        {
            self.needs_backtracking |= kind != ":";
            self.out.push_str("(?");
            self.out.push_str(kind);
        } else if self.chars.skip_if('<') {
            let name = self.chars.name('>').ok_or_else(|| {
                format!("a name is missing or not closed at character {at}; write `(?<name>…)`")
            })?;
            if self.names.contains(&name) {
                return Err(format!(
                    "the group `{name}` at character {at} has the name of another; rename one"
                ));
            }
            self.n_captures += 1;
            self.out.push_str(&format!("(?<{name}>"));
            self.names.push(name);
        } else {
            return self.set_flags(group);
        }
        self.groups.push(group);
        self.before = Before::Nothing;
        Ok(())
    }

    /// `(?i-s)`, or `(?i-s:` with a group.
    fn set_flags(&mut self, group: Group) -> Result<(), String> {
        let (mut on, mut off) = (String::new(), String::new());
        let mut is_on = true;
        loop {
            let c = self.chars.next();
            match c {
                Some('-') if is_on => is_on = false,
                Some('x') => self.flags.comments = is_on,
                Some('U') => self.flags.unicode = is_on,
                // Line ends of Unix alone, and letters of Unicode in any case: as it is anyway.
                Some('d' | 'u') => {}
                Some(flag @ ('i' | 'm' | 's')) => {
                    if is_on { &mut on } else { &mut off }.push(flag);
                }
                Some(')' | ':') => {
                    let is_group = c == Some(':');
                    let sign = if off.is_empty() { "" } else { "-" };
                    match (on.is_empty() && off.is_empty(), is_group) {
                        (true, false) => {}
                        (true, true) => self.out.push_str("(?:"),
                        (false, true) => self.out.push_str(&format!("(?{on}{sign}{off}:")),
                        (false, false) => self.out.push_str(&format!("(?{on}{sign}{off})")),
                    }
                    self.before = Before::Nothing;
                    if is_group {
                        self.groups.push(group);
                    }
                    return Ok(());
                }
                Some(other) => {
                    return Err(format!(
                        "unknown flag `{other}` at character {}; the flags are `i`, `m`, `s` and `x`",
                        self.chars.place()
                    ));
                }
                None => {
                    return Err(format!(
                        "the group that opens at character {} is never closed; add `)`, or write `\\(` for the character itself",
                        group.opened_at
                    ));
                }
            }
        }
    }

    fn escape(&mut self, at: usize) -> Result<(), String> {
        match java_escape::read(&mut self.chars, at, self.flags.unicode)? {
            Escape::Char(c) => {
                self.before = Before::Atom;
                push_literal(&mut self.out, c);
            }
            Escape::Class(class) => self.atom(&class),
            Escape::Quote => {
                while let Some(c) = self.chars.quoted() {
                    self.before = Before::Atom;
                    push_literal(&mut self.out, c);
                }
            }
            Escape::Name(name) => {
                if !self.names.contains(&name) {
                    return Err(format!(
                        "a back reference at character {at} names no group; name one that stands before it"
                    ));
                }
                self.needs_backtracking = true;
                self.atom(&format!("(?:\\k<{name}>)"));
            }
            Escape::Number(first) => self.back_reference(first),
            Escape::Letter(letter) => {
                let place = match letter {
                    'A' | 'G' => r"\A",
                    'Z' => r"\n?\z",
                    'z' => r"\z",
                    'b' => r"\b",
                    'B' => r"\B",
                    'R' => r"(?:\r\n|[\n\x0B\x0C\r\u{85}\u{2028}\u{2029}])",
                    'X' => r"(?:\r\n|\P{M}\p{M}*|\p{M}+)",
                    _ => return Err(java_escape::unknown(letter, at)),
                };
                self.atom(place);
            }
        }
        Ok(())
    }

    /// Digits count as long as there are so many groups.
    fn back_reference(&mut self, first: u32) {
        let mut number = first as usize;
        while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(10)) {
            let longer = number * 10 + digit as usize;
            if longer > self.n_captures {
                break;
            }
            number = longer;
            self.chars.next();
        }
        if number > self.n_captures {
            // Java takes it, and it fits nothing.
            return self.atom("[a&&b]");
        }
        self.needs_backtracking = true;
        self.atom(&format!("(?:\\{number})"));
    }
}

/// Writes a character that stands for itself.
pub(super) fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_punctuation() && c != '<' && c != '>' {
        out.push('\\');
    }
    out.push(c);
}
