//! Any target and body: sanitising twice is sanitising once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::redaction::Redactor;

fuzz_target!(|text: &str| {
    let redactor = Redactor::new(b"key");
    let once = redactor.target(text).into_owned();
    assert_eq!(redactor.target(&once), once);
    let once = redactor.header("authorization", text).into_owned();
    assert_eq!(redactor.header("authorization", &once), once);
});
