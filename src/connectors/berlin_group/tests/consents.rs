use domain::designated::Designated;

use super::*;

const CONSENT: &str = include_str!("../fixtures/consent.json");
const INFORMATION: &str = include_str!("../fixtures/consent_information.json");
const BACK: &str = "https://ledger.example/callback/nordvik";

fn ask(
    standard: &'static BerlinGroup,
    accounts: &[String],
    attended: Option<Attended>,
) -> Result<BankRequest, BankError> {
    let (client, bank, state) = (client(), standard.bank(), Secret::new("s+1"));
    let terms = ConsentTerms::longest(&bank, noon());
    let wish = ConsentWish { terms: &terms, redirect_uri: BACK, state: &state, accounts };
    let caller = Caller { attended, ..caller(&client) };
    standard.create_consent(&bank, &caller, None, &wish)
}

#[test]
fn a_consent_is_asked_for_in_each_kind() {
    let offered = ask(&NORDVIK, &[], Some(present("192.0.2.7"))).expect("a request");
    assert_eq!(offered.url, "https://api.nordvik.example/psd2/v1/consents");
    assert_eq!((offered.method, offered.client_certificate), (Method::Post, true));
    let expected = json!({
        "access": { "accounts": [], "balances": [], "transactions": [] },
        "recurringIndicator": true, "validUntil": "2026-07-04", "frequencyPerDay": 4,
        "combinedServiceIndicator": false,
    });
    assert_eq!(body(&offered), expected);
    let header = |name| offered.header_value(name);
    assert_eq!(header("psu-ip-address"), Some("192.0.2.7"));
    assert_eq!(header("tpp-redirect-uri"), Some(&*format!("{BACK}?state=s%2B1")));
    let refused = format!("{BACK}?state=s%2B1&error=access_denied");
    assert_eq!(header("tpp-nok-redirect-uri"), Some(&*refused));
    assert_eq!(header("x-request-id"), Some("00000000-0000-0000-0000-000000000000"));
    assert_eq!((header("consent-id"), header("authorization")), (None, None));

    let here = || Some(present("192.0.2.7"));
    let global = ask(changed(|bank| bank.consent = ConsentKind::Global), &[], here());
    assert_eq!(body(&global.expect("a request"))["access"], json!({ "allPsd2": "allAccounts" }));
    let detailed = changed(|bank| bank.consent = ConsentKind::Detailed);
    let named = ask(detailed, &["SE4550000000058398257466".to_owned()], here()).expect("a request");
    let reference = json!([{ "iban": "SE4550000000058398257466" }]);
    assert_eq!(
        body(&named)["access"],
        json!({ "accounts": reference, "balances": reference, "transactions": reference })
    );
    for accounts in [vec![], vec!["SE45 5000".to_owned()], vec!["\"}".repeat(5)]] {
        let refused = ask(detailed, &accounts, here()).map(|_| ()).expect_err("a refusal");
        assert!(matches!(refused, BankError::NotSent { .. }), "{accounts:?}");
    }
    let app = ask(changed(|bank| bank.agreement = Agreement::Decoupled), &[], here());
    let app = app.expect("a request");
    assert_eq!(app.header_value("tpp-redirect-preferred"), Some("false"));
    assert_eq!(app.header_value("tpp-redirect-uri"), None);
    // The person's own address, of whatever kind it is; and nobody else's.
    let six = ask(&NORDVIK, &[], Some(present("2001:db8::7"))).expect("a request");
    assert_eq!(six.header_value("psu-ip-address"), Some("2001:db8::7"));
    assert!(matches!(ask(&NORDVIK, &[], None), Err(BankError::NotSent { .. })));
}

#[test]
fn terms_that_go_over_the_profile_are_not_sent() {
    let (client, bank, state) = (client(), bank(), Secret::new("s"));
    for days in [-1, 181] {
        let expires = noon() + chrono::TimeDelta::days(days);
        let terms = ConsentTerms { expires, history: None };
        let wish = ConsentWish { terms: &terms, redirect_uri: BACK, state: &state, accounts: &[] };
        let caller = Caller { attended: Some(present("192.0.2.7")), ..caller(&client) };
        let refused = NORDVIK.create_consent(&bank, &caller, None, &wish);
        assert!(matches!(refused, Err(BankError::NotSent { .. })), "{days}");
    }
}

