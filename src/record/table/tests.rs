//! What is known at once is what would have been made of it.

use std::path::Path;

use proptest::prelude::*;

use super::{super::tests::any_exchange, *};

/// A table that has seen these, what became of each, and what its stubs are.
fn taken(exchanges: &[Exchange], knows_repeats: bool) -> (Vec<Outcome>, Vec<Stub>) {
    let mut table = Table::new(ServiceName::new("api"), Path::new("stubs/api").to_owned());
    let mut outcomes = Vec::new();
    for exchange in exchanges {
        if !knows_repeats {
            table.repeats = Repeats::default();
        }
        outcomes.push(table.add(exchange, false, &[]));
    }
    (outcomes, table.variants.into_iter().map(|variant| variant.stub).collect())
}

proptest! {
    #[test]
    fn a_repeat_is_what_it_would_be_unknown(
        exchanges in prop::collection::vec(any_exchange(), 1..6),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let numbered = order.iter().zip(1..).map(|(at, number)| {
            Exchange { number, ..at.get(&exchanges).clone() }
        });
        let exchanges: Vec<Exchange> = numbered.collect();
        prop_assert_eq!(taken(&exchanges, true), taken(&exchanges, false));
    }
}
