//! A person's own decisions about transactions: verdicts, joining and undoing, categories, notes
//! and splits. What they come to is decided by `domain::reconcile::review` on the rows at the
//! version of the account's stream, and appended at that version.

mod several;

use std::time::Duration;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, TransactionId, UserId};
use domain::observed::{Evidence, ObservedTransaction};
use domain::reconcile::KnownRows;
use domain::reconcile::review::{self, Joining, Refusal};
use domain::stream::{Category, StreamId};
use domain::transaction::{KnownRow, SplitPart, Verdict};
use projections::ReadModelError;
use projections::database::DatabaseError;
use uuid::Uuid;

use crate::app::App;
use crate::identity::transaction_id as transaction_id_of;
use crate::ledger::reading::Reader;
use crate::ledger::store::AppendError;
use crate::ledger::{Actor, Cause, LedgerError, Owner};

/// Tries of one decision when others write to the account at the same time.
const MOST_TRIES: u32 = 8;
/// How long the read models may take to catch up with the log.
const CATCH_UP: Duration = Duration::from_secs(10);

pub use several::{Change, Changed, LeftAlone, MOST_CHANGES, change_several};

/// What a person decides.
#[derive(Clone, Debug)]
pub enum Edit {
    /// What a doubted row is.
    Decide(TransactionId, Verdict),
    /// The second is another reading of the first.
    Merge(TransactionId, TransactionId),
    /// The decision at this position of the log is undone.
    Undo(u64),
    /// A category of one's own; none takes it back.
    Categorise(TransactionId, Option<String>),
    /// A note; none takes it back.
    Note(TransactionId, Option<String>),
    /// Parts; none take it back.
    Split(TransactionId, Vec<SplitPart>),
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// It is recorded up to this position.
    Done(TransactionId, u64),
    /// It was so already.
    AlreadySo(TransactionId),
    /// It cannot be.
    Refused(Refusal),
}

/// Why it could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The rows have not caught up.
    #[error(transparent)]
    Read(#[from] ReadModelError),
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] DatabaseError),
    /// The rows have not caught up in time.
    #[error("the read models have not caught up in time")]
    Lagging,
}

/// Decides and records, again if somebody else wrote to the account meanwhile.
///
/// # Errors
/// [`EditError`] if it could not be recorded; asking again is safe.
pub async fn edit(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    edit: &Edit,
) -> Result<Edited, EditError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match attempt(app, user_id, correlation, edit).await {
            Err(EditError::Ledger(LedgerError::Append(
                AppendError::Conflict { .. } | AppendError::IdentifierInUse,
            ))) if tries < MOST_TRIES => {}
            done => return done,
        }
    }
}

async fn attempt(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    edit: &Edit,
) -> Result<Edited, EditError> {
    let head = app.ledger.log().head().await.map_err(LedgerError::from)?;
    let caught_up = app.read.wait_for(head.position, CATCH_UP).await;
    caught_up.map_err(|_| EditError::Lagging)?;
    let Some((account_id, transaction_id)) = subject(app, user_id, edit).await? else {
        return Ok(Edited::Refused(Refusal::NotFound));
    };
    if already_so(app, user_id, transaction_id, edit).await? {
        return Ok(Edited::AlreadySo(transaction_id));
    }
    let transactions = app.read.transactions();
    let (decided, version) = match edit {
        Edit::Undo(position) => {
            let (known, version) = transactions.known_rows_of(account_id, None).await?;
            (part(app, user_id, account_id, transaction_id, *position, &known).await?, version)
        }
        _ => {
            let mut ids = vec![transaction_id];
            ids.extend(other(edit));
            let (known, version) = transactions.known_ones(account_id, &ids).await?;
            (decide(&known, edit), version)
        }
    };
    let events = match decided {
        Err(refusal) => return Ok(Edited::Refused(refusal)),
        Ok(events) if events.is_empty() => return Ok(Edited::AlreadySo(transaction_id)),
        Ok(events) => events.into_iter().map(Event::Account).collect(),
    };
    let cause = Cause::new(Actor::Person, correlation);
    let owner = Owner::Person(user_id);
    let stream = StreamId::new(Category::Account, account_id.0);
    let appended = app.ledger.append_at(stream, owner, cause, version, events).await?;
    Ok(Edited::Done(transaction_id, appended.last))
}

/// The transaction an edit is about, if it is the person's.
async fn subject(
    app: &App,
    user_id: UserId,
    edit: &Edit,
) -> Result<Option<(AccountId, TransactionId)>, EditError> {
    let id = match edit {
        Edit::Undo(position) => return Ok(app.read.reviews().joining(user_id, *position).await?),
        Edit::Decide(id, _)
        | Edit::Merge(id, _)
        | Edit::Categorise(id, _)
        | Edit::Note(id, _)
        | Edit::Split(id, _) => *id,
    };
    let row = app.read.transactions().one(user_id, id).await?;
    Ok(row.map(|row| (row.account_id, id)))
}

fn other(edit: &Edit) -> Option<TransactionId> {
    match edit {
        Edit::Decide(_, Verdict::SameAs { transaction_id }) => Some(*transaction_id),
        Edit::Merge(_, absorbed) => Some(*absorbed),
        _ => None,
    }
}

