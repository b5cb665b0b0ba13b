//! What an analyst reads: days, amounts and categories under pseudonyms that differ from role to role,
//! and no name, text, reference or account number. Of too few people nothing is shown.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use domain::id::UserId;
use domain::role::Role;
use projections::transactions::TransactionFilter;

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place, of_another};
use super::roles::use_role;
use super::scalars::{Date, Money};
use super::transactions::is_month;
use super::visit::{app, internal, refuse};

/// Fewest people an answer is about: below it a row could be told to be somebody's.
const FEWEST_PEOPLE: usize = 5;
/// Most people looked at in one answer.
const MOST_PEOPLE: u32 = 500;
/// Most people of an answer about the past: the rows of each are built from their own events.
const MOST_PASTS: usize = 50;
/// Most rows of one answer.
const MOST_ROWS: usize = 5_000;
/// Rows of one person read at once.
const ROWS_A_PAGE: u32 = 200;

/// One transaction, with nobody in it.
#[derive(SimpleObject)]
pub struct AnalysisRow {
    /// Stands for a person, within this role alone.
    person: String,
    /// Stands for an account, within this role alone.
    account: String,
    /// The day it was booked.
    day: Date,
    /// How much; money out is negative.
    amount: Money,
    /// The category.
    category: String,
}

/// A month as an analyst sees it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct AnalysisMonth {
    /// How many people it is about.
    people: i32,
    /// The rows, in no order that says anything.
    rows: Vec<AnalysisRow>,
    /// Whether there are more than are shown.
    more: bool,
    #[graphql(skip)]
    at: At,
}

names_its_place!(AnalysisMonth);

/// Reading under pseudonyms.
#[derive(Default)]
pub struct AnalysisQueries;

#[Object]
impl AnalysisQueries {
    /// Everybody's transactions of a month (`YYYY-MM`) under pseudonyms, as far as the role covers the
    /// time they were recorded at; for analysts. It is kept in the log as a use of the role. With `asOf` it is what was known then of those the role covers now; at
    /// most 50 people.
    async fn analysis(
        &self,
        context: &Context<'_>,
        role_id: ID,
        month: String,
        as_of: Option<AsOf>,
    ) -> Result<AnalysisMonth> {
        if !is_month(&month) {
            return Err(refuse(context, "MONTH_INVALID", "A month is written YYYY-MM."));
        }
        let object = Some(month.clone());
        let granted = use_role(context, &role_id, Role::Analyst, "analysis", None, object).await?;
        let app = app(context)?;
        let people = match granted.people.clone() {
            Some(people) => people,
            None => {
                let all = app.read.people().some(MOST_PEOPLE).await;
                all.map_err(|error| internal(context, error))?
            }
        };
        let at = moment(context, as_of, None).await?;
        if at.past_position().is_some() && people.len() > MOST_PASTS {
            let message = "A month as it was is shown of at most 50 people; name them in the role.";
            return Err(refuse(context, "AS_OF_TOO_LARGE", message));
        }
        let (_, key) = app.keys.platform().await.map_err(|error| internal(context, error))?;
        let purpose = format!("analysis/{}", granted.role_id);
        let pseudonym = |of: uuid::Uuid| key.identifier(&purpose, of.as_bytes()).to_string();
        let mut month_of = Month::default();
        for person in people {
            let theirs = match at.past_position() {
                Some(_) => of_another(context, &at, person).await?,
                None => At::clone(&at),
            };
            let mut rows = rows_of(context, &theirs, person, &month).await?;
            rows.retain(|row| granted.covers(row.recorded_at));
            if rows.is_empty() {
                continue;
            }
            month_of.people += 1;
            month_of.rows.extend(rows.into_iter().map(|row| AnalysisRow {
                person: pseudonym(person.0),
                account: pseudonym(row.account_id.0),
                day: Date(row.booking_date),
                amount: row.amount.into(),
                category: row.category,
            }));
        }
        let Month { people, mut rows } = month_of;
        if people < FEWEST_PEOPLE {
            return Ok(AnalysisMonth { people: 0, rows: Vec::new(), more: false, at });
        }
        // Not in the order of people or of the log.
        rows.sort_by(|one, other| {
            (one.day.0, &one.account, &one.amount.minor).cmp(&(
                other.day.0,
                &other.account,
                &other.amount.minor,
            ))
        });
        let more = rows.len() > MOST_ROWS;
        rows.truncate(MOST_ROWS);
        let people = i32::try_from(people).unwrap_or(i32::MAX);
        Ok(AnalysisMonth { people, rows, more, at })
    }
}

#[derive(Default)]
struct Month {
    people: usize,
    rows: Vec<AnalysisRow>,
}

async fn rows_of(
    context: &Context<'_>,
    at: &At,
    person: UserId,
    month: &str,
) -> Result<Vec<projections::transactions::TransactionRow>> {
    let transactions = at.view().transactions();
    let (mut rows, mut offset) = (Vec::new(), 0);
    let filter = TransactionFilter::default();
    while rows.len() < MOST_ROWS {
        let page = transactions.in_month(person, month, offset, ROWS_A_PAGE, &filter).await;
        let page = page.map_err(|error| internal(context, error))?;
        let full = page.len() >= ROWS_A_PAGE as usize;
        rows.extend(page);
        if !full {
            break;
        }
        offset += ROWS_A_PAGE;
    }
    Ok(rows)
}
