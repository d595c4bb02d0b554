//! Any text as a stub file: every mistake has a place in it, and what reads is written and read
//! back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::{format::wiremock, model::StubId};
use uuid::Uuid;

fuzz_target!(|text: &str| {
    let (stubs, problems) = wiremock::read(text, None, |at| StubId(Uuid::from_u128(at as u128)));
    for problem in problems {
        assert!(text.get(problem.span).is_some());
    }
    for stub in stubs {
        let written = wiremock::write(&stub);
        let (again, problems) = wiremock::read(&written, None, |_| stub.id);
        assert!(problems.is_empty(), "{problems:?}\n{written}");
        assert_eq!(again.len(), 1);
        assert_eq!(wiremock::write(&again[0]), written);
    }
});
