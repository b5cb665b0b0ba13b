//! The control listener.

use opl_sandbox::{ControlError, Misbehaviour as M, Misbehaviours, Sandbox, ask_control};
use serde_json::{Value, json};

use super::World;
use crate::support::{Directory, options};

#[tokio::test]
async fn misbehaviours_are_switched_and_told_while_the_bank_runs() {
    let world = World::new().await;
    let at = world.sandbox.control_address().unwrap();
    let told = ask_control(at, "/misbehaviour", None).await.unwrap();
    assert_eq!(told["on"], json!([]));
    assert_eq!(told["known"].as_array().unwrap().len(), 40);
    for body in [json!(["no-id", "self-link"]), json!({ "on": ["self-link,no-id"] })] {
        let answer = ask_control(at, "/misbehaviour", Some(&body)).await.unwrap();
        assert_eq!(answer["on"], json!(["no-id", "self-link"]));
    }
    assert!(world.rows().await.iter().all(|row| row["archiveId"].is_null()));
    for body in [json!(["no-ids"]), json!("no-id"), json!([1])] {
        let refused = ask_control(at, "/misbehaviour", Some(&body)).await;
        assert!(matches!(refused, Err(ControlError::Refused(_))), "{body}");
    }
    let expected = [M::NoId, M::SelfLink].into_iter().collect::<Misbehaviours>();
    assert_eq!(world.sandbox.misbehaviours(), expected);
    let refused = ask_control(at, "/misbehaviour", Some(&json!(["no-ids"]))).await.unwrap_err();
    assert!(refused.to_string().contains("no-id, identical-twins"), "{refused}");
}

#[tokio::test]
async fn the_truth_and_the_clock_are_told() {
    let world = World::new().await;
    let at = world.sandbox.control_address().unwrap();
    let rows = world.rows().await;
    let truth = ask_control(at, "/truth", None).await.unwrap();
    assert_eq!(
        truth,
        serde_json::to_value(world.sandbox.true_ledger())
            .unwrap_or_default()
            .as_object()
            .map(|known| {
                let mut known = known.clone();
                known.insert("now".to_owned(), truth["now"].clone());
                Value::Object(known)
            })
            .unwrap()
    );
    assert_eq!(
        truth["accounts"][0]["number"],
        world.sandbox.truth().users[0].accounts[0].iban.as_str()
    );
    assert_eq!(truth["shown"].as_array().unwrap().len(), rows.len());
    let before = ask_control(at, "/clock", None).await.unwrap();
    assert_eq!(before["today"], "2026-01-08");
    let body = json!({ "advance_seconds": 86_400 });
    assert_eq!(ask_control(at, "/clock", Some(&body)).await.unwrap()["today"], "2026-01-09");
    assert!(ask_control(at, "/clock", Some(&json!({ "advance_seconds": -1 }))).await.is_err());
}

#[tokio::test]
async fn web_pages_are_kept_out_and_wrong_addresses_explained() {
    let world = World::new().await;
    let at = world.sandbox.control_address().unwrap();
    let address = format!("{at}/misbehaviour");
    let browser = &world.provider.browser;
    let rebound = browser.get(&address).header("host", "bank.example:80").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
    let form = browser.put(&address).header("content-type", "text/plain").body("[]");
    assert_eq!(form.send().await.unwrap().status(), 415);
    assert!(matches!(ask_control("nonsense", "/clock", None).await, Err(ControlError::Address(_))));
    assert!(matches!(ask_control(at, "/nothing", None).await, Err(ControlError::Refused(_))));
    let gone = at.to_owned();
    world.sandbox.stop().await;
    let unreachable = ask_control(&gone, "/clock", None).await;
    assert!(matches!(unreachable, Err(ControlError::Unreachable { .. })));

    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    assert_eq!(sandbox.control_address(), None);
}
