//! Pending transactions of which the same is bought again and again.

use super::*;

/// A bank that now and then books on another day than a purchase bears, and its past rows.
fn moving_bank() -> (History, Vec<ObservedTransaction>) {
    let mut history = History::default();
    for purchase in 0..6 {
        let (minor, on) = (-1_234 - purchase * 77, 1 + purchase * 2);
        history.whole(&[pending(on, minor, "KAUPPA")]);
        history.whole(&[row(Some(&format!("A{purchase}")), on + 1, minor, "KAUPPA")]);
    }
    let past = history.known.rows().iter().map(|row| row.observed.clone()).collect();
    (history, past)
}

fn with(past: &[ObservedTransaction], more: &[ObservedTransaction]) -> Vec<ObservedTransaction> {
    [past, more].concat()
}

#[test]
fn what_is_gone_and_shown_booked_on_its_own_day_is_booked_though_days_move() {
    let (mut history, mut past) = moving_bank();
    past.push(row(Some("B0"), 20, -390, "KAHVILA"));
    history.whole(&past);
    history.whole(&with(&past, &[pending(30, -390, "KAHVILA")]));
    let events = history.whole(&with(&past, &[row(Some("B1"), 30, -390, "KAHVILA")]));
    assert_eq!(kinds(&events), ["settled"]);
}

#[test]
fn where_days_move_and_two_wait_it_is_asked_which() {
    let (mut history, past) = moving_bank();
    let announced = [pending(29, -390, "KAHVILA"), pending(30, -390, "KAHVILA")];
    history.whole(&with(&past, &announced));
    let booked = with(&past, &[row(Some("B1"), 30, -390, "KAHVILA")]);
    let events = history.whole(&booked);
    assert!(kinds(&events).contains(&"doubted"), "the first may have moved: {events:?}");
    assert_eq!(history.counted(), 8, "neither is lost, and nothing counts twice");
}

#[test]
fn the_second_look_tells_though_another_row_is_shown_twice() {
    let (mut history, mut past) = moving_bank();
    past.push(row(Some("K1"), 20, -500, "KIOSKI"));
    history.whole(&past);
    past.push(row(Some("K2"), 20, -500, "KIOSKI"));
    let announced = [pending(29, -390, "KAHVILA"), pending(30, -390, "KAHVILA")];
    history.whole(&with(&past, &announced));
    let booked = row(Some("B1"), 30, -390, "KAHVILA");
    let events = history.whole(&with(&past, std::slice::from_ref(&booked)));
    assert_eq!(kinds(&events), ["doubted"], "which of two coffees");
    let events = history.whole(&with(&past, &[announced[0].clone(), booked]));
    assert!(kinds(&events).contains(&"resolved"), "the other one is there again: {events:?}");
}

#[test]
fn in_part_of_a_window_one_of_two_equal_announcements_is_booked() {
    let mut history = History::default();
    let past = [row(None, 1, -390, "KAHVILA"), row(None, 2, -390, "KAHVILA")];
    let announced = [pending(10, -390, "KAHVILA"), pending(10, -390, "KAHVILA")];
    history.whole(&with(&past, &announced));
    let events = history.read(1, 14, false, &with(&past, &[row(None, 10, -390, "KAHVILA")]));
    assert_eq!(kinds(&events), ["settled"]);
    assert_eq!(history.counted(), 4, "the other one still waits");
}

#[test]
fn what_moved_alone_is_booked_though_the_same_is_bought_again() {
    let (mut history, mut past) = moving_bank();
    past.push(row(Some("B0"), 20, -390, "KAHVILA"));
    history.whole(&past);
    history.whole(&with(&past, &[pending(30, -390, "KAHVILA")]));
    let events = history.whole(&with(&past, &[row(Some("B1"), 33, -390, "KAHVILA")]));
    assert_eq!(kinds(&events), ["settled"]);
}

