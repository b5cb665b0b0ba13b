//! The way back from a bank: every check before anything is believed, and each answer used once.

use chrono::{DateTime, Utc};
use domain::consent::{Consent, ConsentCommand, ConsentStatus, Granted};
use domain::id::{BankId, ConsentId};
use domain::incident::{CallbackRefused, Incident, IncidentCommand};
use domain::stream::{Category, StreamId};
use serde::Serialize;
use uuid::Uuid;

use crate::access::{AccessError, BankAccess};
use crate::app::App;
use crate::connectors::error::plain_code;
use crate::connectors::id_token::{
    self, Channel, IdTokenError, IdTokenExpectation, VerifiedIdToken,
};
use crate::connectors::{
    Attended, BankError, CallbackAnswer, Caller, Secret, Tokens, read_callback,
};
use crate::consent::{self, ConsentError};
use crate::ledger::{Actor, Cause, Owner};
use crate::renewal;
use crate::sync;
use crate::tokens::{self, Holder, TokenError};
use crate::vault::crypto::sha256_hex;
use crate::vault::pending::{PendingAuthorization, Taken};
use crate::vault::sessions::Session;

/// Name space of the hourly streams of refusals.
const INCIDENTS: Uuid = Uuid::from_u128(0x5d0a_11c9_41c6_4f0e_8a6d_3b1f_0e6c_9d21);

/// What a browser brought back.
#[derive(Clone, Copy, Debug)]
pub struct Brought<'a> {
    /// Whose address it came to.
    pub bank_id: &'a BankId,
    /// The query, without `?`.
    pub query: &'a str,
    /// The fragment, without `#`.
    pub fragment: &'a str,
    /// The session of the browser.
    pub session: Option<&'a Session>,
    /// The name of the request here.
    pub request_id: Uuid,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finished {
    /// `connected` or `refused`.
    pub outcome: &'static str,
    /// Which consent.
    pub connection_id: ConsentId,
    /// The position of the last event, as text.
    pub position: String,
}

/// Why an answer is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// It is not an answer at all.
    #[error("the address is not a complete answer of a bank ({0})")]
    Malformed(&'static str),
    /// Its state was never issued, or to another bank.
    #[error("this answer was not asked for")]
    StateUnknown,
    /// It belongs to another browser or person.
    #[error("this answer belongs to another browser")]
    OtherBrowser,
    /// It came too late.
    #[error("this answer came too late")]
    Ended,
    /// It was used before.
    #[error("this answer was used before")]
    Used,
    /// A check failed.
    #[error("the bank's answer is not trusted ({0})")]
    NotTrusted(String),
    /// The bank failed.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// Something of ours failed.
    #[error("the answer could not be worked on: {0}")]
    Here(String),
}

impl CallbackError {
    /// The stable code the page words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::StateUnknown => "state_unknown",
            Self::OtherBrowser => "other_browser",
            Self::Ended => "expired",
            Self::Used => "already_used",
            Self::NotTrusted(_) => "answer_not_trusted",
            Self::Bank(_) => "bank_error",
            Self::Here(_) => "internal",
        }
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Ended => 410,
            Self::Used => 409,
            Self::Bank(_) => 502,
            Self::Here(_) => 500,
            _ => 400,
        }
    }
}

fn here(error: impl std::fmt::Display) -> CallbackError {
    CallbackError::Here(error.to_string())
}

