//! Several meters that must all have room: all are checked, and only then is any charged.

use std::time::Duration;

use super::{
    meter::{Meter, Receipt},
    now::Now,
    terms::Terms,
};

/// What a request takes of a meter.
#[derive(Debug)]
pub struct Demand<'m> {
    /// The meter.
    pub meter: &'m mut Meter,
    /// What it counts by.
    pub terms: &'m Terms,
    /// How much.
    pub cost: u64,
}

/// Charges all, or none: then it says of each demand, in order, how long there will be no room for it.
///
/// # Errors
///
/// The waits, where one has no room: `None` for each that has.
pub fn admit(demands: &mut [Demand<'_>], now: Now) -> Result<Vec<Receipt>, Vec<Option<Duration>>> {
    for demand in demands.iter_mut() {
        demand.meter.advance(demand.terms, now);
    }
    let waits: Vec<_> =
        demands.iter().map(|demand| demand.meter.wait(demand.terms, demand.cost)).collect();
    if waits.iter().any(Option::is_some) {
        return Err(waits);
    }
    let charged = demands.iter_mut().map(|it| it.meter.charge(it.terms, it.cost, now));
    Ok(charged.collect())
}
