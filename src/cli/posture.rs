//! `opl posture`: how the service stands against what it promises.

use clap::Args;

use super::{Failure, StateArguments};
use crate::audit::Archive;
use crate::posture::{Standing, posture};

/// What `opl posture` takes.
#[derive(Args)]
pub(super) struct PostureArguments {
    #[command(flatten)]
    state: StateArguments,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: PostureArguments) -> Result<(), Failure> {
    let options = arguments.state.options();
    let archive = Archive::open(&options).await?;
    let checks = posture(&archive, &options).await?;
    for check in &checks {
        if arguments.json {
            println!("{}", serde_json::to_string(check)?);
            continue;
        }
        let word = match check.standing {
            Standing::Good => "good ",
            Standing::Watch => "watch",
            Standing::Bad => "BAD  ",
        };
        println!("{word}  {:<40} {}", check.what, check.says);
    }
    let bad = checks.iter().filter(|check| check.standing == Standing::Bad).count();
    if bad > 0 {
        return Err(Failure::new(format!("{bad} promises are broken")));
    }
    Ok(())
}
