//! A request as the index looks at it: in one form or two, before its body has come or with it.

use crate::codec::view::RequestView;

/// A request for which stubs are sought.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'v, 'r> {
    first: &'v RequestView<'r>,
    /// Another form of it: what fits either is to be found.
    second: Option<&'v RequestView<'r>>,
    has_body: bool,
}

impl<'v, 'r> Probe<'v, 'r> {
    /// A request whose body is not there yet.
    pub fn of_head(first: &'v RequestView<'r>, second: Option<&'v RequestView<'r>>) -> Self {
        Self { first, second, has_body: false }
    }

    /// A request with its body.
    pub fn of_whole(first: &'v RequestView<'r>, second: Option<&'v RequestView<'r>>) -> Self {
        Self { first, second, has_body: true }
    }

    /// Its forms.
    pub(super) fn views(&self) -> impl Iterator<Item = &'v RequestView<'r>> {
        std::iter::once(self.first).chain(self.second)
    }

    /// The forms of it whose URLs differ.
    pub(super) fn urls(&self) -> impl Iterator<Item = &'v RequestView<'r>> {
        let first = self.first.path_and_query();
        std::iter::once(self.first)
            .chain(self.second.filter(|second| second.path_and_query() != first))
    }

    /// Whether the body is there.
    pub(super) fn has_body(&self) -> bool {
        self.has_body
    }
}
