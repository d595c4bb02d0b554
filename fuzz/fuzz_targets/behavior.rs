//! Any text as a document of behaviours, in each syntax and on one line: every mistake has a place in
//! it, and what reads is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::{
    codec::json,
    format::behavior::{self, Language, no_files},
    model::JsonStyle,
};

fuzz_target!(|text: &str| {
    let readings = [
        behavior::read(text, Language::Json, &no_files),
        behavior::read(text, Language::Toml, &no_files),
        behavior::read(text, Language::Yaml, &no_files),
        behavior::read_line(text),
    ];
    for reading in readings {
        match reading {
            Err(problems) => {
                for problem in problems {
                    assert!(text.get(problem.span).is_some());
                }
            }
            Ok(behaviors) => {
                let written = json::write(&behavior::write(&behaviors), JsonStyle::default());
                let again = behavior::read(&written, Language::Json, &no_files);
                assert_eq!(again.as_ref(), Ok(&behaviors), "{written}");
            }
        }
    }
});
