//! Everything about one person as files a machine can read (Regulation (EU) 2016/679, articles 15 and
//! 20): every event of theirs opened, the banks' answers as they came, and tables of accounts and
//! transactions. It is made from the log alone.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::account::AccountEvent;
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::id::UserId;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::story::{cause, time_text};
use crate::ledger::reading::Reader;
use crate::ledger::store::{EventLog, StoredEvent};
use crate::ledger::{LedgerError, sealing};
use crate::retention::{CLASSES, class_of};
use crate::vault::crypto::hex;
use crate::vault::keys::Keys;

/// Events in one piece of a file: an answer of a bank may be large.
const EVENTS_A_PAGE: usize = 200;

/// Why a person's data was not exported.
#[derive(Debug, thiserror::Error)]
pub enum PortabilityError {
    /// Their key was destroyed: there is nothing left that could be exported.
    #[error("the data of this person was erased; nothing is left to export")]
    Erased,
    /// An event cannot be read or opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The files cannot be written.
    #[error("the export cannot be written: {0}")]
    File(#[from] std::io::Error),
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Events of the log about the person.
    pub events: u64,
    /// Answers of banks, each a file as it came.
    pub answers: u64,
    /// Rows of the table of accounts.
    pub accounts: u64,
    /// Rows of the table of transactions, each as it was first recorded.
    pub transactions: u64,
}

/// Writes a person's data into a new directory.
///
/// # Errors
/// [`PortabilityError`]; what was written by then is removed.
pub async fn export(
    log: &dyn EventLog,
    keys: &Keys,
    user_id: UserId,
    key_id: Uuid,
    target: &Path,
) -> Result<Written, PortabilityError> {
    make_private(target)?;
    let done = write(log, keys, user_id, key_id, target).await;
    if done.is_err() {
        // Half a person's data must not lie about.
        let _ = fs::remove_dir_all(target);
    }
    done
}

/// A directory that nobody else can read.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

async fn write(
    log: &dyn EventLog,
    keys: &Keys,
    user_id: UserId,
    key_id: Uuid,
    target: &Path,
) -> Result<Written, PortabilityError> {
    let mut files = Files::make(target)?;
    let mut events = Reader::of_key(log, key_id, 0);
    while let Some((stored, event)) = events.next_opened(keys).await? {
        files.add(&stored, &event.ok_or(PortabilityError::Erased)?)?;
    }
    files.finish(user_id, target)
}

struct Files {
    events: BufWriter<File>,
    accounts: BufWriter<File>,
    transactions: BufWriter<File>,
    answers: std::path::PathBuf,
    counts: BTreeMap<&'static str, u64>,
    written: Written,
}

impl Files {
    fn make(target: &Path) -> std::io::Result<Self> {
        let file = |name: &str| File::create_new(target.join(name)).map(BufWriter::new);
        let answers = target.join("answers");
        fs::create_dir(&answers)?;
        let mut files = Self {
            events: file("events.jsonl")?,
            accounts: file("accounts.csv")?,
            transactions: file("transactions.csv")?,
            answers,
            counts: BTreeMap::new(),
            written: Written::default(),
        };
        row(&mut files.accounts, &["account_id", "bank", "identifier", "currency", "opened_at"])?;
        let columns = [
            "transaction_id",
            "account_id",
            "booking_date",
            "amount_minor",
            "currency",
            "counterparty",
            "counterparty_identifier",
            "text",
            "reference",
            "recorded_at",
        ];
        row(&mut files.transactions, &columns)?;
        Ok(files)
    }

