//! Traces for whoever runs the service (OpenTelemetry protocol 1.x over HTTP, as JSON): which requests
//! there were, which calls to banks and appends they led to, and how long each took. What a span may say
//! is a fixed few words and numbers; nobody's data can be among them. Whatever collects them may go away:
//! then spans are counted and lost, and nothing waits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::sync::watch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::vault::crypto::hex;
use crate::world::{Chance, Clock};

/// Spans that wait to be sent; more are lost.
const MOST_WAITING: usize = 4_096;
/// Most spans sent at once.
const MOST_AT_ONCE: usize = 512;
/// How long spans are gathered before they are sent.
const GATHER: Duration = Duration::from_secs(2);
/// How long whoever collects them may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a span may say of itself: every other field is left out.
const SAID: [&str; 6] = ["route", "status", "request_id", "aggregate", "endpoint", "events"];
/// Longest word a span may say.
const LONGEST_WORD: usize = 64;
/// The target of the spans that become traces; no line of a log has it.
pub const TARGET: &str = "traces";
/// Of how many traces one is looked at: shares are parts of so many.
const WHOLE: u32 = 1 << 16;

/// Spans that were lost.
static LOST: AtomicU64 = AtomicU64::new(0);
/// Where ended spans go, once somebody collects them.
static SENDER: OnceLock<Collected> = OnceLock::new();

/// Where spans go, and how many of the traces.
struct Collected {
    sender: mpsc::Sender<Ended>,
    /// Parts of [`WHOLE`].
    share: u32,
}

/// Whether anybody collects traces: without that no span is begun.
#[must_use]
pub fn are_collected() -> bool {
    SENDER.get().is_some()
}

/// How many spans were lost.
#[must_use]
pub fn lost_spans() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// A span under way.
struct Begun {
    trace: [u8; 16],
    span: [u8; 8],
    parent: Option<[u8; 8]>,
    name: &'static str,
    at: i64,
    said: Said,
}

/// Marks a span whose trace is not looked at, for the spans below it.
struct LeftOut;

/// A span that ended.
struct Ended {
    begun: Begun,
    at: i64,
}

