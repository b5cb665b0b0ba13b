//! Accounts and cards with their balances.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::observed;
use projections::accounts::AccountRow;

use super::as_of::{AsOf, At, KnownAt, moment};
use super::banks::Bank;
use super::reading::{self, Reading};
use super::scalars::{Instant, Money, Position};
use super::visit::{internal, person};

/// What kind of account it is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::observed::AccountKind")]
pub enum AccountKind {
    /// An everyday payment account.
    Current,
    /// A savings account.
    Savings,
    /// A payment card with transactions of its own.
    Card,
    /// Anything else.
    Other,
}

/// Which balance it is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::observed::BalanceKind")]
pub enum BalanceKind {
    /// The sum of what is booked; for a card what is owed, as a negative amount.
    Booked,
    /// What can be used now, by the bank's own reckoning.
    Available,
    /// A counter balance.
    Counter,
    /// What is reserved and not yet booked.
    Reserved,
    /// Authorised card purchases that are not on a statement yet.
    Outstanding,
    /// What was booked at the end of the last day.
    Closing,
    /// What was booked at the beginning of the day.
    Opening,
    /// What is booked with what is announced.
    Expected,
    /// What can be used at a later day.
    Forward,
}

/// One balance as the bank stated it.
#[derive(SimpleObject)]
pub struct Balance {
    /// Which.
    kind: BalanceKind,
    /// How much.
    amount: Money,
    /// When the bank said so.
    observed_at: Instant,
}

/// An account or card, the same one over every consent that ever showed it.
pub struct Account(pub AccountRow, pub At);

impl Account {
    fn amount(&self, kind: observed::BalanceKind) -> Option<Money> {
        self.0.balance(kind).map(|balance| balance.amount.into())
    }
}

/// An account or card, the same one over every consent that ever showed it.
#[Object]
impl Account {
    /// Our identifier.
    async fn id(&self) -> ID {
        ID(self.0.account_id.to_string())
    }

    /// The bank that keeps it.
    async fn bank(&self, context: &Context<'_>) -> Result<Bank> {
        // A file opened it, and a bank shows it since.
        if self.0.bank_id.0 == crate::importing::FILE
            && let Some(consent_id) = self.0.consent_id
        {
            let row = self.1.view().consents().one(self.0.user_id, consent_id).await;
            if let Some(row) = row.map_err(|error| internal(context, error))? {
                return Ok(Bank::of(&row.bank_id, &self.1));
            }
        }
        Ok(Bank::of(&self.0.bank_id, &self.1))
    }

    /// The connection that shows it, or showed it last.
    async fn connection_id(&self, context: &Context<'_>) -> Result<ID> {
        let Some(consent_id) = self.0.consent_id else { return Ok(ID::default()) };
        let row = self.1.view().consents().one(self.0.user_id, consent_id).await;
        let row = row.map_err(|error| internal(context, error))?;
        Ok(ID(row.map_or(consent_id, |row| row.connection_id).to_string()))
    }

    /// What kind it is.
    async fn kind(&self) -> AccountKind {
        self.0.kind.into()
    }

    /// The product name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// IBAN, or the masked number of a card.
    async fn identifier(&self) -> &str {
        &self.0.identifier
    }

    /// ISO 4217.
    async fn currency(&self) -> &str {
        self.0.currency.code()
    }

    /// The owner or owners, as the bank writes them.
    async fn owner(&self) -> Option<&str> {
        self.0.owner.as_deref()
    }

    /// Every kind of balance known of it.
    async fn balances(&self) -> Vec<Balance> {
        let of = |row: &projections::accounts::BalanceRow| Balance {
            kind: row.kind.into(),
            amount: row.amount.into(),
            observed_at: Instant(row.observed_at),
        };
        self.0.balances.iter().map(of).collect()
    }

    /// Booked balance, or what a card owes as a negative amount.
    async fn booked(&self) -> Option<Money> {
        self.amount(observed::BalanceKind::Booked)
    }

    /// What can be used now, by the bank's own reckoning.
    async fn available(&self) -> Option<Money> {
        self.amount(observed::BalanceKind::Available)
    }

    /// By how much what can be used exceeds what is booked less what is reserved: a credit line, or
    /// bookings the booked balance lacks. It is never money of one's own.
    async fn beyond_own(&self) -> Option<Money> {
        self.0.beyond_own().map(Into::into)
    }

    /// When the newest balance was stated.
    async fn balance_at(&self) -> Option<Instant> {
        self.0.balances.iter().map(|balance| balance.observed_at).max().map(Instant)
    }

    /// How many transactions are recorded.
    async fn transaction_count(&self) -> i32 {
        i32::try_from(self.0.transaction_count).unwrap_or(i32::MAX)
    }

    /// When it was last read to the end.
    async fn last_read_at(&self) -> Option<Instant> {
        self.0.last_read_at.map(Instant)
    }

    /// When it is read next, and what went wrong last. It is about now: with `asOf` there is none.
    #[graphql(complexity = "10 + child_complexity")]
    async fn reading(&self, context: &Context<'_>) -> Result<Option<Reading>> {
        reading::of_account(context, self.0.account_id, self.0.consent_id, &self.1).await
    }

    /// False once the consent behind it has ended; the rows stay. An account that files alone feed
    /// has no consent that could end.
    async fn live(&self) -> bool {
        self.0.live
    }

    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
    }
}

/// Reading accounts.
#[derive(Default)]
pub struct AccountQueries;

#[Object]
impl AccountQueries {
    /// All accounts and cards of the person.
    async fn accounts(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Account>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().accounts().list(user_id).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        Ok(rows.into_iter().map(|row| Account(row, At::clone(&at))).collect())
    }

    /// One account or card.
    async fn account(
        &self,
        context: &Context<'_>,
        id: ID,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Option<Account>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let Ok(account_id) = id.parse() else { return Ok(None) };
        let row = at.view().accounts().one(user_id, account_id).await;
        Ok(row.map_err(|error| internal(context, error))?.map(|row| Account(row, at)))
    }
}
