//! Codings of texts: `base64`, `urlEncode`, and forms (`formData`) of WireMock.

use std::sync::Arc;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    args::{Result, arg, args, block_or_context, failure, is_set, printed},
    text::java_trim,
};
use crate::render::template::{Call, Value};

const WITH_PADDING: GeneralPurpose = engine(true);
const WITHOUT_PADDING: GeneralPurpose = engine(false);

const fn engine(padding: bool) -> GeneralPurpose {
    GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_encode_padding(padding)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    )
}

/// `base64`: `decode=true`, `padding=false`, a block too.
pub(super) fn base64(call: &mut Call<'_, '_>) -> Result {
    let text = block_or_context(call)?;
    if is_set(call, "decode") {
        let bytes = WITH_PADDING
            .decode(text.as_bytes())
            .map_err(|error| failure(call, format!("it is no base64: {error}")))?;
        return Ok(Value::text(String::from_utf8_lossy(&bytes).into_owned()));
    }
    let pads = call.hash("padding").is_none_or(|value| matches!(value, Value::Bool(true)));
    let engine = if pads { WITH_PADDING } else { WITHOUT_PADDING };
    Ok(Value::text(engine.encode(text.as_bytes())))
}

/// How characters become bytes in percent-coding.
#[derive(Clone, Copy)]
enum Charset {
    Latin1,
    Utf8,
}

fn charset(call: &Call<'_, '_>) -> Result<Charset> {
    let Some(name) = call.hash("encoding").and_then(Value::to_text) else {
        return Ok(Charset::Utf8);
    };
    match name.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => Ok(Charset::Utf8),
        "iso-8859-1" | "iso8859-1" | "latin1" | "us-ascii" | "ascii" => Ok(Charset::Latin1),
        _ => Err(failure(
            call,
            format!("`{name}` is no encoding that it knows, expected `utf-8` or `iso-8859-1`"),
        )),
    }
}

/// `urlEncode`: as forms are coded, so a space is `+`; `decode=true` undoes it.
pub(super) fn url_encode(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let text = printed(call, &context)?;
    let charset = charset(call)?;
    if is_set(call, "decode") {
        return Ok(Value::text(url_decoded(call, &text, charset)?));
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => out.push('+'),
            '*' | '-' | '.' | '_' => out.push(c),
            _ if c.is_ascii_alphanumeric() => out.push(c),
            _ => {
                let (mut utf8, latin1);
                let bytes: &[u8] = match charset {
                    Charset::Utf8 => {
                        utf8 = [0; 4];
                        c.encode_utf8(&mut utf8).as_bytes()
                    }
                    Charset::Latin1 => {
                        latin1 = [u8::try_from(u32::from(c)).unwrap_or(b'?')];
                        &latin1
                    }
                };
                for byte in bytes {
                    out.push('%');
                    out.push(hex(byte >> 4));
                    out.push(hex(byte & 15));
                }
            }
        }
    }
    Ok(Value::text(out))
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase()
}

fn url_decoded(call: &Call<'_, '_>, text: &str, charset: Charset) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
                let byte = digits
                    .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                    .ok_or_else(|| failure(call, "a `%` without two hexadecimal digits follows"))?;
                bytes.push(byte);
                rest = rest.get(2..).unwrap_or_default();
            }
            other => bytes.push(other),
        }
    }
    Ok(match charset {
        Charset::Utf8 => String::from_utf8_lossy(&bytes).into_owned(),
        Charset::Latin1 => bytes.into_iter().map(char::from).collect(),
    })
}

/// `formData`: the fields of a form by name, kept under a name if one is given. A field without value
/// is left out, and values stay coded unless `urlDecode=true`, as in WireMock.
pub(super) fn form_data(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let text = printed(call, &context)?;
    let decode = is_set(call, "urlDecode");
    let charset = charset(call)?;
    let mut fields: Vec<(String, Vec<Arc<str>>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for field in text.split('&') {
        let mut parts = field.split('=');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        // Java's `split` drops empty parts at the end, so `b=` has no value.
        if value.is_empty() && parts.all(str::is_empty) {
            continue;
        }
        let value = java_trim(value);
        let value: Arc<str> =
            if decode { url_decoded(call, value, charset)?.into() } else { value.into() };
        let at = *places.entry(name).or_insert_with(|| {
            fields.push((name.to_owned(), Vec::new()));
            fields.len() - 1
        });
        if let Some((_, values)) = fields.get_mut(at) {
            values.push(value);
        }
    }
    let map = Value::map(
        fields.into_iter().map(|(name, values)| (name, Value::Multi(Arc::new(values)))).collect(),
    );
    if args(call).is_empty() {
        return Ok(map);
    }
    let name = printed(call, arg(call, 0))?;
    call.assign(&name, map);
    Ok(Value::Null)
}
