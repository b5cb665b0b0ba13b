//! How many rows each month has and what they come to, kept beside the rows: the first question of
//! every list is how long it is, and a history of a million rows is not counted to answer it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use domain::id::{AccountId, UserId};
use domain::money::Currency;

use super::filter::TransactionFilter;
use crate::database::{Row, Value, sql};
use crate::definition::{Folded, Table};
use crate::rows::{Existing, bulk};

/// The table. It is filled by the fold of transactions, which knows what each row was before.
pub(super) const MONTHS: Table = Table {
    name: "months",
    key: &["user_id", "month", "account_id", "currency", "hidden"],
    create: "CREATE TABLE IF NOT EXISTS months (
        user_id TEXT NOT NULL,
        month TEXT NOT NULL,
        account_id TEXT NOT NULL,
        currency TEXT NOT NULL,
        hidden BIGINT NOT NULL,
        row_count BIGINT NOT NULL,
        inflow_minor BIGINT NOT NULL,
        outflow_minor BIGINT NOT NULL,
        PRIMARY KEY (user_id, month, account_id, currency, hidden))",
    indexes: &[],
};

/// One row as the lists show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) user_id: UserId,
    pub(super) account_id: AccountId,
    pub(super) day: NaiveDate,
    pub(super) currency: Currency,
    pub(super) hidden: bool,
    /// Signed as the transaction is; 0 of what is shown and does not count.
    pub(super) minor: i64,
}

/// What the table is keyed by; the month as its year and number.
type Key = (UserId, (i32, u32), AccountId, Currency, bool);

/// By how much the number of rows, money in and money out change.
#[derive(Debug, Default)]
pub(super) struct Months {
    changes: BTreeMap<Key, [i64; 3]>,
    taken: BTreeSet<UserId>,
}

impl Months {
    /// Counts what was not counted; none if a sum is too large.
    pub(super) fn add(&mut self, listed: &Listed) -> Option<()> {
        self.change(listed, 1)
    }

    /// Counts no longer what was counted; none if a sum is too large.
    pub(super) fn take(&mut self, listed: &Listed) -> Option<()> {
        self.taken.insert(listed.user_id);
        self.change(listed, -1)
    }

    fn change(&mut self, listed: &Listed, by: i64) -> Option<()> {
        let Listed { user_id, account_id, day, currency, hidden, minor } = *listed;
        let key = (user_id, (day.year(), day.month()), account_id, currency, hidden);
        let change = self.changes.entry(key).or_default();
        let changes = [1, minor.max(0), minor.min(0)];
        for (sum, one) in change.iter_mut().zip(changes) {
            *sum = sum.checked_add(one.checked_mul(by)?)?;
        }
        Some(())
    }

    /// Writes what was gathered so far.
    pub(super) fn write(self, folded: &mut Folded) {
        let changed = |(_, change): &(Key, [i64; 3])| *change != [0; 3];
        let rows: Vec<Row> = self
            .changes
            .into_iter()
            .filter(changed)
            .map(|((user_id, month, account_id, currency, hidden), [count, inflow, outflow])| {
                vec![
                    user_id.into(),
                    format!("{:04}-{:02}", month.0, month.1).into(),
                    account_id.into(),
                    currency.code().into(),
                    hidden.into(),
                    count.into(),
                    inflow.into(),
                    outflow.into(),
                ]
            })
            .collect();
        let columns = [
            "user_id",
            "month",
            "account_id",
            "currency",
            "hidden",
            "row_count",
            "inflow_minor",
            "outflow_minor",
        ];
        folded.extend(bulk("months", &columns, 5, &Existing::Added, rows));
        for user_id in self.taken {
            let emptied = "DELETE FROM months WHERE user_id = $1 AND row_count = 0";
            folded.push(sql(emptied, vec![user_id.into()]));
        }
    }
}

