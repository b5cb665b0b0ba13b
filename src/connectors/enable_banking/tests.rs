//! What the connector sends and reads, against recorded forms with invented content.

use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::Currency;
use domain::observed::{AccountKind, BalanceKind, QuarantinedRow, RowState};
use domain::plan::Days;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::connectors::banks::Profile as _;
use crate::connectors::jose::{Algorithm, unverified_part};
use crate::connectors::{
    Attended, ClientCredentials, ConsentStatus, ConsentTerms, IssuedCertificate,
};

mod properties;

const NAMED: &str = "07cc67f4-45d6-494b-adac-09b5cbc7e2b5";

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-01-05T12:00:00Z").expect("a moment").with_timezone(&Utc)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn bank() -> Bank {
    banks::OP.bank()
}

fn client() -> ClientCredentials {
    ClientCredentials { client_id: Secret::new("app-1"), client_secret: None, api_key: None }
}

fn caller(client: &ClientCredentials) -> Caller<'_> {
    Caller { client, seal: seal(), interaction_id: Uuid::nil(), attended: None, now: noon() }
}

/// The application's key, made once.
fn seal() -> &'static IssuedCertificate {
    static SEAL: OnceLock<IssuedCertificate> = OnceLock::new();
    SEAL.get_or_init(|| crate::connectors::certificate::tests::seal("app-1", Algorithm::Rs256))
}

fn answer(status: u16, body: impl Into<bytes::Bytes>) -> BankAnswer {
    BankAnswer::replayed(status, body, noon())
}

fn account() -> ObservedAccount {
    ObservedAccount {
        bank_reference: NAMED.to_owned(),
        kind: AccountKind::Current,
        identifier: "FI2112345600000785".to_owned(),
        currency: Currency::EUR,
        name: String::new(),
        owner: None,
        servicer: None,
        balances: Vec::new(),
    }
}

fn page(continuation: Option<&str>) -> Result<BankRequest, BankError> {
    let (client, account) = (client(), account());
    let days = Days { from: day("2025-11-01"), to: day("2026-01-05") };
    let wish = PageWish { account: &account, days: Some(days), continuation, after: None };
    let permit = Permit { token: None, authorization_id: "s-1" };
    banks::OP.page(&bank(), &caller(&client), &permit, &wish)
}

fn read_page(answer: &BankAnswer) -> Result<ObservedPage, BankError> {
    banks::OP.read_page(&bank(), &page(None).expect("a request"), &account(), answer)
}

/// A page with these rows.
fn rows(rows: &[Value]) -> BankAnswer {
    answer(200, json!({ "transactions": rows, "continuation_key": null }).to_string())
}

/// A booked row, with changes.
fn row(changes: &Value) -> Value {
    let mut row = json!({
        "entry_reference": "e", "credit_debit_indicator": "DBIT", "status": "BOOK",
        "booking_date": "2026-01-05", "transaction_amount": { "amount": "1.00", "currency": "EUR" },
    });
    for (name, value) in changes.as_object().expect("an object") {
        row[name.as_str()] = value.clone();
    }
    row
}

fn reasons(rows: &[QuarantinedRow]) -> Vec<(u32, &str)> {
    rows.iter().map(|row| (row.index, row.reason.as_str())).collect()
}

fn body(request: &BankRequest) -> Value {
    serde_json::from_slice(request.body.as_ref().expect("a body").expose()).expect("JSON")
}

#[test]
fn every_request_bears_a_short_token_of_the_application_and_shows_no_certificate() {
    let client = client();
    let permit = Permit { token: None, authorization_id: "s-1" };
    let request = banks::OP.consent_status(&bank(), &caller(&client), &permit).expect("a request");
    assert_eq!(request.url, "https://api.enablebanking.com/sessions/s-1");
    assert!(!request.client_certificate);
    let bearer = request.header_value("authorization").expect("a token");
    let token = bearer.strip_prefix("Bearer ").expect("a bearer token");
    let header: Value = unverified_part(token, 0).expect("a header");
    assert_eq!(header, json!({ "typ": "JWT", "alg": "RS256", "kid": "app-1" }));
    let claims: Value = unverified_part(token, 1).expect("claims");
    let issued = noon().timestamp() - 10;
    assert_eq!(
        claims,
        json!({ "iss": "enablebanking.com", "aud": "api.enablebanking.com",
            "iat": issued, "exp": issued + 300 })
    );
    assert!(bank().algorithm_exception.is_some(), "RS256 is an exception with a reason and a date");
}

