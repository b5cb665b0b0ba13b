//! Counts and words of a person: what is bought once is counted once, and who was asked is believed.

use super::*;
use crate::reconcile::review;
use crate::transaction::Verdict;

/// Something that keeps a window from ending where the row of interest stands.
fn with(more: &[ObservedTransaction]) -> Vec<ObservedTransaction> {
    let ends = [row(None, 1, -77_700, "VUOKRA"), row(None, 70, 250_000, "PALKKA")];
    [&ends[..], more].concat()
}

fn named(name: &str, row: ObservedTransaction) -> ObservedTransaction {
    ObservedTransaction { bank_reference: Some(name.to_owned()), ..row }
}

fn coffee(on: i64) -> ObservedTransaction {
    row(None, on, -420, "KAHVILA")
}

impl History {
    fn person(&mut self, events: Result<Vec<AccountEvent>, review::Refusal>) {
        for event in events.expect("it is allowed") {
            self.known.apply(&event);
        }
    }

    fn joins(&mut self, stays: TransactionId, goes: TransactionId) {
        let events = review::merge(self.known.rows(), stays, goes);
        self.person(events);
    }

    fn answers(&mut self, verdict: Verdict) {
        let doubted = self.standing(Standing::Doubted)[0].transaction_id;
        let events = review::resolve(self.known.rows(), doubted, verdict);
        self.person(events);
    }

    fn ids(&self, on: i64, minor: i64) -> Vec<TransactionId> {
        let rows = self.known.rows().iter();
        let rows = rows.filter(|row| {
            row.observed.booking_date == day(on) && row.observed.amount.minor == minor
        });
        rows.map(|row| row.transaction_id).collect()
    }

    fn of(&self, id: TransactionId) -> &KnownRow {
        self.known.get(id).expect("it is known")
    }
}

#[test]
fn of_equal_ones_that_is_moved_of_which_a_reading_says_the_other_day() {
    let mut history = History::default();
    let equal = [coffee(20), coffee(20), coffee(20), coffee(20)];
    history.whole(&with(&[&equal[..], &[coffee(21)]].concat()));
    let (ids, moved) = (history.ids(20, -420), history.ids(21, -420)[0]);
    history.joins(ids[0], moved);
    history.joins(ids[1], ids[3]);
    let events = history.whole(&with(&[coffee(20), coffee(20), coffee(21)]));
    assert_eq!(kinds(&events), ["amended"], "a reading that says the same is no other reading");
    assert_eq!(history.of(ids[0]).observed.booking_date, day(21));
}

#[test]
fn a_joined_row_that_is_called_otherwise_says_nothing_of_the_names_of_others() {
    let habits = IdentifierHabits {
        reference_kept: 39,
        reference_changed: 3,
        ..IdentifierHabits::default()
    };
    let mut history = History { habits, ..History::default() };
    history.whole(&with(&[named("N1", coffee(10)), named("N2", coffee(30))]));
    let (goes, stays) = (history.ids(10, -420)[0], history.ids(30, -420)[0]);
    history.joins(stays, goes);
    let corrected = named("N2", row(None, 30, -412, "KAHVILA"));
    let events = history.whole(&with(&[named("M1", coffee(10)), corrected]));
    assert_eq!(kinds(&events), ["amended"]);
    assert_eq!(history.of(stays).observed.amount.minor, -412);
    assert_eq!(history.of(goes).same_as, Some(stays));
}

#[test]
fn what_was_in_doubt_says_what_its_transaction_became_and_what_was_joined_does_not() {
    let mut history = History::default();
    history.whole(&with(&[coffee(20)]));
    let first = history.ids(20, -420)[0];
    history.read(1, 90, false, &with(&[coffee(22)]));
    history.answers(Verdict::SameAs { transaction_id: first });
    assert_eq!(kinds(&history.read(1, 90, false, &with(&[coffee(22)]))), ["amended"]);
    assert_eq!(history.of(first).observed.booking_date, day(22));

    let mut history = History::default();
    history.whole(&with(&[coffee(20), coffee(22)]));
    let (first, second) = (history.ids(20, -420)[0], history.ids(22, -420)[0]);
    history.joins(first, second);
    assert_eq!(history.read(1, 90, false, &with(&[coffee(22)])), []);
    assert_eq!(history.of(first).observed.booking_date, day(20));
}

#[test]
fn a_tip_beside_its_announcement_is_asked_about_until_the_bank_is_known() {
    let mut history = History::default();
    let announced = pending(20, -7_935, "VARAUS RAVINTOLA SA 527");
    let booked = row(Some("B1"), 20, -9_523, "RAVINTOLA SAVOTTA");
    history.whole(&with(&[announced, booked]));
    assert_eq!((history.counted(), history.standing(Standing::Doubted).len()), (3, 1));
}

#[test]
fn a_row_worded_anew_is_not_the_booking_of_another_that_is_gone() {
    let mut history = History::default();
    history.whole(&with(&[pending(20, -420, "KAHVILA"), pending(20, -420, "KAHVILA")]));
    history.whole(&with(&[coffee(20)]));
    let booked = |row: &&KnownRow| row.observed.state == RowState::Booked;
    let before = history.standing(Standing::Counted).into_iter().filter(booked).count();
    history.whole(&with(&[row(None, 20, -420, "KAHVILA OY")]));
    let after = history.standing(Standing::Counted).into_iter().filter(booked).count();
    assert_eq!(before, after, "one was booked, and one it is");
}

