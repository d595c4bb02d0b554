//! XML text as a tree, XPath 1.0 over it, and the tree as text again.
//!
//! A reader of its own, because stubs need what a namespace-strict reader refuses or drops: names
//! whose prefix is not declared, CDATA sections kept apart from text, and a bound on all work.
//! May import: nothing.

pub mod axis;
pub mod doctype;
pub mod document;
pub mod error;
pub mod evaluate;
pub mod expression;
pub mod function;
pub mod grammar;
pub mod lexer;
pub mod library;
pub mod never;
pub mod number;
pub mod parser;
pub mod printer;
pub mod reader;

pub mod scan;
pub mod scope;
pub mod strip;
#[cfg(test)]
mod tests;
pub mod value;
pub mod xpath;

pub use document::{Attribute, Document, Kind, Name, NodeId};
pub use error::XmlError;
pub use printer::{compact, pretty};
pub use xpath::{XPath, XPathNode, XPathResult};
