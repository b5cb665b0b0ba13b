//! Rows as they were are the rows that were: by the same folds, for one person or all, at any place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opl_projections::as_of::{History, HistoryPage, Limits, PastError, Pasts};
use opl_projections::database::{Database, DatabaseError, Durability, Value, sql};
use opl_projections::feed::{BoxFuture, EventFeed as _, FeedError, Recorded};
use opl_projections::transactions::TransactionFilter;
use opl_projections::{Projection, View};
use uuid::Uuid;

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::Person;

on_both! {
    the_past_is_what_the_present_was,
}

const PEOPLE: [Person; 3] = [Person(1), Person(2), Person(3)];
const ALL: Uuid = Uuid::nil();

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// The events of a log, of one person or of all.
struct Of {
    log: Arc<Log>,
    person: Option<Person>,
    pages: AtomicUsize,
    slow: Duration,
}

impl Of {
    fn new(log: &Arc<Log>, person: Option<Person>) -> Arc<Self> {
        let (log, pages) = (Arc::clone(log), AtomicUsize::new(0));
        Arc::new(Self { log, person, pages, slow: Duration::ZERO })
    }

    fn pages(&self) -> usize {
        self.pages.load(Ordering::SeqCst)
    }
}

fn is_of(recorded: &Recorded, person: Person) -> bool {
    recorded.stream.id.as_u128() >> 64 == person.0
}

impl History for Of {
    fn page(
        &self,
        after: u64,
        upto: u64,
        _: usize,
    ) -> BoxFuture<'_, Result<HistoryPage, FeedError>> {
        Box::pin(async move {
            self.pages.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(self.slow).await;
            // Small pages, so that positions fall into their midst.
            let upto = upto.min(after + 7);
            let mut events = self.log.read_all(after, 7).await?.events;
            events.retain(|one| one.position <= upto);
            events.retain(|one| self.person.is_none_or(|person| is_of(one, person)));
            Ok(HistoryPage { events, upto })
        })
    }
}

/// The lives of some people, at the same time.
async fn entwined() -> Vec<Recorded> {
    let mut lives = Vec::new();
    for person in PEOPLE {
        let log = Log::new();
        person.lives(&log);
        let events = log.read_all(0, 1_000).await.expect("events").events;
        lives.push(events.into_iter().collect::<std::collections::VecDeque<_>>());
    }
    let (mut numbers, mut all) = (Numbers(7), Vec::new());
    while lives.iter().any(|life| !life.is_empty()) {
        let chosen = numbers.below(lives.len());
        all.extend(lives[chosen].pop_front());
    }
    all
}

fn grow(log: &Log, events: &[Recorded], to: u64) {
    for recorded in &events[log.len() as usize..to as usize] {
        log.append(recorded.stream, *recorded.event.clone().expect("an event"));
    }
}

async fn digests(view: &View) -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    for projection in Projection::ALL {
        found.push(view.digest(projection).await.expect("a digest"));
    }
    found
}

/// Everything that is answered about a person, as text.
async fn answers(view: &View, person: Person) -> String {
    let user = person.user();
    let page = view.transactions().page(user, &TransactionFilter::default(), 500, None).await;
    format!(
        "{:?}",
        (
            view.people().one(user).await,
            view.consents().list(user).await,
            view.accounts().list(user).await,
            page,
            view.spending().months(user, "2000-01", "2099-12", None).await,
            view.fetches().newest_of_each(user).await,
            view.fetches().calls(user, 500).await,
        )
    )
}

