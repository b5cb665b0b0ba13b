//! Transactions: pages, months and filters.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::categorisation::{self, kind_of};
use domain::id::{AccountId, TransactionId};
use projections::transactions::{self as read, TransactionRow};

use super::as_of::{AsOf, At, KnownAt, moment};
use super::reviews::{Review, TransactionDecision};
use super::scalars::{Date, Instant, Money, Position};
use super::visit::{internal, person, refuse};

/// Most rows of one page.
const MOST_ROWS: i32 = 200;
/// Most rows of one piece of a month.
const MOST_ROWS_OF_MONTH: i32 = 500;
/// Longest search text.
const LONGEST_SEARCH: usize = 100;
/// Most filters whose rows are left out.
const MOST_EXCEPTED: usize = 8;
/// Most categories asked for at once.
const MOST_CATEGORIES: usize = 50;

/// Which rows.
#[derive(Clone, Default, InputObject)]
pub struct TransactionFilter {
    /// Of this account.
    account_id: Option<ID>,
    /// In this category.
    category_id: Option<String>,
    /// Words looked for in counterparty and text.
    search: Option<String>,
    /// Booked on this day or later.
    from: Option<Date>,
    /// Booked on this day or earlier.
    to: Option<Date>,
    /// Smallest absolute amount in minor units.
    minimum_minor: Option<String>,
    /// Largest absolute amount in minor units.
    maximum_minor: Option<String>,
    /// Money in or out.
    direction: Option<Direction>,
    /// In one of these categories; at most 50.
    category_ids: Option<Vec<String>>,
    /// Marked with all of these.
    marks: Option<Vec<TransactionMark>>,
    /// Only those taken off the lists, or only the others; none for both.
    hidden: Option<bool>,
    /// Let through by none of these; at most 8, which except nothing themselves.
    except: Option<Vec<TransactionFilter>>,
}

/// Something a transaction can be marked as.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::transactions::Mark")]
pub enum TransactionMark {
    /// It is not in the bank's books yet.
    Pending,
    /// It waits for the person's verdict.
    Doubted,
    /// The bank took it back.
    Withdrawn,
    /// It has a note.
    Noted,
    /// It is split.
    Split,
    /// Its category was chosen by the person.
    Chosen,
}

/// Which way money goes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::transactions::Direction")]
pub enum Direction {
    /// To the account holder.
    In,
    /// From the account holder.
    Out,
}

fn filter(
    context: &Context<'_>,
    given: Option<TransactionFilter>,
) -> Result<read::TransactionFilter> {
    let mut given = given.unwrap_or_default();
    let excepted = given.except.take().unwrap_or_default();
    let wrong = |what: &str| refuse(context, "FILTER_INVALID", what);
    if excepted.len() > MOST_EXCEPTED || excepted.iter().any(|one| one.except.is_some()) {
        return Err(wrong("Except at most 8 filters, which except nothing themselves."));
    }
    let except: Result<Vec<_>> =
        excepted.into_iter().map(|one| plain_filter(context, one)).collect();
    Ok(read::TransactionFilter { except: except?, ..plain_filter(context, given)? })
}

fn plain_filter(
    context: &Context<'_>,
    given: TransactionFilter,
) -> Result<read::TransactionFilter> {
    let wrong = |what: &str| refuse(context, "FILTER_INVALID", what);
    let amount = |text: Option<String>| {
        text.map(|text| text.parse().map_err(|_| wrong("An amount is whole minor units as text.")))
            .transpose()
    };
    if given.search.as_ref().is_some_and(|text| text.chars().count() > LONGEST_SEARCH) {
        return Err(wrong("A search has at most 100 characters."));
    }
    let categories = given.category_ids.unwrap_or_default();
    if categories.len() > MOST_CATEGORIES {
        return Err(wrong("Ask for at most 50 categories."));
    }
    let account_id = given.account_id.map(|id| id.parse()).transpose();
    Ok(read::TransactionFilter {
        account_id: account_id.map_err(|_| wrong("This is no account's identifier."))?,
        category: given.category_id,
        search: given.search,
        from: given.from.map(|day| day.0),
        to: given.to.map(|day| day.0),
        minimum_minor: amount(given.minimum_minor)?,
        maximum_minor: amount(given.maximum_minor)?,
        direction: given.direction.map(Into::into),
        categories,
        marks: given.marks.unwrap_or_default().into_iter().map(Into::into).collect(),
        hidden: given.hidden,
        except: Vec::new(),
    })
}

