//! `opl roles`: giving auditors, analysts and operators their role, and taking it back.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::{Args, Subcommand};
use domain::id::{RoleId, UserId};
use domain::role::Role;
use domain::user::plain_email;
use projections::roles::RoleRow;

use super::events::parse_instant;
use super::{Failure, StateArguments, with_app};
use crate::app::App;
use crate::roles::{self, By, Wanted};

/// What `opl roles` can do.
#[derive(Subcommand)]
pub(super) enum RolesCommand {
    /// Give somebody a role, for a time
    Grant(GrantArguments),
    /// Take a role back
    Withdraw(WithdrawArguments),
    /// List the roles that were given, newest first
    List(ListArguments),
}

/// What `opl roles grant` takes.
#[derive(Args)]
pub(super) struct GrantArguments {
    #[command(flatten)]
    state: StateArguments,
    /// auditor, analyst or operator
    role: Role,
    /// Who gets it: identifier or e-mail address
    user: String,
    /// Whose data it covers, each by identifier or e-mail address; everybody's without this
    #[arg(long = "person", value_name = "USER")]
    people: Vec<String>,
    /// Only what was recorded from this instant on
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    facts_from: Option<DateTime<Utc>>,
    /// Only what was recorded until this instant
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    facts_to: Option<DateTime<Utc>>,
    /// How many days it lasts
    #[arg(long, value_name = "DAYS", default_value_t = 30,
        value_parser = clap::value_parser!(i64).range(1..=366))]
    days: i64,
    /// Why, as a code such as `yearly_audit`; it stays readable for ever
    #[arg(long, value_name = "CODE")]
    reason: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `opl roles withdraw` takes.
#[derive(Args)]
pub(super) struct WithdrawArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Which giving of a role, as `opl roles list` names it
    role_id: RoleId,
    /// Why, as a code such as `audit_done`
    #[arg(long, value_name = "CODE")]
    reason: String,
}

/// What `opl roles list` takes.
#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    state: StateArguments,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: RolesCommand) -> Result<(), Failure> {
    let state = match &command {
        RolesCommand::Grant(arguments) => &arguments.state,
        RolesCommand::Withdraw(arguments) => &arguments.state,
        RolesCommand::List(arguments) => &arguments.state,
    };
    with_app(state.options(), async |app| run_in(app, &command).await).await
}

async fn run_in(app: &App, command: &RolesCommand) -> Result<(), Failure> {
    let correlation = app.chance.uuid()?;
    match command {
        RolesCommand::Grant(arguments) => {
            let (role_id, position) =
                roles::grant(app, By::CommandLine, correlation, wanted(app, arguments).await?)
                    .await?;
            if arguments.json {
                println!("{}", serde_json::json!({ "role_id": role_id, "position": position }));
            } else {
                println!("{role_id}  given at position {position}");
            }
        }
        RolesCommand::Withdraw(arguments) => {
            let WithdrawArguments { role_id, reason, .. } = arguments;
            let position =
                roles::withdraw(app, By::CommandLine, correlation, *role_id, reason).await?;
            println!("{role_id}  taken back at position {position}");
        }
        RolesCommand::List(arguments) => {
            let head = app.ledger.log().head().await?.position;
            app.read.wait_for(head, std::time::Duration::from_secs(60)).await?;
            for row in app.read.roles().all().await? {
                println!("{}", line(&row, app.clock.now(), arguments.json));
            }
        }
    }
    Ok(())
}

async fn wanted(app: &App, arguments: &GrantArguments) -> Result<Wanted, Failure> {
    let holder = person(app, &arguments.user).await?;
    let mut people = Vec::with_capacity(arguments.people.len());
    for text in &arguments.people {
        people.push(person(app, text).await?);
    }
    Ok(Wanted {
        holder,
        role: arguments.role,
        people: (!people.is_empty()).then_some(people),
        facts_from: arguments.facts_from,
        facts_to: arguments.facts_to,
        ends_at: app.clock.now() + TimeDelta::days(arguments.days),
        reason: arguments.reason.clone(),
    })
}

/// A person by identifier or address.
pub(super) async fn person(app: &App, text: &str) -> Result<UserId, Failure> {
    let unknown = "there is no such person here; give the identifier or the e-mail address";
    if let Ok(user_id) = text.parse() {
        let known = app.keys.identifier_of_person(user_id).await?;
        return known.map(|_| user_id).ok_or_else(|| Failure::new(unknown));
    }
    let email = plain_email(text).ok_or_else(|| Failure::new(unknown))?;
    app.credentials.person_of(&email).await?.ok_or_else(|| Failure::new(unknown))
}

fn line(row: &RoleRow, now: DateTime<Utc>, json: bool) -> String {
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let standing = match row.withdrawn_at {
        Some(_) => "withdrawn",
        None if row.ends_at <= now => "ended",
        None => "stands",
    };
    if json {
        return serde_json::json!({
            "role_id": row.role_id, "role": row.role, "holder": row.holder,
            "people": row.people, "facts_from": row.facts_from.map(text),
            "facts_to": row.facts_to.map(text), "granted_at": text(row.granted_at),
            "ends_at": text(row.ends_at), "withdrawn_at": row.withdrawn_at.map(text),
            "reason": row.reason, "granted_by": row.granted_by, "uses": row.uses,
            "standing": standing,
        })
        .to_string();
    }
    let covers = match &row.people {
        None if row.role == Role::Operator => "nobody's data".to_owned(),
        None => "everybody".to_owned(),
        Some(people) => format!("{} people", people.len()),
    };
    format!(
        "{}  {:<8}  {:<9}  holder {}  covers {covers}  until {}  used {} times  {}",
        row.role_id,
        row.role.word(),
        standing,
        row.holder,
        text(row.ends_at),
        row.uses,
        row.reason
    )
}
