//! An account that its person took out of sight is nowhere and counts in nothing, and comes back whole.

use domain::account::{AccountEvent, BroughtBack, PutAway};
use domain::observed::AccountKind;
use domain::transaction::{Categorised, Split, SplitPart};
use opl_projections::transactions::TransactionFilter;
use opl_projections::{Projection, ReadModels};

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, euro, observed};

on_both! {
    an_account_out_of_sight_is_nowhere_and_comes_back_whole,
    an_erasure_finds_what_is_out_of_sight,
}

const MAIJA: Person = Person(1);

fn put_away() -> AccountEvent {
    AccountEvent::PutAway(PutAway { account_id: MAIJA.account(1) })
}

fn brought_back() -> AccountEvent {
    AccountEvent::BroughtBack(BroughtBack { account_id: MAIJA.account(1) })
}

/// Two accounts; on the first a split row and one with a category of her own.
fn begin(log: &Log) {
    MAIJA.signs_up(log);
    MAIJA.opens(log, 1, 1, AccountKind::Current);
    MAIJA.opens(log, 2, 1, AccountKind::Savings);
    MAIJA.pays(log, 1, 1, observed("2026-01-05", -1_200, "LIDL KAMPPI", ""));
    MAIJA.pays(log, 1, 2, observed("2026-02-07", -5_000, "KESKO", ""));
    MAIJA.pays(log, 2, 3, observed("2026-02-09", -300, "LIDL TURKU", ""));
    let part = |minor, category: &str| SplitPart {
        amount: euro(minor),
        category: Some(category.to_owned()),
        note: None,
    };
    let split = Split {
        transaction_id: MAIJA.transaction(2),
        parts: vec![part(-2_000, "pets"), part(-3_000, "health")],
    };
    log.append(MAIJA.account_stream(1), AccountEvent::TransactionSplit(split));
    let chosen = Categorised {
        transaction_id: MAIJA.transaction(1),
        category: Some("travel_agency".to_owned()),
    };
    log.append(MAIJA.account_stream(1), AccountEvent::TransactionCategorised(chosen));
}

/// Accounts, rows, rows by the months, rows of a search, and money out by category.
async fn seen(models: &ReadModels) -> (usize, u64, u64, u64, Vec<(String, i64)>) {
    let (user, all) = (MAIJA.user(), TransactionFilter::default());
    let words = TransactionFilter { search: Some("l".to_owned()), ..all.clone() };
    let transactions = models.transactions();
    let months = transactions.buckets(user, &all).await.expect("months");
    let spent = models.spending().months(user, "2000-01", "2099-12", None).await.expect("sums");
    (
        models.accounts().list(user).await.expect("accounts").len(),
        transactions.count(user, &all).await.expect("a count"),
        months.iter().map(|month| month.count).sum(),
        transactions.page(user, &words, 9, None).await.expect("a page").total_count,
        spent.into_iter().map(|row| (row.category, row.amount.minor)).collect(),
    )
}

async fn everything(models: &ReadModels) -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    for projection in Projection::ALL {
        found.push(models.digest(projection.name()).await.expect("a digest"));
    }
    found
}

async fn an_account_out_of_sight_is_nowhere_and_comes_back_whole(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    catch_up(&models, &log).await;
    let before = seen(&models).await;
    assert_eq!((before.0, before.1, before.2, before.3), (2, 3, 3, 2));
    assert_eq!(before.4.len(), 4);
    log.append(MAIJA.account_stream(1), put_away());
    catch_up(&models, &log).await;
    let (accounts, rows, by_month, found, spent) = seen(&models).await;
    assert_eq!((accounts, rows, by_month, found), (1, 1, 1, 1));
    assert_eq!(spent, [("groceries".to_owned(), 300)]);
    let one = models.transactions().one(MAIJA.user(), MAIJA.transaction(2)).await;
    assert_eq!(one.expect("a row"), None, "not even by its identifier");
    // What comes back is told of in the page that brings it back.
    log.append(MAIJA.account_stream(1), brought_back());
    MAIJA.pays(&log, 1, 4, observed("2026-02-11", -800, "LIDL KAMPPI", ""));
    catch_up(&models, &log).await;
    let after = seen(&models).await;
    assert_eq!((after.0, after.1, after.2, after.3), (2, 4, 4, 3));
    let live = everything(&models).await;
    models.rebuild(None, |_| {}).await.expect("a rebuild");
    assert_eq!(everything(&models).await, live, "event by event as all in one page");
}

async fn an_erasure_finds_what_is_out_of_sight(place: &Place) {
    let (log, bare) = (Log::new(), Log::new());
    begin(&log);
    log.append(MAIJA.account_stream(1), put_away());
    MAIJA.is_erased(&log);
    MAIJA.pads(&bare, log.len());
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    let other = Place::sqlite();
    let without = other.open(&bare).await;
    catch_up(&without, &bare).await;
    for name in ["accounts", "transactions", "coverage", "reviews"] {
        let left = models.digest(name).await.expect("a digest");
        assert_eq!(left, without.digest(name).await.expect("a digest"), "{name}");
    }
    other.remove().await;
}