/// What money of a category is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::categorisation::CategoryKind")]
pub enum CategoryKind {
    /// Money spent.
    Spending,
    /// Money earned.
    Income,
    /// Money moved between places of one's own.
    Transfer,
}

/// A category of the published taxonomy.
#[derive(SimpleObject)]
pub struct Category {
    /// Its stable identifier; the page words it.
    id: String,
    /// What money of it is.
    kind: CategoryKind,
}

impl Category {
    /// The category of a name.
    #[must_use]
    pub fn of(id: &str) -> Self {
        let kind: categorisation::CategoryKind = kind_of(id);
        Self { id: id.to_owned(), kind: kind.into() }
    }
}

/// How far a row has come at the bank.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::observed::RowState")]
pub enum RowState {
    /// It is announced or reserved, and may yet change or vanish.
    Pending,
    /// It is in the books.
    Booked,
}

/// Whether a transaction counts.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::transaction::Standing")]
pub enum Standing {
    /// It does.
    Counted,
    /// It waits for the person's verdict.
    Doubted,
    /// The bank took it back.
    Withdrawn,
    /// It is another reading of one that counts.
    Absorbed,
}

/// A part of a split transaction.
#[derive(SimpleObject)]
pub struct TransactionPart {
    /// With the sign of the whole.
    amount: Money,
    /// Its category; none for that of the whole.
    category: Option<Category>,
    /// Its note.
    note: Option<String>,
}

/// One transaction.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Transaction {
    /// Our identifier.
    id: ID,
    /// Whose.
    account_id: ID,
    /// The account's name.
    account_name: String,
    /// The day it was booked.
    booking_date: Date,
    /// The day it counts for interest.
    value_date: Option<Date>,
    /// Signed from the account holder's side: money out is negative.
    amount: Money,
    /// The amount in the currency of the purchase, where it differs.
    original_amount: Option<Money>,
    /// Who is on the other side.
    counterparty: Option<String>,
    /// The other side's account.
    counterparty_identifier: Option<String>,
    /// The message or description.
    text: String,
    /// The payment reference.
    reference: Option<String>,
    /// The bank's word for the kind of transaction.
    bank_type: Option<String>,
    /// The bank's own reference.
    archive_id: Option<String>,
    /// Why it has this category.
    category_reason: String,
    /// Where in the log this row comes from.
    position: Position,
    /// When it was recorded.
    recorded_at: Instant,
    /// How far it has come at the bank.
    state: RowState,
    /// Whether it counts.
    standing: Standing,
    /// From how many whole windows in a row it is missing.
    missed_windows: i32,
    /// The person's own note.
    note: Option<String>,
    /// Whether the person took it off the lists; it counts all the same.
    hidden: bool,
    /// The transaction it is another reading of.
    same_as: Option<ID>,
    /// Where in the log the last decision about it stands.
    decided_position: Option<Position>,
    #[graphql(skip)]
    id_here: TransactionId,
    #[graphql(skip)]
    account_here: AccountId,
    #[graphql(skip)]
    own_category_id: Option<String>,
    #[graphql(skip)]
    category_id: String,
    #[graphql(skip)]
    at: At,
}

#[ComplexObject]
impl Transaction {
    /// Its category.
    async fn category(&self) -> Category {
        Category::of(&self.category_id)
    }

    /// The category a person chose.
    async fn own_category(&self) -> Option<Category> {
        self.own_category_id.as_deref().map(Category::of)
    }

    /// The parts a person split it into.
    #[graphql(complexity = "5 + child_complexity")]
    async fn parts(&self, context: &Context<'_>) -> Result<Vec<TransactionPart>> {
        let parts = self.at.view().transactions().parts(person(context)?, self.id_here).await;
        let part = |part: domain::transaction::SplitPart| TransactionPart {
            amount: part.amount.into(),
            category: part.category.as_deref().map(Category::of),
            note: part.note,
        };
        Ok(parts.map_err(|error| internal(context, error))?.into_iter().map(part).collect())
    }

    /// Everything that was decided about it, newest first: why it is what it is.
    #[graphql(complexity = "10 + 5 * child_complexity")]
    async fn decisions(&self, context: &Context<'_>) -> Result<Vec<TransactionDecision>> {
        let rows = self.at.view().reviews().decisions(person(context)?, self.id_here).await;
        Ok(super::reviews::decisions(rows.map_err(|error| internal(context, error))?))
    }

