//! Every form of every event that was ever written can still be read: one sample each, for ever.

use std::collections::BTreeSet;
use std::path::Path;

use opl_domain::event::{DecodeError, Event};
use serde_json::Value;

/// The samples: kind, version and bytes.
fn samples() -> Vec<(String, u16, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/history");
    std::fs::read_dir(folder)
        .expect("the folder of samples")
        .map(|entry| {
            let path = entry.expect("a sample").path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
            let (event_type, version) = name.rsplit_once(".v").expect("kind.vN.json");
            let version = version.parse().expect("a version");
            (event_type.to_owned(), version, std::fs::read(&path).expect("bytes"))
        })
        .collect()
}

#[test]
fn every_sample_loads_and_today_s_form_is_written_as_it_was_read() {
    let today: BTreeSet<_> = Event::types().collect();
    for (event_type, version, bytes) in samples() {
        let event = Event::decode(&event_type, version, &bytes);
        let event = event.unwrap_or_else(|error| panic!("{event_type} v{version}: {error}"));
        if today.contains(&(event_type.as_str(), version)) {
            let written: Value = serde_json::from_slice(&event.encode().expect("bytes").payload)
                .expect("what is written is JSON");
            let sample: Value = serde_json::from_slice(&bytes).expect("a sample is JSON");
            assert_eq!(written, sample, "{event_type}");
        }
    }
}

#[test]
fn every_kind_has_a_sample_of_every_version() {
    let sampled: BTreeSet<_> =
        samples().into_iter().map(|(event_type, version, _)| (event_type, version)).collect();
    for (event_type, newest) in Event::types() {
        for version in 1..=newest {
            let wanted = (event_type.to_owned(), version);
            assert!(sampled.contains(&wanted), "a sample of {event_type} v{version} is missing");
        }
    }
}

#[test]
fn what_a_newer_program_wrote_is_named_and_not_guessed_at() {
    let unknown = Event::decode("account.frozen", 1, b"{}");
    assert!(matches!(unknown, Err(DecodeError::UnknownType(_))));
    let newer = Event::decode("account.opened", 99, b"{}");
    assert!(matches!(newer, Err(DecodeError::UnknownVersion { version: 99, .. })));
    let broken = Event::decode("user.signed_up", 1, b"{\"user_id\":7}");
    let message = broken.expect_err("refused").to_string();
    assert!(message.contains("line 1") && !message.contains('7'), "{message}");
}
