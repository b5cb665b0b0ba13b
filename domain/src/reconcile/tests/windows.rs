//! Window after window.

use super::*;

#[test]
fn twins_are_two_and_stay_two() {
    let coffee = row(None, 3, -350, "KAHVILA");
    let mut history = History::default();
    let window = [coffee.clone(), coffee, row(None, 50, 100, "x")];
    assert_eq!(kinds(&history.whole(&window)), ["recorded", "recorded", "recorded"]);
    assert_eq!(history.whole(&window), []);
    assert_eq!(history.counted(), 3);
}

#[test]
fn a_rewritten_text_is_the_same_row_where_references_hold() {
    let mut history = History::default();
    let others: Vec<_> =
        (0..8).map(|n| row(Some(&format!("R{n}")), 5 + n, -100 - n, "x")).collect();
    let with = |text| [&others[..], &[row(Some("A1"), 3, -350, text)]].concat();
    history.whole(&with("KAHVILA"));
    assert_eq!(kinds(&history.whole(&with("CAFE OY HELSINKI"))), ["amended"]);
    assert_eq!(history.whole(&with("CAFE OY HELSINKI")), []);
}

#[test]
fn what_is_missing_twice_is_withdrawn_and_may_return() {
    let mut history = History::default();
    let (all, less) =
        ([row(None, 1, 1, "a"), row(None, 20, 5, "b"), row(None, 21, 6, "c")], [0, 2]);
    let less: Vec<_> = less.iter().map(|place: &usize| all[*place].clone()).collect();
    history.whole(&all);
    assert_eq!(history.read(1, 90, false, &less), [], "a part of a window misses nothing");
    assert_eq!(kinds(&history.whole(&less)), ["missed"]);
    assert_eq!(kinds(&history.whole(&less)), ["withdrawn"]);
    assert_eq!(history.whole(&less), []);
    assert_eq!(kinds(&history.whole(&all)), ["returned"]);
    assert_eq!(history.counted(), 3);
}
