//! `opl export`: a person's books as files.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::{Failure, StateArguments, asked_to_stop, roles};
use crate::app::App;
use crate::exporting::{self, ExportFormat};

/// What `opl export` takes.
#[derive(Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    state: StateArguments,
    /// hledger, beancount, csv, camt053 or ofx
    #[arg(long)]
    format: ExportFormat,
    /// Directory to write into; what is there already and has not changed is left alone
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The person: identifier or e-mail address
    #[arg(long)]
    user: String,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: ExportArguments) -> Result<(), Failure> {
    let app = App::open(arguments.state.options()).await?;
    let done = run_in(&app, &arguments).await;
    app.stop().await;
    done
}

async fn run_in(app: &App, arguments: &ExportArguments) -> Result<(), Failure> {
    let user_id = roles::person(app, &arguments.user).await?;
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stopped);
    let waiting = tokio::spawn(async move {
        asked_to_stop().await;
        asked.store(true, Ordering::Relaxed);
    });
    let (format, out) = (arguments.format, &arguments.out);
    let stop = || stopped.load(Ordering::Relaxed);
    let progress = |done, all| eprint!("\r{done} of {all} files");
    let written = exporting::export(app, user_id, format, out, stop, progress).await;
    waiting.abort();
    eprintln!();
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
            out.display(),
            written.written,
            written.unchanged,
            written.removed
        );
    }
    Ok(())
}
