//! The answers that a bank's windows were decided on, read as they are read today.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::account::Opened;
use domain::fetch::{Answered, FetchEvent, Subject};
use domain::id::FetchId;
use domain::observed::{Evidence, ObservedAccount};
use domain::plan::Days;
use domain::redecide::Seen;
use domain::stream::{Category, StreamId};

use super::RedecideError;
use crate::access::BankAccess;
use crate::app::App;
use crate::connectors::{BankAnswer, BankError, PageWish, Permit, Secret};
use crate::ledger::reading::Reader;

/// In place of a token: a request is made only to say at which address an answer was given, and is
/// never sent.
const NEVER_SENT: &str = "never sent";

/// The kept answers about one account.
pub(super) struct Answers<'a> {
    app: &'a App,
    opened: &'a Opened,
    /// None where this platform cannot call the bank any more.
    bank: Option<Arc<BankAccess>>,
}

impl<'a> Answers<'a> {
    pub(super) async fn of(app: &'a App, opened: &'a Opened) -> Self {
        Self { app, opened, bank: app.access(&opened.bank_id).await.ok() }
    }

    pub(super) fn references_promised(&self) -> u64 {
        self.bank.as_ref().map_or(0, |bank| bank.bank.references_promised)
    }

    /// The rows of the account's window in a run. None if they cannot be read again.
    pub(super) async fn rows(&self, fetch_id: FetchId) -> Result<Option<Vec<Seen>>, RedecideError> {
        let Some(bank) = &self.bank else { return Ok(None) };
        let stream = StreamId::new(Category::Fetch, fetch_id.0);
        let (mut rows, mut pages) = (Vec::new(), 0_u32);
        let mut events = Reader::of_stream(&**self.app.ledger.log(), stream, 0);
        while let Some((_, event)) = events.next_opened::<FetchEvent>(&self.app.keys).await? {
            let Some(event) = event else { return Ok(None) };
            let answered = match event {
                FetchEvent::WindowRead(read) if read.account_id == self.opened.account_id => {
                    return Ok(Some(rows));
                }
                FetchEvent::Answered(answered) => answered,
                _ => continue,
            };
            let Subject::Transactions { account_id, bank_reference, page } = &answered.subject
            else {
                continue;
            };
            if *account_id != self.opened.account_id {
                continue;
            }
            // The bank refused its own mark, and the window was read from its start.
            if *page == 0 {
                rows.clear();
            }
            pages += 1;
            match self.read(bank, fetch_id, &answered, bank_reference) {
                Ok(read) => rows.extend(read),
                Err(_) => return Ok(None),
            }
        }
        // The run was decided, and died before it said so.
        Ok((pages > 0).then_some(rows))
    }

    fn read(
        &self,
        bank: &BankAccess,
        fetch_id: FetchId,
        answered: &Answered,
        bank_reference: &str,
    ) -> Result<Vec<Seen>, BankError> {
        let unreadable = BankError::Unreadable { what: "kept answer" };
        let body = STANDARD.decode(&answered.body).map_err(|_| unreadable.clone())?;
        let mut answer = BankAnswer::replayed(answered.status, body, answered.received_at);
        answer.sent_at = answered.sent_at;
        let account = self.account(bank_reference);
        let caller = bank.caller(self.app, None).map_err(|_| unreadable)?;
        let token = Secret::from(NEVER_SENT);
        let permit = Permit { token: Some(&token), authorization_id: NEVER_SENT };
        // Some banks take no request without days; which ones changes nothing in how an answer is read.
        let day = answered.received_at.date_naive();
        let days = Some(Days { from: day, to: day });
        let wish = PageWish { account: &account, days, continuation: None, after: None };
        let standard = bank.bank.standard;
        let request = standard.page(&bank.bank, &caller, &permit, &wish)?;
        let page = standard.read_page(&bank.bank, &request, &account, &answer)?;
        if !page.is_believable() {
            // None of its rows was taken.
            return Ok(Vec::new());
        }
        let seen = page.transactions.into_iter().zip(0..).map(|(observed, row)| {
            let Answered { answer, received_at, .. } = *answered;
            Seen { observed, evidence: Evidence { fetch_id, answer, row, received_at } }
        });
        Ok(seen.collect())
    }

    /// The account as a page of its rows was asked for.
    fn account(&self, bank_reference: &str) -> ObservedAccount {
        let Opened { kind, identifier, currency, name, owner, servicer, .. } = self.opened;
        ObservedAccount {
            bank_reference: bank_reference.to_owned(),
            kind: *kind,
            identifier: identifier.clone(),
            currency: *currency,
            name: name.clone(),
            owner: owner.clone(),
            servicer: servicer.clone(),
            balances: Vec::new(),
        }
    }
}
