//! `opl projections`: how the read models stand, and building them anew.

use std::io::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use projections::ProjectionState;

use super::{Failure, StateArguments};
use crate::app::App;
use crate::vault::crypto::hex;

/// How long read models may take to follow before their state is shown.
const CATCH_UP: Duration = Duration::from_secs(2);

/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What `opl projections` can do.
#[derive(Subcommand)]
pub(super) enum ProjectionsCommand {
    /// Show how far each read model is
    Status(StatusArguments),
    /// Build read models anew beside the live ones, compare, and switch
    Rebuild(RebuildArguments),
}

/// What `opl projections status` takes.
#[derive(Args)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    state: StateArguments,
    /// One JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// What `opl projections rebuild` takes.
#[derive(Args)]
pub(super) struct RebuildArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Which one; all without it
    name: Option<String>,
}

pub(super) async fn run(command: ProjectionsCommand) -> Result<(), Failure> {
    match command {
        ProjectionsCommand::Status(arguments) => status(arguments).await,
        ProjectionsCommand::Rebuild(arguments) => rebuild(arguments).await,
    }
}

async fn status(arguments: StatusArguments) -> Result<(), Failure> {
    let app = App::open(arguments.state.options()).await?;
    let head = app.ledger.log().head().await?.position;
    let rows = settled(&app).await;
    app.stop().await;
    if arguments.json {
        let of = |row: &projections::ProjectionStatus| {
            serde_json::json!({
                "name": row.name,
                "version": row.version,
                "position": row.position,
                "head": head,
                "state": word(&row.state),
                "error": row.error,
            })
        };
        let rows: Vec<_> = rows.iter().map(of).collect();
        println!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    println!("{:<14} {:>7} {:>12} {:>12}  state", "name", "version", "position", "head");
    for row in &rows {
        let (name, version, position) = (row.name, row.version, row.position);
        let error = row.error.as_deref().unwrap_or_default();
        println!("{name:<14} {version:>7} {position:>12} {head:>12}  {} {error}", word(&row.state));
    }
    Ok(())
}

/// The states once the read models have looked at the log; after a while, as they are.
async fn settled(app: &App) -> Vec<projections::ProjectionStatus> {
    let begun = tokio::time::Instant::now();
    loop {
        let rows = app.read.status();
        let moving = rows.iter().any(|row| row.state == ProjectionState::CatchingUp);
        if !moving || begun.elapsed() > CATCH_UP {
            return rows;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn rebuild(arguments: RebuildArguments) -> Result<(), Failure> {
    let app = App::open(arguments.state.options()).await?;
    let mut shown = false;
    let rebuilt = app
        .read
        .rebuild(arguments.name.as_deref(), |progress| {
            let part = (progress.done * 100).checked_div(progress.total).unwrap_or(100);
            let left = progress
                .remaining
                .map_or(String::new(), |left| format!("{} s left", left.as_secs()));
            let mut out = std::io::stderr().lock();
            let rate = progress.events_per_second;
            // Progress that cannot be shown must not end the work.
            let _ = write!(
                out,
                "\r{:<14} {part:>3} %  {}/{}  {rate} events/s  {left}      ",
                progress.name, progress.done, progress.total
            );
            shown = true;
        })
        .await;
    if shown {
        eprintln!();
    }
    rebuilt?;
    for row in app.read.status() {
        if arguments.name.as_deref().is_none_or(|name| name == row.name) {
            let digest = hex(&app.read.digest(row.name).await?);
            println!("{:<14} rebuilt to position {}  digest {digest}", row.name, row.position);
        }
    }
    app.stop().await;
    Ok(())
}

fn word(state: &ProjectionState) -> &'static str {
    match state {
        ProjectionState::Live => "live",
        ProjectionState::CatchingUp => "catching_up",
        ProjectionState::Rebuilding { .. } => "rebuilding",
        ProjectionState::Failed { .. } => "failed",
    }
}
