//! Folds the events of a page: rows that nothing else is said about go straight to the table, the
//! others are changed in memory and written once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::account::{AccountEvent, TransactionRecorded};
use domain::event::Event;
use domain::guidance::GuidanceEvent;
use domain::id::{AccountId, TransactionId, UserId};
use domain::observed::{AccountKind, ObservedTransaction};
use domain::reconcile::match_key;
use domain::transaction::{Reason, Standing, Verdict};
use uuid::Uuid;

use super::IDENTIFIERS;
use super::entry::{CHOSEN, Entry, FIRST_COLUMNS, First, Kept, LATER_COLUMNS, READ_COLUMNS, read};
use super::guides::{Guides, write_moved};
use super::months::{Listed, Months};
use super::parts::{parts_of, write_parts};
use crate::database::{Database, DatabaseError, Onward, Row, RowReader, Rows, sql};
use crate::definition::{FoldError, Folded, Topic};
use crate::erasing::forget;
use crate::feed::Recorded;
use crate::holders::{Holder, away, kind_of_word, turn};
use crate::rows::{Existing, bulk, look_up, read_rows};
use crate::spending::{Counted, Sums};

mod deciding;

/// New rows that are written while the rest of their page is folded.
const ROWS_ONWARD: usize = 1_000;

/// The tables that say of whom their rows are.
const PERSONAL: [&str; 11] = [
    "transactions",
    "parts",
    "candidates",
    "apart",
    "spending",
    "months",
    "holders",
    "rules",
    "moved",
    "payees",
    "corrections",
];

