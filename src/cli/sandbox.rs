//! `opl sandbox`: the sandbox bank alone, with TLS on every listener.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sandbox::{Sandbox, SandboxOptions};

use super::misbehave::{
    self, CONTROL_PORT, MisbehaveArguments, MisbehaviourArguments, TruthArguments,
};
use super::{Failure, asked_to_stop};

/// What `opl sandbox` takes.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct SandboxArguments {
    #[command(subcommand)]
    command: Option<SandboxCommand>,
    /// Directory of the bank's state; its CA certificate is written there as ca.pem
    #[arg(long, value_name = "DIR", default_value = "data/sandbox")]
    data: PathBuf,
    /// Port of the certificate generator and the key sets
    #[arg(long, default_value_t = 9441)]
    public_port: u16,
    /// Port of registration, token and account endpoints, with mutual TLS
    #[arg(long, default_value_t = 9443)]
    mtls_port: u16,
    /// Port of the pages people see
    #[arg(long, default_value_t = 9444)]
    authorize_port: u16,
    /// Port of the control listener (plain HTTP, this machine only), where misbehaviours are switched and
    /// the truth is told
    #[arg(long, default_value_t = CONTROL_PORT)]
    control_port: u16,
    /// The same seed gives the same customers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Approve every consent at once, for automated runs
    #[arg(long)]
    auto_approve: bool,
    #[command(flatten)]
    misbehaviours: MisbehaviourArguments,
}

/// What to do instead of starting a bank.
#[derive(Subcommand)]
enum SandboxCommand {
    /// Tell a running sandbox bank what to do wrong
    Misbehave(MisbehaveArguments),
    /// List everything a sandbox bank can do wrong
    Misbehaviours,
    /// Print the truth behind every row a running sandbox bank has shown
    Truth(TruthArguments),
}

pub(super) async fn run(arguments: SandboxArguments) -> Result<(), Failure> {
    match arguments.command {
        Some(SandboxCommand::Misbehave(arguments)) => return misbehave::switch(arguments).await,
        Some(SandboxCommand::Misbehaviours) => {
            misbehave::list();
            return Ok(());
        }
        Some(SandboxCommand::Truth(arguments)) => return misbehave::truth(arguments).await,
        None => {}
    }
    let data = arguments.data.clone();
    let misbehaviours = arguments.misbehaviours.chosen();
    let sandbox = Sandbox::start(SandboxOptions {
        data_dir: arguments.data,
        public_port: arguments.public_port,
        mtls_port: arguments.mtls_port,
        authorize_port: arguments.authorize_port,
        seed: arguments.seed,
        auto_approve: arguments.auto_approve,
        misbehaviours,
        control_port: Some(arguments.control_port),
        ..SandboxOptions::default()
    })
    .await?;
    let addresses = sandbox.addresses();
    println!("The sandbox bank is up; every customer and amount is invented.");
    println!("  certificates and keys   {}", addresses.public);
    println!("  accounts (mutual TLS)   {}", addresses.mtls);
    println!("  consent pages           {}", addresses.authorize);
    if let Some(control) = sandbox.control_address() {
        println!("  control and truth       {control}");
    }
    if !misbehaviours.is_empty() {
        println!("  it misbehaves           {misbehaviours}");
    }
    println!("  its CA certificate      {}", data.join("ca.pem").display());
    asked_to_stop().await;
    println!("Stopping…");
    sandbox.stop().await;
    Ok(())
}
