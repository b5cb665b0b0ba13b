//! What a person decides about transactions: verdicts on doubts, joining and parting, categories,
//! notes and splits. Asking for what is so already is done, and says nothing new.

use super::{CERTAIN, RULES_VERSION, match_key};
use crate::account::AccountEvent;
use crate::categorisation::CATEGORIES;
use crate::id::TransactionId;
use crate::observed::{Evidence, ObservedTransaction};
use crate::redecide::{Redecided, Restated};
use crate::transaction::{
    Categorised, Decision, DoubtResolved, Hidden, KnownRow, Merged, Noted, Parted, Reason, Split,
    SplitPart, Standing, Verdict,
};

/// Most characters of a note.
pub const LONGEST_NOTE: usize = 1_000;
/// Most parts of a split.
pub const MOST_PARTS: usize = 50;
/// Fewest parts of a split; no parts take it back.
pub const FEWEST_PARTS: usize = 2;

/// Why a person's decision was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such transaction in this account.
    #[error("there is no such transaction in this account")]
    NotFound,
    /// There is no doubt about it.
    #[error("there is no doubt about this transaction")]
    NotDoubted,
    /// It is the same transaction.
    #[error("a transaction cannot be joined with itself")]
    Itself,
    /// The other one does not count.
    #[error("only a transaction that counts can be joined with")]
    NotCounted,
    /// The two are in two currencies.
    #[error("the two transactions are in two currencies")]
    OtherCurrency,
    /// They were parted.
    #[error("a person parted these two transactions")]
    Parted,
    /// There is nothing to part.
    #[error("these two readings are not joined, or are joined no longer")]
    NotJoined,
    /// The category is not in the taxonomy.
    #[error("there is no such category")]
    UnknownCategory,
    /// The note is empty or longer than [`LONGEST_NOTE`].
    #[error("a note has 1 to {LONGEST_NOTE} characters")]
    NoteLength,
    /// There are too few or too many parts.
    #[error("a split has {FEWEST_PARTS} to {MOST_PARTS} parts")]
    PartCount,
    /// A part is zero or has another sign or currency than the whole.
    #[error("every part has the sign and the currency of the whole, and is not zero")]
    PartAmount,
    /// The parts are not the whole.
    #[error("the parts do not add up to the whole")]
    PartsSum,
}

fn find(known: &[KnownRow], transaction_id: TransactionId) -> Result<&KnownRow, Refusal> {
    known.iter().find(|row| row.transaction_id == transaction_id).ok_or(Refusal::NotFound)
}

fn person() -> Decision {
    Decision { rules: RULES_VERSION, score: CERTAIN, reasons: vec![Reason::PersonSaid] }
}

fn may_join(one: &KnownRow, other: &KnownRow) -> Result<(), Refusal> {
    if one.transaction_id == other.transaction_id {
        return Err(Refusal::Itself);
    }
    if other.standing != Standing::Counted {
        return Err(Refusal::NotCounted);
    }
    if one.observed.amount.currency != other.observed.amount.currency {
        return Err(Refusal::OtherCurrency);
    }
    Ok(())
}

/// A person's verdict on a doubted row.
///
/// # Errors
/// [`Refusal`] if there is no such doubt, or it cannot be that.
pub fn resolve(
    known: &[KnownRow],
    transaction_id: TransactionId,
    verdict: Verdict,
) -> Result<Vec<AccountEvent>, Refusal> {
    let row = find(known, transaction_id)?;
    match (row.standing, verdict) {
        (Standing::Doubted, Verdict::Separate) => {}
        (Standing::Doubted, Verdict::SameAs { transaction_id: other }) => {
            let other = find(known, other)?;
            // What was taken for gone is back with this row.
            if other.standing != Standing::Withdrawn {
                may_join(row, other)?;
            } else if row.observed.amount.currency != other.observed.amount.currency {
                return Err(Refusal::OtherCurrency);
            }
        }
        // Said twice, by a double click or a repeated request.
        (Standing::Counted, Verdict::Separate) if row.edited => return Ok(Vec::new()),
        _ => return Err(Refusal::NotDoubted),
    }
    let decision = person();
    Ok(vec![AccountEvent::DoubtResolved(DoubtResolved { transaction_id, verdict, decision })])
}

