//! Opens the sandbox bank on its usual ports until Ctrl-C.
//!
//! `cargo run -p opl-sandbox --example bank -- DIRECTORY`

use opl_sandbox::{Sandbox, SandboxOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = SandboxOptions { authorize_plain_http: true, ..SandboxOptions::default() };
    if let Some(directory) = std::env::args_os().nth(1) {
        options.data_dir = directory.into();
    }
    let sandbox = Sandbox::start(options).await?;
    let addresses = sandbox.addresses();
    println!("generator and key sets  {}", addresses.public);
    println!("tokens and APIs (mTLS)  {}", addresses.mtls);
    println!("bank customers          {}", addresses.authorize);
    for user in sandbox.truth().users {
        println!("test customer {} {}", user.user_id, user.name);
        for account in user.accounts {
            let (euros, cents) = (account.booked_minor / 100, account.booked_minor % 100);
            println!(
                "  {} {:12} {euros:>6}.{cents:02} EUR, {} transactions",
                account.iban, account.name, account.transactions
            );
        }
    }
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}
