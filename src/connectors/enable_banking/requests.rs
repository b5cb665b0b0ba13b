//! The requests, each with the token of this platform's application.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::observed::ObservedAccount;
use reqwest::Url;
use serde_json::json;

use super::profile::Aspsp;
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankRequest, Caller, Endpoint, Method, Permit};
use crate::connectors::row::is_identifier;
use crate::connectors::secret::{Secret, SecretBytes};
use crate::connectors::{ConsentWish, PageWish};

/// How long a token of the application can be used, in seconds; the aggregator takes a day at most.
pub const TOKEN_LIFE_SECONDS: i64 = 300;
/// How far back it is dated, for a clock there that is behind.
const BACKDATED_SECONDS: i64 = 10;
/// The `iss` of every application's tokens.
const ISSUER: &str = "enablebanking.com";
/// The `aud`, in every environment.
const AUDIENCE: &str = "api.enablebanking.com";
/// Most characters of the address of a page.
const LONGEST_PAGE_URL: usize = 8192;
/// The parameter that leads on from page to page.
const CONTINUATION: &str = "continuation_key";

const BAD_IDENTIFIER: BankError = BankError::NotSent { what: "identifier" };
const BAD_LINK: BankError = BankError::NotSent { what: "continuation" };

/// Begins: where the person is to go, and for what.
///
/// # Errors
/// [`BankError::NotSent`] when the terms go over what the profile allows, or the key does not sign.
pub fn start(
    aspsp: &Aspsp,
    bank: &Bank,
    caller: &Caller<'_>,
    wish: &ConsentWish<'_>,
) -> Result<BankRequest, BankError> {
    let valid_until = wish.terms.allowed_end(bank, caller.now)?;
    let body = json!({
        "access": {
            "valid_until": moment(valid_until),
            "balances": true,
            "transactions": true,
        },
        "aspsp": { "name": aspsp.name, "country": aspsp.country },
        "state": wish.state.expose(),
        "redirect_url": wish.redirect_uri,
        "psu_type": "personal",
    });
    let url = under(bank, &["auth"])?;
    let request = draft(aspsp, caller, Method::Post, url, Endpoint::Authorizations)?;
    Ok(request.body("application/json", SecretBytes::new(body.to_string())))
}

/// Turns the code the browser brought into a session.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn open_session(
    aspsp: &Aspsp,
    bank: &Bank,
    caller: &Caller<'_>,
    code: &Secret,
) -> Result<BankRequest, BankError> {
    let body = json!({ "code": code.expose() });
    let request =
        draft(aspsp, caller, Method::Post, bank.server()?.token_url.clone(), Endpoint::Token)?;
    Ok(request.body("application/json", SecretBytes::new(body.to_string())))
}

/// Asks how a session stands and what it opens, or ends it.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn session(
    aspsp: &Aspsp,
    method: Method,
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
) -> Result<BankRequest, BankError> {
    let session = permit.token.map_or(permit.authorization_id, Secret::expose);
    let url = under(bank, &["sessions", session])?;
    draft(aspsp, caller, method, url, Endpoint::Authorizations)
}

/// Asks who we are to the aggregator.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn application(
    aspsp: &Aspsp,
    bank: &Bank,
    caller: &Caller<'_>,
) -> Result<BankRequest, BankError> {
    let url = under(bank, &["application"])?;
    draft(aspsp, caller, Method::Get, url, Endpoint::ServerMetadata)
}

/// Asks what an account is.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn details(
    aspsp: &Aspsp,
    bank: &Bank,
    caller: &Caller<'_>,
    reference: &str,
) -> Result<BankRequest, BankError> {
    let url = under(bank, &["accounts", reference, "details"])?;
    draft(aspsp, caller, Method::Get, url, Endpoint::AccountDetails)
}

/// Asks for the balances of an account.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn balances(
    aspsp: &Aspsp,
    bank: &Bank,
    caller: &Caller<'_>,
    account: &ObservedAccount,
) -> Result<BankRequest, BankError> {
    let url = under(bank, &["accounts", &account.bank_reference, "balances"])?;
    draft(aspsp, caller, Method::Get, url, Endpoint::AccountBalances)
}

/// Asks for a page of transactions. A continuation goes with the parameters its first page was asked with.
///
/// # Errors
/// [`BankError::NotSent`] when the account or the continuation leads elsewhere.
pub fn page(
    aspsp: &Aspsp,
    bank: &Bank,
    caller: &Caller<'_>,
    wish: &PageWish<'_>,
) -> Result<BankRequest, BankError> {
    let list = under(bank, &["accounts", &wish.account.bank_reference, "transactions"])?;
    let mut url = Url::parse(&list).map_err(|_| BAD_IDENTIFIER)?;
    match wish.continuation {
        Some(query) if query.len() > LONGEST_PAGE_URL || query.contains('#') => {
            return Err(BAD_LINK);
        }
        Some(query) => url.set_query(Some(query)),
        None => {
            let days = wish.days.ok_or(BankError::NotSent { what: "days" })?;
            url.query_pairs_mut()
                .append_pair("date_from", &days.from.to_string())
                .append_pair("date_to", &days.to.to_string());
        }
    }
    draft(aspsp, caller, Method::Get, url.into(), Endpoint::AccountTransactions)
}

/// The query of the next page: that of the page before, with another key.
///
/// # Errors
/// [`BankError::Unreadable`] when it would be too long.
pub fn next_query(request_url: &str, key: &str) -> Result<String, BankError> {
    let unreadable = BankError::Unreadable { what: "continuation" };
    let mut url = Url::parse(request_url).map_err(|_| unreadable.clone())?;
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != CONTINUATION).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(CONTINUATION, key);
    let query = url.query().unwrap_or_default().to_owned();
    if query.len() > LONGEST_PAGE_URL { Err(unreadable) } else { Ok(query) }
}

/// An address under the base. An identifier is one segment, whatever is in it.
fn under(bank: &Bank, segments: &[&str]) -> Result<String, BankError> {
    if !segments.iter().all(|segment| is_identifier(segment)) {
        return Err(BAD_IDENTIFIER);
    }
    bank.under(segments)
}

/// What every request has. The person is named only where they are here, and then with all that the bank
/// wants to know.
fn draft(
    aspsp: &Aspsp,
    caller: &Caller<'_>,
    method: Method,
    url: String,
    endpoint: Endpoint,
) -> Result<BankRequest, BankError> {
    let mut request = BankRequest::new(method, url, endpoint)
        .header("authorization", format!("Bearer {}", token(caller)?))
        .header("accept", "application/json")
        .header("x-request-id", caller.interaction_id.to_string());
    // The application's token says who we are, and no certificate does.
    request.client_certificate = false;
    if let Some(attended) = &caller.attended
        && (attended.user_agent().is_some() || !aspsp.wants_user_agent)
    {
        request = request.header("psu-ip-address", attended.ip_address().to_string());
        if let Some(user_agent) = attended.user_agent() {
            request = request.header("psu-user-agent", user_agent);
        }
        request.attended = Some(attended.clone());
    }
    Ok(request)
}

/// The token of the application: signed anew for each request, and good for minutes.
fn token(caller: &Caller<'_>) -> Result<String, BankError> {
    let issued = caller.now.timestamp() - BACKDATED_SECONDS;
    let claims = json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": issued,
        "exp": issued + TOKEN_LIFE_SECONDS,
    });
    let signed = caller.seal.key.sign_compact(&claims);
    signed.map_err(|_| BankError::NotSent { what: "application token" })
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
