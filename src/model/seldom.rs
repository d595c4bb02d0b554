//! Parts that few have, and that take no memory of those that have none.

use std::ops::{Deref, DerefMut};

/// What few have: a pointer where there is none of it.
#[derive(Clone, Debug)]
pub struct Seldom<T>(Option<Box<T>>);

impl<T: Absent> Seldom<T> {
    /// What there is of it.
    pub fn into_inner(self) -> T {
        self.0.map_or_else(|| T::absent().clone(), |there| *there)
    }
}

/// A value that says nothing.
pub trait Absent: Clone + PartialEq + 'static {
    /// The one that all share.
    fn absent() -> &'static Self;
}

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Absent> From<T> for Seldom<T> {
    fn from(value: T) -> Self {
        Self((value != *T::absent()).then(|| Box::new(value)))
    }
}

impl<T: Absent> Deref for Seldom<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(there) => there,
            None => T::absent(),
        }
    }
}

impl<T: Absent> DerefMut for Seldom<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_with(|| Box::new(T::absent().clone()))
    }
}

impl<T: Absent> PartialEq for Seldom<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PatternExtras, ResponseExtras};

    #[test]
    fn what_is_absent_is_what_a_default_says() {
        assert_eq!(*PatternExtras::absent(), PatternExtras::default());
        assert_eq!(*ResponseExtras::absent(), ResponseExtras::default());
    }

    #[derive(Clone, Debug, PartialEq)]
    struct Notes(Vec<u8>);

    impl Absent for Notes {
        fn absent() -> &'static Self {
            static ABSENT: Notes = Notes(Vec::new());
            &ABSENT
        }
    }

    #[test]
    fn what_says_nothing_is_equal_to_what_is_not_there() {
        let none = Seldom::<Notes>::default();
        let mut emptied = Seldom::from(Notes(vec![1]));
        assert_ne!(none, emptied);
        emptied.0.as_mut().unwrap().0.clear();
        assert_eq!(none, emptied);
        assert!(Seldom::from(Notes(Vec::new())).0.is_none());
    }

    #[test]
    fn it_comes_when_it_is_changed() {
        let mut notes = Seldom::<Notes>::default();
        assert!((*notes).0.is_empty());
        (*notes).0.push(1);
        assert_eq!(*notes, Notes(vec![1]));
    }
}
