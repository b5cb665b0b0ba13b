//! `opl demo`: a whole world on this machine. The sandbox banks and the service listen on loopback;
//! between them everything is TLS, and the two addresses a browser opens are plain HTTP on localhost,
//! where browsers ask for no certificate.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use sandbox::SandboxOptions;

use super::misbehave::MisbehaviourArguments;
use super::walk;
use super::worlds::{self, RunningBank};
use super::{Failure, asked_to_stop};
use crate::app::{App, Options};
use crate::planner::{self, Limits};
use crate::rates;
use crate::registration::{certificates, register};
use crate::service;

/// The invented rates of the world, within its directory.
const RATES_FILE: &str = "demo-rates.csv";

/// What `opl demo` takes.
#[derive(Args)]
pub(super) struct DemoArguments {
    /// Directory that holds everything; a second start finds it again
    #[arg(long, value_name = "DIR", env = "OPL_DATA", default_value = "data")]
    data: PathBuf,
    /// Port of the page
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// First of the first sandbox bank's five ports, one after the other; each further bank's are ten above
    #[arg(long, default_value_t = 9441)]
    bank_port: u16,
    /// The same seed gives the same customers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// With Enable Banking beside the banks: a second route to the accounts at OP
    #[arg(long)]
    enable_banking: bool,
    #[command(flatten)]
    misbehaviours: MisbehaviourArguments,
    /// Walk the whole job without a browser, on ports of its own, and stop
    #[arg(long)]
    headless: bool,
    /// One JSON object a line and step
    #[arg(long, requires = "headless")]
    json: bool,
}

/// The parts of the world, running.
pub(super) struct World {
    /// The banks.
    pub banks: Vec<RunningBank>,
    /// The service.
    pub app: Arc<App>,
    /// The listener of the page, not served yet.
    pub listener: tokio::net::TcpListener,
    /// Where the page is.
    pub page: String,
}

pub(super) async fn run(arguments: DemoArguments) -> Result<(), Failure> {
    if arguments.headless {
        return walk::run(&arguments).await;
    }
    let world = open(&arguments, false).await?;
    let World { banks, app, listener, page } = world;
    for RunningBank { kind, file, .. } in &banks {
        println!("Registering with the sandbox bank {}:", kind.bank_id);
        let registered = register(&app, file, |report| {
            let mark = if report.already { "stands" } else { "done  " };
            println!("  {mark}  {:<13} {}", report.step, report.evidence);
        });
        registered.await?;
    }
    println!();
    println!("  One Point Ledger   {page}");
    for RunningBank { kind, bank, .. } in &banks {
        let users: Vec<String> = bank.truth().users.into_iter().map(|user| user.user_id).collect();
        let (name, authorize) = (kind.bank_id, &bank.addresses().authorize);
        println!("  Sandbox bank       {authorize}  {name} (users {})", users.join(" and "));
        if let Some(control) = bank.control_address() {
            println!("  Its control        {control}  (misbehaviours and truth)");
        }
    }
    println!("  Everything is in   {}", arguments.data.display());
    println!("  Ctrl-C stops");
    planner::start(&app, Limits::default());
    certificates::start(&app);
    let serving = service::serve(&app, listener);
    tokio::select! {
        () = serving => {}
        () = asked_to_stop() => println!("\nStopping…"),
    }
    app.stop().await;
    for running in banks {
        running.bank.stop().await;
    }
    Ok(())
}

/// Starts banks and service; any free ports where `free_ports`.
pub(super) async fn open(arguments: &DemoArguments, free_ports: bool) -> Result<World, Failure> {
    let port = |wanted: u16| if free_ports { 0 } else { wanted };
    let address = SocketAddr::from(([127, 0, 0, 1], port(arguments.port)));
    let listener = service::listen(address).await?;
    let page = format!("http://localhost:{}", listener.local_addr()?.port());
    let app = App::open(Options::in_directory(&arguments.data)).await?;
    invented_rates(&app, &arguments.data).await?;
    let misbehaviours = arguments.misbehaviours.chosen();
    if !misbehaviours.is_empty() {
        eprintln!("The sandbox banks misbehave: {misbehaviours}");
    }
    let options = SandboxOptions {
        public_port: port(arguments.bank_port),
        authority_port: port(arguments.bank_port.saturating_add(1)),
        mtls_port: port(arguments.bank_port.saturating_add(2)),
        authorize_port: port(arguments.bank_port.saturating_add(3)),
        seed: arguments.seed,
        auto_approve: free_ports,
        authorize_plain_http: true,
        misbehaviours,
        control_port: Some(port(arguments.bank_port.saturating_add(4))),
        ..SandboxOptions::default()
    };
    let banks = worlds::start(&arguments.data, &page, &options, arguments.enable_banking).await?;
    Ok(World { banks, app, listener, page })
}

/// Invented rates of today, as a file beside everything else, taken by the way an operator's are. Every total
/// over currencies names them as what they are.
async fn invented_rates(app: &App, data: &Path) -> Result<(), Failure> {
    let today = app.clock.now().date_naive();
    let file = format!("Date,USD,GBP,SEK,NOK,DKK\n{today},1.1000,0.8500,11.0000,11.5000,7.4600\n");
    std::fs::write(data.join(RATES_FILE), &file)?;
    rates::take_invented(app, file.as_bytes(), app.chance.uuid()?).await?;
    Ok(())
}

impl DemoArguments {
    /// Whether to print JSON.
    pub(super) fn json(&self) -> bool {
        self.json
    }
}
