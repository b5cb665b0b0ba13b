//! What was said to the bank and by it, judged by the standard's own file of each version.

use chrono::TimeDelta;
use domain::id::BankId;
use opl::connectors::exchange::{BankAnswer, BankRequest, Endpoint};
use opl::connectors::{ConsentTerms, ConsentWish, PageWish, Permit, Secret};
use serde_json::{Value, json};

use super::{Albion, HYBRID, PUSHED};
use crate::berlin_group::{check, exchange};

/// A consent of our own from its making to its end, and a person's accounts: everything that is said.
async fn everything_said(albion: &Albion, token: &Secret) -> Vec<(BankRequest, BankAnswer)> {
    let app = &albion.world.app;
    let access = app.access(&BankId("albion".to_owned())).await.expect("a bank");
    let (bank, standard) = (&access.bank, access.bank.standard);
    let caller = || access.caller(app, None).expect("chance");
    let mut spoken = Vec::new();
    let mut say = async |request: BankRequest| {
        let answer = access.transport.send(&request).await.expect("an answer");
        spoken.push((request, answer.clone()));
        answer
    };
    let own = standard.client_token(bank, &caller()).expect("a request").expect("a token");
    let own = access.transport.send(&own).await.expect("an answer");
    let own = standard.read_tokens(&own, standard.client_scope()).expect("tokens").access;
    let (terms, state) = (ConsentTerms::longest(bank, app.clock.now()), Secret::new("state"));
    let redirect_uri = &access.redirect_uri;
    let wish = ConsentWish { terms: &terms, redirect_uri, state: &state, accounts: &[] };
    let made = standard.create_consent(bank, &caller(), Some(&own), &wish).expect("a request");
    let made = standard.read_created(bank, &say(made).await).expect("a consent");
    let permit = Permit { token: Some(&own), authorization_id: &made.authorization_id };
    say(standard.consent_status(bank, &caller(), &permit).expect("a request")).await;
    let delete = standard.delete_consent(bank, &caller(), &permit).expect("a request");
    assert_eq!(say(delete.clone()).await.status, 204);
    let permit = Permit { token: Some(token), authorization_id: "" };
    let mut accounts = Vec::new();
    for request in standard.list_accounts(bank, &caller(), &permit).expect("requests") {
        let endpoint: Endpoint = request.endpoint;
        let answer = say(request).await;
        accounts.extend(standard.read_accounts(bank, endpoint, &answer).expect("a list").accounts);
    }
    assert_eq!(accounts.len(), 3);
    let today = app.clock.now().date_naive();
    let days = domain::plan::Days { from: today - TimeDelta::days(400), to: today };
    for account in &accounts {
        let request = standard.balances(bank, &caller(), &permit, account).expect("a request");
        say(request.expect("balances of their own")).await;
        let mut continuation: Option<String> = None;
        for _ in 0..3 {
            let from = continuation.take();
            let continuation_now = from.as_deref();
            let wish =
                PageWish { account, days: Some(days), continuation: continuation_now, after: None };
            let request = standard.page(bank, &caller(), &permit, &wish).expect("a request");
            let answer = say(request.clone()).await;
            let page = standard.read_page(bank, &request, account, &answer).expect("a page");
            continuation = page.continuation;
            if continuation.is_none() {
                break;
            }
        }
    }
    spoken
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_fits_both_versions_of_the_standard() {
    for way in [&PUSHED, &HYBRID] {
        let albion = Albion::registered(way).await;
        let mut person = albion.world.person().await;
        let id = person.connect_at("albion").await;
        let kept = albion.world.tokens(&id).await.expect("tokens");
        let token = Secret::new(kept["access"].as_str().expect("a token"));
        let spoken = everything_said(&albion, &token).await;
        let exchanges: Vec<Value> =
            spoken.iter().map(|(ask, answer)| exchange(ask, answer)).collect();
        let standard = format!("open-banking-uk-{}", way.version);
        let judged = check("openapi", &json!({ "standard": standard, "exchanges": exchanges }));
        assert_eq!(judged["problems"], json!([]), "{standard} {judged}");
        let seen = judged["seen"].as_array().expect("a list").len();
        assert_eq!(seen, 6, "{judged}");
        albion.stop().await;
    }
}
