//! One run, from the list of accounts to the last page.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use domain::consent::Consent;
use domain::designated::{Designated, covers, covers_name};
use domain::fetch::{
    AccountsLeftOut, Answered, Fetch, FetchCommand, FetchCompleted, RowsQuarantined, Subject,
};
use domain::id::FetchId;
use domain::observed::{
    AccountKind, Evidence, ObservedAccount, ObservedTransaction, QuarantinedRow,
};
use domain::plan::{Budgets, Days};

use super::ask::Call;
use super::{Begun, SyncError, execute, record, stream};
use crate::access::BankAccess;
use crate::app::App;
use crate::connectors::{
    Attended, BankAnswer, BankError, BankRequest, Caller, Endpoint, ObservedAccounts, Permit,
    Secret,
};
use crate::consent;
use crate::identity::card_identity;
use crate::planner;
use crate::tokens::{self, Holder};
use crate::vault::crypto::sha256_hex;

/// How long after the person's request a call may still say that they are present.
const PRESENT_FOR: TimeDelta = TimeDelta::minutes(5);

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
    /// The accounts the consent is for; none where only the bank's list says which.
    designated: Vec<Designated>,
    /// Cards of this run's lists that only their product tells apart.
    pub twins: HashSet<String>,
    /// What the bank still allows; holds while the run has its lease.
    pub budgets: Budgets,
    /// The days the bank can be trusted to show whole.
    pub days: Option<Days>,
    /// The reference after which rows are asked for, while that is done.
    pub mark: Option<String>,
    /// Whether the process that began this run may have sent a call that nobody noted.
    pub taken_up: bool,
}

/// Runs, or goes on with, a fetch.
pub(super) async fn run(app: &Arc<App>, holder: Holder, begun: Begun) -> Result<(), SyncError> {
    let Begun { fetch_id, attended, taken_up, .. } = begun;
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
        designated: consent.designated,
        twins: HashSet::new(),
        budgets,
        days,
        mark: None,
        taken_up,
    };
    let mut accounts = run.accounts(&fetch).await?;
    run.twins = twins(bank.bank.bic, &accounts);
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

/// What cards are recognised by that a list shows more than once.
fn twins(bic: &str, accounts: &[ObservedAccount]) -> HashSet<String> {
    let cards = accounts.iter().filter(|account| account.kind == AccountKind::Card);
    let mut seen = HashSet::new();
    cards
        .filter_map(|card| card_identity(bic, card))
        .filter(|id| !seen.insert(id.clone()))
        .collect()
}

/// Whether a refusal of one account's rows, after the lists were given, leaves the others readable.
/// Where no account can be read it counts for the whole consent.
pub(super) fn about_one_account(error: &BankError) -> bool {
    match error {
        BankError::TokenExpired | BankError::Unreadable { .. } | BankError::NotCovered { .. } => {
            true
        }
        BankError::Refused { status, .. } => (400..500).contains(status),
        _ => false,
    }
}

impl Run<'_> {
    pub(super) fn caller(&self) -> Result<Caller<'_>, SyncError> {
        // A long run outlives the person's presence; later calls must not claim it.
        let present = self.app.clock.now() < self.attended_until;
        let attended = self.attended.clone().filter(|_| present);
        Ok(self.bank.caller(self.app, attended)?)
    }

    /// Whether the person asked for this run.
    pub(super) fn is_attended(&self) -> bool {
        self.attended.is_some()
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
                let listed = observed.accounts.len() + observed.named.len();
                let covered = self.covered(observed);
                let left_out = listed - covered.accounts.len() - covered.named.len();
                if left_out > 0 {
                    let call =
                        Call { subject: &subject, request: &request, request_id: &request_id };
                    self.leave_out(&call, &answer, left_out).await?;
                    return Ok(covered);
                }
                let number = self.keep(subject, &request, &answer, request_id, None).await?;
                self.quarantine(number, &covered.quarantined).await?;
                Ok(covered)
            }
            Err(error) => {
                let call = Call { subject: &subject, request: &request, request_id: &request_id };
                self.note_refusal(&call, &error, &answer).await?;
                Err(error.into())
            }
        }
    }
}

impl Run<'_> {
    /// What of a list the consent is for.
    fn covered(&self, mut observed: ObservedAccounts) -> ObservedAccounts {
        observed.accounts.retain(|account| covers(&self.designated, account));
        observed.named.retain(|reference| covers_name(&self.designated, reference));
        observed
    }

    /// Notes that a list told of more accounts than the consent is for. The list is not kept, so a run that
    /// dies asks for it again.
    async fn leave_out(
        &self,
        call: &Call<'_>,
        answer: &BankAnswer,
        left_out: usize,
    ) -> Result<(), SyncError> {
        let accounts = u32::try_from(left_out).unwrap_or(u32::MAX);
        tracing::error!(fetch = %self.fetch_id, bank = %self.bank.bank.id, accounts,
            "the bank told of accounts that the consent does not cover; they are left out");
        let error = BankError::NotCovered { what: "list of accounts" };
        self.note_refusal(call, &error, answer).await?;
        let left = AccountsLeftOut {
            subject: call.subject.clone(),
            accounts,
            request_id: call.request_id.to_owned(),
            body_digest: sha256_hex(&answer.body),
        };
        execute(self.app, self.holder, self.fetch_id, FetchCommand::LeaveOut(left)).await?;
        Ok(())
    }
}
