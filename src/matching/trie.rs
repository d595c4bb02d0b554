//! Finds the stubs of path templates, and of expressions that begin with a text, by a request's path.

use super::{
    hash::{self, ByHash},
    path::PathTemplate,
    places::{Places, Stubs},
};

/// Lists of stubs by what the segments of their paths must be.
#[derive(Clone, Debug, Default)]
pub(super) struct PathTrie {
    /// The first is the root; there is none without stubs.
    nodes: Box<[Node]>,
    /// From a node by a literal segment, by the hash of both.
    literals: ByHash<u32>,
    lists: Box<[Places]>,
}

/// No node, no list.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Node {
    /// The node behind a variable.
    variable: u32,
    /// Whether a literal segment leads on from here.
    has_literals: bool,
    /// Stubs whose template ends here.
    ends: u32,
    /// Stubs for any path that leads through here.
    heads: u32,
}

const LEAF: Node = Node { variable: NONE, has_literals: false, ends: NONE, heads: NONE };

/// A trie to which stubs are added.
#[derive(Debug, Default)]
pub(super) struct TrieBuilder {
    nodes: Vec<Node>,
    literals: ByHash<u32>,
    /// Node and stub.
    ends: Vec<(u32, u32)>,
    heads: Vec<(u32, u32)>,
}

impl TrieBuilder {
    /// Adds a stub whose path must fit a template.
    pub(super) fn insert_template(&mut self, template: &PathTemplate, stub: u32) {
        let segments = template.segments();
        if template.has_wildcard() {
            // What follows the first variable can be anything and of any length.
            let head: Vec<_> = segments.iter().copied().take_while(Option::is_some).collect();
            let head = head.get(..head.len().min(segments.len() - 1)).unwrap_or_default();
            let node = self.node(head);
            self.heads.push((node, stub));
        } else {
            let node = self.node(&segments);
            self.ends.push((node, stub));
        }
    }

    /// Adds a stub whose path must begin with a text; only whole segments of it are looked at.
    pub(super) fn insert_head(&mut self, head: &str, stub: u32) {
        let mut segments: Vec<_> = head.split('/').map(Some).collect();
        segments.pop();
        let node = self.node(&segments);
        self.heads.push((node, stub));
    }

    fn node(&mut self, segments: &[Option<&str>]) -> u32 {
        if self.nodes.is_empty() {
            self.nodes.push(LEAF);
        }
        let mut at = 0;
        for segment in segments {
            let next = self.nodes.len() as u32;
            // `at` is always an index that was handed out below.
            let Some(node) = self.nodes.get_mut(at as usize) else { break };
            at = match segment {
                Some(text) => {
                    node.has_literals = true;
                    *self.literals.entry(step(at, text)).or_insert(next)
                }
                None => {
                    if node.variable == NONE {
                        node.variable = next;
                    }
                    node.variable
                }
            };
            if at == next {
                self.nodes.push(LEAF);
            }
        }
        at
    }

    /// The trie of all that was added.
    pub(super) fn build(mut self, stubs: &impl Stubs) -> PathTrie {
        let mut lists = Vec::new();
        let ends = by_node(self.ends, stubs, &mut lists);
        let heads = by_node(self.heads, stubs, &mut lists);
        for (node, list) in ends {
            if let Some(node) = self.nodes.get_mut(node as usize) {
                node.ends = list;
            }
        }
        for (node, list) in heads {
            if let Some(node) = self.nodes.get_mut(node as usize) {
                node.heads = list;
            }
        }
        self.literals.shrink_to_fit();
        PathTrie { nodes: self.nodes.into(), literals: self.literals, lists: lists.into() }
    }
}

/// The hash of a step from a node.
fn step(node: u32, segment: &str) -> u64 {
    hash::joined(hash::of(segment.as_bytes()), u64::from(node))
}

/// Adds the lists of stubs of each node, and gives their numbers.
fn by_node(
    mut stubs_of: Vec<(u32, u32)>,
    stubs: &impl Stubs,
    lists: &mut Vec<Places>,
) -> Vec<(u32, u32)> {
    stubs_of.sort_unstable();
    let same = stubs_of.chunk_by(|(a, _), (b, _)| a == b);
    same.filter_map(|same| {
        let places: Vec<u32> = same.iter().map(|(_, place)| *place).collect();
        let (node, _) = same.first()?;
        lists.push(Places::of(&places, stubs)?);
        Some((*node, lists.len() as u32 - 1))
    })
    .collect()
}

impl PathTrie {
    /// Gives the lists of all stubs that the path may fit.
    pub(super) fn each<'i>(&'i self, path: &str, give: &mut impl FnMut(&'i Places)) {
        if !self.nodes.is_empty() {
            self.descend(0, Some(path), give);
        }
    }

    fn give<'i>(&'i self, list: u32, give: &mut impl FnMut(&'i Places)) {
        if list != NONE
            && let Some(places) = self.lists.get(list as usize)
        {
            give(places);
        }
    }

    /// Goes on with the literal, and into the variable; templates bound how deep that may be.
    fn descend<'i>(
        &'i self,
        mut at: u32,
        mut rest: Option<&str>,
        give: &mut impl FnMut(&'i Places),
    ) {
        while let Some(node) = self.nodes.get(at as usize) {
            self.give(node.heads, give);
            let Some(path) = rest else { return self.give(node.ends, give) };
            if !node.has_literals && node.variable == NONE {
                return;
            }
            let (segment, after) = match memchr::memchr(b'/', path.as_bytes()) {
                Some(end) => (path.get(..end).unwrap_or_default(), path.get(end + 1..)),
                None => (path, None),
            };
            if node.variable != NONE && !segment.is_empty() {
                if !node.has_literals {
                    (at, rest) = (node.variable, after);
                    continue;
                }
                self.descend(node.variable, after, give);
            }
            match self.literals.get(&step(at, segment)) {
                Some(next) => (at, rest) = (*next, after),
                None => return,
            }
        }
    }
}
