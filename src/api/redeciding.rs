//! What newer rules would change in a person's past, and accepting it.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use domain::observed::ObservedTransaction;
use domain::reconcile::RULES_VERSION;
use domain::redecide::{Change, Item, Restated, Stand};

use super::as_of::present;
use super::reviews::Reason;
use super::scalars::{Date, Money, Position};
use super::transactions::{RowState, Standing, Transaction};
use super::visit::{app, caught_up, internal, person, refuse, visit};
use crate::ledger::{Actor, Cause};
use crate::redeciding::{self, Look, RedecideError};

/// Most changes one answer shows.
const MOST_SHOWN: usize = 50;
/// Most transactions of one change that an answer shows.
const MOST_ROWS: usize = 10;

/// How a look over the past stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum LookState {
    /// Today's rules decided everything, or were run over it.
    NothingOlder,
    /// It is under way: ask again.
    UnderWay,
    /// It is done.
    Done,
    /// It came to nothing: ask again later.
    Failed,
}

/// What a change comes to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Change")]
pub enum PastChangeKind {
    /// What was counted as several is one.
    Joined,
    /// What was taken for one is several.
    Parted,
    /// What was counted is gone at the bank.
    Gone,
    /// A transaction that was not counted.
    New,
    /// It would wait for the person's verdict.
    Doubtful,
    /// The bank's last word on it is another one.
    Amended,
}

/// How a transaction stands on one side.
#[derive(SimpleObject)]
pub struct PastStand {
    /// Whether it counts.
    standing: Standing,
    /// Whether the bank booked it.
    state: RowState,
    /// The day it bears.
    booking_date: Date,
    /// How much.
    amount: Money,
    /// Who is on the other side.
    counterparty: Option<String>,
    /// The message or description.
    text: String,
}

impl From<&Stand> for PastStand {
    fn from(stand: &Stand) -> Self {
        let ObservedTransaction { state, booking_date, amount, counterparty, text, .. } =
            &*stand.observed;
        Self {
            standing: stand.standing.into(),
            state: (*state).into(),
            booking_date: Date(*booking_date),
            amount: (*amount).into(),
            counterparty: counterparty.clone(),
            text: text.clone(),
        }
    }
}

/// A transaction that would change.
#[derive(SimpleObject)]
pub struct PastRow {
    /// It as it is; none if it is not counted as one yet.
    transaction: Option<Transaction>,
    /// Whether the person edited it; the edit stays.
    edited: bool,
    /// How it stands.
    before: PastStand,
    /// How it would stand.
    now: PastStand,
}

/// Something that would change.
#[derive(SimpleObject)]
pub struct PastChange {
    /// What.
    kind: PastChangeKind,
    /// How sure the rules are, in parts of a thousand.
    score: i32,
    /// On what grounds.
    reasons: Vec<Reason>,
    /// The transactions; the first ten.
    rows: Vec<PastRow>,
}

/// What newer rules make of the past.
#[derive(SimpleObject)]
pub struct NewerRules {
    /// How the look stands.
    state: LookState,
    /// The version of the rules.
    rules_version: i32,
    /// Accounts that are looked at.
    accounts: i32,
    /// Of these: done.
    accounts_done: i32,
    /// How much would change.
    total_count: i32,
    /// What would change: the first fifty.
    changes: Vec<PastChange>,
    /// How many transactions stay as they are for the person's own word.
    kept_count: i32,
    /// Windows whose answers cannot be read again; what was decided of them stands.
    unread_windows: i32,
    /// How long the log was when it was looked at.
    position: Option<Position>,
    /// Names what was shown; `acceptNewerRules` takes it.
    digest: Option<String>,
}

