//! Any combination: always a valid answer, and the truth knows every row that is not broken.

use std::time::Duration;

use opl_sandbox::{Misbehaviour as M, Misbehaviours, TrueLedger, row_key};
use serde_json::Value;

use super::{ACCOUNTS, CARDS, World, text};

/// Combinations tried one after another at one bank.
const COMBINATIONS: u64 = 24;
/// Statuses the bank may answer a read with.
const STATUSES: [u16; 7] = [200, 400, 401, 403, 422, 429, 503];

/// Reads a list and follows at most three pages; answers the rows.
async fn pages(world: &World, path: &str, attended: bool) -> Vec<Value> {
    let (mut rows, mut address) = (Vec::new(), path.to_owned());
    for _ in 0..3 {
        let response = match attended {
            true => world.call(&address).await,
            false => world.unattended(&address).await,
        };
        let status = response.status().as_u16();
        assert!(STATUSES.contains(&status), "{address} {status}");
        let page: Value = response.json().await.expect("a JSON body");
        if status != 200 {
            break;
        }
        rows.extend(page["transactions"].as_array().expect("rows").iter().cloned());
        let Some(next) = page["continuationToken"].as_str() else { break };
        let first = path.split('?').next().unwrap_or(path);
        address = format!("{first}?continuationToken={next}");
    }
    rows
}

fn check(truth: &TrueLedger, number: &str, rows: &[Value], broken: bool) {
    let history = truth.accounts.iter().find(|history| history.number == number);
    for row in rows {
        let Some(identities) = truth.identities(number, &row_key(row)) else {
            let is_broken = row.is_null() || row.to_string().contains("RIKKI");
            assert!(broken && is_broken, "{number} {row}");
            continue;
        };
        let known = |identity: &String| {
            let mut all = history.unwrap().transactions.iter();
            all.any(|real| real.identity == *identity)
        };
        assert!(identities.iter().all(known), "{identities:?}");
    }
}

#[tokio::test]
async fn any_combination_answers_properly_and_truly() {
    let mut world = World::with(3, Misbehaviours::NONE).await;
    for seed in 0..=COMBINATIONS {
        let on =
            if seed == COMBINATIONS { Misbehaviours::all() } else { Misbehaviours::random(seed) };
        world.sandbox.misbehave(Misbehaviours::NONE);
        world.advance(Duration::from_secs(seed % 5 * 40_000)).await;
        world.sandbox.misbehave(on);
        if seed % 3 == 0 {
            world.consent(if on.has(M::WindowRefused) { 80 } else { 600 }).await;
        }
        let mut read = Vec::new();
        for (list, id, number) in
            [(ACCOUNTS, "accountId", "identifier"), (CARDS, "cardId", "cardNumber")]
        {
            let response = world.call(list).await;
            assert_eq!(response.status(), 200, "{on}");
            let listed: Value = response.json().await.expect("a JSON body");
            for holder in listed.as_array().expect("a list") {
                for (query, attended) in
                    [("", true), ("?status=PENDING", true), ("?status=BOOKED", false)]
                {
                    let path = format!("{list}/{}/transactions{query}", text(holder, id));
                    let rows = pages(&world, &path, attended).await;
                    read.push((text(holder, number).to_owned(), rows));
                }
            }
        }
        let truth = world.sandbox.true_ledger();
        for (number, rows) in &read {
            check(&truth, number, rows, on.has(M::BrokenRow));
        }
    }
}

#[tokio::test]
async fn the_same_seed_and_clock_show_the_same_rows() {
    let on: Misbehaviours = M::ALL
        .into_iter()
        .filter(|known| *known != M::RevokedAtBank && *known != M::RefusedCursor)
        .collect();
    let (one, other) = (World::new().await, World::new().await);
    let mut lists = Vec::new();
    for world in [&one, &other] {
        world.sandbox.misbehave(on);
        lists.push((world.rows().await, world.card_rows().await));
    }
    assert_eq!(lists[0], lists[1]);
    assert!(!lists[0].0.is_empty() && !lists[0].1.is_empty());
}
