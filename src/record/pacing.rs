//! When an answer's parts came, as a stub notes it: whole milliseconds, and pieces only where they say
//! something.

use std::time::Duration;

use crate::model::{Exchange, Latency, PacedChunk, Timing};

/// Pieces that came within this time of each other are one.
const TOGETHER: Duration = Duration::from_millis(10);

/// A stub notes at most so many pieces; of a longer stream, neighbours are put together.
const MAX_CHUNKS: usize = 2000;

/// Whether the answer began, or went on, before the request had ended: pieces of both depend on each
/// other. To be asked before the request body is sanitised, which may change its length.
///
/// A client that says how long its request is has all of it, and waits for no answer to send it.
pub(super) fn is_two_way(exchange: &Exchange) -> bool {
    if exchange.request.headers.contains("content-length") {
        return false;
    }
    let timing = &exchange.timing;
    let length = exchange.request.body.length();
    let still_to_come = |come: u64| come < length;
    // An upstream that refuses a request by its head does not depend on the body that follows: of a
    // body of known length nobody waits for the answer before sending on.
    let is_announced =
        exchange.request.headers.get("content-length").and_then(|it| it.parse().ok())
            == Some(length);
    let at_once = timing.chunks.iter().all(|it| it.request_bytes == timing.request_bytes_at_head);
    if is_announced && at_once {
        return false;
    }
    timing.first_byte.is_some()
        && (still_to_come(timing.request_bytes_at_head)
            || timing.chunks.iter().any(|chunk| still_to_come(chunk.request_bytes)))
}

/// Whether an answer was complete though its request never was: the client was refused before it sent
/// its body (`Expect: 100-continue`), or stopped sending. How far it came is chance.
pub(super) fn is_cut_short(exchange: &Exchange, two_way: bool) -> bool {
    !two_way && exchange.response.is_some() && exchange.timing.request_end.is_none()
}

/// The timing of an answer whose body has `length` bytes on the wire (after sanitising).
pub(super) fn latency_of(timing: &Timing, two_way: bool, length: u64) -> Latency {
    let first_byte = whole_millis(timing.first_byte.unwrap_or(timing.total));
    let mut within = TOGETHER;
    let mut chunks = together(timing, two_way, within);
    while chunks.len() > MAX_CHUNKS && !two_way {
        within *= 2;
        chunks = together(timing, two_way, within);
    }
    // What came right behind the head goes with it.
    let is_at_once = chunks.first().is_none_or(|chunk| chunk.at < first_byte + TOGETHER);
    if chunks.len() < 2 && is_at_once && !two_way {
        chunks.clear();
    }
    fit(&mut chunks, length);
    Latency { first_byte, total: whole_millis(timing.total.max(first_byte)), chunks }
}

fn together(timing: &Timing, two_way: bool, within: Duration) -> Vec<PacedChunk> {
    let mut chunks: Vec<PacedChunk> = Vec::new();
    // A group's time is that of its first piece, so that a steady stream is not drawn into one.
    let mut group_start = Duration::ZERO;
    for piece in &timing.chunks {
        let request_bytes = if two_way { piece.request_bytes } else { 0 };
        match chunks.last_mut() {
            Some(last)
                if piece.at.saturating_sub(group_start) < within
                    && last.request_bytes == request_bytes =>
            {
                last.size += piece.size;
            }
            _ => {
                group_start = piece.at;
                let at = whole_millis(piece.at);
                chunks.push(PacedChunk { at, size: piece.size, request_bytes });
            }
        }
    }
    chunks
}

/// Makes the sizes add up to `length`: sanitising may have changed the body.
fn fit(chunks: &mut Vec<PacedChunk>, length: u64) {
    let mut rest = length;
    for chunk in chunks.iter_mut() {
        chunk.size = chunk.size.min(rest);
        rest -= chunk.size;
    }
    if let Some(last) = chunks.last_mut() {
        last.size += rest;
    }
    chunks.retain(|chunk| chunk.size > 0);
}

fn whole_millis(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Chunk;

    fn timing(chunks: &[(u64, u64, u64)]) -> Timing {
        let chunk = |&(at, size, request_bytes): &(u64, u64, u64)| Chunk {
            at: Duration::from_micros(at * 1000 + 300),
            size,
            request_bytes,
        };
        Timing {
            first_byte: Some(Duration::from_micros(5700)),
            total: Duration::from_micros(99_900),
            chunks: chunks.iter().map(chunk).collect(),
            ..Timing::default()
        }
    }

    #[track_caller]
    fn check(two_way: bool, length: u64, chunks: &[(u64, u64, u64)], expect: &[(u64, u64, u64)]) {
        let latency = latency_of(&timing(chunks), two_way, length);
        let found: Vec<_> = latency
            .chunks
            .iter()
            .map(|chunk| {
                (u64::try_from(chunk.at.as_millis()).unwrap(), chunk.size, chunk.request_bytes)
            })
            .collect();
        assert_eq!(found, expect);
        assert_eq!((latency.first_byte.as_millis(), latency.total.as_millis()), (5, 99));
    }

    #[test]
    fn a_body_that_came_in_one_go_has_no_pieces() {
        check(false, 30, &[(5, 10, 4), (7, 10, 4), (14, 10, 4)], &[]);
    }

    #[test]
    fn a_body_that_came_later_than_its_head_keeps_its_time() {
        check(false, 10, &[(50, 10, 4)], &[(50, 10, 0)]);
    }

    #[test]
    fn pieces_apart_in_time_are_noted_and_close_ones_put_together() {
        check(
            false,
            31,
            &[(5, 10, 4), (7, 1, 4), (30, 10, 4), (39, 5, 4), (41, 5, 4)],
            &[(5, 11, 0), (30, 15, 0), (41, 5, 0)],
        );
    }

    #[test]
    fn a_two_way_stream_keeps_how_much_of_the_request_had_come() {
        check(true, 9, &[(5, 3, 10), (6, 3, 20), (7, 3, 20)], &[(5, 3, 10), (6, 6, 20)]);
    }

    #[test]
    fn sizes_add_up_to_the_body_that_is_kept() {
        check(false, 7, &[(5, 10, 0), (30, 10, 0)], &[(5, 7, 0)]);
        check(false, 25, &[(5, 10, 0), (30, 10, 0)], &[(5, 10, 0), (30, 15, 0)]);
    }

    #[test]
    fn a_long_stream_is_bounded() {
        let many: Vec<_> = (0..10_000).map(|at| (at * 20, 1, 0)).collect();
        let latency = latency_of(&timing(&many), false, 10_000);
        assert!(latency.chunks.len() <= MAX_CHUNKS && latency.chunks.len() > MAX_CHUNKS / 3);
        assert_eq!(latency.chunks.iter().map(|chunk| chunk.size).sum::<u64>(), 10_000);
    }
}
