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

use crate::load::{Seeded, times};
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

/// Waits until every connection is closed: only the last one may leave the write-ahead log's mode.
async fn closed(directory: &Path) {
    for name in ["log.db", "notary.db", "vault.db"] {
        let alone = || -> rusqlite::Result<bool> {
            let connection = rusqlite::Connection::open(directory.join(name))?;
            let mode: String =
                connection.query_row("PRAGMA journal_mode=DELETE", [], |row| row.get(0))?;
            Ok(mode == "delete")
        };
        let mut tries = 0;
        while !alone().unwrap_or(false) {
            tries += 1;
            assert!(tries < 200, "a connection to {name} stays open");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

fn copy(from: &Path, to: &Path, names: &[&str]) {
    for name in names {
        for end in ["", "-wal", "-shm"] {
            let name = format!("{name}{end}");
            // Whatever is not there in the copy must not be there afterwards either.
            let _ = std::fs::remove_file(to.join(&name));
            if from.join(&name).exists() {
                std::fs::copy(from.join(&name), to.join(&name)).expect("copied");
            }
        }
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_signs_for_the_new_one_and_beside_it_for_a_time() {
    let scratch = Scratch::new();
    let log = sqlite_log(scratch.path());
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a time");
    let (clock, now) = Clock::held(start);
    let (keys, _) = keys(scratch.path()).await;
    let (_, platform) = keys.platform().await.expect("a key");
    let first = notary_at(scratch.path(), &log, clock.clone()).await;
    grow(&log, 5, "{}").await;
    let before = first.sign().await.expect("signed");
    let old = first.verifier_key();
    let rotated = first.rotate_key(&platform, TimeDelta::days(30)).await.expect("a new key");
    assert_ne!(rotated.key, old);
    // The old key says which is next, and the new one that it is there.
    let (text, lines) = rotated.statement.split_once("\n\n").expect("a signed note");
    let text = format!("{text}\n");
    assert!(text.contains(&format!("from {old}\nto {}\n", rotated.key)), "{text}");
    for key in [&old, &rotated.key] {
        let good = lines.lines().any(|line| {
            let signature = line.rsplit(' ').next().expect("a word");
            use base64::Engine as _;
            let bytes = base64::engine::general_purpose::STANDARD.decode(signature);
            key.verifies(&text, &bytes.expect("base64")[4..])
        });
        assert!(good, "{key} did not sign {}", rotated.statement);
    }
    drop(first);

    let second = notary_at(scratch.path(), &log, clock.clone()).await;
    assert_eq!(second.verifier_key(), rotated.key);
    assert_eq!(second.verifier_keys(), [old.clone(), rotated.key.clone()]);
    // What was signed before is still relied on, and what is signed now goes on from it.
    assert_eq!(second.sign().await.expect("signed"), before);
    grow(&log, 5, "{}").await;
    let note = second.sign().await.expect("signed");
    for key in [&old, &rotated.key] {
        assert!(open_note(&note, std::slice::from_ref(key)).is_ok(), "both sign: {note}");
    }
    // After the overlap the new one signs alone; a third key follows the second.
    *now.lock().expect("a clock") = start + TimeDelta::days(31);
    grow(&log, 5, "{}").await;
    let note = second.sign().await.expect("signed");
    assert!(open_note(&note, std::slice::from_ref(&rotated.key)).is_ok());
    assert!(open_note(&note, &[old]).is_err());
    second.rotate_key(&platform, TimeDelta::days(30)).await.expect("a third key");
    drop(second);
    let third = notary_at(scratch.path(), &log, clock).await;
    assert_eq!(third.verifier_keys().len(), 3);
    assert_eq!(third.key_statements().await.expect("statements").len(), 2);
    assert_eq!(third.signing_keys().len(), 2);
}

/// Older copies of any of its parts are put back again and again under the signer, which goes on; every
/// note it ever signed has to fit every other.
#[tokio::test(flavor = "multi_thread")]
async fn many_restores_of_old_databases_bring_no_two_histories_under_one_name() {
    const PARTS: [&str; 4] = ["log.db", "vault.db", "checkpoint", "notary.db"];
    /// Older copies that are kept.
    const MOST_COPIES: usize = 6;
    let mut random = Seeded::new(1_000);
    let scratch = Scratch::new();
    let (mut newest, mut older) = (Scratch::new(), Vec::<Scratch>::new());
    // The leaves of the one history that was signed.
    let mut truth: Vec<transparency::tree::Hash> = Vec::new();
    let (mut signed, mut refused) = (0, 0);
    for round in 0..times(14, 1_000) {
        if !older.is_empty() {
            // Some parts are an older copy's, but not everything that remembers what was signed.
            let from = &older[random.below(older.len() as u64) as usize];
            let keep = random.below(3) as usize;
            let parts = (0..PARTS.len()).filter(|part| *part != keep && random.below(2) == 0);
            let names: Vec<&str> = parts.map(|part| PARTS[part]).collect();
            copy(from.path(), scratch.path(), &names);
        }
        let log = sqlite_log(scratch.path());
        grow(&log, 1 + random.below(30) as usize, &format!("{round}")).await;
        let notary = notary(scratch.path(), &log).await;
        let result = notary.sign().await;
        if let Ok(note) = &result {
            let checkpoint = open_note(note, &notary.verifier_keys()).expect("a note").checkpoint;
            let size = usize::try_from(checkpoint.size).expect("small");
            let mut leaves = Vec::new();
            while leaves.len() < size {
                leaves.extend(log.leaf_hashes(leaves.len() as u64, 5_000).await.expect("leaves"));
            }
            leaves.truncate(size);
            let mut frontier = transparency::tree::Frontier::default();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            assert_eq!(frontier.root(), checkpoint.root, "it signs what is there");
            assert!(size >= truth.len(), "round {round}: it never signs less");
            assert!(leaves.starts_with(&truth), "round {round}: another history");
            truth = leaves;
        }
        drop((notary, log));
        closed(scratch.path()).await;
        match result {
            Ok(_) => {
                signed += 1;
                let copied = Scratch::new();
                copy(scratch.path(), copied.path(), &PARTS);
                older.push(std::mem::replace(&mut newest, copied));
                if signed == 1 {
                    older.clear();
                }
                if older.len() > MOST_COPIES {
                    older.remove(random.below(MOST_COPIES as u64) as usize);
                }
            }
            Err(error) => {
                assert!(error.is_alarm(), "{error}");
                refused += 1;
                // Whoever runs it brings the newest copy back.
                copy(newest.path(), scratch.path(), &PARTS);
            }
        }
    }
    println!("{signed} notes of one history, {refused} refusals");
    assert!(signed > 1 && refused > 0, "{signed} signed, {refused} refused");
}
