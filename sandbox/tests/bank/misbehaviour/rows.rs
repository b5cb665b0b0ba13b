//! Ids of rows, doubled rows, broken rows, corrected rows, and ids of accounts.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use opl_sandbox::{Misbehaviour as M, TransactionState};
use serde_json::Value;

use super::{ACCOUNTS, World, cents, identity, text, texts, without};

/// What was read of the main account on one day.
struct Read {
    /// From a bank that behaves.
    honest: Vec<Value>,
    /// With the misbehaviour.
    rows: Vec<Value>,
    /// Once more.
    again: Vec<Value>,
    today: String,
}

/// How often the most frequent element is there.
fn most<Element: Ord>(elements: impl Iterator<Item = Element>) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    elements.for_each(|element| *counts.entry(element).or_insert(0) += 1);
    counts.into_values().max().unwrap_or(0)
}

fn same_but_ids(one: &[Value], other: &[Value]) -> bool {
    let strip =
        |rows: &[Value]| rows.iter().map(|row| without(row, "archiveId")).collect::<Vec<_>>();
    strip(one) == strip(other)
}

#[tokio::test]
async fn ids_are_missing_moving_shared_or_reused_and_rows_come_twice() {
    let world = World::new().await;
    let honest = world.rows().await;
    assert!(honest.len() > 400 && most(texts(&honest, "archiveId").iter()) == 1);
    type Check = fn(&Read) -> bool;
    let table: [(M, Check); 8] = [
        (M::TransactionIdPerCall, |read| {
            let ids: BTreeSet<&str> = texts(&read.rows, "archiveId").into_iter().collect();
            same_but_ids(&read.honest, &read.rows)
                && ids.len() == read.rows.len()
                && read.again.iter().all(|row| !ids.contains(text(row, "archiveId")))
        }),
        (M::PositionalReference, |read| {
            let places = (1..=read.rows.len()).map(|place| format!("{place:08}"));
            same_but_ids(&read.honest, &read.rows)
                && places.eq(texts(&read.rows, "archiveId").iter().map(|id| (*id).to_owned()))
        }),
        (M::LateReference, |read| {
            let late = |row: &Value| text(row, "bookingDate") == read.today;
            same_but_ids(&read.honest, &read.rows)
                && read.rows.iter().any(late)
                && read.rows.iter().all(|row| late(row) == row["archiveId"].is_null())
        }),
        (M::ReusedId, |read| {
            let day = |row: &Value| text(row, "bookingDate").parse::<NaiveDate>().unwrap();
            let months = |one: &Value, other: &Value| (day(one) - day(other)).num_days().abs() > 90;
            let pairs =
                read.rows.iter().flat_map(|one| read.rows.iter().map(move |two| (one, two)));
            let mut same = pairs
                .filter(|(one, two)| one["archiveId"] == two["archiveId"] && day(one) != day(two));
            same_but_ids(&read.honest, &read.rows)
                && same.clone().count() > 10
                && same.all(|(one, two)| months(one, two))
        }),
        (M::NoId, |read| {
            same_but_ids(&read.honest, &read.rows)
                && read.rows.iter().all(|row| row.get("archiveId").is_none())
        }),
        (M::IdenticalTwins, |read| {
            most(read.honest.iter().map(Value::to_string)) == 1
                && most(read.rows.iter().map(Value::to_string)) == 2
                && read.rows.len() > read.honest.len()
        }),
        (M::EchoedRow, |read| {
            let known: BTreeSet<String> = read.honest.iter().map(Value::to_string).collect();
            let echoes = read.rows.iter().filter(|row| !known.contains(&row.to_string()));
            let mut echoes = echoes.map(|echo| without(echo, "archiveId"));
            let originals: Vec<Value> =
                read.honest.iter().map(|row| without(row, "archiveId")).collect();
            read.rows.len() > read.honest.len() + 20 && echoes.all(|echo| originals.contains(&echo))
        }),
        (M::BrokenRow, |read| {
            let broken: Vec<&Value> =
                read.rows.iter().filter(|row| !read.honest.contains(row)).collect();
            let no_number = |row: &Value| text(row, "amount").parse::<f64>().is_err();
            broken.len() == 3
                && broken.iter().any(|row| row.is_null())
                && broken.iter().any(|row| row.is_object() && no_number(row))
                && broken.iter().any(|row| !no_number(row) && row["bookingDate"].is_null())
        }),
    ];
    for (misbehaviour, check) in table {
        world.sandbox.misbehave(misbehaviour);
        let (rows, again) = (world.rows().await, world.rows().await);
        let today = world.today().to_string();
        let read = Read { honest: honest.clone(), rows, again, today };
        assert!(check(&read), "{misbehaviour}");
        world.sandbox.misbehave(opl_sandbox::Misbehaviours::NONE);
        assert_eq!(world.rows().await, honest, "{misbehaviour} is off again");
    }
}

