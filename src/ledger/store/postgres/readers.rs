//! The tasks that read streams: all questions that wait go in one query, so that many callers share
//! a connection and a round trip.

use std::sync::Arc;

use domain::stream::StreamId;
use sqlx::Row as _;
use sqlx::postgres::{PgPool, PgRow};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{COLUMNS, cannot_read, kept_snapshot, read_event};
use crate::ledger::store::gathering::gather;
use crate::ledger::store::{
    FromSnapshot, LONGEST_QUEUE, MOST_EVENTS_A_PAGE, ReadError, StoredEvent,
};

/// Tasks, and so queries at the same time.
const READERS: usize = 2;
/// Streams one query asks for.
const MOST_STREAMS: usize = 64;
/// Events one query may be answered with, unless a single stream asks for more.
const MOST_EVENTS: usize = 2 * MOST_EVENTS_A_PAGE;
/// Where the number of the question stands in a row, after the event's columns.
const NUMBER: usize = 11;
/// Where the columns of the snapshot begin, after the number.
const SNAPSHOT: usize = 12;

/// The events, and the snapshot before them if it was asked for.
type Answer = Result<FromSnapshot, ReadError>;

struct Question {
    stream: StreamId,
    /// After which version; none for after the snapshot, which is wanted too.
    after: Option<u64>,
    max: usize,
    answer: oneshot::Sender<Answer>,
}

/// The tasks, as far as callers know them. They end when this is dropped.
pub(super) struct Readers {
    questions: mpsc::Sender<Question>,
}

impl Readers {
    /// Starts the tasks.
    pub(super) fn start(pool: &PgPool) -> Self {
        let (questions, waiting) = mpsc::channel(LONGEST_QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..READERS {
            tokio::spawn(run(pool.clone(), Arc::clone(&waiting)));
        }
        Self { questions }
    }

    /// Events of a stream after a version.
    pub(super) async fn stream(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.ask(stream, Some(after), max).await.map(|(_, events)| events)
    }

    /// The snapshot of a stream and the events after it.
    pub(super) async fn read_from_snapshot(&self, stream: StreamId, max: usize) -> Answer {
        self.ask(stream, None, max).await
    }

    async fn ask(&self, stream: StreamId, after: Option<u64>, max: usize) -> Answer {
        projections::database::sending(1);
        let (answer, answered) = oneshot::channel();
        let stopped = || ReadError::Unavailable("the reader of the log has stopped".to_owned());
        let max = max.min(MOST_EVENTS_A_PAGE);
        let question = Question { stream, after, max, answer };
        self.questions.send(question).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

async fn run(pool: PgPool, waiting: Arc<Mutex<mpsc::Receiver<Question>>>) {
    let mut questions = Vec::new();
    loop {
        {
            let mut waiting = waiting.lock().await;
            let Some(first) = waiting.recv().await else { return };
            questions.push(first);
            let fill = |questions: &mut Vec<Question>| fill(questions, &mut waiting);
            gather(&mut questions, fill).await;
        }
        match ask(&pool, &questions).await {
            Ok(answers) => {
                for (question, answer) in questions.drain(..).zip(answers) {
                    // A caller that went away has no use for the answer.
                    let _ = question.answer.send(answer);
                }
            }
            Err(error) => {
                let refused = cannot_read(error);
                for question in questions.drain(..) {
                    let _ = question.answer.send(Err(refused.clone()));
                }
            }
        }
    }
}

/// Adds what already waits, up to the limits; never waits itself.
fn fill(questions: &mut Vec<Question>, waiting: &mut mpsc::Receiver<Question>) {
    let mut events: usize = questions.iter().map(|question| question.max).sum();
    while questions.len() < MOST_STREAMS && events < MOST_EVENTS {
        let Ok(question) = waiting.try_recv() else { return };
        events += question.max;
        questions.push(question);
    }
}

/// One answer for each question. A damaged event spoils its own question and no other.
async fn ask(pool: &PgPool, questions: &[Question]) -> Result<Vec<Answer>, sqlx::Error> {
    // The snapshot stands in the first row of its question; where nothing follows it, alone.
    let select = format!(
        "SELECT found.*, asked.number, kept.version, kept.fingerprint, kept.key_id, \
         CASE WHEN found.version = kept.version + 1 OR found.version IS NULL THEN kept.state END, \
         kept.position \
         FROM unnest($1::text[], $2::bigint[], $3::bigint[]) \
         WITH ORDINALITY AS asked (stream, after, most, number) \
         LEFT JOIN snapshot AS kept ON asked.after IS NULL AND kept.stream_id = asked.stream \
         LEFT JOIN LATERAL (SELECT {COLUMNS} FROM event WHERE stream_id = asked.stream \
         AND version > coalesce(asked.after, kept.version, 0) \
         ORDER BY version LIMIT asked.most) AS found ON true \
         ORDER BY asked.number, found.version"
    );
    let column = |of: fn(&Question) -> Option<i64>| questions.iter().map(of).collect::<Vec<_>>();
    let streams: Vec<String> =
        questions.iter().map(|question| question.stream.to_string()).collect();
    let rows = sqlx::query(sqlx::AssertSqlSafe(select))
        .bind(streams)
        .bind(column(|question| question.after.map(|after| after as i64)))
        .bind(column(|question| Some(question.max as i64)))
        .fetch_all(pool)
        .await?;
    let mut answers: Vec<Answer> = questions.iter().map(|_| Ok((None, Vec::new()))).collect();
    for row in &rows {
        let number = usize::try_from(row.try_get::<i64, _>(NUMBER)?).unwrap_or_default();
        let place = number.checked_sub(1).and_then(|index| answers.get_mut(index));
        add(place.ok_or(sqlx::Error::RowNotFound)?, row)?;
    }
    Ok(answers)
}

fn add(answer: &mut Answer, row: &PgRow) -> Result<(), sqlx::Error> {
    let Ok((snapshot, events)) = answer else { return Ok(()) };
    if snapshot.is_none() && row.try_get::<Option<&[u8]>, _>(SNAPSHOT + 3)?.is_some() {
        *snapshot = Some(kept_snapshot(row, SNAPSHOT)?);
    }
    if row.try_get::<Option<i64>, _>(0)?.is_some() {
        match read_event(row) {
            Ok(event) => events.push(event),
            Err(error) => *answer = Err(error),
        }
    }
    Ok(())
}
