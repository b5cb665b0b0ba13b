//! Transactions with their categories, ready to be paged, counted and searched, and the known rows
//! that a newly read window is compared with.

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, UserId};

use crate::database::{Database, Onward};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::erased;
use crate::feed::Recorded;
use crate::holders::{HOLDERS, describe, known_holders, open};
use crate::spending::SPENDING;

pub use balances::Booked;
pub use entry::CHOSEN;
pub use filter::{Direction, Mark, TransactionFilter};
pub use listed::{Cursor, MonthBucket, NoCursor, TransactionPage, TransactionRow};
pub use queries::{MOST_ROWS, Transactions};

mod balances;
mod entry;
mod filter;
mod folding;
pub(crate) mod guides;
mod known;
pub(crate) mod letters;
mod listed;
mod months;
pub mod movements;
pub mod own_model;
mod parts;
mod queries;
mod words;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "transactions",
    version: 9,
    tables: &[
        HOLDERS,
        Table {
            name: "streams",
            key: &["account_id"],
            create: "CREATE TABLE IF NOT EXISTS streams (
                account_id TEXT NOT NULL PRIMARY KEY,
                version BIGINT NOT NULL)",
            indexes: &[],
        },
        Table {
            name: "transactions",
            key: &["transaction_id"],
            // What the indexes hold comes first: to reach a column, SQLite goes through all before it.
            create: "CREATE TABLE IF NOT EXISTS transactions (
                transaction_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                booking_date TEXT NOT NULL,
                position BIGINT NOT NULL,
                currency TEXT NOT NULL,
                amount_minor BIGINT NOT NULL,
                standing TEXT,
                hidden BIGINT NOT NULL DEFAULT 0,
                state TEXT,
                category TEXT NOT NULL,
                search TEXT NOT NULL,
                value_date TEXT,
                payment_date TEXT,
                original_minor BIGINT,
                original_currency TEXT,
                counterparty TEXT,
                counterparty_identifier TEXT,
                text TEXT NOT NULL,
                reference TEXT,
                bank_type TEXT,
                bank_reference TEXT,
                category_reason TEXT NOT NULL,
                match_key TEXT NOT NULL,
                ordinal BIGINT NOT NULL,
                recorded_at BIGINT NOT NULL,
                bank_identifier TEXT,
                missed BIGINT NOT NULL DEFAULT 0,
                edited BIGINT NOT NULL DEFAULT 0,
                own_category TEXT,
                note TEXT,
                same_as TEXT,
                decided_at BIGINT,
                became BIGINT NOT NULL DEFAULT 0)",
            indexes: &[
                IDENTIFIERS,
                // Holds all that searching and counting by month need, so that neither reads the
                // rows themselves.
                "CREATE INDEX IF NOT EXISTS transactions_person ON transactions
                 (user_id, booking_date, position, currency, amount_minor, standing, hidden,
                  category[, search])",
                "CREATE INDEX IF NOT EXISTS transactions_account ON transactions
                 (account_id, user_id, booking_date, position, currency, amount_minor, standing,
                  hidden)",
                // The few rows that every window is compared with, whatever its days.
                "CREATE INDEX IF NOT EXISTS transactions_open ON transactions (account_id)
                 WHERE (state = 'pending' OR standing = 'doubted')",
            ],
        },
        Table {
            name: "parts",
            key: &["transaction_id", "place"],
            create: "CREATE TABLE IF NOT EXISTS parts (
                transaction_id TEXT NOT NULL,
                place BIGINT NOT NULL,
                user_id TEXT NOT NULL,
                amount_minor BIGINT NOT NULL,
                currency TEXT NOT NULL,
                category TEXT,
                note TEXT,
                PRIMARY KEY (transaction_id, place))",
            indexes: &["CREATE INDEX IF NOT EXISTS parts_category ON parts (user_id, category)"],
        },
        // What a doubted row may be, until somebody said it.
        Table {
            name: "candidates",
            key: &["transaction_id", "other_id"],
            create: "CREATE TABLE IF NOT EXISTS candidates (
                transaction_id TEXT NOT NULL,
                other_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                PRIMARY KEY (transaction_id, other_id))",
            indexes: &[],
        },
        // Of whom a person said that they are two. Each pair is here both ways.
        Table {
            name: "apart",
            key: &["transaction_id", "other_id"],
            create: "CREATE TABLE IF NOT EXISTS apart (
                transaction_id TEXT NOT NULL,
                other_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                PRIMARY KEY (transaction_id, other_id))",
            indexes: &["CREATE INDEX IF NOT EXISTS apart_account ON apart (account_id)"],
        },
        SPENDING,
        months::MONTHS,
        guides::RULES,
        guides::MOVED,
        guides::PAYEES,
        guides::CORRECTIONS,
    ],
};

/// Identifiers come in no order: sorted once they are all there, they make an index in a fraction
/// of the time that adding each at its place takes. So a rebuild makes it last, or before the
/// first event that changes a row.
const IDENTIFIERS: &str =
    "CREATE UNIQUE INDEX IF NOT EXISTS transactions_id ON transactions (transaction_id)";

pub(crate) async fn fold(
    reader: &Database,
    events: &[Recorded],
    mut onward: Option<&mut Onward>,
) -> Result<Folded, FoldError> {
    let others = |event: &AccountEvent| !matches!(event, AccountEvent::Opened(_));
    let mut holders = known_holders(reader, events, others).await?;
    let mut folded = Folded::default();
    let mut page = folding::Page::begin(reader, events, &holders).await?;
    for recorded in events {
        // Of an account whose key is gone nothing is kept, not even how long its stream is.
        if matches!(recorded.event.as_deref(), Some(Event::Account(_))) {
            page.versions.insert(recorded.stream.id, recorded.version);
        }
        if let Some(user_id) = erased(recorded) {
            page.write(&mut folded).ok_or(too_large(recorded))?;
            page.forget(&mut folded, user_id);
        }
        if let Some(Event::Guidance(event)) = recorded.event.as_deref() {
            page.guide(&mut folded, UserId(recorded.stream.id), event);
        }
        let Some(Event::Account(event)) = recorded.event.as_deref() else { continue };
        match event {
            AccountEvent::Opened(opened) => open(&mut folded, &mut holders, opened),
            AccountEvent::Described(described) => {
                describe(&mut folded, recorded.stream.id, &described.name);
            }
            AccountEvent::PutAway(_) | AccountEvent::BroughtBack(_) => {
                page.write(&mut folded).ok_or(too_large(recorded))?;
                let account_id = AccountId(recorded.stream.id);
                page.turn(&mut folded, &mut holders, account_id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the account is not known",
                })?;
            }
            AccountEvent::Linked(_)
            | AccountEvent::BalanceObserved(_)
            | AccountEvent::WindowReconciled(_)
            | AccountEvent::HistoryRedecided(_) => {}
            _ => {
                let account_id = AccountId(recorded.stream.id);
                let holder = holders.get(&account_id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the account of the transaction is not known",
                })?;
                page.take(&mut folded, recorded, event, (account_id, *holder))?;
                if let Some(onward) = onward.as_deref_mut() {
                    page.send(&mut folded, onward).await?;
                }
            }
        }
    }
    let Some(last) = events.last() else { return Ok(folded) };
    page.write(&mut folded).ok_or(too_large(last))?;
    Ok(folded)
}

fn too_large(recorded: &Recorded) -> FoldError {
    FoldError::Unfit { position: recorded.position, reason: "a month's sum is too large" }
}
