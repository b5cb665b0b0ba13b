//! Made from the schema itself: every field of the API, asked for somebody else's things by everybody
//! who should not have them. A field that is new is tested the day it is there.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, ServiceDocument, Type, TypeKind,
    TypeSystemDefinition,
};
use domain::role::Role;
use serde_json::{Value, json};

use crate::auditing::{give, user_of};
use crate::support::{Browser, Store, World};

/// How deep an answer is asked for.
const DEPTH: usize = 3;
/// Fields that take no identifier and are the signing in itself.
const DOORS: [&str; 2] = ["signUp", "signIn"];

struct Types(BTreeMap<String, TypeKind>);

impl Types {
    fn read() -> Self {
        let document: ServiceDocument = parse_schema(opl::api::schema_text()).expect("a schema");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(kind) => Some((kind.node.name.to_string(), kind.node.kind)),
            _ => None,
        });
        Self(types.collect())
    }

    fn fields(&self, name: &str) -> Vec<FieldDefinition> {
        match self.0.get(name) {
            Some(TypeKind::Object(object)) => {
                object.fields.iter().map(|field| field.node.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is asked for of an answer: everything that needs no argument.
    fn selection(&self, name: &str, depth: usize) -> String {
        let mut selected = Vec::new();
        for field in self.fields(name) {
            if field.arguments.iter().any(|argument| !argument.node.ty.node.nullable) {
                continue;
            }
            let inner = innermost(&field.ty.node);
            match self.0.get(&inner) {
                Some(TypeKind::Object(_)) if depth > 0 => {
                    let inside = self.selection(&inner, depth - 1);
                    if !inside.is_empty() {
                        selected.push(format!("{} {inside}", field.name.node));
                    }
                }
                Some(TypeKind::Object(_)) => {}
                _ => selected.push(field.name.node.to_string()),
            }
        }
        if selected.is_empty() { String::new() } else { format!("{{ {} }}", selected.join(" ")) }
    }

    /// A value for an argument: somebody else's identifier where one fits.
    fn value(&self, name: &str, ty: &Type, target: &str, role: &str) -> String {
        let inner = match &ty.base {
            BaseType::List(inner) => return format!("[{}]", self.value(name, inner, target, role)),
            BaseType::Named(inner) => inner.to_string(),
        };
        match (inner.as_str(), self.0.get(&inner)) {
            ("ID", _) if name == "roleId" => format!("\"{role}\""),
            ("ID", _) => format!("\"{target}\""),
            ("String", _) => match name {
                "stream" => format!("\"consent-{target}\""),
                "from" | "to" => "\"2026-01\"".to_owned(),
                "month" => "\"2026-10\"".to_owned(),
                "filter" => "\"\"".to_owned(),
                _ => "\"done\"".to_owned(),
            },
            ("Int", _) if matches!(name, "first" | "limit") => "5".to_owned(),
            ("Int", _) => "1".to_owned(),
            ("Float", _) => "1.0".to_owned(),
            ("Boolean", _) => "true".to_owned(),
            ("Position", _) => "\"12\"".to_owned(),
            ("Instant", _) => "\"2026-11-26T12:00:00Z\"".to_owned(),
            ("Date", _) => "\"2026-11-26\"".to_owned(),
            (_, Some(TypeKind::Enum(all))) => {
                all.values.first().expect("a value").node.value.node.to_string()
            }
            (_, Some(TypeKind::InputObject(object))) => {
                let fields = object.fields.iter().map(|field| &field.node);
                let given: Vec<String> = fields
                    .filter(|field| !field.ty.node.nullable || innermost(&field.ty.node) == "ID")
                    .map(|field| {
                        let name = field.name.node.as_str();
                        format!("{name}: {}", self.value(name, &field.ty.node, target, role))
                    })
                    .collect();
                format!("{{ {} }}", given.join(", "))
            }
            (other, _) => panic!("no value is known for the type {other} of {name}"),
        }
    }

    fn call(&self, field: &FieldDefinition, target: &str, role: &str, depth: usize) -> String {
        let wanted = |argument: &&InputValueDefinition| {
            !argument.ty.node.nullable && argument.default_value.is_none()
                || innermost(&argument.ty.node) == "ID"
                || matches!(argument.name.node.as_str(), "first" | "limit")
        };
        let given: Vec<String> = field
            .arguments
            .iter()
            .map(|argument| &argument.node)
            .filter(wanted)
            .map(|argument| {
                let name = argument.name.node.as_str();
                format!("{name}: {}", self.value(name, &argument.ty.node, target, role))
            })
            .collect();
        let arguments =
            if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
        let selection = self.selection(&innermost(&field.ty.node), depth);
        format!("{}{arguments} {selection}", field.name.node)
    }
}

fn innermost(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(inner) => innermost(inner),
    }
}

/// Everything of a person that is a text and says something about them.
async fn canaries(person: &mut Browser) -> BTreeSet<String> {
    let text = "{ me { email } accounts { identifier owner name }
        transactions(first: 50) { edges { node { counterparty text } } } }";
    let data = person.graphql(text, json!({})).await;
    let mut found = BTreeSet::new();
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) if text.len() > 5 => {
                found.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(members) => members.values().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    collect(&data, &mut found);
    found
}

/// Identifiers of a person's things, of every kind there is.
async fn targets(person: &mut Browser) -> Vec<(&'static str, String)> {
    let text = "{ me { id } connections { id } accounts { id }
        transactions(first: 1) { edges { node { id } } } }";
    let data = person.graphql(text, json!({})).await;
    let id = |value: &Value| value.as_str().expect("an identifier").to_owned();
    vec![
        ("person", id(&data["me"]["id"])),
        ("connection", id(&data["connections"][0]["id"])),
        ("account", id(&data["accounts"][0]["id"])),
        ("transaction", id(&data["transactions"]["edges"][0]["node"]["id"])),
    ]
}

