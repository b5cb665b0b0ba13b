//! Begins, finishes, ends and tells of consents.

use chrono::TimeDelta;
use domain::consent::{
    AnswerRejected, AuthorizationCreated, BankNotTold, BankTold, Consent, ConsentCommand, EndedBy,
    Expired, Failed, Refused, RenewalOf, Requested, Revoked, SentToBank,
};
use domain::id::{BankId, ConsentId, UserId};
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use crate::access::{AccessError, BankAccess};
use crate::app::App;
use crate::connectors::{
    Attended, AuthorizationRequest, BankAnswer, BankError, Caller, ConsentTerms, Secret,
};
use crate::ledger::{Actor, Cause, CommandError, Done, LedgerError, Owner};
use crate::tokens::{self, Holder};
use crate::vault::VaultError;
use crate::vault::crypto::sha256_hex;
use crate::vault::pending::{ANSWER_SECONDS, PendingAuthorization, Sent};
use crate::vault::sessions::Session;
use crate::world::NoChance;

/// Why a consent could not be begun or ended.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// There is no such bank, or no registration with it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The bank said no, or could not be asked.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// There is no such consent of this person.
    #[error("there is no such connection")]
    Unknown,
    /// It has ended already.
    #[error("this connection has ended already")]
    Ended,
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The read models failed.
    #[error("the read models cannot be asked: {0}")]
    Read(String),
}

/// A consent that waits for the person to confirm it at the bank.
#[derive(Debug)]
pub struct Begun {
    /// The consent.
    pub consent_id: ConsentId,
    /// Where to send the browser. It holds a signed request and is not for logs.
    pub authorize_url: Secret,
    /// The position of the last event.
    pub position: u64,
}

/// What a person asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// At which bank.
    pub bank_id: BankId,
    /// For how many days.
    pub consent_days: i64,
    /// How many days of history.
    pub history_days: i64,
}

/// How many days of history are asked for when a bank refuses the range a person wished.
const UNDISPUTED_HISTORY_DAYS: i64 = 90;

/// The stream of a consent.
#[must_use]
pub fn stream(consent_id: ConsentId) -> StreamId {
    StreamId::new(Category::Consent, consent_id.0)
}

/// Executes a command on a consent.
///
/// # Errors
/// [`ConsentError::Ended`] if the consent refuses it, [`ConsentError::Ledger`] otherwise.
pub(crate) async fn execute(
    app: &App,
    holder: Holder,
    actor: Actor,
    command: ConsentCommand,
) -> Result<Done<Consent>, ConsentError> {
    let cause = Cause::new(actor, holder.correlation);
    let owner = Owner::Person(holder.user_id);
    match app.ledger.execute::<Consent>(stream(holder.consent_id), owner, cause, command).await {
        Ok(done) => Ok(done),
        Err(CommandError::Refused(_)) => Err(ConsentError::Ended),
        Err(CommandError::Ledger(error)) => Err(error.into()),
    }
}

/// Begins a consent: creates it at the bank and answers with the address to send the browser to.
///
/// # Errors
/// [`ConsentError`]; what was begun is then marked as failed.
pub async fn begin(
    app: &App,
    session: &Session,
    attended: Option<Attended>,
    wish: &Wish,
) -> Result<Begun, ConsentError> {
    begin_as(app, session, attended, wish, None).await
}

/// Begins a consent like [`begin`], in place of another one if one is named.
pub(crate) async fn begin_as(
    app: &App,
    session: &Session,
    attended: Option<Attended>,
    wish: &Wish,
    renewal: Option<RenewalOf>,
) -> Result<Begun, ConsentError> {
    match try_begin(app, session, attended.clone(), wish, renewal.clone()).await {
        // The consent says which days were asked for, so another range is another consent.
        Err(ConsentError::Bank(BankError::Refused { status: 400, .. }))
            if wish.history_days > UNDISPUTED_HISTORY_DAYS =>
        {
            let shorter = Wish { history_days: UNDISPUTED_HISTORY_DAYS, ..wish.clone() };
            try_begin(app, session, attended, &shorter, renewal).await
        }
        begun => begun,
    }
}