/// Two transactions are one: the second is counted no longer.
///
/// # Errors
/// [`Refusal`] if they cannot be.
pub fn merge(
    known: &[KnownRow],
    transaction_id: TransactionId,
    absorbed: TransactionId,
) -> Result<Vec<AccountEvent>, Refusal> {
    let (stays, goes) = (find(known, transaction_id)?, find(known, absorbed)?);
    may_join(goes, stays)?;
    if !matches!(goes.standing, Standing::Counted | Standing::Withdrawn) {
        return Err(Refusal::NotCounted);
    }
    let decision = person();
    Ok(vec![AccountEvent::TransactionsMerged(Merged { transaction_id, absorbed, decision })])
}

/// A joining that stands in the log, with what the log says of both sides.
#[derive(Clone, Copy, Debug)]
pub struct Joining<'a> {
    /// Its position.
    pub position: u64,
    /// It: settled, amended, merged, or a doubt resolved as the same.
    pub event: &'a AccountEvent,
    /// What the transaction was before.
    pub before: Option<&'a ObservedTransaction>,
    /// What the other one was in doubt to be, if the joining settled a doubt.
    pub may_be: &'a [TransactionId],
    /// Where the other reading was read: of a settled or amended one, the event's own.
    pub evidence: &'a Evidence,
}

/// Undoes a joining; it must be the newest of its transaction. `identify` names the transaction a
/// reading becomes, by the key and ordinal it is recorded under.
///
/// # Errors
/// [`Refusal::NotJoined`] if the event joined nothing, or the joining is undone already.
pub fn part(
    known: &[KnownRow],
    joining: &Joining<'_>,
    identify: impl Fn(&str, u32) -> TransactionId,
) -> Result<Vec<AccountEvent>, Refusal> {
    let reading = |transaction_id, observed: &ObservedTransaction, may_be: Vec<TransactionId>| {
        let row = find(known, transaction_id)?;
        let before = joining.before.ok_or(Refusal::NotJoined)?;
        // Something was joined to it since, or this was undone.
        if row.standing == Standing::Absorbed || match_key(&row.observed) != match_key(observed) {
            return Err(Refusal::NotJoined);
        }
        let key = match_key(observed);
        let ordinal = free_ordinal(known, &key);
        Ok(Parted {
            transaction_id,
            observed: Some(Box::new(before.clone())),
            other: identify(&key, ordinal),
            other_observed: Box::new(observed.clone()),
            ordinal,
            evidence: joining.evidence.clone(),
            undoes: joining.position,
            may_be,
        })
    };
    let absorbed = |transaction_id, other| {
        find(known, transaction_id)?;
        let row = find(known, other)?;
        if row.standing != Standing::Absorbed {
            return Err(Refusal::NotJoined);
        }
        // A booked reading made it booked; without that it is what it was.
        let before = joining.before.filter(|_| row.became);
        Ok(Parted {
            transaction_id,
            observed: before.cloned().map(Box::new),
            other,
            other_observed: Box::new(row.observed.clone()),
            ordinal: row.ordinal,
            evidence: joining.evidence.clone(),
            undoes: joining.position,
            may_be: joining.may_be.to_vec(),
        })
    };
    if let AccountEvent::TransactionsRedecided(done) = joining.event {
        return put_back(known, done, joining.position);
    }
    let parted = match joining.event {
        // What the rules took for its booking counted in no way of its own before, and waits for the
        // person's word now.
        AccountEvent::TransactionSettled(done) => {
            reading(done.transaction_id, &done.observed, vec![done.transaction_id])?
        }
        AccountEvent::TransactionAmended(done) => {
            reading(done.transaction_id, &done.observed, Vec::new())?
        }
        AccountEvent::TransactionsMerged(done) => absorbed(done.transaction_id, done.absorbed)?,
        AccountEvent::DoubtResolved(DoubtResolved {
            transaction_id: other,
            verdict: Verdict::SameAs { transaction_id },
            ..
        }) => absorbed(*transaction_id, *other)?,
        _ => return Err(Refusal::NotJoined),
    };
    Ok(vec![AccountEvent::TransactionsParted(parted)])
}