#[test]
fn in_part_of_a_window_the_second_look_tells() {
    let mut history = History::default();
    let past = [row(None, 1, -390, "KAHVILA"), row(None, 2, -390, "KAHVILA")];
    let named =
        |name: &str, row| ObservedTransaction { bank_reference: Some(name.to_owned()), ..row };
    history.whole(&with(&past, &[named("P1", pending(10, -390, "KAHVILA"))]));
    let booked = with(&past, &[named("B7", row(None, 10, -390, "KAHVILA"))]);
    let mut events = history.read(1, 14, false, &booked);
    if kinds(&events) == ["doubted"] {
        events = history.read(1, 14, false, &booked);
    }
    assert!(kinds(&events).contains(&"settled"), "{events:?}");
}

#[test]
fn a_round_hold_is_booked_with_what_was_used_though_the_words_are_cut() {
    let mut history = History::default();
    let past = [row(None, 1, -500, "KIOSKI")];
    history.whole(&with(&past, &[pending(10, -13_000, "VARAUS NESTE K RUSK 558")]));
    let booked = row(None, 10, -5_767, "KORTTIOSTO NESTE K RUSKEASUO FI");
    let events = history.whole(&with(&past, &[booked]));
    assert_eq!(kinds(&events), ["settled"]);
    assert_eq!(history.sum(), -6_267);
}

#[test]
fn what_a_person_wrote_on_is_booked_at_the_second_look_if_nothing_else_could_be() {
    let (mut history, mut past) = moving_bank();
    past.push(row(Some("B0"), 20, -390, "KAHVILA"));
    let earlier = pending(28, -390, "KAHVILA");
    history.whole(&with(&past, &[earlier.clone(), pending(30, -390, "KAHVILA")]));
    let noted = history.known.rows().iter().find(|known| known.observed.booking_date == day(30));
    let noted = noted.expect("it was announced").transaction_id;
    for event in
        review::note(history.known.rows(), noted, Some("with Aino".to_owned())).expect("a note")
    {
        history.known.apply(&event);
    }
    let booked = row(Some("B1"), 30, -390, "KAHVILA");
    let events = history.whole(&with(&past, std::slice::from_ref(&booked)));
    assert_eq!(kinds(&events), ["doubted"], "the first may have moved");
    let events = history.whole(&with(&past, &[earlier, booked]));
    assert!(kinds(&events).contains(&"resolved"), "the first is there again: {events:?}");
    let known = history.known.get(noted).expect("it is known");
    assert_eq!(known.observed.state, RowState::Booked, "and its note is with it");
}

/// A bank that leaves announcements beside what was booked of them, and what it shows.
fn leaving_bank() -> (History, Vec<ObservedTransaction>) {
    let mut history = History::default();
    let mut shown = Vec::new();
    for purchase in 0..4 {
        let (minor, on) = (-1_234 - purchase * 77, 1 + purchase * 2);
        shown.push(pending(on, minor, "KAUPPA"));
        history.whole(&shown);
        shown.push(row(None, on, minor, "KAUPPA"));
        history.whole(&shown);
    }
    (history, shown)
}

#[test]
fn the_only_row_beside_the_only_announcement_of_a_day_is_its_own_though_the_same_was_bought() {
    let (mut history, mut shown) = leaving_bank();
    shown.push(row(None, 20, -390, "KAHVILA"));
    history.whole(&shown);
    shown.push(pending(30, -390, "KAHVILA"));
    history.whole(&shown);
    let counted = history.counted();
    shown.push(row(None, 30, -390, "KAHVILA"));
    let events = history.whole(&shown);
    assert_eq!((kinds(&events), history.counted()), (vec!["settled"], counted));
}

#[test]
fn beside_an_announcement_of_another_name_it_is_asked() {
    let (mut history, mut shown) = leaving_bank();
    let named =
        |name: &str, row| ObservedTransaction { bank_reference: Some(name.to_owned()), ..row };
    shown.push(row(None, 20, -390, "KAHVILA"));
    shown.push(named("P1", pending(30, -390, "KAHVILA")));
    history.whole(&shown);
    shown.push(named("B2", row(None, 30, -390, "KAHVILA")));
    assert_eq!(kinds(&history.whole(&shown)), ["doubted"], "two names may be two purchases");
}
