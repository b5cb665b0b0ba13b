//! Checking a whole bundle in one pass over its records.
//!
//! Two trees are grown: one over `hashes.bin`, one over the records. As long as both agree they are
//! one. From the first difference on both go on, and the signed roots say which of them was changed.

use std::io::Read;

use super::points::{self, Point, Standing};
use super::rules::Rules;
use super::{Draft, Finding, Verdict};
use crate::bundle::{Bundle, Frames, HASHES, Kind, RECORDS, next_hash};
use crate::record::Record;
use crate::tree::{Frontier, Hash, leaf_hash};

/// What the pass over the records brought to light.
#[derive(Default)]
struct Walk {
    /// The tree over `hashes.bin`.
    tree: Frontier,
    /// The tree over the records, from the first difference on.
    own: Option<Frontier>,
    /// The first position at which records and hashes differ, and how.
    difference: Option<(u64, String)>,
    /// How many records could be read.
    records: u64,
    /// How many hashes there are.
    hashes: u64,
    streams: usize,
}

/// Checks records, hashes and checkpoints against each other.
pub(super) fn verify(bundle: &Bundle, mut points: Vec<Point>, draft: &mut Draft) {
    points::find_forks(bundle, &points, draft);
    let (frames, hashes) = match (bundle.records(), bundle.hashes()) {
        (Ok(frames), Ok(hashes)) => (frames, hashes),
        (records, hashes) => {
            for error in [records.err(), hashes.err()].into_iter().flatten() {
                draft.find(Verdict::Damaged, None, error.to_string());
            }
            return;
        }
    };
    let manifest = bundle.manifest();
    let bytes = bundle.records_length();
    let rules = Rules::new(Kind::Whole, manifest.records, bytes);
    let walk = walk(frames, hashes, rules, &mut points, draft);
    draft.records = walk.records;
    draft.checked.push(format!(
        "{} records in {} streams hashed and compared with {HASHES}",
        walk.records, walk.streams
    ));
    judge_damage(&walk, &points, draft);
    judge_count(&walk, manifest.records, draft);
    judge_given(bundle, &walk, &points, draft);
    judge_proven(&walk, &points, draft);
}

fn walk(
    mut frames: Frames<impl Read>,
    mut hashes: impl Read,
    mut rules: Rules,
    points: &mut [Point],
    draft: &mut Draft,
) -> Walk {
    let mut walk = Walk::default();
    let mut pending = 0;
    let mut ended: Option<String> = None;
    // Both files are finite and every round takes something from one of them.
    loop {
        pending = compare_points(&walk, points, pending);
        let position = walk.tree.size().max(walk.own.as_ref().map_or(0, Frontier::size)) + 1;
        let frame = if ended.is_some() { Ok(None) } else { frames.next_frame() };
        let frame = frame.unwrap_or_else(|error| {
            ended = Some(format!("{RECORDS} is broken at position {position}: {error}"));
            None
        });
        // An end in the middle of a hash shows in the file's length as well.
        let hash = next_hash(&mut hashes).unwrap_or_default();
        walk.records += u64::from(frame.is_some());
        walk.hashes += u64::from(hash.is_some());
        let leaf = frame.map(leaf_hash);
        if leaf.is_none() && hash.is_none() {
            break;
        }
        if leaf == hash && walk.own.is_none() {
            if let (Some(hash), Some(frame)) = (hash, frame) {
                walk.tree.push(hash);
                check_rules(&mut rules, frame, position, draft);
            }
            continue;
        }
        differ(&mut walk, position, leaf, hash, ended.as_deref());
    }
    compare_points(&walk, points, pending);
    walk.streams = rules.streams();
    if let (Some(text), None) = (ended, &walk.difference) {
        walk.difference = Some((walk.tree.size() + 1, text));
    }
    walk
}

