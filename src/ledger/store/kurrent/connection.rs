//! Calls to KurrentDB through its client, which is kept at arm's length: it may panic on an answer it
//! does not expect, and once a new connection has failed it never tries again.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::stream::StreamId;
use kurrentdb::{
    AppendToStreamOptions, Client, ClientSettings, CurrentRevision, Error, EventData, Position,
    ReadAllOptions, ReadStream, ReadStreamOptions, RecordedEvent, StreamPosition, StreamState,
    SubscriptionFilter,
};

use super::super::OpenError;
use super::record::stream_name;

/// How long an append may take before its outcome counts as unknown.
const APPEND_WAIT: Duration = Duration::from_secs(10);
/// How long a read of one event may take.
const READ_WAIT: Duration = Duration::from_secs(10);
/// How long a page may take to come.
const PAGE_WAIT: Duration = Duration::from_secs(60);
/// Events a page of the sequencer holds at most.
pub(super) const MOST_EVENTS: usize = 1_000;
/// Payload bytes after which a page ends.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// The stream is elsewhere: its last revision, none if it does not exist.
    #[error("the stream is elsewhere")]
    Elsewhere(Option<u64>),
    /// The server refused; nothing was written.
    #[error("KurrentDB refused: {0}")]
    Refused(String),
    /// Nobody knows whether it happened.
    #[error("KurrentDB did not answer: {0}")]
    Unclear(String),
}

/// A page of events; a failure comes after the events that were had.
pub(super) struct Page {
    pub events: Vec<RecordedEvent>,
    /// It ended because it was full.
    pub cut: bool,
    pub failure: Option<CallError>,
}

/// A place in KurrentDB's log, in its order.
pub(super) fn place(position: Position) -> (u64, u64) {
    (position.commit, position.prepare)
}

struct Current {
    generation: u64,
    client: Client,
}

/// One server or cluster and the streams under one prefix.
pub(super) struct Connection {
    settings: ClientSettings,
    pub prefix: String,
    current: Mutex<Current>,
}

/// Reads a connection string. What it says is never shown: there may be a password in it.
pub(super) fn settings(url: &str) -> Result<ClientSettings, OpenError> {
    let refused = |cause: &str| OpenError::Unavailable(format!("the KurrentDB address {cause}"));
    let settings: ClientSettings = url.parse().map_err(|_| {
        refused("is not understood; it looks like kurrentdb://user:password@host:2113")
    })?;
    if settings.is_secure_mode_enabled() && !settings.is_tls_certificate_verification_enabled() {
        return Err(refused(
            "switches off the check of certificates; leave tlsVerifyCert out and name the \
             authority with tlsCaFile",
        ));
    }
    Ok(settings)
}

impl Connection {
    /// A connection, made at the first call.
    pub async fn new(settings: ClientSettings, prefix: String) -> Result<Self, OpenError> {
        let client = client(settings.clone()).await.map_err(OpenError::Unavailable)?;
        let current = Mutex::new(Current { generation: 0, client });
        Ok(Self { settings, prefix, current })
    }

    /// Appends events to a stream at a version. The same again is the same answer.
    pub async fn append(
        &self,
        stream: StreamId,
        expected_version: u64,
        events: Vec<EventData>,
    ) -> Result<(), CallError> {
        let state = match expected_version {
            0 => StreamState::NoStream,
            version => StreamState::StreamRevision(version - 1),
        };
        let name = stream_name(&self.prefix, stream);
        self.call(APPEND_WAIT, move |client| async move {
            let options = AppendToStreamOptions::default().stream_state(state);
            client.append_to_stream(name, &options, events).await.map(drop)
        })
        .await
    }

    /// Events after a place, in the order of their commits. That there are few says nothing about
    /// the end of the log.
    pub async fn page(&self, after: Option<Position>) -> Page {
        let from = after.map_or(StreamPosition::Start, StreamPosition::Position);
        let options = ReadAllOptions::default()
            .position(from)
            // The event at the place itself comes again.
            .max_count(MOST_EVENTS + 1)
            .filter(SubscriptionFilter::on_stream_name().add_prefix(format!("{}-", self.prefix)));
        let last = after.map(place);
        let page = self.call(PAGE_WAIT, move |client| async move {
            let mut stream = client.read_all(&options).await?;
            let mut events = Vec::new();
            let ended = gather(&mut stream, last, &mut events).await;
            Ok((events, ended))
        });
        let failed = |failure| Page { events: Vec::new(), cut: false, failure: Some(failure) };
        match page.await {
            Ok((events, Ok(cut))) => Page { events, cut, failure: None },
            Ok((events, Err(error))) => Page { events, ..failed(understood(error).0) },
            Err(failure) => failed(failure),
        }
    }

