//! A person's accounts and booked rows, a month at a time.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::id::{AccountId, TransactionId, UserId};
use domain::money::Money;
use domain::observed::{BalanceKind, RowState};
use domain::transaction::{SplitPart, Standing};
use formats::write::{BookAccount, BookMonth, BookRow};
use projections::accounts::AccountRow;
use projections::transactions::{MOST_ROWS as MOST_ROWS_A_PAGE, TransactionFilter, TransactionRow};

use super::ExportError;
use crate::app::App;
use crate::ledger::LedgerError;
use crate::sync::record::caught_up;

/// Most transactions of a book.
pub(super) const MOST_ROWS: usize = 1_000_000;

/// A person's books.
pub(super) struct Book {
    pub accounts: Vec<BookAccount>,
    pub months: Vec<BookMonth>,
}

/// Reads everything that counts and is booked, as it stands at a position of the log.
pub(super) async fn of(app: &App, user_id: UserId) -> Result<(Book, u64), ExportError> {
    let head = app.ledger.log().head().await.map_err(LedgerError::from)?;
    caught_up(app).await?;
    let accounts = app.read.accounts().list(user_id).await?;
    let parts = app.read.transactions().all_parts(user_id).await?;
    let by_month = rows(app, user_id).await?;
    Ok((put_together(&accounts, by_month, &parts)?, head.position))
}

type Months = BTreeMap<String, Vec<TransactionRow>>;
type Parts = HashMap<TransactionId, Vec<SplitPart>>;

async fn rows(app: &App, user_id: UserId) -> Result<Months, ExportError> {
    let transactions = app.read.transactions();
    let filter = TransactionFilter::default();
    let (mut months, mut count) = (Months::new(), 0);
    let mut names: Vec<String> =
        transactions.buckets(user_id, &filter).await?.into_iter().map(|one| one.month).collect();
    // A month has a bucket for each currency.
    names.sort_unstable();
    names.dedup();
    for month in names {
        let mut rows = Vec::new();
        let mut offset = 0;
        loop {
            let page = transactions.in_month(user_id, &month, offset, MOST_ROWS_A_PAGE, &filter);
            let page = page.await?;
            let last = page.len() < MOST_ROWS_A_PAGE as usize;
            offset += MOST_ROWS_A_PAGE;
            let booked = |row: &TransactionRow| {
                row.standing == Standing::Counted && row.state == RowState::Booked
            };
            rows.extend(page.into_iter().filter(booked));
            if last {
                break;
            }
        }
        count += rows.len();
        if count > MOST_ROWS {
            return Err(ExportError::TooMany);
        }
        // Oldest first, and within a day as they were recorded.
        rows.sort_by_key(|row| (row.booking_date, row.position));
        if !rows.is_empty() {
            months.insert(month, rows);
        }
    }
    Ok(months)
}

fn put_together(rows: &[AccountRow], by_month: Months, parts: &Parts) -> Result<Book, ExportError> {
    let places: HashMap<AccountId, usize> =
        rows.iter().enumerate().map(|(at, row)| (row.account_id, at)).collect();
    let mut sums = vec![0_i128; rows.len()];
    for row in by_month.values().flatten() {
        if let Some(at) = places.get(&row.account_id) {
            sums[*at] += i128::from(row.amount.minor);
        }
    }
    let mut accounts = Vec::with_capacity(rows.len());
    for (row, sum) in rows.iter().zip(&sums) {
        // What the bank says now, less everything that was booked since.
        let now = row.balance(BalanceKind::Booked).map_or(*sum, |now| i128::from(now.amount.minor));
        accounts.push(account(row, minor(now - sum, row)?));
    }
    let mut balances: Vec<Money> = accounts.iter().map(|account| account.opening).collect();
    let mut months = Vec::with_capacity(by_month.len());
    for (name, month) in by_month {
        let Ok(first) = format!("{name}-01").parse::<NaiveDate>() else { continue };
        let opening = balances.clone();
        let mut booked = Vec::with_capacity(month.len());
        for row in month {
            let Some(at) = places.get(&row.account_id).copied() else { continue };
            let too_large = || ExportError::TooLarge(accounts[at].name.clone());
            balances[at] = balances[at].plus(row.amount).map_err(|_| too_large())?;
            booked.push(book_row(at, row, parts));
        }
        months.push(BookMonth { first, rows: booked, opening, closing: balances.clone() });
    }
    Ok(Book { accounts, months })
}

fn minor(sum: i128, row: &AccountRow) -> Result<Money, ExportError> {
    let minor = i64::try_from(sum).map_err(|_| ExportError::TooLarge(row.name.clone()))?;
    Ok(Money::new(minor, row.currency))
}

fn account(row: &AccountRow, opening: Money) -> BookAccount {
    BookAccount {
        identifier: row.identifier.clone(),
        name: row.name.clone(),
        kind: row.kind,
        currency: row.currency,
        owner: row.owner.clone(),
        servicer: row.servicer.clone(),
        bank: row.bank_id.to_string(),
        opening,
    }
}

fn book_row(account: usize, row: TransactionRow, parts: &Parts) -> BookRow {
    let parts = by_category(&row, parts.get(&row.transaction_id).map_or(&[], Vec::as_slice));
    BookRow {
        id: row.transaction_id.0.simple().to_string(),
        account,
        day: row.booking_date,
        value_date: row.value_date,
        amount: row.amount,
        counterparty: row.counterparty,
        counterparty_identifier: row.counterparty_identifier,
        text: row.text,
        reference: row.reference,
        bank_reference: row.bank_reference,
        bank_type: row.bank_type,
        parts,
    }
}

/// The parts of a split and what they leave, each in its category; the whole if they do not fit it.
pub(super) fn by_category(row: &TransactionRow, parts: &[SplitPart]) -> Vec<(String, Money)> {
    let whole = || vec![(row.category.clone(), row.amount)];
    if parts.is_empty() || parts.iter().any(|part| part.amount.currency != row.amount.currency) {
        return whole();
    }
    let sum: i128 = parts.iter().map(|part| i128::from(part.amount.minor)).sum();
    let Ok(rest) = i64::try_from(i128::from(row.amount.minor) - sum) else { return whole() };
    let category = |part: &SplitPart| part.category.clone().unwrap_or_else(|| row.category.clone());
    let mut all: Vec<_> = parts.iter().map(|part| (category(part), part.amount)).collect();
    if rest != 0 {
        all.push((row.category.clone(), Money::new(rest, row.amount.currency)));
    }
    all
}
