//! Drawing times.
//!
//! Every distribution is drawn by turning its cumulative function around, from one even number each;
//! the gamma distribution, which has no such formula, by Marsaglia and Tsang's method (ACM TOMS 26,
//! 2000). So the same seed gives the same times whatever libraries ringer is built with: `rand_distr`
//! may change its values in a minor release, and does when any crate asks `num-traits` for the
//! system's mathematics. What the last bit of a logarithm is on another system is lost in rounding to
//! microseconds.

use std::time::Duration;

use rand::Rng;

use crate::model::{Distribution, Quantile, Wait};

/// No wait is longer: a year. Sums of many still are times.
pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Draws above the maximum are drawn again so many times.
const REDRAWS: usize = 100;
/// The method for the gamma distribution takes more than this many tries in less than one of 10⁸⁰
/// draws.
const TRIES: usize = 64;
/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// Draws one wait, to the microsecond; never longer than its maximum and [`LONGEST`].
pub fn draw(wait: &Wait, draws: &mut impl Rng) -> Duration {
    let Some(max) = wait.max else { return one(&wait.distribution, draws) };
    let mut all = (0..REDRAWS).map(|_| one(&wait.distribution, draws));
    all.find(|drawn| *drawn <= max).unwrap_or(max).min(LONGEST)
}

/// The standard deviation of the logarithm of a log-normal distribution with this median and this
/// 99th percentile; 0, which always gives the median, where the percentile is not above it.
pub fn sigma_of(median: Duration, p99: Duration) -> f64 {
    let ratio = p99.as_secs_f64() / median.as_secs_f64();
    if ratio.is_finite() && ratio > 1.0 { ratio.ln() / NORMAL_P99 } else { 0.0 }
}

/// Draws one time of a distribution. What no distribution has (a deviation that is no number, a shape
/// below 0) is as good as the nearest that it may have.
fn one(distribution: &Distribution, draws: &mut impl Rng) -> Duration {
    let seconds = match distribution {
        Distribution::Fixed(time) => return (*time).min(LONGEST),
        Distribution::Uniform { lower, upper } => {
            let (lower, upper) = (lower.as_secs_f64(), upper.as_secs_f64());
            (upper - lower).max(0.0).mul_add(even(draws), lower)
        }
        Distribution::Normal { mean, deviation } => {
            normal(draws).mul_add(deviation.as_secs_f64(), mean.as_secs_f64())
        }
        Distribution::LogNormal { median, sigma } => {
            (normal(draws) * sigma.max(0.0)).exp() * median.as_secs_f64()
        }
        Distribution::Gamma { shape, scale } => gamma(*shape, draws) * scale.as_secs_f64(),
        Distribution::Pareto { minimum, alpha } => {
            even(draws).powf(-1.0 / alpha.max(0.0)) * minimum.as_secs_f64()
        }
        Distribution::Quantiles(quantiles) => interpolated(quantiles, even(draws)),
    };
    micros(seconds)
}

/// A time of so many seconds, rounded to the microsecond; what is no number is 0.
fn micros(seconds: f64) -> Duration {
    let micros = (seconds * 1e6).round().clamp(0.0, LONGEST.as_secs_f64() * 1e6);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 ≤ micros ≤ 3.2e13, and NaN becomes 0"
    )]
    Duration::from_micros(micros as u64)
}

/// An even draw between 0 and 1, neither of which it is.
pub(super) fn even(draws: &mut impl Rng) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 52) as f64;
    ((draws.next_u64() >> 12) as f64 + 0.5) * STEP
}

/// A draw of the standard normal distribution.
pub(super) fn normal(draws: &mut impl Rng) -> f64 {
    normal_quantile(even(draws))
}

