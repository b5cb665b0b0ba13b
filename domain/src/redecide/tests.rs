//! A ledger that cruder rules decided, and what today's make of it.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::account::AccountEvent;
use crate::id::FetchId;
use crate::observed::RowState;
use crate::reconcile::file::{FileAnswer, FileQuestion, reconcile_file_by};
use crate::reconcile::review;
use crate::reconcile::tests::{self as windows, day};
use crate::reconcile::{
    Answer, Decided, KnownRows, Outcome, Question, Sighted, Window, match_key, reconcile,
};
use crate::transaction::{BalanceProof, IdentifierHabits, Verdict, WindowReconciled};

/// A row whose payee is named, and nothing else.
fn row(reference: Option<&str>, on: i64, minor: i64, text: &str) -> ObservedTransaction {
    let counterparty = Some(text.to_owned());
    ObservedTransaction { counterparty, ..windows::row(reference, on, minor, "") }
}

fn pending(on: i64, minor: i64, text: &str) -> ObservedTransaction {
    ObservedTransaction { state: RowState::Pending, ..row(None, on, minor, text) }
}

fn identify(key: &str, ordinal: u32) -> TransactionId {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (key, ordinal).hash(&mut hasher);
    TransactionId(Uuid::from_u128(u128::from(hasher.finish()) + 1))
}

/// Rules that know a row by its content alone, and never see that a pending one was booked.
fn by_content(question: &Question<'_>) -> Answer {
    let mut used = std::collections::HashSet::new();
    let mut ordinals = std::collections::HashMap::<String, u32>::new();
    let rows = question.rows.iter().map(|row| {
        let key = match_key(row);
        let known = question.known.iter().find(|known| {
            known.match_key == key
                && known.observed.state == row.state
                && used.insert(known.transaction_id)
        });
        let outcome = match known {
            Some(known) => Outcome::Same { transaction_id: known.transaction_id },
            None => {
                let taken = question.known.iter().filter(|known| known.match_key == key);
                let free = taken.map(|known| known.ordinal + 1).max().unwrap_or_default();
                let next = ordinals.entry(key).or_insert(free);
                *next += 1;
                Outcome::New { ordinal: *next - 1 }
            }
        };
        let decision = Decision { rules: 1, score: 1_000, reasons: Vec::new() };
        Decided { outcome, returned: false, decision }
    });
    Answer { rows: rows.collect(), ..Answer::default() }
}

/// An account's stream, with the answers it was decided on.
#[derive(Clone, Default)]
struct Log {
    events: Vec<AccountEvent>,
    windows: Vec<Vec<Seen>>,
    known: KnownRows,
    habits: IdentifierHabits,
}

impl Log {
    fn tell(&mut self, events: impl IntoIterator<Item = AccountEvent>) {
        for event in events {
            self.known.apply(&event);
            self.events.push(event);
        }
    }

    /// Reads a window, and decides it by some rules.
    fn read(&mut self, rules: Rules, rows: &[ObservedTransaction]) {
        let fetch_id = FetchId(Uuid::from_u128(self.windows.len() as u128 + 1));
        let received_at = DateTime::<Utc>::UNIX_EPOCH;
        let seen: Vec<_> = (0..)
            .zip(rows)
            .map(|(row, observed)| Seen {
                observed: observed.clone(),
                evidence: Evidence { fetch_id, answer: 0, row, received_at },
            })
            .collect();
        let window = Window { from: Some(day(1)), to: day(90), whole: true };
        let known: Vec<_> = self.known.rows().to_vec();
        let answer = rules(&Question {
            known: &known,
            rows,
            window,
            habits: self.habits,
            balances: crate::reconcile::Balances::default(),
            promised: false,
            answers: &vec![0; rows.len()],
        });
        let sighted: Vec<_> = (seen.iter())
            .map(|row| Sighted { observed: &row.observed, evidence: &row.evidence })
            .collect();
        self.tell(answer.events(&sighted, fetch_id, identify));
        let window = answer.window(fetch_id, window, BalanceProof::NotGiven);
        self.habits.add(&answer.habits);
        self.windows.push(seen);
        self.tell([AccountEvent::WindowReconciled(window)]);
    }

