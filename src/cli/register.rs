//! `opl register`: registers this platform with a bank.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use domain::id::BankId;

use super::{Failure, StateArguments, with_app};
use crate::connectors::banks;
use crate::registration::{StepReport, register};
use crate::settings::RegistrationFile;

/// What `opl register` takes.
#[derive(Args)]
pub(super) struct RegisterArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The bank's short name
    #[arg(long)]
    bank: String,
    /// Settings file (JSON); conf/env.json for OP, conf/BANK.json for every other bank
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON object a line instead of words
    #[arg(long)]
    json: bool,
}

/// Where the settings of a bank are looked for.
fn settings_of(bank_id: &BankId) -> PathBuf {
    match bank_id.0.as_str() {
        "op" => PathBuf::from("conf/env.json"),
        other => PathBuf::from(format!("conf/{other}.json")),
    }
}

/// Tells of a step and makes sure that it is seen before the next begins.
fn tell(report: &StepReport, json: bool) {
    let mut out = std::io::stdout().lock();
    let line = if json {
        serde_json::to_string(report).unwrap_or_default()
    } else {
        let mark = if report.already { "stands" } else { "done  " };
        format!("{mark}  {:<13} {}", report.step, report.evidence)
    };
    // A closed pipe must not end a registration half-way.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

pub(super) async fn run(arguments: RegisterArguments) -> Result<(), Failure> {
    let bank_id = BankId(arguments.bank.clone());
    banks::find(&bank_id)?;
    let config = arguments.config.clone().unwrap_or_else(|| settings_of(&bank_id));
    let file = RegistrationFile::read(&bank_id, &config)?;
    with_app(arguments.state.options(), async |app| {
        Ok(register(app, &file, |report| tell(report, arguments.json)).await?)
    })
    .await?;
    if !arguments.json {
        println!("registered with {}", arguments.bank);
    }
    Ok(())
}
