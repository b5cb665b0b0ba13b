//! A model of a bank: how it shows what really is, with its misbehaviours.

use chrono::{Days, NaiveDate};
use domain::money::{Currency, Money};
use domain::observed::{ObservedTransaction, RowState};

use crate::chance::{Chance, hash, mix};
use crate::life::{DAY, Real, RealId, day_of};
use crate::misbehaviour::{Misbehaviour as M, Set};

/// For how many minutes after a consent the whole history is shown, where it is not for ever.
pub const FIRST_MINUTES: i64 = 10;
/// Days of history after that, or before a flood.
const SHORT_HISTORY_DAYS: u64 = 60;
/// Rows on a page.
pub const PAGE_ROWS: usize = 25;
/// Percent of rows that cannot be read.
const BROKEN_PERCENT: u64 = 2;

/// What the bank gives of identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// A reference.
    Reference,
    /// An identifier.
    Identifier,
    /// Both.
    Both,
    /// Nothing.
    None,
}

/// What a pending row's identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingId {
    /// That of the booked one.
    Same,
    /// Another.
    Other,
    /// None.
    None,
}

/// A bank's habits.
#[derive(Clone, Debug)]
pub struct Bank {
    /// How it misbehaves.
    pub set: Set,
    /// What it gives of identifiers.
    pub ids: Ids,
    /// What of a pending row.
    pub pending_id: PendingId,
    /// Whether it shows pending rows.
    pub has_pending: bool,
    /// Whether it gives a booked balance.
    pub has_balance: bool,
    /// Whether it says on which day something was paid.
    pub has_payment_date: bool,
    /// Whether it says on which day something counts.
    pub has_value_date: bool,
    /// Whether texts are in a field of their own or all in one.
    pub one_text: bool,
    /// Whether positions are counted within a day.
    pub positions_by_day: bool,
    /// Whether the order of rows of a day changes from read to read.
    pub shuffles: bool,
    /// How often the accounts have moved to another bank.
    pub moved: u64,
}

/// A row as shown, with what it stands for.
#[derive(Clone, Debug)]
pub struct ShownRow {
    /// What an algorithm sees.
    pub observed: ObservedTransaction,
    /// What it does not.
    pub real: RealId,
}

/// What is asked of the bank.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Which account.
    pub account: usize,
    /// From which day.
    pub from: Option<NaiveDate>,
    /// Now.
    pub now: i64,
    /// When the consent was given.
    pub consent_at: i64,
    /// How many consents there were.
    pub consents: u64,
    /// A number of its own for each read.
    pub read: u64,
}

/// What the bank answered.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The rows that could be read.
    pub rows: Vec<ShownRow>,
    /// Whether the pages came to their end and every row could be read.
    pub whole: bool,
    /// The booked balance.
    pub balance: Option<Money>,
    /// Calls of the endpoint for transactions.
    pub calls: u32,
    /// The first day it really shows.
    pub reaches: Option<NaiveDate>,
}

impl Bank {
    /// A bank of some kind that misbehaves so.
    pub fn new(chance: &mut Chance, set: Set) -> Self {
        let needs_reference = [
            M::PositionalReference,
            M::LateReference,
            M::ReusedId,
            M::EchoedRow,
            M::IdAcrossAccounts,
        ]
        .iter()
        .any(|one| set.has(*one));
        let ids = match chance.between(0, 9) {
            _ if set.has(M::NoId) => Ids::None,
            0..5 => Ids::Reference,
            5..8 => Ids::Both,
            _ if needs_reference => Ids::Reference,
            8 => Ids::Identifier,
            _ => Ids::None,
        };
        let ids = if set.has(M::IdPerCall) && ids == Ids::None && !set.has(M::NoId) {
            Ids::Identifier
        } else {
            ids
        };
        let needs_pending = [
            M::CardPair,
            M::AmountDrift,
            M::DateDrift,
            M::RewrittenText,
            M::VanishingPending,
            M::PendingFilterRefused,
        ];
        let has_pending = needs_pending.iter().any(|one| set.has(*one)) || chance.percent(60);
        Self {
            set,
            ids,
            pending_id: *chance.one(&[PendingId::Same, PendingId::Other, PendingId::None]),
            has_pending,
            has_balance: chance.percent(70),
            has_payment_date: chance.percent(40),
            has_value_date: chance.percent(60),
            one_text: chance.percent(30),
            positions_by_day: chance.percent(50),
            shuffles: chance.percent(30),
            moved: 0,
        }
    }