fn small(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl NewerRules {
    fn none(state: LookState) -> Self {
        Self {
            state,
            rules_version: i32::try_from(RULES_VERSION).unwrap_or(i32::MAX),
            accounts: 0,
            accounts_done: 0,
            total_count: 0,
            changes: Vec::new(),
            kept_count: 0,
            unread_windows: 0,
            position: None,
            digest: None,
        }
    }
}

async fn change(context: &Context<'_>, item: &Item) -> Result<PastChange> {
    let at = present(context)?;
    let mut rows = Vec::new();
    for Restated { transaction_id, before, now, .. } in item.redecided.rows.iter().take(MOST_ROWS) {
        rows.push(PastRow {
            transaction: Transaction::named(context, *transaction_id, &at).await?,
            edited: item.edited.contains(transaction_id),
            before: before.into(),
            now: now.into(),
        });
    }
    let decision = item.redecided.decision.clone();
    Ok(PastChange {
        kind: item.redecided.change.into(),
        score: i32::try_from(decision.score).unwrap_or(i32::MAX),
        reasons: decision.reasons.into_iter().map(Into::into).collect(),
        rows,
    })
}

/// Reading what newer rules would change.
#[derive(Default)]
pub struct RedecidingQueries;

#[Object]
impl RedecidingQueries {
    /// What today's rules would change in what older ones decided of the person's accounts. The first
    /// question begins the look; nothing is stored.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn newer_rules(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
    ) -> Result<NewerRules> {
        let (app, user_id) = (app(context)?, person(context)?);
        caught_up(context, at_least).await?;
        let rows = |error| internal(context, error);
        let older = app.read.habits().decided_before(RULES_VERSION, Some(user_id)).await;
        if older.map_err(rows)?.is_empty() {
            return Ok(NewerRules::none(LookState::NothingOlder));
        }
        let moved = app.read.transactions().moved(user_id).await.map_err(rows)?;
        let preview = match redeciding::look(app, user_id, moved) {
            Look::Done(preview) => preview,
            Look::Failed => return Ok(NewerRules::none(LookState::Failed)),
            Look::UnderWay(progress) => {
                return Ok(NewerRules {
                    accounts: small(progress.accounts),
                    accounts_done: small(progress.accounts_done),
                    ..NewerRules::none(LookState::UnderWay)
                });
            }
        };
        let differences = || preview.accounts.iter().map(|account| &account.difference);
        let mut changes = Vec::new();
        for item in differences().flat_map(|difference| &difference.items).take(MOST_SHOWN) {
            changes.push(change(context, item).await?);
        }
        Ok(NewerRules {
            accounts: small(preview.accounts.len()),
            accounts_done: small(preview.accounts.len()),
            total_count: small(preview.changes()),
            changes,
            kept_count: small(differences().map(|difference| difference.kept.len()).sum()),
            unread_windows: small(differences().map(|one| one.unread as usize).sum()),
            position: Some(Position(preview.position)),
            digest: Some(preview.digest.clone()),
            ..NewerRules::none(LookState::Done)
        })
    }
}

/// What accepting came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum AcceptStatus {
    /// Everything that was shown is so now.
    Accepted,
    /// Something happened to an account since, or it was not looked at: look again. Nothing was changed.
    MovedOn,
}

/// The answer to accepting.
#[derive(SimpleObject)]
pub struct AcceptPayload {
    status: AcceptStatus,
    /// How much was changed.
    changes: i32,
    /// Where in the log the last of it stands.
    position: Option<Position>,
}

/// Accepting what newer rules would change.
#[derive(Default)]
pub struct RedecidingMutations;

#[Object]
impl RedecidingMutations {
    /// Makes what `newerRules` showed under this digest so. Every change can be undone by
    /// `undoDecision`.
    async fn accept_newer_rules(
        &self,
        context: &Context<'_>,
        digest: String,
    ) -> Result<AcceptPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let moved_on = AcceptPayload { status: AcceptStatus::MovedOn, changes: 0, position: None };
        let moved = app.read.transactions().moved(user_id).await;
        let moved = moved.map_err(|error| internal(context, error))?;
        let Look::Done(preview) = redeciding::look(app, user_id, moved) else {
            return Ok(moved_on);
        };
        if preview.digest != digest {
            return Ok(moved_on);
        }
        let cause = Cause::new(Actor::Person, visit(context)?.request_id);
        match redeciding::record_all(app, cause, &preview).await {
            Ok(accepted) => {
                let position = accepted.position.map(Position);
                caught_up(context, position).await?;
                let changes = small(accepted.changes);
                Ok(AcceptPayload { status: AcceptStatus::Accepted, changes, position })
            }
            Err(RedecideError::MovedOn { .. }) => Ok(moved_on),
            Err(RedecideError::Sync(error)) => {
                tracing::warn!(cause = %error, "the read models lag");
                Err(refuse(context, "LAGGING", "The read models have not caught up; try again."))
            }
            Err(error) => Err(internal(context, error)),
        }
    }
}
