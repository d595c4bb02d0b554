//! Finds the stubs that a request may match without looking at the others.
//!
//! ```text
//!                     ┌ exact path or path and query → hash, then method
//! URL pattern, once ──┼ template                     → trie of segments
//!                     ├ expression with a head       → the same trie, at the head's last segment
//!                     └ any                          → one list
//! ```
//!
//! Stubs are numbered in the order in which they go; every list holds numbers in that order, and a
//! request merges the few lists that apply. Nothing is sorted per request, no pattern is evaluated.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use super::{path::PathTrie, request::CompiledRequest, url::UrlKey};
use crate::model::MethodPattern;

/// A stub as the index sees it.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// Lower goes first.
    pub priority: u32,
    /// At equal priority, higher goes first.
    pub insertion: u64,
    /// Which requests it answers.
    pub request: Arc<CompiledRequest>,
    /// What the index carries for its user.
    pub item: T,
}

/// Stubs by what their URLs must be; built once, then only read.
#[derive(Clone, Debug)]
pub struct StubIndex<T> {
    /// In the order in which they go; lists hold places in here.
    entries: Vec<Entry<T>>,
    paths: HashMap<Box<str>, ByMethod>,
    urls: HashMap<Box<str>, ByMethod>,
    trie: PathTrie,
    any: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct ByMethod {
    any: Vec<u32>,
    get_or_head: Vec<u32>,
    one: Vec<(Box<str>, Vec<u32>)>,
}

impl<T> StubIndex<T> {
    /// Sorts the stubs into their places.
    pub fn build(mut entries: Vec<Entry<T>>) -> Self {
        entries.sort_by_key(|entry| (entry.priority, Reverse(entry.insertion)));
        let mut paths: HashMap<Box<str>, ByMethod> = HashMap::new();
        let mut urls: HashMap<Box<str>, ByMethod> = HashMap::new();
        let mut trie = PathTrie::default();
        let mut any = Vec::new();
        for (entry, place) in entries.iter().zip(0..) {
            match entry.request.url_key() {
                UrlKey::Any => any.push(place),
                UrlKey::Head(head) => trie.insert_head(&head, place),
                UrlKey::Path(path) => {
                    paths.entry(path.into()).or_default().push(entry.request.method(), place);
                }
                UrlKey::PathAndQuery(url) => {
                    urls.entry(url.into()).or_default().push(entry.request.method(), place);
                }
                UrlKey::Template(template) => trie.insert_template(template, place),
            }
        }
        Self { entries, paths, urls, trie, any }
    }

    /// The stubs that a request may match, in the order in which they go: priority ascending, newest
    /// first. Each still has to be asked.
    pub fn candidates(&self, method: &str, path: &str, path_and_query: &str) -> Candidates<'_, T> {
        let mut lists = Vec::new();
        if let Some(by_method) = self.paths.get(path) {
            by_method.collect(method, &mut lists);
        }
        let url = path_and_query.strip_suffix('?').filter(|url| url.len() == path.len());
        if let Some(by_method) = self.urls.get(url.unwrap_or(path_and_query)) {
            by_method.collect(method, &mut lists);
        }
        self.trie.collect(path, &mut lists);
        if !self.any.is_empty() {
            lists.push(&self.any);
        }
        Candidates { entries: &self.entries, lists }
    }

    /// All stubs, in the order in which they go.
    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    /// How many stubs there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl ByMethod {
    fn push(&mut self, method: &MethodPattern, place: u32) {
        let list = match method {
            MethodPattern::Any | MethodPattern::OneOf(_) | MethodPattern::NoneOf(_) => {
                &mut self.any
            }
            MethodPattern::GetOrHead => &mut self.get_or_head,
            MethodPattern::Is(method) => {
                match self.one.iter().position(|(known, _)| **known == **method) {
                    Some(at) => &mut self.one[at].1,
                    None => {
                        let last = self.one.len();
                        self.one.push((method.as_str().into(), Vec::new()));
                        &mut self.one[last].1
                    }
                }
            }
        };
        list.push(place);
    }

    fn collect<'i>(&'i self, method: &str, lists: &mut Vec<&'i [u32]>) {
        let one = self.one.iter().filter(|(known, _)| {
            **known == *method
                || known.eq_ignore_ascii_case(method)
                    && MethodPattern::Is(known.to_string()).accepts(method)
        });
        let get_or_head = MethodPattern::GetOrHead.accepts(method).then_some(&self.get_or_head);
        lists.extend(
            one.map(|(_, list)| list)
                .chain(get_or_head)
                .chain(Some(&self.any))
                .filter(|list| !list.is_empty())
                .map(Vec::as_slice),
        );
    }
}

/// The stubs that a request may match, in order; made by [`StubIndex::candidates`].
#[derive(Debug)]
pub struct Candidates<'i, T> {
    entries: &'i [Entry<T>],
    /// What is left of each list; none is empty.
    lists: Vec<&'i [u32]>,
}

