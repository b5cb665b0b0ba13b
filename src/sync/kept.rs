//! What a run kept before it died, read again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::fetch::{Answered, FetchEvent};
use domain::observed::ObservedAccount;

use super::pages::TOO_MUCH_UNREADABLE;
use super::run::{Read, Run};
use super::{SyncError, stream};
use crate::connectors::{BankAnswer, BankError, PageWish};
use crate::ledger::reading::Reader;

impl Run<'_> {
    /// Reads a kept page again; tells how many of its rows cannot be read, and how the next page
    /// is asked for.
    pub(super) async fn replay(
        &self,
        account: &ObservedAccount,
        number: u32,
        rows: &mut Vec<Read>,
    ) -> Result<(u32, Option<String>), SyncError> {
        let (answered, answer) = self.kept(number).await?;
        let caller = self.caller()?;
        let standard = self.bank.bank.standard;
        let bank = &self.bank.bank;
        let days = self.asked_days();
        let wish = PageWish { account, days, continuation: None, after: None };
        let request = standard.page(bank, &caller, &self.permit(), &wish)?;
        let observed = standard.read_page(bank, &request, account, &answer)?;
        if !observed.is_believable() {
            return Err(TOO_MUCH_UNREADABLE.into());
        }
        self.collect(number, &answer, observed.transactions, rows);
        let unread = u32::try_from(observed.quarantined.len()).unwrap_or(u32::MAX);
        Ok((unread, answered.continuation))
    }

    /// A kept answer.
    pub(super) async fn kept(&self, number: u32) -> Result<(Answered, BankAnswer), SyncError> {
        let find = |event: FetchEvent| match event {
            FetchEvent::Answered(answered) if answered.answer == number => Some(answered),
            _ => None,
        };
        let unreadable = || SyncError::Bank(BankError::Unreadable { what: "kept answer" });
        let answered = self.find(find).await?.ok_or_else(unreadable)?;
        let body = STANDARD.decode(&answered.body).map_err(|_| unreadable())?;
        let mut answer = BankAnswer::replayed(answered.status, body, answered.received_at);
        answer.sent_at = answered.sent_at;
        Ok((answered, answer))
    }

    /// The first event of this run that fits.
    pub(super) async fn find<T>(
        &self,
        fits: impl Fn(FetchEvent) -> Option<T>,
    ) -> Result<Option<T>, SyncError> {
        let ledger = &self.app.ledger;
        let mut events = Reader::of_stream(&**ledger.log(), stream(self.fetch_id), 0);
        while let Some((_, event)) = events.next_opened(ledger.keys()).await? {
            if let Some(found) = event.and_then(&fits) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
