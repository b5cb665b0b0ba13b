//! The log's signing key is changed: the old one signs the new one, and nothing that was signed, proved
//! or witnessed is lost by it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::event::Event;
use domain::signing::{KeySucceeded, SigningEvent};
use opl::app::{App, Options};
use opl::audit::{Archive, Selection};
use opl::ledger::Actor;
use opl::notary::fingerprint;
use opl::notary::rotation::{OVERLAP, note_changes, rotate, stream};
use opl::notary::witnesses::Witnesses;
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability, Value, sql};
use transparency::checkpoint::open_note;
use transparency::policy::Policy;
use transparency::verify::{Verdict, verify_bundle};

use crate::load::{bad, close, fill, filled, good, opl, text};
use crate::support::Scratch;
use crate::witnesses::{policy_file, second_word, witness};

fn held(directory: &Path) -> (Options, Arc<std::sync::Mutex<DateTime<Utc>>>) {
    let start: DateTime<Utc> = "2026-12-01T12:00:00Z".parse().expect("a time");
    let (clock, now) = Clock::held(start);
    (Options { clock, ..Options::in_directory(directory) }, now)
}

/// The changes that are noted in the log.
async fn noted(app: &App) -> Vec<KeySucceeded> {
    let stored = app.ledger.log().read_stream(stream(), 0, 100).await.expect("a stream");
    let read = |event: &opl::ledger::store::StoredEvent| {
        let decoded = Event::decode(&event.event_type, event.schema_version, &event.payload);
        match decoded.expect("an event that is not sealed") {
            Event::Signing(SigningEvent::KeySucceeded(change)) => change,
            other => panic!("{other:?}"),
        }
    };
    stored.iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_signs_the_new_and_both_sign_until_the_overlap_is_over() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let (options, now) = held(&state);
    let app = App::open(options.clone()).await.expect("an app");
    fill(&app.ledger, 0, 3, 2).await;
    app.notary.sign().await.expect("signed");
    let first = app.notary.verifier_key();
    let (change, position) = rotate(&app, OVERLAP, Actor::Operator).await.expect("changed");
    let second = app.notary.verifier_key();
    assert_ne!(first, second);
    assert_eq!(first.name(), second.name(), "it is the same log");
    // The event holds both fingerprints, and the new key signed it.
    assert_eq!(noted(&app).await, std::slice::from_ref(&change));
    assert_eq!((change.number, change.from + 1), (1, position));
    assert_eq!(change.old_fingerprint, fingerprint(&first));
    assert_eq!(change.new_fingerprint, fingerprint(&second));
    assert_eq!(app.notary.first_key(), first);
    let note = app.notary.latest().await.expect("a note");
    let both = [first.clone(), second.clone()];
    let opened = open_note(&note, &both).expect("opens");
    assert_eq!((opened.signers.len(), opened.checkpoint.size), (2, position), "both sign it");
    let before = Policy::parse(&format!("log {first}\nquorum none\n")).expect("a policy");
    assert!(before.check(&note).is_ok(), "whoever knows the old key alone checks on");
    let again = rotate(&app, OVERLAP, Actor::Operator).await;
    assert!(again.is_err_and(|error| error.to_string().contains("both keys sign until")));

    // When the overlap is over the new key signs alone, and the next change destroys it in turn.
    *now.lock().expect("a clock") += TimeDelta::days(31);
    fill(&app.ledger, 10, 11, 1).await;
    let note = app.notary.sign().await.expect("signed");
    assert_eq!(open_note(&note, &both).expect("opens").signers, std::slice::from_ref(&second));
    assert!(before.check(&note).is_err());
    rotate(&app, Duration::ZERO, Actor::Operator).await.expect("changed");
    let third = app.notary.verifier_key();
    fill(&app.ledger, 20, 21, 1).await;
    let note = app.notary.sign().await.expect("signed");
    let all = [first.clone(), second, third.clone()];
    assert_eq!(open_note(&note, &all).expect("opens").signers, std::slice::from_ref(&third));
    assert_eq!(noted(&app).await.len(), 2);
    close(app).await;
    let vault = Database::sqlite(&state.join("vault.db"), Durability::Full).expect("a vault");
    let kept = vault.query(sql("SELECT sealed FROM signing_key ORDER BY number", vec![])).await;
    let kept = kept.expect("rows");
    let held: Vec<bool> = kept.iter().map(|row| matches!(row[0], Value::Bytes(_))).collect();
    assert_eq!(held, [false, true], "the key that was given up is destroyed");
    drop(vault);

    // Everything is proven to whoever trusts the first key and nothing else.
    let archive = Archive::open(&options).await.expect("an archive");
    assert_eq!(archive.notary.verifier_key(), third, "another process has the same key");
    for (name, selection) in [("whole", Selection::Whole), ("part", Selection::Stream(stream()))] {
        let bundle = scratch.path().join(name);
        archive.export(selection, &bundle, |_, _| {}).await.expect("exported");
        let report = verify_bundle(&bundle, Some(&before), &[]);
        assert_eq!(report.verdict, Verdict::Proven, "{report:?}");
        assert!(report.checked.iter().any(|line| line.starts_with("2 changes")), "{report:?}");
        // Without the lines that lead on from it, nothing of the later keys is believed.
        let keys = bundle.join("keys.txt");
        let cut = std::fs::read_to_string(&keys).expect("text");
        std::fs::write(&keys, cut.lines().next().expect("a key")).expect("written");
        assert_eq!(verify_bundle(&bundle, Some(&before), &[]).verdict, Verdict::Damaged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_between_the_key_and_its_event_leaves_no_gap() {
    let scratch = Scratch::new();
    let (options, _) = held(scratch.path());
    let app = App::open(options.clone()).await.expect("an app");
    fill(&app.ledger, 0, 2, 1).await;
    app.notary.succeed(OVERLAP, &Chance::real()).await.expect("kept");
    assert_eq!(noted(&app).await, []);
    close(app).await;
    let app = App::open(options).await.expect("an app");
    let position = note_changes(&app, Actor::Service).await.expect("noted");
    assert_eq!(note_changes(&app, Actor::Service).await.expect("noted already"), position);
    assert_eq!(noted(&app).await.len(), 1);
    close(app).await;
}

/// Two processes sign one log while the key is changed under them, again and again: each checkpoint is
/// believed by whoever follows the chain from the first key.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_changed_under_load_and_every_checkpoint_is_believed() {
    let scratch = Scratch::new();
    let app = App::open(Options::in_directory(scratch.path())).await.expect("an app");
    fill(&app.ledger, 0, 1, 1).await;
    let first = app.notary.verifier_key();
    let other = Archive::open(&Options::in_directory(scratch.path())).await.expect("an archive");
    let other = Arc::new(other);
    let signing = |archive: Arc<Archive>, app: Arc<App>, number: u128| {
        tokio::spawn(async move {
            for round in 0..30 {
                let from = 100 * number + round;
                fill(&app.ledger, from, from + 1, 1).await;
                if let Err(error) = archive.notary.sign().await {
                    assert!(!error.is_alarm(), "{error}");
                }
            }
        })
    };
    let load: Vec<_> =
        (1..=2).map(|number| signing(Arc::clone(&other), Arc::clone(&app), number)).collect();
    for _ in 0..8 {
        rotate(&app, Duration::ZERO, Actor::Operator).await.expect("changed");
    }
    for one in load {
        one.await.expect("it signs on");
    }
    app.notary.sign().await.expect("signed");
    let mut policy = Policy::parse(&format!("log {first}\nquorum none\n")).expect("a policy");
    let successions = app.notary.successions();
    assert_eq!(successions.len(), 8);
    successions.iter().for_each(|one| policy.follow(one).expect("it leads on"));
    let notes = app.notary.notes(0, 1_000).await.expect("notes");
    assert!(notes.len() > 8, "{}", notes.len());
    for (size, note) in notes {
        assert!(policy.check(&note).is_ok(), "{size}: {:?}\n{note}", policy.check(&note));
    }
    assert_eq!(noted(&app).await.len(), 8);
    drop(other);
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_runs_hears_of_the_new_key_and_believes_no_stranger() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    filled(&state, 3, 1).await;
    let app = App::open(Options::in_directory(&state)).await.expect("an app");
    let first = app.notary.verifier_key().to_string();
    let (running, line) = witness(scratch.path(), "one.example", &first);
    let quorum = format!("quorum {}", second_word(&line));
    let path = policy_file(scratch.path(), &first, std::slice::from_ref(&line), &quorum);
    let witnesses = Witnesses::read(&path, &app.notary).expect("a policy");
    app.notary.sign().await.expect("signed");
    assert!(witnesses.cosign(&app.notary).await.expect("asked").quorum);
    for round in 0..2 {
        rotate(&app, Duration::ZERO, Actor::Operator).await.expect("changed");
        fill(&app.ledger, 10 + round, 11 + round, 1).await;
        app.notary.sign().await.expect("signed");
        let standing = witnesses.cosign(&app.notary).await.expect("asked");
        assert!(standing.quorum, "{:?}", witnesses.said());
        assert_eq!(witnesses.alarm(), None);
    }
    // Another process reads the same policy, which names the first key, and follows.
    let again = Witnesses::read(&path, &app.notary).expect("a policy");
    assert!(again.standing(&app.notary.latest().await.expect("a note")).quorum);
    let key = app.notary.verifier_key().to_string();
    close(app).await;
    // A log whose key was changed in a copy that nobody saw has another successor: it is not believed.
    drop(running);
    let printed = good(&opl(&["audit", "key", "--policy", "--data", text(&state)]).await);
    assert_eq!(printed.lines().count(), 4, "{printed}");
    assert!(printed.starts_with(&format!("log {first}\nsuccession ")), "{printed}");
    assert!(Policy::parse(&printed).is_ok());
    let alone = good(&opl(&["audit", "key", "--data", text(&state)]).await);
    assert_eq!(alone.trim(), key);
    let rotate = ["audit", "key", "rotate", "--overlap-days", "7", "--data", text(&state)];
    let rotated = good(&opl(&rotate).await);
    assert!(rotated.lines().count() == 2 && !rotated.contains(&format!("{key}\n")), "{rotated}");
    assert!(bad(&opl(&rotate).await).contains("both keys sign until"));
}
