//! What the windows of each bank showed of its identifiers: how often they held, changed or were
//! given to another row. The sums are over everybody; they are kept by person only so that an
//! erased person's part can be taken out.

use std::collections::{BTreeMap, HashMap};

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::UserId;
use domain::transaction::IdentifierHabits;
use uuid::Uuid;

use crate::database::{Database, Row, RowReader};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::Shape;
use crate::rows::{Existing, account_ids, bulk, look_up, read_rows};

pub use queries::{BankPast, Habits, OlderRules};

mod queries;

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
