//! Banks. A connector translates between a bank's words and ours: it builds requests and reads
//! answers, and holds no HTTP client, database, retry, clock or chance. Only [`transport`] talks
//! to the network.
//!
//! A [`Bank`] is a [`Standard`] plus what differs, as data.

use chrono::{DateTime, NaiveDate, Utc};
use domain::observed::{ObservedAccount, ObservedBalance, ObservedPage, QuarantinedRow};
use domain::plan::Days;
use uuid::Uuid;

mod balances;
pub mod bank;
pub mod banks;
pub mod berlin_group;
pub mod breaker;
pub mod callback;
pub mod certificate;
pub mod enable_banking;
pub mod error;
pub mod exchange;
pub mod form;
pub mod generator;
pub mod id_token;
pub mod jarm;
pub mod jose;
pub mod oauth;
pub mod op;
pub mod open_banking_uk;
pub mod pem;
pub mod registrar;
pub mod retry;
pub mod row;
pub mod secret;
pub mod settings;
pub mod transport;

pub use bank::{AuthorizationServer, Bank, HostRole};
pub use callback::{CallbackAnswer, CallbackProblem, ResponseType, read_callback};
pub use error::BankError;
pub use exchange::{
    Attended, BankAnswer, BankRequest, Caller, ClientCredentials, Endpoint, Method, Permit,
};
pub use jose::{PublicKeys, SigningKey};
pub use registrar::IssuedCertificate;
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
    /// One person agreed, and another has still to.
    PartlyAuthorized,
    /// In force.
    Authorized,
    /// The person said no.
    Rejected,
    /// Ended by somebody.
    Revoked,
    /// Ended by time.
    Expired,
    /// A word this program does not know. It is no reason to read, nor to end the consent.
    Other,
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
    /// Where the bank says to go on, by the names it gives the links.
    pub links: Vec<(String, String)>,
    /// Which way of authentication the bank chose, where it says so.
    pub sca_approach: Option<String>,
    /// What the bank wants the person told.
    pub message: Option<String>,
}

impl ObservedConsent {
    /// A link by its name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&str> {
        self.links.iter().find(|(known, _)| known == name).map(|(_, href)| href.as_str())
    }
}

/// What is needed to send the person to the bank.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// The consent the person is to agree to, as the bank made it.
    pub consent: &'a ObservedConsent,
    /// One of the redirect addresses we registered, exactly.
    pub redirect_uri: &'a str,
    /// A fresh random value.
    pub state: &'a Secret,
    /// A fresh random value of at most 64 characters.
    pub nonce: &'a Secret,
    /// A fresh random value of 43 characters, shown to the token endpoint only (RFC 7636).
    pub code_verifier: &'a Secret,
    /// A fresh name for the request.
    pub request_id: Uuid,
}

/// What is to be done next to have the person agree.
#[derive(Debug)]
pub enum AuthorizationStep {
    /// Ask the bank this first, and come again with its answer.
    Ask(Box<BankRequest>),
    /// Send the person's browser to this address.
    Browser {
        /// The address. It may hold a signed request and is not for logs.
        url: Secret,
        /// Where a confirmation code is shown after the return, where the bank has such a step.
        confirmation: Option<String>,
    },
    /// The person agrees on a device of their own; the bank is asked how the consent stands.
    Elsewhere {
        /// What the bank wants the person told.
        message: Option<String>,
    },
}

/// What a token is exchanged for.
#[derive(Clone, Copy, Debug)]
pub struct CodeExchange<'a> {
    /// The code the browser brought.
    pub code: &'a Secret,
    /// The redirect address it was sent to.
    pub redirect_uri: &'a str,
    /// The value whose digest went with the person (RFC 7636); none for a request of an earlier program.
    pub code_verifier: Option<&'a Secret>,
}

/// What a consent is asked with.
#[derive(Clone, Copy, Debug)]
pub struct ConsentWish<'a> {
    /// What for.
    pub terms: &'a ConsentTerms,
    /// Where the bank is to send the browser back to.
    pub redirect_uri: &'a str,
    /// The value that binds the return to the browser.
    pub state: &'a Secret,
    /// The numbers of the accounts, for banks that have to be told.
    pub accounts: &'a [String],
}

