//! A person's own decisions about transactions.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::id::TransactionId;
use domain::money::Currency;
use domain::reconcile::review::Refusal;
use domain::transaction::{SplitPart, Verdict};

use super::as_of::present;
use super::scalars::Position;
use super::transactions::Transaction;
use super::visit::{app, caught_up, internal, person, refuse, visit};
use crate::editing::{self, Edit, EditError, Edited};

/// Most parts a request may name; the rules allow fewer.
const MOST_PARTS: usize = 100;

/// What a doubted row is said to be.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ReviewVerdict {
    /// A transaction of its own.
    Separate,
    /// Another reading of the transaction named by `sameAs`.
    SameAs,
}

/// What a decision about a transaction came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum EditStatus {
    /// It is recorded.
    Done,
    /// It was so already.
    AlreadySo,
    /// There is no such transaction or decision.
    NotFound,
    /// There is no doubt about it, or it is settled.
    NotDoubted,
    /// A transaction cannot be joined with itself.
    Itself,
    /// Only a transaction that counts can be joined with.
    NotCounted,
    /// The two are in two currencies.
    OtherCurrency,
    /// The two were parted before.
    Parted,
    /// It joins nothing, or something was joined or undone since.
    NotJoined,
    /// There is no such category.
    UnknownCategory,
    /// A note has 1 to 1,000 characters.
    NoteLength,
    /// A split has 2 to 50 parts.
    PartCount,
    /// Every part has the sign and currency of the whole, and is not zero.
    PartAmount,
    /// The parts do not add up to the whole.
    PartsSum,
}

impl From<Refusal> for EditStatus {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound,
            Refusal::NotDoubted => Self::NotDoubted,
            Refusal::Itself => Self::Itself,
            Refusal::NotCounted => Self::NotCounted,
            Refusal::OtherCurrency => Self::OtherCurrency,
            Refusal::Parted => Self::Parted,
            Refusal::NotJoined => Self::NotJoined,
            Refusal::UnknownCategory => Self::UnknownCategory,
            Refusal::NoteLength => Self::NoteLength,
            Refusal::PartCount => Self::PartCount,
            Refusal::PartAmount => Self::PartAmount,
            Refusal::PartsSum => Self::PartsSum,
        }
    }
}

/// The answer to a decision about a transaction.
#[derive(SimpleObject)]
pub struct EditPayload {
    status: EditStatus,
    /// Where in the log it stands; also what `undoDecision` takes.
    position: Option<Position>,
    /// The transaction as it is now.
    transaction: Option<Transaction>,
}

/// A part of a split transaction.
#[derive(InputObject)]
pub struct PartInput {
    /// Whole minor units with the sign of the whole, as text.
    minor: String,
    /// Its category.
    category_id: Option<String>,
    /// Its note.
    note: Option<String>,
}

async fn record(context: &Context<'_>, edit: Edit) -> Result<EditPayload> {
    let (app, user_id) = (app(context)?, person(context)?);
    let edited = editing::edit(app, user_id, visit(context)?.request_id, &edit).await;
    let (status, id, position) = match edited {
        Ok(Edited::Done(id, position)) => (EditStatus::Done, id, Some(Position(position))),
        Ok(Edited::AlreadySo(id)) => (EditStatus::AlreadySo, id, None),
        Ok(Edited::Refused(refusal)) => {
            return Ok(EditPayload { status: refusal.into(), position: None, transaction: None });
        }
        Err(EditError::Lagging) => {
            let message = "The read models have not caught up; try again.";
            return Err(refuse(context, "LAGGING", message));
        }
        Err(error) => return Err(internal(context, error)),
    };
    caught_up(context, position).await?;
    let at = present(context)?;
    let row = at.view().transactions().one(user_id, id).await;
    let row = row.map_err(|error| internal(context, error))?;
    Ok(EditPayload { status, position, transaction: row.map(|row| Transaction::of(row, &at)) })
}

