//! When an answer and its pieces are due.

use std::{str::FromStr, time::Duration};

use rand::Rng;

use super::distribution;
pub use super::duration::parse as parse_duration;
use crate::model::{Latency, LatencySource, ResponseSpec, Wait};

/// When the parts of an answer are due, since the request's head arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The head.
    pub head: Duration,
    /// Body pieces by due time, size in bytes, and request bytes that must have come first.
    pub chunks: Vec<(Duration, u64, u64)>,
}

impl LatencySource {
    /// When the parts of `response` are due. `written`, the wait that a person asked for, is
    /// added to all. The source of chance is made only where something is drawn.
    pub fn schedule<R: Rng>(
        &self,
        response: &ResponseSpec,
        written: Duration,
        draws: impl FnOnce() -> R,
    ) -> Schedule {
        let at_once = |head: Duration| Schedule {
            head,
            chunks: response
                .latency
                .as_ref()
                .map_or_else(Vec::new, |latency| gated_chunks(latency, head)),
        };
        match self {
            Self::Drawn { head, chunks: _ } => {
                at_once(written.saturating_add(distribution::draw(head, &mut draws())))
            }
            Self::None | Self::Empirical(_) => at_once(written),
            Self::Recorded(factor) => {
                let Some(latency) = &response.latency else {
                    return Schedule { head: written, chunks: Vec::new() };
                };
                let scaled = |at: Duration| written + scale(at, *factor);
                Schedule {
                    head: scaled(latency.first_byte),
                    chunks: latency
                        .chunks
                        .iter()
                        .map(|chunk| (scaled(chunk.at), chunk.size, chunk.request_bytes))
                        .collect(),
                }
            }
        }
    }
}

/// Pieces that wait for the request keep their borders even when time does not count: a client
/// that sends only after it was answered would otherwise get its answers early.
fn gated_chunks(latency: &Latency, at: Duration) -> Vec<(Duration, u64, u64)> {
    if latency.chunks.iter().all(|chunk| chunk.request_bytes == 0) {
        return Vec::new();
    }
    latency.chunks.iter().map(|chunk| (at, chunk.size, chunk.request_bytes)).collect()
}

fn scale(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

impl FromStr for LatencySource {
    type Err = String;

    /// `none`, `recorded`, `recorded*0.5`, `fixed:80ms`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "unknown latency `{text}`, expected `none`, `recorded`, `recorded*0.5` or `fixed:80ms`"
            )
        };
        if let Some(factor) = text.strip_prefix("recorded*") {
            let factor: f64 = factor.parse().map_err(|_| wrong())?;
            return if factor.is_finite() && factor >= 0.0 {
                Ok(Self::Recorded(factor))
            } else {
                Err(format!("latency factor `{factor}` must be 0 or more"))
            };
        }
        if let Some(delay) = text.strip_prefix("fixed:") {
            return parse_duration(delay)
                .map(|delay| Self::Drawn { head: Wait::fixed(delay), chunks: None });
        }
        match text {
            "none" => Ok(Self::None),
            "recorded" => Ok(Self::Recorded(1.0)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::PacedChunk, runtime::Seed};

    fn fixed(ms: u64) -> LatencySource {
        LatencySource::Drawn { head: Wait::fixed(Duration::from_millis(ms)), chunks: None }
    }

    #[test]
    fn reads_what_the_command_line_documents() {
        assert_eq!("none".parse(), Ok(LatencySource::None));
        assert_eq!("recorded".parse(), Ok(LatencySource::Recorded(1.0)));
        assert_eq!("recorded*0.5".parse(), Ok(LatencySource::Recorded(0.5)));
        assert_eq!("fixed:80ms".parse(), Ok(fixed(80)));
        for wrong in ["", "fast", "fixed:80", "fixed:x", "recorded*-1", "recorded*NaN"] {
            assert!(wrong.parse::<LatencySource>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn recorded_times_are_scaled_and_written_delays_are_not() {
        let ms = Duration::from_millis;
        let response = ResponseSpec {
            latency: Some(Latency {
                first_byte: ms(100),
                total: ms(200),
                chunks: vec![PacedChunk { at: ms(150), size: 3, request_bytes: 0 }],
            }),
            ..ResponseSpec::default()
        };
        let draws = || Seed(0).draws("", b"", 0);
        let schedule = LatencySource::Recorded(0.5).schedule(&response, ms(10), draws);
        assert_eq!(schedule, Schedule { head: ms(60), chunks: vec![(ms(85), 3, 0)] });
        let schedule = LatencySource::None.schedule(&response, ms(10), draws);
        assert_eq!(schedule, Schedule { head: ms(10), chunks: vec![] });
        let schedule = fixed(80).schedule(&response, ms(10), draws);
        assert_eq!(schedule.head, ms(90));
    }
}
