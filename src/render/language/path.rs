//! Paths of templates: `request.query.[x.y]`, `../name`, `@index`. Follows `PathCompiler` of
//! Handlebars.java 4.

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `this` or `.` alone.
    Whole {
        /// Whether it is written as `this`; within block parameters that is another thing than `.`.
        is_this: bool,
    },
    /// `this.` or `./` before further steps.
    This {
        /// Whether it is written as `./`.
        is_dot: bool,
    },
    /// `..` alone.
    WholeParent,
    /// `../`
    Parent,
    /// `@name`
    Data(Name),
    /// `name`
    Property(Name),
    /// `0`, `[1]`
    Index(i32, Name),
}

/// A name as it is written.
pub type Name = Box<str>;

impl Step {
    /// The name that is looked for, without `@`.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Data(name) | Self::Property(name) | Self::Index(_, name) => Some(name),
            _ => None,
        }
    }

    /// Whether a path that begins so is looked for in one scope only.
    pub(super) fn is_local(&self) -> bool {
        !matches!(self, Self::Data(_) | Self::Property(_) | Self::Index(..))
    }
}

/// More steps than a path can use; what exceeds them is cut off.
const MAX_STEPS: usize = 256;

/// The steps of a path. Not empty, unless the text names nothing (`@`).
pub fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            "this" | "." | "./" => {
                steps.push(Step::Whole { is_this: rest == "this" });
                return steps;
            }
            ".." => {
                steps.push(Step::WholeParent);
                return steps;
            }
            _ => {}
        }
        if steps.len() == MAX_STEPS {
            return steps;
        }
        if let Some(after) = rest.strip_prefix("../") {
            steps.push(Step::Parent);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("./") {
            steps.push(Step::This { is_dot: true });
            rest = after;
        } else {
            names(rest, &mut steps);
            return steps;
        }
    }
}

fn names(mut rest: &str, steps: &mut Vec<Step>) {
    let mut is_data = false;
    while !rest.is_empty() && steps.len() < MAX_STEPS {
        if let Some(after) = rest.strip_prefix("../") {
            steps.push(Step::Parent);
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix(['.', '/']) {
            rest = after;
            continue;
        }
        let (name, after) = split_name(rest);
        rest = after;
        match name {
            "this" => steps.push(Step::This { is_dot: false }),
            "@" => is_data = true,
            _ => match name.strip_prefix('@') {
                Some(name) => steps.push(Step::Data(name.into())),
                None => steps.push(named(name, is_data)),
            },
        }
    }
}

fn named(name: &str, is_data: bool) -> Step {
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match bare.parse() {
        Ok(index) => Step::Index(index, bare.into()),
        Err(_) if is_data => Step::Data(bare.into()),
        Err(_) => Step::Property(bare.into()),
    }
}

/// The first name of a path: `[…]`, or all up to the next separator.
fn split_name(rest: &str) -> (&str, &str) {
    let end = match rest.strip_prefix('[').and_then(|inside| inside.find(['[', ']'])) {
        Some(at) if at > 0 && rest.as_bytes().get(at + 1) == Some(&b']') => at + 2,
        _ => rest.find(['.', '/']).unwrap_or(rest.len()),
    };
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str) -> Step {
        Step::Property(name.into())
    }

    #[test]
    fn separators_brackets_and_indices_make_steps() {
        assert_eq!(
            steps("request.query/[x.y].[1].0.first"),
            [
                property("request"),
                property("query"),
                property("x.y"),
                Step::Index(1, "1".into()),
                Step::Index(0, "0".into()),
                property("first")
            ]
        );
        assert_eq!(steps("ids[].1"), [property("ids[]"), Step::Index(1, "1".into())]);
        assert_eq!(steps("a..b."), [property("a"), property("b")]);
    }

    #[test]
    fn parents_this_and_data_are_kept_apart() {
        assert_eq!(
            steps("../../this"),
            [Step::Parent, Step::Parent, Step::Whole { is_this: true }]
        );
        assert_eq!(steps("this.a"), [Step::This { is_dot: false }, property("a")]);
        assert_eq!(steps("./a"), [Step::This { is_dot: true }, property("a")]);
        assert_eq!(steps("@../index"), [Step::Parent, Step::Data("index".into())]);
        assert_eq!(steps("@root.a"), [Step::Data("root".into()), property("a")]);
        assert!(steps("@").is_empty());
    }
}
