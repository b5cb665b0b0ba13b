//! How a batch comes together: what waits is taken, and who is about to ask is waited for a little.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{MOST_BYTES_A_BATCH, MOST_EVENTS_A_BATCH, Request};

/// Adds to `batch` what already waits, up to the limits; never waits itself.
pub(super) fn fill(batch: &mut Vec<Request>, queue: &mut mpsc::Receiver<Request>) {
    let size = |request: &Request| -> (usize, usize) {
        let events = &request.append.events;
        (events.len(), events.iter().map(|event| event.payload.len()).sum())
    };
    let (mut events, mut bytes) =
        batch.iter().map(size).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    while events < MOST_EVENTS_A_BATCH && bytes < MOST_BYTES_A_BATCH {
        let Ok(request) = queue.try_recv() else { return };
        let (more_events, more_bytes) = size(&request);
        events += more_events;
        bytes += more_bytes;
        batch.push(request);
    }
}

/// Turns given away without anything new before a batch goes.
const MOST_IDLE_TURNS: u32 = 4;

/// Takes what waits, and what is about to. Whoever was answered together asks again at about the
/// same time, and the first of them would have a round trip of its own while all others wait for the
/// next; so the task that gathers gives its turn to those that are ready to run, until that brings
/// nothing new. Nobody is waited for: a caller that is alone costs a few turns.
pub(super) async fn gather<T>(batch: &mut Vec<T>, mut fill: impl FnMut(&mut Vec<T>)) {
    fill(batch);
    let mut idle = 0;
    while idle < MOST_IDLE_TURNS {
        tokio::task::yield_now().await;
        let before = batch.len();
        fill(batch);
        idle = if batch.len() == before { idle + 1 } else { 0 };
    }
}

/// The share of the last commit's time for which all are waited for who are about to ask again.
const PATIENCE: u32 = 3;
/// Longest such wait.
const MOST_PATIENCE: Duration = Duration::from_millis(3);
/// The share of the last commit's time after which nobody more is waited for if nobody came.
const SILENCE: u32 = 8;
/// Events from which on a batch waits for nobody.
const LARGE_BATCH: usize = 200;
/// How long a thread that waits sleeps between two looks.
const NAP: Duration = Duration::from_micros(50);

/// How the last batch went, which says something of the next.
#[derive(Default)]
pub(super) struct Rhythm {
    callers: usize,
    took: Duration,
}

impl Rhythm {
    /// Notes a batch that was answered while so many others waited already: all of these are callers
    /// of now, and will be in one batch if the next one waits for those who were answered.
    pub fn note(&mut self, answered: usize, waiting: usize, took: Duration) {
        *self = Self { callers: answered + waiting, took };
    }

    fn wait(&self, now: Instant, there: usize) -> Wait {
        let until = now + (self.took / PATIENCE).min(MOST_PATIENCE);
        Wait { callers: self.callers, until, silence: self.took / SILENCE, last: now, there }
    }

    /// As [`gather`], and then waits a little for those who are about to ask again: who misses a batch
    /// waits for two commits, and callers that fall into two halves stay so, each half waiting for the
    /// other's commit. It ends with the last of them, or when for a while nobody came. Where they do
    /// not come back, fewer are expected the next time; a caller that is alone is never kept waiting.
    pub async fn gather(&self, batch: &mut Vec<Request>, mut fill: impl FnMut(&mut Vec<Request>)) {
        gather(batch, &mut fill).await;
        let mut wait = self.wait(Instant::now(), batch.len());
        while !is_large(batch) && wait.goes_on(Instant::now(), batch.len()) {
            // The timer's own steps are coarser than this.
            tokio::task::yield_now().await;
            fill(batch);
        }
    }

    /// The same on a thread of its own.
    pub fn gather_on_thread(
        &self,
        batch: &mut Vec<Request>,
        mut fill: impl FnMut(&mut Vec<Request>),
    ) {
        fill(batch);
        let mut wait = self.wait(Instant::now(), batch.len());
        while !is_large(batch) && wait.goes_on(Instant::now(), batch.len()) {
            std::thread::sleep(NAP);
            fill(batch);
        }
    }
}

/// Whether a batch costs more to write than its commit does: then it is better written while the
/// next one is decided and sealed.
fn is_large(batch: &[Request]) -> bool {
    batch.iter().map(|request| request.append.events.len()).sum::<usize>() >= LARGE_BATCH
}

/// A wait for callers.
struct Wait {
    callers: usize,
    until: Instant,
    silence: Duration,
    last: Instant,
    there: usize,
}

impl Wait {
    fn goes_on(&mut self, now: Instant, there: usize) -> bool {
        if there > self.there {
            (self.there, self.last) = (there, now);
        }
        there < self.callers && now < self.until && now < self.last + self.silence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Whether a wait that began with some callers goes on after so many microseconds with so many.
    fn goes_on(rhythm: &Rhythm, there: usize, later: &[(u64, usize)]) -> Vec<bool> {
        let began = Instant::now();
        let mut wait = rhythm.wait(began, there);
        let at = |microseconds| began + Duration::from_micros(microseconds);
        later.iter().map(|(after, there)| wait.goes_on(at(*after), *there)).collect()
    }

    #[test]
    fn a_caller_that_is_alone_is_not_kept_waiting() {
        let mut rhythm = Rhythm::default();
        assert_eq!(goes_on(&rhythm, 1, &[(0, 1)]), [false], "nothing is known");
        rhythm.note(1, 0, 8 * MILLISECOND);
        assert_eq!(goes_on(&rhythm, 1, &[(0, 1)]), [false]);
    }

    #[test]
    fn two_halves_come_together() {
        let mut rhythm = Rhythm::default();
        rhythm.note(32, 32, 8 * MILLISECOND);
        let came = [(0, 32), (900, 40), (1_800, 63), (2_500, 64)];
        assert_eq!(goes_on(&rhythm, 32, &came), [true, true, true, false]);
    }

    #[test]
    fn a_wait_ends_when_nobody_comes_and_never_takes_long() {
        let mut rhythm = Rhythm::default();
        rhythm.note(32, 32, 8 * MILLISECOND);
        assert_eq!(goes_on(&rhythm, 32, &[(999, 32), (1_000, 32)]), [true, false], "silence");
        let few: Vec<(u64, usize)> = (0..6).map(|n| (n * 500, 32 + n as usize)).collect();
        assert_eq!(goes_on(&rhythm, 32, &few), [true, true, true, true, true, true]);
        let late = [(900, 33), (1_800, 34), (2_700, 35)];
        assert_eq!(goes_on(&rhythm, 32, &late), [true, true, false], "a third of the commit");
        rhythm.note(32, 32, 1_000 * MILLISECOND);
        assert_eq!(goes_on(&rhythm, 32, &[(2_999, 32), (3_000, 33)]), [true, false]);
    }
}
