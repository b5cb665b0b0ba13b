//! A person's books as files for other programs: journals with balance assertions, tables and
//! statements, a month a file; and the columnar data set. What has not changed is not written again.

mod book;
pub mod data_set;
pub mod files;

use std::path::Path;
use std::str::FromStr;

use domain::id::UserId;
use formats::write::{BookAccount, BookMonth, beancount, camt, hledger, ofx, table};
use projections::ReadModelError;
use projections::database::DatabaseError;

use crate::app::App;
use crate::ledger::LedgerError;
use crate::sync::SyncError;
use files::{FilesError, NewFile, Written};

/// A format a book is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A journal for hledger.
    Hledger,
    /// A ledger for Beancount.
    Beancount,
    /// Tables of text.
    Csv,
    /// ISO 20022 statements, one an account and month.
    Camt053,
    /// Open Financial Exchange, one an account and month.
    Ofx,
    /// The columnar data set.
    Parquet,
}

impl ExportFormat {
    /// Its stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hledger => "hledger",
            Self::Beancount => "beancount",
            Self::Csv => "csv",
            Self::Camt053 => "camt053",
            Self::Ofx => "ofx",
            Self::Parquet => "parquet",
        }
    }
}

/// The word is no format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a format of an export is hledger, beancount, csv, camt053, ofx or parquet")]
pub struct NoExportFormat;

impl FromStr for ExportFormat {
    type Err = NoExportFormat;
    fn from_str(text: &str) -> Result<Self, NoExportFormat> {
        let all =
            [Self::Hledger, Self::Beancount, Self::Csv, Self::Camt053, Self::Ofx, Self::Parquet];
        all.into_iter().find(|format| format.word() == text).ok_or(NoExportFormat)
    }
}

/// Why a book is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The files cannot be written.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The log cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The read models cannot be asked.
    #[error(transparent)]
    Read(#[from] DatabaseError),
    /// The read models lag.
    #[error(transparent)]
    Lagging(#[from] ReadModelError),
    /// The read models lag, or the service stops.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// More transactions than a book may hold.
    #[error("a book holds at most {} transactions", book::MOST_ROWS)]
    TooMany,
    /// Too few people for rows without names to be nobody's.
    #[error("what an analyst is shown is about at least {} people", data_set::FEWEST_PEOPLE)]
    TooFewPeople,
    /// The role may not be used so.
    #[error(transparent)]
    Role(#[from] crate::roles::RoleError),
    /// The key that pseudonyms are made with cannot be had.
    #[error(transparent)]
    Keys(#[from] crate::vault::keys::KeysError),
    /// A row does not fit its table.
    #[error(transparent)]
    Row(#[from] analytics::WrongCell),
    /// A file of the data set cannot be made.
    #[error(transparent)]
    Columns(#[from] analytics::WriteError),
    /// Sums do not fit.
    #[error("the rows of {0} add up to more than an amount can hold")]
    TooLarge(String),
}

/// Writes a person's book into a directory. `stop` is asked between files: what is written stays,
/// and the next run goes on there.
///
/// # Errors
/// [`ExportError`]; the manifest then still tells of the last whole export.
pub async fn export(
    app: &App,
    user_id: UserId,
    format: ExportFormat,
    out: &Path,
    stop: impl Fn() -> bool,
    progress: impl FnMut(usize, usize),
) -> Result<Written, ExportError> {
    if format == ExportFormat::Parquet {
        let whose = data_set::Whose::person(user_id);
        return data_set::export(app, &whose, out, stop, progress).await;
    }
    let (book, position) = book::of(app, user_id).await?;
    let (accounts, months) = (&book.accounts, &book.months);
    let set = match format {
        ExportFormat::Hledger => journal(
            ("hledger", "main.journal", "journal"),
            &hledger::main(accounts, months),
            months,
            |month| hledger::month(accounts, month),
        ),
        ExportFormat::Beancount => journal(
            ("beancount", "main.beancount", "beancount"),
            &beancount::main(accounts, months),
            months,
            |month| beancount::month(accounts, month),
        ),
        ExportFormat::Csv => tables(accounts, months),
        ExportFormat::Camt053 | ExportFormat::Parquet => {
            statements(accounts, months, ("camt053", "xml"), camt::statement)
        }
        ExportFormat::Ofx => statements(accounts, months, ("ofx", "ofx"), ofx::statement),
    };
    Ok(files::write(out, format.word(), position, set, stop, progress)?)
}

fn journal(
    (folder, main, ending): (&str, &str, &str),
    text: &str,
    months: &[BookMonth],
    write: impl Fn(&BookMonth) -> String,
) -> Vec<NewFile> {
    let mut set: Vec<NewFile> = months
        .iter()
        .map(|month| NewFile {
            name: format!("{folder}/{}.{ending}", month.name()),
            rows: month.rows.len(),
            bytes: write(month).into_bytes(),
        })
        .collect();
    let name = format!("{folder}/{main}");
    // Last, so that it never names a month that is not there yet.
    set.push(NewFile { name, rows: 0, bytes: text.as_bytes().to_vec() });
    set
}

fn tables(accounts: &[BookAccount], months: &[BookMonth]) -> Vec<NewFile> {
    let file = |month: &BookMonth| NewFile {
        name: format!("csv/{}.csv", month.name()),
        rows: month.rows.len(),
        bytes: table::month(accounts, month),
    };
    months.iter().map(file).collect()
}

fn statements(
    accounts: &[BookAccount],
    months: &[BookMonth],
    (folder, ending): (&str, &str),
    write: fn(&[BookAccount], usize, &BookMonth) -> Option<String>,
) -> Vec<NewFile> {
    let mut set = Vec::new();
    for month in months {
        for (at, account) in accounts.iter().enumerate() {
            let Some(text) = write(accounts, at, month) else { continue };
            let number: String =
                account.identifier.chars().filter(char::is_ascii_alphanumeric).collect();
            let name = format!("{folder}/{}-{}-{number}.{ending}", month.name(), at + 1);
            let rows = month.rows.iter().filter(|row| row.account == at).count();
            set.push(NewFile { name, rows, bytes: text.into_bytes() });
        }
    }
    set
}
