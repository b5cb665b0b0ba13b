//! Checking a part: every record has its own path to one checkpoint.

use super::points::{self, Point, Standing};
use super::rules::Rules;
use super::{Draft, Verdict};
use crate::bundle::{Bundle, HASHES, Kind, PROOFS, PathEntry, RECORDS, next_hash};
use crate::checkpoint::Checkpoint;
use crate::proof::verify_inclusion;
use crate::record::Record;
use crate::tree::{Hash, leaf_hash};

/// Checks every record of a part.
pub(super) fn verify(bundle: &Bundle, points: &[Point], draft: &mut Draft) {
    points::find_forks(bundle, points, draft);
    draft.note("a part cannot show that no other record was left out");
    let Some(own) = points.iter().find(|point| !point.is_given()) else {
        draft.find(Verdict::Unproven, None, "the part has no checkpoint that can be read");
        return;
    };
    let mut accepted = false;
    for point in points {
        let same = point.checkpoint == own.checkpoint;
        accepted |= same && point.standing == Standing::Accepted;
        if !same && point.checkpoint.size != own.checkpoint.size {
            draft.note(format!(
                "{} is over another number of records than the part's checkpoint; only a whole bundle \
                 can be compared with it",
                point.name
            ));
        }
    }
    let held = match walk(bundle, &own.checkpoint, draft) {
        Ok(held) => held,
        Err(error) => {
            draft.find(Verdict::Damaged, None, error.to_string());
            return;
        }
    };
    draft.checked.push(format!(
        "{} records hashed; {held} paths lead to the root of {}",
        draft.records, own.name
    ));
    if accepted {
        draft.proven = held;
    } else {
        draft.find(Verdict::Unproven, None, "the part's checkpoint is not accepted");
    }
}

/// Reads everything and answers how many records the checkpoint holds.
fn walk(
    bundle: &Bundle,
    checkpoint: &Checkpoint,
    draft: &mut Draft,
) -> Result<u64, crate::bundle::BundleError> {
    let (mut frames, mut hashes, mut paths) =
        (bundle.records()?, bundle.hashes()?, bundle.paths()?);
    let manifest = bundle.manifest();
    let bytes = bundle.records_length();
    let mut rules = Rules::new(Kind::Part, manifest.records, bytes);
    let (mut held, mut last) = (0, 0);
    for place in 1..=manifest.records {
        let hash = next_hash(&mut hashes).ok().flatten();
        let entry = paths.next_path().ok().flatten().filter(|entry| entry.position > last);
        let frame = frames.next_frame().ok().flatten();
        draft.records += u64::from(frame.is_some());
        if let Err((position, text)) = judge(frame, hash, entry.as_ref(), checkpoint) {
            let position = position.or((place == 1).then_some(manifest.first));
            let text = match position {
                Some(position) => format!("position {position}: {text}"),
                None => format!("record {place} of the part: {text}"),
            };
            draft.find(Verdict::Damaged, position, text);
            return Ok(held);
        }
        held += 1;
        if let (Some(frame), Some(entry)) = (frame, entry) {
            last = entry.position;
            check_rules(&mut rules, frame, last, draft);
        }
    }
    let more = [
        (RECORDS, !matches!(frames.next_frame(), Ok(None))),
        (HASHES, !matches!(next_hash(&mut hashes), Ok(None))),
        (PROOFS, !matches!(paths.next_path(), Ok(None))),
    ];
    for (name, _) in more.iter().filter(|(_, more)| *more) {
        draft.find(Verdict::Damaged, None, format!("{name} goes on after the last record"));
    }
    if last != manifest.last {
        let text = format!("the last record is at {last}, and bundle.json says {}", manifest.last);
        draft.find(Verdict::Damaged, Some(last), text);
    }
    Ok(held)
}

/// Judges one record by its path and its hash. An error says which record it is, as far as anything
/// sound still says so, and what is wrong.
fn judge(
    frame: Option<&[u8]>,
    hash: Option<Hash>,
    entry: Option<&PathEntry>,
    checkpoint: &Checkpoint,
) -> Result<(), (Option<u64>, String)> {
    let leaf = frame.map(leaf_hash);
    let agree = leaf.is_some() && leaf == hash;
    // A record that has its hash can say where it stands even if its path cannot.
    let stated = frame.and_then(|frame| Record::parse(frame).ok()).map(|record| record.position);
    let Some(entry) = entry else {
        return Err((stated.filter(|_| agree), format!("{PROOFS} is broken there")));
    };
    let position = entry.position;
    let proves = |leaf: Option<Hash>| {
        leaf.is_some_and(|leaf| {
            let (index, size, root) = (position - 1, checkpoint.size, &checkpoint.root);
            verify_inclusion(&leaf, index, size, &entry.path, root).is_ok()
        })
    };
    match (proves(leaf), proves(hash)) {
        (true, true) => Ok(()),
        (true, false) => Err((
            Some(position),
            format!("the record is proven, and its hash in {HASHES} is another"),
        )),
        (false, true) => Err((
            Some(position),
            "the record was changed: it does not have the proven hash".to_owned(),
        )),
        (false, false) => {
            let position = if agree { stated } else { Some(position) };
            Err((position, "the record and its path do not lead to the checkpoint".to_owned()))
        }
    }
}

fn check_rules(rules: &mut Rules, frame: &[u8], position: u64, draft: &mut Draft) {
    match Record::parse(frame) {
        Err(error) => {
            let text = format!("rule broken at position {position}: {error}");
            draft.find(Verdict::RuleBroken, Some(position), text);
        }
        Ok(record) => {
            let mut broken = rules.check(&record);
            if record.position != position {
                broken.push(format!("the record says that it stands at {}", record.position));
            }
            for broken in broken {
                let text = format!("rule broken at position {position}: {broken}");
                draft.find(Verdict::RuleBroken, Some(position), text);
            }
        }
    }
}
