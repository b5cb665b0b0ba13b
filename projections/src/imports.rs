//! Files of statements that people brought: what each was, and what it came to for each account.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, ImportId, UserId};
use domain::import::ImportEvent;
use domain::transaction::{BalanceProof, WindowReconciled};

use crate::database::{DatabaseError, RowReader, Value, sql};
use crate::definition::{Definition, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::{Shape, To};
use crate::location::Generation;
use crate::rows::read_rows;

/// Most files one answer holds.
pub const MOST_IMPORTS: u32 = 50;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "imports",
    version: 2,
    tables: &[
        Table {
            name: "imports",
            key: &["import_id"],
            create: "CREATE TABLE IF NOT EXISTS imports (
                import_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                file_name TEXT,
                format TEXT NOT NULL,
                bytes BIGINT NOT NULL,
                received_at BIGINT NOT NULL,
                completed_at BIGINT,
                position BIGINT NOT NULL)",
            indexes: &["CREATE INDEX IF NOT EXISTS imports_person ON imports (user_id, position)"],
        },
        Table {
            name: "import_statements",
            key: &["import_id", "account_id"],
            create: "CREATE TABLE IF NOT EXISTS import_statements (
                import_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                row_count BIGINT NOT NULL,
                new_count BIGINT NOT NULL,
                settled_count BIGINT NOT NULL,
                doubtful_count BIGINT NOT NULL,
                balance TEXT NOT NULL,
                PRIMARY KEY (import_id, account_id))",
            indexes: &[],
        },
    ],
};

const IMPORTS: Shape = Shape::new(
    "imports",
    &[
        "import_id",
        "user_id",
        "file_name",
        "format",
        "bytes",
        "received_at",
        "completed_at",
        "position",
    ],
    1,
);

const STATEMENTS: Shape = Shape::new(
    "import_statements",
    &[
        "import_id",
        "account_id",
        "row_count",
        "new_count",
        "settled_count",
        "doubtful_count",
        "balance",
    ],
    2,
);

/// An account's window that a file showed.
fn statement(account: uuid::Uuid, window: &WindowReconciled) -> Vec<Value> {
    // The proof holds an amount; as text it is exact, and read back by the same form.
    let balance = serde_json::to_string(&window.balance).unwrap_or_default();
    vec![
        window.fetch_id.0.into(),
        account.into(),
        window.rows.into(),
        window.new.into(),
        window.settled.into(),
        window.doubtful.into(),
        balance.into(),
    ]
}

pub(crate) fn fold(events: &[Recorded]) -> Folded {
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            // Whose a statement is, its file says.
            folded.push(sql(
                "DELETE FROM import_statements WHERE import_id IN
                 (SELECT import_id FROM imports WHERE user_id = $1)",
                vec![user_id.into()],
            ));
            folded.push(forget("imports", user_id));
        }
        match recorded.event.as_deref() {
            Some(Event::Import(ImportEvent::Received(file))) => {
                let row = vec![
                    file.import_id.0.into(),
                    file.user_id.into(),
                    file.file_name.as_deref().into(),
                    file.format.as_str().into(),
                    file.bytes.into(),
                    recorded.recorded_at.into(),
                    Value::NullInteger,
                    recorded.position.into(),
                ];
                folded.insert(&IMPORTS, row);
                folded.changed(Topic::Transactions, file.user_id);
            }
            Some(Event::Import(ImportEvent::Completed(_))) => {
                let at = To::Value(recorded.recorded_at.into());
                folded.change(&IMPORTS, &[recorded.stream.id.into()], &[("completed_at", at)]);
            }
            Some(Event::Account(AccountEvent::WindowReconciled(window))) if window.from_file => {
                folded.put(&STATEMENTS, statement(recorded.stream.id, window));
            }
            _ => {}
        }
    }
    folded
}

/// What a file came to for one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedStatement {
    /// The account.
    pub account_id: AccountId,
    /// Rows of the file.
    pub rows: u64,
    /// Of these: new ones.
    pub new: u64,
    /// Pending ones that were booked by it.
    pub settled: u64,
    /// Ones put to the person.
    pub doubtful: u64,
    /// Whether the file's balances agree with its rows.
    pub balance: BalanceProof,
}

impl ImportedStatement {
    /// Rows that were known.
    #[must_use]
    pub fn same(&self) -> u64 {
        self.rows.saturating_sub(self.new + self.settled + self.doubtful)
    }
}

