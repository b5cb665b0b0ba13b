//! Whatever the bytes are, reading them ends in a value or an error.

use proptest::prelude::*;
use transparency::bundle::{Frames, Manifest, Paths};
use transparency::checkpoint::{VerifierKey, open_note};
use transparency::policy::Policy;
use transparency::proof::{verify_consistency, verify_inclusion};
use transparency::record::Record;
use transparency::tlog_proof::TlogProof;

use crate::support::{Chance, checkpoint_over, history, key, policy_text};

/// Text that is nearly one of ours: a sample with a few places written over.
fn damaged(sample: String) -> impl Strategy<Value = String> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..4);
    (changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(move |(changes, cut, whole)| {
        let mut characters: Vec<char> = sample.chars().collect();
        for (place, character) in changes {
            let place = place.index(characters.len());
            characters[place] = character;
        }
        if !whole {
            characters.truncate(cut.index(characters.len()));
        }
        characters.into_iter().collect()
    })
}

fn note() -> String {
    key().sign(&checkpoint_over(&history(&mut Chance(5), 9), 9))
}

fn proof_text() -> String {
    let path = vec![[1; 32], [2; 32]];
    TlogProof { extra: Some(vec![1, 2]), index: 3, path, checkpoint: note() }.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_text_panics_nowhere(text in "(?s).{0,200}") {
        let _ = open_note(&text, &[key().verifier_key()]);
        let _ = text.parse::<VerifierKey>();
        let _ = text.parse::<TlogProof>();
        let _ = Policy::parse(&text);
        let _ = Manifest::parse(&text);
    }

    #[test]
    fn damaged_notes_are_read_or_refused(text in damaged(note())) {
        if let Ok(opened) = open_note(&text, &[key().verifier_key()]) {
            prop_assert_eq!(text, key().sign(&opened.checkpoint));
        }
    }

    #[test]
    fn damaged_proofs_are_read_or_refused(text in damaged(proof_text())) {
        if let Ok(proof) = text.parse::<TlogProof>() {
            prop_assert_eq!(text, proof.to_string());
        }
    }

    #[test]
    fn damaged_policies_are_read_or_refused(text in damaged(policy_text())) {
        let _ = Policy::parse(&text);
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(record) = Record::parse(&bytes) {
            let mut again = Vec::new();
            record.write(&mut again);
            prop_assert_eq!(&again, &bytes);
        }
        let mut frames = Frames::new(&bytes[..]);
        while let Ok(Some(frame)) = frames.next_frame() {
            prop_assert!(frame.len() <= bytes.len());
        }
        let mut paths = Paths::new(&bytes[..]);
        while let Ok(Some(entry)) = paths.next_path() {
            prop_assert!(entry.path.len() <= 63);
        }
    }

    #[test]
    fn changed_records_are_read_as_they_are(seed in any::<u64>(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut canonical = history(&mut Chance(seed), 1)[0].canonical();
        let place = place.index(canonical.len());
        canonical[place] = byte;
        if let Ok(record) = Record::parse(&canonical) {
            let mut again = Vec::new();
            record.write(&mut again);
            prop_assert_eq!(again, canonical);
        }
    }

    #[test]
    fn arbitrary_proofs_prove_nothing(
        (index, size) in (any::<u64>(), any::<u64>()),
        path in prop::collection::vec(any::<[u8; 32]>(), 0..66),
        (leaf, root) in (any::<[u8; 32]>(), any::<[u8; 32]>()),
    ) {
        prop_assert!(verify_inclusion(&leaf, index, size, &path, &root).is_err());
        prop_assert!(verify_consistency(index, &leaf, size, &root, &path).is_err());
    }

    #[test]
    fn records_survive(seed in any::<u64>()) {
        for owned in history(&mut Chance(seed), 5) {
            let canonical = owned.canonical();
            prop_assert_eq!(Record::parse(&canonical), Ok(owned.record()));
        }
    }
}
