//! XML read and written: `xPath`, `soapXPath`, `formatXml` of WireMock.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;

use super::args::{Format, Result, arg, block_or_text, complaint, failure, format_of};
use crate::{
    codec::xml::{Document, XPath, XPathNode, XPathResult, compact, pretty},
    render::template::{Call, NodeValue, Print, Value},
};

/// How many compiled expressions are kept.
const KEPT: usize = 256;

type Compiled = std::result::Result<Arc<XPath>, String>;

static PATHS: LazyLock<Cache<String, Compiled>> = LazyLock::new(|| Cache::new(KEPT));

fn compiled_path(expression: &str) -> Compiled {
    if let Some(known) = PATHS.get(expression) {
        return known;
    }
    let compiled = XPath::compile(expression, &[]).map(Arc::new).map_err(|error| error.to_string());
    PATHS.insert(expression.to_owned(), compiled.clone());
    compiled
}

/// `xPath`: what an expression finds; prints as the first of it, is a list else.
pub(super) fn x_path(call: &mut Call<'_, '_>) -> Result {
    found(call, "")
}

/// `soapXPath`: the same, from within the body of a SOAP envelope.
pub(super) fn soap_x_path(call: &mut Call<'_, '_>) -> Result {
    found(call, "/Envelope/Body/")
}

fn found(call: &mut Call<'_, '_>, prefix: &str) -> Result {
    let context = call.context();
    let expression = match arg(call, 0) {
        Value::Absent | Value::Null => {
            return Ok(complaint("The XPath expression cannot be empty"));
        }
        Value::Text(expression) => expression,
        other => {
            return Err(failure(
                call,
                format!("its XPath is `{}`, expected one as `/a/b`", other.printed()),
            ));
        }
    };
    let text = context.to_text().unwrap_or_else(|| "null".into());
    let Ok(document) = Document::parse(&text) else {
        return Ok(complaint(format!("{text} is not valid XML")));
    };
    let compiled = match expression.is_empty() {
        false => compiled_path(&format!("{prefix}{expression}")),
        true => Err(String::new()),
    };
    let Ok(path) = compiled else {
        return Ok(complaint(format!("{expression} is not a valid XPath expression")));
    };
    let found = path.evaluate(&document).map_err(|error| failure(call, error.to_string()))?;
    let items = match &found {
        XPathResult::Nodes(nodes) => {
            nodes.iter().map(|node| node_value(call, node)).collect::<Result<Vec<_>>>()?
        }
        single => {
            let shown = single.shown().map_err(|error| failure(call, error.to_string()))?;
            shown.into_iter().map(Value::text).collect()
        }
    };
    Ok(Value::list_printed(items, Print::First))
}

fn node_value(call: &Call<'_, '_>, node: &XPathNode<'_>) -> Result {
    let shown = node.shown().map_err(|error| failure(call, error.to_string()))?;
    let attributes = node.attributes().into_iter();
    Ok(Value::Node(Arc::new(NodeValue {
        name: node.name().into(),
        text: node.text().into(),
        attributes: attributes.map(|(name, value)| (name.to_owned(), value.into())).collect(),
        shown: shown.into(),
    })))
}

/// `formatXml`: a text, or a block that is one, indented or with `format='compact'` on one line.
pub(super) fn format_xml(call: &mut Call<'_, '_>) -> Result {
    let text = block_or_text(call)?;
    if text.trim().is_empty() {
        return Ok(complaint(
            "formatXml should take a block of XML to format or a single parameter of type String",
        ));
    }
    let format = match format_of(call) {
        Ok(format) => format,
        Err(complaint) => return Ok(complaint),
    };
    let Ok(document) = Document::parse(&text) else {
        return Ok(complaint("Input is not valid XML"));
    };
    let written = match format {
        Format::Compact => compact(&document),
        Format::Pretty => pretty(&document),
    };
    Ok(written.map_or_else(|_| complaint("Input is not valid XML"), Value::text))
}
