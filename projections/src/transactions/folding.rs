//! Folds the events of a page: rows that nothing else is said about go straight to the table, the
//! others are changed in memory and written once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::account::{AccountEvent, TransactionRecorded};
use domain::event::Event;
use domain::guidance::GuidanceEvent;
use domain::id::{AccountId, TransactionId, UserId};
use domain::observed::AccountKind;
use domain::reconcile::match_key;
use domain::transaction::{Reason, Verdict};
use uuid::Uuid;

use super::entry::{Entry, First, Kept, READ_COLUMNS, read};
use super::guides::Guides;
use super::months::{Listed, Months};
use super::parts::parts_of;
use crate::database::{Database, DatabaseError, RowReader, Rows, sql};
use crate::definition::{FoldError, Folded, Topic};
use crate::feed::Recorded;
use crate::holders::{Holder, away, kind_of_word};
use crate::rows::{look_up, read_rows};
use crate::spending::{Counted, Sums};

mod deciding;
mod saying;
mod writing;

/// The transactions an event changes; none of one that records a transaction.
fn changed(event: &AccountEvent) -> Vec<TransactionId> {
    match event {
        AccountEvent::TransactionSettled(settled) => vec![settled.transaction_id],
        AccountEvent::TransactionAmended(amended) => vec![amended.transaction_id],
        AccountEvent::TransactionMissed(missed) => vec![missed.transaction_id],
        AccountEvent::TransactionWithdrawn(withdrawn) => vec![withdrawn.transaction_id],
        AccountEvent::TransactionReturned(returned) => vec![returned.transaction_id],
        AccountEvent::DoubtResolved(resolved) => match resolved.verdict {
            Verdict::Separate => vec![resolved.transaction_id],
            Verdict::SameAs { transaction_id } => vec![resolved.transaction_id, transaction_id],
        },
        AccountEvent::TransactionsMerged(merged) => vec![merged.transaction_id, merged.absorbed],
        AccountEvent::TransactionsParted(parted) => vec![parted.transaction_id, parted.other],
        AccountEvent::TransactionsRedecided(done) => {
            done.rows.iter().map(|row| row.transaction_id).collect()
        }
        AccountEvent::TransactionCategorised(chosen) => vec![chosen.transaction_id],
        AccountEvent::TransactionNoted(noted) => vec![noted.transaction_id],
        AccountEvent::TransactionHidden(done) => vec![done.transaction_id],
        AccountEvent::TransactionSplit(split) => vec![split.transaction_id],
        AccountEvent::TransactionDoubted(doubted) => vec![doubted.transaction_id],
        AccountEvent::TransactionRecorded(_)
        | AccountEvent::Opened(_)
        | AccountEvent::Linked(_)
        | AccountEvent::Described(_)
        | AccountEvent::PutAway(_)
        | AccountEvent::BroughtBack(_)
        | AccountEvent::BalanceObserved(_)
        | AccountEvent::WindowReconciled(_)
        | AccountEvent::HistoryRedecided(_) => Vec::new(),
    }
}

/// Whether a decision is a person's.
fn by_person(reasons: &[Reason]) -> bool {
    reasons.contains(&Reason::PersonSaid)
}

/// What the events of a page come to.
pub(super) struct Page {
    /// How long each account's stream is.
    pub(super) versions: BTreeMap<Uuid, u64>,
    /// Rows of transactions that nothing else in the page is about.
    rows: Rows,
    /// Those that something else in the page is about.
    kept: HashMap<TransactionId, Kept>,
    awaited: BTreeSet<Uuid>,
    /// Persons whose past is read anew within the page: of them every row is kept.
    read_anew: BTreeSet<UserId>,
    guides: Guides,
    sums: Sums,
    months: Months,
}

impl Page {
    /// Reads the transactions that events change, as far as they are known from before.
    pub(super) async fn begin(
        reader: &Database,
        events: &[Recorded],
        holders: &HashMap<AccountId, Holder>,
    ) -> Result<Self, DatabaseError> {
        let awaited: BTreeSet<Uuid> = events
            .iter()
            .filter_map(|recorded| match recorded.event.as_deref() {
                Some(Event::Account(event)) => Some(changed(event)),
                _ => None,
            })
            .flatten()
            .map(|id| id.0)
            .collect();
        let read_anew: BTreeSet<UserId> = events.iter().filter_map(reads_anew).collect();
        // What is out of sight may come back within the page.
        let mut users: BTreeSet<Uuid> =
            holders.values().flat_map(|(user_id, _)| [user_id.0, away(*user_id).0]).collect();
        let said =
            |recorded: &&Recorded| matches!(recorded.event.as_deref(), Some(Event::Guidance(_)));
        users.extend(events.iter().filter(said).map(|recorded| recorded.stream.id));
        let mut page = Self {
            versions: BTreeMap::new(),
            rows: Rows::default(),
            kept: HashMap::new(),
            awaited,
            read_anew,
            guides: Guides::begin(reader, &users).await?,
            sums: Sums::default(),
            months: Months::default(),
        };
        page.keep_all(reader).await?;
        if page.awaited.is_empty() {
            return Ok(page);
        }
        let select = format!("SELECT {READ_COLUMNS} FROM transactions WHERE transaction_id IN");
        let entries = read_rows(look_up(reader, &select, &page.awaited).await?, read)?;
        let mut parts = parts_of(reader, &page.awaited).await?;
        for mut entry in entries {
            entry.parts = parts.remove(&entry.transaction_id).unwrap_or_default();
            if let Some(holder) = holders.get(&entry.account_id) {
                page.kept.insert(entry.transaction_id, Kept::as_written(entry, *holder));
            }
        }
        Ok(page)
    }

