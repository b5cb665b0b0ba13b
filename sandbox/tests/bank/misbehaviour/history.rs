//! How far back a consent sees.

use std::time::Duration;

use opl_sandbox::{Misbehaviour as M, Misbehaviours};
use serde_json::Value;

use super::{World, text};

/// How many days back the oldest row of the main account is.
async fn reach(world: &World) -> i64 {
    let rows = world.rows().await;
    let oldest = text(rows.last().unwrap(), "bookingDate").parse::<chrono::NaiveDate>().unwrap();
    (world.today() - oldest).num_days()
}

#[tokio::test]
async fn a_from_date_is_ignored() {
    let mut world = World::new().await;
    world.consent(10).await;
    assert!(reach(&world).await <= 10);
    world.sandbox.misbehave(M::DateFilterIgnored);
    assert!(reach(&world).await > 700);
}

#[tokio::test]
async fn a_long_window_is_refused() {
    let world = World::new().await;
    assert_eq!(world.ask(&world.asked(730)).await.status(), 201);
    world.sandbox.misbehave(M::WindowRefused);
    let response = world.ask(&world.asked(91)).await;
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["violations"][0]["type"], "Date");
    assert_eq!(world.ask(&world.asked(90)).await.status(), 201);
}

#[tokio::test]
async fn the_whole_history_is_there_in_the_first_minutes_only() {
    let mut world = World::with(1, M::FirstMinutesHistory).await;
    assert!(reach(&world).await > 700);
    world.advance(Duration::from_secs(6 * 60)).await;
    assert!((60..=90).contains(&reach(&world).await));
    world.sandbox.misbehave(Misbehaviours::NONE);
    assert!(reach(&world).await > 700);
}

#[tokio::test]
async fn a_renewal_releases_years_of_rows() {
    let mut world = World::with(1, M::HistoryFlood).await;
    assert!((60..=90).contains(&reach(&world).await));
    world.advance_days(30).await;
    assert!((60..=90).contains(&reach(&world).await));
    world.consent(10).await;
    assert!(reach(&world).await > 700);
}
