//! What holds at every bank alike: the same questions, answers and abuses, put to each of them through the
//! trait. A bank that is added is asked as well.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::Currency;
use domain::observed::{AccountKind, ObservedAccount, ObservedPage};
use domain::plan::Days;
use serde_json::{Value, json};
use uuid::Uuid;

use super::banks::BANKS;
use super::jose::{Algorithm, unverified_part};
use super::*;

/// A text no bank says.
const ODD: &str = "odd";

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_614_400, 0).expect("a moment")
}

fn seal() -> &'static IssuedCertificate {
    static SEAL: OnceLock<IssuedCertificate> = OnceLock::new();
    SEAL.get_or_init(|| certificate::tests::seal("qseal-1", Algorithm::Ps256))
}

fn client() -> ClientCredentials {
    ClientCredentials {
        client_id: Secret::new("q3Xn8LkP0vZs5TbW2yRd"),
        client_secret: Some(Secret::new("Vh2sKq8")),
        api_key: Some(Secret::new("portal-key")),
    }
}

fn caller<'a>(client: &'a ClientCredentials, attended: Option<Attended>) -> Caller<'a> {
    Caller { client, seal: seal(), interaction_id: Uuid::nil(), attended, now: noon() }
}

fn present() -> Attended {
    let address = "192.0.2.7".parse().expect("an address");
    Attended::from_live_request(address, noon(), Some("Browser/1"))
}

fn account(bank: &Bank, kind: AccountKind) -> ObservedAccount {
    ObservedAccount {
        bank_reference: "a-1".to_owned(),
        kind,
        identifier: "FI2112345600000785".to_owned(),
        currency: currency(bank),
        name: String::new(),
        owner: None,
        servicer: None,
        balances: Vec::new(),
    }
}

fn currency(bank: &Bank) -> Currency {
    let code = match bank.country {
        "GB" => "GBP",
        "SE" => "SEK",
        _ => "EUR",
    };
    Currency::parse(code).expect("a currency")
}

fn answer(body: impl Into<bytes::Bytes>) -> BankAnswer {
    BankAnswer::replayed(200, body, noon())
}

/// Every request about accounts: lists, details, balances and first pages.
fn requests(bank: &Bank, attended: Option<&Attended>) -> Vec<BankRequest> {
    let (client, token) = (client(), Secret::new("at-1"));
    let caller = caller(&client, attended.cloned());
    let permit = Permit { token: Some(&token), authorization_id: "c-1" };
    let standard = bank.standard;
    let mut all = standard.list_accounts(bank, &caller, &permit).expect("lists");
    all.extend(standard.account_details(bank, &caller, &permit, "a-1").ok());
    for kind in [AccountKind::Current, AccountKind::Card] {
        let account = account(bank, kind);
        all.extend(standard.balances(bank, &caller, &permit, &account).expect("balances"));
        all.push(page_request(bank, &caller, &account));
    }
    all
}

fn page_request(bank: &Bank, caller: &Caller<'_>, account: &ObservedAccount) -> BankRequest {
    let token = Secret::new("at-1");
    let permit = Permit { token: Some(&token), authorization_id: "c-1" };
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let days = Some(Days { from: day("2025-11-01"), to: day("2026-01-05") });
    let wish = PageWish { account, days, continuation: None, after: None };
    bank.standard.page(bank, caller, &permit, &wish).expect("a request")
}

fn read_page(bank: &Bank, answer: &BankAnswer) -> Result<ObservedPage, BankError> {
    let (client, account) = (client(), account(bank, AccountKind::Current));
    let request = page_request(bank, &caller(&client, None), &account);
    bank.standard.read_page(bank, &request, &account, answer)
}

