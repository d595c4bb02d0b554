//! The public face of a compiled expression.

use super::{
    ast::Path, error::JsonPathError, evaluation::Evaluation, found::Found, location::Location,
    never, parser,
};
use crate::model::Json;

/// A compiled JSONPath expression (Jayway's dialect).
#[derive(Clone, Debug)]
pub struct JsonPath {
    path: Path,
    source: String,
}

impl JsonPath {
    /// Compiles an expression; without a leading `$` it starts at the root all the same.
    ///
    /// # Errors
    ///
    /// Where it is not JSONPath, what was expected there and a way out.
    pub fn compile(expression: &str) -> Result<Self, JsonPathError> {
        let path = parser::parse(expression)?;
        Ok(Self { path, source: expression.to_owned() })
    }

    /// The expression as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it leads to at most one value, so that a result is that value and not a list.
    pub fn is_definite(&self) -> bool {
        self.path.is_definite()
    }

    /// Its steps.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it leads to in a document.
    pub fn find<'j>(&self, root: &'j Json) -> Found<'j> {
        let mut evaluation = Evaluation::new(root);
        evaluation.value_of(&self.path, root, false)
    }

    /// As [`Self::find`], but a last property that an object lacks is null, as in templates: of
    /// `[{"b":1},{}]`, `$[*].b` is `[1,null]`.
    pub fn find_or_null<'j>(&self, root: &'j Json) -> Found<'j> {
        let mut evaluation = Evaluation::new(root);
        evaluation.value_of(&self.path, root, true)
    }

    /// Where the values that it leads to stand, to change or remove them; none for what a
    /// function computes, nor when the evaluation fails.
    pub fn locate(&self, root: &Json) -> Vec<Location> {
        let mut evaluation = Evaluation::new(root);
        evaluation.locations_of(&self.path, root).unwrap_or_default()
    }

    /// Why no document whatever gives this expression a result; `None` when one may.
    pub fn never_matches(&self) -> Option<String> {
        never::reason(&self.path)
    }
}
