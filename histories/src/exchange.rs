//! What goes by whose name, where nothing that the bank ever showed tells two apart.

use domain::account::AccountEvent;
use domain::observed::{ObservedTransaction, RowState};
use domain::reconcile::Answer;
use domain::transaction::{KnownRow, Standing, Verdict};

use crate::bank::ShownRow;
use crate::books::Account;
use crate::history::{Edited, Read};
use crate::life::RealId;
use crate::misbehaviour::Misbehaviour;
use crate::replay::{Replay, joined};
use crate::said::{bare, but_for_day, content};

/// Most rounds in which rows of one window exchange what they stand for.
const MOST_EXCHANGES: usize = 8;
/// Most days from an announcement to what was booked of it, where either may be the other's.
const EITHERS_DAYS: i64 = 8;

impl Replay<'_> {
    /// What each row stands for, after exchanging those that nothing tells apart. One exchange can
    /// make room for another.
    pub(crate) fn name(
        &mut self,
        read: &Read,
        rows: &[ObservedTransaction],
        answer: &Answer,
    ) -> Vec<RealId> {
        let named = |row: &ShownRow| {
            name_of(&row.observed).and_then(|name| self.books.named.get(&(name, row.real)))
        };
        let mut reals: Vec<_> =
            read.rows.iter().map(|row| named(row).copied().unwrap_or(row.real)).collect();
        for _ in 0..MOST_EXCHANGES {
            let mut exchanged = false;
            for place in 0..rows.len() {
                exchanged |= self.exchange(read, rows, answer, (&mut reals, place));
            }
            if !exchanged {
                break;
            }
        }
        self.books.shown.extend(reals.iter().map(|real| self.books.labels.of(*real)));
        self.books.remember_names(read);
        reals
    }

    /// Exchanges what a row, or what it was taken for, goes by, if it was taken for something else
    /// that nothing tells from it.
    fn exchange(
        &mut self,
        read: &Read,
        rows: &[ObservedTransaction],
        answer: &Answer,
        (reals, place): (&mut [RealId], usize),
    ) -> bool {
        let account = &self.books.accounts[read.account];
        let label = self.books.labels.of(reals[place]);
        let Some(id) = joined(answer, place) else { return false };
        let Some(taken) = account.label(id).filter(|taken| *taken != label) else { return false };
        let said = content(&rows[place]);
        let called = |other: usize| self.books.labels.of(reals[other]);
        let mut twins = (0..rows.len())
            .filter(|other| called(*other) == taken && content(&rows[*other]) == said);
        // Where names do not last, two rows that say the same are two readings of either, even
        // beside other rows of theirs: an announcement that stays beside what was booked bears
        // nothing that tells which of two equal purchases it was.
        let reading = twins.clone().find(|other| {
            let of_other = joined(answer, *other).and_then(|id| account.label(id));
            let silent = names_of(&rows[*other]).chain(names_of(&rows[place])).next().is_none();
            (silent || !self.history.bank.names_last()) && of_other != Some(taken)
        });
        if let Some(other) = reading {
            reals.swap(place, other);
            return true;
        }
        // A name never met before tells nothing either; from here on it is what it was taken for.
        let unmet = |other: usize| {
            let name = name_of(&rows[other]);
            let met = |row: &KnownRow| {
                let day = row.observed.booking_date == rows[other].booking_date;
                day && name_of(&row.observed) == name
            };
            name.is_some() && !account.rows.rows().iter().any(met)
        };
        let wrong = twins
            .find(|other| joined(answer, *other).and_then(|id| account.label(id)) != Some(taken));
        if let Some(other) = wrong.filter(|other| unmet(*other) && unmet(place)) {
            reals.swap(place, other);
            for at in [place, other] {
                let real = read.rows[at].real;
                let name = name_of(&rows[at]).map(|name| (name, real));
                self.books.named.extend(name.map(|name| (name, reals[at])));
            }
            return true;
        }
        let row_twin = wrong.is_some();
        // A row shown twice takes the place of an equal transaction that is not shown: two rows
        // under two names for two known ones are what two purchases look like, until there are
        // three.
        let shown = (0..rows.len()).any(|other| called(other) == taken);
        let echo = (0..rows.len()).any(|other| {
            other != place && reals[other] == reals[place] && content(&rows[other]) == said
        });
        let of_taken = account.rows.get(id).map(|row| content(&row.observed));
        let known_twin =
            account.holders(label).find(|row| Some(content(&row.observed)) == of_taken);
        if echo && !shown && known_twin.is_some() {
            reals[place] = self.books.labels.real(taken);
            return true;
        }
        if let Some(twin) = known_twin.map(|row| row.transaction_id).filter(|_| !row_twin) {
            self.books.swap(read.account, twin, id);
            return true;
        }
        if let Some(other) = self.day_alone_tells(read, reals, answer, (place, id)) {
            self.books.labels.swap(reals[place], reals[other]);
            self.score.crossed += 1;
            return true;
        }
        let alike = of_taken == Some(said);
        // A pending transaction that is gone may be a booked row that says the same, as long as no
        // name says that it is not.
        let books = !self.history.bank.names_pending();
        let booked = account.rows.get(id).is_some_and(|row| {
            row.observed.state == RowState::Pending
                && rows[place].state == RowState::Booked
                && bare(&row.observed) == bare(&rows[place])
        });
        let unseen = (alike || (booked && books)) && !shown;
        let unnamed = alike
            && (!self.history.bank.names_last()
                || account.rows.get(id).is_some_and(|row| unnamed(&row.observed, &rows[place])));
        // Of two announcements that stay beside what was booked of them, nothing tells either whose
        // it is.
        let beside = (0..rows.len()).any(|other| {
            other != place && reals[other] == reals[place] && content(&rows[other]) != said
        });
        if unnamed && shown && beside && !row_twin {
            reals[place] = self.books.labels.real(taken);
            return true;
        }
        if row_twin || unseen || unnamed {
            let real = self.books.labels.real(taken);
            self.books.labels.swap(reals[place], real);
            return true;
        }
        false
    }

    /// The booked row of a pending transaction, if a row taken for that one differs from it in its day
    /// only, and nothing tells which of the two is whose: the bank books on other days than purchases
    /// bear, no name and no day of payment tells, neither was booked on the day of an announcement,
    /// and each may have become the other's by the days that banks take.
    fn day_alone_tells(
        &self,
        read: &Read,
        reals: &[RealId],
        answer: &Answer,
        (place, id): (usize, domain::id::TransactionId),
    ) -> Option<usize> {
        let bank = &self.history.bank;
        if bank.names_pending() || !bank.set.has(Misbehaviour::DateDrift) || !read.whole {
            return None;
        }
        let account = &self.books.accounts[read.account];
        let (label, taken) = (self.books.labels.of(reals[place]), account.label(id)?);
        let called = |row: usize| self.books.labels.of(reals[row]);
        let row = &read.rows[place].observed;
        let mut rows = (0..reals.len()).filter(|other| called(*other) == taken);
        let other = rows.next().filter(|_| rows.next().is_none())?;
        if joined(answer, other).and_then(|id| account.label(id)) == Some(taken) {
            return None;
        }
        // Of neither is anything else shown, such as its announcement still.
        let shown = |of| (0..reals.len()).filter(|row| called(*row) == of).count();
        let pair = [row, &read.rows[other].observed];
        let own = announcements(account, label)?;
        let announced = announcements(account, taken)?;
        let known = account.rows.get(id)?;
        let mut all = own.iter().chain(&announced);
        let fits = all.all(|one| {
            but_for_day(one) == but_for_day(&known.observed) && may_be_of_either(one, pair)
        });
        (shown(label) == 1 && announced.len() == 1 && own.len() < 2 && fits).then_some(other)
    }

    /// Two purchases that differ in their days only and were taken for each other are a wrong
    /// joining, but neither lost nor doubled: from here on each goes by the other's name. What a
    /// person noted on one of them is lost.
    pub(crate) fn cross(&mut self, read: &Read, reals: &[RealId], answer: &Answer) -> Vec<RealId> {
        let mut either = Vec::new();
        for (place, real) in reals.iter().enumerate() {
            let label = self.books.labels.of(*real);
            let taken = joined(answer, place)
                .and_then(|id| self.books.accounts[read.account].label(id))
                .filter(|taken| *taken != label);
            let Some(taken) = taken else { continue };
            let other = self.books.labels.real(taken);
            // Where names tell nothing, a row that says what the other one says is either's.
            let said = content(&read.rows[place].observed);
            let account = &self.books.accounts[read.account];
            let equal = joined(answer, place)
                .and_then(|id| account.rows.get(id))
                .is_some_and(|row| content(&row.observed) == said);
            let has_own = account.holders(label).any(|row| {
                row.standing == Standing::Counted
                    && row.observed.state == read.rows[place].observed.state
            });
            if equal && has_own && !self.history.bank.names_tell() {
                either.push((place, taken));
                continue;
            }
            let facts = |real: RealId| {
                let real = &self.history.reals[real];
                (real.account, real.kind, real.amount, real.pending_amount, &real.name)
            };
            // What a person joined is one, whichever row shows it.
            let ruled = self.books.ruled.contains(&label) && self.books.ruled.contains(&taken);
            if facts(*real) == facts(other) && !ruled {
                for edit in [label, taken].iter().flat_map(|of| Edited::ALL.map(|what| (*of, what)))
                {
                    self.score.edits_lost += u64::from(self.books.edited.remove(&edit).is_some());
                }
                self.books.labels.swap(*real, other);
            }
        }
        let mut labels: Vec<_> = reals.iter().map(|real| self.books.labels.of(*real)).collect();
        for (place, taken) in either {
            labels[place] = taken;
        }
        self.books.shown.extend(&labels);
        labels
    }

    /// Doubted rows of which the rules say what they are may be taken for the other of two that
    /// nothing tells apart.
    pub(crate) fn exchange_doubts(&mut self, read: &Read, events: &[AccountEvent]) {
        let bank = &self.history.bank;
        let books_by_name = bank.names_pending();
        let moves_days = bank.set.has(Misbehaviour::DateDrift) && !books_by_name;
        for event in events {
            if let AccountEvent::DoubtResolved(done) = event
                && let Verdict::SameAs { transaction_id } = done.verdict
            {
                let doubted = done.transaction_id;
                let tells = (books_by_name, moves_days);
                self.books.exchange(read.account, doubted, transaction_id, tells);
            }
        }
    }
}

