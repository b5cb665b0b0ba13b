//! `opl reconcile`: what the rules of this program make of the past, and accepting it.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use domain::id::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Failure, StateArguments, asked_to_stop, roles, with_app};
use crate::app::App;
use crate::ledger::{Actor, Cause};
use crate::redeciding::{self, Clean, Preview, Progress, Scope, words};

/// Where it is kept which accounts show nothing: identifiers and numbers alone.
const KEPT: &str = "reconcile-preview.json";
/// Time between two lines of progress; on a terminal one line is drawn anew.
const LINE_EVERY: Duration = Duration::from_secs(3);
const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// What `opl reconcile` can do.
#[derive(Subcommand)]
pub(super) enum ReconcileCommand {
    /// Run this program's rules over all history and show what would change; stores nothing. Stopped, it
    /// goes on where it was
    Preview(PreviewArguments),
    /// Make what a preview showed so, by events that can each be undone
    Accept(AcceptArguments),
}

/// Of which accounts.
#[derive(Args)]
struct ScopeArguments {
    /// One person alone: identifier or e-mail address
    #[arg(long)]
    user: Option<String>,
    /// One account alone: its identifier here
    #[arg(long)]
    account: Option<AccountId>,
}

/// What `opl reconcile preview` takes.
#[derive(Args)]
pub(super) struct PreviewArguments {
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    scope: ScopeArguments,
    /// Look at every account again, also at those that showed nothing before
    #[arg(long)]
    afresh: bool,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// What `opl reconcile accept` takes.
#[derive(Args)]
pub(super) struct AcceptArguments {
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    scope: ScopeArguments,
    /// The digest that the preview named
    #[arg(long)]
    digest: String,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: ReconcileCommand) -> Result<(), Failure> {
    match command {
        ReconcileCommand::Preview(arguments) => {
            let options = arguments.state.options();
            with_app(options, async |app| preview(app, &arguments).await).await
        }
        ReconcileCommand::Accept(arguments) => {
            let options = arguments.state.options();
            with_app(options, async |app| accept(app, &arguments).await).await
        }
    }
}

async fn scope(app: &App, arguments: &ScopeArguments) -> Result<Scope, Failure> {
    let user_id = match &arguments.user {
        Some(text) => Some(roles::person(app, text).await?),
        None => None,
    };
    Ok(Scope { user_id, account_id: arguments.account, older_only: false })
}

/// What an earlier look found clean.
#[derive(Default, Serialize, Deserialize)]
struct Before {
    /// Which program looked: rules and mappings of another one may find something.
    program: String,
    clean: Clean,
}

fn program() -> String {
    format!("{} {:x}", env!("CARGO_PKG_VERSION"), domain::FINGERPRINT)
}

impl Before {
    fn at(path: &Path) -> Clean {
        let read = std::fs::read(path).ok();
        let before: Option<Self> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        before.filter(|before| before.program == program()).unwrap_or_default().clean
    }

