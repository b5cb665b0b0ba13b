//! Continuation tokens and links.

use opl_sandbox::{Misbehaviour as M, Misbehaviours};

use super::{ACCOUNTS, World, text};

#[tokio::test]
async fn cursors_repeat_are_refused_or_lead_nowhere() {
    let world = World::new().await;
    let path = world.path(ACCOUNTS, 0).await;
    let honest = world.all(&path, "").await;
    let first = world.read(&path).await;
    let second = format!("{path}?continuationToken={}", text(&first, "continuationToken"));

    world.sandbox.misbehave(M::RepeatingCursor);
    assert_eq!(world.all(&path, "").await, honest, "everything is there before it repeats");
    let mut page = first.clone();
    let mut tokens = Vec::new();
    for _ in 0..=honest.len() / 50 {
        let token = text(&page, "continuationToken").to_owned();
        page = world.read(&format!("{path}?continuationToken={token}")).await;
        tokens.push(token);
    }
    assert!(tokens.iter().all(|token| !token.is_empty()));
    assert_eq!(tokens.iter().filter(|token| **token == tokens[0]).count(), 2);

    world.sandbox.misbehave(M::RefusedCursor);
    assert_eq!(world.call(&path).await.status(), 200);
    assert_eq!(world.call(&second).await.status(), 400);

    world.sandbox.misbehave(M::SelfLink);
    let page = world.read(&second).await;
    assert_eq!(page["_links"]["next"], page["_links"]["self"]);
    assert_eq!(world.all(&path, "").await, honest, "the tokens are right");
    world.sandbox.misbehave(Misbehaviours::NONE);
    assert_ne!(world.read(&second).await["_links"]["next"], page["_links"]["self"]);
}
