//! The log read without a writer.

use sqlx::postgres::PgPool;
use tokio::sync::{mpsc, watch};

use super::{LAYOUT, PostgresLog, Readers, Recent, cannot_open};
use crate::ledger::store::OpenError;

impl PostgresLog {
    /// Takes a log that is there already, to be read and nothing else: it has no writer, so that an
    /// append is refused.
    ///
    /// # Errors
    /// [`OpenError`]: no log, another layout than this program's, or no connection.
    pub async fn open_to_read(pool: PgPool) -> Result<Self, OpenError> {
        let found: i64 = sqlx::query_scalar("SELECT layout FROM log_layout")
            .fetch_one(&pool)
            .await
            .map_err(cannot_open)?;
        super::super::readable(found, LAYOUT)?;
        let last: i64 = sqlx::query_scalar("SELECT size FROM head")
            .fetch_one(&pool)
            .await
            .map_err(cannot_open)?;
        let (queue, _) = mpsc::channel(1);
        let readers = Readers::start(&pool);
        let (announce, recent) = (watch::Sender::new(last as u64), Recent::default());
        Ok(Self { pool, queue, announce, readers, recent })
    }
}
