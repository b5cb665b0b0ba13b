//! `opl audit replay`, `timeline`, `why` and `access`: what happened and by whose leave, told from the
//! log alone, also beside the running service.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use domain::id::UserId;
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use crate::audit::filter::Filter;
use crate::audit::lawful::{self, Access, Call, Leave, Why};
use crate::audit::story::{self, Step, Story};
use crate::audit::timeline::{self, Scope};
use crate::cli::events::reading::Reading;
use crate::cli::events::{Place, Stopped, ended, parse_instant, parse_place, plain, say};
use crate::cli::{Failure, StateArguments};
use crate::ledger::reading::Reader;

/// Most things that are listed to choose from.
const MOST_LISTED: usize = 100;

/// Whose story.
#[derive(Subcommand)]
pub(in crate::cli) enum ReplayCommand {
    /// A registration with a bank: what was signed and sent, and what the bank answered
    Registration(ReplayArguments),
    /// A consent: who asked, what was signed and sent, who approved, and every call made on it
    Consent(ReplayArguments),
    /// A role somebody was given, and every use of it
    Role(ReplayArguments),
}

/// What a replay takes.
#[derive(Args)]
pub(in crate::cli) struct ReplayArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Which one; without it, those that there are are listed
    id: Option<Uuid>,
    /// Only what was recorded to this place: a position or an instant
    #[arg(long, value_name = "PLACE", value_parser = parse_place)]
    as_of: Option<Place>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `opl audit timeline` takes.
#[derive(Args)]
pub(in crate::cli) struct TimelineArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Terms such as `actor:person type:consent.* subject:UUID stream:consent-UUID correlation:UUID`
    filter: Vec<String>,
    /// Only after this position
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: u64,
    /// Only what was recorded to this place: a position or an instant
    #[arg(long, value_name = "PLACE", value_parser = parse_place)]
    as_of: Option<Place>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What `opl audit why` takes.
#[derive(Args)]
pub(in crate::cli) struct WhyArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The fact, by its position in the log
    position: u64,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `opl audit access` takes.
#[derive(Args)]
pub(in crate::cli) struct AccessArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Whose data, by identifier
    person: UserId,
    /// At which instant; now without this
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    at: Option<DateTime<Utc>>,
    /// How many hours before it calls are told of
    #[arg(long, value_name = "HOURS", default_value_t = 24,
        value_parser = clap::value_parser!(i64).range(1..=8_784))]
    hours: i64,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn replay(command: ReplayCommand) -> Result<(), Failure> {
    let (category, arguments) = match command {
        ReplayCommand::Registration(arguments) => (Category::Registration, arguments),
        ReplayCommand::Consent(arguments) => (Category::Consent, arguments),
        ReplayCommand::Role(arguments) => (Category::Role, arguments),
    };
    ended(replay_of(category, arguments).await)
}

async fn replay_of(category: Category, arguments: ReplayArguments) -> Result<(), Stopped> {
    let reading = Reading::open(arguments.state.options()).await?;
    let until = place(&reading, arguments.as_of).await?;
    let stream = match arguments.id {
        Some(id) => StreamId::new(category, id),
        None => match only(&reading, category, until).await? {
            Some(stream) => stream,
            None => return Ok(()),
        },
    };
    let keys = reading.keys()?;
    let told = story::tell(reading.log.as_ref(), &keys, stream, until).await;
    let told = told.map_err(Stopped::because)?;
    if arguments.json {
        return say(&serde_json::to_string(&told).map_err(Stopped::because)?);
    }
    tell(&told)
}

async fn place(reading: &Reading, as_of: Option<Place>) -> Result<u64, Stopped> {
    let head = reading.head().await?;
    match as_of {
        Some(place) => place.position(reading, head).await,
        None => Ok(head),
    }
}

