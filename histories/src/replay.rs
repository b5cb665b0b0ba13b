//! Plays a history to an algorithm and judges every decision.

use domain::account::AccountEvent;
use domain::money::Money;
use domain::observed::RowState;
use domain::reconcile::review;
use domain::reconcile::{Answer, Balances, Outcome, Question, Sighted, Window};
use domain::transaction::{KnownRow, SplitPart, Standing, Verdict};

use crate::audit::{self, Faults};
use crate::books::{Account, Books, Seen, evidence, identify};
use crate::explain::Log;
use crate::history::{Edited, History, Read, Step};
use crate::life::RealId;
use crate::missed::{Due, Missed};
use crate::ours::{Algorithm, Beside, events};
use crate::score::Score;
use crate::study::Cases;

/// An algorithm at work on a history.
pub struct Replay<'h> {
    /// The history.
    pub history: &'h History,
    /// The ledger.
    pub books: Books,
    /// What came of it.
    pub score: Score,
    /// What went wrong.
    pub faults: Faults,
    reads: u64,
    log: Option<Log>,
    missed: Missed,
    /// What an ideal observer would learn from, if that is gathered.
    pub(crate) cases: Option<Cases>,
}

/// Plays a history; with a log, tells every step.
pub fn replay(
    history: &History,
    algorithm: &dyn Algorithm,
    log: Option<Log>,
) -> (Score, Option<Log>) {
    let mut play = Replay::new(history, log);
    play.all(algorithm);
    (play.score, play.log)
}

/// Plays a history and gathers what an ideal observer would learn from.
#[must_use]
pub fn studied(history: &History, algorithm: &dyn Algorithm) -> Cases {
    let mut play = Replay { cases: Some(Cases::default()), ..Replay::new(history, None) };
    play.all(algorithm);
    play.cases.unwrap_or_default()
}

impl<'h> Replay<'h> {
    fn new(history: &'h History, log: Option<Log>) -> Self {
        Self {
            history,
            books: Books::new(history.accounts, history.reals.len()),
            score: Score { histories: 1, ..Score::default() },
            faults: Faults::default(),
            reads: 0,
            log,
            missed: Missed::default(),
            cases: None,
        }
    }

    fn all(&mut self, algorithm: &dyn Algorithm) {
        for (minute, step) in &self.history.steps {
            self.step(*minute, step, algorithm);
        }
        let score = &mut self.score;
        let end = audit::end(self.history, &mut self.books, &mut self.faults, score);
        if let Some(log) = &mut self.log {
            log.end(&end);
        }
        (score.settled_due, score.settled_found) = self.missed.counts();
        score.missed = self.missed.causes();
        score.lost = self.faults.lost.len() as u64;
        score.doubled = self.faults.doubled.len() as u64;
        score.stale = self.faults.stale.len() as u64;
        score.collisions = self.books.accounts.iter().map(|account| account.collisions).sum();
        score.faulty = u64::from(score.is_faulty());
    }
}

