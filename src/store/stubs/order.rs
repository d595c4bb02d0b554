//! The order of very many stubs, against the rule itself: priority first, then the newer one.

use std::cmp::Reverse;

use http::{HeaderMap, Method, uri::PathAndQuery};
use uuid::Uuid;

use super::*;
use crate::{
    codec::view::RequestView,
    matching::Probe,
    model::{MethodPattern, Request, RequestBody, RequestPattern, Scheme, UrlPattern},
};

const N_STUBS: u64 = 100_000;
const N_REQUESTS: u64 = 200;
/// Names that a segment of a path may have: few, so that most stubs share a path with others.
const N_NAMES: u64 = 24;

/// Draws that are the same in every run (Steele, Lea and Flood, `SplitMix`, 2014).
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What a stub says, in a form that needs no pattern to be compared.
struct Plain {
    priority: u32,
    is_post: Option<bool>,
    /// `None` stands for any name.
    path: [Option<u64>; 3],
    /// `None` looks at no query.
    query: Option<u64>,
    kind: u64,
}

impl Plain {
    fn draw(draws: &mut Draws) -> Self {
        // Expressions take the most time to compile, so they are the fewest.
        let kind = match draws.below(100) {
            0..40 => 0,
            40..65 => 1,
            65..95 => 2,
            drawn => drawn % 3 + 3,
        };
        let any = if kind < 2 { [0, 0, 0] } else { [1, 10, 30] };
        let path = any.map(|percent| {
            let name = draws.below(N_NAMES);
            (draws.below(100) >= percent).then_some(name)
        });
        let is_post = match draws.below(4) {
            0 => None,
            1 => Some(true),
            _ => Some(false),
        };
        let query = (kind == 1).then(|| draws.below(3));
        Self { priority: 1 + u32::try_from(draws.below(9)).unwrap(), is_post, path, query, kind }
    }

    fn url(&self) -> UrlPattern {
        if self.kind == 5 && self.path == [None; 3] {
            return UrlPattern::Any;
        }
        let written = |any: &str| -> String {
            let names = self.path.iter().enumerate();
            names
                .map(|(at, name)| match name {
                    Some(name) => format!("/n{name}"),
                    None => format!("/{}", any.replace('#', &at.to_string())),
                })
                .collect()
        };
        match (self.kind, self.query) {
            (0, _) => UrlPattern::UrlPath(written("")),
            (1, query) => UrlPattern::Url(format!("{}?q={}", written(""), query.unwrap())),
            (2, _) => UrlPattern::UrlPathTemplate(written("{x#}")),
            (3, _) => UrlPattern::UrlPattern(format!("{}(\\?.*)?", written("n[0-9]+"))),
            _ => UrlPattern::UrlPathPattern(written("[^/]+")),
        }
    }

    fn fits(&self, asked: &Asked) -> bool {
        self.is_post.is_none_or(|is_post| is_post == asked.is_post)
            && self.path.iter().zip(asked.path).all(|(own, name)| own.is_none_or(|own| own == name))
            && self.query.is_none_or(|own| Some(own) == asked.query)
    }
}

struct Asked {
    is_post: bool,
    path: [u64; 3],
    query: Option<u64>,
}

impl Asked {
    fn draw(draws: &mut Draws) -> Self {
        let path = [0; 3].map(|_: u8| draws.below(N_NAMES));
        let query = Some(draws.below(6)).filter(|query| *query < 3);
        Self { is_post: draws.below(3) == 0, path, query }
    }

    fn request(&self) -> Request {
        let [a, b, c] = self.path;
        let query = self.query.map(|query| format!("?q={query}")).unwrap_or_default();
        let target: PathAndQuery = format!("/n{a}/n{b}/n{c}{query}").parse().unwrap();
        Request {
            method: if self.is_post { Method::POST } else { Method::GET },
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target,
            headers: HeaderMap::new(),
            body: RequestBody::Whole(bytes::Bytes::new()),
            client: None,
            received: std::time::SystemTime::UNIX_EPOCH,
        }
    }
}

#[test]
fn of_a_hundred_thousand_stubs_each_request_meets_those_of_a_linear_scan_in_order() {
    let mut draws = Draws(7);
    let plain: Vec<Plain> = (0..N_STUBS).map(|_| Plain::draw(&mut draws)).collect();
    let stubs = plain.iter().zip(1_u128..).map(|(plain, id)| {
        let method = plain.is_post.map_or(MethodPattern::Any, |is_post| {
            MethodPattern::Is(if is_post { "POST" } else { "GET" }.to_owned())
        });
        Stub {
            id: StubId(Uuid::from_u128(id)),
            priority: Some(plain.priority),
            request: RequestPattern { method, url: plain.url(), ..RequestPattern::default() },
            ..Stub::default()
        }
    });
    let store = StubStore::default();
    let path = PathBuf::from("stubs.json");
    assert!(store.apply(vec![StubFile { path: path.into(), stubs: stubs.collect() }]).is_empty());
    let set = store.snapshot();
    let mut n_met = 0;
    for _ in 0..N_REQUESTS {
        let asked = Asked::draw(&mut draws);
        let request = asked.request();
        let view = RequestView::new(&request);
        let mut expect: Vec<(u32, Reverse<u128>)> = plain
            .iter()
            .zip(1_u128..)
            .filter(|(plain, _)| plain.fits(&asked))
            .map(|(plain, id)| (plain.priority, Reverse(id)))
            .collect();
        expect.sort_unstable();
        let met: Vec<(u32, Reverse<u128>)> = set
            .candidates(&Probe::of_whole(&view, None))
            .filter(|entry| entry.request.matches(&view))
            .map(|entry| (entry.priority, Reverse(entry.item.stub.id.0.as_u128())))
            .collect();
        n_met += met.len();
        assert!(met == expect, "{}: {met:?} is not {expect:?}", request.target);
    }
    assert!(n_met > 5 * N_REQUESTS as usize, "{n_met} stubs are too few to tell");
}
