//! What a sandbox bank showed goes out of sight at one word, and comes back whole when it is connected
//! again.

use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

const SEEN: &str = "query ($at: Position) {
    accounts(atLeast: $at) { id bank { demo } }
    transactions(first: 500, atLeast: $at) { totalCount edges { node { id } } }
    transactionBuckets(atLeast: $at) { count }
    spending(from: \"2000-01\", to: \"2099-12\", atLeast: $at) { count }
}";

async fn seen(browser: &mut Browser) -> (Vec<String>, u64, u64, usize, String) {
    let data = browser.graphql(SEEN, json!({ "at": u32::MAX.to_string() })).await;
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let accounts = list(&data["accounts"]);
    assert!(accounts.iter().all(|account| account["bank"]["demo"] == true));
    let mut ids: Vec<String> =
        accounts.iter().map(|account| account["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort_unstable();
    let by_month = list(&data["transactionBuckets"]);
    let first = data["transactions"]["edges"][0]["node"]["id"].as_str().unwrap_or_default();
    (
        ids,
        data["transactions"]["totalCount"].as_u64().expect("a count"),
        by_month.iter().filter_map(|month| month["count"].as_u64()).sum(),
        list(&data["spending"]).len(),
        first.to_owned(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_is_removed_and_comes_back_with_every_edit() {
    let world = World::registered(Store::Sqlite).await;
    let mut aino = world.person().await;
    let connection = aino.connect().await;
    let before = seen(&mut aino).await;
    assert!(before.0.len() > 1 && before.1 > 10 && before.1 == before.2 && before.3 > 0);
    let note =
        "mutation ($id: ID!) { noteTransaction(transactionId: $id, note: \"mine\") { status } }";
    let noted = aino.graphql(note, json!({ "id": before.4 })).await;
    assert_eq!(noted["noteTransaction"]["status"], "DONE");

    let remove = "mutation ($id: ID!) { removeDemo(connectionId: $id) { status } }";
    let removed = aino.graphql(remove, json!({ "id": connection })).await;
    assert_eq!(removed["removeDemo"]["status"], "REMOVED");
    assert_eq!(seen(&mut aino).await, (vec![], 0, 0, 0, String::new()));
    assert_eq!(aino.status(&connection).await, "REVOKED");
    // Asked for again, it is so already.
    let again = aino.graphql(remove, json!({ "id": connection })).await;
    assert_eq!(again["removeDemo"]["status"], "REMOVED");
    let nothing = aino.graphql(remove, json!({ "id": uuid::Uuid::new_v4() })).await;
    assert_eq!(nothing["removeDemo"]["status"], "NOT_FOUND");

    aino.connect().await;
    assert_eq!(seen(&mut aino).await, before);
    let text = "query ($id: ID!) { transaction(id: $id) { note } }";
    let data = aino.graphql(text, json!({ "id": before.4 })).await;
    assert_eq!(data["transaction"]["note"], "mine");
}
