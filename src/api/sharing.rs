//! Accounts that people of one household let each other see. Whoever sees one reads, and changes nothing.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::id::{AccountId, UserId};
use domain::observed::BalanceKind;
use domain::user::{AccountShared, AccountUnshared, User, UserCommand};
use projections::roles::ShareRow;
use projections::transactions::TransactionFilter;

use super::people::stream;
use super::scalars::{Date, Instant, Money, Position};
use super::transactions::is_month;
use super::visit::{app, caught_up, internal, person, refuse, visit};
use crate::ledger::{Actor, Cause, CommandError, Owner};

/// Most rows of a month that are shown.
const MOST_ROWS: u32 = 200;

/// An account that who asks lets somebody see.
#[derive(SimpleObject)]
pub struct Sharing {
    /// Which account.
    account_id: ID,
    /// With whom.
    with: ID,
    /// Until when; none for until it is taken back.
    until: Option<Instant>,
}

/// What sharing or taking back came to.
#[derive(SimpleObject)]
pub struct SharingPayload {
    /// Where it stands in the log.
    position: Position,
}

/// An account that somebody lets who asks see.
pub struct SharedAccount(ShareRow);

/// A transaction of a shared account.
#[derive(SimpleObject)]
pub struct SharedTransaction {
    /// The day it was booked.
    day: Date,
    /// How much; money out is negative.
    amount: Money,
    /// Who is on the other side.
    counterparty: Option<String>,
    /// The message or description.
    text: String,
    /// The category.
    category: String,
}

/// What an account is, as far as it is shared.
#[derive(SimpleObject)]
pub struct SharedFacts {
    /// The product name.
    name: String,
    /// IBAN, or the masked number of a card.
    identifier: String,
    /// ISO 4217.
    currency: String,
    /// Booked balance.
    booked: Option<Money>,
}

#[Object]
impl SharedAccount {
    /// Our identifier of it.
    async fn id(&self) -> ID {
        ID(self.0.account_id.to_string())
    }
    /// Whose it is.
    async fn owner(&self) -> ID {
        ID(self.0.owner.to_string())
    }
    /// Until when it is shared.
    async fn until(&self) -> Option<Instant> {
        self.0.ends_at.map(Instant)
    }
    /// What it is; none once it is gone.
    async fn account(&self, context: &Context<'_>) -> Result<Option<SharedFacts>> {
        let accounts = app(context)?.read.accounts();
        let row = accounts.one(self.0.owner, self.0.account_id).await;
        Ok(row.map_err(|error| internal(context, error))?.map(|row| SharedFacts {
            booked: row.balance(BalanceKind::Booked).map(|balance| balance.amount.into()),
            name: row.name,
            identifier: row.identifier,
            currency: row.currency.code().to_owned(),
        }))
    }
    /// Its transactions of a month (`YYYY-MM`), newest first.
    async fn transactions(
        &self,
        context: &Context<'_>,
        month: String,
    ) -> Result<Vec<SharedTransaction>> {
        if !is_month(&month) {
            return Err(refuse(context, "MONTH_INVALID", "A month is written YYYY-MM."));
        }
        let filter =
            TransactionFilter { account_id: Some(self.0.account_id), ..Default::default() };
        let transactions = app(context)?.read.transactions();
        let rows = transactions.in_month(self.0.owner, &month, 0, MOST_ROWS, &filter).await;
        Ok(rows
            .map_err(|error| internal(context, error))?
            .into_iter()
            .map(|row| SharedTransaction {
                day: Date(row.booking_date),
                amount: row.amount.into(),
                counterparty: row.counterparty,
                text: row.text,
                category: row.category,
            })
            .collect())
    }
}

fn stands(share: &ShareRow, now: DateTime<Utc>) -> bool {
    share.ends_at.is_none_or(|end| end > now)
}

/// Reading what is shared.
#[derive(Default)]
pub struct SharingQueries;

#[Object]
impl SharingQueries {
    /// Accounts that others let who asks see.
    async fn shared_with_me(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
    ) -> Result<Vec<SharedAccount>> {
        let (app, user_id) = (app(context)?, person(context)?);
        caught_up(context, at_least).await?;
        let rows = app.read.roles().shared_with(user_id).await;
        let (rows, now) = (rows.map_err(|error| internal(context, error))?, app.clock.now());
        Ok(rows.into_iter().filter(|row| stands(row, now)).map(SharedAccount).collect())
    }

    /// Accounts that who asks lets others see.
    async fn my_sharings(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
    ) -> Result<Vec<Sharing>> {
        let (app, user_id) = (app(context)?, person(context)?);
        caught_up(context, at_least).await?;
        let rows = app.read.roles().shared_by(user_id).await;
        let (rows, now) = (rows.map_err(|error| internal(context, error))?, app.clock.now());
        let told = |row: ShareRow| Sharing {
            account_id: ID(row.account_id.to_string()),
            with: ID(row.with.to_string()),
            until: row.ends_at.map(Instant),
        };
        Ok(rows.into_iter().filter(|row| stands(row, now)).map(told).collect())
    }
}

async fn tell(
    context: &Context<'_>,
    user_id: UserId,
    command: UserCommand,
) -> Result<SharingPayload> {
    let cause = Cause::new(Actor::Person, visit(context)?.request_id);
    let owner = Owner::Person(user_id);
    let done = app(context)?.ledger.execute::<User>(stream(user_id), owner, cause, command).await;
    match done {
        Ok(done) => Ok(SharingPayload { position: Position(done.position) }),
        Err(CommandError::Refused(refusal)) => {
            Err(refuse(context, "SHARING_INVALID", &refusal.to_string()))
        }
        Err(error) => Err(internal(context, error)),
    }
}

/// Sharing accounts and taking that back.
#[derive(Default)]
pub struct SharingMutations;

#[Object]
impl SharingMutations {
    /// Lets somebody see one of the own accounts. Whether there is such a person is not said.
    async fn share_account(
        &self,
        context: &Context<'_>,
        account_id: ID,
        with: ID,
        until: Option<Instant>,
    ) -> Result<SharingPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let unknown = || refuse(context, "SHARING_INVALID", "There is no such account of yours.");
        let account_id: AccountId = account_id.parse().map_err(|_| unknown())?;
        let named = "A person is named by the identifier their settings show.";
        let with: UserId = with.parse().map_err(|_| refuse(context, "SHARING_INVALID", named))?;
        let own = app.read.accounts().one(user_id, account_id).await;
        own.map_err(|error| internal(context, error))?.ok_or_else(unknown)?;
        let until = until.map(|Instant(at)| at);
        let shared = AccountShared { account_id, with, until };
        tell(context, user_id, UserCommand::ShareAccount(shared)).await
    }

    /// Takes that back; the other sees it no longer.
    async fn unshare_account(
        &self,
        context: &Context<'_>,
        account_id: ID,
        with: ID,
    ) -> Result<SharingPayload> {
        let user_id = person(context)?;
        let unknown = || refuse(context, "SHARING_INVALID", "This is not shared.");
        let account_id: AccountId = account_id.parse().map_err(|_| unknown())?;
        let with: UserId = with.parse().map_err(|_| unknown())?;
        let unshared = AccountUnshared { account_id, with };
        tell(context, user_id, UserCommand::UnshareAccount(unshared)).await
    }
}
