//! Which days of an account are known: every window that was read, and what they make together.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::account::AccountEvent;
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::id::{AccountId, FetchId, UserId};
use domain::transaction::BalanceProof;

use crate::database::{Database, DatabaseError, RowReader, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::{Shape, To};
use crate::holders::{HOLDERS, describe, known_holders, open, turn, turns};
use crate::location::Generation;
use crate::rows::{look_up, read_rows};

pub use days::{Covered, Days, cover};

mod days;

/// Most windows of an account that are looked at, the newest ones: about two years of four a day.
pub const MOST_WINDOWS: u32 = 3_000;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "coverage",
    version: 3,
    tables: &[
        HOLDERS,
        Table {
            name: "windows",
            key: &["account_id", "position"],
            create: "CREATE TABLE IF NOT EXISTS windows (
                account_id TEXT NOT NULL,
                position BIGINT NOT NULL,
                user_id TEXT NOT NULL,
                fetch_id TEXT NOT NULL,
                from_day TEXT,
                to_day TEXT NOT NULL,
                whole BIGINT NOT NULL,
                row_count BIGINT NOT NULL,
                new_count BIGINT NOT NULL,
                balance TEXT NOT NULL,
                breaking_day TEXT,
                difference_minor BIGINT,
                currency TEXT,
                read_at BIGINT NOT NULL,
                PRIMARY KEY (account_id, position))",
            indexes: &["CREATE INDEX IF NOT EXISTS windows_person ON windows (user_id)"],
        },
    ],
};

const WINDOWS: Shape = Shape::new(
    "windows",
    &[
        "account_id",
        "position",
        "user_id",
        "fetch_id",
        "from_day",
        "to_day",
        "whole",
        "row_count",
        "new_count",
        "balance",
        "breaking_day",
        "difference_minor",
        "currency",
        "read_at",
    ],
    2,
);

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let windows =
        |event: &AccountEvent| turns(event) || matches!(event, AccountEvent::WindowReconciled(_));
    let mut holders = known_holders(reader, events, windows).await?;
    let mut folded = Folded::default();
    let mut open_ended = open_ended_before(reader, events).await?;
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            folded.push(forget("windows", user_id));
            folded.push(forget("holders", user_id));
            folded.changed(Topic::Accounts, user_id);
        }
        match recorded.event.as_deref() {
            Some(Event::Account(AccountEvent::Opened(opened))) => {
                open(&mut folded, &mut holders, opened);
            }
            Some(Event::Account(AccountEvent::Described(described))) => {
                describe(&mut folded, recorded.stream.id, &described.name);
            }
            Some(Event::Account(event)) if turns(event) => {
                let account_id = AccountId(recorded.stream.id);
                turn(&mut folded, &mut holders, account_id, &["windows"]).ok_or(
                    FoldError::Unfit {
                        position: recorded.position,
                        reason: "the account is not known",
                    },
                )?;
            }
            Some(Event::Account(AccountEvent::WindowReconciled(window))) => {
                let account_id = AccountId(recorded.stream.id);
                let (user_id, _) = *holders.get(&account_id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the account of the window is not known",
                })?;
                let (balance, day, difference) = match &window.balance {
                    BalanceProof::NotGiven => ("not_given", None, None),
                    BalanceProof::Holds => ("holds", None, None),
                    BalanceProof::Breaks { first_day, difference } => {
                        ("breaks", *first_day, Some(*difference))
                    }
                };
                let currency = difference.as_ref().map(|money| money.currency.code());
                let row = vec![
                    account_id.into(),
                    recorded.position.into(),
                    user_id.into(),
                    window.fetch_id.into(),
                    window.from.into(),
                    window.to.into(),
                    window.whole.into(),
                    window.rows.into(),
                    window.new.into(),
                    balance.into(),
                    day.into(),
                    Value::from(difference.map(|money| money.minor)),
                    currency.into(),
                    recorded.recorded_at.into(),
                ];
                if window.from.is_none() {
                    open_ended.push((window.fetch_id, account_id, recorded.position));
                }
                folded.insert(&WINDOWS, row);
                folded.changed(Topic::Accounts, user_id);
            }
            Some(Event::Fetch(FetchEvent::WindowRead(window))) => {
                if let Some(from) = window.from {
                    let of = (FetchId(recorded.stream.id), window.account_id);
                    claim(&mut folded, &mut open_ended, of, from);
                }
            }
            _ => {}
        }
    }
    Ok(folded)
}