/// Its words and numbers.
#[derive(Default)]
struct Said(Vec<(&'static str, Value)>);

impl Said {
    fn note(&mut self, field: &Field, value: Value) {
        if SAID.contains(&field.name()) {
            self.0.push((field.name(), value));
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        if value.len() <= LONGEST_WORD {
            self.note(field, json!({ "stringValue": value }));
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.note(field, json!({ "intValue": value.to_string() }));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.note(field, json!({ "intValue": value.to_string() }));
    }

    /// What has no form of its own could say anything: it says nothing.
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Turns spans of this program into traces.
pub struct Traces {
    clock: Clock,
    chance: Chance,
}

impl Traces {
    /// With the machine's clock and chance, as spans are about the machine.
    #[must_use]
    pub fn new() -> Self {
        Self { clock: Clock::real(), chance: Chance::real() }
    }
}

impl Default for Traces {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for Traces
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(Collected { share, .. }) = SENDER.get() else { return };
        let (Some(span), Ok(own)) = (context.span(id), self.chance.bytes()) else { return };
        let parent = span.parent();
        let left_out =
            parent.as_ref().is_some_and(|parent| parent.extensions().get::<LeftOut>().is_some());
        let above = parent.and_then(|parent| {
            let extensions = parent.extensions();
            extensions.get::<Begun>().map(|begun| (begun.trace, begun.span))
        });
        let trace = above.map(|(trace, _)| trace).or_else(|| self.chance.bytes().ok());
        let Some(trace) = trace else { return };
        if left_out || (above.is_none() && !is_taken(&trace, *share)) {
            span.extensions_mut().insert(LeftOut);
            return;
        }
        let mut said = Said::default();
        attributes.record(&mut said);
        let name = span.metadata().name();
        let (parent, at) = (above.map(|(_, span)| span), self.clock.micros());
        span.extensions_mut().insert(Begun { trace, span: own, parent, name, at, said });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(begun) = span.extensions_mut().get_mut::<Begun>()
        {
            values.record(&mut begun.said);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(begun) = span.extensions_mut().remove::<Begun>() else { return };
        let ended = Ended { begun, at: self.clock.micros() };
        if SENDER.get().is_none_or(|collected| collected.sender.try_send(ended).is_err()) {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Whether a trace is among the share that is looked at: by its first bits, which are drawn at random.
fn is_taken(trace: &[u8; 16], share: u32) -> bool {
    u32::from(u16::from_be_bytes([trace[0], trace[1]])) < share
}

/// The layer that makes traces of this program's spans, to be put beside what writes lines. Until
/// somebody collects them it turns every span away before it is begun.
pub fn layer<S>() -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let wanted = |metadata: &tracing::Metadata<'_>| {
        metadata.is_span() && metadata.target() == TARGET && are_collected()
    };
    Traces::new().with_filter(tracing_subscriber::filter::filter_fn(wanted))
}

fn span_json(ended: &Ended) -> Value {
    let Ended { begun, at } = ended;
    let nanoseconds = |micros: i64| format!("{micros}000");
    let said = begun.said.0.iter().map(|(key, value)| json!({ "key": key, "value": value }));
    let mut span = json!({
        "traceId": hex(&begun.trace), "spanId": hex(&begun.span), "name": begun.name,
        "kind": match begun.name { "request" => 2, "bank_call" => 3, _ => 1 },
        "startTimeUnixNano": nanoseconds(begun.at), "endTimeUnixNano": nanoseconds(*at),
        "attributes": said.collect::<Vec<_>>(),
    });
    if let Some(parent) = begun.parent {
        span["parentSpanId"] = json!(hex(&parent));
    }
    span
}

fn batch_json(batch: &[Ended]) -> Value {
    let name = json!({ "key": "service.name", "value": { "stringValue": "one-point-ledger" } });
    json!({ "resourceSpans": [{
        "resource": { "attributes": [name] },
        "scopeSpans": [{
            "scope": { "name": "opl", "version": env!("CARGO_PKG_VERSION") },
            "spans": batch.iter().map(span_json).collect::<Vec<_>>(),
        }],
    }] })
}

/// The address traces are posted to.
///
/// # Errors
/// What is wrong with what was given.
pub fn collector(url: &str) -> Result<String, String> {
    let parsed = reqwest::Url::parse(url).map_err(|_| "it is no address".to_owned())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err("it is neither http nor https".to_owned());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
        return Err(
            "it holds a name, a password or a query, which would be in every log".to_owned()
        );
    }
    Ok(format!("{}/v1/traces", parsed.as_str().trim_end_matches('/')))
}

/// Sends spans to whoever collects them at an address, until told to stop: so many of a hundred traces,
/// whole ones each. Spans from before are not gathered; a second call changes nothing.
///
/// # Errors
/// What is wrong with the address.
pub fn send_to(
    url: &str,
    percent: f64,
    stopped: watch::Receiver<bool>,
) -> Result<impl Future<Output = ()> + Send + 'static, String> {
    let url = collector(url)?;
    let http = client().map_err(|error| error.to_string())?;
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    let share = (percent.clamp(0.0, 100.0) / 100.0 * f64::from(WHOLE)).round() as u32;
    let first = SENDER.set(Collected { sender, share }).is_ok();
    // Spans that were turned away for ever, as nobody collected them, are asked about again.
    tracing::callsite::rebuild_interest_cache();
    Ok(async move {
        if first {
            run(Arc::new(http), url, receiver, stopped).await;
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "whoever collects traces is no bank")]
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
}

async fn run(
    http: Arc<reqwest::Client>,
    url: String,
    mut receiver: mpsc::Receiver<Ended>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut batch = Vec::with_capacity(MOST_AT_ONCE);
    loop {
        let room = MOST_AT_ONCE - batch.len();
        let last = tokio::select! {
            _ = receiver.recv_many(&mut batch, room), if room > 0 => {
                if batch.len() < MOST_AT_ONCE {
                    tokio::time::sleep(GATHER).await;
                    while batch.len() < MOST_AT_ONCE
                        && let Ok(ended) = receiver.try_recv()
                    {
                        batch.push(ended);
                    }
                }
                false
            }
            () = told_to_stop(&mut stopped) => true,
        };
        let mut taken = send(&http, &url, &mut batch).await;
        if last {
            // What still waits is sent too, unless nobody takes it.
            while taken {
                let next = std::iter::from_fn(|| receiver.try_recv().ok()).take(MOST_AT_ONCE);
                batch.extend(next);
                if batch.is_empty() {
                    return;
                }
                taken = send(&http, &url, &mut batch).await;
            }
            return;
        }
    }
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error is an end as well: nobody is left who could tell.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Sends a batch and empties it; whether it was taken.
async fn send(http: &reqwest::Client, url: &str, batch: &mut Vec<Ended>) -> bool {
    if batch.is_empty() {
        return true;
    }
    let sent = http.post(url).json(&batch_json(batch)).send().await;
    let taken = sent.is_ok_and(|answer| answer.status().is_success());
    if !taken {
        LOST.fetch_add(batch.len() as u64, Ordering::Relaxed);
    }
    batch.clear();
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_the_form_of_the_protocol() {
        let begun = |parent| Begun {
            trace: [1; 16],
            span: [2; 8],
            parent,
            name: "request",
            at: 1_790_000_000_000_001,
            said: Said(vec![("status", json!({ "intValue": "200" }))]),
        };
        let ended = |parent| Ended { begun: begun(parent), at: 1_790_000_000_000_501 };
        let batch = batch_json(&[ended(None), ended(Some([3; 8]))]);
        let spans = &batch["resourceSpans"][0]["scopeSpans"][0]["spans"];
        assert_eq!(spans[0]["traceId"], "01".repeat(16));
        assert_eq!(spans[0]["startTimeUnixNano"], "1790000000000001000");
        assert_eq!(spans[0]["attributes"][0]["value"]["intValue"], "200");
        assert!(spans[0]["parentSpanId"].is_null());
        assert_eq!(spans[1]["parentSpanId"], "03".repeat(8));
    }

    #[test]
    fn an_address_that_is_none_is_named() {
        let (_, stopped) = watch::channel(true);
        for url in ["collector", "ftp://collector", "", "http://a:b@collector", "http://c/?key=1"] {
            assert!(send_to(url, 100.0, stopped.clone()).is_err(), "{url}");
        }
        let said = collector("http://127.0.0.1:4318/");
        assert_eq!(said.as_deref(), Ok("http://127.0.0.1:4318/v1/traces"));
    }

    #[test]
    fn a_share_of_traces_is_taken_whole() {
        let traces = |first: u16| {
            let mut trace = [0; 16];
            trace[..2].copy_from_slice(&first.to_be_bytes());
            trace
        };
        let taken = |share| (0..=u16::MAX).filter(|first| is_taken(&traces(*first), share)).count();
        assert_eq!((taken(0), taken(WHOLE / 4), taken(WHOLE)), (0, 1 << 14, 1 << 16));
    }

    #[tokio::test]
    async fn a_collector_that_is_gone_costs_spans_and_nothing_else() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let ended = || Ended {
            begun: Begun {
                trace: [1; 16],
                span: [2; 8],
                parent: None,
                name: "append",
                at: 1,
                said: Said::default(),
            },
            at: 2,
        };
        let (sender, receiver) = mpsc::channel(2);
        assert!(sender.try_send(ended()).is_ok() && sender.try_send(ended()).is_ok());
        assert!(sender.try_send(ended()).is_err(), "nobody waits for room");
        // Nothing listens there any more.
        let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/v1/traces", gone.local_addr().expect("bound"));
        drop(gone);
        let (stop, stopped) = watch::channel(false);
        let before = lost_spans();
        let running =
            tokio::spawn(run(Arc::new(client().expect("a client")), url, receiver, stopped));
        while lost_spans() < before + 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send_replace(true);
        running.await.expect("it ends");
    }
}
