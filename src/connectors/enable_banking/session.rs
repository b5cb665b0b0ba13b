//! What the aggregator says of us, of an authorization, and of a session.

use chrono::{DateTime, Utc};
use domain::designated::{Designated, MOST_DESIGNATED};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::profile::Aspsp;
use super::refusal;
use super::words::session_status;
use crate::connectors::error::BankError;
use crate::connectors::exchange::BankAnswer;
use crate::connectors::row::is_identifier;
use crate::connectors::secret::Secret;
use crate::connectors::{ConsentStatus, ObservedAccounts, ObservedConsent, ScopeChange, Tokens};

/// The name of the link that the browser follows.
pub const BROWSER_LINK: &str = "url";
/// The service this platform uses.
const SERVICE: &str = "AIS";

/// Which bank a session is about.
#[derive(Deserialize, PartialEq, Eq)]
struct Named {
    name: String,
    country: String,
}

#[derive(Deserialize)]
struct Access {
    valid_until: Option<DateTime<Utc>>,
}

fn unreadable(what: &'static str) -> BankError {
    BankError::Unreadable { what }
}

fn parse<'a, T: Deserialize<'a>>(
    answer: &'a BankAnswer,
    what: &'static str,
) -> Result<T, BankError> {
    refusal::check(answer)?;
    serde_json::from_slice(&answer.body).map_err(|_| unreadable(what))
}

/// A session of another bank than the one the person was sent to is not ours, whoever opened it.
fn must_be_of(aspsp: &Aspsp, named: &Named) -> Result<(), BankError> {
    let same = named.name == aspsp.name && named.country == aspsp.country;
    if same { Ok(()) } else { Err(unreadable("session, which is of another bank")) }
}

/// Reads what our application is: it has to be in use, and for account information in the bank's country.
///
/// # Errors
/// A refusal, or an application that cannot be used.
pub fn read_application(aspsp: &Aspsp, answer: &BankAnswer) -> Result<(), BankError> {
    #[derive(Deserialize)]
    struct Application {
        active: bool,
        #[serde(default)]
        countries: Vec<String>,
        #[serde(default)]
        services: Vec<String>,
    }
    let read: Application = parse(answer, "application")?;
    if !read.active {
        return Err(unreadable("application, which is not active"));
    }
    if !read.countries.iter().any(|country| country == aspsp.country) {
        return Err(unreadable("application, which is not for the bank's country"));
    }
    if !read.services.iter().any(|service| service == SERVICE) {
        return Err(unreadable("application, which is not for account information"));
    }
    Ok(())
}

/// Reads where the person is to go.
///
/// # Errors
/// A refusal, or an answer without an address.
pub fn read_started(answer: &BankAnswer) -> Result<ObservedConsent, BankError> {
    #[derive(Deserialize)]
    struct Started {
        url: String,
        authorization_id: String,
    }
    let read: Started = parse(answer, "authorization")?;
    if !is_identifier(&read.authorization_id) {
        return Err(unreadable("authorization_id"));
    }
    Ok(ObservedConsent {
        links: vec![(BROWSER_LINK.to_owned(), read.url)],
        ..consent(&read.authorization_id, ConsentStatus::Unauthorized)
    })
}

fn consent(authorization_id: &str, status: ConsentStatus) -> ObservedConsent {
    ObservedConsent {
        authorization_id: authorization_id.to_owned(),
        status,
        created: None,
        authorized: None,
        expires: None,
        history_from: None,
        history_to: None,
        links: Vec::new(),
        sca_approach: None,
        message: None,
        accounts: Vec::new(),
    }
}

/// Reads the session a code opened. Its name is what opens the accounts from here on, together with our own
/// token; it is not renewed.
///
/// # Errors
/// A refusal, or a session of another bank, or without an end.
pub fn read_opened(aspsp: &Aspsp, answer: &BankAnswer) -> Result<Tokens, BankError> {
    #[derive(Deserialize)]
    struct Opened {
        session_id: String,
        aspsp: Named,
        access: Access,
        /// A success has none.
        error: Option<IgnoredAny>,
    }
    let read: Opened = parse(answer, "session")?;
    if read.error.is_some() {
        return Err(unreadable("session, which holds an error"));
    }
    must_be_of(aspsp, &read.aspsp)?;
    if !is_identifier(&read.session_id) {
        return Err(unreadable("session_id"));
    }
    let until = read.access.valid_until.ok_or(unreadable("end of the session"))?;
    let seconds = (until - answer.received_at).num_seconds();
    Ok(Tokens {
        access: Secret::new(read.session_id.as_str()),
        refresh: None,
        id_token: None,
        expires_in_seconds: u64::try_from(seconds).map_err(|_| unreadable("end of the session"))?,
        scope: String::new(),
        scope_change: ScopeChange::AsAsked,
        authorization_id: Some(read.session_id),
    })
}

/// Reads how a session stands.
///
/// # Errors
/// A refusal, or a session of another bank.
pub fn read(
    aspsp: &Aspsp,
    authorization_id: &str,
    answer: &BankAnswer,
) -> Result<ObservedConsent, BankError> {
    let read: Session = parse(answer, "session")?;
    must_be_of(aspsp, &read.aspsp)?;
    Ok(ObservedConsent {
        created: read.created,
        authorized: read.authorized,
        expires: read.access.and_then(|access| access.valid_until),
        accounts: read.accounts.iter().map(|uid| Designated::by_number(uid)).collect(),
        ..consent(authorization_id, session_status(&read.status))
    })
}

/// A session as it is shown.
#[derive(Deserialize)]
struct Session {
    status: String,
    aspsp: Named,
    #[serde(default)]
    accounts: Vec<String>,
    access: Option<Access>,
    created: Option<DateTime<Utc>>,
    authorized: Option<DateTime<Utc>>,
}

/// Reads which accounts a session opens. It tells their names only; each is asked for.
///
/// # Errors
/// A refusal, a session that does not stand, or a name that cannot be part of an address.
pub fn read_accounts(aspsp: &Aspsp, answer: &BankAnswer) -> Result<ObservedAccounts, BankError> {
    let read: Session = parse(answer, "session")?;
    must_be_of(aspsp, &read.aspsp)?;
    match session_status(&read.status) {
        ConsentStatus::Authorized => {}
        ConsentStatus::Expired => return Err(BankError::TokenExpired),
        ConsentStatus::Other => return Err(unreadable("status of the session")),
        _ => return Err(BankError::ConsentEnded),
    }
    if read.accounts.len() > MOST_DESIGNATED || !read.accounts.iter().all(|uid| is_identifier(uid))
    {
        return Err(unreadable("list of accounts"));
    }
    Ok(ObservedAccounts { named: read.accounts, ..ObservedAccounts::default() })
}
