//! Transactions by pages, by month and one by one.

use async_graphql::{Context, ID, Object, Result};

use projections::transactions as read;
use projections::transactions::TransactionRow;

use super::filter::{TransactionFilter, asked_filter};
use super::{
    MOST_ROWS, MOST_ROWS_OF_MONTH, MonthBucket, PageInfo, Transaction, TransactionEdge,
    TransactionPage, is_month, whole,
};
use crate::api::as_of::{AsOf, At, moment};
use crate::api::scalars::{Money, Position};
use crate::api::visit::{internal, person, refuse};

/// Reading transactions.
#[derive(Default)]
pub struct TransactionQueries;

#[Object]
impl TransactionQueries {
    /// Newest first. Keyset pages: pass `pageInfo.endCursor` as `after`, with the same `asOf`.
    #[graphql(complexity = "page_cost(first) * child_complexity / 10 + 1")]
    async fn transactions(
        &self,
        context: &Context<'_>,
        filter: Option<TransactionFilter>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<TransactionPage> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let filter = asked_filter(context, filter)?;
        let after = after.map(|cursor| place_of(context, &cursor, &at)).transpose()?;
        let first = u32::try_from(first.clamp(1, MOST_ROWS)).unwrap_or(1);
        let transactions = at.view().transactions();
        let page = transactions.page(user_id, &filter, first, after).await;
        let page = page.map_err(|error| internal(context, error))?;
        let edges: Vec<_> = page
            .rows
            .into_iter()
            .map(|row| TransactionEdge {
                cursor: cursor_of(&row, &at),
                node: Transaction::of(row, &at),
            })
            .collect();
        let end_cursor = edges.last().map(|edge| edge.cursor.clone());
        let page_info = PageInfo { has_next_page: page.has_next, end_cursor };
        Ok(TransactionPage { edges, page_info, total_count: whole(page.total_count), at })
    }

    /// One transaction.
    async fn transaction(
        &self,
        context: &Context<'_>,
        id: ID,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Option<Transaction>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let Ok(transaction_id) = id.parse() else { return Ok(None) };
        let row = at.view().transactions().one(user_id, transaction_id).await;
        Ok(row.map_err(|error| internal(context, error))?.map(|row| Transaction::of(row, &at)))
    }

    /// How many rows each month holds for the filter: the scroll bar of the transaction list.
    async fn transaction_buckets(
        &self,
        context: &Context<'_>,
        filter: Option<TransactionFilter>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<MonthBucket>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let filter = asked_filter(context, filter)?;
        let buckets = at.view().transactions().buckets(user_id, &filter).await;
        let money =
            |amounts: Vec<domain::money::Money>| amounts.into_iter().map(Money::from).collect();
        Ok(buckets
            .map_err(|error| internal(context, error))?
            .into_iter()
            .map(|bucket| MonthBucket {
                month: bucket.month,
                count: whole(bucket.count),
                inflow: money(bucket.inflow),
                outflow: money(bucket.outflow),
                at: At::clone(&at),
            })
            .collect())
    }

    /// Rows of one month, newest first; `limit` at most 500.
    #[graphql(complexity = "page_cost(limit) * child_complexity / 10 + 1")]
    #[allow(clippy::too_many_arguments)]
    async fn transactions_in_month(
        &self,
        context: &Context<'_>,
        month: String,
        #[graphql(default = 0)] offset: i32,
        #[graphql(default = 200)] limit: i32,
        filter: Option<TransactionFilter>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Transaction>> {
        let user_id = person(context)?;
        if !is_month(&month) {
            return Err(refuse(context, "MONTH_INVALID", "A month is written YYYY-MM."));
        }
        let at = moment(context, as_of, at_least).await?;
        let filter = asked_filter(context, filter)?;
        let offset = u32::try_from(offset.max(0)).unwrap_or(0);
        let limit = u32::try_from(limit.clamp(1, MOST_ROWS_OF_MONTH)).unwrap_or(1);
        let transactions = at.view().transactions();
        let rows = transactions.in_month(user_id, &month, offset, limit, &filter).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        Ok(rows.into_iter().map(|row| Transaction::of(row, &at)).collect())
    }
}

/// The place of a row. One in a list of the past names the position the list stands for.
fn cursor_of(row: &TransactionRow, at: &At) -> String {
    match at.past_position() {
        Some(position) => format!("{}@{position}", row.cursor()),
        None => row.cursor().to_string(),
    }
}

/// Reads a place again; one of another moment's list is refused.
fn place_of(context: &Context<'_>, cursor: &str, at: &At) -> Result<read::Cursor> {
    let (place, position) = match cursor.split_once('@') {
        Some((place, position)) => (place, position.parse().ok()),
        None => (cursor, None),
    };
    let other = position != at.past_position() || cursor.contains('@') != position.is_some();
    let place = place.parse().ok().filter(|_| !other);
    place.ok_or_else(|| refuse(context, "CURSOR_INVALID", "Begin again from the first page."))
}

/// What a page of this length weighs.
fn page_cost(rows: i32) -> usize {
    usize::try_from(rows.clamp(1, MOST_ROWS_OF_MONTH)).unwrap_or(1)
}