/// Undoes what newer rules made of the past: everything it changed is what it was.
fn put_back(
    known: &[KnownRow],
    done: &Redecided,
    position: u64,
) -> Result<Vec<AccountEvent>, Refusal> {
    for row in &done.rows {
        if done.undoes.is_some() || !row.now.is_of(find(known, row.transaction_id)?) {
            return Err(Refusal::NotJoined);
        }
    }
    let rows = done.rows.iter().cloned().map(|row| Restated {
        before: row.now,
        now: row.before,
        new: false,
        ..row
    });
    Ok(vec![AccountEvent::TransactionsRedecided(Redecided {
        change: done.change,
        rows: rows.collect(),
        decision: person(),
        undoes: Some(position),
    })])
}

fn free_ordinal(known: &[KnownRow], key: &str) -> u32 {
    let taken = known.iter().filter(|row| row.match_key == key).map(|row| row.ordinal).max();
    taken.map_or(0, |ordinal| ordinal.saturating_add(1))
}

fn known_category(category: Option<&str>) -> Result<(), Refusal> {
    match category {
        Some(name) if !CATEGORIES.iter().any(|(known, _)| *known == name) => {
            Err(Refusal::UnknownCategory)
        }
        _ => Ok(()),
    }
}

fn fitting_note(note: Option<&str>) -> Result<(), Refusal> {
    match note {
        Some(text) if text.trim().is_empty() || text.chars().count() > LONGEST_NOTE => {
            Err(Refusal::NoteLength)
        }
        _ => Ok(()),
    }
}

/// A person's own category; none takes it back.
///
/// # Errors
/// [`Refusal`] for an unknown transaction or category.
pub fn categorise(
    known: &[KnownRow],
    transaction_id: TransactionId,
    category: Option<String>,
) -> Result<Vec<AccountEvent>, Refusal> {
    find(known, transaction_id)?;
    known_category(category.as_deref())?;
    let done = Categorised { transaction_id, category };
    Ok(vec![AccountEvent::TransactionCategorised(done)])
}

/// A person's own note; none takes it back.
///
/// # Errors
/// [`Refusal`] for an unknown transaction, or a note that is empty or too long.
pub fn note(
    known: &[KnownRow],
    transaction_id: TransactionId,
    note: Option<String>,
) -> Result<Vec<AccountEvent>, Refusal> {
    find(known, transaction_id)?;
    fitting_note(note.as_deref())?;
    Ok(vec![AccountEvent::TransactionNoted(Noted { transaction_id, note })])
}

/// Takes a transaction off the lists, or puts it back; what it counts for stays.
///
/// # Errors
/// [`Refusal`] for an unknown transaction.
pub fn hide(
    known: &[KnownRow],
    transaction_id: TransactionId,
    hidden: bool,
) -> Result<Vec<AccountEvent>, Refusal> {
    find(known, transaction_id)?;
    Ok(vec![AccountEvent::TransactionHidden(Hidden { transaction_id, hidden })])
}

/// Splits a transaction into parts that together are the whole; no parts take it back.
///
/// # Errors
/// [`Refusal`] names what is wrong with the parts.
pub fn split(
    known: &[KnownRow],
    transaction_id: TransactionId,
    parts: Vec<SplitPart>,
) -> Result<Vec<AccountEvent>, Refusal> {
    let whole = find(known, transaction_id)?.observed.amount;
    if !parts.is_empty() {
        if !(FEWEST_PARTS..=MOST_PARTS).contains(&parts.len()) {
            return Err(Refusal::PartCount);
        }
        let mut sum: i128 = 0;
        for part in &parts {
            let amount = part.amount;
            if amount.currency != whole.currency || amount.minor.signum() != whole.minor.signum() {
                return Err(Refusal::PartAmount);
            }
            known_category(part.category.as_deref())?;
            fitting_note(part.note.as_deref())?;
            sum += i128::from(amount.minor);
        }
        if sum != i128::from(whole.minor) {
            return Err(Refusal::PartsSum);
        }
        // Only a whole of nothing has parts of nothing.
        if whole.minor == 0 {
            return Err(Refusal::PartAmount);
        }
    }
    Ok(vec![AccountEvent::TransactionSplit(Split { transaction_id, parts })])
}
