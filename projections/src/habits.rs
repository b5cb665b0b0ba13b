//! What the windows of each bank showed of its identifiers: how often they held, changed or were
//! given to another row. The sums are over everybody; they are kept by person only so that an
//! erased person's part can be taken out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, BankId, UserId};
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
    version: 5,
    tables: &[
        // What each window showed, so that it can be told what was known at any place of the log.
        Table {
            name: "bank_windows",
            key: &["position"],
            create: "CREATE TABLE IF NOT EXISTS bank_windows (
                position BIGINT NOT NULL PRIMARY KEY,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                bank_id TEXT NOT NULL,
                rules BIGINT NOT NULL,
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
                balance_broke BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS bank_windows_bank ON bank_windows (bank_id, position)",
                "CREATE INDEX IF NOT EXISTS bank_windows_account ON bank_windows (account_id, position)",
            ],
        },
        // Up to where the past of an account is as a version of the rules decides it.
        Table {
            name: "redecided",
            key: &["account_id"],
            create: "CREATE TABLE IF NOT EXISTS redecided (
                account_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                position BIGINT NOT NULL,
                rules BIGINT NOT NULL)",
            indexes: &[],
        },
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

/// Windows read at once.
const WINDOWS_A_PAGE: usize = 10_000;

const BANKS: Shape = Shape::new("banks", &["account_id", "user_id", "bank_id"], 1);
const REDECIDED: Shape =
    Shape::new("redecided", &["account_id", "user_id", "position", "rules"], 1);

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

const WINDOW_COLUMNS: [&str; 21] = {
    let mut columns = [
        "position",
        "account_id",
        "user_id",
        "bank_id",
        "rules",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ];
    let mut place = 5;
    while place < columns.len() {
        columns[place] = COLUMNS[place - 3];
        place += 1;
    }
    columns
};

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
    let ids = account_ids(events, |event| {
        matches!(event, AccountEvent::WindowReconciled(_) | AccountEvent::HistoryRedecided(_))
    });
    let select = "SELECT account_id, user_id, bank_id FROM banks WHERE account_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, (row.parsed()?, row.text()?)));
    let mut banks: HashMap<Uuid, (UserId, String)> =
        read_rows(look_up(reader, select, &ids).await?, read)?.into_iter().collect();
    let mut sums = Sums::new();
    let mut windows = Vec::new();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            write(&mut folded, std::mem::take(&mut sums));
            write_windows(&mut folded, std::mem::take(&mut windows));
            folded.push(forget("bank_windows", user_id));
            folded.push(forget("redecided", user_id));
            folded.push(forget("habits", user_id));
            folded.push(forget("banks", user_id));
        }
        match recorded.event.as_deref() {
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
                let mut row: Row = vec![
                    recorded.position.into(),
                    recorded.stream.id.into(),
                    (*user_id).into(),
                    bank_id.as_str().into(),
                    window.rules.into(),
                ];
                row.extend(numbers(&window.habits).map(Into::into));
                windows.push(row);
            }
            Some(Event::Account(AccountEvent::HistoryRedecided(done))) => {
                let (user_id, _) = banks.get(&recorded.stream.id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the account that was looked at is not known",
                })?;
                let row = vec![
                    recorded.stream.id.into(),
                    (*user_id).into(),
                    recorded.position.into(),
                    done.rules.into(),
                ];
                folded.put(&REDECIDED, row);
            }
            _ => {}
        }
    }
    write(&mut folded, sums);
    write_windows(&mut folded, windows);
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

fn write_windows(folded: &mut Folded, rows: Vec<Row>) {
    folded.extend(bulk("bank_windows", &WINDOW_COLUMNS, 1, &Existing::Never, rows));
}

/// What the windows of a bank showed, place after place in the log.
#[derive(Clone, Debug, Default)]
pub struct BankPast {
    /// Where windows stand, and what they and all before them showed.
    sums: Vec<(u64, IdentifierHabits)>,
}

impl BankPast {
    /// What all windows before a place showed.
    #[must_use]
    pub fn before(&self, position: u64) -> IdentifierHabits {
        let earlier = self.sums.partition_point(|(at, _)| *at < position);
        earlier.checked_sub(1).map_or_else(IdentifierHabits::default, |last| self.sums[last].1)
    }
}