async fn try_begin(
    app: &App,
    session: &Session,
    attended: Option<Attended>,
    wish: &Wish,
    renewal: Option<RenewalOf>,
) -> Result<Begun, ConsentError> {
    let bank = app.access(&wish.bank_id).await?;
    let now = app.clock.now();
    let longest = ConsentTerms::longest(&bank.bank, now);
    let consent_days = wish.consent_days.clamp(1, bank.bank.longest_consent_days);
    let history_days = wish.history_days.clamp(1, bank.bank.longest_history_days);
    let last_day = longest.history.map_or(now.date_naive(), |(_, last)| last);
    let terms = ConsentTerms {
        expires: longest.expires.min(now + TimeDelta::days(consent_days)),
        history: Some((last_day - TimeDelta::days(history_days - 1), last_day)),
    };
    let holder = Holder {
        consent_id: ConsentId(app.chance.uuid()?),
        user_id: session.user_id,
        correlation: app.chance.uuid()?,
        fence: None,
    };
    let requested = Requested {
        consent_id: holder.consent_id,
        user_id: holder.user_id,
        bank_id: wish.bank_id.clone(),
        purpose: "account_information".to_owned(),
        expires_at: terms.expires,
        history_from: last_day - TimeDelta::days(history_days - 1),
        history_to: last_day,
    };
    execute(app, holder, Actor::Person, ConsentCommand::Request(requested)).await?;
    if let Some(renewal) = renewal {
        execute(app, holder, Actor::Person, ConsentCommand::NoteRenewal(renewal)).await?;
    }
    match create(app, &bank, session, holder, attended, &terms).await {
        Ok(begun) => Ok(begun),
        Err(error) => {
            let code = match &error {
                ConsentError::Bank(error) => error.code(),
                _ => "not_begun",
            };
            let failed = Failed { code: code.to_owned() };
            execute(app, holder, Actor::Service, ConsentCommand::Fail(failed)).await?;
            Err(error)
        }
    }
}

async fn create(
    app: &App,
    bank: &BankAccess,
    session: &Session,
    holder: Holder,
    attended: Option<Attended>,
    terms: &ConsentTerms,
) -> Result<Begun, ConsentError> {
    let standard = bank.bank.standard;
    let token = client_token(app, bank, attended.clone()).await?;
    let request_id = app.chance.uuid()?;
    let caller = Caller { client: &bank.client, interaction_id: request_id, attended };
    let request = standard.create_consent(&bank.bank, &caller, &token, terms, app.clock.now())?;
    let answer = bank.transport.send(&request).await?;
    let observed = standard.read_consent(&answer)?;
    let created = AuthorizationCreated {
        authorization_id: observed.authorization_id.clone(),
        expires_at: observed.expires,
        answer_digest: sha256_hex(&answer.body),
        request_id: request_id.to_string(),
    };
    execute(app, holder, Actor::Bank, ConsentCommand::RecordAuthorization(created)).await?;
    let (state, nonce) = (Secret::new(app.chance.token()?), Secret::new(app.chance.token()?));
    let now = app.clock.now();
    let authorize_url = standard.authorize_url(
        &bank.bank,
        &bank.signing_key,
        &AuthorizationRequest {
            client_id: &bank.client.client_id,
            authorization_id: &observed.authorization_id,
            redirect_uri: &bank.redirect_uri,
            state: &state,
            nonce: &nonce,
            request_id: app.chance.uuid()?,
            now,
        },
    )?;
    let pending = PendingAuthorization {
        consent_id: holder.consent_id,
        user_id: holder.user_id,
        bank_id: bank.bank.id.clone(),
        session_digest: session.digest.clone(),
        sent: Sent {
            nonce: nonce.expose().to_owned(),
            authorization_id: observed.authorization_id,
            redirect_uri: bank.redirect_uri.clone(),
        },
    };
    app.pending.keep(&state, &pending).await?;
    let sent = SentToBank {
        redirect_uri: bank.redirect_uri.clone(),
        request_object_digest: sha256_hex(authorize_url.as_bytes()),
        key_id: bank.signing_key.kid().to_owned(),
        answer_until: now + TimeDelta::seconds(ANSWER_SECONDS),
    };
    let done = execute(app, holder, Actor::Service, ConsentCommand::RecordSending(sent)).await?;
    let authorize_url = Secret::new(authorize_url);
    Ok(Begun { consent_id: holder.consent_id, authorize_url, position: done.position })
}

