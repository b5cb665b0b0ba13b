//! Fences: what was decided under a lease that somebody else has taken is refused in the transaction
//! that would store it, and takes nothing else with it.

use std::sync::Arc;
use std::time::Duration;

use opl::ledger::store::{
    AppendError, ClockMicros, EventLog, Fence, PostgresLog, SqliteLog, StreamAppend,
};
use sqlx::postgres::PgPoolOptions;

use crate::store::{append, fresh, stream};
use crate::support::{Scratch, postgres_url};

/// Take-overs in the middle of a stream of appends.
const TAKE_OVERS: u64 = 40;
/// Streams one batch of the test is about.
const SIDE_BY_SIDE: u128 = 24;

fn clock() -> ClockMicros {
    let clock = opl::world::Clock::real();
    Arc::new(move || clock.micros())
}

fn fence(scope: u128, number: u64) -> Fence {
    Fence { scope: stream(scope), number }
}

fn under(fence: Fence, append: StreamAppend) -> StreamAppend {
    StreamAppend { fence: Some(fence), ..append }
}

async fn two_logs(url: &str) -> [Arc<dyn EventLog>; 2] {
    let open = async || {
        let pool = PgPoolOptions::new().max_connections(4).connect(url).await.expect("a pool");
        Arc::new(PostgresLog::open(pool, clock()).await.expect("a log")) as Arc<dyn EventLog>
    };
    [open().await, open().await]
}

fn two_files(scratch: &Scratch) -> [Arc<dyn EventLog>; 2] {
    let path = scratch.path().join("log.db");
    [(); 2].map(|()| Arc::new(SqliteLog::open(&path, clock()).expect("a log")) as Arc<dyn EventLog>)
}

/// What every store owes.
async fn contract([old, new]: [Arc<dyn EventLog>; 2]) {
    // The first fence of a scope is noted with the append that carries it.
    let ids = fresh(2);
    let first = under(fence(1, 5), append(1, 0, &ids));
    let stored = old.append(first.clone()).await;
    assert_eq!(stored.as_ref().map(|appended| appended.version), Ok(2));
    let fenced = |highest| Err(AppendError::Fenced { highest });
    let late = |version| under(fence(1, 4), append(1, version, &fresh(1)));
    assert_eq!(new.append(late(2)).await, fenced(5));
    // Where both are wrong the lost lease is said: whoever hears of a conflict decides again.
    assert_eq!(new.append(late(7)).await, fenced(5));
    // Another scope, and no fence at all, are not touched by it.
    assert!(new.append(under(fence(2, 1), append(2, 0, &fresh(1)))).await.is_ok());
    assert!(new.append(append(1, 2, &fresh(1))).await.is_ok());

    // Somebody takes over, and says so to another process' log.
    assert_eq!(new.raise_fence(fence(1, 6)).await, Ok(()));
    assert_eq!(new.raise_fence(fence(1, 6)).await, Ok(()), "sent again");
    assert_eq!(old.raise_fence(fence(1, 5)).await, Err(AppendError::Fenced { highest: 6 }));
    assert_eq!(old.append(under(fence(1, 5), append(1, 3, &fresh(1)))).await, fenced(6));
    // An append whose answer was lost is stored; asked again, it is told so.
    assert_eq!(old.append(first).await, stored);
    assert!(new.append(under(fence(1, 6), append(1, 3, &fresh(1)))).await.is_ok());
    assert_eq!(new.head().await.expect("a head").position, 5);

    // What is refused leaves the rest of its batch alone.
    let mut running = tokio::task::JoinSet::new();
    for number in 0..SIDE_BY_SIDE {
        let log = Arc::clone(&old);
        let fence = fence(1, if number % 3 == 0 { 5 } else { 6 });
        let append = under(fence, append(100 + number, 0, &fresh(2)));
        running.spawn(async move { (fence.number, log.append(append).await) });
    }
    for (number, result) in running.join_all().await {
        match number {
            5 => assert_eq!(result, fenced(6)),
            _ => assert_eq!(result.map(|appended| appended.version), Ok(2)),
        }
    }
    let stored = 5 + 2 * (SIDE_BY_SIDE as u64 - SIDE_BY_SIDE.div_ceil(3) as u64);
    assert_eq!(new.head().await.expect("a head").position, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_fence_is_refused_in_a_file() {
    let scratch = Scratch::new();
    contract(two_files(&scratch)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_fence_is_refused_in_postgresql() {
    contract(two_logs(&postgres_url().await).await).await;
}

/// One process appends without a pause under the fence it believes in; another takes over in the
/// middle. Once a take-over was answered, nothing more is stored under the fence before it.
async fn race([old, new]: [Arc<dyn EventLog>; 2]) {
    for round in 1..=TAKE_OVERS {
        let number = 1_000 + u128::from(round);
        let writing = Arc::clone(&old);
        let writer = tokio::spawn(async move {
            let mut version = 0;
            loop {
                let one = under(fence(1, round), append(number, version, &fresh(1)));
                match writing.append(one).await {
                    Ok(appended) => version = appended.version,
                    Err(AppendError::Fenced { highest }) => return (version, highest),
                    Err(error) => panic!("{error}"),
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(round % 7)).await;
        new.raise_fence(fence(1, round + 1)).await.expect("taken over");
        let seen = new.read_stream(stream(number), 0, 5_000).await.expect("read").len() as u64;
        let (stored, highest) = writer.await.expect("a writer");
        assert_eq!((seen, round + 1), (stored, highest), "round {round}");
        let now = new.read_stream(stream(number), 0, 5_000).await.expect("read").len() as u64;
        assert_eq!(now, seen, "round {round}: stored after the take-over was answered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_after_a_take_over_in_a_file() {
    let scratch = Scratch::new();
    race(two_files(&scratch)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_after_a_take_over_in_postgresql() {
    race(two_logs(&postgres_url().await).await).await;
}
