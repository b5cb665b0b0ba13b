//! Rows by the thousand: they go to the writer while the rest of their page is folded.

use std::time::Duration;

use domain::observed::AccountKind;
use opl_projections::ReadModelError;

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, observed};

on_both! {
    rows_that_went_onward_are_those_of_small_pages,
    what_stands_before_an_event_that_does_not_fit_is_kept,
}

const MAIJA: Person = Person(1);
/// More than go onward at once, several times.
const ROWS: u128 = 3_500;
/// Nothing here takes so long, unless one waits for another that waits for it.
const FOR_EVER: Duration = Duration::from_secs(60);

fn pay(log: &Log, rows: std::ops::Range<u128>) {
    for number in rows {
        let day = format!("2026-{:02}-{:02}", 1 + number % 12, 1 + number % 28);
        MAIJA.pays(log, 1, number, observed(&day, -100 - number as i64, "Lidl", ""));
    }
}

async fn rows_that_went_onward_are_those_of_small_pages(place: &Place) {
    let log = Log::new();
    MAIJA.signs_up(&log);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    let models = place.open(&log).await;
    for first in (0..ROWS).step_by(500) {
        pay(&log, first..(first + 500).min(ROWS));
        catch_up(&models, &log).await;
    }
    let live = models.digest("transactions").await.expect("a digest");
    models.rebuild(Some("transactions"), |_| {}).await.expect("a rebuild");
    assert_eq!(models.digest("transactions").await, Ok(live));
}

async fn what_stands_before_an_event_that_does_not_fit_is_kept(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.signs_up(&log);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    pay(&log, 0..ROWS);
    let poison = MAIJA.pays(&log, 7, ROWS, observed("2026-01-01", -1, "Nobody", ""));
    let mut reached = 0;
    let told = |progress: opl_projections::Progress| reached = progress.done;
    let rebuilt = models.rebuild(Some("transactions"), told);
    let refused = tokio::time::timeout(FOR_EVER, rebuilt).await.expect("an answer");
    assert!(matches!(refused, Err(ReadModelError::Poison { position, .. }) if position == poison));
    // Taken up again, it stands right before the event.
    let again = models.rebuild(Some("transactions"), |_| {});
    let refused = tokio::time::timeout(FOR_EVER, again).await.expect("an answer");
    assert!(matches!(refused, Err(ReadModelError::Poison { position, .. }) if position == poison));
    assert!(reached < poison);
}
