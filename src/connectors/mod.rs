//! Banks. A connector translates between a bank's words and ours: it builds requests and reads
//! answers, and holds no HTTP client, database, retry, clock or chance. Only [`transport`] talks
//! to the network.
//!
//! A [`Bank`] is a [`Standard`] plus what differs, as data.

use chrono::{DateTime, NaiveDate, Utc};
use domain::observed::{ObservedAccount, ObservedPage, QuarantinedRow};
use uuid::Uuid;

pub mod bank;
pub mod breaker;
pub mod callback;
pub mod certificate;
pub mod error;
pub mod exchange;
pub mod form;
pub mod id_token;
pub mod jose;
pub mod op;
pub mod retry;
pub mod secret;
pub mod transport;

pub use bank::{Bank, HostRole};
pub use callback::{CallbackAnswer, CallbackProblem, ResponseType, read_callback};
pub use error::BankError;
pub use exchange::{
    Attended, BankAnswer, BankRequest, Caller, ClientCredentials, Endpoint, Method,
};
pub use jose::{PublicKeys, SigningKey};
pub use secret::{Secret, SecretBytes};

/// What a consent asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentTerms {
    /// Until when.
    pub expires: DateTime<Utc>,
    /// First day of the transactions, and the last.
    pub history: Option<(NaiveDate, NaiveDate)>,
}

impl ConsentTerms {
    /// The most a bank grants, computed once: the end is a minute early, so that a clock slightly
    /// ahead of the bank's does not ask for too much, and the last day is that of UTC, which is
    /// never ahead of a European bank's.
    #[must_use]
    pub fn longest(bank: &Bank, now: DateTime<Utc>) -> Self {
        let today = now.date_naive();
        let first = today - chrono::TimeDelta::days(bank.longest_history_days - 1);
        let expires = now + chrono::TimeDelta::days(bank.longest_consent_days)
            - chrono::TimeDelta::seconds(60);
        Self { expires, history: Some((first, today)) }
    }
}

/// How a consent stands at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentStatus {
    /// Waiting for the person.
    Unauthorized,
    /// In force.
    Authorized,
    /// The person said no.
    Rejected,
    /// Ended by somebody.
    Revoked,
    /// Ended by time.
    Expired,
}

/// A consent as the bank shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedConsent {
    /// The bank's name for it.
    pub authorization_id: String,
    /// How it stands.
    pub status: ConsentStatus,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When the person agreed.
    pub authorized: Option<DateTime<Utc>>,
    /// When it ends; may be earlier than asked for.
    pub expires: Option<DateTime<Utc>>,
    /// The first day of transactions granted.
    pub history_from: Option<NaiveDate>,
    /// The last day of transactions granted.
    pub history_to: Option<NaiveDate>,
}

/// What goes into the address the person's browser is sent to.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Our name at the bank.
    pub client_id: &'a Secret,
    /// The consent the person is to agree to.
    pub authorization_id: &'a str,
    /// One of the redirect addresses we registered, exactly.
    pub redirect_uri: &'a str,
    /// A fresh random value.
    pub state: &'a Secret,
    /// A fresh random value of at most 64 characters.
    pub nonce: &'a Secret,
    /// A fresh name for this request object.
    pub request_id: Uuid,
    /// The time here.
    pub now: DateTime<Utc>,
}

/// How the granted scope differs from the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeChange {
    /// It does not, or the bank said nothing (RFC 6749, section 5.1).
    AsAsked,
    /// Something is missing.
    Narrower,
    /// Something was added, which is not used.
    Wider,
}

/// What a token endpoint gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Opens the API.
    pub access: Secret,
    /// Gets the next access token; where it is missing the one before stays.
    pub refresh: Option<Secret>,
    /// Not checked yet: see [`id_token::verify`].
    pub id_token: Option<Secret>,
    /// How long the access token lasts.
    pub expires_in_seconds: u64,
    /// What may be used: never more than was asked for.
    pub scope: String,
    /// How that differs from what was asked for.
    pub scope_change: ScopeChange,
}

