//! Tells a history step by step: what was shown, what was decided, what is true.

use std::fmt::Write as _;

use domain::account::AccountEvent;
use domain::observed::ObservedTransaction;
use domain::reconcile::{Answer, Outcome};

use crate::books::Books;
use crate::history::Read;
use crate::life::{DAY, RealId, day_of};

/// The telling as it grows.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The text so far.
    pub text: String,
    /// Whether rows of which nothing new is decided are left out.
    pub brief: bool,
    /// Whether anything went wrong.
    pub faulty: bool,
}

fn time(minute: i64) -> String {
    let left = minute.rem_euclid(DAY);
    format!("{} {:02}:{:02}", day_of(minute), left / 60, left % 60)
}

fn short(id: domain::id::TransactionId) -> String {
    id.to_string().chars().take(8).collect()
}

/// One row in one line.
fn row_text(row: &ObservedTransaction) -> String {
    let id = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut text = format!(
        "{:?} {} {} ref {} id {} | {} | {}",
        row.state,
        row.booking_date,
        row.amount,
        id(&row.bank_reference),
        id(&row.bank_identifier),
        id(&row.counterparty),
        row.text
    );
    if let Some(original) = row.original_amount {
        let _ = write!(text, " | {original} {}", original.currency);
    }
    if let Some(day) = row.payment_date {
        let _ = write!(text, " | paid {day}");
    }
    text
}

impl Log {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Something happened beside the bank's answers.
    pub fn happened(&mut self, minute: i64, text: &str) {
        self.line(&format!("{} {text}", time(minute)));
    }

    /// A window with its decisions.
    #[expect(clippy::too_many_arguments, reason = "everything that is told of a window")]
    pub fn read(
        &mut self,
        minute: i64,
        number: u64,
        read: &Read,
        labels: &[RealId],
        answer: &Answer,
        marks: &[&'static str],
        books: &Books,
    ) {
        let from = read.from.map_or("the beginning".to_owned(), |day| day.to_string());
        let whole = if read.whole { "whole" } else { "NOT whole" };
        let balance = read.balance.map_or("none".to_owned(), |money| money.to_string());
        let account = &books.accounts[read.account];
        let before = account.balance.map_or("none".to_owned(), |money| money.to_string());
        self.line(&format!(
            "{} READ {number} account {} ({}) {from}..{} {whole}, {} rows, {} known, balance {before} -> {balance}, bank {}",
            time(minute),
            read.account,
            read.account_reference,
            read.to,
            read.rows.len(),
            account.rows.rows().len(),
            read.bank,
        ));
        let habits = &books.habits;
        self.line(&format!("    habits before {habits:?}, of this window {:?}", answer.habits));
        let mut left_out = 0;
        for (place, decided) in answer.rows.iter().enumerate() {
            let mark = marks.get(place).copied().unwrap_or("?");
            let same = matches!(decided.outcome, Outcome::Same { .. });
            if self.brief && same && mark == "right" && !decided.returned {
                left_out += 1;
                continue;
            }
            let shown = &read.rows[place];
            let truth = format!("real {} called {}", shown.real, labels[place]);
            self.line(&format!("    {mark:6} {truth:24} {}", row_text(&shown.observed)));
            self.line(&format!("           -> {}", outcome_text(&decided.outcome)));
            let returned = if decided.returned { ", RETURNED" } else { "" };
            let decision = &decided.decision;
            self.line(&format!(
                "              {} {:?}{returned}",
                decision.score, decision.reasons
            ));
            if mark == "WRONG" || mark == "MISSED" || mark == "held" {
                for row in account.holders(labels[place]) {
                    let standing = row.standing;
                    let id = short(row.transaction_id);
                    let text = row_text(&row.observed);
                    self.line(&format!(
                        "              true: {id} {standing:?} missed {} {text}",
                        row.missed
                    ));
                }
                if let Some(row) =
                    crate::replay::joined(answer, place).and_then(|id| account.rows.get(id))
                {
                    let text = row_text(&row.observed);
                    let id = row.transaction_id;
                    let label = account.label(id);
                    self.line(&format!(
                        "              taken for: {} of {label:?} {text}",
                        short(id)
                    ));
                }
            }
        }
        if left_out > 0 {
            self.line(&format!("    ({left_out} rows the same as before)"));
        }
    }

    /// An event of a decision, where it is not told with the row.
    pub fn event(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::TransactionMissed(done) => {
                let (id, windows) = (short(done.transaction_id), done.windows);
                self.line(&format!("    missed {id}, {windows} windows"));
            }
            AccountEvent::TransactionWithdrawn(done) => {
                let (id, why) = (short(done.transaction_id), &done.decision.reasons);
                self.line(&format!("    withdrawn {id} {why:?}"));
            }
            AccountEvent::DoubtResolved(done) => {
                let (id, why) = (short(done.transaction_id), &done.decision.reasons);
                self.line(&format!("    doubt of {id} resolved: {:?} {why:?}", done.verdict));
            }
            _ => {}
        }
    }

    /// What is wrong after a window.
    pub fn faults(&mut self, found: &[String]) {
        for fault in found {
            self.faulty = true;
            self.line(&format!("    *** {fault}"));
        }
    }

    /// What is wrong at the end.
    pub fn end(&mut self, found: &[String]) {
        self.line("END");
        self.faults(found);
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::New { ordinal } => format!("New {ordinal}"),
        Outcome::Same { transaction_id } => format!("Same {}", short(*transaction_id)),
        Outcome::Settled { transaction_id } => format!("Settled {}", short(*transaction_id)),
        Outcome::Amended { transaction_id } => format!("Amended {}", short(*transaction_id)),
        Outcome::Again { row } => format!("Again, as row {row}"),
        Outcome::Doubtful { candidates, .. } => format!("Doubtful {candidates:?}"),
    }
}
