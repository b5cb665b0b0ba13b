//! Balances of accounts and cards.

use opl_sandbox::Misbehaviour as M;
use serde_json::Value;

use super::{ACCOUNTS, CARDS, World, cents, text};

#[tokio::test]
async fn balances_fail_are_stale_or_hold_a_credit_line() {
    let world = World::new().await;
    let one = format!("{ACCOUNTS}/{}", text(&world.read(ACCOUNTS).await[0], "accountId"));
    let honest = world.read(&one).await;

    world.sandbox.misbehave(M::BalanceDown);
    assert_eq!(world.call(&one).await.status(), 503);
    let listed = world.read(ACCOUNTS).await;
    assert!(listed[0]["netBalance"].is_null() && listed[0]["identifier"].is_string());
    assert!(world.read(CARDS).await[1]["statementBalance"].is_null());
    assert!(!world.rows().await.is_empty());

    world.sandbox.misbehave(M::OverdraftInAvailable);
    let account = world.read(&one).await;
    assert_eq!(cents(&account["netBalance"]), cents(&honest["netBalance"]) + 200_000);
    assert_eq!(account["grossBalance"], honest["grossBalance"]);

    world.sandbox.misbehave(M::StaleBalance);
    let account = world.read(&one).await;
    let rows = world.rows().await;
    let newest = rows.iter().filter(|row| row["bookingDate"] == rows[0]["bookingDate"]);
    let fresh: i64 = newest.map(|row| cents(&row["amount"])).sum();
    assert_ne!(fresh, 0);
    assert_eq!(cents(&account["grossBalance"]), cents(&honest["grossBalance"]) - fresh);
    assert_eq!(account["netBalance"], honest["netBalance"]);
}

#[tokio::test]
async fn cards_carry_the_opposite_sign() {
    let world = World::new().await;
    let (card, rows) = (world.read(CARDS).await, world.card_rows().await);
    world.sandbox.misbehave(M::CardSignReversed);
    let (reversed, reversed_rows) = (world.read(CARDS).await, world.card_rows().await);
    let opposite = |one: &Value, other: &Value| cents(one) == -cents(other);
    for balance in ["statementBalance", "authorizedOutstandingAmount"] {
        assert!(opposite(&card[1][balance], &reversed[1][balance]), "{balance}");
    }
    assert_eq!(rows.len(), reversed_rows.len());
    for (row, reversed) in rows.iter().zip(&reversed_rows) {
        assert!(opposite(&row["amount"], &reversed["amount"]));
        assert!(opposite(&row["originalAmount"], &reversed["originalAmount"]));
    }
    let account = world.rows().await;
    world.sandbox.misbehave(opl_sandbox::Misbehaviours::NONE);
    assert_eq!(world.rows().await, account, "accounts keep their signs");
}
