//! Executing commands: decide on what is known, seal what was decided, append it, and decide again
//! where somebody else was first.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use domain::account::AccountEvent;
use domain::event::Event;
use domain::stream::StreamId;
use tracing::Instrument as _;
use uuid::Uuid;

use super::store::{AppendError, Appended, NewEvent, StreamAppend};
use super::{
    ASK_AGAIN, Cause, CommandError, Done, Ledger, LedgerError, Loaded, MOST_TRIES, Owner,
    STREAM_LOCKS, sealing,
};
use crate::traces;

/// What a trace says of a command: on what kind of aggregate.
fn command_span<A: Aggregate>() -> tracing::Span {
    tracing::info_span!(target: traces::TARGET, "command", aggregate = A::TYPE)
}

impl Ledger {
    /// Executes a command on an aggregate.
    ///
    /// # Errors
    /// [`CommandError::Refused`] if the aggregate says no; [`CommandError::Ledger`] otherwise.
    pub async fn execute<A>(
        &self,
        stream: StreamId,
        owner: Owner,
        cause: Cause,
        command: A::Command,
    ) -> Result<Done<A>, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Command: Clone,
        A::Event: TryFrom<Event> + Into<Event>,
    {
        self.decide(stream, owner, cause, command, false).instrument(command_span::<A>()).await
    }

    /// Executes the command that begins an aggregate whose identifier has just been drawn: nothing
    /// is looked up, since nothing can be there. If something is, it is decided on all the same.
    ///
    /// # Errors
    /// As [`Ledger::execute`].
    pub async fn begin<A>(
        &self,
        stream: StreamId,
        owner: Owner,
        cause: Cause,
        command: A::Command,
    ) -> Result<Done<A>, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Command: Clone,
        A::Event: TryFrom<Event> + Into<Event>,
    {
        self.decide(stream, owner, cause, command, true).instrument(command_span::<A>()).await
    }

    async fn decide<A>(
        &self,
        stream: StreamId,
        owner: Owner,
        cause: Cause,
        command: A::Command,
        mut new: bool,
    ) -> Result<Done<A>, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Command: Clone,
        A::Event: TryFrom<Event> + Into<Event>,
    {
        let queue = &self.queues[(stream.id.as_u128() % STREAM_LOCKS as u128) as usize];
        let _turn = queue.lock().await;
        for _ in 0..MOST_TRIES {
            // What is in memory is decided on as it is. If another process has written meanwhile,
            // the append is a conflict; an answer without an append is given only on what the log
            // holds now.
            let begun = std::mem::take(&mut new).then(Loaded::nothing);
            let hot = self.hot::<A>(stream).or(begun);
            let assumed = hot.is_some();
            let mut loaded = match hot {
                Some(loaded) => loaded,
                None => self.load::<A>(stream).await?,
            };
            let version = loaded.version;
            let sink = EventSink::default();
            let decided = loaded.aggregate.handle(command.clone(), &(), &sink).await;
            let events = sink.collect().await;
            if assumed && (decided.is_err() || events.is_empty()) {
                let now = self.load::<A>(stream).await?;
                if now.version != version {
                    continue;
                }
            }
            decided.map_err(CommandError::Refused)?;
            match self.record(stream, owner, cause, &mut loaded, &events).await {
                Ok(()) => {
                    self.keep_hot(stream, &loaded);
                    let Loaded { aggregate, version, position, .. } = loaded;
                    return Ok(Done { position, events, aggregate, version });
                }
                Err(LedgerError::Append(AppendError::Conflict { .. })) => self.cool(stream),
                Err(error) => {
                    self.cool(stream);
                    return Err(error.into());
                }
            }
        }
        let current = self.load::<A>(stream).await?.version;
        Err(LedgerError::from(AppendError::Conflict { current }).into())
    }

    /// Appends decided events at the loaded version.
    async fn record<A>(
        &self,
        stream: StreamId,
        owner: Owner,
        cause: Cause,
        loaded: &mut Loaded<A>,
        events: &[A::Event],
    ) -> Result<(), LedgerError>
    where
        A: Aggregate,
        A::Event: Into<Event>,
    {
        if events.is_empty() {
            return Ok(());
        }
        let version = loaded.version + events.len() as u64;
        let snapshot = self.snapshot(stream, owner, loaded, version).await?;
        let events = events.iter().map(|event| event.clone().into()).collect();
        let events = self.seal(stream, owner, cause, events).await?;
        let kept = snapshot.is_some();
        let expected_version = loaded.version;
        let fence = cause.fence;
        let append = StreamAppend { stream, expected_version, events, snapshot, fence };
        let appended = self.send(append).await?;
        loaded.version = appended.version;
        loaded.position = appended.last;
        if kept {
            loaded.snapshot = appended.version;
        }
        Ok(())
    }

    /// Appends events that were decided outside an aggregate, at the version they were decided on.
    ///
    /// # Errors
    /// [`LedgerError::Append`] with a conflict if the stream has moved since.
    pub async fn append_at(
        &self,
        stream: StreamId,
        owner: Owner,
        cause: Cause,
        expected_version: u64,
        events: Vec<Event>,
    ) -> Result<Appended, LedgerError> {
        let events = self.seal(stream, owner, cause, events).await?;
        let fence = cause.fence;
        self.send(StreamAppend { stream, expected_version, events, snapshot: None, fence }).await
    }

    /// Appends; where the answer was lost, asks again with the same identifiers. From then on only an
    /// answer about these events counts: a store that cannot be reached says nothing about them.
    async fn send(&self, append: StreamAppend) -> Result<Appended, LedgerError> {
        let events = append.events.len() as u64;
        let span = tracing::info_span!(target: traces::TARGET, "append", events);
        let result = self.log.append(append.clone()).instrument(span).await;
        if result != Err(AppendError::Unknown) {
            return Ok(result?);
        }
        for _ in 0..MOST_TRIES {
            let again = self.log.append(append.clone()).await;
            match again {
                Err(AppendError::Unknown | AppendError::Unavailable(_) | AppendError::DiskFull) => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                answer => return Ok(answer?),
            }
        }
        Err(AppendError::Unknown.into())
    }

    async fn seal(
        &self,
        stream: StreamId,
        owner: Owner,
        cause: Cause,
        events: Vec<Event>,
    ) -> Result<Vec<NewEvent>, LedgerError> {
        let metadata = serde_json::to_vec(&cause).map_err(|_| LedgerError::Encode)?;
        let key = self.key_of(owner).await?;
        let key = key.as_ref().map(|(key_id, key)| (*key_id, &**key));
        let stream = stream.to_string();
        let nonces = self.chance.draws(events.len())?;
        let mut sealed = Vec::with_capacity(events.len());
        for (event, nonce) in events.into_iter().zip(nonces) {
            let event_id = self.event_id(&event)?;
            let encoded = event.encode().map_err(|_| LedgerError::Encode)?;
            let event = sealing::seal(nonce, key, &stream, event_id, encoded, metadata.clone())
                .map_err(|_| LedgerError::Encode)?;
            sealed.push(event);
        }
        Ok(sealed)
    }

    /// A transaction's event carries the transaction's own identifier, so that the log itself
    /// refuses a second one; any other event gets one that sorts by time (RFC 9562, section 5.7).
    fn event_id(&self, event: &Event) -> Result<Uuid, LedgerError> {
        if let Event::Account(AccountEvent::TransactionRecorded(recorded)) = event {
            return Ok(recorded.transaction_id.0);
        }
        let millis = self.clock.now().timestamp_millis().max(0) as u64;
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.chance.bytes()?).into_uuid())
    }
}
