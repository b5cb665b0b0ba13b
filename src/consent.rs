//! Begins, finishes and tells of consents.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::consent::{
    AnswerRejected, AuthorizationCreated, Consent, ConsentCommand, Failed, Refused, RenewalOf,
    Requested, SentToBank,
};
use domain::designated::Designated;
use domain::id::{BankId, ConsentId, UserId};
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use crate::access::{AccessError, BankAccess};
use crate::app::App;
use crate::connectors::{
    Attended, AuthorizationRequest, AuthorizationStep, BankError, ConsentTerms, ConsentWish, Secret,
};
use crate::ledger::{Actor, Cause, CommandError, Done, LedgerError, Owner};
use crate::settling;
use crate::tokens::Holder;
use crate::vault::VaultError;
use crate::vault::crypto::sha256_hex;
use crate::vault::pending::{ANSWER_SECONDS, PendingAuthorization, Sent};
use crate::vault::sessions::Session;
use crate::world::NoChance;

mod ending;

pub use ending::{Withdrawn, revoke, tell_bank};
pub(crate) use ending::{delete_at_bank, ended_at_bank, expire, forget_tokens};

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
    /// How the person agrees.
    pub way: Way,
    /// The position of the last event.
    pub position: u64,
}

/// How a person agrees to a consent.
#[derive(Debug)]
pub enum Way {
    /// In the browser, at the bank.
    Browser {
        /// Where to send it. The address may hold a signed request and is not for logs.
        url: Secret,
    },
    /// On a device of their own, such as in the bank's app.
    Elsewhere {
        /// What the bank wants the person told.
        message: Option<String>,
    },
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
    /// The numbers of the accounts, for banks that have to be told.
    pub accounts: Vec<String>,
}

/// Most questions to a bank before it is known how the person agrees.
const MOST_QUESTIONS: usize = 4;
/// The bank asks for one thing after the other and comes to no end.
const NO_WAY: BankError = BankError::Unreadable { what: "way to agree" };
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
    app: &Arc<App>,
    session: &Session,
    attended: Option<Attended>,
    wish: &Wish,
) -> Result<Begun, ConsentError> {
    begin_as(app, session, attended, wish, None).await
}

/// Begins a consent like [`begin`], in place of another one if one is named.
pub(crate) async fn begin_as(
    app: &Arc<App>,
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
    app: &Arc<App>,
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
        accounts: match bank.bank.standard.names_accounts() {
            true => wish.accounts.iter().map(|number| Designated::by_number(number)).collect(),
            false => Vec::new(),
        },
    };
    execute(app, holder, Actor::Person, ConsentCommand::Request(requested)).await?;
    if let Some(renewal) = renewal {
        execute(app, holder, Actor::Person, ConsentCommand::NoteRenewal(renewal)).await?;
    }
    match create(app, &bank, session, holder, attended, (&terms, &wish.accounts)).await {
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
    app: &Arc<App>,
    bank: &BankAccess,
    session: &Session,
    holder: Holder,
    attended: Option<Attended>,
    (terms, accounts): (&ConsentTerms, &[String]),
) -> Result<Begun, ConsentError> {
    let standard = bank.bank.standard;
    let own = own_token(app, bank, attended.clone()).await?;
    let secret = || app.chance.token().map(Secret::new);
    let (state, nonce, code_verifier) = (secret()?, secret()?, secret()?);
    let caller = bank.caller(app, attended.clone())?;
    let wish = ConsentWish { terms, redirect_uri: &bank.redirect_uri, state: &state, accounts };
    let request = standard.create_consent(&bank.bank, &caller, own.as_ref(), &wish)?;
    let answer = bank.transport.send(&request).await?;
    let observed = standard.read_created(&bank.bank, &answer)?;
    let created = AuthorizationCreated {
        authorization_id: observed.authorization_id.clone(),
        expires_at: observed.expires,
        answer_digest: sha256_hex(&answer.body),
        request_id: caller.interaction_id.to_string(),
    };
    execute(app, holder, Actor::Bank, ConsentCommand::RecordAuthorization(created)).await?;
    let request = AuthorizationRequest {
        consent: &observed,
        redirect_uri: &bank.redirect_uri,
        state: &state,
        nonce: &nonce,
        code_verifier: &code_verifier,
        request_id: app.chance.uuid()?,
    };
    let (url, confirmation) = match way_to_agree(app, bank, attended.clone(), &request).await? {
        AuthorizationStep::Browser { url, confirmation } => (url, confirmation),
        AuthorizationStep::Elsewhere { message } => {
            let done = sent(app, bank, holder, None).await?;
            settling::watch(app, holder, bank.bank.id.clone(), attended);
            let (consent_id, position) = (holder.consent_id, done.position);
            return Ok(Begun { consent_id, way: Way::Elsewhere { message }, position });
        }
        AuthorizationStep::Ask(_) => return Err(NO_WAY.into()),
    };
    let pending = PendingAuthorization {
        consent_id: holder.consent_id,
        user_id: holder.user_id,
        bank_id: bank.bank.id.clone(),
        session_digest: session.digest.clone(),
        sent: Sent {
            nonce: nonce.expose().to_owned(),
            authorization_id: observed.authorization_id.clone(),
            redirect_uri: bank.redirect_uri.clone(),
            code_verifier: Some(code_verifier.expose().to_owned()),
            confirmation,
        },
    };
    app.pending.keep(&state, &pending).await?;
    let done = sent(app, bank, holder, Some(&url)).await?;
    let (consent_id, position) = (holder.consent_id, done.position);
    Ok(Begun { consent_id, way: Way::Browser { url }, position })
}