    /// The place of the last event under the prefix, if one is there.
    pub async fn last_place(&self) -> Result<Option<Position>, CallError> {
        let options = ReadAllOptions::default()
            .position(StreamPosition::End)
            .max_count(1)
            .filter(SubscriptionFilter::on_stream_name().add_prefix(format!("{}-", self.prefix)));
        self.call(READ_WAIT, move |client| async move {
            let mut events = client.read_all(&options).await?;
            Ok(events.next().await?.and_then(|found| found.event).map(|event| event.position))
        })
        .await
    }

    /// The event at a version of a stream, if it is there.
    pub async fn event_at(
        &self,
        stream: StreamId,
        version: u64,
    ) -> Result<Option<RecordedEvent>, CallError> {
        let options = ReadStreamOptions::default()
            .position(StreamPosition::Position(version.saturating_sub(1)))
            .max_count(1);
        let name = stream_name(&self.prefix, stream);
        self.call(READ_WAIT, move |client| async move {
            let found = match client.read_stream(name, &options).await {
                Ok(mut events) => events.next().await,
                Err(error) => Err(error),
            };
            match found {
                Ok(found) => Ok(found.and_then(|found| found.event)),
                Err(Error::ResourceNotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Runs a call in a task of its own, so that a panic in it ends there.
    async fn call<T, F>(
        &self,
        wait: Duration,
        work: impl FnOnce(Client) -> F,
    ) -> Result<T, CallError>
    where
        T: Send + 'static,
        F: Future<Output = kurrentdb::Result<T>> + Send + 'static,
    {
        let (generation, client) = {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            (current.generation, current.client.clone())
        };
        let mut task = tokio::spawn(work(client));
        let (failure, renew) = match tokio::time::timeout(wait, &mut task).await {
            Ok(Ok(Ok(value))) => return Ok(value),
            Ok(Ok(Err(error))) => understood(error),
            Ok(Err(_)) => (CallError::Unclear("its client broke off".to_owned()), true),
            Err(_) => {
                task.abort();
                (CallError::Unclear("no answer in time".to_owned()), true)
            }
        };
        if renew {
            self.renew(generation).await;
        }
        Err(failure)
    }

    /// Takes a new client in place of one that does not connect again by itself.
    async fn renew(&self, generation: u64) {
        let Ok(client) = client(self.settings.clone()).await else { return };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.generation == generation {
            *current = Current { generation: generation + 1, client };
        }
    }
}

/// Takes what comes, up to the limits, and tells whether it was these that ended it. What comes
/// twice was had the first time.
async fn gather(
    stream: &mut ReadStream,
    mut last: Option<(u64, u64)>,
    events: &mut Vec<RecordedEvent>,
) -> kurrentdb::Result<bool> {
    let mut bytes = 0;
    while bytes < MOST_BYTES {
        let Some(resolved) = stream.next().await? else { return Ok(events.len() >= MOST_EVENTS) };
        if let Some(event) = resolved.event.filter(|event| Some(place(event.position)) > last) {
            last = Some(place(event.position));
            bytes += event.data.len();
            events.push(event);
        }
    }
    Ok(true)
}

async fn client(settings: ClientSettings) -> Result<Client, String> {
    let made = tokio::spawn(async move { Client::new(settings).map_err(|_| ()) }).await;
    made.ok().and_then(Result::ok).ok_or_else(|| {
        "the KurrentDB client cannot be made from its address; see to the files named there".into()
    })
}

/// What an error means, and whether the client needs to be made anew.
fn understood(error: Error) -> (CallError, bool) {
    /// gRPC's number for an argument that is not valid.
    const INVALID_ARGUMENT: i32 = 3;
    /// gRPC's number for something that has run out.
    const RESOURCE_EXHAUSTED: i32 = 8;
    let refused = |cause: &str| (CallError::Refused(cause.to_owned()), false);
    match error {
        Error::WrongExpectedVersion { current, .. } => {
            let last = match current {
                CurrentRevision::Current(revision) => Some(revision),
                CurrentRevision::NoStream => None,
            };
            (CallError::Elsewhere(last), false)
        }
        Error::AccessDenied => refused("the user or the password is not right"),
        Error::ResourceDeleted => refused("the stream was deleted there"),
        Error::UnsupportedFeature => refused("the server does not know this call"),
        Error::Grpc { code, message }
            if [INVALID_ARGUMENT, RESOURCE_EXHAUSTED].contains(&i32::from(code)) =>
        {
            (CallError::Refused(message), false)
        }
        // The client goes to the leader by itself.
        Error::NotLeaderException(_) => (CallError::Unclear("another node leads".into()), false),
        Error::DeadlineExceeded => (CallError::Unclear("no answer in time".into()), false),
        error => (CallError::Unclear(error.to_string()), true),
    }
}
