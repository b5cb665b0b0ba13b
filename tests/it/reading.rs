//! Events read one after the other: nothing is left out or read twice at the edges of pages, and what
//! was erased or stands where it cannot be is said to be so.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::erasure::{ErasureReason, RequestedBy};
use domain::event::{Encoded, Event};
use domain::stream::{Category, StreamId};
use domain::user::UserEvent;
use opl::app::{App, Options};
use opl::audit::Archive;
use opl::ledger::LedgerError;
use opl::ledger::reading::{Reader, event_at, first_of};
use opl::ledger::sealing::OpenError;
use opl::ledger::store::{EventLog, NewEvent, ReadError, StoredEvent, StreamAppend};
use opl::posture::{Standing, posture};
use uuid::Uuid;

use crate::load::{close, fill, stream as of_user, user};
use crate::store::{append, fresh, postgres, sqlite, stream};
use crate::support::Scratch;

/// More events than two pages hold.
const EVENTS: usize = 450;

async fn all(mut events: Reader<'_>) -> Vec<StoredEvent> {
    let mut read = Vec::new();
    while let Some(stored) = events.next().await.expect("an event") {
        read.push(stored);
    }
    assert_eq!(events.next().await, Ok(None), "the end stays the end");
    read
}

fn positions(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|stored| stored.position).collect()
}

/// Two streams in turns, as the tests of stores name them.
async fn filled(log: &dyn EventLog) {
    for turn in 0..EVENTS as u64 / 50 {
        for number in [1, 2] {
            log.append(append(number, turn * 25, &fresh(25))).await.expect("appended");
        }
    }
}

async fn reads_to_the_end(log: Arc<dyn EventLog>) {
    filled(&*log).await;
    let every: Vec<u64> = (1..=EVENTS as u64).collect();
    assert_eq!(positions(&all(Reader::of_log(&*log, 0)).await), every);
    assert_eq!(positions(&all(Reader::of_key(&*log, Uuid::nil(), 0)).await), every);
    assert_eq!(positions(&all(Reader::of_log(&*log, 250)).await), &every[250..]);
    for until in [0, 1, 199, 200, 201, 400, 449, 450, 451] {
        let read = positions(&all(Reader::of_log(&*log, 0).until(until)).await);
        assert_eq!(read, &every[..EVENTS.min(until as usize)], "until {until}");
    }
    let own = all(Reader::of_stream(&*log, stream(2), 0)).await;
    assert_eq!(own.len(), EVENTS / 2);
    assert!(own.iter().zip(1..).all(|(stored, version)| stored.version == version));
    let later = all(Reader::of_stream(&*log, stream(2), 100)).await;
    assert_eq!(later, &own[100..]);

    let first = first_of(&*log, stream(2)).await.expect("read");
    assert_eq!(first.as_ref(), own.first());
    assert_eq!(first_of(&*log, stream(3)).await, Ok(None));
    for (position, found) in [(0, false), (1, true), (450, true), (451, false)] {
        let at = event_at(&*log, position).await.expect("read");
        assert_eq!(at.map(|stored| stored.position), found.then_some(position));
    }
}

