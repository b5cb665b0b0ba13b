//! The way back from a bank: every check before anything is believed, and each answer used once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::consent::{AuthorizationCreated, Consent, ConsentCommand, ConsentStatus, Granted};
use domain::id::{BankId, ConsentId};
use domain::incident::{CallbackRefused, Incident, IncidentCommand};
use domain::stream::{Category, StreamId};
use serde::Serialize;
use uuid::Uuid;

use crate::access::{AccessError, BankAccess};
use crate::app::App;
use crate::connectors::error::plain_code;
use crate::connectors::id_token::{
    self, Channel, ConsentClaim, IdTokenError, IdTokenExpectation, VerifiedIdToken,
};
use crate::connectors::jarm::{self, JarmError, JarmExpectation};
use crate::connectors::{
    Attended, AuthorizationServer, BankError, CallbackAnswer, CallbackProblem, CodeExchange,
    ConsentStatus as BankStatus, Secret, Tokens, read_callback,
};
use crate::consent::{self, ConsentError};
use crate::ledger::{Actor, Cause, Owner};
use crate::settling::{self, Settled};
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
    /// `connected`, `refused`, or `waiting` where the bank has not come to an end yet.
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

/// No random bytes: nothing was sent.
const NO_CHANCE: BankError = BankError::NotSent { what: "no_chance" };

fn here(error: impl std::fmt::Display) -> CallbackError {
    CallbackError::Here(error.to_string())
}

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
        let mut expected = self.expectation(self.bank.bank.server()?, Channel::Front, &nonce);
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
        match tokens::keep_first(self.app, self.bank, self.holder, &tokens).await {
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
                self.close_renamed(&tokens).await;
                incident(self.app, self.brought, "consent_not_pending").await?;
                Err(CallbackError::Ended)
            }
            Err(error) => Err(here(error)),
        }
    }

    async fn ask(&self, code: &Secret, attended: Option<Attended>) -> Result<Tokens, BankError> {
        let caller = self.bank.caller(self.app, attended).map_err(|_| NO_CHANCE)?;
        let (bank, standard) = (&self.bank.bank, self.bank.bank.standard);
        let sent = &self.pending.sent;
        let code_verifier = sent.code_verifier.as_deref().map(Secret::from);
        let exchange = CodeExchange {
            code,
            redirect_uri: &sent.redirect_uri,
            code_verifier: code_verifier.as_ref(),
        };
        let request = standard.exchange_code(bank, &caller, &exchange)?;
        let answer = self.bank.transport.send(&request).await?;
        standard.read_tokens(&answer, &standard.consent_scope(&sent.authorization_id))
    }

    /// Checks the token of the token endpoint. Where it cannot be believed, what came is thrown away
    /// and the bank is asked to end the authorization. A bank that gives no such token is asked how the
    /// consent stands.
    async fn back(
        &self,
        tokens: &Tokens,
        front: Option<&VerifiedIdToken>,
    ) -> Result<Option<VerifiedIdToken>, CallbackError> {
        let server = self.bank.bank.server()?;
        if server.id_tokens.is_none() {
            return self.must_stand(tokens).await.map(|()| None);
        }
        let nonce = Secret::new(self.pending.sent.nonce.as_str());
        let verified = match &tokens.id_token {
            None => Err("id_token_missing"),
            Some(token) => {
                let mut expected = self.expectation(server, Channel::Back, &nonce);
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

    /// Asks the bank with the new token whether the consent we asked for is the one that stands.
    async fn must_stand(&self, tokens: &Tokens) -> Result<(), CallbackError> {
        let authorization_id =
            tokens.authorization_id.as_ref().unwrap_or(&self.pending.sent.authorization_id);
        let token = Some(&tokens.access);
        let asked = settling::standing(self.app, self.bank, authorization_id, token, None).await;
        let code = match asked {
            Ok((observed, shown)) if observed.status == BankStatus::Authorized => {
                return self.rename(tokens, shown).await;
            }
            Ok(_) => "consent_not_authorized",
            Err(ConsentError::Bank(error)) => error.code(),
            Err(error) => return Err(here(error)),
        };
        let rejected = self.reject(code, true).await;
        self.give_up_at(code, authorization_id).await?;
        rejected
    }

    /// Records the name, and with it the end, that some banks give a consent once it stands.
    async fn rename(
        &self,
        tokens: &Tokens,
        shown: AuthorizationCreated,
    ) -> Result<(), CallbackError> {
        if tokens.authorization_id.is_none() {
            return Ok(());
        }
        let command = ConsentCommand::RecordAuthorization(shown);
        match consent::execute(self.app, self.holder, Actor::Bank, command).await {
            // It ended meanwhile; the grant that follows finds that too.
            Ok(_) | Err(ConsentError::Ended) => Ok(()),
            Err(error) => Err(here(error)),
        }
    }

    /// Ends at the bank what a code opened for a consent that was ended meanwhile under its former name.
    async fn close_renamed(&self, tokens: &Tokens) {
        let Some(authorization_id) = &tokens.authorization_id else { return };
        let bank_id = &self.pending.bank_id;
        if let Err(error) = consent::delete_at_bank(self.app, bank_id, authorization_id).await {
            tracing::warn!(cause = %error, "what was opened too late could not be ended at the bank");
        }
    }

    /// Ends a consent that cannot come to stand any more, here and, if it can be had, at the bank.
    async fn give_up(&self, code: &str) -> Result<(), CallbackError> {
        self.give_up_at(code, &self.pending.sent.authorization_id).await
    }

    async fn give_up_at(&self, code: &str, authorization_id: &str) -> Result<(), CallbackError> {
        match consent::fail(self.app, self.holder, code).await {
            Ok(_) | Err(ConsentError::Ended) => {}
            Err(error) => return Err(here(error)),
        }
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
