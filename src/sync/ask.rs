//! One call of a run: allowed before it is made, noted when it fails, made again where that helps.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::fetch::{CallFailed, FetchCommand, NEVER_SENT, OUTCOME_UNKNOWN, Subject};
use domain::plan::{Access, Resource};

use super::run::Run;
use super::{SyncError, execute};
use crate::connectors::{BankAnswer, BankError, BankRequest, Caller, Endpoint, Permit};
use crate::tokens;

/// A call, for the notes about it.
pub(super) struct Call<'a> {
    pub subject: &'a Subject,
    pub request: &'a BankRequest,
    pub request_id: &'a str,
}

/// Whether a call is an access of its own: further pages belong to that of the first, and what an account is
/// to that of the list which names it.
fn is_access(subject: &Subject) -> bool {
    !matches!(subject, Subject::Transactions { page: 1.., .. } | Subject::Details { .. })
}

/// What an access counts for.
fn resource(subject: &Subject, endpoint: Endpoint) -> Resource {
    let account_id = match subject {
        Subject::Transactions { account_id, .. } | Subject::Balances { account_id } => {
            Some(*account_id)
        }
        Subject::Accounts | Subject::Cards | Subject::Details { .. } => None,
    };
    Resource::new(endpoint.name(), account_id)
}

impl Run<'_> {
    /// Sends a request made with the current token; a token that is refused is replaced once, and a
    /// call that may pass is made again. Each call that was made is noted.
    pub(super) async fn send(
        &mut self,
        subject: &Subject,
        make: impl Fn(&Caller<'_>, &Permit<'_>) -> Result<BankRequest, BankError>,
    ) -> Result<(BankRequest, BankAnswer, String), SyncError> {
        let (mut tries, mut renewed) = (0, false);
        loop {
            if *self.app.stopping.borrow() {
                return Err(SyncError::Stopping);
            }
            let caller = self.caller()?;
            let request_id = caller.interaction_id.to_string();
            let request = make(&caller, &self.permit())?;
            drop(caller);
            self.may_ask(subject, &request).await?;
            let call = Call { subject, request: &request, request_id: &request_id };
            let sent_at = self.app.clock.now();
            let outcome = self.bank.transport.send_once(&request, tries == 0).await;
            tries += 1;
            if let Ok(answer) = &outcome
                && self.bank.bank.standard.is_about_token(answer)
                && !renewed
                && let Some(refused) = &self.token
            {
                self.note_refusal(&call, &BankError::TokenExpired, answer).await?;
                let (app, bank, holder) = (self.app, self.bank, self.holder);
                let next = tokens::access_token_after(app, bank, holder, refused).await?;
                self.token = Some(next);
                renewed = true;
                continue;
            }
            // Without the person a second try is a second access, and left to the planner.
            let scarce = request.attended.is_none() && is_access(subject);
            let again =
                if scarce { None } else { self.bank.transport.again(tries, &request, &outcome) };
            match (outcome, again) {
                (Ok(answer), None) => return Ok((request, answer, request_id)),
                (Ok(answer), Some(wait)) => {
                    let ill = BankError::Refused { status: answer.status, code: "none".to_owned() };
                    self.note_refusal(&call, &ill, &answer).await?;
                    self.pause(wait).await?;
                }
                (Err(error), again) => {
                    self.note_failure(&call, &error, None, Some(sent_at), None).await?;
                    let Some(wait) = again else { return Err(error.into()) };
                    self.pause(wait).await?;
                }
            }
        }
    }

    /// Waits, unless the service stops.
    async fn pause(&self, wait: Duration) -> Result<(), SyncError> {
        let mut stopping = self.app.stopping.subscribe();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => Err(SyncError::Stopping),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// Counts an access before it is made, if it is allowed.
    async fn may_ask(&mut self, subject: &Subject, request: &BankRequest) -> Result<(), SyncError> {
        let unknown = std::mem::take(&mut self.taken_up);
        if !is_access(subject) {
            return Ok(());
        }
        let resource = resource(subject, request.endpoint);
        let (now, attended) = (self.app.clock.now(), request.attended.is_some());
        if unknown {
            self.budgets.note(resource.clone(), Access { at: now, attended: false });
            self.note_unknown(subject, request, now).await?;
        }
        let allowed = self.budgets.one(&resource).allows(attended, now);
        allowed.map_err(|denied| SyncError::AllowanceSpent { until: denied.until })?;
        self.budgets.note(resource, Access { at: now, attended });
        Ok(())
    }

    /// Notes the call that this run's last process may have made just before it died.
    async fn note_unknown(
        &self,
        subject: &Subject,
        request: &BankRequest,
        now: DateTime<Utc>,
    ) -> Result<(), SyncError> {
        let failed = CallFailed {
            subject: subject.clone(),
            endpoint: request.endpoint.name().to_owned(),
            request_id: String::new(),
            code: OUTCOME_UNKNOWN.to_owned(),
            status: None,
            attended: false,
            sent_at: Some(now),
            retry_after_seconds: None,
        };
        let command = FetchCommand::NoteFailure(failed);
        execute(self.app, self.holder, self.fetch_id, command).await.map(|_| ())
    }

    /// Notes an answer that is of no use.
    pub(super) async fn note_refusal(
        &self,
        call: &Call<'_>,
        error: &BankError,
        answer: &BankAnswer,
    ) -> Result<(), SyncError> {
        let sent_at = Some(answer.sent_at);
        self.note_failure(call, error, Some(answer.status), sent_at, answer.retry_after).await
    }

    async fn note_failure(
        &self,
        call: &Call<'_>,
        error: &BankError,
        status: Option<u16>,
        sent_at: Option<DateTime<Utc>>,
        retry_after: Option<Duration>,
    ) -> Result<(), SyncError> {
        let code = error.code();
        let seconds = retry_after.map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX));
        let failed = CallFailed {
            subject: call.subject.clone(),
            endpoint: call.request.endpoint.name().to_owned(),
            request_id: call.request_id.to_owned(),
            code: code.to_owned(),
            status,
            attended: call.request.attended.is_some(),
            sent_at: sent_at.filter(|_| !NEVER_SENT.contains(&code)),
            retry_after_seconds: seconds,
        };
        let command = FetchCommand::NoteFailure(failed);
        execute(self.app, self.holder, self.fetch_id, command).await.map(|_| ())
    }
}