/// A list of accounts or cards, translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedAccounts {
    /// Those that could be read.
    pub accounts: Vec<ObservedAccount>,
    /// Rows, or balances within rows, that could not.
    pub quarantined: Vec<QuarantinedRow>,
}

/// A family of bank APIs: how to ask, and how to read the answer. All of it is pure.
///
/// Every `read_…` method fails on a refusal of the bank with the typed [`BankError`].
pub trait Standard: Send + Sync {
    /// The scope of our own token, with which consents are made.
    fn client_scope(&self) -> &'static str;

    /// The scope a person's consent is asked with.
    fn consent_scope(&self) -> &'static str;

    /// Asks for our own token (RFC 6749, section 4.4).
    fn client_token(&self, bank: &Bank, caller: &Caller<'_>) -> BankRequest;

    /// Turns a code into tokens (RFC 6749, section 4.1.3).
    fn exchange_code(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        code: &Secret,
        redirect_uri: &str,
    ) -> BankRequest;

    /// Gets the next access token (RFC 6749, section 6).
    fn refresh(&self, bank: &Bank, caller: &Caller<'_>, refresh_token: &Secret) -> BankRequest;

    /// Reads what the token endpoint gave, for the scope that was asked for.
    ///
    /// # Errors
    /// Anything short of a usable token.
    fn read_tokens(&self, answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError>;

    /// Makes a consent, which the person has still to agree to.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the terms go over what the bank grants.
    fn create_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: &Secret,
        terms: &ConsentTerms,
        now: DateTime<Utc>,
    ) -> Result<BankRequest, BankError>;

    /// Asks how a consent stands.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the identifier cannot be part of an address.
    fn consent_status(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: &Secret,
        authorization_id: &str,
    ) -> Result<BankRequest, BankError>;

    /// Ends a consent at the bank.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the identifier cannot be part of an address.
    fn delete_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: &Secret,
        authorization_id: &str,
    ) -> Result<BankRequest, BankError>;

    /// Reads a consent out of the answer to any of the three requests above.
    ///
    /// # Errors
    /// A refusal, or an answer that is no consent.
    fn read_consent(&self, answer: &BankAnswer) -> Result<ObservedConsent, BankError>;

    /// The address to send the person's browser to, with a signed request object (RFC 9101).
    ///
    /// # Errors
    /// [`BankError::NotSent`] when a value breaks the profile or the key does not sign.
    fn authorize_url(
        &self,
        bank: &Bank,
        key: &SigningKey,
        request: &AuthorizationRequest<'_>,
    ) -> Result<String, BankError>;

    /// The requests that together list everything a consent opens.
    fn list_accounts(&self, bank: &Bank, caller: &Caller<'_>, token: &Secret) -> Vec<BankRequest>;

    /// Reads the answer to one of those requests.
    ///
    /// # Errors
    /// A refusal, or an answer that is no list.
    fn read_accounts(
        &self,
        bank: &Bank,
        endpoint: Endpoint,
        answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError>;

    /// Asks for the first page of transactions, or for the one a continuation leads to.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the continuation or the account leads out of the API.
    fn page(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: &Secret,
        account: &ObservedAccount,
        continuation: Option<&str>,
    ) -> Result<BankRequest, BankError>;

    /// Reads a page. The request is the one that was answered: links are read against it.
    ///
    /// # Errors
    /// A refusal, or an answer that is no page. Single rows that cannot be read are set apart.
    fn read_page(
        &self,
        request: &BankRequest,
        answer: &BankAnswer,
    ) -> Result<ObservedPage, BankError>;

    /// Asks for the keys that sign id tokens.
    fn keys(&self, bank: &Bank) -> BankRequest;

    /// Reads those keys.
    ///
    /// # Errors
    /// A refusal, or an answer that is no key set.
    fn read_keys(&self, answer: &BankAnswer) -> Result<PublicKeys, BankError>;
}
