//! `opl projections`: how the read models stand, and building them anew.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use clap::{Args, Subcommand};
use projections::{Comparison, Progress, ProjectionState};

use super::{Failure, StateArguments, with_app};
use crate::app::App;
use crate::vault::crypto::hex;

/// How long read models may take to follow before their state is shown.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Signs of the progress bar.
const BAR_WIDTH: usize = 30;
/// Time between two drawings of it on a terminal.
const REDRAW_EVERY: Duration = Duration::from_millis(100);
/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(3);

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
    let (head, rows) = with_app(arguments.state.options(), async |app| {
        Ok((app.ledger.log().head().await?.position, settled(app).await))
    })
    .await?;
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
    let name = arguments.name.as_deref();
    with_app(arguments.state.options(), async |app| rebuild_in(app, name).await).await
}

async fn rebuild_in(app: &App, name: Option<&str>) -> Result<(), Failure> {
    let mut shown = Shown::begin();
    let rebuilt = app.read.rebuild_and_compare(name, |progress| shown.show(&progress)).await;
    shown.end();
    let rebuilt = rebuilt?;
    for one in &rebuilt {
        let digest = hex(&app.read.digest(one.name).await?);
        let compared = match one.comparison {
            Comparison::Equal => "equal to the rows before",
            // The rows follow from the log alone, so the new ones are right and are kept.
            Comparison::Different => {
                "DIFFERS from the rows before; the new ones follow from the log"
            }
            Comparison::NotCompared => "not compared: the rows before stood elsewhere",
        };
        println!(
            "{:<14} rebuilt to position {}  digest {digest}  {compared}",
            one.name, one.position
        );
    }
    Ok(())
}

/// Progress on the standard error: drawn in place on a terminal, a line now and then elsewhere.
struct Shown {
    terminal: bool,
    last: Option<tokio::time::Instant>,
}

impl Shown {
    fn begin() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), last: None }
    }

    fn show(&mut self, progress: &Progress) {
        let pause = if self.terminal { REDRAW_EVERY } else { LINE_EVERY };
        let early = self.last.is_some_and(|last| last.elapsed() < pause);
        if early && progress.done < progress.total {
            return;
        }
        self.last = Some(tokio::time::Instant::now());
        let Progress { done, total, events_per_second, .. } = progress;
        let part = (done * 100).checked_div(*total).unwrap_or(100).min(100);
        let full = usize::try_from(part).unwrap_or(100) * BAR_WIDTH / 100;
        let left =
            progress.remaining.map_or(String::new(), |left| format!("{} s left", left.as_secs()));
        let (begin, end) = if self.terminal { ("\r", "      ") } else { ("", "\n") };
        // Progress that cannot be shown must not end the work.
        let _ = write!(
            std::io::stderr(),
            "{begin}[{}{}] {part:>3} %  {done}/{total}  {events_per_second} events/s  {left}{end}",
            "#".repeat(full),
            "-".repeat(BAR_WIDTH - full),
        );
    }

    fn end(self) {
        if self.terminal && self.last.is_some() {
            eprintln!();
        }
    }
}

fn word(state: &ProjectionState) -> &'static str {
    match state {
        ProjectionState::Live => "live",
        ProjectionState::CatchingUp => "catching_up",
        ProjectionState::Rebuilding { .. } => "rebuilding",
        ProjectionState::Failed { .. } => "failed",
    }
}
