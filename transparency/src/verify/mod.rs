//! Checking a bundle or a single proof: what `opl-verify` does, as values.

mod part;
mod points;
mod receipt;
mod rules;
mod whole;

use std::path::Path;

use serde::Serialize;

use crate::bundle::{Bundle, KEYS, Kind};
use crate::policy::Policy;
use crate::succession::NotFollowed;

pub use receipt::{Subject, verify_receipt};

/// Most checkpoints that can be given beside a bundle.
pub const MOST_GIVEN: usize = 100;

/// Most findings, and most notes, in a report; more are counted only.
const MOST_FINDINGS: usize = 20;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything is there and under an accepted checkpoint.
    Proven,
    /// Nothing wrong was found, and not everything could be proven.
    Unproven,
    /// The log signed what its own rules forbid.
    RuleBroken,
    /// Bytes were changed, lost or added.
    Damaged,
    /// The log signed two histories, or went back.
    Fork,
}

impl Verdict {
    /// The program's exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Proven => 0,
            Self::Damaged => 1,
            Self::Unproven => 2,
            Self::Fork => 3,
            Self::RuleBroken => 4,
        }
    }

    /// Which of several verdicts is the one of the whole check.
    fn weight(self) -> u8 {
        match self {
            Self::Proven => 0,
            Self::Unproven => 1,
            Self::RuleBroken => 2,
            Self::Damaged => 3,
            Self::Fork => 4,
        }
    }
}

/// One thing that is wrong or could not be proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What follows from it alone.
    pub verdict: Verdict,
    /// In a sentence.
    pub text: String,
    /// The record it is about, if it is about one.
    pub position: Option<u64>,
    /// The first and last record among which the fault is, if it is not known closer.
    pub range: Option<(u64, u64)>,
}

/// What a check found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst of the findings' verdicts.
    pub verdict: Verdict,
    /// The program's exit code.
    pub code: u8,
    /// The result in a sentence.
    pub summary: String,
    /// `whole`, `part` or `proof`; nothing if not even that could be read.
    pub kind: Option<&'static str>,
    /// The log it claims to be of.
    pub origin: Option<String>,
    /// Records that were read.
    pub records: u64,
    /// Records that are proven to be in the log.
    pub proven: u64,
    /// The first bad record.
    pub position: Option<u64>,
    /// The records among which the first bad one is.
    pub range: Option<(u64, u64)>,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// What was done.
    pub checked: Vec<String>,
    /// The evidence of a fork or rollback, to be kept.
    #[serde(skip)]
    pub evidence: Option<String>,
}

/// A report while it is made.
#[derive(Default)]
struct Draft {
    kind: Option<&'static str>,
    origin: Option<String>,
    records: u64,
    proven: u64,
    findings: Vec<Finding>,
    left_out: usize,
    notes: Vec<String>,
    checked: Vec<String>,
    evidence: Option<String>,
}

impl Draft {
    fn find(&mut self, verdict: Verdict, position: Option<u64>, text: impl Into<String>) {
        self.add(Finding { verdict, text: text.into(), position, range: None });
    }

    fn add(&mut self, finding: Finding) {
        // The first of a kind matters most; a flood of the same must not push out another.
        let same = self.findings.iter().filter(|known| known.verdict == finding.verdict).count();
        if same < MOST_FINDINGS { self.findings.push(finding) } else { self.left_out += 1 }
    }

    fn note(&mut self, text: impl Into<String>) {
        if self.notes.len() < MOST_FINDINGS {
            self.notes.push(text.into())
        } else {
            self.left_out += 1
        }
    }

    fn damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.verdict == Verdict::Damaged)
    }

    fn finish(mut self) -> Report {
        // Among equals the one that names the earliest record stands first, then one with a range.
        self.findings.sort_by_key(|finding| {
            let place = finding.position.or(finding.range.map(|range| range.0));
            (std::cmp::Reverse(finding.verdict.weight()), place.unwrap_or(u64::MAX))
        });
        if self.left_out > 0 {
            self.notes.push(format!("{} more findings or notes are left out", self.left_out));
        }
        let first = self.findings.first();
        let verdict = first.map_or(Verdict::Proven, |finding| finding.verdict);
        let summary = first.map_or_else(
            || format!("all {} records are proven to be in the log as it was signed", self.records),
            |finding| finding.text.clone(),
        );
        Report {
            verdict,
            code: verdict.exit_code(),
            summary,
            kind: self.kind,
            origin: self.origin,
            records: self.records,
            proven: self.proven,
            position: first.and_then(|finding| finding.position),
            range: first.and_then(|finding| finding.range),
            findings: self.findings,
            notes: self.notes,
            checked: self.checked,
            evidence: self.evidence,
        }
    }
}

/// A checkpoint the auditor brought along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// How to call it in the report.
    pub name: String,
    /// The signed note.
    pub note: String,
}

/// The policy with the successions of the bundle that lead on from its keys.
fn followed(policy: &Policy, bundle: &Bundle, draft: &mut Draft) -> Policy {
    let mut policy = policy.clone();
    let known = policy.logs().followed().len();
    for succession in bundle.successions().unwrap_or_default() {
        let (old, new) = (succession.old(), succession.new_key());
        match policy.follow(&succession) {
            Ok(()) => {}
            Err(NotFollowed::Unknown) => {
                draft
                    .note(format!("{new} is said to follow {old}, which the policy does not name"));
            }
            Err(error @ NotFollowed::TooMany) => draft.note(error.to_string()),
            Err(error @ (NotFollowed::Twice | NotFollowed::Back)) => {
                let text = format!("{KEYS}: {error} ({new} in the place of {old})");
                draft.evidence.get_or_insert_with(|| format!("{text}\n\n{succession}\n"));
                draft.find(Verdict::Fork, None, text);
            }
        }
    }
    let followed = policy.logs().followed().len() - known;
    if followed > 0 {
        draft.checked.push(format!("{followed} changes of the log's key followed"));
    }
    policy
}

/// Checks a bundle. Without a policy nothing can be proven, and everything that needs no key is
/// checked all the same.
#[must_use]
pub fn verify_bundle(folder: &Path, policy: Option<&Policy>, given: &[Given]) -> Report {
    let mut draft = Draft::default();
    let bundle = match Bundle::open(folder) {
        Ok(bundle) => bundle,
        Err(error) => {
            draft.find(Verdict::Damaged, None, error.to_string());
            return draft.finish();
        }
    };
    let manifest = bundle.manifest();
    draft.origin = Some(manifest.origin.clone());
    if policy.is_none() {
        draft.find(
            Verdict::Unproven,
            None,
            "nothing is proven without a policy: give --policy FILE with the log's key",
        );
    }
    for error in bundle.wrong_lengths() {
        draft.find(Verdict::Damaged, None, error.to_string());
    }
    for name in bundle.unlisted() {
        draft.note(format!("{name} is not part of the bundle and was not looked at"));
    }
    if let Err(error) = bundle.successions() {
        draft.find(Verdict::Damaged, None, error.to_string());
    }
    let policy = policy.map(|policy| followed(policy, &bundle, &mut draft));
    let points = points::gather(&bundle, policy.as_ref(), given, &mut draft);
    match manifest.kind {
        Kind::Whole => {
            draft.kind = Some("whole");
            whole::verify(&bundle, points, &mut draft);
        }
        Kind::Part => {
            draft.kind = Some("part");
            part::verify(&bundle, &points, &mut draft);
        }
    }
    draft.finish()
}
