//! A ledger of accounts: the events of decisions folded into known rows, exactly as the ledger
//! does, and beside them, unseen by any algorithm, what each row really stands for.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate};
use domain::account::AccountEvent;
use domain::id::{FetchId, TransactionId};
use domain::money::Money;
use domain::observed::{Evidence, ObservedTransaction, RowState};
use domain::reconcile::KnownRows;
use domain::transaction::{IdentifierHabits, KnownRow, Standing, Verdict};
use uuid::Uuid;

use crate::chance::hash;
use crate::exchange::may_be_of_either;
use crate::history::Edited;
use crate::life::RealId;
use crate::said::{bare, but_for_day, content};
use crate::standing::EverShown;

/// Which real transaction a row is called by. Two that nothing ever shown tells apart may be
/// exchanged without anybody being wrong, so names can be swapped.
#[derive(Clone, Debug)]
pub struct Labels {
    label: Vec<RealId>,
    real: Vec<RealId>,
}

impl Labels {
    /// Everything is called by its own name.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { label: (0..count).collect(), real: (0..count).collect() }
    }

    /// What a real transaction is called.
    #[must_use]
    pub fn of(&self, real: RealId) -> RealId {
        self.label[real]
    }

    /// Which real transaction is called so.
    #[must_use]
    pub fn real(&self, label: RealId) -> RealId {
        self.real[label]
    }

    /// Two exchange their names.
    pub fn swap(&mut self, one: RealId, other: RealId) {
        self.label.swap(one, other);
        self.real[self.label[one]] = one;
        self.real[self.label[other]] = other;
    }
}

/// A window as far as its end says what was to be seen in it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// When.
    pub at: i64,
    /// Whether it was whole.
    pub whole: bool,
    /// The oldest day shown or asked for, the later of the two.
    pub oldest: Option<NaiveDate>,
}

/// One account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Its rows.
    pub rows: KnownRows,
    /// What each stands for.
    pub labels: HashMap<TransactionId, RealId>,
    /// Rows that stand for each.
    pub holders: HashMap<RealId, Vec<TransactionId>>,
    /// Under which reference of the bank's for the account each was recorded.
    pub recorded_under: HashMap<TransactionId, String>,
    /// What the person edited.
    pub edits: HashMap<(TransactionId, Edited), String>,
    /// The booking of each pending transaction, and what it was before.
    pub booked: HashMap<TransactionId, (AccountEvent, ObservedTransaction)>,
    /// Transactions the person joined: the one that stays and the one that is counted no longer.
    pub joined: Vec<(TransactionId, TransactionId)>,
    /// Readings the person parted.
    pub parted: Vec<(TransactionId, TransactionId)>,
    /// The balance with the last whole window.
    pub balance: Option<Money>,
    /// The last two windows.
    pub seen: [Option<Seen>; 2],
    /// What the bank ever showed of it.
    pub ever: EverShown,
    /// What the log would refuse: a second transaction under one identifier.
    pub collisions: u64,
}

/// All accounts of a person at a bank.
#[derive(Clone, Debug)]
pub struct Books {
    /// One by one.
    pub accounts: Vec<Account>,
    /// What the bank's identifiers are worth.
    pub habits: IdentifierHabits,
    /// At which bank that was learnt.
    pub bank: u64,
    /// What is called what.
    pub labels: Labels,
    /// What a person edited, by what it was written for.
    pub edited: HashMap<(RealId, Edited), String>,
    /// What names of the bank's stand for, where that is another than what they really stand for:
    /// when they were met first, nothing told the one from the other.
    pub named: HashMap<(String, RealId), RealId>,
    /// What real transactions were last shown as, whose names were exchanged.
    pub shown_as: HashMap<RealId, RealId>,
    /// What the person joined or parted: from there on it counts as the person says.
    pub ruled: HashSet<RealId>,
    /// What has no row because all that was shown of it and its like looks like one purchase.
    pub unseen: HashSet<RealId>,
    /// Everything that was ever shown, by name.
    pub shown: HashSet<RealId>,
}

/// The identifier of a transaction, derived as the ledger derives it: from the account, the key
/// and the place among equal keys.
#[must_use]
pub fn identify(account: usize, key: &str, ordinal: u32) -> TransactionId {
    let text = format!("{account}|{ordinal}|{key}");
    let (high, low) = (hash(1, &text), hash(0x5bd1_e995, &text));
    TransactionId(Uuid::from_u128(u128::from(high) << 64 | u128::from(low)))
}

/// Where a row of a read stands.
#[must_use]
pub fn evidence(read: u64, row: usize, minute: i64) -> Evidence {
    Evidence {
        fetch_id: fetch(read),
        answer: 0,
        row: u32::try_from(row).unwrap_or(u32::MAX),
        received_at: DateTime::from_timestamp(1_767_225_600 + minute * 60, 0).unwrap_or_default(),
    }
}