impl Replay<'_> {
    fn step(&mut self, minute: i64, step: &Step, algorithm: &dyn Algorithm) {
        match step {
            Step::Happened(text) => {
                if let Some(log) = &mut self.log {
                    log.happened(minute, text);
                }
            }
            Step::Edit { real, what, text } => self.edit(minute, *real, *what, text),
            Step::Join { stays, goes } => self.join(minute, *stays, *goes),
            Step::Part { real } => self.part(minute, *real),
            Step::Review => self.review(minute),
            Step::Read(read) => self.read(minute, read, algorithm),
        }
    }

    /// What counts for a real transaction.
    fn counted(account: &Account, label: RealId) -> Option<&KnownRow> {
        account.holders(label).find(|row| row.standing == Standing::Counted)
    }

    fn edit(&mut self, minute: i64, real: RealId, what: Edited, text: &str) {
        let label = self.books.labels.of(real);
        let account = &mut self.books.accounts[self.history.reals[real].account];
        let Some(row) = Self::counted(account, label) else { return };
        let (id, whole) = (row.transaction_id, row.observed.amount);
        let known = account.rows.rows();
        let decided = match what {
            Edited::Note => review::note(known, id, Some(text.to_owned())),
            Edited::Category => review::categorise(known, id, Some(text.to_owned())),
            Edited::Parts => {
                let part = |minor, note: Option<&str>| SplitPart {
                    amount: Money::new(minor, whole.currency),
                    category: None,
                    note: note.map(str::to_owned),
                };
                let half = whole.minor / 2;
                review::split(
                    known,
                    id,
                    vec![part(half, Some(text)), part(whole.minor - half, None)],
                )
            }
        };
        // A cent has no halves.
        let Ok(events) = decided else { return };
        for event in events {
            account.apply(&event, &[], "");
        }
        account.edits.insert((id, what), text.to_owned());
        self.books.edited.insert((label, what), text.to_owned());
        self.tell(minute, &format!("the person edits {what:?} of real {real} ({id}): {text:?}"));
    }

    /// Whatever they really are, from here on the two are one.
    fn join(&mut self, minute: i64, stays: RealId, goes: RealId) {
        let labels = [self.books.labels.of(stays), self.books.labels.of(goes)];
        let account = &mut self.books.accounts[self.history.reals[stays].account];
        let rows = labels.map(|label| Self::counted(account, label));
        let [Some(stay), Some(go)] = rows else { return };
        if [stay, go].iter().any(|row| row.observed.state == RowState::Pending) {
            return;
        }
        let (stay, go) = (stay.transaction_id, go.transaction_id);
        let Ok(events) = review::merge(account.rows.rows(), stay, go) else { return };
        for event in events {
            account.apply(&event, &[], "");
        }
        account.joined.push((stay, go));
        self.books.ruled.extend(labels);
        self.tell(minute, &format!("the person joins {go} with {stay}"));
    }

    /// Whatever they really are, from here on the two are two.
    fn part(&mut self, minute: i64, real: RealId) {
        let label = self.books.labels.of(real);
        let at = self.history.reals[real].account;
        let account = &mut self.books.accounts[at];
        let Some(id) = Self::counted(account, label).map(|row| row.transaction_id) else { return };
        let Some((event, before)) = account.booked.remove(&id) else { return };
        let place = evidence(self.reads, 0, minute);
        let joining = review::Joining {
            position: 0,
            event: &event,
            before: Some(&before),
            may_be: &[],
            evidence: &place,
        };
        let name = |key: &str, ordinal: u32| identify(at, key, ordinal);
        let Ok(events) = review::part(account.rows.rows(), &joining, name) else { return };
        for event in events {
            account.apply(&event, &[], "");
            if let AccountEvent::TransactionsParted(parted) = &event {
                account.parted.push((parted.transaction_id, parted.other));
                // What was undone waits for a word, and here the person has it ready: two are two.
                let said = review::resolve(account.rows.rows(), parted.other, Verdict::Separate);
                for event in said.unwrap_or_default() {
                    account.apply(&event, &[], "");
                }
            }
        }
        self.books.ruled.insert(label);
        self.tell(minute, &format!("the person parts what was booked from {id}"));
    }

    fn tell(&mut self, minute: i64, text: &str) {
        if let Some(log) = &mut self.log {
            log.happened(minute, text);
        }
    }

    fn review(&mut self, minute: i64) {
        for account in &mut self.books.accounts {
            for (id, verdict) in account.answer_doubts() {
                self.missed.answered(id);
                if let Some(log) = &mut self.log {
                    log.happened(minute, &format!("the person says: {id} is {verdict:?}"));
                }
            }
        }
    }

    fn read(&mut self, minute: i64, read: &Read, algorithm: &dyn Algorithm) {
        self.reads += 1;
        self.books.accounts[read.account].ever.add(read);
        if self.books.bank != read.bank {
            // What one bank's identifiers are worth says nothing of another's.
            self.books.bank = read.bank;
            self.books.habits = domain::transaction::IdentifierHabits::default();
        }
        let rows: Vec<_> = read.rows.iter().map(|row| row.observed.clone()).collect();
        let window = Window { from: read.from, to: read.to, whole: read.whole };
        let account = &self.books.accounts[read.account];
        let under = |row: &domain::transaction::KnownRow| {
            account.recorded_under.get(&row.transaction_id) == Some(&read.account_reference)
        };
        let same_account: Vec<_> = account.rows.rows().iter().map(under).collect();
        let habits = self.books.habits;
        let balances = Balances { before: account.balance, now: read.balance };
        let known = account.rows.rows();
        // The model's banks promise nothing.
        let (promised, answers) = (false, &[][..]);
        let question = Question { known, rows: &rows, window, habits, balances, promised, answers };
        let answer = algorithm.decide(&question, &Beside { same_account: &same_account });
        let before = self.before();
        let reals = self.name(read, &rows, &answer);
        let labels: Vec<_> = reals.iter().map(|real| self.books.labels.of(*real)).collect();
        let marks = self.judge(read, &labels, &answer);
        if let Some(before) = &before {
            let known = before.known(read.account);
            let asked =
                Question { known, rows: &rows, window, habits, balances, promised, answers };
            self.study(read, &asked, &answer, &labels, before);
        }
        let labels = self.cross(read, &reals, &answer);
        let places: Vec<_> = (0..rows.len()).map(|row| evidence(self.reads, row, minute)).collect();
        let sighted: Vec<_> = (rows.iter().zip(&places))
            .map(|(observed, evidence)| Sighted { observed, evidence })
            .collect();
        let events = events(&answer, &sighted, read.account, self.reads);
        self.exchange_doubts(read, &events);
        let labels: Vec<_> = if events.iter().any(is_resolved) {
            reals.iter().map(|real| self.books.labels.of(*real)).collect()
        } else {
            labels
        };
        if let Some(log) = &mut self.log {
            log.read(minute, self.reads, read, &labels, &answer, &marks, &self.books);
        }
        self.apply(read, events, &labels);
        self.books.learn(&answer.habits);
        let account = &mut self.books.accounts[read.account];
        if read.whole {
            account.balance = read.balance;
        } else if answer.changes_anything() {
            // The rows are ahead of the balance now.
            account.balance = None;
        }
        let oldest = rows.iter().map(|row| row.booking_date).min().max(read.from);
        account.seen = [account.seen[1], Some(Seen { at: minute, whole: read.whole, oldest })];
        let found =
            audit::window(self.history, minute, read, &labels, &mut self.books, &mut self.faults);
        if let Some(log) = &mut self.log {
            log.faults(&found);
        }
    }

    /// Counts what is right and what is not; tells it for each row.
    fn judge(&mut self, read: &Read, labels: &[RealId], answer: &Answer) -> Vec<&'static str> {
        let account = &self.books.accounts[read.account];
        let mut marks = Vec::with_capacity(labels.len());
        self.missed.window();
        let score = &mut self.score;
        for (place, label) in labels.iter().enumerate() {
            score.rows += 1;
            let standing = |row: &domain::transaction::KnownRow| row.standing != Standing::Absorbed;
            let holder = account.holders(*label).find(|row| standing(row));
            score.known += u64::from(holder.is_some());
            let booked = read.rows[place].observed.state == RowState::Booked;
            let taken = joined(answer, place).and_then(|id| account.label(id));
            let right = taken == Some(*label);
            // What has a booked row in the ledger already waits for none.
            let mut known = account.holders(*label).filter(|row| standing(row));
            let waits = known.all(|row| row.observed.state == RowState::Pending);
            if let Some(pending) = holder.filter(|_| booked && waits) {
                let label = *label;
                self.missed.note(&Due { read, account, label, pending, place, answer, right });
                if let Some(cases) = &mut self.cases {
                    cases.is_due(label);
                }
            }
            if let Some(Outcome::Settled { .. }) = answer.rows.get(place).map(|row| &row.outcome) {
                score.settled += 1;
                score.settled_rightly += u64::from(right);
            }
            score.joined += u64::from(taken.is_some());
            score.joined_rightly += u64::from(right);
            let outcome = answer.rows.get(place).map(|row| &row.outcome);
            let doubtful = matches!(outcome, Some(Outcome::Doubtful { .. }));
            score.doubted += u64::from(doubtful);
            marks.push(match (taken, holder) {
                (Some(_), _) if right => "right",
                (Some(_), _) => "WRONG",
                _ if doubtful => "held",
                (None, Some(_)) if !matches!(outcome, Some(Outcome::Again { .. })) => "MISSED",
                _ => "right",
            });
        }
        marks
    }

    fn apply(&mut self, read: &Read, events: Vec<AccountEvent>, labels: &[RealId]) {
        for event in events {
            if let AccountEvent::DoubtResolved(done) = &event
                && let Verdict::SameAs { transaction_id } = done.verdict
            {
                let account = &self.books.accounts[read.account];
                let right = account.label(transaction_id) == account.label(done.transaction_id);
                self.score.joined += 1;
                // What was held is found after all.
                self.score.known += u64::from(right);
                self.score.joined_rightly += u64::from(right);
                let pending = account.rows.get(transaction_id);
                let pending = pending.is_some_and(|row| row.observed.state == RowState::Pending);
                let doubted = account.rows.get(done.transaction_id);
                let books = doubted.is_some_and(|row| row.observed.state == RowState::Booked);
                self.score.settled += u64::from(pending && books);
                self.score.settled_rightly += u64::from(pending && books && right);
            }
            if let Some(log) = &mut self.log {
                log.event(&event);
            }
            let account = &mut self.books.accounts[read.account];
            self.missed.event(account, &event);
            account.apply(&event, labels, &read.account_reference);
        }
    }
}

fn is_resolved(event: &AccountEvent) -> bool {
    matches!(event, AccountEvent::DoubtResolved(_))
}

/// The known transaction a row was taken for.
#[must_use]
pub fn joined(answer: &Answer, place: usize) -> Option<domain::id::TransactionId> {
    match &answer.rows.get(place)?.outcome {
        Outcome::Same { transaction_id }
        | Outcome::Settled { transaction_id }
        | Outcome::Amended { transaction_id } => Some(*transaction_id),
        Outcome::Again { row } if *row != place => joined(answer, *row),
        _ => None,
    }
}
