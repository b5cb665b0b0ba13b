//! Changing many transactions at once, and the statement of a month.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

const CHANGE: &str = "mutation ($changes: [TransactionChangeInput!]!) { \
    editTransactions(changes: $changes) { position leftAlone { transactionId status } \
    former { transactionId categoryChanged categoryId noteChanged note hidden } } }";

async fn rows(person: &mut Browser, filter: Value) -> Vec<Value> {
    let text = "query ($filter: TransactionFilter) { transactions(first: 40, filter: $filter) { \
        edges { node { id note hidden ownCategory { id } } } } }";
    let data = person.graphql(text, json!({ "filter": filter })).await;
    let edges = data["transactions"]["edges"].as_array().expect("rows");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["id"].as_str().expect("an identifier").to_owned()).collect()
}

async fn many_change_together_and_are_put_back(store: Store) {
    let world = World::registered(store).await;
    let mut person = world.person().await;
    person.connect().await;
    let before = rows(&mut person, json!({})).await;
    assert_eq!(before.len(), 40);
    let change = |row: &Value| {
        json!({ "transactionId": row["id"], "categoryId": "pets", "note": "all of these",
            "hidden": true })
    };
    let mut changes: Vec<Value> = before.iter().map(change).collect();
    changes.push(json!({ "transactionId": uuid::Uuid::new_v4().to_string(), "note": "nobody's" }));
    let done =
        person.graphql(CHANGE, json!({ "changes": changes })).await["editTransactions"].take();
    assert_eq!(done["leftAlone"][0]["status"], "NOT_FOUND", "{done}");
    assert_eq!(done["leftAlone"].as_array().map(Vec::len), Some(1));
    let former = done["former"].as_array().expect("what was").clone();
    assert_eq!(former.len(), 40);
    assert_eq!(former[0]["hidden"], false);
    // The lists without what is hidden no longer have them, and the others do.
    assert!(ids(&rows(&mut person, json!({ "hidden": false })).await).is_disjoint(&ids(&before)));
    let hidden = rows(&mut person, json!({ "hidden": true, "categoryIds": ["pets"] })).await;
    assert_eq!(ids(&hidden), ids(&before));
    assert!(hidden.iter().all(|row| row["note"] == "all of these"));
    // Saying the same again changes nothing, and says so.
    let again =
        person.graphql(CHANGE, json!({ "changes": changes })).await["editTransactions"].take();
    assert_eq!((&again["position"], &again["former"]), (&Value::Null, &json!([])));
    // Somebody else's are not there.
    let mut other = world.person().await;
    let strange =
        other.graphql(CHANGE, json!({ "changes": changes })).await["editTransactions"].take();
    assert_eq!(strange["leftAlone"].as_array().map(Vec::len), Some(41));
    // Back as it was.
    let back = |was: &Value| {
        let mut change = json!({ "transactionId": was["transactionId"], "hidden": was["hidden"] });
        if was["categoryChanged"] == true {
            change["categoryId"] = was["categoryId"].clone();
        }
        if was["noteChanged"] == true {
            change["note"] = was["note"].clone();
        }
        change
    };
    let changes: Vec<Value> = former.iter().map(back).collect();
    person.graphql(CHANGE, json!({ "changes": changes })).await;
    assert_eq!(rows(&mut person, json!({})).await, before);
    refusals(&mut person, &before).await;
    statements(&mut person).await;
    world.stop().await;
}

async fn refusals(person: &mut Browser, rows: &[Value]) {
    let one = json!({ "transactionId": rows[0]["id"], "note": " " });
    let done = person.graphql(CHANGE, json!({ "changes": [one] })).await["editTransactions"].take();
    assert_eq!(done["leftAlone"][0]["status"], "NOTE_LENGTH");
    let mut code = async |changes: Vec<Value>| {
        let body = json!({ "query": CHANGE, "variables": { "changes": changes } });
        person.post("/graphql", &body).await.1["errors"][0]["extensions"]["code"].take()
    };
    let one = json!({ "transactionId": rows[0]["id"], "hidden": true });
    assert_eq!(code(vec![one.clone(), one.clone()]).await, "CHANGES_INVALID");
    assert_eq!(code(vec![one; 201]).await, "CHANGES_TOO_MANY");
}

/// Opening balance and rows come to the closing balance, and one month goes on from the other.
async fn statements(person: &mut Browser) {
    let text = "{ accounts { id } transactionBuckets { month } }";
    let data = person.graphql(text, json!({})).await;
    let months: BTreeSet<String> = data["transactionBuckets"]
        .as_array()
        .expect("months")
        .iter()
        .map(|bucket| bucket["month"].as_str().expect("a month").to_owned())
        .collect();
    let text = "query ($account: ID!, $month: String!, $filter: TransactionFilter!) { \
        statement(accountId: $account, month: $month) { from opening { minor } closing { minor } \
        account { id } knownAt { position } } signedState { origin size root note } \
        transactionsInMonth(month: $month, limit: 500, filter: $filter) { \
        state standing amount { minor } } }";
    let minor =
        |money: &Value| money["minor"].as_str().map(|text| text.parse::<i64>().expect("money"));
    for account in data["accounts"].as_array().expect("accounts") {
        let mut ended = None;
        for month in &months {
            let filter = json!({ "accountId": account["id"] });
            let asked = json!({ "account": account["id"], "month": month, "filter": filter });
            let data = person.graphql(text, asked).await;
            let statement = &data["statement"];
            let (opening, closing) = (minor(&statement["opening"]), minor(&statement["closing"]));
            let rows = data["transactionsInMonth"].as_array().expect("rows");
            let booked = |row: &&Value| row["state"] == "BOOKED" && row["standing"] == "COUNTED";
            let sum: i64 = rows.iter().filter(booked).filter_map(|row| minor(&row["amount"])).sum();
            assert_eq!(opening.map(|opening| opening + sum), closing, "{month}");
            assert!(ended.is_none() || ended == Some(opening), "{month} goes on");
            ended = Some(closing);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_change_together_on_sqlite() {
    many_change_together_and_are_put_back(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_change_together_on_postgres() {
    many_change_together_and_are_put_back(Store::Postgres).await;
}
