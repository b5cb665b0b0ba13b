//! Calls as a bank's allowance counts them, and how the reading of a permission stands.

use domain::consent::{AuthorizationCreated, ConsentEvent, EndedBy};
use domain::fetch::{CallFailed, FetchEvent, FetchFailed, Subject};
use domain::observed::AccountKind;
use domain::plan::{Access, Resource};

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, day, instant};

on_both! {
    calls_are_counted_by_what_they_read,
    a_reading_stands_fails_and_ends,
    an_erased_person_s_calls_are_gone,
    a_mistake_that_was_none_is_still_what_was_known,
}

const MAIJA: Person = Person(1);
const OLLI: Person = Person(2);

fn refused(account: u128, page: u32) -> CallFailed {
    CallFailed {
        subject: Subject::Transactions {
            account_id: MAIJA.account(account),
            bank_reference: "theirs".to_owned(),
            page,
        },
        endpoint: "account_transactions".to_owned(),
        request_id: "request".to_owned(),
        code: "bank_rate_limited".to_owned(),
        status: Some(429),
        attended: false,
        sent_at: Some(instant(7)),
        retry_after_seconds: Some(120),
    }
}

fn connected(log: &Log) {
    MAIJA.signs_up(log);
    MAIJA.requests(log, 1);
    MAIJA.goes_to_bank(log, 1);
    MAIJA.grants(log, 1);
}

async fn calls_are_counted_by_what_they_read(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    connected(&log);
    MAIJA.begins_fetch(&log, 1, 1);
    MAIJA.answer(&log, 1, false);
    MAIJA.fetch_event(&log, 1, FetchEvent::CallFailed(refused(1, 0)));
    let unsent =
        CallFailed { code: "bank_circuit_open".to_owned(), sent_at: None, ..refused(1, 0) };
    MAIJA.fetch_event(&log, 1, FetchEvent::CallFailed(unsent));
    catch_up(&models, &log).await;
    let calls = models.calls().since(MAIJA.consent(1), instant(0)).await.expect("rows");
    let arrived: Vec<bool> = calls.iter().map(|call| call.arrived).collect();
    assert_eq!(arrived, [false, true, true], "what was never sent costs nothing");
    assert_eq!(calls[1].resource, Resource::new("account_transactions", Some(MAIJA.account(1))));
    assert_eq!(calls[1].access, Access { at: instant(7), attended: false });
    assert_eq!((calls[1].status, calls[1].retry_after_seconds), (Some(429), Some(120)));
    assert_eq!(calls[2].resource, Resource::new("accounts", None));
    assert_eq!(models.calls().since(MAIJA.consent(1), instant(7)).await.expect("rows").len(), 2);
}

async fn a_reading_stands_fails_and_ends(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    connected(&log);
    MAIJA.begins_fetch(&log, 1, 1);
    catch_up(&models, &log).await;
    let calls = models.calls();
    assert_eq!(calls.waiting(None, 10).await.expect("rows"), [], "it is being read");
    let failed = FetchFailed { code: "bank_busy".to_owned() };
    MAIJA.fetch_event(&log, 1, FetchEvent::Failed(failed));
    catch_up(&models, &log).await;
    let waiting = calls.waiting(None, 10).await.expect("rows");
    assert_eq!((waiting.len(), waiting[0].failures), (1, 1));
    assert_eq!(calls.waiting(Some(MAIJA.consent(1)), 10).await.expect("rows"), [], "a page ends");
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    MAIJA.begins_fetch(&log, 2, 1);
    MAIJA.reads_window(&log, 2, 1, 4, 4);
    MAIJA.completes(&log, 2, 1, 4, 4);
    catch_up(&models, &log).await;
    let reading = calls.reading(MAIJA.consent(1)).await.expect("rows").expect("a reading");
    assert_eq!((reading.failures, reading.failed_at), (0, None));
    assert_eq!(reading.read_at, reading.started_at);
    let account = calls.account(MAIJA.user(), MAIJA.account(1)).await.expect("rows");
    let account = account.expect("it was read");
    assert_eq!((account.consent_id, account.whole_to), (MAIJA.consent(1), Some(day("2026-01-05"))));
    assert_eq!(calls.account(OLLI.user(), MAIJA.account(1)).await, Ok(None));
    MAIJA.revokes(&log, 1, EndedBy::Person);
    catch_up(&models, &log).await;
    assert_eq!(calls.waiting(None, 10).await.expect("rows"), []);
}

async fn an_erased_person_s_calls_are_gone(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    OLLI.lives(&log);
    MAIJA.is_erased(&log);
    catch_up(&models, &log).await;
    let calls = models.calls();
    assert_eq!(calls.since(MAIJA.consent(1), instant(0)).await.expect("rows"), []);
    assert_eq!(calls.reading(MAIJA.consent(1)).await, Ok(None));
    assert_eq!(calls.account(MAIJA.user(), MAIJA.account(1)).await, Ok(None));
    assert_ne!(calls.since(OLLI.consent(1), instant(0)).await.expect("rows"), []);
}

/// Balances of an account may be asked for before the account is noted under its consent.
async fn a_mistake_that_was_none_is_still_what_was_known(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    connected(&log);
    let longer = AuthorizationCreated {
        authorization_id: "authorization".to_owned(),
        expires_at: Some(instant(900 * 86_400)),
        answer_digest: String::new(),
        request_id: String::new(),
    };
    MAIJA.consent_event(&log, 1, ConsentEvent::AuthorizationCreated(longer));
    MAIJA.begins_fetch(&log, 1, 1);
    // After the consent was granted and before it ends.
    let sent_at = Some(log.all().last().expect("an event").recorded_at);
    let early = CallFailed {
        subject: Subject::Balances { account_id: MAIJA.account(1) },
        endpoint: "account_balances".to_owned(),
        sent_at,
        ..refused(1, 0)
    };
    let called = MAIJA.fetch_event(&log, 1, FetchEvent::CallFailed(early));
    catch_up(&models, &log).await;
    let found = models.exceptions().newest().await.expect("rows");
    assert_eq!(found.iter().map(|row| row.position).collect::<Vec<_>>(), [called]);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    let linked = log.len();
    MAIJA.pads(&log, 2);
    catch_up(&models, &log).await;
    assert_eq!(models.exceptions().newest().await.expect("rows"), []);
    for (position, expected) in [
        (called - 1, vec![]),
        (called, found.clone()),
        (linked - 1, found),
        (linked, vec![]),
        (log.len(), vec![]),
    ] {
        let known = models.exceptions().known_at(position).await.expect("rows");
        assert_eq!(known, expected, "at {position}");
    }
}