/// An identifier that is none of ours names no transaction.
fn named(id: &ID) -> Option<TransactionId> {
    id.parse().ok()
}

const NOT_FOUND: EditPayload =
    EditPayload { status: EditStatus::NotFound, position: None, transaction: None };

/// Deciding about transactions.
#[derive(Default)]
pub struct EditingMutations;

#[Object]
impl EditingMutations {
    /// Settles a doubt; saying the same again changes nothing.
    async fn decide_review(
        &self,
        context: &Context<'_>,
        transaction_id: ID,
        verdict: ReviewVerdict,
        same_as: Option<ID>,
    ) -> Result<EditPayload> {
        let Some(id) = named(&transaction_id) else { return Ok(NOT_FOUND) };
        let verdict = match (verdict, same_as) {
            (ReviewVerdict::Separate, None) => Verdict::Separate,
            (ReviewVerdict::SameAs, Some(other)) => {
                let Some(transaction_id) = named(&other) else { return Ok(NOT_FOUND) };
                Verdict::SameAs { transaction_id }
            }
            _ => {
                let message = "SAME_AS needs sameAs, and SEPARATE has none.";
                return Err(refuse(context, "VERDICT_INVALID", message));
            }
        };
        record(context, Edit::Decide(id, verdict)).await
    }

    /// Undoes the decision at a position of the log, if it joined two readings and nothing was
    /// decided about them since.
    async fn undo_decision(
        &self,
        context: &Context<'_>,
        position: Position,
    ) -> Result<EditPayload> {
        record(context, Edit::Undo(position.0)).await
    }

    /// Makes a transaction another reading of the first, which stays.
    async fn merge_transactions(
        &self,
        context: &Context<'_>,
        transaction_id: ID,
        absorbed_id: ID,
    ) -> Result<EditPayload> {
        let both = named(&transaction_id).zip(named(&absorbed_id));
        let Some((id, absorbed)) = both else { return Ok(NOT_FOUND) };
        record(context, Edit::Merge(id, absorbed)).await
    }

    /// Chooses a category; none takes the choice back.
    async fn categorise_transaction(
        &self,
        context: &Context<'_>,
        transaction_id: ID,
        category_id: Option<String>,
    ) -> Result<EditPayload> {
        let Some(id) = named(&transaction_id) else { return Ok(NOT_FOUND) };
        record(context, Edit::Categorise(id, category_id)).await
    }

    /// Writes a note; none takes it back.
    async fn note_transaction(
        &self,
        context: &Context<'_>,
        transaction_id: ID,
        note: Option<String>,
    ) -> Result<EditPayload> {
        let Some(id) = named(&transaction_id) else { return Ok(NOT_FOUND) };
        record(context, Edit::Note(id, note)).await
    }

    /// Splits a transaction into parts that together are the whole; no parts take it back.
    async fn split_transaction(
        &self,
        context: &Context<'_>,
        transaction_id: ID,
        parts: Vec<PartInput>,
    ) -> Result<EditPayload> {
        let Some(id) = named(&transaction_id) else { return Ok(NOT_FOUND) };
        if parts.len() > MOST_PARTS {
            return Ok(EditPayload { status: EditStatus::PartCount, ..NOT_FOUND });
        }
        let Some(currency) = currency_of(context, id).await? else { return Ok(NOT_FOUND) };
        let mut read = Vec::with_capacity(parts.len());
        for part in parts {
            let Ok(minor) = part.minor.parse() else {
                let message = "An amount is whole minor units as text.";
                return Err(refuse(context, "AMOUNT_INVALID", message));
            };
            let amount = domain::money::Money::new(minor, currency);
            read.push(SplitPart { amount, category: part.category_id, note: part.note });
        }
        record(context, Edit::Split(id, read)).await
    }
}

async fn currency_of(context: &Context<'_>, id: TransactionId) -> Result<Option<Currency>> {
    let row = app(context)?.read.transactions().one(person(context)?, id).await;
    Ok(row.map_err(|error| internal(context, error))?.map(|row| row.amount.currency))
}
