//! Which booked row a pending transaction became.

use super::*;

/// A history of a bank that has booked so many purchases on the next day.
fn moving_bank() -> History {
    let mut history = History::default();
    for purchase in 0..6 {
        let minor = -1_234 - purchase * 77;
        let on = 1 + purchase * 2;
        history.whole(&[pending(on, minor, "KAUPPA")]);
        history.whole(&[row(Some(&format!("A{purchase}")), on + 1, minor, "KAUPPA")]);
    }
    assert_eq!(history.counted(), 6);
    history
}

#[test]
fn an_odd_amount_that_nothing_else_bears_is_booked_though_pending_rows_were_refused() {
    let mut history = History::default();
    history.whole(&[row(None, 1, -500, "KIOSKI"), pending(10, -5_767, "HUOLTAMO")]);
    let rows = [row(None, 1, -500, "KIOSKI"), row(None, 12, -5_767, "HUOLTAMO")];
    let events = history.read(1, 14, false, &rows);
    assert_eq!(kinds(&events), ["settled"]);
    assert_eq!(history.sum(), -6_267);
}

#[test]
fn an_odd_amount_is_booked_beside_its_announcement() {
    let mut history = History::default();
    let announced = pending(10, -5_767, "HUOLTAMO");
    history.whole(&[row(None, 1, -500, "KIOSKI"), announced.clone()]);
    let rows = [row(None, 1, -500, "KIOSKI"), announced, row(None, 10, -5_767, "HUOLTAMO")];
    history.whole(&rows);
    assert_eq!(history.sum(), -6_267);
    assert!(history.standing(Standing::Doubted).is_empty());
}

#[test]
fn a_round_amount_that_may_still_be_pending_is_asked_about() {
    let mut history = History::default();
    let named =
        |name: &str, row| ObservedTransaction { bank_reference: Some(name.to_owned()), ..row };
    history.whole(&[row(None, 5, -2_000, "LOUNAS"), named("P1", pending(10, -2_000, "LOUNAS"))]);
    let rows = [row(None, 5, -2_000, "LOUNAS"), named("B7", row(None, 12, -2_000, "LOUNAS"))];
    let events = history.read(1, 14, false, &rows);
    assert_eq!(kinds(&events), ["doubted"]);
}

#[test]
fn of_equal_purchases_that_moved_the_first_is_the_first() {
    let mut history = moving_bank();
    let known: Vec<_> = history.known.rows().iter().map(|row| row.observed.clone()).collect();
    let with = |more: &[ObservedTransaction]| [known.as_slice(), more].concat();
    history.whole(&with(&[pending(30, -390, "KAHVILA"), pending(31, -390, "KAHVILA")]));
    let booked = [row(Some("B1"), 33, -390, "KAHVILA"), row(Some("B2"), 34, -390, "KAHVILA")];
    let events = history.whole(&with(&booked));
    assert_eq!(kinds(&events), ["settled", "settled"]);
    assert_eq!(history.counted(), 8);
    let first = history.known.rows().iter().find(|row| row.match_key.contains("2026-01-30"));
    assert_eq!(first.expect("the first").observed.booking_date, day(33));
}

#[test]
fn of_equal_purchases_one_that_may_have_kept_its_day_is_asked_about() {
    let mut history = moving_bank();
    let known: Vec<_> = history.known.rows().iter().map(|row| row.observed.clone()).collect();
    let with = |more: &[ObservedTransaction]| [known.as_slice(), more].concat();
    history.whole(&with(&[pending(30, -390, "KAHVILA"), pending(32, -390, "KAHVILA")]));
    let booked = [row(Some("B1"), 32, -390, "KAHVILA"), row(Some("B2"), 33, -390, "KAHVILA")];
    let events = history.whole(&with(&booked));
    assert_eq!(kinds(&events), ["doubted", "doubted"]);
}

#[test]
fn what_is_in_doubt_while_it_is_pending_is_booked_by_its_row() {
    let mut history = History::default();
    let named =
        |name: &str, row| ObservedTransaction { bank_reference: Some(name.to_owned()), ..row };
    let announced = [
        named("P1", pending(10, -5_767, "HUOLTAMO")),
        named("P2", pending(10, -5_767, "HUOLTAMO")),
    ];
    history.whole(&announced);
    let doubted = history.standing(Standing::Doubted).len();
    assert_eq!(doubted, 1);
    let rows = [row(Some("B1"), 10, -5_767, "HUOLTAMO"), row(Some("B2"), 10, -5_767, "HUOLTAMO")];
    history.whole(&rows);
    let held = history.standing(Standing::Doubted);
    assert!(held.len() <= 1, "one question, not two: {held:?}");
    assert_eq!(history.known.rows().len(), 2, "no row beside the two that were known");
}
