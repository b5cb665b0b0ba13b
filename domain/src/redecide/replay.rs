//! Decides the windows of an account again, beside what the log says of it.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use cqrs_es::Aggregate as _;

use super::names::{Names, Place, place};
use super::person::spoken_of;
use super::{Kept, LOOK_BACK_DAYS};
use crate::account::{Account, AccountEvent};
use crate::id::TransactionId;
use crate::observed::{Evidence, ObservedTransaction, RowState};
use crate::reconcile::file::{FileAnswer, FileQuestion, reconcile_file_by};
use crate::reconcile::{
    Answer, Balances, KnownRows, Outcome, Question, Sighted, Window, match_key,
};
use crate::transaction::{
    BalanceProof, Decision, IdentifierHabits, KnownRow, Standing, Verdict, WindowReconciled,
};

/// Rules that decide a window.
pub type Rules = fn(&Question<'_>) -> Answer;

/// A row of a window as it is read today.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the bank said.
    pub observed: ObservedTransaction,
    /// Where.
    pub evidence: Evidence,
}

/// What was known of the bank when a window was decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct BankThen {
    /// What all windows of the bank before this one showed, by the log.
    pub habits: IdentifierHabits,
    /// How much its promise of references is worth; none if it promises nothing.
    pub references_promised: u64,
}

/// An account under two sets of rules: those that decided when it was read, and these.
pub struct Replay<'n> {
    rules: Rules,
    pub(super) names: &'n Names,
    pub(super) ledger: KnownRows,
    pub(super) again: KnownRows,
    account: Account,
    /// What each side took the row of a place for, of places that name a transaction on some side.
    pub(super) taken: [HashMap<Place, TransactionId>; 2],
    /// On what grounds these rules took it so.
    pub(super) grounds: HashMap<Place, Decision>,
    /// The newest of their decisions about each transaction.
    pub(super) decided: HashMap<TransactionId, Decision>,
    /// Where transactions were read first that the ledger does not know.
    pub(super) first: HashMap<TransactionId, Evidence>,
    /// What this account's windows showed of identifiers, on each side.
    habits: [IdentifierHabits; 2],
    /// What rules decided since the last window, by the log.
    since: Vec<AccountEvent>,
    pub(super) kept: Vec<Kept>,
    /// Windows whose answers cannot be read again, and stand as they were decided.
    pub(super) unread: u32,
    pub(super) windows: u32,
}

/// The ledger's side, and that of these rules.
pub(super) const LEDGER: usize = 0;
pub(super) const AGAIN: usize = 1;

impl<'n> Replay<'n> {
    /// Nothing happened yet. The names are those of the account's whole stream.
    #[must_use]
    pub fn new(rules: Rules, names: &'n Names) -> Self {
        Self {
            rules,
            names,
            ledger: KnownRows::default(),
            again: KnownRows::default(),
            account: Account::default(),
            taken: [HashMap::new(), HashMap::new()],
            grounds: HashMap::new(),
            decided: HashMap::new(),
            first: HashMap::new(),
            habits: [IdentifierHabits::default(); 2],
            since: Vec::new(),
            kept: Vec::new(),
            unread: 0,
            windows: 0,
        }
    }