impl<'i, T> Iterator for Candidates<'i, T> {
    type Item = &'i Entry<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let (at, _) = self.lists.iter().enumerate().min_by_key(|(_, list)| list.first())?;
        let list = self.lists.get_mut(at)?;
        let (&place, rest) = list.split_first()?;
        if rest.is_empty() {
            self.lists.swap_remove(at);
        } else {
            *list = rest;
        }
        self.entries.get(place as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::{super::testing::request, *};
    use crate::{
        codec::view::RequestView,
        model::{RequestPattern, UrlPattern},
    };

    fn entry(item: usize, priority: u32, method: MethodPattern, url: UrlPattern) -> Entry<usize> {
        let pattern = RequestPattern { method, url, ..RequestPattern::default() };
        let request = Arc::new(CompiledRequest::compile(&pattern).unwrap());
        Entry { priority, insertion: item as u64, request, item }
    }

    fn matching(index: &StubIndex<usize>, line: &str) -> Vec<usize> {
        let request = request(line, &[], b"");
        let view = RequestView::new(&request);
        index
            .candidates(view.method(), view.path(), request.target.as_str())
            .filter(|entry| entry.request.matches(&view))
            .map(|entry| entry.item)
            .collect()
    }

    fn any_url() -> impl Strategy<Value = UrlPattern> {
        let path = || "(/[ab]{0,2}){1,3}";
        prop_oneof![
            Just(UrlPattern::Any),
            (path(), "(\\?[ab=&]{0,3})?").prop_map(|(path, query)| UrlPattern::Url(path + &query)),
            path().prop_map(UrlPattern::UrlPath),
            "(/([ab]|\\{x\\}|a\\{x\\}|\\*\\*)){1,3}".prop_map(UrlPattern::UrlPathTemplate),
            "\\^?(/([ab]|a\\?|b\\*|\\.|\\.\\*|\\[ab\\]|\\(a\\|b\\)|b\\{2\\}|a\\+)){1,3}(\\||)"
                .prop_map(UrlPattern::UrlPathPattern),
            "(/([ab]|\\.\\*|\\\\Qa\\\\E)){1,3}(\\\\\\?[ab]|\\.\\*|)"
                .prop_map(UrlPattern::UrlPattern),
        ]
    }

    fn any_method() -> impl Strategy<Value = MethodPattern> {
        select(vec![
            MethodPattern::Any,
            MethodPattern::GetOrHead,
            MethodPattern::Is("GET".to_owned()),
            MethodPattern::Is("POST".to_owned()),
            MethodPattern::Is("get".to_owned()),
            MethodPattern::OneOf(vec!["GET".to_owned(), "PUT".to_owned()]),
            MethodPattern::OneOf(Vec::new()),
            MethodPattern::NoneOf(vec!["GET".to_owned()]),
        ])
    }

    proptest! {
        // Compiling the patterns of a case takes its time.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_index_finds_what_a_linear_scan_finds(
            stubs in prop::collection::vec((0u32..3, any_method(), any_url()), 0..25),
            lines in prop::collection::vec(
                "(GET|get|HEAD|POST|PUT) (/[ab]{0,2}){1,3}(\\?[ab=&]{0,3})?", 1..10),
        ) {
            let entries: Vec<_> = stubs
                .into_iter()
                .enumerate()
                .map(|(item, (priority, method, url))| entry(item, priority, method, url))
                .collect();
            let mut linear = entries.clone();
            linear.sort_by_key(|entry| (entry.priority, Reverse(entry.insertion)));
            let index = StubIndex::build(entries);
            for line in lines {
                let request = request(&line, &[], b"");
                let view = RequestView::new(&request);
                let expect: Vec<usize> = linear
                    .iter()
                    .filter(|entry| entry.request.matches(&view))
                    .map(|entry| entry.item)
                    .collect();
                prop_assert_eq!(matching(&index, &line), expect, "{}", line);
            }
        }
    }

    #[test]
    fn newest_stub_wins_at_equal_priority_whatever_its_kind() {
        let any = MethodPattern::Any;
        let index = StubIndex::build(vec![
            entry(0, 5, any.clone(), UrlPattern::UrlPath("/a/b".into())),
            entry(1, 5, any.clone(), UrlPattern::Any),
            entry(2, 1, any.clone(), UrlPattern::UrlPathPattern("/a/.*".into())),
            entry(3, 5, MethodPattern::Is("GET".into()), UrlPattern::Url("/a/b".into())),
            entry(4, 9, any, UrlPattern::UrlPathTemplate("/a/{x}".into())),
        ]);
        assert_eq!(matching(&index, "GET /a/b"), [2, 3, 1, 0, 4]);
        assert_eq!(matching(&index, "GET /a/b?"), [2, 3, 1, 0, 4]);
        assert_eq!(matching(&index, "GET /z"), [1]);
    }

    #[test]
    fn a_request_looks_at_few_of_many_stubs() {
        let stubs = (0..2000).map(|n| {
            let url = match n % 4 {
                0 => UrlPattern::UrlPath(format!("/p/{n}")),
                1 => UrlPattern::Url(format!("/p/{n}?a")),
                2 => UrlPattern::UrlPathTemplate(format!("/p/{n}/{{x}}")),
                _ => UrlPattern::UrlPathPattern(format!("/p/{n}/[0-9]+")),
            };
            entry(n, 5, MethodPattern::Any, url)
        });
        let index = StubIndex::build(stubs.collect());
        for (path, url) in [
            ("/p/1000", "/p/1000"),
            ("/p/1001", "/p/1001?a"),
            ("/p/1002/x", "/p/1002/x"),
            ("/p/1003/7", "/p/1003/7"),
        ] {
            assert_eq!(index.candidates("GET", path, url).count(), 1, "{url}");
        }
    }
}