    /// A person brings a file, and some rules decide what it adds.
    fn bring(&mut self, rules: Rules, rows: &[ObservedTransaction]) {
        let fetch_id = FetchId(Uuid::from_u128(self.windows.len() as u128 + 1));
        let received_at = DateTime::<Utc>::UNIX_EPOCH;
        let evidence = |row| Evidence { fetch_id, answer: 0, row, received_at };
        let seen = (0..).zip(rows);
        let seen = seen.map(|(row, one)| Seen { observed: one.clone(), evidence: evidence(row) });
        let window = Window { from: Some(day(1)), to: day(90), whole: true };
        let fed_by_bank = self.events.iter().any(|event| matches!(event, AccountEvent::Linked(_)));
        let known = first_known(rows, window);
        let known: Vec<_> = (self.known.rows().iter())
            .filter(|row| known.is_none_or(|from| row.observed.booking_date >= from))
            .cloned()
            .collect();
        let question = FileQuestion { known: &known, rows, window, fed_by_bank };
        let FileAnswer { rows: told, answer } = reconcile_file_by(rules, &question);
        self.windows.push(seen.collect());
        let places: Vec<_> = (0..).zip(&told).map(|(row, _)| evidence(row)).collect();
        let sighted: Vec<_> = (told.iter().zip(&places))
            .map(|(observed, evidence)| Sighted { observed, evidence })
            .collect();
        self.tell(answer.events(&sighted, fetch_id, identify));
        let window = answer.window(fetch_id, window, BalanceProof::NotGiven);
        let window = WindowReconciled { from_file: true, ..window };
        self.tell([AccountEvent::WindowReconciled(window)]);
    }

    /// What rules make of it.
    fn preview(&self, rules: Rules) -> Difference {
        let mut names = Names::default();
        self.events.iter().for_each(|event| names.take(event));
        let mut replay = Replay::new(rules, &names);
        let (mut windows, mut habits) = (self.windows.iter(), IdentifierHabits::default());
        for event in &self.events {
            let AccountEvent::WindowReconciled(window) = event else {
                replay.take(event);
                continue;
            };
            let rows = windows.next().map(Vec::as_slice);
            let bank = BankThen { habits, references_promised: 0 };
            replay.window(window, rows, bank, identify);
            habits.add(&window.habits);
        }
        replay.difference()
    }

    fn accept(&mut self, difference: &Difference) {
        self.tell(difference.events());
        let through = self.events.len() as u64;
        self.tell([difference.end(through, String::new(), String::new())]);
    }

    fn counted(&self) -> Vec<&KnownRow> {
        let rows = self.known.rows().iter();
        rows.filter(|row| row.standing == Standing::Counted).collect()
    }

    fn sum(&self) -> i64 {
        self.counted().iter().map(|row| row.observed.amount.minor).sum()
    }

    fn id(&self, row: &ObservedTransaction) -> TransactionId {
        let key = match_key(row);
        let mut rows = self.known.rows().iter();
        let known = rows.find(|known| known.match_key == key && known.observed.state == row.state);
        known.expect("a row").transaction_id
    }

    /// Undoes what was told last.
    fn undo(&mut self, at: usize) {
        let event = self.events[at].clone();
        let fetch_id = FetchId(Uuid::nil());
        let received_at = DateTime::<Utc>::UNIX_EPOCH;
        let evidence = &Evidence { fetch_id, answer: 0, row: 0, received_at };
        let joining =
            review::Joining { position: 7, event: &event, before: None, may_be: &[], evidence };
        let undone = review::part(self.known.rows(), &joining, identify).expect("undone");
        self.tell(undone);
    }
}

fn changes(difference: &Difference) -> Vec<Change> {
    difference.items.iter().map(|item| item.redecided.change).collect()
}

/// A pending row that was booked, which the cruder rules count twice.
fn booked_twice() -> Log {
    let mut log = Log::default();
    let rent = row(Some("R1"), 2, -80_000, "Vuokra");
    log.read(by_content, &[pending(10, -1_990, "KAUPPA 7"), rent.clone()]);
    log.read(by_content, &[row(Some("K1"), 11, -1_990, "KAUPPA 7"), rent]);
    log
}

#[test]
fn what_was_counted_twice_is_joined_and_stays_so() {
    let mut log = booked_twice();
    assert_eq!(log.counted().len(), 3);
    let difference = log.preview(reconcile);
    assert_eq!(changes(&difference), [Change::Joined]);
    let item = &difference.items[0];
    assert!(!item.redecided.decision.reasons.is_empty(), "with its grounds");
    assert_eq!(
        item.redecided.rows.len(),
        2,
        "the pending one is booked, its reading counts no more"
    );
    log.accept(&difference);
    assert_eq!((log.counted().len(), log.sum()), (2, -81_990));
    assert_eq!(log.preview(reconcile), Difference { windows: 2, ..Difference::default() });
    // What is read next is decided as if it had always been so.
    let rent = row(Some("R1"), 2, -80_000, "Vuokra");
    log.read(reconcile, &[row(Some("K1"), 11, -1_990, "KAUPPA 7"), rent]);
    assert_eq!((log.counted().len(), log.sum()), (2, -81_990));
    assert!(log.preview(reconcile).is_empty());
}