#[tokio::test]
async fn the_truth_tells_echoes_from_twins() {
    let world = World::new().await;
    for (misbehaviour, stands_for) in [(M::EchoedRow, 1), (M::IdenticalTwins, 2)] {
        world.sandbox.misbehave(M::NoId);
        let honest = world.rows().await;
        world
            .sandbox
            .misbehave([M::NoId, misbehaviour].into_iter().collect::<opl_sandbox::Misbehaviours>());
        let rows = world.rows().await;
        let doubled = rows.iter().find(|row| {
            let count = |rows: &[Value]| rows.iter().filter(|other| other == row).count();
            count(&rows) == 2 && count(&honest) == 1
        });
        let truth = world.sandbox.true_ledger();
        let key = opl_sandbox::row_key(doubled.unwrap());
        let identities = truth.identities(&truth.accounts[0].number, &key).unwrap();
        assert_eq!(identities.len(), stands_for, "{misbehaviour}");
    }
}

#[tokio::test]
async fn twins_and_corrections_are_in_all_balances() {
    for misbehaviour in [M::IdenticalTwins, M::CorrectedHistory] {
        let world = World::with(1, misbehaviour).await;
        let truth = world.sandbox.true_ledger();
        for (account, known) in
            world.read(ACCOUNTS).await.as_array().unwrap().iter().zip(&truth.accounts)
        {
            let booked = known.transactions.iter().filter(|row| row.is_booked());
            let sum: i64 = booked.map(|row| row.amount_minor).sum();
            assert_eq!(
                cents(&account["grossBalance"]),
                known.opening_minor + sum,
                "{misbehaviour}"
            );
        }
    }
}

#[tokio::test]
async fn positions_move_and_late_references_come_with_the_days() {
    let mut world = World::with(1, M::PositionalReference).await;
    let before = world.rows().await;
    world.advance_days(1).await;
    let after = world.rows().await;
    let new =
        after.iter().filter(|row| text(row, "bookingDate") == world.today().to_string()).count();
    assert!(new > 0);
    let moved = &after[new];
    assert_eq!(without(moved, "archiveId"), without(&before[0], "archiveId"));
    assert_ne!(moved["archiveId"], before[0]["archiveId"]);

    let mut world = World::with(1, M::LateReference).await;
    let late = world.rows().await.into_iter().find(|row| row["archiveId"].is_null()).unwrap();
    world.advance_days(1).await;
    let later = world.rows().await;
    let truth = world.sandbox.true_ledger();
    let same = later.iter().find(|row| identity(&truth, row) == identity(&truth, &late)).unwrap();
    assert!(same["archiveId"].is_string());
}

#[tokio::test]
async fn two_accounts_share_ids() {
    let world = World::new().await;
    let shared = || async {
        let ids = |rows: Vec<Value>| -> BTreeSet<String> {
            texts(&rows, "archiveId").into_iter().map(str::to_owned).collect()
        };
        let one = ids(world.rows().await);
        let other = ids(world.all(&world.path(ACCOUNTS, 2).await, "").await);
        one.intersection(&other).count()
    };
    assert_eq!(shared().await, 0);
    world.sandbox.misbehave(M::IdAcrossAccounts);
    assert!(shared().await > 10);
}

#[tokio::test]
async fn booked_rows_are_corrected_or_removed_later() {
    let mut world = World::with(1, M::CorrectedHistory).await;
    world.consent(20).await;
    let (mut corrected, mut removed) = (0, 0);
    for _ in 0..4 {
        let before = world.rows().await;
        world.advance_days(11).await;
        let after = world.rows().await;
        let truth = world.sandbox.true_ledger();
        for row in &before {
            let identity = identity(&truth, row);
            let mut all = truth.accounts[0].transactions.iter();
            let real = all.find(|real| real.identity == identity).unwrap();
            match after.iter().find(|other| other["archiveId"] == row["archiveId"]) {
                None => {
                    assert_eq!(real.state(), Some(TransactionState::Removed));
                    removed += 1;
                }
                Some(now) if now["amount"] != row["amount"] => {
                    assert_eq!(real.state(), Some(TransactionState::Corrected));
                    assert_eq!(cents(&now["amount"]), real.amount_minor);
                    assert_eq!(
                        cents(&row["amount"]),
                        real.states[real.states.len() - 2].amount_minor
                    );
                    corrected += 1;
                }
                Some(now) => assert_eq!(now, row),
            }
        }
    }
    assert!(corrected > 0 && removed > 0, "{corrected} {removed}");
}

#[tokio::test]
async fn account_ids_change_with_the_consent_or_with_the_bank() {
    let mut world = World::new().await;
    let honest = world.read(ACCOUNTS).await;
    world.sandbox.misbehave(M::AccountIdPerConsent);
    let first = world.read(ACCOUNTS).await;
    world.consent(730).await;
    let second = world.read(ACCOUNTS).await;
    world.sandbox.misbehave(M::BankMerger);
    let merged = world.read(ACCOUNTS).await;
    let lists = [&honest, &first, &second, &merged];
    let ids: BTreeSet<&str> =
        lists.iter().flat_map(|list| texts(list.as_array().unwrap(), "accountId")).collect();
    assert_eq!(ids.len(), 4 * honest.as_array().unwrap().len());
    for list in lists {
        assert_eq!(list[0]["identifier"], honest[0]["identifier"]);
    }
    assert_eq!(first[0]["servicer"], honest[0]["servicer"]);
    assert_ne!(merged[0]["servicer"], honest[0]["servicer"]);
    // The rows are there under the new id, and the old one is not known any more.
    assert!(!world.rows().await.is_empty());
    let old = format!("{ACCOUNTS}/{}", text(&honest[0], "accountId"));
    assert_eq!(world.call(&old).await.status(), 404);
}