/// Those that say of each row of which account it is, too.
const OF_ACCOUNTS: [&str; 5] = ["transactions", "candidates", "apart", "spending", "months"];

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

    /// Takes in what a person says of how their rows are to be read.
    pub(super) fn guide(&mut self, folded: &mut Folded, user_id: UserId, event: &GuidanceEvent) {
        if !self.guides.take(folded, user_id, event) {
            return;
        }
        folded.changed(Topic::Transactions, user_id);
        let mut moved = 0_u64;
        let Self { kept, guides, .. } = self;
        for kept in kept.values_mut().filter(|kept| kept.entry.user_id == user_id) {
            let entry = &mut kept.entry;
            // What the person said of the row itself is never overwritten.
            if entry.own_category.is_some() {
                continue;
            }
            let judged = guides.judge(user_id, &entry.observed, entry.account_id, kept.kind);
            if judged != entry.judged {
                let counts = entry.standing == Standing::Counted;
                moved += u64::from(counts && judged.0 != entry.judged.0);
                entry.judged = judged;
                kept.changed = true;
            }
        }
        if let GuidanceEvent::RulesAdopted(adopted) = event {
            folded.push(write_moved(user_id, adopted.set.version, moved));
        }
    }

    /// The category of what a transaction says now, unless the person gave it one.
    fn judge_again(&mut self, id: TransactionId) -> Option<()> {
        let Self { kept, guides, .. } = self;
        let kept = kept.get_mut(&id)?;
        let entry = &mut kept.entry;
        entry.judged = match &entry.own_category {
            Some(own) => (Cow::Owned(own.clone()), CHOSEN.to_owned()),
            None => guides.judge(entry.user_id, &entry.observed, entry.account_id, kept.kind),
        };
        Some(())
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

    fn edit(&mut self, id: TransactionId, position: u64) -> Option<&mut Entry> {
        let kept = self.kept.get_mut(&id)?;
        kept.changed = true;
        kept.entry.decided_at = Some(position);
        Some(&mut kept.entry)
    }

    /// What is said of one transaction alone.
    fn change(&mut self, folded: &mut Folded, event: &AccountEvent, position: u64) -> Option<()> {
        match event {
            AccountEvent::TransactionSettled(settled) => {
                self.say_again(settled.transaction_id, &settled.observed, position)
            }
            AccountEvent::TransactionAmended(amended) => {
                self.say_again(amended.transaction_id, &amended.observed, position)
            }
            AccountEvent::TransactionMissed(missed) => {
                // Nothing is decided yet.
                let kept = self.kept.get_mut(&missed.transaction_id)?;
                kept.changed = true;
                kept.entry.missed = missed.windows;
                Some(())
            }
            AccountEvent::TransactionWithdrawn(withdrawn) => {
                self.edit(withdrawn.transaction_id, position)?.standing = Standing::Withdrawn;
                Some(())
            }
            AccountEvent::TransactionReturned(returned) => {
                let kept = self.kept.get_mut(&returned.transaction_id)?;
                if kept.entry.standing == Standing::Withdrawn {
                    kept.entry.decided_at = Some(position);
                }
                kept.changed = true;
                show_again(&mut kept.entry);
                Some(())
            }
            AccountEvent::TransactionCategorised(chosen) => {
                let entry = self.edit(chosen.transaction_id, position)?;
                entry.edited = true;
                entry.own_category.clone_from(&chosen.category);
                let (user_id, observed) = (entry.user_id, entry.observed.clone());
                let row = (chosen.transaction_id, entry.account_id);
                let of = (user_id, position);
                self.guides.learn(folded, of, row, &observed, chosen.category.as_deref());
                self.judge_again(chosen.transaction_id)
            }
            AccountEvent::TransactionNoted(noted) => {
                let entry = self.edit(noted.transaction_id, position)?;
                entry.edited = true;
                entry.note.clone_from(&noted.note);
                Some(())
            }
            AccountEvent::TransactionHidden(done) => {
                let entry = self.edit(done.transaction_id, position)?;
                entry.edited = true;
                entry.hidden = done.hidden;
                Some(())
            }
            AccountEvent::TransactionSplit(split) => {
                let entry = self.edit(split.transaction_id, position)?;
                entry.edited = true;
                entry.parts.clone_from(&split.parts);
                self.kept.get_mut(&split.transaction_id)?.split = true;
                Some(())
            }
            _ => Some(()),
        }
    }

    /// The bank says something else; the person's own words stay.
    fn say_again(
        &mut self,
        id: TransactionId,
        observed: &ObservedTransaction,
        position: u64,
    ) -> Option<()> {
        let entry = self.edit(id, position)?;
        entry.observed = observed.clone();
        show_again(entry);
        self.judge_again(id)
    }

    /// Sends rows that nothing else is about on, once there are some, after all that was said before.
    pub(super) async fn send(
        &mut self,
        folded: &mut Folded,
        onward: &mut Onward,
    ) -> Result<(), DatabaseError> {
        if self.rows.len() < ROWS_ONWARD {
            return Ok(());
        }
        self.write_new(folded);
        onward.send(std::mem::take(&mut folded.statements)).await
    }

    fn write_new(&mut self, folded: &mut Folded) {
        let rows = std::mem::take(&mut self.rows);
        folded.extend(bulk("transactions", &FIRST_COLUMNS, 1, &Existing::Never, rows));
    }

    /// Writes what was gathered so far; what is kept stands as written from then on. None if a
    /// sum is too large.
    pub(super) fn write(&mut self, folded: &mut Folded) -> Option<()> {
        let versions = std::mem::take(&mut self.versions);
        let versions: Vec<Row> = versions
            .into_iter()
            .map(|(stream, version)| vec![stream.into(), version.into()])
            .collect();
        let columns = ["account_id", "version"];
        folded.extend(bulk("streams", &columns, 1, &Existing::Replaced, versions));
        self.write_new(folded);
        if !self.awaited.is_empty() || !self.read_anew.is_empty() {
            folded.push(sql(IDENTIFIERS, vec![]));
        }
        let mut changed: Vec<&mut Kept> =
            self.kept.values_mut().filter(|kept| kept.changed).collect();
        changed.sort_by_key(|kept| kept.entry.transaction_id);
        let mut rows = Rows::default();
        for kept in changed {
            let counted = kept.entry.whole_row(&mut rows);
            kept.counted.iter().try_for_each(|before| self.sums.take(before))?;
            counted.iter().try_for_each(|now| self.sums.add(now))?;
            if kept.split {
                write_parts(folded, &kept.entry);
            }
            let listed = kept.entry.listed();
            kept.listed.iter().try_for_each(|before| self.months.take(before))?;
            listed.iter().try_for_each(|now| self.months.add(now))?;
            kept.listed = listed;
            (kept.counted, kept.changed, kept.split) = (counted, false, false);
        }
        let columns: Vec<&str> = FIRST_COLUMNS.into_iter().chain(LATER_COLUMNS).collect();
        folded.extend(bulk("transactions", &columns, 1, &Existing::Replaced, rows));
        std::mem::take(&mut self.sums).write(folded);
        std::mem::take(&mut self.months).write(folded);
        Some(())
    }

    /// Takes an account out of sight or back, after what was gathered so far is written. None if it
    /// is not known.
    pub(super) fn turn(
        &mut self,
        folded: &mut Folded,
        holders: &mut HashMap<AccountId, Holder>,
        account_id: AccountId,
    ) -> Option<()> {
        let (from, to) = turn(folded, holders, account_id, &OF_ACCOUNTS)?;
        folded.push(sql(
            "UPDATE parts SET user_id = $1 WHERE transaction_id IN
             (SELECT transaction_id FROM transactions WHERE account_id = $2)",
            vec![to.into(), account_id.into()],
        ));
        for kept in self.kept.values_mut().filter(|kept| kept.entry.account_id == account_id) {
            kept.entry.user_id = to;
            (kept.counted, kept.listed) = (kept.entry.counts(), kept.entry.listed());
        }
        for user_id in [from, to] {
            folded.changed(Topic::Transactions, user_id);
            folded.changed(Topic::Spending, user_id);
        }
        Some(())
    }

    /// Nothing of a person is kept.
    pub(super) fn forget(&mut self, folded: &mut Folded, user_id: UserId) {
        let theirs = [user_id, away(user_id)];
        self.kept.retain(|_, kept| !theirs.contains(&kept.entry.user_id));
        self.guides.forget(user_id);
        folded.push(sql(
            "DELETE FROM streams WHERE account_id IN
             (SELECT account_id FROM holders WHERE user_id IN ($1, $2))",
            vec![user_id.into(), away(user_id).into()],
        ));
        for table in PERSONAL {
            folded.push(forget(table, user_id));
        }
        folded.changed(Topic::Transactions, user_id);
        folded.changed(Topic::Spending, user_id);
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

/// The bank shows it.
fn show_again(entry: &mut Entry) {
    entry.missed = 0;
    if entry.standing == Standing::Withdrawn {
        entry.standing = Standing::Counted;
    }
}
