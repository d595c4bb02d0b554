//! When an answer and its pieces are due.

use std::{str::FromStr, time::Duration};

use rand_chacha::ChaCha8Rng;

pub use super::duration::parse as parse_duration;
use super::{
    distribution,
    measured::Learned,
    pieces::{self, Cuttable},
};
use crate::model::{Latency, LatencySource, ResponseSpec, Wait};

/// When the parts of an answer are due, since the request's head arrived.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// The head.
    pub head: Duration,
    /// Body pieces by due time, size in bytes, and request bytes that must have come first.
    pub chunks: Vec<(Duration, u64, u64)>,
    /// What further pieces wait for beyond that; see [`Schedule::cut`].
    between: Vec<Between>,
}

/// Waits that are drawn before each further piece of a body.
#[derive(Clone, Debug, PartialEq)]
struct Between {
    wait: Wait,
    factor: f64,
    draws: ChaCha8Rng,
}

impl Schedule {
    /// An answer of which all is due at once.
    pub fn at(head: Duration) -> Self {
        Self { head, ..Self::default() }
    }

    /// An answer of which these pieces are due when they say.
    pub fn of_pieces(head: Duration, chunks: Vec<(Duration, u64, u64)>) -> Self {
        Self { chunks, ..Self::at(head) }
    }

    /// Has everything wait for longer.
    pub fn put_off(&mut self, by: Duration) {
        self.head = self.head.saturating_add(by);
        for (due, ..) in &mut self.chunks {
            *due = due.saturating_add(by);
        }
    }

    /// Has each further piece of the body wait for a drawn time, times `factor`, once it is
    /// [cut](Self::cut).
    pub fn wait_between(&mut self, wait: Wait, factor: f64, draws: ChaCha8Rng) {
        self.between.push(Between { wait, factor, draws });
    }

    /// Whether pieces wait for something that is drawn, so that the body is to be cut.
    pub fn waits_between(&self) -> bool {
        !self.between.is_empty()
    }

    /// Draws what the further pieces of the body wait for. A body that was recorded in pieces has
    /// those; another is cut where its kind is.
    pub fn cut(&mut self, body: Cuttable<'_>) {
        if self.between.is_empty() {
            return;
        }
        if self.chunks.is_empty() {
            let sizes = pieces::cut(body).into_iter();
            self.chunks = sizes.map(|size| (self.head, size, 0)).collect();
        }
        let mut between = std::mem::take(&mut self.between);
        let mut behind = Duration::ZERO;
        for (due, ..) in self.chunks.iter_mut().skip(1) {
            for Between { wait, factor, draws } in &mut between {
                behind = behind.saturating_add(scale(distribution::draw(wait, draws), *factor));
            }
            *due = due.saturating_add(behind);
        }
    }
}

impl LatencySource {
    /// When the parts of `response` are due. `written`, the wait that a person asked for, is
    /// added to all. `learned` is what the endpoint was measured to take: asked for only where that
    /// counts, and without it what was recorded does. Each source of chance is made only where
    /// something is drawn from it; `draws` is told what for.
    pub fn schedule<'l>(
        &self,
        response: &ResponseSpec,
        written: Duration,
        learned: impl FnOnce() -> Option<&'l Learned>,
        draws: impl Fn(&str) -> ChaCha8Rng,
    ) -> Schedule {
        let recorded = response.latency.as_deref();
        match self {
            Self::None => gated(recorded, written),
            Self::Recorded(factor) => as_recorded(recorded, written, *factor),
            Self::Drawn { head, chunks } => {
                let head = distribution::draw(head, &mut draws("latency"));
                let mut schedule = match chunks {
                    Some(_) => bordered(recorded, written.saturating_add(head)),
                    None => gated(recorded, written.saturating_add(head)),
                };
                if let Some(wait) = chunks {
                    schedule.wait_between(wait.clone(), 1.0, draws("chunks"));
                }
                schedule
            }
            Self::Empirical(factor) => match learned() {
                None => as_recorded(recorded, written, *factor),
                Some(learned) => {
                    let head = scale(learned.head(&mut draws("latency")), *factor);
                    let mut schedule = bordered(recorded, written.saturating_add(head));
                    let mut behind = Duration::ZERO;
                    let mut gaps = None;
                    for (due, ..) in schedule.chunks.iter_mut().skip(1) {
                        let gaps = gaps.get_or_insert_with(|| draws("chunks"));
                        behind = behind.saturating_add(scale(learned.gap(gaps), *factor));
                        *due = due.saturating_add(behind);
                    }
                    schedule
                }
            },
        }
    }
}

