//! The baseline: stock `CqrsFramework`, stock repositories, plain event store, measured.

mod account;
mod measure;
// The same account is kept of both sides of a comparison.
#[path = "../../../../benches/shared/processor.rs"]
mod processor;
mod store;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use cqrs_es::persist::{
    GenericQuery, PersistedEventRepository, PersistedEventStore, QueryReplay, ViewRepository,
};
use cqrs_es::{AggregateError, CqrsFramework, Query, View};
use postgres_es::{PostgresEventRepository, PostgresViewRepository};
use sqlite_es::{SqliteEventRepository, SqliteViewRepository};
use uuid::Uuid;

use account::{BalanceView, Balances, BenchAccount, Enter, StatementView};
use measure::{Measured, Running};
use store::{Kind, Store};

use crate::error::BridgeError;

/// Tries of one command when others write to its aggregate.
const MOST_TRIES: u32 = 1_000;
/// Aggregates the events of a replay are spread over.
const REPLAY_AGGREGATES: u64 = 500;
/// Entries of each account whose view keeps them.
const ROWS_A_VIEW: u64 = 500;
/// The view table of a replay.
const VIEW: &str = "bridge_bench_view";

/// Where a stock store is.
#[derive(Args)]
pub struct Place {
    /// Which stock store
    #[arg(long)]
    store: Kind,
    /// Path of the SQLite file, or address of the PostgreSQL database
    #[arg(long)]
    at: String,
}

/// What to measure; each prints one line of JSON.
#[derive(Subcommand)]
pub enum Job {
    /// Commands that add events to fresh aggregates
    Append {
        #[command(flatten)]
        place: Place,
        /// Callers at the same time
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024))]
        callers: u32,
        /// Events of each command
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
        events_per_command: u32,
        /// Commands of all callers together
        #[arg(long)]
        commands: u64,
        /// Add to one aggregate that grows
        #[arg(long)]
        growing: bool,
    },
    /// Commands of one event on an aggregate that is long already
    Command {
        #[command(flatten)]
        place: Place,
        /// Events it has before
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        length: u64,
        /// Commands
        #[arg(long)]
        commands: u64,
    },
    /// The stock replay of all events
    Replay {
        #[command(flatten)]
        place: Place,
        /// Events to replay; an empty store is filled with them first
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        events: u64,
        /// Into a stock view instead of memory
        #[arg(long)]
        view: bool,
        /// The view keeps the entries, too, not only their sum
        #[arg(long, requires = "view")]
        rows: bool,
    },
}

