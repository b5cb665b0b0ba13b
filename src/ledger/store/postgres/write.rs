//! The task that writes: places a batch on what it knows, and asks about it where that is not so.

use std::collections::{BTreeMap, HashSet};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgPool, PgSeverity};
use sqlx::{Acquire, Postgres};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::super::batch::{
    self, KnownVersions, Placed, Placing, Recent, Verdict, follow, judge, snapshots,
};
use super::super::gathering::{Rhythm, fill};
use super::super::{
    AdoptError, AppendError, Appended, ClockMicros, Fence, Head, Request, StoredEvent, StreamAppend,
};
use super::LOOK_EVERY;
use super::copy::{self, COPY_FROM};
use super::statements::{append, keep_snapshot, lock_head, raise, stored_already, versions_of};

/// Tries of one batch when the database asks for another (serialisation failure, deadlock).
const MOST_TRIES: u32 = 5;

type Results = Vec<Result<Appended, AppendError>>;

/// Why a batch did not commit.
pub(super) enum BatchError {
    /// The database asks for the same again.
    Again,
    /// Refused as a whole; nothing was written.
    Refused(AppendError),
    /// A unique index refused a row.
    Taken,
    /// The commit's answer was lost.
    Unknown,
}

impl From<sqlx::Error> for BatchError {
    fn from(error: sqlx::Error) -> Self {
        let code =
            error.as_database_error().and_then(|error| error.code()).map(|code| code.to_string());
        match code.as_deref() {
            // 25P03: this process was stopped inside the transaction, and the database undid it.
            Some("40001" | "40P01" | "25P03") => Self::Again,
            Some("23505") => Self::Taken,
            Some("53100") => Self::Refused(AppendError::DiskFull),
            Some("25006") => Self::Refused(AppendError::ReadOnly),
            Some(code) => Self::Refused(AppendError::Unavailable(format!("SQLSTATE {code}"))),
            None => Self::Refused(AppendError::Unavailable(error.to_string())),
        }
    }
}

/// The task that writes.
pub(super) struct Writer {
    pool: PgPool,
    clock: ClockMicros,
    announce: watch::Sender<u64>,
    recent: Recent,
    versions: KnownVersions,
    /// The end of the log as this process left it; none when that is not known.
    head: Option<Placing>,
    /// The writer's own connection, so that it never waits behind readers; none after a failure.
    connection: Option<PoolConnection<Postgres>>,
}

