//! Any bytes as the lines of a tape, behind a header that is right: what reads is given, the rest is
//! said, and nothing panics.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use ringer::library::tape;

const HEADER: &str = concat!(
    r#"{"tape":"ringer","version":1,"service":"api","started":"2026-11-23T06:40:12Z","upstream":""}"#,
    "\n"
);

fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("tape.jsonl");
    if fs::write(&path, [HEADER.as_bytes(), bytes].concat()).is_ok() {
        let _ = tape::read(&path);
    }
});
