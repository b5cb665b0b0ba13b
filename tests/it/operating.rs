//! What whoever runs the service relies on: health, numbers, limits on slow and many clients, and a
//! start that tells everything that is wrong at once.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opl::api::{self, Limits, server};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::auditing::user_of;
use crate::support::{Scratch, Store, World};

async fn health(world: &World, what: &str) -> u16 {
    let url = format!("{}/health/{what}", world.page);
    world.browser().http.get(url).send().await.expect("an answer").status().as_u16()
}

/// The same service on another port, with limits of its own.
async fn served_with(world: &World, limits: Limits, patience: server::Patience) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("bound").to_string();
    let router = api::router_within(&world.app, limits);
    let stopped = world.app.stopping.subscribe();
    tokio::spawn(async move { server::serve_with(listener, router, stopped, patience).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_yes_or_no_and_turns_before_the_end() {
    let world = World::registered(Store::Sqlite).await;
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, Duration::from_secs(10)).await.expect("caught up");
    for what in ["live", "startup", "ready"] {
        assert_eq!(health(&world, what).await, 200, "{what}");
    }
    world.app.leaving.store(true, Ordering::Release);
    assert_eq!((health(&world, "ready").await, health(&world, "live").await), (503, 200));
    // Whoever is there already is still served.
    let mut person = world.person().await;
    assert!(person.graphql("{ me { id } }", json!({})).await["me"]["id"].is_string());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_told_without_anybody_in_them() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let consent = person.connect().await;
    let user = user_of(&mut person).await.to_string();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("bound");
    let (app, stopped) = (Arc::clone(&world.app), world.app.stopping.subscribe());
    tokio::spawn(async move { opl::metrics::serve(app, listener, stopped).await });
    let http = world.browser().http;
    let answer = http.get(format!("http://{address}/metrics")).send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text().await.expect("text");
    for wanted in [
        "opl_up 1",
        "opl_unlawful_calls 0",
        "opl_log_contradicted 0",
        "opl_bank_ready{bank=\"op\"} 1",
        "opl_projection_failed{projection=\"transactions\"} 0",
        "opl_projection_lag_events{projection=\"accounts\"}",
        "opl_requests_total{route=\"graphql\",status=\"2xx\"}",
        "process_resident_memory_bytes",
    ] {
        assert!(text.lines().any(|line| line.starts_with(wanted)), "{wanted} in\n{text}");
    }
    assert!(!text.contains(&user) && !text.contains(&consent), "no identifier is in the numbers");
    let values = text.lines().filter(|line| !line.starts_with('#')).count();
    assert!(values < opl::metrics::MOST_SERIES, "{values}");
    let other = http.get(format!("http://{address}/")).send().await.expect("an answer");
    assert_eq!(other.status(), 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_never_finish_are_left() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let patience =
        server::Patience { headers_within: Duration::from_millis(200), ..Default::default() };
    let limits = Limits { body_within: Duration::from_millis(200), ..Limits::any_query() };
    let address = served_with(&world, limits, patience).await;
    // Two hundred that never finish their headers, and one that was idle after an answer.
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(&address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: ").await.expect("sent");
        held.push(stream);
    }
    for mut stream in held {
        let mut rest = Vec::new();
        // Ends only when the service closes the connection.
        let _ = stream.read_to_end(&mut rest).await;
    }
    let mut stream = TcpStream::connect(&address).await.expect("connects");
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n").await.expect("sent");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(String::from_utf8_lossy(&rest).contains("alive"), "answered, then left when idle");
    // A body that does not come.
    let mut stream = TcpStream::connect(&address).await.expect("connects");
    let head = "POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n\
        X-Opl-Request: 1\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(String::from_utf8_lossy(&rest).starts_with("HTTP/1.1 408"), "{rest:?}");
    // Two lengths, or a length and chunks, are no request.
    for smuggled in [
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "Content-Length: x\r\n\r\n",
        "Transfer-Encoding: gzip, chunked, gzip\r\n\r\n0\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(&address).await.expect("connects");
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n\
             X-Opl-Request: 1\r\n{smuggled}"
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        let text = String::from_utf8_lossy(&rest);
        assert!(text.starts_with("HTTP/1.1 4"), "{smuggled:?}: {text}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_at_once_are_turned_away_and_health_is_not() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let limits = Limits { requests: 0, ..Limits::any_query() };
    let address = served_with(&world, limits, server::Patience::default()).await;
    let http = world.browser().http;
    let post = http.post(format!("http://{address}/graphql")).header("x-opl-request", "1");
    let answer = post.json(&json!({ "query": "{ me { id } }" })).send().await.expect("an answer");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    let live = http.get(format!("http://{address}/health/live")).send().await.expect("an answer");
    assert_eq!(live.status(), 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posture_can_be_read_beside_the_service() {
    let world = World::registered(Store::Sqlite).await;
    let state = world.scratch.path().join("state");
    let output = Command::new(env!("CARGO_BIN_EXE_opl"))
        .args(["posture", "--json", "--data"])
        .arg(&state)
        .env_remove("OPL_DATA")
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    let checks: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for what in ["root key", "data directory", "TLS to banks", "checkpoint", "op: registration"] {
        let found = checks.iter().find(|check| check["what"] == what);
        let found = found.unwrap_or_else(|| panic!("{what} in {text}"));
        assert_ne!(found["standing"], "bad", "{found}");
    }
    assert!(checks.iter().any(|check| check["what"] == "op: certificate for connections (QWAC)"));
    world.stop().await;
}

#[test]
fn a_start_tells_everything_that_is_wrong_at_once() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    std::fs::create_dir(&state).expect("a folder");
    std::fs::write(state.join("root.key"), [1; 16]).expect("a key");
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    mode(&state.join("root.key"), 0o644);
    mode(&state, 0o777);
    let output = Command::new(env!("CARGO_BIN_EXE_opl"))
        .args(["serve", "--listen", "127.0.0.1:0", "--metrics", "203.0.113.7:9", "--data"])
        .arg(&state)
        .env_remove("OPL_DATA")
        .output()
        .expect("the program runs");
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success());
    for part in ["chmod 700", "chmod 600", "16 bytes", "--metrics"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!state.join("log.db").exists(), "nothing was made");
}
