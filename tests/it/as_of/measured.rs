//! How long answers about the past take in a log of one person with a long history among others.

use std::sync::Arc;
use std::time::Instant;

use domain::account::{AccountEvent, Opened, TransactionRecorded};
use domain::event::Event;
use domain::id::{AccountId, BankId, FetchId, TransactionId, UserId};
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, Evidence, ObservedTransaction};
use domain::stream::{Category, StreamId};
use opl::ledger::{Actor, Cause, Owner};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Browser, Store, World};

const ROWS: usize = 20_000;
const OTHERS: usize = 10;

fn row(number: usize) -> AccountEvent {
    AccountEvent::TransactionRecorded(TransactionRecorded {
        transaction_id: TransactionId(Uuid::new_v4()),
        ordinal: 0,
        evidence: Evidence {
            fetch_id: FetchId(Uuid::nil()),
            answer: 0,
            row: 0,
            received_at: chrono::DateTime::UNIX_EPOCH,
        },
        observed: ObservedTransaction {
            bank_reference: Some(format!("2026{number:012}")),
            bank_identifier: None,
            state: domain::observed::RowState::Booked,
            booking_date: "2026-01-05".parse().expect("a day"),
            value_date: None,
            payment_date: None,
            amount: Money::new(-1_000 - number as i64, Currency::EUR),
            amount_text: "-10.00".to_owned(),
            original_amount: None,
            counterparty: Some("K-Market Alppila".to_owned()),
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: format!("purchase number {number}"),
            reference: None,
            bank_type: Some("PKORTTIMAKSU".to_owned()),
            unmapped: None,
        },
    })
}

async fn live(world: &World, user: UserId, rows: usize) {
    let account_id = AccountId(Uuid::new_v4());
    let stream = StreamId::new(Category::Account, account_id.0);
    let opened = AccountEvent::Opened(Opened {
        account_id,
        user_id: user,
        bank_id: BankId("op".to_owned()),
        kind: AccountKind::Current,
        identifier: format!("FI{}", account_id.0.as_u128() % 1_000_000),
        currency: Currency::EUR,
        name: "Käyttötili".to_owned(),
        owner: None,
        servicer: None,
    });
    let mut events: Vec<Event> = vec![opened.into()];
    events.extend((0..rows).map(|number| row(number).into()));
    let (cause, mut version) = (Cause::new(Actor::Service, Uuid::new_v4()), 0);
    for chunk in events.chunks(500) {
        let owner = Owner::Person(user);
        let appended = world.app.ledger.append_at(stream, owner, cause, version, chunk.to_vec());
        version = appended.await.expect("appended").version;
    }
}

async fn id(browser: &mut Browser) -> UserId {
    let me = browser.graphql("{ me { id } }", json!({})).await;
    me["me"]["id"].as_str().expect("an identifier").parse().expect("one")
}

async fn timed(browser: &mut Browser, what: &str, position: u64) {
    let text = "query ($asOf: AsOf) { accounts(asOf: $asOf) { transactionCount } \
        transactions(first: 50, asOf: $asOf) { totalCount edges { node { id text } } } }";
    let begun = Instant::now();
    let variables = json!({ "asOf": { "position": position.to_string() } });
    let data = browser.graphql(text, variables).await;
    let rows = &data["transactions"]["totalCount"];
    println!("{what}: {} ms ({rows} rows at {position})", begun.elapsed().as_millis());
}

pub async fn run() {
    for store in [Store::Sqlite, Store::Postgres] {
        let world = World::unregistered(store, opl::app::Options::in_directory).await;
        let mut person = world.person().await;
        for _ in 0..OTHERS {
            let mut other = world.person().await;
            let user = id(&mut other).await;
            live(&world, user, ROWS / OTHERS).await;
        }
        let user = id(&mut person).await;
        live(&world, user, ROWS).await;
        let head = Arc::clone(world.app.ledger.log()).head().await.expect("a head").position;
        println!("{store:?}: a log of {head} events");
        // The live read models follow at their own pace; they are not what is measured.
        let caught_up = world.app.read.wait_for(head, std::time::Duration::from_secs(120)).await;
        caught_up.expect("caught up");
        timed(&mut person, "first, at the end", head - 10).await;
        timed(&mut person, "the same again", head - 10).await;
        timed(&mut person, "ten events later", head).await;
        timed(&mut person, "earlier, built anew", head - 10_000).await;
        timed(&mut person, "a thousand later", head - 9_000).await;
        let pasts = world.app.read.pasts();
        println!("kept: {} moments, {} KiB", pasts.len(), pasts.bytes() / 1_024);
        world.stop().await;
    }
}