/// Goes on with two trees.
fn differ(
    walk: &mut Walk,
    position: u64,
    leaf: Option<Hash>,
    hash: Option<Hash>,
    ended: Option<&str>,
) {
    let own = walk.own.get_or_insert_with(|| walk.tree.clone());
    if let Some(leaf) = leaf {
        own.push(leaf);
    }
    if let Some(hash) = hash {
        walk.tree.push(hash);
    }
    if walk.difference.is_none() && leaf != hash {
        let text = match (leaf, hash, ended) {
            (_, _, Some(ended)) => ended.to_owned(),
            (None, _, None) => format!("the record at position {position} is missing"),
            (_, None, None) => {
                format!("{HASHES} has no hash for the record at position {position}")
            }
            _ => format!("the record at position {position} does not have the hash in {HASHES}"),
        };
        walk.difference = Some((position, text));
    }
}

/// Compares the roots with all checkpoints of the sizes just reached.
fn compare_points(walk: &Walk, points: &mut [Point], mut pending: usize) -> usize {
    let own = walk.own.as_ref().unwrap_or(&walk.tree);
    let reached = walk.tree.size().max(own.size());
    while let Some(point) = points.get_mut(pending).filter(|point| point.checkpoint.size <= reached)
    {
        let Point { checkpoint, .. } = &*point;
        let fit = |tree: &Frontier| {
            (tree.size() == checkpoint.size).then(|| tree.root() == checkpoint.root)
        };
        (point.hashes_fit, point.records_fit) = (fit(&walk.tree), fit(own));
        pending += 1;
    }
    pending
}

fn check_rules(rules: &mut Rules, frame: &[u8], position: u64, draft: &mut Draft) {
    match Record::parse(frame) {
        Err(error) => {
            let text = format!("rule broken at position {position}: {error}");
            draft.find(Verdict::RuleBroken, Some(position), text);
        }
        Ok(record) => {
            for broken in rules.check(&record) {
                let text = format!("rule broken at position {position}: {broken}");
                draft.find(Verdict::RuleBroken, Some(position), text);
            }
        }
    }
}

/// The checkpoints by which damage is judged: the log's own in the bundle if any is known to be, all
/// that are there otherwise.
fn judges(points: &[Point]) -> Vec<&Point> {
    let own: Vec<&Point> = points.iter().filter(|point| !point.is_given()).collect();
    let signed: Vec<&Point> = points.iter().filter(|point| point.is_signed()).collect();
    if own.iter().any(|point| point.is_signed()) {
        own.into_iter().filter(|point| point.is_signed()).collect()
    } else if signed.is_empty() {
        own
    } else {
        signed
    }
}

/// The records between the last checkpoint that fits and the first that does not.
fn bad_range(judges: &[&Point], fits: impl Fn(&Point) -> Option<bool>) -> Option<(u64, u64)> {
    let bad = judges.iter().find(|point| fits(point) == Some(false))?.checkpoint.size;
    let before = judges.iter().take_while(|point| point.checkpoint.size < bad);
    let good = before.map(|point| point.checkpoint.size).max().unwrap_or(0);
    Some(((good + 1).min(bad), bad))
}

fn judge_damage(walk: &Walk, points: &[Point], draft: &mut Draft) {
    let judges = judges(points);
    let hashes_bad = bad_range(&judges, |point| point.hashes_fit);
    if let Some((position, text)) = &walk.difference {
        let signed = judges.iter().find(|point| point.checkpoint.size >= *position);
        let fits =
            |fit: fn(&Point) -> Option<bool>| signed.is_some_and(|point| fit(point) == Some(true));
        let by_hashes = fits(|point| point.hashes_fit);
        let by_records = fits(|point| point.records_fit);
        let text = match (by_hashes, by_records) {
            (true, _) => format!("{text}; the hash is the signed one, so the record was changed"),
            (false, true) => {
                format!("{text}; the record is the signed one, so {HASHES} was changed")
            }
            (false, false) => format!("{text}; no checkpoint says which of the two was changed"),
        };
        draft.find(Verdict::Damaged, Some(*position), text);
        let earlier = hashes_bad.filter(|range| range.1 < *position);
        earlier.into_iter().for_each(|range| add_range(range, draft));
    } else if let Some(range) = hashes_bad {
        let own_signed = judges.iter().any(|point| !point.is_given());
        // Records that fit each other and no checkpoint but a given one: see `judge_given`.
        if own_signed {
            add_range(range, draft);
        }
    }
    for point in points {
        let misfit = point.hashes_fit == Some(false) && point.records_fit != Some(true);
        if misfit && !point.is_given() && !draft.damaged() {
            let text = format!("{} has another root than the records before it", point.name);
            draft.find(Verdict::Damaged, None, text);
        }
    }
    let reached = walk.records.max(walk.hashes);
    let missing = points.iter().find(|point| !point.is_given() && point.checkpoint.size > reached);
    if let Some(point) = missing {
        let text = format!(
            "the records from position {} on are missing: {} is over {}",
            reached + 1,
            point.name,
            point.checkpoint.size
        );
        draft.find(Verdict::Damaged, Some(reached + 1), text);
    }
}

