//! What is exported is proven by the verifier's own code, and by nothing else.

use std::path::Path;

use opl::app::Options;
use opl::audit::{Archive, ExportError, Selection};
use serde_json::json;
use transparency::policy::Policy;
use transparency::verify::{Given, Report, Subject, Verdict, verify_bundle, verify_receipt};

use crate::support::{Scratch, Store, World};

fn policy(archive: &Archive) -> Policy {
    let text = format!("log {}\nquorum none\n", archive.notary.verifier_key());
    Policy::parse(&text).expect("a policy")
}

fn verdict(report: &Report) -> (Verdict, u64) {
    (report.verdict, report.proven)
}

/// A history with a person who connected, read and left.
async fn lived(store: Store) -> World {
    let world = World::registered(store).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    person.read_to_the_end(&id).await;
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    person.graphql(text, json!({ "id": id })).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_export_is_proven_and_a_changed_one_is_not() {
    let world = lived(Store::Sqlite).await;
    let scratch = Scratch::new();
    let options = Options::in_directory(&world.scratch.path().join("state"));
    // Opened beside the running service.
    let archive = Archive::open(&options).await.expect("an archive");
    let earlier = archive.notary.sign().await.expect("signed");
    let mut person = world.browser();
    person.graphql("{ banks { id } }", json!({})).await;
    let bundle = scratch.path().join("whole");
    let manifest = archive.export(Selection::Whole, &bundle, |_, _| {}).await.expect("exported");
    let head = archive.log.head().await.expect("a head").position;
    assert_eq!(manifest.records, head);
    let given = [Given { name: "kept".to_owned(), note: earlier }];
    let report = verify_bundle(&bundle, Some(&policy(&archive)), &given);
    assert_eq!(verdict(&report), (Verdict::Proven, head), "{report:?}");

    // Without a policy nobody is believed; with another log's key neither.
    assert_eq!(verify_bundle(&bundle, None, &[]).verdict, Verdict::Unproven);

    // One byte of one record.
    let records = bundle.join("records.bin");
    let mut bytes = std::fs::read(&records).expect("records");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&records, bytes).expect("written");
    let report = verify_bundle(&bundle, Some(&policy(&archive)), &[]);
    assert_eq!(report.verdict, Verdict::Damaged);
    assert!(report.position.is_some(), "the first bad record is named");

    // What exists is not written over.
    let again = archive.export(Selection::Whole, &bundle, |_, _| {}).await;
    assert!(matches!(again, Err(ExportError::Bundle(_))));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_single_events_are_proven_by_themselves() {
    let world = lived(Store::Sqlite).await;
    let scratch = Scratch::new();
    let archive = Archive::open(&Options::in_directory(&world.scratch.path().join("state")))
        .await
        .expect("opened");
    let all = archive.log.read_all(0, 5_000).await.expect("a page");
    let consent = all.iter().find(|event| event.event_type == "consent.granted").expect("one");
    let person = scratch.path().join("person");
    let stream = scratch.path().join("stream");
    let signed = all.iter().find(|event| event.event_type == "user.signed_up").expect("one");
    let user = domain::id::UserId(signed.stream.id);
    let manifest = archive.export(Selection::Person(user), &person, |_, _| {}).await;
    let sealed = all.iter().filter(|event| event.key_id == signed.key_id).count() as u64;
    assert_eq!(manifest.expect("exported").records, sealed);
    let selection = Selection::Stream(consent.stream);
    let manifest = archive.export(selection, &stream, |_, _| {}).await.expect("exported");
    let expected = all.iter().filter(|event| event.stream == consent.stream).count() as u64;
    assert_eq!(manifest.records, expected);
    for bundle in [&person, &stream] {
        let report = verify_bundle(bundle, Some(&policy(&archive)), &[]);
        assert_eq!(report.verdict, Verdict::Proven, "{report:?}");
    }

    // A person who was never here, and a stream that does not exist.
    let nobody = Selection::Person(domain::id::UserId(uuid::Uuid::new_v4()));
    let refused = archive.export(nobody, &scratch.path().join("none"), |_, _| {}).await;
    assert!(matches!(refused, Err(ExportError::NoSuchPerson)));
    let absent = domain::stream::StreamId::new(consent.stream.category, uuid::Uuid::new_v4());
    let refused =
        archive.export(Selection::Stream(absent), &scratch.path().join("none"), |_, _| {}).await;
    assert!(matches!(refused, Err(ExportError::Nothing)));
    assert!(!scratch.path().join("none").exists());

    // The receipt of the consent, in one small file.
    let proof = archive.notary.inclusion(consent.position).await.expect("a proof").to_string();
    assert!(proof.len() <= 2_048);
    let mut record = Vec::new();
    consent.record(&consent.stream.to_string()).write(&mut record);
    let report = verify_receipt(&proof, Subject::Record(&record), &policy(&archive));
    assert_eq!(report.verdict, Verdict::Proven, "{report:?}");
    record[40] ^= 1;
    let report = verify_receipt(&proof, Subject::Record(&record), &policy(&archive));
    assert_ne!(report.verdict, Verdict::Proven);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_where_nothing_is() {
    let scratch = Scratch::new();
    let absent = scratch.path().join("absent");
    let refused = Archive::open(&Options::in_directory(Path::new(&absent))).await;
    assert!(refused.err().expect("refused").to_string().contains("no event log"));
    assert!(!absent.exists());
}
