//! The way back from a bank: every check before anything is believed, and each answer used once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::consent::{Consent, ConsentStatus};
use domain::id::ConsentId;
use domain::incident::{CallbackRefused, Incident, IncidentCommand};
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use crate::access::{AccessError, BankAccess};
use crate::app::App;
use crate::connectors::error::plain_code;
use crate::connectors::id_token::{Channel, ConsentClaim, IdTokenExpectation, VerifiedIdToken};
use crate::connectors::jarm::{self, JarmError, JarmExpectation};
use crate::connectors::{
    Attended, AuthorizationServer, BankError, CallbackAnswer, CallbackProblem, Secret,
    read_callback,
};
use crate::consent::{self, ConsentError};
use crate::ledger::{Actor, Cause, Owner};
use crate::settling::{self, Settled};
use crate::tokens::Holder;
use crate::vault::pending::{PendingAuthorization, Taken};
use crate::vault::sessions::Session;

mod exchange;
mod outcome;

pub use outcome::{Brought, CallbackError, Finished};
use outcome::{NO_CHANCE, here};

/// Name space of the hourly streams of refusals.
const INCIDENTS: Uuid = Uuid::from_u128(0x5d0a_11c9_41c6_4f0e_8a6d_3b1f_0e6c_9d21);

/// Works on what a browser brought back.
///
/// # Errors
/// [`CallbackError`]; each refusal is in the log with its code.
pub async fn finish(
    app: &Arc<App>,
    brought: Brought<'_>,
    attended: Option<Attended>,
) -> Result<Finished, CallbackError> {
    let bank = match app.access(brought.bank_id).await {
        Ok(bank) => bank,
        Err(AccessError::NotRegistered(_) | AccessError::UnknownBank(_)) => {
            incident(app, brought, "bank_unknown").await?;
            return Err(CallbackError::StateUnknown);
        }
        Err(error) => return Err(here(error)),
    };
    let read = read_callback(brought.query, brought.fragment, bank.bank.response_type);
    let answer = match read.map_err(CallbackProblem::code) {
        Ok(CallbackAnswer::Signed { response }) => open_signed(app, &bank, &response).await?,
        read => read,
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(code) => {
            incident(app, brought, code).await?;
            return Err(CallbackError::Malformed(code));
        }
    };
    let state = match &answer {
        CallbackAnswer::Granted { state, .. }
        | CallbackAnswer::Refused { state, .. }
        | CallbackAnswer::Returned { state, .. } => state,
        CallbackAnswer::Signed { .. } => return Err(CallbackError::Malformed("jarm_malformed")),
    };
    let pending = take(app, brought, state).await?;
    let holder = consent::holder(pending.consent_id, pending.user_id, brought.request_id);
    let trusted = Trusted { app, bank: &bank, brought, pending: &pending, holder };
    trusted.still_pending().await?;
    match &answer {
        CallbackAnswer::Refused { error, description, issuer, .. } => {
            trusted.check_issuer(issuer.as_deref()).await?;
            trusted.use_once(state).await?;
            trusted.refuse(error.clone(), description.clone()).await
        }
        CallbackAnswer::Returned { confirmation_code, turned_away, .. } => {
            trusted.use_once(state).await?;
            trusted.returned(confirmation_code.as_ref(), *turned_away, attended).await
        }
        CallbackAnswer::Granted { code, id_token, state, issuer } => {
            trusted.check_issuer(issuer.as_deref()).await?;
            let front = trusted.front(id_token.as_ref(), code, state).await?;
            trusted.use_once(state).await?;
            let position = trusted.exchange(code, front, attended.clone()).await?;
            settling::stands(app, holder, attended).await;
            Ok(finished("connected", pending.consent_id, position))
        }
        CallbackAnswer::Signed { .. } => Err(CallbackError::Malformed("jarm_malformed")),
    }
}

/// Opens a signed answer; an unknown key makes the bank's keys be fetched once more. The inner error is
/// the code of the rule it breaks.
async fn open_signed(
    app: &App,
    bank: &BankAccess,
    response: &Secret,
) -> Result<Result<CallbackAnswer, &'static str>, CallbackError> {
    let now = app.clock.now();
    let server = bank.bank.server()?;
    let expected = JarmExpectation {
        issuer: &server.issuer,
        client_id: bank.client.client_id.expose(),
        now,
        accepted_algorithms: &server.accepted_algorithms,
    };
    let keys = bank.public_keys(now, false).await?;
    let opened = match jarm::open(response.expose(), &keys, &expected) {
        Err(JarmError::UnknownKey) => {
            let keys = bank.public_keys(now, true).await?;
            jarm::open(response.expose(), &keys, &expected)
        }
        opened => opened,
    };
    Ok(opened.map_err(JarmError::code))
}

