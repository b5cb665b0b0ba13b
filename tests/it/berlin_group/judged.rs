//! What was said to the bank and by it, judged by the standard's own file and by a signature library in
//! another language.

use std::io::Write as _;
use std::process::{Command, Stdio};

use opl::access::BankAccess;
use opl::connectors::exchange::{BankAnswer, BankRequest, Endpoint};
use opl::connectors::{Attended, ConsentTerms, ConsentWish, PageWish, Permit, Secret};
use serde_json::{Value, json};

use super::{Nordvik, bank_id, visit};

/// A request and its answer, as the checker takes them.
pub fn exchange(request: &BankRequest, answer: &BankAnswer) -> Value {
    let mut spoken = said(request);
    spoken["status"] = answer.status.into();
    spoken["type"] = answer.content_type.clone().into();
    spoken["answer"] = String::from_utf8(answer.body.to_vec()).expect("text").into();
    spoken
}

/// A request as the checker takes it.
pub fn said(request: &BankRequest) -> Value {
    let url = reqwest::Url::parse(&request.url).expect("an address");
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let headers: serde_json::Map<String, Value> = (request.headers.iter())
        .map(|(name, value)| ((*name).to_owned(), value.expose().into()))
        .collect();
    let body = request.body.as_ref().map(|body| String::from_utf8_lossy(body.expose()));
    json!({
        "method": format!("{:?}", request.method).to_uppercase(),
        "path": format!("{}{query}", url.path()),
        "headers": headers,
        "body": body,
    })
}