/// What no bank should answer to anything: a web page, bytes that are no text, brackets without end, no JSON,
/// and JSON that is no object.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let deep =
        |open: &str, close: &str| [open.repeat(10_000), close.repeat(10_000)].concat().into_bytes();
    vec![
        ("a web page", b"<html><body>Maintenance</body></html>".to_vec()),
        ("bytes that are no text", vec![0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
        ("ten thousand brackets", deep("[", "]")),
        ("ten thousand objects", deep("{\"a\":", "}")),
        ("half an object", b"{\"transactions\":[{\"amount\":\"1.0".to_vec()),
        ("a mark alone", b"\xef\xbb\xbf".to_vec()),
        ("nothing", Vec::new()),
        ("null", b"null".to_vec()),
        ("a number", b"1e400".to_vec()),
        ("a text", b"\"transactions\"".to_vec()),
    ]
}

/// N55: whatever comes with 200 in place of an answer is a typed error, and nothing is read out of it.
#[test]
fn what_is_no_answer_is_a_typed_error_at_every_bank() {
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let standard = bank.standard;
        for (what, body) in bodies() {
            let answer = answer(body);
            let named = format!("{}: {what}", bank.id);
            let of_account = account(&bank, AccountKind::Current);
            // An object without a list may stand for an empty one; nothing is read out of it either.
            let page = read_page(&bank, &answer);
            let read = page.map(|page| page.transactions.len());
            assert!(matches!(read, Err(_) | Ok(0)), "a page, {named}");
            for endpoint in [Endpoint::Accounts, Endpoint::Cards] {
                let read = standard.read_accounts(&bank, endpoint, &answer);
                let read = read.map(|read| (read.accounts.len(), read.named.len()));
                assert!(matches!(read, Err(_) | Ok((0, 0))), "accounts, {named}");
            }
            let read = standard.read_balances(&bank, &of_account, &answer);
            let read = read.map(|read| read.balances.len());
            assert!(matches!(read, Err(_) | Ok(0)), "balances, {named}");
            assert!(standard.read_created(&bank, &answer).is_err(), "a consent, {named}");
            assert!(standard.read_consent(&bank, "c-1", &answer).is_err(), "its standing, {named}");
            assert!(standard.read_tokens(&answer, ODD).is_err(), "tokens, {named}");
            assert!(standard.read_keys(&answer).is_err(), "keys, {named}");
            assert!(standard.read_account_details("a-1", &answer).is_err(), "details, {named}");
        }
    }
}

/// A good answer of the token endpoint, and the member that holds what opens the accounts.
fn granted(bank: &Bank) -> Option<(Value, &'static str)> {
    match (bank.standard.name(), &bank.server) {
        (_, None) => None,
        ("enable_banking", _) => {
            let aspsp = json!({ "name": bank.name.replace(" via Enable Banking", ""), "country": bank.country });
            let access = json!({ "valid_until": "2026-02-05T12:00:00Z" });
            let opened =
                json!({ "session_id": "s-1", "aspsp": aspsp, "access": access, "accounts": [] });
            Some((opened, "session_id"))
        }
        _ => {
            let scope = "openid accounts";
            let given = json!({ "token_type": "Bearer", "access_token": "at-1", "scope": scope,
                                "expires_in": 3600, "refresh_token": "rt-1", "id_token": "a.b.c" });
            Some((given, "access_token"))
        }
    }
}

fn read_tokens(bank: &Bank, body: &Value) -> Result<Tokens, BankError> {
    bank.standard.read_tokens(&answer(body.to_string()), "openid accounts")
}

/// N47, N48 and N59: a success that is none, a token that cannot be one, and a refusal of the code.
#[test]
fn only_a_plain_grant_opens_anything_at_every_bank() {
    let long = "a".repeat(100 * 1024);
    let odd = [json!(""), Value::Null, json!(7), json!(["at"]), json!("a\r\nb: c"), json!(long)];
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let Some((good, member)) = granted(&bank) else { continue };
        let read = |body: &Value| read_tokens(&bank, body);
        assert!(read(&good).is_ok(), "{}: {:?}", bank.id, read(&good).map(|_| ()));
        for value in &odd {
            let mut body = good.clone();
            body[member] = value.clone();
            assert!(read(&body).is_err(), "{}: {member}", bank.id);
        }
        let mut without = good.clone();
        without.as_object_mut().expect("an object").remove(member);
        assert!(read(&without).is_err(), "{}: nothing opened", bank.id);
        let mut failed = good.clone();
        failed["error"] = "invalid_grant".into();
        assert!(read(&failed).is_err(), "{}: an error inside a success", bank.id);
        if member == "access_token" {
            for kind in [json!("mac"), Value::Null, json!("")] {
                let mut body = good.clone();
                body["token_type"] = kind;
                assert!(read(&body).is_err(), "{}: another kind of token", bank.id);
            }
            let mut body = good.clone();
            body["token_type"] = "bEARER".into();
            assert!(read(&body).is_ok(), "{}: in other letters", bank.id);
        }
        let refusal = json!({ "error": "invalid_grant", "code": 422, "message": "Wrong code" });
        for status in [400, 401, 403, 422, 500] {
            let refused = BankAnswer::replayed(status, refusal.to_string(), noon());
            assert!(bank.standard.read_tokens(&refused, ODD).is_err(), "{}: {status}", bank.id);
        }
    }
}

