//! What is decided so far of one window.

use std::collections::{HashMap, HashSet};

use super::beforehand::{
    called, echoes, hidden, may_be_booked, rank, read_otherwise, spoken_for, twins_in_an_answer,
};
use super::key::{Content, same_name};
use super::order::Asked;
use super::outcome::{Ordinals, outcome};
use super::trust::{Group, Trust, Trusts, group};
use super::usual::Usual;
use super::{Absent, Answer, CERTAIN, Decided, Likely, Of, Outcome, RULES_VERSION, Resolved, Says};
use crate::id::TransactionId;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Decision, IdentifierHabits, Reason, Standing};

/// What a row was found to be, before outcomes are worded.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// A known row, by its place.
    Known { place: usize, score: u32, reasons: Vec<Reason> },
    /// It may be any of these.
    Doubtful(Vec<Likely>),
    /// Another row of the window once more.
    Again(usize),
}

pub(super) struct Work<'a> {
    pub question: &'a Asked<'a>,
    pub trusts: Trusts,
    /// By which row each known one is shown.
    pub shown_by: Vec<Option<usize>>,
    /// What each row is.
    pub found: Vec<Option<Found>>,
    pub resolved: Vec<Resolved>,
    pub usual: Usual,
    /// How many equal rows the balances proved to be two transactions, and how many to be one.
    pub equal_rows: (u64, u64),
    /// Whether the booked balance followed the books, and whether it did not.
    pub balances: (u64, u64),
    /// Pending transactions of which it is decided already which booked row they are.
    pub spoken_for: Vec<bool>,
    /// Pending transactions that a booked row in doubt may be.
    pub may_be_booked: Vec<bool>,
    /// Whether some booked row seems to be there twice, under two names.
    pub echoes: bool,
    /// Whether one answer shows a name twice for the same content: names of this window are not
    /// those of one row each, so a row of the next answer may be another one too.
    pub twins_in_an_answer: bool,
    groups: Vec<Group>,
    /// Rows by their reference.
    called: HashMap<&'a str, Vec<usize>>,
    /// Known transactions by what they are.
    places: HashMap<TransactionId, usize>,
    /// Readings whose transaction says what they say: the bank shows no row of their own.
    hidden: Vec<bool>,
    /// Places of doubted known rows that this window has cleared up or goes on holding.
    seen_to: HashSet<usize>,
    /// Places of transactions that others are kept apart from.
    apart: HashMap<TransactionId, usize>,
}

impl<'a> Work<'a> {
    pub(super) fn new(question: &'a Asked<'a>) -> Self {
        let known: Vec<_> = question.known.iter().map(|row| Content::of(&row.observed)).collect();
        let mut groups = group(&known, &question.said);
        let hidden = hidden(&question.known);
        let spoken = read_otherwise(question, &known);
        for group in &mut groups {
            group.known.retain(|place| !hidden[*place]);
            group.known.sort_by_cached_key(|place| {
                let row = &question.known[*place];
                let otherwise = spoken.contains(&row.transaction_id);
                let apart = !row.apart_from.is_empty();
                (rank(row), otherwise, apart, row.missed, row.ordinal, row.transaction_id)
            });
        }
        let parted: HashSet<_> =
            question.known.iter().flat_map(|row| &row.apart_from).copied().collect();
        let places = question.known.iter().enumerate();
        let apart = places
            .map(|(place, row)| (row.transaction_id, place))
            .filter(|(transaction_id, _)| parted.contains(transaction_id))
            .collect();
        Self {
            question,
            seen_to: HashSet::new(),
            apart,
            trusts: Trusts::unknown(),
            shown_by: vec![None; question.known.len()],
            found: vec![None; question.rows.len()],
            resolved: Vec::new(),
            usual: Usual::of(question),
            equal_rows: (0, 0),
            balances: (0, 0),
            echoes: echoes(question, &groups),
            twins_in_an_answer: twins_in_an_answer(question, &groups),
            spoken_for: spoken_for(question),
            may_be_booked: may_be_booked(question),
            called: called(question),
            places: question
                .known
                .iter()
                .enumerate()
                .map(|(place, row)| (row.transaction_id, place))
                .collect(),
            groups,
            hidden,
        }
    }

