//! Old databases are put in the place of the newest under a signer that runs on: log, vault and tree, in
//! every mixture, while others write. What the signer remembers lies outside of all of them, in a file.

use std::path::Path;
use std::sync::Arc;

use domain::stream::{Category, StreamId};
use opl::ledger::store::{ClockMicros, EventLog, NewEvent, PostgresLog, StreamAppend};
use opl::notary::{Notary, NotaryError};
use opl::vault::keys::{HeldRootKey, Keys};
use opl::world::{Chance, Clock};
use projections::database::Database;
use sqlx::{AssertSqlSafe, PgPool, raw_sql};
use transparency::checkpoint::{VerifierKey, open_note};
use transparency::tree::{Frontier, Hash};
use uuid::Uuid;

use crate::load::times;
use crate::support::{Scratch, postgres_pool};

/// Restores: in the usual run, and in a soak.
const RESTORES: (u64, u64) = (25, 1_000);
/// Restores under one signer, whose whole log each note is held against.
const UNDER_ONE_SIGNER: u16 = 25;
/// Copies that are kept to restore from.
const COPIES: usize = 6;
/// Each part of the state with its tables.
const PARTS: [(&str, &[&str]); 3] = [
    ("log", &["event", "head", "snapshot", "fence"]),
    ("vault", &["vault.signed_checkpoint", "vault.cosignature", "vault.signing_key"]),
    ("tree", &["notary.tile", "notary.tree"]),
];

fn micros() -> ClockMicros {
    let clock = Clock::real();
    Arc::new(move || clock.micros())
}

/// Numbers that look random, the same in every run (splitmix64).
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % end
    }
}

async fn run(pool: &PgPool, text: String) {
    raw_sql(AssertSqlSafe(text.clone())).execute(pool).await.unwrap_or_else(|error| {
        panic!("{text}: {error}");
    });
}

fn copy_of(table: &str, number: usize) -> String {
    format!("copies.{}_{number}", table.replace('.', "_"))
}

/// Copies every table, as a backup at one moment does.
async fn back_up(pool: &PgPool, number: usize) {
    let tables = PARTS.iter().flat_map(|(_, tables)| *tables);
    let copied = tables.map(|table| {
        let copy = copy_of(table, number);
        format!("DROP TABLE IF EXISTS {copy}; CREATE TABLE {copy} AS TABLE {table};")
    });
    run(pool, format!("BEGIN; {} COMMIT", copied.collect::<String>())).await;
}

/// Puts some parts of a copy in the place of what is there.
async fn restore(pool: &PgPool, number: usize, parts: u64) {
    let chosen = (0..).zip(PARTS).filter(|(place, _)| parts >> place & 1 == 1);
    let tables = chosen.flat_map(|(_, (_, tables))| tables);
    let put = tables.map(|table| {
        format!(
            "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {};",
            copy_of(table, number)
        )
    });
    run(pool, format!("BEGIN; {} COMMIT", put.collect::<String>())).await;
}

/// Another process, started anew, writes a few events.
async fn grow(pool: &PgPool, events: u64) {
    let log = PostgresLog::open(pool.clone(), micros()).await.expect("a log");
    let event = |_| NewEvent {
        event_id: Uuid::new_v4(),
        event_type: "account.opened",
        schema_version: 1,
        metadata: b"{}".to_vec(),
        key_id: Uuid::nil(),
        payload: Uuid::new_v4().as_bytes().to_vec(),
    };
    let append = StreamAppend {
        stream: StreamId::new(Category::Account, Uuid::new_v4()),
        expected_version: 0,
        events: (0..events).map(event).collect(),
        snapshot: None,
        fence: None,
    };
    log.append(append).await.expect("appended");
}

async fn signer(pool: &PgPool, directory: &Path) -> Notary {
    let log: Arc<dyn EventLog> =
        Arc::new(PostgresLog::open(pool.clone(), micros()).await.expect("a log"));
    let vault = Database::postgres(pool.clone(), "vault");
    vault.create_schema().await.expect("a schema");
    opl::vault::prepare(&vault).await.expect("a vault");
    let provider = HeldRootKey::from_file(&directory.join("root.key"), Chance::real());
    let provider = Box::new(provider.expect("a key"));
    let keys = Keys::new(vault.clone(), provider, Chance::real(), Clock::real());
    let database = Database::postgres(pool.clone(), "notary");
    let opened = Notary::open(database, vault, log, &keys, directory, Clock::real());
    opened.await.expect("a notary")
}

/// Everything that was ever signed, as leaves: what is signed later has to go on from it.
struct Signed {
    leaves: Vec<Hash>,
    keys: [VerifierKey; 1],
    notes: u64,
}

