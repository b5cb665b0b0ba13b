use std::net::IpAddr;

use domain::money::{Currency, Money};
use domain::observed::{
    AccountKind, BalanceKind, ObservedBalance, ObservedTransaction, QuarantinedRow, RowState,
};

use super::*;
use crate::connectors::exchange::Method;
use crate::connectors::{Attended, ConsentStatus, ConsentTerms};

const ACCOUNTS: &str = include_str!("../fixtures/accounts.json");
const CARDS: &str = include_str!("../fixtures/cards.json");
const TRANSACTIONS: &str = include_str!("../fixtures/transactions.json");
const CARD_TRANSACTIONS: &str = include_str!("../fixtures/card_transactions.json");
const CONSENT: &str = include_str!("../fixtures/consent.json");

pub(super) fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn quarantined(rows: &[QuarantinedRow]) -> Vec<(u32, &str)> {
    rows.iter().map(|row| (row.index, row.reason.as_str())).collect()
}

fn token() -> Secret {
    Secret::new("at-Zp81")
}

fn shown_account(kind: AccountKind, bank_reference: &str) -> ObservedAccount {
    ObservedAccount {
        bank_reference: bank_reference.to_owned(),
        kind,
        identifier: "FI1410093000123458".to_owned(),
        currency: Currency::EUR,
        name: String::new(),
        owner: None,
        servicer: None,
        balances: Vec::new(),
    }
}

pub(super) fn page_request(
    kind: AccountKind,
    reference: &str,
    continuation: Option<&str>,
) -> Result<BankRequest, BankError> {
    let client = client();
    let account = shown_account(kind, reference);
    let wish = PageWish { account: &account, days: None, continuation, after: None };
    Op.page(&bank(), &caller(&client), &permit(&token(), "c"), &wish)
}

pub(super) fn read_page(
    request: &BankRequest,
    answer: &BankAnswer,
) -> Result<ObservedPage, BankError> {
    Op.read_page(&bank(), request, &shown_account(AccountKind::Current, "a"), answer)
}

#[test]
fn accounts_are_translated_and_odd_ones_set_apart() {
    let read =
        Op.read_accounts(&bank(), Endpoint::Accounts, &answer(200, ACCOUNTS)).expect("a list");
    let balance = |kind, minor, text: &str| ObservedBalance {
        kind,
        amount: euros(minor),
        amount_text: text.to_owned(),
    };
    let [current, savings] = &read.accounts[..] else { panic!("two accounts were expected") };
    let expected = ObservedAccount {
        bank_reference: "acc-7f3b10aa".to_owned(),
        kind: AccountKind::Current,
        identifier: "FI1410093000123458".to_owned(),
        currency: Currency::EUR,
        name: "Käyttötili".to_owned(),
        owner: Some("MEIKÄLÄINEN MAIJA TAI MEIKÄLÄINEN MATTI".to_owned()),
        servicer: Some("OKOYFIHH".to_owned()),
        balances: vec![
            balance(BalanceKind::Available, 120_179, "1201.79"),
            balance(BalanceKind::Booked, 126_432, "1264.32"),
            balance(BalanceKind::Reserved, -6_253, "-62.53"),
        ],
    };
    assert_eq!(*current, expected);
    assert_eq!(savings.kind, AccountKind::Savings);
    assert_eq!(savings.balances, [balance(BalanceKind::Booked, 1_050, "10.5")]);
    let reasons = [
        (1, "netBalance: the amount is not a plain decimal number"),
        (2, "accountId is missing or cannot be part of an address"),
        (3, "the currency is not a three-letter code of ISO 4217"),
        (4, "the row is no object, or a member is there twice"),
    ];
    assert_eq!(quarantined(&read.quarantined), reasons);
}

