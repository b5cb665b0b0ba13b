//! The notary signs only what continues everything it signed before.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::stream::{Category, StreamId};
use opl::ledger::store::{EventLog, NewEvent, PostgresLog, SqliteLog, StreamAppend};
use opl::notary::{Notary, NotaryError};
use opl::vault::keys::{HeldRootKey, Keys};
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability};
use transparency::checkpoint::open_note;
use transparency::proof::{verify_consistency, verify_inclusion};
use transparency::tlog_proof::TlogProof;
use uuid::Uuid;

use crate::copies::{closed, copy};
use crate::support::{Scratch, postgres_pool};

fn micros() -> opl::ledger::store::ClockMicros {
    let clock = Clock::real();
    Arc::new(move || clock.micros())
}

fn sqlite_log(directory: &Path) -> Arc<dyn EventLog> {
    Arc::new(SqliteLog::open(&directory.join("log.db"), micros()).expect("a log"))
}

async fn grow(log: &Arc<dyn EventLog>, events: usize, mark: &str) {
    let mut left = events;
    while left > 0 {
        let count = left.min(900);
        let event = |_| NewEvent {
            event_id: Uuid::new_v4(),
            event_type: "account.opened",
            schema_version: 1,
            metadata: b"{}".to_vec(),
            key_id: Uuid::nil(),
            payload: mark.as_bytes().to_vec(),
        };
        let append = StreamAppend {
            stream: StreamId::new(Category::Account, Uuid::new_v4()),
            expected_version: 0,
            events: (0..count).map(event).collect(),
            snapshot: None,
            fence: None,
        };
        log.append(append).await.expect("appended");
        left -= count;
    }
}

async fn keys(directory: &Path) -> (Keys, Database) {
    let vault = Database::sqlite(&directory.join("vault.db"), Durability::Full).expect("a vault");
    opl::vault::prepare(&vault).await.expect("a vault");
    let provider = HeldRootKey::from_file(&directory.join("root.key"), Chance::real());
    let provider = Box::new(provider.expect("a key"));
    (Keys::new(vault.clone(), provider, Chance::real(), Clock::real()), vault)
}

async fn notary_at(directory: &Path, log: &Arc<dyn EventLog>, clock: Clock) -> Notary {
    let database = Database::sqlite(&directory.join("notary.db"), Durability::Full);
    let (keys, vault) = keys(directory).await;
    let database = database.expect("a database");
    let opened = Notary::open(database, vault, Arc::clone(log), &keys, directory, clock);
    opened.await.expect("a notary")
}

async fn notary(directory: &Path, log: &Arc<dyn EventLog>) -> Notary {
    notary_at(directory, log, Clock::real()).await
}

