//! Any text: reads or says where not; what reads is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::{codec::json, model::JsonStyle};

fuzz_target!(|text: &str| {
    if let Ok(value) = json::parse(text) {
        let written = json::write(&value, JsonStyle::default());
        assert_eq!(json::parse(&written).as_ref(), Ok(&value));
        if let Some(style) = json::style_of(text, &value) {
            assert_eq!(json::write(&value, style), text);
        }
    }
});
