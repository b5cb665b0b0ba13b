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
        prop_assert_eq!(history.whole(&rows), vec![]);
    }
}
