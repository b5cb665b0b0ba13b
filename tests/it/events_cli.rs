//! `opl events`, the real program, beside the running service.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use opl::app::Options;
use opl::ledger::store::StoredEvent;
use projections::database::{Database, Durability, sql};
use serde_json::{Value, json};

use crate::support::{Browser, Scratch, Store, World, postgres_url, whole_log};

/// Runs the program on a state.
struct Program {
    data: PathBuf,
    postgres: Option<String>,
}

impl Program {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opl"));
        command.arg("events").args(arguments).arg("--data").arg(&self.data).env_remove("OPL_DATA");
        if let Some(url) = &self.postgres {
            command.env("OPL_POSTGRES", url);
        }
        command.output().expect("the program runs")
    }

    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[arguments, &["--json"]].concat())).expect("JSON")
    }

    fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.says(&[arguments, &["--json"]].concat());
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    fn positions(&self, arguments: &[&str]) -> Vec<u64> {
        let position = |line: &Value| line["position"].as_u64().expect("a position");
        self.lines(&[&["list", "--limit", "100000"], arguments].concat())
            .iter()
            .map(position)
            .collect()
    }

    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        String::from_utf8(output.stderr).expect("text")
    }
}

async fn log_of(world: &World) -> Vec<StoredEvent> {
    whole_log(&**world.app.ledger.log()).await
}

async fn user_of(person: &mut Browser) -> String {
    let me = person.graphql("{ me { id } }", json!({})).await;
    me["me"]["id"].as_str().expect("an identifier").to_owned()
}

