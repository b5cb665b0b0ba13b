//! `opl people`: erasing a person, and the receipt of it.

use std::io::Write as _;

use clap::{Args, Subcommand};
use domain::erasure::{ErasureReason, RequestedBy};
use domain::id::UserId;

use super::events::reading::Reading;
use super::events::{Stopped, say};
use super::roles::person;
use super::{Failure, StateArguments, with_app};
use crate::app::App;
use crate::erasure::{self, ErasureError, Receipt, Step};
use crate::portability;
use crate::retention::CLASSES;

/// What `opl people` can do.
#[derive(Subcommand)]
pub(super) enum PeopleCommand {
    /// Destroy a person's data key and every readable copy of what is theirs, for ever
    Erase(EraseArguments),
    /// Show the receipt of an erasure
    Receipt(ReceiptArguments),
    /// Write everything about a person as files a machine can read, also beside the running service
    Export(ExportArguments),
    /// List how long each class of records is kept, and on which legal basis
    Retention(RetentionArguments),
}

/// What `opl people erase` takes.
#[derive(Args)]
pub(super) struct EraseArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The person: identifier or e-mail address
    user: String,
    /// Why, as a code such as `asked_by_letter`; it stays readable for ever
    #[arg(long, value_name = "CODE")]
    reason: ErasureReason,
    /// Really do it: it cannot be undone
    #[arg(long)]
    yes: bool,
    /// One JSON object a line: each step, then the receipt
    #[arg(long)]
    json: bool,
}

/// What `opl people receipt` takes.
#[derive(Args)]
pub(super) struct ReceiptArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The person's identifier
    user: UserId,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// What `opl people export` takes.
#[derive(Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The person's identifier
    user: UserId,
    /// Directory to make; nobody else can read it
    #[arg(long, value_name = "DIR")]
    out: std::path::PathBuf,
}

/// What `opl people retention` takes.
#[derive(Args)]
pub(super) struct RetentionArguments {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: PeopleCommand) -> Result<(), Failure> {
    match command {
        PeopleCommand::Erase(arguments) => erase(arguments).await,
        PeopleCommand::Receipt(arguments) => receipt(arguments).await,
        PeopleCommand::Export(arguments) => super::events::ended(export(arguments).await),
        PeopleCommand::Retention(arguments) => retention(&arguments),
    }
}

async fn erase(arguments: EraseArguments) -> Result<(), Failure> {
    if !arguments.yes {
        let message = "an erasure cannot be undone; add --yes to really do it";
        return Err(Failure::new(message));
    }
    let options = arguments.state.options();
    let done = with_app(options, async |app| erase_in(app, &arguments).await).await?;
    show(&done, arguments.json);
    Ok(())
}

async fn erase_in(app: &App, arguments: &EraseArguments) -> Result<Receipt, Failure> {
    let user_id = person(app, &arguments.user).await?;
    erasure::request(app, user_id, RequestedBy::Operator, &arguments.reason).await?;
    Ok(erasure::run(app, user_id, |step| tell(step, arguments.json)).await?)
}

async fn export(arguments: ExportArguments) -> Result<(), Stopped> {
    let ExportArguments { state, user, out } = arguments;
    let reading = Reading::open(state.options()).await?;
    let (keys, key) = (reading.keys()?, reading.key_of(user).await?);
    eprintln!("opl: unsealing personal data of {user}");
    let written = portability::export(reading.log.as_ref(), &keys, user, key.key_id, &out).await;
    let written = written.map_err(Stopped::because)?;
    say(&format!(
        "{} events, {} answers of banks, {} accounts and {} transactions are in {}",
        written.events,
        written.answers,
        written.accounts,
        written.transactions,
        out.display()
    ))
}

fn retention(arguments: &RetentionArguments) -> Result<(), Failure> {
    for class in CLASSES {
        if arguments.json {
            println!("{}", serde_json::to_string(&class)?);
            continue;
        }
        let personal = if class.personal { "personal, sealed" } else { "not personal" };
        println!("{} ({personal})", class.name);
        println!("  holds  {}", class.holds);
        println!("  basis  {}", class.basis);
        println!("  kept   {}", class.kept);
    }
    Ok(())
}

async fn receipt(arguments: ReceiptArguments) -> Result<(), Failure> {
    let options = arguments.state.options();
    let found = with_app(options, async |app| Ok(erasure::receipt(app, arguments.user).await?));
    let found = found.await?.ok_or(ErasureError::NotErased(arguments.user))?;
    show(&found, arguments.json);
    Ok(())
}

/// Tells of a step and makes sure that it is seen before the next begins.
fn tell(step: Step, json: bool) {
    let mut out = std::io::stdout().lock();
    let line = if json {
        serde_json::json!({ "step": step }).to_string()
    } else {
        let words = match step {
            Step::DoorClosed => "sessions, password and authorizations under way are gone",
            Step::ConsentsEnded => "every consent has ended",
            Step::KeyDestroyed => "the data key is destroyed",
            Step::VaultCleared => "the vault keeps no copy of it",
            Step::Recorded => "the log says so",
            Step::CopiesCleared => "no snapshot and no row is left",
        };
        format!("done  {words}")
    };
    // A closed pipe must not end an erasure half-way.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn show(receipt: &Receipt, json: bool) {
    if json {
        println!("{}", serde_json::json!({ "receipt": receipt }));
        return;
    }
    let erased = &receipt.erased;
    let rows = [
        ("person", erased.user_id.to_string()),
        ("position", receipt.position.to_string()),
        ("leaf hash", receipt.leaf_hash.clone()),
        ("recorded at", receipt.recorded_at.to_rfc3339()),
        ("key", erased.key_id.to_string()),
        ("key destroyed at", erased.key_destroyed_at.to_rfc3339()),
        ("requested by", erased.requested_by.word().to_owned()),
        ("reason", erased.reason.to_string()),
        ("consents ended", erased.consents_ended.to_string()),
        ("banks not told", erased.banks_not_told.to_string()),
        ("secrets deleted", erased.secrets_deleted.to_string()),
        ("sessions ended", erased.sessions_ended.to_string()),
    ];
    for (name, value) in rows {
        println!("{name:<17} {value}");
    }
}
