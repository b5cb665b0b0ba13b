//! Where the evidence decides, and where it does not and a person is asked.

use super::*;
use crate::reconcile::review;
use crate::transaction::Verdict;

fn paid(mut row: ObservedTransaction, on: i64) -> ObservedTransaction {
    row.payment_date = Some(day(on));
    row
}

/// Something that keeps a window from ending where the row of interest stands.
fn ends() -> Vec<ObservedTransaction> {
    vec![row(None, 1, -77_700, "VUOKRA"), row(None, 40, 250_000, "PALKKA")]
}

fn with(more: &[ObservedTransaction]) -> Vec<ObservedTransaction> {
    [&ends()[..], more].concat()
}

fn person(history: &mut History, events: Result<Vec<AccountEvent>, review::Refusal>) {
    for event in events.expect("it is allowed") {
        history.known.apply(&event);
    }
}

fn of(history: &History, fits: impl Fn(&KnownRow) -> bool) -> TransactionId {
    history.known.rows().iter().find(|row| fits(row)).expect("it is known").transaction_id
}

#[test]
fn of_equal_rows_one_goes_to_the_transaction_that_has_no_other_reading_there() {
    let (coffee, renamed) = (row(None, 20, -350, "KAHVILA"), row(None, 20, -350, "KAHVILA OY"));
    let mut history = History::default();
    history.whole(&with(&[coffee.clone(), coffee.clone(), renamed.clone()]));
    let first = of(&history, |known| known.observed.text == "KAHVILA" && known.ordinal == 0);
    let reading = of(&history, |known| known.observed.text == "KAHVILA OY");
    let joined = review::merge(history.known.rows(), first, reading);
    person(&mut history, joined);
    let events = history.whole(&with(&[coffee, renamed]));
    assert_eq!(kinds(&events), ["amended"], "both are there, nothing is missed");
    assert_eq!(history.counted(), 4);
}

#[test]
fn an_announcement_is_known_though_it_was_booked_on_another_day_and_that_row_is_not_shown() {
    let (waiting, booked) = (pending(20, -9_385, "PRISMA"), row(Some("B1"), 24, -9_385, "PRISMA"));
    let mut history = History::default();
    history.whole(&with(std::slice::from_ref(&waiting)));
    assert_eq!(kinds(&history.whole(&with(&[booked]))), ["settled"]);
    let events = history.read(1, 90, false, &with(&[waiting]));
    assert!(!kinds(&events).contains(&"recorded"), "{events:?}");
    assert_eq!(history.counted(), 3);
}

#[test]
fn an_announcement_of_the_very_amount_explains_more_than_one_of_nearly_the_amount_that_is_gone() {
    let (gone, stays) = (pending(20, -11_003, "ABC VIIKKI"), pending(20, -9_721, "ABC VIIKKI"));
    let mut history = History::default();
    history.whole(&with(&[gone, stays.clone()]));
    let booked = row(None, 20, -9_721, "ABC VIIKKI");
    let events = history.whole(&with(&[stays, booked]));
    assert!(!kinds(&events).contains(&"settled"), "{events:?}");
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
}

#[test]
fn a_bank_that_takes_accounts_over_names_every_row_anew_once() {
    let named = |name: &str| -> Vec<_> {
        (0..12).map(|n| row(Some(&format!("{name}{n}")), 1 + n, -900 - n, "KAUPPA")).collect()
    };
    let mut history = History::default();
    history.whole(&named("old"));
    history.habits = IdentifierHabits::default();
    let events = kinds(&history.whole(&named("new")));
    assert_eq!((events.len(), events.iter().all(|kind| *kind == "amended")), (12, true));
    assert_eq!(history.whole(&named("new")), [], "the new names are the known ones now");
    assert_eq!(history.counted(), 12);
}

#[test]
fn what_could_as_well_be_joined_crosswise_is_put_to_the_person() {
    let mut history = History::default();
    let waiting = [pending(20, -390, "KAHVILA AAMU"), pending(20, -390, "VARAUS KAHVILA 372")];
    history.whole(&with(&waiting.map(|row| paid(row, 20))));
    let booked = |on| paid(row(None, on, -390, "KAHVILA AAMU"), 20);
    let events = history.whole(&with(&[booked(23), booked(26)]));
    assert_eq!(kinds(&events), ["doubted", "doubted"]);
}

#[test]
fn a_place_in_a_list_does_not_make_one_of_two_rows_with_identifiers_of_their_own() {
    let identified = |place: &str, identifier: &str| ObservedTransaction {
        bank_identifier: Some(identifier.to_owned()),
        ..row(Some(place), 20, -390, "KAHVILA")
    };
    let mut history = History {
        habits: IdentifierHabits {
            reference_kept: 200,
            identifier_kept: 200,
            ..IdentifierHabits::default()
        },
        ..History::default()
    };
    history.whole(&with(&[identified("1", "a"), identified("2", "b")]));
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
    let events = history.whole(&with(&[identified("2", "a"), identified("1", "b")]));
    let resolved = kinds(&events).contains(&"resolved");
    assert!(!resolved, "nothing says that they are one: {events:?}");
}

#[test]
fn a_balance_proves_nothing_where_an_equal_row_is_out_of_sight() {
    let coffee = |name: &str, on| row(Some(name), on, -390, "KAHVILA");
    let mut history = History {
        habits: IdentifierHabits {
            reference_kept: 100,
            balance_held: 20,
            ..IdentifierHabits::default()
        },
        ..History::default()
    };
    history.read(1, 30, true, &[row(Some("Z"), 1, -1, "z"), coffee("C0", 2)]);
    let euro = |minor| Some(Money::new(minor, Currency::EUR));
    // The coffee of the second day was taken back meanwhile: two new ones change as much as one.
    history.balances = Balances { before: euro(10_000), now: euro(9_610) };
    let rows = [row(Some("Y"), 10, -1, "y"), coffee("C1", 20), coffee("C2", 20)];
    history.balances.now = euro(9_609);
    let events = history.read(9, 30, true, &rows);
    assert!(!kinds(&events).contains(&"resolved"), "{events:?}");
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
}

