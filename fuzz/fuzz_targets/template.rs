//! Any text: is read as a template or not; what is read renders or says where it failed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::{
    render::{
        Template,
        template::{Env, Value},
    },
    runtime::Seed,
};

fuzz_target!(|text: &str| {
    let Ok(template) = Template::compile(text) else { return };
    let list = Value::list(vec![Value::int(1), Value::text("two"), Value::Null]);
    let model = Value::map(vec![("request".to_owned(), list)]);
    let mut random = Seed(7).draws("", b"", 0);
    let mut env = Env {
        now: Default::default(),
        random: &mut random,
        hostname: "machine",
        system: None,
        state: None,
        keys: None,
    };
    let rendered = template.render(&model, &mut env);
    if !(text.contains("{{") && text.contains("}}")) {
        assert_eq!(rendered.as_deref(), Ok(text));
    }
});
