//! Connections are read over the day, within the bank's allowance, whatever the bank says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::consent::ConsentStatus;
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::id::{ConsentId, UserId};
use domain::plan::Why;
use opl::app::Options;
use opl::planner::{Limits, NextRead, Planner, next_read, next_read_of_connection};
use opl::world::Clock;
use sandbox::Call;

use crate::support::{Store, World};

/// Most unattended reads of a resource in a day.
const ALLOWED: usize = 4;

/// A world whose service lives in a time of its own; the bank stays in ours.
struct Later {
    world: World,
    ahead: Arc<Mutex<TimeDelta>>,
    user_id: UserId,
    consent_id: ConsentId,
}

impl Later {
    async fn connected(store: Store) -> Self {
        let ahead = Arc::new(Mutex::new(TimeDelta::zero()));
        let seen = Arc::clone(&ahead);
        let clock = Clock::from_fn(move || Utc::now() + *seen.lock().expect("a clock"));
        let world =
            World::unregistered(store, |path| Options { clock, ..Options::in_directory(path) })
                .await;
        let file = world.settings();
        opl::registration::register(&world.app, &file, |_| {}).await.expect("registered");
        let mut person = world.person().await;
        let id = person.connect().await;
        world.until_runs_ended(1).await;
        let consent_id: ConsentId = id.parse().expect("an identifier");
        let requested = world.events().await.into_iter().find_map(|(_, event)| match event {
            Event::Fetch(FetchEvent::Started(started)) => Some(started.user_id),
            _ => None,
        });
        Self { world, ahead, user_id: requested.expect("a run"), consent_id }
    }

    fn now(&self) -> DateTime<Utc> {
        self.world.app.clock.now()
    }

    fn pass(&self, time: TimeDelta) {
        *self.ahead.lock().expect("a clock") += time;
    }

    async fn next(&self) -> NextRead {
        let next = next_read_of_connection(&self.world.app, self.user_id, self.consent_id).await;
        next.expect("read models").expect("a connection")
    }

