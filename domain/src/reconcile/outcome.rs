//! What a row that was taken for something says of it, and what new rows are numbered.

use std::collections::HashMap;

use super::Outcome;
use super::key::{identifier, match_key, reference, same_text};
use super::trust::{Trust, Trusts};
use super::work::Found;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{KnownRow, Standing};

/// Which ordinals are free.
pub(super) struct Ordinals {
    next: HashMap<String, u32>,
}

impl Ordinals {
    pub(super) fn of(
        known: &[&KnownRow],
        rows: &[&ObservedTransaction],
        found: &[Option<Found>],
    ) -> Self {
        let open = rows.iter().zip(found);
        let open = open.filter(|(_, found)| !matches!(found, Some(Found::Known { .. })));
        let mut next: HashMap<String, u32> = open.map(|(row, _)| (match_key(row), 0)).collect();
        if !next.is_empty() {
            for row in known {
                if let Some(free) = next.get_mut(&row.match_key) {
                    *free = (*free).max(row.ordinal.saturating_add(1));
                }
            }
        }
        Self { next }
    }

    pub(super) fn next(&mut self, row: &ObservedTransaction) -> u32 {
        let free = self.next.entry(match_key(row)).or_default();
        let ordinal = *free;
        *free = free.saturating_add(1);
        ordinal
    }
}

/// What a row says of the known transaction it stands for.
pub(super) fn outcome(known: &KnownRow, row: &ObservedTransaction, trusts: Trusts) -> Outcome {
    let transaction_id = known.transaction_id;
    let before = &known.observed;
    if known.standing == Standing::Absorbed {
        // A mere reading of another transaction: that one says what counts.
        return Outcome::Same { transaction_id };
    }
    match (before.state, row.state) {
        (RowState::Pending, RowState::Booked) => Outcome::Settled { transaction_id },
        // A booked row does not become pending: an old reading is shown again.
        (RowState::Booked, RowState::Pending) => Outcome::Same { transaction_id },
        _ if says_something_new(before, row, trusts) => Outcome::Amended { transaction_id },
        _ => Outcome::Same { transaction_id },
    }
}

/// Whether a reading differs in anything that matters. A field that was said and is left out now
/// is an omission, not news; identifiers matter only where they are believed.
pub(super) fn says_something_new(
    before: &ObservedTransaction,
    row: &ObservedTransaction,
    trusts: Trusts,
) -> bool {
    let text = |one: Option<&str>, other: Option<&str>| match (one, other) {
        (_, None) => false,
        (None, Some(text)) => !text.trim().is_empty(),
        (Some(one), Some(other)) => !other.trim().is_empty() && !same_text(one, other),
    };
    let day = |one: Option<_>, other: Option<_>| other.is_some() && one != other;
    let late = |trust: Trust, one: Option<&str>, other: Option<&str>| {
        (trust == Trust::Proven || trusts.renamed) && other.is_some() && one != other
    };
    before.amount != row.amount
        || before.booking_date != row.booking_date
        || day(before.value_date, row.value_date)
        || day(before.payment_date, row.payment_date)
        || (row.original_amount.is_some() && before.original_amount != row.original_amount)
        || text(Some(&before.text), Some(&row.text))
        || text(before.counterparty.as_deref(), row.counterparty.as_deref())
        || text(before.counterparty_identifier.as_deref(), row.counterparty_identifier.as_deref())
        || text(before.reference.as_deref(), row.reference.as_deref())
        || text(before.bank_type.as_deref(), row.bank_type.as_deref())
        || late(trusts.reference, reference(before), reference(row))
        || late(trusts.identifier, identifier(before), identifier(row))
}
