//! Distributions against their analytic quantiles, over many draws.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::runtime::Seed;

const DRAWS: u64 = 100_000;
const SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
/// Deviations of a share of draws from what it should be: one in 16,000 is off by more.
const DEVIATIONS: f64 = 4.0;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Drawn as rules draw: each hit of a subject has a source of its own.
fn all(wait: &Wait) -> Vec<f64> {
    (0..DRAWS).map(|hit| draw(wait, &mut Seed(7).draws("", b"rule", hit)).as_secs_f64()).collect()
}

/// Compares the share of draws up to each quantile with what it should be.
fn assert_quantiles(distribution: &Distribution, quantiles: [f64; 7]) {
    let drawn = all(&Wait { distribution: distribution.clone(), max: None });
    for (share, time) in SHARES.into_iter().zip(quantiles) {
        let below = drawn.iter().filter(|it| **it <= time).count() as f64 / DRAWS as f64;
        let error = (share * (1.0 - share) / DRAWS as f64).sqrt();
        assert!(
            (below - share).abs() <= DEVIATIONS * error,
            "{distribution:?}: {below} of the draws are up to {time} s, not {share}"
        );
    }
}

/// Quantiles of the standard normal distribution.
const NORMAL: [f64; 7] = [
    -NORMAL_P99,
    -1.644_853_626_951_472_2,
    -0.674_489_750_196_081_7,
    0.0,
    0.674_489_750_196_081_7,
    1.644_853_626_951_472_2,
    NORMAL_P99,
];

/// Quantiles of gamma distributions of shape 0.5, 2.5 and 20 (incomplete gamma function by its
/// series, turned around by bisection).
const GAMMA_HALF: [f64; 7] = [
    7.854_392_895_485_1e-5,
    1.966_070_000_009_8e-3,
    0.050_765_522_133_810_8,
    0.227_468_211_559_786_3,
    0.661_651_848_465_733_5,
    1.920_729_410_347_067,
    3.317_448_300_510_613,
];
const GAMMA_2_5: [f64; 7] = [
    0.277_149_038_364_138_6,
    0.572_738_113_030_884_8,
    1.337_301_404_716_081_8,
    2.175_730_095_547_764,
    3.312_839_881_914_627,
    5.535_248_846_758_162,
    7.543_136_234_694_588,
];
const GAMMA_20: [f64; 7] = [
    11.082_130_626_487_574,
    13.254_651_598_346_555,
    16.830_147_465_6,
    19.667_672_423_305_67,
    22.808_006_809_471,
    27.879_239_639_443_796,
    31.845_369_875_782_495,
];

#[test]
fn a_fixed_time_is_that_time() {
    let wait = Wait::fixed(Duration::from_micros(1_234));
    assert_eq!(draw(&wait, &mut Seed(1).draws("", b"", 0)), Duration::from_micros(1_234));
}

#[test]
fn uniform_times_lie_evenly() {
    let distribution = Distribution::Uniform { lower: ms(20), upper: ms(120) };
    assert_quantiles(&distribution, SHARES.map(|share| share.mul_add(0.1, 0.02)));
}

#[test]
fn normal_times_are_those_of_the_bell_curve_cut_at_zero() {
    let distribution = Distribution::Normal { mean: ms(500), deviation: ms(100) };
    assert_quantiles(&distribution, NORMAL.map(|z| z.mul_add(0.1, 0.5)));
    let drawn = all(&Wait {
        distribution: Distribution::Normal { mean: ms(0), deviation: ms(10) },
        max: None,
    });
    let zeros = drawn.iter().filter(|it| **it == 0.0).count() as f64 / DRAWS as f64;
    assert!((zeros - 0.5).abs() < 0.007, "{zeros}");
}

#[test]
fn log_normal_times_have_their_median_and_their_99th_percentile() {
    let (median, p99) = (ms(400), ms(3000));
    let sigma = sigma_of(median, p99);
    let quantiles = NORMAL.map(|z| (z * sigma).exp() * 0.4);
    assert!((quantiles[6] - 3.0).abs() < 1e-9, "{quantiles:?}");
    assert_quantiles(&Distribution::LogNormal { median, sigma }, quantiles);
}

#[test]
fn gamma_times_are_those_of_its_tables() {
    let tables = [
        (0.5, GAMMA_HALF),
        (2.5, GAMMA_2_5),
        (20.0, GAMMA_20),
        // Exponential.
        (1.0, SHARES.map(|share| -(1.0 - share).ln())),
    ];
    for (shape, quantiles) in tables {
        let distribution = Distribution::Gamma { shape, scale: ms(1000) };
        assert_quantiles(&distribution, quantiles);
    }
}

