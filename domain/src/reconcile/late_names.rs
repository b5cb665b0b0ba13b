//! Names that come after the row: a booked row bears the name its transaction had before, or one
//! under which the bank says nearly the same.

use std::collections::HashMap;

use super::CERTAIN;
use super::assign::SAME_WORDS;
use super::key::{Content, recorded_reference, reference};
use super::score::{Reading, weigh};
use super::trust::Trust;
use super::work::Work;
use crate::id::TransactionId;
use crate::observed::RowState;
use crate::transaction::{KnownRow, Reason, Standing};

/// Booked rows that bear the name under which a transaction was recorded, or is known besides,
/// before the bank gave its booked row one.
pub(super) fn late_names(work: &mut Work<'_>) {
    let question = work.question;
    let unnamed = |known: &KnownRow| {
        known.observed.state == RowState::Booked && reference(&known.observed).is_none()
    };
    let mut names: HashMap<TransactionId, Vec<&str>> = HashMap::new();
    for known in &question.known {
        let name = recorded_reference(&known.match_key).or_else(|| reference(&known.observed));
        let of = match known.standing {
            Standing::Absorbed => known.same_as,
            Standing::Counted | Standing::Doubted if unnamed(known) => Some(known.transaction_id),
            _ => None,
        };
        if let Some((of, name)) = of.zip(name) {
            names.entry(of).or_default().push(name);
        }
    }
    if names.is_empty() || work.trusts.reference == Trust::Broken {
        return;
    }
    let groups = work.take_groups();
    for group in groups.iter().filter(|group| !group.known.is_empty()) {
        for place in group.known.iter().copied() {
            let known = &question.known[place];
            let of = names.get(&known.transaction_id).filter(|_| unnamed(known));
            let Some(of) = of.filter(|_| work.shown_by[place].is_none()) else { continue };
            let bears = |row: &usize| {
                let observed = &question.rows[*row];
                work.found[*row].is_none()
                    && observed.state == RowState::Booked
                    && reference(observed).is_some_and(|name| of.contains(&name))
            };
            if let Some(row) = group.rows.iter().copied().find(bears) {
                let reasons = vec![Reason::SameFields, Reason::SameReference];
                work.join(place, row, CERTAIN, reasons);
            }
        }
    }
    work.give_groups(groups);
}

/// Whether a row bears the name of a booked transaction and says nearly the same: that is its row,
/// and it needs no other.
pub(super) fn is_amended(work: &Work<'_>, known: &KnownRow) -> bool {
    let Some(name) = reference(&known.observed).filter(|_| work.trusts.reference != Trust::Broken)
    else {
        return false;
    };
    work.called(name).iter().any(|row| {
        let observed = &work.question.rows[*row];
        if observed.state != RowState::Booked || work.found[*row].is_some() {
            return false;
        }
        let weighed = weigh(&Reading::of(&known.observed), &Reading::of(observed));
        weighed.same_direction
            && weighed.days == 0
            && weighed.alike >= SAME_WORDS
            && weighed.drift <= AMENDED
            && Content::of(&known.observed) != Content::of(observed)
    })
}

/// Most by which a bank corrects an amount under the same name, in parts of a thousand.
const AMENDED: u32 = 100;
