//! Equal rows under different references: two transactions, or one shown twice.

use super::key::reference;
use super::trust::Trust;
use super::work::{Found, Work};
use super::{Likely, Of};
use crate::transaction::Reason;

/// How likely a row is an echo of one that differs in nothing but its reference.
const ECHO: u32 = 500;

/// Rows that are left and equal others but for their reference.
pub(super) fn twins_and_echoes(work: &mut Work<'_>) {
    if work.trusts.reference == Trust::Proven {
        return;
    }
    let groups = work.take_groups();
    for group in groups.iter().filter(|group| group.rows.len() > 1 || !group.known.is_empty()) {
        let open = group.rows.iter().copied().filter(|row| work.found[*row].is_none());
        let open: Vec<_> =
            open.filter(|row| reference(&work.question.rows[*row]).is_some()).collect();
        let shown = group.known.iter().find(|place| {
            work.shown_by[**place].is_some()
                && reference(&work.question.known[**place].observed).is_some()
        });
        let first = match shown {
            Some(place) => Of::Known(work.question.known[*place].transaction_id),
            None => match open.first() {
                Some(row) => Of::Row(*row),
                None => continue,
            },
        };
        for row in open.into_iter().filter(|row| first != Of::Row(*row)) {
            let reasons = vec![Reason::SameFields, Reason::EqualButReference];
            let likely = Likely { of: first, score: ECHO, reasons };
            work.found[row] = Some(Found::Doubtful(vec![likely]));
        }
    }
    work.give_groups(groups);
}
