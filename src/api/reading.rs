//! When an account or a connection is read next, and what stood in the way last.

use async_graphql::{Context, Enum, Result, SimpleObject};
use domain::id::{AccountId, ConsentId};

use super::as_of::At;
use super::connections::SyncProblem;
use super::scalars::Instant;
use super::visit::{app, internal, person};
use crate::access::AccessError;
use crate::planner::{self, NextRead};
use crate::sync::SyncError;

/// What decides when the next reading is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::plan::Why")]
pub enum NextReadReason {
    /// It was never read.
    NeverRead,
    /// The rhythm of the day.
    Rhythm,
    /// What the bank allows in a day is spent until then.
    AllowanceSpent,
    /// The bank asked to wait until then.
    BankAsksToWait,
    /// The last reading failed.
    AfterFailure,
    /// Something is missing.
    Refill,
}

/// How the reading of an account or a connection stands.
#[derive(SimpleObject)]
pub struct Reading {
    /// When it is read next without the person; none if the bank allows no such reading, or sharing
    /// has ended.
    next_at: Option<Instant>,
    /// What decides that.
    next_why: Option<NextReadReason>,
    /// From when on the person may have it read; now at the earliest.
    by_hand_from: Instant,
    /// Whether it is being read now.
    running: bool,
    /// What went wrong last, if nothing has gone well since.
    problem: Option<SyncProblem>,
}

/// The word of the page for the code of a call that failed.
fn problem_of(code: &str) -> SyncProblem {
    match code {
        "bank_rate_limited" | "bank_crowded" => SyncProblem::BankBusy,
        "bank_unreachable" | "bank_answer_lost" | "bank_timed_out" | "bank_tls_refused"
        | "bank_circuit_open" => SyncProblem::BankUnreachable,
        "bank_token_expired" | "bank_consent_ended" => SyncProblem::ConsentEnded,
        "bank_answer_unreadable" | "bank_answer_too_large" => SyncProblem::AnswerUnreadable,
        _ => SyncProblem::BankError,
    }
}

fn told(next: Option<NextRead>, of_the_run: Option<SyncProblem>) -> Option<Reading> {
    next.map(|next| Reading {
        next_at: next.at.map(Instant),
        next_why: next.why.map(Into::into),
        by_hand_from: Instant(next.by_hand_from),
        running: next.running,
        problem: of_the_run.or(next.failed.as_deref().map(problem_of)),
    })
}

/// A bank this platform is no longer registered with is read by nobody.
fn known(
    context: &Context<'_>,
    next: std::result::Result<Option<NextRead>, SyncError>,
) -> Result<Option<NextRead>> {
    match next {
        Err(SyncError::Access(AccessError::NotRegistered(_))) => Ok(None),
        next => next.map_err(|error| internal(context, error)),
    }
}

/// What the newest run on a consent failed with, if it failed.
async fn of_the_newest_run(
    context: &Context<'_>,
    consent_id: ConsentId,
    at: &At,
) -> Result<Option<SyncProblem>> {
    let row = at.view().fetches().newest(person(context)?, consent_id).await;
    let row = row.map_err(|error| internal(context, error))?;
    Ok(super::connections::problem_of(row.as_ref()))
}

/// How the reading of one account stands; only now can be told.
pub(super) async fn of_account(
    context: &Context<'_>,
    account_id: AccountId,
    consent_id: Option<ConsentId>,
    at: &At,
) -> Result<Option<Reading>> {
    if at.past_position().is_some() {
        return Ok(None);
    }
    let next = planner::next_read(app(context)?, person(context)?, account_id).await;
    let problem = match consent_id {
        Some(consent_id) => of_the_newest_run(context, consent_id, at).await?,
        None => None,
    };
    Ok(told(known(context, next)?, problem))
}

/// How the reading of one connection stands; only now can be told.
pub(super) async fn of_connection(
    context: &Context<'_>,
    consent_id: ConsentId,
    at: &At,
) -> Result<Option<Reading>> {
    if at.past_position().is_some() {
        return Ok(None);
    }
    let next = planner::next_read_of_connection(app(context)?, person(context)?, consent_id);
    let problem = of_the_newest_run(context, consent_id, at).await?;
    Ok(told(known(context, next.await)?, problem))
}
