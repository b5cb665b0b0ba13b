//! An index that is made on PostgreSQL while others read and write its table.

use sqlx::{AssertSqlSafe, PgConnection};

use super::DatabaseError;
use super::postgres::{Postgres, plain, to_its_end};

/// It is merged from what was gathered in so much memory. Whoever deletes the table waits for it, and it
/// would wait for them: it is the one that gives up, before the server (a second) takes either.
const SETTINGS: &str = "SET maintenance_work_mem TO '128MB'; SET statement_timeout TO 0; \
    SET lock_timeout TO '900ms'";

impl Postgres {
    /// See [`super::Database::index_beside`]. Whoever makes it holds a lock of the server by its name, that
    /// goes with the connection, so that no other process takes a half-made one for a left one.
    pub(super) async fn index_beside(
        &self,
        name: &str,
        table: &str,
        definition: &str,
    ) -> Result<bool, DatabaseError> {
        let index = format!("{}.{name}", self.schema);
        let create =
            format!("CREATE INDEX CONCURRENTLY {name} ON {}.{table} {definition}", self.schema);
        let pool = self.pool.clone();
        to_its_end(async move {
            let mut connection = pool.acquire().await.map_err(plain)?;
            if validity(&mut connection, &index).await? == Some(true) {
                return Ok(true);
            }
            connection.close_on_drop();
            let locking = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
            let locked: bool = sqlx::query_scalar(locking)
                .bind(&index)
                .fetch_one(&mut *connection)
                .await
                .map_err(plain)?;
            if !locked {
                return Ok(false);
            }
            let mut statements = vec![SETTINGS.to_owned()];
            match validity(&mut connection, &index).await? {
                Some(true) => return Ok(true),
                Some(false) => statements.push(format!("DROP INDEX {index}")),
                None => {}
            }
            statements.push(create);
            for statement in statements {
                let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await;
                done.map_err(plain)?;
            }
            Ok(true)
        })
        .await
    }
}

/// Whether an index is whole; none if there is none.
async fn validity(
    connection: &mut PgConnection,
    index: &str,
) -> Result<Option<bool>, DatabaseError> {
    let select = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
    let found = sqlx::query_scalar(select).bind(index).fetch_optional(connection).await;
    found.map_err(plain)
}
