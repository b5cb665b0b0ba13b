//! What a file adds to what a bank told, and to other files.

use proptest::prelude::*;

use super::*;
use crate::reconcile::file::{FileQuestion, reconcile_file};

impl History {
    /// Imports a file's rows and applies what they come to.
    fn import(
        &mut self,
        whole: bool,
        fed_by_bank: bool,
        rows: &[ObservedTransaction],
    ) -> Vec<AccountEvent> {
        self.windows += 1;
        let window = Window { from: Some(day(1)), to: day(90), whole };
        let question = FileQuestion { known: self.known.rows(), rows, window, fed_by_bank };
        let told = reconcile_file(&question);
        let fetch_id = FetchId(Uuid::from_u128(self.windows));
        let evidence =
            Evidence { fetch_id, answer: 0, row: 0, received_at: DateTime::<Utc>::UNIX_EPOCH };
        let rows: Vec<_> =
            told.rows.iter().map(|observed| Sighted { observed, evidence: &evidence }).collect();
        let events = told.answer.events(&rows, fetch_id, identify);
        for event in &events {
            self.known.apply(event);
        }
        events
    }
}

/// A history with a bank whose references can be believed.
fn connected() -> History {
    let habits = IdentifierHabits { reference_kept: 100, ..IdentifierHabits::default() };
    History { promised: true, habits, ..History::default() }
}

fn bank() -> Vec<ObservedTransaction> {
    vec![
        row(Some("A1"), 5, -2590, "KAHVILA JA KUKKA OY Korttiosto"),
        row(Some("A2"), 6, -350, "K-MARKET KAMPPI"),
        row(Some("A3"), 6, -350, "ALEPA ASEMA"),
        row(Some("A4"), 15, 300_000, "TYONANTAJA OY palkka"),
    ]
}

#[test]
fn a_file_in_other_words_over_a_bank_s_days_adds_nothing() {
    let mut history = connected();
    history.whole(&bank());
    let file = vec![
        row(Some("x-1"), 5, -2590, "Card purchase 4920"),
        row(Some("x-2"), 6, -350, "Purchase"),
        row(Some("x-3"), 6, -350, "Purchase"),
        row(Some("x-4"), 15, 300_000, "Salary January"),
    ];
    assert_eq!(kinds(&history.import(true, true, &file)), Vec::<&str>::new());
    assert_eq!(history.counted(), 4);
    let coffee = history.known.rows().iter().find(|row| row.observed.amount.minor == -2590);
    assert_eq!(coffee.expect("a row").observed.text, "KAHVILA JA KUKKA OY Korttiosto");
    // And what the bank shows next is still what it showed before.
    assert_eq!(kinds(&history.whole(&bank())), Vec::<&str>::new());
}

#[test]
fn without_balances_the_same_is_put_to_the_person_and_never_doubled() {
    let mut history = connected();
    history.whole(&bank());
    let file = vec![
        row(None, 5, -2590, "Kahvila ja Kukka"),
        row(None, 16, 300_000, "Salary January"),
        row(None, 20, -900, "Something else"),
    ];
    let events = history.import(false, true, &file);
    assert_eq!(kinds(&events), ["recorded", "doubted"], "{events:?}");
    assert_eq!(history.counted(), 5);
    assert_eq!(kinds(&history.import(false, true, &file)), Vec::<&str>::new(), "again");
}

#[test]
fn the_same_file_twice_adds_nothing_and_two_equal_rows_stay_two() {
    for (whole, fed_by_bank) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut history = History::default();
        let file = vec![
            row(None, 5, -350, "Coffee"),
            row(None, 5, -350, "Coffee"),
            row(Some("r"), 6, -100, "Fee"),
        ];
        assert_eq!(history.import(whole, fed_by_bank, &file).len(), 3);
        assert_eq!(kinds(&history.import(whole, fed_by_bank, &file)), Vec::<&str>::new());
        assert_eq!(history.counted(), 3);
    }
}

#[test]
fn two_files_of_two_formats_are_one_history() {
    let mut history = History::default();
    let camt = vec![
        row(Some("S1"), 5, -350, "Coffee Corner Helsinki"),
        row(Some("S2"), 5, -350, "Tea Room"),
        row(Some("S3"), 7, 5_000, "Refund"),
    ];
    history.import(true, false, &camt);
    let ofx = vec![
        row(None, 5, -350, "TEA"),
        row(None, 5, -350, "COFFEE"),
        row(None, 7, 5_000, "CREDIT"),
        row(None, 9, -100, "FEE"),
    ];
    let events = history.import(true, false, &ofx);
    assert_eq!(kinds(&events), ["recorded"], "only the fee is new: {events:?}");
    assert_eq!(history.counted(), 4);
}

#[test]
fn a_file_takes_nothing_back_and_books_what_is_pending() {
    let mut history = connected();
    let mut shown = bank();
    shown.push(pending(18, -1_999, "Elokuvateatteri Kino"));
    history.whole(&shown);
    let file =
        vec![row(None, 6, -350, "K-MARKET KAMPPI"), row(None, 19, -1_999, "Elokuvateatteri Kino")];
    for _ in 0..3 {
        history.import(true, true, &file);
    }
    assert_eq!(history.standing(Standing::Withdrawn).len(), 0);
    let booked = history.known.rows().iter().find(|row| row.observed.amount.minor == -1_999);
    assert_eq!(booked.map(|row| row.observed.state), Some(RowState::Booked));
    assert_eq!(history.counted(), 5);
}

#[test]
fn a_day_between_two_witnesses_is_no_second_transaction() {
    let mut history = connected();
    history.whole(&bank());
    let file = vec![row(None, 4, -2590, "Card 4920")];
    assert_eq!(kinds(&history.import(true, true, &file)), ["doubted"]);
    assert_eq!(history.counted(), 4);
}

proptest! {
    /// Whatever a bank showed, a proved file of the same transactions in other words changes no sum.
    #[test]
    fn a_proved_file_of_what_is_known_changes_no_sum(
        rows in prop::collection::vec((1_i64..60, -5_i64..5, 0_u8..3), 1..30),
    ) {
        let words = ["coffee", "market", "rent"];
        let shown: Vec<_> = rows.iter().enumerate().filter(|(_, (_, units, _))| *units != 0)
            .map(|(at, (on, units, word))| {
                let reference = format!("bank-{at}");
                let text = format!("{} {at}", words[usize::from(*word)]);
                row(Some(&reference), *on, units * 100, &text)
            })
            .collect();
        let mut history = connected();
        history.whole(&shown);
        let before = (history.sum(), history.counted());
        let file: Vec<_> = shown.iter().map(|row| ObservedTransaction {
            bank_reference: None,
            text: "something".to_owned(),
            ..row.clone()
        }).collect();
        history.import(true, true, &file);
        prop_assert_eq!((history.sum(), history.counted()), before);
        history.import(true, true, &file);
        prop_assert_eq!((history.sum(), history.counted()), before);
    }
}