#[test]
fn what_had_been_gone_is_not_back_while_an_equal_one_has_no_row() {
    let coffee = |name: &str| row(Some(name), 20, -390, "KAHVILA");
    let mut history = History {
        habits: IdentifierHabits { reference_kept: 200, ..IdentifierHabits::default() },
        ..History::default()
    };
    history.whole(&with(&[coffee("1"), coffee("2")]));
    history.whole(&with(&[coffee("1")]));
    history.whole(&with(&[coffee("1")]));
    assert_eq!(history.standing(Standing::Withdrawn).len(), 1);
    let events = history.whole(&with(&[coffee("2")]));
    assert!(kinds(&events).contains(&"doubted"), "{events:?}");
    assert!(!kinds(&events).contains(&"returned"), "{events:?}");
}

#[test]
fn two_purchases_that_a_person_joined_are_not_moved_by_a_window_that_shows_one_of_them() {
    let coffee = |on| row(None, on, -390, "KAHVILA");
    let mut history = History::default();
    history.whole(&with(&[coffee(20), coffee(22)]));
    let stays = of(&history, |known| known.observed.booking_date == day(20));
    let goes = of(&history, |known| known.observed.booking_date == day(22));
    let joined = review::merge(history.known.rows(), stays, goes);
    person(&mut history, joined);
    let events = history.read(21, 90, true, &[coffee(22), row(None, 40, 250_000, "PALKKA")]);
    assert_eq!(events, [], "the first day is out of the window's sight");
    assert_eq!(history.whole(&with(&[coffee(20), coffee(22)])), []);
}

/// A doubt that comes to nothing is settled by the rules themselves, with their grounds; the person
/// undoes that with one event, and no later window says otherwise.
#[test]
fn an_automatic_verdict_that_two_are_two_is_made_and_undone() {
    let booked = |name: &str, minor| row(Some(name), 20, minor, "RAVINTOLA SAVOTTA");
    let mut history = History {
        habits: IdentifierHabits { reference_kept: 4, ..IdentifierHabits::default() },
        ..History::default()
    };
    history.whole(&with(&[booked("A", -5_000)]));
    // The first row could not be read: the second may be a correction of it.
    history.read(1, 90, false, &with(&[row(Some("B"), 21, -4_900, "RAVINTOLA SAVOTTA")]));
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
    let both = with(&[booked("A", -5_000), row(Some("B"), 21, -4_900, "RAVINTOLA SAVOTTA")]);
    let events = history.whole(&both);
    let verdict = events.iter().find_map(|event| match event {
        AccountEvent::DoubtResolved(done) => Some(done),
        _ => None,
    });
    let done = verdict.expect("both are shown, so they are two");
    assert_eq!((done.verdict, done.decision.rules), (Verdict::Separate, RULES_VERSION));
    assert!(!done.decision.reasons.is_empty() && history.counted() == 4);
    let (one, other) =
        (of(&history, |row| row.observed.amount.minor == -5_000), done.transaction_id);
    let joined = review::merge(history.known.rows(), one, other);
    assert_eq!(joined.as_ref().map(Vec::len), Ok(1), "one event undoes it");
    person(&mut history, joined);
    assert_eq!(history.whole(&both), []);
    assert_eq!(history.counted(), 3);
}

#[test]
fn rows_equal_in_everything_are_held_within_a_page_and_one_over_two() {
    let habits = IdentifierHabits { reference_kept: 50, ..IdentifierHabits::default() };
    let history = || History { promised: true, habits, ..History::default() };
    let twins = || vec![row(Some("T1"), 9, -450, "KAHVI"), row(Some("T1"), 9, -450, "KAHVI")];
    let mut within = history();
    let first = kinds(&within.whole(&twins()));
    assert_eq!(first.iter().filter(|kind| **kind == "doubted").count(), 1, "{first:?}");
    // Shown again in the same way, it is still in doubt and nothing is dropped.
    let again = kinds(&within.whole(&twins()));
    assert!(!again.contains(&"resolved") && !again.contains(&"recorded"), "{again:?}");
    assert_eq!(within.standing(Standing::Doubted).len(), 1);
    let mut over = history();
    over.answers = vec![0, 1];
    let kinds_of = kinds(&over.whole(&twins()));
    assert!(!kinds_of.contains(&"doubted"), "{kinds_of:?}");
    assert_eq!(over.counted(), 1);
    // Where another page shows such a pair, one that a page's end parts is no overlap for certain.
    let mut both = history();
    let rows = || {
        let other = || row(Some("T2"), 8, -990, "LOUNAS");
        [vec![other(), other()], twins()].concat()
    };
    for answers in [vec![0, 0, 0, 1], vec![0, 0, 1, 1], vec![0, 1, 1, 1]] {
        both.answers = answers;
        both.whole(&rows());
        assert_eq!((both.counted(), both.standing(Standing::Doubted).len()), (2, 2));
    }
}

#[test]
fn an_announcement_between_two_rows_of_its_name_is_doubted_once() {
    let mut history = History::default();
    let waiting = ObservedTransaction { state: RowState::Pending, ..row(Some("D"), 1, -2, "t") };
    let rows = [waiting, row(Some("D"), 1, -2, "t"), row(Some("D"), 2, -2, "t")];
    assert_eq!(kinds(&history.whole(&rows)), ["recorded", "recorded", "doubted"]);
    assert_eq!(history.whole(&rows), []);
}
