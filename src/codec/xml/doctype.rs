//! A document type declaration: read over, for it never counts in a comparison, but no entity of
//! it is ever defined. Entities are how a short text becomes gigabytes, or another file's content.

use super::scan::Scanner;

/// Takes what follows `<!DOCTYPE`, up to and with its `>`.
///
/// # Errors
///
/// What is wrong; the scanner stands at it.
pub fn skip(scan: &mut Scanner<'_>) -> Result<(), &'static str> {
    const UNENDED: &str = "the `<!DOCTYPE` does not end; expected `>`";
    if !scan.spaces() || scan.name().is_none() {
        return Err("expected a name after `<!DOCTYPE`");
    }
    scan.spaces();
    let is_public = scan.take("PUBLIC");
    if is_public || scan.take("SYSTEM") {
        for _ in 0..=u8::from(is_public) {
            scan.spaces();
            scan.quoted().ok_or("expected a quoted identifier in `<!DOCTYPE`")?;
        }
        scan.spaces();
    }
    if scan.take("[") {
        subset(scan)?;
        scan.spaces();
    }
    if scan.take(">") { Ok(()) } else { Err(UNENDED) }
}

/// Takes an internal subset and its `]`.
fn subset(scan: &mut Scanner<'_>) -> Result<(), &'static str> {
    const UNENDED: &str = "the declarations in `<!DOCTYPE` do not end; expected `]`";
    loop {
        scan.spaces();
        if scan.take("]") {
            return Ok(());
        }
        if scan.rest().starts_with("<!ENTITY") || scan.rest().starts_with('%') {
            return Err("entities are not read; write their text where they are used");
        }
        let taken = if scan.take("<!--") {
            scan.until("-->").is_some()
        } else if scan.take("<?") {
            scan.until("?>").is_some()
        } else if scan.take("<!") {
            declaration(scan)
        } else {
            false
        };
        if !taken {
            return Err(UNENDED);
        }
    }
}

/// Takes a declaration to its `>`, which may also stand in its quotes.
fn declaration(scan: &mut Scanner<'_>) -> bool {
    loop {
        scan.take_while(|c| !matches!(c, '>' | '"' | '\''));
        if scan.take(">") {
            return true;
        }
        if scan.quoted().is_none() {
            return false;
        }
    }
}