#[test]
fn what_a_file_added_twice_is_joined_and_stays_so() {
    let mut log = Log::default();
    let rent = row(Some("R1"), 2, -80_000, "Vuokra");
    log.read(by_content, &[pending(10, -1_990, "KAUPPA 7"), rent.clone()]);
    log.bring(by_content, &[row(Some("K1"), 11, -1_990, "KAUPPA 7"), rent.clone()]);
    assert_eq!((log.counted().len(), log.sum()), (3, -83_980));
    let difference = log.preview(reconcile);
    assert_eq!(changes(&difference), [Change::Joined]);
    assert_eq!((difference.windows, difference.unread), (2, 0), "the file is read again");
    log.accept(&difference);
    assert_eq!((log.counted().len(), log.sum()), (2, -81_990));
    assert!(log.preview(reconcile).is_empty());
    // The file brought once more changes nothing, nor does a look after it.
    log.bring(reconcile, &[row(Some("K1"), 11, -1_990, "KAUPPA 7"), rent]);
    assert_eq!((log.counted().len(), log.sum()), (2, -81_990));
    assert!(log.preview(reconcile).is_empty());
}

#[test]
fn one_event_undoes_one_change_and_the_rules_leave_it_so() {
    let mut log = booked_twice();
    let before = log.known.rows().to_vec();
    let difference = log.preview(reconcile);
    log.accept(&difference);
    let at = log.events.len() - 2;
    log.undo(at);
    let stands = |rows: &[KnownRow]| rows.iter().map(Stand::of).collect::<Vec<_>>();
    assert_eq!(stands(log.known.rows()), stands(&before), "everything is what it was");
    let again = log.preview(reconcile);
    assert!(again.is_empty(), "{:?}", again.items);
}

#[test]
fn what_a_person_edited_is_not_taken_away() {
    let mut log = booked_twice();
    let booked = log.id(&row(Some("K1"), 11, -1_990, "KAUPPA 7"));
    let noted = review::note(log.known.rows(), booked, Some("lahja".to_owned()));
    log.tell(noted.expect("noted"));
    let difference = log.preview(reconcile);
    assert!(difference.is_empty(), "{:?}", difference.items);
    assert!(difference.kept.iter().any(|kept| kept.transaction_id == booked));
    // An edit of what stays counted stands in no way.
    let mut log = booked_twice();
    let first = log.id(&pending(10, -1_990, "KAUPPA 7"));
    let noted = review::note(log.known.rows(), first, Some("lahja".to_owned()));
    log.tell(noted.expect("noted"));
    let difference = log.preview(reconcile);
    assert_eq!(changes(&difference), [Change::Joined]);
    assert_eq!(difference.items[0].edited, [first]);
}

#[test]
fn a_persons_verdict_outranks_the_rules() {
    let mut log = Log::default();
    let rows = [row(Some("A"), 5, -500, "KIOSKI"), row(Some("B"), 5, -500, "KIOSKI")];
    log.read(by_content, &rows);
    let [one, two] = rows.map(|row| log.id(&row));
    log.tell(review::merge(log.known.rows(), one, two).expect("merged"));
    let difference = log.preview(reconcile);
    assert!(difference.is_empty(), "{:?}", difference.items);
    assert_eq!(log.counted().len(), 1);
}

#[test]
fn what_old_rules_took_for_one_is_parted_and_can_be_put_back() {
    /// Rules for which equal amounts of a day are one.
    fn by_day(question: &Question<'_>) -> Answer {
        let mut answer = by_content(question);
        for place in 1..question.rows.len() {
            let first = &question.rows[0];
            let row = &question.rows[place];
            if (row.booking_date, row.amount) == (first.booking_date, first.amount) {
                answer.rows[place].outcome = Outcome::Again { row: 0 };
            }
        }
        answer
    }
    let mut log = Log::default();
    log.read(by_day, &[row(Some("A"), 5, -500, "KIOSKI"), row(Some("B"), 5, -500, "KAHVILA")]);
    assert_eq!(log.counted().len(), 1);
    let difference = log.preview(reconcile);
    assert_eq!(changes(&difference), [Change::New]);
    log.accept(&difference);
    assert_eq!((log.counted().len(), log.sum()), (2, -1_000));
    assert!(log.preview(reconcile).is_empty());
    log.undo(log.events.len() - 2);
    assert_eq!(log.counted().len(), 1);
    assert!(log.preview(reconcile).is_empty());
}

