//! What holds at every bank of every standard, as tables over all of them.

use chrono::{DateTime, Utc};
use domain::money::Currency;
use domain::observed::{AccountKind, ObservedAccount};
use domain::plan::Days;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bank::{Bank, ClientAuthentication, host_and_port};
use super::banks::BANKS;
use super::{
    BankAnswer, BankError, BankRequest, Caller, ClientCredentials, ConsentTerms, ConsentWish,
    IssuedCertificate, PageWish, Permit, Secret, certificate,
};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_614_400, 0).expect("a moment")
}

fn answer(body: impl Into<bytes::Bytes>) -> BankAnswer {
    BankAnswer::replayed(200, body, noon())
}

/// A bank, with what it takes to ask it.
struct Asked {
    bank: Bank,
    client: ClientCredentials,
    seal: IssuedCertificate,
    token: Secret,
    account: ObservedAccount,
}

impl Asked {
    fn every() -> impl Iterator<Item = Self> {
        BANKS.iter().map(|profile| {
            let bank = profile.bank();
            let currency = match bank.standard.name() {
                "berlin_group" => "SEK",
                "open_banking_uk" => "GBP",
                _ => "EUR",
            };
            Self {
                seal: certificate::tests::seal("seal-1", bank.signing_algorithm),
                client: ClientCredentials {
                    client_id: Secret::new("client-7"),
                    client_secret: Some(Secret::new("secret")),
                    api_key: Some(Secret::new("key")),
                },
                token: Secret::new("at-1"),
                account: ObservedAccount {
                    bank_reference: "a-1".to_owned(),
                    kind: AccountKind::Current,
                    identifier: "FI4950009420028730".to_owned(),
                    currency: Currency::parse(currency).expect("a currency"),
                    name: String::new(),
                    owner: None,
                    servicer: None,
                    balances: Vec::new(),
                },
                bank,
            }
        })
    }

    fn caller(&self) -> Caller<'_> {
        let (client, seal) = (&self.client, &self.seal);
        Caller { client, seal, interaction_id: Uuid::nil(), attended: None, now: noon() }
    }

    fn permit(&self) -> Permit<'_> {
        Permit { token: Some(&self.token), authorization_id: "c-1" }
    }

    fn page(&self, continuation: Option<&str>) -> Result<BankRequest, BankError> {
        let to = noon().date_naive();
        let days = Some(Days { from: to - chrono::TimeDelta::days(30), to });
        let wish = PageWish { account: &self.account, days, continuation, after: None };
        self.bank.standard.page(&self.bank, &self.caller(), &self.permit(), &wish)
    }

    /// A page of booked rows with these texts as their amounts.
    fn rows(&self, amounts: &[&str]) -> BankAnswer {
        let currency = self.account.currency.to_string();
        let rows: Vec<Value> = amounts
            .iter()
            .map(|amount| match self.bank.standard.name() {
                "op" => json!({ "amount": amount, "currency": currency, "bookingDate": "2026-01-05" }),
                "berlin_group" => json!({
                    "bookingDate": "2026-01-05",
                    "transactionAmount": { "amount": amount, "currency": currency },
                }),
                "open_banking_uk" => json!({
                    "AccountId": "a-1", "CreditDebitIndicator": "Debit", "Status": "Booked",
                    "BookingDateTime": "2026-01-05T00:00:00+00:00",
                    "Amount": { "Amount": amount, "Currency": currency },
                }),
                _ => json!({
                    "booking_date": "2026-01-05", "credit_debit_indicator": "DBIT", "status": "BOOK",
                    "transaction_amount": { "amount": amount, "currency": currency },
                }),
            })
            .collect();
        let body = match self.bank.standard.name() {
            "berlin_group" => json!({ "transactions": { "booked": rows, "pending": [] } }),
            "open_banking_uk" => json!({ "Data": { "Transaction": rows }, "Links": {} }),
            _ => json!({ "transactions": rows }),
        };
        answer(body.to_string())
    }
}

