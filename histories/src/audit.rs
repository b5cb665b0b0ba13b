//! The oracle: what the ledger says against what is.

use std::collections::BTreeSet;

use chrono::Days;
use domain::id::TransactionId;
use domain::observed::{ObservedTransaction, RowState};
use domain::transaction::Standing;

use crate::books::{Account, Books, Seen};
use crate::history::{Edited, History, Read};
use crate::life::RealId;
use crate::misbehaviour::Misbehaviour;
use crate::said::bare;
use crate::score::Score;
use crate::standing::Stand;

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

/// Judges an account after a window, by the rows that were shown; tells what is newly wrong. Before
/// anything is called lost, doubled or stale, rows that nothing tells apart exchange their names.
pub fn window(
    history: &History,
    now: i64,
    read: &Read,
    labels: &[RealId],
    books: &mut Books,
    faults: &mut Faults,
) -> Vec<String> {
    let gone = |real: RealId| history.reals[real].gone_since(now).is_some();
    let (names_tell, names_pending) = (history.bank.names_tell(), history.bank.names_pending());
    let mut found = Vec::new();
    let shown = labels.iter().filter(|label| !books.ruled.contains(label));
    for label in shown.copied().collect::<BTreeSet<_>>() {
        let mut stand =
            Stand { books, account: read.account, names_tell, names_pending, gone: &gone };
        let count = |stand: &Stand<'_>, standing| {
            stand.books.accounts[read.account].standing(label, standing)
        };
        while count(&stand, Standing::Counted) > 1 && stand.spread(label) {}
        if count(&stand, Standing::Counted) > 1 && faults.doubled.insert(label) {
            let counted = count(&stand, Standing::Counted);
            let held = holders(&stand.books.accounts[read.account], label);
            found.push(format!("DOUBLED: {label} is counted {counted} times{held}"));
        }
        let standing = count(&stand, Standing::Counted) + count(&stand, Standing::Doubted);
        let covered = standing > 0 || stand.cover(label);
        let account = &stand.books.accounts[read.account];
        let unseen = !covered && is_like_one(history, read, labels, account, label);
        if unseen {
            stand.books.unseen.insert(label);
        } else {
            stand.books.unseen.remove(&label);
        }
        if !covered && !unseen && faults.lost.insert(label) {
            let held = holders(&stand.books.accounts[read.account], label);
            found.push(format!(
                "LOST: {label} is shown and is in no row that counts or waits{held}"
            ));
        }
        let waits = count(&stand, Standing::Doubted) > 0;
        let stale = count(&stand, Standing::Counted) == 1
            && !waits
            && is_stale(read, labels, &stand.books.accounts[read.account], label);
        let says = |row: &ObservedTransaction| says_now(read, labels, label, row);
        if stale && !stand.exchange(label, &says) && faults.stale.insert(label) {
            let held = holders(&stand.books.accounts[read.account], label);
            found.push(format!("STALE: the row of {label} does not say what the bank says{held}"));
        }
    }
    found
}

/// Whether a transaction that has no row is not to be seen beside its like: where the bank leaves
/// announcements without a name beside what was booked of them, an announcement and an equal booked
/// row are what one purchase looks like, until there are more of either than the ledger has rows.
fn is_like_one(
    history: &History,
    read: &Read,
    labels: &[RealId],
    account: &Account,
    label: RealId,
) -> bool {
    let own = read.rows.iter().zip(labels).filter(|(_, one)| **one == label);
    let mut said = own.map(|(row, _)| bare(&row.observed));
    let Some(said) = said.next() else { return false };
    let equal = || read.rows.iter().filter(|row| bare(&row.observed) == said);
    let shown = |state| equal().filter(|row| row.observed.state == state).count();
    let mut pending = equal().filter(|row| row.observed.state == RowState::Pending);
    let silent = pending
        .all(|row| row.observed.bank_reference.is_none() && row.observed.bank_identifier.is_none());
    let held = account.rows.rows().iter().filter(|row| {
        matches!(row.standing, Standing::Counted | Standing::Doubted) && bare(&row.observed) == said
    });
    let needed = shown(RowState::Booked).max(shown(RowState::Pending));
    history.set.has(Misbehaviour::CardPair) && silent && held.count() >= needed
}

/// The rows that stand for a transaction, for the telling.
fn holders(account: &Account, label: RealId) -> String {
    let told = account.holders(label).map(|row| {
        let id: String = row.transaction_id.to_string().chars().take(8).collect();
        let said = &row.observed;
        format!("; {id} {:?} {:?} {} {}", row.standing, said.state, said.booking_date, said.amount)
    });
    told.collect()
}

