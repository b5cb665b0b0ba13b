//! What a file said of an account, read as it is read today.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use domain::account::Opened;
use domain::id::FetchId;
use domain::import::{FileReceived, ImportEvent};
use domain::observed::Evidence;
use domain::redecide::Seen;
use domain::stream::{Category, StreamId};
use formats::{AccountStatement, Hints, Mapping};

use super::RedecideError;
use crate::app::App;
use crate::importing::newest_first;
use crate::ledger::reading::Reader;

/// The rows of the account's statement in a file, whose import bears the name of the window's run. None
/// if they cannot be read again.
pub(super) async fn rows(
    app: &App,
    opened: &Opened,
    run: FetchId,
) -> Result<Option<Vec<Seen>>, RedecideError> {
    let Some(Kept { received, at, bytes }) = kept(app, run).await? else { return Ok(None) };
    let mapping = received.mapping.as_deref().map(Mapping::from_toml).transpose();
    let Ok(mapping) = mapping else { return Ok(None) };
    let hints = Hints { mapping, currency: Some(opened.currency) };
    let Ok(reading) = formats::read(&bytes, &hints) else { return Ok(None) };
    let Some(statement) = of_account(reading.file.accounts(), opened) else { return Ok(None) };
    let received_at = DateTime::from_timestamp_micros(at).unwrap_or_default();
    let seen = (0..).zip(newest_first(&statement)).map(|(row, (_, observed))| Seen {
        observed,
        evidence: Evidence { fetch_id: run, answer: 0, row, received_at },
    });
    Ok(Some(seen.collect()))
}

/// A file that is kept.
struct Kept {
    /// How it was brought.
    received: FileReceived,
    /// When, in microseconds since 1970.
    at: i64,
    bytes: Vec<u8>,
}

/// The file of an import, if it is whole.
async fn kept(app: &App, run: FetchId) -> Result<Option<Kept>, RedecideError> {
    let stream = StreamId::new(Category::Import, run.0);
    let (mut file, mut bytes, mut parts) = (None::<Kept>, Vec::new(), 0);
    let mut events = Reader::of_stream(&**app.ledger.log(), stream, 0);
    while let Some((stored, event)) = events.next_opened(&app.keys).await? {
        match event {
            Some(ImportEvent::Received(received)) => {
                file = Some(Kept { received, at: stored.recorded_at, bytes: Vec::new() });
            }
            Some(ImportEvent::PartKept(part)) => {
                let Ok(content) = STANDARD.decode(&part.content) else { return Ok(None) };
                bytes.extend(content);
                parts += 1;
            }
            Some(_) => {}
            None => return Ok(None),
        }
    }
    let whole = file.filter(|file| file.received.parts == parts);
    Ok(whole.map(|file| Kept { bytes, ..file }))
}

/// The account's own statement of those in a file: the only one, or the one that names it.
fn of_account(statements: Vec<AccountStatement>, opened: &Opened) -> Option<AccountStatement> {
    let only = statements.len() == 1;
    let named = |statement: &AccountStatement| {
        statement.account.identifier.as_ref() == Some(&opened.identifier)
    };
    let mut fitting = statements
        .into_iter()
        .filter(|statement| statement.currency == opened.currency && (only || named(statement)));
    fitting.next().filter(|_| fitting.next().is_none())
}
