//! The pages of one account's window, from the first to the last, and what they come to.

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::fetch::{Fetch, FetchCommand, FetchEvent, PagesRead, Subject, WindowRead};
use domain::id::AccountId;
use domain::observed::{Evidence, ObservedAccount, ObservedTransaction};
use domain::reconcile::Window;

use super::ask::Call;
use super::run::{Read, Run};
use super::{SyncError, execute, record, stream};
use crate::connectors::{BankAnswer, BankError, Caller, PageWish, Permit};

/// Most pages of one account.
const MOST_PAGES: usize = 2_000;

/// A page of which too much cannot be read.
pub(super) const TOO_MUCH_UNREADABLE: BankError = BankError::Unreadable { what: "most of a page" };

/// Whether a later page that fails so is left out, and those before it are kept.
pub(super) fn cuts_short(error: &SyncError) -> bool {
    match error {
        SyncError::Bank(
            BankError::Unreadable { .. }
            | BankError::NotCovered { .. }
            | BankError::AnswerTooLarge { .. },
        ) => true,
        SyncError::Bank(BankError::Refused { status, .. }) => (400..500).contains(status),
        _ => false,
    }
}

/// What the pages of an account held.
#[derive(Default)]
pub(super) struct Turned {
    pub rows: Vec<Read>,
    pub quarantined: u32,
    /// Whether they came to their end.
    pub whole: bool,
}