#[test]
fn cards_are_translated() {
    let read = Op.read_accounts(&bank(), Endpoint::Cards, &answer(200, CARDS)).expect("a list");
    assert!(read.quarantined.is_empty());
    let [visa, plain] = &read.accounts[..] else { panic!("two cards were expected") };
    assert_eq!((visa.kind, visa.currency), (AccountKind::Card, Currency::EUR));
    assert_eq!(visa.identifier, "4000 00** **** 0000");
    let kinds: Vec<_> = visa.balances.iter().map(|one| (one.kind, one.amount.minor)).collect();
    assert_eq!(kinds, [(BalanceKind::Booked, -12_000), (BalanceKind::Outstanding, -1_550)]);
    assert!(plain.balances.is_empty());
}

#[test]
fn transactions_are_translated_and_odd_ones_set_apart() {
    let request = page_request(AccountKind::Current, "acc-7f3b10aa", None).expect("a request");
    let page = read_page(&request, &answer(200, TRANSACTIONS)).expect("a page");
    let [debit, credit] = &page.transactions[..] else { panic!("two rows were expected") };
    let expected = ObservedTransaction {
        bank_reference: Some("20260105593619AB0001".to_owned()),
        bank_identifier: None,
        state: domain::observed::RowState::Booked,
        booking_date: day(2026, 1, 5),
        value_date: Some(day(2026, 1, 5)),
        payment_date: Some(day(2026, 1, 5)),
        amount: euros(-2_590),
        amount_text: "-25.90".to_owned(),
        original_amount: None,
        counterparty: Some("SÄHKÖ OY".to_owned()),
        counterparty_identifier: Some("FI2112345600000785".to_owned()),
        counterparty_servicer: Some("NDEAFIHH".to_owned()),
        text: String::new(),
        reference: Some("00000000000000012344".to_owned()),
        bank_type: Some("TILISIIRTO".to_owned()),
        unmapped: Some(r#"{"payer":{"name": "MEIKÄLÄINEN MAIJA"}}"#.to_owned()),
    };
    assert_eq!(*debit, expected);
    assert_eq!(credit.counterparty.as_deref(), Some("TYÖNANTAJA OY"));
    assert_eq!((credit.amount.minor, credit.payment_date), (215_050, None));
    let unmapped = r#"{"address":["a", "b"],"exactRate":1.0000000000000000000001}"#;
    assert_eq!(credit.unmapped.as_deref(), Some(unmapped), "every digit of the bank is kept");
    let reasons = [
        (2, "the amount is not a plain decimal number"),
        (3, "bookingDate is missing"),
        (4, "bookingDate is no date"),
        (5, "the row is no object, or a member is there twice"),
        (6, "amount is missing"),
        (7, "the row is no object, or a member is there twice"),
        (8, "valueDate is no date"),
    ];
    assert_eq!(quarantined(&page.quarantined), reasons);
    let next = page_request(AccountKind::Current, "acc-7f3b10aa", page.continuation.as_deref());
    let url = next.expect("a request").url;
    assert!(url.ends_with("/accounts/acc-7f3b10aa/transactions?continuationToken=9f2c4b7e1a0d4c5f8b6e3a2d1c0f9e8d7b6a"), "{url}");
}

#[test]
fn amounts_no_bank_should_write_are_set_apart() {
    // N69, with the sign of a card and the decimals of another currency.
    let table = [
        ("\"1,000.00\"", "EUR"),
        ("\"1e400\"", "EUR"),
        ("1e400", "EUR"),
        ("\"NaN\"", "EUR"),
        ("\"-0\"", "EUR"),
        ("\"١٢\"", "EUR"),
        ("\"123456789012345678901234567890\"", "EUR"),
        ("\"1.23456\"", "EUR"),
        ("\"1.5\"", "JPY"),
        ("true", "EUR"),
        ("{\"value\":\"1\"}", "EUR"),
        ("\"1.00\"", "eur"),
    ];
    for (amount, currency) in table {
        let rows = format!(
            r#"{{"transactions":[{{"amount":{amount},"currency":"{currency}","bookingDate":"2026-01-01","postingDate":"2026-01-01"}},
               {{"amount":"1.00","currency":"EUR","bookingDate":"2026-01-01","postingDate":"2026-01-01"}}]}}"#
        );
        for kind in [AccountKind::Current, AccountKind::Card] {
            let request = page_request(kind, "a", None).expect("a request");
            let page = read_page(&request, &answer(200, &rows)).expect("a page");
            assert_eq!((page.quarantined.len(), page.transactions.len()), (1, 1), "{amount}");
        }
    }
}

