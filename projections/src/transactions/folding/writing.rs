//! What a page came to, as statements.

use std::collections::HashMap;

use domain::id::{AccountId, UserId};

use super::Page;
use crate::database::{DatabaseError, Onward, Row, Rows, sql};
use crate::definition::{Folded, Topic};
use crate::erasing::forget;
use crate::holders::{Holder, away, turn};
use crate::rows::{Existing, bulk};
use crate::transactions::IDENTIFIERS;
use crate::transactions::entry::{FIRST_COLUMNS, Kept, LATER_COLUMNS};
use crate::transactions::parts::write_parts;

/// New rows that are written while the rest of their page is folded.
const ROWS_ONWARD: usize = 1_000;

/// The tables that say of whom their rows are.
const PERSONAL: [&str; 11] = [
    "transactions",
    "parts",
    "candidates",
    "apart",
    "spending",
    "months",
    "holders",
    "rules",
    "moved",
    "payees",
    "corrections",
];

/// Those that say of each row of which account it is, too.
const OF_ACCOUNTS: [&str; 5] = ["transactions", "candidates", "apart", "spending", "months"];

impl Page {
    /// Sends rows that nothing else is about on, once there are some, after all that was said before.
    pub(in super::super) async fn send(
        &mut self,
        folded: &mut Folded,
        onward: &mut Onward,
    ) -> Result<(), DatabaseError> {
        if self.rows.len() < ROWS_ONWARD {
            return Ok(());
        }
        self.write_new(folded);
        onward.send(std::mem::take(&mut folded.statements)).await
    }

    fn write_new(&mut self, folded: &mut Folded) {
        let rows = std::mem::take(&mut self.rows);
        folded.extend(bulk("transactions", &FIRST_COLUMNS, 1, &Existing::Never, rows));
    }

    /// Writes what was gathered so far; what is kept stands as written from then on. None if a
    /// sum is too large.
    pub(in super::super) fn write(&mut self, folded: &mut Folded) -> Option<()> {
        let versions = std::mem::take(&mut self.versions);
        let versions: Vec<Row> = versions
            .into_iter()
            .map(|(stream, version)| vec![stream.into(), version.into()])
            .collect();
        let columns = ["account_id", "version"];
        folded.extend(bulk("streams", &columns, 1, &Existing::Replaced, versions));
        self.write_new(folded);
        if !self.awaited.is_empty() || !self.read_anew.is_empty() {
            folded.push(sql(IDENTIFIERS, vec![]));
        }
        let mut changed: Vec<&mut Kept> =
            self.kept.values_mut().filter(|kept| kept.changed).collect();
        changed.sort_by_key(|kept| kept.entry.transaction_id);
        let mut rows = Rows::default();
        for kept in changed {
            let counted = kept.entry.whole_row(&mut rows);
            kept.counted.iter().try_for_each(|before| self.sums.take(before))?;
            counted.iter().try_for_each(|now| self.sums.add(now))?;
            if kept.split {
                write_parts(folded, &kept.entry);
            }
            let listed = kept.entry.listed();
            kept.listed.iter().try_for_each(|before| self.months.take(before))?;
            listed.iter().try_for_each(|now| self.months.add(now))?;
            kept.listed = listed;
            (kept.counted, kept.changed, kept.split) = (counted, false, false);
        }
        let columns: Vec<&str> = FIRST_COLUMNS.into_iter().chain(LATER_COLUMNS).collect();
        folded.extend(bulk("transactions", &columns, 1, &Existing::Replaced, rows));
        std::mem::take(&mut self.sums).write(folded);
        std::mem::take(&mut self.months).write(folded);
        Some(())
    }

    /// Takes an account out of sight or back, after what was gathered so far is written. None if it
    /// is not known.
    pub(in super::super) fn turn(
        &mut self,
        folded: &mut Folded,
        holders: &mut HashMap<AccountId, Holder>,
        account_id: AccountId,
    ) -> Option<()> {
        let (from, to) = turn(folded, holders, account_id, &OF_ACCOUNTS)?;
        folded.push(sql(
            "UPDATE parts SET user_id = $1 WHERE transaction_id IN
             (SELECT transaction_id FROM transactions WHERE account_id = $2)",
            vec![to.into(), account_id.into()],
        ));
        for kept in self.kept.values_mut().filter(|kept| kept.entry.account_id == account_id) {
            kept.entry.user_id = to;
            (kept.counted, kept.listed) = (kept.entry.counts(), kept.entry.listed());
        }
        for user_id in [from, to] {
            folded.changed(Topic::Transactions, user_id);
            folded.changed(Topic::Spending, user_id);
        }
        Some(())
    }

    /// Nothing of a person is kept.
    pub(in super::super) fn forget(&mut self, folded: &mut Folded, user_id: UserId) {
        let theirs = [user_id, away(user_id)];
        self.kept.retain(|_, kept| !theirs.contains(&kept.entry.user_id));
        self.guides.forget(user_id);
        folded.push(sql(
            "DELETE FROM streams WHERE account_id IN
             (SELECT account_id FROM holders WHERE user_id IN ($1, $2))",
            vec![user_id.into(), away(user_id).into()],
        ));
        for table in PERSONAL {
            folded.push(forget(table, user_id));
        }
        folded.changed(Topic::Transactions, user_id);
        folded.changed(Topic::Spending, user_id);
    }
}