async fn the_past_is_what_the_present_was(place: &Place) {
    let events = entwined().await;
    let (mut numbers, head) = (Numbers(11), events.len());
    let mut positions: Vec<u64> = (0..12).map(|_| numbers.below(head + 1) as u64).collect();
    positions.extend([1, head as u64]);
    positions.sort_unstable();
    positions.dedup();
    let log = Log::new();
    let models = place.open(&log).await;
    let mut remembered = Vec::new();
    for position in positions {
        grow(&log, &events, position);
        catch_up(&models, &log).await;
        let live = models.now();
        assert_eq!(live.position(), position);
        let mut answered = Vec::new();
        for person in PEOPLE {
            answered.push(answers(&live, person).await);
        }
        remembered.push((position, digests(&live).await, answered));
    }
    // Forwards every moment goes on from the one before; backwards and anew each is built by itself.
    let forwards = Pasts::new(Limits::default());
    for (position, rows, answered) in &remembered {
        check(&forwards, &log, *position, rows, answered).await;
    }
    let backwards = Pasts::new(Limits::default());
    for (position, rows, answered) in remembered.iter().rev() {
        check(&backwards, &log, *position, rows, answered).await;
        check(&Pasts::new(Limits::default()), &log, *position, rows, answered).await;
    }
    // What was given out before others went on from it has not moved.
    for (position, rows, answered) in &remembered {
        check(&forwards, &log, *position, rows, answered).await;
    }
}

async fn check(
    pasts: &Arc<Pasts>,
    log: &Arc<Log>,
    position: u64,
    rows: &[[u8; 32]],
    answered: &[String],
) {
    let view = pasts.at(ALL, position, Of::new(log, None)).await.expect("the past");
    assert_eq!(view.position(), position);
    assert_eq!(digests(&view).await, rows, "all rows at {position}");
    for (person, then) in PEOPLE.into_iter().zip(answered) {
        let owner = person.user().0;
        let view = pasts.at(owner, position, Of::new(log, Some(person))).await.expect("the past");
        assert_eq!(&answers(&view, person).await, then, "person {} at {position}", person.0);
        for other in PEOPLE.into_iter().filter(|other| other.0 != person.0) {
            let nobody = answers(&view, Person(99)).await;
            assert_eq!(answers(&view, other).await, nobody, "somebody else at {position}");
        }
    }
}

async fn some_log() -> Arc<Log> {
    let (log, events) = (Log::new(), entwined().await);
    grow(&log, &events, events.len() as u64);
    log
}