impl Run<'_> {
    /// Reads one account's window to its end and records what is new in it.
    pub(super) async fn account(
        &mut self,
        account_id: AccountId,
        account: &ObservedAccount,
    ) -> Result<WindowRead, SyncError> {
        let fetch = self.app.ledger.load::<Fetch>(stream(self.fetch_id)).await?.aggregate;
        let pages = fetch.pages.into_iter().find(|pages| pages.account_id == account_id);
        if let Some(window) = self.decided(account_id, pages.as_ref()).await? {
            return Ok(window);
        }
        if let Some(window) = self.what_is_new(account_id, account).await? {
            return Ok(window);
        }
        // Pages that were kept may be of what was new alone, and no part of a window.
        let pages = pages.filter(|_| !self.bank.bank.standard.offers_delta(account));
        let mut turned = Turned::default();
        if let Err(error) = self.turn(account_id, account, pages.as_ref(), &mut turned).await {
            if turned.rows.is_empty() || !cuts_short(&error) {
                return Err(error);
            }
            // The bank refuses to go on from its own mark: once more from the first page. Fails that
            // too, the pages that can be read stand, as a window that is not whole.
            let mut again = Turned::default();
            match self.turn(account_id, account, None, &mut again).await {
                Err(SyncError::Stopping) => return Err(SyncError::Stopping),
                Err(_) if again.rows.is_empty() => {}
                Err(error) if !cuts_short(&error) => return Err(error),
                _ => turned = again,
            }
        }
        let Turned { rows, quarantined, whole: to_the_end } = turned;
        let whole = to_the_end && quarantined == 0;
        let from = self.asked_days().map(|days| days.from);
        let window = Window { from, to: self.last_day(&rows), whole };
        let read = record::WindowOfRows { account_id, rows: &rows, window, proved: false };
        let rows_new = record::decide(self, &read).await?;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let window = WindowRead {
            account_id,
            whole: to_the_end,
            rows_seen: count(rows.len()),
            rows_new,
            rows_quarantined: quarantined,
            from: self.days.map(|days| days.from),
            to: self.days.map(|days| days.to),
        };
        let command = FetchCommand::FinishWindow(window.clone());
        execute(self.app, self.holder, self.fetch_id, command).await?;
        Ok(window)
    }

    /// The last day a window covers: the bank's day when its first page was read.
    pub(super) fn last_day(&self, rows: &[Read]) -> NaiveDate {
        let first = rows.iter().map(|row| row.evidence.received_at).min();
        let at = first.unwrap_or_else(|| self.app.clock.now());
        let zone = self.bank.bank.time_zone.parse::<chrono_tz::Tz>();
        zone.map_or(at.date_naive(), |zone| at.with_timezone(&zone).date_naive())
    }

    /// A window that this run decided before it died.
    async fn decided(
        &self,
        account_id: AccountId,
        pages: Option<&PagesRead>,
    ) -> Result<Option<WindowRead>, SyncError> {
        if !pages.is_some_and(|pages| pages.decided) {
            return Ok(None);
        }
        let find = |event: FetchEvent| match event {
            FetchEvent::WindowRead(window) if window.account_id == account_id => Some(window),
            _ => None,
        };
        self.find(find).await
    }

    /// Reads all rows of an account's window, going on after the pages that are kept. What was read
    /// before an error stays in `turned`; a page that was asked for before is not asked for again.
    pub(super) async fn turn(
        &mut self,
        account_id: AccountId,
        account: &ObservedAccount,
        kept: Option<&PagesRead>,
        turned: &mut Turned,
    ) -> Result<(), SyncError> {
        let mut page = 0;
        let mut continuation: Option<String> = None;
        let mut asked = HashSet::from([self.address(account, None)?]);
        if let Some(kept) = kept {
            for number in &kept.answers {
                if let Some(before) = continuation.take() {
                    asked.insert(self.address(account, Some(&before))?);
                }
                let (unread, next) = self.replay(account, *number, &mut turned.rows).await?;
                turned.quarantined += unread;
                continuation = next;
                page += 1;
            }
        }
        while page == 0 || continuation.is_some() {
            let next = continuation.take();
            // Its marks go round in a circle, or on without end: what was read is kept.
            if page as usize >= MOST_PAGES
                || (page > 0 && !asked.insert(self.address(account, next.as_deref())?))
            {
                return Ok(());
            }
            let read = self.page(account_id, account, page, next.as_deref(), &mut turned.rows);
            let (next, unread) = read.await?;
            turned.quarantined += unread;
            page += 1;
            continuation = next;
        }
        turned.whole = true;
        Ok(())
    }

    /// The address a page is asked for at.
    fn address(
        &self,
        account: &ObservedAccount,
        continuation: Option<&str>,
    ) -> Result<String, SyncError> {
        let (bank, caller) = (&self.bank.bank, self.caller()?);
        let wish = PageWish {
            account,
            days: self.asked_days(),
            continuation,
            after: self.mark.as_deref(),
        };
        Ok(bank.standard.page(bank, &caller, &self.permit(), &wish)?.url)
    }

    async fn page(
        &mut self,
        account_id: AccountId,
        account: &ObservedAccount,
        page: u32,
        continuation: Option<&str>,
        rows: &mut Vec<Read>,
    ) -> Result<(Option<String>, u32), SyncError> {
        let bank = self.bank;
        let standard = bank.bank.standard;
        let bank_reference = account.bank_reference.clone();
        let subject = Subject::Transactions { account_id, bank_reference, page };
        let mark = self.mark.clone();
        let wish =
            PageWish { account, days: self.asked_days(), continuation, after: mark.as_deref() };
        let make = |caller: &Caller<'_>, permit: &Permit<'_>| {
            standard.page(&bank.bank, caller, permit, &wish)
        };
        let (request, answer, request_id) = self.send(&subject, make).await?;
        match standard.read_page(&bank.bank, &request, account, &answer) {
            Ok(observed) => {
                let next = observed.continuation.clone();
                let number =
                    self.keep(subject, &request, &answer, request_id, next.clone()).await?;
                self.quarantine(number, &observed.quarantined).await?;
                if !observed.is_believable() {
                    // The call itself is in the log by its answer.
                    let (unread, read) = (observed.quarantined.len(), observed.transactions.len());
                    tracing::error!(fetch = %self.fetch_id, bank = %bank.bank.id, unread, read,
                        "too much of a page cannot be read; none of it is taken");
                    return Err(TOO_MUCH_UNREADABLE.into());
                }
                let unread = u32::try_from(observed.quarantined.len()).unwrap_or(u32::MAX);
                self.collect(number, &answer, observed.transactions, rows);
                Ok((next, unread))
            }
            Err(error) => {
                let call = Call { subject: &subject, request: &request, request_id: &request_id };
                self.note_refusal(&call, &error, &answer).await?;
                Err(error.into())
            }
        }
    }

    pub(super) fn collect(
        &self,
        answer_number: u32,
        answer: &BankAnswer,
        transactions: Vec<ObservedTransaction>,
        rows: &mut Vec<Read>,
    ) {
        let (fetch_id, received_at) = (self.fetch_id, answer.received_at);
        rows.extend(transactions.into_iter().zip(0..).map(|(observed, row)| Read {
            observed,
            evidence: Evidence { fetch_id, answer: answer_number, row, received_at },
        }));
    }
}