impl Writer {
    pub(super) fn new(
        pool: PgPool,
        clock: ClockMicros,
        announce: watch::Sender<u64>,
        recent: Recent,
    ) -> Self {
        Self {
            pool,
            clock,
            announce,
            recent,
            versions: KnownVersions::default(),
            head: None,
            connection: None,
        }
    }

    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let (mut waiting, mut rhythm) = (Vec::new(), Rhythm::default());
        loop {
            match tokio::time::timeout(LOOK_EVERY, requests.recv()).await {
                Ok(Some(first)) => waiting.push(first),
                Ok(None) => return,
                Err(_) => {
                    // Whoever closes the pool waits for every connection of it.
                    if self.pool.is_closed() {
                        self.connection = None;
                    }
                    self.look().await;
                    continue;
                }
            }
            let more = |waiting: &mut Vec<Request>| fill(waiting, &mut requests);
            rhythm.gather(&mut waiting, more).await;
            let (appends, answers): (Vec<_>, Vec<_>) =
                waiting.drain(..).map(|request| (request.append, request.answer)).unzip();
            let began = Instant::now();
            let results = self.commit(&appends).await;
            rhythm.note(results.len(), requests.len(), began.elapsed());
            for (answer, result) in answers.into_iter().zip(results) {
                // A caller that went away has no use for the answer; its events stand all the same.
                let _ = answer.send(result);
            }
        }
    }

    /// Announces what other processes wrote. A failed look is made up for by the next.
    async fn look(&self) {
        if let Ok(size) =
            sqlx::query_scalar::<_, i64>("SELECT size FROM head").fetch_one(&self.pool).await
        {
            self.announce_to(size as u64);
        }
    }

    fn announce_to(&self, position: u64) {
        self.announce.send_if_modified(|known| {
            let newer = position > *known;
            *known = position.max(*known);
            newer
        });
    }

    async fn commit(&mut self, appends: &[StreamAppend]) -> Results {
        let mut outcome =
            AppendError::Unavailable("the database kept asking for another try".into());
        for _ in 0..MOST_TRIES {
            match self.try_commit(appends).await {
                Ok((mut head, results)) => {
                    self.versions.note(appends, &results);
                    self.recent.note(&mut head);
                    self.announce_to(head.frontier.size());
                    self.head = Some(head);
                    return results;
                }
                Err(BatchError::Again | BatchError::Taken) => continue,
                Err(BatchError::Refused(error)) => outcome = error,
                Err(BatchError::Unknown) => outcome = AppendError::Unknown,
            }
            break;
        }
        tracing::error!(cause = %outcome, appends = appends.len(), "events were not written");
        appends.iter().map(|_| Err(outcome.clone())).collect()
    }

    /// Places the batch on what this process knows, in one statement; where that was not the end of
    /// the log, or a unique index refuses, locks the head and asks about every append.
    async fn try_commit(
        &mut self,
        appends: &[StreamAppend],
    ) -> Result<(Placing, Results), BatchError> {
        let now = (self.clock)();
        // Both are taken out: whatever goes wrong, the next batch has a new connection and asks
        // the database.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.pool.acquire().await?,
        };
        let known = self.head.take().filter(|_| self.versions.agree_with(appends));
        // A batch under a lease takes the way that locks before it looks.
        let short =
            appends.iter().all(|append| append.snapshot.is_none() && append.fence.is_none());
        if let Some(head) = known.filter(|_| short) {
            let streams = names(appends);
            let (head, placed, results) = place_all(head, appends, &streams, now, None);
            let from = head.frontier.size() - placed.len() as u64;
            match write(&mut connection, &head, from, &placed).await {
                Ok(true) => {
                    self.connection = Some(connection);
                    return Ok((head, results));
                }
                // Another process appended meanwhile: nothing was written.
                Ok(false) => {}
                Err(error) if outcome_is_lost(&error) => {
                    self.versions.forget();
                    return Err(BatchError::Unknown);
                }
                Err(error) => match BatchError::from(error) {
                    BatchError::Taken => self.versions.forget(),
                    other => return Err(other),
                },
            }
        }
        let judged = judged(&mut connection, appends, now).await?;
        self.connection = Some(connection);
        Ok(judged)
    }
}

