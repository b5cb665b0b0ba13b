//! The requests to OP's account API.

use chrono::SecondsFormat;
use domain::observed::{AccountKind, ObservedAccount};
use reqwest::Url;
use serde_json::json;

use crate::connectors::ConsentTerms;
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankRequest, Caller, Endpoint, Method, Permit, write_http_date};
use crate::connectors::secret::{Secret, SecretBytes};

/// Most characters of a continuation.
const LONGEST_CONTINUATION: usize = 2048;
/// Marks a continuation that is a token.
const TOKEN_MARK: &str = "token:";
/// Marks a continuation that is a link.
const LINK_MARK: &str = "link:";

const BAD_CONTINUATION: BankError = BankError::NotSent { what: "continuation" };

/// Makes a consent.
///
/// # Errors
/// [`BankError::NotSent`] when the terms go over what the profile allows.
pub fn create_consent(
    bank: &Bank,
    caller: &Caller<'_>,
    token: Option<&Secret>,
    terms: &ConsentTerms,
) -> Result<BankRequest, BankError> {
    let expires = terms.allowed_end(bank, caller.now)?;
    let mut body = json!({ "expires": expires.to_rfc3339_opts(SecondsFormat::Millis, true) });
    if let Some((first, last)) = terms.allowed_history(bank, caller.now)? {
        body["transactionFrom"] = json!(first);
        body["transactionTo"] = json!(last);
    }
    let url = bank.under(&["authorizations"])?;
    Ok(authorized(Method::Post, url, Endpoint::Authorizations, caller, token)
        .body("application/json", SecretBytes::new(body.to_string())))
}

/// Asks how a consent stands, or ends it.
///
/// # Errors
/// [`BankError::NotSent`] when the identifier cannot be part of an address.
pub fn consent(
    method: Method,
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
) -> Result<BankRequest, BankError> {
    let url = bank.under(&["authorizations", permit.authorization_id])?;
    Ok(authorized(method, url, Endpoint::Authorizations, caller, permit.token))
}

/// Lists accounts and cards.
#[must_use]
pub fn list_accounts(bank: &Bank, caller: &Caller<'_>, permit: &Permit<'_>) -> Vec<BankRequest> {
    [(Endpoint::Accounts, "accounts"), (Endpoint::Cards, "cards")]
        .into_iter()
        .map(|(endpoint, name)| {
            let url = format!("{}/{name}", bank.accounts_url);
            authorized(Method::Get, url, endpoint, caller, permit.token)
        })
        .collect()
}

/// Asks for a page of transactions. OP has no date filter: the consent fixes the period.
///
/// # Errors
/// [`BankError::NotSent`] when the account or the continuation leads out of the API.
pub fn page(
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
    account: &ObservedAccount,
    continuation: Option<&str>,
) -> Result<BankRequest, BankError> {
    let (collection, endpoint) = match account.kind {
        AccountKind::Card => ("cards", Endpoint::CardTransactions),
        _ => ("accounts", Endpoint::AccountTransactions),
    };
    let first = bank.under(&[collection, &account.bank_reference, "transactions"])?;
    let url = match continuation {
        None => first,
        Some(long) if long.len() > LONGEST_CONTINUATION => return Err(BAD_CONTINUATION),
        Some(text) => match (text.strip_prefix(TOKEN_MARK), text.strip_prefix(LINK_MARK)) {
            (Some(token), _) => with_token(&first, token)?,
            (_, Some(link)) => inside(&first, link).ok_or(BAD_CONTINUATION)?,
            (None, None) => return Err(BAD_CONTINUATION),
        },
    };
    Ok(authorized(Method::Get, url, endpoint, caller, permit.token))
}

/// How to go on from a page: by its token, or else by its link, if that stays within the path
/// that was asked for. `None` means there is no next page.
///
/// # Errors
/// [`BankError::Unreadable`] when the page leads elsewhere.
pub fn continuation(
    request_url: &str,
    token: Option<String>,
    link: Option<&str>,
) -> Result<Option<String>, BankError> {
    let refused = BankError::Unreadable { what: "link to the next page" };
    let text = match (token, link) {
        (Some(token), _) => format!("{TOKEN_MARK}{token}"),
        (None, Some(link)) => {
            let url = inside(request_url, link).ok_or(refused.clone())?;
            format!("{LINK_MARK}{url}")
        }
        (None, None) => return Ok(None),
    };
    if text.len() > LONGEST_CONTINUATION { Err(refused) } else { Ok(Some(text)) }
}

/// Reads a link against the address it was found at, and lets it pass only if scheme, host and
/// port are the same and the path is the same, so that a token never travels to another place.
fn inside(at: &str, link: &str) -> Option<String> {
    let base = Url::parse(at).ok()?;
    let url = base.join(link).ok()?;
    let same_origin = url.scheme() == "https" && url.origin() == base.origin();
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (same_origin && plain && url.path() == base.path()).then(|| url.into())
}

fn with_token(first: &str, token: &str) -> Result<String, BankError> {
    let mut url = Url::parse(first).map_err(|_| BAD_CONTINUATION)?;
    url.query_pairs_mut().append_pair("continuationToken", token);
    Ok(url.into())
}

/// The headers every call of the API carries. Those about the person go along only when the
/// person is here.
fn authorized(
    method: Method,
    url: String,
    endpoint: Endpoint,
    caller: &Caller<'_>,
    token: Option<&Secret>,
) -> BankRequest {
    let mut request = BankRequest::new(method, url, endpoint);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {}", token.expose()));
    }
    request = request
        .header("accept", "application/json")
        .header("x-fapi-interaction-id", caller.interaction_id.to_string());
    if let Some(api_key) = &caller.client.api_key {
        request = request.header("x-api-key", api_key.clone());
    }
    if let Some(attended) = &caller.attended {
        request = request
            .header("x-fapi-customer-ip-address", attended.ip_address().to_string())
            .header("x-fapi-customer-last-logged-time", write_http_date(attended.signed_in_at()));
        if let Some(user_agent) = attended.user_agent() {
            request = request.header("x-customer-user-agent", user_agent);
        }
    }
    request.attended.clone_from(&caller.attended);
    request
}