    /// Whether what a row is called is the same in every read.
    #[must_use]
    pub fn names_last(&self) -> bool {
        let moves = [M::IdPerCall, M::PositionalReference];
        self.ids != Ids::None && !moves.iter().any(|one| self.set.has(*one))
    }

    /// Whether equal rows under two names are two transactions. Where a bank shows a row twice under
    /// two names, of three equal rows none can be told to be the one shown twice.
    #[must_use]
    pub fn names_tell(&self) -> bool {
        self.names_last() && !self.set.has(M::EchoedRow)
    }

    /// Whether a pending row's name tells what is booked of it.
    #[must_use]
    pub fn names_pending(&self) -> bool {
        self.names_last() && self.pending_id == PendingId::Same
    }

    /// Answers a read.
    pub fn show(&self, chance: &mut Chance, reals: &[Real], asked: &Asked) -> Shown {
        let reaches = self.reaches(asked);
        let refused = self.set.has(M::PendingFilterRefused) && chance.percent(50);
        let mut whole = !refused;
        let mut rows = self.all(reals, asked, refused);
        rows.sort_by(|one, other| {
            let newest = other.observed.booking_date.cmp(&one.observed.booking_date);
            newest
                .then(reals[other.real].made.cmp(&reals[one.real].made))
                .then(one.real.cmp(&other.real))
        });
        if self.set.has(M::PositionalReference) && self.ids != Ids::None {
            self.number(&mut rows);
        }
        rows.retain(|row| reaches.is_none_or(|day| row.observed.booking_date >= day));
        if self.shuffles {
            let salt = chance.bits();
            rows.sort_by_key(|row| {
                (std::cmp::Reverse(row.observed.booking_date), mix(salt ^ row.real as u64))
            });
        }
        let mut calls = 1 + u32::try_from(rows.len() / PAGE_ROWS).unwrap_or(u32::MAX);
        let cut = self.set.has(M::RepeatingCursor) || self.set.has(M::RefusedCursor);
        if cut && rows.len() > PAGE_ROWS && chance.percent(50) {
            rows.truncate(PAGE_ROWS);
            (whole, calls) = (false, 2);
        }
        if self.set.has(M::BrokenRow) && chance.percent(50) {
            let before = rows.len();
            rows.retain(|_| !chance.percent(BROKEN_PERCENT));
            whole &= rows.len() == before;
        }
        let balance = self.balance(chance, reals, asked);
        Shown { rows, whole, balance, calls, reaches }
    }

    fn reaches(&self, asked: &Asked) -> Option<NaiveDate> {
        let asked_from = asked.from.filter(|_| !self.set.has(M::DateFilterIgnored));
        let first = asked.now - asked.consent_at <= FIRST_MINUTES;
        let short = (self.set.has(M::FirstMinutesHistory) && !first)
            || (self.set.has(M::HistoryFlood) && asked.consents < 2);
        let limit = short.then(|| day_of(asked.now) - Days::new(SHORT_HISTORY_DAYS));
        asked_from.max(limit)
    }

    fn balance(&self, chance: &mut Chance, reals: &[Real], asked: &Asked) -> Option<Money> {
        let down = self.set.has(M::BalanceDown) && chance.percent(60);
        if !self.has_balance || down {
            return None;
        }
        let stale = self.set.has(M::StaleBalance) && chance.percent(50);
        let at = if stale { asked.now - 2 * DAY } else { asked.now };
        let sum = reals
            .iter()
            .filter(|real| real.account == asked.account && real.booked_at(at))
            .map(|real| real.amount.minor)
            .sum();
        Some(Money::new(sum, Currency::EUR))
    }

    fn all(&self, reals: &[Real], asked: &Asked, no_pending: bool) -> Vec<ShownRow> {
        let mut rows = Vec::new();
        for (id, real) in reals.iter().enumerate().filter(|(_, real)| real.account == asked.account)
        {
            let booked = real.booked_at(asked.now);
            if booked {
                rows.push(ShownRow { observed: self.row(id, real, true, asked), real: id });
                let echo = real.echoed.filter(|from| *from <= asked.now);
                rows.extend(echo.and_then(|_| self.echo(id, real, asked)));
            }
            let pair = self.set.has(M::CardPair)
                && booked
                && real.pending
                && asked.now < real.due + 3 * DAY
                && mix(id as u64) % 10 < 7;
            if (real.pending_at(asked.now) || pair) && !no_pending {
                rows.push(ShownRow { observed: self.row(id, real, false, asked), real: id });
            }
        }
        rows
    }

