//! A wave of wrong passwords over many accounts. Each account slows guessing at itself; a spray that tries
//! each but once is seen only over all of them. While one runs, browsers that never signed in here take
//! turns, a second each. A browser that did, and a passkey, never wait: owners are not locked out. Wrong
//! passwords are counted over all processes, as whoever sprays is sent to each of them in turn; the line
//! before the door is each process's own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::vault::VaultError;
use crate::vault::tallies::{Tallies, Window};

/// How far back wrong passwords are counted.
const WITHIN: Duration = Duration::from_secs(600);
/// The same over all processes.
const TALLY: Window = Window { name: "wrong-password", stretch_seconds: 60, stretches: 11 };
/// Wrong passwords within that time from which on it is a wave.
pub const WAVE: usize = 50;
/// Most browsers that wait for their turn; others are told to come later.
pub const MOST_WAITING: usize = 64;
/// How long what all processes counted is taken for true by one that does not ask again.
const LEARNT_FOR: Duration = Duration::from_secs(60);
/// How long a wrong password holds the turn.
const HOLD: Duration = Duration::from_secs(1);
/// When whoever finds no place in the line is to come again.
pub const COME_LATER: Duration = Duration::from_secs(60);

/// Wrong passwords of this process, and the line before its door.
#[derive(Debug)]
pub struct Wave {
    recent: Mutex<VecDeque<Instant>>,
    /// Until when all processes together are known to be in a wave.
    elsewhere: Mutex<Option<Instant>>,
    door: Semaphore,
    waiting: AtomicUsize,
    wrong: AtomicU64,
}

impl Default for Wave {
    fn default() -> Self {
        let (recent, elsewhere, door) = (Mutex::default(), Mutex::default(), Semaphore::new(1));
        Self { recent, elsewhere, door, waiting: AtomicUsize::new(0), wrong: AtomicU64::new(0) }
    }
}

/// How a browser gets in.
#[derive(Debug)]
pub enum Turn<'a> {
    /// Nothing is going on.
    Free,
    /// It is this browser's turn.
    Alone(SemaphorePermit<'a>),
    /// The line is full.
    Full,
}

impl Wave {
    /// Waits for a browser's turn, if a wave runs here or in another process.
    pub async fn turn_among(&self, tallies: &Tallies) -> Turn<'_> {
        self.learn(tallies.count(TALLY, "").await, Instant::now());
        self.turn().await
    }

    async fn turn(&self) -> Turn<'_> {
        if !self.runs() {
            return Turn::Free;
        }
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Turn::Full;
        }
        // Whoever breaks off while waiting leaves the line as well.
        let _place = Place(&self.waiting);
        self.door.acquire().await.map_or(Turn::Full, Turn::Alone)
    }

    /// Notes a wrong password, for every process; one that had the turn keeps it for a while.
    pub async fn wrong(&self, turn: Turn<'_>, tallies: &Tallies) {
        let before = self.runs();
        self.note(Instant::now());
        self.learn(tallies.add(TALLY, "").await, Instant::now());
        if !before && self.runs() {
            tracing::error!(alarm = true, "many wrong passwords over many accounts: a wave began");
        }
        if let Turn::Alone(turn) = turn {
            tokio::time::sleep(HOLD).await;
            drop(turn);
        }
    }

    /// Takes up what all processes counted. Where that cannot be asked, what was counted here decides.
    fn learn(&self, counted: Result<u64, VaultError>, now: Instant) {
        match counted {
            Ok(count) => {
                let until = (count >= WAVE as u64).then(|| now + LEARNT_FOR);
                *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = until;
            }
            Err(error) => {
                tracing::warn!(cause = %error, "wrong passwords are counted in this process alone");
            }
        }
    }

    /// Whether a wave runs, as far as this process knows.
    pub fn runs(&self) -> bool {
        let now = Instant::now();
        let elsewhere = *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.is_some_and(|until| now < until) || self.count(now) >= WAVE
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Wrong passwords since the start.
    pub fn wrong_so_far(&self) -> u64 {
        self.wrong.load(Ordering::Relaxed)
    }

    fn count(&self, now: Instant) -> usize {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|at| now.duration_since(*at) > WITHIN) {
            recent.pop_front();
        }
        recent.len()
    }

    /// Notes one of this process.
    fn note(&self, now: Instant) {
        self.wrong.fetch_add(1, Ordering::Relaxed);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(now);
        // More than it takes to know is not kept.
        if recent.len() > WAVE {
            recent.pop_front();
        }
    }
}

struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_ends_by_itself_here_and_elsewhere() {
        let (wave, begin) = (Wave::default(), Instant::now());
        (0..WAVE - 1).for_each(|_| wave.note(begin));
        assert!(!wave.runs());
        (0..WAVE).for_each(|_| wave.note(begin));
        assert!(wave.runs());
        assert_eq!(wave.count(begin), WAVE, "no more is kept than it takes");
        assert_eq!(wave.count(begin + WITHIN + Duration::from_secs(1)), 0);
        assert_eq!(wave.wrong_so_far(), WAVE as u64 * 2 - 1);
        let other = Wave::default();
        other.learn(Ok(WAVE as u64 - 1), begin);
        assert!(!other.runs());
        other.learn(Ok(WAVE as u64), begin);
        assert!(other.runs(), "it was seen by all together");
        other.learn(Err(VaultError::Crowded), begin);
        assert!(other.runs(), "what cannot be asked changes nothing");
        other.learn(Ok(0), begin);
        assert!(!other.runs());
    }

    #[tokio::test]
    async fn in_a_wave_one_at_a_time_comes_in_and_the_line_has_an_end() {
        let wave = Wave::default();
        assert!(matches!(wave.turn().await, Turn::Free));
        (0..WAVE).for_each(|_| wave.note(Instant::now()));
        let first = wave.turn().await;
        assert!(matches!(first, Turn::Alone(_)));
        let mut line: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(wave.turn())).collect();
        for waiting in &mut line {
            let polled = futures_util::poll!(waiting);
            assert!(polled.is_pending(), "it waits");
        }
        assert!(matches!(wave.turn().await, Turn::Full));
        drop(line);
        drop(first);
        assert!(matches!(wave.turn().await, Turn::Alone(_)), "whoever broke off left the line");
    }

    /// Three processes over one vault: none sees enough by itself, and all of them see it together.
    #[tokio::test]
    async fn a_spray_that_goes_round_the_processes_is_seen_by_each() {
        use projections::database::{Database, Durability};
        let folder = std::env::temp_dir().join(format!("opl-wave-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("a folder");
        let open = || Database::sqlite(&folder.join("vault.db"), Durability::Full).expect("one");
        crate::vault::prepare(&open()).await.expect("a vault");
        let tallies = || Tallies::new(open(), crate::world::Clock::real());
        let processes: Vec<(Wave, Tallies)> =
            (0..3).map(|_| (Wave::default(), tallies())).collect();
        for number in 0..WAVE - 1 {
            let (wave, tallies) = &processes[number % 3];
            assert!(matches!(wave.turn_among(tallies).await, Turn::Free), "{number}");
            wave.wrong(Turn::Free, tallies).await;
        }
        let (first, tallies) = &processes[0];
        first.wrong(Turn::Free, tallies).await;
        for (wave, tallies) in &processes {
            assert!(matches!(wave.turn_among(tallies).await, Turn::Alone(_)));
            assert!(wave.runs() && wave.wrong_so_far() < WAVE as u64);
        }
        drop(processes);
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