#[test]
fn beside_a_row_booked_by_its_name_an_equal_one_may_be_that_one_again() {
    let habits = IdentifierHabits {
        reference_kept: 40,
        pending_name_kept: 3,
        pending_day_kept: 3,
        ..IdentifierHabits::default()
    };
    let mut history = History { habits, ..History::default() };
    let announced = |name: &str| named(name, pending(20, -420, "KAHVILA"));
    history.whole(&with(&[announced("A1"), announced("A2")]));
    if !history.standing(Standing::Doubted).is_empty() {
        history.answers(Verdict::Separate);
    }
    history.whole(&with(&[named("A1", coffee(20)), named("A1B", coffee(20))]));
    let booked = history.standing(Standing::Counted).into_iter();
    let booked = booked.filter(|row| row.observed.booking_date == day(20));
    assert_eq!(booked.filter(|row| row.observed.state == RowState::Booked).count(), 1);
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
}

#[test]
fn of_three_rows_for_two_announcements_the_one_that_is_there_twice_is_asked_about() {
    let habits = IdentifierHabits {
        reference_kept: 133,
        pending_day_kept: 2,
        pending_day_moved: 4,
        ..IdentifierHabits::default()
    };
    let mut history = History { habits, ..History::default() };
    history.whole(&with(&[pending(20, -420, "KAHVILA"), pending(23, -420, "KAHVILA")]));
    let twice = [named("B1", coffee(25)), named("B1B", coffee(25)), named("B2", coffee(26))];
    history.whole(&with(&twice));
    assert!(history.counted() <= 4, "two were bought");
    assert!(!history.standing(Standing::Doubted).is_empty());
}

#[test]
fn a_reading_beside_its_transaction_is_asked_about_while_another_has_no_row() {
    let mut history = History::default();
    let (one, other) = (named("R1", coffee(20)), named("R2", coffee(20)));
    history.whole(&with(&[one.clone(), other.clone()]));
    let first = history.ids(20, -420)[0];
    let first = if history.of(first).standing == Standing::Counted {
        first
    } else {
        history.ids(20, -420)[1]
    };
    history.answers(Verdict::SameAs { transaction_id: first });
    let waits = named("P1", pending(19, -420, "KAHVILA"));
    history.whole(&with(&[one.clone(), other.clone(), waits]));
    if !history.standing(Standing::Doubted).is_empty() {
        history.answers(Verdict::Separate);
    }
    assert_eq!((history.counted(), history.standing(Standing::Doubted).len()), (4, 0));
    let rows = with(&[one, other]);
    assert_eq!(kinds(&history.whole(&rows)), ["doubted"]);
    let waits = history.ids(19, -420)[0];
    assert_eq!(history.standing(Standing::Doubted)[0].may_be, [waits]);
    assert_eq!(history.whole(&rows), [], "asked once");
}

#[test]
fn where_announcements_make_way_one_that_is_back_was_not_what_was_booked() {
    let habits = IdentifierHabits {
        reference_kept: 400,
        pending_name_changed: 9,
        pending_day_kept: 9,
        ..IdentifierHabits::default()
    };
    let mut history = History { habits, ..History::default() };
    let waits = named("P17", pending(20, -420, "KAHVILA"));
    history.whole(&with(std::slice::from_ref(&waits)));
    let booked = named("B19", coffee(20));
    assert_eq!(
        kinds(&history.read(1, 90, false, &with(std::slice::from_ref(&booked)))),
        ["settled"]
    );
    assert_eq!(kinds(&history.whole(&with(&[waits, booked]))), ["doubted"]);
}

#[test]
fn a_name_of_weeks_ago_with_another_amount_was_given_again() {
    let habits = IdentifierHabits { reference_kept: 392, ..IdentifierHabits::default() };
    let mut history = History { habits, ..History::default() };
    history.whole(&with(&[row(Some("X10"), 10, 5_000, "OMA SIIRTO MATTI")]));
    let later = row(Some("X10"), 54, 20_000, "OMA SIIRTO MATTI");
    let events = history.read(40, 90, true, &with(&[later]));
    assert!(kinds(&events).contains(&"recorded"), "{events:?}");
    assert_eq!(history.ids(10, 5_000).len(), 1, "the first is what it was");
}

#[test]
fn nothing_is_booked_days_before_it_was_bought() {
    let mut history = History::default();
    history.whole(&with(&[pending(20, -420, "KAHVILA")]));
    let events = history.whole(&with(&[row(None, 18, -420, "KAHVILA OY")]));
    assert!(!kinds(&events).contains(&"settled"), "{events:?}");
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
}

#[test]
fn a_name_that_comes_late_does_not_go_with_another_day_of_payment() {
    let paid =
        |row: ObservedTransaction, on| ObservedTransaction { payment_date: Some(day(on)), ..row };
    let habits = IdentifierHabits {
        reference_kept: 366,
        pending_name_kept: 12,
        pending_day_kept: 6,
        pending_day_moved: 9,
        ..IdentifierHabits::default()
    };
    let mut history = History { habits, ..History::default() };
    let waits = paid(named("A74", pending(15, -1_399, "NETFLIX")), 15);
    history.whole(&with(&[waits.clone(), paid(row(None, 20, -1_399, "NETFLIX"), 19)]));
    let first = history.ids(15, -1_399)[0];
    let booked = [("A74", 15), ("A75", 19)];
    let booked = booked.map(|(name, on)| paid(row(Some(name), 20, -1_399, "NETFLIX"), on));
    history.whole(&with(&booked));
    assert_eq!(history.of(first).observed.bank_reference.as_deref(), Some("A74"));
    assert_eq!(history.of(first).observed.state, RowState::Booked);
    assert_eq!(history.counted(), 4);
}
