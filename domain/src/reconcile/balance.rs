//! Opening balance and rows against closing balance.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::Balances;
use crate::account::AccountEvent;
use crate::money::Money;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Amended, BalanceProof, KnownRow, Settled, Standing};

/// A change of the booked sum since the last whole window: a booked row that is new, a settled one,
/// an amended one with the difference, a withdrawn one with the opposite sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The day of the books it belongs to.
    pub day: NaiveDate,
    /// By how much the sum changed.
    pub amount: Money,
    /// The balance after this day's rows, where the bank says so.
    pub balance: Option<Money>,
}

/// What events of one window change of the booked sum. A doubt that is settled changes nothing: the
/// bank's balance has held the row, or not held it, ever since it was shown.
#[must_use]
pub fn booked(known: &[KnownRow], events: &[AccountEvent]) -> Vec<Booked> {
    let known: HashMap<_, _> = known.iter().map(|row| (row.transaction_id, row)).collect();
    let counts = |row: &KnownRow| row.standing == Standing::Counted;
    let change = |row: &ObservedTransaction, sign: i64| {
        let minor = row.amount.minor.checked_mul(sign)?;
        let amount = Money::new(minor, row.amount.currency);
        let booked = row.state == RowState::Booked;
        booked.then_some(Booked { day: row.booking_date, amount, balance: None })
    };
    let mut changes = Vec::new();
    for event in events {
        match event {
            AccountEvent::TransactionRecorded(new) => changes.extend(change(&new.observed, 1)),
            AccountEvent::TransactionSettled(Settled { transaction_id, observed, .. })
            | AccountEvent::TransactionAmended(Amended { transaction_id, observed, .. }) => {
                // Of one that was gone, its return is told just before.
                let there = |row: &&&KnownRow| counts(row) || row.standing == Standing::Withdrawn;
                let before = known.get(transaction_id).filter(there);
                changes.extend(before.and_then(|row| change(&row.observed, -1)));
                changes.extend(change(observed, 1));
            }
            AccountEvent::TransactionWithdrawn(gone) => {
                let row = known.get(&gone.transaction_id).filter(|row| counts(row));
                changes.extend(row.and_then(|row| change(&row.observed, -1)));
            }
            AccountEvent::TransactionReturned(back) => {
                let row = known.get(&back.transaction_id);
                let row = row.filter(|row| row.standing == Standing::Withdrawn);
                changes.extend(row.and_then(|row| change(&row.observed, 1)));
            }
            _ => {}
        }
    }
    changes
}

/// Whether the balance before and what was booked since make the balance now.
///
/// Where the bank gives balances of single days, the first day whose sum is wrong is named.
#[must_use]
pub fn prove(balances: &Balances, booked: &[Booked]) -> BalanceProof {
    let (Some(before), Some(now)) = (balances.before, balances.now) else {
        return BalanceProof::NotGiven;
    };
    if before.currency != now.currency
        || booked.iter().any(|row| row.amount.currency != now.currency)
    {
        return BalanceProof::NotGiven;
    }
    let mut days: BTreeMap<NaiveDate, (i128, Option<Money>)> = BTreeMap::new();
    for row in booked {
        let day = days.entry(row.day).or_default();
        day.0 += i128::from(row.amount.minor);
        day.1 = row.balance.or(day.1);
    }
    let mut sum = i128::from(before.minor);
    let mut first_day = None;
    for (day, (amount, balance)) in days {
        sum += amount;
        let stated = balance.filter(|balance| balance.currency == now.currency);
        if first_day.is_none() && stated.is_some_and(|stated| i128::from(stated.minor) != sum) {
            first_day = Some(day);
        }
    }
    let difference = i128::from(now.minor) - sum;
    if difference == 0 {
        return BalanceProof::Holds;
    }
    // A difference beyond 64 bits of minor units is no balance of any account.
    let Ok(minor) = i64::try_from(difference) else { return BalanceProof::NotGiven };
    BalanceProof::Breaks { first_day, difference: Money::new(minor, now.currency) }
}
