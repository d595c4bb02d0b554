//! Any text as a path template and as an expression over URLs, against any path: nothing panics or
//! hangs, and the index leaves out no stub that matches.
#![no_main]

use std::sync::Arc;

use http::{HeaderMap, Method};
use libfuzzer_sys::fuzz_target;
use ringer::{
    codec::RequestView,
    matching::{CompiledRequest, Entry, StubIndex},
    model::{Request, RequestBody, RequestPattern, Scheme, UrlPattern},
};

fuzz_target!(|input: (&str, &str)| {
    let (source, target) = input;
    // A request line has a path, or none and is `*`.
    let Ok(target) = format!("/{target}").parse::<http::uri::PathAndQuery>() else { return };
    let request = Request {
        method: Method::GET,
        scheme: Scheme::Http,
        authority: "h".to_owned(),
        target,
        headers: HeaderMap::new(),
        body: RequestBody::Whole(bytes::Bytes::new()),
        client: None,
        received: std::time::UNIX_EPOCH,
    };
    let view = RequestView::new(&request);
    let urls = [
        UrlPattern::Url,
        UrlPattern::UrlPath,
        UrlPattern::UrlPattern,
        UrlPattern::UrlPathPattern,
        UrlPattern::UrlPathTemplate,
    ];
    let entries: Vec<_> = urls
        .into_iter()
        .zip(0..)
        .filter_map(|(url, item)| {
            let pattern = RequestPattern { url: url(source.to_owned()), ..<_>::default() };
            let request = Arc::new(CompiledRequest::compile(&pattern).ok()?);
            Some(Entry { priority: 5, insertion: item, request, item })
        })
        .collect();
    let mut linear: Vec<u64> = entries
        .iter()
        .filter(|entry| entry.request.matches(&view))
        .map(|entry| entry.item)
        .collect();
    linear.reverse();
    let index = StubIndex::build(entries);
    let found: Vec<u64> = index
        .candidates(view.method(), view.path(), view.path_and_query())
        .filter(|entry| entry.request.matches(&view))
        .map(|entry| entry.item)
        .collect();
    assert_eq!(found, linear);
});