/// N49: what was granted is never more than what was asked for, and less is told.
#[test]
fn a_scope_is_never_wider_than_what_was_asked_for() {
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let Some((good, "access_token")) = granted(&bank) else { continue };
        let granted = |scope: Value| {
            let mut body = good.clone();
            body["scope"] = scope;
            read_tokens(&bank, &body).map(|tokens| (tokens.scope, tokens.scope_change))
        };
        let told = |scope: &str, change| Ok((scope.to_owned(), change));
        assert_eq!(
            granted(json!("openid accounts")),
            told("openid accounts", ScopeChange::AsAsked)
        );
        assert_eq!(granted(Value::Null), told("openid accounts", ScopeChange::AsAsked));
        assert_eq!(granted(json!("accounts")), told("accounts", ScopeChange::Narrower));
        let wider = granted(json!("openid accounts payments"));
        assert_eq!(wider, told("openid accounts", ScopeChange::Wider), "{}", bank.id);
        assert!(granted(json!("payments")).is_err(), "{}", bank.id);
    }
}

/// N72: a request says that the person is there if, and only if, a live request of theirs stands behind it.
#[test]
fn the_person_is_there_or_is_not_at_every_bank() {
    let about = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("psu-")
            || name.starts_with("x-fapi-customer")
            || name == "x-fapi-auth-date"
    };
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let alone = requests(&bank, None);
        assert!(alone.len() >= 3, "{}", bank.id);
        for request in alone {
            assert!(request.attended.is_none(), "{}: {request:?}", bank.id);
            let said = request.headers.iter().find(|(name, _)| about(name));
            assert!(said.is_none(), "{}: {:?}", bank.id, said.map(|(name, _)| name));
        }
        let beside = requests(&bank, Some(&present()));
        assert!(beside.iter().any(|request| request.attended.is_some()), "{}", bank.id);
        for request in beside {
            let said = request.headers.iter().any(|(name, _)| about(name));
            assert_eq!(said, request.attended.is_some(), "{}: {request:?}", bank.id);
        }
    }
}

/// N57 and N50: every request of every bank goes to a host of its profile, over TLS.
#[test]
fn every_request_goes_to_a_host_of_the_profile() {
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let hosts = bank.allowed_hosts();
        for request in requests(&bank, None) {
            let host = bank::host_and_port(&request.url).expect("a full address");
            assert!(request.url.starts_with("https://"), "{}", bank.id);
            assert!(hosts.contains(&host), "{}: {host}", bank.id);
        }
    }
}

/// N57: a page leads on within the bank's own list, whatever its link or key says.
#[test]
fn no_page_leads_away_at_any_bank() {
    let places = [
        "https://evil.example/x?page=2",
        "http://localhost:9443/x?page=2",
        "https://127.0.0.1/x?page=2",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//evil.example/x?page=2",
        "javascript:alert(1)",
        "\\\\evil.example\\x",
    ];
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let hosts = bank.allowed_hosts();
        for place in places {
            let body = json!({
                // Each standard has its own way to lead on; the others' are no members of its answers.
                "transactions": if bank.standard.name() == "berlin_group" {
                    json!({ "booked": [], "pending": [], "_links": { "next": { "href": place } } })
                } else {
                    json!([])
                },
                "_links": { "next": { "href": place } },
                "Data": { "Transaction": [] }, "Links": { "Next": place },
                "continuation_key": place,
            });
            let Ok(page) = read_page(&bank, &answer(body.to_string())) else { continue };
            let Some(next) = page.continuation else { continue };
            let (client, account) = (client(), account(&bank, AccountKind::Current));
            let token = Secret::new("at-1");
            let permit = Permit { token: Some(&token), authorization_id: "c-1" };
            let wish =
                PageWish { account: &account, days: None, continuation: Some(&next), after: None };
            let caller = caller(&client, None);
            // Taken for a key, it stays a parameter at the bank's own address.
            let request = bank.standard.page(&bank, &caller, &permit, &wish).expect("a request");
            let host = bank::host_and_port(&request.url).expect("a full address");
            assert!(hosts.contains(&host), "{}: {place} leads to {host}", bank.id);
        }
    }
}

/// A page with one row of this amount and one that is good.
fn page_with(bank: &Bank, amount: &str, code: &str) -> String {
    let good = currency(bank).to_string();
    let row = |amount: &str, currency: &str| match bank.standard.name() {
        "op" => json!({ "amount": amount, "currency": currency, "bookingDate": "2026-01-05" }),
        "berlin_group" => json!({
            "transactionAmount": { "amount": amount, "currency": currency },
            "bookingDate": "2026-01-05",
        }),
        "enable_banking" => json!({
            "transaction_amount": { "amount": amount, "currency": currency },
            "credit_debit_indicator": "CRDT", "status": "BOOK", "booking_date": "2026-01-05",
        }),
        _ => json!({
            "Amount": { "Amount": amount, "Currency": currency }, "CreditDebitIndicator": "Credit",
            "Status": "Booked", "BookingDateTime": "2026-01-05T00:00:00Z", "AccountId": "a-1",
        }),
    };
    let rows = json!([row(amount, code), row("1.00", &good)]);
    let page = match bank.standard.name() {
        "berlin_group" => json!({ "transactions": { "booked": rows, "pending": [] } }),
        "open_banking_uk" => json!({ "Data": { "Transaction": rows }, "Links": {} }),
        _ => json!({ "transactions": rows }),
    };
    page.to_string()
}