/// The only stream of a category; of several, their list is printed.
async fn only(
    reading: &Reading,
    category: Category,
    until: u64,
) -> Result<Option<StreamId>, Stopped> {
    let (mut found, mut events) = (Vec::new(), Reader::of_log(&*reading.log, 0).until(until));
    while let Some(stored) = events.next().await.map_err(Stopped::because)? {
        if found.len() >= MOST_LISTED {
            break;
        }
        if stored.stream.category == category && stored.version == 1 {
            found.push((stored.stream, story::time_text(stored.recorded_at)));
        }
    }
    match found.as_slice() {
        [] => {
            let message = format!("no {} is recorded", category.word());
            Err(Failure::new(message).into())
        }
        [(stream, _)] => Ok(Some(*stream)),
        several => {
            say(&format!(
                "there are several; name one of them: opl audit replay {} ID",
                category.word()
            ))?;
            for (stream, at) in several {
                say(&format!("{}  began {at}", stream.id))?;
            }
            Ok(None)
        }
    }
}

fn tell(story: &Story) -> Result<(), Stopped> {
    say(&format!("{}, as the log stands at position {}", story.about, story.until))?;
    for (number, step) in story.steps.iter().enumerate() {
        tell_step(number + 1, step)?;
    }
    if story.more {
        say(
            "\nThere are more steps than are told; take an earlier --as-of to see where they end.",
        )?;
    }
    Ok(())
}

fn tell_step(number: usize, step: &Step) -> Result<(), Stopped> {
    say(&format!("\n{number}. {}", step.says))?;
    say(&format!(
        "   {}  position {}  by {}  {}",
        step.recorded_at, step.position, step.actor, step.event_type
    ))?;
    if step.erased {
        say("   what it said was erased with the person's key")?;
    }
    if let Some(by) = &step.approved_by {
        say(&format!("   approved by  {}", plain(by)))?;
    }
    for fact in &step.facts {
        say(&format!("   {:<34} {}", fact.name, plain(&fact.value)))?;
    }
    for changed in &step.changed {
        let side = |side: &Option<String>| side.as_deref().map_or_else(|| "-".to_owned(), plain);
        let (before, after) = (side(&changed.before), side(&changed.after));
        say(&format!("   changed  {}: {before} -> {after}", changed.field))?;
    }
    say(&format!("   chain {}  leaf {}", plain(&step.correlation), step.leaf_hash))
}

pub(in crate::cli) async fn timeline(arguments: TimelineArguments) -> Result<(), Failure> {
    ended(show_timeline(arguments).await)
}

async fn show_timeline(arguments: TimelineArguments) -> Result<(), Stopped> {
    let filter: Filter = arguments.filter.join(" ").parse().map_err(Stopped::because)?;
    let reading = Reading::open(arguments.state.options()).await?;
    let scope = Scope { people: None, after: 0, to: place(&reading, arguments.as_of).await? };
    let keys = reading.keys()?;
    let (log, most) = (reading.log.as_ref(), timeline::MOST_LINES);
    let page = timeline::page(log, &keys, &scope, &filter, arguments.after, most).await;
    let page = page.map_err(Stopped::because)?;
    for line in &page.lines {
        if arguments.json {
            say(&serde_json::to_string(line).map_err(Stopped::because)?)?;
            continue;
        }
        let person = line.person.map_or_else(|| "-".to_owned(), |person| person.to_string());
        say(&format!(
            "{:>8}  {}  {:<8}  {:<32}  {person:<36}  {}",
            line.position,
            line.recorded_at,
            plain(&line.actor),
            plain(&line.event_type),
            line.stream
        ))?;
    }
    if page.more {
        eprintln!("opl: looked to position {}; go on with --after {0}", page.reached);
    }
    Ok(())
}

pub(in crate::cli) async fn why(arguments: WhyArguments) -> Result<(), Failure> {
    ended(show_why(arguments).await)
}

