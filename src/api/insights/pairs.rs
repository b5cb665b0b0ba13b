//! Transactions that belong together: transfers between own accounts, and refunds.

use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use insights::matching::{Pair, Reason};

use super::{answered, picture};
use crate::api::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use crate::api::scalars::Position;
use crate::api::transactions::Transaction;
use crate::api::visit::{internal, person};
use crate::picture::Picture;

/// Most pairs that are shown.
const MOST_SHOWN: usize = 10;

/// Why two transactions are thought to belong together.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum PairReason {
    /// The amounts are the same.
    SameAmount,
    /// One names the other's account.
    NamesAccount,
    /// The words are those of a transfer.
    TransferWords,
    /// The category is that of a transfer.
    TransferCategory,
    /// They lie within days of each other.
    DaysBetween,
    /// The payee is the same.
    SamePayee,
    /// Nothing else comes into question.
    OnlyCandidate,
    /// A part of what was paid.
    Part,
    /// The person said so.
    Confirmed,
}

/// Two transactions that are thought to belong together.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct TransactionPair {
    #[graphql(skip)]
    at: At,
    /// Money out.
    out: Option<Transaction>,
    /// Money in.
    back: Option<Transaction>,
    /// Whether it can be relied on without asking.
    certain: bool,
    /// Why.
    reasons: Vec<PairReason>,
}

names_its_place!(TransactionPair);

/// The newest pairs of a kind, as they were known at a time.
async fn newest(
    context: &Context<'_>,
    as_of: Option<AsOf>,
    at_least: Option<Position>,
    first: u32,
    of_kind: impl FnOnce(&Picture) -> Vec<Pair> + Send + 'static,
) -> Result<Vec<TransactionPair>> {
    let user_id = person(context)?;
    let at = &moment(context, as_of, at_least).await?;
    let picture = picture(context, at).await?;
    let found = answered(context, &picture, of_kind).await?;
    let wanted: Vec<Pair> = found.into_iter().rev().take(MOST_SHOWN.min(first as usize)).collect();
    let ids: Vec<_> = wanted.iter().flat_map(|pair| [pair.out, pair.back]).collect();
    let rows = at.view().transactions().several(user_id, &ids).await;
    let rows = rows.map_err(|error| internal(context, error))?;
    let mut shown = Vec::with_capacity(wanted.len());
    for pair in wanted {
        let one = |id| {
            let row = rows.iter().find(|row| row.transaction_id == id).cloned();
            row.map(|row| Transaction::of(row, at))
        };
        let (out, back) = (one(pair.out), one(pair.back));
        let reasons = pair.reasons.into_iter().map(pair_reason).collect();
        shown.push(TransactionPair { at: at.clone(), out, back, certain: pair.certain, reasons });
    }
    Ok(shown)
}

fn pair_reason(reason: Reason) -> PairReason {
    match reason {
        Reason::SameAmount => PairReason::SameAmount,
        Reason::NamesAccount => PairReason::NamesAccount,
        Reason::TransferWords => PairReason::TransferWords,
        Reason::TransferCategory => PairReason::TransferCategory,
        Reason::DaysBetween(_) => PairReason::DaysBetween,
        Reason::SamePayee => PairReason::SamePayee,
        Reason::OnlyCandidate => PairReason::OnlyCandidate,
        Reason::Part => PairReason::Part,
        Reason::Confirmed => PairReason::Confirmed,
    }
}

/// Reading what belongs together.
#[derive(Default)]
pub struct PairQueries;

#[Object]
impl PairQueries {
    /// Transfers between own accounts, newest first; at most 10 are shown.
    async fn own_transfers(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: u32,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<TransactionPair>> {
        newest(context, as_of, at_least, first, |picture| picture.transfers().to_vec()).await
    }

    /// Refunds with what they give back, newest first; at most 10 are shown.
    async fn refunds(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: u32,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<TransactionPair>> {
        newest(context, as_of, at_least, first, |picture| picture.refunds().to_vec()).await
    }
}
