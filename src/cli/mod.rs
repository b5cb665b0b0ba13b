//! The command line: one file a subcommand.

mod audit;
mod backup;
mod categorise;
mod certificates;
mod demo;
mod events;
mod export;
mod health;
mod import;
mod keys;
mod misbehave;
mod people;
mod posture;
mod projections;
mod query;
mod rates;
mod reconcile;
mod register;
mod roles;
mod sandbox;
mod serve;
mod store;
mod tokens;
mod walk;
mod worlds;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::app::{App, KurrentAddress, Options, RootKey};
use crate::connectors::Secret;

/// One Point Ledger: your banks in one append-only ledger.
#[derive(Parser)]
#[command(name = "opl", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the whole world here: a sandbox bank, the registration with it, and the service
    Demo(demo::DemoArguments),
    /// Start the service
    Serve(serve::ServeArguments),
    /// Register this platform with a bank, step by step; a second run goes on where the first stopped
    Register(register::RegisterArguments),
    /// Look at our certificates at banks, have further ones issued, use them, go back
    #[command(subcommand)]
    Certificates(certificates::CertificatesCommand),
    /// Start the sandbox bank alone, or tell a running one what to do wrong
    Sandbox(sandbox::SandboxArguments),
    /// Look at the read models, or build them anew from the log
    #[command(subcommand)]
    Projections(projections::ProjectionsCommand),
    /// Export the log with proofs, sign it, and print what outsiders verify it with
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Copy, check, export and import the event log
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Copy the whole state into a backup, while the service runs
    Backup(backup::BackupArguments),
    /// Make a state from a backup, or only check one
    Restore(backup::RestoreArguments),
    /// Erase a person, or show the receipt of it
    #[command(subcommand)]
    People(people::PeopleCommand),
    /// Tell how the service stands against what it promises
    Posture(posture::PostureArguments),
    /// Write a person's books for other programs, or the columnar data set
    Export(export::ExportArguments),
    /// Ask a data set that was exported, in SQL
    Query(query::QueryArguments),
    /// Take exchange rates from their publisher's file
    #[command(subcommand)]
    Rates(rates::RatesCommand),
    /// See what this program's rules make of all history, and accept it
    #[command(subcommand)]
    Reconcile(reconcile::ReconcileCommand),
    /// Import a file of statements into a person's accounts, or show first what it would add
    Import(import::ImportArguments),
    /// Give, take back and list roles: auditor, analyst, operator
    #[command(subcommand)]
    Roles(roles::RolesCommand),
    /// Give programs tokens for a role, take them back and list them
    #[command(subcommand)]
    Tokens(tokens::TokensCommand),
    /// Look at the event log, also beside the running service
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Write a private key of a registration as PEM, to be kept with care
    ExportKey(keys::ExportKeyArguments),
    /// Wrap every data key under the current root key; the service may run. Needs --former-root-key-file
    RewrapKeys(keys::RewrapArguments),
    /// Give the transactions of a CSV file their categories
    Categorise(categorise::CategoriseArguments),
    /// Ask the service on this machine whether it is ready: exit code 0 if it is
    Health(health::HealthArguments),
    /// Print the schema of the API
    Schema,
}

/// Where the service's state is.
#[derive(Args, Clone)]
struct StateArguments {
    /// Directory that holds everything; made if it is not there
    #[arg(long, value_name = "DIR", env = "OPL_DATA", default_value = "data")]
    data: PathBuf,
    /// Keep log, vault and read models in PostgreSQL instead of files
    #[arg(long, value_name = "URL", env = "OPL_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// File with the password of that database, where --postgres names none
    #[arg(long, value_name = "FILE", env = "OPL_POSTGRES_PASSWORD_FILE", requires = "postgres",
        value_parser = password_in_file)]
    postgres_password_file: Option<Secret>,
    /// Keep the events in KurrentDB, and the rest in PostgreSQL; needs --postgres
    #[arg(long, value_name = "URL", env = "OPL_KURRENT", hide_env_values = true)]
    kurrent: Option<String>,
    /// What the names of all streams in KurrentDB begin with: small letters and digits
    #[arg(long, value_name = "WORD", env = "OPL_KURRENT_PREFIX", default_value = "opl")]
    kurrent_prefix: String,
    /// File with the root key (32 bytes, mode 0600) instead of the one in the data directory
    #[arg(long, value_name = "FILE", env = "OPL_ROOT_KEY_FILE")]
    root_key_file: Option<PathBuf>,
    /// File with the root key before this one, while it is being changed (see `opl rewrap-keys`)
    #[arg(long, value_name = "FILE", env = "OPL_FORMER_ROOT_KEY_FILE")]
    former_root_key_file: Option<PathBuf>,
    /// Read the root key from OPL_ROOT_KEY (64 hexadecimal digits); for development
    #[arg(long)]
    root_key_from_environment: bool,
}

