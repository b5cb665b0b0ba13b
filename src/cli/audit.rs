//! `opl audit`: what an outsider needs to check the log without trusting this program.

mod incident;
mod replay;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use domain::id::UserId;
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use super::events::parse_instant;
use super::{Failure, StateArguments, with_app};
use crate::audit::{Archive, ExportError, Selection};
use crate::ledger::Actor;
use crate::ledger::reading::event_at;
use crate::ledger::store::position_at;
use crate::notary::rotation;
use crate::notary::witnesses::{Said, Standing, Witnesses};

/// What `opl audit` can do.
#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Write records, checkpoints and proofs to a new directory that `opl-verify` checks offline
    Export(ExportArguments),
    /// Sign the log as it is now and print the checkpoint
    Checkpoint(CheckpointArguments),
    /// Sign the log as it is, put the checkpoint to the witnesses of a policy, and print it with theirs
    Cosign(CosignArguments),
    /// Print the key that checkpoints are verified with, or change it
    Key(KeyArguments),
    /// Tell the story of a registration, a consent or a role, step by step
    #[command(subcommand)]
    Replay(replay::ReplayCommand),
    /// List events by who caused them, kind, person, stream or chain
    Timeline(replay::TimelineArguments),
    /// Say which consent, purpose, call and presence fetched a stored fact
    Why(replay::WhyArguments),
    /// Say what could be read of a person at an instant, and what was
    Access(replay::AccessArguments),
    /// Tell an incident's time in the log, with the clocks of DORA's reports
    Incident(incident::IncidentArguments),
    /// Write the proof that one event is in the log, and its record
    Proof(ProofArguments),
}

/// What `opl audit export` takes.
#[derive(Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    selection: SelectionArguments,
    /// With --since: only what was recorded at this instant or earlier
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant, requires = "since")]
    until: Option<DateTime<Utc>>,
    /// Directory to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct SelectionArguments {
    /// Every event
    #[arg(long)]
    all: bool,
    /// One stream, such as `consent-…`
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    /// One registration with a bank, with its story
    #[arg(long, value_name = "ID")]
    registration: Option<Uuid>,
    /// One consent with everything that was read on it, and its story
    #[arg(long, value_name = "ID")]
    consent: Option<Uuid>,
    /// Everything recorded at this instant or later; to the end, or to --until
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    since: Option<DateTime<Utc>>,
    /// Everything about one person, sealed as it is stored
    #[arg(long, value_name = "USER")]
    person: Option<Uuid>,
}

/// What `opl audit checkpoint` takes.
#[derive(Args)]
pub(super) struct CheckpointArguments {
    #[command(flatten)]
    state: StateArguments,
}

/// What `opl audit cosign` takes.
#[derive(Args)]
pub(super) struct CosignArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Policy file (C2SP tlog-policy) with the witnesses, each with its address
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
}

/// What `opl audit key` takes.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct KeyArguments {
    #[command(subcommand)]
    command: Option<KeyCommand>,
    #[command(flatten)]
    state: StateArguments,
    /// A whole policy file for `opl-verify` instead of the key alone: the first key, and every change
    #[arg(long)]
    policy: bool,
}

/// What can be done with the key.
#[derive(Subcommand)]
enum KeyCommand {
    /// Give the log another key: the old one signs the new one, and both sign for a while
    Rotate(RotateArguments),
}

/// What `opl audit key rotate` takes.
#[derive(Args)]
struct RotateArguments {
    #[command(flatten)]
    state: StateArguments,
    /// How many days the old key signs beside the new one; 0 if it may be in other hands
    #[arg(long, value_name = "DAYS", default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(0..=366))]
    overlap_days: u16,
}

/// What `opl audit proof` takes.
#[derive(Args)]
pub(super) struct ProofArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Position of the event
    position: u64,
    /// File for the proof (`.tlog-proof`); the record is written beside it with `.record`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) async fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Export(arguments) => export(arguments).await,
        AuditCommand::Checkpoint(arguments) => {
            let archive = Archive::open(&arguments.state.options()).await?;
            print!("{}", archive.notary.sign().await?);
            Ok(())
        }
        AuditCommand::Cosign(arguments) => cosign(arguments).await,
        AuditCommand::Key(arguments) => key(arguments).await,
        AuditCommand::Replay(command) => replay::replay(command).await,
        AuditCommand::Timeline(arguments) => replay::timeline(arguments).await,
        AuditCommand::Why(arguments) => replay::why(arguments).await,
        AuditCommand::Access(arguments) => replay::access(arguments).await,
        AuditCommand::Incident(arguments) => incident::run(arguments).await,
        AuditCommand::Proof(arguments) => proof(arguments).await,
    }
}