fn finished(outcome: &'static str, connection_id: ConsentId, position: u64) -> Finished {
    Finished { outcome, connection_id, position: position.to_string() }
}

/// Finds what a state stands for, and refuses all but the right browser, bank and time.
async fn take(
    app: &App,
    brought: Brought<'_>,
    state: &Secret,
) -> Result<PendingAuthorization, CallbackError> {
    let digest = brought.session.map(|session| session.digest.as_str());
    let taken = app.pending.look(state, brought.bank_id, digest).await.map_err(here)?;
    let (pending, code, error) = match taken {
        Taken::Good(pending) => return Ok(pending),
        Taken::Unknown => {
            incident(app, brought, "state_unknown").await?;
            return Err(CallbackError::StateUnknown);
        }
        Taken::OtherBrowser(pending) => (pending, "other_browser", CallbackError::OtherBrowser),
        Taken::OtherBank(pending) => (pending, "other_bank", CallbackError::StateUnknown),
        Taken::Ended(pending) => (pending, "answer_too_late", CallbackError::Ended),
        Taken::Used(pending) => (pending, "already_used", CallbackError::Used),
    };
    let holder = consent::holder(pending.consent_id, pending.user_id, brought.request_id);
    if !consent::reject_answer(app, holder, code, false).await.map_err(here)? {
        incident(app, brought, code).await?;
    }
    if matches!(error, CallbackError::Ended) {
        match consent::fail(app, holder, "abandoned").await {
            Ok(_) | Err(ConsentError::Ended) => {}
            Err(error) => return Err(here(error)),
        }
    }
    Err(error)
}

/// Notes a refusal that belongs to no pending consent.
async fn incident(app: &App, brought: Brought<'_>, code: &str) -> Result<(), CallbackError> {
    let hour = app.clock.now().timestamp() / 3600;
    let stream = StreamId::new(Category::Incident, Uuid::new_v5(&INCIDENTS, &hour.to_be_bytes()));
    let command = IncidentCommand::RefuseCallback(CallbackRefused {
        bank: plain_code(&brought.bank_id.0),
        code: code.to_owned(),
        request_id: brought.request_id.to_string(),
    });
    let cause = Cause::new(Actor::Service, brought.request_id);
    app.ledger
        .execute::<Incident>(stream, Owner::Platform, cause, command)
        .await
        .map(|_| ())
        .map_err(here)
}

/// An answer whose state is right.
struct Trusted<'a> {
    app: &'a Arc<App>,
    bank: &'a BankAccess,
    brought: Brought<'a>,
    pending: &'a PendingAuthorization,
    holder: Holder,
}

