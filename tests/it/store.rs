//! The contract of the event log, held by every store. The parts that take a log are for all of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::stream::{Category, StreamId};
use opl::ledger::store::{
    AdoptError, AppendError, Appended, EventLog, KeptSnapshot, MOST_EVENTS_AN_APPEND, NewEvent,
    PostgresLog, Snapshot, SqliteLog, StreamAppend, position_at,
};
use transparency::record::Record;
use transparency::tree::Frontier;
use uuid::Uuid;

use crate::support::{Scratch, postgres_pool};

pub fn clock() -> opl::ledger::store::ClockMicros {
    let clock = opl::world::Clock::real();
    Arc::new(move || clock.micros())
}

pub async fn sqlite() -> (Arc<dyn EventLog>, Scratch) {
    let scratch = Scratch::new();
    let log = SqliteLog::open(&scratch.path().join("log.db"), clock()).expect("a log");
    (Arc::new(log), scratch)
}

pub async fn postgres() -> Arc<dyn EventLog> {
    Arc::new(PostgresLog::open(postgres_pool().await, clock()).await.expect("a log"))
}

pub fn stream(number: u128) -> StreamId {
    StreamId::new(Category::Account, Uuid::from_u128(number))
}

fn event(id: Uuid, payload: &str) -> NewEvent {
    NewEvent {
        event_id: id,
        event_type: "account.opened",
        schema_version: 1,
        metadata: b"{}".to_vec(),
        key_id: Uuid::nil(),
        payload: payload.as_bytes().to_vec(),
    }
}

pub fn append(number: u128, expected_version: u64, ids: &[Uuid]) -> StreamAppend {
    let events = ids.iter().map(|id| event(*id, "{}")).collect();
    StreamAppend { stream: stream(number), expected_version, events, snapshot: None, fence: None }
}

pub fn fresh(count: usize) -> Vec<Uuid> {
    (0..count).map(|_| Uuid::new_v4()).collect()
}

pub async fn contract(log: Arc<dyn EventLog>) {
    let first = fresh(2);
    let appended = log.append(append(1, 0, &first)).await;
    assert_eq!(appended, Ok(Appended { first: 1, last: 2, version: 2 }));

    // The same again is the same answer; other events under these identifiers are refused.
    assert_eq!(log.append(append(1, 0, &first)).await, appended);
    let mixed = [first[0], Uuid::new_v4()];
    assert_eq!(log.append(append(2, 0, &mixed)).await, Err(AppendError::IdentifierInUse));

    // A stale version is a conflict that names the version there is.
    let stale = log.append(append(1, 0, &fresh(1))).await;
    assert_eq!(stale, Err(AppendError::Conflict { current: 2 }));
    let ahead = log.append(append(1, 7, &fresh(1))).await;
    assert_eq!(ahead, Err(AppendError::Conflict { current: 2 }));

    // Nothing, and too much, are refused; neither leaves anything behind.
    assert_eq!(log.append(append(3, 0, &[])).await, Err(AppendError::Size));
    let many = fresh(MOST_EVENTS_AN_APPEND + 1);
    assert_eq!(log.append(append(3, 0, &many)).await, Err(AppendError::Size));
    assert_eq!(log.head().await.expect("a head").position, 2);

    let read = log.read_stream(stream(1), 1, 10).await.expect("a page");
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].position, read[0].version, read[0].event_id), (2, 2, first[1]));
    assert_eq!(*log.hint().borrow(), 2);

    // A snapshot comes and goes with its append, and the newest is found.
    let snapshot = |version| Snapshot {
        version,
        fingerprint: -7,
        key_id: Uuid::from_u128(9),
        state: vec![version as u8; 4],
    };
    assert_eq!(log.snapshot(stream(1)).await, Ok(None));
    let with = |expected_version, version| StreamAppend {
        snapshot: Some(snapshot(version)),
        ..append(1, expected_version, &fresh(1))
    };
    assert!(log.append(with(0, 1)).await.is_err());
    assert_eq!(log.snapshot(stream(1)).await, Ok(None));
    for version in [3, 4] {
        assert!(log.append(with(version - 1, version)).await.is_ok());
        let kept = KeptSnapshot { snapshot: snapshot(version), position: version };
        assert_eq!(log.snapshot(stream(1)).await, Ok(Some(kept)));
    }

    // What is sealed under one key, in the order of the log.
    for (number, key) in [(4, 1_u128), (5, 2), (4, 1)] {
        let version = log.read_stream(stream(number), 0, 9).await.expect("a page").len() as u64;
        let mut more = append(number, version, &fresh(2));
        more.events.iter_mut().for_each(|event| event.key_id = Uuid::from_u128(key));
        log.append(more).await.expect("appended");
    }
    let of = async |key, after, max| {
        let page = log.read_key(Uuid::from_u128(key), after, max).await.expect("a page");
        page.iter().map(|stored| stored.position).collect::<Vec<_>>()
    };
    assert_eq!(of(1, 0, 9).await, [5, 6, 9, 10]);
    assert_eq!(of(1, 5, 2).await, [6, 9]);
    assert_eq!(of(2, 0, 9).await, [7, 8]);
    assert_eq!(of(3, 0, 9).await, [0; 0]);

    // Times and hashes by position.
    let all = log.read_all(0, 100).await.expect("a page");
    let hashes = log.leaf_hashes(2, 3).await.expect("hashes");
    assert_eq!(hashes, all[2..5].iter().map(|stored| stored.hash).collect::<Vec<_>>());
    for stored in &all {
        assert_eq!(log.time_at(stored.position).await, Ok(Some(stored.recorded_at)));
        let until = position_at(&*log, stored.recorded_at).await.expect("a position");
        let counted = all.iter().filter(|other| other.recorded_at <= stored.recorded_at).count();
        assert_eq!(until, counted as u64);
    }
    assert_eq!(position_at(&*log, all[0].recorded_at - 1).await, Ok(0));
    assert_eq!(log.time_at(all.len() as u64 + 1).await, Ok(None));
}