/// What is known of a transaction, if it is nothing but announced.
fn announcements(account: &Account, label: RealId) -> Option<Vec<&ObservedTransaction>> {
    let known = account.holders(label).filter(|row| row.standing != Standing::Absorbed);
    known.map(|row| Some(&row.observed).filter(|row| row.state == RowState::Pending)).collect()
}

/// Whether a pending transaction may have become the one booked row or the other.
pub(crate) fn may_be_of_either(
    pending: &ObservedTransaction,
    booked: [&ObservedTransaction; 2],
) -> bool {
    but_for_day(booked[0]) == but_for_day(booked[1])
        && pending.payment_date == booked[0].payment_date
        && booked.iter().all(|row| {
            let days = row.booking_date.signed_duration_since(pending.booking_date).num_days();
            row.state == RowState::Booked && (1..=EITHERS_DAYS).contains(&days)
        })
}

fn names_of(row: &ObservedTransaction) -> impl Iterator<Item = &String> {
    row.bank_reference.iter().chain(&row.bank_identifier)
}

/// What a row is called.
pub(crate) fn name_of(row: &ObservedTransaction) -> Option<String> {
    let name = row.bank_reference.as_ref().or(row.bank_identifier.as_ref());
    name.cloned()
}

/// Whether no identifier tells two readings apart.
fn unnamed(one: &ObservedTransaction, other: &ObservedTransaction) -> bool {
    let silent = |one: &Option<String>, other: &Option<String>| {
        one.is_none() || other.is_none() || one == other
    };
    silent(&one.bank_reference, &other.bank_reference)
        && silent(&one.bank_identifier, &other.bank_identifier)
}
