//! Transactions with their categories, ready to be paged, counted and searched, and the known rows
//! that a newly read window is compared with.

use std::collections::BTreeMap;

use domain::account::{AccountEvent, TransactionRecorded};
use domain::categorisation::categorise;
use domain::event::Event;
use domain::reconcile::match_key;
use uuid::Uuid;

use crate::database::{Database, Row, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::holders::{HOLDERS, Holder, describe, known_holders, open};
use crate::rows::{Existing, bulk};
use crate::search::folded as searchable;

pub use filter::{Direction, TransactionFilter};
pub use queries::{
    Cursor, MOST_ROWS, MonthBucket, NoCursor, TransactionPage, TransactionRow, Transactions,
};

mod filter;
mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "transactions",
    version: 1,
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
            create: "CREATE TABLE IF NOT EXISTS transactions (
                transaction_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                booking_date TEXT NOT NULL,
                value_date TEXT,
                payment_date TEXT,
                amount_minor BIGINT NOT NULL,
                currency TEXT NOT NULL,
                original_minor BIGINT,
                original_currency TEXT,
                counterparty TEXT,
                counterparty_identifier TEXT,
                text TEXT NOT NULL,
                reference TEXT,
                bank_type TEXT,
                bank_reference TEXT,
                category TEXT NOT NULL,
                category_reason TEXT NOT NULL,
                match_key TEXT NOT NULL,
                ordinal BIGINT NOT NULL,
                position BIGINT NOT NULL,
                recorded_at BIGINT NOT NULL,
                search TEXT NOT NULL)",
            indexes: &[
                // Identifiers come in no order: sorted once they are all there, they make an
                // index in a fraction of the time that adding each at its place takes.
                "CREATE UNIQUE INDEX IF NOT EXISTS transactions_id ON transactions
                 (transaction_id)",
                // Holds all that counting by month needs.
                "CREATE INDEX IF NOT EXISTS transactions_person ON transactions
                 (user_id, booking_date, position, currency, amount_minor)",
                "CREATE INDEX IF NOT EXISTS transactions_account ON transactions
                 (account_id, user_id, booking_date, position, currency, amount_minor)",
                "CREATE INDEX IF NOT EXISTS transactions_category ON transactions
                 (user_id, category, booking_date, position)",
            ],
        },
    ],
};

const COLUMNS: [&str; 23] = [
    "transaction_id",
    "account_id",
    "user_id",
    "booking_date",
    "value_date",
    "payment_date",
    "amount_minor",
    "currency",
    "original_minor",
    "original_currency",
    "counterparty",
    "counterparty_identifier",
    "text",
    "reference",
    "bank_type",
    "bank_reference",
    "category",
    "category_reason",
    "match_key",
    "ordinal",
    "position",
    "recorded_at",
    "search",
];

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let mut holders = known_holders(reader, events).await?;
    let mut folded = Folded::default();
    let mut versions = BTreeMap::new();
    let mut rows = Vec::new();
    for recorded in events {
        // Of an account whose key is gone nothing is kept, not even how long its stream is.
        if matches!(recorded.event, Some(Event::Account(_))) {
            versions.insert(recorded.stream.id, recorded.version);
        }
        if let Some(user_id) = erased(recorded) {
            write(&mut folded, std::mem::take(&mut versions), std::mem::take(&mut rows));
            folded.push(sql(
                "DELETE FROM streams WHERE account_id IN
                 (SELECT account_id FROM holders WHERE user_id = $1)",
                vec![user_id.into()],
            ));
            folded.push(forget("transactions", user_id));
            folded.push(forget("holders", user_id));
            folded.changed(Topic::Transactions, user_id);
        }
        match &recorded.event {
            Some(Event::Account(AccountEvent::Opened(opened))) => {
                open(&mut folded, &mut holders, opened);
            }
            Some(Event::Account(AccountEvent::Described(described))) => {
                describe(&mut folded, recorded.stream.id, &described.name);
            }
            Some(Event::Account(AccountEvent::TransactionRecorded(transaction))) => {
                let account_id = domain::id::AccountId(recorded.stream.id);
                let holder = holders.get(&account_id).ok_or(FoldError::Unfit {
                    position: recorded.position,
                    reason: "the account of the transaction is not known",
                })?;
                rows.push(row_of(recorded, transaction, *holder));
                folded.changed(Topic::Transactions, holder.0);
            }
            _ => {}
        }
    }
    write(&mut folded, versions, rows);
    Ok(folded)
}

/// Writes what was gathered so far.
fn write(folded: &mut Folded, versions: BTreeMap<Uuid, u64>, rows: Vec<Row>) {
    let versions =
        versions.into_iter().map(|(stream, version)| vec![stream.into(), version.into()]).collect();
    folded.statements.extend(bulk(
        "streams",
        &["account_id", "version"],
        1,
        &Existing::Replaced,
        versions,
    ));
    folded.statements.extend(bulk("transactions", &COLUMNS, 1, &Existing::Never, rows));
}

/// The values of [`COLUMNS`].
fn row_of(recorded: &Recorded, transaction: &TransactionRecorded, holder: Holder) -> Row {
    let (user_id, kind) = holder;
    let observed = &transaction.observed;
    let categorised = categorise(observed, kind);
    let original = observed.original_amount;
    let search = searchable(&[
        observed.counterparty.as_deref(),
        Some(&observed.text),
        observed.reference.as_deref(),
    ]);
    let optional = |text: &Option<String>| Value::from(text.as_deref());
    vec![
        transaction.transaction_id.into(),
        recorded.stream.id.into(),
        user_id.into(),
        observed.booking_date.into(),
        observed.value_date.into(),
        observed.payment_date.into(),
        observed.amount.minor.into(),
        observed.amount.currency.code().into(),
        original.map(|money| money.minor).into(),
        original.as_ref().map(|money| money.currency.code()).into(),
        optional(&observed.counterparty),
        optional(&observed.counterparty_identifier),
        observed.text.as_str().into(),
        optional(&observed.reference),
        optional(&observed.bank_type),
        optional(&observed.bank_reference),
        categorised.category.into(),
        categorised.reason.into(),
        match_key(observed).into(),
        transaction.ordinal.into(),
        recorded.position.into(),
        recorded.recorded_at.into(),
        search.into(),
    ]
}
