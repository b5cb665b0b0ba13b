//! Checking a single proof: is this record in the log?

use super::{Draft, Report, Verdict};
use crate::policy::{Policy, Refused};
use crate::record::Record;
use crate::tlog_proof::TlogProof;
use crate::tree::{Hash, leaf_hash};

/// What a proof is held against.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The canonical bytes of a record.
    Record(&'a [u8]),
    /// A leaf hash alone.
    Leaf(Hash),
}

/// Checks a proof in the form of C2SP tlog-proof.
#[must_use]
pub fn verify_receipt(proof: &str, subject: Subject<'_>, policy: &Policy) -> Report {
    let mut draft = Draft { kind: Some("proof"), ..Draft::default() };
    match proof.parse::<TlogProof>() {
        Err(error) => draft.find(Verdict::Damaged, None, error.to_string()),
        Ok(proof) => verify(&proof, subject, policy, &mut draft),
    }
    draft.finish()
}

fn verify(proof: &TlogProof, subject: Subject<'_>, policy: &Policy, draft: &mut Draft) {
    let position = proof.index + 1;
    draft.records = 1;
    if proof.extra.is_some() {
        draft.note("the proof carries extra data; nothing signs it, and it was not looked at");
    }
    let checkpoint = match policy.check(&proof.checkpoint) {
        Ok(accepted) => accepted.checkpoint,
        Err(Refused::Quorum(checkpoint)) => {
            let text = "the quorum of witnesses did not sign the proof's checkpoint";
            draft.find(Verdict::Unproven, None, text);
            *checkpoint
        }
        Err(Refused::Note(error @ crate::checkpoint::NoteError::WrongSignature(_))) => {
            draft.find(Verdict::Damaged, None, format!("the proof's checkpoint: {error}"));
            return;
        }
        Err(refused) => {
            draft.find(Verdict::Unproven, None, format!("the proof's checkpoint: {refused}"));
            return;
        }
    };
    draft.origin = Some(checkpoint.origin.clone());
    let leaf = match subject {
        Subject::Leaf(leaf) => leaf,
        Subject::Record(bytes) => leaf_hash(bytes),
    };
    if let Err(error) = proof.verify(&leaf, &checkpoint) {
        let text = format!("the proof does not fit the record: {error}");
        draft.find(Verdict::Damaged, Some(position), text);
        return;
    }
    draft.checked.push(format!(
        "the path of {} hashes leads from position {position} to the root over {} records",
        proof.path.len(),
        checkpoint.size
    ));
    if draft.findings.is_empty() {
        draft.proven = 1;
    }
    if let Subject::Record(bytes) = subject {
        check_record(bytes, position, draft);
    }
}

fn check_record(bytes: &[u8], position: u64, draft: &mut Draft) {
    match Record::parse(bytes) {
        Err(error) => {
            let text = format!("rule broken at position {position}: {error}");
            draft.find(Verdict::RuleBroken, Some(position), text);
        }
        Ok(record) if record.position != position => {
            let text =
                format!("the record of position {position} says it stands at {}", record.position);
            draft.find(Verdict::RuleBroken, Some(position), text);
        }
        Ok(record) => draft.note(format!(
            "position {position}: {} in the stream {}, version {}, {} microseconds after 1970",
            record.event_type, record.stream, record.version, record.recorded_at
        )),
    }
}
