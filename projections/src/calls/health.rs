//! How a bank has answered lately, over everybody: numbers alone, and nothing of a person.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::id::BankId;

use super::queries::Calls;
use crate::database::{DatabaseError, RowReader, sql};
use crate::rows::read_rows;

/// Most calls that are looked at, the newest ones.
const MOST_CALLS: u32 = 1_000;

/// How a bank has answered lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankHealth {
    /// Calls that were sent, at most a thousand.
    pub calls: u32,
    /// How many of them got no usable answer.
    pub failed: u32,
    /// Half of the usable answers came within this many milliseconds.
    pub median_ms: Option<u32>,
    /// When a usable answer was last asked for.
    pub answered_at: Option<DateTime<Utc>>,
    /// When a call that failed was last made.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why calls failed, as stable codes, with how many did.
    pub problems: BTreeMap<String, u32>,
}

struct One {
    sent_at: DateTime<Utc>,
    code: Option<String>,
    took_ms: Option<i64>,
}

impl Calls {
    /// How each bank answered since an instant. Calls that never left us are not among them.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn health(
        &self,
        since: DateTime<Utc>,
    ) -> Result<BTreeMap<BankId, BankHealth>, DatabaseError> {
        self.read_health(since, None).await
    }

    /// How one bank answered since an instant; none if it was not called.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn health_of(
        &self,
        bank_id: &BankId,
        since: DateTime<Utc>,
    ) -> Result<Option<BankHealth>, DatabaseError> {
        Ok(self.read_health(since, Some(bank_id)).await?.remove(bank_id))
    }

    async fn read_health(
        &self,
        since: DateTime<Utc>,
        bank_id: Option<&BankId>,
    ) -> Result<BTreeMap<BankId, BankHealth>, DatabaseError> {
        let of_bank = if bank_id.is_some() { "AND readings.bank_id = $3" } else { "" };
        let text = format!(
            "SELECT bank_id, sent_at, code, took_ms FROM
            (SELECT readings.bank_id, calls.position, calls.sent_at, calls.code, calls.took_ms,
              ROW_NUMBER() OVER (PARTITION BY readings.bank_id ORDER BY calls.position DESC) AS place
             FROM calls JOIN readings ON readings.consent_id = calls.consent_id
             WHERE calls.sent_at >= $1 AND calls.arrived = 1 {of_bank}) AS newest
            WHERE place <= $2 ORDER BY bank_id, position DESC"
        );
        let read = |row: &mut RowReader| {
            let bank_id = BankId(row.text()?);
            let call = One {
                sent_at: row.instant()?,
                code: row.optional_text()?,
                took_ms: row.optional_integer()?,
            };
            Ok((bank_id, call))
        };
        let mut values = vec![since.into(), MOST_CALLS.into()];
        values.extend(bank_id.map(|bank_id| bank_id.0.as_str().into()));
        let rows = read_rows(self.0.database.query(sql(text, values)).await?, read)?;
        let of_one_bank = rows.chunk_by(|(one, _), (next, _)| one == next);
        Ok(of_one_bank
            .filter_map(|calls| {
                let (bank_id, _) = calls.first()?;
                Some((bank_id.clone(), sum_up(calls.iter().map(|(_, call)| call))))
            })
            .collect())
    }
}

/// Sums up calls, the newest first.
fn sum_up<'a>(calls: impl IntoIterator<Item = &'a One>) -> BankHealth {
    let mut health = BankHealth::default();
    let mut times = Vec::new();
    for call in calls {
        health.calls += 1;
        match &call.code {
            Some(code) => {
                health.failed += 1;
                *health.problems.entry(code.clone()).or_default() += 1;
                health.failed_at = health.failed_at.max(Some(call.sent_at));
            }
            None => {
                times.extend(call.took_ms.and_then(|took| u32::try_from(took).ok()));
                health.answered_at = health.answered_at.max(Some(call.sent_at));
            }
        }
    }
    times.sort_unstable();
    health.median_ms = times.get(times.len() / 2).copied();
    health
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(second: i64, code: Option<&str>, took_ms: Option<i64>) -> One {
        let sent_at = DateTime::from_timestamp(second, 0).expect("a moment");
        One { sent_at, code: code.map(str::to_owned), took_ms }
    }

    #[test]
    fn nothing_is_said_of_a_bank_that_was_not_called() {
        assert_eq!(sum_up(&[]), BankHealth::default());
    }

    #[test]
    fn failures_are_counted_apart_and_do_not_make_a_bank_fast() {
        let health = sum_up(&[
            call(9, Some("bank_timed_out"), None),
            call(8, None, Some(300)),
            call(7, Some("bank_timed_out"), None),
            call(6, None, Some(100)),
            call(5, None, Some(2_000)),
        ]);
        assert_eq!((health.calls, health.failed, health.median_ms), (5, 2, Some(300)));
        assert_eq!(health.problems["bank_timed_out"], 2);
        let second = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
        assert_eq!((second(health.answered_at), second(health.failed_at)), (Some(8), Some(9)));
    }
}