/// Whether a row says what the bank says of a transaction.
fn says_now(read: &Read, labels: &[RealId], label: RealId, known: &ObservedTransaction) -> bool {
    let shown = read.rows.iter().zip(labels).filter(|(_, one)| **one == label);
    let shown: Vec<_> = shown.map(|(row, _)| &row.observed).collect();
    let booked = shown.iter().any(|row| row.state == RowState::Booked);
    let state = if booked { RowState::Booked } else { RowState::Pending };
    let mut shown = shown.into_iter().filter(|row| row.state == state);
    known.state == state
        && shown.any(|row| row.amount == known.amount && row.booking_date == known.booking_date)
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
    let old = known.state == RowState::Booked && !booked;
    !old && !says_now(read, labels, label, known)
}

/// Judges everything at the end; tells what is wrong.
pub fn end(
    history: &History,
    books: &mut Books,
    faults: &mut Faults,
    score: &mut Score,
) -> Vec<String> {
    let mut found = Vec::new();
    let gone = |real: RealId| history.reals[real].gone_since(history.end).is_some();
    for (id, real) in history.reals.iter().enumerate().filter(|(id, _)| !gone(*id)) {
        let label = books.called(id);
        let account = &books.accounts[real.account];
        let counted = account.standing(label, Standing::Counted);
        let rows = counted + account.standing(label, Standing::Doubted);
        if rows == 0 && books.shown.contains(&label) && !books.ruled.contains(&label) {
            let (names_tell, names_pending) =
                (history.bank.names_tell(), history.bank.names_pending());
            Stand { books, account: real.account, names_tell, names_pending, gone: &gone }
                .cover(label);
        }
    }
    for (id, real) in history.reals.iter().enumerate() {
        let label = books.called(id);
        let account = &books.accounts[real.account];
        let counted = account.standing(label, Standing::Counted);
        let waiting = account.standing(label, Standing::Doubted);
        match real.gone_since(history.end) {
            _ if books.ruled.contains(&label) => {}
            None if !books.shown.contains(&label) || books.unseen.contains(&label) => {}
            None if counted + waiting == 0 && faults.lost.insert(label) => {
                found.push(format!("LOST: {label} is in the bank's books and counts no longer"));
            }
            Some(gone) if counted > 0 && should_be_gone(history, account, id, gone) => {
                score.kept += 1;
                found.push(format!("KEPT: {label} is gone at the bank and still counts"));
            }
            _ => {}
        }
    }
    found.extend(edits(history, books, score));
    found
}

/// Judges what the person wrote, joined and parted.
fn edits(history: &History, books: &Books, score: &mut Score) -> Vec<String> {
    let mut found = Vec::new();
    for (id, real) in history.reals.iter().enumerate() {
        let label = books.labels.of(id);
        let account = &books.accounts[real.account];
        let counted = account.standing(label, Standing::Counted);
        let waiting = account.standing(label, Standing::Doubted);
        for what in Edited::ALL {
            let Some(edit) = books.edited.get(&(label, what)) else { continue };
            score.edits += 1;
            let bears = |row: &&domain::transaction::KnownRow| {
                account.edits.get(&(row.transaction_id, what)) == Some(edit)
            };
            let counts = |row: &&domain::transaction::KnownRow| row.standing == Standing::Counted;
            let of_counted = account.holders(label).filter(counts).all(|row| bears(&row));
            let somewhere = account.holders(label).any(|row| bears(&row));
            let ruled = books.ruled.contains(&label);
            if !somewhere || (!ruled && counted > 0 && waiting == 0 && !of_counted) {
                score.edits_lost += 1;
                found.push(format!("EDIT LOST: {what:?} {edit:?} of {label}"));
            }
        }
    }
    for account in &books.accounts {
        let row = |id: &TransactionId| account.rows.get(*id);
        let joined = account.joined.iter().map(|(stays, goes)| {
            let still = row(goes).is_some_and(|goes| goes.same_as == Some(*stays));
            (still, format!("EDIT LOST: {goes} was joined with {stays} by the person"))
        });
        let parted = account.parted.iter().map(|(one, other)| {
            let is = |one: &TransactionId, other: &TransactionId| {
                row(one).is_some_and(|row| row.same_as == Some(*other))
            };
            let still = !is(one, other) && !is(other, one);
            (still, format!("EDIT LOST: {one} and {other} were parted by the person"))
        });
        for (still, text) in joined.chain(parted) {
            score.edits += 1;
            if !still {
                score.edits_lost += 1;
                found.push(text);
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