/// The identifier of a read.
#[must_use]
pub fn fetch(read: u64) -> FetchId {
    FetchId(Uuid::from_u128(u128::from(read)))
}

impl Account {
    /// What a transaction stands for.
    #[must_use]
    pub fn label(&self, transaction_id: TransactionId) -> Option<RealId> {
        self.labels.get(&transaction_id).copied()
    }

    /// The rows that stand for something.
    pub fn holders(&self, label: RealId) -> impl Iterator<Item = &KnownRow> {
        let ids = self.holders.get(&label).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.rows.get(*id))
    }

    /// How many of them stand so.
    #[must_use]
    pub fn standing(&self, label: RealId, standing: Standing) -> usize {
        self.holders(label).filter(|row| row.standing == standing).count()
    }

    /// From now on a transaction stands for something.
    pub fn stand(&mut self, transaction_id: TransactionId, label: RealId) {
        if let Some(before) = self.labels.insert(transaction_id, label)
            && let Some(holders) = self.holders.get_mut(&before)
        {
            holders.retain(|id| *id != transaction_id);
        }
        self.holders.entry(label).or_default().push(transaction_id);
    }

    /// Applies an event of a window whose rows stand for `labels`.
    pub fn apply(&mut self, event: &AccountEvent, labels: &[RealId], reference: &str) {
        let read = |evidence: &Evidence| labels.get(evidence.row as usize).copied();
        match event {
            AccountEvent::TransactionRecorded(done)
                if !self.admit(done.transaction_id, read(&done.evidence), reference) =>
            {
                return;
            }
            AccountEvent::TransactionDoubted(done)
                if !self.admit(done.transaction_id, read(&done.evidence), reference) =>
            {
                return;
            }
            AccountEvent::TransactionSettled(done) => {
                if let Some(row) = self.rows.get(done.transaction_id) {
                    let before = row.observed.clone();
                    self.booked.insert(done.transaction_id, (event.clone(), before));
                }
                if let Some(label) = read(&done.evidence) {
                    self.stand(done.transaction_id, label);
                }
            }
            AccountEvent::TransactionAmended(done) => {
                if let Some(label) = read(&done.evidence) {
                    self.stand(done.transaction_id, label);
                }
            }
            AccountEvent::TransactionsParted(done) => {
                if let Some(label) = self.label(done.transaction_id) {
                    self.stand(done.other, label);
                }
            }
            _ => {}
        }
        self.rows.apply(event);
    }

    /// A new transaction; the log refuses a second one of the same identifier.
    fn admit(&mut self, id: TransactionId, label: Option<RealId>, reference: &str) -> bool {
        if self.rows.get(id).is_some() {
            self.collisions += 1;
            return false;
        }
        if let Some(label) = label {
            self.stand(id, label);
        }
        self.recorded_under.insert(id, reference.to_owned());
        true
    }

    /// Whether a doubted row, and one that stands for the pending transaction it is taken for, differ
    /// in the day they were booked on only, and nothing else tells whose each is.
    fn differs_by_day(
        &self,
        (doubted, meant): (TransactionId, RealId),
        (taken_for, taken): (TransactionId, RealId),
    ) -> bool {
        let (Some(row), Some(known)) = (self.rows.get(doubted), self.rows.get(taken_for)) else {
            return false;
        };
        let own = self.holders(meant).filter(|row| row.observed.state == RowState::Pending);
        let own = own.filter(|row| row.standing != Standing::Absorbed);
        let announced: Vec<_> = own.chain([known]).map(|row| &row.observed).collect();
        known.observed.state == RowState::Pending
            && self.holders(taken).filter(|other| other.transaction_id != taken_for).any(|other| {
                let pair = [&row.observed, &other.observed];
                announced.iter().all(|one| {
                    but_for_day(one) == but_for_day(&known.observed) && may_be_of_either(one, pair)
                })
            })
    }

    /// The person answers every doubt that waits, truthfully; tells what was asked and answered.
    pub fn answer_doubts(&mut self) -> Vec<(TransactionId, Verdict)> {
        let waiting: Vec<_> = self
            .rows
            .rows()
            .iter()
            .filter(|row| row.standing == Standing::Doubted)
            .map(|row| row.transaction_id)
            .collect();
        let mut answers = Vec::with_capacity(waiting.len());
        for id in waiting {
            let Some(label) = self.label(id) else { continue };
            let stands = |standing| self.holders(label).find(move |row| row.standing == standing);
            let counted = stands(Standing::Counted).or_else(|| stands(Standing::Withdrawn));
            let verdict = counted.map_or(Verdict::Separate, |row| Verdict::SameAs {
                transaction_id: row.transaction_id,
            });
            let events = domain::reconcile::review::resolve(self.rows.rows(), id, verdict);
            for event in events.unwrap_or_default() {
                self.apply(&event, &[], "");
            }
            answers.push((id, verdict));
        }
        answers
    }
}