async fn show_why(arguments: WhyArguments) -> Result<(), Stopped> {
    let reading = Reading::open(arguments.state.options()).await?;
    let keys = reading.keys()?;
    let why = lawful::why(reading.log.as_ref(), &keys, arguments.position).await;
    let why = why.map_err(Stopped::because)?;
    if arguments.json {
        return say(&serde_json::to_string(&why).map_err(Stopped::because)?);
    }
    let Why { position, event_type, recorded_at, call, leave, stood } = &why;
    say(&format!("{} at position {position}, recorded {recorded_at}", plain(event_type)))?;
    tell_call(call)?;
    tell_leave(leave)?;
    say(if *stood {
        "the consent stood when the call was sent"
    } else {
        "THE CONSENT DID NOT STAND"
    })
}

fn tell_call(call: &Call) -> Result<(), Stopped> {
    let presence = if call.attended { "with the person present" } else { "without the person" };
    let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let dash = || "-".to_owned();
    say(&format!("call at position {}, sent {}, {presence}", call.position, call.sent_at))?;
    say(&format!("   purpose      {}", plain(&call.purpose)))?;
    say(&format!("   endpoint     {}", plain(&call.endpoint)))?;
    say(&format!("   account      {}", call.account_id.map_or_else(dash, |id| id.to_string())))?;
    say(&format!("   consent      {}", call.consent_id))?;
    say(&format!("   run          {}", call.fetch_id))?;
    say(&format!("   request      {}", plain(&call.request_id)))?;
    let bank = call.bank_request_id.as_deref().map_or_else(dash, plain);
    say(&format!("   bank's name  {bank}"))?;
    say(&format!(
        "   status       {status} {}",
        call.code.as_deref().map_or_else(String::new, plain)
    ))?;
    let shown = call.certificate_fingerprint.as_deref().map_or_else(dash, plain);
    say(&format!("   certificate  {shown}"))?;
    say(&format!("   answer       {}", call.body_digest.as_deref().map_or_else(dash, plain)))
}

fn tell_leave(leave: &Leave) -> Result<(), Stopped> {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    say(&format!("consent {} at {}", leave.consent_id, plain(&leave.bank_id)))?;
    say(&format!("   purpose      {}", plain(&leave.purpose)))?;
    say(&format!("   status       {}", leave.status))?;
    say(&format!("   granted      {}", text(&leave.granted_at)))?;
    say(&format!("   lasts until  {}", text(&leave.expires_at)))?;
    for account in &leave.accounts {
        say(&format!("   account      {account}"))?;
    }
    Ok(())
}

pub(in crate::cli) async fn access(arguments: AccessArguments) -> Result<(), Failure> {
    ended(show_access(arguments).await)
}

async fn show_access(arguments: AccessArguments) -> Result<(), Stopped> {
    let reading = Reading::open(arguments.state.options()).await?;
    let head = reading.head().await?;
    let until = match arguments.at {
        Some(at) => Place::Instant(at).position(&reading, head).await?,
        None => head,
    };
    let end = match arguments.at {
        Some(at) => at.timestamp_micros(),
        None => reading.log.time_at(head).await.map_err(Stopped::because)?.unwrap_or_default(),
    };
    let since = end - TimeDelta::hours(arguments.hours).num_seconds() * 1_000_000;
    let keys = reading.keys()?;
    let key_id = reading.key_of(arguments.person).await?.key_id;
    let log = reading.log.as_ref();
    let access = lawful::access(log, &keys, arguments.person, key_id, until, since).await;
    let access = access.map_err(Stopped::because)?;
    if arguments.json {
        return say(&serde_json::to_string(&access).map_err(Stopped::because)?);
    }
    let Access { person, until, could, was, more } = &access;
    say(&format!("{person}, as the log stands at position {until}"))?;
    say(&format!("\ncould be read: {} consents", could.len()))?;
    for leave in could {
        tell_leave(leave)?;
    }
    say(&format!("\nwas read in {} hours: {} calls", arguments.hours, was.len()))?;
    for call in was {
        tell_call(call)?;
    }
    if *more {
        say("\nThere are more calls than are told; take fewer --hours.")?;
    }
    Ok(())
}
