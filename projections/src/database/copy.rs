//! Many new rows at once into PostgreSQL: `COPY` writes a page of rows at a time where an insert
//! writes row by row.

use sqlx::postgres::PgConnection;

use super::Bulk;
use super::packed::Field;

/// Rows from which on what `COPY` saves is more than what its further round trip costs.
pub(super) const COPY_FROM: usize = 200;

/// How the binary form of `COPY` begins: its signature, no flags, no header extension
/// (PostgreSQL's manual, `COPY`, "Binary Format").
const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// How it ends.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// The length of a value that is none.
const NONE: [u8; 4] = (-1_i32).to_be_bytes();

/// How a bulk goes by `COPY`; none if it does not.
pub(super) fn of(bulk: &Bulk) -> Option<&str> {
    bulk.copy.as_deref().filter(|_| bulk.rows.len() >= COPY_FROM)
}

/// Writes the rows of a bulk; tells how many.
pub(super) async fn write(
    connection: &mut PgConnection,
    copy: &str,
    bulk: &Bulk,
) -> Result<u64, sqlx::Error> {
    let text = format!("{copy} FROM STDIN WITH (FORMAT binary)");
    let mut copy = connection.copy_in_raw(&text).await?;
    copy.send(binary(bulk)).await?;
    copy.finish().await
}

fn binary(bulk: &Bulk) -> Vec<u8> {
    let rows = &bulk.rows;
    // A length before each row and value, and eight bytes for a number.
    let most = HEADER.len() + rows.size() + rows.len() * (2 + rows.width() * 12) + TRAILER.len();
    let mut out = Vec::with_capacity(most);
    out.extend_from_slice(HEADER);
    for row in rows.iter() {
        // A table has at most 1,600 columns.
        out.extend_from_slice(&(rows.width() as i16).to_be_bytes());
        for value in row {
            match value {
                Field::Integer(number) => field(&mut out, &number.to_be_bytes()),
                Field::Text(text) => field(&mut out, text.as_bytes()),
                Field::Bytes(bytes) => field(&mut out, bytes),
                Field::NullInteger | Field::NullText | Field::NullBytes => {
                    out.extend_from_slice(&NONE);
                }
            }
        }
    }
    out.extend_from_slice(&TRAILER);
    out
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}