/// Writes the rows and moves the head, if it is where this process left it; tells whether it was.
async fn write(
    connection: &mut PgConnection,
    head: &Placing,
    from: u64,
    placed: &[Placed<'_>],
) -> Result<bool, sqlx::Error> {
    if placed.len() >= COPY_FROM {
        return copy::write(connection, head, from, placed).await;
    }
    let done = append(head, from, placed).execute(connection).await?;
    Ok(done.rows_affected() == placed.len() as u64)
}

fn names(appends: &[StreamAppend]) -> Vec<String> {
    appends.iter().map(|append| append.stream.to_string()).collect()
}

/// Locks the head, asks about every append, places those that fit and commits.
async fn judged(
    connection: &mut PgConnection,
    appends: &[StreamAppend],
    now: i64,
) -> Result<(Placing, Results), BatchError> {
    let mut transaction = connection.begin().await?;
    let highest = raise(&mut transaction, &batch::fences(appends)).await?;
    let head = lock_head(&mut transaction).await?;
    let from = head.frontier.size();
    let stored = stored_already(&mut transaction, appends).await?;
    let mut versions = versions_of(&mut transaction, appends).await?;
    let mut seen = HashSet::new();
    let verdicts = appends
        .iter()
        .map(|append| judge(append, &stored, &mut seen, &mut versions, &highest))
        .collect();
    let streams = names(appends);
    let (head, placed, results) = place_all(head, appends, &streams, now, Some(verdicts));
    if !placed.is_empty() {
        append(&head, from, &placed).execute(&mut *transaction).await?;
    }
    for (stream, position, snapshot) in snapshots(appends, &results) {
        keep_snapshot(&mut transaction, stream, position, snapshot).await?;
    }
    match transaction.commit().await {
        Ok(()) => Ok((head, results)),
        Err(error) if outcome_is_lost(&error) => Err(BatchError::Unknown),
        Err(error) => Err(error.into()),
    }
}

/// Whether a commit may have happened though it was answered with this: the connection broke, or the
/// server ended it (57P01, 57P02), which it may do between the commit and the answer.
fn outcome_is_lost(error: &sqlx::Error) -> bool {
    let Some(answer) = error.as_database_error() else { return true };
    let severity = answer.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    !matches!(severity, Some(PgSeverity::Error))
}

/// Gives every append that is to be placed its place: all of them without verdicts.
fn place_all<'a>(
    mut head: Placing,
    appends: &'a [StreamAppend],
    streams: &'a [String],
    now: i64,
    verdicts: Option<Vec<Verdict>>,
) -> (Placing, Vec<Placed<'a>>, Results) {
    let mut placed = Vec::new();
    let mut verdicts = verdicts.map(Vec::into_iter);
    let mut results = Vec::with_capacity(appends.len());
    for (append, stream) in appends.iter().zip(streams) {
        results.push(match verdicts.as_mut().and_then(Iterator::next) {
            None | Some(Verdict::Place) => Ok(head.place(stream, append, now, &mut placed)),
            Some(Verdict::Answer(result)) => result,
        });
    }
    (head, placed, results)
}

/// Takes over events of another log in one transaction of its own.
pub(super) async fn adopt(pool: &PgPool, events: &[StoredEvent]) -> Result<Head, AdoptError> {
    let streams: Vec<String> = events.iter().map(|event| event.stream.to_string()).collect();
    let written = async {
        let mut transaction = pool.begin().await?;
        let mut head = lock_head(&mut transaction).await?;
        let from = head.frontier.size();
        if let Err(refused) = follow(&mut head, events, &streams) {
            return Ok(Err(refused));
        }
        let named = events.iter().zip(&streams);
        let rows: Vec<Placed<'_>> =
            named.map(|(event, stream)| Placed::adopted(event, stream)).collect();
        append(&head, from, &rows).execute(&mut *transaction).await?;
        transaction.commit().await.map_err(|_| BatchError::Unknown)?;
        Ok(Ok(Head { position: head.frontier.size(), root: head.frontier.root() }))
    };
    match written.await {
        Ok(result) => result,
        Err(BatchError::Refused(error)) => Err(error.into()),
        Err(BatchError::Unknown) => Err(AppendError::Unknown.into()),
        Err(BatchError::Taken) => Err(AppendError::IdentifierInUse.into()),
        Err(BatchError::Again) => {
            Err(AppendError::Unavailable("the database asks for another try".to_owned()).into())
        }
    }
}

/// Notes a fence in a statement of its own.
pub(super) async fn raise_fence(pool: &PgPool, fence: Fence) -> Result<(), AppendError> {
    let carried = BTreeMap::from([(fence.scope.to_string(), fence.number)]);
    let raised = async {
        let mut connection = pool.acquire().await?;
        raise(&mut connection, &carried).await
    };
    match raised.await.map(|highest| highest.into_values().next()) {
        Ok(Some(highest)) if highest > fence.number => Err(AppendError::Fenced { highest }),
        Ok(_) => Ok(()),
        Err(BatchError::Refused(error)) => Err(error),
        Err(BatchError::Again | BatchError::Taken | BatchError::Unknown) => {
            Err(AppendError::Unavailable("a fence could not be noted; try again".to_owned()))
        }
    }
}
