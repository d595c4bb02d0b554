//! The wiring diagram, and the way to embed ringer in a Rust test.