#[test]
fn a_consent_is_read_with_where_to_go_on() {
    let read = NORDVIK.read_created(&bank(), &answer(201, CONSENT)).expect("a consent");
    assert_eq!(read.authorization_id, "c7f1b0de-5a3e-4a51-9f0e-2d1f7f8a1c02");
    assert_eq!(read.status, ConsentStatus::Unauthorized);
    assert_eq!(read.link("scaRedirect"), Some("https://id.nordvik.example/sca/9d2f"));
    assert_eq!(read.message.as_deref(), Some("Öppna bappen/b"), "no markup");
    let stands = NORDVIK.read_consent(&bank(), "c-1", &answer(200, INFORMATION)).expect("one");
    assert_eq!(
        (stands.authorization_id.as_str(), stands.status),
        ("c-1", ConsentStatus::Authorized)
    );
    assert_eq!(stands.accounts, [Designated::by_number("SE4550000000058398257466")]);
    // The day of the bank, on the day its clocks go forward.
    assert_eq!(stands.expires, Some(moment("2026-03-29T21:59:59Z")));
}

#[test]
fn a_consent_names_its_accounts_or_none_that_can_be_compared() {
    let named = |access: Value| {
        let body = json!({ "consentStatus": "valid", "access": access }).to_string();
        NORDVIK.read_consent(&bank(), "c-1", &answer(200, &body)).expect("a consent").accounts
    };
    let iban = json!({ "iban": "SE45 5000 0000 0583 9825 7466", "currency": "SEK" });
    let card = json!({ "maskedPan": "516806******1234", "currency": "XXX" });
    let kronor = Designated {
        currency: Some(kronor()),
        ..Designated::by_number("SE4550000000058398257466")
    };
    assert_eq!(
        named(json!({ "accounts": [iban], "balances": [iban], "transactions": [iban, card] })),
        [kronor, Designated::by_number("516806******1234")]
    );
    let without = [
        json!({ "accounts": [], "balances": [], "transactions": [] }),
        json!({ "allPsd2": "allAccounts" }),
        json!({ "accounts": [iban, { "msisdn": "+46700000000" }] }),
        json!({ "accounts": "all" }),
        json!({ "accounts": vec![json!({ "iban": "x" }); 3], "balances": [1] }),
        json!({}),
    ];
    for access in without {
        assert_eq!(named(access.clone()), [], "{access}");
    }
}

#[test]
fn every_word_of_a_consent_is_known_and_another_one_is_neither_yes_nor_no() {
    use ConsentStatus as Status;
    let table = [
        ("received", Status::Unauthorized),
        ("partiallyAuthorised", Status::PartlyAuthorized),
        ("valid", Status::Authorized),
        ("rejected", Status::Rejected),
        ("revokedByPsu", Status::Revoked),
        ("terminatedByTpp", Status::Revoked),
        ("expired", Status::Expired),
        ("onHold", Status::Other),
        ("Valid", Status::Other),
    ];
    for (word, expected) in table {
        let body = json!({ "consentStatus": word, "validUntil": "9999-12-31" }).to_string();
        let read = NORDVIK.read_consent(&bank(), "c-1", &answer(200, &body)).expect("a consent");
        assert_eq!((read.status, read.expires), (expected, None), "{word}");
    }
    for broken in ["{}", "[]", "<html>", r#"{"consentStatus":7}"#] {
        assert!(NORDVIK.read_consent(&bank(), "c-1", &answer(200, broken)).is_err(), "{broken}");
        assert!(NORDVIK.read_created(&bank(), &answer(201, broken)).is_err(), "{broken}");
    }
}