/// Whether a query was answered, or refused by the field itself: then it was sound.
fn reached(body: &Value) -> bool {
    body["errors"]
        .as_array()
        .is_none_or(|errors| errors.iter().all(|error| error["extensions"]["code"].is_string()))
}

/// Asks for as much of a field as is answered at once.
async fn answered(
    types: &Types,
    browser: &mut Browser,
    operation: &str,
    field: &FieldDefinition,
    target: &str,
    role: &str,
) -> (String, u16, Value) {
    let mut depth = DEPTH;
    loop {
        let query = format!("{operation} {{ {} }}", types.call(field, target, role, depth));
        let (status, body) = browser.post("/graphql", &json!({ "query": query })).await;
        if reached(&body) || depth == 0 {
            return (query, status, body);
        }
        depth -= 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_what_is_not_theirs_by_any_field_of_the_schema() {
    let world = World::registered(Store::Sqlite).await;
    let mut alice = world.person().await;
    alice.connect().await;
    let alice_id = user_of(&mut alice).await;
    let (canaries, targets) = (canaries(&mut alice).await, targets(&mut alice).await);
    assert!(canaries.len() > 20, "there is something to find: {}", canaries.len());
    let key_id = world.app.keys.identifier_of_person(alice_id).await.expect("keys").expect("one");
    let hers = async || {
        let log = world.app.ledger.log();
        log.read_key(key_id, 0, 5_000).await.expect("a page").len()
    };
    let before = hers().await;

    // Somebody signed out, somebody else, and somebody else with each role, none of which covers her.
    let mut intruders = vec![("nobody", world.browser(), uuid::Uuid::nil().to_string())];
    intruders.push(("stranger", world.person().await, uuid::Uuid::nil().to_string()));
    for (name, role) in
        [("auditor", Role::Auditor), ("analyst", Role::Analyst), ("operator", Role::Operator)]
    {
        let mut person = world.person().await;
        let own = user_of(&mut person).await;
        let people = (role != Role::Operator).then(|| vec![own]);
        let role_id = give(&world, own, role, people).await;
        intruders.push((name, person, role_id.to_string()));
    }
    // Alice's own auditor: their role's identifier in other hands opens nothing.
    let mut hers_auditor = world.person().await;
    let auditor_id = user_of(&mut hers_auditor).await;
    let stolen = give(&world, auditor_id, Role::Auditor, Some(vec![alice_id])).await.to_string();
    intruders.push(("thief", world.person().await, stolen));

    let types = Types::read();
    let (mut asked, mut tested) = (0_u32, BTreeSet::new());
    for (operation, root) in [("query", "Query"), ("mutation", "Mutation")] {
        for field in types.fields(root) {
            let name = field.name.node.to_string();
            if DOORS.contains(&name.as_str()) {
                continue;
            }
            for (who, browser, role) in &mut intruders {
                // What would end the intruder's own account comes to nothing for the test.
                if *who != "nobody" && matches!(name.as_str(), "eraseMe" | "signOut") {
                    tested.insert(name.clone());
                    continue;
                }
                for (what, target) in &targets {
                    let (query, status, body) =
                        answered(&types, browser, operation, &field, target, role).await;
                    let text = body.to_string();
                    for canary in &canaries {
                        assert!(
                            !text.contains(canary.as_str()),
                            "{who} saw a person's {canary} by {name} with their {what}: {text}"
                        );
                    }
                    assert!(status < 500, "{who} {name}: {status}");
                    assert!(!text.contains("INTERNAL"), "{who} {name} {what}: {text}");
                    assert!(reached(&body), "{query}: {text}");
                    asked += 1;
                    tested.insert(name.clone());
                    if field.arguments.is_empty() {
                        break;
                    }
                }
            }
        }
    }
    // The same questions do show her what is hers, so that not seeing it means something.
    let mut shown = BTreeSet::new();
    for field in types.fields("Query") {
        let nil = uuid::Uuid::nil().to_string();
        for (_, target) in &targets {
            let (_, _, body) = answered(&types, &mut alice, "query", &field, target, &nil).await;
            let text = body.to_string();
            if canaries.iter().any(|canary| text.contains(canary.as_str())) {
                shown.insert(field.name.node.to_string());
            }
        }
    }
    assert!(shown.len() >= 6, "she sees her own by {shown:?}");
    let all: BTreeSet<String> = ["Query", "Mutation"]
        .into_iter()
        .flat_map(|root| types.fields(root))
        .map(|field| field.name.node.to_string())
        .filter(|name| !DOORS.contains(&name.as_str()))
        .collect();
    let untested: Vec<&String> = all.difference(&tested).collect();
    assert!(untested.is_empty(), "not tested: {untested:?}");
    assert_eq!(hers().await, before, "nothing happened to her");
    println!("{asked} requests over {} fields, nothing of hers seen or touched", all.len());
    world.stop().await;
}