fn decide(known: &[KnownRow], edit: &Edit) -> Result<Vec<AccountEvent>, Refusal> {
    match edit.clone() {
        Edit::Decide(id, verdict) => review::resolve(known, id, verdict),
        Edit::Merge(id, absorbed) => review::merge(known, id, absorbed),
        Edit::Categorise(id, category) => review::categorise(known, id, category),
        Edit::Note(id, note) => review::note(known, id, note),
        Edit::Split(id, parts) => review::split(known, id, parts),
        Edit::Undo(_) => Err(Refusal::NotJoined),
    }
}

/// Whether the rows say already what is asked for.
async fn already_so(
    app: &App,
    user_id: UserId,
    transaction_id: TransactionId,
    edit: &Edit,
) -> Result<bool, EditError> {
    let transactions = app.read.transactions();
    let row = async |id| transactions.one(user_id, id).await;
    Ok(match edit {
        Edit::Categorise(id, category) => {
            row(*id).await?.is_some_and(|row| row.own_category() == category.as_deref())
        }
        Edit::Note(id, note) => row(*id).await?.is_some_and(|row| row.note == *note),
        Edit::Split(id, parts) => transactions.parts(user_id, *id).await? == *parts,
        Edit::Merge(id, absorbed) => {
            row(*absorbed).await?.is_some_and(|row| row.same_as == Some(*id))
        }
        Edit::Decide(id, verdict) => {
            let review = app.read.reviews().one(user_id, *id).await?;
            review.is_some_and(|review| review.verdict == Some(*verdict))
        }
        Edit::Undo(position) => {
            let made = app.read.reviews().decisions(user_id, transaction_id).await?;
            made.iter().any(|made| made.position == *position && made.undone_position.is_some())
        }
    })
}

/// A joining as the stream of its account tells it.
struct Found {
    event: AccountEvent,
    before: Option<ObservedTransaction>,
    evidence: Option<Evidence>,
    /// What the other one was in doubt to be.
    may_be: Vec<TransactionId>,
}

async fn part(
    app: &App,
    user_id: UserId,
    account_id: AccountId,
    transaction_id: TransactionId,
    position: u64,
    known: &[KnownRow],
) -> Result<Result<Vec<AccountEvent>, Refusal>, EditError> {
    let found = joining(app, account_id, transaction_id, position).await?;
    let Some(Found { event, before, evidence: Some(evidence), may_be }) = found else {
        return Ok(Err(Refusal::NotJoined));
    };
    let key = app.ledger.key_of_person(user_id).await?;
    let joining = Joining {
        position,
        event: &event,
        before: before.as_ref(),
        may_be: &may_be,
        evidence: &evidence,
    };
    // As a row that was read is named.
    let identify =
        |match_key: &str, ordinal: u32| transaction_id_of(&key, account_id, match_key, ordinal);
    Ok(review::part(known, &joining, identify))
}

/// Reads the account's stream to the joining, and what the transaction was before it.
async fn joining(
    app: &App,
    account_id: AccountId,
    transaction_id: TransactionId,
    position: u64,
) -> Result<Option<Found>, EditError> {
    let stream = StreamId::new(Category::Account, account_id.0);
    let mut past = Past::default();
    let mut events = Reader::of_stream(&**app.ledger.log(), stream, 0);
    while let Some((stored, event)) = events.next_opened::<AccountEvent>(&app.keys).await? {
        let event = event.ok_or(LedgerError::Erased)?;
        if stored.position == position {
            return Ok(Some(past.joined(event, transaction_id)));
        }
        past.take(&event);
    }
    Ok(None)
}

/// What the stream said so far.
#[derive(Default)]
struct Past {
    /// What is known.
    rows: KnownRows,
    /// Where each transaction was read last.
    evidence: std::collections::HashMap<TransactionId, Evidence>,
}

impl Past {
    fn take(&mut self, event: &AccountEvent) {
        let read = match event {
            AccountEvent::TransactionRecorded(new) => Some((new.transaction_id, &new.evidence)),
            AccountEvent::TransactionDoubted(new) => Some((new.transaction_id, &new.evidence)),
            AccountEvent::TransactionSettled(done) => Some((done.transaction_id, &done.evidence)),
            AccountEvent::TransactionAmended(done) => Some((done.transaction_id, &done.evidence)),
            AccountEvent::TransactionsParted(parted) => Some((parted.other, &parted.evidence)),
            _ => None,
        };
        if let Some((id, evidence)) = read {
            self.evidence.insert(id, evidence.clone());
        }
        if let AccountEvent::TransactionsRedecided(done) = event {
            for row in done.rows.iter().filter(|row| row.new) {
                self.evidence.insert(row.transaction_id, row.evidence.clone());
            }
        }
        self.rows.apply(event);
    }

    fn joined(mut self, event: AccountEvent, of: TransactionId) -> Found {
        let before = self.rows.get(of).map(|row| row.observed.clone());
        let (other, evidence) = match &event {
            AccountEvent::TransactionSettled(done) => (None, Some(done.evidence.clone())),
            AccountEvent::TransactionAmended(done) => (None, Some(done.evidence.clone())),
            AccountEvent::TransactionsMerged(done) => (None, self.evidence.remove(&done.absorbed)),
            AccountEvent::TransactionsRedecided(done) => {
                (None, done.rows.first().map(|row| row.evidence.clone()))
            }
            AccountEvent::DoubtResolved(done) if done.transaction_id != of => {
                (Some(done.transaction_id), self.evidence.remove(&done.transaction_id))
            }
            _ => (None, None),
        };
        let may_be = other.and_then(|id| self.rows.get(id)).map(|row| row.may_be.clone());
        Found { event, before, evidence, may_be: may_be.unwrap_or_default() }
    }
}