#[tokio::test]
async fn sqlite_is_read_to_the_end() {
    let (log, _scratch) = sqlite().await;
    reads_to_the_end(log).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_read_to_the_end() {
    reads_to_the_end(postgres().await).await;
}

#[tokio::test]
async fn a_reader_meets_what_comes_while_it_reads_and_ends_once() {
    let (log, _scratch) = sqlite().await;
    filled(&*log).await;
    let mut events = Reader::of_log(&*log, 0);
    let mut seen = BTreeSet::new();
    for _ in 0..EVENTS - 1 {
        seen.insert(events.next().await.expect("read").expect("an event").position);
    }
    // The last page was a short one: what comes now comes after the end.
    log.append(append(3, 0, &fresh(1))).await.expect("appended");
    seen.insert(events.next().await.expect("read").expect("an event").position);
    assert_eq!(seen.len(), EVENTS);
    assert_eq!(events.next().await, Ok(None));
}

async fn opened(app: &App, stream: StreamId) -> Result<Vec<Option<UserEvent>>, LedgerError> {
    let mut events = Reader::of_stream(&**app.ledger.log(), stream, 0);
    let mut read = Vec::new();
    while let Some((_, event)) = events.next_opened(&app.keys).await? {
        read.push(event);
    }
    Ok(read)
}

async fn append_raw(app: &App, stream: StreamId, encoded: Encoded) -> u64 {
    let new = NewEvent {
        event_id: Uuid::new_v4(),
        event_type: encoded.event_type,
        schema_version: encoded.schema_version,
        metadata: b"{}".to_vec(),
        key_id: Uuid::nil(),
        payload: encoded.payload,
    };
    let events = vec![new];
    let append = StreamAppend { stream, expected_version: 0, events, snapshot: None, fence: None };
    app.ledger.log().append(append).await.expect("appended").last
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_erased_comes_without_its_fact() {
    let scratch = Scratch::new();
    let app = App::open(Options::in_directory(scratch.path())).await.expect("an app");
    fill(&app.ledger, 0, 2, 1).await;
    let (erased, other) = (user(0), user(1));
    let before = opened(&app, of_user(erased)).await.expect("opened");
    assert!(matches!(
        before.as_slice(),
        [Some(UserEvent::SignedUp(_)), Some(UserEvent::SignedIn(_))]
    ));
    let reason: ErasureReason = "asked_by_letter".parse().expect("a reason");
    let by = RequestedBy::Operator;
    opl::erasure::request(&app, erased, by, &reason).await.expect("asked");
    opl::erasure::run(&app, erased, |_| {}).await.expect("erased");
    let after = opened(&app, of_user(erased)).await.expect("read all the same");
    assert!(matches!(after.as_slice(), [None, None, Some(UserEvent::Erased(_))]));
    let others = opened(&app, of_user(other)).await.expect("opened");
    assert!(others.len() == 2 && others.iter().all(Option::is_some));
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_where_none_of_its_kind_can_be_is_damage_and_not_passed_over() {
    let scratch = Scratch::new();
    let app = App::open(Options::in_directory(scratch.path())).await.expect("an app");
    fill(&app.ledger, 0, 1, 1).await;
    let own = opened(&app, of_user(user(0))).await.expect("opened").swap_remove(0);
    let event = Event::User(own.expect("not erased"));
    // A fact about a person, in the stream of a role.
    let stream = StreamId::new(Category::Role, Uuid::from_u128(7));
    let position = append_raw(&app, stream, event.encode().expect("bytes")).await;
    let mut events = Reader::of_stream(&**app.ledger.log(), stream, 0);
    let read = events.next_opened::<domain::role::RoleEvent>(&app.keys).await;
    let damaged = ReadError::Damaged(position);
    assert!(matches!(&read, Err(LedgerError::Read(error)) if *error == damaged), "{read:?}");
    let loaded = app.ledger.load::<domain::role::GrantedRole>(stream).await.map(|_| ());
    assert!(matches!(&loaded, Err(LedgerError::Read(error)) if *error == damaged), "{loaded:?}");
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_moved_to_another_stream_does_not_open() {
    let scratch = Scratch::new();
    let app = App::open(Options::in_directory(scratch.path())).await.expect("an app");
    fill(&app.ledger, 0, 1, 1).await;
    let log = app.ledger.log();
    let moved = first_of(&**log, of_user(user(0))).await.expect("read").expect("an event");
    let stream = of_user(user(5));
    let new = NewEvent {
        event_id: Uuid::new_v4(),
        event_type: "user.signed_up",
        schema_version: moved.schema_version,
        metadata: moved.metadata,
        key_id: moved.key_id,
        payload: moved.payload,
    };
    let events = vec![new];
    let append = StreamAppend { stream, expected_version: 0, events, snapshot: None, fence: None };
    let position = log.append(append).await.expect("appended").last;
    let read = opened(&app, stream).await;
    let sealed = |error: &LedgerError| matches!(error, LedgerError::Open(OpenError::Sealed { position: at }) if *at == position);
    assert!(read.as_ref().is_err_and(sealed), "{read:?}");
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posture_says_which_event_of_a_registration_cannot_be_read() {
    let scratch = Scratch::new();
    let options = Options::in_directory(scratch.path());
    let app = App::open(options.clone()).await.expect("an app");
    let stream = StreamId::new(Category::Registration, Uuid::from_u128(9));
    let payload = b"{}".to_vec();
    let event = Encoded { event_type: "registration.started", schema_version: 1, payload };
    let position = append_raw(&app, stream, event).await;
    close(app).await;
    let archive = Archive::open(&options).await.expect("an archive");
    let checks = posture(&archive, &options).await.expect("a posture");
    let told = checks.iter().find(|check| check.what == "registrations").expect("a check");
    assert_eq!(told.standing, Standing::Bad, "{told:?}");
    assert!(told.says.contains(&format!("position {position} ")), "{told:?}");
}