impl Trusted<'_> {
    /// A person can end a consent while they are at the bank: its code is not used then.
    async fn still_pending(&self) -> Result<(), CallbackError> {
        let stream = consent::stream(self.pending.consent_id);
        let consent = self.app.ledger.load::<Consent>(stream).await.map_err(here)?.aggregate;
        if consent.status == ConsentStatus::Pending {
            return Ok(());
        }
        incident(self.app, self.brought, "consent_not_pending").await?;
        Err(CallbackError::Ended)
    }

    async fn reject<T>(&self, code: &str, tokens_discarded: bool) -> Result<T, CallbackError> {
        consent::reject_answer(self.app, self.holder, code, tokens_discarded)
            .await
            .map_err(here)?;
        Err(CallbackError::NotTrusted(code.to_owned()))
    }

    /// RFC 9207, section 2.4: where an issuer is named it has to be this bank's, to the letter, and where
    /// the bank names it always it has to be there.
    async fn check_issuer(&self, issuer: Option<&str>) -> Result<(), CallbackError> {
        let server = self.bank.bank.server()?;
        match issuer {
            Some(issuer) if issuer != server.issuer => self.reject("issuer", false).await,
            None if server.issuer_in_answers => self.reject("issuer_missing", false).await,
            _ => Ok(()),
        }
    }

    async fn refuse(
        &self,
        code: String,
        description: Option<String>,
    ) -> Result<Finished, CallbackError> {
        match consent::refuse(self.app, self.holder, code, description).await {
            Ok(position) => Ok(finished("refused", self.pending.consent_id, position)),
            Err(ConsentError::Ended) => Err(CallbackError::Used),
            Err(error) => Err(here(error)),
        }
    }

    /// The browser is back and brought no proof: the bank says what came of it.
    async fn returned(
        &self,
        confirmation_code: Option<&Secret>,
        turned_away: bool,
        attended: Option<Attended>,
    ) -> Result<Finished, CallbackError> {
        let consent_id = self.pending.consent_id;
        let authorization_id = &self.pending.sent.authorization_id;
        if let (Some(code), Some(place)) = (confirmation_code, &self.pending.sent.confirmation)
            && let Err(error) = self.confirm(place, code, attended.clone()).await
        {
            self.give_up(error.code()).await?;
            return Err(error.into());
        }
        let (app, holder, bank) = (self.app, self.holder, self.bank);
        let settled = match turned_away {
            true => settling::settle(app, holder, bank, authorization_id, attended.clone()).await,
            false => {
                let attended = attended.clone();
                settling::settle_after_return(app, holder, bank, authorization_id, attended).await
            }
        };
        match settled {
            Ok(Settled::Granted { position }) => Ok(finished("connected", consent_id, position)),
            Ok(Settled::Refused { position }) => Ok(finished("refused", consent_id, position)),
            Ok(Settled::Waiting) if turned_away => {
                self.refuse("access_denied".to_owned(), None).await
            }
            // The right browser came back: from here on only the bank has something to say.
            Ok(Settled::Waiting) => {
                settling::watch(app, holder, bank.bank.id.clone(), attended);
                let position = app.ledger.log().head().await.map_err(here)?.position;
                Ok(finished("waiting", consent_id, position))
            }
            Err(ConsentError::Ended) => Err(CallbackError::Used),
            Err(ConsentError::Bank(error)) => {
                self.give_up(error.code()).await?;
                Err(error.into())
            }
            Err(error) => Err(here(error)),
        }
    }

    /// Shows the bank the code it sent along with the browser.
    async fn confirm(
        &self,
        place: &str,
        code: &Secret,
        attended: Option<Attended>,
    ) -> Result<(), BankError> {
        let caller = self.bank.caller(self.app, attended).map_err(|_| NO_CHANCE)?;
        let standard = self.bank.bank.standard;
        let request = standard.confirm(&self.bank.bank, &caller, place, code)?;
        standard.read_confirmed(&self.bank.transport.send(&request).await?)
    }

    async fn use_once(&self, state: &Secret) -> Result<(), CallbackError> {
        match self.app.pending.use_once(state).await.map_err(here)? {
            true => Ok(()),
            false => {
                incident(self.app, self.brought, "already_used").await?;
                Err(CallbackError::Used)
            }
        }
    }

    fn expectation<'a>(
        &'a self,
        server: &'a AuthorizationServer,
        channel: Channel,
        nonce: &'a Secret,
    ) -> IdTokenExpectation<'a> {
        IdTokenExpectation {
            channel,
            issuer: &server.issuer,
            client_id: self.bank.client.client_id.expose(),
            nonce: Some(nonce),
            now: self.app.clock.now(),
            accepted_algorithms: &server.accepted_algorithms,
            accepted_acr: &server.accepted_acr,
            authorization_id: &self.pending.sent.authorization_id,
            consent_claim: server.id_tokens.unwrap_or(ConsentClaim::AuthorizationId),
            max_age_seconds: server.max_age_seconds,
            code: None,
            state: None,
            access_token: None,
            refresh_token: None,
            require_at_hash: server.at_hash_required,
            expected_subject: None,
        }
    }

    /// Checks the token that came through the browser, before the code is used.
    async fn front(
        &self,
        token: Option<&Secret>,
        code: &Secret,
        state: &Secret,
    ) -> Result<Option<VerifiedIdToken>, CallbackError> {
        let Some(token) = token else { return Ok(None) };
        let nonce = Secret::new(self.pending.sent.nonce.as_str());
        let mut expected = self.expectation(self.bank.bank.server()?, Channel::Front, &nonce);
        expected.code = Some(code);
        expected.state = Some(state);
        match self.bank.verify_id_token(token, &expected).await? {
            Ok(verified) => Ok(Some(verified)),
            Err(error) => self.reject(error.code(), false).await,
        }
    }
}

/// When a session began, for the header that tells a bank so.
#[must_use]
pub fn signed_in_at(session: &Session) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(session.created_at).unwrap_or_default()
}
