//! What the windows of each bank showed of its identifiers: how often they held, changed or were
//! given to another row. The sums are over everybody; they are kept by person only so that an
//! erased person's part can be taken out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{BankId, UserId};
use domain::transaction::IdentifierHabits;
use uuid::Uuid;

use crate::database::{Database, DatabaseError, Row, RowReader, sql};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::Shape;
use crate::location::Generation;
use crate::rows::{Existing, account_ids, bulk, look_up, read_rows};

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "habits",
    version: 3,
    tables: &[
        Table {
            name: "banks",
            key: &["account_id"],
            create: "CREATE TABLE IF NOT EXISTS banks (
                account_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                bank_id TEXT NOT NULL)",
            indexes: &[],
        },
        Table {
            name: "habits",
            key: &["bank_id", "user_id"],
            create: "CREATE TABLE IF NOT EXISTS habits (
                bank_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                reference_kept BIGINT NOT NULL,
                reference_changed BIGINT NOT NULL,
                reference_reused BIGINT NOT NULL,
                identifier_kept BIGINT NOT NULL,
                identifier_changed BIGINT NOT NULL,
                identifier_reused BIGINT NOT NULL,
                pending_name_kept BIGINT NOT NULL,
                pending_name_changed BIGINT NOT NULL,
                pending_day_kept BIGINT NOT NULL,
                pending_day_moved BIGINT NOT NULL,
                pending_stayed BIGINT NOT NULL,
                pending_vanished BIGINT NOT NULL,
                equal_rows_two BIGINT NOT NULL,
                equal_rows_one BIGINT NOT NULL,
                balance_held BIGINT NOT NULL,
                balance_broke BIGINT NOT NULL,
                PRIMARY KEY (bank_id, user_id))",
            indexes: &[],
        },
    ],
};

const BANKS: Shape = Shape::new("banks", &["account_id", "user_id", "bank_id"], 1);

const COLUMNS: [&str; 18] = [
    "bank_id",
    "user_id",
    "reference_kept",
    "reference_changed",
    "reference_reused",
    "identifier_kept",
    "identifier_changed",
    "identifier_reused",
    "pending_name_kept",
    "pending_name_changed",
    "pending_day_kept",
    "pending_day_moved",
    "pending_stayed",
    "pending_vanished",
    "equal_rows_two",
    "equal_rows_one",
    "balance_held",
    "balance_broke",
];

type Sums = BTreeMap<(String, UserId), [u64; 16]>;

fn numbers(habits: &IdentifierHabits) -> [u64; 16] {
    [
        habits.reference_kept,
        habits.reference_changed,
        habits.reference_reused,
        habits.identifier_kept,
        habits.identifier_changed,
        habits.identifier_reused,
        habits.pending_name_kept,
        habits.pending_name_changed,
        habits.pending_day_kept,
        habits.pending_day_moved,
        habits.pending_stayed,
        habits.pending_vanished,
        habits.equal_rows_two,
        habits.equal_rows_one,
        habits.balance_held,
        habits.balance_broke,
    ]
}

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let mut folded = Folded::default();
    let ids = account_ids(events, |event| matches!(event, AccountEvent::WindowReconciled(_)));
    let select = "SELECT account_id, user_id, bank_id FROM banks WHERE account_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, (row.parsed()?, row.text()?)));
    let mut banks: HashMap<Uuid, (UserId, String)> =
        read_rows(look_up(reader, select, &ids).await?, read)?.into_iter().collect();
    let mut sums = Sums::new();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            write(&mut folded, std::mem::take(&mut sums));
            folded.push(forget("habits", user_id));
            folded.push(forget("banks", user_id));
        }
        match &recorded.event {
            Some(Event::Account(AccountEvent::Opened(opened))) => {
                let bank_id = opened.bank_id.to_string();
                banks.insert(recorded.stream.id, (opened.user_id, bank_id.clone()));
                let row = vec![opened.account_id.into(), opened.user_id.into(), bank_id.into()];
                folded.insert(&BANKS, row);
            }
            Some(Event::Account(AccountEvent::WindowReconciled(window))) => {
                let (user_id, bank_id) =
                    banks.get(&recorded.stream.id).ok_or(FoldError::Unfit {
                        position: recorded.position,
                        reason: "the account of the window is not known",
                    })?;
                let sum = sums.entry((bank_id.clone(), *user_id)).or_default();
                for (sum, number) in sum.iter_mut().zip(numbers(&window.habits)) {
                    *sum = sum.saturating_add(number);
                }
            }
            _ => {}
        }
    }
    write(&mut folded, sums);
    Ok(folded)
}

/// Writes what was summed so far.
fn write(folded: &mut Folded, sums: Sums) {
    let row = |((bank_id, user_id), sum): ((String, UserId), [u64; 16])| {
        let mut row: Row = vec![bank_id.into(), user_id.into()];
        row.extend(sum.map(Into::into));
        row
    };
    let rows = sums.into_iter().map(row).collect::<Vec<_>>();
    folded.extend(bulk("habits", &COLUMNS, 2, &Existing::Added, rows));
}

/// Questions about what banks do with their identifiers.
#[derive(Clone, Debug)]
pub struct Habits(pub(crate) Arc<Generation>);

impl Habits {
    /// What all windows of a bank showed.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn of(&self, bank_id: &BankId) -> Result<IdentifierHabits, DatabaseError> {
        let text = format!("SELECT {} FROM habits WHERE bank_id = $1", sums());
        let rows = self.0.database.query(sql(text, vec![bank_id.to_string().into()])).await?;
        Ok(read_rows(rows, read)?.pop().unwrap_or_default())
    }

    /// What all windows of each bank showed.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn all(&self) -> Result<HashMap<BankId, IdentifierHabits>, DatabaseError> {
        let text = format!("SELECT bank_id, {} FROM habits GROUP BY bank_id", sums());
        let rows = self.0.database.query(sql(text, vec![])).await?;
        let of_bank = |row: &mut RowReader| Ok((BankId(row.text()?), read(row)?));
        Ok(read_rows(rows, of_bank)?.into_iter().collect())
    }
}

/// The sums of all columns that count.
fn sums() -> String {
    let sums = COLUMNS[2..].iter();
    let sums = sums.map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"));
    sums.collect::<Vec<_>>().join(", ")
}

fn read(row: &mut RowReader) -> Result<IdentifierHabits, DatabaseError> {
    Ok(IdentifierHabits {
        reference_kept: row.count()?,
        reference_changed: row.count()?,
        reference_reused: row.count()?,
        identifier_kept: row.count()?,
        identifier_changed: row.count()?,
        identifier_reused: row.count()?,
        pending_name_kept: row.count()?,
        pending_name_changed: row.count()?,
        pending_day_kept: row.count()?,
        pending_day_moved: row.count()?,
        pending_stayed: row.count()?,
        pending_vanished: row.count()?,
        equal_rows_two: row.count()?,
        equal_rows_one: row.count()?,
        balance_held: row.count()?,
        balance_broke: row.count()?,
    })
}