/// Which rows are asked for.
#[derive(Clone, Copy, Debug)]
pub struct PageWish<'a> {
    /// Of which account or card.
    pub account: &'a ObservedAccount,
    /// Of which days, where the bank is asked for days.
    pub days: Option<Days>,
    /// How to go on from the page before; none for the first page.
    pub continuation: Option<&'a str>,
    /// The bank's reference of the newest entry that is known, for banks that show what came after it.
    pub after: Option<&'a str>,
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
    /// The bank's name for the consent from now on, where it gives another one than before.
    pub authorization_id: Option<String>,
}

/// A list of accounts or cards, translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedAccounts {
    /// Those that could be read.
    pub accounts: Vec<ObservedAccount>,
    /// The bank's references of accounts that the list only names: each has to be asked for.
    pub named: Vec<String>,
    /// Rows, or balances within rows, that could not.
    pub quarantined: Vec<QuarantinedRow>,
}

/// The balances of one account, translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedBalances {
    /// Those that could be read.
    pub balances: Vec<ObservedBalance>,
    /// Those that could not.
    pub quarantined: Vec<QuarantinedRow>,
}

/// A family of bank APIs: how to ask, and how to read the answer. All of it is pure.
///
/// Every `read_…` method fails on a refusal of the bank with the typed [`BankError`]. Every method that
/// makes a request fails with [`BankError::NotSent`] when a value cannot be sent, for instance because
/// an identifier cannot be part of an address. What not every standard has is answered with a default.
pub trait Standard: Send + Sync {
    /// The stable name of the standard.
    fn name(&self) -> &'static str;

    // ---- our own token, and the person's