fn add_range(range: (u64, u64), draft: &mut Draft) {
    let text = format!(
        "among the records {} to {} at least one was changed together with its hash: their root is \
         not the one of the checkpoint of size {}",
        range.0, range.1, range.1
    );
    draft.add(Finding { verdict: Verdict::Damaged, text, position: None, range: Some(range) });
}

fn judge_count(walk: &Walk, listed: u64, draft: &mut Draft) {
    for (name, count) in [(RECORDS, walk.records), (HASHES, walk.hashes)] {
        if count != listed && walk.difference.is_none() {
            let text = format!("{name} has {count} records, and bundle.json says {listed}");
            draft.find(Verdict::Damaged, Some(count.min(listed) + 1), text);
        }
    }
}

/// Forks and rollbacks that show in the checkpoints the auditor brought along.
fn judge_given(bundle: &Bundle, walk: &Walk, points: &[Point], draft: &mut Draft) {
    let own: Vec<&Point> =
        points.iter().filter(|point| !point.is_given() && point.is_signed()).collect();
    let fits = |point: &Point| point.hashes_fit == Some(true) || point.records_fit == Some(true);
    let own_fit = own.iter().all(|point| fits(point));
    for point in points.iter().filter(|point| point.is_given() && point.is_signed()) {
        let size = point.checkpoint.size;
        // Nothing can be held against the log if the bundle does not fit the log's own word.
        if fits(point) || !own_fit || (own.is_empty() && draft.damaged()) {
            continue;
        }
        let beside = own.iter().find(|other| other.checkpoint.size >= size).or(own.last());
        let text = if size > walk.tree.size() {
            if draft.damaged() {
                continue;
            }
            format!(
                "rollback: {} is signed for {size} records, and the bundle ends at {}",
                point.name,
                walk.tree.size()
            )
        } else {
            format!(
                "the log forked: the bundle's first {size} records do not lead to the root of {}",
                point.name
            )
        };
        let notes: Vec<&Point> = [point].into_iter().chain(beside.copied()).collect();
        points::fork(bundle, draft, &text, &notes);
    }
}

/// How many records an accepted checkpoint proves.
fn judge_proven(walk: &Walk, points: &[Point], draft: &mut Draft) {
    let fits = |point: &&Point| {
        point.standing == Standing::Accepted
            && point.hashes_fit == Some(true)
            && point.records_fit == Some(true)
    };
    let best = points.iter().filter(fits).max_by_key(|point| point.checkpoint.size);
    let Some(best) = best else {
        draft.find(Verdict::Unproven, None, "no accepted checkpoint covers the bundle");
        return;
    };
    let size = best.checkpoint.size;
    draft.proven = size;
    draft.checked.push(format!("the records 1 to {size} lead to the root of {}", best.name));
    let last = walk.records.max(walk.hashes);
    // Of damaged records it is said already why they are not proven.
    if last > size && !draft.damaged() {
        let text =
            format!("the records {} to {last} come after the last accepted checkpoint", size + 1);
        draft.find(Verdict::Unproven, None, text);
    }
}