/// The value that a share `p` of the standard normal distribution is below (Wichura's PPND16,
/// Applied Statistics 37, 1988, AS 241): right to 16 digits.
fn normal_quantile(p: f64) -> f64 {
    const CENTRE: ([f64; 8], [f64; 8]) = (
        [
            2.509_080_928_730_122_7e3,
            3.343_057_558_358_813e4,
            6.726_577_092_700_87e4,
            4.592_195_393_154_987e4,
            1.373_169_376_550_946e4,
            1.971_590_950_306_551_3e3,
            1.331_416_678_917_843_8e2,
            3.387_132_872_796_366_5,
        ],
        [
            5.226_495_278_852_854e3,
            2.872_908_573_572_194_3e4,
            3.930_789_580_009_271e4,
            2.121_379_430_158_659_7e4,
            5.394_196_021_424_751e3,
            6.871_870_074_920_579e2,
            4.231_333_070_160_091e1,
            1.0,
        ],
    );
    const FLANK: ([f64; 8], [f64; 8]) = (
        [
            7.745_450_142_783_414e-4,
            2.272_384_498_926_918_4e-2,
            2.417_807_251_774_506e-1,
            1.270_458_252_452_368_4,
            3.647_848_324_763_204_5,
            5.769_497_221_460_691,
            4.630_337_846_156_546,
            1.423_437_110_749_683_5,
        ],
        [
            1.050_750_071_644_416_9e-9,
            5.475_938_084_995_345e-4,
            1.519_866_656_361_645_7e-2,
            1.481_039_764_274_800_8e-1,
            6.897_673_349_851e-1,
            1.676_384_830_183_803_8,
            2.053_191_626_637_759,
            1.0,
        ],
    );
    const TAIL: ([f64; 8], [f64; 8]) = (
        [
            2.010_334_399_292_288_1e-7,
            2.711_555_568_743_487_6e-5,
            1.242_660_947_388_078_4e-3,
            2.653_218_952_657_612_4e-2,
            2.965_605_718_285_048_7e-1,
            1.784_826_539_917_291_3,
            5.463_784_911_164_114,
            6.657_904_643_501_103,
        ],
        [
            2.044_263_103_389_939_7e-15,
            1.421_511_758_316_446e-7,
            1.846_318_317_510_054_8e-5,
            7.868_691_311_456_133e-4,
            1.487_536_129_085_061_5e-2,
            1.369_298_809_227_358e-1,
            5.998_322_065_558_88e-1,
            1.0,
        ],
    );
    let ratio = |(above, below): ([f64; 8], [f64; 8]), at: f64| {
        let value = |terms: [f64; 8]| terms.into_iter().fold(0.0, |sum: f64, term| sum * at + term);
        value(above) / value(below)
    };
    let off = p - 0.5;
    if off.abs() <= 0.425 {
        return off * ratio(CENTRE, 0.180_625 - off * off);
    }
    let depth = (-p.min(1.0 - p).ln()).sqrt();
    let size = if depth <= 5.0 { ratio(FLANK, depth - 1.6) } else { ratio(TAIL, depth - 5.0) };
    size.copysign(off)
}

/// A draw of the gamma distribution of this shape and scale 1.
fn gamma(shape: f64, draws: &mut impl Rng) -> f64 {
    if shape.is_nan() || shape <= 0.0 {
        return 0.0;
    }
    // Below 1 the method does not work: one more is drawn, and brought back.
    let (shape, back) =
        if shape < 1.0 { (shape + 1.0, even(draws).powf(1.0 / shape)) } else { (shape, 1.0) };
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    for _ in 0..TRIES {
        let x = normal(draws);
        let v = c.mul_add(x, 1.0).powi(3);
        let u = even(draws);
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v * back;
        }
    }
    d * back
}

/// The time, in seconds, that a share of the measured ones is below.
fn interpolated(quantiles: &[Quantile], share: f64) -> f64 {
    let above = quantiles.partition_point(|it| it.share < share);
    let seconds = |it: &Quantile| it.time.as_secs_f64();
    let (below, above) =
        (above.checked_sub(1).and_then(|it| quantiles.get(it)), quantiles.get(above));
    match (below, above) {
        (Some(below), Some(above)) => {
            let part = (share - below.share) / (above.share - below.share);
            part.mul_add(seconds(above) - seconds(below), seconds(below))
        }
        (Some(only), None) | (None, Some(only)) => seconds(only),
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests;