    /// Reads every row of the persons whose past is read anew.
    async fn keep_all(&mut self, reader: &Database) -> Result<(), DatabaseError> {
        for user_id in self.read_anew.clone() {
            let text = "SELECT account_id, kind FROM holders WHERE user_id = $1";
            let found = reader.query(sql(text, vec![user_id.into()])).await?;
            let read_kind = |row: &mut RowReader| Ok((row.parsed()?, kind_of_word(&row.text()?)));
            let kinds: HashMap<AccountId, AccountKind> =
                read_rows(found, read_kind)?.into_iter().collect();
            let text = format!("SELECT {READ_COLUMNS} FROM transactions WHERE user_id = $1");
            let found = reader.query(sql(text, vec![user_id.into()])).await?;
            let entries = read_rows(found, read)?;
            let ids = entries.iter().map(|entry| entry.transaction_id.0).collect();
            let mut parts = parts_of(reader, &ids).await?;
            for mut entry in entries {
                entry.parts = parts.remove(&entry.transaction_id).unwrap_or_default();
                if let Some(kind) = kinds.get(&entry.account_id) {
                    let id = entry.transaction_id;
                    self.kept.insert(id, Kept::as_written(entry, (user_id, *kind)));
                }
            }
        }
        Ok(())
    }

    /// Takes in what one event says.
    pub(super) fn take(
        &mut self,
        folded: &mut Folded,
        recorded: &Recorded,
        event: &AccountEvent,
        (account_id, holder): (AccountId, Holder),
    ) -> Result<(), FoldError> {
        let of = (account_id, holder.0);
        let at = (recorded.position, recorded.recorded_at);
        folded.changed(Topic::Transactions, holder.0);
        let unfit = |reason| FoldError::Unfit { position: recorded.position, reason };
        let known = match event {
            AccountEvent::TransactionRecorded(new) => self.add(new, of, holder, at),
            AccountEvent::TransactionDoubted(doubted) => {
                self.doubt(folded, doubted, of, holder, at);
                Some(())
            }
            AccountEvent::TransactionsParted(parted) => self.part(folded, parted, of, holder, at),
            AccountEvent::TransactionsMerged(merged) => self.merge(folded, merged, at.0),
            AccountEvent::TransactionsRedecided(done) => {
                self.redecide(folded, done, of, holder, at)
            }
            AccountEvent::DoubtResolved(resolved) => {
                let person = by_person(&resolved.decision.reasons);
                self.resolve(folded, resolved.transaction_id, resolved.verdict, (person, at.0))
            }
            other => self.change(folded, other, at.0),
        };
        known.ok_or_else(|| unfit("the transaction is not known, or a sum is too large"))
    }

    /// A transaction that was not known.
    fn add(
        &mut self,
        new: &TransactionRecorded,
        of: (AccountId, UserId),
        holder: Holder,
        at: (u64, DateTime<Utc>),
    ) -> Option<()> {
        let (transaction_id, observed) = (new.transaction_id, &new.observed);
        let judged = self.guides.judge(of.1, observed, of.0, holder.1);
        if self.awaited.contains(&transaction_id.0) || self.read_anew.contains(&of.1) {
            let observed = observed.clone();
            let entry = Entry::new(transaction_id, of, observed, new.ordinal, at, judged);
            self.kept.insert(transaction_id, Kept::unwritten(entry, holder));
            return Some(());
        }
        let first = First {
            transaction_id,
            account_id: of.0,
            user_id: of.1,
            observed,
            match_key: match_key(observed),
            ordinal: new.ordinal,
            position: at.0,
            recorded_at: at.1,
            judged,
            note: None,
        };
        let category = first.row(&mut self.rows);
        self.months.add(&Listed {
            user_id: of.1,
            account_id: of.0,
            day: observed.booking_date,
            currency: observed.amount.currency,
            hidden: false,
            minor: observed.amount.minor,
        })?;
        self.sums.add(&Counted {
            user_id: of.1,
            account_id: of.0,
            day: observed.booking_date,
            category,
            currency: observed.amount.currency,
            minor: observed.amount.minor,
        })
    }
}

/// Whose past an event has read anew.
fn reads_anew(recorded: &Recorded) -> Option<UserId> {
    let anew = match recorded.event.as_deref()? {
        Event::Guidance(GuidanceEvent::RulesAdopted(adopted)) => adopted.over_past,
        Event::Guidance(GuidanceEvent::PayeeNamed(named)) => named.over_past,
        _ => false,
    };
    anew.then_some(UserId(recorded.stream.id))
}