fn as_recorded(recorded: Option<&Latency>, written: Duration, factor: f64) -> Schedule {
    let Some(latency) = recorded else { return Schedule::at(written) };
    let scaled = |at: Duration| written.saturating_add(scale(at, factor));
    let chunks = latency.chunks.iter();
    Schedule {
        chunks: chunks.map(|chunk| (scaled(chunk.at), chunk.size, chunk.request_bytes)).collect(),
        ..Schedule::at(scaled(latency.first_byte))
    }
}

/// The recorded pieces, all due at once.
fn bordered(recorded: Option<&Latency>, head: Duration) -> Schedule {
    let chunks = recorded.iter().flat_map(|latency| &latency.chunks);
    Schedule {
        chunks: chunks.map(|chunk| (head, chunk.size, chunk.request_bytes)).collect(),
        ..Schedule::at(head)
    }
}

/// Pieces that wait for the request keep their borders even when time does not count: a client
/// that sends only after it was answered would otherwise get its answers early.
fn gated(recorded: Option<&Latency>, head: Duration) -> Schedule {
    let is_gated = |latency: &&Latency| latency.chunks.iter().any(|chunk| chunk.request_bytes > 0);
    bordered(recorded.filter(is_gated), head)
}

fn scale(time: Duration, factor: f64) -> Duration {
    // No longer than what can be added to without end.
    let scaled = time.as_secs_f64() * factor;
    Duration::try_from_secs_f64(scaled)
        .map_or(distribution::LONGEST, |it| it.min(distribution::LONGEST))
}

impl FromStr for LatencySource {
    type Err = String;

