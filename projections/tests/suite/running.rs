//! Following the log: exactly once, rebuilt the same, stopped by what is wrong and by nothing else.

use std::sync::Arc;
use std::time::Duration;

use domain::observed::AccountKind;
use opl_projections::transactions::TransactionFilter;
use opl_projections::{Projection, ProjectionState, ReadModelError, ReadModels, Topic};

use crate::support::log::Log;
use crate::support::place::{Place, Running, catch_up};
use crate::support::story::{Person, observed};

on_both! {
    live_rows_and_rebuilt_rows_are_the_same,
    many_rows_at_once_are_those_of_a_few_at_a_time,
    questions_are_answered_while_it_is_rebuilt,
    a_rebuild_that_was_cut_off_goes_on,
    another_process_follows_a_rebuild,
    two_runners_apply_everything_once,
    rows_of_another_log_are_refused_until_rebuilt,
    a_shorter_log_is_refused,
    an_event_that_does_not_fit_stops_its_projections_only,
    an_unreadable_event_is_named_and_those_before_it_hold,
    a_log_that_comes_back_is_followed_again,
    waiting_ends_in_time,
    changes_are_told_after_their_commit,
    rows_that_were_dropped_come_back,
    a_new_version_is_built_before_it_is_read,
}

const MAIJA: Person = Person(1);
const LONG: Duration = Duration::from_secs(60);

async fn digests(models: &ReadModels) -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    for projection in Projection::ALL {
        found.push(models.digest(projection.name()).await.expect("a digest"));
    }
    found
}

/// A log of somewhat more than `rows` events.
fn long_log(rows: u128) -> Arc<Log> {
    let log = Log::new();
    MAIJA.requests(&log, 1);
    MAIJA.grants(&log, 1);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    grow(&log, 0, rows);
    log
}

