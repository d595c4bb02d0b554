//! Sockets to answers; the only room that knows hyper's server.
//!
//! May import: behavior, codec, engine, library, matching, model, record, redaction, runtime, store, tls, upstream.
