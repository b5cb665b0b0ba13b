//! Changes of many transactions at once: the rows of an account change together or not at all, and
//! what they were is told, so that it can be put back.

use std::collections::BTreeMap;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, TransactionId, UserId};
use domain::reconcile::review::{self, Refusal};
use domain::stream::{Category, StreamId};
use domain::transaction::KnownRow;
use projections::transactions::TransactionRow;
use uuid::Uuid;

use super::{CATCH_UP, EditError, MOST_TRIES};
use crate::app::App;
use crate::ledger::store::AppendError;
use crate::ledger::{Actor, Cause, LedgerError, Owner};

/// Most transactions that are changed at once.
pub const MOST_CHANGES: usize = 200;

/// What is to become of one transaction; what is not named stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub transaction_id: TransactionId,
    /// Its category; `Some(None)` takes the person's own back.
    pub category: Option<Option<String>>,
    /// Its note; `Some(None)` takes it back.
    pub note: Option<Option<String>>,
    /// Whether it is off the lists.
    pub hidden: Option<bool>,
}

impl Change {
    /// What would put a row back as it is now, if this changes anything.
    fn reverse(&self, row: &TransactionRow) -> Option<Self> {
        let own = row.own_category().map(str::to_owned);
        let reverse = Self {
            transaction_id: self.transaction_id,
            category: self.category.as_ref().filter(|to| **to != own).map(|_| own),
            note: self.note.as_ref().filter(|to| **to != row.note).map(|_| row.note.clone()),
            hidden: self.hidden.filter(|to| *to != row.hidden).map(|_| row.hidden),
        };
        let changes = (&reverse.category, &reverse.note, reverse.hidden) != (&None, &None, None);
        changes.then_some(reverse)
    }

    /// What happens, of what differs from the row.
    fn events(&self, known: &[KnownRow], differs: &Self) -> Result<Vec<AccountEvent>, Refusal> {
        let mut events = Vec::new();
        if let (Some(category), Some(_)) = (&self.category, &differs.category) {
            events.extend(review::categorise(known, self.transaction_id, category.clone())?);
        }
        if let (Some(note), Some(_)) = (&self.note, &differs.note) {
            events.extend(review::note(known, self.transaction_id, note.clone())?);
        }
        if let (Some(hidden), Some(_)) = (self.hidden, differs.hidden) {
            events.extend(review::hide(known, self.transaction_id, hidden)?);
        }
        Ok(events)
    }
}

/// A transaction that stays as it is, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// Which.
    pub transaction_id: TransactionId,
    /// Why it cannot be as was asked.
    pub refusal: Refusal,
}

/// What became of the changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Up to where they are recorded; none if nothing had to be.
    pub position: Option<u64>,
    /// Those that cannot be changed so.
    pub left_alone: Vec<LeftAlone>,
    /// What puts everything back as it was.
    pub reverse: Vec<Change>,
}

/// Changes at most [`MOST_CHANGES`] transactions; of more, the rest is not looked at. The rows of one
/// account change together.
///
/// # Errors
/// [`EditError`] if it could not be recorded; asking again is safe, and finishes what was begun.
pub async fn change_several(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    changes: &[Change],
) -> Result<Changed, EditError> {
    let changes = &changes[..changes.len().min(MOST_CHANGES)];
    let head = app.ledger.log().head().await.map_err(LedgerError::from)?;
    let caught_up = app.read.wait_for(head.position, CATCH_UP).await;
    caught_up.map_err(|_| EditError::Lagging)?;
    let ids: Vec<TransactionId> = changes.iter().map(|change| change.transaction_id).collect();
    let rows = app.read.transactions().several(user_id, &ids).await?;
    let accounts: BTreeMap<_, _> =
        rows.iter().map(|row| (row.transaction_id, row.account_id)).collect();
    let mut by_account: BTreeMap<AccountId, Vec<&Change>> = BTreeMap::new();
    let mut changed = Changed::default();
    for change in changes {
        match accounts.get(&change.transaction_id) {
            Some(account_id) => by_account.entry(*account_id).or_default().push(change),
            None => changed.left_alone.push(LeftAlone {
                transaction_id: change.transaction_id,
                refusal: Refusal::NotFound,
            }),
        }
    }
    for (account_id, changes) in by_account {
        let mut tries = 0;
        let done = loop {
            tries += 1;
            match of_account(app, (user_id, account_id), correlation, &changes).await {
                Err(EditError::Ledger(LedgerError::Append(
                    AppendError::Conflict { .. } | AppendError::IdentifierInUse,
                ))) if tries < MOST_TRIES => {}
                done => break done?,
            }
        };
        changed.position = changed.position.max(done.position);
        changed.left_alone.extend(done.left_alone);
        changed.reverse.extend(done.reverse);
    }
    Ok(changed)
}

async fn of_account(
    app: &App,
    (user_id, account_id): (UserId, AccountId),
    correlation: Uuid,
    changes: &[&Change],
) -> Result<Changed, EditError> {
    let transactions = app.read.transactions();
    let ids: Vec<TransactionId> = changes.iter().map(|change| change.transaction_id).collect();
    // The version first: what is said in between makes the append fail, and is looked at again.
    let (known, version) = transactions.known_ones(account_id, &ids).await?;
    let rows = transactions.several(user_id, &ids).await?;
    let rows: BTreeMap<_, _> = rows.into_iter().map(|row| (row.transaction_id, row)).collect();
    let mut changed = Changed::default();
    let mut events = Vec::new();
    for change in changes {
        let Some(row) = rows.get(&change.transaction_id) else { continue };
        let Some(reverse) = change.reverse(row) else { continue };
        match change.events(&known, &reverse) {
            Ok(happened) => {
                events.extend(happened.into_iter().map(Event::Account));
                changed.reverse.push(reverse);
            }
            Err(refusal) => changed
                .left_alone
                .push(LeftAlone { transaction_id: change.transaction_id, refusal }),
        }
    }
    if events.is_empty() {
        return Ok(changed);
    }
    let cause = Cause::new(Actor::Person, correlation);
    let stream = StreamId::new(Category::Account, account_id.0);
    let owner = Owner::Person(user_id);
    let appended = app.ledger.append_at(stream, owner, cause, version, events).await?;
    changed.position = Some(appended.last);
    Ok(changed)
}
