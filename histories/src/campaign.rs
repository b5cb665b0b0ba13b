//! Which histories are played: every misbehaviour alone, every pair, and many at random.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::chance::Chance;
use crate::explain::Log;
use crate::history::Calls;
use crate::maker::make;
use crate::misbehaviour::{Misbehaviour, Set};
use crate::ours::{Algorithm, Ours};
use crate::replay::{replay, studied};
use crate::rivals::{ContentHash, ExactId, FourTiers, FuzzyMatch};
use crate::score::Score;
use crate::study::Study;

/// Most misbehaviours at once.
const MOST_AT_ONCE: i64 = 9;
/// Of ten histories, so many have one misbehaviour or none.
const ALONE_OF_TEN: u64 = 2;
/// Of ten histories, so many have one or two.
const PAIR_OF_TEN: u64 = 6;

/// Every algorithm, ours first.
pub const ALGORITHMS: [&dyn Algorithm; 5] =
    [&Ours, &ExactId, &ContentHash, &FuzzyMatch, &FourTiers];

/// How the bank of a seed misbehaves, and in which class its history is counted.
#[must_use]
pub fn set_of(seed: u64) -> (Set, String) {
    let all = Misbehaviour::ALL;
    let (tens, ones) = (seed / 10, seed % 10);
    if ones < ALONE_OF_TEN {
        let place = (tens * ALONE_OF_TEN + ones) as usize % (all.len() + 1);
        let set = all.get(place).map_or(Set::default(), |one| Set::of(&[*one]));
        return (set, format!("alone: {set}"));
    }
    if ones < PAIR_OF_TEN {
        let pairs = all.len() * (all.len() - 1) / 2;
        let mut place =
            (tens * (PAIR_OF_TEN - ALONE_OF_TEN) + ones - ALONE_OF_TEN) as usize % pairs;
        let mut first = 0;
        while place >= all.len() - 1 - first {
            place -= all.len() - 1 - first;
            first += 1;
        }
        let set = Set::of(&[all[first], all[first + 1 + place]]);
        return (set, format!("pair: {set}"));
    }
    let mut chance = Chance::new(seed ^ 0x5e7);
    let count = chance.between(3, MOST_AT_ONCE);
    let those: Vec<_> = (0..count).map(|_| *chance.one(all)).collect();
    (Set::of(&those), "random".to_owned())
}

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Course {
    /// How many histories.
    pub histories: u64,
    /// The first seed.
    pub seed: u64,
    /// The one set of all histories, if not each its own.
    pub only: Option<Set>,
    /// How many at a time.
    pub threads: usize,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Result {
    /// By algorithm and class.
    pub scores: BTreeMap<(usize, String), Score>,
    /// What reading cost, over all histories.
    pub calls: Calls,
    /// Seeds in which ours went wrong.
    pub faulty: Vec<u64>,
}

impl Result {
    /// The sum of an algorithm over the classes that begin so.
    #[must_use]
    pub fn sum(&self, algorithm: usize, class: &str) -> Score {
        let mut sum = Score::default();
        for ((of, name), score) in &self.scores {
            if *of == algorithm && name.starts_with(class) {
                sum += score;
            }
        }
        sum
    }

    fn add(&mut self, other: &Result) {
        for (key, score) in &other.scores {
            *self.scores.entry(key.clone()).or_default() += score;
        }
        self.calls += &other.calls;
        self.faulty.extend(&other.faulty);
    }
}

impl Course {
    fn set_of(&self, seed: u64) -> (Set, String) {
        match self.only {
            Some(set) => (set, format!("alone: {set}")),
            None => set_of(seed),
        }
    }

    fn one(&self, seed: u64, algorithms: &[&dyn Algorithm]) -> Result {
        let (set, class) = self.set_of(seed);
        let history = make(seed, set);
        let mut result = Result { calls: history.calls, ..Result::default() };
        for (place, algorithm) in algorithms.iter().enumerate() {
            let (score, _) = replay(&history, *algorithm, None);
            if place == 0 && score.is_faulty() {
                result.faulty.push(seed);
            }
            result.scores.insert((place, class.clone()), score);
        }
        result
    }

    /// Plays all histories; `progress` is told how many are done.
    pub fn run(&self, algorithms: &[&dyn Algorithm], progress: impl Fn(u64) + Sync) -> Result {
        let one = |seed, mine: &mut Result| mine.add(&self.one(seed, algorithms));
        let mut total = self.each(one, |all: &mut Result, mine| all.add(&mine), progress);
        total.faulty.sort_unstable();
        total
    }

    /// Plays all histories to ours, and gathers what an ideal observer would learn from.
    pub fn study(&self, progress: impl Fn(u64) + Sync) -> Study {
        let one = |seed, mine: &mut Study| {
            let (set, class) = self.set_of(seed);
            mine.add(class, seed, studied(&make(seed, set), ALGORITHMS[0]));
        };
        self.each(one, |all: &mut Study, mine| all.extend(mine), progress)
    }

    /// Something of each history, gathered by several threads and put together.
    fn each<T: Default + Send>(
        &self,
        one: impl Fn(u64, &mut T) + Sync,
        join: impl Fn(&mut T, T) + Sync,
        progress: impl Fn(u64) + Sync,
    ) -> T {
        let next = AtomicU64::new(0);
        let total = Mutex::new(T::default());
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    let mut mine = T::default();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.histories {
                            break;
                        }
                        one(self.seed + number, &mut mine);
                        progress(number + 1);
                    }
                    // A thread that panicked has nothing half-way in here: it joins at the end.
                    let total = total.lock();
                    join(&mut total.unwrap_or_else(std::sync::PoisonError::into_inner), mine);
                });
            }
        });
        total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Tells the history of a seed as an algorithm lives through it.
#[must_use]
pub fn tell(seed: u64, set: Set, algorithm: &dyn Algorithm, brief: bool) -> (Score, Log) {
    let history = make(seed, set);
    let mut log = Log { brief, ..Log::default() };
    log.text = format!("history {seed} with {set}, {:?}\n", history.bank);
    let (score, log) = replay(&history, algorithm, Some(log));
    (score, log.unwrap_or_default())
}
