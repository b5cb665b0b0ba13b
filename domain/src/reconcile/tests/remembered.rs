//! What was asked is remembered, also when rules decide anew.

use super::*;
use crate::redecide::{Change, Redecided, Restated, Stand};
use crate::transaction::Decision;

/// A booked row, and another that had been in doubt until it was taken for a reading of that one.
fn asked_once() -> (History, KnownRow) {
    let mut history = History::default();
    history.whole(&[row(Some("A1"), 10, -500, "KIOSKI")]);
    let first = history.known.rows()[0].clone();
    let observed = row(Some("A2"), 14, -500, "KIOSKI");
    let reading = KnownRow {
        transaction_id: identify(&match_key(&observed), 0),
        match_key: match_key(&observed),
        observed,
        standing: Standing::Absorbed,
        same_as: Some(first.transaction_id),
        may_be: vec![first.transaction_id],
        ..first
    };
    history.known.put(reading.clone());
    (history, reading)
}

#[test]
fn rules_that_decide_anew_leave_it_known_what_had_been_in_doubt() {
    let (mut history, reading) = asked_once();
    let fetch_id = FetchId(Uuid::nil());
    let received_at = DateTime::<Utc>::UNIX_EPOCH;
    let restated = Restated {
        transaction_id: reading.transaction_id,
        ordinal: reading.ordinal,
        evidence: Evidence { fetch_id, answer: 0, row: 0, received_at },
        before: Stand::of(&reading),
        now: Stand::of(&reading),
        new: false,
    };
    let decision = Decision { rules: RULES_VERSION, score: CERTAIN, reasons: Vec::new() };
    let (change, rows, undoes) = (Change::Amended, vec![restated], None);
    let done = Redecided { change, rows, decision, undoes };
    let mut again = history.clone();
    again.known.apply(&AccountEvent::TransactionsRedecided(done));
    assert_eq!(again.known.get(reading.transaction_id), Some(&reading));
    // It came after the other, so that it is what the bank made of that one, days away as it is.
    let shown = [reading.observed];
    for history in [&mut history, &mut again] {
        assert_eq!(kinds(&history.read(1, 90, false, &shown)), ["amended"]);
    }
}
