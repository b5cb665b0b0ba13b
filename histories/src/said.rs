//! What rows say, so that those that say the same can be told.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::NaiveDate;
use domain::observed::{ObservedTransaction, RowState};

/// What a row says besides its identifiers.
#[must_use]
pub fn content(row: &ObservedTransaction) -> u64 {
    said(row, row.state, row.value_date, row.bank_type.as_deref(), Some(row.booking_date))
}

/// What a pending and a booked row of one purchase have in common, if the bank changes nothing.
#[must_use]
pub fn bare(row: &ObservedTransaction) -> u64 {
    said(row, RowState::Booked, None, None, Some(row.booking_date))
}

/// What two purchases have in common that differ in nothing but the day they bear.
#[must_use]
pub fn but_for_day(row: &ObservedTransaction) -> u64 {
    said(row, row.state, None, row.bank_type.as_deref(), None)
}

/// Hashed, because every row is compared with every other one again and again.
fn said(
    row: &ObservedTransaction,
    state: RowState,
    value_date: Option<NaiveDate>,
    bank_type: Option<&str>,
    day: Option<NaiveDate>,
) -> u64 {
    let mut hasher = DefaultHasher::new();
    (state, value_date, row.payment_date, bank_type, day).hash(&mut hasher);
    (row.amount, &row.amount_text, row.original_amount).hash(&mut hasher);
    (&row.counterparty, &row.counterparty_identifier, &row.counterparty_servicer).hash(&mut hasher);
    (&row.text, &row.reference, &row.unmapped).hash(&mut hasher);
    hasher.finish()
}