async fn key(arguments: KeyArguments) -> Result<(), Failure> {
    let KeyArguments { command, state, policy } = arguments;
    if let Some(KeyCommand::Rotate(arguments)) = command {
        return rotate(arguments).await;
    }
    let notary = Archive::open(&state.options()).await?.notary;
    if policy {
        println!("log {}", notary.first_key());
        notary.successions().iter().for_each(|succession| println!("{succession}"));
        println!("quorum none");
    } else {
        println!("{}", notary.verifier_key());
    }
    Ok(())
}

async fn rotate(arguments: RotateArguments) -> Result<(), Failure> {
    let overlap = Duration::from_secs(u64::from(arguments.overlap_days) * 24 * 60 * 60);
    let (change, position, key) = with_app(arguments.state.options(), async |app| {
        let (change, position) = rotation::rotate(app, overlap, Actor::Operator).await?;
        Ok((change, position, app.notary.verifier_key()))
    })
    .await?;
    println!("{key}");
    eprintln!(
        "signs from {} events on; the change is noted at position {position}. Give this line to \
         everybody who has a policy:",
        change.from + 1
    );
    println!("{}", change.succession);
    Ok(())
}

async fn cosign(arguments: CosignArguments) -> Result<(), Failure> {
    let archive = Archive::open(&arguments.state.options()).await?;
    archive.notary.sign().await?;
    let witnesses = Witnesses::read(&arguments.policy, &archive.notary)?;
    let standing = witnesses.cosign(&archive.notary).await?;
    for (name, said) in witnesses.said() {
        match said {
            Said::Cosigned(size) => eprintln!("{name} cosigned {size} events"),
            Said::Nothing(why) => eprintln!("{name} did not cosign: {why}"),
            Said::Contradicts(why) => eprintln!("ALARM: {name} {why}"),
        }
    }
    print!("{}", archive.notary.latest().await?);
    if standing.quorum {
        return Ok(());
    }
    let Standing { cosigned, known, .. } = standing;
    Err(Failure::new(format!("{cosigned} of {known} witnesses cosigned, which is not the quorum")))
}

async fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let archive = Archive::open(&arguments.state.options()).await?;
    let selection = selection(&archive, &arguments).await?;
    let mut shown = false;
    let written = archive
        .export(selection, &arguments.out, |done, of| {
            // Progress that cannot be shown must not end the work.
            let _ = write!(std::io::stderr(), "\r{done} of {of} records   ");
            shown = true;
        })
        .await;
    if shown {
        eprintln!();
    }
    let manifest = written?;
    let made_at = arguments.state.options().clock.now();
    archive.write_readable(selection, &arguments.out, &manifest, made_at).await?;
    println!("{} records are in {}", manifest.records, arguments.out.display());
    println!("Check them with: opl-verify --policy POLICY {}", arguments.out.display());
    Ok(())
}

async fn selection(archive: &Archive, arguments: &ExportArguments) -> Result<Selection, Failure> {
    let SelectionArguments { stream, registration, consent, since, person, .. } =
        &arguments.selection;
    if let Some(name) = stream {
        let stream: StreamId = name
            .parse()
            .map_err(|_| Failure::new(format!("`{name}` is not the name of a stream")))?;
        return Ok(Selection::Stream(stream));
    }
    if let Some(since) = since {
        let log = archive.log.as_ref();
        let from = position_at(log, since.timestamp_micros() - 1).await?;
        let to = match arguments.until {
            Some(until) => position_at(log, until.timestamp_micros()).await?,
            None => log.head().await?.position,
        };
        return Ok(Selection::Period(from, to));
    }
    Ok(match (registration, consent, person) {
        (Some(id), _, _) => Selection::Story(StreamId::new(Category::Registration, *id)),
        (_, Some(id), _) => Selection::Story(StreamId::new(Category::Consent, *id)),
        (_, _, Some(user)) => Selection::Person(UserId(*user)),
        (None, None, None) => Selection::Whole,
    })
}

async fn proof(arguments: ProofArguments) -> Result<(), Failure> {
    let ProofArguments { state, position, out } = arguments;
    let archive = Archive::open(&state.options()).await?;
    archive.notary.sign().await?;
    let event = event_at(&*archive.log, position).await?;
    let event = event.ok_or(ExportError::NoSuchPosition(position))?;
    let proof = archive.notary.inclusion(position).await?;
    let mut record = Vec::new();
    event.record(&event.stream.to_string()).write(&mut record);
    let beside = out.with_extension("record");
    for (path, bytes) in [(&out, proof.to_string().into_bytes()), (&beside, record)] {
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
        file.and_then(|mut file| file.write_all(&bytes)).map_err(|error| {
            Failure::new(format!("{} cannot be written: {error}", path.display()))
        })?;
    }
    println!("The proof is {}, the record {}", out.display(), beside.display());
    Ok(())
}