/// Asks the checker, which is not ours; `tools/setup.sh test` installs its libraries.
pub fn check(job: &str, input: &Value) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/psd2-check");
    let mut child = Command::new("node")
        .args(["check.mjs", job])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    let mut input_end = child.stdin.take().expect("an input");
    input_end.write_all(input.to_string().as_bytes()).expect("written");
    drop(input_end);
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "run tools/setup.sh test: it installs what {folder} needs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Everything the connector asks in a consent's life, with the bank's answers.
async fn a_consent_s_life(here: &Nordvik, access: &BankAccess) -> Vec<(BankRequest, BankAnswer)> {
    let (bank, standard) = (&access.bank, access.bank.standard);
    let app = &here.world.app;
    let caller = || access.caller(app, None).expect("chance");
    let mut spoken = Vec::new();
    let mut say = async |request: BankRequest| {
        let answer = access.transport.send(&request).await.expect("an answer");
        spoken.push((request, answer.clone()));
        answer
    };
    let (terms, state) = (ConsentTerms::longest(bank, app.clock.now()), Secret::new("state"));
    let wish = ConsentWish {
        terms: &terms,
        redirect_uri: &access.redirect_uri,
        state: &state,
        accounts: &[],
    };
    say(standard.probe(bank, &caller()).expect("a request")).await;
    let here_now = Attended::from_live_request([192, 0, 2, 7].into(), app.clock.now(), None);
    let attended = access.caller(app, Some(here_now)).expect("chance");
    let made = standard.create_consent(bank, &attended, None, &wish).expect("a request");
    let made = standard.read_created(bank, &say(made).await).expect("a consent");
    let permit = Permit { token: None, authorization_id: &made.authorization_id };
    // Nothing is open before the person agreed.
    for request in standard.list_accounts(bank, &caller(), &permit).expect("requests") {
        assert_eq!(say(request).await.status, 401);
    }
    let link = made.link("scaRedirect").expect("a link");
    visit(&here.world.browser(), link).await;
    say(standard.consent_status(bank, &caller(), &permit).expect("a request")).await;
    let mut accounts = Vec::new();
    for request in standard.list_accounts(bank, &caller(), &permit).expect("requests") {
        let endpoint: Endpoint = request.endpoint;
        let answer = say(request).await;
        accounts.extend(standard.read_accounts(bank, endpoint, &answer).expect("a list").accounts);
    }
    assert_eq!(accounts.len(), 4);
    let today = app.clock.now().date_naive();
    let days = domain::plan::Days { from: today - chrono::TimeDelta::days(400), to: today };
    for account in &accounts {
        let request = standard.balances(bank, &caller(), &permit, account).expect("a request");
        let answer = say(request.expect("balances of their own")).await;
        assert_eq!(
            standard.read_balances(bank, account, &answer).expect("balances").quarantined,
            []
        );
        let mut continuation: Option<String> = None;
        for _ in 0..3 {
            let continuation_now = continuation.take();
            let wish = PageWish {
                account,
                days: Some(days),
                continuation: continuation_now.as_deref(),
                after: None,
            };
            let request = standard.page(bank, &caller(), &permit, &wish).expect("a request");
            let answer = say(request.clone()).await;
            let page = standard.read_page(bank, &request, account, &answer).expect("a page");
            continuation = page.continuation;
            if continuation.is_none() {
                break;
            }
        }
    }
    let delete = standard.delete_consent(bank, &caller(), &permit).expect("a request");
    assert_eq!(say(delete).await.status, 204);
    let lists = standard.list_accounts(bank, &caller(), &permit).expect("requests");
    let ended = say(lists[0].clone()).await;
    assert_eq!(
        standard.read_accounts(bank, Endpoint::Accounts, &ended),
        Err(opl::connectors::BankError::ConsentEnded)
    );
    spoken
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_fits_the_standard_and_every_seal_is_good() {
    let here = Nordvik::registered(|_| {}).await;
    let access = here.world.app.access(&bank_id()).await.expect("a bank");
    let spoken = a_consent_s_life(&here, &access).await;
    let exchanges: Vec<Value> = spoken.iter().map(|(ask, answer)| exchange(ask, answer)).collect();
    let judged = check("openapi", &json!({ "exchanges": exchanges }));
    assert_eq!(judged["problems"], json!([]), "{judged}");
    let seen = judged["seen"].as_array().expect("a list").len();
    assert!(seen >= 12, "{judged}");

    // Every request, by a library in another language; and with one byte of each signed part changed.
    let requests: Vec<Value> = spoken.iter().map(|(ask, _)| said(ask)).collect();
    let judged = check("verify", &json!({ "requests": requests }));
    assert!(judged.as_array().expect("a list").iter().all(|word| word == "good"), "{judged}");
    let made = &requests[1];
    let mut bent = Vec::new();
    for name in ["x-request-id", "date", "tpp-redirect-uri", "digest", "signature"] {
        let mut request = made.clone();
        let text = request["headers"][name].as_str().expect("text").to_owned();
        request["headers"][name] = bend(&text).into();
        bent.push(request);
    }
    let mut body = made.clone();
    body["body"] = bend(body["body"].as_str().expect("text")).into();
    bent.push(body);
    let judged = check("verify", &json!({ "requests": bent }));
    assert!(judged.as_array().expect("a list").iter().all(|word| word != "good"), "{judged}");
    here.stop().await;
}

/// The text with one digit or letter changed, two thirds along: the last one of base64 may stand for nothing.
fn bend(text: &str) -> String {
    let far = text.len() * 2 / 3;
    let at = far + text[far..].find(|one: char| one.is_ascii_alphanumeric()).expect("a letter");
    let other = if &text[at..=at] == "1" { "2" } else { "1" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_takes_a_seal_of_another_library_and_refuses_one_changed_byte() {
    let here = Nordvik::registered(|_| {}).await;
    let access = here.world.app.access(&bank_id()).await.expect("a bank");
    let (bank, standard) = (&access.bank, access.bank.standard);
    let caller = access.caller(&here.world.app, None).expect("chance");
    let ours = standard.probe(bank, &caller).expect("a request");
    let text = |request: &BankRequest, name: &str| {
        request.header_value(name).expect("a header").to_owned()
    };
    // The same request, with a signature that `http-signature` made over the same headers.
    let key_id = text(&ours, "signature").split('"').nth(1).expect("a name").to_owned();
    let names = ["x-request-id", "date", "digest"];
    let theirs = check(
        "sign",
        &json!({
            "key": access.seal.key.to_pkcs8_pem().expose(), "keyId": key_id, "names": names,
            "headers": { "x-request-id": text(&ours, "x-request-id"), "date": text(&ours, "date") },
        }),
    );
    let with = |name: &'static str, value: String| {
        let mut request = ours.clone();
        request.headers.retain(|(known, _)| *known != name);
        request.header(name, value)
    };
    let signature = theirs["signature"].as_str().expect("text");
    let code = async |request: BankRequest| {
        let answer = access.transport.send(&request).await.expect("an answer");
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        body["tppMessages"][0]["code"].as_str().expect("a code").to_owned()
    };
    assert_eq!(theirs["digest"], text(&ours, "digest").as_str());
    assert_eq!(code(with("signature", signature.to_owned())).await, "CONSENT_UNKNOWN");
    assert_eq!(code(ours.clone()).await, "CONSENT_UNKNOWN");
    for name in ["date", "x-request-id", "digest", "signature", "tpp-signature-certificate"] {
        let refused = code(with(name, bend(&text(&ours, name)))).await;
        let about_us = ["SIGNATURE_", "CERTIFICATE_", "FORMAT_ERROR"];
        assert!(about_us.iter().any(|word| refused.starts_with(word)), "{name} {refused}");
    }
    let mut bare = ours.clone();
    bare.headers.retain(|(name, _)| *name != "signature");
    assert_eq!(code(bare).await, "SIGNATURE_MISSING");
    here.stop().await;
}