    fn number(&self, rows: &mut [ShownRow]) {
        // Counted from the newest, so that a row that comes in moves those after it.
        let (mut day, mut place) = (None, 0);
        for row in rows.iter_mut() {
            if self.positions_by_day && day != Some(row.observed.booking_date) {
                day = Some(row.observed.booking_date);
                place = 0;
            }
            place += 1;
            row.observed.bank_reference = Some(if self.positions_by_day {
                format!("{}-{place}", row.observed.booking_date.format("%Y%m%d"))
            } else {
                place.to_string()
            });
        }
    }

    /// The row once more, under another name. Where a bank gives none, a second equal row would be
    /// a second transaction to anybody.
    fn echo(&self, id: RealId, real: &Real, asked: &Asked) -> Option<ShownRow> {
        let mut row = self.row(id, real, true, asked);
        row.bank_reference = row.bank_reference.map(|text| format!("{text}B"));
        row.bank_identifier = row.bank_identifier.map(|text| format!("{text}b"));
        let named = row.bank_reference.is_some() || row.bank_identifier.is_some();
        named.then_some(ShownRow { observed: row, real: id })
    }

    fn name_of(&self, id: RealId, real: &Real, booked: bool, asked: &Asked) -> [Option<String>; 2] {
        let per_call = self.set.has(M::IdPerCall);
        let pending = |text: String| match self.pending_id {
            _ if booked => Some(text),
            PendingId::Same => Some(text),
            PendingId::Other => Some(format!("P{text}")),
            PendingId::None => None,
        };
        let late = self.set.has(M::LateReference) && booked && asked.now < real.due + DAY;
        let called = |salt: u64| format!("{:016x}", mix(mix(asked.read ^ salt) ^ id as u64));
        let reference = match self.ids {
            Ids::Reference if per_call => Some(called(1)),
            Ids::Reference | Ids::Both if !late => {
                let account = if self.set.has(M::IdAcrossAccounts) { 0 } else { real.account };
                pending(format!("{:02}{account}{:09}", 26 + self.moved, real.serial))
            }
            _ => None,
        };
        let identifier = match self.ids {
            Ids::Identifier | Ids::Both if per_call => Some(called(2)),
            Ids::Identifier | Ids::Both => {
                let seed =
                    hash(self.moved, "identifier") ^ real.serial ^ (real.account as u64) << 40;
                pending(format!("{:012x}", mix(seed) >> 16))
            }
            _ => None,
        };
        [reference, identifier]
    }

    fn row(&self, id: RealId, real: &Real, booked: bool, asked: &Asked) -> ObservedTransaction {
        let [bank_reference, bank_identifier] = self.name_of(id, real, booked, asked);
        let anew = real.worded_anew && !booked;
        let amount = if booked { real.amount } else { real.pending_amount };
        let day = if booked { real.day } else { real.pending_day };
        let (counterparty, text) = self.words(real, anew);
        let card = real.message == "KORTTIOSTO";
        let kind = match (card, booked) {
            (true, false) if self.set.has(M::CardPair) => "VARAUS",
            (true, _) => "KORTTIOSTO",
            _ => "TILISIIRTO",
        };
        ObservedTransaction {
            bank_reference,
            bank_identifier,
            state: if booked { RowState::Booked } else { RowState::Pending },
            booking_date: day,
            value_date: (self.has_value_date && booked).then_some(day),
            payment_date: self.has_payment_date.then_some(real.pending_day),
            amount,
            amount_text: String::new(),
            original_amount: real.original,
            counterparty,
            counterparty_identifier: real.iban.clone(),
            counterparty_servicer: None,
            text,
            reference: real.reference.clone(),
            bank_type: Some(kind.to_owned()),
            unmapped: None,
        }
    }

    fn words(&self, real: &Real, anew: bool) -> (Option<String>, String) {
        let name = real.name.as_str();
        if anew {
            // As a terminal sends it: cut, in capitals, the branch's number behind.
            let cut: String = name.chars().take(12).collect::<String>().to_uppercase();
            return (None, format!("VARAUS {cut} {}", name.len() * 31));
        }
        if self.one_text {
            let place = if real.message == "KORTTIOSTO" { " FI" } else { "" };
            (None, format!("{} {name}{place}", real.message).trim().to_owned())
        } else {
            (Some(name.to_owned()), real.message.clone())
        }
    }
}