/// Asks the bank as much as it takes to know how the person is to agree. A browser is sent to the bank
/// of the profile and nowhere else, whatever an answer says.
async fn way_to_agree(
    app: &App,
    bank: &BankAccess,
    attended: Option<Attended>,
    request: &AuthorizationRequest<'_>,
) -> Result<AuthorizationStep, ConsentError> {
    let mut answers = Vec::new();
    while answers.len() <= MOST_QUESTIONS {
        let caller = bank.caller(app, attended.clone())?;
        match bank.bank.standard.authorize(&bank.bank, &caller, request, &answers)? {
            AuthorizationStep::Ask(question) => {
                answers.push(bank.transport.send(&question).await?);
            }
            AuthorizationStep::Browser { url, .. }
                if !bank.bank.may_send_browser_to(url.expose()) =>
            {
                return Err(BankError::Unreadable { what: "address for the browser" }.into());
            }
            step => return Ok(step),
        }
    }
    Err(NO_WAY.into())
}

/// Records that the person went to the bank, or was asked to agree elsewhere.
async fn sent(
    app: &App,
    bank: &BankAccess,
    holder: Holder,
    url: Option<&Secret>,
) -> Result<Done<Consent>, ConsentError> {
    let sent = SentToBank {
        redirect_uri: url.map(|_| bank.redirect_uri.clone()).unwrap_or_default(),
        request_object_digest: url
            .map(|url| sha256_hex(url.expose().as_bytes()))
            .unwrap_or_default(),
        key_id: bank.seal.key.kid().to_owned(),
        answer_until: app.clock.now() + TimeDelta::seconds(ANSWER_SECONDS),
    };
    execute(app, holder, Actor::Service, ConsentCommand::RecordSending(sent)).await
}

/// A fresh token of our own at a bank, with which consents are made and ended. None where the bank knows
/// us by our certificate.
pub(crate) async fn own_token(
    app: &App,
    bank: &BankAccess,
    attended: Option<Attended>,
) -> Result<Option<Secret>, ConsentError> {
    let standard = bank.bank.standard;
    let Some(request) = standard.client_token(&bank.bank, &bank.caller(app, attended)?)? else {
        return Ok(None);
    };
    let answer = bank.transport.send(&request).await?;
    Ok(Some(standard.read_tokens(&answer, standard.client_scope())?.access))
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

/// A holder from row values.
#[must_use]
pub(crate) fn holder(consent_id: ConsentId, user_id: UserId, correlation: Uuid) -> Holder {
    Holder { consent_id, user_id, correlation, fence: None }
}