/// What may stand in a window: few texts and amounts, so that rows are often alike.
fn shown() -> impl Strategy<Value = ObservedTransaction> {
    let reference =
        prop_oneof![Just(None), (0..6_u8).prop_map(|number| Some(format!("R{number}")))];
    (reference, 1..20_i64, 1..4_i64, 0..3_usize, any::<bool>()).prop_map(
        |(reference, on, amount, text, booked)| {
            let text = ["KIOSKI", "VUOKRA OY", "Sähkö"][text];
            let one = row(reference.as_deref(), on, -100 * amount, text);
            if booked { one } else { ObservedTransaction { state: RowState::Pending, ..one } }
        },
    )
}

/// A window's rows, whether a file shows them, whether the cruder rules read it, and what a person edits
/// after it in which row.
type Lived = (Vec<ObservedTransaction>, bool, bool, Option<(u8, u8)>);

/// A life of an account: windows, each perhaps by the cruder rules, with a person's edits between.
fn life() -> impl Strategy<Value = Vec<Lived>> {
    let window = proptest::collection::vec(shown(), 0..8);
    let edit = proptest::option::of((0..5_u8, any::<u8>()));
    let from_file = proptest::bool::weighted(0.25);
    proptest::collection::vec((window, from_file, any::<bool>(), edit), 1..6)
}

fn lived(life: &[Lived], crude: bool) -> Log {
    let mut log = Log::default();
    for (rows, from_file, by_crude, edit) in life {
        let rules: Rules = if crude && *by_crude { by_content } else { reconcile };
        match from_file {
            true => log.bring(rules, rows),
            false => log.read(rules, rows),
        }
        let Some((what, which)) = edit else { continue };
        let rows = log.known.rows();
        let Some(row) = rows.get(usize::from(*which) % rows.len().max(1)) else { continue };
        let id = row.transaction_id;
        let other = rows[usize::from(*which / 2) % rows.len()].transaction_id;
        let edited = match what {
            0 => review::note(rows, id, Some("oma".to_owned())),
            1 => review::categorise(rows, id, Some("groceries".to_owned())),
            2 => review::merge(rows, id, other),
            3 => review::resolve(rows, id, Verdict::Separate),
            _ => review::hide(rows, id, true),
        };
        log.tell(edited.unwrap_or_default());
    }
    log
}

/// Every edit of a person, and whether what it is on counts.
fn edits(log: &Log) -> Vec<(TransactionId, bool)> {
    let edited = log.known.rows().iter().filter(|row| row.edited);
    edited.map(|row| (row.transaction_id, row.standing == Standing::Counted)).collect()
}

proptest! {
    #[test]
    fn the_same_rules_over_an_untouched_history_change_nothing(life in life()) {
        let difference = lived(&life, false).preview(reconcile);
        prop_assert!(difference.is_empty(), "{:?}", difference.items);
        prop_assert_eq!(difference.kept, []);
        prop_assert_eq!(difference.unread, 0);
    }

    #[test]
    fn what_is_accepted_is_so_and_every_edit_stays(life in life()) {
        let mut log = lived(&life, true);
        let before = edits(&log);
        let difference = log.preview(reconcile);
        log.accept(&difference);
        let after = edits(&log);
        for (id, counted) in before {
            prop_assert!(after.contains(&(id, counted)) || after.contains(&(id, true)));
        }
        let again = log.preview(reconcile);
        prop_assert!(again.is_empty(), "{:?}", again.items);
    }

    #[test]
    fn undoing_everything_leaves_what_was(life in life()) {
        let mut log = lived(&life, true);
        let was: Vec<_> = log.known.rows().iter().map(Stand::of).collect();
        let from = log.events.len();
        let difference = log.preview(reconcile);
        log.accept(&difference);
        for at in (from..log.events.len() - 1).rev() {
            log.undo(at);
        }
        let is: Vec<_> = log.known.rows().iter().take(was.len()).map(Stand::of).collect();
        prop_assert_eq!(was, is);
    }
}