fn step(
    standard: &'static BerlinGroup,
    links: Value,
    approach: Option<&str>,
    answers: &[BankAnswer],
) -> Result<AuthorizationStep, BankError> {
    let mut bank = standard.bank();
    if standard.profile.agreement == Agreement::OAuth {
        bank.server = Some(server());
    }
    let made = json!({ "consentStatus": "received", "consentId": "c-1", "_links": links,
                       "psuMessage": "Look" });
    let mut made = answer(201, &made.to_string());
    made.sca_approach = approach.map(str::to_owned);
    let consent = standard.read_created(&bank, &made).expect("a consent");
    let (client, state, verifier) = (client(), Secret::new("s"), Secret::new("v".repeat(43)));
    let request = AuthorizationRequest {
        consent: &consent,
        redirect_uri: BACK,
        state: &state,
        nonce: &state,
        code_verifier: &verifier,
        request_id: Uuid::nil(),
    };
    standard.authorize(&bank, &caller(&client), &request, answers)
}

fn server() -> crate::connectors::AuthorizationServer {
    crate::connectors::AuthorizationServer {
        token_url: "https://api.nordvik.example/token".to_owned(),
        authorize_url: "https://id.nordvik.example/authorize".to_owned(),
        pushed_url: None,
        issuer: "https://id.nordvik.example".to_owned(),
        issuer_in_answers: true,
        keys_url: None,
        request_object_audience: String::new(),
        security: crate::connectors::bank::SecurityProfile::CodeWithPkce,
        client_authentication: crate::connectors::bank::ClientAuthentication::Certificate,
        id_tokens: None,
        accepted_algorithms: Vec::new(),
        accepted_acr: Vec::new(),
        at_hash_required: false,
        max_age_seconds: 0,
    }
}

