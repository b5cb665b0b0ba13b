//! The log in KurrentDB: the contract of every store, and what a bad day of the server does to it.

mod faults;
mod server;

use std::path::Path;
use std::sync::Arc;

use opl::app::{App, KurrentAddress, Options};
use opl::ledger::store::{AppendError, EventLog, KurrentLog, OpenError, StoredEvent};
use uuid::Uuid;

use crate::flow::whole_job;
use crate::store::{
    append, clock, contract, crowd, fresh, moves, postgres, sqlite, two_writers, verify,
};
use crate::support::{Scratch, Store, postgres_url};
use server::Fake;

/// Where a world's events are kept.
pub async fn address() -> KurrentAddress {
    let (url, prefix) = server::address().await;
    KurrentAddress { url: url.into(), prefix }
}

async fn with_sqlite(url: &str, prefix: &str, index: &Path) -> Result<KurrentLog, OpenError> {
    KurrentLog::with_sqlite(url, prefix, index, clock()).await
}

async fn open(url: &str, prefix: &str, index: &Path) -> Arc<dyn EventLog> {
    Arc::new(with_sqlite(url, prefix, index).await.expect("a log"))
}

async fn on_sqlite() -> (Arc<dyn EventLog>, Scratch) {
    let scratch = Scratch::new();
    let (url, prefix) = server::address().await;
    (open(&url, &prefix, &scratch.path().join("index.db")).await, scratch)
}

async fn on_postgres(url: &str, prefix: &str, index: &str) -> Arc<dyn EventLog> {
    Arc::new(KurrentLog::with_postgres(url, prefix, index, clock()).await.expect("a log"))
}

async fn all(log: &Arc<dyn EventLog>) -> Vec<StoredEvent> {
    log.read_all(0, 5_000).await.expect("a page")
}

