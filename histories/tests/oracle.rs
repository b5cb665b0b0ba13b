//! Whatever a bank shows, the ledger equals the oracle: nothing missing, nothing double, nothing
//! silently changed. Every failure names its seed; `bench-sync --explain SEED` tells its story.

use histories::campaign::{ALGORITHMS, Course, set_of, tell};
use histories::history::{MOST_STEPS, Step};
use histories::maker::make;
use histories::misbehaviour::{Misbehaviour, Set};

/// Histories of a whole run.
const HISTORIES: u64 = 10_000;
/// Of these, those that are played here.
const PART: u64 = 2_700;
/// Rows of them that may be put to a person: this only ever falls.
const MOST_DOUBTED: u64 = 14_261;
/// Seeds named at most when it fails.
const MOST_NAMED: usize = 20;
/// Threads of the test: as many as the smallest machine it runs on has processors.
const THREADS: usize = 2;
/// Of known pending transactions that are booked, the share that must be found, without a person.
/// The aim is 0.98: this only ever rises.
const SETTLED_RECALL: f64 = 0.968;
/// Of those found, the share that must be right.
const SETTLED_PRECISION: f64 = 0.999;

fn named(seeds: &[u64]) -> String {
    let lines = seeds.iter().take(MOST_NAMED).map(|seed| {
        let set = set_of(*seed).0;
        let (_, log) = tell(*seed, set, ALGORITHMS[0], true);
        let fault = log.text.lines().find(|line| line.contains("***")).unwrap_or_default();
        format!("  --explain {seed}   [{set}] {}", fault.trim())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The first part of the ten thousand that `make bench-sync` plays: as many as a test has time for.
#[test]
fn the_ledger_equals_the_oracle() {
    let course = Course { histories: PART, seed: 0, only: None, threads: THREADS };
    let result = course.run(&ALGORITHMS[..1], |_| {});
    let faulty = &result.faulty;
    assert!(
        faulty.is_empty(),
        "{} of {PART} histories differ; for each: cargo run -p opl-histories --bin bench-sync --\n{}",
        faulty.len(),
        named(faulty)
    );
    let score = result.sum(0, "");
    assert!(score.settled_recall() >= SETTLED_RECALL, "recall {}", score.settled_recall());
    assert!(score.settled_precision() >= SETTLED_PRECISION, "{}", score.settled_precision());
    assert!(score.doubted <= MOST_DOUBTED, "{} rows are put to the person", score.doubted);
    assert_eq!(result.calls.over, 0, "calls beyond the quota");
}

#[test]
fn no_misbehaviour_alone_makes_a_difference() {
    let alone = Misbehaviour::ALL.iter().map(|one| Set::of(&[*one]));
    for set in alone.chain([Set::default()]) {
        let course = Course { histories: 20, seed: 50_000, only: Some(set), threads: THREADS };
        let faulty = course.run(&ALGORITHMS[..1], |_| {}).faulty;
        assert!(faulty.is_empty(), "{set}: bench-sync --only {set} --explain one of {faulty:?}");
    }
}

#[test]
fn a_seed_makes_the_same_history_and_verdict_for_ever() {
    for seed in [0, 3, 7, 1_234] {
        let (set, _) = set_of(seed);
        let one = tell(seed, set, ALGORITHMS[0], false);
        let other = tell(seed, set, ALGORITHMS[0], false);
        assert_eq!(one.0, other.0);
        assert_eq!(one.1.text, other.1.text);
    }
}

#[test]
fn every_misbehaviour_and_every_pair_is_among_the_histories() {
    let all = Misbehaviour::ALL;
    let classes: std::collections::BTreeSet<_> =
        (0..HISTORIES).map(|seed| set_of(seed).1).collect();
    for (place, one) in all.iter().enumerate() {
        assert!(classes.contains(&format!("alone: {}", Set::of(&[*one]))), "{one}");
        for other in &all[place + 1..] {
            assert!(classes.contains(&format!("pair: {}", Set::of(&[*one, *other]))), "{other}");
        }
    }
}

/// An oracle that finds nothing with anybody is no oracle.
#[test]
fn the_oracle_finds_what_simple_algorithms_do_wrong() {
    let course = Course { histories: 100, seed: 0, only: None, threads: THREADS };
    let result = course.run(&ALGORITHMS, |_| {});
    for place in 1..ALGORITHMS.len() {
        let score = result.sum(place, "");
        assert!(score.faulty > 0 && score.doubled > 0 && score.lost > 0, "{place}: {score:?}");
    }
}

/// The model bank shows what its misbehaviours are called.
#[test]
fn misbehaviours_show() {
    let reads = |one: Misbehaviour| -> Vec<_> {
        let history = make(5, Set::of(&[one]));
        assert!(history.steps.len() <= MOST_STEPS + 20);
        let steps = history.steps.into_iter().filter_map(|(_, step)| match step {
            Step::Read(read) => Some(*read),
            _ => None,
        });
        steps.collect()
    };
    let nameless = reads(Misbehaviour::NoId);
    let rows = nameless.iter().flat_map(|read| &read.rows);
    assert!(rows.clone().count() > 0);
    assert!(rows.clone().all(|row| row.observed.bank_reference.is_none()));
    let echoed = reads(Misbehaviour::EchoedRow).iter().any(|read| {
        let reals: Vec<_> = read.rows.iter().map(|row| row.real).collect();
        reals.windows(2).any(|pair| pair[0] == pair[1])
    });
    assert!(echoed);
    assert!(reads(Misbehaviour::PendingFilterRefused).iter().any(|read| !read.whole));
    let consents: std::collections::BTreeSet<_> = reads(Misbehaviour::AccountIdPerConsent)
        .into_iter()
        .map(|read| read.account_reference)
        .collect();
    assert!(consents.len() > 1);
}
