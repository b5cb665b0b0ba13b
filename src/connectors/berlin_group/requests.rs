//! The requests of the account information interface (Implementation Guidelines 1.3, sections 6 and 4.8).

use std::net::IpAddr;

use domain::observed::{AccountKind, ObservedAccount};
use reqwest::Url;
use serde_json::{Value, json};

use super::profile::{BerlinGroupProfile, ConsentKind, Delta};
use super::signature;
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankRequest, Caller, Endpoint, Method, Permit};
use crate::connectors::secret::{Secret, SecretBytes};
use crate::connectors::{ConsentWish, PageWish};

/// Most characters of a link.
const LONGEST_LINK: usize = 2048;
/// Most characters of an IBAN (ISO 13616).
const LONGEST_IBAN: usize = 34;

const BAD_IDENTIFIER: BankError = BankError::NotSent { what: "identifier" };
const BAD_LINK: BankError = BankError::NotSent { what: "continuation" };

/// One request under construction.
pub(super) struct Draft<'a> {
    profile: &'a BerlinGroupProfile,
    caller: &'a Caller<'a>,
    request: BankRequest,
}

impl<'a> Draft<'a> {
    /// A request with the headers every call has. The person is named only where they are here.
    pub(super) fn new(
        profile: &'a BerlinGroupProfile,
        caller: &'a Caller<'a>,
        method: Method,
        url: String,
        endpoint: Endpoint,
    ) -> Self {
        let mut request = BankRequest::new(method, url, endpoint)
            .header("accept", "application/json")
            .header("x-request-id", caller.interaction_id.to_string());
        if let Some(attended) = &caller.attended
            && let Some(address) = address_of(attended.ip_address(), profile.ipv6)
        {
            request = request.header("psu-ip-address", address);
            if let Some(user_agent) = attended.user_agent() {
                request = request.header("psu-user-agent", user_agent);
            }
            request.attended = Some(attended.clone());
        }
        Self { profile, caller, request }
    }

    /// Shows what opens the accounts: the consent's name, and the token where there is one.
    pub(super) fn opened_by(self, permit: &Permit<'_>) -> Self {
        let draft = self.with_token(permit.token);
        let request = draft.request.header("consent-id", permit.authorization_id.to_owned());
        Self { request, ..draft }
    }

    pub(super) fn with_token(self, token: Option<&Secret>) -> Self {
        let Some(token) = token else { return self };
        let bearer = format!("Bearer {}", token.expose());
        Self { request: self.request.header("authorization", bearer), ..self }
    }

    pub(super) fn header(self, name: &'static str, value: impl Into<Secret>) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub(super) fn json(self, body: &Value) -> Self {
        let body = SecretBytes::new(body.to_string());
        Self { request: self.request.body("application/json", body), ..self }
    }

    /// Signs it, where the bank wants that. Nothing may be added afterwards.
    pub(super) fn finish(self) -> Result<BankRequest, BankError> {
        let Some(rules) = &self.profile.signature else { return Ok(self.request) };
        let date = crate::connectors::exchange::write_http_date(self.caller.now);
        signature::sign(self.request.header("date", date), self.caller.seal, rules)
    }
}

/// An address as the standard's schema takes it: version 4, also where it came wrapped in version 6.
fn address_of(address: IpAddr, ipv6: bool) -> Option<String> {
    match address {
        IpAddr::V4(four) => Some(four.to_string()),
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => Some(four.to_string()),
            None => ipv6.then(|| six.to_string()),
        },
    }
}

