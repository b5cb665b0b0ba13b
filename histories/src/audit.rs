//! The oracle: what the ledger says against what is.

use std::collections::BTreeSet;

use chrono::Days;
use domain::observed::RowState;
use domain::transaction::Standing;

use crate::books::{Account, Books, Seen};
use crate::history::{History, Read};
use crate::life::RealId;
use crate::score::Score;

/// Days at a window's edges that no absence is concluded from.
const EDGE_DAYS: u64 = 3;

/// Everything that ever went wrong, by the real transaction.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// In no row.
    pub lost: BTreeSet<RealId>,
    /// Counted twice.
    pub doubled: BTreeSet<RealId>,
    /// In a row that says something else than the bank.
    pub stale: BTreeSet<RealId>,
}

/// Judges an account after a window, by the rows that were shown; tells what is newly wrong.
pub fn window(
    read: &Read,
    labels: &[RealId],
    account: &Account,
    faults: &mut Faults,
) -> Vec<String> {
    let mut found = Vec::new();
    for label in labels.iter().collect::<BTreeSet<_>>() {
        let counted = account.standing(*label, Standing::Counted);
        let doubted = account.standing(*label, Standing::Doubted);
        if counted + doubted == 0 && faults.lost.insert(*label) {
            found.push(format!("LOST: {label} is shown and is in no row that counts or waits"));
        }
        if counted > 1 && faults.doubled.insert(*label) {
            found.push(format!("DOUBLED: {label} is counted {counted} times"));
        }
        if counted == 1
            && doubted == 0
            && is_stale(read, labels, account, *label)
            && faults.stale.insert(*label)
        {
            found.push(format!("STALE: the row of {label} does not say what the bank says"));
        }
    }
    found
}

/// Whether the one row of a transaction says something else than the bank, in what counts.
fn is_stale(read: &Read, labels: &[RealId], account: &Account, label: RealId) -> bool {
    let shown = read.rows.iter().zip(labels).filter(|(_, one)| **one == label);
    let shown: Vec<_> = shown.map(|(row, _)| &row.observed).collect();
    let booked = shown.iter().any(|row| row.state == RowState::Booked);
    let Some(known) = account.holders(label).find(|row| row.standing == Standing::Counted) else {
        return false;
    };
    let known = &known.observed;
    if known.state == RowState::Booked && !booked {
        return false;
    }
    let state = if booked { RowState::Booked } else { RowState::Pending };
    !shown.iter().any(|row| {
        row.state == state
            && known.state == state
            && row.amount == known.amount
            && row.booking_date == known.booking_date
    })
}

/// Judges everything at the end; tells what is wrong.
pub fn end(
    history: &History,
    books: &Books,
    faults: &mut Faults,
    score: &mut Score,
) -> Vec<String> {
    let mut found = Vec::new();
    for (id, real) in history.reals.iter().enumerate() {
        let label = books.labels.of(id);
        let account = &books.accounts[real.account];
        let counted = account.standing(label, Standing::Counted);
        let waiting = account.standing(label, Standing::Doubted);
        match real.gone_since(history.end) {
            None if !books.shown.contains(&label) => {}
            None if counted + waiting == 0 && faults.lost.insert(label) => {
                found.push(format!("LOST: {label} is in the bank's books and counts no longer"));
            }
            Some(gone) if counted > 0 && should_be_gone(history, account, id, gone) => {
                score.kept += 1;
                found.push(format!("KEPT: {label} is gone at the bank and still counts"));
            }
            _ => {}
        }
        if let Some(note) = books.noted.get(&label) {
            score.edits += 1;
            let bears = |row: &&domain::transaction::KnownRow| {
                account.notes.get(&row.transaction_id) == Some(note)
            };
            let counts = |row: &&domain::transaction::KnownRow| row.standing == Standing::Counted;
            let of_counted = account.holders(label).filter(counts).all(|row| bears(&row));
            let somewhere = account.holders(label).any(|row| bears(&row));
            if !somewhere || (counted > 0 && waiting == 0 && !of_counted) {
                score.edits_lost += 1;
                found.push(format!("EDIT LOST: {note:?} of {label}"));
            }
        }
    }
    found
}

/// Whether the last two windows were whole and reached back far enough to tell.
fn should_be_gone(history: &History, account: &Account, id: RealId, gone: i64) -> bool {
    let real = &history.reals[id];
    let day = real.pending_day.min(real.day);
    let tells = |seen: &Option<Seen>| {
        seen.is_some_and(|seen| {
            let reaches = seen.oldest.is_some_and(|oldest| oldest + Days::new(EDGE_DAYS) <= day);
            seen.whole && seen.at > gone && reaches
        })
    };
    account.seen.iter().all(tells)
}