    fn keep(path: &Path, clean: &Clean) -> Result<(), Failure> {
        let before = Self { program: program(), clean: clean.clone() };
        let bytes = serde_json::to_vec(&before)?;
        let failed = |cause| Failure::new(format!("{}: {cause}", path.display()));
        std::fs::write(path, bytes).map_err(failed)
    }
}

async fn preview(app: &App, arguments: &PreviewArguments) -> Result<(), Failure> {
    let scope = scope(app, &arguments.scope).await?;
    let kept: PathBuf = arguments.state.data.join(KEPT);
    let mut clean = if arguments.afresh { Clean::new() } else { Before::at(&kept) };
    let mut shown = Shown::begin();
    let looked = tokio::select! {
        looked = redeciding::preview(app, scope, &mut clean, |progress| shown.show(progress)) => {
            Some(looked)
        }
        () = asked_to_stop() => None,
    };
    shown.end();
    Before::keep(&kept, &clean)?;
    let Some(looked) = looked else {
        return Err(Failure::new("stopped; nothing was stored. Run it again to go on"));
    };
    let preview = looked?;
    if arguments.json {
        tell_json(&preview)
    } else {
        tell(&preview, &arguments.scope)
    }
    Ok(())
}

async fn accept(app: &App, arguments: &AcceptArguments) -> Result<(), Failure> {
    let scope = scope(app, &arguments.scope).await?;
    let cause = Cause::new(Actor::Operator, app.chance.uuid()?);
    let mut shown = Shown::begin();
    let digest = arguments.digest.trim();
    let accepted =
        redeciding::accept(app, scope, cause, digest, |progress| shown.show(progress)).await;
    shown.end();
    let accepted = accepted?;
    if arguments.json {
        let position = accepted.position;
        println!("{}", json!({ "changes": accepted.changes, "position": position }));
    } else {
        match accepted.position {
            Some(position) => println!("{} changes, up to position {position}", accepted.changes),
            None => println!("nothing had to be changed"),
        }
    }
    Ok(())
}

fn tell_json(preview: &Preview) {
    let accounts = preview.accounts.iter().map(|account| {
        let difference = &account.difference;
        let changes = difference.items.iter().map(|item| {
            let decision = &item.redecided.decision;
            let why: Vec<_> = decision.reasons.iter().map(words::reason).collect();
            json!({
                "change": item.redecided.change,
                "why": why,
                "decision": decision,
                "rows": item.redecided.rows,
                "edited": item.edited,
            })
        });
        let kept = difference.kept.iter().map(
            |kept| json!({ "transaction_id": kept.transaction_id, "rules_say": kept.rules_say }),
        );
        json!({
            "account_id": account.account_id,
            "user_id": account.user_id,
            "version": account.version,
            "windows": difference.windows,
            "windows_unread": difference.unread,
            "changes": changes.collect::<Vec<_>>(),
            "kept": kept.collect::<Vec<_>>(),
        })
    });
    let accounts: Vec<_> = accounts.collect();
    let Preview { rules, position, digest, .. } = preview;
    let told = json!({
        "rules": rules, "position": position, "digest": digest,
        "changes": preview.changes(), "accounts": accounts,
    });
    println!("{told}");
}

fn tell(preview: &Preview, scope: &ScopeArguments) {
    for account in &preview.accounts {
        let difference = &account.difference;
        if difference.items.is_empty() && difference.kept.is_empty() && difference.unread == 0 {
            continue;
        }
        println!("account {}", account.account_id);
        for item in &difference.items {
            let decision = &item.redecided.decision;
            println!("  {}", words::change(item.redecided.change));
            for row in &item.redecided.rows {
                let said = &row.now.observed;
                let name = said.counterparty.as_deref().unwrap_or(&said.text);
                let (day, amount) = (said.booking_date, said.amount);
                println!("    {day} {amount} {} {name}", amount.currency);
                let (before, now) = (words::stand(&row.before), words::stand(&row.now));
                let id = row.transaction_id;
                match before == now {
                    true => println!("      {id}: {now}, and says something else"),
                    false => println!("      {id}: {before}; then {now}"),
                }
                if item.edited.contains(&id) {
                    println!("      what was edited of it stays");
                }
            }
            for reason in &decision.reasons {
                println!("    because {}", words::reason(reason));
            }
        }
        if !difference.kept.is_empty() {
            let kept = difference.kept.len();
            println!("  {kept} transactions stay as they are, by a person's word");
        }
        if difference.unread > 0 {
            let unread = difference.unread;
            println!("  {unread} windows cannot be read again; what was decided of them stands");
        }
    }
    let (changes, position) = (preview.changes(), preview.position);
    println!("rules {}: {changes} changes, as of position {position}", preview.rules);
    if changes > 0 {
        let mut command = format!("opl reconcile accept --digest {}", preview.digest);
        if let Some(user) = &scope.user {
            command.push_str(&format!(" --user {user}"));
        }
        if let Some(account) = scope.account {
            command.push_str(&format!(" --account {account}"));
        }
        println!("to make it so: {command}");
    }
}

/// Progress, on the standard error stream.
struct Shown {
    terminal: bool,
    last: Option<Instant>,
}

impl Shown {
    fn begin() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), last: None }
    }

    fn show(&mut self, progress: Progress) {
        let every = if self.terminal { REDRAW_EVERY } else { LINE_EVERY };
        if self.last.is_some_and(|last| last.elapsed() < every) {
            return;
        }
        self.last = Some(Instant::now());
        let Progress { accounts_done, accounts, windows_done } = progress;
        let line = format!("account {accounts_done} of {accounts}, {windows_done} windows");
        let mut stream = std::io::stderr().lock();
        // What cannot be shown is no reason to stop.
        let _ = match self.terminal {
            true => write!(stream, "\r{line}\x1b[K"),
            false => writeln!(stream, "{line}"),
        };
    }

    fn end(&self) {
        if self.terminal && self.last.is_some() {
            eprintln!();
        }
    }
}