    /// Rows that bear a reference.
    pub(super) fn called(&self, reference: &str) -> &[usize] {
        self.called.get(reference).map_or(&[], Vec::as_slice)
    }

    /// The place of a known transaction.
    pub(super) fn place(&self, transaction_id: TransactionId) -> Option<usize> {
        self.places.get(&transaction_id).copied()
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Hands the groups out, because what is decided goes into the same structure.
    pub(super) fn take_groups(&mut self) -> Vec<Group> {
        std::mem::take(&mut self.groups)
    }

    pub(super) fn give_groups(&mut self, groups: Vec<Group>) {
        self.groups = groups;
    }

    pub(super) fn join(&mut self, place: usize, row: usize, score: u32, reasons: Vec<Reason>) {
        self.shown_by[place] = Some(row);
        self.found[row] = Some(Found::Known { place, score, reasons });
    }

    /// Whether a transaction that others are kept apart from has a row of its own here, or is not
    /// among the known ones.
    pub(super) fn is_shown(&self, transaction_id: TransactionId) -> bool {
        self.apart.get(&transaction_id).is_none_or(|place| self.shown_by[*place].is_some())
    }

    /// The doubted transaction a row shows, if that is not seen to yet.
    pub(super) fn doubted_of(&self, row: usize) -> Option<usize> {
        match self.found[row] {
            Some(Found::Known { place, .. }) => Some(place).filter(|place| {
                let known = &self.question.known[*place];
                known.standing == Standing::Doubted && !self.seen_to.contains(place)
            }),
            _ => None,
        }
    }

    /// Rows that show a doubted transaction that is not seen to yet.
    pub(super) fn doubted_rows(&self) -> Vec<usize> {
        (0..self.found.len()).filter(|row| self.doubted_of(*row).is_some()).collect()
    }

    /// Whether a row shows a mere reading of some other transaction.
    pub(super) fn is_reading(&self, row: usize) -> bool {
        matches!(self.found[row], Some(Found::Known { place, .. })
            if self.question.known[place].standing == Standing::Absorbed)
    }

    /// What rows of this window may be readings of, as long as nobody knows: none of it is gone.
    pub(super) fn waited_for(&self) -> HashSet<TransactionId> {
        let decided: HashSet<_> = self.resolved.iter().map(|resolved| resolved.doubted).collect();
        let mut waited_for = HashSet::new();
        for (row, found) in self.found.iter().enumerate() {
            match found {
                Some(Found::Doubtful(likely)) if !decided.contains(&Of::Row(row)) => {
                    waited_for.extend(likely.iter().filter_map(|one| match one.of {
                        Of::Known(transaction_id) => Some(transaction_id),
                        Of::Row(_) => None,
                    }));
                }
                Some(Found::Known { place, .. }) => {
                    let known = &self.question.known[*place];
                    let doubted = known.standing == Standing::Doubted
                        && !decided.contains(&Of::Known(known.transaction_id));
                    waited_for.extend(known.may_be.iter().filter(|_| doubted).copied());
                }
                _ => {}
            }
        }
        waited_for
    }

    /// A doubted transaction is another reading of a known one.
    pub(super) fn clear_up(
        &mut self,
        doubted: usize,
        place: usize,
        row: usize,
        score: u32,
        reasons: Vec<Reason>,
    ) {
        if self.question.known[doubted].edited {
            // A person put it in doubt again: it waits for a person.
            return self.still_doubted(doubted);
        }
        self.shown_by[place] = Some(row);
        self.seen_to.insert(doubted);
        let (known, observed) = (&self.question.known[place], &self.question.rows[row]);
        let books = known.observed.state == RowState::Pending && observed.state == RowState::Booked;
        self.resolved.push(Resolved {
            doubted: Of::Known(self.question.known[doubted].transaction_id),
            same_as: Some(Of::Known(known.transaction_id)),
            says: Some(Says { place: row, books }),
            decision: decision(score, reasons),
        });
    }

    /// What a doubted transaction turned out to be in this window.
    pub(super) fn cleared_up(&self, doubted: usize) -> Option<Of> {
        let doubted = Of::Known(self.question.known[doubted].transaction_id);
        self.resolved.iter().find(|resolved| resolved.doubted == doubted)?.same_as
    }

    /// A doubted transaction stays in doubt.
    pub(super) fn still_doubted(&mut self, doubted: usize) {
        self.seen_to.insert(doubted);
    }

    /// Whether a row is nothing yet, or what it was put in doubt as.
    pub(super) fn is_open(&self, row: usize) -> bool {
        self.found[row].is_none() || self.doubted_of(row).is_some()
    }

    /// Whether two readings bear the same name, where both bear one that is believed.
    pub(super) fn same_name(
        &self,
        one: &ObservedTransaction,
        other: &ObservedTransaction,
    ) -> Option<bool> {
        let believed = |trust: Trust| trust != Trust::Broken;
        let (references, identifiers) = (self.trusts.reference, self.trusts.identifier);
        same_name(one, other, believed(references), believed(identifiers))
    }

    /// Whether a booked row bears the name its announcement had, at a bank that keeps names more often
    /// than not: an equal row under another name may be that one shown twice.
    pub(super) fn books_by_name(
        &self,
        pending: &ObservedTransaction,
        row: &ObservedTransaction,
    ) -> bool {
        self.trusts.pending.mostly_keep_name
            && pending.state == RowState::Pending
            && row.state == RowState::Booked
            && self.same_name(pending, row) == Some(true)
    }

    /// Known rows that no row of the window stands for yet.
    pub(super) fn open_known(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.shown_by.len())
            .filter(|place| self.shown_by[*place].is_none() && !self.hidden[*place])
    }

