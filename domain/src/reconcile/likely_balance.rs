//! Balances tell a row shown twice from two transactions.

use chrono::TimeDelta;

use super::absence::gone;
use super::likely::{ECHO, Habit};
use super::trust::Group;
use super::work::{Found, Work, decision};
use super::{CERTAIN, Of, Resolved};
use crate::observed::RowState;
use crate::transaction::{KnownRow, Reason, Standing};

/// Decides the window's new echoes, all together, where the balances fit one reading and not the
/// other. Where they do not tell, proven references
/// do, for what is usual.
pub(super) fn decide(work: &mut Work<'_>, groups: &[Group], habit: &Habit) {
    let rows = groups.iter().flat_map(|group| &group.rows).copied();
    let echoes: Vec<_> = rows.filter(|row| is_echo(work, *row)).collect();
    if echoes.is_empty() {
        return learn(work);
    }
    if by_balance(work, &echoes) {
        return;
    }
    if !habit.twins(work) {
        return;
    }
    for group in groups {
        for row in &group.rows {
            if is_echo(work, *row) {
                work.found[*row] = None;
            }
        }
    }
}

/// Windows whose balance must have followed the books before one is believed.
const PROVEN_BALANCES: u64 = 12;
/// One window in so many in which it did not is too many.
const BROKEN_BALANCES_ONE_IN: u64 = 50;

/// Whether this bank's booked balance has always been that of the rows it stood beside: one that is
/// days old now and then proves nothing.
fn believed(work: &Work<'_>) -> bool {
    let habits = &work.question.habits;
    habits.balance_held >= PROVEN_BALANCES
        && habits.balance_broke.saturating_mul(BROKEN_BALANCES_ONE_IN) <= habits.balance_held
}

/// What the change of the balance shows of it, where everything is certain.
fn learn(work: &mut Work<'_>) {
    let Some(change) = change(work) else { return };
    match certain(work) {
        Some(certain) if change != certain => work.balances.1 += 1,
        // That nothing changed where nothing was booked shows nothing.
        Some(certain) if certain != 0 => work.balances.0 += 1,
        _ => {}
    }
}

fn change(work: &Work<'_>) -> Option<i128> {
    let balances = work.question.balances;
    let (before, now) = (balances.before?, balances.now?);
    let whole = work.question.window.whole && before.currency == now.currency;
    whole.then(|| i128::from(now.minor) - i128::from(before.minor))
}

/// Whether the balances decided it.
fn by_balance(work: &mut Work<'_>, echoes: &[usize]) -> bool {
    let Some(change) = change(work).filter(|_| believed(work)) else { return false };
    let amount = |row: usize| i128::from(work.question.rows[row].amount.minor);
    let echoed: i128 = echoes.iter().map(|row| amount(*row)).sum();
    if echoed == 0 {
        return false;
    }
    let Some(certain) = certain(work) else { return false };
    if change == certain + echoed {
        work.equal_rows.0 += echoes.len() as u64;
        for row in echoes {
            work.found[*row] = None;
        }
        return true;
    }
    let unseen = |known: &KnownRow, place: usize| {
        known.standing == Standing::Counted
            && known.observed.state == RowState::Booked
            && work.shown_by[place].is_none()
            && echoes.iter().any(|row| work.question.rows[*row].amount == known.observed.amount)
    };
    let known = work.question.known.iter().enumerate();
    // One of the same amount, out of the window's sight, may have been taken back meanwhile.
    if change == certain && known.into_iter().any(|(place, known)| unseen(known, place)) {
        return false;
    }
    if change == certain {
        work.equal_rows.1 += echoes.len() as u64;
        for row in echoes {
            let row = *row;
            let Some(Found::Doubtful(likely)) = &work.found[row] else { continue };
            let same_as = likely.first().map(|likely| likely.of);
            let reasons = vec![Reason::SameFields, Reason::EqualButReference];
            let decision = decision(CERTAIN, reasons);
            let doubted = Of::Row(row);
            work.resolved.push(Resolved { doubted, same_as, says: None, decision });
        }
        return true;
    }
    false
}

/// Whether a row equals another that this window shows, or one that it does not reach. One whose
/// like is gone may be that one under a new name.
fn is_echo(work: &Work<'_>, row: usize) -> bool {
    work.question.rows[row].state == RowState::Booked
        && matches!(&work.found[row], Some(Found::Doubtful(likely))
            if likely.iter().all(|one| one.score == ECHO
                && one.reasons.contains(&Reason::EqualButReference)))
}

/// How old a row can be at most that was booked since the last window.
const RECENT: TimeDelta = TimeDelta::days(30);

/// By how much everything that is certain changes the booked sum: rows that were not shown booked
/// before, and what changed of those that were. None if something else is in doubt.
fn certain(work: &Work<'_>) -> Option<i128> {
    let question = work.question;
    let mut before = vec![None; question.rows.len()];
    for (place, known) in question.known.iter().enumerate() {
        if known.observed.state != RowState::Booked {
            continue;
        }
        match work.shown_by[place] {
            Some(row) => before[row] = Some(i128::from(known.observed.amount.minor)),
            // Taken back, and nobody knows when.
            None if gone(question, known) && known.standing != Standing::Withdrawn => return None,
            None => {}
        }
    }
    let mut sum: i128 = 0;
    for (row, found) in work.found.iter().enumerate() {
        let observed = &question.rows[row];
        if observed.state != RowState::Booked {
            continue;
        }
        let amount = i128::from(observed.amount.minor);
        let returns = matches!(found, Some(Found::Known { place, .. })
            if question.known[*place].standing == Standing::Withdrawn);
        match found {
            _ if returns => return None,
            Some(Found::Again(_)) => {}
            Some(Found::Doubtful(_)) if is_echo(work, row) => {}
            Some(Found::Doubtful(_)) => return None,
            // The balance before may hold it already.
            None if question.window.to - observed.booking_date > RECENT => return None,
            _ => sum += amount - before[row].unwrap_or_default(),
        }
    }
    Some(sum)
}
