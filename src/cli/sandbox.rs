//! `opl sandbox`: the sandbox bank alone, with TLS on every listener.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use sandbox::{Sandbox, SandboxOptions};

use super::misbehave::{
    self, CONTROL_PORT, MisbehaveArguments, MisbehaviourArguments, TruthArguments,
};
use super::worlds::{KINDS, first_port};
use super::{Failure, asked_to_stop};

/// Ports of the first bank; each further one has its own, ten higher.
const PUBLIC_PORT: u16 = 9441;
const MTLS_PORT: u16 = 9443;
const AUTHORIZE_PORT: u16 = 9444;

/// What `opl sandbox` takes.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct SandboxArguments {
    #[command(subcommand)]
    command: Option<SandboxCommand>,
    /// Which bank: OP's own interfaces, or another standard
    #[arg(long, value_enum, default_value_t = Which::Op)]
    bank: Which,
    /// Directory of the bank's state, by default one of its own in data; its CA certificate is written there
    /// as ca.pem
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Port of the certificate generator and the key sets
    #[arg(long)]
    public_port: Option<u16>,
    /// Port of registration, token and account endpoints, with mutual TLS
    #[arg(long)]
    mtls_port: Option<u16>,
    /// Port of the pages people see
    #[arg(long)]
    authorize_port: Option<u16>,
    /// Port of the control listener (plain HTTP, this machine only), where misbehaviours are switched and
    /// the truth is told
    #[arg(long)]
    control_port: Option<u16>,
    /// The same seed gives the same customers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Speak TLS 1.3 alone where client certificates are asked for
    #[arg(long)]
    only_newest_tls: bool,
    /// Approve every consent at once, for automated runs
    #[arg(long)]
    auto_approve: bool,
    #[command(flatten)]
    misbehaviours: MisbehaviourArguments,
}

/// The sandbox banks.
#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// OP Financial Group's interfaces, a Finnish bank
    Op,
    /// NextGenPSD2 1.3 of the Berlin Group, a Swedish bank
    Nordvik,
    /// Open Banking UK 3.1.11 and 4.0, a British bank
    Albion,
    /// Enable Banking's interface, an aggregator that leads to OP's customers
    EnableBanking,
}

impl Which {
    /// Where it stands among the sandbox banks; its ports and its folder hang on that.
    fn place(self) -> usize {
        let bank_id = match self {
            Self::Op => "op",
            Self::Albion => "albion",
            Self::Nordvik => "nordvik",
            Self::EnableBanking => "enable-banking-op",
        };
        KINDS.iter().position(|kind| kind.bank_id == bank_id).unwrap_or_default()
    }
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
    let (place, kind) = (arguments.bank.place(), &KINDS[arguments.bank.place()]);
    let data = arguments.data.clone().unwrap_or_else(|| Path::new("data").join(kind.folder));
    let port = |given: Option<u16>, first: u16| given.unwrap_or_else(|| first_port(first, place));
    let misbehaviours = arguments.misbehaviours.chosen();
    let sandbox = Sandbox::start(SandboxOptions {
        standard: kind.standard,
        data_dir: data.clone(),
        public_port: port(arguments.public_port, PUBLIC_PORT),
        mtls_port: port(arguments.mtls_port, MTLS_PORT),
        authorize_port: port(arguments.authorize_port, AUTHORIZE_PORT),
        seed: arguments.seed,
        only_newest_tls: arguments.only_newest_tls,
        auto_approve: arguments.auto_approve,
        misbehaviours,
        control_port: Some(port(arguments.control_port, CONTROL_PORT)),
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
    if let Some(application) = sandbox.application() {
        println!("  the application         {}", application.id);
        println!("  its key                 {}", data.join("application.pem").display());
    }
    println!("  its CA certificate      {}", data.join("ca.pem").display());
    asked_to_stop().await;
    println!("Stopping…");
    sandbox.stop().await;
    Ok(())
}
