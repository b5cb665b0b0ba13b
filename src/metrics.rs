//! Numbers for whoever runs the service, in the text form Prometheus reads (exposition format 0.0.4).
//! Every label is one of a fixed few: no identifier of a person, a consent or an account is among them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use projections::ProjectionState;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::app::App;

/// Most series one answer may hold.
pub const MOST_SERIES: usize = 2_000;
/// How long whoever asks for the numbers may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest head of a request for them, in bytes.
const LONGEST_HEAD: usize = 8 * 1024;
/// Upper bounds of the times that are counted, in milliseconds.
const BOUNDS: [u64; 8] = [5, 20, 50, 150, 500, 1_500, 5_000, 15_000];

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The API.
    Graphql,
    /// The way back from a bank.
    Callback,
    /// Live updates.
    Events,
    /// A person's calendar.
    Calendar,
    /// Health.
    Health,
    /// The page and its parts.
    Page,
}

impl Route {
    const ALL: [Self; 6] =
        [Self::Graphql, Self::Callback, Self::Events, Self::Calendar, Self::Health, Self::Page];

    /// The route of a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path.split('/').nth(1).unwrap_or_default() {
            "graphql" | "token" => Self::Graphql,
            "callback" => Self::Callback,
            "events" => Self::Events,
            "calendar" => Self::Calendar,
            "health" => Self::Health,
            _ => Self::Page,
        }
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::Callback => "callback",
            Self::Events => "events",
            Self::Calendar => "calendar",
            Self::Health => "health",
            Self::Page => "page",
        }
    }
}

/// One route's requests.
#[derive(Debug, Default)]
struct Counted {
    /// By the first digit of the status, 1 to 5.
    by_class: [AtomicU64; 5],
    /// By how long they took; the last is for those beyond every bound.
    by_time: [AtomicU64; BOUNDS.len() + 1],
    /// Milliseconds of all together.
    millis: AtomicU64,
}

/// What is counted while the service runs.
#[derive(Debug, Default)]
pub struct Metrics {
    routes: [Counted; Route::ALL.len()],
    /// Requests under way.
    in_flight: AtomicU64,
    /// Requests turned away because too many were under way.
    shed: AtomicU64,
    /// Errors told by the API inside an answer, which has status 200.
    graphql_errors: AtomicU64,
}

/// A request under way; its end is counted when it is dropped.
pub struct UnderWay<'a>(&'a Metrics);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Notes that a request began.
    pub fn begin(&self) -> UnderWay<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// Notes an answer.
    pub fn answered(&self, route: Route, status: u16, took: Duration) {
        let counted = &self.routes[route as usize];
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        counted.by_class[class].fetch_add(1, Ordering::Relaxed);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < millis);
        counted.by_time[place].fetch_add(1, Ordering::Relaxed);
        counted.millis.fetch_add(millis, Ordering::Relaxed);
    }

    /// Notes that a request was turned away.
    pub fn turned_away(&self) {
        self.shed.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes errors inside an answer of the API.
    pub fn told_errors(&self, count: usize) {
        self.graphql_errors.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Requests under way, and requests turned away since the start.
    #[must_use]
    pub fn requests(&self) -> (u64, u64) {
        (self.in_flight.load(Ordering::Relaxed), self.shed.load(Ordering::Relaxed))
    }

    fn write(&self, out: &mut Text) {
        out.head("opl_requests_total", "counter", "Requests by route and class of status.");
        for route in Route::ALL {
            for (class, count) in (1..).zip(&self.routes[route as usize].by_class) {
                let labels = format!("route=\"{}\",status=\"{class}xx\"", route.word());
                out.value("opl_requests_total", &labels, count.load(Ordering::Relaxed) as f64);
            }
        }
        out.head("opl_request_seconds", "histogram", "How long requests took.");
        for route in Route::ALL {
            let (counted, mut sum) = (&self.routes[route as usize], 0);
            for (place, count) in counted.by_time.iter().enumerate() {
                sum += count.load(Ordering::Relaxed);
                let bound = BOUNDS
                    .get(place)
                    .map_or_else(|| "+Inf".to_owned(), |bound| (*bound as f64 / 1e3).to_string());
                let labels = format!("route=\"{}\",le=\"{bound}\"", route.word());
                out.value("opl_request_seconds_bucket", &labels, sum as f64);
            }
            let labels = format!("route=\"{}\"", route.word());
            let seconds = counted.millis.load(Ordering::Relaxed) as f64 / 1e3;
            out.value("opl_request_seconds_sum", &labels, seconds);
            out.value("opl_request_seconds_count", &labels, sum as f64);
        }
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
        out.single("opl_requests_in_flight", "gauge", "Requests under way.", read(&self.in_flight));
        out.single("opl_requests_shed_total", "counter", "Requests turned away.", read(&self.shed));
        out.single(
            "opl_graphql_errors_total",
            "counter",
            "Errors told inside answers of the API.",
            read(&self.graphql_errors),
        );
    }
}

/// The text under way.
#[derive(Default)]
struct Text {
    text: String,
    series: usize,
}

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &str, value: f64) {
        self.series += 1;
        if self.series > MOST_SERIES {
            return;
        }
        let _ = match labels {
            "" => writeln!(self.text, "{name} {value}"),
            labels => writeln!(self.text, "{name}{{{labels}}} {value}"),
        };
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        self.value(name, "", value);
    }
}

