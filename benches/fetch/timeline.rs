//! Where the time of a run went, as its own events tell.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::account::AccountEvent;
use domain::event::Event;
use domain::fetch::{Answered, FetchEvent, Subject};
use opl::app::App;
use opl::ledger::sealing;
use serde_json::{Value, json};

use crate::Failure;

/// Events read from the log at once.
const PAGE: usize = 2_000;
/// How often the end of the run is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Looks before it is given up: half an hour.
const MOST_LOOKS: u32 = 90_000;

/// What a run took, part by part; the parts follow one another.
#[derive(Debug, Default)]
pub struct Timeline {
    rows: u64,
    pages: u64,
    bytes: u64,
    whole: TimeDelta,
    bank: TimeDelta,
    keeping: TimeDelta,
    deciding: TimeDelta,
    recording: TimeDelta,
    showing: TimeDelta,
}

/// One account's part of the run.
#[derive(Default)]
struct Window {
    pages: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    kept_at: Option<DateTime<Utc>>,
    first_row_at: Option<DateTime<Utc>>,
}

impl Window {
    /// Waiting for the bank, and the rest until the last page is kept.
    fn reading(&self) -> (TimeDelta, TimeDelta) {
        let bank: TimeDelta = self.pages.iter().map(|(sent, received)| *received - *sent).sum();
        match (self.pages.first(), self.kept_at) {
            (Some((first, _)), Some(kept)) => (bank, kept - *first - bank),
            _ => (bank, TimeDelta::zero()),
        }
    }
}

/// Waits until a run of reading is over; tells where the log ends then.
///
/// # Errors
/// The run fails, or does not end.
pub async fn end_of_run(app: &App) -> Result<u64, Failure> {
    let mut after = 0;
    for _ in 0..MOST_LOOKS {
        let page = app.ledger.log().read_all(after, PAGE).await?;
        for stored in &page {
            after = stored.position;
            match stored.event_type.as_str() {
                "fetch.completed" => return Ok(stored.position),
                "fetch.failed" => return Err("the reading failed".into()),
                _ => {}
            }
        }
        if page.len() < PAGE {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    Err("the reading does not end".into())
}

impl Timeline {
    /// Reads it from the log.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn of(app: &App, shown_at: DateTime<Utc>) -> Result<Self, Failure> {
        let (mut timeline, mut window) = (Self::default(), Window::default());
        let (mut first_asked, mut last_recorded) = (None, None);
        let mut after = 0;
        loop {
            let page = app.ledger.log().read_all(after, PAGE).await?;
            for stored in &page {
                after = stored.position;
                let at = DateTime::from_timestamp_micros(stored.recorded_at).unwrap_or_default();
                match sealing::open(&app.keys, stored).await? {
                    Some(Event::Fetch(FetchEvent::Answered(answered))) => {
                        first_asked = first_asked.or(Some(answered.sent_at));
                        timeline.answer(&mut window, &answered, at);
                    }
                    Some(Event::Account(AccountEvent::TransactionRecorded(_))) => {
                        timeline.rows += 1;
                        window.first_row_at = window.first_row_at.or(Some(at));
                        last_recorded = Some(at);
                    }
                    Some(Event::Account(AccountEvent::WindowReconciled(_))) => {
                        last_recorded = Some(at);
                        timeline.close(std::mem::take(&mut window), at);
                    }
                    _ => {}
                }
            }
            if page.len() < PAGE {
                break;
            }
        }
        let (begun, recorded) = first_asked.zip(last_recorded).ok_or("nothing was read")?;
        timeline.whole = shown_at - begun;
        timeline.showing = (shown_at - recorded).max(TimeDelta::zero());
        Ok(timeline)
    }

    fn answer(&mut self, window: &mut Window, answered: &Answered, at: DateTime<Utc>) {
        if matches!(answered.subject, Subject::Transactions { .. }) {
            self.pages += 1;
            // Kept as base64.
            self.bytes += answered.body.len() as u64 / 4 * 3;
            window.pages.push((answered.sent_at, answered.received_at));
            window.kept_at = Some(at);
        }
    }

    fn close(&mut self, window: Window, at: DateTime<Utc>) {
        let (bank, keeping) = window.reading();
        self.bank += bank;
        self.keeping += keeping;
        let decided = window.first_row_at.unwrap_or(at);
        self.deciding += window.kept_at.map_or(TimeDelta::zero(), |kept| decided - kept);
        self.recording += at - decided;
    }

    fn parts(&self) -> [(&'static str, TimeDelta); 6] {
        let named = self.bank + self.keeping + self.deciding + self.recording + self.showing;
        [
            ("waiting for the bank", self.bank),
            ("keeping its pages", self.keeping),
            ("deciding the windows", self.deciding),
            ("recording the rows", self.recording),
            ("until the last is shown", self.showing),
            ("lists of accounts, and between", (self.whole - named).max(TimeDelta::zero())),
        ]
    }

    fn rows_a_second(&self) -> u64 {
        let millis = u64::try_from(self.whole.num_milliseconds()).unwrap_or_default().max(1);
        self.rows * 1_000 / millis
    }

    /// For people.
    pub fn table(&self, store: &str) -> String {
        let whole = self.whole.num_milliseconds().max(1);
        let mut text = format!(
            "{store}: {} rows in {} pages, {} MiB, first byte to last row shown {:.2} s: {} rows/s\n",
            self.rows,
            self.pages,
            self.bytes >> 20,
            whole as f64 / 1_000.0,
            self.rows_a_second(),
        );
        for (name, took) in self.parts() {
            let millis = took.num_milliseconds();
            let seconds = millis as f64 / 1_000.0;
            text.push_str(&format!(
                "  {name:<32} {seconds:>8.2} s {:>4} %\n",
                millis * 100 / whole
            ));
        }
        text
    }

    /// For machines.
    pub fn json(&self, store: &str) -> Value {
        let parts: serde_json::Map<String, Value> = self
            .parts()
            .map(|(name, took)| {
                (name.replace(' ', "_").replace(',', ""), json!(took.num_milliseconds()))
            })
            .into_iter()
            .collect();
        json!({
            "store": store, "rows": self.rows, "pages": self.pages, "bytes": self.bytes,
            "milliseconds": self.whole.num_milliseconds(), "rows_a_second": self.rows_a_second(),
            "parts_milliseconds": parts,
        })
    }
}
