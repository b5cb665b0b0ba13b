//! One run, from the list of accounts to the last page.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{NaiveDate, TimeDelta};
use domain::consent::Consent;
use domain::fetch::{
    Answered, Fetch, FetchCommand, FetchCompleted, FetchEvent, PagesRead, RowsQuarantined, Subject,
    WindowRead,
};
use domain::id::{AccountId, FetchId};
use domain::observed::{
    AccountKind, Evidence, ObservedAccount, ObservedTransaction, QuarantinedRow,
};
use domain::reconcile::Window;

use domain::plan::{Budgets, Days};

use super::ask::Call;
use super::{Begun, SyncError, execute, record, stream};
use crate::access::BankAccess;
use crate::app::App;
use crate::connectors::{
    Attended, BankAnswer, BankError, BankRequest, Caller, Endpoint, ObservedAccounts, PageWish,
    Permit, Secret,
};
use crate::consent;
use crate::planner;
use crate::tokens::{self, Holder};
use crate::vault::crypto::sha256_hex;

/// How long after the person's request a call may still say that they are present.
const PRESENT_FOR: TimeDelta = TimeDelta::minutes(5);
/// Most pages of one account.
const MOST_PAGES: usize = 2_000;

/// A page of which too much cannot be read.
pub(super) const TOO_MUCH_UNREADABLE: BankError = BankError::Unreadable { what: "most of a page" };

/// A row with the place it was read at.
pub(super) struct Read {
    pub observed: ObservedTransaction,
    pub evidence: Evidence,
}

/// Everything one run needs.
pub(super) struct Run<'a> {
    pub app: &'a App,
    pub bank: &'a BankAccess,
    pub holder: Holder,
    pub fetch_id: FetchId,
    attended: Option<Attended>,
    attended_until: chrono::DateTime<chrono::Utc>,
    /// The person's token. None at a bank that gives out none.
    pub token: Option<Secret>,
    /// The bank's name for the consent.
    authorization_id: String,
    /// What the bank still allows; holds while the run has its lease.
    pub budgets: Budgets,
    /// The days the bank can be trusted to show whole.
    days: Option<Days>,
    /// Whether the process that began this run may have sent a call that nobody noted.
    pub taken_up: bool,
}

/// Runs, or goes on with, a fetch.
pub(super) async fn run(app: &Arc<App>, holder: Holder, begun: Begun) -> Result<(), SyncError> {
    let Begun { fetch_id, attended, taken_up } = begun;
    let fetch = app.ledger.load::<Fetch>(stream(fetch_id)).await?.aggregate;
    if fetch.over {
        return Ok(());
    }
    let started = fetch.started.clone();
    let started = started.ok_or_else(|| SyncError::Refused("the run never began".to_owned()))?;
    let bank = app.access(&started.bank_id).await?;
    let token = match bank.bank.server {
        Some(_) => Some(tokens::access_token(app, &bank, holder).await?),
        None => None,
    };
    let consent = app.ledger.load::<Consent>(consent::stream(holder.consent_id)).await?.aggregate;
    let authorization_id = consent.authorization_id.unwrap_or_default();
    let attended_until = app.clock.now() + PRESENT_FOR;
    let (budgets, days) = planner::before_a_run(app, &bank.bank, holder.consent_id).await?;
    let mut run = Run {
        app,
        bank: &bank,
        holder,
        fetch_id,
        attended,
        attended_until,
        token,
        authorization_id,
        budgets,
        days,
        taken_up,
    };
    let mut accounts = run.accounts(&fetch).await?;
    let (mut rows_seen, mut rows_new, mut read, mut dead) = (0, 0, 0_u32, None);
    for account in &mut accounts {
        run.balances(&fetch, account).await?;
        let account_id = record::observe(&run, account).await?;
        let window = match run.account(account_id, account).await {
            // Others may still be read.
            Err(SyncError::AllowanceSpent { .. }) => {
                read += 1;
                continue;
            }
            Err(SyncError::Bank(error)) if about_one_account(&error) => {
                tracing::warn!(fetch = %fetch_id, account = %account_id, code = error.code(),
                    "an account cannot be read; the run goes on with the others");
                dead = Some(error);
                continue;
            }
            window => window?,
        };
        read += 1;
        rows_seen += window.rows_seen;
        rows_new += window.rows_new;
    }
    if let Some(error) = dead.filter(|_| read == 0) {
        return Err(error.into());
    }
    let completed = FetchCompleted { accounts: read, rows_seen, rows_new };
    execute(app, holder, fetch_id, FetchCommand::Complete(completed)).await?;
    Ok(())
}

/// Whether a refusal of one account's rows, after the lists were given, leaves the others readable.
/// Where no account can be read it counts for the whole consent.
pub(super) fn about_one_account(error: &BankError) -> bool {
    match error {
        BankError::TokenExpired | BankError::Unreadable { .. } => true,
        BankError::Refused { status, .. } => (400..500).contains(status),
        _ => false,
    }
}

/// Whether a later page that fails so is left out, and those before it are kept.
fn cuts_short(error: &SyncError) -> bool {
    match error {
        SyncError::Bank(BankError::Unreadable { .. } | BankError::AnswerTooLarge { .. }) => true,
        SyncError::Bank(BankError::Refused { status, .. }) => (400..500).contains(status),
        _ => false,
    }
}

/// What the pages of an account held.
#[derive(Default)]
struct Turned {
    rows: Vec<Read>,
    quarantined: u32,
    /// Whether they came to their end.
    whole: bool,
}

