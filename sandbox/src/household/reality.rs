//! What is different in fact, not only in how the bank shows it: purchases made twice, and booked rows
//! the bank corrects later. Both are laid over the finished simulation, so that all balances agree.

use chrono::{Days, NaiveDate};

use super::{CardRow, Row};
use crate::chance::lot;

/// The kind of a debit card purchase.
pub(crate) const CARD_PURCHASE: &str = "KORTTIOSTO";
/// One of this many card purchases was made twice.
const TWIN_ONE_IN: u64 = 24;
/// One of this many booked rows is corrected or removed.
const CORRECTED_ONE_IN: u64 = 12;
/// How long after its booking a row is corrected, in days.
const CORRECTED_AFTER_DAYS: u64 = 10;

/// What happened beside the plain history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reality {
    /// Some card purchases happened twice, equal in every field.
    pub(crate) twins: bool,
    /// Some booked rows were wrong; the bank corrects or removes them later.
    pub(crate) corrections: bool,
    /// Further purchases beside each one with a debit card, of other amounts.
    pub(crate) further_purchases: u16,
}

/// What the bank did to a booked row later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Correction {
    /// From this day on.
    pub(crate) on: NaiveDate,
    /// The amount before.
    pub(crate) from_cents: i64,
}

impl Reality {
    /// The rows of an account on a day, and those among them that were removed by then.
    pub(super) fn of_account(
        self,
        seed: u64,
        today: NaiveDate,
        rows: Vec<Row>,
    ) -> (Vec<Row>, Vec<Row>) {
        let (mut kept, mut removed) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows.into_iter().flat_map(|row| self.with_further(row)) {
            let twin = self.twins
                && row.kind == CARD_PURCHASE
                && lot(seed, "twin", &row.identity).is_multiple_of(TWIN_ONE_IN);
            let twin = twin.then(|| Row { identity: twin_identity(&row.identity), ..row.clone() });
            for mut row in std::iter::once(row).chain(twin) {
                let kept_on = !self.corrections || correct(seed, today, &mut row);
                if kept_on { &mut kept } else { &mut removed }.push(row);
            }
        }
        (kept, removed)
    }

    /// A row, and the further purchases beside it if it is one.
    fn with_further(self, row: Row) -> Vec<Row> {
        let further = if row.kind == CARD_PURCHASE { self.further_purchases } else { 0 };
        let mut rows: Vec<Row> = (1..=further)
            .map(|number| Row {
                identity: format!("{}+{number}", row.identity),
                archive_id: format!("{}{number:05}", row.archive_id),
                amount_cents: row.amount_cents - i64::from(number),
                ..row.clone()
            })
            .collect();
        rows.insert(0, row);
        rows
    }

    /// The rows of a credit card with the day of each purchase.
    pub(super) fn of_card(self, seed: u64, rows: Vec<CardRow>) -> Vec<CardRow> {
        let twin_of = |row: &CardRow| {
            let twin = self.twins
                && row.made < row.posting_date
                && lot(seed, "twin", &row.identity).is_multiple_of(TWIN_ONE_IN);
            twin.then(|| CardRow { identity: twin_identity(&row.identity), ..row.clone() })
        };
        rows.into_iter()
            .flat_map(|row| {
                let twin = twin_of(&row);
                std::iter::once(row).chain(twin)
            })
            .collect()
    }
}

fn twin_identity(identity: &str) -> String {
    format!("{identity}~2")
}

/// Corrects a row whose time has come; false when it is to be removed.
fn correct(seed: u64, today: NaiveDate, row: &mut Row) -> bool {
    let drawn = lot(seed, "correction", &row.identity);
    let on = row.booking_date + Days::new(CORRECTED_AFTER_DAYS);
    if !drawn.is_multiple_of(CORRECTED_ONE_IN) || on > today {
        return true;
    }
    let drawn = drawn / CORRECTED_ONE_IN;
    row.correction = Some(Correction { on, from_cents: row.amount_cents });
    row.amount_cents += row.amount_cents.signum() * (1 + (drawn / 2 % 300) as i64);
    drawn.is_multiple_of(2)
}
