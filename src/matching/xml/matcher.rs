//! `equalToXml`, compiled.

use std::ops::ControlFlow;

use super::{
    compare::{Comparer, Outcome, Stop},
    describe::describe,
    pairs::Order,
    placeholder::Placeholders,
};
use crate::{
    codec::xml::Document,
    model::{NamespaceAwareness, XmlComparison, XmlPattern},
};

/// An expected document: as WireMock 3 has XMLUnit compare it, but that documents with text beside
/// elements are compared too, where the reference server fails and so matches nothing.
#[derive(Clone, Debug)]
pub struct XmlMatcher {
    expected: Document,
    awareness: NamespaceAwareness,
    exempted: Vec<XmlComparison>,
    placeholders: Option<Placeholders>,
    ignores_order: bool,
}

impl XmlMatcher {
    /// Compiles `pattern`.
    ///
    /// # Errors
    ///
    /// The expected text is no XML, or a delimiter of placeholders is no regular expression. The
    /// reference server refuses such a mapping too.
    pub fn compile(pattern: &XmlPattern) -> Result<Self, String> {
        let awareness = pattern.namespaces.unwrap_or(NamespaceAwareness::Strict);
        let expected = read(&pattern.expected, awareness)?;
        let placeholders = pattern
            .placeholders
            .unwrap_or_default()
            .then(|| Placeholders::compile(pattern.opening.as_deref(), pattern.closing.as_deref()))
            .transpose()?;
        Ok(Self {
            expected,
            awareness,
            exempted: pattern.exempted.clone(),
            placeholders,
            ignores_order: pattern.ignore_order_of_same_node == Some(true),
        })
    }

    /// Whether `text` is XML that equals what is expected.
    pub fn is_match(&self, text: &str) -> bool {
        let Ok(actual) = read(text, self.awareness) else { return false };
        self.comparer(&actual, self.order()).run(&mut |outcome| stop_unless_equal(outcome)).is_ok()
    }

    /// The first difference in words, `None` when there is none.
    pub fn explain(&self, text: &str) -> Option<String> {
        let actual = match read(text, self.awareness) {
            Ok(actual) => actual,
            Err(error) => return Some(format!("it is no XML: {error}")),
        };
        let mut words = None;
        let ended = self.comparer(&actual, self.order()).run(&mut |outcome| {
            if !outcome.is_equal {
                words = Some(describe(&self.expected, outcome));
            }
            stop_unless_equal(outcome)
        });
        match ended {
            Err(Stop::Misused) => {
                Some("a placeholder in the expected XML cannot be understood".to_owned())
            }
            Ok(()) | Err(Stop::Enough) => words,
        }
    }

    /// How much of the expected document is other in `text`: 0 for nothing, 1 for all. Children
    /// are compared as they stand, so that a match may be at some distance, as in WireMock.
    pub fn distance(&self, text: &str) -> f64 {
        let Ok(actual) = read(text, self.awareness) else { return 1.0 };
        let (mut n_compared, mut n_different) = (0_u32, 0_u32);
        let ended = self.comparer(&actual, Order::Document).run(&mut |outcome| {
            n_compared += 1;
            n_different += u32::from(!outcome.is_equal);
            ControlFlow::Continue(())
        });
        match ended {
            Err(_) => 1.0,
            Ok(()) => f64::from(n_different) / f64::from(n_compared.max(1)),
        }
    }

    const fn order(&self) -> Order {
        if self.ignores_order { Order::NameAndText } else { Order::Name }
    }

    fn comparer<'c>(&'c self, actual: &'c Document, order: Order) -> Comparer<'c> {
        Comparer {
            expected: &self.expected,
            actual,
            awareness: self.awareness,
            exempted: &self.exempted,
            placeholders: self.placeholders.as_ref(),
            order,
        }
    }
}

const fn stop_unless_equal(outcome: &Outcome<'_>) -> ControlFlow<()> {
    if outcome.is_equal { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

fn read(text: &str, awareness: NamespaceAwareness) -> Result<Document, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    if awareness == NamespaceAwareness::Strict {
        document.check_namespaces().map_err(|error| error.to_string())?;
    }
    Ok(document.stripped())
}
