//! `opl serve`: the service alone.

use std::net::SocketAddr;

use clap::Args;

use super::{Failure, StateArguments, asked_to_stop};
use crate::app::App;
use crate::service;

/// What `opl serve` takes.
#[derive(Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Address to listen on; put a proxy that ends TLS before it for anything but this machine
    #[arg(long, value_name = "ADDRESS", env = "OPL_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(super) async fn run(arguments: ServeArguments) -> Result<(), Failure> {
    let listener = service::listen(arguments.listen).await?;
    let app = App::open(arguments.state.options()).await?;
    println!("One Point Ledger is at http://{}", arguments.listen);
    let serving = service::serve(&app, listener);
    tokio::select! {
        () = serving => {}
        () = asked_to_stop() => println!("Stopping…"),
    }
    app.stop().await;
    Ok(())
}
