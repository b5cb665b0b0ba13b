//! Money out by month, account and category.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::account::AccountEvent;
use domain::categorisation::{CategoryKind, categorise, kind_of};
use domain::event::Event;
use domain::id::{AccountId, UserId};
use domain::money::{Currency, Money};

use crate::database::{Database, DatabaseError, RowReader, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::holders::{HOLDERS, known_holders, open};
use crate::location::Generation;
use crate::rows::{Existing, bulk, read_rows};

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "spending",
    version: 1,
    tables: &[
        HOLDERS,
        Table {
            name: "spending",
            key: &["user_id", "month", "account_id", "category", "currency"],
            create: "CREATE TABLE IF NOT EXISTS spending (
                user_id TEXT NOT NULL,
                month TEXT NOT NULL,
                account_id TEXT NOT NULL,
                category TEXT NOT NULL,
                currency TEXT NOT NULL,
                spent_minor BIGINT NOT NULL,
                row_count BIGINT NOT NULL,
                PRIMARY KEY (user_id, month, account_id, category, currency))",
            indexes: &[],
        },
    ],
};

/// Money out and how many rows it was, by what the table is keyed by.
type Sums = BTreeMap<(UserId, String, AccountId, &'static str, Currency), (i64, u64)>;

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let mut holders = known_holders(reader, events).await?;
    let mut folded = Folded::default();
    let mut sums = Sums::new();
    for recorded in events {
        let unfit = |reason| FoldError::Unfit { position: recorded.position, reason };
        if let Some(user_id) = erased(recorded) {
            write(&mut folded, std::mem::take(&mut sums));
            folded.push(forget("spending", user_id));
            folded.push(forget("holders", user_id));
            folded.changed(Topic::Spending, user_id);
        }
        match &recorded.event {
            Some(Event::Account(AccountEvent::Opened(opened))) => {
                open(&mut folded, &mut holders, opened);
            }
            Some(Event::Account(AccountEvent::TransactionRecorded(transaction))) => {
                let account_id = AccountId(recorded.stream.id);
                let (user_id, kind) = *holders
                    .get(&account_id)
                    .ok_or_else(|| unfit("the account of the transaction is not known"))?;
                let observed = &transaction.observed;
                let category = categorise(observed, kind).category;
                if kind_of(category) != CategoryKind::Spending {
                    continue;
                }
                let month = observed.booking_date.format("%Y-%m").to_string();
                let key = (user_id, month, account_id, category, observed.amount.currency);
                let (spent, count) = sums.entry(key).or_default();
                *spent = spent
                    .checked_sub(observed.amount.minor)
                    .ok_or_else(|| unfit("the month's sum is too large"))?;
                *count += 1;
                folded.changed(Topic::Spending, user_id);
            }
            _ => {}
        }
    }
    write(&mut folded, sums);
    Ok(folded)
}

/// Writes what was summed so far.
fn write(folded: &mut Folded, sums: Sums) {
    let rows = sums
        .into_iter()
        .map(|((user_id, month, account_id, category, currency), (spent, count))| {
            vec![
                user_id.into(),
                month.into(),
                account_id.into(),
                category.into(),
                currency.code().into(),
                spent.into(),
                count.into(),
            ]
        })
        .collect();
    let columns =
        ["user_id", "month", "account_id", "category", "currency", "spent_minor", "row_count"];
    folded.statements.extend(bulk("spending", &columns, 5, &Existing::Added, rows));
}

/// What was spent on a category in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingRow {
    /// `YYYY-MM`.
    pub month: String,
    /// The category.
    pub category: String,
    /// Money out, as a positive amount; refunds lower it.
    pub amount: Money,
    /// How many transactions.
    pub count: u64,
}

/// Questions about spending.
#[derive(Clone, Debug)]
pub struct Spending(pub(crate) Arc<Generation>);

impl Spending {
    /// Money out from month `from` to month `to` (`YYYY-MM`, both inclusive), by month, category
    /// and currency, of one account or of all.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn months(
        &self,
        user_id: UserId,
        from: &str,
        to: &str,
        account_id: Option<AccountId>,
    ) -> Result<Vec<SpendingRow>, DatabaseError> {
        let mut values = vec![user_id.into(), from.into(), to.into()];
        let mut narrowed = "";
        if let Some(account_id) = account_id {
            values.push(account_id.into());
            narrowed = "AND account_id = $4";
        }
        let text = format!(
            "SELECT month, category, CAST(SUM(spent_minor) AS BIGINT), currency,
             CAST(SUM(row_count) AS BIGINT) FROM spending
             WHERE user_id = $1 AND month >= $2 AND month <= $3 {narrowed}
             GROUP BY month, category, currency ORDER BY month, category, currency"
        );
        let read = |row: &mut RowReader| {
            Ok(SpendingRow {
                month: row.text()?,
                category: row.text()?,
                amount: row.money()?,
                count: row.count()?,
            })
        };
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }
}