impl Books {
    /// Empty ones.
    #[must_use]
    pub fn new(accounts: usize, reals: usize) -> Self {
        Self {
            accounts: vec![Account::default(); accounts],
            habits: IdentifierHabits::default(),
            bank: 0,
            labels: Labels::new(reals),
            edited: HashMap::new(),
            ruled: HashSet::new(),
            named: HashMap::new(),
            shown_as: HashMap::new(),
            unseen: HashSet::new(),
            shown: HashSet::new(),
        }
    }

    /// A doubted row is taken for one of two known transactions that nothing tells apart: from here
    /// on each goes by the other's name, if it was meant to be the other. So it is with two equal
    /// rows in doubt, and with a row that says what a pending transaction said, unless the bank's
    /// names tell what is booked of it.
    pub fn exchange(
        &mut self,
        account_at: usize,
        doubted: TransactionId,
        taken_for: TransactionId,
        (books_by_name, moves_days): (bool, bool),
    ) {
        let account = &self.accounts[account_at];
        let (Some(meant), Some(taken)) = (account.label(doubted), account.label(taken_for)) else {
            return;
        };
        let rows = (account.rows.get(doubted), account.rows.get(taken_for));
        let (Some(row), Some(taken_row)) = rows else { return };
        if meant == taken {
            return;
        }
        let said = content(&taken_row.observed);
        let twin = account
            .holders(meant)
            .find(|row| row.transaction_id != doubted && content(&row.observed) == said);
        if let Some(twin) = twin.map(|row| row.transaction_id) {
            return self.swap(account_at, twin, taken_for);
        }
        let said = content(&row.observed);
        let equal = account
            .holders(taken)
            .any(|other| other.transaction_id != taken_for && content(&other.observed) == said);
        let books = !books_by_name
            && taken_row.observed.state == RowState::Pending
            && bare(&taken_row.observed) == bare(&row.observed);
        let crossed = moves_days && account.differs_by_day((doubted, meant), (taken_for, taken));
        if equal || books || crossed {
            let account = &mut self.accounts[account_at];
            let others = account
                .holders(taken)
                .filter(|row| row.transaction_id != taken_for && row.same_as != Some(taken_for));
            let others: Vec<_> = others.map(|row| row.transaction_id).collect();
            for other in others {
                account.stand(other, meant);
                for what in Edited::ALL {
                    // What the person wrote on it goes with it.
                    let wrote = account.edits.get(&(other, what));
                    if wrote.is_some() && self.edited.get(&(taken, what)) == wrote {
                        let text = self.edited.remove(&(taken, what)).unwrap_or_default();
                        self.edited.insert((meant, what), text);
                    }
                }
            }
            account.stand(doubted, taken);
            let (one, other) = (self.labels.real(meant), self.labels.real(taken));
            self.labels.swap(one, other);
        }
    }

    /// Two known transactions that nothing tells apart go by each other's name, and so do the notes
    /// on them.
    pub fn swap(&mut self, account: usize, one: TransactionId, other: TransactionId) {
        let account = &mut self.accounts[account];
        let (Some(of_one), Some(of_other)) = (account.label(one), account.label(other)) else {
            return;
        };
        // What a person parted goes by one name.
        let with = |id: TransactionId, label: RealId| -> Vec<TransactionId> {
            let pairs = account.parted.iter().filter(|(a, b)| *a == id || *b == id);
            let others = pairs.map(|(a, b)| if *a == id { *b } else { *a });
            others.filter(|other| account.label(*other) == Some(label)).chain([id]).collect()
        };
        let (ours, theirs) = (with(one, of_one), with(other, of_other));
        for (ids, label) in [(ours, of_other), (theirs, of_one)] {
            for id in ids {
                account.stand(id, label);
            }
        }
        for what in Edited::ALL {
            let edits =
                (self.edited.remove(&(of_one, what)), self.edited.remove(&(of_other, what)));
            self.edited.extend(edits.0.map(|edit| ((of_other, what), edit)));
            self.edited.extend(edits.1.map(|edit| ((of_one, what), edit)));
        }
        let ruled = (self.ruled.remove(&of_one), self.ruled.remove(&of_other));
        self.ruled.extend(ruled.0.then_some(of_other));
        self.ruled.extend(ruled.1.then_some(of_one));
    }

    /// What a window showed of identifiers is remembered.
    pub fn learn(&mut self, seen: &IdentifierHabits) {
        self.habits.add(seen);
    }
}
