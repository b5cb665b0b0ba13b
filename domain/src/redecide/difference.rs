//! What two sets of rules make of the same account, and the events that make the one the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::place;
use super::replay::{AGAIN, LEDGER, Replay};
use super::{Change, HistoryRedecided, MOST_RESTATED, Redecided, Restated, Stand};
use crate::account::AccountEvent;
use crate::id::TransactionId;
use crate::observed::{ObservedTransaction, RowState};
use crate::reconcile::{CERTAIN, KnownRows, RULES_VERSION, match_key};
use crate::transaction::{Decision, KnownRow, Standing};

/// Most steps from a reading to the transaction that counts.
const MOST_STEPS: usize = 100;

/// One thing that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What the event would say.
    pub redecided: Redecided,
    /// Transactions of it that a person edited; their edits stay.
    pub edited: Vec<TransactionId>,
}

/// A transaction that stays as it is because a person decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub transaction_id: TransactionId,
    /// What the rules would have said; none if it would be a reading of another.
    pub rules_say: Option<Stand>,
}

/// What two sets of rules differ in over one account's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What would change, in an order of its own.
    pub items: Vec<Item>,
    /// What stays as it is for a person's word.
    pub kept: Vec<Kept>,
    /// Windows that were looked at.
    pub windows: u32,
    /// Of these: whose answers cannot be read again.
    pub unread: u32,
}

impl Difference {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The events that make the difference, without the one that ends it.
    #[must_use]
    pub fn events(&self) -> Vec<AccountEvent> {
        let each = self.items.iter().flat_map(|item| {
            let Redecided { change, rows, decision, undoes } = &item.redecided;
            rows.chunks(MOST_RESTATED).map(move |rows| Redecided {
                change: *change,
                rows: rows.to_vec(),
                decision: decision.clone(),
                undoes: *undoes,
            })
        });
        each.map(AccountEvent::TransactionsRedecided).collect()
    }

    /// The event that ends them.
    #[must_use]
    pub fn end(&self, through: u64, digest: String, accepted: String) -> AccountEvent {
        let changes = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        let rules = RULES_VERSION;
        AccountEvent::HistoryRedecided(HistoryRedecided {
            rules,
            through,
            changes,
            digest,
            accepted,
        })
    }
}

/// The transaction that counts for one.
fn root(rows: &KnownRows, mut id: TransactionId) -> TransactionId {
    for _ in 0..MOST_STEPS {
        match rows.get(id) {
            Some(KnownRow { standing: Standing::Absorbed, same_as: Some(other), .. }) => {
                id = *other;
            }
            _ => break,
        }
    }
    id
}

/// Whether two readings say the same in what is shown of a transaction.
fn say_the_same(one: &ObservedTransaction, other: &ObservedTransaction) -> bool {
    let shown = |row: &ObservedTransaction| ObservedTransaction {
        amount_text: String::new(),
        counterparty_servicer: None,
        unmapped: None,
        ..row.clone()
    };
    one == other || shown(one) == shown(other)
}