/// N69: an amount no bank should write is set apart with its reason, and the rest of the page is kept.
#[test]
fn amounts_no_bank_should_write_are_set_apart_at_every_bank() {
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let own = currency(&bank).to_string();
        let good = read_page(&bank, &answer(page_with(&bank, "1000.50", &own))).expect("a page");
        let minor: Vec<_> = good.transactions.iter().map(|row| row.amount.minor).collect();
        assert_eq!((minor, good.quarantined.len()), (vec![100_050, 100], 0), "{}", bank.id);
        let odd = [
            "1,000.00",
            "1e400",
            "NaN",
            "-0",
            "١٢",
            "1.23456",
            "",
            " ",
            "0x10",
            "1.0.0",
            "+-1",
            "123456789012345678901234567890",
            "Infinity",
            "1 000.00",
        ];
        let currencies = ["XX", "eur", "", "EURO"];
        let amounts = odd.iter().map(|text| (*text, own.as_str()));
        for (amount, currency) in amounts.chain(currencies.map(|code| ("1.00", code))) {
            let body = page_with(&bank, amount, currency);
            let page = read_page(&bank, &answer(body)).expect("a page");
            let kept = (page.quarantined.len(), page.transactions.len());
            assert_eq!(kept, (1, 1), "{}: `{amount}` {currency}", bank.id);
            assert!(!page.quarantined[0].reason.contains(amount) || amount.trim().is_empty());
        }
    }
}

/// N14: what proves who we are is made for one server, and no other takes it.
#[test]
fn an_assertion_is_for_one_server_alone() {
    let mut seen = Vec::new();
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let Some(server) = &bank.server else { continue };
        if server.client_authentication != bank::ClientAuthentication::SignedAssertion {
            continue;
        }
        let client = client();
        let (code, redirect_uri) = (Secret::new("c-1"), "https://ledger.example/callback/x");
        let exchange = CodeExchange { code: &code, redirect_uri, code_verifier: None };
        let caller = caller(&client, None);
        let request = bank.standard.exchange_code(&bank, &caller, &exchange).expect("a request");
        assert_eq!(request.url, server.token_url, "{}", bank.id);
        let Some(assertion) = assertion_of(&request) else { continue };
        let claims: Value = unverified_part(&assertion, 1).expect("claims");
        assert_eq!(claims["aud"], server.issuer.as_str(), "{}: a text, and the issuer", bank.id);
        assert!(!seen.contains(&server.issuer), "{}", bank.id);
        seen.push(server.issuer.clone());
    }
    assert!(!seen.is_empty(), "a bank takes assertions");
}

fn assertion_of(request: &BankRequest) -> Option<String> {
    let body = request.body.as_ref()?;
    let text = std::str::from_utf8(body.expose()).expect("text");
    let fields = form::decode(text, 16).ok()?;
    fields.into_iter().find(|(name, _)| name == "client_assertion").map(|(_, value)| value)
}

/// N19: an answer of the browser is taken where the profile says it comes, and nowhere else.
#[test]
fn an_answer_comes_where_each_bank_sends_it_and_nowhere_else() {
    let code = "state=s&code=c&id_token=a.b.c&iss=https%3A%2F%2Fx.example";
    for bank in BANKS.iter().map(|profile| profile.bank()) {
        let asked = bank.response_type;
        let (query, fragment) = match asked {
            ResponseType::CodeIdToken => (code, ""),
            _ => ("", code),
        };
        assert!(read_callback(query, fragment, asked).is_err(), "{}", bank.id);
        assert!(read_callback(code, code, asked).is_err(), "{}: in both places", bank.id);
        let signed = "response=a.b.c";
        let takes_signed = asked == ResponseType::CodeJwt;
        assert_eq!(read_callback(signed, "", asked).is_ok(), takes_signed, "{}", bank.id);
        let flood: String = (0..2_000).map(|number| format!("&p{number}=1")).collect();
        let long = format!("state=s&code={}", "c".repeat(64 * 1024));
        for text in [&format!("state=s&code=c{flood}"), &long] {
            assert!(read_callback(text, "", asked).is_err(), "{}: too much", bank.id);
            assert!(read_callback("", text, asked).is_err(), "{}: too much", bank.id);
        }
    }
}