/// Measures and prints.
///
/// # Errors
/// If the store cannot be opened, or did not do what was asked.
pub async fn run(job: Job, output: &mut impl Write) -> Result<(), BridgeError> {
    let measured = match job {
        Job::Append { place, callers, events_per_command, commands, growing } => {
            let store = Store::open(place.store, &place.at, callers).await?;
            let load = Load { callers, events_per_command, commands, growing };
            let measured = match &store {
                Store::Sqlite(pool) => {
                    append(&store, SqliteEventRepository::new(pool.clone()), load).await?
                }
                Store::Postgres(pool) => {
                    append(&store, PostgresEventRepository::new(pool.clone()), load).await?
                }
            };
            store.close().await;
            measured
        }
        Job::Command { place, length, commands } => {
            let store = Store::open(place.store, &place.at, 1).await?;
            let measured = match &store {
                Store::Sqlite(pool) => {
                    command(&store, SqliteEventRepository::new(pool.clone()), length, commands)
                        .await?
                }
                Store::Postgres(pool) => {
                    command(&store, PostgresEventRepository::new(pool.clone()), length, commands)
                        .await?
                }
            };
            store.close().await;
            measured
        }
        Job::Replay { place, events, view, rows } => {
            // The replay holds one connection, the view takes another.
            let store = Store::open(place.store, &place.at, 2).await?;
            let into = match (view, rows) {
                (false, _) => Target::Memory,
                (true, false) => Target::Balances,
                (true, true) => Target::Statements,
            };
            let measured = replay(&store, events, into).await?;
            store.close().await;
            measured
        }
    };
    serde_json::to_writer(&mut *output, &measured).map_err(std::io::Error::from)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

#[derive(Clone, Copy)]
struct Load {
    callers: u32,
    events_per_command: u32,
    commands: u64,
    growing: bool,
}

type Framework<R> = CqrsFramework<BenchAccount, PersistedEventStore<R, BenchAccount>>;

fn framework<R: PersistedEventRepository>(repository: R) -> Framework<R> {
    CqrsFramework::new(PersistedEventStore::new_event_store(repository), vec![], ())
}

/// One command, decided again as often as others were faster.
async fn execute<R: PersistedEventRepository>(
    framework: &Framework<R>,
    aggregate: &str,
    command: Enter,
) -> Result<(), BridgeError> {
    for _ in 0..MOST_TRIES {
        match framework.execute(aggregate, command).await {
            Ok(()) => return Ok(()),
            Err(AggregateError::AggregateConflict) => {}
            Err(error) => return Err(BridgeError::Stock(error.to_string())),
        }
    }
    Err(BridgeError::Stock(format!("a command was in conflict {MOST_TRIES} times")))
}

async fn append<R: PersistedEventRepository + 'static>(
    store: &Store,
    repository: R,
    load: Load,
) -> Result<Measured, BridgeError> {
    let framework = Arc::new(framework(repository));
    let next = Arc::new(AtomicU64::new(0));
    let shared = Uuid::new_v4().to_string();
    let before = store.count().await?;
    let running = Running::begin(store).await?;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..load.callers {
        let (framework, next, shared) = (framework.clone(), next.clone(), shared.clone());
        callers.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= load.commands {
                    return Ok::<_, BridgeError>(latencies);
                }
                let fresh = if load.growing { shared.clone() } else { Uuid::new_v4().to_string() };
                let first = number * u64::from(load.events_per_command);
                let began = Instant::now();
                let enter = Enter { first, count: load.events_per_command };
                execute(&framework, &fresh, enter).await?;
                latencies.push(began.elapsed());
            }
        });
    }
    let mut latencies: Vec<Duration> = Vec::new();
    while let Some(caller) = callers.join_next().await {
        let caller = caller.map_err(|error| BridgeError::Stock(error.to_string()))?;
        latencies.extend(caller?);
    }
    let events = load.commands * u64::from(load.events_per_command);
    let measured = running.end(events, latencies);
    let stored = store.count().await? - before;
    if stored == events {
        return Ok(measured);
    }
    Err(BridgeError::Stock(format!("{stored} events were stored of {events}")))
}

async fn command<R: PersistedEventRepository>(
    store: &Store,
    repository: R,
    length: u64,
    commands: u64,
) -> Result<Measured, BridgeError> {
    let aggregate = Uuid::new_v4().to_string();
    store.fill(std::slice::from_ref(&aggregate), length).await?;
    let framework = framework(repository);
    let running = Running::begin(store).await?;
    let mut latencies = Vec::new();
    for number in length..length + commands {
        let began = Instant::now();
        execute(&framework, &aggregate, Enter { first: number, count: 1 }).await?;
        latencies.push(began.elapsed());
    }
    Ok(running.end(commands, latencies))
}

/// What a replay makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Sums in memory.
    Memory,
    /// A stock view with the sum of each account.
    Balances,
    /// A stock view with the entries of each account, too.
    Statements,
}

async fn replay(store: &Store, events: u64, into: Target) -> Result<Measured, BridgeError> {
    let present = store.count().await?;
    if present == 0 {
        let most = match into {
            Target::Memory | Target::Balances => REPLAY_AGGREGATES,
            Target::Statements => events.div_ceil(ROWS_A_VIEW),
        };
        let aggregates: Vec<String> = (0..most.min(events))
            .map(|number| Uuid::from_u128(u128::from(number) + 1).to_string())
            .collect();
        store.fill(&aggregates, events).await?;
    } else if present != events {
        let text = format!("the store holds {present} events, not {events}; name an empty one");
        return Err(BridgeError::Asked(text));
    }
    match into {
        Target::Memory => in_memory(store, events).await,
        Target::Balances => into_view::<BalanceView>(store, events).await,
        Target::Statements => into_view::<StatementView>(store, events).await,
    }
}