    /// Takes in an event that ends no window.
    pub fn take(&mut self, event: &AccountEvent) {
        let waited = match event {
            AccountEvent::DoubtResolved(resolved) => self
                .ledger
                .get(resolved.transaction_id)
                .map(|row| row.may_be.clone())
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let about = spoken_of(event);
        let unlike: Vec<_> = about.iter().filter_map(|id| self.unlike(*id)).collect();
        self.note_places(event);
        self.ledger.apply(event);
        if !about.is_empty() {
            self.kept.extend(unlike);
            self.pin(&about);
            self.keep_apart(&waited);
            return;
        }
        match event {
            AccountEvent::Opened(_)
            | AccountEvent::Linked(_)
            | AccountEvent::Described(_)
            | AccountEvent::BalanceObserved(_) => self.account.apply(event.clone()),
            AccountEvent::TransactionsRedecided(done) => {
                // Rules decided it, and decide again. What they never had is there from now on.
                let about: Vec<_> = done.rows.iter().map(|row| row.transaction_id).collect();
                self.admit(&about);
            }
            AccountEvent::TransactionCategorised(done) => self.edit(event, done.transaction_id),
            AccountEvent::TransactionNoted(done) => self.edit(event, done.transaction_id),
            AccountEvent::TransactionHidden(done) => self.edit(event, done.transaction_id),
            AccountEvent::TransactionSplit(done) => self.edit(event, done.transaction_id),
            AccountEvent::WindowReconciled(_) | AccountEvent::HistoryRedecided(_) => {}
            rules => self.since.push(rules.clone()),
        }
    }

    /// What the ledger took the row of a place for.
    fn note_places(&mut self, event: &AccountEvent) {
        let (id, evidence) = match event {
            AccountEvent::TransactionRecorded(new) => (new.transaction_id, &new.evidence),
            AccountEvent::TransactionDoubted(new) => (new.transaction_id, &new.evidence),
            AccountEvent::TransactionSettled(done) => (done.transaction_id, &done.evidence),
            AccountEvent::TransactionAmended(done) => (done.transaction_id, &done.evidence),
            AccountEvent::TransactionReturned(done) => (done.transaction_id, &done.evidence),
            AccountEvent::TransactionsParted(done) => (done.other, &done.evidence),
            _ => return,
        };
        self.taken[LEDGER].insert(place(evidence), id);
    }

    /// Takes in the end of a window. `rows` are those it was decided on, as a bank's answer or a file is
    /// read today; none if they cannot be read: then what was decided stands. `identify` names a
    /// transaction as reading does.
    pub fn window(
        &mut self,
        log: &WindowReconciled,
        rows: Option<&[Seen]>,
        bank: BankThen,
        identify: impl Fn(&str, u32) -> TransactionId,
    ) {
        self.windows += 1;
        self.ledger.apply(&AccountEvent::WindowReconciled(log.clone()));
        let since = std::mem::take(&mut self.since);
        let mut ledgers = self.habits[LEDGER];
        ledgers.add(&log.habits);
        match rows.filter(|rows| rows.len() == log.rows as usize) {
            Some(rows) if log.from_file => self.decide_file(log, rows, identify),
            Some(rows) => {
                let habits = bank.habits.without(&self.habits[LEDGER]).with(&self.habits[AGAIN]);
                self.decide(log, rows, BankThen { habits, ..bank }, identify);
            }
            None => {
                self.unread += 1;
                for event in &since {
                    self.stand_as_decided(event);
                }
                self.account.apply(AccountEvent::WindowReconciled(log.clone()));
                self.habits[AGAIN].add(&log.habits);
            }
        }
        self.habits[LEDGER] = ledgers;
    }

    /// What was decided on rows that cannot be read again.
    fn stand_as_decided(&mut self, event: &AccountEvent) {
        let records = match event {
            AccountEvent::TransactionRecorded(new) => Some(new.transaction_id),
            AccountEvent::TransactionDoubted(new) => Some(new.transaction_id),
            _ => None,
        };
        if records.is_some_and(|id| self.again.get(id).is_some()) {
            return;
        }
        self.again.apply(event);
        match event {
            AccountEvent::TransactionRecorded(new) => self.took(&new.evidence, new.transaction_id),
            AccountEvent::TransactionDoubted(new) => self.took(&new.evidence, new.transaction_id),
            AccountEvent::TransactionSettled(done) => {
                self.took(&done.evidence, done.transaction_id);
            }
            AccountEvent::TransactionAmended(done) => {
                self.took(&done.evidence, done.transaction_id);
            }
            _ => {}
        }
    }

    fn took(&mut self, evidence: &Evidence, id: TransactionId) {
        self.taken[AGAIN].insert(place(evidence), id);
    }

    fn decide(
        &mut self,
        log: &WindowReconciled,
        rows: &[Seen],
        bank: BankThen,
        identify: impl Fn(&str, u32) -> TransactionId,
    ) {
        let window = Window { from: log.from, to: log.to, whole: log.whole };
        let observed: Vec<_> = rows.iter().map(|row| row.observed.clone()).collect();
        let known = self.known(first_known(&observed, window));
        let answers: Vec<_> = rows.iter().map(|row| row.evidence.answer).collect();
        let balances = Balances { before: self.account.proven, now: self.account.booked() };
        let mut habits = bank.habits;
        habits.reference_kept = habits.reference_kept.saturating_add(bank.references_promised);
        let answer = (self.rules)(&Question {
            known: &known,
            rows: &observed,
            window,
            habits,
            balances,
            promised: bank.references_promised > 0,
            answers: &answers,
        });
        self.record(log, rows, &answer, &identify);
    }

    /// Decides what a file said, as importing does.
    fn decide_file(
        &mut self,
        log: &WindowReconciled,
        rows: &[Seen],
        identify: impl Fn(&str, u32) -> TransactionId,
    ) {
        let window = Window { from: log.from, to: log.to, whole: log.whole };
        let observed: Vec<_> = rows.iter().map(|row| row.observed.clone()).collect();
        let known = self.known(first_known(&observed, window));
        let fed_by_bank = self.account.linked.is_some();
        let question = FileQuestion { known: &known, rows: &observed, window, fed_by_bank };
        let FileAnswer { rows: told, answer } = reconcile_file_by(self.rules, &question);
        let told: Vec<_> = (told.into_iter().zip(rows))
            .map(|(observed, row)| Seen { observed, evidence: row.evidence.clone() })
            .collect();
        self.record(log, &told, &answer, &identify);
    }

    /// Takes in what these rules decided of a window.
    fn record(
        &mut self,
        log: &WindowReconciled,
        rows: &[Seen],
        answer: &Answer,
        identify: &impl Fn(&str, u32) -> TransactionId,
    ) {
        let named = self.name(rows, answer, identify);
        let sighted: Vec<_> = (rows.iter())
            .map(|row| Sighted { observed: &row.observed, evidence: &row.evidence })
            .collect();
        let mut events = answer.events(&sighted, log.fetch_id, identify);
        for event in &mut events {
            rename(event, &named);
            self.note_decision(event);
            self.again.apply(event);
        }
        self.note_rows(rows, answer, identify, &named);
        // How the balance compares decides nothing.
        let window = Window { from: log.from, to: log.to, whole: log.whole };
        let window = answer.window(log.fetch_id, window, BalanceProof::NotGiven);
        let window = WindowReconciled { from_file: log.from_file, ..window };
        self.account.apply(AccountEvent::WindowReconciled(window));
        self.habits[AGAIN].add(&answer.habits);
    }

    /// The known rows that a window is compared with.
    fn known(&self, from: Option<NaiveDate>) -> Vec<KnownRow> {
        let concerns = |row: &&KnownRow| {
            from.is_none_or(|from| row.observed.booking_date >= from)
                || row.observed.state == RowState::Pending
                || row.standing == Standing::Doubted
        };
        self.again.rows().iter().filter(concerns).cloned().collect()
    }

    /// Names for what is new: the ledger's, where it recorded the same row, else one that it never gave.
    fn name(
        &self,
        rows: &[Seen],
        answer: &Answer,
        identify: &impl Fn(&str, u32) -> TransactionId,
    ) -> HashMap<TransactionId, (TransactionId, u32)> {
        let mut named = HashMap::new();
        let mut given = HashSet::new();
        for (row, decided) in rows.iter().zip(&answer.rows) {
            let (Outcome::New { ordinal } | Outcome::Doubtful { ordinal, .. }) = &decided.outcome
            else {
                continue;
            };
            let key = match_key(&row.observed);
            let provisional = identify(&key, *ordinal);
            let free = |id: TransactionId, given: &HashSet<TransactionId>| {
                self.again.get(id).is_none() && !given.contains(&id)
            };
            let ledgers = self.names.at(place(&row.evidence)).filter(|(id, _)| free(*id, &given));
            let name = ledgers.unwrap_or_else(|| {
                let mut ordinal = *ordinal;
                loop {
                    let id = identify(&key, ordinal);
                    let last = ordinal == u32::MAX;
                    if last || (free(id, &given) && !self.names.is_taken(id)) {
                        return (id, ordinal);
                    }
                    ordinal += 1;
                }
            });
            given.insert(name.0);
            named.insert(provisional, name);
        }
        named
    }

    fn note_decision(&mut self, event: &AccountEvent) {
        let (id, decision) = match event {
            AccountEvent::TransactionSettled(done) => (done.transaction_id, done.decision.clone()),
            AccountEvent::TransactionAmended(done) => (done.transaction_id, done.decision.clone()),
            AccountEvent::TransactionWithdrawn(done) => {
                (done.transaction_id, done.decision.clone())
            }
            AccountEvent::DoubtResolved(done) => (done.transaction_id, done.decision.clone()),
            AccountEvent::TransactionDoubted(done) => {
                self.first.insert(done.transaction_id, done.evidence.clone());
                let Some(best) = done.candidates.first() else { return };
                let (score, reasons) = (best.score, best.reasons.clone());
                (done.transaction_id, Decision { rules: done.rules, score, reasons })
            }
            AccountEvent::TransactionRecorded(new) => {
                self.first.insert(new.transaction_id, new.evidence.clone());
                return;
            }
            _ => return,
        };
        self.decided.insert(id, decision);
    }

    /// What these rules took each row for that is of interest: one that names a transaction.
    fn note_rows(
        &mut self,
        rows: &[Seen],
        answer: &Answer,
        identify: &impl Fn(&str, u32) -> TransactionId,
        named: &HashMap<TransactionId, (TransactionId, u32)>,
    ) {
        for (row, decided) in rows.iter().zip(&answer.rows) {
            let at = place(&row.evidence);
            let mut outcome = &decided.outcome;
            let mut of = row;
            if let Outcome::Again { row: first } = outcome {
                let (Some(first), Some(seen)) = (answer.rows.get(*first), rows.get(*first)) else {
                    continue;
                };
                (outcome, of) = (&first.outcome, seen);
            }
            let id = match outcome {
                Outcome::New { ordinal } | Outcome::Doubtful { ordinal, .. } => {
                    let provisional = identify(&match_key(&of.observed), *ordinal);
                    named.get(&provisional).map_or(provisional, |(id, _)| *id)
                }
                Outcome::Same { transaction_id }
                | Outcome::Settled { transaction_id }
                | Outcome::Amended { transaction_id } => *transaction_id,
                Outcome::Again { .. } => continue,
            };
            let names_one = self.names.at(at).is_some() || self.first.contains_key(&id);
            if names_one || self.taken[LEDGER].contains_key(&at) {
                self.taken[AGAIN].insert(at, id);
                self.grounds.insert(at, decided.decision.clone());
            }
        }
    }

    /// What the two sides differ in.
    #[must_use]
    pub fn difference(mut self) -> super::Difference {
        // What a window that never ended recorded stands until it is decided.
        for event in std::mem::take(&mut self.since) {
            self.stand_as_decided(&event);
        }
        super::difference::between(self)
    }

    pub(super) fn first_of(&self, id: TransactionId) -> Option<&Evidence> {
        self.names.first(id).or_else(|| self.first.get(&id))
    }
}

/// From which day on known rows may have to do with a window: some time before its first.
#[must_use]
pub fn first_known(rows: &[ObservedTransaction], window: Window) -> Option<NaiveDate> {
    let oldest = rows.iter().map(|row| row.booking_date).min();
    let first = oldest.into_iter().chain(window.from).min().unwrap_or(window.to);
    first.checked_sub_signed(TimeDelta::days(LOOK_BACK_DAYS))
}

/// Gives every transaction of an event its name.
fn rename(event: &mut AccountEvent, named: &HashMap<TransactionId, (TransactionId, u32)>) {
    let of = |id: &mut TransactionId| {
        if let Some((name, _)) = named.get(id) {
            *id = *name;
        }
    };
    match event {
        AccountEvent::TransactionRecorded(new) => {
            if let Some((id, ordinal)) = named.get(&new.transaction_id) {
                (new.transaction_id, new.ordinal) = (*id, *ordinal);
            }
        }
        AccountEvent::TransactionDoubted(new) => {
            if let Some((id, ordinal)) = named.get(&new.transaction_id) {
                (new.transaction_id, new.ordinal) = (*id, *ordinal);
            }
            new.candidates.iter_mut().for_each(|one| of(&mut one.transaction_id));
        }
        AccountEvent::TransactionSettled(done) => of(&mut done.transaction_id),
        AccountEvent::TransactionAmended(done) => of(&mut done.transaction_id),
        AccountEvent::DoubtResolved(done) => {
            of(&mut done.transaction_id);
            if let Verdict::SameAs { transaction_id } = &mut done.verdict {
                of(transaction_id);
            }
        }
        _ => {}
    }
}