/// Works on what a browser brought back.
///
/// # Errors
/// [`CallbackError`]; each refusal is in the log with its code.
pub async fn finish(
    app: &std::sync::Arc<App>,
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
    let answer = match read_callback(brought.query, brought.fragment, bank.bank.response_type) {
        Ok(answer) => answer,
        Err(problem) => {
            incident(app, brought, problem.code()).await?;
            return Err(CallbackError::Malformed(problem.code()));
        }
    };
    let state = match &answer {
        CallbackAnswer::Granted { state, .. } | CallbackAnswer::Refused { state, .. } => state,
    };
    let pending = take(app, brought, state).await?;
    let holder = consent::holder(pending.consent_id, pending.user_id, brought.request_id);
    let trusted = Trusted { app, bank: &bank, brought, pending: &pending, holder };
    trusted.still_pending().await?;
    match &answer {
        CallbackAnswer::Refused { error, description, issuer, .. } => {
            trusted.check_issuer(issuer.as_deref()).await?;
            trusted.use_once(state).await?;
            let refused = consent::refuse(app, holder, error.clone(), description.clone());
            let position = match refused.await {
                Ok(position) => position,
                Err(ConsentError::Ended) => return Err(CallbackError::Used),
                Err(error) => return Err(here(error)),
            };
            Ok(finished("refused", pending.consent_id, position))
        }
        CallbackAnswer::Granted { code, id_token, state, issuer } => {
            trusted.check_issuer(issuer.as_deref()).await?;
            let front = trusted.front(id_token.as_ref(), code, state).await?;
            trusted.use_once(state).await?;
            let position = trusted.exchange(code, front, attended.clone()).await?;
            if let Err(error) = renewal::supersede(app, holder).await {
                tracing::warn!(cause = %error, "a renewed consent is ended by the next round");
            }
            sync::start(app, holder, sync::Purpose::FirstRead, attended).await.map_err(here)?;
            Ok(finished("connected", pending.consent_id, position))
        }
    }
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
    app: &'a App,
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

    /// RFC 9207, section 2.4: where an issuer is named it has to be this bank's, to the letter.
    async fn check_issuer(&self, issuer: Option<&str>) -> Result<(), CallbackError> {
        match issuer {
            Some(issuer) if issuer != self.bank.bank.issuer => self.reject("issuer", false).await,
            _ => Ok(()),
        }
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

    fn expectation<'a>(&'a self, channel: Channel, nonce: &'a Secret) -> IdTokenExpectation<'a> {
        let bank = &self.bank.bank;
        IdTokenExpectation {
            channel,
            issuer: &bank.issuer,
            client_id: self.bank.client.client_id.expose(),
            nonce: Some(nonce),
            now: self.app.clock.now(),
            accepted_algorithms: &bank.accepted_algorithms,
            accepted_acr: &bank.accepted_acr,
            authorization_id: &self.pending.sent.authorization_id,
            max_age_seconds: bank.max_age_seconds,
            code: None,
            state: None,
            access_token: None,
            refresh_token: None,
            require_at_hash: bank.at_hash_required,
            expected_subject: None,
        }
    }

    /// Verifies a token; an unknown key makes the bank's keys be fetched once more.
    async fn verify(
        &self,
        token: &Secret,
        expected: &IdTokenExpectation<'_>,
    ) -> Result<Result<VerifiedIdToken, IdTokenError>, CallbackError> {
        let now = self.app.clock.now();
        let keys = self.bank.public_keys(now, false).await?;
        Ok(match id_token::verify(token.expose(), &keys, expected) {
            Err(IdTokenError::UnknownKey) => {
                let keys = self.bank.public_keys(now, true).await?;
                id_token::verify(token.expose(), &keys, expected)
            }
            other => other,
        })
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
        let mut expected = self.expectation(Channel::Front, &nonce);
        expected.code = Some(code);
        expected.state = Some(state);
        match self.verify(token, &expected).await? {
            Ok(verified) => Ok(Some(verified)),
            Err(error) => self.reject(error.code(), false).await,
        }
    }

    /// Exchanges the code and, if what comes back can be believed, lets the consent stand.
    async fn exchange(
        &self,
        code: &Secret,
        front: Option<VerifiedIdToken>,
        attended: Option<Attended>,
    ) -> Result<u64, CallbackError> {
        let tokens = match self.ask(code, attended).await {
            Ok(tokens) => tokens,
            Err(error) => {
                self.give_up(error.code()).await?;
                return Err(error.into());
            }
        };
        let back = self.back(&tokens, front.as_ref()).await?;
        let best = back.or(front);
        let granted = Granted {
            authentication_context: best.as_ref().map(|token| token.acr.clone()),
            authenticated_at: best.map_or(self.app.clock.now(), |token| token.issued_at),
            id_token_digest: tokens
                .id_token
                .as_ref()
                .map(|token| sha256_hex(token.expose().as_bytes())),
            scope: tokens.scope.clone(),
        };
        match tokens::keep_first(self.app, self.holder, &tokens).await {
            Ok(()) => {}
            Err(TokenError::None) => return Err(CallbackError::Used),
            Err(error) => return Err(here(error)),
        }
        let grant = ConsentCommand::Grant(granted);
        match consent::execute(self.app, self.holder, Actor::Bank, grant).await {
            Ok(done) => Ok(done.position),
            // It ended while the bank was asked, and the bank is told of that: no token may stay.
            Err(ConsentError::Ended) => {
                tokens::destroy(self.app, self.holder, "consent_ended").await.map_err(here)?;
                incident(self.app, self.brought, "consent_not_pending").await?;
                Err(CallbackError::Ended)
            }
            Err(error) => Err(here(error)),
        }
    }

    async fn ask(&self, code: &Secret, attended: Option<Attended>) -> Result<Tokens, BankError> {
        let interaction_id =
            self.app.chance.uuid().map_err(|_| BankError::NotSent { what: "no_chance" })?;
        let caller = Caller { client: &self.bank.client, interaction_id, attended };
        let (bank, standard) = (&self.bank.bank, self.bank.bank.standard);
        let redirect_uri = &self.pending.sent.redirect_uri;
        let request = standard.exchange_code(bank, &caller, code, redirect_uri);
        let answer = self.bank.transport.send(&request).await?;
        standard.read_tokens(&answer, standard.consent_scope())
    }

    /// Checks the token of the token endpoint. Where it cannot be believed, what came is thrown away
    /// and the bank is asked to end the authorization.
    async fn back(
        &self,
        tokens: &Tokens,
        front: Option<&VerifiedIdToken>,
    ) -> Result<Option<VerifiedIdToken>, CallbackError> {
        let nonce = Secret::new(self.pending.sent.nonce.as_str());
        let verified = match &tokens.id_token {
            None => Err("id_token_missing"),
            Some(token) => {
                let mut expected = self.expectation(Channel::Back, &nonce);
                expected.access_token = Some(&tokens.access);
                expected.refresh_token = tokens.refresh.as_ref();
                expected.expected_subject = front.map(|front| front.subject.as_str());
                match self.verify(token, &expected).await {
                    Ok(verified) => verified.map_err(IdTokenError::code),
                    // The code is used up: what cannot be checked now cannot be checked later.
                    Err(error) => {
                        self.give_up("bank_keys_unavailable").await?;
                        return Err(error);
                    }
                }
            }
        };
        match verified {
            Ok(verified) => Ok(Some(verified)),
            Err(code) => {
                let rejected = self.reject(code, true).await;
                self.give_up(code).await?;
                rejected
            }
        }
    }

    /// Ends a consent that cannot come to stand any more, here and, if it can be had, at the bank.
    async fn give_up(&self, code: &str) -> Result<(), CallbackError> {
        match consent::fail(self.app, self.holder, code).await {
            Ok(_) | Err(ConsentError::Ended) => {}
            Err(error) => return Err(here(error)),
        }
        let authorization_id = &self.pending.sent.authorization_id;
        let deleted = consent::delete_at_bank(self.app, &self.pending.bank_id, authorization_id);
        if let Err(error) = deleted.await {
            tracing::warn!(cause = %error, "an authorization that failed could not be ended at the bank");
        }
        Ok(())
    }
}

/// When a session began, for the header that tells a bank so.
#[must_use]
pub fn signed_in_at(session: &Session) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(session.created_at).unwrap_or_default()
}
