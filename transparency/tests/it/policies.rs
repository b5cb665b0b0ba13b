//! Policies: what they accept, and what is refused with its line.

use transparency::checkpoint::{Checkpoint, NoteError, SigningKey};
use transparency::policy::{Policy, Refused};

use crate::support::{ORIGIN, key, witness};

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: 42, root: [5; 32] }
}

fn note(witnesses: &[u8]) -> String {
    let body = checkpoint().body();
    let lines = witnesses.iter().map(|number| witness(*number).signature_line(&body, 9));
    lines.fold(key().sign(&checkpoint()), |note, line| note + &line)
}

fn head() -> String {
    let mut text =
        format!("# who we believe\n\nlog\t{}  https://ledger.example/\n", key().verifier_key());
    for number in 1..=5 {
        text.push_str(&format!("witness w{number} {}\n", witness(number).verifier_key()));
    }
    text
}

#[test]
fn a_quorum_counts_as_the_groups_say() {
    let text = head() + "group x 2 w1 w2 w3\ngroup y any w4 w5\ngroup both all x y\nquorum both\n";
    let policy = Policy::parse(&text).expect("a policy");
    for (witnesses, enough) in [
        (&[1, 2, 4][..], true),
        (&[2, 3, 5], true),
        (&[1, 2, 3, 4, 5], true),
        (&[1, 2], false),
        (&[1, 4, 5], false),
        (&[], false),
        (&[1, 1, 4], false),
    ] {
        match policy.check(&note(witnesses)) {
            Ok(accepted) => {
                assert!(enough, "{witnesses:?}");
                assert_eq!(accepted.checkpoint, checkpoint());
                assert_eq!(accepted.witnesses.len(), witnesses.len());
            }
            Err(refused) => {
                assert!(!enough, "{witnesses:?}");
                assert_eq!(refused, Refused::Quorum(Box::new(checkpoint())));
            }
        }
    }
    let single = Policy::parse(&(head() + "quorum w3\n")).expect("a policy");
    assert!(single.check(&note(&[3])).is_ok() && single.check(&note(&[1])).is_err());
    let none = Policy::parse(&(head() + "quorum none")).expect("a policy");
    assert!(none.check(&note(&[])).is_ok());
}

#[test]
fn only_the_log_itself_speaks_for_the_log() {
    let policy = Policy::parse(&(head() + "quorum w1\n")).expect("a policy");
    // The witness alone.
    let body = checkpoint().body();
    let alone = format!("{body}\n{}", witness(1).signature_line(&body, 9));
    assert_eq!(policy.check(&alone), Err(Refused::Note(NoteError::NoKnownKey)));
    // The log's key under the name of another log.
    let other = Checkpoint { origin: "other.example".to_owned(), ..checkpoint() };
    let body = other.body();
    let foreign = key().sign(&other) + &witness(1).signature_line(&body, 9);
    let origin = "other.example".to_owned();
    assert_eq!(policy.check(&foreign), Err(Refused::OtherOrigin { origin }));
    // Another key under the log's name.
    let imposter = SigningKey::from_seed(ORIGIN, &[77; 32]).expect("a key");
    assert_eq!(
        policy.check(&imposter.sign(&checkpoint())),
        Err(Refused::Note(NoteError::NoKnownKey))
    );
}

#[test]
fn what_does_not_belong_is_refused_with_its_line() {
    let log = format!("log {}", key().verifier_key());
    let other_key = SigningKey::from_seed("b.example", &[1; 32]).expect("a key").verifier_key();
    let w1 = format!("witness w1 {}", witness(1).verifier_key());
    for (text, line) in [
        (format!("{log}\nlgo x\nquorum none\n"), 2),
        (format!("{log}\nquorum none\nquorum none\n"), 3),
        (format!("{log}\nquorum w1\n{w1}\n"), 2),
        (format!("{log}\n\n{w1}\n{w1}\nquorum w1\n"), 4),
        (format!("{log}\nlog {other_key}\nquorum none\n"), 2),
        (format!("log {}\nquorum none\n", witness(1).verifier_key()), 1),
        (format!("{log}\nwitness w {}\nquorum none\n", key().verifier_key()), 2),
        (format!("{log}\n{}\nquorum none\n", w1.replace("w1 ", "none ")), 2),
        (format!("{log}\n{w1}\ngroup g 2 w1\nquorum g\n"), 3),
        (format!("{log}\n{w1}\ngroup g 0 w1\nquorum g\n"), 3),
        (format!("{log}\n{w1}\ngroup g all none\nquorum g\n"), 3),
        (format!("{log}\n{w1}\ngroup g any\nquorum g\n"), 3),
        (format!("{log}\n{w1}\ngroup g all w1 w1\nquorum g\n"), 3),
        (format!("{log}\n{w1}\ngroup g all w1\ngroup h all w1\nquorum h\n"), 4),
        (format!("{log}\n{w1}\ngroup w1 all w1\nquorum w1\n"), 3),
        (format!("{log}\r\nquorum none\n"), 1),
        (format!("{log} a b\nquorum none\n"), 1),
        (format!("{log}x\nquorum none\n"), 1),
        (format!("{log}\nquorum none x\n"), 2),
        (format!("{log}\n"), 0),
        ("quorum none\n".to_owned(), 0),
        (String::new(), 0),
        (format!("{log}\nquorum none\n{}", "#\n".repeat(200_000)), 0),
    ] {
        let error = Policy::parse(&text).expect_err(&text);
        assert_eq!(error.line, line, "{text}: {error}");
    }
}
