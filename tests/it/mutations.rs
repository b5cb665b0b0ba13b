//! Ten thousand changes to a log's database, made with its password and without its keys: every one
//! is found, and the first wrong position is named.

use std::sync::Arc;

use domain::stream::{Category, StreamId};
use opl::backup::check_log;
use opl::ledger::store::{EventLog, NewEvent, SqliteLog, StoredEvent, StreamAppend};
use opl::notary::{Notary, first_difference};
use opl::vault::keys::{HeldRootKey, Keys};
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability};
use rusqlite::{Connection, params};
use transparency::tree::Frontier;
use uuid::Uuid;

use crate::support::Scratch;

const EVENTS: u64 = 40;
const MUTATIONS: u64 = 10_000;

/// SplitMix64: the same changes in every run.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

async fn filled(scratch: &Scratch) -> (Arc<dyn EventLog>, Database) {
    let directory = scratch.path();
    let clock = Clock::real();
    let log = SqliteLog::open(&directory.join("log.db"), Arc::new(move || clock.micros()));
    let log: Arc<dyn EventLog> = Arc::new(log.expect("a log"));
    for number in 0..EVENTS / 4 {
        let event = |_| NewEvent {
            event_id: Uuid::new_v4(),
            event_type: "account.linked",
            schema_version: 1,
            metadata: format!("{{\"n\":{number}}}").into_bytes(),
            key_id: Uuid::from_u128(u128::from(number) + 1),
            payload: Uuid::new_v4().as_bytes().to_vec(),
        };
        let append = StreamAppend {
            stream: StreamId::new(Category::Account, Uuid::from_u128(u128::from(number % 3))),
            expected_version: number / 3 * 4,
            events: (0..4).map(event).collect(),
            snapshot: None,
            fence: None,
        };
        log.append(append).await.expect("appended");
    }
    let vault = Database::sqlite(&directory.join("vault.db"), Durability::Full).expect("a vault");
    opl::vault::prepare(&vault).await.expect("a vault");
    let root = HeldRootKey::from_file(&directory.join("root.key"), Chance::real());
    let root = Box::new(root.expect("a key"));
    let keys = Keys::new(vault.clone(), root, Chance::real(), Clock::real());
    let tree = Database::sqlite(&directory.join("notary.db"), Durability::Full).expect("a tree");
    let clock = Clock::real();
    let notary = Notary::open(tree.clone(), vault, Arc::clone(&log), &keys, directory, clock);
    notary.await.expect("a notary").sign().await.expect("signed");
    (log, tree)
}

