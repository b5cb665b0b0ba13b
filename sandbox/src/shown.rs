//! A bounded memory of every row the bank has shown, and of the real transaction behind each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::jose::fingerprint;
use crate::misbehaviour::Shown;

/// How many different rows are remembered; the one first shown longest ago falls out.
pub const SHOWN_ROWS_MAX: usize = 50_000;

/// One row as it went over the wire, in one or more answers, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownRow {
    /// Account number (IBAN) or masked card number.
    pub number: String,
    /// [`row_key`] of the row.
    pub key: String,
    /// The row.
    pub row: Value,
    /// The real transactions this very content has stood for; more than one when real transactions look
    /// the same.
    pub identities: BTreeSet<String>,
    /// When it was shown for the first time, by the bank's clock.
    pub first_shown: DateTime<Utc>,
    /// When it was shown for the last time.
    pub last_shown: DateTime<Utc>,
}

/// SHA-256 of a row as compact JSON with sorted members, lower-case hexadecimal.
#[must_use]
pub fn row_key(row: &Value) -> String {
    fingerprint(row.to_string().as_bytes())
}

#[derive(Debug, Default)]
pub(crate) struct ShownRows {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    rows: BTreeMap<(String, String), ShownRow>,
    order: VecDeque<(String, String)>,
    forgotten: u64,
}

impl ShownRows {
    /// Remembers rows of an account or card; broken ones stand for nothing and are left out.
    pub(crate) fn remember(&self, number: &str, rows: &[Shown], now: DateTime<Utc>) {
        let mut memory = self.lock();
        for Shown { identity, value } in rows {
            let Some(identity) = identity else { continue };
            let key = row_key(value);
            let place = (number.to_owned(), key.clone());
            if let Some(known) = memory.rows.get_mut(&place) {
                known.identities.insert(identity.clone());
                known.last_shown = now;
                continue;
            }
            let shown = ShownRow {
                number: number.to_owned(),
                key,
                row: value.clone(),
                identities: BTreeSet::from([identity.clone()]),
                first_shown: now,
                last_shown: now,
            };
            memory.rows.insert(place.clone(), shown);
            memory.order.push_back(place);
            if memory.order.len() > SHOWN_ROWS_MAX
                && let Some(oldest) = memory.order.pop_front()
            {
                memory.rows.remove(&oldest);
                memory.forgotten += 1;
            }
        }
    }

    /// All remembered rows in the order they were first shown, and how many were forgotten.
    pub(crate) fn all(&self) -> (Vec<ShownRow>, u64) {
        let memory = self.lock();
        let rows = memory.order.iter().filter_map(|place| memory.rows.get(place).cloned());
        (rows.collect(), memory.forgotten)
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_rows_share_an_entry_and_keep_all_they_stand_for() {
        let rows = ShownRows::default();
        let now = DateTime::UNIX_EPOCH;
        let row = |identity: Option<&str>, amount: &str| Shown {
            identity: identity.map(str::to_owned),
            value: json!({ "amount": amount }),
        };
        let page = [row(Some("a"), "1.00"), row(Some("b"), "1.00"), row(None, "x")];
        rows.remember("FI1", &page, now);
        rows.remember("FI2", &page[..1], now);
        let (all, forgotten) = rows.all();
        assert_eq!((all.len(), forgotten), (2, 0));
        assert_eq!(all[0].identities.len(), 2);
        assert_eq!(all[0].key, row_key(&json!({ "amount": "1.00" })));
    }
}
