//! How fast a long history comes from a bank to the screen, and where the time goes.
//!
//! `cargo bench --bench fetch -- [ROWS] [sqlite|postgres]`: one customer of the sandbox bank with at least
//! so many rows (100,000) connects, over TLS; the clock runs from the first byte asked for to the last
//! row that can be queried. What each part took is read from the log itself, so that nothing in the
//! program measures anything. Then the page's questions about all those rows are asked, many times each.
//! Prints tables and writes `target/bench-fetch.json`.

mod asked;
mod customer;
#[path = "../rebuild/server.rs"]
mod server;
mod timeline;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use domain::id::BankId;
use opl::app::{App, Options};
use opl::settings::RegistrationFile;
use sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;
use uuid::Uuid;

use customer::Customer;
use timeline::Timeline;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why the run could not go on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Rows, unless told otherwise.
const ROWS: usize = 100_000;
/// Rows the sandbox's first customer has for each further purchase, about.
const ROWS_A_FURTHER_PURCHASE: usize = 1_100;
/// How long the read models may take to show the last row.
const SHOWN_WITHIN: Duration = Duration::from_secs(600);

/// A folder that goes away with this.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fetch bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let rows = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(ROWS);
    let stores = ["sqlite", "postgres"];
    let any = !arguments.iter().any(|argument| stores.contains(&argument.as_str()));
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let mut results = Vec::new();
    for store in stores {
        if any || arguments.iter().any(|argument| argument == store) {
            let (timeline, asked) = fetch(store, rows, &target).await?;
            println!("{}", timeline.table(store));
            let mut result = timeline.json(store);
            result["asked_milliseconds"] = asked;
            results.push(result);
        }
    }
    let path = target.join("bench-fetch.json");
    std::fs::write(&path, serde_json::to_string_pretty(&results)?)?;
    println!("written: {}", path.display());
    Ok(())
}

async fn fetch(
    store: &str,
    rows: usize,
    target: &std::path::Path,
) -> Result<(Timeline, Value), Failure> {
    let scratch = Scratch(target.join(format!("fetch-{}", Uuid::new_v4().simple())));
    std::fs::create_dir_all(&scratch.0)?;
    let further = u16::try_from(rows.div_ceil(ROWS_A_FURTHER_PURCHASE))?;
    let bank = Sandbox::start(SandboxOptions {
        data_dir: scratch.0.join("bank"),
        public_port: 0,
        mtls_port: 0,
        authorize_port: 0,
        auto_approve: true,
        authorize_plain_http: true,
        further_purchases: further,
        ..SandboxOptions::default()
    })
    .await?;
    let mut options = Options::in_directory(&scratch.0.join("state"));
    let server = if store == "postgres" { Some(server::Server::start().await?) } else { None };
    let database = match &server {
        Some(server) => {
            let pool = server.database().await?;
            options.postgres_url = Some(server.address_of(&pool).await?.into());
            Some((server, pool))
        }
        None => None,
    };
    let app = App::open(options).await?;
    let listener = opl::service::listen("127.0.0.1:0".parse()?).await?;
    let page = format!("http://localhost:{}", listener.local_addr()?.port());
    let serving = std::sync::Arc::clone(&app);
    let limits = opl::api::Limits::any_query();
    tokio::spawn(async move { opl::service::serve_within(&serving, listener, limits).await });
    let settings = customer::settings(&bank, &page);
    let file = RegistrationFile::parse(
        &BankId("op".to_owned()),
        settings,
        Some(bank.ca_certificate_pem().to_owned()),
    )?;
    opl::registration::register(&app, &file, |_| {}).await?;
    let begun = Instant::now();
    let mut customer = Customer::connects(&page).await?;
    let position = timeline::end_of_run(&app).await?;
    app.read.wait_for(position, SHOWN_WITHIN).await?;
    let shown_at = app.clock.now();
    eprintln!("{store}: read and shown after {:.1} s", begun.elapsed().as_secs_f32());
    let timeline = Timeline::of(&app, shown_at).await?;
    let asked = asked::measure(&mut customer, app.clock.now().date_naive()).await?;
    app.stop().await;
    bank.stop().await;
    if let Some((server, pool)) = database {
        server.clear(pool).await?;
    }
    Ok((timeline, asked))
}
