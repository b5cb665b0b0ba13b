//! Carries events between the ledger and a stock postgres-es table, and measures the stock stores
//! for the ledger's benchmarks.

mod aggregates;
mod error;
mod export;
mod import;
mod line;
mod stock;

use std::io::BufWriter;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection};

use error::BridgeError;

/// Carries events between the ledger and a stock postgres-es table.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read opened events as JSON Lines and write them to a stock table, all or none
    Export {
        /// Address of the database, such as postgres://user@host/name
        #[arg(long)]
        to: String,
        /// Add to a table that holds events already; what is there has to be equal
        #[arg(long)]
        append: bool,
    },
    /// Write every event of a stock table as JSON Lines
    ///
    /// Everything is checked before the first line is written. If the connection is lost later, the
    /// exit status is not 0 and the lines are not complete.
    Import {
        /// Address of the database
        #[arg(long)]
        from: String,
        /// Time for events that another program wrote, in microseconds since 1970; without it
        /// they are refused, because the stock table keeps no time
        #[arg(long, value_name = "MICROSECONDS")]
        recorded_at: Option<i64>,
    },
    /// Load every aggregate with the stock store and print the digest of its state
    Aggregates {
        /// Address of the database
        #[arg(long)]
        from: String,
    },
    /// Measure the stock stores
    #[command(subcommand)]
    Stock(stock::Job),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("postgres-es-bridge: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), BridgeError> {
    let mut output = BufWriter::new(std::io::stdout().lock());
    match command {
        Command::Export { to, append } => {
            let mut connection = PgConnection::connect(&to).await?;
            let mut input = std::io::stdin().lock();
            let (read, written) = export::export(&mut connection, &mut input, append).await?;
            eprintln!("{read} events read, {written} written");
        }
        Command::Import { from, recorded_at } => {
            let mut connection = PgConnection::connect(&from).await?;
            let count = import::import(&mut connection, &mut output, recorded_at).await?;
            eprintln!("{count} events written");
        }
        Command::Aggregates { from } => {
            let pool = PgPoolOptions::new().max_connections(2).connect(&from).await?;
            let count = aggregates::aggregates(&pool, &mut output).await?;
            eprintln!("{count} aggregates loaded");
        }
        Command::Stock(job) => stock::run(job, &mut output).await?,
    }
    Ok(())
}
