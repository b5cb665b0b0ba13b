//! A month of an account as a statement: where it began, where it ended, and which state of the log
//! that stands for.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use chrono::{Days, Months, NaiveDate};
use domain::money::Money as Amount;
use domain::observed::BalanceKind;

use super::accounts::Account;
use super::as_of::{AsOf, At, KnownAt, moment};
use super::scalars::{Date, Money, Position};
use super::transactions::is_month;
use super::visit::{app, internal, person, refuse};

/// A month of an account.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Statement {
    /// Whose.
    account: Account,
    /// Its first day.
    from: Date,
    /// Its last day.
    to: Date,
    /// Booked before the first day, from the bank's booked balance and the rows since; none where
    /// the bank gave no such balance.
    opening: Option<Money>,
    /// Booked at the end of the last day, or of today.
    closing: Option<Money>,
    #[graphql(skip)]
    at: At,
}

#[ComplexObject]
impl Statement {
    /// The place of the log it stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
}

/// The newest signed state of the log (C2SP checkpoint).
#[derive(SimpleObject)]
pub struct SignedState {
    /// Whose log.
    origin: String,
    /// How many events it covers.
    size: Position,
    /// The root hash of its tree, base64.
    root: String,
    /// The whole signed note.
    note: String,
}

/// Reading statements.
#[derive(Default)]
pub struct StatementQueries;

fn days_of(month: &str) -> Option<(NaiveDate, NaiveDate)> {
    let first: NaiveDate = format!("{month}-01").parse().ok()?;
    let last = first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))?;
    Some((first, last))
}

#[Object]
impl StatementQueries {
    /// A month (`YYYY-MM`) of an account; its rows are those of `transactionsInMonth`.
    async fn statement(
        &self,
        context: &Context<'_>,
        account_id: ID,
        month: String,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Option<Statement>> {
        let user_id = person(context)?;
        let days = is_month(&month).then(|| days_of(&month)).flatten();
        let Some((from, to)) = days else {
            return Err(refuse(context, "MONTH_INVALID", "A month is written YYYY-MM."));
        };
        let at = moment(context, as_of, at_least).await?;
        let Ok(account_id) = account_id.parse() else { return Ok(None) };
        let row = at.view().accounts().one(user_id, account_id).await;
        let Some(row) = row.map_err(|error| internal(context, error))? else { return Ok(None) };
        let (mut opening, mut closing) = (None, None);
        if let Some(now) = row.balance(BalanceKind::Booked) {
            let days = [from.pred_opt().unwrap_or(from), to];
            let sums = at.view().transactions().booked_after(user_id, account_id, days).await;
            let [before, after] = sums.map_err(|error| internal(context, error))?;
            let then = |since: i64| {
                let minor = now.amount.minor.checked_sub(since)?;
                Some(Money::from(Amount::new(minor, now.amount.currency)))
            };
            (opening, closing) = (then(before), then(after));
        }
        let account = Account(row, At::clone(&at));
        Ok(Some(Statement { account, from: Date(from), to: Date(to), opening, closing, at }))
    }

    /// The newest signed state of the log; none before the first is signed.
    async fn signed_state(&self, context: &Context<'_>) -> Result<Option<SignedState>> {
        person(context)?;
        let note = app(context)?.notary.latest().await;
        let Ok(note) = note else { return Ok(None) };
        let mut lines = note.lines();
        let parts = lines.next().zip(lines.next()).zip(lines.next());
        Ok(parts.and_then(|((origin, size), root)| {
            Some(SignedState {
                origin: origin.to_owned(),
                size: Position(size.parse().ok()?),
                root: root.to_owned(),
                note: note.clone(),
            })
        }))
    }
}
