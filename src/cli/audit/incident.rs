//! `opl audit incident`: what the log says of an incident's time, and by when each report is due.

use std::io::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;

use crate::audit::dora::{self, Incident, KINDS, Known, reports};
use crate::audit::filter::Filter;
use crate::audit::timeline::{self, MOST_LINES, Scope};
use crate::cli::events::reading::Reading;
use crate::cli::events::{Place, Stopped, ended, parse_instant, plain, say};
use crate::cli::{Failure, StateArguments};

/// Most events of one incident.
const MOST_EVENTS: usize = 50_000;

/// What `opl audit incident` takes.
#[derive(Args)]
pub(in crate::cli) struct IncidentArguments {
    #[command(flatten)]
    state: StateArguments,
    /// When it began
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    began: DateTime<Utc>,
    /// When it ended; until now without this
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    ended: Option<DateTime<Utc>>,
    /// When it was noticed
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    aware: DateTime<Utc>,
    /// When it was classified as major
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    classified: Option<DateTime<Utc>>,
    /// When the initial report went out
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    initial_sent: Option<DateTime<Utc>>,
    /// When the intermediate report went out
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    intermediate_sent: Option<DateTime<Utc>>,
    /// File to make with the whole timeline as JSON
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(in crate::cli) async fn run(arguments: IncidentArguments) -> Result<(), Failure> {
    ended(show(arguments).await)
}

async fn show(arguments: IncidentArguments) -> Result<(), Stopped> {
    let IncidentArguments { began, aware, classified, initial_sent, intermediate_sent, .. } =
        arguments;
    let options = arguments.state.options();
    let now = options.clock.now();
    let reading = Reading::open(options).await?;
    let head = reading.head().await?;
    let after = Place::Instant(began - chrono::TimeDelta::microseconds(1));
    let after = after.position(&reading, head).await?;
    let to = match arguments.ended {
        Some(ended) => Place::Instant(ended).position(&reading, head).await?,
        None => head,
    };
    let types = KINDS.map(str::to_owned).to_vec();
    let filter = Filter { types, ..Filter::default() };
    let (keys, scope) = (reading.keys()?, Scope { people: None, after, to });
    let (mut events, mut reached) = (Vec::new(), after);
    loop {
        let log = reading.log.as_ref();
        let page = timeline::page(log, &keys, &scope, &filter, reached, MOST_LINES).await;
        let page = page.map_err(Stopped::because)?;
        reached = page.reached;
        events.extend(page.lines);
        if !page.more || events.len() >= MOST_EVENTS {
            break;
        }
    }
    let known = Known { began, aware, classified, initial_sent, intermediate_sent };
    let incident = Incident { began, aware, classified, reports: reports(&known, now), events };
    if let Some(path) = &arguments.out {
        let text = serde_json::to_vec_pretty(&incident).map_err(Stopped::because)?;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
        file.and_then(|mut file| file.write_all(&text)).map_err(|error| {
            Failure::new(format!("{} cannot be written: {error}", path.display()))
        })?;
    }
    tell(&incident)
}

fn tell(incident: &Incident) -> Result<(), Stopped> {
    let text = |at: Option<DateTime<Utc>>| {
        at.map_or_else(|| "-".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
    };
    say(&format!("began {}  noticed {}", text(Some(incident.began)), text(Some(incident.aware))))?;
    say(&format!("classified as major {}", text(incident.classified)))?;
    for dora::Due { report, by, because, sent, late } in &incident.reports {
        let verdict = if *late { "LATE" } else { "in time" };
        let (by, sent) = (text(*by), text(*sent));
        say(&format!("{report:<13} due {by}  sent {sent}  {verdict}  ({because})"))?;
    }
    say(&format!("{} events that may matter", incident.events.len()))?;
    for line in &incident.events {
        let actor = plain(&line.actor);
        let kind = plain(&line.event_type);
        say(&format!("{:>8}  {}  {actor:<8}  {kind}", line.position, line.recorded_at))?;
    }
    Ok(())
}
