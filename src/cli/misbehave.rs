//! What the sandbox bank does wrong, from the command line: from its start, and while it runs.

use clap::Args;
use sandbox::{Misbehaviour, Misbehaviours, ask_control};
use serde_json::{Value, json};

use super::Failure;

/// Port of the control listener of `opl sandbox`.
pub(super) const CONTROL_PORT: u16 = 9445;

/// What a bank does wrong from its start.
#[derive(Args)]
pub(super) struct MisbehaviourArguments {
    /// What the bank does wrong, by name; `opl sandbox misbehaviours` lists the names
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    misbehave: Vec<Misbehaviour>,
    /// Let chance choose what the bank does wrong; the same number chooses the same
    #[arg(long, value_name = "N", conflicts_with = "misbehave")]
    misbehave_seed: Option<u64>,
}

impl MisbehaviourArguments {
    /// The names given, or the combination of the seed.
    pub(super) fn chosen(&self) -> Misbehaviours {
        match self.misbehave_seed {
            Some(seed) => Misbehaviours::random(seed),
            None => self.misbehave.iter().copied().collect(),
        }
    }
}

/// What `opl sandbox misbehave` takes.
#[derive(Args)]
pub(super) struct MisbehaveArguments {
    /// What the bank does wrong from now on, in place of what it did; without a name it tells what is on
    #[arg(value_name = "NAME", value_delimiter = ',', conflicts_with = "none")]
    names: Vec<Misbehaviour>,
    /// Nothing: the bank behaves again
    #[arg(long)]
    none: bool,
    /// Address of the bank's control listener
    #[arg(long, value_name = "URL", default_value_t = format!("http://127.0.0.1:{CONTROL_PORT}"))]
    at: String,
}

/// `opl sandbox misbehave`: switches a running bank.
pub(super) async fn switch(arguments: MisbehaveArguments) -> Result<(), Failure> {
    let wanted: Misbehaviours = arguments.names.iter().copied().collect();
    let body = (arguments.none || !wanted.is_empty()).then(|| json!(wanted.names()));
    let answer = ask_control(&arguments.at, "/misbehaviour", body.as_ref()).await?;
    let on: Vec<&str> =
        answer["on"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match on.is_empty() {
        true => println!("The bank behaves."),
        false => println!("The bank misbehaves: {}", on.join(",")),
    }
    Ok(())
}

/// What `opl sandbox truth` takes.
#[derive(Args)]
pub(super) struct TruthArguments {
    /// Address of the bank's control listener
    #[arg(long, value_name = "URL", default_value_t = format!("http://127.0.0.1:{CONTROL_PORT}"))]
    at: String,
}

/// `opl sandbox truth`: what really happened, and what each row that was shown stood for, as JSON.
pub(super) async fn truth(arguments: TruthArguments) -> Result<(), Failure> {
    let truth = ask_control(&arguments.at, "/truth", None).await?;
    println!("{truth:#}");
    Ok(())
}

/// `opl sandbox misbehaviours`: all names with a sentence each.
pub(super) fn list() {
    let widest = Misbehaviour::ALL.map(|known| known.name().len()).into_iter().max();
    let widest = widest.unwrap_or_default();
    for misbehaviour in Misbehaviour::ALL {
        println!("{:<widest$}  {}", misbehaviour.name(), misbehaviour.sentence());
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        misbehaviours: MisbehaviourArguments,
    }

    #[test]
    fn names_come_with_commas_and_a_wrong_one_is_answered_with_the_known_ones() {
        let line = Line::try_parse_from(["opl", "--misbehave", "no-id,self-link"]).ok();
        let chosen = line.map(|line| line.misbehaviours.chosen().to_string());
        assert_eq!(chosen.as_deref(), Some("no-id,self-link"));
        let refused = Line::try_parse_from(["opl", "--misbehave", "no-ids"]).err();
        let refused = refused.map(|error| error.to_string()).unwrap_or_default();
        assert!(Misbehaviour::ALL.iter().all(|known| refused.contains(known.name())), "{refused}");
        let seeded = Line::try_parse_from(["opl", "--misbehave-seed", "7"]).ok();
        let seeded = seeded.map(|line| line.misbehaviours.chosen());
        assert_eq!(seeded, Some(Misbehaviours::random(7)));
    }
}