/// An account with windows that older rules decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OlderRules {
    /// Which.
    pub account_id: AccountId,
    /// Whose.
    pub user_id: UserId,
    /// The oldest version.
    pub rules: u32,
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

    /// What the windows of a bank showed, one after the other.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn past_of(&self, bank_id: &BankId) -> Result<BankPast, DatabaseError> {
        let mut past = BankPast::default();
        let mut sum = IdentifierHabits::default();
        loop {
            let after = past.sums.last().map_or(0, |(at, _)| *at);
            let text = format!(
                "SELECT position, {} FROM bank_windows WHERE bank_id = $1 AND position > $2
                 ORDER BY position LIMIT {WINDOWS_A_PAGE}",
                COLUMNS[2..].join(", ")
            );
            let values = vec![bank_id.to_string().into(), after.into()];
            let rows = self.0.database.query(sql(text, values)).await?;
            let ended = rows.len() < WINDOWS_A_PAGE;
            for (at, habits) in read_rows(rows, |row| Ok((row.count()?, read(row)?)))? {
                sum.add(&habits);
                past.sums.push((at, sum));
            }
            if ended {
                return Ok(past);
            }
        }
    }

    /// Accounts, of one person or of all, whose past holds windows that rules before `rules` decided
    /// and that nobody looked at again since.
    ///
    /// # Errors
    /// See [`Self::past_of`].
    pub async fn decided_before(
        &self,
        rules: u32,
        user_id: Option<UserId>,
    ) -> Result<Vec<OlderRules>, DatabaseError> {
        let (whose, values) = match user_id {
            Some(user_id) => ("AND w.user_id = $2", vec![rules.into(), user_id.into()]),
            None => ("", vec![rules.into()]),
        };
        let text = format!(
            "SELECT w.account_id, w.user_id, MIN(CASE WHEN r.rules IS NULL OR w.position > r.position
                 THEN w.rules ELSE r.rules END)
             FROM bank_windows w LEFT JOIN redecided r ON r.account_id = w.account_id
             WHERE (CASE WHEN r.rules IS NULL OR w.position > r.position
                 THEN w.rules ELSE r.rules END) < $1 {whose}
             GROUP BY w.account_id, w.user_id ORDER BY w.account_id"
        );
        let rows = self.0.database.query(sql(text, values)).await?;
        let read = |row: &mut RowReader| {
            Ok(OlderRules {
                account_id: row.parsed()?,
                user_id: row.parsed()?,
                rules: u32::try_from(row.count()?).unwrap_or(u32::MAX),
            })
        };
        read_rows(rows, read)
    }

    /// The accounts of one person, or of all, that windows were read of, with whose they are.
    ///
    /// # Errors
    /// See [`Self::past_of`].
    pub async fn accounts(
        &self,
        user_id: Option<UserId>,
    ) -> Result<Vec<(AccountId, UserId)>, DatabaseError> {
        let (whose, values) = match user_id {
            Some(user_id) => ("WHERE user_id = $1", vec![user_id.into()]),
            None => ("", vec![]),
        };
        let text = format!("SELECT account_id, user_id FROM banks {whose} ORDER BY account_id");
        let rows = self.0.database.query(sql(text, values)).await?;
        read_rows(rows, |row| Ok((row.parsed()?, row.parsed()?)))
    }

    /// The version of the rules that decided what an account's stream says at a place: of the window
    /// that ended there or next after it.
    ///
    /// # Errors
    /// See [`Self::past_of`].
    pub async fn rules_at(
        &self,
        account_id: AccountId,
        position: u64,
    ) -> Result<Option<u32>, DatabaseError> {
        let text = "SELECT rules FROM bank_windows WHERE account_id = $1 AND position >= $2
            ORDER BY position LIMIT 1";
        let rows =
            self.0.database.query(sql(text, vec![account_id.into(), position.into()])).await?;
        let rules = read_rows(rows, RowReader::count)?.pop();
        Ok(rules.and_then(|rules| u32::try_from(rules).ok()))
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
