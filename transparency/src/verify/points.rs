//! The checkpoints a bundle is compared with: those it holds and those the auditor brought along.

use super::{Draft, Finding, Given, Verdict};
use crate::bundle::{Bundle, checkpoint_file};
use crate::checkpoint::{Checkpoint, NoteError, read_unproven};
use crate::policy::{Policy, Refused};

/// How far a checkpoint is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// By no known key.
    Unknown,
    /// By the log, without the quorum of witnesses.
    Signed,
    /// As the policy demands.
    Accepted,
}

/// Where a checkpoint comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A file of the bundle; its note is read again if it is needed.
    Bundle,
    /// Brought along by the auditor, with its note.
    Given(String),
}

/// A checkpoint, and whether the records lead to its root.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub name: String,
    pub source: Source,
    pub standing: Standing,
    pub checkpoint: Checkpoint,
    /// Whether the tree over `hashes.bin` has its root; nothing if that ends before.
    pub hashes_fit: Option<bool>,
    /// The same for the tree over the records.
    pub records_fit: Option<bool>,
}

impl Point {
    pub fn is_given(&self) -> bool {
        matches!(self.source, Source::Given(_))
    }

    /// By the log, whatever its witnesses say.
    pub fn is_signed(&self) -> bool {
        self.standing != Standing::Unknown
    }

    /// The signed note.
    fn note(&self, bundle: &Bundle) -> String {
        match &self.source {
            Source::Given(note) => note.clone(),
            Source::Bundle => bundle
                .checkpoint(self.checkpoint.size)
                .unwrap_or_else(|error| format!("(cannot be read again: {error})\n")),
        }
    }
}

/// Reads and judges all checkpoints; the points come ordered by size.
pub(super) fn gather(
    bundle: &Bundle,
    policy: Option<&Policy>,
    given: &[Given],
    draft: &mut Draft,
) -> Vec<Point> {
    let mut points = Vec::new();
    for size in bundle.manifest().checkpoint_sizes() {
        let name = checkpoint_file(size);
        match bundle.checkpoint(size) {
            Err(error) => draft.find(Verdict::Damaged, None, error.to_string()),
            Ok(note) => {
                let point = judge(&name, &note, policy, Source::Bundle, draft);
                let fits = |point: &Point| {
                    point.checkpoint.size == size
                        && point.checkpoint.origin == bundle.manifest().origin
                };
                match point {
                    Some(point) if fits(&point) => points.push(point),
                    Some(_) => {
                        let text = format!("{name} is a checkpoint of another size or another log");
                        draft.find(Verdict::Damaged, None, text);
                    }
                    None => {}
                }
            }
        }
    }
    for Given { name, note } in given {
        let source = Source::Given(note.clone());
        let Some(point) = judge(name, note, policy, source, draft) else { continue };
        if point.checkpoint.origin == bundle.manifest().origin {
            points.push(point);
        } else {
            let origin = &point.checkpoint.origin;
            draft.find(
                Verdict::Unproven,
                None,
                format!("{name} is a checkpoint of another log, `{origin}`"),
            );
        }
    }
    points.sort_by_key(|point| (point.checkpoint.size, point.is_given()));
    let accepted = points.iter().filter(|point| point.standing == Standing::Accepted).count();
    draft.checked.push(format!("{} checkpoints read, {accepted} accepted", points.len()));
    points
}

fn judge(
    name: &str,
    note: &str,
    policy: Option<&Policy>,
    source: Source,
    draft: &mut Draft,
) -> Option<Point> {
    let in_bundle = source == Source::Bundle;
    let bad_note = if in_bundle { Verdict::Damaged } else { Verdict::Unproven };
    let unproven = |draft: &mut Draft| match read_unproven(note) {
        Ok(checkpoint) => Some(checkpoint),
        Err(error) => {
            draft.find(bad_note, None, format!("{name}: {error}"));
            None
        }
    };
    let (standing, checkpoint) = match policy.map(|policy| policy.check(note)) {
        Some(Ok(accepted)) => (Standing::Accepted, accepted.checkpoint),
        Some(Err(Refused::Quorum(checkpoint))) => {
            draft.note(format!("{name} does not count: the quorum of witnesses did not sign it"));
            (Standing::Signed, *checkpoint)
        }
        Some(Err(Refused::Note(error @ NoteError::WrongSignature(_)))) => {
            draft.find(bad_note, None, format!("{name}: {error}"));
            return None;
        }
        Some(Err(refused)) => {
            let checkpoint = unproven(draft)?;
            draft.note(format!("{name} does not count: {refused}"));
            if !in_bundle {
                let text = format!("{name} was given and does not count: {refused}");
                draft.find(Verdict::Unproven, None, text);
            }
            (Standing::Unknown, checkpoint)
        }
        None => (Standing::Unknown, unproven(draft)?),
    };
    let name = name.to_owned();
    Some(Point { name, source, standing, checkpoint, hashes_fit: None, records_fit: None })
}

/// Finds two signed checkpoints of one size with different roots.
pub(super) fn find_forks(bundle: &Bundle, points: &[Point], draft: &mut Draft) {
    let signed: Vec<&Point> = points.iter().filter(|point| point.is_signed()).collect();
    for pair in signed.windows(2) {
        let [one, other] = pair else { continue };
        if one.checkpoint.size == other.checkpoint.size
            && one.checkpoint.root != other.checkpoint.root
        {
            let text = format!(
                "the log forked: {} and {} are both signed for size {} and have different roots",
                one.name, other.name, one.checkpoint.size
            );
            fork(bundle, draft, &text, &[one, other]);
        }
    }
}

/// Notes a fork or a rollback, with the notes that show it.
pub(super) fn fork(bundle: &Bundle, draft: &mut Draft, text: &str, notes: &[&Point]) {
    if draft.evidence.is_none() {
        let mut evidence = format!("{text}\n");
        for point in notes {
            evidence.push_str(&format!("\n==== {}\n{}", point.name, point.note(bundle)));
        }
        draft.evidence = Some(evidence);
    }
    let text = text.to_owned();
    draft.add(Finding { verdict: Verdict::Fork, text, position: None, range: None });
}
