//! Pages of transactions: every row once, in order, whatever the page size and the filter.

use chrono::Days;
use domain::observed::AccountKind;
use opl_projections::ReadModels;
use opl_projections::transactions::{Cursor, MOST_ROWS, TransactionFilter, TransactionRow};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, day, observed};

on_both! {
    every_row_comes_once_and_in_order,
    a_row_recorded_between_two_pages_moves_no_other,
    a_cursor_is_what_was_given_or_nothing,
}

const MAIJA: Person = Person(1);

async fn walk(models: &ReadModels, filter: &TransactionFilter, size: u32) -> Vec<TransactionRow> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page =
            models.transactions().page(MAIJA.user(), filter, size, after).await.expect("a page");
        assert!(page.rows.len() <= size as usize);
        assert_eq!(page.has_next, rows.len() + page.rows.len() < page.total_count as usize);
        after = page.rows.last().map(TransactionRow::cursor);
        rows.extend(page.rows);
        if !page.has_next {
            return rows;
        }
    }
}

fn days_later(days: u64) -> String {
    (day("2026-01-01") + Days::new(days)).to_string()
}

async fn every_row_comes_once_and_in_order(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.requests(&log, 1);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    MAIJA.opens(&log, 2, 1, AccountKind::Card);
    let mut runner = TestRunner::deterministic();
    // Few days and many rows, so that days are shared and pages end within them.
    let rows = proptest::collection::vec((1_u128..3, 0_u64..60, -50_i64..50), 150..160);
    let rows = rows.new_tree(&mut runner).expect("rows").current();
    for (number, (account, later, minor)) in rows.iter().enumerate() {
        let row = observed(&days_later(*later), *minor, "Somebody", "");
        MAIJA.pays(&log, *account, number as u128, row);
    }
    catch_up(&models, &log).await;
    let cases = (1_u32..60, proptest::option::of(1_u128..3), proptest::option::of(0_u64..60));
    for _ in 0..24 {
        let (size, account, from) = cases.new_tree(&mut runner).expect("a case").current();
        let filter = TransactionFilter {
            account_id: account.map(|account| MAIJA.account(account)),
            from: from.map(|from| day(&days_later(from))),
            ..TransactionFilter::default()
        };
        let walked = walk(&models, &filter, size).await;
        let expected = rows
            .iter()
            .filter(|(of, later, _)| {
                account.is_none_or(|account| account == *of)
                    && from.is_none_or(|from| *later >= from)
            })
            .count();
        assert_eq!(walked.len(), expected, "pages of {size}");
        assert!(
            walked.windows(2).all(|pair| {
                (pair[0].booking_date, pair[0].position) > (pair[1].booking_date, pair[1].position)
            }),
            "pages of {size}"
        );
        // The months say the same as the pages.
        let buckets = models.transactions().buckets(MAIJA.user(), &filter).await.expect("months");
        let mut by_month = Vec::new();
        for bucket in &buckets {
            let rows = models
                .transactions()
                .in_month(MAIJA.user(), &bucket.month, 0, MOST_ROWS, &filter)
                .await
                .expect("a month");
            assert_eq!(rows.len() as u64, bucket.count);
            by_month.extend(rows);
        }
        assert_eq!(by_month, walked);
    }
}

async fn a_row_recorded_between_two_pages_moves_no_other(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.requests(&log, 1);
    MAIJA.opens(&log, 1, 1, AccountKind::Current);
    for number in 0..10 {
        MAIJA.pays(&log, 1, number, observed("2026-01-05", -1, "Somebody", ""));
    }
    catch_up(&models, &log).await;
    let all = TransactionFilter::default();
    let transactions = models.transactions();
    let first = transactions.page(MAIJA.user(), &all, 4, None).await.expect("a page");
    MAIJA.pays(&log, 1, 10, observed("2026-01-06", -1, "Somebody", ""));
    catch_up(&models, &log).await;
    let cursor = first.rows.last().map(TransactionRow::cursor);
    let second = transactions.page(MAIJA.user(), &all, 50, cursor).await.expect("a page");
    assert_eq!(first.rows.len() + second.rows.len(), 10);
}

async fn a_cursor_is_what_was_given_or_nothing(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    catch_up(&models, &log).await;
    let rows = walk(&models, &TransactionFilter::default(), 2).await;
    for row in rows {
        assert_eq!(row.cursor().to_string().parse(), Ok(row.cursor()));
    }
    for text in ["", "2026-01-05", "2026-13-05.1", "2026-01-05.-1", "1.2026-01-05", "x.y"] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}
