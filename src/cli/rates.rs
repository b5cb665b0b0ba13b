//! `opl rates`: exchange rates as their publisher's files.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, StateArguments, import, with_app};
use crate::rates;

/// What `opl rates` can do.
#[derive(Subcommand)]
pub(super) enum RatesCommand {
    /// Take the European Central Bank's reference rates (eurofxref-hist.csv or eurofxref.csv)
    Import(RatesArguments),
}

/// What `opl rates import` takes.
#[derive(Args)]
pub(super) struct RatesArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The table; of the newest day in it two years are taken
    file: PathBuf,
}

pub(super) async fn run(command: RatesCommand) -> Result<(), Failure> {
    let RatesCommand::Import(arguments) = command;
    let bytes = import::read_file(&arguments.file, formats::LARGEST_FILE)?;
    let taken = with_app(arguments.state.options(), async |app| {
        Ok(rates::take(app, &bytes, app.chance.uuid()?).await?)
    })
    .await?;
    println!("{} new days, {} known; the newest is {}", taken.new, taken.known, taken.newest);
    Ok(())
}
