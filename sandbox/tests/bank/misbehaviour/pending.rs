//! Rows that are not booked yet: what they say, what becomes of them, who asks for them.

use opl_sandbox::{Misbehaviour as M, Misbehaviours, TransactionState};
use serde_json::Value;

use super::{ACCOUNTS, CARDS, World, identity, text};

fn is_pending(row: &Value) -> bool {
    row["status"] == "PENDING"
}

/// What differs between a pending row and the row it is booked as: amount, date, text.
async fn drift(misbehaviour: M) -> [bool; 3] {
    let mut world = World::with(1, misbehaviour).await;
    let pending: Vec<Value> = world.rows().await.into_iter().filter(is_pending).collect();
    assert!(!pending.is_empty(), "the day has no pending rows");
    assert!(pending.iter().all(|row| row["archiveId"].is_null()));
    world.advance_days(5).await;
    let booked = world.rows().await;
    let truth = world.sandbox.true_ledger();
    let pairs = pending.iter().map(|row| {
        let same =
            |other: &&Value| !is_pending(other) && identity(&truth, other) == identity(&truth, row);
        (row, booked.iter().find(same).unwrap())
    });
    let differ = |name: &str| pairs.clone().all(|(row, booked)| row[name] != booked[name]);
    let any = |name: &str| pairs.clone().any(|(row, booked)| row[name] != booked[name]);
    let result =
        [differ("amount"), differ("bookingDate"), differ("message") && differ("recipient")];
    assert_eq!(result, [any("amount"), any("bookingDate"), any("message") || any("recipient")]);
    result
}

#[tokio::test]
async fn amount_date_or_text_change_when_a_row_is_booked() {
    for (misbehaviour, expected) in [
        (M::BookedFilterIgnored, [false, false, false]),
        (M::PendingAmountDrift, [true, false, false]),
        (M::PendingDateDrift, [false, true, false]),
        (M::RewrittenText, [false, false, true]),
    ] {
        assert_eq!(drift(misbehaviour).await, expected, "{misbehaviour}");
    }
}

#[tokio::test]
async fn a_reservation_vanishes_and_never_books() {
    let mut world = World::with(1, M::VanishingPending).await;
    let listed = world.rows().await;
    let truth = world.sandbox.true_ledger();
    let vanishing: Vec<String> = listed
        .iter()
        .filter(|row| is_pending(row))
        .map(|row| identity(&truth, row))
        .filter(|identity| identity.starts_with("reservation-"))
        .collect();
    assert!(!vanishing.is_empty());
    world.advance_days(4).await;
    let later = world.rows().await;
    let truth = world.sandbox.true_ledger();
    for gone in &vanishing {
        assert!(later.iter().all(|row| identity(&truth, row) != *gone));
        let real = truth.accounts[0].transactions.iter().find(|real| real.identity == *gone);
        assert_eq!(real.unwrap().state(), Some(TransactionState::Released));
    }
}

#[tokio::test]
async fn an_authorisation_stands_beside_its_booked_row() {
    let mut world = World::with(1, M::CardPair).await;
    let rows = world.rows().await;
    let truth = world.sandbox.true_ledger();
    let code = |row: &Value| text(row, "proprietaryTransactionDescription").to_owned();
    let pair = rows.iter().filter(|row| is_pending(row)).find_map(|row| {
        let same =
            |other: &&Value| !is_pending(other) && identity(&truth, other) == identity(&truth, row);
        rows.iter().find(same).map(|booked| (row, booked))
    });
    let (authorisation, settlement) = pair.unwrap();
    assert_eq!(code(authorisation), "KORTTIVARAUS");
    assert_eq!(code(settlement), "KORTTIOSTO");
    assert_ne!(authorisation["archiveId"], settlement["archiveId"]);
    assert!(authorisation["archiveId"].is_string());
    world.advance_days(5).await;
    assert!(!world.rows().await.contains(authorisation), "it goes at last");
}

#[tokio::test]
async fn filters_for_a_status_are_refused_or_ignored() {
    for (seed, status) in [(1, 400), (2, 422)] {
        let world = World::with(seed, M::PendingFilterRefused).await;
        let path = world.path(ACCOUNTS, 0).await;
        assert_eq!(world.call(&format!("{path}?status=PENDING")).await.status(), status);
        assert!(world.all(&path, "status=BOOKED").await.iter().all(|row| !is_pending(row)));
    }
    let world = World::with(1, M::BookedFilterIgnored).await;
    let path = world.path(ACCOUNTS, 0).await;
    assert!(world.all(&path, "status=BOOKED").await.iter().any(is_pending));
    assert!(world.all(&path, "status=PENDING").await.iter().all(is_pending));
    world.sandbox.misbehave(M::PendingDateDrift);
    let first = world.read(&format!("{path}?status=BOOKED")).await;
    let next = text(&first["_links"]["next"], "href");
    assert!(next.contains("status=BOOKED&continuationToken="), "{next}");
    let booked = world.all(&path, "status=BOOKED").await;
    assert_eq!(world.read(next).await["transactions"][0], booked[50]);
    let other = next.replace("status=BOOKED&", "");
    assert_eq!(world.call(&other).await.status(), 400, "a token is good for its filter only");
    assert!(world.all(&path, "status=BOOKED").await.iter().all(|row| !is_pending(row)));
}

#[tokio::test]
async fn without_a_pending_misbehaviour_a_status_means_nothing() {
    let world = World::new().await;
    for (list, place) in [(ACCOUNTS, 0), (CARDS, 1)] {
        let path = world.path(list, place).await;
        world.sandbox.misbehave(Misbehaviours::NONE);
        let honest = world.all(&path, "").await;
        assert_eq!(world.all(&path, "status=PENDING").await, honest);
        assert!(honest.iter().all(|row| row.get("status").is_none()));
        world.sandbox.misbehave(M::VanishingPending);
        assert!(world.all(&path, "").await.iter().any(is_pending), "{list}");
    }
}