impl Run<'_> {
    pub(super) fn caller(&self) -> Result<Caller<'_>, SyncError> {
        // A long run outlives the person's presence; later calls must not claim it.
        let present = self.app.clock.now() < self.attended_until;
        let attended = self.attended.clone().filter(|_| present);
        Ok(self.bank.caller(self.app, attended)?)
    }

    /// What opens the accounts.
    pub(super) fn permit(&self) -> Permit<'_> {
        Permit { token: self.token.as_ref(), authorization_id: &self.authorization_id }
    }

    /// The days to ask the bank for, where it is asked for days.
    pub(super) fn asked_days(&self) -> Option<Days> {
        self.days.filter(|_| self.bank.bank.days_in_query)
    }

    /// Keeps an answer as it came; tells its number.
    pub(super) async fn keep(
        &self,
        subject: Subject,
        request: &BankRequest,
        answer: &BankAnswer,
        request_id: String,
        continuation: Option<String>,
    ) -> Result<u32, SyncError> {
        let number = self.app.ledger.load::<Fetch>(stream(self.fetch_id)).await?.aggregate.answers;
        let answered = Answered {
            answer: number,
            subject,
            endpoint: request.endpoint.name().to_owned(),
            request_id,
            bank_request_id: answer.bank_request_id.clone(),
            status: answer.status,
            attended: request.attended.is_some(),
            certificate_fingerprint: self.bank.certificate.fingerprint.clone(),
            sent_at: answer.sent_at,
            received_at: answer.received_at,
            body_digest: sha256_hex(&answer.body),
            body: STANDARD.encode(&answer.body),
            continuation,
        };
        let command = FetchCommand::KeepAnswer(answered);
        execute(self.app, self.holder, self.fetch_id, command).await?;
        Ok(number)
    }

    pub(super) async fn quarantine(
        &self,
        answer: u32,
        rows: &[QuarantinedRow],
    ) -> Result<(), SyncError> {
        if rows.is_empty() {
            return Ok(());
        }
        let command = FetchCommand::Quarantine(RowsQuarantined { answer, rows: rows.to_vec() });
        execute(self.app, self.holder, self.fetch_id, command).await.map(|_| ())
    }

    /// The accounts and cards of the consent: from the answers kept, or from the bank.
    async fn accounts(&mut self, fetch: &Fetch) -> Result<Vec<ObservedAccount>, SyncError> {
        let standard = self.bank.bank.standard;
        let caller = self.caller()?;
        let endpoints: Vec<Endpoint> = standard
            .list_accounts(&self.bank.bank, &caller, &self.permit())?
            .iter()
            .map(|request| request.endpoint)
            .collect();
        drop(caller);
        let mut accounts = Vec::new();
        for endpoint in endpoints {
            let (subject, kept) = match endpoint {
                Endpoint::Cards => (Subject::Cards, fetch.cards_answer),
                _ => (Subject::Accounts, fetch.accounts_answer),
            };
            let observed = match kept {
                Some(number) => {
                    let answer = self.kept(number).await?.1;
                    standard.read_accounts(&self.bank.bank, endpoint, &answer)?
                }
                None => self.list(endpoint, subject).await?,
            };
            accounts.extend(observed.accounts);
            accounts.extend(self.named(fetch, &observed.named).await?);
        }
        Ok(accounts)
    }

    async fn list(
        &mut self,
        endpoint: Endpoint,
        subject: Subject,
    ) -> Result<ObservedAccounts, SyncError> {
        let bank = self.bank;
        let standard = bank.bank.standard;
        let make = |caller: &Caller<'_>, permit: &Permit<'_>| {
            let requests = standard.list_accounts(&bank.bank, caller, permit)?;
            let ours = requests.into_iter().find(|request| request.endpoint == endpoint);
            ours.ok_or(BankError::NotSent { what: "endpoint" })
        };
        let (request, answer, request_id) = self.send(&subject, make).await?;
        match standard.read_accounts(&bank.bank, endpoint, &answer) {
            Ok(observed) => {
                let number = self.keep(subject, &request, &answer, request_id, None).await?;
                self.quarantine(number, &observed.quarantined).await?;
                Ok(observed)
            }
            Err(error) => {
                let call = Call { subject: &subject, request: &request, request_id: &request_id };
                self.note_refusal(&call, &error, &answer).await?;
                Err(error.into())
            }
        }
    }

    /// Reads one account's window to its end and records what is new in it.
    async fn account(
        &mut self,
        account_id: AccountId,
        account: &ObservedAccount,
    ) -> Result<WindowRead, SyncError> {
        let fetch = self.app.ledger.load::<Fetch>(stream(self.fetch_id)).await?.aggregate;
        let pages = fetch.pages.into_iter().find(|pages| pages.account_id == account_id);
        if let Some(window) = self.decided(account_id, pages.as_ref()).await? {
            return Ok(window);
        }
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
        let read = record::WindowOfRows { account_id, rows: &rows, window };
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
    fn last_day(&self, rows: &[Read]) -> NaiveDate {
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
    async fn turn(
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
        let wish = PageWish { account, days: self.asked_days(), continuation, after: None };
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
        let wish = PageWish { account, days: self.asked_days(), continuation, after: None };
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

/// What an account is recognised by over all consents: its IBAN, or for a card its masked number
/// and product, and the currency. Never the bank's reference.
pub(super) fn lasting_identity(bank_id: &str, account: &ObservedAccount) -> String {
    let currency = account.currency;
    match account.kind {
        AccountKind::Card => {
            format!("card|{bank_id}|{}|{}|{currency}", account.identifier, account.name)
        }
        _ => format!("iban|{}|{currency}", account.identifier),
    }
}