/// A window without a first day: of which run and account, and where it stands in the log.
type OpenEnded = (FetchId, AccountId, u64);

/// The windows without a first day that these events may give one.
async fn open_ended_before(
    reader: &Database,
    events: &[Recorded],
) -> Result<Vec<OpenEnded>, DatabaseError> {
    let claimed = |recorded: &Recorded| match recorded.event.as_deref() {
        Some(Event::Fetch(FetchEvent::WindowRead(window))) if window.from.is_some() => {
            Some(window.account_id.0)
        }
        _ => None,
    };
    let accounts = events.iter().filter_map(claimed).collect();
    let select = "SELECT fetch_id, account_id, position FROM windows
        WHERE from_day IS NULL AND account_id IN";
    let read = |row: &mut RowReader| Ok((row.parsed()?, row.parsed()?, row.count()?));
    read_rows(look_up(reader, select, &accounts).await?, read)
}

/// A run says after the decision which days the bank can be trusted to have shown: a window without
/// a first day reaches no further back than that.
fn claim(
    folded: &mut Folded,
    open_ended: &mut Vec<OpenEnded>,
    of: (FetchId, AccountId),
    from: NaiveDate,
) {
    open_ended.retain(|(fetch_id, account_id, position)| {
        let claimed = (*fetch_id, *account_id) == of;
        if claimed {
            let key = [(*account_id).into(), (*position).into()];
            folded.change(&WINDOWS, &key, &[("from_day", To::Value(from.into()))]);
        }
        !claimed
    });
}

/// A window that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow {
    /// Where in the log it stands.
    pub position: u64,
    /// The run that read it.
    pub fetch_id: FetchId,
    /// The first day that was asked for; none for as far back as the bank goes.
    pub from: Option<NaiveDate>,
    /// The last day it covers.
    pub to: NaiveDate,
    /// Whether everything in it could be read.
    pub whole: bool,
    /// Rows the bank showed.
    pub rows: u32,
    /// Of these: new ones.
    pub new: u32,
    /// Whether the balances agree.
    pub balance: BalanceProof,
    /// When it was decided.
    pub read_at: DateTime<Utc>,
}

/// Questions about coverage.
#[derive(Clone, Debug)]
pub struct Coverage(pub(crate) Arc<Generation>);

impl Coverage {
    /// The windows of an account, newest first; at most [`MOST_WINDOWS`].
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn windows(
        &self,
        user_id: UserId,
        account_id: AccountId,
    ) -> Result<Vec<WindowRow>, DatabaseError> {
        let text = format!(
            "SELECT position, fetch_id, from_day, to_day, whole, row_count, new_count, balance,
             breaking_day, difference_minor, currency, read_at FROM windows
             WHERE account_id = $1 AND user_id = $2 ORDER BY position DESC LIMIT {MOST_WINDOWS}"
        );
        let values = vec![account_id.into(), user_id.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }
}

fn read(row: &mut RowReader) -> Result<WindowRow, DatabaseError> {
    let small = |number: u64| u32::try_from(number).map_err(|_| DatabaseError::Column(0));
    Ok(WindowRow {
        position: row.count()?,
        fetch_id: row.parsed()?,
        from: row.optional_parsed()?,
        to: row.parsed()?,
        whole: row.truth()?,
        rows: small(row.count()?)?,
        new: small(row.count()?)?,
        balance: {
            let word = row.text()?;
            let (first_day, difference) = (row.optional_parsed()?, row.optional_money()?);
            match (word.as_str(), difference) {
                ("breaks", Some(difference)) => BalanceProof::Breaks { first_day, difference },
                ("holds", _) => BalanceProof::Holds,
                _ => BalanceProof::NotGiven,
            }
        },
        read_at: row.instant()?,
    })
}
