//! Texts made to a width (`StringHelpers` of Handlebars.java, on commons-lang).

use super::{
    args::{LONGEST, Result, arg, failure, text_option, whole},
    text::of_text,
};
use crate::render::template::{Call, HelperError};

/// `ljust`: filled up behind.
pub(super) fn ljust(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let (missing, pad) = missing(call, text)?;
        Ok(format!("{text}{}", fill(&pad, missing)))
    })
}

/// `rjust`: filled up in front.
pub(super) fn rjust(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let (missing, pad) = missing(call, text)?;
        Ok(format!("{}{text}", fill(&pad, missing)))
    })
}

/// `center`: filled up on both sides, the longer one behind.
pub(super) fn center(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let (missing, pad) = missing(call, text)?;
        let before = missing / 2;
        Ok(format!("{}{text}{}", fill(&pad, before), fill(&pad, missing - before)))
    })
}

/// How much shorter than `size=` the text is, and what it is filled with.
fn missing(call: &Call<'_, '_>, text: &str) -> Result<(usize, String)> {
    let size = whole(call, "size", call.hash("size"))?
        .ok_or_else(|| failure(call, "`size` is missing, expected a whole number"))?;
    let pad = text_option(call, "pad")?.filter(|pad| !pad.is_empty()).unwrap_or(" ");
    let length = text.encode_utf16().count();
    let missing = usize::try_from(size).unwrap_or(0).saturating_sub(length);
    if missing > LONGEST / 4 {
        return Err(too_wide(call));
    }
    Ok((missing, pad.to_owned()))
}

fn too_wide(call: &Call<'_, '_>) -> HelperError {
    failure(call, format!("`size` exceeds {}", LONGEST / 4))
}

fn fill(pad: &str, width: usize) -> String {
    pad.chars().cycle().take(width).collect()
}

/// `abbreviate`: cut to a width, of which three are the ellipsis.
pub(super) fn abbreviate(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let width = whole(call, "width", Some(arg(call, 0)))?
            .ok_or_else(|| failure(call, "its width is missing, expected a whole number"))?;
        let units: Vec<u16> = text.encode_utf16().collect();
        let width = usize::try_from(width)
            .ok()
            .filter(|width| *width >= 4)
            .ok_or_else(|| failure(call, format!("its width is {width}, expected at least 4")))?;
        if units.len() <= width {
            return Ok(text.to_owned());
        }
        Ok(format!("{}...", String::from_utf16_lossy(units.get(..width - 3).unwrap_or_default())))
    })
}

/// `wordWrap`: lines of at most so many characters; longer words stay whole (`WordUtils.wrap`).
pub(super) fn word_wrap(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let width = whole(call, "length", Some(arg(call, 0)))?
            .ok_or_else(|| failure(call, "its length is missing, expected a whole number"))?;
        Ok(wrap(text, usize::try_from(width).unwrap_or(0).max(1)))
    })
}

fn wrap(text: &str, width: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 16);
    let mut at = 0;
    let push = |out: &mut String, from: usize, to: usize| {
        out.extend(chars.get(from..to).unwrap_or_default());
    };
    while at < chars.len() {
        // A line does not begin with the space that it was broken at.
        if chars.get(at) == Some(&' ') {
            at += 1;
            continue;
        }
        if chars.len() - at <= width {
            break;
        }
        let last = at + width;
        let break_before = (at..=last).rev().find(|place| chars.get(*place) == Some(&' '));
        let break_after = || (last..chars.len()).find(|place| chars.get(*place) == Some(&' '));
        match break_before.or_else(break_after) {
            Some(place) => {
                push(&mut out, at, place);
                out.push('\n');
                at = place + 1;
            }
            None => break,
        }
    }
    push(&mut out, at, chars.len());
    out
}
