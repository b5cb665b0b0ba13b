//! What was booked after a day, from which balances of the past are walked back to.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::id::{AccountId, UserId};
use domain::money::{Currency, Money};

use super::queries::Transactions;
use crate::database::{DatabaseError, RowReader, Value, sql};
use crate::rows::read_rows;

/// What was booked on an account in a currency: by the last day of what it is counted by, in minor units.
pub type Booked = BTreeMap<(AccountId, Currency), Vec<(NaiveDate, i64)>>;

/// The rows of these accounts that are announced and not booked; few, and an index of their own holds them.
const ANNOUNCED: &str = "state = 'pending' AND standing IS NULL";

/// Places for the accounts after the values that are there.
fn places(values: &mut Vec<Value>, accounts: &[AccountId]) -> String {
    let place = |account: &AccountId| {
        values.push((*account).into());
        format!("${}", values.len())
    };
    accounts.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn last_of(month: &str) -> Option<NaiveDate> {
    let first: NaiveDate = format!("{month}-01").parse().ok()?;
    first.checked_add_months(chrono::Months::new(1))?.pred_opt()
}

impl Transactions {
    /// What was booked on accounts after a day, by day: what counts, also where it is off the lists.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn booked_by_day(
        &self,
        user_id: UserId,
        accounts: &[AccountId],
        after: NaiveDate,
    ) -> Result<Booked, DatabaseError> {
        let mut values = vec![user_id.into(), after.into()];
        let list = places(&mut values, accounts);
        let sums = |sum: &str, which: &str| {
            format!(
                "SELECT account_id, booking_date AS day, currency, {sum} AS minor
                 FROM transactions WHERE account_id IN ({list}) AND user_id = $1
                 AND booking_date > $2 AND {which} GROUP BY account_id, booking_date, currency"
            )
        };
        let all = sums("SUM(amount_minor)", "standing IS NULL");
        let announced = sums("-SUM(amount_minor)", ANNOUNCED);
        self.booked(&all, &announced, values, |day| day.parse().ok()).await
    }

    /// The same of all there is, by month.
    ///
    /// # Errors
    /// See [`Self::booked_by_day`].
    pub async fn booked_by_month(
        &self,
        user_id: UserId,
        accounts: &[AccountId],
    ) -> Result<Booked, DatabaseError> {
        let mut values = vec![user_id.into()];
        let list = places(&mut values, accounts);
        let all = format!(
            "SELECT account_id, month AS day, currency, SUM(inflow_minor + outflow_minor) AS minor
             FROM months WHERE user_id = $1 AND account_id IN ({list})
             GROUP BY account_id, month, currency"
        );
        let announced = format!(
            "SELECT account_id, SUBSTR(booking_date, 1, 7) AS day, currency,
             -SUM(amount_minor) AS minor FROM transactions
             WHERE account_id IN ({list}) AND user_id = $1 AND {ANNOUNCED}
             GROUP BY account_id, SUBSTR(booking_date, 1, 7), currency"
        );
        self.booked(&all, &announced, values, last_of).await
    }

    async fn booked(
        &self,
        all: &str,
        announced: &str,
        values: Vec<Value>,
        day_of: impl Fn(&str) -> Option<NaiveDate>,
    ) -> Result<Booked, DatabaseError> {
        let text = format!(
            "SELECT account_id, day, CAST(SUM(minor) AS BIGINT), currency
             FROM ({all} UNION ALL {announced}) AS sums
             GROUP BY account_id, day, currency ORDER BY account_id, day"
        );
        let rows = self.0.database.query(sql(text, values)).await?;
        let read = |row: &mut RowReader| {
            let (account, day): (AccountId, String) = (row.parsed()?, row.text()?);
            let day = day_of(&day).ok_or(DatabaseError::Column(1))?;
            let Money { minor, currency } = row.money()?;
            Ok(((account, currency), (day, minor)))
        };
        let mut booked = Booked::new();
        for (of, change) in read_rows(rows, read)? {
            booked.entry(of).or_default().push(change);
        }
        Ok(booked)
    }

    /// The day of the first transaction of an account, or of all a person has; none without any.
    ///
    /// # Errors
    /// See [`Self::booked_by_day`].
    pub async fn first_day(
        &self,
        user_id: UserId,
        account_id: Option<AccountId>,
    ) -> Result<Option<NaiveDate>, DatabaseError> {
        let mut values = vec![user_id.into()];
        let mut narrowed = "";
        if let Some(account_id) = account_id {
            values.push(account_id.into());
            narrowed = "AND account_id = $2";
        }
        let text = format!(
            "SELECT booking_date FROM transactions WHERE user_id = $1 {narrowed}
             ORDER BY booking_date LIMIT 1"
        );
        let rows = self.0.database.query(sql(text, values)).await?;
        Ok(read_rows(rows, RowReader::parsed)?.pop())
    }
}