/// What a filter asks for, where it asks for nothing but whole months, an account, and whether rows
/// are hidden: those are counted already.
pub(super) fn whole_months(
    user_id: UserId,
    filter: &TransactionFilter,
) -> Option<(String, Vec<Value>)> {
    let TransactionFilter { account_id, from, to, hidden, .. } = filter;
    let counted = TransactionFilter {
        account_id: *account_id,
        from: *from,
        to: *to,
        hidden: *hidden,
        ..TransactionFilter::default()
    };
    let begins = from.is_none_or(|day| day.day() == 1);
    let ends = to.is_none_or(|day| day.succ_opt().is_none_or(|next| next.day() == 1));
    if counted != *filter || !begins || !ends {
        return None;
    }
    let mut values: Vec<Value> = vec![user_id.into()];
    let mut text = String::from("user_id = $1");
    let mut and = |condition: &str, value: Value| {
        values.push(value);
        text.push_str(&format!(" AND {condition} ${}", values.len()));
    };
    if let Some(account_id) = account_id {
        and("account_id =", (*account_id).into());
    }
    if let Some(hidden) = hidden {
        and("hidden =", (*hidden).into());
    }
    let month = |day: &NaiveDate| format!("{:04}-{:02}", day.year(), day.month());
    if let Some(from) = from {
        and("month >=", month(from).into());
    }
    if let Some(to) = to {
        and("month <=", month(to).into());
    }
    Some((text, values))
}

#[cfg(test)]
mod tests {
    use domain::id::UserId;
    use uuid::Uuid;

    use super::super::DEFINITION;
    use super::super::filter::{Conditions, TransactionFilter};
    use super::super::queries::by_month;
    use super::whole_months;
    use crate::database::{Database, RowReader, Statement, sql};
    use crate::rows::read_rows;

    fn filter() -> TransactionFilter {
        TransactionFilter { hidden: Some(false), ..TransactionFilter::default() }
    }

    async fn plan(database: &Database, statement: Statement) -> Vec<String> {
        for table in DEFINITION.tables {
            database.define(&[table.create]).await.expect("a table");
            database.define(table.indexes).await.expect("indexes");
        }
        let text = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let rows = database.query(sql(text, statement.values)).await.expect("a plan");
        let step = |row: &mut RowReader| {
            let _ = (row.integer()?, row.integer()?, row.integer()?);
            row.text()
        };
        read_rows(rows, step).expect("a plan")
    }

    #[tokio::test]
    async fn searching_a_million_rows_reads_one_index_and_no_row() {
        let asked = [
            TransactionFilter { search: Some("lidl".to_owned()), ..filter() },
            TransactionFilter { categories: vec!["groceries".to_owned()], ..filter() },
            TransactionFilter { minimum_minor: Some(40_000), ..filter() },
            TransactionFilter {
                search: Some("prisma".to_owned()),
                category: Some("groceries".to_owned()),
                ..filter()
            },
        ];
        let user = UserId(Uuid::from_u128(1));
        for filter in asked {
            let database = Database::memory().expect("a database");
            let statement = by_month(Conditions::of(&database, user, &filter));
            let steps = plan(&database, statement).await;
            let reads_rows: Vec<&String> = steps
                .iter()
                .filter(|step| step.contains(" t ") && !step.contains("COVERING INDEX"))
                .collect();
            assert!(reads_rows.is_empty(), "{filter:?}: {steps:?}");
            assert!(steps.iter().any(|step| step.contains("transactions_person")), "{steps:?}");
        }
    }

    #[test]
    fn only_whole_months_are_counted_already() {
        let user = UserId(Uuid::from_u128(1));
        let day = |text: &str| Some(text.parse().expect("a day"));
        let between = |from, to| TransactionFilter { from, to, ..filter() };
        let whole = [
            filter(),
            between(day("2026-02-01"), day("2026-02-28")),
            between(day("2024-02-01"), day("2024-02-29")),
            between(None, day("2026-12-31")),
        ];
        for filter in &whole {
            assert!(whole_months(user, filter).is_some(), "{filter:?}");
        }
        let others = [
            between(day("2026-02-02"), None),
            between(None, day("2024-02-28")),
            TransactionFilter { search: Some("lidl".to_owned()), ..filter() },
            TransactionFilter { except: vec![filter()], ..filter() },
        ];
        for filter in &others {
            assert!(whole_months(user, filter).is_none(), "{filter:?}");
        }
    }
}
