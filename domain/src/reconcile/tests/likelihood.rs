//! Where something else may have been bought, a person is asked.

use super::*;

const CARD: &str = "KORTTIOSTO ALEPA HAKANIEMI FI";

/// A bank that books on the day a purchase bears, as far as that was seen.
fn keeping_bank() -> (History, Vec<ObservedTransaction>) {
    let mut history = History::default();
    history.whole(&[pending(2, -1_234, "KAUPPA")]);
    let past = vec![row(Some("A1"), 1, -1_399, "ELOKUVAT"), row(Some("A2"), 2, -1_234, "KAUPPA")];
    history.whole(&past);
    (history, past)
}

/// What becomes of an announcement of the 31st day when a row of a later day bears its amount.
fn booked_after(days: i64) -> Vec<&'static str> {
    let (mut history, mut past) = keeping_bank();
    let announced = pending(31, -1_399, "ELOKUVAT");
    history.whole(&[past.as_slice(), &[announced]].concat());
    past.push(row(Some("A3"), 31 + days, -1_399, "ELOKUVAT"));
    kinds(&history.whole(&past))
}

#[test]
fn what_is_booked_days_later_where_days_were_kept_may_be_another_attempt() {
    assert_eq!(booked_after(3), ["settled"], "after a weekend");
    assert_eq!(booked_after(4), ["doubted"]);
}

/// What becomes of an announcement of a card purchase that is gone, beside a row of another amount.
fn booked_as(announced: i64, after: i64, booked: i64, text: &str) -> Vec<&'static str> {
    let mut history = History::default();
    history.whole(&[row(None, 1, -500, "KIOSKI"), pending(10, announced, CARD)]);
    kinds(&history.whole(&[row(None, 1, -500, "KIOSKI"), row(None, 10 + after, booked, text)]))
}

#[test]
fn another_amount_of_a_purchase_that_shares_only_the_words_of_every_card_is_asked_about() {
    assert_eq!(booked_as(-3_220, 0, -3_456, CARD), ["settled"]);
    let other = "KORTTIOSTO SJ AB STOCKHOLM FI";
    assert_eq!(booked_as(-3_220, 0, -3_456, other), ["doubted"]);
}

#[test]
fn much_less_than_was_announced_is_asked_about_unless_a_round_sum_was_reserved() {
    assert_eq!(booked_as(-2_815, 2, -2_310, CARD), ["doubted"]);
    assert_eq!(booked_as(-2_815, 2, -2_740, CARD), ["settled"], "a correction, or a rate");
    assert_eq!(booked_as(-3_000, 2, -2_310, CARD), ["settled"], "of a hold less is used");
}

#[test]
fn what_was_asked_stays_asked_while_the_row_of_the_next_day_may_be_it() {
    let mut history = History::default();
    let mut past = Vec::new();
    for purchase in 0..6 {
        let (on, minor) = (1 + purchase * 2, -1_234 - purchase * 77);
        history.whole(&[past.as_slice(), &[pending(on, minor, "KAUPPA")]].concat());
        past.push(row(Some(&format!("A{purchase}")), on + 1, minor, "KAUPPA"));
        history.whole(&past);
    }
    history.whole(&[past.as_slice(), &[pending(30, -390, "KAHVILA")]].concat());
    past.extend([row(Some("B1"), 31, -390, "KAHVILA"), row(Some("B2"), 33, -390, "KAHVILA")]);
    let events = history.read(1, 40, false, &past);
    assert_eq!(kinds(&events), ["doubted", "doubted"], "it may be out of sight still");
    for _ in 0..2 {
        let events = history.whole(&past);
        assert!(!kinds(&events).contains(&"resolved"), "{events:?}");
    }
    assert_eq!(history.standing(Standing::Doubted).len(), 2);
}