    /// Whether a known row is shown by the row of another.
    pub(super) fn is_hidden(&self, place: usize) -> bool {
        self.hidden[place]
    }

    /// Rows that are nothing yet.
    pub(super) fn open_rows(&self) -> Vec<usize> {
        (0..self.found.len()).filter(|row| self.found[*row].is_none()).collect()
    }

    /// Words what was found.
    pub(super) fn answer(self, absent: Vec<Absent>, habits: IdentifierHabits) -> Answer {
        let mut ordinals = Ordinals::of(&self.question.known, &self.question.rows, &self.found);
        let mut rows = Vec::with_capacity(self.found.len());
        for (row, found) in self.found.into_iter().enumerate() {
            let observed = self.question.rows[row];
            rows.push(match found {
                None => {
                    let outcome = Outcome::New { ordinal: ordinals.next(observed) };
                    Decided { outcome, returned: false, decision: decision(CERTAIN, vec![]) }
                }
                Some(Found::Doubtful(candidates)) => {
                    let score = candidates.first().map_or(0, |best| best.score);
                    let outcome =
                        Outcome::Doubtful { ordinal: ordinals.next(observed), candidates };
                    Decided { outcome, returned: false, decision: decision(score, vec![]) }
                }
                Some(Found::Again(first)) => {
                    let reasons = vec![Reason::SameReference, Reason::SameFields];
                    let outcome = Outcome::Again { row: first };
                    Decided { outcome, returned: false, decision: decision(CERTAIN, reasons) }
                }
                Some(Found::Known { place, score, reasons }) => {
                    let known = &self.question.known[place];
                    let outcome = if self.shown_by[place] == Some(row) {
                        outcome(known, observed, self.trusts)
                    } else {
                        // Another row says what this transaction is now.
                        Outcome::Same { transaction_id: known.transaction_id }
                    };
                    // A booked row that stands beside its pending one says nothing of absence.
                    let gone = known.standing == Standing::Withdrawn || known.missed > 0;
                    Decided { outcome, returned: gone, decision: decision(score, reasons) }
                }
            });
        }
        Answer { rows, absent, resolved: self.resolved, habits }
    }
}

pub(super) fn decision(score: u32, reasons: Vec<Reason>) -> Decision {
    Decision { rules: RULES_VERSION, score, reasons }
}
