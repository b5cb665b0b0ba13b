//! What a filter lets through, and what it leaves out.

use std::sync::Arc;

use domain::account::AccountEvent;
use domain::observed::{AccountKind, RowState};
use domain::transaction::{
    Amended, Categorised, Hidden, Noted, Reason, Split, SplitPart, Withdrawn,
};
use opl_projections::ReadModels;
use opl_projections::transactions::{Mark, TransactionFilter};

use crate::changing::{decision, evidence};
use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, day, euro, observed};

on_both! {
    every_part_of_a_filter_can_be_asked_for_and_excepted,
    what_is_hidden_counts_all_the_same,
    months_that_are_kept_say_what_counting_every_row_says,
}

const MAIJA: Person = Person(1);

fn all() -> TransactionFilter {
    TransactionFilter::default()
}

/// Five rows: groceries with a note, a pending restaurant, a split purchase, pets by her own choice,
/// and a hidden one.
async fn five_rows(place: &Place, log: &Arc<Log>) -> Arc<ReadModels> {
    let models = place.open(log).await;
    MAIJA.signs_up(log);
    MAIJA.opens(log, 1, 1, AccountKind::Current);
    MAIJA.pays(log, 1, 1, observed("2026-01-05", -1_200, "LIDL KAMPPI", ""));
    let mut reserved = observed("2026-02-06", -3_400, "RAVINTOLA SAAGA", "");
    reserved.state = RowState::Pending;
    MAIJA.pays(log, 1, 2, reserved);
    MAIJA.pays(log, 1, 3, observed("2026-02-07", -5_000, "KESKO", ""));
    MAIJA.pays(log, 1, 4, observed("2026-03-08", -700, "LIDL TURKU", ""));
    MAIJA.pays(log, 1, 5, observed("2026-03-09", 90_000, "PALKKA OY", ""));
    let transaction_id = |number| MAIJA.transaction(number);
    let category = |name: &str| Some(name.to_owned());
    let part =
        |minor, name| SplitPart { amount: euro(minor), category: category(name), note: None };
    let said = [
        AccountEvent::TransactionNoted(Noted {
            transaction_id: transaction_id(1),
            note: Some("for the party".to_owned()),
        }),
        AccountEvent::TransactionSplit(Split {
            transaction_id: transaction_id(3),
            parts: vec![part(-2_000, "pets"), part(-3_000, "health")],
        }),
        AccountEvent::TransactionCategorised(Categorised {
            transaction_id: transaction_id(4),
            category: category("pets"),
        }),
        AccountEvent::TransactionHidden(Hidden { transaction_id: transaction_id(5), hidden: true }),
    ];
    for event in said {
        log.append(MAIJA.account_stream(1), event);
    }
    catch_up(&models, log).await;
    models
}

/// The numbers of the rows that are let through, oldest first.
async fn let_through(models: &ReadModels, filter: &TransactionFilter) -> Vec<u128> {
    let page = models.transactions().page(MAIJA.user(), filter, 50, None).await.expect("a page");
    assert_eq!(page.rows.len() as u64, page.total_count);
    let months = models.transactions().buckets(MAIJA.user(), filter).await.expect("months");
    assert_eq!(months.iter().map(|month| month.count).sum::<u64>(), page.total_count);
    let number = |row: &opl_projections::transactions::TransactionRow| {
        (1..=5).find(|number| row.transaction_id == MAIJA.transaction(*number)).expect("a number")
    };
    page.rows.iter().map(number).rev().collect()
}

async fn every_part_of_a_filter_can_be_asked_for_and_excepted(place: &Place) {
    let log = Log::new();
    let models = five_rows(place, &log).await;
    let marked = |mark| TransactionFilter { marks: vec![mark], ..all() };
    let words = |text: &str| TransactionFilter { search: Some(text.to_owned()), ..all() };
    let categories = |names: &[&str]| TransactionFilter {
        categories: names.iter().map(|name| (*name).to_owned()).collect(),
        ..all()
    };
    let cases: Vec<(TransactionFilter, Vec<u128>)> = vec![
        (marked(Mark::Pending), vec![2]),
        (marked(Mark::Noted), vec![1]),
        (marked(Mark::Split), vec![3]),
        (marked(Mark::Chosen), vec![4]),
        (marked(Mark::Doubted), vec![]),
        (marked(Mark::Withdrawn), vec![]),
        (TransactionFilter { hidden: Some(true), ..all() }, vec![5]),
        (words("lidl"), vec![1, 4]),
        (words("lidl party"), vec![1]),
        (categories(&["pets", "health"]), vec![3, 4]),
        (TransactionFilter { minimum_minor: Some(3_401), ..all() }, vec![3, 5]),
        (TransactionFilter { maximum_minor: Some(1_200), ..all() }, vec![1, 4]),
        (
            TransactionFilter {
                from: Some(day("2026-02-01")),
                to: Some(day("2026-02-28")),
                ..all()
            },
            vec![2, 3],
        ),
    ];
    for (filter, expected) in &cases {
        assert_eq!(let_through(&models, filter).await, *expected, "{filter:?}");
        // What a filter excepts is exactly what it would let through.
        let others: Vec<u128> = (1..=5).filter(|number| !expected.contains(number)).collect();
        let except = TransactionFilter { except: vec![filter.clone()], ..all() };
        assert_eq!(let_through(&models, &except).await, others, "except {filter:?}");
    }
    let both =
        TransactionFilter { except: vec![words("turku"), marked(Mark::Noted)], ..words("lidl") };
    assert_eq!(let_through(&models, &both).await, Vec::<u128>::new());
    let nothing = TransactionFilter { except: vec![all()], ..all() };
    assert_eq!(let_through(&models, &nothing).await, [1, 2, 3, 4, 5], "nothing is excepted");
}

