//! Accounts that people of one household let each other see. Whoever sees one reads, and changes nothing.

use std::collections::BTreeMap;

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::id::{AccountId, UserId};
use domain::observed::BalanceKind;
use domain::user::{AccountShared, AccountUnshared, User, UserCommand};
use projections::roles::ShareRow;
use projections::transactions::TransactionFilter;

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place, of_another};
use super::people::stream;
use super::scalars::{Date, Instant, Money, Position};
use super::transactions::is_month;
use super::visit::{app, internal, person, refuse, visit};
use crate::ledger::{Actor, Cause, CommandError, Owner};

/// Most rows of a month that are shown.
const MOST_ROWS: u32 = 200;
/// Most people whose past one answer reads.
const MOST_OWNERS: usize = 8;

/// An account that who asks lets somebody see.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Sharing {
    /// Which account.
    account_id: ID,
    /// With whom.
    with: ID,
    /// Until when; none for until it is taken back.
    until: Option<Instant>,
    #[graphql(skip)]
    at: At,
}

names_its_place!(Sharing);

/// What sharing or taking back came to.
#[derive(SimpleObject)]
pub struct SharingPayload {
    /// Where it stands in the log.
    position: Position,
}

/// An account that somebody lets who asks see, with the owner's rows.
pub struct SharedAccount(ShareRow, At);

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
        let accounts = self.1.view().accounts();
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
        let transactions = self.1.view().transactions();
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
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
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
    /// Accounts that others let who asks see. With `asOf` those that were shared then and are still, as
    /// they were: what was taken back is not shown again by asking about the past.
    async fn shared_with_me(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<SharedAccount>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let now = app(context)?;
        let rows = now.read.roles().shared_with(user_id).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        let shared: Vec<_> = rows.into_iter().filter(|row| stands(row, now.clock.now())).collect();
        if at.past_position().is_none() {
            return Ok(shared.into_iter().map(|row| SharedAccount(row, At::clone(&at))).collect());
        }
        // The owner's own events say what was shared; they are in no other past than theirs.
        let mut pasts: BTreeMap<UserId, (At, Vec<ShareRow>)> = BTreeMap::new();
        let mut then = Vec::new();
        for row in shared {
            if !pasts.contains_key(&row.owner) {
                if pasts.len() >= MOST_OWNERS {
                    let message = "Too many people share with you to show it as it was.";
                    return Err(refuse(context, "AS_OF_TOO_LARGE", message));
                }
                let theirs = of_another(context, &at, row.owner).await?;
                let told = theirs.view().roles().shared_by(row.owner).await;
                let told = told.map_err(|error| internal(context, error))?;
                pasts.insert(row.owner, (theirs, told));
            }
            let Some((theirs, told)) = pasts.get(&row.owner) else { continue };
            let same = |past: &&ShareRow| past.account_id == row.account_id && past.with == user_id;
            if let Some(past) = told.iter().find(same).filter(|past| stands(past, at.now())) {
                then.push(SharedAccount(past.clone(), At::clone(theirs)));
            }
        }
        Ok(then)
    }

    /// Accounts that who asks lets others see.
    async fn my_sharings(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Sharing>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().roles().shared_by(user_id).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        let told = |row: ShareRow| Sharing {
            account_id: ID(row.account_id.to_string()),
            with: ID(row.with.to_string()),
            until: row.ends_at.map(Instant),
            at: At::clone(&at),
        };
        Ok(rows.into_iter().filter(|row| stands(row, at.now())).map(told).collect())
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
