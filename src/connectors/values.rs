//! What is wished of a bank and what it answered, in no standard's words.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::designated::Designated;
use domain::observed::{ObservedAccount, ObservedBalance, QuarantinedRow};
use domain::plan::Days;
use uuid::Uuid;

use super::bank::Bank;
use super::error::BankError;
use super::exchange::BankRequest;
use super::secret::Secret;

/// What a consent asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentTerms {
    /// Until when it is to last.
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
        let first = today - TimeDelta::days(bank.longest_history_days - 1);
        let expires = now + TimeDelta::days(bank.longest_consent_days) - TimeDelta::seconds(60);
        Self { expires, history: Some((first, today)) }
    }

    /// The end, if the bank grants a consent that long.
    ///
    /// # Errors
    /// [`BankError::NotSent`] for one that is over, or too far off.
    pub fn allowed_end(&self, bank: &Bank, now: DateTime<Utc>) -> Result<DateTime<Utc>, BankError> {
        let latest = now + TimeDelta::days(bank.longest_consent_days);
        if self.expires <= now || self.expires > latest {
            return Err(BankError::NotSent { what: "length of the consent" });
        }
        Ok(self.expires)
    }

    /// The days of the history, if the bank shows any that old.
    ///
    /// # Errors
    /// [`BankError::NotSent`] for days in the wrong order, too long ago, or still to come.
    pub fn allowed_history(
        &self,
        bank: &Bank,
        now: DateTime<Utc>,
    ) -> Result<Option<(NaiveDate, NaiveDate)>, BankError> {
        let today = now.date_naive();
        let earliest = today - TimeDelta::days(bank.longest_history_days);
        let allowed = |(first, last)| first <= last && first >= earliest && last <= today;
        if self.history.is_some_and(|days| !allowed(days)) {
            return Err(BankError::NotSent { what: "range of the history" });
        }
        Ok(self.history)
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
    /// The accounts it opens, where the bank says so and in words that can be compared.
    pub accounts: Vec<Designated>,
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
    /// How long it is to last, and over which history.
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
    /// Not checked yet: see [`super::id_token::verify`].
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
