//! `opl export-key`: a private key of a registration as PEM, because its owner asked for it. And
//! `opl rewrap-keys`: the last step of changing the root key.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::id::BankId;

use super::{Failure, StateArguments, with_app};
use crate::audit::Archive;
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

/// What `opl rewrap-keys` takes.
#[derive(Args)]
pub(super) struct RewrapArguments {
    #[command(flatten)]
    state: StateArguments,
}

/// Wraps what is under the former root key under the current one. It can be killed and run again, and
/// needs no lock: each data key is exchanged only where it is still what was read.
pub(super) async fn rewrap(arguments: RewrapArguments) -> Result<(), Failure> {
    let options = arguments.state.options();
    if options.former_root_key.is_none() {
        return Err(Failure::new("name the root key before this one by --former-root-key-file"));
    }
    let archive = Archive::open(&options).await?;
    let (mut after, mut total) = (None, 0);
    while let (Some(last), anew) = archive.keys.rewrap_after(after).await? {
        (after, total) = (Some(last), total + anew);
        println!("{total} data keys are wrapped anew");
    }
    println!("No data key is left under the former root key. Start without it, then destroy it.");
    Ok(())
}

pub(super) async fn run(arguments: ExportKeyArguments) -> Result<(), Failure> {
    let bank_id = BankId(arguments.bank.clone());
    let options = arguments.state.options();
    let found = with_app(options, async |app| Ok(registered(app, &bank_id).await?)).await?;
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
    println!("{} is written; whoever has it can sign for this platform", arguments.out.display());
    Ok(())
}