/// One log moved into another keeps every byte, hash and the root; what does not follow is refused.
pub async fn moves(from: Arc<dyn EventLog>, to: Arc<dyn EventLog>) {
    for number in 1..=5 {
        from.append(append(number, 0, &fresh(3))).await.expect("appended");
    }
    let all = from.read_all(0, 100).await.expect("a page");
    let (first, second) = all.split_at(7);
    let gap = AdoptError::DoesNotFollow { head: 0, first: 8 };
    assert_eq!(to.adopt(second.to_vec()).await, Err(gap));
    let mut changed = first.to_vec();
    changed[3].payload = b"[]".to_vec();
    assert_eq!(to.adopt(changed).await, Err(AdoptError::Damaged(4)));
    assert_eq!(to.head().await.expect("a head").position, 0);
    to.adopt(first.to_vec()).await.expect("adopted");
    to.adopt(second.to_vec()).await.expect("adopted");
    assert_eq!(to.head().await, from.head().await);
    assert_eq!(to.read_all(0, 100).await.expect("a page"), all);
    // It goes on from there like any log.
    to.append(append(1, 3, &fresh(1))).await.expect("appended");
    assert_eq!(*to.hint().borrow(), 16);
    verify(&to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_moves_from_store_to_store() {
    let (one, _one) = sqlite().await;
    let two = postgres().await;
    moves(one, Arc::clone(&two)).await;
    let (three, _three) = sqlite().await;
    let all = two.read_all(0, 100).await.expect("a page");
    let head = three.adopt(all).await.expect("adopted");
    assert_eq!(Ok(head), two.head().await);
}

/// Many callers at once: positions are dense, streams are in order, the tree fits the records.
pub async fn crowd(log: Arc<dyn EventLog>) {
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..16_u128 {
        let log = Arc::clone(&log);
        callers.spawn(async move {
            for round in 0..20 {
                // Half the callers fight over one stream, the others have their own.
                let number = if caller % 2 == 0 { 1_000 } else { 2_000 + caller };
                loop {
                    let version =
                        log.read_stream(stream(number), 0, 5_000).await.expect("read").len();
                    let ids = fresh(1 + round % 3);
                    match log.append(append(number, version as u64, &ids)).await {
                        Ok(_) => break,
                        Err(AppendError::Conflict { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
    }
    callers.join_all().await;
    verify(&log).await;
}

/// Every position is there once, in order, and the head's root is the root of the stored records.
pub async fn verify(log: &Arc<dyn EventLog>) {
    let head = log.head().await.expect("a head");
    let mut frontier = Frontier::default();
    let mut after = 0;
    let mut seen = BTreeSet::new();
    let mut versions = std::collections::HashMap::new();
    loop {
        let page = log.read_all(after, 100).await.expect("a page");
        for stored in &page {
            assert_eq!(stored.position, after + 1, "dense");
            after = stored.position;
            assert!(seen.insert(stored.event_id), "once");
            let version = versions.entry(stored.stream).or_insert(0);
            *version += 1;
            assert_eq!(stored.version, *version, "in order within the stream");
            let name = stored.stream.to_string();
            let hash = Record {
                position: stored.position,
                stream: &name,
                version: stored.version,
                event_id: stored.event_id.into_bytes(),
                event_type: &stored.event_type,
                schema_version: stored.schema_version,
                recorded_at: stored.recorded_at,
                metadata: &stored.metadata,
                key_id: stored.key_id.into_bytes(),
                payload: &stored.payload,
            }
            .leaf_hash();
            assert_eq!(hash, stored.hash);
            frontier.push(hash);
        }
        if page.len() < 100 {
            break;
        }
    }
    assert_eq!((head.position, head.root), (frontier.size(), frontier.root()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    contract(sqlite().await.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    contract(postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_stands_a_crowd() {
    let (log, _scratch) = sqlite().await;
    crowd(log).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stands_a_crowd() {
    crowd(postgres().await).await;
}

/// Two processes' worth of writers on one log, and a reader that must never be surprised.
pub async fn two_writers(one: Arc<dyn EventLog>, two: Arc<dyn EventLog>) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8_u128 {
        let log = if writer % 2 == 0 { Arc::clone(&one) } else { Arc::clone(&two) };
        writers.spawn(async move {
            for round in 0..25 {
                log.append(append(3_000 + writer, round, &fresh(1))).await.expect("appended");
            }
        });
    }
    let mut next = 1;
    while next <= 200 {
        for stored in two.read_all(next - 1, 50).await.expect("a page") {
            assert_eq!(stored.position, next, "a position became visible out of order");
            next += 1;
        }
    }
    writers.join_all().await;
    verify(&one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_on_postgres_skip_nothing() {
    let pool = postgres_pool().await;
    let open = async || PostgresLog::open(pool.clone(), clock()).await.expect("a log");
    two_writers(Arc::new(open().await), Arc::new(open().await)).await;
}

/// Large appends, which a store may write in another way than small ones: by two writers that pass
/// each other, repeated, in conflict, and beside small ones.
async fn large_appends(one: Arc<dyn EventLog>, two: Arc<dyn EventLog>) {
    const LARGE: usize = 700;
    for round in 0..4_u128 {
        let ids = fresh(LARGE);
        let (number, expected) = (4_000 + round % 2, round as u64 / 2 * LARGE as u64);
        let log = if round % 2 == 0 { &one } else { &two };
        let large = append(number, expected, &ids);
        let appended = log.append(large.clone()).await.expect("appended");
        assert_eq!(appended.last - appended.first + 1, LARGE as u64);
        for again in [&one, &two] {
            assert_eq!(again.append(large.clone()).await, Ok(appended), "sent again");
        }
        let taken = append(4_100 + round, 0, &[fresh(LARGE - 1), vec![ids[5]]].concat());
        assert_eq!(two.append(taken).await, Err(AppendError::IdentifierInUse));
        let late = one.append(append(number, expected, &fresh(LARGE))).await;
        assert!(matches!(late, Err(AppendError::Conflict { .. })), "{late:?}");
        one.append(append(4_200, round as u64, &fresh(1))).await.expect("a small one");
    }
    verify(&one).await;
    assert_eq!(one.head().await.expect("a head").position, 4 * LARGE as u64 + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_appends_are_as_safe_as_small_ones() {
    let scratch = Scratch::new();
    let path = scratch.path().join("log.db");
    let open = || Arc::new(SqliteLog::open(&path, clock()).expect("a log"));
    large_appends(open(), open()).await;
    let pool = postgres_pool().await;
    let open = async || Arc::new(PostgresLog::open(pool.clone(), clock()).await.expect("a log"));
    large_appends(open().await, open().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_closes_the_connections_does_not_wait_for_the_writer() {
    let pool = postgres_pool().await;
    let log = PostgresLog::open(pool.clone(), clock()).await.expect("a log");
    log.append(append(1, 0, &fresh(1))).await.expect("appended");
    let closing = tokio::time::timeout(std::time::Duration::from_secs(30), pool.close());
    closing.await.expect("closed");
    assert!(matches!(log.append(append(1, 1, &fresh(1))).await, Err(AppendError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_found_again_and_its_rows_cannot_be_changed() {
    let scratch = Scratch::new();
    let path = scratch.path().join("log.db");
    let log = SqliteLog::open(&path, clock()).expect("a log");
    log.append(append(1, 0, &fresh(3))).await.expect("appended");
    let before = log.head().await.expect("a head");
    drop(log);
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&path, clock()).expect("a log"));
    assert_eq!(log.head().await.expect("a head"), before);
    verify(&log).await;
    let direct = rusqlite::Connection::open(&path).expect("a connection");
    for statement in ["UPDATE event SET version = 9", "DELETE FROM event"] {
        let refused = direct.execute(statement, []).expect_err("refused");
        assert!(refused.to_string().contains("never"), "{refused}");
    }
}

#[test]
fn this_sqlite_is_not_one_that_loses_writes() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}

/// The option is there in every build; one without the client says what is missing.
#[cfg(not(feature = "kurrent"))]
#[tokio::test]
async fn a_program_without_kurrent_says_so() {
    use opl::app::{App, KurrentAddress, Options};
    let scratch = Scratch::new();
    let kurrent = KurrentAddress { url: "kurrentdb://localhost".into(), prefix: "opl".to_owned() };
    let options = Options {
        kurrent: Some(kurrent),
        postgres_url: Some("postgres://localhost/none".into()),
        ..Options::in_directory(scratch.path())
    };
    let refused = App::open(options).await.err().expect("refused").to_string();
    assert!(refused.contains("--features kurrent"), "{refused}");
}