    /// One round of a planner that knows nothing but the log; waits for what it starts.
    async fn round(&self) -> usize {
        let app = &self.world.app;
        let mut planner = Planner::new(Limits::default());
        let started = planner.round(app).await.expect("a round").started;
        for _ in 0..600 {
            let head = app.ledger.log().head().await.expect("a head").position;
            app.read.wait_for(head, Duration::from_secs(60)).await.expect("rows");
            if started == 0 || !self.next().await.running {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(started == 0 || !self.next().await.running, "the run does not end");
        started
    }

    /// Lets time pass up to an instant, looking for what is due; tells when runs were started.
    async fn until(&self, end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let mut started = Vec::new();
        while self.now() < end {
            if self.round().await > 0 {
                started.push(self.now());
            }
            self.pass(TimeDelta::minutes(40));
        }
        started
    }

    async fn status(&self) -> ConsentStatus {
        let row = self.world.app.read.consents().one(self.user_id, self.consent_id).await;
        row.expect("read models").expect("a consent").status
    }

    /// Reads of a list without the person, as the bank saw them.
    fn unattended(&self, path: &str, fits: impl Fn(&Call) -> bool) -> usize {
        let calls = self.world.bank.calls();
        let ours = |call: &&Call| call.path == path && !call.attended;
        calls.iter().filter(ours).filter(|call| fits(call)).count()
    }
}

const LIST: &str = "/accounts-psd2/v1/accounts";

async fn a_day(store: Store) {
    let later = Later::connected(store).await;
    assert_eq!(later.next().await.why, Some(Why::Rhythm));
    assert_eq!(later.round().await, 0, "it has just been read");
    // The bank's day does not pass: it is real. It refuses a fifth read, whatever our clock says.
    let first_day = later.until(later.now() + TimeDelta::hours(23)).await;
    assert!((3..=ALLOWED).contains(&first_day.len()), "{first_day:?}");
    assert_eq!(later.unattended(LIST, |call| call.status == 200), first_day.len());
    assert_eq!(later.unattended(LIST, |call| call.status == 429), 0);
    assert!(first_day.windows(2).all(|pair| pair[1] - pair[0] > TimeDelta::hours(4)));
    // Scheduled reads add nothing that is known, and the page can say when the next one is.
    let next = later.next().await;
    // It may have come due in the last step, which no round has looked at.
    let step = TimeDelta::minutes(40);
    assert!(next.at.is_some_and(|at| at > later.now() - step) && !next.running, "{next:?}");
    let accounts = later.world.app.read.accounts().list(later.user_id).await.expect("accounts");
    let one = next_read(&later.world.app, later.user_id, accounts[0].account_id).await;
    let one = one.expect("read models").expect("an account");
    assert!(one.at >= next.at && one.by_hand_from <= later.now(), "{one:?} {next:?}");
    // The next day the real bank says "too many" and for how long; that is a delay and no end.
    later.until(later.now() + TimeDelta::hours(20)).await;
    assert!(later.unattended(LIST, |call| call.status == 429) >= 1);
    assert_eq!(later.unattended(LIST, |call| call.status == 200), ALLOWED);
    assert_eq!(later.status().await, ConsentStatus::Active);
    let busy = later.next().await;
    assert_eq!(busy.why, Some(Why::BankAsksToWait), "{busy:?}");
    let asked = later.unattended(LIST, |_| true);
    later.until(busy.at.expect("a time") - TimeDelta::hours(1)).await;
    assert_eq!(later.unattended(LIST, |_| true), asked, "the bank is left alone until then");
    later.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_read_four_times_a_day_and_a_refusal_only_delays() {
    a_day(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_read_four_times_a_day_on_postgres() {
    a_day(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_says_which_days_it_holds() {
    let later = Later::connected(Store::Sqlite).await;
    later.pass(TimeDelta::hours(13));
    assert_eq!(later.round().await, 1);
    let windows: Vec<_> = later
        .world
        .events()
        .await
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Fetch(FetchEvent::WindowRead(window)) => Some(window),
            _ => None,
        })
        .collect();
    let days = |window: &domain::fetch::WindowRead| {
        (window.to.expect("a day") - window.from.expect("a day")).num_days()
    };
    let (first, last) = (windows.first().expect("one"), windows.last().expect("one"));
    assert!(days(first) > 600, "fresh authentication shows everything");
    assert_eq!(
        days(last),
        89,
        "and what comes later is claimed no further than the law lets it be"
    );
    later.world.stop().await;
}

/// The law lets nobody read on an authentication that has run out, and a bank would refuse it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_after_the_end_and_it_is_said() {
    let later = Later::connected(Store::Sqlite).await;
    let asked = later.unattended(LIST, |_| true);
    let ends = later.world.app.read.consents().one(later.user_id, later.consent_id).await;
    let ends = ends.expect("read models").expect("a consent").expires_at.expect("an end");
    // A minute before its end a consent is left alone: the bank's clock may be ahead.
    later.pass(ends - later.now() - TimeDelta::seconds(50));
    assert_eq!(later.round().await, 0);
    later.pass(TimeDelta::days(110));
    assert_eq!((later.round().await, later.next().await.at), (0, None));
    assert_eq!(later.unattended(LIST, |_| true), asked, "200 days on, nobody asks");
    later.world.stop().await;
}

/// A person who asked for a reading is there for five minutes; a run that takes longer goes on without
/// saying that they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_run_stops_saying_that_the_person_is_there() {
    let later = Later::connected(Store::Sqlite).await;
    let mut person = later.world.person().await;
    let returned = person.to_the_bank().await;
    let pages = |attended: bool| {
        let page = |call: &Call| call.path.ends_with("/transactions") && call.attended == attended;
        later.world.calls("GET", "/accounts-psd2/v1/", page)
    };
    let (there, gone) = (pages(true), pages(false));
    assert_eq!(person.come_back(&returned).await.0, 200);
    for _ in 0..2_000 {
        if pages(true) >= there + 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    later.pass(TimeDelta::minutes(6));
    let ended = person.read_to_the_end(&returned.connection_id).await;
    assert_eq!(ended["sync"]["state"], "DONE", "{ended}");
    assert!(pages(true) >= there + 2 && pages(false) > gone, "{} {}", pages(true), pages(false));
    later.world.stop().await;
}