#[test]
fn pareto_times_have_a_heavy_tail() {
    let distribution = Distribution::Pareto { minimum: ms(100), alpha: 1.5 };
    assert_quantiles(&distribution, SHARES.map(|share| 0.1 * (1.0 - share).powf(-1.0 / 1.5)));
}

#[test]
fn measured_times_lie_evenly_between_their_quantiles() {
    let quantile = |share, time| Quantile { share, time: ms(time) };
    let measured = Arc::new([quantile(0.0, 10), quantile(0.5, 20), quantile(1.0, 220)]);
    let expected =
        SHARES.map(|it| if it <= 0.5 { it.mul_add(0.02, 0.01) } else { it.mul_add(0.4, -0.18) });
    assert_quantiles(&Distribution::Quantiles(measured), expected);
}

#[test]
fn measured_times_outside_their_quantiles_are_the_outermost() {
    let quantile = |share, time| Quantile { share, time: ms(time) };
    let part = [quantile(0.4, 10), quantile(0.6, 20)];
    assert!((interpolated(&part, 0.1) - 0.010).abs() < 1e-12);
    assert!((interpolated(&part, 0.5) - 0.015).abs() < 1e-12);
    assert!((interpolated(&part, 0.9) - 0.020).abs() < 1e-12);
    assert!(interpolated(&[], 0.5).abs() < 1e-12);
}

#[test]
fn longer_times_than_the_maximum_are_drawn_again() {
    let (median, max) = (ms(100), ms(100));
    let wait =
        Wait { distribution: Distribution::LogNormal { median, sigma: 1.0 }, max: Some(max) };
    let drawn = all(&wait);
    assert!(drawn.iter().all(|it| *it <= 0.1));
    // The lower half alone: its median is the quartile of the whole.
    let quartile = (NORMAL[2]).exp() * 0.1;
    let below = drawn.iter().filter(|it| **it <= quartile).count() as f64 / DRAWS as f64;
    assert!((below - 0.5).abs() < 0.007, "{below}");
    let hopeless = Wait { distribution: Distribution::Fixed(ms(2)), max: Some(ms(1)) };
    assert_eq!(draw(&hopeless, &mut Seed(1).draws("", b"", 0)), ms(1));
}

/// What a seed gives must not change from release to release.
#[test]
fn the_same_seed_gives_the_same_times_for_ever() {
    let times = [
        Distribution::Uniform { lower: ms(0), upper: ms(100) },
        Distribution::Normal { mean: ms(100), deviation: ms(10) },
        Distribution::LogNormal { median: ms(100), sigma: 0.8 },
        Distribution::Gamma { shape: 0.7, scale: ms(100) },
        Distribution::Gamma { shape: 3.0, scale: ms(100) },
        Distribution::Pareto { minimum: ms(100), alpha: 2.0 },
    ]
    .map(|distribution| {
        let wait = Wait { distribution, max: None };
        draw(&wait, &mut Seed(1).draws("s", b"rule", 3)).as_micros()
    });
    assert_eq!(times, [25_283, 93_344, 58_715, 12_791, 172_073, 198_876]);
}

#[test]
fn a_percentile_that_is_no_higher_than_the_median_spreads_nothing() {
    for (median, p99) in [(100, 100), (100, 50), (0, 100), (0, 0)] {
        assert!(sigma_of(ms(median), ms(p99)).abs() < f64::EPSILON, "{median} {p99}");
    }
}

fn distributions() -> impl Strategy<Value = Distribution> {
    let time = || prop_oneof![Just(Duration::ZERO), Just(Duration::MAX), any::<Duration>()];
    let number = || prop_oneof![any::<f64>(), Just(f64::NAN), Just(0.0), Just(f64::INFINITY)];
    prop_oneof![
        time().prop_map(Distribution::Fixed),
        (time(), time()).prop_map(|(lower, upper)| Distribution::Uniform { lower, upper }),
        (time(), time()).prop_map(|(mean, deviation)| Distribution::Normal { mean, deviation }),
        (time(), number()).prop_map(|(median, sigma)| Distribution::LogNormal { median, sigma }),
        (number(), time()).prop_map(|(shape, scale)| Distribution::Gamma { shape, scale }),
        (time(), number()).prop_map(|(minimum, alpha)| Distribution::Pareto { minimum, alpha }),
        prop::collection::vec((number(), time()), 0..5).prop_map(|all| {
            let all = all.into_iter().map(|(share, time)| Quantile { share, time });
            Distribution::Quantiles(all.collect())
        }),
    ]
}

proptest! {
    #[test]
    fn any_distribution_can_be_drawn_from(
        distribution in distributions(), max in proptest::option::of(any::<Duration>()), hit: u64,
    ) {
        let drawn = draw(&Wait { distribution, max }, &mut Seed(1).draws("", b"", hit));
        prop_assert!(drawn <= max.unwrap_or(LONGEST).min(LONGEST));
    }
}
