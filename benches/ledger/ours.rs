//! The ledger as it is shipped, sealing and tree on, under the same load as the stock stores.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use domain::account::{AccountEvent, TransactionRecorded};
use domain::id::{FetchId, TransactionId, UserId};
use domain::money::{Currency, Money};
use domain::observed::{Evidence, ObservedTransaction};
use domain::stream::{Category, StreamId};
use opl::ledger::store::{EventLog, PostgresLog, SqliteLog};
use opl::ledger::{Actor, Cause, Ledger, Owner};
use opl::notary::Notary;
use opl::vault::keys::{HeldRootKey, Keys};
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use uuid::Uuid;

use crate::Failure;
use crate::measure::{Running, Sample, server};
use crate::place::{Kind, Spot};

/// Connections to PostgreSQL, as the service has them.
const CONNECTIONS: u32 = 12;

/// So many callers, so many commands of so many events.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Callers at the same time.
    pub callers: u32,
    /// Events of each command.
    pub events_per_command: u32,
    /// Commands of all callers together.
    pub commands: u64,
    /// Whether ours look up what is there before they decide, as a command does that does not begin
    /// an aggregate. The stock stores always do.
    pub look_up: bool,
}

impl Load {
    /// The load in the words of the bridge.
    pub fn job(self) -> String {
        let Self { callers, events_per_command, commands, .. } = self;
        format!(
            "append --callers {callers} --events-per-command {events_per_command} --commands {commands}"
        )
    }
}

/// Enter so many transactions.
#[derive(Clone, Copy, Debug)]
pub struct Enter {
    /// How many.
    pub count: u32,
}

/// Nothing is refused.
#[derive(Debug, thiserror::Error)]
pub enum NoRefusal {}

/// An account that takes whatever is entered, in the ledger's own events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BenchAccount {
    balance: i64,
    entries: u64,
}