#[test]
fn a_person_is_sent_with_the_bank_s_name_and_not_for_longer_than_it_allows() {
    let client = client();
    let terms = ConsentTerms::longest(&bank(), noon());
    let state = Secret::new("state-1");
    let redirect_uri = "https://us.example/callback/enable-banking-op";
    let wish = ConsentWish { terms: &terms, redirect_uri, state: &state, accounts: &[] };
    let start =
        |wish: &ConsentWish<'_>| banks::OP.create_consent(&bank(), &caller(&client), None, wish);
    let asked = body(&start(&wish).expect("a request"));
    assert_eq!(asked["aspsp"], json!({ "name": "OP", "country": "FI" }));
    assert_eq!(asked["access"]["valid_until"], "2026-07-04T11:59:00Z");
    assert_eq!(asked["redirect_url"], redirect_uri);
    assert_eq!(asked["state"], "state-1");
    let later = ConsentTerms { expires: noon() + chrono::TimeDelta::days(181), ..terms };
    assert!(start(&ConsentWish { terms: &later, ..wish }).is_err());
    let started = answer(
        200,
        r#"{"url":"https://tilisy.enablebanking.com/w?s=1","authorization_id":"a-1","psu_id_hash":"p"}"#,
    );
    let created = banks::OP.read_created(&bank(), &started).expect("a consent");
    assert_eq!(
        (created.authorization_id.as_str(), created.status),
        ("a-1", ConsentStatus::Unauthorized)
    );
    assert!(bank().may_send_browser_to(created.link("url").expect("a link")));
}

#[test]
fn what_is_said_of_the_person_is_all_that_the_bank_wants_or_nothing() {
    let client = client();
    let permit = Permit { token: None, authorization_id: "s-1" };
    let mut caller = caller(&client);
    let ask = |standard: &EnableBanking, caller: &Caller<'_>| {
        let request = standard.consent_status(&bank(), caller, &permit).expect("a request");
        let value = |name| request.header_value(name).map(str::to_owned);
        (value("psu-ip-address"), value("psu-user-agent"), request.attended.is_some())
    };
    assert_eq!(ask(&banks::OP, &caller), (None, None, false));
    let here = |agent| Attended::from_live_request([192, 0, 2, 7].into(), noon(), agent);
    caller.attended = Some(here(Some("Browser/1")));
    let (ip, agent) = (Some("192.0.2.7".to_owned()), Some("Browser/1".to_owned()));
    assert_eq!(ask(&banks::OP, &caller), (ip.clone(), agent, true));
    caller.attended = Some(here(None));
    assert_eq!(ask(&banks::OP, &caller), (ip, None, true));
    let picky = Aspsp { wants_user_agent: true, ..banks::OP.aspsp };
    assert_eq!(ask(&EnableBanking { aspsp: picky }, &caller), (None, None, false));
}

#[test]
fn a_session_becomes_the_consent_and_one_of_another_bank_is_refused() {
    let opened = json!({
        "session_id": "s-1", "accounts": [], "psu_type": "personal",
        "aspsp": { "name": "OP", "country": "FI" },
        "access": { "valid_until": "2026-01-06T12:00:00Z", "balances": true, "transactions": true },
    });
    let read = |opened: &Value| banks::OP.read_tokens(&answer(200, opened.to_string()), "");
    let tokens = read(&opened).expect("a session");
    assert_eq!(tokens.access.expose(), "s-1");
    assert_eq!(tokens.authorization_id.as_deref(), Some("s-1"));
    assert_eq!((tokens.expires_in_seconds, tokens.refresh.is_none()), (86_400, true));
    for (name, value) in [
        ("aspsp", json!({ "name": "Nordea", "country": "FI" })),
        ("aspsp", json!({ "name": "OP", "country": "EE" })),
        ("access", json!({ "valid_until": "2026-01-05T11:00:00Z" })),
        ("access", json!({})),
        ("session_id", json!("../x y")),
    ] {
        let mut changed = opened.clone();
        changed[name] = value;
        assert!(read(&changed).is_err(), "{changed}");
    }
    let session = include_str!("fixtures/session.json");
    let consent = banks::OP.read_consent(&bank(), "s-1", &answer(200, session)).expect("a consent");
    assert_eq!(
        (consent.status, consent.authorization_id.as_str()),
        (ConsentStatus::Authorized, "s-1")
    );
    assert!(consent.expires.is_some() && consent.authorized.is_some());
    let named: Vec<_> = consent.accounts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(named, [NAMED, "a1"]);
    let list = banks::OP.read_accounts(&bank(), Endpoint::Accounts, &answer(200, session));
    assert_eq!(list.expect("a list").named, [NAMED, "a1"]);
    for (word, expected) in [
        ("CLOSED", BankError::ConsentEnded),
        ("REVOKED", BankError::ConsentEnded),
        ("EXPIRED", BankError::TokenExpired),
    ] {
        let body = session.replace("AUTHORIZED", word);
        let read = banks::OP.read_accounts(&bank(), Endpoint::Accounts, &answer(200, body));
        assert_eq!(read, Err(expected), "{word}");
    }
    assert!(banks::NORDEA.read_consent(&bank(), "s-1", &answer(200, session)).is_err());
}