fn grow(log: &Log, from: u128, to: u128) {
    let row = |number: u128| {
        let booked = format!("2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1);
        MAIJA.transaction_event(number, observed(&booked, -100, "LIDL", &number.to_string()))
    };
    log.append_all(MAIJA.account_stream(1), (from..to).map(row));
}

/// A page of many rows goes another way into PostgreSQL than one of a few.
async fn many_rows_at_once_are_those_of_a_few_at_a_time(place: &Place) {
    let log = long_log(150);
    let models = place.open(&log).await;
    for from in [150, 300, 450] {
        catch_up(&models, &log).await;
        grow(&log, from, from + 150);
    }
    catch_up(&models, &log).await;
    let live = digests(&models).await;
    models.rebuild(None, |_| {}).await.expect("rebuilt");
    assert_eq!(digests(&models).await, live);
    let all = TransactionFilter::default();
    let page = models.transactions().page(MAIJA.user(), &all, 10, None).await.expect("rows");
    assert_eq!(page.total_count, 600);
}

async fn live_rows_and_rebuilt_rows_are_the_same(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    // Each person's events are followed as they come, so that chunks end at many places.
    let running = Running::start(&models);
    for person in 1..6 {
        Person(person).lives(&log);
        if person % 2 == 0 {
            models.wait_for(log.len(), LONG).await.expect("no lag");
        }
    }
    models.wait_for(log.len(), LONG).await.expect("no lag");
    running.stop().await;
    let live = digests(&models).await;
    models.rebuild(None, |_| {}).await.expect("a rebuild");
    assert_eq!(digests(&models).await, live);
    assert_eq!(place.generations("consents").await, 1, "the replaced rows are gone");
    assert!(matches!(models.digest("nothing").await, Err(ReadModelError::Unknown(_))));
    // Another database holds the same rows.
    let other = Place::sqlite();
    let models = other.open(&log).await;
    catch_up(&models, &log).await;
    assert_eq!(digests(&models).await, live);
}

async fn questions_are_answered_while_it_is_rebuilt(place: &Place) {
    let log = long_log(6_000);
    let models = place.open(&log).await;
    let running = Running::start(&models);
    models.wait_for(log.len(), LONG).await.expect("no lag");
    let rebuilding = {
        let models = Arc::clone(&models);
        tokio::spawn(async move {
            let mut seen = Vec::new();
            models.rebuild(Some("transactions"), |progress| seen.push(progress)).await?;
            Ok::<_, ReadModelError>(seen)
        })
    };
    let all = TransactionFilter::default();
    let mut asked = 0;
    while !rebuilding.is_finished() {
        let count = models.transactions().count(MAIJA.user(), &all).await;
        assert!(count.is_ok_and(|count| count >= 6_000));
        asked += 1;
        if asked == 2 {
            grow(&log, 6_000, 6_050);
        }
    }
    let seen = rebuilding.await.expect("a task").expect("a rebuild");
    let last = seen.last().expect("progress");
    assert_eq!((last.names.as_slice(), last.done), (&["transactions"][..], last.total));
    assert!(last.events_per_second > 0);
    models.wait_for(log.len(), LONG).await.expect("no lag");
    running.stop().await;
    let count = models.transactions().count(MAIJA.user(), &all).await;
    assert_eq!(count, Ok(log.len() - 4));
    assert!(models.status().iter().all(|status| status.state == ProjectionState::Live));
}

async fn a_rebuild_that_was_cut_off_goes_on(place: &Place) {
    let log = long_log(22_000);
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    let live = digests(&models).await;
    // The task is dropped at its first await after the first pages are committed.
    let (told, mut first) = tokio::sync::mpsc::unbounded_channel();
    let half = {
        let models = Arc::clone(&models);
        tokio::spawn(async move {
            let told = |progress: opl_projections::Progress| _ = told.send(progress.done);
            models.rebuild(Some("transactions"), told).await
        })
    };
    assert_eq!(first.recv().await, Some(10_000));
    half.abort();
    let _ = half.await;
    drop(models);

    let models = place.open(&log).await;
    let mut done = Vec::new();
    models
        .rebuild(Some("transactions"), |progress| done.push(progress.done))
        .await
        .expect("a rebuild");
    assert!(done[0] >= 20_000, "it went on where it was cut off: {done:?}");
    assert_eq!(digests(&models).await, live);
}

async fn another_process_follows_a_rebuild(place: &Place) {
    let log = long_log(20);
    let models = place.open(&log).await;
    let running = Running::start(&models);
    models.wait_for(log.len(), LONG).await.expect("no lag");
    let other = place.open(&log).await;
    other.rebuild(None, |_| {}).await.expect("a rebuild");
    // Until the runner has looked at the pointer, its projections may stand still or fail.
    grow(&log, 20, 40);
    let mut caught_up = false;
    for _ in 0..100 {
        caught_up = models.wait_for(log.len(), Duration::from_secs(1)).await.is_ok()
            && models.digest("transactions").await.is_ok();
        if caught_up {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(caught_up, "{:?}", models.status());
    tokio::time::sleep(Duration::from_secs(6)).await;
    models.wait_for(log.len(), LONG).await.expect("no lag");
    running.stop().await;
    catch_up(&other, &log).await;
    assert_eq!(digests(&models).await, digests(&other).await);
}

async fn two_runners_apply_everything_once(place: &Place) {
    let log = Log::new();
    let models = [place.open(&log).await, place.open(&log).await];
    let running = models.each_ref().map(Running::start);
    for person in 1..30 {
        Person(person).lives(&log);
        tokio::task::yield_now().await;
    }
    for models in &models {
        models.wait_for(log.len(), LONG).await.expect("no lag");
    }
    for running in running {
        running.stop().await;
    }
    for models in &models {
        assert!(models.status().iter().all(|status| status.error.is_none()));
    }
    let count = models[0].transactions().count(MAIJA.user(), &TransactionFilter::default()).await;
    assert_eq!(count, Ok(4));
    let both = digests(&models[0]).await;
    models[1].rebuild(None, |_| {}).await.expect("a rebuild");
    assert_eq!(digests(&models[1]).await, both);
}

async fn rows_of_another_log_are_refused_until_rebuilt(place: &Place) {
    let log = long_log(10);
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    drop(models);
    log.rewrite();
    let models = place.open(&log).await;
    for status in models.status() {
        assert_eq!(status.state, ProjectionState::Failed { position: None });
        assert!(status.error.expect("a reason").contains("opl rebuild"));
    }
    grow(&log, 10, 20);
    let running = Running::start(&models);
    assert!(models.wait_for(log.len(), Duration::from_millis(200)).await.is_err());
    models.rebuild(None, |_| {}).await.expect("a rebuild");
    models.wait_for(log.len(), LONG).await.expect("no lag");
    running.stop().await;
    let all = TransactionFilter::default();
    assert_eq!(models.transactions().count(MAIJA.user(), &all).await, Ok(20));
}

async fn a_shorter_log_is_refused(place: &Place) {
    let log = long_log(10);
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    drop(models);
    log.cut(5);
    let models = place.open(&log).await;
    let failed = |status: &opl_projections::ProjectionStatus| {
        matches!(status.state, ProjectionState::Failed { .. })
    };
    assert!(models.status().iter().all(failed));
}

async fn an_event_that_does_not_fit_stops_its_projections_only(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    // A row of an account that nobody opened.
    let poison = MAIJA.pays(&log, 7, 9, observed("2026-01-01", -1, "Nobody", ""));
    MAIJA.requests(&log, 2);
    let running = Running::start(&models);
    let lagging = models.wait_for(log.len(), LONG).await.expect_err("one cannot go on");
    assert_eq!(lagging.reached, poison - 1);
    for _ in 0..200 {
        if models.status().iter().filter(|status| status.position == log.len()).count() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await;
    for status in models.status() {
        if ["accounts", "transactions"].contains(&status.name) {
            assert_eq!(status.state, ProjectionState::Failed { position: Some(poison) });
            assert_eq!(status.position, poison - 1, "everything before it holds");
            assert!(status.error.is_some());
        } else {
            assert_eq!((status.position, status.error), (log.len(), None), "{}", status.name);
        }
    }
    let all = TransactionFilter::default();
    assert_eq!(models.transactions().count(MAIJA.user(), &all).await, Ok(4));
    let refused = models.rebuild(Some("transactions"), |_| {}).await;
    assert!(matches!(refused, Err(ReadModelError::Poison { position, .. }) if position == poison));
}

async fn an_unreadable_event_is_named_and_those_before_it_hold(place: &Place) {
    let log = Log::new();
    MAIJA.lives(&log);
    let before = log.len();
    MAIJA.requests(&log, 2);
    log.spoil(before + 1);
    let models = place.open(&log).await;
    let running = Running::start(&models);
    models.wait_for(before, LONG).await.expect("what is before it");
    models.wait_for(before + 1, LONG).await.expect_err("not it");
    running.stop().await;
    for status in models.status() {
        assert_eq!(status.state, ProjectionState::Failed { position: Some(before + 1) });
    }
}

async fn a_log_that_comes_back_is_followed_again(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    let running = Running::start(&models);
    MAIJA.signs_up(&log);
    models.wait_for(1, LONG).await.expect("no lag");
    log.set_available(false);
    MAIJA.lives(&log);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(models.status().iter().all(|status| status.error.is_some()));
    log.set_available(true);
    // The address is taken twice in this story, which only the people cannot pass.
    let people = |status: &opl_projections::ProjectionStatus| status.name == "people";
    let mut reached = false;
    for _ in 0..500 {
        let status = models.status();
        reached = status.iter().all(|status| people(status) || status.position == log.len());
        if reached {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await;
    assert!(reached, "{:?}", models.status());
}

async fn waiting_ends_in_time(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    assert_eq!(models.wait_for(0, Duration::ZERO).await, Ok(()));
    let late = models.wait_for(1, Duration::from_millis(50)).await.expect_err("nothing runs");
    assert_eq!((late.asked, late.reached), (1, 0));
    let waiting = {
        let models = Arc::clone(&models);
        tokio::spawn(async move { models.wait_for(1, LONG).await })
    };
    let running = Running::start(&models);
    let position = MAIJA.signs_up(&log);
    assert_eq!(waiting.await.expect("a task"), Ok(()));
    let person = models.people().one(MAIJA.user()).await.expect("rows");
    assert!(person.is_some(), "what was waited for can be read");
    assert_eq!(position, 1);
    running.stop().await;
}

async fn changes_are_told_after_their_commit(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    let mut changes = models.subscribe();
    MAIJA.lives(&log);
    catch_up(&models, &log).await;
    let mut topics = std::collections::BTreeSet::new();
    while let Ok(change) = changes.try_recv() {
        assert_eq!((change.user_id, change.position), (MAIJA.user(), log.len()));
        assert!(topics.insert(change.topic), "one commit tells of a topic once");
    }
    let all =
        [Topic::Connections, Topic::Accounts, Topic::Transactions, Topic::Spending, Topic::Sync];
    assert_eq!(topics.into_iter().collect::<Vec<_>>(), all);
    // A rebuild changes no rows, so nobody is told.
    models.rebuild(None, |_| {}).await.expect("a rebuild");
    assert!(changes.try_recv().is_err());
}

async fn rows_that_were_dropped_come_back(place: &Place) {
    let log = long_log(50);
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    let before = digests(&models).await;
    drop(models);
    let other = Place::sqlite();
    let models = other.open(&log).await;
    assert!(models.status().iter().all(|status| status.state == ProjectionState::CatchingUp));
    catch_up(&models, &log).await;
    assert_eq!(digests(&models).await, before);
    // Opened again, it goes on from its checkpoint.
    drop(models);
    let models = other.open(&log).await;
    assert!(models.status().iter().all(|status| status.position == log.len()));
}

async fn a_new_version_is_built_before_it_is_read(place: &Place) {
    let log = long_log(6_000);
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    let before = digests(&models).await;
    drop(models);
    // As if the rows that are there had been made by an older fold.
    place.make_older("transactions").await;
    let models = place.open(&log).await;
    let status = models.status();
    let built = status.iter().find(|status| status.name == "transactions").expect("a status");
    let version = Projection::Transactions.definition().version;
    assert_eq!((built.position, built.version), (log.len(), version));
    assert_eq!(digests(&models).await, before);
    assert_eq!(place.generations("transactions").await, 1, "the older rows are gone");
    drop(models);
    let models = place.open(&log).await;
    assert_eq!(digests(&models).await, before, "the pointer leads to them");
}
