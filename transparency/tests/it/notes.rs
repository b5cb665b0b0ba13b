//! Signed notes and keys.

use transparency::checkpoint::{
    Checkpoint, KeyError, KeyKind, NoteError, SigningKey, VerifierKey, open_note, read_unproven,
};
use transparency::text::{base64_of, from_base64};

use crate::support::{ORIGIN, key, witness};

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: 42, root: [5; 32] }
}

/// Keys and a note that others published (documentation of golang.org/x/mod/sumdb/note).
#[test]
fn published_keys_and_signatures_are_understood() {
    let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let sum: VerifierKey = text.parse().expect("a key");
    assert_eq!(
        (sum.name(), sum.kind(), sum.to_string()),
        ("sum.golang.org", KeyKind::Log, text.to_owned())
    );
    let neumann: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        .parse()
        .expect("a key");
    let body = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n";
    let line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
    let signature = from_base64(line).expect("base64");
    assert_eq!(signature[..4], neumann.id());
    assert!(neumann.verifies(body, &signature[4..]));
    assert!(!neumann.verifies(&body.replace("your", "my"), &signature[4..]));
}

#[test]
fn a_signed_checkpoint_opens_again() {
    let note = key().sign(&checkpoint());
    let opened = open_note(&note, &[key().verifier_key()]).expect("a note");
    assert_eq!(opened.checkpoint, checkpoint());
    assert_eq!(opened.signers, [key().verifier_key()]);
    assert_eq!(read_unproven(&note), Ok(checkpoint()));
}

#[test]
fn keys_in_turn_and_witnesses_sign_one_note() {
    let body = checkpoint().body();
    let next = SigningKey::from_seed(ORIGIN, &[2; 32]).expect("a key");
    let note = key().sign(&checkpoint())
        + &next.signature_line(&body)
        + &witness(1).signature_line(&body, 1_767_225_600);
    let all = [key().verifier_key(), next.verifier_key(), witness(1).verifier_key()];
    assert_eq!(open_note(&note, &all).expect("a note").signers, all);
    for known in &all {
        let keys = std::slice::from_ref(known);
        assert_eq!(open_note(&note, keys).expect("a note").signers, keys);
    }
    let stranger = [witness(2).verifier_key()];
    assert_eq!(open_note(&note, &stranger), Err(NoteError::NoKnownKey));
    assert_eq!(open_note(&note, &[]), Err(NoteError::NoKnownKey));
}

#[test]
fn a_known_key_with_a_wrong_signature_spoils_the_note() {
    let other = Checkpoint { size: 43, ..checkpoint() };
    let body = other.body();
    // A right signature, and one by the same key over another text.
    let note = format!("{body}\n{}{}", key().signature_line(&body), key().signature_line("x\n"));
    let wrong = NoteError::WrongSignature(ORIGIN.to_owned());
    assert_eq!(open_note(&note, &[key().verifier_key()]), Err(wrong.clone()));
    // Moved to another text.
    let note = key().sign(&checkpoint()).replacen("\n42\n", "\n43\n", 1);
    assert_eq!(open_note(&note, &[key().verifier_key()]), Err(wrong));
    // A witness whose time was changed.
    let line = witness(1).signature_line(&body, 5);
    let base64 = line.trim_end().rsplit(' ').next().expect("a signature");
    let mut bytes = from_base64(base64).expect("base64");
    bytes[11] ^= 1;
    let note = format!("{body}\n{}", line.replace(base64, &base64_of(&bytes)));
    let keys = [witness(1).verifier_key()];
    assert!(matches!(open_note(&note, &keys), Err(NoteError::WrongSignature(_))));
    // A log's key does not sign as a witness, nor the other way round.
    let mut relabelled = base64_of(&[&witness(1).verifier_key().id()[..], &[0; 72]].concat());
    relabelled = format!("{body}\n\u{2014} {} {relabelled}\n", witness(1).verifier_key().name());
    assert!(open_note(&relabelled, &keys).is_err());
}