#[test]
fn an_application_has_to_be_in_use_here_for_this() {
    let good = json!({ "kid": "app-1", "active": true, "countries": ["FI"], "services": ["AIS"] });
    let read = |body: &Value| banks::OP.read_probe(&answer(200, body.to_string()));
    assert_eq!(read(&good), Ok(()));
    for (name, value) in
        [("active", json!(false)), ("countries", json!(["SE"])), ("services", json!(["PIS"]))]
    {
        let mut changed = good.clone();
        changed[name] = value;
        assert!(read(&changed).is_err(), "{changed}");
    }
}

#[test]
fn an_account_is_what_its_details_say() {
    let body = include_str!("fixtures/details.json");
    let read = banks::OP.read_account_details(NAMED, &answer(200, body)).expect("an account");
    let [account] = &read.accounts[..] else { panic!("one account was expected") };
    assert_eq!(account.identifier, "FI2112345600000785");
    assert_eq!(
        (account.name.as_str(), account.owner.as_deref()),
        ("OP-käyttötili", Some("Invented Person"))
    );
    assert_eq!((account.kind, account.bank_reference.as_str()), (AccountKind::Current, NAMED));
    let other = banks::OP.read_account_details("a1", &answer(200, body));
    assert_eq!(other, Err(BankError::NotCovered { what: "account" }));
    let nameless = body.replace("FI21 1234 5600 0007 85", "");
    let read = banks::OP.read_account_details(NAMED, &answer(200, nameless)).expect("an answer");
    assert_eq!(reasons(&read.quarantined), [(0, "the account has no number")]);
}

#[test]
fn the_best_balance_of_each_kind_is_taken() {
    let body = include_str!("fixtures/balances.json");
    let read = banks::OP.read_balances(&bank(), &account(), &answer(200, body)).expect("balances");
    let found: Vec<_> = read
        .balances
        .iter()
        .map(|one| (one.kind, one.amount.minor, one.amount_text.as_str()))
        .collect();
    let expected =
        [(BalanceKind::Booked, -1_250, "-12.50"), (BalanceKind::Available, 48_750, "487.50")];
    assert_eq!(found, expected);
    assert_eq!(read.quarantined.len(), 2, "{:?}", read.quarantined);
}

#[test]
fn rows_are_translated_and_odd_ones_set_apart() {
    let page = read_page(&answer(200, include_str!("fixtures/transactions.json"))).expect("a page");
    let [purchase, salary, abroad] = &page.transactions[..] else { panic!("three rows") };
    assert_eq!((purchase.amount.minor, purchase.amount_text.as_str()), (-576_820, "5768.2"));
    assert_eq!(purchase.counterparty.as_deref(), Some("K-Market Invented"));
    assert_eq!(purchase.counterparty_identifier.as_deref(), Some("FI4950009420028730"));
    assert_eq!(purchase.text, "KORTTIOSTO 4659");
    assert_eq!(purchase.bank_type.as_deref(), Some("PKORTTIOSTO"));
    assert_eq!(purchase.payment_date, Some(day("2026-01-03")));
    assert_eq!((salary.amount.minor, salary.state), (105_600, RowState::Pending));
    assert_eq!(
        (salary.booking_date, salary.bank_type.as_deref()),
        (day("2026-01-04"), Some("PMNT.RCDT"))
    );
    assert_eq!(salary.counterparty_identifier.as_deref(), Some("12345"));
    assert_eq!(salary.reference.as_deref(), Some("00000000000000001232"));
    assert_eq!(abroad.original_amount.map(|money| money.minor), Some(-1_160));
    let expected = [
        (3, "the bank rejected this transaction: no money moved"),
        (4, "amount has a sign, beside credit_debit_indicator"),
        (5, "credit_debit_indicator is neither CRDT nor DBIT"),
        (6, "booking_date is missing, and every other day"),
        (7, "status is a word this program does not know"),
        (8, "the row is no object, or a member is there twice"),
    ];
    assert_eq!(reasons(&page.quarantined), expected);
}

