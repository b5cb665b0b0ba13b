//! The events an answer comes to.

use super::{Answer, Decided, Likely, Of, Outcome, RULES_VERSION, Resolved, match_key};
use crate::account::{AccountEvent, TransactionRecorded};
use crate::id::{FetchId, TransactionId};
use crate::observed::{Evidence, ObservedTransaction};
use crate::transaction::{
    Amended, BalanceProof, Candidate, DoubtResolved, Doubted, Missed, Returned, Settled, Verdict,
    WindowReconciled, Withdrawn,
};

/// A row of a window with the place it was read at.
#[derive(Clone, Copy, Debug)]
pub struct Sighted<'a> {
    /// What the bank said.
    pub observed: &'a ObservedTransaction,
    /// Where.
    pub evidence: &'a Evidence,
}

impl Answer {
    /// Whether anything is recorded that was not known before.
    #[must_use]
    pub fn changes_anything(&self) -> bool {
        let same =
            |row: &Decided| matches!(row.outcome, Outcome::Same { .. } | Outcome::Again { .. });
        !self.rows.iter().all(same) || !self.resolved.is_empty()
    }

    /// The events of this answer, without the window's own. Rows must be those that were asked
    /// about, in that order; `identify` names a transaction by the key and ordinal it is recorded
    /// under, always in the same way. The last row comes first, so that positions follow time
    /// where the bank shows the newest first.
    #[must_use]
    pub fn events(
        &self,
        rows: &[Sighted<'_>],
        fetch_id: FetchId,
        identify: impl Fn(&str, u32) -> TransactionId,
    ) -> Vec<AccountEvent> {
        let name = |row: usize| self.named(rows, row, &identify);
        let mut events = Vec::new();
        let (mut certain, mut doubted) = (Vec::new(), Vec::new());
        for (place, (row, decided)) in rows.iter().zip(&self.rows).enumerate().rev() {
            match &decided.outcome {
                Outcome::Doubtful { ordinal, candidates } => {
                    if let Some(id) = name(place) {
                        let candidates = candidates.iter().filter_map(|one| candidate(one, &name));
                        doubted.push(doubt(id, *row, *ordinal, candidates.collect()));
                    }
                }
                _ => certain.extend(told(decided, *row, name(place))),
            }
        }
        events.append(&mut certain);
        // After what they are doubted against.
        events.append(&mut doubted);
        for resolved in &self.resolved {
            events.extend(settled_doubt(resolved, rows, &name));
        }
        for absent in &self.absent {
            let (transaction_id, windows) = (absent.transaction_id, absent.windows);
            events.push(if absent.withdrawn {
                let decision = absent.decision.clone();
                AccountEvent::TransactionWithdrawn(Withdrawn { transaction_id, fetch_id, decision })
            } else {
                AccountEvent::TransactionMissed(Missed { transaction_id, fetch_id, windows })
            });
        }
        events
    }

    /// The event that ends a window.
    #[must_use]
    pub fn window(
        &self,
        fetch_id: FetchId,
        window: super::Window,
        balance: BalanceProof,
    ) -> WindowReconciled {
        let count = |fits: fn(&Outcome) -> bool| {
            let fitting = self.rows.iter().filter(|row| fits(&row.outcome)).count();
            u32::try_from(fitting).unwrap_or(u32::MAX)
        };
        WindowReconciled {
            fetch_id,
            from: window.from,
            to: window.to,
            whole: window.whole,
            rows: count(|_| true),
            new: count(|outcome| matches!(outcome, Outcome::New { .. })),
            settled: count(|outcome| matches!(outcome, Outcome::Settled { .. })),
            amended: count(|outcome| matches!(outcome, Outcome::Amended { .. })),
            doubtful: count(|outcome| matches!(outcome, Outcome::Doubtful { .. })),
            missing: u32::try_from(self.absent.len()).unwrap_or(u32::MAX),
            rules: RULES_VERSION,
            habits: self.habits,
            balance,
            from_file: false,
        }
    }

    /// Under which name a row stands, if it stands for a transaction.
    fn named(
        &self,
        rows: &[Sighted<'_>],
        row: usize,
        identify: &impl Fn(&str, u32) -> TransactionId,
    ) -> Option<TransactionId> {
        match &self.rows.get(row)?.outcome {
            Outcome::New { ordinal } | Outcome::Doubtful { ordinal, .. } => {
                Some(identify(&match_key(rows.get(row)?.observed), *ordinal))
            }
            Outcome::Same { transaction_id }
            | Outcome::Settled { transaction_id }
            | Outcome::Amended { transaction_id } => Some(*transaction_id),
            Outcome::Again { row: first } if *first != row => self.named(rows, *first, identify),
            Outcome::Again { .. } => None,
        }
    }
}

fn candidate(likely: &Likely, name: &impl Fn(usize) -> Option<TransactionId>) -> Option<Candidate> {
    let transaction_id = match likely.of {
        Of::Known(transaction_id) => transaction_id,
        Of::Row(row) => name(row)?,
    };
    Some(Candidate { transaction_id, score: likely.score, reasons: likely.reasons.clone() })
}

/// The events of a doubt that is settled.
fn settled_doubt(
    resolved: &Resolved,
    rows: &[Sighted<'_>],
    name: &impl Fn(usize) -> Option<TransactionId>,
) -> Vec<AccountEvent> {
    let of = |of: Of| match of {
        Of::Known(transaction_id) => Some(transaction_id),
        Of::Row(row) => name(row),
    };
    let Some(doubted) = of(resolved.doubted) else { return Vec::new() };
    let same_as = resolved.same_as.and_then(of);
    let verdict = match same_as {
        Some(transaction_id) => Verdict::SameAs { transaction_id },
        None => Verdict::Separate,
    };
    let (transaction_id, decision) = (doubted, resolved.decision.clone());
    // The verdict first: what it is taken for is still what it was.
    let mut events =
        vec![AccountEvent::DoubtResolved(DoubtResolved { transaction_id, verdict, decision })];
    if let Some((transaction_id, says)) = same_as.zip(resolved.says)
        && let Some(row) = rows.get(says.place)
    {
        let (observed, evidence) = (row.observed.clone(), row.evidence.clone());
        let decision = resolved.decision.clone();
        events.push(if says.books {
            AccountEvent::TransactionSettled(Settled {
                transaction_id,
                observed,
                evidence,
                decision,
            })
        } else {
            AccountEvent::TransactionAmended(Amended {
                transaction_id,
                observed,
                evidence,
                decision,
            })
        });
    }
    events
}

fn doubt(
    transaction_id: TransactionId,
    row: Sighted<'_>,
    ordinal: u32,
    candidates: Vec<Candidate>,
) -> AccountEvent {
    AccountEvent::TransactionDoubted(Doubted {
        transaction_id,
        observed: row.observed.clone(),
        ordinal,
        evidence: row.evidence.clone(),
        candidates,
        rules: RULES_VERSION,
    })
}

/// The events of a row that is not in doubt.
fn told(decided: &Decided, row: Sighted<'_>, named: Option<TransactionId>) -> Vec<AccountEvent> {
    let Some(transaction_id) = named else { return Vec::new() };
    let (observed, evidence) = (row.observed.clone(), row.evidence.clone());
    let decision = decided.decision.clone();
    let mut events = Vec::new();
    if decided.returned {
        let evidence = evidence.clone();
        events.push(AccountEvent::TransactionReturned(Returned { transaction_id, evidence }));
    }
    match &decided.outcome {
        Outcome::New { ordinal } => {
            events.push(AccountEvent::TransactionRecorded(TransactionRecorded {
                transaction_id,
                observed,
                ordinal: *ordinal,
                evidence,
            }));
        }
        Outcome::Settled { .. } => events.push(AccountEvent::TransactionSettled(Settled {
            transaction_id,
            observed,
            evidence,
            decision,
        })),
        Outcome::Amended { .. } => events.push(AccountEvent::TransactionAmended(Amended {
            transaction_id,
            observed,
            evidence,
            decision,
        })),
        Outcome::Same { .. } | Outcome::Again { .. } | Outcome::Doubtful { .. } => {}
    }
    events
}
