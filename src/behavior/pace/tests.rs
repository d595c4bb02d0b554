//! Streams in simulated time: what they may send, and that they get on.

use proptest::prelude::*;

use super::*;
use crate::{model::Direction, runtime::Seed};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn unlimited() -> Bandwidth {
    Bandwidth {
        rate: None,
        direction: Direction::Downstream,
        is_shared: false,
        slices: None,
        slow_start: None,
    }
}

fn lane(bandwidth: &Bandwidth, line: &Arc<Mutex<Line>>) -> Lane {
    Lane::new(bandwidth, Arc::clone(line), Arc::default(), || Seed(1).draws("", b"pace", 0))
}

fn pace(bandwidth: &Bandwidth) -> Pace {
    Pace { lanes: vec![lane(bandwidth, &Arc::default())], due: None }
}

/// Sends `length` bytes without a pause; each piece goes when it is due.
fn send(pace: &mut Pace, length: u64) -> Vec<(u64, Duration)> {
    let (mut left, mut now, mut pieces) = (length, Duration::ZERO, Vec::new());
    while left > 0 {
        let (size, due) = pace.book(left, now);
        assert!(size > 0 && size <= left);
        (left, now) = (left - size, now.max(due));
        pieces.push((size, now));
    }
    pieces
}

#[test]
fn a_rate_decides_when_the_last_byte_has_gone() {
    let pieces = send(&mut pace(&Bandwidth { rate: Some(1_000_000), ..unlimited() }), 200_000);
    assert_eq!(pieces.last().unwrap().1, ms(200));
    assert_eq!(pieces[0], (16 * 1024, Duration::from_micros(16_384)));
    // A byte at a time where that is slow enough.
    let pieces = send(&mut pace(&Bandwidth { rate: Some(10), ..unlimited() }), 3);
    assert_eq!(pieces, [(1, ms(100)), (1, ms(200)), (1, ms(300))]);
}

#[test]
fn the_slowest_of_several_rates_decides() {
    let rates = [50_000, 10_000, 1_000_000];
    let lanes =
        rates.map(|rate| lane(&Bandwidth { rate: Some(rate), ..unlimited() }, &Arc::default()));
    let mut pace = Pace { lanes: lanes.into(), due: None };
    assert_eq!(send(&mut pace, 5_000).last().unwrap().1, ms(500));
}

#[test]
fn slices_have_their_size_and_wait_between_two() {
    let slices = Slices { average: 100, variation: 0, delay: ms(7) };
    let pieces = send(&mut pace(&Bandwidth { slices: Some(slices), ..unlimited() }), 250);
    assert_eq!(pieces, [(100, ms(0)), (100, ms(7)), (50, ms(14))]);
    let slices = Slices { average: 100, variation: 30, delay: ms(0) };
    let varied = Bandwidth { slices: Some(slices), rate: Some(1_000), ..unlimited() };
    let pieces = send(&mut pace(&varied), 100_000);
    let (last, whole) = pieces.split_last().unwrap();
    assert!(whole.iter().all(|(size, _)| (70..=130).contains(size)));
    assert!(whole.iter().any(|(size, _)| *size < 75) && whole.iter().any(|(size, _)| *size > 125));
    assert_eq!(last.1, ms(100_000));
}

#[test]
fn a_slow_start_doubles_each_round_trip_until_it_has_the_rate() {
    let bandwidth = Bandwidth { slow_start: Some(ms(100)), ..unlimited() };
    let pieces = send(&mut pace(&bandwidth), 110_000);
    assert_eq!(pieces, [(14_600, ms(0)), (29_200, ms(100)), (58_400, ms(200)), (7_800, ms(300))]);
    let bandwidth = Bandwidth { rate: Some(400_000), ..bandwidth };
    let pieces = send(&mut pace(&bandwidth), 600_000);
    let by = |time| pieces.iter().filter(|it| it.1 <= time).map(|it| it.0).sum::<u64>();
    assert_eq!((by(ms(99)), by(ms(199))), (14_600, 43_800));
    // 58,400 bytes a round trip are more than the rate: from here on it decides.
    let rest = Duration::from_micros((600_000 - 43_800) * 10 / 4);
    assert_eq!(pieces.last().unwrap().1, ms(200) + rest);
}

#[test]
fn a_slow_start_begins_anew_after_a_pause() {
    let mut pace = pace(&Bandwidth { slow_start: Some(ms(10)), ..unlimited() });
    let last = send(&mut pace, 1_000_000).last().unwrap().1;
    let (size, _) = pace.book(1_000_000, last + ms(5));
    assert!(size > 14_600);
    let (size, due) = pace.book(1_000_000, last + ms(2_000));
    assert_eq!((size, due), (14_600, last + ms(2_000)));
}

#[test]
fn a_limit_that_says_nothing_slows_nothing() {
    assert_eq!(send(&mut pace(&unlimited()), 1 << 40), [(1 << 40, Duration::ZERO)]);
}

