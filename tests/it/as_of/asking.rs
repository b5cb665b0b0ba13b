//! What can be asked as of a moment, and what no moment is.

use chrono::Days;
use serde_json::{Value, json};

use super::{ask, head};
use crate::support::{Store, World};

#[tokio::test(flavor = "multi_thread")]
async fn what_no_moment_is_is_refused() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let text = "query ($asOf: AsOf, $atLeast: Position) { \
        accounts(asOf: $asOf, atLeast: $atLeast) { id } }";
    let head = head(&world).await;
    let future = (chrono::Utc::now() + Days::new(1)).to_rfc3339();
    let position = |position: u64| json!({ "position": position.to_string() });
    let table = [
        (position(head), Value::Null, ""),
        (position(0), Value::Null, ""),
        (position(head + 1), Value::Null, "AS_OF_BEYOND_LOG"),
        (position(u64::MAX), Value::Null, "AS_OF_BEYOND_LOG"),
        (json!({ "instant": future }), Value::Null, "AS_OF_IN_FUTURE"),
        (json!({ "instant": "1970-01-01T00:00:00Z" }), Value::Null, ""),
        (json!({ "instant": "0001-01-01T00:00:00Z" }), Value::Null, ""),
        (position(1), json!("2"), "AS_OF_TOO_EARLY"),
        (position(2), json!("2"), ""),
    ];
    for (as_of, at_least, expected) in table {
        let variables = json!({ "asOf": as_of, "atLeast": at_least });
        let (data, code) = ask(&mut person, text, variables).await;
        assert_eq!(code, expected, "{as_of} {at_least}");
        assert_eq!(data.is_null(), !expected.is_empty(), "{as_of}: {data}");
    }
    for wrong in [json!({}), json!({ "position": "1", "instant": "2026-01-01T00:00:00Z" })] {
        let body = json!({ "query": text, "variables": { "asOf": wrong } });
        let (_, body) = person.post("/graphql", &body).await;
        assert!(body["errors"].is_array(), "{wrong}: {body}");
    }
    let many: String = (0..5)
        .map(|number| format!("a{number}: me(asOf: {{ position: \"{number}\" }}) {{ id }} "))
        .collect();
    assert_eq!(ask(&mut person, &format!("{{ {many} }}"), json!({})).await.1, "AS_OF_TOO_MANY");
    let before = person.graphql("{ me(asOf: { position: \"0\" }) { id } \
        knownAt(asOf: { position: \"0\" }) { position recordedAt } banks(asOf: { position: \"0\" }) \
        { status } }", json!({})).await;
    assert_eq!(before["me"], Value::Null);
    assert_eq!(before["knownAt"], json!({ "position": "0", "recordedAt": null }));
    let banks = before["banks"].as_array().expect("banks");
    assert!(!banks.is_empty());
    assert!(banks.iter().all(|bank| bank["status"] == "NOT_REGISTERED"), "{before}");
    let mut stranger = world.browser();
    for query in [
        "{ knownAt { position } }",
        "{ knownAt(asOf: { position: \"1\" }) { position } }",
        "{ banks(asOf: { position: \"1\" }) { id } }",
        "{ accounts(asOf: { position: \"1\" }) { id } }",
    ] {
        assert_eq!(ask(&mut stranger, query, json!({})).await.1, "UNAUTHENTICATED", "{query}");
    }
    let kept = world.app.read.pasts().len();
    person.graphql(text, json!({ "asOf": position(head) })).await;
    assert_eq!(world.app.read.pasts().len(), kept, "equal moments are kept once");
    world.stop().await;
}

/// Every field of a type of the schema, with the text of its arguments and its own type.
fn type_fields(schema: &str, name: &str) -> Vec<(String, String)> {
    let opening = format!("\ntype {name} {{");
    let body = schema.split(&opening).nth(1).and_then(|rest| rest.split("\n}").next());
    let mut comment = false;
    let mut fields = Vec::new();
    for line in body.unwrap_or_default().lines().map(str::trim) {
        if line == "\"\"\"" {
            comment = !comment;
        } else if !comment && let Some(end) = line.find(['(', ':']) {
            fields.push((line[..end].to_owned(), line[end..].to_owned()));
        }
    }
    fields
}

#[test]
fn every_read_takes_a_moment() {
    /// What is about now and nothing else, each with its reason.
    const ONLY_NOW: [(&str, &str); 11] = [
        ("position", "it says where the log ends now"),
        ("hasCalendar", "the address of a calendar is a secret and not in the log"),
        ("security", "passkeys and codes are in the vault: whoever gets in is decided now"),
        ("myTokens", "what a program may do is decided now, by the vault as well as by the log"),
        ("tokens", "as above"),
        ("running", "how the service runs is not in the log"),
        ("rulesPreview", "it says what a rule would change now"),
        ("payeePreview", "it says what a name would change now"),
        ("newerRules", "it says what this program's rules would change now"),
        (
            "inclusionProof",
            "it is by the newest state that was signed, and names the event's place",
        ),
        ("signedState", "it is the newest state that was signed, and names its own size"),
    ];
    /// What an auditor asks about places of the log, each named by its position or instant.
    const BY_PLACE: [&str; 4] = ["asOf: Position", "position: Position!", "at: Instant!", "from: "];
    let schema = opl::api::schema_text();
    let fields = type_fields(&schema, "Query");
    assert!(fields.len() >= 13, "{fields:?}");
    for (name, arguments) in &fields {
        let only_now = ONLY_NOW.iter().any(|(field, _)| field == name);
        if name.starts_with("audit") {
            let takes = BY_PLACE.iter().any(|place| arguments.contains(place));
            assert_eq!(takes, !only_now, "{name}{arguments}");
            continue;
        }
        assert_eq!(arguments.contains("asOf: AsOf"), !only_now, "{name}{arguments}");
        // And the answer names the place it stands for, whatever else is asked.
        let answer = arguments.rsplit(':').next().expect("a type").trim();
        let answer = answer.trim_matches(['[', ']', '!']);
        let names = type_fields(&schema, answer).iter().any(|(field, _)| field == "knownAt");
        assert_eq!(names, !only_now && answer != "KnownAt", "{name} answers with {answer}");
    }
    let mutations =
        schema.split("\ntype Mutation {").nth(1).and_then(|rest| rest.split("\n}").next());
    assert!(!mutations.expect("mutations").contains("asOf"));
}

#[test]
fn a_position_is_exact_to_the_microsecond() {
    // An instant an answer names leads back to the position it named.
    let text = "2026-01-02T03:04:05.678901Z";
    let instant: chrono::DateTime<chrono::Utc> = text.parse().expect("an instant");
    let written = async_graphql::ScalarType::to_value(&opl::api::scalars::Instant(instant));
    assert_eq!(written, async_graphql::Value::from(text));
}