#[test]
fn a_key_goes_with_the_days_of_its_first_page_and_an_empty_page_is_no_end() {
    let first = page(None).expect("a request");
    let list = format!("https://api.enablebanking.com/accounts/{NAMED}/transactions");
    assert_eq!(first.url, format!("{list}?date_from=2025-11-01&date_to=2026-01-05"));
    let empty = answer(200, r#"{"transactions":[],"continuation_key":"k+2/="}"#);
    let read = read_page(&empty).expect("a page");
    let next = page(read.continuation.as_deref()).expect("a request");
    let expected =
        format!("{list}?date_from=2025-11-01&date_to=2026-01-05&continuation_key=k%2B2%2F%3D");
    assert_eq!(next.url, expected);
    let again = banks::OP.read_page(
        &bank(),
        &next,
        &account(),
        &answer(200, r#"{"transactions":[],"continuation_key":"k3"}"#),
    );
    let third = again.expect("a page").continuation.expect("a continuation");
    assert_eq!(third, "date_from=2025-11-01&date_to=2026-01-05&continuation_key=k3");
    for end in [r#"{"transactions":[]}"#, r#"{"transactions":[],"continuation_key":""}"#] {
        assert_eq!(read_page(&answer(200, end)).expect("a page").continuation, None);
    }
    assert!(page(Some("x#y")).is_err());
    assert!(read_page(&answer(200, "{}")).is_err(), "a page without a list is no page");
}

#[test]
fn the_word_of_a_refusal_decides_and_not_its_status() {
    let refused = |status: u16, code: &str| {
        Err::<(), _>(BankError::Refused { status, code: code.to_owned() })
    };
    let limited = || Err(BankError::RateLimited { retry_after: Some(Duration::from_secs(7)) });
    let table = [
        (401, "EXPIRED_SESSION", Err(BankError::TokenExpired)),
        (422, "EXPIRED_SESSION", Err(BankError::TokenExpired)),
        (403, "ASPSP_PSU_ACTION_REQUIRED", Err(BankError::TokenExpired)),
        (401, "REVOKED_SESSION", Err(BankError::ConsentEnded)),
        (422, "CLOSED_SESSION", Err(BankError::ConsentEnded)),
        (404, "SESSION_DOES_NOT_EXIST", Err(BankError::ConsentEnded)),
        (429, "ASPSP_RATE_LIMIT_EXCEEDED", limited()),
        (400, "ASPSP_RATE_LIMIT_EXCEEDED", limited()),
        (401, "UNAUTHORIZED_ACCESS", refused(401, "UNAUTHORIZED_ACCESS")),
        (422, "WRONG_CONTINUATION_KEY", refused(422, "WRONG_CONTINUATION_KEY")),
        (422, "PSU_HEADER_NOT_PROVIDED", refused(422, "PSU_HEADER_NOT_PROVIDED")),
        (408, "ASPSP_TIMEOUT", refused(408, "ASPSP_TIMEOUT")),
        (500, "<b>", refused(500, "_b_")),
    ];
    for (status, word, expected) in table {
        let body = json!({ "message": "m", "code": status, "error": word, "detail": null });
        let mut answer = answer(status, body.to_string());
        answer.retry_after = Some(Duration::from_secs(7));
        assert_eq!(refusal::check(&answer), expected, "{status} {word}");
    }
    assert_eq!(refusal::check(&answer(503, "<html>")), refused(503, "none"));
    for (status, gone) in [(404, "SESSION_DOES_NOT_EXIST"), (401, "EXPIRED_SESSION")] {
        let body = json!({ "error": gone }).to_string();
        assert_eq!(banks::OP.read_deleted(&answer(status, body)), Ok(()), "{gone}");
    }
    assert!(banks::OP.read_deleted(&answer(500, "")).is_err());
}

#[test]
fn identifiers_cannot_lead_elsewhere() {
    let client = client();
    for odd in ["..", "", "a b", "x\ny"] {
        let permit = Permit { token: None, authorization_id: odd };
        assert!(banks::OP.consent_status(&bank(), &caller(&client), &permit).is_err(), "{odd:?}");
    }
    let permit = Permit { token: None, authorization_id: "a/../b?c#d" };
    let request = banks::OP.consent_status(&bank(), &caller(&client), &permit).expect("a request");
    assert_eq!(request.url, "https://api.enablebanking.com/sessions/a%2F..%2Fb%3Fc%23d");
}

#[test]
fn settings_name_what_is_wrong() {
    let good = json!({
        "application_id": "app-1", "private_key": "k.pem", "certificate": "c.crt",
        "redirect_uris": ["http://localhost:8080/callback/enable-banking-op"],
    });
    assert!(Settings::parse(&good.to_string()).is_ok());
    for (name, value, says) in [
        ("application_id", json!(" "), "`application_id` must not be empty"),
        ("private_key", json!(""), "`private_key` must not be empty"),
        ("redirect_uris", json!([]), "`redirect_uris` must not be empty"),
        ("api_url", json!("http://x.example"), "`api_url` is not a full https address"),
        ("secret", json!("x"), "unknown field `secret`"),
    ] {
        let mut changed = good.clone();
        changed[name] = value;
        let refused = Settings::parse(&changed.to_string()).map(|_| ()).expect_err("a refusal");
        assert!(refused.to_string().contains(says), "{refused}");
    }
}
