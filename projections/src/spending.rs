//! Money out by month, account and category.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};
use domain::categorisation::{CategoryKind, kind_of};
use domain::id::{AccountId, UserId};
use domain::money::{Currency, Money};

use crate::database::{DatabaseError, Row, RowReader, sql};
use crate::definition::{Folded, Table, Topic};
use crate::location::Generation;
use crate::rows::{Existing, bulk, read_rows};

/// The table. It is filled by the fold of transactions, which knows what each one counted for
/// before it was changed.
pub(crate) const SPENDING: Table = Table {
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
};

/// What one transaction, or a part of one, counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) user_id: UserId,
    pub(crate) account_id: AccountId,
    pub(crate) day: NaiveDate,
    pub(crate) category: Cow<'static, str>,
    pub(crate) currency: Currency,
    /// Signed as the transaction is.
    pub(crate) minor: i64,
}

/// What the table is keyed by; the month as its year and number.
type Key = (UserId, (i32, u32), AccountId, Cow<'static, str>, Currency);

/// By how much money out, and the number of rows it is made of, change.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    changes: BTreeMap<Key, (i64, i64)>,
    taken: BTreeSet<UserId>,
}

impl Sums {
    /// Counts what was not counted; none if the sum is too large.
    pub(crate) fn add(&mut self, counted: &Counted) -> Option<()> {
        self.change(counted, counted.minor.checked_neg()?, 1)
    }

    /// Counts no longer what was counted; none if the sum is too large.
    pub(crate) fn take(&mut self, counted: &Counted) -> Option<()> {
        self.taken.insert(counted.user_id);
        self.change(counted, counted.minor, -1)
    }

    fn change(&mut self, counted: &Counted, spent: i64, rows: i64) -> Option<()> {
        if kind_of(&counted.category) != CategoryKind::Spending {
            return Some(());
        }
        let month = (counted.day.year(), counted.day.month());
        let Counted { user_id, account_id, currency, .. } = *counted;
        let key = (user_id, month, account_id, counted.category.clone(), currency);
        let sum = self.changes.entry(key).or_default();
        *sum = (sum.0.checked_add(spent)?, sum.1 + rows);
        Some(())
    }

    /// Writes what was gathered so far.
    pub(crate) fn write(self, folded: &mut Folded) {
        let changed = |(_, change): &(Key, (i64, i64))| *change != (0, 0);
        let mut rows: Vec<Row> = Vec::with_capacity(self.changes.len());
        for ((user_id, month, account_id, category, currency), (spent, count)) in
            self.changes.into_iter().filter(changed)
        {
            folded.changed(Topic::Spending, user_id);
            rows.push(vec![
                user_id.into(),
                format!("{:04}-{:02}", month.0, month.1).into(),
                account_id.into(),
                category.as_ref().into(),
                currency.code().into(),
                spent.into(),
                count.into(),
            ]);
        }
        let columns =
            ["user_id", "month", "account_id", "category", "currency", "spent_minor", "row_count"];
        folded.extend(bulk("spending", &columns, 5, &Existing::Added, rows));
        for user_id in self.taken {
            let emptied = "DELETE FROM spending WHERE user_id = $1 AND row_count = 0";
            folded.push(sql(emptied, vec![user_id.into()]));
        }
    }
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
