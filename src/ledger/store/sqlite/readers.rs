//! The threads that read. Each owns a connection and answers all questions that wait, up to a limit,
//! in one view of the file: between two views SQLite forgets every page it holds, which costs more
//! than most questions do.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{cannot_read, open_reader};
use crate::ledger::store::{OpenError, ReadError};

/// Threads that read, and so connections and views at the same time.
const MOST_READERS: usize = 4;
/// Questions answered in one view, so that none keeps the file's old pages from being written back
/// for long, and the other threads have their share.
const MOST_QUESTIONS: usize = 32;

type Question = Box<dyn FnOnce(Result<&Connection, ReadError>) + Send>;

/// The threads, as far as callers know them. They end when this is dropped, and it waits for that:
/// whoever closes the file last writes its log back, and only the writer can.
pub(super) struct Readers {
    /// None once it is being dropped.
    questions: Option<Sender<Question>>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.questions = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Readers {
    /// Starts the threads; each opens the file when it is first asked something.
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let (questions, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::with_capacity(MOST_READERS);
        for _ in 0..MOST_READERS {
            let mut reader =
                Reader { path: path.to_owned(), waiting: Arc::clone(&waiting), connection: None };
            let thread = std::thread::Builder::new()
                .name("event-reader".to_owned())
                .spawn(move || while reader.answer() {})
                .map_err(|error| OpenError::Unavailable(error.to_string()))?;
            threads.push(thread);
        }
        Ok(Self { questions: Some(questions), threads })
    }

    /// Asks something. A caller waits for its answer, so no more can wait than there are callers.
    pub(super) async fn ask<T, F>(&self, question: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let stopped = || ReadError::Unavailable("the reader of the log has stopped".to_owned());
        let question: Question = Box::new(move |connection| {
            // A caller that went away has no use for the answer.
            let _ = answer.send(connection.and_then(question));
        });
        let questions = self.questions.as_ref().ok_or_else(stopped)?;
        questions.send(question).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

struct Reader {
    path: PathBuf,
    waiting: Arc<Mutex<Receiver<Question>>>,
    connection: Option<Connection>,
}

impl Reader {
    /// Answers what waits; false when nobody can ask any more.
    fn answer(&mut self) -> bool {
        let questions = self.take();
        if questions.is_empty() {
            return false;
        }
        let connection = match self.connection.take() {
            Some(connection) => Ok(connection),
            None => open_reader(&self.path),
        };
        match connection {
            Ok(connection) => self.connection = answer_all(connection, questions),
            Err(error) => {
                let refused = cannot_read(error);
                questions.into_iter().for_each(|question| question(Err(refused.clone())));
            }
        }
        true
    }

    /// What waits, or the next question; nothing when nobody can ask any more.
    fn take(&self) -> Vec<Question> {
        let waiting = self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut questions: Vec<Question> = waiting.recv().into_iter().collect();
        if !questions.is_empty() {
            questions.extend(waiting.try_iter().take(MOST_QUESTIONS - 1));
        }
        questions
    }
}

/// Answers questions in one view; gives the connection back if it is fit for more.
fn answer_all(connection: Connection, questions: Vec<Question>) -> Option<Connection> {
    // Each question is asked after what its caller must see was written, so a view that begins now
    // holds it. Where none can be begun, each question has a view of its own.
    let one_view = questions.len() > 1 && connection.execute_batch("BEGIN").is_ok();
    for question in questions {
        let asked = std::panic::catch_unwind(AssertUnwindSafe(|| question(Ok(&connection))));
        if asked.is_err() {
            return None;
        }
    }
    if one_view && connection.execute_batch("COMMIT").is_err() {
        return None;
    }
    Some(connection)
}