/// A fresh token of our own at a bank, with which consents are made and ended.
pub(crate) async fn client_token(
    app: &App,
    bank: &BankAccess,
    attended: Option<Attended>,
) -> Result<Secret, ConsentError> {
    let interaction_id = app.chance.uuid()?;
    let caller = Caller { client: &bank.client, interaction_id, attended };
    let standard = bank.bank.standard;
    let answer = bank.transport.send(&standard.client_token(&bank.bank, &caller)).await?;
    Ok(standard.read_tokens(&answer, standard.client_scope())?.access)
}

/// Notes an answer from a bank that is not believed. The consent stays as it was. False if it is
/// not pending and so keeps no note.
///
/// # Errors
/// [`ConsentError::Ledger`].
pub(crate) async fn reject_answer(
    app: &App,
    holder: Holder,
    code: &str,
    tokens_discarded: bool,
) -> Result<bool, ConsentError> {
    let rejected = AnswerRejected { code: code.to_owned(), tokens_discarded };
    match execute(app, holder, Actor::Bank, ConsentCommand::RejectAnswer(rejected)).await {
        Ok(_) => Ok(true),
        Err(ConsentError::Ended) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Marks a pending consent as refused at the bank.
pub(crate) async fn refuse(
    app: &App,
    holder: Holder,
    code: String,
    description: Option<String>,
) -> Result<u64, ConsentError> {
    let refused = Refused { code, description };
    Ok(execute(app, holder, Actor::Bank, ConsentCommand::Refuse(refused)).await?.position)
}

/// Marks a pending consent as failed.
pub(crate) async fn fail(app: &App, holder: Holder, code: &str) -> Result<u64, ConsentError> {
    let failed = Failed { code: code.to_owned() };
    Ok(execute(app, holder, Actor::Service, ConsentCommand::Fail(failed)).await?.position)
}

/// What a withdrawal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The position of the last event.
    pub position: u64,
    /// Whether the bank agreed already; if not, it is told later.
    pub bank_told: bool,
}

/// Ends a consent: here at once, whatever the bank does, and then at the bank.
///
/// # Errors
/// [`ConsentError::Unknown`] for a consent of somebody else, [`ConsentError::Ended`] for one that
/// has ended.
pub async fn revoke(
    app: &App,
    user_id: UserId,
    consent_id: ConsentId,
) -> Result<Withdrawn, ConsentError> {
    let loaded = app.ledger.load::<Consent>(stream(consent_id)).await?;
    let requested = loaded.aggregate.requested.ok_or(ConsentError::Unknown)?;
    if requested.user_id != user_id {
        return Err(ConsentError::Unknown);
    }
    let holder = holder(consent_id, user_id, app.chance.uuid()?);
    let revoked = Revoked { by: EndedBy::Person };
    let done = execute(app, holder, Actor::Person, ConsentCommand::Revoke(revoked)).await?;
    forget_tokens(app, holder, "revoked_by_person").await?;
    if done.aggregate.bank_told {
        return Ok(Withdrawn { position: done.position, bank_told: true });
    }
    let told = tell_bank(app, holder).await?;
    Ok(told.unwrap_or(Withdrawn { position: done.position, bank_told: false }))
}

/// Ends a consent that the bank no longer honours.
pub(crate) async fn ended_at_bank(app: &App, holder: Holder) -> Result<(), ConsentError> {
    let revoked = Revoked { by: EndedBy::Bank };
    match execute(app, holder, Actor::Bank, ConsentCommand::Revoke(revoked)).await {
        Ok(_) | Err(ConsentError::Ended) => forget_tokens(app, holder, "ended_at_bank").await,
        Err(error) => Err(error),
    }
}

/// Ends a consent whose time is over.
pub(crate) async fn expire(app: &App, holder: Holder) -> Result<(), ConsentError> {
    let loaded = app.ledger.load::<Consent>(stream(holder.consent_id)).await?;
    let Some(at) = loaded.aggregate.expires_at.filter(|at| *at <= app.clock.now()) else {
        return Ok(());
    };
    let expired = Expired { at };
    match execute(app, holder, Actor::Service, ConsentCommand::Expire(expired)).await {
        Ok(_) | Err(ConsentError::Ended) => forget_tokens(app, holder, "expired").await,
        Err(error) => Err(error),
    }
}

pub(crate) async fn forget_tokens(
    app: &App,
    holder: Holder,
    reason: &str,
) -> Result<(), ConsentError> {
    match tokens::destroy(app, holder, reason).await {
        Ok(()) | Err(tokens::TokenError::None) => Ok(()),
        Err(tokens::TokenError::Vault(error)) => Err(error.into()),
        Err(tokens::TokenError::Ledger(error)) => Err(error.into()),
        Err(other) => {
            tracing::warn!(cause = %other, "tokens were not destroyed");
            Ok(())
        }
    }
}

/// Tells the bank that a consent has ended. Nothing if there is nothing to tell.
///
/// # Errors
/// [`ConsentError`] if not even the attempt could be noted.
pub async fn tell_bank(app: &App, holder: Holder) -> Result<Option<Withdrawn>, ConsentError> {
    let consent = app.ledger.load::<Consent>(stream(holder.consent_id)).await?.aggregate;
    let (Some(requested), Some(authorization_id)) = (consent.requested, consent.authorization_id)
    else {
        return Ok(None);
    };
    if consent.bank_told {
        return Ok(None);
    }
    let outcome = delete_at_bank(app, &requested.bank_id, &authorization_id).await;
    let answer_digest = match outcome {
        Ok(answer) => Some(sha256_hex(&answer.body)),
        // The bank has no such authorization any more: what was asked for is so.
        Err(ConsentError::Bank(
            BankError::ConsentEnded | BankError::Refused { status: 404 | 410, .. },
        )) => None,
        Err(error) => {
            let code = match &error {
                ConsentError::Bank(error) => error.code(),
                _ => "bank_not_asked",
            };
            let not_told = BankNotTold { code: code.to_owned() };
            let command = ConsentCommand::RecordBankNotTold(not_told);
            let done = execute(app, holder, Actor::Service, command).await?;
            return Ok(Some(Withdrawn { position: done.position, bank_told: false }));
        }
    };
    let told = ConsentCommand::RecordBankTold(BankTold { answer_digest });
    let done = execute(app, holder, Actor::Bank, told).await?;
    Ok(Some(Withdrawn { position: done.position, bank_told: true }))
}

/// Deletes an authorization at the bank with our own token.
pub(crate) async fn delete_at_bank(
    app: &App,
    bank_id: &BankId,
    authorization_id: &str,
) -> Result<BankAnswer, ConsentError> {
    let bank = app.access(bank_id).await?;
    let token = client_token(app, &bank, None).await?;
    let caller =
        Caller { client: &bank.client, interaction_id: app.chance.uuid()?, attended: None };
    let standard = bank.bank.standard;
    let request = standard.delete_consent(&bank.bank, &caller, &token, authorization_id)?;
    let answer = bank.transport.send(&request).await?;
    standard.read_consent(&answer)?;
    Ok(answer)
}

/// A holder from row values.
#[must_use]
pub(crate) fn holder(consent_id: ConsentId, user_id: UserId, correlation: Uuid) -> Holder {
    Holder { consent_id, user_id, correlation, fence: None }
}
