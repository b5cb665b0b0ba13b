//! Transactions: pages, months and filters.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use domain::categorisation::{self, kind_of};
use domain::id::{AccountId, TransactionId};
use projections::transactions::TransactionRow;

use super::as_of::{At, KnownAt};
use super::reviews::{Review, TransactionDecision};
use super::scalars::{Date, Instant, Money, Position};
use super::visit::{internal, person};

pub use filter::{Direction, TransactionFilter, TransactionMark};
pub use queries::TransactionQueries;

mod filter;
mod queries;

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
