//! A person's erasure leaves nothing of theirs, however the rows came to be.

use domain::observed::AccountKind;
use opl_projections::transactions::TransactionFilter;
use opl_projections::{Projection, ReadModels};
use std::time::Duration;

use crate::support::log::Log;
use crate::support::place::{Place, Running, catch_up};
use crate::support::story::{Person, observed};

on_both! {
    an_erasure_leaves_the_same_rows_live_and_rebuilt_and_as_if_they_had_never_been,
    a_person_erased_in_one_page_with_their_life_leaves_no_rows,
    a_person_who_came_after_an_erasure_stands_beside_it,
    scrubbing_clears_rebuilds_that_were_cut_off,
}

const MAIJA: Person = Person(1);
const OLLI: Person = Person(2);
const LONG: Duration = Duration::from_secs(60);

async fn a_person_who_came_after_an_erasure_stands_beside_it(place: &Place) {
    // All in one page: what is gathered before the event is written before it deletes.
    let log = Log::new();
    MAIJA.lives(&log);
    MAIJA.is_erased(&log);
    OLLI.lives(&log);
    OLLI.opens(&log, 5, 1, AccountKind::Savings);
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    let (maija, olli, all) = (MAIJA.user(), OLLI.user(), TransactionFilter::default());
    assert_eq!(models.transactions().count(maija, &all).await, Ok(0));
    assert_eq!(models.transactions().count(olli, &all).await, Ok(4));
    assert_eq!(models.accounts().list(maija).await.expect("rows"), []);
    assert_eq!(models.accounts().list(olli).await.expect("rows").len(), 3);
    assert_eq!(models.spending().months(maija, "2000-01", "2099-12", None).await, Ok(vec![]));
    assert_ne!(models.spending().months(olli, "2000-01", "2099-12", None).await, Ok(vec![]));
    assert_eq!(models.fetches().unfinished(10).await.expect("rows").len(), 1, "only Olli's");
}

/// A digest of every projection.
async fn everything(models: &ReadModels) -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    for projection in Projection::ALL {
        found.push(models.digest(projection.name()).await.expect("a digest"));
    }
    found
}

async fn an_erasure_leaves_the_same_rows_live_and_rebuilt_and_as_if_they_had_never_been(
    place: &Place,
) {
    // What a log without the erased person folds to, but for the positions in it.
    let (log, bare) = (Log::new(), Log::new());
    // Olli's life lies between Maija's and her erasure, and goes on after it.
    MAIJA.lives(&log);
    MAIJA.pads(&bare, log.len());
    OLLI.lives(&log);
    OLLI.lives(&bare);
    let models = place.open(&log).await;
    let running = Running::start(&models);
    models.wait_for(log.len(), LONG).await.expect("no lag");
    // The key goes first; the event says so after some events that nobody can read any more.
    MAIJA.reads_window(&log, 1, 1, 1, 1);
    MAIJA.pays(&log, 1, 9, observed("2026-02-09", -100, "LIDL", "HELSINKI"));
    log.erase(|recorded| recorded.stream.id.as_u128() >> 64 == MAIJA.0);
    MAIJA.is_erased(&log);
    MAIJA.pads(&bare, 3);
    OLLI.pays(&log, 1, 7, observed("2026-02-07", -700, "LIDL", "HELSINKI"));
    OLLI.pays(&bare, 1, 7, observed("2026-02-07", -700, "LIDL", "HELSINKI"));
    models.wait_for(log.len(), LONG).await.expect("no lag");
    running.stop().await;
    let live = everything(&models).await;
    models.scrub().await.expect("scrubbed");
    assert_eq!(everything(&models).await, live, "written anew, nothing else changed");
    models.rebuild(None, |_| {}).await.expect("a rebuild");
    assert_eq!(everything(&models).await, live);
    let other = Place::sqlite();
    let without = other.open(&bare).await;
    catch_up(&without, &bare).await;
    assert_eq!(everything(&without).await, live, "no trace in any table");
    let filter = TransactionFilter::default();
    assert_eq!(models.transactions().count(OLLI.user(), &filter).await, Ok(5));
}

async fn a_person_erased_in_one_page_with_their_life_leaves_no_rows(place: &Place) {
    // The key is still in this process's memory: everything opens, and the event comes last.
    let (log, bare) = (Log::new(), Log::new());
    OLLI.lives(&log);
    OLLI.lives(&bare);
    MAIJA.lives(&log);
    MAIJA.is_erased(&log);
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    let other = Place::sqlite();
    let without = other.open(&bare).await;
    catch_up(&without, &bare).await;
    assert_eq!(everything(&models).await, everything(&without).await);
}

async fn scrubbing_clears_rebuilds_that_were_cut_off(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    catch_up(&models, &log).await;
    place.half_build("people").await;
    assert_eq!(place.generations("people").await, 2);
    models.scrub().await.expect("scrubbed");
    assert_eq!(place.generations("people").await, 1);
    assert!(models.people().one(MAIJA.user()).await.expect("rows").is_some());
}
