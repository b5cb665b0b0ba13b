//! The least that PostgreSQL needs for the rows: those of the transactions alone, made before, by `COPY`
//! into an empty table, and then its indexes. Nothing is read from the log, opened or folded, so nobody
//! who keeps these rows is faster.

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinSet;

use crate::Failure;
use crate::measure::{Running, Timed, server};

/// Where the rows are written.
const SCHEMA: &str = "rows_alone";
/// As the read models sort theirs.
const SORTING: &str =
    "SET maintenance_work_mem TO '192MB'; SET max_parallel_maintenance_workers TO 0";

/// Writes the rows of the transactions once more. The rate is that of the `events` they were made of.
///
/// # Errors
/// Whatever stopped it.
pub async fn alone(pool: &PgPool, events: u64) -> Result<Timed, Failure> {
    let built: String = sqlx::query_scalar(
        "SELECT schemaname FROM pg_tables WHERE tablename = 'transactions' ORDER BY 1 DESC LIMIT 1",
    )
    .fetch_one(pool)
    .await?;
    let text = format!("COPY {built}.transactions TO STDOUT WITH (FORMAT binary)");
    let mut connection = pool.acquire().await?;
    let rows: Vec<_> = connection.copy_out_raw(&text).await?.try_collect().await?;
    let indexes: Vec<String> = sqlx::query_scalar(
        "SELECT replace(indexdef, schemaname || '.', $2 || '.') FROM pg_indexes
         WHERE schemaname = $1 AND tablename = 'transactions'",
    )
    .bind(&built)
    .bind(SCHEMA)
    .fetch_all(pool)
    .await?;
    let empty = format!(
        "CREATE SCHEMA {SCHEMA};
         CREATE TABLE {SCHEMA}.transactions (LIKE {built}.transactions INCLUDING DEFAULTS)"
    );
    sqlx::raw_sql(AssertSqlSafe(empty)).execute(pool).await?;
    let server = server(pool).await?;
    let running = Running::begin(server);
    let text = format!("COPY {SCHEMA}.transactions FROM STDIN WITH (FORMAT binary)");
    let mut copy = connection.copy_in_raw(&text).await?;
    for part in rows {
        copy.send(part).await?;
    }
    copy.finish().await?;
    let mut making = JoinSet::new();
    for index in indexes {
        let pool = pool.clone();
        making.spawn(async move {
            let text = AssertSqlSafe(format!("{SORTING}; {index}"));
            sqlx::raw_sql(text).execute(&pool).await.map(drop)
        });
    }
    while let Some(made) = making.join_next().await {
        made??;
    }
    let timed = running.end(events);
    sqlx::raw_sql(AssertSqlSafe(format!("DROP SCHEMA {SCHEMA} CASCADE"))).execute(pool).await?;
    Ok(timed)
}
