//! `opl certificates`: our certificates at a bank, and changing them with an overlap.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use domain::id::BankId;
use domain::tpp_registration::{CertificatesIssued, SwitchReason, TppRegistration};

use super::{Failure, StateArguments, with_app};
use crate::app::App;
use crate::connectors::banks;
use crate::registration::{certificates, stream};

/// What `opl certificates` can do.
#[derive(Subcommand)]
pub(super) enum CertificatesCommand {
    /// Show those in use, those prepared and those of before
    List(BankArguments),
    /// Have further ones issued, beside those in use; the bank knows both
    Prepare(PrepareArguments),
    /// Use the prepared ones from now on, once the bank was seen to take them
    Switch(BankArguments),
    /// Use those of before again
    RollBack(BankArguments),
    /// Have further ones issued and use them at once
    Rotate(BankArguments),
}

#[derive(Args)]
pub(super) struct BankArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The bank's short name
    #[arg(long)]
    bank: String,
}

#[derive(Args)]
pub(super) struct PrepareArguments {
    #[command(flatten)]
    bank: BankArguments,
    /// When the running service uses them by itself, such as 2026-12-01T03:00:00Z
    #[arg(long, value_name = "INSTANT")]
    switch_at: Option<DateTime<Utc>>,
}

pub(super) async fn run(command: CertificatesCommand) -> Result<(), Failure> {
    let arguments = match &command {
        CertificatesCommand::Prepare(arguments) => &arguments.bank,
        CertificatesCommand::List(arguments)
        | CertificatesCommand::Switch(arguments)
        | CertificatesCommand::RollBack(arguments)
        | CertificatesCommand::Rotate(arguments) => arguments,
    };
    let bank_id = BankId(arguments.bank.clone());
    banks::find(&bank_id)?;
    let options = arguments.state.options();
    with_app(options, async |app| carry_out(app, &bank_id, &command).await).await
}

async fn carry_out(
    app: &App,
    bank_id: &BankId,
    command: &CertificatesCommand,
) -> Result<(), Failure> {
    match command {
        CertificatesCommand::List(_) => {}
        CertificatesCommand::Prepare(arguments) => {
            certificates::prepare(app, bank_id, arguments.switch_at).await?;
        }
        CertificatesCommand::Switch(_) => {
            certificates::switch(app, bank_id, SwitchReason::Asked).await?;
        }
        CertificatesCommand::RollBack(_) => certificates::roll_back(app, bank_id).await?,
        CertificatesCommand::Rotate(_) => {
            certificates::prepare(app, bank_id, None).await?;
            certificates::switch(app, bank_id, SwitchReason::Asked).await?;
        }
    }
    let state = app.ledger.load::<TppRegistration>(stream(bank_id)).await?.aggregate;
    tell("in use", state.certificates.as_ref());
    tell("prepared", state.prepared.as_ref().map(|prepared| &prepared.issued));
    if let Some(at) = state.prepared.as_ref().and_then(|prepared| prepared.switch_at) {
        println!("           used from {at}");
    }
    tell("before", state.former.as_ref());
    Ok(())
}

fn tell(what: &str, issued: Option<&CertificatesIssued>) {
    let Some(issued) = issued else { return };
    for (kind, facts) in [("QWAC", &issued.qwac), ("QSEAL", &issued.qseal)] {
        let name = facts.fingerprint.get(..16).unwrap_or(&facts.fingerprint);
        println!("{what:<9}  {kind:<5}  {name}  until {}", facts.not_after.format("%Y-%m-%d"));
    }
}