impl Signed {
    /// Holds a note against everything that was signed before.
    async fn hold(&mut self, note: &str, pool: &PgPool, what: &str) {
        let checkpoint = open_note(note, &self.keys).expect("a note of the log's").checkpoint;
        let size = usize::try_from(checkpoint.size).expect("small");
        let rows: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT hash FROM event WHERE position <= $1 ORDER BY position")
                .bind(i64::try_from(size).expect("small"))
                .fetch_all(pool)
                .await
                .expect("hashes");
        let leaves: Vec<Hash> =
            rows.into_iter().map(|(hash,)| hash.try_into().expect("32 bytes")).collect();
        let mut tree = Frontier::default();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        assert_eq!((leaves.len(), tree.root()), (size, checkpoint.root), "{what}");
        let both = size.min(self.leaves.len());
        assert!(leaves[..both] == self.leaves[..both], "{what}: inconsistent at {size}");
        if size > self.leaves.len() {
            self.leaves = leaves;
        }
        self.notes += 1;
    }
}

/// Restores under one signer: what was signed, and how often it refused to sign and could not.
async fn under_one_signer(restores: u64, mut drawn: Drawn) -> [u64; 3] {
    let (scratch, pool) = (Scratch::new(), postgres_pool().await);
    let notary = signer(&pool, scratch.path()).await;
    run(&pool, "CREATE SCHEMA copies; ALTER TABLE event DISABLE TRIGGER event_is_final".to_owned())
        .await;
    let keys = [notary.verifier_key()];
    let mut signed = Signed { leaves: Vec::new(), keys, notes: 0 };
    let (mut copies, mut refused, mut stopped) = (0, 0, 0);
    grow(&pool, 3).await;
    for number in 0..restores {
        grow(&pool, 1 + drawn.below(6)).await;
        if drawn.below(4) > 0 {
            let note = notary.sign().await.expect("a log that goes on is signed");
            signed.hold(&note, &pool, "usual").await;
        }
        if copies < COPIES || drawn.below(5) == 0 {
            back_up(&pool, copies % COPIES).await;
            copies += 1;
            grow(&pool, 1 + drawn.below(3)).await;
        }
        // The newest is kept apart, to be put back once the damage is noticed.
        back_up(&pool, COPIES).await;
        let (from, parts) = (drawn.below(copies.min(COPIES) as u64), 1 + drawn.below(7));
        let before = signed.leaves.len();
        restore(&pool, usize::try_from(from).expect("small"), parts).await;
        let what = format!("restore {number}: copy {from}, parts {parts:03b}");
        for grown in [0, 1 + drawn.below(40), 300] {
            if grown > 0 && drawn.below(3) > 0 {
                grow(&pool, grown).await;
            }
            match notary.sign().await {
                Ok(note) => signed.hold(&note, &pool, &what).await,
                Err(NotaryError::RolledBack { .. } | NotaryError::Forked { .. }) => {
                    refused += 1;
                    assert!(notary.alarm().is_some(), "{what}: it says so");
                }
                Err(_) => stopped += 1,
            }
            // The file never tells anything else than what was signed.
            let filed = std::fs::read_to_string(scratch.path().join("checkpoint")).expect("a file");
            let filed = open_note(&filed, &signed.keys).expect("a note").checkpoint;
            assert!(filed.size as usize <= signed.leaves.len(), "{what}");
        }
        // What was signed meanwhile went on from everything before: then this is the log from now on.
        // Otherwise the newest is put back, and is signed as if nothing had been.
        if signed.leaves.len() == before {
            restore(&pool, COPIES, 0b111).await;
        }
        let note = notary.sign().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        signed.hold(&note, &pool, &what).await;
    }
    pool.close().await;
    [signed.notes, refused, stopped]
}

#[tokio::test(flavor = "multi_thread")]
async fn old_databases_under_a_running_signer_never_bring_it_to_sign_two_histories() {
    let restores = times(RESTORES.0, RESTORES.1);
    let mut sums = [0; 3];
    for (seed, from) in (7..).zip((0..restores).step_by(usize::from(UNDER_ONE_SIGNER))) {
        let these = (restores - from).min(UNDER_ONE_SIGNER.into());
        let done = under_one_signer(these, Drawn(seed)).await;
        sums.iter_mut().zip(done).for_each(|(sum, done)| *sum += done);
        println!("{} of {restores} restores", from + these);
    }
    let [notes, refused, stopped] = sums;
    println!("{notes} notes, {refused} refusals, {stopped} times nothing, 0 inconsistent");
    assert!(refused > 0, "some were old enough");
}
