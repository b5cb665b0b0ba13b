//! Consents and the person's way to agree to them (Implementation Guidelines 1.3, sections 6.3 to 6.4 and
//! 7).

use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use domain::designated::{Designated, MOST_DESIGNATED};
use domain::money::Currency;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::mapping::SEVERAL_CURRENCIES;
use super::profile::BerlinGroupProfile;
use super::requests::{Draft, resolve};
use super::{oauth, refusal};
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method};
use crate::connectors::row::is_identifier;
use crate::connectors::secret::Secret;
use crate::connectors::{AuthorizationRequest, AuthorizationStep, ConsentStatus, ObservedConsent};

/// Most links read of one answer.
const MOST_LINKS: usize = 32;
/// Most characters of what a bank wants a person told.
const LONGEST_MESSAGE: usize = 256;
/// The day that stands for "as long as you allow".
const ENDLESS: &str = "9999-12-31";
/// Links that ask for the person's bank password, which is never taken here.
const WITH_PASSWORD: [&str; 5] = [
    "startAuthorisationWithPsuAuthentication",
    "startAuthorisationWithEncryptedPsuAuthentication",
    "updatePsuAuthentication",
    "updateEncryptedPsuAuthentication",
    "startAuthorisationWithTransactionAuthorisation",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    consent_id: Option<String>,
    consent_status: Option<String>,
    valid_until: Option<String>,
    psu_message: Option<String>,
    #[serde(default)]
    access: Map<String, Value>,
    #[serde(rename = "_links", default)]
    links: Map<String, Value>,
}

/// Reads a consent that was made, or how one stands; the latter does not repeat its name.
///
/// # Errors
/// A refusal, or an answer that is no consent.
pub fn read(
    bank: &Bank,
    asked: Option<&str>,
    answer: &BankAnswer,
) -> Result<ObservedConsent, BankError> {
    refusal::check(Endpoint::Authorizations, answer)?;
    let unreadable = |what| BankError::Unreadable { what };
    let shown: Shown = serde_json::from_slice(&answer.body).map_err(|_| unreadable("consent"))?;
    let authorization_id = match asked {
        Some(asked) => asked.to_owned(),
        None => shown.consent_id.filter(|id| is_identifier(id)).ok_or(unreadable("consentId"))?,
    };
    let word = shown.consent_status.ok_or(unreadable("consentStatus"))?;
    Ok(ObservedConsent {
        authorization_id,
        status: status(&word),
        created: None,
        authorized: None,
        expires: shown.valid_until.as_deref().and_then(|day| end_of(bank, day)),
        history_from: None,
        history_to: None,
        accounts: opened(&shown.access),
        links: links(&shown.links),
        sca_approach: answer.sca_approach.clone(),
        message: shown.psu_message.map(|text| plain(&text)).filter(|text| !text.is_empty()),
    })
}

/// The words of the standard (Implementation Guidelines 1.3, section 14.12). A bank may have others.
fn status(word: &str) -> ConsentStatus {
    match word {
        "received" => ConsentStatus::Unauthorized,
        "partiallyAuthorised" => ConsentStatus::PartlyAuthorized,
        "valid" => ConsentStatus::Authorized,
        "rejected" => ConsentStatus::Rejected,
        "revokedByPsu" | "terminatedByTpp" => ConsentStatus::Revoked,
        "expired" => ConsentStatus::Expired,
        _ => ConsentStatus::Other,
    }
}

/// The accounts a consent opens, as the bank names them in it (Implementation Guidelines 1.3, section 14.4). One
/// that is for all accounts names none, and one that is named by something else than a number cannot be
/// compared: the bank's list says which they are then.
fn opened(access: &Map<String, Value>) -> Vec<Designated> {
    let lists = ["accounts", "balances", "transactions"];
    let named = lists.iter().filter_map(|list| access.get(*list)?.as_array()).flatten();
    let mut opened: Vec<Designated> = Vec::new();
    for reference in named {
        let text = |name: &&str| reference.get(*name).and_then(Value::as_str);
        let Some(number) = ["iban", "bban", "maskedPan", "pan"].iter().find_map(text) else {
            return Vec::new();
        };
        let currency = text(&"currency").and_then(|code| Currency::parse(code).ok());
        let one = Designated {
            name: number.split_ascii_whitespace().collect(),
            currency: currency.filter(|currency| currency.code() != SEVERAL_CURRENCIES),
        };
        if !opened.contains(&one) {
            if opened.len() >= MOST_DESIGNATED {
                return Vec::new();
            }
            opened.push(one);
        }
    }
    opened
}

/// The last moment of a day of the bank's, which the standard counts in.
fn end_of(bank: &Bank, day: &str) -> Option<DateTime<Utc>> {
    if day == ENDLESS {
        return None;
    }
    let day: NaiveDate = day.parse().ok()?;
    let zone: chrono_tz::Tz = bank.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let midnight = day.succ_opt()?.and_hms_opt(0, 0, 0)?;
    let next = zone.from_local_datetime(&midnight).earliest()?;
    Some(next.with_timezone(&Utc) - chrono::TimeDelta::seconds(1))
}

fn links(links: &Map<String, Value>) -> Vec<(String, String)> {
    let href = |value: &Value| value.get("href").and_then(Value::as_str).map(str::to_owned);
    let named = links.iter().take(MOST_LINKS);
    named.filter_map(|(name, value)| Some((name.clone(), href(value)?))).collect()
}

