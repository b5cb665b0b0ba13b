//! `opl demo`: a whole world on this machine. The sandbox bank and the service listen on loopback;
//! between them everything is TLS, and the two addresses a browser opens are plain HTTP on localhost,
//! where browsers ask for no certificate.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use domain::id::BankId;
use sandbox::{Addresses, Sandbox, SandboxOptions};

use super::misbehave::MisbehaviourArguments;
use super::walk;
use super::{Failure, asked_to_stop};
use crate::app::{App, Options};
use crate::connectors::settings::SettingsError;
use crate::planner::{self, Limits};
use crate::registration::register;
use crate::service;
use crate::settings::RegistrationFile;

/// What `opl demo` takes.
#[derive(Args)]
pub(super) struct DemoArguments {
    /// Directory that holds everything; a second start finds it again
    #[arg(long, value_name = "DIR", env = "OPL_DATA", default_value = "data")]
    data: PathBuf,
    /// Port of the page
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// First of the sandbox bank's four ports: this one, two, three and four above it
    #[arg(long, default_value_t = 9441)]
    bank_port: u16,
    /// The same seed gives the same customers
    #[arg(long, default_value_t = 1)]
    seed: u64,
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
    /// The bank.
    pub bank: Sandbox,
    /// The service.
    pub app: Arc<App>,
    /// The listener of the page, not served yet.
    pub listener: tokio::net::TcpListener,
    /// Where the page is.
    pub page: String,
    /// The settings to register with.
    pub file: RegistrationFile,
}

pub(super) async fn run(arguments: DemoArguments) -> Result<(), Failure> {
    if arguments.headless {
        return walk::run(&arguments).await;
    }
    let world = open(&arguments, false).await?;
    let World { bank, app, listener, page, file } = world;
    println!("Registering with the sandbox bank:");
    let registered = register(&app, &file, |report| {
        let mark = if report.already { "stands" } else { "done  " };
        println!("  {mark}  {:<13} {}", report.step, report.evidence);
    });
    registered.await?;
    println!();
    println!("  One Point Ledger   {page}");
    println!("  Sandbox bank       {}  (users 88888881 and 88888882)", bank.addresses().authorize);
    if let Some(control) = bank.control_address() {
        println!("  Its control        {control}  (misbehaviours and truth)");
    }
    println!("  Everything is in   {}", arguments.data.display());
    println!("  Ctrl-C stops");
    planner::start(&app, Limits::default());
    let serving = service::serve(&app, listener);
    tokio::select! {
        () = serving => {}
        () = asked_to_stop() => println!("\nStopping…"),
    }
    app.stop().await;
    bank.stop().await;
    Ok(())
}

/// Starts bank and service; any free ports where `free_ports`.
pub(super) async fn open(arguments: &DemoArguments, free_ports: bool) -> Result<World, Failure> {
    let port = |wanted: u16| if free_ports { 0 } else { wanted };
    let address = SocketAddr::from(([127, 0, 0, 1], port(arguments.port)));
    let listener = service::listen(address).await?;
    let page = format!("http://localhost:{}", listener.local_addr()?.port());
    let app = App::open(Options::in_directory(&arguments.data)).await?;
    let misbehaviours = arguments.misbehaviours.chosen();
    if !misbehaviours.is_empty() {
        eprintln!("The sandbox bank misbehaves: {misbehaviours}");
    }
    let bank = Sandbox::start(SandboxOptions {
        data_dir: arguments.data.join("sandbox"),
        public_port: port(arguments.bank_port),
        mtls_port: port(arguments.bank_port.saturating_add(2)),
        authorize_port: port(arguments.bank_port.saturating_add(3)),
        seed: arguments.seed,
        auto_approve: free_ports,
        authorize_plain_http: true,
        misbehaviours,
        control_port: Some(port(arguments.bank_port.saturating_add(4))),
        ..SandboxOptions::default()
    })
    .await?;
    let file = settings(bank.addresses(), &page, bank.ca_certificate_pem())?;
    Ok(World { bank, app, listener, page, file })
}

impl DemoArguments {
    /// Whether to print JSON.
    pub(super) fn json(&self) -> bool {
        self.json
    }
}

/// The settings an operator would write for this bank.
fn settings(
    addresses: &Addresses,
    page: &str,
    ca_pem: &str,
) -> Result<RegistrationFile, SettingsError> {
    let Addresses { public, mtls, authorize, .. } = addresses;
    let json = serde_json::json!({
        "api_key": SandboxOptions::default().api_key,
        "country": "FI",
        "tpp_name": "One Point Ledger",
        "roles": ["AIS"],
        "sandbox_url": format!("{public}/psd2-sandbox-tpp-generator/sandbox-tpp"),
        "registration_url": format!("{mtls}/tpp-registration/register"),
        "redirect_uris": [format!("{page}/callback/op")],
        "software_client_name": "One Point Ledger",
        "software_redirect_uris": [format!("{page}/callback/op")],
        "software_client_uri": page,
        "org_name": "One Point Ledger",
        "org_contacts": [{
            "name": "Support",
            "email": "support@onepointledger.example",
            "phone": "+358000000000",
            "type": "Support",
        }],
        "token_url": format!("{mtls}/oauth/token"),
        "accounts_url": format!("{mtls}/accounts-psd2/v1"),
        "authorize_url": format!("{authorize}/oauth/authorize"),
        "issuer": authorize,
        "keys_url": format!("{public}/oauth/jwks/PSD2_OIDC"),
    });
    let op = BankId("op".to_owned());
    RegistrationFile::parse(&op, json.to_string(), Some(ca_pem.to_owned()))
}
