//! The variants of one method, URL and body, told apart by request headers.
//!
//! Each branch demands something of one header, so no two leaves answer the same request, in
//! whatever order their stubs are tried.

use super::conditions::{Condition, HeaderValues};

/// A header (lower case) and what is demanded of it.
pub(super) type Demand = (String, Condition);

/// A decision tree; its leaves are numbers of variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// Every request that comes here.
    Leaf(usize),
    /// Depends on a header.
    Split {
        /// Its name in lower case.
        header: String,
        /// What it may be and what follows.
        branches: Vec<(Condition, Self)>,
        /// For all else: a stub that was there without a condition on this header.
        otherwise: Option<Box<Self>>,
    },
}

/// Where a request comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// At a variant.
    Variant(usize),
    /// At a header whose branches do not suit; with what a new variant has to demand.
    Nothing(Vec<Demand>),
}

impl Tree {
    /// A tree with one variant that demands these.
    pub(super) fn new(demands: &[Demand], variant: usize) -> Self {
        match demands.split_first() {
            None => Self::Leaf(variant),
            Some(((header, condition), rest)) => Self::Split {
                header: header.clone(),
                branches: vec![(condition.clone(), Self::new(rest, variant))],
                otherwise: None,
            },
        }
    }

    /// Follows a request's headers down.
    pub(super) fn find(&self, headers: &HeaderValues) -> Found {
        let mut demands = Vec::new();
        let mut tree = self;
        loop {
            let (header, branches, otherwise) = match tree {
                Self::Leaf(variant) => return Found::Variant(*variant),
                Self::Split { header, branches, otherwise } => (header, branches, otherwise),
            };
            let values = headers.get(header);
            // A value that is named goes before any value.
            let holding = branches
                .iter()
                .filter(|(condition, _)| condition.holds(values))
                .min_by_key(|(condition, _)| *condition == Condition::Present);
            tree = match (holding, otherwise) {
                (Some((condition, next)), _) => {
                    demands.push((header.clone(), condition.clone()));
                    next
                }
                (None, Some(otherwise)) => otherwise,
                (None, None) => {
                    let is_by_value = branches
                        .iter()
                        .any(|(condition, _)| matches!(condition, Condition::Equal(_)));
                    let condition = match values.map(Vec::as_slice) {
                        Some([value]) if is_by_value => Condition::Equal(value.clone()),
                        _ => Condition::of(header, values),
                    };
                    demands.push((header.clone(), condition));
                    return Found::Nothing(demands);
                }
            };
        }
    }

    /// All its variants.
    pub(super) fn variants(&self) -> Vec<usize> {
        match self {
            Self::Leaf(variant) => vec![*variant],
            Self::Split { branches, otherwise, .. } => branches
                .iter()
                .map(|(_, branch)| branch)
                .chain(otherwise.as_deref())
                .flat_map(Self::variants)
                .collect(),
        }
    }

    /// Adds a variant that demands these; `false` when another one does already.
    pub(super) fn insert(&mut self, demands: &[Demand], variant: usize) -> bool {
        match self {
            Self::Leaf(_) => {
                let Some(((header, condition), rest)) = demands.split_first() else {
                    return false;
                };
                let branch = (condition.clone(), Self::new(rest, variant));
                let leaf = std::mem::replace(self, Self::Leaf(variant));
                *self = Self::Split {
                    header: header.clone(),
                    branches: vec![branch],
                    otherwise: Some(Box::new(leaf)),
                };
                true
            }
            Self::Split { header, branches, otherwise } => {
                let Some(at) = demands.iter().position(|(name, _)| name == header) else {
                    return match otherwise {
                        Some(otherwise) => otherwise.insert(demands, variant),
                        None => {
                            *otherwise = Some(Box::new(Self::new(demands, variant)));
                            true
                        }
                    };
                };
                let mut rest = demands.to_vec();
                let (_, condition) = rest.remove(at);
                match branches.iter_mut().find(|(other, _)| *other == condition) {
                    Some((_, branch)) => branch.insert(&rest, variant),
                    None => {
                        branches.push((condition, Self::new(&rest, variant)));
                        true
                    }
                }
            }
        }
    }