impl Replay<'_> {
    /// What a side has for a transaction, be it one of its own or a reading of another.
    fn holder(&self, side: usize, id: TransactionId) -> Option<TransactionId> {
        let rows = if side == LEDGER { &self.ledger } else { &self.again };
        if rows.get(id).is_some() {
            return Some(root(rows, id));
        }
        let at = place(self.first_of(id)?);
        self.taken[side].get(&at).map(|id| root(rows, *id))
    }

    fn differs(&self, ledger: &KnownRow, again: &KnownRow) -> bool {
        if ledger.standing != again.standing {
            return true;
        }
        match ledger.standing {
            Standing::Withdrawn => false,
            Standing::Absorbed => {
                let id = ledger.transaction_id;
                self.holder(LEDGER, id) != self.holder(AGAIN, id)
            }
            Standing::Doubted => {
                let ids = |row: &KnownRow| row.may_be.iter().copied().collect::<BTreeSet<_>>();
                ids(ledger) != ids(again) || !say_the_same(&ledger.observed, &again.observed)
            }
            Standing::Counted => !say_the_same(&ledger.observed, &again.observed),
        }
    }

    /// A row of the ledger, if the rules have it in another way.
    fn restated(&self, ledger: &KnownRow) -> Option<Restated> {
        let id = ledger.transaction_id;
        let before = Stand::of(ledger);
        let now = match self.again.get(id) {
            Some(again) => {
                let now = Stand::of(again);
                self.differs(ledger, again).then_some(now)?
            }
            None => {
                let holder = self.holder(AGAIN, id).filter(|holder| *holder != id);
                match (holder, ledger.standing) {
                    (Some(holder), _) if self.holder(LEDGER, id) == Some(holder) => return None,
                    (Some(holder), _) => self.read_as(&before, holder),
                    (None, Standing::Counted | Standing::Doubted) => Stand {
                        standing: Standing::Withdrawn,
                        may_be: Vec::new(),
                        ..before.clone()
                    },
                    (None, _) => return None,
                }
            }
        };
        let evidence = self.first_of(id)?.clone();
        let (ordinal, new) = (ledger.ordinal, false);
        Some(Restated { transaction_id: id, ordinal, evidence, before, now, new })
    }

    /// A reading of a transaction that the rules have.
    fn read_as(&self, reading: &Stand, holder: TransactionId) -> Stand {
        let says = self.again.get(holder).map(|row| &row.observed);
        let became = says.is_some_and(|says| {
            reading.observed.state == RowState::Booked
                && says.state == RowState::Booked
                && match_key(says) == match_key(&reading.observed)
        });
        Stand {
            observed: reading.observed.clone(),
            standing: Standing::Absorbed,
            same_as: Some(holder),
            became,
            missed: 0,
            may_be: Vec::new(),
        }
    }

    /// A transaction that only the rules have.
    fn unknown(&self, again: &KnownRow) -> Option<Restated> {
        let id = again.transaction_id;
        let evidence = self.first_of(id)?.clone();
        let now = Stand::of(again);
        let equal = || {
            let rows = self.ledger.rows().iter();
            let equal = |row: &&KnownRow| {
                row.standing == Standing::Counted && row.match_key == again.match_key
            };
            rows.clone().find(equal).map(|row| row.transaction_id)
        };
        let holder = self.holder(LEDGER, id).or_else(equal);
        let before = match holder {
            Some(holder) => Stand {
                standing: Standing::Absorbed,
                same_as: Some(holder),
                may_be: Vec::new(),
                ..now.clone()
            },
            None => Stand { standing: Standing::Withdrawn, may_be: Vec::new(), ..now.clone() },
        };
        let seen = match now.standing {
            Standing::Counted | Standing::Doubted => true,
            Standing::Withdrawn => false,
            Standing::Absorbed => holder != Some(root(&self.again, id)),
        };
        let (ordinal, new) = (again.ordinal, true);
        seen.then_some(Restated { transaction_id: id, ordinal, evidence, before, now, new })
    }

    /// Whether a change would go against a person's word: what was edited would count no longer, or
    /// what was kept apart would be one.
    fn is_against_person(&self, row: &Restated) -> bool {
        let Some(ledger) = self.ledger.get(row.transaction_id) else { return false };
        let counts = |stand: &Stand| stand.standing == Standing::Counted;
        let apart = row.now.same_as.is_some_and(|other| ledger.apart_from.contains(&other));
        apart || (ledger.edited && counts(&row.before) && !counts(&row.now))
    }

    fn grounds(&self, rows: &[Restated]) -> Decision {
        // What was read where a row begins says most of why it is another's, or one of its own.
        let first = rows.iter().filter(|row| row.before.standing != row.now.standing);
        let read = first.clone().find_map(|row| self.grounds.get(&place(&row.evidence)));
        let made = || rows.iter().find_map(|row| self.decided.get(&row.transaction_id));
        let told = read.filter(|decision| !decision.reasons.is_empty()).or_else(made).or(read);
        let none = || Decision { rules: RULES_VERSION, score: CERTAIN, reasons: Vec::new() };
        told.cloned().unwrap_or_else(none)
    }
}

