//! Decides what a window of rows from a bank means, given the rows already known.
//!
//! Rows are counted, not merged: a bank that shows two equal rows twice in one window means two
//! transactions, and showing both again in the next window means the same two.

use std::collections::HashMap;

use crate::id::TransactionId;
use crate::observed::ObservedTransaction;

/// A transaction already in the ledger, as far as matching needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRow {
    /// Which one.
    pub transaction_id: TransactionId,
    /// Its [`match_key`].
    pub match_key: String,
    /// Which one it is among rows with the same key, from 0.
    pub ordinal: u32,
}

/// What a row of the window turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A transaction that was not known: the `ordinal`-th with its key.
    New {
        /// From 0.
        ordinal: u32,
    },
    /// A transaction that is known.
    Same(TransactionId),
}

/// Decides each row of one account's window, in the window's order.
#[must_use]
pub fn reconcile(known: &[KnownRow], window: &[ObservedTransaction]) -> Vec<Decision> {
    let mut by_key: HashMap<&str, Vec<&KnownRow>> = HashMap::new();
    for row in known {
        by_key.entry(&row.match_key).or_default().push(row);
    }
    for rows in by_key.values_mut() {
        rows.sort_by_key(|row| row.ordinal);
    }
    let mut seen: HashMap<String, u32> = HashMap::new();
    window
        .iter()
        .map(|row| {
            let key = match_key(row);
            let known_rows = by_key.get(key.as_str()).map_or(&[][..], Vec::as_slice);
            let count = seen.entry(key).or_default();
            let place = *count;
            *count += 1;
            match known_rows.get(place as usize) {
                Some(row) => Decision::Same(row.transaction_id),
                // Ordinals of one key are dense from 0, so the place is the next free ordinal.
                None => Decision::New { ordinal: place },
            }
        })
        .collect()
}

/// The fields by which two readings of one row are taken for the same transaction.
///
/// With a bank reference: the reference, the day and the amount, because references alone are not
/// unique and texts are rewritten. Without one: everything that was said.
#[must_use]
pub fn match_key(row: &ObservedTransaction) -> String {
    let amount = format!("{} {}", row.amount, row.amount.currency);
    let fields = match row.bank_reference.as_deref().filter(|reference| !reference.is_empty()) {
        Some(reference) => {
            vec!["reference".to_owned(), reference.to_owned(), row.booking_date.to_string(), amount]
        }
        None => vec![
            "fields".to_owned(),
            row.booking_date.to_string(),
            amount,
            row.original_amount
                .map(|money| format!("{money} {}", money.currency))
                .unwrap_or_default(),
            row.counterparty.clone().unwrap_or_default(),
            row.counterparty_identifier.clone().unwrap_or_default(),
            row.text.clone(),
            row.reference.clone().unwrap_or_default(),
        ],
    };
    // A separator no bank text can hold, so that two fields never run into one.
    fields.iter().map(|field| field.replace('\u{1f}', " ")).collect::<Vec<_>>().join("\u{1f}")
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::money::{Currency, Money};

    fn row(reference: Option<&str>, day: u32, minor: i64, text: &str) -> ObservedTransaction {
        let amount = Money::new(minor, Currency::EUR);
        ObservedTransaction {
            bank_reference: reference.map(str::to_owned),
            bank_identifier: None,
            state: crate::observed::RowState::Booked,
            booking_date: NaiveDate::from_ymd_opt(2026, 1, day).expect("a day"),
            value_date: None,
            payment_date: None,
            amount,
            amount_text: amount.to_string(),
            original_amount: None,
            counterparty: None,
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: text.to_owned(),
            reference: None,
            bank_type: None,
            unmapped: None,
        }
    }

    /// Applies decisions the way the ledger does.
    fn record(known: &mut Vec<KnownRow>, window: &[ObservedTransaction]) -> usize {
        let decisions = reconcile(known, window);
        let before = known.len();
        for (row, decision) in window.iter().zip(decisions) {
            if let Decision::New { ordinal } = decision {
                let transaction_id = TransactionId(Uuid::from_u128(known.len() as u128));
                known.push(KnownRow { transaction_id, match_key: match_key(row), ordinal });
            }
        }
        known.len() - before
    }

    #[test]
    fn twins_are_two_and_stay_two() {
        let coffee = row(None, 3, -350, "KAHVILA");
        let window = [coffee.clone(), coffee];
        let mut known = Vec::new();
        assert_eq!(record(&mut known, &window), 2);
        assert_eq!(record(&mut known, &window), 0);
        assert_eq!(known.iter().map(|row| row.ordinal).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_rewritten_text_is_the_same_row_where_the_bank_gives_a_reference() {
        let mut known = Vec::new();
        record(&mut known, &[row(Some("A1"), 3, -350, "KAHVILA")]);
        assert_eq!(record(&mut known, &[row(Some("A1"), 3, -350, "KAHVILA OY HELSINKI")]), 0);
        assert_eq!(
            record(&mut known, &[row(Some("A1"), 9, -350, "KAHVILA")]),
            1,
            "a reused reference"
        );
    }

    proptest! {
        #[test]
        fn reading_windows_again_in_any_order_adds_nothing(
            rows in proptest::collection::vec((proptest::option::of(0_u8..4), 1_u32..4, -3_i64..3), 0..40),
            shuffle in any::<prop::sample::Index>(),
        ) {
            let mut window: Vec<_> = rows
                .iter()
                .map(|(reference, day, minor)| {
                    row(reference.map(|number| ["A", "B", "C", "D"][number as usize]), *day, *minor, "t")
                })
                .collect();
            let mut known = Vec::new();
            prop_assert_eq!(record(&mut known, &window), rows.len());
            if !window.is_empty() {
                let middle = shuffle.index(window.len());
                window.rotate_left(middle);
            }
            prop_assert_eq!(record(&mut known, &window), 0);
        }
    }
}