/// What must not be in a header.
async fn personal(person: &mut Browser) -> Vec<String> {
    let text = "{ me { email } accounts { identifier owner } transactions(first: 50) { \
        edges { node { counterparty text } } } }";
    let data = person.graphql(text, json!({})).await;
    let mut found = vec![data["me"]["email"].clone()];
    for account in data["accounts"].as_array().expect("accounts") {
        found.extend([account["identifier"].clone(), account["owner"].clone()]);
    }
    for edge in data["transactions"]["edges"].as_array().expect("rows") {
        found.push(edge["node"]["counterparty"].clone());
    }
    found.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn beside_the_service(store: Store) {
    let postgres = match store {
        Store::Sqlite => None,
        _ => Some(postgres_url().await),
    };
    let url = postgres.clone();
    let world = World::unregistered(Store::Sqlite, |data: &Path| Options {
        postgres_url: url.map(Into::into),
        ..Options::in_directory(data)
    })
    .await;
    let file = world.settings();
    opl::registration::register(&world.app, &file, |_| {}).await.expect("registered");
    let mut person = world.person().await;
    let id = person.connect().await;
    let before_end = log_of(&world).await.len() as u64;
    let mut other = world.person().await;
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    person.graphql(text, json!({ "id": id })).await;
    let program = Program { data: world.scratch.path().join("state"), postgres };
    let events = log_of(&world).await;
    let user = user_of(&mut person).await;
    lists(&program, &events, &user, &personal(&mut person).await);
    shows(&program, &events);
    differs(&program, &events, before_end, &id, &user);
    what_is_wrong_is_said(&program, events.len() as u64);
    // One who was erased has a history of which nothing can be read.
    let key_id = destroy_key(&program, &user).await;
    erased(&program, &events, key_id, &user);
    // The service has gone on all the while.
    assert!(other.graphql("{ me { id } }", json!({})).await["me"].is_object());
    assert_eq!(log_of(&world).await, events, "looking at the log adds nothing to it");
    world.app.stop().await;
    assert_eq!(program.positions(&[]).len(), events.len(), "one that stops is read too");
    world.stop().await;
}

/// Destroys a person's key in the vault itself, as an erasure by another process does.
async fn destroy_key(program: &Program, user: &str) -> uuid::Uuid {
    let vault = match &program.postgres {
        None => {
            Database::sqlite(&program.data.join("vault.db"), Durability::Full).expect("a vault")
        }
        Some(url) => Database::postgres(sqlx::PgPool::connect(url).await.expect("a pool"), "vault"),
    };
    let owner = projections::database::Value::from(format!("person/{user}"));
    let select = sql("SELECT key_id FROM data_key WHERE owner = $1", vec![owner.clone()]);
    let rows = vault.query(select).await.expect("keys");
    let destroy = "UPDATE data_key SET wrapped = NULL, destroyed_at = $1 WHERE owner = $2";
    let at = chrono::Utc::now().timestamp_micros();
    let destroyed = vault.execute(sql(destroy, vec![at.into(), owner])).await;
    assert_eq!(destroyed, Ok(1));
    match &rows[0][0] {
        projections::database::Value::Text(key_id) => key_id.parse().expect("an identifier"),
        other => panic!("{other:?} is no identifier"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_beside_the_service() {
    beside_the_service(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_beside_the_service_on_postgres() {
    beside_the_service(Store::Postgres).await;
}

fn lists(program: &Program, events: &[StoredEvent], user: &str, personal: &[String]) {
    let where_ = |wanted: &dyn Fn(&StoredEvent) -> bool| -> Vec<u64> {
        events.iter().filter(|one| wanted(one)).map(|one| one.position).collect()
    };
    let signed_up = events.iter().find(|one| one.event_type == "user.signed_up").expect("one");
    let (key_id, stream) = (signed_up.key_id, signed_up.stream);
    let longest = events.iter().find(|one| one.event_type == "account.opened").expect("one").stream;
    let middle = &events[events.len() / 2];
    let instant = chrono::DateTime::from_timestamp_micros(middle.recorded_at).expect("an instant");
    let at = instant.to_rfc3339();
    assert_eq!(program.positions(&[]), where_(&|_| true));
    assert_eq!(program.positions(&["--after", "7", "--before", "12"]), [8, 9, 10, 11]);
    let of_type = program.positions(&["--type", "consent.*"]);
    assert_eq!(of_type, where_(&|one| one.event_type.starts_with("consent.")));
    assert!(of_type.len() > 3);
    let own = program.positions(&["--person", user]);
    assert_eq!(own, where_(&|one| one.key_id == key_id));
    assert!(own.len() > 500 && own.len() < events.len(), "more than one page, and not all");
    for one in [stream, longest] {
        let found = program.positions(&["--stream", &one.to_string()]);
        assert_eq!(found, where_(&|stored| stored.stream == one));
    }
    let after = middle.position.to_string();
    let found = program.positions(&["--stream", &longest.to_string(), "--after", &after]);
    assert_eq!(found, where_(&|one| one.stream == longest && one.position > middle.position));
    let since = program.positions(&["--since", &at]);
    assert_eq!(since, where_(&|one| one.recorded_at >= middle.recorded_at));
    let until = program.positions(&["--until", &at, "--person", user, "--type", "*_recorded"]);
    assert_eq!(
        until,
        where_(&|one| one.recorded_at <= middle.recorded_at
            && one.key_id == key_id
            && one.event_type.ends_with("_recorded"))
    );
    let first = &program.lines(&["list", "--limit", "1"])[0];
    assert_eq!(first["type"], events[0].event_type.as_str());
    assert_eq!(first["actor"], "operator");
    assert!(first["correlation"].as_str().is_some_and(|text| text.len() == 36));
    // Pages go on where the one before ended, and say so.
    let output = program.run(&["list", "--limit", "3", "--type", "consent.*"]);
    let told = String::from_utf8(output.stderr).expect("text");
    let after = told.trim().rsplit(' ').next().expect("a position");
    let next = program.positions(&["--type", "consent.*", "--after", after]);
    assert_eq!([&of_type[..3], &next].concat(), of_type, "{told}");
    let all = program.says(&["list", "--limit", "100000"]);
    assert_eq!(all.lines().count(), events.len() + 1);
    for secret in personal {
        assert!(!all.contains(secret.as_str()), "{secret}");
    }
    assert!(!personal.is_empty());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shows(program: &Program, events: &[StoredEvent]) {
    let stored = events.iter().find(|one| one.event_type == "consent.requested").expect("one");
    let position = stored.position.to_string();
    let shown = program.json(&["show", &position]);
    assert_eq!(shown["leaf_hash"], hex(&stored.hash));
    assert_eq!((&shown["intact"], &shown["type"]), (&json!(true), &json!("consent.requested")));
    assert_eq!(shown["payload_bytes"], stored.payload.len());
    assert!(shown.get("payload").is_none(), "{shown}");
    let text = program.says(&["show", &position]);
    assert!(text.contains(&hex(&stored.hash)) && text.contains("sealed"), "{text}");
    assert!(!text.contains("bank_id"), "{text}");
    let opened = program.json(&["show", &position, "--open"]);
    assert_eq!(opened["payload"]["bank_id"], "op");
    let open = program.run(&["show", &position, "--open"]);
    assert!(String::from_utf8_lossy(&open.stderr).contains("unsealing personal data"));
    assert!(String::from_utf8_lossy(&open.stdout).contains("\"bank_id\": \"op\""));
    // What is about nobody needs no unsealing.
    let open = program.run(&["show", "1", "--open", "--json"]);
    assert!(open.status.success() && !String::from_utf8_lossy(&open.stderr).contains("personal"));
}

fn differs(program: &Program, events: &[StoredEvent], end: u64, id: &str, user: &str) {
    let head = events.len() as u64;
    let (end, head) = (end.to_string(), head.to_string());
    let all = program.json(&["diff", "0", &head]);
    assert_eq!(all["events"], events.len());
    let granted = events.iter().filter(|one| one.event_type == "consent.granted").count();
    assert_eq!(all["types"]["consent.granted"], granted);
    let streams: std::collections::BTreeSet<_> = events.iter().map(|one| one.stream).collect();
    assert_eq!(all["stream_count"], streams.len());
    assert_eq!(all["tables"], json!({}), "nothing is unsealed unasked");
    let whole = program.json(&["diff", "0", &head, "--open", "--rows", "10000"]);
    let recorded =
        events.iter().filter(|one| one.event_type == "account.transaction_recorded").count();
    assert_eq!(whole["tables"]["transactions"]["added"], recorded);
    assert_eq!(whole["tables"]["people"]["added"], 2);
    let accounts = whole["tables"]["accounts"]["rows"].as_array().expect("rows");
    let opened = events.iter().filter(|one| one.event_type == "account.opened").count();
    assert_eq!(accounts.len(), opened);
    // From the place after reading to the end: withdrawn, and nothing else of this person's.
    let own = program.json(&["diff", &end, &head, "--person", user, "--open"]);
    let consents = &own["tables"]["consents"];
    assert_eq!((&consents["added"], &consents["changed"]), (&json!(0), &json!(1)));
    let row = &consents["rows"][0];
    assert_eq!((&row["key"][0], &row["kind"]), (&json!(id), &json!("changed")));
    let fields = row["fields"].as_array().expect("fields");
    let status = json!({ "column": "status", "before": "active", "after": "revoked" });
    assert!(fields.contains(&status), "{fields:?}");
    assert!(fields.iter().all(|field| field["column"] != "bank_id"), "{fields:?}");
    assert_eq!(own["tables"]["transactions"]["added"], 0);
    assert_eq!(own["tables"]["people"]["added"], 0);
    let text = program.says(&["diff", &end, &head, "--person", user, "--open"]);
    assert!(text.contains("status: active -> revoked"), "{text}");
    // Instants stand for the same places.
    let instant = |position: &str| {
        let place: usize = position.parse().expect("a number");
        chrono::DateTime::from_timestamp_micros(events[place - 1].recorded_at)
            .expect("an instant")
            .to_rfc3339()
    };
    let between = program.json(&["diff", &instant(&end), &instant(&head)]);
    assert_eq!(between, program.json(&["diff", &end, &head]));
    let nothing = program.json(&["diff", &head, &head, "--open"]);
    assert_eq!((&nothing["events"], &nothing["types"]), (&json!(0), &json!({})));
    assert!(program.says(&["diff", "0", &head]).contains("account.transaction_recorded"));
    let few = program.says(&["diff", "0", &head, "--open", "--rows", "2"]);
    assert!(few.contains("rows more"), "{few}");
}

fn what_is_wrong_is_said(program: &Program, head: u64) {
    let beyond = (head + 1).to_string();
    let head = head.to_string();
    let nobody = uuid::Uuid::new_v4().to_string();
    let table: [(&[&str], &str); 11] = [
        (&["show", &beyond], "the log ends at position"),
        (&["show", "0"], "0"),
        (&["show", "x"], "x"),
        (&["diff", &head, "1"], "name the earlier place first"),
        (&["diff", "1", &beyond], "the log ends at position"),
        (&["diff", "1", "yesterday"], "a place of the log is"),
        (&["list", "--person", &nobody], "there is no person"),
        (&["list", "--person", "Maija"], "UUID"),
        (&["list", "--stream", "everything"], "a stream name is"),
        (&["list", "--since", "yesterday"], "RFC 3339"),
        (&["list", "--after", &beyond], "the log ends at position"),
    ];
    for (arguments, expected) in table {
        let told = program.refuses(arguments);
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
    assert!(program.refuses(&["list", "--limit", "0"]).contains("limit"));
}

fn erased(program: &Program, events: &[StoredEvent], key_id: uuid::Uuid, user: &str) {
    let stored = events.iter().find(|one| one.key_id == key_id).expect("one");
    let position = stored.position.to_string();
    let shown = program.json(&["show", &position, "--open"]);
    assert_eq!((&shown["payload"], &shown["intact"]), (&Value::Null, &json!(true)));
    assert!(shown["key_destroyed_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{shown}");
    assert!(program.says(&["show", &position, "--open"]).contains("the key was destroyed at 2"));
    let own = events.iter().filter(|one| one.key_id == key_id).count();
    assert_eq!(program.positions(&["--person", user]).len(), own, "headers stay");
    let head = events.len().to_string();
    let output = program.run(&["diff", "0", &head, "--person", user, "--open", "--json"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("key was destroyed at"));
    let whole: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(whole["events"], own);
    assert_eq!(whole["tables"]["accounts"]["added"], 0);
    // Everybody else's rows are still compared.
    let all = program.json(&["diff", "0", &head, "--open"]);
    assert_eq!(all["tables"]["people"]["added"], 1);
}

#[test]
fn looking_makes_nothing() {
    let scratch = Scratch::new();
    let program = Program { data: scratch.path().to_owned(), postgres: None };
    for arguments in [&["list"][..], &["show", "1"], &["diff", "0", "0", "--open"]] {
        let told = program.refuses(arguments);
        assert!(told.contains("there is no event log at") && told.contains("--data"), "{told}");
    }
    let nowhere = Program { data: scratch.path().join("nowhere"), postgres: None };
    assert!(nowhere.refuses(&["list"]).contains("there is no event log at"));
    let left: Vec<_> = std::fs::read_dir(scratch.path()).expect("a directory").collect();
    assert!(left.is_empty(), "{left:?}");
}