    /// `none`, `recorded`, `recorded*0.5`, `fixed:80ms`, `empirical`, `empirical*2`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "unknown latency `{text}`, expected `none`, `recorded`, `recorded*0.5`, `fixed:80ms`, `empirical` or `empirical*2`"
            )
        };
        if let Some((source, factor)) = text.split_once('*') {
            let factor: f64 = factor.trim().parse().map_err(|_| wrong())?;
            if !(factor.is_finite() && factor >= 0.0) {
                return Err(format!("latency factor `{factor}` must be 0 or more"));
            }
            return match source.trim() {
                "recorded" => Ok(Self::Recorded(factor)),
                "empirical" => Ok(Self::Empirical(factor)),
                _ => Err(wrong()),
            };
        }
        if let Some(delay) = text.strip_prefix("fixed:") {
            return parse_duration(delay)
                .map(|delay| Self::Drawn { head: Wait::fixed(delay), chunks: None });
        }
        match text {
            "none" => Ok(Self::None),
            "recorded" => Ok(Self::Recorded(1.0)),
            "empirical" => Ok(Self::Empirical(1.0)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        behavior::measured::Times,
        model::{Distribution, PacedChunk},
        runtime::Seed,
    };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn fixed(time: u64) -> LatencySource {
        LatencySource::Drawn { head: Wait::fixed(ms(time)), chunks: None }
    }

    fn recorded(chunks: &[(u64, u64, u64)]) -> ResponseSpec {
        let chunk = |&(at, size, request_bytes): &(u64, u64, u64)| PacedChunk {
            at: ms(at),
            size,
            request_bytes,
        };
        let chunks = chunks.iter().map(chunk).collect();
        let latency = Some(Box::new(Latency { first_byte: ms(100), total: ms(200), chunks }));
        ResponseSpec { latency, ..ResponseSpec::default() }
    }

    fn draws(purpose: &str) -> ChaCha8Rng {
        Seed(0).draws("", purpose.as_bytes(), 0)
    }

    fn schedule(source: &LatencySource, response: &ResponseSpec) -> Schedule {
        source.schedule(response, ms(10), || None, draws)
    }

    #[test]
    fn reads_what_the_command_line_documents() {
        assert_eq!("none".parse(), Ok(LatencySource::None));
        assert_eq!("recorded".parse(), Ok(LatencySource::Recorded(1.0)));
        assert_eq!("recorded*0.5".parse(), Ok(LatencySource::Recorded(0.5)));
        assert_eq!("fixed:80ms".parse(), Ok(fixed(80)));
        assert_eq!("empirical".parse(), Ok(LatencySource::Empirical(1.0)));
        assert_eq!("empirical*2".parse(), Ok(LatencySource::Empirical(2.0)));
        for wrong in ["", "fast", "fixed:80", "fixed:x", "recorded*-1", "recorded*NaN", "none*2"] {
            assert!(wrong.parse::<LatencySource>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn recorded_times_are_scaled_and_written_delays_are_not() {
        let response = recorded(&[(150, 3, 0)]);
        let half = schedule(&LatencySource::Recorded(0.5), &response);
        assert_eq!((half.head, half.chunks), (ms(60), vec![(ms(85), 3, 0)]));
        assert_eq!(schedule(&LatencySource::None, &response), Schedule::at(ms(10)));
        assert_eq!(schedule(&fixed(80), &response), Schedule::at(ms(90)));
        let endless = schedule(&LatencySource::Recorded(f64::MAX), &response);
        assert!(endless.head >= distribution::LONGEST);
    }

    #[test]
    fn drawn_waits_come_before_each_further_recorded_piece() {
        let chunks = Some(Wait::fixed(ms(7)));
        let source = LatencySource::Drawn { head: Wait::fixed(ms(80)), chunks };
        let mut drawn = schedule(&source, &recorded(&[(150, 3, 0), (160, 4, 2), (170, 5, 0)]));
        drawn.cut(Cuttable::Length(12));
        assert_eq!(drawn.chunks, [(ms(90), 3, 0), (ms(97), 4, 2), (ms(104), 5, 0)]);
    }

    #[test]
    fn a_body_without_recorded_pieces_is_cut_for_its_waits() {
        let mut schedule = Schedule::at(ms(10));
        let wait = Distribution::Uniform { lower: ms(5), upper: ms(15) };
        schedule.wait_between(Wait { distribution: wait, max: None }, 2.0, draws("chunks"));
        schedule.wait_between(Wait::fixed(ms(100)), 1.0, draws("more"));
        schedule.cut(Cuttable::Bytes(b"data: 1\n\ndata: 2\n\n", Some("text/event-stream")));
        assert_eq!(schedule.chunks.len(), 2);
        assert_eq!(schedule.chunks[0], (ms(10), 9, 0));
        assert!((ms(120)..=ms(140)).contains(&schedule.chunks[1].0), "{schedule:?}");
        schedule.put_off(ms(1000));
        assert_eq!((schedule.head, schedule.chunks[0].0), (ms(1010), ms(1010)));
    }

    #[test]
    fn what_was_measured_takes_the_place_of_what_was_recorded() {
        let mut times = Times::default();
        for _ in 0..5 {
            times.add(ms(40), [40, 60].map(ms));
        }
        let learned = times.learned();
        let response = recorded(&[(150, 3, 0), (160, 4, 0)]);
        let source = LatencySource::Empirical(2.0);
        let measured = source.schedule(&response, ms(10), || learned.as_ref(), draws);
        assert_eq!(measured.head, ms(90));
        assert_eq!(measured.chunks, [(ms(90), 3, 0), (ms(130), 4, 0)]);
        let unknown = schedule(&source, &response);
        assert_eq!(unknown, schedule(&LatencySource::Recorded(2.0), &response));
    }
}
