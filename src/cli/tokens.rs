//! `opl tokens`: what programs of auditors and analysts read with.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::{Args, Subcommand};
use domain::id::{RoleId, TokenId};
use domain::role::{RoleRefusal, Scope};
use projections::roles::TokenRow;

use super::{Failure, StateArguments, with_app};
use crate::app::App;
use crate::programs::{self, ProgramError, Wanted};

/// What `opl tokens` can do.
#[derive(Subcommand)]
pub(super) enum TokensCommand {
    /// Give a program a token for a role that stands
    Grant(GrantArguments),
    /// Take a token back
    Revoke(RevokeArguments),
    /// List the tokens, newest first
    List(ListArguments),
}

/// What `opl tokens grant` takes.
#[derive(Args)]
pub(super) struct GrantArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Which giving of a role, as `opl roles list` names it
    role_id: RoleId,
    /// What it opens: audit:timeline, audit:stories, audit:proofs, audit:lawfulness, analysis, documents
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<Scope>,
    /// How many days it lasts; never longer than its role
    #[arg(long, value_name = "DAYS", default_value_t = 30,
        value_parser = clap::value_parser!(i64).range(1..=90))]
    days: i64,
    /// What it is for, as a code such as `nightly_checks`; it stays readable for ever
    #[arg(long, value_name = "CODE")]
    reason: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `opl tokens revoke` takes.
#[derive(Args)]
pub(super) struct RevokeArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Which, as `opl tokens list` names it
    token_id: TokenId,
    /// Why, as a code such as `program_gone`
    #[arg(long, value_name = "CODE")]
    reason: String,
}

/// What `opl tokens list` takes.
#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    state: StateArguments,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: TokensCommand) -> Result<(), Failure> {
    let state = match &command {
        TokensCommand::Grant(arguments) => &arguments.state,
        TokensCommand::Revoke(arguments) => &arguments.state,
        TokensCommand::List(arguments) => &arguments.state,
    };
    with_app(state.options(), async |app| run_in(app, &command).await).await
}

async fn run_in(app: &App, command: &TokensCommand) -> Result<(), Failure> {
    let correlation = app.chance.uuid()?;
    let head = app.ledger.log().head().await?.position;
    app.read.wait_for(head, std::time::Duration::from_secs(60)).await?;
    match command {
        TokensCommand::Grant(GrantArguments { role_id, scopes, days, reason, json, .. }) => {
            let ends_at = app.clock.now() + TimeDelta::days(*days);
            // Without a later end asked for, a token ends with its role.
            let role = app.read.roles().one(*role_id).await?;
            let ends_at = role.map_or(ends_at, |role| role.ends_at.min(ends_at));
            let (scopes, reason) = (scopes.clone(), reason.clone());
            let wanted = Wanted { role_id: *role_id, scopes, ends_at, reason };
            let issued = programs::issue(app, None, correlation, wanted).await?;
            let secret = issued.refresh.expose();
            if *json {
                println!(
                    "{}",
                    serde_json::json!({ "token_id": issued.token_id, "refresh_token": secret,
                        "ends_at": text(ends_at), "position": issued.position })
                );
            } else {
                println!("{}  issued at position {}", issued.token_id, issued.position);
                println!("The program's refresh token, shown this once:\n{secret}");
            }
        }
        TokensCommand::Revoke(RevokeArguments { token_id, reason, .. }) => {
            let row = app.read.roles().token(*token_id).await?;
            let no_such = || ProgramError::from(RoleRefusal::NoSuchToken);
            let role_id = row.ok_or_else(no_such)?.role_id;
            let position =
                programs::revoke(app, None, correlation, role_id, *token_id, reason).await?;
            println!("{token_id}  revoked at position {position}");
        }
        TokensCommand::List(arguments) => {
            for row in app.read.roles().tokens().await? {
                println!("{}", line(&row, app.clock.now(), arguments.json));
            }
        }
    }
    Ok(())
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn line(row: &TokenRow, now: DateTime<Utc>, json: bool) -> String {
    let standing = match row.revoked_at {
        Some(_) => "revoked",
        None if row.ends_at <= now => "ended",
        None => "stands",
    };
    let scopes: Vec<&str> = row.scopes.iter().map(|scope| scope.word()).collect();
    if json {
        return serde_json::json!({
            "token_id": row.token_id, "role_id": row.role_id, "holder": row.holder,
            "scopes": scopes, "reason": row.reason, "issued_at": text(row.issued_at),
            "ends_at": text(row.ends_at), "revoked_at": row.revoked_at.map(text),
            "uses": row.uses, "used_at": row.used_at.map(text), "standing": standing,
        })
        .to_string();
    }
    format!(
        "{}  {standing:<7}  role {}  {}  until {}  used {} times  {}",
        row.token_id,
        row.role_id,
        scopes.join(" "),
        text(row.ends_at),
        row.uses,
        row.reason
    )
}
