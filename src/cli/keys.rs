//! `opl export-key`: a private key of a registration as PEM, because its owner asked for it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::id::BankId;

use super::{Failure, StateArguments};
use crate::app::App;
use crate::registration::registered;

/// What `opl export-key` takes.
#[derive(Args)]
pub(super) struct ExportKeyArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The bank's short name
    #[arg(long)]
    bank: String,
    /// Which key
    #[arg(long, value_enum)]
    key: Which,
    /// New file to write, with mode 0600
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// The key shown in TLS
    Qwac,
    /// The key that signs
    Qseal,
}

pub(super) async fn run(arguments: ExportKeyArguments) -> Result<(), Failure> {
    let app = App::open(arguments.state.options()).await?;
    let found = registered(&app, &BankId(arguments.bank.clone())).await?;
    let found = found.ok_or_else(|| {
        Failure::new(format!("there is no registration with `{}`", arguments.bank))
    })?;
    let issued = match arguments.key {
        Which::Qwac => &found.issued.qwac,
        Which::Qseal => &found.issued.qseal,
    };
    let pem = issued.key.to_pkcs8_pem();
    let cannot = |error: std::io::Error| {
        Failure::new(format!("{} cannot be written: {error}", arguments.out.display()))
    };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&arguments.out)
        .map_err(cannot)?;
    file.write_all(pem.expose().as_bytes()).map_err(cannot)?;
    app.stop().await;
    println!("{} is written; whoever has it can sign for this platform", arguments.out.display());
    Ok(())
}