/// Signs at many sizes and checks every proof with the verifier's side alone.
async fn signs_and_proves(log: Arc<dyn EventLog>, notary: Notary) {
    assert!(matches!(notary.sign().await, Err(NotaryError::NothingSigned)));
    let key = [notary.verifier_key()];
    let mut signed = Vec::new();
    for more in [1, 1, 5, 249, 1, 1, 700, 4_096, 1, 5_000] {
        grow(&log, more, "{}").await;
        let note = notary.sign().await.expect("signed");
        let checkpoint = open_note(&note, &key).expect("a note").checkpoint;
        assert_eq!(checkpoint.origin, notary.origin());
        let head = log.head().await.expect("a head");
        assert_eq!((checkpoint.size, checkpoint.root), (head.position, head.root));
        assert_eq!(notary.sign().await.expect("signed"), note, "nothing new is the same note");
        signed.push(checkpoint);
    }
    let last = signed.last().expect("signed");
    for old in &signed {
        for new in signed.iter().filter(|new| new.size >= old.size) {
            let path = notary.consistency(old.size, new.size).await.expect("a proof");
            verify_consistency(old.size, &old.root, new.size, &new.root, &path)
                .expect("consistent");
        }
    }
    let leaves = {
        let mut all = Vec::new();
        while (all.len() as u64) < last.size {
            all.extend(log.leaf_hashes(all.len() as u64, 5_000).await.expect("hashes"));
        }
        all
    };
    for position in [1, 2, 3, 7, 255, 256, 257, 258, 1_000, 4_097, last.size - 1, last.size] {
        let TlogProof { index, path, checkpoint, .. } =
            notary.inclusion(position).await.expect("a proof");
        let opened = open_note(&checkpoint, &key).expect("a note").checkpoint;
        let leaf = &leaves[position as usize - 1];
        assert_eq!((&opened, index), (last, position - 1));
        verify_inclusion(leaf, index, opened.size, &path, &opened.root).expect("included");
        let other = &leaves[(position as usize) % leaves.len()];
        assert!(verify_inclusion(other, index, opened.size, &path, &opened.root).is_err());
    }
    grow(&log, 1, "{}").await;
    let behind = notary.inclusion(last.size + 1).await;
    assert!(matches!(behind, Err(NotaryError::NotSigned { signed, .. }) if signed == last.size));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_signed_and_proven() {
    let scratch = Scratch::new();
    let log = sqlite_log(scratch.path());
    let notary = notary(scratch.path(), &log).await;
    signs_and_proves(log, notary).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_signed_and_proven() {
    let scratch = Scratch::new();
    let pool = postgres_pool().await;
    let log: Arc<dyn EventLog> =
        Arc::new(PostgresLog::open(pool.clone(), micros()).await.expect("a log"));
    let database = Database::postgres(pool, "notary");
    let (keys, vault) = keys(scratch.path()).await;
    let directory = scratch.path();
    let notary =
        Notary::open(database, vault, Arc::clone(&log), &keys, directory, Clock::real()).await;
    let notary = notary.expect("a notary");
    signs_and_proves(log, notary).await;
}

/// An older copy of any part of the state, or of all parts but one, under a notary that signed more.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_anything_is_never_signed_over() {
    const PARTS: [&str; 4] = ["log.db", "vault.db", "checkpoint", "notary.db"];
    // Every choice but all: then nothing here remembers, and only an outside witness can.
    for chosen in 1..15_u32 {
        let restored: Vec<usize> =
            (0..PARTS.len()).filter(|part| chosen >> part & 1 == 1).collect();
        if [0, 1, 2].iter().all(|part| restored.contains(part)) {
            continue;
        }
        let (scratch, old) = (Scratch::new(), Scratch::new());
        let log = sqlite_log(scratch.path());
        grow(&log, 300, "{}").await;
        let first = notary(scratch.path(), &log).await;
        first.sign().await.expect("signed");
        drop((first, log));
        closed(scratch.path()).await;
        copy(scratch.path(), old.path(), &PARTS);
        let log = sqlite_log(scratch.path());
        grow(&log, 300, "{}").await;
        let second = notary(scratch.path(), &log).await;
        let newest = second.sign().await.expect("signed");
        let key = [second.verifier_key()];
        drop((second, log));
        closed(scratch.path()).await;
        let names: Vec<&str> = restored.iter().map(|part| PARTS[*part]).collect();
        copy(old.path(), scratch.path(), &names);
        let log = sqlite_log(scratch.path());
        let third = notary(scratch.path(), &log).await;
        if restored.contains(&0) {
            // The log is the older one: nothing is signed, however it grows.
            let refused = third.sign().await.expect_err("refused");
            assert!(matches!(refused, NotaryError::RolledBack { signed: 600, head: 300 }));
            assert!(third.alarm().is_some_and(|alarm| alarm.contains("older copy")));
            grow(&log, 400, "[]").await;
            let refused = third.sign().await.expect_err("refused");
            assert!(matches!(refused, NotaryError::Forked { .. }), "{names:?}: {refused}");
        } else {
            // The log is whole: the notary finds its way back to the same note.
            assert_eq!(third.sign().await.expect("signed"), newest, "{names:?}");
            grow(&log, 10, "{}").await;
            let note = third.sign().await.expect("signed");
            assert_eq!(open_note(&note, &key).expect("a note").checkpoint.size, 610);
            assert_eq!(third.alarm(), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewritten_history_is_never_signed() {
    let scratch = Scratch::new();
    let log = sqlite_log(scratch.path());
    grow(&log, 10, "{}").await;
    let first = notary(scratch.path(), &log).await;
    first.sign().await.expect("signed");
    drop((first, log));
    closed(scratch.path()).await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(scratch.path().join(format!("log.db{end}")));
    }
    // Somebody with the database's password writes another history, longer and whole in itself.
    let log = sqlite_log(scratch.path());
    grow(&log, 25, "[]").await;
    let second = notary(scratch.path(), &log).await;
    assert!(matches!(second.sign().await, Err(NotaryError::Forked { .. })));
    assert!(second.alarm().is_some());
    // What was signed before can still be had.
    assert!(second.latest().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_due_by_number_or_by_age() {
    let scratch = Scratch::new();
    let log = sqlite_log(scratch.path());
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a time");
    let (clock, now) = Clock::held(start);
    let notary = notary_at(scratch.path(), &log, clock).await;
    let signed = async || {
        notary.sign_if_due().await.expect("looked");
        notary.notes(0, 100).await.expect("notes").last().map_or(0, |(size, _)| *size)
    };
    assert_eq!(signed().await, 0);
    grow(&log, 3, "{}").await;
    assert_eq!(signed().await, 3);
    grow(&log, 999, "{}").await;
    assert_eq!(signed().await, 3);
    grow(&log, 1, "{}").await;
    assert_eq!(signed().await, 1_003);
    grow(&log, 1, "{}").await;
    assert_eq!(signed().await, 1_003);
    *now.lock().expect("a clock") = start + TimeDelta::seconds(31);
    assert_eq!(signed().await, 1_004);
    // A clock that went far back does not put off the next one.
    grow(&log, 1, "{}").await;
    *now.lock().expect("a clock") = start - TimeDelta::days(200);
    assert_eq!(signed().await, 1_005);
}