#[test]
fn every_changed_byte_of_a_note_is_noticed() {
    let note = key().sign(&checkpoint());
    let keys = [key().verifier_key()];
    for place in 0..note.len() {
        for flip in [1, 0x20, 0x80] {
            let mut bytes = note.clone().into_bytes();
            bytes[place] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(open_note(&changed, &keys).is_err(), "byte {place}: {changed}");
        }
    }
    for length in 0..note.len() {
        if let Some(cut) = note.get(..length) {
            assert!(open_note(cut, &keys).is_err(), "cut to {length}");
        }
    }
}

#[test]
fn malformed_notes_are_refused() {
    let signed = |body: &str| format!("{body}\n{}", key().signature_line(body));
    let root = base64_of(&[5; 32]);
    let keys = [key().verifier_key()];
    for body in [
        format!("{ORIGIN}\n42\n{root}\nextension\n"),
        format!("{ORIGIN}\n042\n{root}\n"),
        format!("{ORIGIN}\n-42\n{root}\n"),
        format!("{ORIGIN}\n\n{root}\n"),
        format!("\n42\n{root}\n"),
        format!("{ORIGIN}\n42\n{}\n", base64_of(&[5; 31])),
        format!("{ORIGIN}\n42\n{}\n", root.replace('=', "")),
        format!("{ORIGIN}\n42\n"),
        format!("{ORIGIN}\n9223372036854775809\n{root}\n"),
        format!("{}\n42\n{root}\n", "o".repeat(256)),
        String::new(),
    ] {
        let opened = open_note(&signed(&body), &keys);
        assert!(opened.is_err(), "{body}: {opened:?}");
    }
    let note = key().sign(&checkpoint());
    for changed in [
        note.replace('\u{2014}', "-"),
        note.trim_end().to_owned(),
        format!("{note}\n"),
        format!("{note}\u{2014} a+b AAAAAAAA\n"),
        format!("{note}\u{2014} short AAAA\n"),
        format!("{note}\u{2014} open AAAAAAA\n"),
        format!("{note}{}", "\u{2014} other AAAAAAAA\n".repeat(64)),
        note.replace("\n\n", "\n\r\n"),
        format!("{}\n{note}", "x".repeat(200_000)),
    ] {
        assert!(open_note(&changed, &keys).is_err(), "{changed}");
    }
    // A signature by somebody unknown is no harm.
    assert!(open_note(&format!("{note}\u{2014} other AAAAAAAA\n"), &keys).is_ok());
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb", &"n".repeat(256)] {
        assert_eq!(SigningKey::from_seed(name, &[1; 32]).err(), Some(KeyError::Name), "{name}");
    }
    let good = key().verifier_key().to_string();
    let parse = |text: &str| text.parse::<VerifierKey>().map(|_| ());
    assert_eq!(parse(&good), Ok(()));
    assert_eq!(parse(&good.replace("ledger", "other")), Err(KeyError::Identifier));
    assert_eq!(parse("name"), Err(KeyError::Form));
    assert_eq!(parse("name+00000000"), Err(KeyError::Form));
    assert_eq!(parse("name+0000000g+AQ=="), Err(KeyError::Form));
    assert_eq!(parse("name+00000000+AQ=="), Err(KeyError::Form));
    assert_eq!(
        parse(&format!("n+00000000+{}", base64_of(&[[6; 1].as_slice(), &[0; 32]].concat()))),
        Err(KeyError::Type(6))
    );
    // The point of order one verifies too much.
    let weak = [[1; 1].as_slice(), &[1], &[0; 31]].concat();
    assert_eq!(parse(&format!("n+00000000+{}", base64_of(&weak))), Err(KeyError::Point));
    let shown = format!("{:?}", key());
    assert!(shown.contains(ORIGIN) && !shown.contains("[1, 1"), "{shown}");
}