async fn what_is_hidden_counts_all_the_same(place: &Place) {
    let log = Log::new();
    let models = five_rows(place, &log).await;
    let transactions = models.transactions();
    let shown = TransactionFilter { hidden: Some(false), ..all() };
    assert_eq!(let_through(&models, &shown).await, [1, 2, 3, 4]);
    let months = transactions.buckets(MAIJA.user(), &all()).await.expect("months");
    assert_eq!(months[0].inflow, [euro(90_000)]);
    let of = |number| MAIJA.transaction(number);
    let two = transactions.several(MAIJA.user(), &[of(5), of(1), of(77)]).await.expect("rows");
    assert_eq!(two.iter().map(|row| row.hidden).collect::<Vec<_>>(), [false, true]);
    let strangers = transactions.several(Person(2).user(), &[of(1)]).await.expect("rows");
    assert!(strangers.is_empty(), "another person's rows");
    let event = AccountEvent::TransactionHidden(Hidden { transaction_id: of(5), hidden: false });
    log.append(MAIJA.account_stream(1), event);
    catch_up(&models, &log).await;
    assert_eq!(let_through(&models, &shown).await, [1, 2, 3, 4, 5]);
    let days = [day("2026-01-05"), day("2026-12-31")];
    let sums = transactions.booked_after(MAIJA.user(), MAIJA.account(1), days).await;
    assert_eq!(sums, Ok([-5_000 - 700 + 90_000, 0]), "the pending one is not booked");
    let days = [day("2025-01-01"), day("2026-01-05")];
    let sums = transactions.booked_after(MAIJA.user(), MAIJA.account(1), days).await;
    assert_eq!(sums.map(|[_, later]| later), Ok(-5_000 - 700 + 90_000));
}

async fn months_that_are_kept_say_what_counting_every_row_says(place: &Place) {
    let log = Log::new();
    let models = five_rows(place, &log).await;
    let transaction_id = MAIJA.transaction(3);
    MAIJA.opens(&log, 2, 1, AccountKind::Savings);
    MAIJA.pays(&log, 2, 6, observed("2026-02-28", 5_000, "MAIJA", "saving"));
    let moved = observed("2026-04-01", -5_100, "KESKO", "");
    let amended = AccountEvent::TransactionAmended(Amended {
        transaction_id,
        observed: moved,
        evidence: evidence(2),
        decision: decision(&[Reason::SameReference]),
    });
    let withdrawn = AccountEvent::TransactionWithdrawn(Withdrawn {
        transaction_id: MAIJA.transaction(1),
        fetch_id: MAIJA.fetch(2),
        decision: decision(&[Reason::Missing { windows: 3 }]),
    });
    let shown = AccountEvent::TransactionHidden(Hidden {
        transaction_id: MAIJA.transaction(5),
        hidden: false,
    });
    let hidden = AccountEvent::TransactionHidden(Hidden {
        transaction_id: MAIJA.transaction(4),
        hidden: true,
    });
    for event in [amended, withdrawn, shown, hidden] {
        log.append(MAIJA.account_stream(1), event);
        catch_up(&models, &log).await;
        let days = |from, to| TransactionFilter { from, to, ..all() };
        let filters = [
            all(),
            TransactionFilter { hidden: Some(false), ..all() },
            TransactionFilter { hidden: Some(true), ..all() },
            TransactionFilter { account_id: Some(MAIJA.account(2)), ..all() },
            days(Some(day("2026-02-01")), Some(day("2026-02-28"))),
            days(Some(day("2026-02-01")), None),
            days(None, Some(day("2026-03-31"))),
            days(None, Some(day("2026-03-08"))),
        ];
        for filter in filters {
            // Every row is of nothing or more, but of amounts the months know nothing.
            let one_by_one = TransactionFilter { minimum_minor: Some(0), ..filter.clone() };
            let transactions = models.transactions();
            let kept = transactions.buckets(MAIJA.user(), &filter).await.expect("months");
            let counted = transactions.buckets(MAIJA.user(), &one_by_one).await.expect("months");
            assert_eq!(kept, counted, "{filter:?}");
            let page = transactions.page(MAIJA.user(), &filter, 50, None).await.expect("a page");
            assert_eq!(page.total_count, page.rows.len() as u64, "{filter:?}");
        }
    }
}