/// Everything there is to tell, as text.
pub async fn text(app: &App) -> String {
    let mut out = Text::default();
    app.metrics.write(&mut out);
    let now = app.clock.now();
    let head = app.ledger.log().head().await.map(|head| head.position).ok();
    out.single("opl_up", "gauge", "Whether the log can be read.", f64::from(head.is_some()));
    out.single(
        "opl_log_position",
        "gauge",
        "The last position of the log.",
        head.unwrap_or_default() as f64,
    );
    let read_only = app.ledger.log().is_read_only().await.unwrap_or_default();
    out.single(
        "opl_database_read_only",
        "gauge",
        "Whether the log's database takes no writes; 0 is expected.",
        f64::from(read_only),
    );
    out.head("opl_projection_lag_events", "gauge", "Events a read model is behind.");
    let states = app.read.status();
    for status in &states {
        let labels = format!("projection=\"{}\"", status.name);
        let lag = head.unwrap_or(status.head).saturating_sub(status.position);
        out.value("opl_projection_lag_events", &labels, lag as f64);
    }
    out.head("opl_projection_failed", "gauge", "Whether a read model stopped.");
    for status in &states {
        let failed = matches!(status.state, ProjectionState::Failed { .. });
        let labels = format!("projection=\"{}\"", status.name);
        out.value("opl_projection_failed", &labels, f64::from(failed));
    }
    let dropped = crate::telemetry::dropped_lines() as f64;
    out.single(
        "opl_log_lines_dropped_total",
        "counter",
        "Lines that could not be written.",
        dropped,
    );
    let lost = crate::traces::lost_spans() as f64;
    out.single("opl_trace_spans_lost_total", "counter", "Spans of traces that were lost.", lost);
    let (wrong, wave) = (app.wave.wrong_so_far() as f64, f64::from(app.wave.runs()));
    out.single("opl_wrong_passwords_total", "counter", "Passwords that were wrong.", wrong);
    out.single(
        "opl_password_wave",
        "gauge",
        "Whether many passwords are tried over many accounts; 0 is expected.",
        wave,
    );
    notary(app, &mut out, head.unwrap_or_default()).await;
    registrations(app, &mut out, now).await;
    if let Ok(found) = app.read.exceptions().newest().await {
        out.single(
            "opl_unlawful_calls",
            "gauge",
            "Calls to banks that should not have been made; 0 is expected.",
            found.len() as f64,
        );
    }
    if let Some(bytes) = resident_bytes() {
        out.single("process_resident_memory_bytes", "gauge", "Resident memory.", bytes as f64);
    }
    out.text
}