/// N47, N48.
#[test]
fn no_bank_s_answer_is_a_token_unless_it_is_plainly_one() {
    let long = format!(r#"{{"token_type":"Bearer","access_token":"{}"}}"#, "a".repeat(100 * 1024));
    let bad = [
        "",
        "{}",
        r#"{"error":"invalid_grant"}"#,
        r#"{"token_type":"Bearer"}"#,
        r#"{"token_type":"Bearer","access_token":""}"#,
        r#"{"token_type":"Bearer","access_token":null}"#,
        r#"{"token_type":"Bearer","access_token":7}"#,
        r#"{"token_type":"Bearer","access_token":"a\r\nb: c"}"#,
        r#"{"token_type":"Bearer","access_token":"at","access_token":"at"}"#,
        r#"{"token_type":"mac","access_token":"at"}"#,
        r#"{"access_token":"at"}"#,
        "<html></html>",
        long.as_str(),
    ];
    for asked in Asked::every() {
        let (id, standard) = (&asked.bank.id, asked.bank.standard);
        let scope = standard.consent_scope("c-1");
        for body in bad {
            let read = standard.read_tokens(&answer(body.to_owned()), &scope);
            assert!(read.is_err(), "{id}: {}", body.chars().take(60).collect::<String>());
        }
        if asked.bank.server.is_some() && asked.bank.through.is_none() {
            let good = r#"{"token_type":"bEARER","access_token":"at","expires_in":60}"#;
            let read = standard.read_tokens(&answer(good), &scope);
            assert!(read.is_ok(), "{id}: the case of the word does not matter");
        }
    }
}

/// N55.
#[test]
fn what_is_no_answer_is_a_typed_error_at_every_bank() {
    let deep = "[".repeat(10_000);
    let nonsense: [&[u8]; 6] = [
        b"<!doctype html><title>Maintenance</title>",
        b"\xff\xfe{\"transactions\":[]}",
        deep.as_bytes(),
        b"",
        b"null",
        b"\"text\"",
    ];
    for asked in Asked::every() {
        let (bank, standard) = (&asked.bank, asked.bank.standard);
        let request = asked.page(None).expect("a request");
        let lists = standard.list_accounts(bank, &asked.caller(), &asked.permit());
        for body in nonsense {
            let told = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
            let given = answer(body.to_vec());
            let page = standard.read_page(bank, &request, &asked.account, &given);
            assert!(page.is_err(), "{}: {told}", bank.id);
            assert!(standard.read_created(bank, &given).is_err(), "{}: {told}", bank.id);
            for list in lists.as_ref().expect("requests") {
                let read = standard.read_accounts(bank, list.endpoint, &given);
                assert!(read.is_err(), "{}: {told}", bank.id);
            }
        }
    }
}

/// N57.
#[test]
fn no_continuation_leads_away_from_any_bank() {
    let links = [
        "https://evil.example/x",
        "//evil.example/x",
        "https://127.0.0.1/x",
        "http://169.254.169.254/latest",
        "https://user@evil.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "../../../token",
    ];
    for asked in Asked::every() {
        let home = host_and_port(&asked.bank.accounts_url);
        for link in links {
            // A mark that only the bank understands is sent back to it as it came.
            if let Ok(request) = asked.page(Some(link)) {
                assert_eq!(host_and_port(&request.url), home, "{}: {link}", asked.bank.id);
                let first = asked.page(None).expect("a request").url;
                let path = |url: &str| reqwest::Url::parse(url).map(|url| url.path().to_owned());
                assert_eq!(path(&request.url), path(&first), "{}: {link}", asked.bank.id);
            }
        }
    }
}

/// N69.
#[test]
fn odd_amounts_are_set_apart_and_the_page_is_kept_at_every_bank() {
    let long = "9".repeat(30);
    let odd = ["1,000.00", "1e400", "NaN", "", "١٢", long.as_str(), "1.00001", "0x10", " 1"];
    for asked in Asked::every() {
        let (bank, standard) = (&asked.bank, asked.bank.standard);
        let request = asked.page(None).expect("a request");
        for amount in odd {
            let given = asked.rows(&[amount, "12.50"]);
            let page = standard.read_page(bank, &request, &asked.account, &given);
            let page = page.unwrap_or_else(|error| panic!("{}: {error}", bank.id));
            let counts = (page.transactions.len(), page.quarantined.len());
            assert_eq!(counts, (1, 1), "{}: {amount}", bank.id);
            assert_eq!(page.transactions[0].amount.minor.abs(), 1250, "{}", bank.id);
        }
    }
}

/// N70.
#[test]
fn no_bank_is_asked_for_more_than_it_grants() {
    for asked in Asked::every() {
        let bank = &asked.bank;
        let mut terms = ConsentTerms::longest(bank, noon());
        let state = Secret::new("s".repeat(43));
        let ask = |terms: &ConsentTerms| {
            let (redirect_uri, accounts) = ("https://tpp.example/callback/x", []);
            let wish = ConsentWish { terms, redirect_uri, state: &state, accounts: &accounts };
            bank.standard.create_consent(bank, &asked.caller(), Some(&asked.token), &wish).is_ok()
        };
        assert!(ask(&terms), "{}: the longest", bank.id);
        terms.expires += chrono::TimeDelta::days(2);
        assert!(!ask(&terms), "{}: two days more", bank.id);
    }
}

/// N14.
#[test]
fn an_assertion_for_one_bank_is_of_no_use_at_another() {
    for asked in Asked::every() {
        let Some(server) = &asked.bank.server else { continue };
        if server.client_authentication != ClientAuthentication::SignedAssertion {
            continue;
        }
        let mut rogue = asked.bank.clone();
        if let Some(server) = &mut rogue.server {
            server.issuer = "https://rogue.example".to_owned();
        }
        let audience = |bank: &Bank| {
            let request = bank.standard.client_token(bank, &asked.caller()).expect("a request")?;
            let body = request.body.as_ref().expect("a body");
            let text = std::str::from_utf8(body.expose()).expect("a form").to_owned();
            let fields = super::form::decode(&text, 20).expect("a form");
            let assertion = fields.into_iter().find(|(name, _)| name == "client_assertion")?.1;
            let claims: Value = super::jose::unverified_part(&assertion, 1)?;
            Some(claims["aud"].clone())
        };
        assert_eq!(audience(&asked.bank), Some(json!(server.issuer)), "{}", asked.bank.id);
        assert_eq!(audience(&rogue), Some(json!("https://rogue.example")), "{}", asked.bank.id);
    }
}
