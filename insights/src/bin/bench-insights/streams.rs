//! Real card lines: whether what is said to come next does, from monthly points of the past.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Days, NaiveDate};
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;
use insights::movement::{Movement, median};
use insights::recurring::streams;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::measure::{rounded, share, table};

/// What is mature was chosen on what was foretold until this day.
const CHOSEN_UNTIL: (i32, u32, u32) = (2015, 12, 31);

/// What was foretold, and what of it came.
#[derive(Default)]
struct Foretold {
    said: usize,
    day: usize,
    both: usize,
}

impl Foretold {
    fn count(&mut self, day: bool, both: bool) {
        self.said += 1;
        self.day += usize::from(day);
        self.both += usize::from(both);
    }

    fn json(&self) -> Value {
        json!({
            "predictions": self.said,
            "next_day_right": rounded(share(self.day, self.said)),
            "next_day_and_amount_right": rounded(share(self.both, self.said)),
        })
    }
}

pub fn measure(path: &Path) -> Result<Map<String, Value>, String> {
    let rows = table(path, ["date", "amount", "merchant", "card", "cat"])?;
    let mut cards: BTreeMap<String, Vec<Movement>> = BTreeMap::new();
    for ([date, amount, merchant, card, category], number) in rows.into_iter().zip(1_u128..) {
        let amount: f64 = amount.parse().map_err(|_| format!("`{amount}` is no amount"))?;
        #[expect(clippy::cast_possible_truncation, reason = "amounts of purchases")]
        let minor = -(amount * 100.0).round() as i64;
        let movement = Movement {
            id: TransactionId(Uuid::from_u128(number)),
            account: AccountId(Uuid::nil()),
            day: date.parse().map_err(|_| format!("`{date}` is no day"))?,
            minor,
            currency: Currency::EUR,
            payee: String::new(),
            label: String::new(),
            text: String::new(),
            category,
            counterparty_identifier: None,
        };
        cards.entry(card).or_default().push(movement.named(None, &merchant));
    }
    let mut figures = Map::new();
    let last = cards.values().flatten().map(|movement| movement.day).max().unwrap_or_default();
    let (year, month, day) = CHOSEN_UNTIL;
    let chosen = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    let [mut all, mut later] = [Foretold::default(), Foretold::default()];
    let mut beyond = 0;
    let (mut ours, mut theirs) = (0_i64, 0_i64);
    for movements in cards.values_mut() {
        movements.sort_by_key(|movement| (movement.day, movement.id));
        for cut in cuts() {
            let until = movements.partition_point(|movement| movement.day <= cut);
            let (past, future) = movements.split_at(until);
            let mature = streams(past, cut);
            for stream in mature.iter().filter(|stream| stream.is_mature(cut)) {
                let tolerance = stream.rhythm.tolerance();
                if (last - stream.next).num_days() < tolerance {
                    // The file ends before it can be seen.
                    beyond += 1;
                    continue;
                }
                let came = future.iter().find(|movement| {
                    movement.payee == stream.payee && (movement.minor > 0) == stream.incoming()
                });
                let on_day =
                    came.filter(|came| (came.day - stream.next).num_days().abs() <= tolerance);
                let both = on_day.is_some_and(|came| {
                    (came.minor - stream.expected).abs() * 10 <= stream.expected.abs()
                });
                all.count(on_day.is_some(), both);
                if cut > chosen {
                    later.count(on_day.is_some(), both);
                }
            }
            let (one, other) = spend(movements, cut);
            ours += one;
            theirs += other;
        }
    }
    figures.insert("cards_recurring".to_owned(), all.json());
    figures.insert("cards_recurring_after_what_it_was_chosen_on".to_owned(), later.json());
    figures.insert("cards_recurring_due_after_the_file_ends".to_owned(), json!(beyond));
    let per_mille = ours * 1000 / theirs.max(1);
    figures
        .insert("cards_month_spend_error_per_mille_of_as_last_month".to_owned(), json!(per_mille));
    Ok(figures)
}

/// Ends of months.
fn cuts() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2014, 9, 1).unwrap_or_default();
    (0..34).filter_map(move |month| {
        first.checked_add_months(chrono::Months::new(month))?.checked_sub_days(Days::new(1))
    })
}

/// By how much the middle of six months, and the last month, miss the month after a cut.
fn spend(movements: &[Movement], cut: NaiveDate) -> (i64, i64) {
    let month = |back: u32| -> i64 {
        let next = cut + Days::new(1);
        let until = if back == 0 {
            next.checked_add_months(chrono::Months::new(1))
        } else {
            next.checked_sub_months(chrono::Months::new(back - 1))
        };
        let from =
            if back == 0 { Some(next) } else { next.checked_sub_months(chrono::Months::new(back)) };
        let (Some(from), Some(until)) = (from, until) else { return 0 };
        let rows = movements.iter().filter(|row| row.day >= from && row.day < until);
        rows.map(|row| -row.minor).sum()
    };
    let before: Vec<i64> = (1..=6).map(month).collect();
    // A card that was not used in half a year is out of use.
    if before.iter().all(|sum| *sum == 0) {
        return (0, 0);
    }
    let came = month(0);
    ((median(&before) - came).abs(), (before[0] - came).abs())
}