/// Makes a consent.
///
/// # Errors
/// [`BankError::NotSent`] when the terms go over the profile, or accounts have to be named and are not.
pub fn create_consent(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    token: Option<&Secret>,
    wish: &ConsentWish<'_>,
) -> Result<BankRequest, BankError> {
    let expires = wish.terms.allowed_end(bank, caller.now)?;
    let zone: chrono_tz::Tz = bank.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let body = json!({
        "access": access(profile.consent, wish.accounts)?,
        "recurringIndicator": true,
        "validUntil": expires.with_timezone(&zone).date_naive(),
        "frequencyPerDay": bank.allowance.unattended_a_day.clamp(1, 4),
        "combinedServiceIndicator": false,
    });
    let url = bank.under(&["consents"])?;
    let mut draft =
        Draft::new(profile, caller, Method::Post, url, Endpoint::Authorizations).with_token(token);
    if draft.request.header_value("psu-ip-address").is_none() {
        // A consent needs one (section 6.3.1). The person's own is true, of whatever kind it is.
        let attended = caller.attended.as_ref();
        let attended = attended.ok_or(BankError::NotSent { what: "address of the person" })?;
        draft = draft.header("psu-ip-address", attended.ip_address().to_string());
    }
    let back = |turned_away: bool| {
        let mut url = Url::parse(wish.redirect_uri)
            .map_err(|_| BankError::NotSent { what: "redirect address" })?;
        url.query_pairs_mut().append_pair("state", wish.state.expose());
        if turned_away {
            url.query_pairs_mut().append_pair("error", "access_denied");
        }
        Ok(String::from(url))
    };
    if !bank.redirect_preferred {
        draft = draft.header("tpp-redirect-preferred", "false");
    } else {
        draft = draft
            .header("tpp-redirect-preferred", "true")
            .header("tpp-redirect-uri", back(false)?)
            .header("tpp-nok-redirect-uri", back(true)?);
    }
    if profile.explicit_start {
        draft = draft.header("tpp-explicit-authorisation-preferred", "true");
    }
    draft.json(&body).finish()
}

fn access(kind: ConsentKind, accounts: &[String]) -> Result<Value, BankError> {
    let sound = |iban: &String| {
        (5..=LONGEST_IBAN).contains(&iban.len()) && iban.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    Ok(match kind {
        ConsentKind::Global => json!({ "allPsd2": "allAccounts" }),
        ConsentKind::BankOffered => json!({ "accounts": [], "balances": [], "transactions": [] }),
        ConsentKind::Detailed if accounts.is_empty() || !accounts.iter().all(sound) => {
            return Err(BankError::NotSent { what: "account numbers, which this bank asks for" });
        }
        ConsentKind::Detailed => {
            let named: Vec<Value> = accounts.iter().map(|iban| json!({ "iban": iban })).collect();
            json!({ "accounts": named, "balances": named, "transactions": named })
        }
    })
}

/// Asks how a consent stands, with all that the bank says of it, or ends it.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn consent(
    method: Method,
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
) -> Result<BankRequest, BankError> {
    let url = bank.under(&["consents", permit.authorization_id])?;
    let draft = Draft::new(profile, caller, method, url, Endpoint::Authorizations);
    draft.with_token(permit.token).finish()
}

/// Asks after a consent that there is not: a bank that knows us says so, any other refuses us.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn probe(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
) -> Result<BankRequest, BankError> {
    let url = bank.under(&["consents", &caller.interaction_id.to_string(), "status"])?;
    Draft::new(profile, caller, Method::Get, url, Endpoint::Authorizations).finish()
}

/// Lists accounts, and card accounts where the bank has them.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn list_accounts(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
) -> Result<Vec<BankRequest>, BankError> {
    let mut lists = vec![(Endpoint::Accounts, "accounts")];
    if profile.cards {
        lists.push((Endpoint::Cards, "card-accounts"));
    }
    lists
        .into_iter()
        .map(|(endpoint, name)| {
            let mut url = bank.under(&[name])?;
            if profile.balances_in_list && endpoint == Endpoint::Accounts {
                url.push_str("?withBalance=true");
            }
            let draft = Draft::new(profile, caller, Method::Get, url, endpoint);
            draft.opened_by(permit).finish()
        })
        .collect()
}

