//! What holds of any windows.

use proptest::prelude::*;

use super::*;

prop_compose! {
    fn any_row()(
        reference in proptest::option::of("[A-D]"),
        on in 1_i64..6,
        minor in -3_i64..3,
        waiting in any::<bool>(),
    ) -> ObservedTransaction {
        let mut row = row(reference.as_deref(), on, minor, "t");
        if waiting {
            row.state = RowState::Pending;
        }
        row
    }
}

proptest! {
    #[test]
    fn the_same_window_again_in_any_order_says_nothing(
        mut rows in proptest::collection::vec(any_row(), 0..30),
        shuffle in any::<prop::sample::Index>(),
    ) {
        let mut history = History::default();
        history.whole(&rows);
        if !rows.is_empty() {
            let middle = shuffle.index(rows.len());
            rows.rotate_left(middle);
        }
        // What more readings prove of the references may settle doubts, and no more.
        for _ in 0..6 {
            let again = history.whole(&rows);
            prop_assert!(again.iter().all(|event| matches!(event, AccountEvent::DoubtResolved(_))));
            rows.reverse();
        }
        prop_assert_eq!(history.whole(&rows), vec![]);
    }

    #[test]
    fn nothing_depends_on_the_order_of_rows(
        first in proptest::collection::vec(any_row(), 0..20),
        second in proptest::collection::vec(any_row(), 0..20),
        shuffle in any::<prop::sample::Index>(),
    ) {
        let mut one = History::default();
        one.whole(&first);
        let mut other = one.clone();
        let mut turned = second.clone();
        turned.reverse();
        if !turned.is_empty() {
            let middle = shuffle.index(turned.len());
            turned.rotate_left(middle);
        }
        one.whole(&second);
        other.whole(&turned);
        let standing = |history: &History| {
            let mut rows: Vec<_> = history.known.rows().iter().map(|row| {
                (row.match_key.clone(), row.ordinal, format!("{:?} {:?}", row.standing, row.observed))
            }).collect();
            rows.sort();
            rows
        };
        prop_assert_eq!(standing(&one), standing(&other));
    }

    #[test]
    fn no_row_is_lost(
        windows in proptest::collection::vec(
            (proptest::collection::vec(any_row(), 0..20), any::<bool>()), 1..6),
    ) {
        let mut history = History::default();
        for (rows, whole) in windows {
            history.read(1, 90, whole, &rows);
            // Every booked row shown is there: counted, held, or another reading of one that
            // counts. (A pending one may be the announcement of what is booked; and one that
            // repeats under its reference is a page that overlaps.)
            let booked = rows.iter().filter(|row| row.state == RowState::Booked);
            let (named, nameless): (Vec<_>, Vec<_>) =
                booked.partition(|row| row.bank_reference.is_some());
            let named: std::collections::BTreeSet<_> = named
                .iter()
                .map(|row| (&row.bank_reference, row.booking_date, row.amount))
                .collect();
            let there = history.known.rows().iter();
            let there = there.filter(|row| row.missed == 0 && row.standing != Standing::Withdrawn);
            prop_assert!(there.count() >= named.len() + nameless.len());
        }
    }
}