    /// The scope of our own token, with which consents are made.
    fn client_scope(&self) -> &'static str {
        ""
    }

    /// The scope a person's consent is asked with.
    fn consent_scope(&self, _authorization_id: &str) -> String {
        String::new()
    }

    /// Asks for our own token (RFC 6749, section 4.4), where there is a scope for it. None where our
    /// certificate is enough to make consents.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn client_token(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
    ) -> Result<Option<BankRequest>, BankError> {
        match self.client_scope() {
            "" => Ok(None),
            scope => oauth::tokens::client_token(bank, caller, scope).map(Some),
        }
    }

    /// Turns a code into tokens (RFC 6749, section 4.1.3).
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn exchange_code(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        exchange: &CodeExchange<'_>,
    ) -> Result<BankRequest, BankError> {
        oauth::tokens::exchange_code(bank, caller, exchange)
    }

    /// Gets the next access token (RFC 6749, section 6).
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn refresh(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        refresh_token: &Secret,
    ) -> Result<BankRequest, BankError> {
        oauth::tokens::refresh(bank, caller, refresh_token)
    }

    /// Reads what the token endpoint gave, for the scope that was asked for.
    ///
    /// # Errors
    /// Anything short of a usable token.
    fn read_tokens(&self, answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
        oauth::tokens::check(answer)?;
        oauth::tokens::read(answer, asked_scope)
    }

    /// Whether a refusal of a call with the person's token may be about that token, so that the next one
    /// may help.
    fn is_about_token(&self, answer: &BankAnswer) -> bool {
        answer.status == 401
    }

    /// Asks for the keys that sign id tokens. None where nothing of the bank's is signed.
    fn keys(&self, bank: &Bank) -> Option<BankRequest> {
        let url = bank.server.as_ref()?.keys_url.as_deref()?;
        let request = BankRequest::new(Method::Get, url, Endpoint::Keys);
        Some(request.header("accept", "application/json"))
    }

    /// Reads those keys.
    ///
    /// # Errors
    /// A refusal, or an answer that is no key set.
    fn read_keys(&self, answer: &BankAnswer) -> Result<PublicKeys, BankError> {
        oauth::tokens::check(answer)?;
        PublicKeys::parse(&answer.body).map_err(|_| BankError::Unreadable { what: "key set" })
    }

    /// Asks something that harms nothing and that only a known caller gets an answer to, where the
    /// bank gives us no token to see that by.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn probe(&self, _bank: &Bank, _caller: &Caller<'_>) -> Result<BankRequest, BankError> {
        Err(BankError::NotSent { what: "probe" })
    }

    /// Reads whether the bank knows us.
    ///
    /// # Errors
    /// A refusal of our certificate or our signature.
    fn read_probe(&self, _answer: &BankAnswer) -> Result<(), BankError> {
        Err(BankError::Unreadable { what: "probe" })
    }

    // ---- consents

    /// Makes a consent, which the person has still to agree to.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the terms go over what the bank grants.
    fn create_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: Option<&Secret>,
        wish: &ConsentWish<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads the consent that was made.
    ///
    /// # Errors
    /// A refusal, or an answer that is no consent.
    fn read_created(&self, bank: &Bank, answer: &BankAnswer) -> Result<ObservedConsent, BankError> {
        self.read_consent(bank, "", answer)
    }

    /// Asks how a consent stands.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn consent_status(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads how it stands. The name is the one it was asked after by, and the answer's own where there is
    /// one in it.
    ///
    /// # Errors
    /// A refusal, or an answer that is no consent.
    fn read_consent(
        &self,
        bank: &Bank,
        authorization_id: &str,
        answer: &BankAnswer,
    ) -> Result<ObservedConsent, BankError>;

    /// Ends a consent at the bank. The token is our own.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn delete_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads whether it was ended.
    ///
    /// # Errors
    /// A refusal.
    fn read_deleted(&self, answer: &BankAnswer) -> Result<(), BankError>;

    // ---- the person's way through the bank

    /// What to do next to have the person agree, after the answers to what was asked so far. The same
    /// request and answers give the same step.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when a value breaks the profile or the key does not sign,
    /// [`BankError::Unreadable`] when the bank leads to a place that is not its own, and a refusal.
    fn authorize(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        request: &AuthorizationRequest<'_>,
        answers: &[BankAnswer],
    ) -> Result<AuthorizationStep, BankError>;

    /// Shows the bank the code the browser brought back from it, at the place it named before.
    ///
    /// # Errors
    /// [`BankError::NotSent`], also where the standard has no such step.
    fn confirm(
        &self,
        _bank: &Bank,
        _caller: &Caller<'_>,
        _place: &str,
        _code: &Secret,
    ) -> Result<BankRequest, BankError> {
        Err(BankError::NotSent { what: "confirmation" })
    }

    /// Reads whether the bank took it.
    ///
    /// # Errors
    /// A refusal.
    fn read_confirmed(&self, _answer: &BankAnswer) -> Result<(), BankError> {
        Err(BankError::Unreadable { what: "confirmation" })
    }

    // ---- accounts

    /// The requests that together list everything a consent opens, each with an endpoint of its own.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn list_accounts(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<Vec<BankRequest>, BankError>;

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

    /// Asks what an account is that the list only names.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn account_details(
        &self,
        _bank: &Bank,
        _caller: &Caller<'_>,
        _permit: &Permit<'_>,
        _reference: &str,
    ) -> Result<BankRequest, BankError> {
        Err(BankError::NotSent { what: "details of an account" })
    }

    /// Reads what it is.
    ///
    /// # Errors
    /// A refusal, or an answer that is no account.
    fn read_account_details(
        &self,
        _reference: &str,
        _answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError> {
        Err(BankError::Unreadable { what: "account" })
    }

    /// Asks for the balances of one account. None where they come with the list.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn balances(
        &self,
        _bank: &Bank,
        _caller: &Caller<'_>,
        _permit: &Permit<'_>,
        _account: &ObservedAccount,
    ) -> Result<Option<BankRequest>, BankError> {
        Ok(None)
    }

    /// Reads those balances.
    ///
    /// # Errors
    /// A refusal, or an answer that is no list of balances.
    fn read_balances(
        &self,
        _bank: &Bank,
        _account: &ObservedAccount,
        _answer: &BankAnswer,
    ) -> Result<ObservedBalances, BankError> {
        Err(BankError::Unreadable { what: "balances" })
    }

    /// Asks for the first page of transactions, or for the one a continuation leads to.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the continuation or the account leads out of the API.
    fn page(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
        wish: &PageWish<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads a page of an account. The request is the one that was answered: links are read against it.
    ///
    /// # Errors
    /// A refusal, or an answer that is no page. Single rows that cannot be read are set apart.
    fn read_page(
        &self,
        bank: &Bank,
        request: &BankRequest,
        account: &ObservedAccount,
        answer: &BankAnswer,
    ) -> Result<ObservedPage, BankError>;
}