impl StateArguments {
    fn options(&self) -> Options {
        let root_key = match (&self.root_key_file, self.root_key_from_environment) {
            (Some(path), _) => RootKey::File(path.clone()),
            (None, true) => RootKey::Environment("OPL_ROOT_KEY".to_owned()),
            (None, false) => RootKey::DataDirectory,
        };
        let postgres_url = self.postgres.as_deref().map(|url| match &self.postgres_password_file {
            Some(password) => with_password(url, password),
            None => Secret::from(url),
        });
        let kurrent = self.kurrent.as_deref().map(|url| KurrentAddress {
            url: Secret::from(url),
            prefix: self.kurrent_prefix.clone(),
        });
        let former_root_key = self.former_root_key_file.clone();
        Options {
            postgres_url,
            kurrent,
            root_key,
            former_root_key,
            ..Options::in_directory(&self.data)
        }
    }
}

/// Longest file with a password, in bytes.
const LONGEST_PASSWORD_FILE: u64 = 4 * 1024;

/// The password that is all a file holds, as a container is given it.
fn password_in_file(path: &str) -> Result<Secret, String> {
    let told = |error: std::io::Error| format!("it cannot be read: {error}");
    if std::fs::metadata(path).map_err(told)?.len() > LONGEST_PASSWORD_FILE {
        return Err("it is too long for a password".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(told)?;
    match text.trim_end_matches(['\n', '\r']) {
        "" => Err("it is empty".to_owned()),
        password => Ok(Secret::from(password)),
    }
}

/// A database's address with the password in it; one that is no address stays as it is, and is told.
fn with_password(url: &str, password: &Secret) -> Secret {
    let Ok(mut parsed) = reqwest::Url::parse(url) else { return Secret::from(url) };
    match parsed.set_password(Some(password.expose())) {
        Ok(()) => Secret::from(parsed.as_str()),
        Err(()) => Secret::from(url),
    }
}

/// What a subcommand failed with: a message for people and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            source = cause.source();
        }
        Self::new(message)
    }
}

/// Opens the service's state, does something with it and stops it again, whatever came of that.
async fn with_app<T>(
    options: Options,
    work: impl AsyncFnOnce(&Arc<App>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let app = App::open(options).await?;
    let done = work(&app).await;
    app.stop().await;
    done
}

/// Every environment variable the program takes a setting from.
#[must_use]
pub fn settings() -> BTreeSet<String> {
    fn of(command: &clap::Command, found: &mut BTreeSet<String>) {
        let named = command.get_arguments().filter_map(|argument| argument.get_env());
        found.extend(named.map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|command| of(command, found));
    }
    let others = ["OPL_LOG", "OPL_LOG_FORMAT", "OPL_ROOT_KEY"];
    let mut found: BTreeSet<String> = others.map(str::to_owned).into();
    of(&Cli::command(), &mut found);
    found
}

/// Every command's name.
#[must_use]
pub fn commands() -> BTreeSet<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    crate::telemetry::start();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("opl: another cryptography provider is in place");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("opl: threads cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(Cli::parse().command));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("opl: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Health(arguments) => health::run(&arguments).await,
        Command::Register(arguments) => register::run(arguments).await,
        Command::Certificates(command) => certificates::run(command).await,
        Command::Sandbox(arguments) => sandbox::run(arguments).await,
        Command::Projections(command) => projections::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Store(command) => store::run(command).await,
        Command::Backup(arguments) => backup::back_up(arguments).await,
        Command::Restore(arguments) => backup::restore(arguments).await,
        Command::People(command) => people::run(command).await,
        Command::Export(arguments) => export::run(arguments).await,
        Command::Query(arguments) => query::run(&arguments),
        Command::Rates(command) => rates::run(command).await,
        Command::Reconcile(command) => reconcile::run(command).await,
        Command::Import(arguments) => import::run(arguments).await,
        Command::Roles(command) => roles::run(command).await,
        Command::Tokens(command) => tokens::run(command).await,
        Command::Posture(arguments) => posture::run(arguments).await,
        Command::Events(command) => events::run(command).await,
        Command::ExportKey(arguments) => keys::run(arguments).await,
        Command::RewrapKeys(arguments) => keys::rewrap(arguments).await,
        Command::Categorise(arguments) => categorise::run(arguments),
        Command::Schema => {
            print!("{}", crate::api::schema_text());
            Ok(())
        }
    }
}

/// Waits for Ctrl-C or a request to end.
pub(crate) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_out_of_its_file_into_the_address() {
        let path = std::env::temp_dir().join(format!("opl-password-{}", uuid::Uuid::now_v7()));
        let shown = path.to_str().expect("text");
        assert!(password_in_file(shown).is_err(), "there is none");
        std::fs::write(&path, "\n").expect("written");
        assert!(password_in_file(shown).is_err(), "it is empty");
        std::fs::write(&path, "p@ss w/ord:1\n").expect("written");
        let password = password_in_file(shown).expect("a password");
        let url = with_password("postgres://opl@database/opl?sslmode=require", &password);
        assert_eq!(
            url.expose(),
            "postgres://opl:p%40ss%20w%2Ford%3A1@database/opl?sslmode=require"
        );
        assert_eq!(with_password("no address", &password).expose(), "no address");
        std::fs::remove_file(&path).expect("gone");
    }
}