/// A stream of a simulation: how late it is each time, and when it pauses.
#[derive(Clone, Debug)]
struct Step {
    stream: usize,
    available: u64,
    late: u64,
    pause: Option<u64>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        0..3_usize,
        1..100_000_u64,
        0..50_000_u64,
        proptest::option::weighted(0.1, 0..5_000_000_u64),
    )
        .prop_map(|(stream, available, late, pause)| Step { stream, available, late, pause });
    prop::collection::vec(step, 1..150)
}

/// Runs streams on one line; says when how many bytes went.
fn simulate(bandwidth: &Bandwidth, steps: &[Step]) -> Vec<(Duration, u64)> {
    let line = Arc::default();
    let new = || Pace { lanes: vec![lane(bandwidth, &line)], due: None };
    let mut streams = [(); 3].map(|()| (new(), Duration::ZERO));
    let mut sent = Vec::new();
    for step in steps {
        let (pace, now) = &mut streams[step.stream];
        if let Some(pause) = step.pause {
            *now += Duration::from_micros(pause);
        }
        let (size, due) = pace.book(step.available, *now);
        assert!(size >= 1 && size <= step.available);
        *now = due.max(*now) + Duration::from_micros(step.late);
        sent.push((*now, size));
    }
    sent.sort_unstable();
    sent
}

proptest! {
    #[test]
    fn no_stretch_of_time_has_more_than_its_rate_and_a_burst(
        rate in 1..10_000_000_u64, steps in steps(),
    ) {
        let bandwidth = Bandwidth { rate: Some(rate), is_shared: true, ..unlimited() };
        let sent = simulate(&bandwidth, &steps);
        // Each of three streams may be late for one piece, and what all make up for is the slack.
        let burst = 3 * bytes_in(PIECE, rate).clamp(1, MAX_PIECE) + 2 * bytes_in(SLACK, rate) + 3;
        for first in 0..sent.len() {
            let mut bytes = 0;
            for &(at, size) in &sent[first..] {
                bytes += size;
                let passed = at - sent[first].0;
                prop_assert!(bytes <= bytes_in(passed, rate) + burst, "{bytes} in {passed:?}");
            }
        }
        // From the start there is no burst at all.
        let mut bytes = 0;
        for (at, size) in sent {
            bytes += size;
            prop_assert!(bytes <= bytes_in(at, rate) + 1);
        }
    }

    #[test]
    fn a_stream_that_is_late_now_and_then_has_its_rate_nevertheless(
        rate in 1..10_000_000_u64, late in prop::collection::vec(0..50_000_u64, 1..300),
    ) {
        let mut pace = pace(&Bandwidth { rate: Some(rate), ..unlimited() });
        let (mut now, mut bytes) = (Duration::ZERO, 0);
        for late in &late {
            let (size, due) = pace.book(u64::MAX, now);
            // What is due already waits for no timer.
            now = if due > now { due + Duration::from_micros(*late) } else { now };
            bytes += size;
        }
        let pieces = Duration::from_nanos(late.len() as u64);
        prop_assert!(now <= time_of(bytes, rate) + SLACK + pieces, "{bytes} bytes in {now:?}");
    }

    #[test]
    fn streams_that_share_a_line_all_get_on(rate in 1_000..1_000_000_u64, streams in 1..20_usize) {
        let line = Arc::default();
        let bandwidth = Bandwidth { rate: Some(rate), is_shared: true, ..unlimited() };
        let mut all: Vec<_> = (0..streams)
            .map(|_| (Pace { lanes: vec![lane(&bandwidth, &line)], due: None }, Duration::ZERO, 0))
            .collect();
        for _ in 0..streams * 50 {
            // Whose piece has gone through first asks first.
            let (pace, due, bytes) = all.iter_mut().min_by_key(|it| it.1).unwrap();
            let (size, next) = pace.book(u64::MAX, *due);
            (*due, *bytes) = (next, *bytes + size);
        }
        let piece = bytes_in(PIECE, rate).clamp(1, MAX_PIECE);
        prop_assert!(all.iter().all(|it| it.2 == 50 * piece));
        let last = all.iter().map(|it| it.1).max().unwrap();
        let whole = time_of(streams as u64 * 50 * piece, rate);
        prop_assert!(last >= whole && last <= whole + Duration::from_micros(streams as u64));
    }

    #[test]
    fn no_limit_keeps_a_stream_waiting_for_ever(
        rate in proptest::option::of(1_000_000..u64::MAX),
        slices in proptest::option::of((any::<u64>(), any::<u64>())),
        trip in proptest::option::of(0..1_000_u64),
        length in 0..1_000_000_u64,
    ) {
        let slices = slices.map(|(average, variation)| Slices {
            average: average % 100_000,
            variation,
            delay: Duration::ZERO,
        });
        let bandwidth = Bandwidth { rate, slices, slow_start: trip.map(ms), ..unlimited() };
        if slices.is_none_or(|slices| slices.average > 100 && slices.variation < slices.average / 2) {
            let pieces = send(&mut pace(&bandwidth), length);
            prop_assert!(pieces.iter().all(|it| it.1 <= ms(20_000)));
        } else {
            // Not sent to its end: a byte at a time takes the test long, not the stream.
            pace(&bandwidth).book(length + 1, Duration::ZERO);
        }
    }
}