/// Makes one change inside the open transaction and says which position is the first wrong one.
fn change(direct: &Connection, drawn: &mut Drawn, all: &[StoredEvent]) -> u64 {
    let at = 1 + drawn.below(EVENTS);
    let other = 1 + (at + drawn.below(EVENTS - 1)) % EVENTS;
    let (low, high) = (at.min(other), at.max(other));
    let run = |sql: &str| direct.execute(sql, [at]).expect("changed");
    let swap = |column: &str| {
        let sql = format!(
            "UPDATE event SET {column} = (SELECT {column} FROM event e WHERE e.position = ?1 + ?2 \
             - event.position) WHERE position IN (?1, ?2)"
        );
        direct.execute(&sql, params![low, high]).expect("changed");
    };
    match drawn.below(12) {
        0 => {
            let mut payload = all[at as usize - 1].payload.clone();
            let place = drawn.below(payload.len() as u64) as usize;
            payload[place] ^= 1 << drawn.below(8);
            let sql = "UPDATE event SET payload = ?2 WHERE position = ?1";
            direct.execute(sql, params![at, payload]).expect("changed");
            at
        }
        1 => {
            run("DELETE FROM event WHERE position = ?1");
            at
        }
        2 => {
            // Deleted, and what follows moved up, head and all: only its size gives it away.
            run("DELETE FROM event WHERE position = ?1");
            run("UPDATE event SET position = -position WHERE position > ?1");
            direct
                .execute("UPDATE event SET position = -position - 1 WHERE position < 0", [])
                .expect("changed");
            at
        }
        3 => {
            swap("payload");
            low
        }
        4 => {
            swap("hash");
            low
        }
        5 => {
            run("UPDATE event SET recorded_at = recorded_at + 1 WHERE position = ?1");
            at
        }
        6 => {
            run("UPDATE event SET event_type = 'account.opened' WHERE position = ?1");
            at
        }
        7 => {
            run("UPDATE event SET version = version + 1000 WHERE position = ?1");
            at
        }
        8 => {
            run("UPDATE event SET position = position + 1000 WHERE position = ?1");
            at
        }
        9 => {
            run("UPDATE event SET key_id = zeroblob(16), schema_version = 2 WHERE position = ?1");
            at
        }
        10 => {
            // Cut off at the end, and the head set back: a whole log, only shorter.
            run("DELETE FROM event WHERE position >= ?1");
            head_of(direct, &all[..at as usize - 1]);
            at
        }
        _ => {
            // Changed with its hash, the head and the root: a whole log, only another.
            let mut forged = all.to_vec();
            let event = &mut forged[at as usize - 1];
            event.payload = b"forged".to_vec();
            event.hash = event.record(&event.stream.to_string()).leaf_hash();
            let sql = "UPDATE event SET payload = ?2, hash = ?3 WHERE position = ?1";
            direct.execute(sql, params![at, event.payload, event.hash]).expect("changed");
            head_of(direct, &forged);
            at
        }
    }
}

fn head_of(direct: &Connection, events: &[StoredEvent]) {
    let mut frontier = Frontier::default();
    events.iter().for_each(|event| frontier.push(event.hash));
    let sql = "UPDATE head SET size = ?1, frontier = ?2, root = ?3";
    let values = params![frontier.size(), frontier.to_bytes(), frontier.root()];
    direct.execute(sql, values).expect("changed");
}

/// The first wrong position, as `opl store verify` finds it.
async fn found(log: &dyn EventLog, tree: &Database) -> Option<u64> {
    let walked = check_log(log, |_| {}).await.expect("walked").first.map(|first| first.position);
    let compared = first_difference(tree, log).await.expect("compared");
    // Position 0 stands for the log as a whole: anything more exact counts before it.
    let places = [walked, compared].into_iter().flatten();
    places.min_by_key(|position| if *position == 0 { u64::MAX } else { *position })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_found_and_the_first_wrong_position_named() {
    let scratch = Scratch::new();
    let (log, tree) = filled(&scratch).await;
    let all = log.read_all(0, 1_000).await.expect("a page");
    assert_eq!(found(&*log, &tree).await, None);
    let direct = Connection::open(scratch.path().join("log.db")).expect("a connection");
    direct
        .execute_batch(
            "PRAGMA synchronous=OFF; DROP TRIGGER event_is_final; DROP TRIGGER event_stays;
             CREATE TEMP TABLE kept AS SELECT * FROM event;
             CREATE TEMP TABLE kept_head AS SELECT * FROM head;",
        )
        .expect("prepared");
    let mut drawn = Drawn(20_261_123);
    for number in 0..MUTATIONS {
        direct.execute_batch("BEGIN").expect("begun");
        let first = change(&direct, &mut drawn, &all);
        direct.execute_batch("COMMIT").expect("committed");
        assert_eq!(found(&*log, &tree).await, Some(first), "change {number}");
        let undo = "BEGIN; DELETE FROM event; INSERT INTO event SELECT * FROM kept;
            DELETE FROM head; INSERT INTO head SELECT * FROM kept_head; COMMIT;";
        direct.execute_batch(undo).expect("undone");
    }
    assert_eq!(found(&*log, &tree).await, None, "no false alarm");
}