/// A file that a person brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// Which.
    pub import_id: ImportId,
    /// Who brought it.
    pub user_id: UserId,
    /// What they call it.
    pub file_name: Option<String>,
    /// Its format, as a stable word.
    pub format: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// When it was brought.
    pub received_at: DateTime<Utc>,
    /// When all of it was decided; none while it is not.
    pub completed_at: Option<DateTime<Utc>>,
    /// Where in the log it stands.
    pub position: u64,
    /// What it came to, by account.
    pub statements: Vec<ImportedStatement>,
}

/// Some files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPage {
    /// The files, newest first.
    pub rows: Vec<ImportRow>,
    /// Whether older ones follow.
    pub has_next: bool,
    /// How many there are in all.
    pub total_count: u64,
}

/// Questions about files that were brought.
#[derive(Clone, Debug)]
pub struct Imports(pub(crate) Arc<Generation>);

impl Imports {
    /// At most `first` (and [`MOST_IMPORTS`]) files of a person, newest first, before a position.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn page(
        &self,
        user_id: UserId,
        first: u32,
        before: Option<u64>,
    ) -> Result<ImportPage, DatabaseError> {
        let first = first.min(MOST_IMPORTS);
        let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let select =
            "SELECT import_id, user_id, file_name, format, bytes, received_at, completed_at,
            position, (SELECT COUNT(*) FROM imports WHERE user_id = $1) FROM imports
            WHERE user_id = $1 AND position < $2 ORDER BY position DESC LIMIT $3";
        let values = vec![user_id.into(), before.into(), (first + 1).into()];
        let read_counted = |row: &mut RowReader| Ok((read(row)?, row.count()?));
        let counted = self.0.database.query(sql(select, values)).await?;
        let (mut rows, totals): (Vec<_>, Vec<u64>) =
            read_rows(counted, read_counted)?.into_iter().unzip();
        let total_count = match totals.first() {
            Some(total) => *total,
            None => self.count(user_id).await?,
        };
        let has_next = rows.len() > first as usize;
        rows.truncate(first as usize);
        if let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) {
            let mut statements = self.statements(user_id, oldest.position, newest.position).await?;
            for row in &mut rows {
                row.statements = statements.remove(&row.import_id).unwrap_or_default();
            }
        }
        Ok(ImportPage { rows, has_next, total_count })
    }

    /// How many files a person brought, where no row of a page says it.
    async fn count(&self, user_id: UserId) -> Result<u64, DatabaseError> {
        let count = sql("SELECT COUNT(*) FROM imports WHERE user_id = $1", vec![user_id.into()]);
        let counted = read_rows(self.0.database.query(count).await?, RowReader::count)?;
        Ok(counted.first().copied().unwrap_or_default())
    }

    /// What the files between two positions came to.
    async fn statements(
        &self,
        user_id: UserId,
        from: u64,
        to: u64,
    ) -> Result<HashMap<ImportId, Vec<ImportedStatement>>, DatabaseError> {
        let select = "SELECT s.import_id, s.account_id, s.row_count, s.new_count, s.settled_count,
            s.doubtful_count, s.balance FROM import_statements s
            JOIN imports i ON i.import_id = s.import_id
            WHERE i.user_id = $1 AND i.position BETWEEN $2 AND $3
            ORDER BY i.position, s.account_id";
        let values = vec![user_id.into(), from.into(), to.into()];
        let rows = self.0.database.query(sql(select, values)).await?;
        let mut found: HashMap<ImportId, Vec<ImportedStatement>> = HashMap::new();
        for (import_id, statement) in read_rows(rows, read_statement)? {
            found.entry(import_id).or_default().push(statement);
        }
        Ok(found)
    }
}

fn read(row: &mut RowReader) -> Result<ImportRow, DatabaseError> {
    Ok(ImportRow {
        import_id: ImportId(row.parsed()?),
        user_id: row.parsed()?,
        file_name: row.optional_text()?,
        format: row.text()?,
        bytes: row.count()?,
        received_at: row.instant()?,
        completed_at: row.optional_instant()?,
        position: row.count()?,
        statements: Vec::new(),
    })
}

fn read_statement(row: &mut RowReader) -> Result<(ImportId, ImportedStatement), DatabaseError> {
    let import_id = ImportId(row.parsed()?);
    let statement = ImportedStatement {
        account_id: row.parsed()?,
        rows: row.count()?,
        new: row.count()?,
        settled: row.count()?,
        doubtful: row.count()?,
        balance: serde_json::from_str(&row.text()?).map_err(|_| DatabaseError::Column(6))?,
    };
    Ok((import_id, statement))
}