#[test]
fn a_row_that_is_marked_is_taken_for_nothing_else() {
    let table = [
        ("", Some(RowState::Booked)),
        (r#","status":"BOOKED""#, Some(RowState::Booked)),
        (r#","status":"PENDING""#, Some(RowState::Pending)),
        (r#","status":"REJECTED""#, None),
        (r#","status":"""#, Some(RowState::Booked)),
        (r#","status":null"#, Some(RowState::Booked)),
        (r#","status":["PENDING"]"#, None),
    ];
    for (member, state) in table {
        let rows = format!(
            r#"{{"transactions":[{{"amount":"1.00","currency":"EUR","bookingDate":"2026-01-01","postingDate":"2026-01-01"{member}}}]}}"#
        );
        for kind in [AccountKind::Current, AccountKind::Card] {
            let request = page_request(kind, "a", None).expect("a request");
            let page = read_page(&request, &answer(200, &rows)).expect("a page");
            let read = page.transactions.first().map(|row| row.state);
            assert_eq!(read, state, "{member}");
            assert_eq!(page.quarantined.is_empty(), state.is_some(), "{member}");
        }
    }
}

#[test]
fn card_rows_change_their_sign() {
    let request = page_request(AccountKind::Card, "c0ffee01", None).expect("a request");
    assert_eq!(request.endpoint, Endpoint::CardTransactions);
    let page = read_page(&request, &answer(200, CARD_TRANSACTIONS)).expect("a page");
    let [market, coffee, payment, odd] = &page.transactions[..] else { panic!("four rows") };
    assert_eq!((market.amount, market.amount_text.as_str()), (euros(-1_235), "12.35"));
    assert_eq!(market.text, "K-MARKET ALPPILA HELSINKI");
    assert_eq!(market.counterparty.as_deref(), Some("K-MARKET ALPPILA"));
    assert_eq!((market.original_amount, market.unmapped.as_deref()), (None, None));
    let krona = Currency::parse("SEK").expect("a currency");
    assert_eq!(coffee.original_amount, Some(Money::new(-4_900, krona)));
    assert_eq!(payment.amount, euros(12_000));
    assert_eq!(payment.unmapped.as_deref(), Some(r#"{"originalAmount":"0.00"}"#));
    let unread = r#"{"originalAmount":"1,00","originalCurrency":"USD"}"#;
    assert_eq!((odd.original_amount, odd.unmapped.as_deref()), (None, Some(unread)));
    let next = page_request(AccountKind::Card, "c0ffee01", page.continuation.as_deref());
    let url = next.expect("a request").url;
    assert_eq!(
        url,
        "https://psd2.mtls.sandbox.apis.op.fi/accounts-psd2/v1/cards/c0ffee01/transactions?page=2"
    );
}

#[test]
fn a_link_never_leads_away() {
    // N57: other hosts, other ports, other schemes, other paths, credentials.
    let request = page_request(AccountKind::Current, "a", None).expect("a request");
    let links = [
        "https://evil.example/accounts-psd2/v1/accounts/a/transactions",
        "//evil.example/accounts-psd2/v1/accounts/a/transactions",
        "/\\\\evil.example/accounts-psd2/v1/accounts/a/transactions",
        "https://127.0.0.1/accounts-psd2/v1/accounts/a/transactions",
        "https://169.254.169.254/latest",
        "https://psd2.mtls.sandbox.apis.op.fi:8443/accounts-psd2/v1/accounts/a/transactions",
        "http://psd2.mtls.sandbox.apis.op.fi/accounts-psd2/v1/accounts/a/transactions",
        "https://u:p@psd2.mtls.sandbox.apis.op.fi/accounts-psd2/v1/accounts/a/transactions",
        "file:///etc/passwd",
        "/oauth/token?x=1",
        "/accounts-psd2/v1/accounts/b/transactions",
        "/accounts-psd2/v1/accounts/a/../b/transactions",
        "/accounts-psd2/v1/accounts/a%2f..%2fb/transactions",
        "javascript:alert(1)",
    ];
    for link in links {
        let body = serde_json::json!({"transactions": [], "_links": {"next": {"href": link}}});
        let read = read_page(&request, &answer(200, &body.to_string()));
        let refused = BankError::Unreadable { what: "link to the next page" };
        assert_eq!(read, Err(refused), "{link}");
        let stored = format!("link:{link}");
        let asked = page_request(AccountKind::Current, "a", Some(&stored));
        assert!(matches!(asked, Err(BankError::NotSent { .. })), "{link}");
    }
    assert!(page_request(AccountKind::Current, "a", Some("plain")).is_err());
}

#[test]
fn an_identifier_is_one_segment_whatever_is_in_it() {
    let table = [
        ("a/../../oauth", Some("/accounts-psd2/v1/accounts/a%2F..%2F..%2Foauth/transactions")),
        ("a?b#c", Some("/accounts-psd2/v1/accounts/a%3Fb%23c/transactions")),
        ("..", None),
        (".", None),
        ("", None),
    ];
    for (reference, path) in table {
        let request = page_request(AccountKind::Current, reference, None);
        let expected = path.map(|path| format!("https://psd2.mtls.sandbox.apis.op.fi{path}"));
        assert_eq!(request.map(|request| request.url).ok(), expected, "{reference}");
    }
}

#[test]
fn an_answer_that_is_no_page_is_a_typed_error() {
    // N55: markup, broken UTF-8, a byte order mark, endless depth, a repeated member.
    let request = page_request(AccountKind::Current, "a", None).expect("a request");
    let deep = "[".repeat(10_000);
    let bodies: Vec<Vec<u8>> = vec![
        b"<html>".to_vec(),
        b"{\"transactions\":[\xff]}".to_vec(),
        b"\xef\xbb\xbf{\"transactions\":[]}".to_vec(),
        deep.clone().into_bytes(),
        format!("{{\"transactions\":[{deep}").into_bytes(),
        b"{\"transactions\":[],\"transactions\":[]}".to_vec(),
        b"{\"transactions\":{}}".to_vec(),
        b"".to_vec(),
    ];
    for body in bodies {
        let answer = BankAnswer::replayed(200, body.clone(), noon());
        let read = read_page(&request, &answer);
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert!(matches!(read, Err(BankError::Unreadable { .. })), "{shown}");
        assert!(Op.read_accounts(&bank(), Endpoint::Accounts, &answer).is_err(), "{shown}");
        assert!(Op.read_created(&bank(), &answer).is_err(), "{shown}");
        assert!(Op.read_tokens(&answer, "accounts").is_err(), "{shown}");
        assert!(Op.read_keys(&answer).is_err(), "{shown}");
    }
    let nested = format!(r#"{{"transactions":[{{"x":{deep}{}}}]}}"#, "]".repeat(10_000));
    let page = read_page(&request, &answer(200, &nested)).expect("a page");
    assert_eq!(page.quarantined.len(), 1);
    for empty in ["{}", r#"{"transactions":null,"continuationToken":"","_links":null}"#] {
        let page = read_page(&request, &answer(200, empty)).expect("a page");
        assert_eq!(page, ObservedPage::default());
    }
}

#[test]
fn a_consent_is_asked_for_within_the_profile() {
    let (client, bank) = (client(), bank());
    let ask = |terms: &ConsentTerms| {
        let state = Secret::new("s");
        let redirect_uri = "https://localhost:8181/callback/op";
        let wish = ConsentWish { terms, redirect_uri, state: &state, accounts: &[] };
        Op.create_consent(&bank, &caller(&client), Some(&token()), &wish)
    };
    let longest = ConsentTerms::longest(&bank, noon());
    let request = ask(&longest).expect("a request");
    assert_eq!(
        body(&request),
        r#"{"expires":"2026-04-05T11:59:00.000Z","transactionFrom":"2024-01-07","transactionTo":"2026-01-05"}"#
    );
    assert_eq!(request.url, "https://psd2.mtls.sandbox.apis.op.fi/accounts-psd2/v1/authorizations");
    assert_eq!(request.method, Method::Post);
    assert!(request.client_certificate && request.attended.is_none());
    assert_eq!(request.header_value("authorization"), Some("Bearer at-Zp81"));
    assert_eq!(request.header_value("x-api-key"), Some("portal-key"));
    assert_eq!(request.header_value("x-fapi-customer-ip-address"), None);
    let refused = [
        ConsentTerms { expires: noon() + chrono::TimeDelta::days(91), ..longest.clone() },
        ConsentTerms { expires: noon(), ..longest.clone() },
        ConsentTerms { history: Some((day(2023, 12, 1), day(2026, 1, 1))), ..longest.clone() },
        ConsentTerms { history: Some((day(2025, 1, 1), day(2026, 1, 6))), ..longest.clone() },
        ConsentTerms { history: Some((day(2026, 1, 2), day(2026, 1, 1))), ..longest },
    ];
    for terms in refused {
        assert!(matches!(ask(&terms), Err(BankError::NotSent { .. })), "{terms:?}");
    }
}

#[test]
fn a_consent_is_read() {
    let read = Op.read_created(&bank(), &answer(201, CONSENT)).expect("a consent");
    assert_eq!(read.authorization_id, "5d0c1c3e-2a7f-4c39-8f6e-0e5f5a1f7b10");
    assert_eq!(read.status, ConsentStatus::Unauthorized);
    assert_eq!(read.expires, Some(moment("2026-04-05T11:02:53Z")));
    assert_eq!(
        (read.history_from, read.history_to),
        (Some(day(2024, 1, 7)), Some(day(2026, 1, 5)))
    );
    let odd = CONSENT.replace("Unauthorized", "Perhaps");
    assert!(Op.read_created(&bank(), &answer(200, &odd)).is_err());
    let odd = CONSENT.replace("5d0c1c3e-2a7f-4c39-8f6e-0e5f5a1f7b10", "");
    assert!(Op.read_created(&bank(), &answer(200, &odd)).is_err());
}

#[test]
fn the_person_is_named_only_when_there() {
    // N72: nothing but a live request makes the value these headers come from.
    let client = client();
    let ip_address = IpAddr::from([192, 0, 2, 7]);
    let attended = Attended::from_live_request(ip_address, noon(), Some("Browser/1"));
    let mut with = caller(&client);
    with.attended = Some(attended);
    for (caller, expected) in [(caller(&client), None), (with, Some("192.0.2.7"))] {
        let requests =
            Op.list_accounts(&bank(), &caller, &permit(&token(), "c")).expect("requests");
        let endpoints: Vec<_> = requests.iter().map(|request| request.endpoint).collect();
        assert_eq!(endpoints, [Endpoint::Accounts, Endpoint::Cards]);
        for request in requests {
            assert_eq!(request.header_value("x-fapi-customer-ip-address"), expected);
            assert_eq!(request.attended.is_some(), expected.is_some());
            let time = request.header_value("x-fapi-customer-last-logged-time");
            assert_eq!(time, expected.map(|_| "Mon, 05 Jan 2026 12:00:00 GMT"));
        }
    }
}
