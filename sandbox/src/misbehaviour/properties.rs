//! What holds for every combination, day, window and filter.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::{Entry, Misbehaviour, Misbehaviours, Shown, StatusFilter, View, Window, account, card};
use crate::household::{Household, Reality};
use crate::options::SandboxStandard;

const SEED: u64 = 5;
/// How many days in a row are tried.
const DAYS: u64 = 3;

fn first_day() -> NaiveDate {
    "2026-03-06".parse().unwrap()
}

/// One of the days, with or without what changes facts.
fn household(day: u64, reality: Reality) -> &'static Household {
    static MADE: [OnceLock<Household>; DAYS as usize * 4] =
        [const { OnceLock::new() }; DAYS as usize * 4];
    let place =
        day as usize * 4 + usize::from(reality.twins) * 2 + usize::from(reality.corrections);
    MADE[place].get_or_init(|| {
        let house = SandboxStandard::Op.house();
        Household::generate(house, SEED, first_day() + Days::new(day), reality)
    })
}

/// A list of the bank and what is real behind it.
#[derive(Debug, PartialEq)]
struct Listed {
    rows: Vec<Shown>,
    real: BTreeSet<String>,
    /// What is booked within the window.
    booked: BTreeSet<String>,
}

fn shown(view: &View, rows: Vec<Entry<'_>>) -> Vec<Shown> {
    rows.into_iter().map(|row| view.show(row)).collect()
}

/// Every list of the bank.
fn lists(view: &View, household: &Household, window: Window, filter: StatusFilter) -> Vec<Listed> {
    let mut lists = Vec::new();
    for user in &household.users {
        for holder in &user.accounts {
            account(view, holder, "id");
            let booked = holder.rows.iter().filter(|row| window.holds(row.booking_date));
            let real = holder.rows.iter().chain(&holder.pending);
            lists.push(Listed {
                rows: shown(view, view.account_rows(holder, window, filter)),
                real: real.map(|row| row.identity.clone()).collect(),
                booked: booked.map(|row| row.identity.clone()).collect(),
            });
        }
        for holder in &user.cards {
            card(view, holder, "id");
            let booked = holder.rows.iter().filter(|row| window.holds(row.posting_date));
            let real = holder.rows.iter().chain(&holder.pending);
            lists.push(Listed {
                rows: shown(view, view.card_rows(holder, window, filter)),
                real: real.map(|row| row.identity.clone()).collect(),
                booked: booked.map(|row| row.identity.clone()).collect(),
            });
        }
    }
    lists
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_combination_shows_all_that_is_booked_and_nothing_that_is_not_real(
        bits in proptest::bits::u64::between(0, 40),
        day in 0..DAYS,
        back in 0_u64..800,
        bounded in any::<bool>(),
        filter in 0_usize..3,
        read in 0_u64..4,
    ) {
        let on: Misbehaviours =
            Misbehaviour::ALL.into_iter().filter(|known| bits & (1 << *known as u8) != 0).collect();
        let household = household(day, on.reality());
        let house = SandboxStandard::Op.house();
        let view = View { house, on, seed: SEED, today: household.today, read };
        let to = bounded.then(|| view.today - Days::new(back / 2));
        let window = Window { from: view.today - Days::new(back), to };
        let filter = [StatusFilter::All, StatusFilter::Booked, StatusFilter::Pending][filter];
        let shown = lists(&view, household, window, filter);
        for Listed { rows, real, booked } in &shown {
            for Shown { identity, value } in rows {
                let Some(identity) = identity else {
                    prop_assert!(on.has(Misbehaviour::BrokenRow), "{}", value);
                    continue;
                };
                let reserved = identity.starts_with("reservation-");
                prop_assert!(real.contains(identity) || reserved, "{}", identity);
                let amount = value["amount"].as_str().unwrap_or_default();
                prop_assert!(amount.parse::<f64>().is_ok(), "{}", value);
            }
            let listed: BTreeSet<String> =
                rows.iter().filter_map(|row| row.identity.clone()).collect();
            prop_assert!(filter == StatusFilter::Pending || booked.is_subset(&listed));
        }
        prop_assert_eq!(shown, lists(&view, household, window, filter));
    }
}
