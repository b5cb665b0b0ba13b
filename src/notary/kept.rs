//! What was signed, in both of its places, and how far the tree has grown.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use projections::database::{Database, DatabaseError, RowReader, sql};
use transparency::checkpoint::{Checkpoint, VerifierKey, open_note};
use transparency::tree::{Frontier, Hash};

use super::NotaryError;
use super::signers::turning;

const LAYOUT: &str = include_str!("../../migrations/notary/0001_notary.sql");
/// Most notes read at once.
const MOST_NOTES: usize = 1_000;

/// A checkpoint as it was signed.
pub(super) struct Signed {
    pub size: u64,
    pub root: Hash,
    pub note: String,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub signed_at: i64,
}

pub(super) async fn prepare(database: &Database) -> Result<(), DatabaseError> {
    database.create_schema().await?;
    let bare: String =
        LAYOUT.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    let statements: Vec<&str> =
        bare.split(';').map(str::trim).filter(|statement| !statement.is_empty()).collect();
    match database.define(&statements).await {
        // Another process made the same tables at the same time.
        Err(DatabaseError::Unique) => database.define(&statements).await?,
        other => other?,
    }
    let begin = "INSERT INTO tree (one, size, frontier) VALUES (1, 0, $1)
        ON CONFLICT (one) DO NOTHING";
    database.execute(sql(begin, vec![Vec::new().into()])).await.map(drop)
}

/// A size as the name of a checkpoint.
pub(super) fn name(size: u64) -> String {
    format!("{size:020}")
}

fn hash(row: &mut RowReader, column: usize) -> Result<Hash, DatabaseError> {
    row.bytes()?.try_into().map_err(|_| DatabaseError::Column(column))
}

/// The last one signed.
pub(super) async fn last(database: &Database) -> Result<Option<Signed>, NotaryError> {
    let select = "SELECT size, root, note, signed_at FROM signed_checkpoint
        ORDER BY name DESC LIMIT 1";
    let rows = database.query(sql(select, vec![])).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let row = &mut RowReader::new(row);
    Ok(Some(Signed {
        size: row.count()?,
        root: hash(row, 2)?,
        note: row.text()?,
        signed_at: row.integer()?,
    }))
}

/// The newest checkpoint's signed note with the cosignatures it has, in one statement.
pub(super) async fn newest_note(database: &Database) -> Result<Option<String>, NotaryError> {
    let select = "SELECT c.note, s.line FROM signed_checkpoint c
        LEFT JOIN cosignature s ON s.name = c.name
        WHERE c.name = (SELECT MAX(name) FROM signed_checkpoint) ORDER BY s.witness";
    let mut newest: Option<String> = None;
    for row in database.query(sql(select, vec![])).await? {
        let row = &mut RowReader::new(row);
        let note = row.text()?;
        let line = row.optional_text()?;
        newest.get_or_insert(note).push_str(line.as_deref().unwrap_or_default());
    }
    Ok(newest)
}

pub(super) async fn notes(
    database: &Database,
    after: u64,
    max: usize,
) -> Result<Vec<(u64, String)>, NotaryError> {
    let select = "SELECT size, note FROM signed_checkpoint WHERE name > $1
        ORDER BY name LIMIT $2";
    let limit = max.min(MOST_NOTES) as u64;
    let rows = database.query(sql(select, vec![name(after).into(), limit.into()])).await?;
    let read = |row| {
        let mut row = RowReader::new(row);
        Ok((row.count()?, row.text()?))
    };
    rows.into_iter().map(read).collect()
}

/// Keeps what was signed, if the key it was signed with still counts.
pub(super) async fn keep(
    database: &Database,
    signed: &Signed,
    epoch: u32,
) -> Result<(), NotaryError> {
    let insert = "INSERT INTO signed_checkpoint (name, size, root, note, signed_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING";
    let values = vec![
        name(signed.size).into(),
        signed.size.into(),
        signed.root.to_vec().into(),
        signed.note.clone().into(),
        signed.signed_at.into(),
    ];
    let [begin, same] = turning(epoch, epoch);
    match database.transaction(vec![begin, same, sql(insert, values)]).await {
        Ok(_) => Ok(()),
        Err(DatabaseError::Guard { .. }) => Err(NotaryError::KeyTurned),
        Err(error) => Err(error.into()),
    }
}

/// Keeps what a witness gave for a size. It may give it again, at another time.
pub(super) async fn keep_cosignature(
    database: &Database,
    size: u64,
    witness: &str,
    line: &str,
    now: i64,
) -> Result<(), NotaryError> {
    let insert = "INSERT INTO cosignature (name, witness, line, cosigned_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (name, witness) DO NOTHING";
    let values = vec![name(size).into(), witness.into(), line.into(), now.into()];
    database.execute(sql(insert, values)).await?;
    Ok(())
}

/// The largest size a witness cosigned; 0 for none.
pub(super) async fn last_cosigned(database: &Database, witness: &str) -> Result<u64, NotaryError> {
    let select = "SELECT name FROM cosignature WHERE witness = $1 ORDER BY name DESC LIMIT 1";
    let rows = database.query(sql(select, vec![witness.into()])).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(0) };
    let size = RowReader::new(row).text()?.parse().map_err(|_| DatabaseError::Column(1))?;
    Ok(size)
}

/// Size and frontier of the stored tree.
pub(super) async fn tree(database: &Database) -> Result<(u64, Frontier), NotaryError> {
    let rows = database.query(sql("SELECT size, frontier FROM tree", vec![])).await?;
    let row = rows.into_iter().next().ok_or(NotaryError::DamagedTree)?;
    let row = &mut RowReader::new(row);
    let size = row.count()?;
    let frontier = Frontier::from_bytes(size, &row.bytes()?);
    Ok((size, frontier.map_err(|_| NotaryError::DamagedTree)?))
}

/// The checkpoint in the file; none if there is no file yet.
pub(super) fn read_file(
    path: &Path,
    keys: &[VerifierKey],
) -> Result<Option<Checkpoint>, NotaryError> {
    match std::fs::read_to_string(path) {
        Ok(note) => Ok(Some(open_note(&note, keys)?.checkpoint)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(NotaryError::File { path: path.to_owned(), cause }),
    }
}

/// Puts a note in the place of the one before, in one step and on the disk.
pub(super) fn write_file(path: &Path, note: &str) -> Result<(), NotaryError> {
    let write = || {
        // Another process, or the command line, may be writing at the same time.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new = path.with_extension(format!("new-{}-{number}", std::process::id()));
        let mut file = std::fs::File::create(&new)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        let directory = path.parent().unwrap_or(Path::new("."));
        std::fs::File::open(directory)?.sync_all()
    };
    write().map_err(|cause| NotaryError::File { path: path.to_owned(), cause })
}
