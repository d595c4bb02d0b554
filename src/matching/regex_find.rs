//! Java regular expressions that look for their matches in a text, and give the groups of each.

use super::java_regex::translate;
use crate::codec::backtracking::Backtracking;

/// A pattern that finds; unlike [`WholeRegex`](super::regex::WholeRegex), `.` stops at line ends.
#[derive(Clone, Debug)]
pub struct FindRegex {
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Backtracking(Backtracking),
    Linear(regex::Regex),
}

impl FindRegex {
    /// Compiles a pattern in Java's syntax, to fit the `whole` of a text or a part of it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for a person.
    pub fn compile(pattern: &str, whole: bool) -> Result<Self, String> {
        let java = translate(pattern)?;
        let pattern = if whole { format!(r"\A(?:{})\z", java.pattern) } else { java.pattern };
        if !java.needs_backtracking
            && let Ok(engine) = regex::Regex::new(&pattern)
        {
            return Ok(Self { engine: Engine::Linear(engine) });
        }
        Backtracking::compile(&pattern, None)
            .map(|engine| Self { engine: Engine::Backtracking(engine) })
            .map_err(|error| error.to_string())
    }

    /// The groups of each match, the whole match first, until there are `most` of them in all. A group
    /// that took no part is empty. A search that takes too many steps ends there.
    pub fn groups(&self, text: &str, most: usize) -> Vec<Vec<String>> {
        let mut matches: Vec<Vec<String>> = Vec::new();
        let mut count = 0;
        let mut keep = |groups: Vec<String>| {
            count += groups.len();
            matches.push(groups);
            count < most
        };
        let owned = |group: Option<&str>| group.unwrap_or_default().to_owned();
        match &self.engine {
            Engine::Linear(engine) => {
                for found in engine.captures_iter(text) {
                    if !keep(found.iter().map(|group| owned(group.map(|g| g.as_str()))).collect()) {
                        break;
                    }
                }
            }
            Engine::Backtracking(engine) => {
                let mut from = 0;
                while from <= text.len()
                    && let Ok(Some(found)) =
                        engine.attempt(text, |engine| engine.captures_from_pos(text, from))
                {
                    let Some(whole) = found.get(0) else { break };
                    from = match text.get(whole.end()..).and_then(|rest| rest.chars().next()) {
                        Some(next) if whole.start() == whole.end() => whole.end() + next.len_utf8(),
                        None if whole.start() == whole.end() => text.len() + 1,
                        _ => whole.end(),
                    };
                    if !keep(found.iter().map(|group| owned(group.map(|g| g.as_str()))).collect()) {
                        break;
                    }
                }
            }
        }
        matches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_groups_of_all_matches_are_found() {
        let regex = FindRegex::compile("([0-9])([0-9])", false).unwrap();
        assert_eq!(regex.groups("ab12cd34", 99), [["12", "1", "2"], ["34", "3", "4"]]);
        assert_eq!(regex.groups("ab12cd34", 1).len(), 1);
    }

    #[test]
    fn look_around_and_whole_texts_work() {
        let regex = FindRegex::compile("(?<=a)b", false).unwrap();
        assert_eq!(regex.groups("cb ab", 9), [["b"]]);
        let whole = FindRegex::compile("a|b", true).unwrap();
        assert!(whole.groups("ab", 1).is_empty());
        FindRegex::compile("[0-9+", false).unwrap_err();
    }
}