/// Asks for the balances of one account.
///
/// # Errors
/// [`BankError::NotSent`].
pub fn balances(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
    account: &ObservedAccount,
) -> Result<Option<BankRequest>, BankError> {
    let (name, endpoint) = match account.kind {
        AccountKind::Card => ("card-accounts", Endpoint::CardBalances),
        _ if profile.balances_in_list => return Ok(None),
        _ => ("accounts", Endpoint::AccountBalances),
    };
    let url = bank.under(&[name, &account.bank_reference, "balances"])?;
    let draft = Draft::new(profile, caller, Method::Get, url, endpoint);
    draft.opened_by(permit).finish().map(Some)
}

/// Asks for a page of transactions.
///
/// # Errors
/// [`BankError::NotSent`] when the account or the continuation leads out of the interface.
pub fn page(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    permit: &Permit<'_>,
    wish: &PageWish<'_>,
) -> Result<BankRequest, BankError> {
    let (name, endpoint) = match wish.account.kind {
        AccountKind::Card => ("card-accounts", Endpoint::CardTransactions),
        _ => ("accounts", Endpoint::AccountTransactions),
    };
    let first = bank.under(&[name, &wish.account.bank_reference, "transactions"])?;
    let url = match wish.continuation {
        Some(link) => inside(bank, &first, link).ok_or(BAD_LINK)?,
        None => {
            let mut url = Url::parse(&first).map_err(|_| BAD_IDENTIFIER)?;
            let mut query = url.query_pairs_mut();
            query.append_pair("bookingStatus", profile.booking_status.word());
            match (profile.delta, wish.after) {
                (Delta::EntryReference, Some(reference))
                    if endpoint == Endpoint::AccountTransactions =>
                {
                    query.append_pair("entryReferenceFrom", reference);
                }
                (Delta::List, Some(_)) => {
                    query.append_pair("deltaList", "true");
                }
                _ => {
                    let days = wish.days.ok_or(BankError::NotSent { what: "days" })?;
                    query.append_pair("dateFrom", &days.from.to_string());
                    query.append_pair("dateTo", &days.to.to_string());
                }
            }
            drop(query);
            url.into()
        }
    };
    let draft = Draft::new(profile, caller, Method::Get, url, endpoint);
    draft.opened_by(permit).finish()
}

/// The link of the next page, read against the page it was found on; none means that this is the last.
///
/// # Errors
/// [`BankError::Unreadable`] when it leads elsewhere.
pub fn continuation(
    bank: &Bank,
    request_url: &str,
    link: Option<&str>,
) -> Result<Option<String>, BankError> {
    let refused = BankError::Unreadable { what: "link to the next page" };
    let Some(link) = link else { return Ok(None) };
    inside(bank, request_url, link).map(Some).ok_or(refused)
}

/// Lets a link pass only if it is of the same scheme, host, port and path, so that a consent is never
/// shown to another place.
fn inside(bank: &Bank, at: &str, link: &str) -> Option<String> {
    let url = Url::parse(&resolve(bank, link)?).ok()?;
    let base = Url::parse(at).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let same = url.origin() == base.origin() && url.path() == base.path();
    (url.scheme() == "https" && plain && same).then(|| url.into())
}

/// Reads a link of the bank: a full address, or a path on its host, or one that begins with the version
/// and leaves out what the base has before it.
pub(super) fn resolve(bank: &Bank, link: &str) -> Option<String> {
    if link.is_empty() || link.len() > LONGEST_LINK {
        return None;
    }
    let base = Url::parse(&bank.accounts_url).ok()?;
    let version = base.path_segments()?.next_back()?.to_owned();
    let short = format!("/{version}/");
    if link.starts_with(&short) && !base.path().starts_with(&short.trim_end_matches('/').to_owned())
    {
        let before = bank.accounts_url.strip_suffix(&format!("/{version}"))?;
        return Some(format!("{before}{link}"));
    }
    base.join(link).ok().map(Into::into)
}
