//! What a person says of how their rows are to be read, and what becomes of the rows.

use domain::account::AccountEvent;
use domain::guidance::{GuidanceEvent, NoticeMuted, PayeeNamed, RulesAdopted};
use domain::rules::{Condition, Rule, RuleSet};
use domain::stream::{Category, StreamId};
use domain::transaction::Categorised;
use opl_projections::transactions::movements::Trial;
use opl_projections::{Projection, ReadModels};

use crate::changing::{begin, tell};
use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, observed};

on_both! {
    rules_read_what_comes_and_over_the_past_only_where_asked,
    corrections_teach_and_are_never_overwritten,
    a_rebuild_gives_the_same_rows_and_models,
}

const MAIJA: Person = Person(1);

fn say(log: &Log, event: GuidanceEvent) {
    log.append(StreamId::new(Category::Guidance, MAIJA.user().0), event);
}

fn lunch(version: u32, over_past: bool) -> GuidanceEvent {
    let rule = Rule {
        name: "Lounas".to_owned(),
        conditions: vec![Condition::TextHolds { words: "kulman".to_owned() }],
        category: "restaurants".to_owned(),
        stops: true,
    };
    let set = RuleSet { version, rules: vec![rule] };
    GuidanceEvent::RulesAdopted(RulesAdopted { set, over_past })
}

fn named(category: &str, over_past: bool) -> GuidanceEvent {
    let (payee, category) = ("kulman kioski".to_owned(), Some(category.to_owned()));
    GuidanceEvent::PayeeNamed(PayeeNamed { payee, category, over_past })
}

fn categorised(number: u128, category: Option<&str>) -> AccountEvent {
    let category = category.map(str::to_owned);
    AccountEvent::TransactionCategorised(Categorised {
        transaction_id: MAIJA.transaction(number),
        category,
    })
}

/// Category and reason of a row.
async fn row(models: &ReadModels, number: u128) -> (String, String) {
    let row = models.transactions().one(MAIJA.user(), MAIJA.transaction(number)).await;
    let row = row.expect("rows").expect("a row");
    (row.category, row.category_reason)
}

fn is(category: &str, reason: &str) -> (String, String) {
    (category.to_owned(), reason.to_owned())
}

async fn spent(models: &ReadModels, category: &str) -> i64 {
    let rows = models.spending().months(MAIJA.user(), "2026-01", "2026-12", None).await;
    let rows = rows.expect("rows");
    rows.iter().filter(|row| row.category == category).map(|row| row.amount.minor).sum()
}

fn kiosk(log: &Log, number: u128, minor: i64) {
    MAIJA.pays(log, 1, number, observed("2026-02-01", minor, "Kulman Kioski", ""));
}

async fn rules_read_what_comes_and_over_the_past_only_where_asked(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    MAIJA.pays(&log, 1, 1, observed("2026-01-30", -1_000, "Lidl Kulman", ""));
    catch_up(&models, &log).await;
    let before = row(&models, 1).await;
    assert_eq!(before, is("groceries", "name:lidl@1"));
    let trial = |version| match lunch(version, false) {
        GuidanceEvent::RulesAdopted(adopted) => Trial { rules: adopted.set, ..Trial::default() },
        _ => Trial::default(),
    };
    let difference = models.transactions().difference(MAIJA.user(), &trial(1)).await;
    let difference = difference.expect("a difference");
    assert_eq!((difference.rows, difference.of), (1, 1));
    let moved = ("groceries".to_owned(), "restaurants".to_owned());
    assert_eq!(difference.moves.get(&moved), Some(&1));
    assert_eq!(row(&models, 1).await, before);
    say(&log, lunch(1, false));
    MAIJA.pays(&log, 1, 2, observed("2026-02-02", -700, "Lidl Kulman", ""));
    catch_up(&models, &log).await;
    assert_eq!(row(&models, 1).await, before);
    assert_eq!(row(&models, 2).await, is("restaurants", "rule:Lounas@1"));
    say(&log, lunch(2, true));
    catch_up(&models, &log).await;
    assert_eq!(row(&models, 1).await, is("restaurants", "rule:Lounas@2"));
    assert_eq!(
        (spent(&models, "groceries").await, spent(&models, "restaurants").await),
        (0, 1_700)
    );
    let difference = models.transactions().difference(MAIJA.user(), &trial(2)).await;
    assert_eq!(difference.expect("a difference").rows, 0);
}

async fn corrections_teach_and_are_never_overwritten(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    kiosk(&log, 1, -400);
    tell(&log, categorised(1, Some("pets")));
    catch_up(&models, &log).await;
    kiosk(&log, 2, -500);
    catch_up(&models, &log).await;
    assert_eq!(row(&models, 1).await, is("pets", "person"));
    assert_eq!(row(&models, 2).await, is("pets", "before:kulman kioski"));
    say(&log, named("alcohol_tobacco", true));
    catch_up(&models, &log).await;
    assert_eq!(row(&models, 1).await, is("pets", "person"));
    assert_eq!(row(&models, 2).await, is("alcohol_tobacco", "payee:kulman kioski"));
    assert_eq!((spent(&models, "pets").await, spent(&models, "alcohol_tobacco").await), (400, 500));
    // What is taken back is forgotten.
    tell(&log, categorised(1, None));
    catch_up(&models, &log).await;
    assert_eq!(row(&models, 1).await, is("alcohol_tobacco", "payee:kulman kioski"));
}

async fn a_rebuild_gives_the_same_rows_and_models(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    for number in 1..=6 {
        kiosk(&log, number, -100 * i64::try_from(number).expect("small"));
        match number {
            2 => {
                tell(&log, categorised(1, Some("pets")));
            }
            3 => say(&log, lunch(1, true)),
            4 => {
                tell(&log, categorised(2, Some("groceries")));
                tell(&log, categorised(1, None));
            }
            5 => say(&log, named("beauty", false)),
            _ => {}
        }
        // The rows are the same however the events are cut into pages.
        catch_up(&models, &log).await;
    }
    let key = "double_charge:1".to_owned();
    say(&log, GuidanceEvent::NoticeMuted(NoticeMuted { key: key.clone(), muted: true }));
    catch_up(&models, &log).await;
    let muted = models.now().guidances().muted(MAIJA.user()).await.expect("rows");
    assert_eq!(muted.into_iter().collect::<Vec<_>>(), [key]);
    let before = [
        models.now().digest(Projection::Transactions).await.expect("a digest"),
        models.now().digest(Projection::Guidance).await.expect("a digest"),
    ];
    let again = Place::sqlite();
    let other = again.open(&log).await;
    catch_up(&other, &log).await;
    let after = [
        other.now().digest(Projection::Transactions).await.expect("a digest"),
        other.now().digest(Projection::Guidance).await.expect("a digest"),
    ];
    assert!(before == after);
    again.remove().await;
}
