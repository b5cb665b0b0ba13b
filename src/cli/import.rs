//! `opl import`: a file of statements into a person's accounts.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::id::AccountId;
use domain::money::Currency;
use formats::{BalanceCheck, LARGEST_FILE, Mapping};

use super::{Failure, StateArguments, roles, with_app};
use crate::app::App;
use crate::importing::{self, AccountPreview, Brought, Imported, Preview, Target, Verdict};

/// What `opl import` takes.
#[derive(Args)]
pub(super) struct ImportArguments {
    #[command(flatten)]
    state: StateArguments,
    /// camt.053, camt.052, MT940, OFX, QIF or CSV
    file: PathBuf,
    /// The person: identifier or e-mail address
    #[arg(long)]
    user: String,
    /// Show what would be new, the same and doubtful, and store nothing
    #[arg(long)]
    preview: bool,
    /// The account it is of: identifier or IBAN; needed where the file does not say
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "new_account")]
    account: Option<String>,
    /// Name of an account that files alone feed; made if it is not there
    #[arg(long, value_name = "NAME")]
    new_account: Option<String>,
    /// How to read a table (TOML); without it the table is looked at
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Write how the table was read, to be changed and given back with --mapping
    #[arg(long, value_name = "FILE")]
    save_mapping: Option<PathBuf>,
    /// Currency (ISO 4217), where nothing else names one
    #[arg(long, value_name = "CODE", value_parser = Currency::parse)]
    currency: Option<Currency>,
    /// Import although balances and rows of the file do not agree
    #[arg(long)]
    despite_balance: bool,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: ImportArguments) -> Result<(), Failure> {
    let bytes = read_file(&arguments.file, LARGEST_FILE)?;
    let mapping = match &arguments.mapping {
        None => None,
        Some(path) => {
            let text = read_file(path, formats::csv::mapping::LONGEST_MAPPING)?;
            let text = String::from_utf8(text)
                .map_err(|_| Failure::new(format!("{} is no text", path.display())))?;
            Some(Mapping::from_toml(&text)?)
        }
    };
    let options = arguments.state.options();
    with_app(options, async |app| run_in(app, &arguments, bytes, mapping).await).await
}

pub(super) fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let failed = |cause: std::io::Error| Failure::new(format!("{}: {cause}", path.display()));
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > most as u64 {
        let message = format!("{} is larger than {most} bytes", path.display());
        return Err(Failure::new(message));
    }
    std::fs::read(path).map_err(failed)
}

async fn run_in(
    app: &App,
    arguments: &ImportArguments,
    bytes: Vec<u8>,
    mapping: Option<Mapping>,
) -> Result<(), Failure> {
    let user_id = roles::person(app, &arguments.user).await?;
    let target = match (&arguments.account, &arguments.new_account) {
        (Some(account), _) => {
            let rows = app.read.accounts().list(user_id).await?;
            let id = account.parse::<AccountId>().ok();
            let row = rows.iter().find(|row| {
                Some(row.account_id) == id || row.identifier == *account || row.name == *account
            });
            let row = row.ok_or(importing::ImportError::UnknownAccount)?;
            Target::Known(row.account_id)
        }
        (None, Some(name)) => Target::Named(name.clone()),
        (None, None) => Target::AsNamed,
    };
    let file_name = arguments.file.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let (currency, despite_balance) = (arguments.currency, arguments.despite_balance);
    let brought = Brought { bytes, file_name, mapping, currency, target, despite_balance };
    let preview = importing::preview(app, user_id, &brought).await?;
    if let (Some(path), Some(mapping)) = (&arguments.save_mapping, &preview.mapping) {
        std::fs::write(path, mapping.to_toml())
            .map_err(|cause| Failure::new(format!("{}: {cause}", path.display())))?;
    }
    if arguments.preview {
        show_preview(&preview, arguments.json);
        return Ok(());
    }
    let imported = importing::import(app, user_id, app.chance.uuid()?, &brought).await?;
    show_imported(&imported, arguments.json);
    Ok(())
}

/// How balances and rows of a statement agree, for people.
fn check_words(check: BalanceCheck) -> String {
    match check {
        BalanceCheck::Holds => "opening balance, rows and closing balance agree".to_owned(),
        BalanceCheck::NotGiven => "the file does not give both balances".to_owned(),
        BalanceCheck::Breaks { difference, line } => format!(
            "line {line}: the rows fall short of the closing balance by {difference} {}",
            difference.currency
        ),
    }
}

fn account_json(account: &AccountPreview) -> serde_json::Value {
    let statement = &account.statement;
    let balance = |balance: &Option<formats::DayBalance>| {
        balance.as_ref().map(|balance| balance.amount.to_string())
    };
    serde_json::json!({
        "accountId": account.account_id.map(|id| id.to_string()),
        "identifier": account.identifier,
        "name": account.name,
        "currency": statement.currency.code(),
        "fedByBank": account.fed_by_bank,
        "from": statement.from,
        "to": statement.to,
        "opening": balance(&statement.opening),
        "closing": balance(&statement.closing),
        "check": check_words(statement.check),
        "rows": statement.rows.len(),
        "new": account.counts.new,
        "same": account.counts.same,
        "settles": account.counts.settles,
        "doubtful": account.counts.doubtful,
    })
}

fn show_preview(preview: &Preview, json: bool) {
    if json {
        let accounts: Vec<_> = preview.accounts.iter().map(account_json).collect();
        let mapping = preview.mapping.as_ref().map(Mapping::to_toml);
        let format = preview.format.word();
        let shown = serde_json::json!({
            "format": format, "mapping": mapping, "accounts": accounts,
        });
        println!("{shown}");
        return;
    }
    println!("format   {}", preview.format.word());
    if let Some(mapping) = &preview.mapping {
        println!("mapping\n  {}", mapping.to_toml().trim_end().replace('\n', "\n  "));
    }
    for account in &preview.accounts {
        let counts = account.counts;
        let known = if account.account_id.is_some() { "known here" } else { "would be opened" };
        println!("account  {} ({}), {known}", account.name, account.identifier);
        println!("balance  {}", check_words(account.statement.check));
        println!(
            "rows     {} new, {} the same, {} pending ones booked, {} doubtful",
            counts.new, counts.same, counts.settles, counts.doubtful
        );
        for row in account.rows.iter().filter(|row| row.verdict != Verdict::Same) {
            let word = match row.verdict {
                Verdict::New => "new",
                Verdict::Settles => "books",
                Verdict::Doubtful => "doubtful",
                Verdict::Same => "same",
            };
            let row_text = row.observed.counterparty.as_deref().unwrap_or(&row.observed.text);
            println!(
                "  line {:<6} {word:<8} {} {:>14} {}",
                row.line, row.observed.booking_date, row.observed.amount, row_text
            );
        }
    }
    println!("nothing was stored");
}

fn show_imported(imported: &Imported, json: bool) {
    let completed = &imported.completed;
    if json {
        let shown = serde_json::json!({
            "importId": imported.import_id.to_string(),
            "before": imported.before,
            "accounts": imported.accounts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "rows": completed.rows,
            "new": completed.new,
            "doubtful": completed.doubtful,
            "position": imported.position,
        });
        println!("{shown}");
    } else if imported.before {
        println!("this file was imported before; nothing was added");
    } else {
        println!(
            "imported {} rows: {} new, {} doubtful",
            completed.rows, completed.new, completed.doubtful
        );
    }
}
