//! Spending by category and month.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use super::scalars::{Money, Position};
use super::transactions::{Category, is_month};
use super::visit::{internal, person, refuse};

/// What one category came to in one month, in one currency.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CategorySpending {
    /// `YYYY-MM`.
    month: String,
    /// The category.
    category: Category,
    /// Money out, less what was given back.
    amount: Money,
    /// Rows.
    count: i32,
    #[graphql(skip)]
    at: At,
}

names_its_place!(CategorySpending);

/// Reading spending.
#[derive(Default)]
pub struct SpendingQueries;

#[Object]
impl SpendingQueries {
    /// Money out by category and month, `from` and `to` as `YYYY-MM`, both inclusive.
    async fn spending(
        &self,
        context: &Context<'_>,
        from: String,
        to: String,
        account_id: Option<ID>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<CategorySpending>> {
        let user_id = person(context)?;
        if !is_month(&from) || !is_month(&to) {
            return Err(refuse(context, "MONTH_INVALID", "A month is written YYYY-MM."));
        }
        let account_id = account_id.map(|id| id.parse()).transpose();
        let account_id = account_id
            .map_err(|_| refuse(context, "FILTER_INVALID", "This is no account's identifier."))?;
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().spending().months(user_id, &from, &to, account_id).await;
        Ok(rows
            .map_err(|error| internal(context, error))?
            .into_iter()
            .map(|row| CategorySpending {
                month: row.month,
                category: Category::of(&row.category),
                amount: row.amount.into(),
                count: i32::try_from(row.count).unwrap_or(i32::MAX),
                at: At::clone(&at),
            })
            .collect())
    }
}
