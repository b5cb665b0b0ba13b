//! `opl events`: the event log for operators. It is read without the lock of the data directory, so
//! that the service may run.

mod diff;
mod list;
pub(in crate::cli) mod reading;
mod show;

use std::io::{IsTerminal as _, Write as _};

use chrono::{DateTime, Utc};
use clap::Subcommand;
use domain::id::UserId;

use super::Failure;
use crate::audit::story::{self, time_text};
use crate::ledger::store::{StoredEvent, position_at};
use reading::Reading;

/// Events read between two signs of progress.
const PROGRESS_EVERY: u64 = 5_000;

/// What `opl events` can do.
#[derive(Subcommand)]
pub(super) enum EventsCommand {
    /// List events, oldest first: what the log says about them, and nothing personal
    List(list::ListArguments),
    /// Show one event with its hash
    Show(show::ShowArguments),
    /// Tell what changed from one place of the log to another
    Diff(diff::DiffArguments),
}

pub(super) async fn run(command: EventsCommand) -> Result<(), Failure> {
    let done = match command {
        EventsCommand::List(arguments) => list::run(arguments).await,
        EventsCommand::Show(arguments) => show::run(arguments).await,
        EventsCommand::Diff(arguments) => diff::run(arguments).await,
    };
    ended(done)
}

/// What a subcommand that prints came to.
pub(in crate::cli) fn ended(done: Result<(), Stopped>) -> Result<(), Failure> {
    match done {
        // Whoever read the output has seen enough.
        Err(Stopped::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(Stopped::Output(error)) => Err(error.into()),
        Err(Stopped::Failed(failure)) => Err(failure),
        Ok(()) => Ok(()),
    }
}

/// Why a subcommand ended early.
pub(in crate::cli) enum Stopped {
    /// The output cannot be written.
    Output(std::io::Error),
    /// Something else.
    Failed(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Stopped {
    pub(in crate::cli) fn because(error: impl std::error::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Writes one line to standard output.
pub(in crate::cli) fn say(line: &str) -> Result<(), Stopped> {
    writeln!(std::io::stdout().lock(), "{line}").map_err(Stopped::Output)
}

/// How far a long reading is, on a terminal only.
struct Progress {
    said: bool,
    next: u64,
    end: u64,
}

impl Progress {
    fn to(end: u64) -> Self {
        Self { said: false, next: PROGRESS_EVERY, end }
    }

    /// Notes that `read` events were read, up to a position.
    fn at(&mut self, read: u64, position: u64) {
        if read >= self.next && std::io::stderr().is_terminal() {
            self.next = read + PROGRESS_EVERY;
            self.said = true;
            // Progress that cannot be shown must not end the work.
            let _ = write!(std::io::stderr(), "\r{position} of {} ", self.end);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.said {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn parse_person(text: &str) -> Result<UserId, String> {
    text.parse().map_err(|_| "a person is named by their identifier, a UUID".to_owned())
}

pub(in crate::cli) fn parse_instant(text: &str) -> Result<DateTime<Utc>, String> {
    let at = DateTime::parse_from_rfc3339(text);
    at.map(|at| at.with_timezone(&Utc))
        .map_err(|_| "an instant is written as RFC 3339 says: 2026-01-31T12:00:00Z".to_owned())
}

/// A place of the log.
#[derive(Clone, Copy)]
pub(in crate::cli) enum Place {
    Position(u64),
    Instant(DateTime<Utc>),
}

pub(in crate::cli) fn parse_place(text: &str) -> Result<Place, String> {
    if let Ok(position) = text.parse() {
        return Ok(Place::Position(position));
    }
    parse_instant(text).map(Place::Instant).map_err(|_| {
        "a place of the log is a position, such as 120, or an instant, such as \
         2026-01-31T12:00:00Z"
            .to_owned()
    })
}

impl Place {
    /// Its position, which the log has to have reached.
    pub(in crate::cli) async fn position(
        self,
        reading: &Reading,
        head: u64,
    ) -> Result<u64, Stopped> {
        match self {
            Self::Position(position) if position > head => {
                let message = format!("the log ends at position {head}; there is no {position}");
                Err(Failure::new(message).into())
            }
            Self::Position(position) => Ok(position),
            Self::Instant(at) => position_at(reading.log.as_ref(), at.timestamp_micros())
                .await
                .map_err(Stopped::because),
        }
    }
}

/// Who caused an event, and the chain it belongs to, fit for a terminal.
fn cause(stored: &StoredEvent) -> (String, String) {
    let (actor, correlation) = story::cause(stored);
    (plain(&actor), plain(&correlation))
}

/// Text for a terminal: what would steer it is shown and not obeyed.
pub(in crate::cli) fn plain(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|letter| {
            let kept = if letter.is_control() { None } else { Some(letter) };
            kept.into_iter().chain(letter.escape_default().filter(move |_| kept.is_none()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(plain("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(plain("käyttö"), "käyttö");
    }
}
