//! Loads every aggregate with the stock repository and says what state it came to.

use std::io::Write;

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{Aggregate, AggregateError, EventStore};
use domain::account::Account;
use domain::consent::Consent;
use domain::fetch::Fetch;
use domain::grant::Grant;
use domain::guidance::Guidance;
use domain::import::Import;
use domain::incident::Incident;
use domain::rates::Rates;
use domain::role::GrantedRole;
use domain::signing::Signing;
use domain::tpp_registration::TppRegistration;
use domain::user::User;
use postgres_es::PostgresEventRepository;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

use crate::error::BridgeError;

/// Aggregates listed at a time.
const MOST_NAMES_A_PAGE: i64 = 1_000;

const NAMES: &str = "SELECT DISTINCT aggregate_id COLLATE \"C\" FROM events
    WHERE aggregate_type = $1 AND aggregate_id COLLATE \"C\" > $2
    ORDER BY aggregate_id COLLATE \"C\" LIMIT $3";

/// What one aggregate came to.
#[derive(Serialize)]
struct State<'a> {
    r#type: &'a str,
    id: &'a str,
    version: u64,
    /// SHA-256 of its JSON, in lower-case hexadecimal.
    digest: String,
}

/// Writes one line of JSON for each aggregate, by type and then by identifier. Answers how many.
///
/// # Errors
/// If the table holds other aggregates than this program's, or cannot be loaded.
pub async fn aggregates(pool: &PgPool, output: &mut impl Write) -> Result<u64, BridgeError> {
    let known = [
        Account::TYPE,
        Consent::TYPE,
        Fetch::TYPE,
        Grant::TYPE,
        Guidance::TYPE,
        Import::TYPE,
        Incident::TYPE,
        Rates::TYPE,
        TppRegistration::TYPE,
        GrantedRole::TYPE,
        Signing::TYPE,
        User::TYPE,
    ];
    let unknown: Option<String> = sqlx::query_scalar(
        "SELECT aggregate_type FROM events WHERE aggregate_type <> ALL($1) LIMIT 1",
    )
    .bind(known.as_slice())
    .fetch_optional(pool)
    .await?;
    if let Some(kind) = unknown {
        return Err(BridgeError::Asked(format!("this program knows no aggregate type `{kind}`")));
    }
    // In the order of their names.
    let mut count = of_type::<Account>(pool, output).await?;
    count += of_type::<Consent>(pool, output).await?;
    count += of_type::<Fetch>(pool, output).await?;
    count += of_type::<Grant>(pool, output).await?;
    count += of_type::<Guidance>(pool, output).await?;
    count += of_type::<Import>(pool, output).await?;
    count += of_type::<Incident>(pool, output).await?;
    count += of_type::<Rates>(pool, output).await?;
    count += of_type::<TppRegistration>(pool, output).await?;
    count += of_type::<GrantedRole>(pool, output).await?;
    count += of_type::<Signing>(pool, output).await?;
    count += of_type::<User>(pool, output).await?;
    output.flush()?;
    Ok(count)
}

async fn of_type<A: Aggregate>(pool: &PgPool, output: &mut impl Write) -> Result<u64, BridgeError> {
    let repository = PostgresEventRepository::new(pool.clone());
    let store = PersistedEventStore::<_, A>::new_event_store(repository);
    let (mut count, mut last) = (0, String::new());
    loop {
        let names: Vec<String> = sqlx::query_scalar(NAMES)
            .bind(A::TYPE)
            .bind(&last)
            .bind(MOST_NAMES_A_PAGE)
            .fetch_all(pool)
            .await?;
        let Some(end) = names.last().cloned() else { return Ok(count) };
        for id in &names {
            let loaded = store.load_aggregate(id).await.map_err(|error| {
                let why = match error {
                    // The cause would quote the payload.
                    AggregateError::DeserializationError(_) => "an event does not fit".to_owned(),
                    other => other.to_string(),
                };
                BridgeError::Stock(format!("aggregate `{}` `{id}` does not load: {why}", A::TYPE))
            })?;
            let state = serde_json::to_vec(&loaded.aggregate).map_err(std::io::Error::from)?;
            let state = State {
                r#type: A::TYPE,
                id,
                version: loaded.current_sequence as u64,
                digest: format!("{:x}", Sha256::digest(state)),
            };
            serde_json::to_writer(&mut *output, &state).map_err(std::io::Error::from)?;
            output.write_all(b"\n")?;
            count += 1;
        }
        last = end;
    }
}
