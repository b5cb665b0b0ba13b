//! One digest over all rows of a projection, the same for the same rows in any database.

use sha2::{Digest as _, Sha256};

use crate::database::{Database, DatabaseError, Value, sql};
use crate::definition::{Definition, Table};

/// Rows read at once.
const PAGE: usize = 2_000;

/// SHA-256 over every table's rows in the order of their keys. The checkpoint is not in it.
pub(crate) async fn digest(
    database: &Database,
    definition: &Definition,
) -> Result<[u8; 32], DatabaseError> {
    let mut hasher = Sha256::new();
    for table in definition.tables {
        hasher.update(table.name.as_bytes());
        hasher.update([0]);
        add_table(database, table, &mut hasher).await?;
    }
    Ok(hasher.finalize().into())
}

async fn add_table(
    database: &Database,
    table: &Table,
    hasher: &mut Sha256,
) -> Result<(), DatabaseError> {
    let key = table.key.join(", ");
    let places: Vec<String> = (1..=table.key.len()).map(|number| format!("${number}")).collect();
    let mut after: Option<Vec<Value>> = None;
    loop {
        let condition = match &after {
            None => String::new(),
            Some(_) => format!("WHERE ({key}) > ({})", places.join(", ")),
        };
        let text = format!(
            "SELECT {key}, {name}.* FROM {name} {condition} ORDER BY {key} LIMIT {PAGE}",
            name = table.name
        );
        let rows = database.query(sql(text, after.unwrap_or_default())).await?;
        for row in &rows {
            for value in &row[table.key.len()..] {
                add_value(value, hasher);
            }
        }
        match rows.last() {
            Some(row) if rows.len() == PAGE => after = Some(row[..table.key.len()].to_vec()),
            _ => return Ok(()),
        }
    }
}

fn add_value(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Integer(number) => {
            hasher.update([1]);
            hasher.update(number.to_be_bytes());
        }
        Value::Text(text) => {
            hasher.update([2]);
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        Value::Bytes(bytes) => {
            hasher.update([3]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
        Value::NullInteger | Value::NullText | Value::NullBytes => hasher.update([0]),
    }
}
