//! `opl export`: a person's books as files, or the columnar data set.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use domain::id::RoleId;

use super::{Failure, StateArguments, asked_to_stop, roles, with_app};
use crate::app::App;
use crate::exporting::files::Written;
use crate::exporting::{self, ExportFormat, data_set};

/// What `opl export` takes.
#[derive(Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    state: StateArguments,
    /// hledger, beancount, csv, camt053, ofx or parquet
    #[arg(long)]
    format: ExportFormat,
    /// Directory to write into; what is there already and has not changed is left alone
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    whose: Whose,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// Whose rows are written.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// The person: identifier or e-mail address
    #[arg(long)]
    user: Option<String>,
    /// An analyst's role, as `opl roles list` names it: everybody it covers, under pseudonyms
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleId>,
}

pub(super) async fn run(arguments: ExportArguments) -> Result<(), Failure> {
    with_app(arguments.state.options(), async |app| run_in(app, &arguments).await).await
}

async fn run_in(app: &App, arguments: &ExportArguments) -> Result<(), Failure> {
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stopped);
    let waiting = tokio::spawn(async move {
        asked_to_stop().await;
        asked.store(true, Ordering::Relaxed);
    });
    let written = write(app, arguments, || stopped.load(Ordering::Relaxed)).await;
    waiting.abort();
    if io::stderr().is_terminal() {
        eprintln!();
    }
    let written = written?;
    if arguments.json {
        let told = serde_json::json!({
            "position": written.position, "rows": written.rows, "written": written.written,
            "unchanged": written.unchanged, "removed": written.removed,
        });
        println!("{told}");
    } else {
        println!(
            "{} rows in {}: {} files written, {} unchanged, {} removed",
            written.rows,
            arguments.out.display(),
            written.written,
            written.unchanged,
            written.removed
        );
    }
    Ok(())
}

async fn write(
    app: &App,
    arguments: &ExportArguments,
    stop: impl Fn() -> bool,
) -> Result<Written, Failure> {
    let (format, out) = (arguments.format, &arguments.out);
    // Into a file or another program it would be one long line.
    let shown = io::stderr().is_terminal();
    let progress = |done, all| {
        if shown {
            eprint!("\r{done} of {all} files");
        }
    };
    match (&arguments.whose.user, arguments.whose.role) {
        (Some(user), _) => {
            let user_id = roles::person(app, user).await?;
            Ok(exporting::export(app, user_id, format, out, stop, progress).await?)
        }
        (None, Some(role_id)) if format == ExportFormat::Parquet => {
            let role = data_set::role(app, role_id).await?;
            let correlation = app.chance.uuid()?;
            let whose = data_set::Whose::analyst(app, correlation, &role).await?;
            Ok(data_set::export(app, &whose, out, stop, progress).await?)
        }
        _ => Err(Failure::new("a role exports the data set alone: use --format parquet")),
    }
}
