//! Nothing depends on where a bank put a row, nor on where a known one stands.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// What stands of each transaction, whatever its place.
fn standing(history: &History) -> Vec<(String, u32, String)> {
    let rows = history.known.rows().iter();
    let mut rows: Vec<_> = rows
        .map(|row| {
            let says = format!("{:?} {:?} {:?}", row.standing, row.same_as, row.observed);
            (row.match_key.clone(), row.ordinal, says)
        })
        .collect();
    rows.sort();
    rows
}

/// Two equal announcements without a name are known. The window shows a booked row and two
/// announcements, all under one new name: which of the two is booked is told by what the rows say.
#[test]
fn three_rows_of_one_new_name_are_weighed_alike_in_any_order() {
    let mut before = History::default();
    before.whole(&[pending(2, 1, "t"), pending(4, 1, "t")]);
    let named = |row: ObservedTransaction| ObservedTransaction {
        bank_reference: Some("B".to_owned()),
        ..row
    };
    let fee = || row(None, 1, 0, "t");
    let mut rows = vec![
        row(Some("B"), 4, 1, "t"),
        named(pending(2, 1, "t")),
        named(pending(4, 1, "t")),
        fee(),
        fee(),
        fee(),
        fee(),
    ];
    let mut outcomes = Vec::new();
    for _ in 0..rows.len() {
        for _ in 0..2 {
            let mut history = before.clone();
            history.whole(&rows);
            outcomes.push(standing(&history));
            rows.reverse();
        }
        rows.rotate_left(1);
    }
    outcomes.dedup();
    assert_eq!(outcomes.len(), 1);
}

/// A window's rows with the answer each stood in, whether the window was whole, and which known row
/// a person then writes on.
type Read = (Vec<(ObservedTransaction, u32)>, bool, Option<Index>);

prop_compose! {
    /// Few values of every field, so that rows are alike in all ways.
    fn any_row()(
        reference in proptest::option::of("[A-C]"),
        identifier in proptest::option::weighted(0.3, "[1-3]"),
        on in 1_i64..5,
        minor in prop_oneof![Just(-100_i64), Just(-101), Just(-2_000), Just(0), Just(1)],
        paid in proptest::option::weighted(0.2, 1_i64..4),
        text in prop_oneof![Just("Kahvila Oy"), Just("kahvila"), Just("Muu")],
        waiting in any::<bool>(),
    ) -> ObservedTransaction {
        let state = if waiting { RowState::Pending } else { RowState::Booked };
        let payment_date = paid.map(day);
        ObservedTransaction {
            bank_identifier: identifier,
            state,
            payment_date,
            ..row(reference.as_deref(), on, minor, text)
        }
    }
}

/// A bank's list: named by places, by lasting names or not at all, with rows shown twice.
fn any_window(most: usize) -> impl Strategy<Value = Vec<(ObservedTransaction, u32)>> {
    let rows = proptest::collection::vec((any_row(), 0..3_u32, 1..3_usize), 0..most);
    (rows, 0..4_u8).prop_map(|(rows, names)| {
        let twice = |(row, answer, times)| std::iter::repeat_n((row, answer), times);
        let mut rows: Vec<_> = rows.into_iter().flat_map(twice).collect();
        for (place, (row, _)) in rows.iter_mut().enumerate() {
            match names {
                0 => (row.bank_reference, row.bank_identifier) = (None, None),
                1 => row.bank_reference = Some(format!("{place}")),
                2 => row.bank_identifier = None,
                _ => {}
            }
        }
        rows
    })
}

fn any_read(most: usize) -> impl Strategy<Value = Read> {
    (any_window(most), any::<bool>(), proptest::option::of(any::<Index>()))
}

fn any_habits() -> impl Strategy<Value = IdentifierHabits> {
    let count = || prop_oneof![Just(0_u64), Just(3), Just(40)];
    let names = (count(), count(), count(), count());
    let pending = (count(), count(), count(), count(), count(), count());
    (names, pending).prop_map(|(names, pending)| IdentifierHabits {
        reference_kept: names.0,
        reference_changed: names.1,
        identifier_kept: names.2,
        identifier_changed: names.3,
        pending_name_kept: pending.0,
        pending_name_changed: pending.1,
        pending_day_kept: pending.2,
        pending_day_moved: pending.3,
        pending_stayed: pending.4,
        pending_vanished: pending.5,
        ..IdentifierHabits::default()
    })
}

/// A history of these reads; the last one is left to be asked about.
fn history(reads: &[Read], habits: IdentifierHabits) -> History {
    let mut history = History { habits, ..History::default() };
    for (window, whole, noted) in reads {
        let rows: Vec<_> = window.iter().map(|(row, _)| row.clone()).collect();
        history.answers = window.iter().map(|(_, answer)| *answer).collect();
        history.read(1, 90, *whole, &rows);
        let known = history.known.rows();
        if let Some(at) = noted.filter(|_| !known.is_empty()) {
            let id = known[at.index(known.len())].transaction_id;
            for event in review::note(known, id, Some("n".to_owned())).unwrap_or_default() {
                history.known.apply(&event);
            }
        }
    }
    history
}

/// The rows in the order of these keys.
fn turned<T: Clone>(rows: &[T], keys: &[u32]) -> Vec<T> {
    let key = |place: usize| {
        keys.get(place % keys.len().max(1)).map(|key| key.wrapping_mul(place as u32 + 1))
    };
    let mut places: Vec<_> = (0..rows.len()).collect();
    places.sort_by_key(|place| key(*place));
    places.into_iter().map(|place| rows[place].clone()).collect()
}

proptest! {
    #[test]
    fn nothing_depends_on_the_order_of_known_rows_rows_and_answers(
        reads in proptest::collection::vec(any_read(9), 0..3),
        (window, whole, _) in any_read(14),
        habits in any_habits(),
        keys in proptest::collection::vec(any::<u32>(), 1..24),
    ) {
        let one = history(&reads, habits);
        let mut other = History { known: KnownRows::default(), ..one.clone() };
        for known in turned(one.known.rows(), &keys) {
            other.known.put(known);
        }
        let read = |mut history: History, window: &[(ObservedTransaction, u32)], answers: [u32; 3]| {
            history.answers = window.iter().map(|(_, answer)| answers[*answer as usize]).collect();
            let rows: Vec<_> = window.iter().map(|(row, _)| row.clone()).collect();
            history.read(1, 90, whole, &rows);
            (standing(&history), history.habits)
        };
        let [first, second] = [read(one, &window, [0, 1, 2]), read(other, &turned(&window, &keys), [2, 0, 1])];
        prop_assert_eq!(first, second);
    }
}