    fn add(&mut self, stored: &StoredEvent, event: &Event) -> Result<(), PortabilityError> {
        writeln!(self.events, "{}", line(stored, event))?;
        self.written.events += 1;
        *self.counts.entry(class(stored)).or_default() += 1;
        match event {
            Event::Account(AccountEvent::Opened(opened)) => {
                self.written.accounts += 1;
                let at = time_text(stored.recorded_at);
                let id = opened.account_id.to_string();
                let currency = opened.currency.code();
                row(
                    &mut self.accounts,
                    &[&id, &opened.bank_id.0, &opened.identifier, currency, &at],
                )?;
            }
            Event::Account(AccountEvent::TransactionRecorded(recorded)) => {
                self.written.transactions += 1;
                let observed = &recorded.observed;
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                row(
                    &mut self.transactions,
                    &[
                        &recorded.transaction_id.to_string(),
                        &stored.stream.id.to_string(),
                        &observed.booking_date.to_string(),
                        &observed.amount.minor.to_string(),
                        observed.amount.currency.code(),
                        &text(&observed.counterparty),
                        &text(&observed.counterparty_identifier),
                        &observed.text,
                        &text(&observed.reference),
                        &time_text(stored.recorded_at),
                    ],
                )?;
            }
            Event::Fetch(FetchEvent::Answered(answered)) => {
                self.written.answers += 1;
                let bytes = STANDARD.decode(&answered.body).unwrap_or_default();
                fs::write(self.answers.join(format!("{}.json", stored.position)), bytes)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, user_id: UserId, target: &Path) -> Result<Written, PortabilityError> {
        for file in [self.events, self.accounts, self.transactions] {
            file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        }
        let classes: Vec<Value> = CLASSES
            .iter()
            .map(|class| {
                let mut told = serde_json::to_value(class).unwrap_or_default();
                told["events"] = self.counts.remove(class.name).unwrap_or_default().into();
                told
            })
            .collect();
        let index = json!({
            "person": user_id, "written": self.written, "classes": classes,
            "files": {
                "events.jsonl": "every event about the person, opened, one JSON object a line",
                "answers/": "every answer of a bank as it came, named by its event's position",
                "accounts.csv": "accounts as they were first seen",
                "transactions.csv": "transactions as they were first recorded; RFC 4180",
            },
        });
        let text = serde_json::to_vec_pretty(&index).map_err(std::io::Error::from)?;
        fs::write(target.join("index.json"), text)?;
        Ok(self.written)
    }
}

fn class(stored: &StoredEvent) -> &'static str {
    class_of(&stored.event_type).map_or("-", |class| class.name)
}

/// An event that was opened, as one JSON object.
fn line(stored: &StoredEvent, event: &Event) -> Value {
    let (actor, correlation) = cause(stored);
    let payload = event.encode().ok();
    let payload: Value = payload
        .and_then(|encoded| serde_json::from_slice(&encoded.payload).ok())
        .unwrap_or(Value::Null);
    json!({
        "position": stored.position, "recorded_at": time_text(stored.recorded_at),
        "stream": stored.stream.to_string(), "version": stored.version,
        "type": stored.event_type, "class": class(stored), "actor": actor,
        "correlation": correlation, "leaf_hash": hex(&stored.hash), "payload": payload,
    })
}

/// Some events of a person, opened, one JSON object a line, with the position they reach and how many they
/// are; none after the last one.
///
/// # Errors
/// [`PortabilityError`].
pub async fn lines(
    log: &dyn EventLog,
    keys: &Keys,
    key_id: Uuid,
    after: u64,
) -> Result<Option<(String, u64, u64)>, PortabilityError> {
    let page = log.read_key(key_id, after, EVENTS_A_PAGE).await.map_err(LedgerError::from)?;
    let Some(last) = page.last().map(|stored| stored.position) else { return Ok(None) };
    let (mut text, count) = (String::new(), page.len() as u64);
    for stored in page {
        let event = sealing::open(keys, &stored).await.map_err(LedgerError::from)?;
        let event = event.ok_or(PortabilityError::Erased)?;
        text.push_str(&line(&stored, &event).to_string());
        text.push('\n');
    }
    Ok(Some((text, last, count)))
}

/// Writes a row (RFC 4180).
fn row(file: &mut impl std::io::Write, values: &[&str]) -> std::io::Result<()> {
    let values: Vec<String> = values.iter().map(|value| cell(value)).collect();
    write!(file, "{}\r\n", values.join(","))
}

/// A value of a table. A spreadsheet runs what begins like a formula: such a text gets an apostrophe.
fn cell(value: &str) -> String {
    let formula =
        value.starts_with(['=', '+', '-', '@', '\t', '\r']) && value.parse::<i64>().is_err();
    let value = if formula { format!("'{value}") } else { value.to_owned() };
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_formula_is_text_and_an_amount_stays_one() {
        let table = [
            ("plain", "plain"),
            ("-1234", "-1234"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+358 40", "'+358 40"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1,2", "\"'=1,2\""),
        ];
        for (given, written) in table {
            assert_eq!(cell(given), written, "{given}");
        }
    }
}
