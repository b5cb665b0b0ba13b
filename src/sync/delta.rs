//! Reading only what is new, where a bank offers that (NextGenPSD2 Implementation Guidelines 1.3, section
//! 6.6.2): between two whole windows, when nobody asks, and only as far as the balance proves it.
//!
//! What came after a mark says nothing of rows that changed, went, or were booked before it. So it covers no
//! days, and whatever is not right about it is followed by the whole window at once.

use chrono::TimeDelta;
use domain::fetch::{FetchCommand, WindowRead};
use domain::id::AccountId;
use domain::observed::{ObservedAccount, RowState};
use domain::reconcile::Window;
use domain::transaction::{KnownRow, Standing};

use super::pages::{Turned, cuts_short};
use super::run::Run;
use super::{SyncError, execute, record};
use crate::connectors::BankError;

/// How old the last whole window may be for what is new alone to be asked for.
const WHOLE_WITHIN: TimeDelta = TimeDelta::hours(20);
/// Days back in which the newest known entry is looked for.
const LOOK_BACK_DAYS: i64 = 60;
/// Why what is new is not taken: the balance does not say that it is all.
pub(super) const NOT_PROVED: BankError = BankError::Unreadable { what: "what is new" };

impl Run<'_> {
    /// Reads what came after the newest known entry; none where the whole window is to be read.
    pub(super) async fn what_is_new(
        &mut self,
        account_id: AccountId,
        account: &ObservedAccount,
    ) -> Result<Option<WindowRead>, SyncError> {
        let Some(mark) = self.mark_of(account_id, account).await? else { return Ok(None) };
        let mut turned = Turned::default();
        self.mark = Some(mark);
        let turn = self.turn(account_id, account, None, &mut turned).await;
        self.mark = None;
        match turn {
            Ok(()) if turned.whole && turned.quarantined == 0 => {}
            Ok(()) => return Ok(None),
            // A bank that does not know the mark, or does not do this after all.
            Err(error) if cuts_short(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
        let rows = &turned.rows;
        let to = self.last_day(rows);
        let from = rows.iter().map(|row| row.observed.booking_date).min().unwrap_or(to);
        let window = Window { from: Some(from), to, whole: false };
        let read = record::WindowOfRows { account_id, rows, window, proved: true };
        let rows_new = match record::decide(self, &read).await {
            Err(SyncError::Bank(error)) if error == NOT_PROVED => return Ok(None),
            decided => decided?,
        };
        let window = WindowRead {
            account_id,
            whole: false,
            rows_seen: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            rows_new,
            rows_quarantined: 0,
            from: None,
            to: None,
        };
        let command = FetchCommand::FinishWindow(window.clone());
        execute(self.app, self.holder, self.fetch_id, command).await?;
        Ok(Some(window))
    }

    /// The bank's reference of the newest known entry, where only what came after it is to be asked for.
    async fn mark_of(
        &self,
        account_id: AccountId,
        account: &ObservedAccount,
    ) -> Result<Option<String>, SyncError> {
        if !self.bank.bank.standard.offers_delta(account) || self.is_attended() {
            return Ok(None);
        }
        record::caught_up(self.app).await?;
        let unread = |error: &dyn std::fmt::Display| SyncError::Read(error.to_string());
        let user_id = self.holder.user_id;
        let windows = self.app.read.coverage().windows(user_id, account_id).await;
        let windows = windows.map_err(|error| unread(&error))?;
        let now = self.app.clock.now();
        let last = windows.iter().find(|window| window.whole);
        if last.is_none_or(|window| now - window.read_at > WHOLE_WITHIN) {
            return Ok(None);
        }
        let since = now.date_naive() - TimeDelta::days(LOOK_BACK_DAYS);
        let known = self.app.read.transactions().known_rows_of(account_id, Some(since)).await;
        Ok(newest(&known.map_err(|error| unread(&error))?.0))
    }
}

/// The reference of the newest booked row, if no other row bears it.
fn newest(known: &[KnownRow]) -> Option<String> {
    let booked = known
        .iter()
        .filter(|row| row.standing == Standing::Counted && row.observed.state == RowState::Booked);
    let newest = booked.max_by_key(|row| row.observed.booking_date)?;
    let reference = newest.observed.bank_reference.as_ref()?;
    let bears = |row: &&KnownRow| row.observed.bank_reference.as_ref() == Some(reference);
    (known.iter().filter(bears).count() == 1).then(|| reference.clone())
}
