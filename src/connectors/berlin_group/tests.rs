//! What the connector sends and reads, against recorded forms with invented content: the requirements every
//! connector is tested for, one by one.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, BalanceKind, RowState};
use domain::plan::Days;
use serde_json::{Value, json};
use uuid::Uuid;

use super::banks::NORDVIK;
use super::profile::{BookingStatus, ConsentKind, Delta};
use super::*;
use crate::connectors::exchange::Method;
use crate::connectors::{
    Attended, ClientCredentials, ConsentStatus, ConsentTerms, IssuedCertificate,
};

mod accounts;
mod consents;
mod properties;
mod signatures;

fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a moment").with_timezone(&Utc)
}

fn noon() -> DateTime<Utc> {
    moment("2026-01-05T12:00:00Z")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

/// A bank like the sandbox's, with something else about it.
fn changed(change: impl FnOnce(&mut BerlinGroupProfile)) -> &'static BerlinGroup {
    let mut bank = NORDVIK;
    change(&mut bank.profile);
    Box::leak(Box::new(bank))
}

fn bank() -> Bank {
    NORDVIK.bank()
}

fn client() -> ClientCredentials {
    ClientCredentials {
        client_id: Secret::new("PSDSE-FINA-44059"),
        client_secret: None,
        api_key: None,
    }
}

fn caller(client: &ClientCredentials) -> Caller<'_> {
    let (interaction_id, now) = (Uuid::nil(), noon());
    Caller { client, seal: seal(), interaction_id, attended: None, now }
}

/// A seal, made once.
fn seal() -> &'static IssuedCertificate {
    static SEAL: OnceLock<IssuedCertificate> = OnceLock::new();
    SEAL.get_or_init(|| crate::connectors::certificate::tests::seal("qseal-1", Algorithm::Rs256))
}

fn present(address: &str) -> Attended {
    let address = address.parse().expect("an address");
    Attended::from_live_request(address, noon(), Some("Browser/1"))
}

fn permit() -> Permit<'static> {
    Permit { token: None, authorization_id: "c-1" }
}

fn answer(status: u16, body: &str) -> BankAnswer {
    BankAnswer::replayed(status, body.to_owned(), noon())
}

fn shown(kind: AccountKind, reference: &str) -> ObservedAccount {
    ObservedAccount {
        bank_reference: reference.to_owned(),
        kind,
        identifier: match kind {
            AccountKind::Card => "525412******3241".to_owned(),
            _ => "SE4550000000058398257466".to_owned(),
        },
        currency: kronor(),
        name: String::new(),
        owner: None,
        servicer: None,
        balances: Vec::new(),
    }
}

fn kronor() -> Currency {
    Currency::parse("SEK").expect("a currency")
}

fn body(request: &BankRequest) -> Value {
    let body = request.body.as_ref().expect("a body");
    serde_json::from_slice(body.expose()).expect("JSON")
}

fn page_of(
    standard: &'static BerlinGroup,
    kind: AccountKind,
    reference: &str,
    continuation: Option<&str>,
) -> Result<BankRequest, BankError> {
    let (client, account) = (client(), shown(kind, reference));
    let days = Some(Days { from: day(2025, 10, 8), to: day(2026, 1, 5) });
    let wish = PageWish { account: &account, days, continuation, after: None };
    standard.page(&standard.bank(), &caller(&client), &permit(), &wish)
}

fn read_page(kind: AccountKind, text: &str) -> Result<ObservedPage, BankError> {
    read_page_of(&NORDVIK, kind, &answer(200, text))
}

fn read_page_of(
    standard: &'static BerlinGroup,
    kind: AccountKind,
    answer: &BankAnswer,
) -> Result<ObservedPage, BankError> {
    let request = page_of(standard, kind, "r-1001", None).expect("a request");
    standard.read_page(&standard.bank(), &request, &shown(kind, "r-1001"), answer)
}

fn reasons(rows: &[domain::observed::QuarantinedRow]) -> Vec<&str> {
    rows.iter().map(|row| row.reason.as_str()).collect()
}
