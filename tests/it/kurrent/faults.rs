//! The fake misbehaves; the log does not.

use std::time::Duration;

use super::*;

/// A fake of one's own and a log in it.
async fn own() -> (Fake, Arc<dyn EventLog>, Scratch) {
    let fake = Fake::start().await;
    let scratch = Scratch::new();
    let log = open(&fake.url(), "opl", &scratch.path().join("index.db")).await;
    (fake, log, scratch)
}

/// Appends that go wrong on the way, each in its own manner, are stored once.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_events_are_stored_once() {
    let (fake, log, _scratch) = own().await;
    let mut stored = 0;
    for name in ["lost-answer", "lost-append", "not-leader", "empty-answer"] {
        for times in 1..=3 {
            fake.fault(name, times, 0);
            let before = stored;
            let appended = log.append(append(1, before, &fresh(2))).await.expect(name);
            stored += 2;
            assert_eq!((appended.first, appended.version), (before + 1, stored), "{name}");
            assert_eq!(fake.left(name), 0, "{name}");
        }
    }
    assert_eq!(log.head().await.expect("a head").position, stored);
    verify(&log).await;
}

/// The answer never comes: the outcome is not known, and asking again finds what was stored.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_without_any_answer_is_found_by_asking_again() {
    let (fake, log, _scratch) = own().await;
    fake.fault("lost-answer", 4, 0);
    let sent = append(1, 0, &fresh(3));
    assert_eq!(log.append(sent.clone()).await, Err(AppendError::Unknown));
    // Somebody else decides on the same version meanwhile, and loses.
    let conflict = log.append(append(1, 0, &fresh(1))).await;
    assert_eq!(conflict, Err(AppendError::Conflict { current: 3 }));
    let appended = log.append(sent).await.expect("found");
    assert_eq!((appended.first, appended.last, appended.version), (1, 3, 3));
    verify(&log).await;
}

/// Reads that end early with OK, fail in mid-page or say everything twice: the same history.
#[tokio::test(flavor = "multi_thread")]
async fn however_a_page_goes_wrong_the_history_is_whole() {
    let (fake, log, scratch) = own().await;
    for number in 1..=40 {
        log.append(append(number, 0, &fresh(5))).await.expect("appended");
    }
    let (whole, head) = (all(&log).await, log.head().await);
    assert_eq!(whole.len(), 200);
    for (name, times, after) in [
        ("end-early", 30, 7),
        ("end-early", 2, 0),
        ("end-early", 20, 1),
        ("unavailable", 5, 3),
        ("unavailable", 8, 0),
        ("twice", 100, 0),
    ] {
        fake.fault(name, times, after);
        let index = scratch.path().join(format!("{name}-{times}-{after}.db"));
        let again = open(&fake.url(), "opl", &index).await;
        assert_eq!(all(&again).await, whole, "{name} after {after}");
        assert_eq!(again.head().await, head, "{name} after {after}");
        fake.fault(name, 0, 0);
    }
}

/// The same while it runs.
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_go_wrong_hold_no_append_up() {
    let (fake, log, _scratch) = own().await;
    for (version, name) in (0..).zip(["end-early", "unavailable", "twice", "end-early"]) {
        fake.fault(name, 3, 0);
        let appended = log.append(append(1, version, &fresh(1))).await.expect(name);
        assert_eq!(appended.last, version + 1, "{name}");
    }
    verify(&log).await;
}

/// The server dies in the middle and comes back: what was acknowledged is there, nothing is twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_and_doubles_nothing() {
    let scratch = Scratch::new();
    let file = scratch.path().join("server.bin").to_string_lossy().into_owned();
    let mut fake = Fake::with(&["--file", &file]).await;
    let (url, address) = (fake.url(), fake.address.clone());
    let log = open(&url, "opl", &scratch.path().join("index.db")).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8_u128 {
        let log = Arc::clone(&log);
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for round in 0..30 {
                let sent = append(writer, round, &fresh(1));
                let appended = loop {
                    match log.append(sent.clone()).await {
                        Err(AppendError::Unknown | AppendError::Unavailable(_)) => {}
                        appended => break appended.expect("appended"),
                    }
                };
                acknowledged.push((appended.last, sent.events[0].event_id));
            }
            acknowledged
        });
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(120)).await;
        fake.kill();
        tokio::time::sleep(Duration::from_millis(120)).await;
        fake = Fake::with(&["--file", &file, "--listen", &address]).await;
    }
    let acknowledged = writers.join_all().await.concat();
    let stored = all(&log).await;
    assert_eq!(stored.len(), 240);
    for (position, id) in acknowledged {
        assert_eq!(stored[position as usize - 1].event_id, id);
    }
    verify(&log).await;
    let again = open(&url, "opl", &scratch.path().join("again.db")).await;
    assert_eq!(all(&again).await, stored);
}

/// More than the server takes is refused in its words, and the next append goes through.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_the_server_does_not_take_is_refused() {
    let (_fake, log, _scratch) = own().await;
    let mut large = append(1, 0, &fresh(1));
    large.events[0].payload = vec![7; 1024 * 1024 + 1];
    let Err(AppendError::Unavailable(cause)) = log.append(large).await else { panic!("taken") };
    assert!(cause.contains("1048576"), "{cause}");
    log.append(append(1, 0, &fresh(1))).await.expect("appended");
}

/// No server at the start is an error in time, not a wait without end or an empty log.
#[tokio::test(flavor = "multi_thread")]
async fn no_server_at_the_start_is_an_error() {
    let scratch = Scratch::new();
    let mut fake = Fake::start().await;
    let url = fake.url();
    fake.kill();
    let opened = with_sqlite(&url, "opl", &scratch.path().join("index.db")).await;
    assert!(matches!(opened.err(), Some(OpenError::Unavailable(_))));
}
