//! The requests to the API.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use domain::observed::ObservedAccount;
use reqwest::Url;
use serde_json::json;

use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankRequest, Caller, Endpoint, Method, Permit, write_http_date};
use crate::connectors::row::is_identifier;
use crate::connectors::secret::{Secret, SecretBytes};
use crate::connectors::{ConsentTerms, PageWish};

/// Most characters of a link to a next page.
const LONGEST_LINK: usize = 4096;
/// What is asked for: what the ledger keeps, and nothing else (PSD2, Article 67(2)(f)).
pub const PERMISSIONS: [&str; 6] = [
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadTransactionsDetail",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
    "ReadPAN",
];

const BAD_LINK: BankError = BankError::NotSent { what: "link to the next page" };

/// Makes a consent. Its rows have no last day: an end would hide what is booked after it.
///
/// # Errors
/// [`BankError::NotSent`] when the terms go over what the profile allows.
pub fn create_consent(
    bank: &Bank,
    caller: &Caller<'_>,
    token: Option<&Secret>,
    terms: &ConsentTerms,
) -> Result<BankRequest, BankError> {
    let mut data = json!({
        "Permissions": PERMISSIONS,
        "ExpirationDateTime": moment(terms.allowed_end(bank, caller.now)?),
    });
    if let Some((first, _)) = terms.allowed_history(bank, caller.now)? {
        data["TransactionFromDateTime"] = moment(midnight(first)).into();
    }
    let body = json!({ "Data": data, "Risk": {} });
    let url = under(bank, &["account-access-consents"])?;
    Ok(authorized(Method::Post, url, Endpoint::Authorizations, caller, token)?
        .body("application/json", SecretBytes::new(body.to_string())))
}

/// Asks how a consent stands, or ends it, with our own token.
///
/// # Errors
/// [`BankError::NotSent`] when the identifier cannot be part of an address.
pub fn consent(
    method: Method,
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
) -> Result<BankRequest, BankError> {
    let url = under(bank, &["account-access-consents", permit.authorization_id])?;
    authorized(method, url, Endpoint::Authorizations, caller, permit.token)
}

/// Lists accounts; it is the first call with every new token.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn list_accounts(
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
) -> Result<BankRequest, BankError> {
    let url = under(bank, &["accounts"])?;
    authorized(Method::Get, url, Endpoint::Accounts, caller, permit.token)
}

/// Asks for the balances of an account.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn balances(
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
    account: &ObservedAccount,
) -> Result<BankRequest, BankError> {
    let url = under(bank, &["accounts", &account.bank_reference, "balances"])?;
    authorized(Method::Get, url, Endpoint::AccountBalances, caller, permit.token)
}

/// Asks for a page of transactions: from the first day wished, without a last one, so that what is
/// expected to book tomorrow is there too; or for the page a link leads to.
///
/// # Errors
/// [`BankError::NotSent`] when the account or the link leads out of the API.
pub fn page(
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
    wish: &PageWish<'_>,
) -> Result<BankRequest, BankError> {
    let path = ["accounts", &wish.account.bank_reference, "transactions"];
    let url = match (wish.continuation, wish.days) {
        (Some(link), _) => inside(bank, link).ok_or(BAD_LINK)?,
        (None, None) => under(bank, &path)?,
        (None, Some(days)) => {
            let mut url = Url::parse(&under(bank, &path)?).map_err(|_| BAD_LINK)?;
            // Moments in a query have no zone.
            let from = format!("{}T00:00:00", days.from);
            url.query_pairs_mut().append_pair("fromBookingDateTime", &from);
            url.into()
        }
    };
    authorized(Method::Get, url, Endpoint::AccountTransactions, caller, permit.token)
}

/// Passes a link to a next page if it stays on the host and under the base of the API, so that a token
/// never travels to another place. It is followed to the letter.
#[must_use]
pub fn inside(bank: &Bank, link: &str) -> Option<String> {
    let base = Url::parse(&bank.accounts_url).ok()?;
    let url = Url::parse(link).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let same_origin = url.scheme() == "https" && url.origin() == base.origin();
    let under = url.path().strip_prefix(base.path()).is_some_and(|rest| rest.starts_with('/'));
    (link.len() <= LONGEST_LINK && plain && same_origin && under).then(|| url.into())
}

/// An address under the base of the API. An identifier from the bank is one segment, whatever is in it.
fn under(bank: &Bank, segments: &[&str]) -> Result<String, BankError> {
    if !segments.iter().all(|segment| is_identifier(segment)) {
        return Err(BankError::NotSent { what: "identifier" });
    }
    bank.under(segments)
}

/// The headers every call carries. Those about the person go along only when the person is here: their
/// presence is what tells an attended call from an unattended one.
fn authorized(
    method: Method,
    url: String,
    endpoint: Endpoint,
    caller: &Caller<'_>,
    token: Option<&Secret>,
) -> Result<BankRequest, BankError> {
    let token = token.ok_or(BankError::NotSent { what: "token" })?;
    let mut request = BankRequest::new(method, url, endpoint)
        .header("authorization", format!("Bearer {}", token.expose()))
        .header("accept", "application/json")
        .header("x-fapi-interaction-id", caller.interaction_id.to_string());
    if let Some(attended) = &caller.attended {
        request = request
            .header("x-fapi-customer-ip-address", attended.ip_address().to_string())
            .header("x-fapi-auth-date", write_http_date(attended.signed_in_at()));
        if let Some(user_agent) = attended.user_agent() {
            request = request.header("x-customer-user-agent", user_agent);
        }
    }
    request.attended.clone_from(&caller.attended);
    Ok(request)
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}
