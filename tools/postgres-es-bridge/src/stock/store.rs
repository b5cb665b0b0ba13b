//! The databases under the stock stores, and the fast way to fill them.

use std::str::FromStr as _;
use std::time::Duration;

use clap::ValueEnum;
use cqrs_es::DomainEvent as _;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};

use super::account::{Entered, Entry};
use crate::error::BridgeError;
use crate::export::STOCK_TABLE;

/// Connections sqlite-es opens by default.
const SQLITE_CONNECTIONS: u32 = 10;
/// Most connections to PostgreSQL.
const MOST_CONNECTIONS: u32 = 32;
/// How long a connection waits for SQLite's one write lock: long enough that no caller is refused.
const BUSY: Duration = Duration::from_secs(60);
/// Rows one transaction carries when a store is filled.
const ROWS_A_TRANSACTION: u64 = 1_000;

const SQLITE_TABLE: &str = "CREATE TABLE IF NOT EXISTS events (
    aggregate_type text                          NOT NULL,
    aggregate_id   text                          NOT NULL,
    sequence       integer CHECK (sequence >= 0) NOT NULL,
    event_type     text                          NOT NULL,
    event_version  text                          NOT NULL,
    payload        text                          NOT NULL,
    metadata       text                          NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
) STRICT";

const SQLITE_INSERT: &str = "INSERT INTO events VALUES ('bench', ?, ?, ?, ?, ?, '{}')";

const POSTGRES_INSERT: &str = "INSERT INTO events
    SELECT 'bench', id, sequence, $4, $5, payload::json, '{}'
    FROM unnest($1::text[], $2::bigint[], $3::text[]) AS new (id, sequence, payload)";

/// Which stock store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// sqlite-es, with `synchronous=FULL`, so that an acknowledged event survives a power cut.
    Sqlite,
    /// postgres-es.
    Postgres,
}

/// A database with the stock table.
#[derive(Clone)]
pub enum Store {
    /// A file.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

impl Store {
    /// Opens a database for so many callers and makes the stock table.
    ///
    /// # Errors
    /// If there is none, or it refuses.
    pub async fn open(kind: Kind, at: &str, callers: u32) -> Result<Self, BridgeError> {
        match kind {
            Kind::Sqlite => {
                let options = SqliteConnectOptions::from_str(&format!("sqlite://{at}"))?
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY)
                    .foreign_keys(true);
                let pool = SqlitePoolOptions::new()
                    .max_connections(SQLITE_CONNECTIONS)
                    .connect_with(options)
                    .await?;
                sqlx::query(SQLITE_TABLE).execute(&pool).await?;
                Ok(Self::Sqlite(pool))
            }
            Kind::Postgres => {
                let pool = PgPoolOptions::new()
                    .max_connections(callers.clamp(1, MOST_CONNECTIONS))
                    .connect(at)
                    .await?;
                sqlx::query(STOCK_TABLE).execute(&pool).await?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// How many events there are.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn count(&self) -> Result<u64, BridgeError> {
        let text = "SELECT count(*) FROM events";
        let count: i64 = match self {
            Self::Sqlite(pool) => sqlx::query_scalar(text).fetch_one(pool).await?,
            Self::Postgres(pool) => sqlx::query_scalar(text).fetch_one(pool).await?,
        };
        Ok(count.unsigned_abs())
    }

    /// Adds events by direct inserts, spread over aggregates one after another.
    ///
    /// # Errors
    /// If the database refuses.
    pub async fn fill(&self, aggregates: &[String], events: u64) -> Result<(), BridgeError> {
        let mut next = 0;
        while next < events {
            let end = events.min(next + ROWS_A_TRANSACTION);
            let rows = (next..end).map(|number| row(aggregates, number));
            match self {
                Self::Sqlite(pool) => {
                    let mut transaction = pool.begin().await?;
                    for (id, sequence, event) in rows {
                        sqlx::query(SQLITE_INSERT)
                            .bind(id)
                            .bind(sequence)
                            .bind(event.event_type())
                            .bind(event.event_version())
                            .bind(text(&event)?)
                            .execute(&mut *transaction)
                            .await?;
                    }
                    transaction.commit().await?;
                }
                Self::Postgres(pool) => {
                    let (mut ids, mut sequences, mut payloads) = (vec![], vec![], vec![]);
                    let sample = Entered::Entry(Entry::number(0));
                    for (id, sequence, event) in rows {
                        ids.push(id);
                        sequences.push(sequence);
                        payloads.push(text(&event)?);
                    }
                    sqlx::query(POSTGRES_INSERT)
                        .bind(ids)
                        .bind(sequences)
                        .bind(payloads)
                        .bind(sample.event_type())
                        .bind(sample.event_version())
                        .execute(pool)
                        .await?;
                }
            }
            next = end;
        }
        if let Self::Postgres(pool) = self {
            sqlx::query("ANALYZE events").execute(pool).await?;
        }
        Ok(())
    }

    /// The first process of the server, if it is on this machine.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn server(&self) -> Result<Option<i32>, BridgeError> {
        let Self::Postgres(pool) = self else { return Ok(None) };
        let backend = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await?;
        Ok(super::processor::server_of(backend))
    }

    /// Ends all connections.
    pub async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

fn row(aggregates: &[String], number: u64) -> (&str, i64, Entered) {
    let many = aggregates.len() as u64;
    let id = aggregates[(number % many) as usize].as_str();
    (id, (number / many) as i64 + 1, Entered::Entry(Entry::number(number)))
}

fn text(event: &Entered) -> Result<String, BridgeError> {
    Ok(serde_json::to_string(event).map_err(std::io::Error::from)?)
}
