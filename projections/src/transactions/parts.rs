//! The parts of split transactions.

use std::collections::{BTreeSet, HashMap};

use domain::id::TransactionId;
use domain::transaction::SplitPart;
use uuid::Uuid;

use super::entry::Entry;
use crate::database::{Database, DatabaseError, Row, RowReader, sql};
use crate::definition::Folded;
use crate::rows::{Existing, bulk, look_up, read_rows};

/// Writes the parts of a transaction anew.
pub(super) fn write_parts(folded: &mut Folded, entry: &Entry) {
    let delete = "DELETE FROM parts WHERE transaction_id = $1";
    folded.push(sql(delete, vec![entry.transaction_id.into()]));
    let rows = entry
        .parts
        .iter()
        .zip(0_u32..)
        .map(|(part, place)| {
            vec![
                entry.transaction_id.into(),
                place.into(),
                entry.user_id.into(),
                part.amount.minor.into(),
                part.amount.currency.code().into(),
                part.category.as_deref().into(),
                part.note.as_deref().into(),
            ]
        })
        .collect::<Vec<Row>>();
    let columns =
        ["transaction_id", "place", "user_id", "amount_minor", "currency", "category", "note"];
    folded.extend(bulk("parts", &columns, 2, &Existing::Never, rows));
}

/// The parts of transactions, in their order.
pub(super) async fn parts_of(
    reader: &Database,
    ids: &BTreeSet<Uuid>,
) -> Result<HashMap<TransactionId, Vec<SplitPart>>, DatabaseError> {
    let select = "SELECT transaction_id, place, amount_minor, currency, category, note FROM parts
        WHERE transaction_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, row.count()?, read_part(row)?));
    let mut rows: Vec<(TransactionId, u64, SplitPart)> =
        read_rows(look_up(reader, select, ids).await?, read)?;
    rows.sort_by_key(|(id, place, _)| (*id, *place));
    let mut parts: HashMap<TransactionId, Vec<SplitPart>> = HashMap::new();
    for (id, _, part) in rows {
        parts.entry(id).or_default().push(part);
    }
    Ok(parts)
}

/// Reads amount, currency, category and note.
pub(super) fn read_part(row: &mut RowReader) -> Result<SplitPart, DatabaseError> {
    Ok(SplitPart {
        amount: row.money()?,
        category: row.optional_text()?,
        note: row.optional_text()?,
    })
}