#[test]
fn a_browser_is_sent_where_the_link_says() {
    let links = json!({ "scaRedirect": { "href": "https://id.nordvik.example/sca/1" },
                        "confirmation": { "href": "/v1/consents/c-1/authorisations/a" } });
    let Ok(AuthorizationStep::Browser { url, confirmation }) = step(&NORDVIK, links, None, &[])
    else {
        panic!("a browser was expected");
    };
    assert!(
        url.matches("https://id.nordvik.example/sca/1") && bank().may_send_browser_to(url.expose())
    );
    let (place, client) = (confirmation.expect("a place"), client());
    let request = NORDVIK.confirm(&bank(), &caller(&client), &place, &Secret::new("f1a2"));
    let request = request.expect("a request");
    // A link may leave out what the interface has before its version.
    assert_eq!(request.url, "https://api.nordvik.example/psd2/v1/consents/c-1/authorisations/a");
    assert_eq!(
        (request.method, body(&request)),
        (Method::Put, json!({"confirmationCode": "f1a2"}))
    );
    for place in ["https://evil.example/x", "http://api.nordvik.example/psd2/v1/x", ""] {
        let refused = NORDVIK.confirm(&bank(), &caller(&client), place, &Secret::new("f1a2"));
        assert!(refused.is_err(), "{place}");
    }
    let ended = NORDVIK.read_confirmed(&answer(200, r#"{"scaStatus":"failed"}"#));
    assert_eq!(ended, Err(BankError::ConsentEnded));
    assert_eq!(NORDVIK.read_confirmed(&answer(200, r#"{"scaStatus":"finalised"}"#)), Ok(()));
}

#[test]
fn an_authorisation_is_started_where_the_bank_waits_for_that() {
    let links = json!({ "startAuthorisation": { "href": "/psd2/v1/consents/c-1/authorisations" } });
    let Ok(AuthorizationStep::Ask(request)) = step(&NORDVIK, links.clone(), None, &[]) else {
        panic!("a question was expected");
    };
    assert_eq!(request.url, "https://api.nordvik.example/psd2/v1/consents/c-1/authorisations");
    assert_eq!((request.method, body(&request)), (Method::Post, json!({})));
    let started = json!({ "scaStatus": "received", "authorisationId": "a",
        "_links": { "scaRedirect": { "href": "https://id.nordvik.example/sca/2" } } });
    let started = answer(201, &started.to_string());
    let Ok(AuthorizationStep::Browser { url, .. }) =
        step(&NORDVIK, links.clone(), None, std::slice::from_ref(&started))
    else {
        panic!("a browser was expected");
    };
    assert!(url.matches("https://id.nordvik.example/sca/2"));
    let refused = answer(401, r#"{"tppMessages":[{"category":"ERROR","code":"CONSENT_INVALID"}]}"#);
    assert!(matches!(step(&NORDVIK, links, None, &[refused]), Err(BankError::ConsentEnded)));
}

#[test]
fn without_a_link_the_person_agrees_elsewhere_and_a_password_is_never_asked_for() {
    let links = json!({ "status": { "href": "/v1/consents/c-1/status" } });
    let elsewhere = step(&NORDVIK, links.clone(), Some("DECOUPLED"), &[]);
    assert!(
        matches!(elsewhere, Ok(AuthorizationStep::Elsewhere { message: Some(text) }) if text == "Look")
    );
    let password = json!({ "updatePsuAuthentication": { "href": "/v1/consents/c-1/x" } });
    for (links, approach) in [(links, Some("EMBEDDED")), (password, None)] {
        let refused = step(&NORDVIK, links, approach, &[]);
        assert!(matches!(refused, Err(BankError::NotSent { .. })), "{approach:?}");
    }
}

#[test]
fn an_authorization_server_has_to_be_the_one_of_the_profile() {
    // N18, N60, N77: another issuer, other endpoints, no PKCE.
    let oauth = changed(|bank| bank.agreement = Agreement::OAuth);
    let links = json!({ "scaOAuth": { "href": "https://api.nordvik.example/.well-known/x" } });
    let Ok(AuthorizationStep::Ask(request)) = step(oauth, links.clone(), None, &[]) else {
        panic!("a question was expected");
    };
    assert_eq!(request.endpoint, Endpoint::ServerMetadata);
    let good = json!({
        "issuer": "https://id.nordvik.example",
        "authorization_endpoint": "https://id.nordvik.example/authorize",
        "token_endpoint": "https://api.nordvik.example/token",
        "code_challenge_methods_supported": ["plain", "S256"],
    });
    let with = |name: &str, value: Value| {
        let mut metadata = good.clone();
        metadata[name] = value;
        step(oauth, links.clone(), None, &[answer(200, &metadata.to_string())])
    };
    let Ok(AuthorizationStep::Browser { url, .. }) = with("x", json!(1)) else {
        panic!("a browser was expected");
    };
    let url = reqwest::Url::parse(url.expose()).expect("an address");
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let challenge = "HlJJDhnGTeIf5SmdLoKOlrL3TN4mVLJITCT7bKnpNHw";
    assert_eq!(oauth::challenge(&Secret::new("v".repeat(43))).len(), challenge.len());
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, v)| v.as_str());
    assert_eq!(value("scope"), Some("AIS:c-1"));
    assert_eq!((value("code_challenge_method"), value("state")), (Some("S256"), Some("s")));
    for (name, value) in [
        ("issuer", json!("https://id.nordvik.example/")),
        ("issuer", json!("https://ID.nordvik.example")),
        ("authorization_endpoint", json!("https://evil.example/authorize")),
        ("token_endpoint", json!("https://evil.example/token")),
        ("code_challenge_methods_supported", json!(["plain"])),
        ("code_challenge_methods_supported", json!([])),
    ] {
        let refused = with(name, value.clone());
        assert!(matches!(refused, Err(BankError::Unreadable { .. })), "{name} {value}");
    }
}

#[test]
fn the_challenge_is_that_of_the_published_example() {
    // RFC 7636, appendix B.
    let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(oauth::challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[test]
fn a_probe_tells_a_bank_that_knows_us_from_one_that_does_not() {
    let message = |status, code: &str| {
        let body = json!({ "tppMessages": [{ "category": "ERROR", "code": code }] });
        NORDVIK.read_probe(&answer(status, &body.to_string()))
    };
    assert_eq!(message(403, "CONSENT_UNKNOWN"), Ok(()));
    assert_eq!(message(404, "RESOURCE_UNKNOWN"), Ok(()));
    for code in ["CERTIFICATE_INVALID", "SIGNATURE_MISSING", "ROLE_INVALID"] {
        let refused = BankError::Refused { status: 401, code: code.to_owned() };
        assert_eq!(message(401, code), Err(refused), "{code}");
    }
    for (status, body) in [(200, "{}"), (404, ""), (503, "<html>")] {
        assert!(NORDVIK.read_probe(&answer(status, body)).is_err(), "{status}");
    }
}