async fn in_memory(store: &Store, events: u64) -> Result<Measured, BridgeError> {
    let balances = Balances::default();
    let measured = match store {
        Store::Sqlite(pool) => {
            let repository = SqliteEventRepository::new(pool.clone());
            replay_all(store, repository, balances.clone(), events).await?
        }
        Store::Postgres(pool) => {
            let repository = PostgresEventRepository::new(pool.clone());
            replay_all(store, repository, balances.clone(), events).await?
        }
    };
    whole(measured, balances.folded())
}

async fn into_view<V: View<BenchAccount>>(
    store: &Store,
    events: u64,
) -> Result<Measured, BridgeError> {
    // A replay adds to the view that is there: it has to be empty.
    let new = "(view_id text PRIMARY KEY, version bigint NOT NULL, payload json NOT NULL)";
    match store {
        Store::Sqlite(pool) => {
            let new = new.replace("bigint", "integer").replace("json", "text");
            sqlx::raw_sql(&format!(
                "DROP TABLE IF EXISTS {VIEW}; CREATE TABLE {VIEW} {new} STRICT"
            ))
            .execute(pool)
            .await?;
            let query = generic::<_, V>(Arc::new(SqliteViewRepository::new(VIEW, pool.clone())));
            let measured =
                replay_all(store, SqliteEventRepository::new(pool.clone()), query, events).await?;
            let sum = format!("SELECT sum(json_extract(payload, '$.entries')) FROM {VIEW}");
            let folded: i64 = sqlx::query_scalar(&sum).fetch_one(pool).await?;
            whole(measured, folded.unsigned_abs())
        }
        Store::Postgres(pool) => {
            sqlx::raw_sql(&format!("DROP TABLE IF EXISTS {VIEW}; CREATE TABLE {VIEW} {new}"))
                .execute(pool)
                .await?;
            let query = generic::<_, V>(Arc::new(PostgresViewRepository::new(VIEW, pool.clone())));
            let measured =
                replay_all(store, PostgresEventRepository::new(pool.clone()), query, events)
                    .await?;
            let sum = format!("SELECT sum((payload->>'entries')::bigint)::bigint FROM {VIEW}");
            let folded: i64 = sqlx::query_scalar(&sum).fetch_one(pool).await?;
            whole(measured, folded.unsigned_abs())
        }
    }
}

/// A stock replay ends without an error when it loses its connection: the count has to be right.
fn whole(measured: Measured, folded: u64) -> Result<Measured, BridgeError> {
    if folded == measured.events {
        return Ok(measured);
    }
    let events = measured.events;
    Err(BridgeError::Stock(format!("the replay ended after {folded} of {events} events")))
}

fn generic<R: ViewRepository<V, BenchAccount>, V: View<BenchAccount>>(
    repository: Arc<R>,
) -> GenericQuery<R, V, BenchAccount> {
    let mut query = GenericQuery::new(repository);
    query.use_error_handler(Box::new(|error| eprintln!("the stock view failed: {error}")));
    query
}

async fn replay_all<R, Q>(
    store: &Store,
    repository: R,
    query: Q,
    events: u64,
) -> Result<Measured, BridgeError>
where
    R: PersistedEventRepository,
    Q: Query<BenchAccount>,
{
    let replay = QueryReplay::<R, Q, BenchAccount>::new(repository, query);
    let running = Running::begin(store).await?;
    replay.replay_all().await.map_err(|error| BridgeError::Stock(error.to_string()))?;
    Ok(running.end(events, Vec::new()))
}