impl Aggregate for BenchAccount {
    const TYPE: &'static str = "account";
    type Command = Enter;
    type Event = AccountEvent;
    type Error = NoRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Enter,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), NoRefusal> {
        for _ in 0..command.count {
            sink.write(AccountEvent::TransactionRecorded(transaction(self.entries)), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        if let AccountEvent::TransactionRecorded(recorded) = event {
            self.balance += recorded.observed.amount.minor;
            self.entries += 1;
        }
    }
}

/// A transaction such as a bank shows them, with an identifier of its own.
pub fn transaction(number: u64) -> TransactionRecorded {
    let amount = Money::new(-(number as i64 % 100_000) - 1, Currency::EUR);
    TransactionRecorded {
        transaction_id: TransactionId(Uuid::new_v4()),
        observed: ObservedTransaction {
            bank_reference: Some(format!("20260105{number:012}")),
            bank_identifier: None,
            state: domain::observed::RowState::Booked,
            booking_date: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default(),
            value_date: NaiveDate::from_ymd_opt(2026, 1, 5),
            payment_date: None,
            amount,
            amount_text: amount.to_string(),
            original_amount: None,
            counterparty: Some("Kauppaliike Esimerkki Oy".to_owned()),
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: String::new(),
            reference: None,
            bank_type: None,
            unmapped: None,
        },
        ordinal: 0,
        evidence: Evidence {
            fetch_id: FetchId(Uuid::from_u128(8)),
            answer: 2,
            row: 7,
            received_at: DateTime::<Utc>::UNIX_EPOCH,
        },
    }
}

/// A ledger in a place.
pub struct Ours {
    log: Arc<dyn EventLog>,
    keys: Arc<Keys>,
    vault: Database,
    folder: PathBuf,
    pool: Option<PgPool>,
    /// The person everything is about.
    pub person: UserId,
}

impl Ours {
    /// Makes the log and the person's key.
    pub async fn open(spot: &Spot) -> Result<Self, Failure> {
        let clock = Clock::real();
        let micros = clock.clone();
        let micros: opl::ledger::store::ClockMicros = Arc::new(move || micros.micros());
        let mut pool = None;
        let log: Arc<dyn EventLog> = match spot.kind {
            Kind::Sqlite => Arc::new(SqliteLog::open(spot.at.as_ref(), micros)?),
            Kind::Postgres => {
                let options = PgConnectOptions::from_str(&spot.at)?;
                let opened =
                    PgPoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
                pool = Some(opened.clone());
                Arc::new(PostgresLog::open(opened, micros).await?)
            }
        };
        let vault = Database::sqlite(&spot.folder.join("vault.db"), Durability::Full)?;
        opl::vault::prepare(&vault).await?;
        let root = HeldRootKey::from_file(&spot.folder.join("root.key"), Chance::real())?;
        let keys = Keys::new(vault.clone(), Box::new(root), Chance::real(), clock);
        let person = UserId(Uuid::from_u128(2));
        keys.key_of_person(person).await?.ok_or("a key")?;
        let folder = spot.folder.clone();
        Ok(Self { log, keys: Arc::new(keys), vault, folder, pool, person })
    }

    /// A ledger that has no aggregate in memory yet.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(Arc::clone(&self.log), Arc::clone(&self.keys), Chance::real(), Clock::real())
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    async fn running(&self) -> Result<Running, Failure> {
        let server = match &self.pool {
            Some(pool) => server(pool).await?,
            None => None,
        };
        Ok(Running::begin(server))
    }

    /// Ends all connections.
    pub async fn close(self) {
        if let Some(pool) = &self.pool {
            pool.close().await;
        }
    }

    /// Commands on fresh aggregates.
    pub async fn append(&self, load: Load) -> Result<Sample, Failure> {
        let (ledger, next) = (Arc::new(self.ledger()), Arc::new(AtomicU64::new(0)));
        let before = self.log.head().await?.position;
        let owner = Owner::Person(self.person);
        let running = self.running().await?;
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..load.callers {
            let (ledger, next) = (Arc::clone(&ledger), Arc::clone(&next));
            callers.spawn(async move {
                let mut latencies = Vec::new();
                while next.fetch_add(1, Ordering::Relaxed) < load.commands {
                    let stream = StreamId::new(Category::Account, Uuid::new_v4());
                    let cause = Cause::new(Actor::Bank, stream.id);
                    let began = Instant::now();
                    let enter = Enter { count: load.events_per_command };
                    if load.look_up {
                        ledger.execute::<BenchAccount>(stream, owner, cause, enter).await?;
                    } else {
                        ledger.begin::<BenchAccount>(stream, owner, cause, enter).await?;
                    }
                    latencies.push(began.elapsed());
                }
                Ok::<_, Failure>(latencies)
            });
        }
        let mut latencies: Vec<Duration> = Vec::new();
        while let Some(caller) = callers.join_next().await {
            latencies.extend(caller??);
        }
        let events = load.commands * u64::from(load.events_per_command);
        let sample = running.end(events, latencies);
        let stored = self.log.head().await?.position - before;
        if stored == events {
            return Ok(sample);
        }
        Err(format!("{stored} events were stored of {events}").into())
    }

    /// Puts all events under a checkpoint, as the service does from time to time; gives the processor
    /// time an event, in microseconds.
    pub async fn checkpoint(&self) -> Result<f64, Failure> {
        let tree = Database::sqlite(&self.folder.join("notary.db"), Durability::Full)?;
        let (vault, log) = (self.vault.clone(), Arc::clone(&self.log));
        let clock = Clock::real();
        let notary = Notary::open(tree, vault, log, &self.keys, &self.folder, clock).await?;
        let events = self.log.head().await?.position;
        let running = self.running().await?;
        notary.sign().await?;
        Ok(running.end(events, Vec::new()).cpu_us_per_event)
    }

    /// Commands of one event on an aggregate that has so many, each by a ledger that has to load it.
    pub async fn command(&self, length: u64, commands: u64) -> Result<Sample, Failure> {
        const EVENTS_A_COMMAND: u32 = 100;
        let stream = StreamId::new(Category::Account, Uuid::new_v4());
        let owner = Owner::Person(self.person);
        let cause = Cause::new(Actor::Bank, stream.id);
        let ledger = self.ledger();
        for _ in 0..length / u64::from(EVENTS_A_COMMAND) {
            let enter = Enter { count: EVENTS_A_COMMAND };
            ledger.execute::<BenchAccount>(stream, owner, cause, enter).await?;
        }
        let running = self.running().await?;
        let mut latencies = Vec::new();
        for done in 1..=commands {
            let ledger = self.ledger();
            let began = Instant::now();
            let enter = Enter { count: 1 };
            let after = ledger.execute::<BenchAccount>(stream, owner, cause, enter).await?;
            latencies.push(began.elapsed());
            if after.aggregate.entries != length + done {
                return Err("the aggregate was not loaded whole".into());
            }
        }
        Ok(running.end(commands, latencies))
    }
}