async fn notary(app: &App, out: &mut Text, head: u64) {
    let note = app.notary.latest().await.ok();
    let size = note.as_ref().and_then(|note| transparency::checkpoint::read_unproven(note).ok());
    let size = size.map_or(0, |checkpoint| checkpoint.size);
    let unsigned = head.saturating_sub(size) as f64;
    out.single("opl_checkpoint_size", "gauge", "Events under the last checkpoint.", size as f64);
    out.single("opl_unsigned_events", "gauge", "Events behind the last checkpoint.", unsigned);
    out.single(
        "opl_log_contradicted",
        "gauge",
        "Whether the log contradicts what was signed of it, here or by a witness; 0 is expected.",
        f64::from(app.contradicted().is_some()),
    );
    if let Some((witnesses, note)) = app.witnesses.get().zip(note) {
        let standing = witnesses.standing(&note);
        let cosigned = standing.cosigned as f64;
        out.single(
            "opl_checkpoint_witnesses",
            "gauge",
            "Witnesses that cosigned the last checkpoint.",
            cosigned,
        );
        out.single(
            "opl_checkpoint_quorum",
            "gauge",
            "Whether enough witnesses did; 1 is expected.",
            f64::from(standing.quorum),
        );
    }
}

async fn registrations(app: &App, out: &mut Text, now: chrono::DateTime<chrono::Utc>) {
    let Ok(rows) = app.read.registrations().all().await else { return };
    out.head("opl_bank_ready", "gauge", "Whether a bank can be connected.");
    let mut told = std::collections::BTreeMap::new();
    for row in rows {
        told.entry(row.bank_id.0.clone()).or_insert(row);
    }
    let plain =
        |bank: &str| bank.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    told.retain(|bank, _| plain(bank));
    for (bank, row) in &told {
        out.value("opl_bank_ready", &format!("bank=\"{bank}\""), f64::from(row.is_ready(now)));
    }
    out.head("opl_certificate_seconds_left", "gauge", "Until the first certificate ends.");
    for (bank, row) in &told {
        if let Some(end) = row.certificates_expire_at {
            let left = (end - now).num_seconds() as f64;
            out.value("opl_certificate_seconds_left", &format!("bank=\"{bank}\""), left);
        }
    }
}

/// Resident memory of this process in bytes, where Linux tells it.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Answers on an address of its own, which only the operator can reach, until told to stop.
pub async fn serve(app: Arc<App>, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        // One at a time: there is one who asks, every few seconds.
        let _ = tokio::time::timeout(PATIENCE, answer(&app, stream)).await;
    }
}

async fn answer(app: &App, mut stream: TcpStream) -> std::io::Result<()> {
    let (mut head, mut part) = (Vec::new(), [0_u8; 1024]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut part).await?;
        if read == 0 || head.len() > LONGEST_HEAD {
            return Ok(());
        }
        head.extend_from_slice(&part[..read]);
    }
    let (status, body) = if head.starts_with(b"GET /metrics ") {
        ("200 OK", text(app).await)
    } else {
        ("404 Not Found", String::new())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_class() {
        let metrics = Metrics::default();
        metrics.answered(Route::of("/graphql"), 200, Duration::from_millis(3));
        metrics.answered(Route::of("/graphql"), 200, Duration::from_millis(60));
        metrics.answered(Route::of("/assets/x.js"), 404, Duration::from_secs(99));
        let mut out = Text::default();
        metrics.write(&mut out);
        for line in [
            "opl_requests_total{route=\"graphql\",status=\"2xx\"} 2",
            "opl_requests_total{route=\"page\",status=\"4xx\"} 1",
            "opl_request_seconds_bucket{route=\"graphql\",le=\"0.005\"} 1",
            "opl_request_seconds_bucket{route=\"graphql\",le=\"0.15\"} 2",
            "opl_request_seconds_bucket{route=\"page\",le=\"15\"} 0",
            "opl_request_seconds_bucket{route=\"page\",le=\"+Inf\"} 1",
            "opl_request_seconds_count{route=\"graphql\"} 2",
            "opl_requests_in_flight 0",
        ] {
            assert!(out.text.lines().any(|found| found == line), "{line} in\n{}", out.text);
        }
        assert!(out.series < MOST_SERIES / 4);
        let under_way = metrics.begin();
        let mut out = Text::default();
        metrics.write(&mut out);
        assert!(out.text.contains("opl_requests_in_flight 1\n"));
        drop(under_way);
    }

    #[test]
    fn series_are_bounded() {
        let mut out = Text::default();
        (0..MOST_SERIES * 2).for_each(|number| out.value("x", &format!("n=\"{number}\""), 1.0));
        assert_eq!(out.text.lines().count(), MOST_SERIES);
    }
}