fn change(rows: &[Restated]) -> Change {
    let each = rows.iter().map(|row| {
        let apart = matches!(row.before.standing, Standing::Absorbed | Standing::Doubted);
        match (row.before.standing, row.now.standing) {
            (before, Standing::Absorbed) if before != Standing::Absorbed => Change::Joined,
            (_, Standing::Counted) if apart => Change::Parted,
            (Standing::Withdrawn, Standing::Counted) => Change::New,
            (before, Standing::Withdrawn) if before != Standing::Withdrawn => Change::Gone,
            (before, Standing::Doubted) if before != Standing::Doubted => Change::Doubtful,
            _ => Change::Amended,
        }
    });
    each.min().unwrap_or(Change::Amended)
}

/// Groups of rows that hang together.
fn together(rows: Vec<Restated>, replay: &Replay<'_>) -> Vec<Vec<Restated>> {
    let mut group: HashMap<TransactionId, TransactionId> = HashMap::new();
    fn find(group: &mut HashMap<TransactionId, TransactionId>, id: TransactionId) -> TransactionId {
        let mut top = id;
        while let Some(next) = group.get(&top).copied().filter(|next| *next != top) {
            top = next;
        }
        group.insert(id, top);
        top
    }
    for row in &rows {
        let id = row.transaction_id;
        let linked = [row.before.same_as, row.now.same_as];
        let doubted = row.now.standing == Standing::Doubted;
        let may_be = row.now.may_be.iter().copied().filter(|_| doubted);
        let linked = linked.into_iter().flatten().chain(may_be);
        let holders = [LEDGER, AGAIN].into_iter().filter_map(|side| replay.holder(side, id));
        for other in linked.chain(holders).collect::<Vec<_>>() {
            let (one, two) = (find(&mut group, id), find(&mut group, other));
            if one != two {
                group.insert(one.max(two), one.min(two));
            }
        }
    }
    let mut groups: BTreeMap<TransactionId, Vec<Restated>> = BTreeMap::new();
    for row in rows {
        let top = find(&mut group, row.transaction_id);
        groups.entry(top).or_default().push(row);
    }
    groups.into_values().collect()
}

pub(super) fn between(replay: Replay<'_>) -> Difference {
    let known = replay.ledger.rows().iter().filter_map(|row| replay.restated(row));
    let unknown = replay.again.rows().iter();
    let unknown = unknown.filter(|row| replay.ledger.get(row.transaction_id).is_none());
    let unknown = unknown.filter_map(|row| replay.unknown(row));
    let rows: Vec<_> = known.chain(unknown).collect();
    let mut kept = replay.kept.clone();
    let mut items = Vec::new();
    for mut rows in together(rows, &replay) {
        rows.sort_by_key(|row| (row.now.observed.booking_date, row.transaction_id));
        if rows.iter().any(|row| replay.is_against_person(row)) {
            kept.extend(
                rows.into_iter().filter(|row| !row.new).map(|row| Kept {
                    transaction_id: row.transaction_id,
                    rules_say: Some(row.now),
                }),
            );
            continue;
        }
        let edited = |row: &&Restated| {
            replay.ledger.get(row.transaction_id).is_some_and(|known| known.edited)
        };
        let edited = rows.iter().filter(edited).map(|row| row.transaction_id).collect();
        let (change, decision) = (change(&rows), replay.grounds(&rows));
        items.push(Item { redecided: Redecided { change, rows, decision, undoes: None }, edited });
    }
    items.sort_by_key(|item| {
        let first = item.redecided.rows.first();
        first.map(|row| (row.now.observed.booking_date, row.transaction_id))
    });
    kept.sort_by_key(|kept| kept.transaction_id);
    kept.dedup_by_key(|kept| kept.transaction_id);
    Difference { items, kept, windows: replay.windows, unread: replay.unread }
}