fn own_positions(events: &[Recorded], person: Person) -> Vec<u64> {
    let own = events.iter().filter(|recorded| is_of(recorded, person));
    own.map(|recorded| recorded.position).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_built_twice() {
    let log = some_log().await;
    let pasts = Pasts::new(Limits { waiting: 50, ..Limits::default() });
    let slow = Duration::from_millis(5);
    let history = Arc::new(Of { slow, ..Arc::into_inner(Of::new(&log, None)).expect("one") });
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (pasts, history) = (Arc::clone(&pasts), Arc::clone(&history));
        askers.spawn(async move { pasts.at(ALL, 40, history).await.map(|view| view.position()) });
    }
    assert!(askers.join_all().await.into_iter().all(|position| position == Ok(40)));
    assert_eq!(history.pages(), 6, "one building reads 40 events in pages of 7");
    assert_eq!(pasts.len(), 1);
    // A later moment goes on from there.
    pasts.at(ALL, 47, history.clone()).await.expect("the past");
    assert_eq!((history.pages(), pasts.len()), (7, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moments_between_two_events_are_one() {
    let log = some_log().await;
    let events = log.read_all(0, 1_000).await.expect("events").events;
    let own = own_positions(&events, PEOPLE[0]);
    let gap = own.windows(2).find(|pair| pair[1] - pair[0] > 2).expect("others did something");
    let history = Of::new(&log, Some(PEOPLE[0]));
    let pasts = Pasts::new(Limits::default());
    let at = async |position| pasts.at(PEOPLE[0].user().0, position, history.clone()).await;
    at(gap[0]).await.expect("the past");
    at(gap[0] + 1).await.expect("the past");
    let read = history.pages();
    at(gap[0]).await.expect("the past");
    at(gap[0] + 1).await.expect("the past");
    assert_eq!((history.pages(), pasts.len()), (read, 1), "nothing to add is no other moment");
    at(gap[1]).await.expect("the past");
    assert_eq!(pasts.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_so_much_is_kept_and_for_so_long() {
    let log = some_log().await;
    let at = async |pasts: &Arc<Pasts>, owner: u128, position| {
        pasts.at(Uuid::from_u128(owner), position, Of::new(&log, None)).await
    };
    let few = Pasts::new(Limits { moments: 3, ..Limits::default() });
    for owner in 0..10 {
        at(&few, owner, 20).await.expect("the past");
    }
    assert_eq!(few.len(), 3);
    few.forget(Uuid::from_u128(9));
    assert_eq!(few.len(), 2);
    let small = Pasts::new(Limits { bytes_each: 4_096, ..Limits::default() });
    assert_eq!(at(&small, 1, 20).await.err(), Some(PastError::TooLarge(4_096)));
    assert!(small.is_empty());
    let roomy = Pasts::new(Limits::default());
    at(&roomy, 1, 20).await.expect("the past");
    let one = roomy.bytes();
    assert!(one > 0);
    let none = Pasts::new(Limits { bytes: one - 1, ..Limits::default() });
    at(&none, 1, 20).await.expect("answered, and not kept");
    assert!(none.is_empty());
    let tight = Pasts::new(Limits { bytes: one * 2, ..Limits::default() });
    for owner in 0..10 {
        at(&tight, owner, 20).await.expect("the past");
    }
    assert_eq!((tight.len(), tight.bytes()), (2, one * 2));
    let short = Pasts::new(Limits { unused: Duration::from_millis(40), ..Limits::default() });
    at(&short, 1, 20).await.expect("the past");
    for _ in 0..200 {
        if short.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(short.is_empty(), "nobody asked again");
    at(&short, 1, 20).await.expect("built again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_does_not_keep_everybody_waiting() {
    let log = some_log().await;
    let limits = Limits { waiting: 2, owners: 2, ..Limits::default() };
    let pasts = Pasts::new(limits);
    let slow = Duration::from_millis(100);
    let history = Arc::new(Of { slow, ..Arc::into_inner(Of::new(&log, None)).expect("one") });
    let mut askers = tokio::task::JoinSet::new();
    for position in 1..=10 {
        let (pasts, history) = (Arc::clone(&pasts), Arc::clone(&history));
        askers.spawn(async move { pasts.at(ALL, position, history).await.map(drop) });
    }
    let answers = askers.join_all().await;
    let busy = answers.iter().filter(|answer| **answer == Err(PastError::Busy)).count();
    assert_eq!(busy, 10 - 3, "one is built and two wait: {answers:?}");
    pasts.at(ALL, 10, history).await.expect("the queue is empty again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_fails_leaves_nothing_half_built() {
    let log = some_log().await;
    let pasts = Pasts::new(Limits::default());
    log.spoil(30);
    let failed = pasts.at(ALL, 40, Of::new(&log, None)).await.err();
    assert!(matches!(failed, Some(PastError::Feed(FeedError::Unreadable { position: 30, .. }))));
    assert!(pasts.is_empty());
    pasts.at(ALL, 20, Of::new(&log, None)).await.expect("what is before it can be read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_read_beside_its_writer_and_never_written() {
    let path = std::env::temp_dir().join(format!("opl-read-{}.db", Uuid::new_v4().simple()));
    let missing = Database::sqlite_to_read(&path).err();
    assert_eq!(missing, Some(DatabaseError::Unavailable("cannot_open")));
    assert!(!path.exists(), "looking makes no file");
    let writer = Database::sqlite(&path, Durability::Full).expect("a file");
    writer.define(&["CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY)"]).await.expect("a table");
    let reader = Database::sqlite_to_read(&path).expect("the file");
    let count = async || {
        reader.query(sql("SELECT COUNT(*) FROM notes", vec![])).await.expect("a count")[0][0]
            .clone()
    };
    let insert = || sql("INSERT INTO notes (id) VALUES ($1)", vec![1_i64.into()]);
    assert_eq!(count().await, Value::Integer(0));
    writer.execute(insert()).await.expect("written");
    assert_eq!(count().await, Value::Integer(1));
    assert_eq!(reader.execute(insert()).await.err(), Some(DatabaseError::ReadOnly));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}