/// What a person may be shown: short, without control characters and marks of markup.
fn plain(text: &str) -> String {
    let keep = |letter: &char| !letter.is_control() && !matches!(letter, '<' | '>');
    text.chars().filter(keep).take(LONGEST_MESSAGE).collect()
}

/// What to do next to have the person agree.
///
/// # Errors
/// [`BankError::NotSent`] where the bank leaves no way but its password; [`BankError::Unreadable`] where its
/// links lead nowhere.
pub fn authorize(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    request: &AuthorizationRequest<'_>,
    answers: &[BankAnswer],
) -> Result<AuthorizationStep, BankError> {
    let consent = request.consent;
    let started = match (consent.link("startAuthorisation"), answers.first()) {
        (Some(_), Some(answer)) => Some(read_start(answer)?),
        _ => None,
    };
    let later = &answers[usize::from(started.is_some()).min(answers.len())..];
    let link = |name: &str| {
        let second = started.as_ref().and_then(|started| find(&started.links, name));
        second.or_else(|| consent.link(name))
    };
    let approach = started.as_ref().and_then(|started| started.approach.as_deref());
    let approach = approach.or(consent.sca_approach.as_deref()).unwrap_or_default();
    if let Some(address) = link("scaRedirect") {
        let url = resolve(bank, address).ok_or(LINK)?;
        let confirmation = link("confirmation").map(str::to_owned);
        return Ok(AuthorizationStep::Browser { url: Secret::new(url), confirmation });
    }
    if let Some(address) = link("scaOAuth") {
        return oauth::authorize(profile, bank, caller, request, address, later);
    }
    if started.is_none()
        && let Some(address) = consent.link("startAuthorisation")
    {
        let url = resolve(bank, address).ok_or(LINK)?;
        let draft = Draft::new(profile, caller, Method::Post, url, Endpoint::Authorizations);
        return Ok(AuthorizationStep::Ask(Box::new(draft.json(&json!({})).finish()?)));
    }
    let embedded = approach.eq_ignore_ascii_case("EMBEDDED");
    if embedded || WITH_PASSWORD.iter().any(|name| link(name).is_some()) {
        return Err(BankError::NotSent { what: "the person's bank password, which is not taken" });
    }
    let message = started.and_then(|started| started.message).or_else(|| consent.message.clone());
    Ok(AuthorizationStep::Elsewhere { message })
}

const LINK: BankError = BankError::Unreadable { what: "link of the consent" };

fn find<'a>(links: &'a [(String, String)], name: &str) -> Option<&'a str> {
    links.iter().find(|(known, _)| known == name).map(|(_, href)| href.as_str())
}

/// The authorisation that was started for a consent.
struct Started {
    links: Vec<(String, String)>,
    approach: Option<String>,
    message: Option<String>,
}

fn read_start(answer: &BankAnswer) -> Result<Started, BankError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        psu_message: Option<String>,
        #[serde(rename = "_links", default)]
        links: Map<String, Value>,
    }
    refusal::check(Endpoint::Authorizations, answer)?;
    let unreadable = BankError::Unreadable { what: "authorisation" };
    let body: Body = serde_json::from_slice(&answer.body).map_err(|_| unreadable)?;
    Ok(Started {
        links: links(&body.links),
        approach: answer.sca_approach.clone(),
        message: body.psu_message.map(|text| plain(&text)).filter(|text| !text.is_empty()),
    })
}

/// Shows the bank the code that came back with the browser (Implementation Guidelines 1.3, section 7.6).
///
/// # Errors
/// [`BankError::NotSent`] when the place is not the bank's.
pub fn confirm(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    place: &str,
    code: &Secret,
) -> Result<BankRequest, BankError> {
    let url =
        resolve(bank, place).ok_or(BankError::NotSent { what: "place of the confirmation" })?;
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin().ascii_serialization());
    if origin(&url) != origin(&bank.accounts_url) {
        return Err(BankError::NotSent { what: "place of the confirmation" });
    }
    let draft = Draft::new(profile, caller, Method::Put, url, Endpoint::Authorizations);
    draft.json(&json!({ "confirmationCode": code.expose() })).finish()
}

/// Reads whether the bank took the code.
///
/// # Errors
/// A refusal; [`BankError::ConsentEnded`] where the authorisation failed.
pub fn read_confirmed(answer: &BankAnswer) -> Result<(), BankError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        sca_status: Option<String>,
    }
    refusal::check(Endpoint::Authorizations, answer)?;
    let unreadable = BankError::Unreadable { what: "confirmation" };
    let body: Body = serde_json::from_slice(&answer.body).map_err(|_| unreadable.clone())?;
    match body.sca_status.as_deref() {
        Some("finalised" | "exempted") => Ok(()),
        Some("failed") => Err(BankError::ConsentEnded),
        _ => Err(unreadable),
    }
}

/// Reads the answer to a probe: a bank that knows us has no such consent, and says nothing against us.
///
/// # Errors
/// A refusal of our certificate or our signature, or an answer of another kind.
pub fn read_probe(answer: &BankAnswer) -> Result<(), BankError> {
    let code = refusal::code_of(&answer.body).unwrap_or_default();
    let about_us =
        ["CERTIFICATE_", "SIGNATURE_", "ROLE_"].iter().any(|word| code.starts_with(word));
    match (answer.status, about_us) {
        (400 | 403 | 404, false) if !code.is_empty() => Ok(()),
        _ => match refusal::check(Endpoint::Registration, answer) {
            Ok(()) => Err(BankError::Unreadable { what: "probe" }),
            Err(error) => Err(error),
        },
    }
}