    /// Splits a leaf on a header, between what its requests so far had and what a new one has.
    pub(super) fn split(
        &mut self,
        leaf: usize,
        header: &str,
        before: &Condition,
        after: &Condition,
        new: usize,
    ) -> bool {
        match self {
            Self::Leaf(variant) if *variant == leaf => {
                *self = Self::Split {
                    header: header.to_owned(),
                    branches: vec![
                        (before.clone(), Self::Leaf(leaf)),
                        (after.clone(), Self::Leaf(new)),
                    ],
                    otherwise: None,
                };
                true
            }
            Self::Leaf(_) => false,
            Self::Split { branches, otherwise, .. } => branches
                .iter_mut()
                .map(|(_, branch)| branch)
                .chain(otherwise.as_deref_mut())
                .any(|branch| branch.split(leaf, header, before, after, new)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> HeaderValues {
        fields.iter().map(|&(name, value)| (name.to_owned(), vec![value.to_owned()])).collect()
    }

    fn demand(name: &str, value: Option<&str>) -> Demand {
        let condition = value.map_or(Condition::Absent, |value| Condition::Equal(value.to_owned()));
        (name.to_owned(), condition)
    }

    #[test]
    fn a_split_leaf_answers_each_side() {
        let mut tree = Tree::Leaf(0);
        let png = Condition::Equal("png".to_owned());
        let jpeg = Condition::Equal("jpeg".to_owned());
        assert!(tree.split(0, "accept", &png, &jpeg, 1));
        assert_eq!(tree.find(&headers(&[("accept", "png")])), Found::Variant(0));
        assert_eq!(tree.find(&headers(&[("accept", "jpeg")])), Found::Variant(1));
        assert_eq!(
            tree.find(&headers(&[("accept", "webp")])),
            Found::Nothing(vec![demand("accept", Some("webp"))])
        );
        assert_eq!(tree.find(&headers(&[])), Found::Nothing(vec![demand("accept", None)]));
        assert!(!tree.split(7, "accept", &png, &jpeg, 8));
    }

    #[test]
    fn a_new_variant_demands_all_that_leads_to_it() {
        let mut tree = Tree::new(&[demand("range", None)], 0);
        let (absent, tag) = (Condition::Absent, Condition::Equal("\"a\"".to_owned()));
        tree.split(0, "if-none-match", &absent, &tag, 1);
        assert_eq!(
            tree.find(&headers(&[("if-none-match", "\"b\"")])),
            Found::Nothing(vec![demand("range", None), demand("if-none-match", Some("\"b\"")),])
        );
    }

    #[test]
    fn stubs_read_in_any_order_give_the_same_answers() {
        let stubs = [
            vec![demand("range", None), demand("if-none-match", None)],
            vec![demand("range", None), demand("if-none-match", Some("\"a\""))],
            vec![demand("range", Some("bytes=0-1"))],
        ];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut tree = Tree::new(&stubs[order[0]], order[0]);
            assert!(tree.insert(&stubs[order[1]], order[1]));
            assert!(tree.insert(&stubs[order[2]], order[2]));
            assert!(!tree.insert(&stubs[0], 9));
            assert_eq!(tree.find(&headers(&[])), Found::Variant(0));
            assert_eq!(tree.find(&headers(&[("if-none-match", "\"a\"")])), Found::Variant(1));
            assert_eq!(tree.find(&headers(&[("range", "bytes=0-1")])), Found::Variant(2));
        }
    }

    #[test]
    fn a_stub_without_the_condition_takes_the_rest() {
        let mut tree = Tree::Leaf(0);
        assert!(tree.insert(&[demand("x-a", Some("1"))], 1));
        assert_eq!(tree.find(&headers(&[("x-a", "1")])), Found::Variant(1));
        assert_eq!(tree.find(&headers(&[("x-a", "2")])), Found::Variant(0));
    }

    #[test]
    fn a_named_value_goes_before_any_value() {
        let mut tree = Tree::new(&[("x-a".to_owned(), Condition::Present)], 0);
        tree.insert(&[demand("x-a", Some("1"))], 1);
        assert_eq!(tree.find(&headers(&[("x-a", "1")])), Found::Variant(1));
        assert_eq!(tree.find(&headers(&[("x-a", "2")])), Found::Variant(0));
    }
}