#[tokio::test(flavor = "multi_thread")]
async fn kurrent_keeps_the_contract() {
    contract(on_sqlite().await.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kurrent_with_postgres_keeps_the_contract() {
    let (url, prefix) = server::address().await;
    contract(on_postgres(&url, &prefix, &postgres_url().await).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kurrent_stands_a_crowd() {
    let (url, prefix) = server::address().await;
    crowd(on_postgres(&url, &prefix, &postgres_url().await).await).await;
}

/// Two processes with one index between them.
#[tokio::test(flavor = "multi_thread")]
async fn two_writers_on_kurrent_skip_nothing() {
    let (url, prefix) = server::address().await;
    let index = postgres_url().await;
    let one = on_postgres(&url, &prefix, &index).await;
    let two = on_postgres(&url, &prefix, &index).await;
    two_writers(one, two).await;
}

/// Two processes with an index each come to the same positions, times and hashes.
#[tokio::test(flavor = "multi_thread")]
async fn two_indexes_of_one_log_are_the_same() {
    let scratch = Scratch::new();
    let (url, prefix) = server::address().await;
    let one = open(&url, &prefix, &scratch.path().join("one.db")).await;
    let two = open(&url, &prefix, &scratch.path().join("two.db")).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..6_u128 {
        let log = if writer % 2 == 0 { Arc::clone(&one) } else { Arc::clone(&two) };
        writers.spawn(async move {
            for round in 0..20 {
                log.append(append(writer, round, &fresh(1))).await.expect("appended");
            }
        });
    }
    writers.join_all().await;
    // One more by each, so that each has passed what the other wrote.
    one.append(append(100, 0, &fresh(1))).await.expect("appended");
    two.append(append(101, 0, &fresh(1))).await.expect("appended");
    one.append(append(100, 1, &fresh(1))).await.expect("appended");
    let of_one = all(&one).await;
    assert_eq!(of_one.len(), 123);
    assert_eq!(all(&two).await[..122], of_one[..122]);
    verify(&one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_moves_to_kurrent_and_back() {
    let (from, _from) = sqlite().await;
    let (to, _to) = on_sqlite().await;
    moves(from, Arc::clone(&to)).await;
    let back = postgres().await;
    let head = back.adopt(all(&to).await).await.expect("adopted");
    assert_eq!(Ok(head), to.head().await);
}

/// The index holds nothing that is not in KurrentDB: without it, everything comes back as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_index_comes_back_the_same() {
    let scratch = Scratch::new();
    let (url, prefix) = server::address().await;
    let path = scratch.path().join("index.db");
    let log = open(&url, &prefix, &path).await;
    crowd(Arc::clone(&log)).await;
    let (before, head) = (all(&log).await, log.head().await);
    drop(log);
    // Found again as it is,
    assert_eq!(all(&open(&url, &prefix, &path).await).await, before);
    // built again in a file,
    let again = open(&url, &prefix, &scratch.path().join("again.db")).await;
    assert_eq!((all(&again).await, again.head().await), (before.clone(), head.clone()));
    // and built again in PostgreSQL.
    let again = on_postgres(&url, &prefix, &postgres_url().await).await;
    assert_eq!((all(&again).await, again.head().await), (before, head));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_on_kurrent() {
    whole_job(Store::Kurrent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_says_why() {
    let scratch = Scratch::new();
    let refused = async |url: &str, prefix: &str| {
        let opened = with_sqlite(url, prefix, &scratch.path().join("index.db")).await;
        opened.err().expect("refused").to_string()
    };
    let secret = refused("kurrentdb://admin:opensesame@[nonsense", "opl").await;
    assert!(secret.contains("not understood") && !secret.contains("opensesame"), "{secret}");
    let blind = refused("kurrentdb://localhost:1?tlsVerifyCert=false", "opl").await;
    assert!(blind.contains("tlsVerifyCert"), "{blind}");
    for prefix in ["", "a-b", "Opl", "ö"] {
        let wrong = refused("kurrentdb://localhost:1?tls=false", prefix).await;
        assert!(wrong.contains("small letters"), "{wrong}");
    }
    let file = refused("kurrentdb://localhost:1?tlsCaFile=/nowhere/ca.pem", "opl").await;
    assert!(file.contains("files named there"), "{file}");

    let options = |kurrent, postgres_url| Options {
        kurrent: Some(kurrent),
        postgres_url,
        ..Options::in_directory(scratch.path())
    };
    let alone = App::open(options(address().await, None)).await.err().expect("refused");
    assert!(alone.to_string().contains("--postgres"), "{alone}");
}

/// An index of another log is not filled up with this one.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_another_log_is_refused() {
    let scratch = Scratch::new();
    let path = scratch.path().join("index.db");
    let (url, prefix) = server::address().await;
    let log = open(&url, &prefix, &path).await;
    log.append(append(1, 0, &fresh(2))).await.expect("appended");
    drop(log);
    let other = format!("{prefix}x");
    let refused = with_sqlite(&url, &other, &path).await.err().expect("refused").to_string();
    assert!(refused.contains("not in this KurrentDB"), "{refused}");
}

/// What this program did not write stops the log, with the place named, and is not stepped over.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_in_our_streams_is_not_stepped_over() {
    let scratch = Scratch::new();
    let (url, prefix) = server::address().await;
    let log = open(&url, &prefix, &scratch.path().join("index.db")).await;
    log.append(append(1, 0, &fresh(1))).await.expect("appended");
    let client = kurrentdb::Client::new(url.parse().expect("settings")).expect("a client");
    let name = format!("{prefix}-account-{}", Uuid::from_u128(2));
    let event = kurrentdb::EventData::binary("strange", "{}".into()).id(Uuid::new_v4());
    client.append_to_stream(name, &Default::default(), event).await.expect("appended");
    let mut version = 1;
    let refused = loop {
        match log.append(append(1, version, &fresh(1))).await {
            Ok(_) => version += 1,
            Err(AppendError::Unavailable(cause)) => break cause,
            Err(AppendError::Unknown) => {}
            Err(other) => panic!("{other}"),
        }
        assert!(version < 1_000, "stepped over");
    };
    assert!(refused.contains("metadata"), "{refused}");
    let opened = with_sqlite(&url, &prefix, &scratch.path().join("other.db")).await;
    assert!(opened.err().expect("refused").to_string().contains("metadata"));
}