    /// The version of the rules that recorded it; what was decided later names its own. None where no
    /// window was decided since.
    #[graphql(complexity = "5")]
    async fn rules_version(&self, context: &Context<'_>) -> Result<Option<i32>> {
        let habits = self.at.view().habits();
        let rules = habits.rules_at(self.account_here, self.position.0).await;
        let rules = rules.map_err(|error| internal(context, error))?;
        Ok(rules.and_then(|rules| i32::try_from(rules).ok()))
    }

    /// What was put to the person about it.
    #[graphql(complexity = "5 + child_complexity")]
    async fn review(&self, context: &Context<'_>) -> Result<Option<Review>> {
        let row = self.at.view().reviews().one(person(context)?, self.id_here).await;
        let row = row.map_err(|error| internal(context, error))?;
        Ok(row.map(|row| Review::of(row, &self.at)))
    }

    /// The other readings that were joined to it, oldest first.
    #[graphql(complexity = "5 + 2 * child_complexity")]
    async fn other_readings(&self, context: &Context<'_>) -> Result<Vec<Transaction>> {
        let transactions = self.at.view().transactions();
        let rows = transactions.absorbed_by(person(context)?, self.id_here).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        Ok(rows.into_iter().map(|row| Self::of(row, &self.at)).collect())
    }

    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
}

impl Transaction {
    /// One of the person's transactions.
    pub(super) async fn named(
        context: &Context<'_>,
        id: TransactionId,
        at: &At,
    ) -> Result<Option<Self>> {
        let row = at.view().transactions().one(person(context)?, id).await;
        Ok(row.map_err(|error| internal(context, error))?.map(|row| Self::of(row, at)))
    }

    pub(super) fn of(row: TransactionRow, at: &At) -> Self {
        let own_category = row.own_category().map(str::to_owned);
        Self {
            id: ID(row.transaction_id.to_string()),
            account_id: ID(row.account_id.to_string()),
            account_name: row.account_name,
            booking_date: Date(row.booking_date),
            value_date: row.value_date.map(Date),
            amount: row.amount.into(),
            original_amount: row.original_amount.map(Into::into),
            counterparty: row.counterparty,
            counterparty_identifier: row.counterparty_identifier,
            text: row.text,
            reference: row.reference,
            bank_type: row.bank_type,
            archive_id: row.bank_reference,
            category_reason: row.category_reason,
            position: Position(row.position),
            recorded_at: Instant(row.recorded_at),
            state: row.state.into(),
            standing: row.standing.into(),
            missed_windows: i32::try_from(row.missed).unwrap_or(i32::MAX),
            same_as: row.same_as.map(|id| ID(id.to_string())),
            decided_position: row.decided_at.map(Position),
            id_here: row.transaction_id,
            account_here: row.account_id,
            own_category_id: own_category,
            note: row.note,
            hidden: row.hidden,
            category_id: row.category,
            at: At::clone(at),
        }
    }
}

/// A row with its place.
#[derive(SimpleObject)]
pub struct TransactionEdge {
    /// The place, to go on after it.
    cursor: String,
    /// The row.
    node: Transaction,
}

/// Where a page ends.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows after it.
    pub(super) has_next_page: bool,
    /// The place of its last row.
    pub(super) end_cursor: Option<String>,
}

/// A page of rows.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct TransactionPage {
    /// The rows.
    edges: Vec<TransactionEdge>,
    /// Where it ends.
    page_info: PageInfo,
    /// How many rows the filter has in all.
    total_count: i32,
    #[graphql(skip)]
    at: At,
}

#[ComplexObject]
impl TransactionPage {
    /// The place of the log the page stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
}

/// How many rows a month holds, and what they come to, by currency.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct MonthBucket {
    /// `YYYY-MM`.
    month: String,
    /// Rows to show, whether they count or not.
    count: i32,
    /// Money in of those that count.
    inflow: Vec<Money>,
    /// Money out of those that count, negative.
    outflow: Vec<Money>,
    #[graphql(skip)]
    at: At,
}

#[ComplexObject]
impl MonthBucket {
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
}

fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// `YYYY-MM`, with a month that is one.
pub(super) fn is_month(text: &str) -> bool {
    text.len() == 7 && chrono::NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").is_ok()
}

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
        let filter = self::filter(context, filter)?;
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
        let filter = self::filter(context, filter)?;
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
        let filter = self::filter(context, filter)?;
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
