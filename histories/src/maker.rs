//! Makes histories from seeds.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use domain::categorisation::CATEGORIES;

use crate::bank::{Asked, Bank, Shown};
use crate::chance::{Chance, hash};
use crate::history::{Calls, Edited, History, MOST_STEPS, Read, Step};
use crate::life::{DAY, Kind, Life, Real, day_of, first_day};
use crate::misbehaviour::{Misbehaviour as M, Set};
use crate::plan::Quota;

/// Days each read goes back behind the last whole one.
pub const OVERLAP_DAYS: u64 = 14;
/// Days a consent lasts.
const CONSENT_DAYS: i64 = 180;
/// Months after which references begin anew, in days.
const REUSE_DAYS: i64 = 60;

struct Maker {
    chance: Chance,
    set: Set,
    life: Life,
    bank: Bank,
    accounts: usize,
    now: i64,
    steps: Vec<(i64, Step)>,
    reals: Vec<Real>,
    consent_at: i64,
    consent_ends: i64,
    consents: u64,
    revoked: Option<usize>,
    reads: u64,
    read_to: Vec<Option<NaiveDate>>,
    covered: Vec<BTreeSet<i64>>,
    quotas: Vec<Quota>,
    calls: Calls,
    refused_until: i64,
}

/// Makes the history of a seed with a bank that misbehaves so.
#[must_use]
pub fn make(seed: u64, set: Set) -> History {
    let mut chance = Chance::new(seed ^ hash(0, &set.to_string()));
    let accounts = chance.between(1, 3) as usize;
    let bank = Bank::new(&mut chance, set);
    let life = Life::new(&mut chance, set, accounts, bank.has_pending);
    let steps = chance.between(60, MOST_STEPS as i64) as usize;
    let mut maker = Maker {
        chance,
        set,
        life,
        bank,
        accounts,
        now: -chance_days(seed) * DAY,
        steps: Vec::with_capacity(steps),
        reals: Vec::new(),
        consent_at: 0,
        consent_ends: 0,
        consents: 0,
        revoked: None,
        reads: 0,
        read_to: vec![None; accounts],
        covered: vec![BTreeSet::new(); accounts],
        quotas: vec![Quota::default(); accounts],
        calls: Calls::default(),
        refused_until: 0,
    };
    maker.past();
    maker.consent();
    while maker.steps.len() < steps {
        maker.step();
    }
    maker.finish(seed)
}

fn chance_days(seed: u64) -> i64 {
    Chance::new(seed).between(20, 110)
}

impl Maker {
    fn tell(&mut self, text: String) {
        self.steps.push((self.now, Step::Happened(text)));
    }

    /// What happened before the first consent.
    fn past(&mut self) {
        while self.now < 0 {
            if self.chance.percent(60) {
                let made = self.life.act(&mut self.chance, self.now + 600);
                self.reals.extend(made);
            }
            self.now += DAY;
            let made = self.life.monthly(&mut self.chance, self.now);
            self.reals.extend(made);
        }
        self.now = 600;
    }

    fn consent(&mut self) {
        let days = if self.set.has(M::ShorterConsent) {
            self.chance.between(10, 40)
        } else {
            CONSENT_DAYS
        };
        self.consents += 1;
        self.consent_at = self.now;
        self.consent_ends = self.now + days * DAY;
        self.revoked = None;
        self.tell(format!("consent {} for {days} days", self.consents));
        for account in 0..self.accounts {
            self.read(account, true, None);
        }
    }

    fn step(&mut self) {
        if self.now >= self.consent_ends && self.chance.percent(25) {
            return self.consent();
        }
        match self.chance.between(0, 99) {
            0..34 => {
                let minutes = self.chance.between(240, 3 * DAY);
                self.pass(minutes);
            }
            34..60 => {
                self.now += self.chance.between(1, 240);
                self.act();
            }
            60..82 => {
                let account = self.chance.place(self.accounts);
                self.scheduled(account);
            }
            82..88 => {
                let account = self.chance.place(self.accounts);
                let deep = self.chance.percent(25);
                let from = if deep { None } else { self.usual_from(account) };
                self.read(account, true, from);
            }
            88..93 => self.edit(),
            93..97 => self.steps.push((self.now, Step::Review)),
            97 => self.consent(),
            98 if self.set.has(M::RevokedAtBank) => {
                self.revoked = Some(self.chance.place(self.accounts));
                self.tell("the person revokes an account at the bank".to_owned());
            }
            98 if self.set.has(M::BankMerger) && self.bank.moved == 0 => {
                self.bank.moved += 1;
                self.tell("the accounts move to another bank".to_owned());
                self.consent();
            }
            _ => self.correct(),
        }
    }

    fn act(&mut self) {
        let made = self.life.act(&mut self.chance, self.now);
        for mut real in made {
            if self.set.has(M::EchoedRow) && self.chance.percent(15) {
                let later =
                    if self.chance.percent(50) { 0 } else { self.chance.between(0, 4 * DAY) };
                real.echoed = Some(real.due + later);
            }
            self.tell(format!("real {}: {}", self.reals.len(), describe(&real)));
            self.reals.push(real);
        }
    }

    fn pass(&mut self, minutes: i64) {
        let before = self.now.div_euclid(DAY);
        self.now += minutes;
        for day in before + 1..=self.now.div_euclid(DAY) {
            let mut made = self.life.monthly(&mut self.chance, day * DAY + 60);
            for real in &made {
                let text = format!("real {}: {}", self.reals.len(), describe(real));
                self.steps.push((self.now, Step::Happened(text)));
            }
            self.reals.append(&mut made);
            if self.set.has(M::ReusedId) && day % REUSE_DAYS == 0 {
                self.life.restart_serials();
            }
            if self.set.has(M::CorrectedHistory) && self.chance.percent(25) {
                self.correct();
            }
        }
    }

    /// The bank corrects or takes back a booked row.
    fn correct(&mut self) {
        if !self.set.has(M::CorrectedHistory) {
            return self.act();
        }
        let now = self.now;
        let recent = |real: &Real| real.booked_at(now) && real.day + Days::new(25) >= day_of(now);
        let places: Vec<_> =
            (0..self.reals.len()).filter(|place| recent(&self.reals[*place])).collect();
        if places.is_empty() {
            return;
        }
        let id = *self.chance.one(&places);
        let real = &mut self.reals[id];
        let what = match self.chance.between(0, 3) {
            0 => {
                real.removed = Some(now);
                "taken back"
            }
            1 => {
                let part = self.chance.between(1, 5);
                let most = real.amount.minor.abs() * part / 100;
                real.amount.minor -= real.amount.minor.signum() * most.max(1);
                "another amount"
            }
            2 => {
                real.name = format!("{} OY", real.name);
                "another name"
            }
            _ => {
                real.day = real.day + Days::new(1);
                "another day"
            }
        };
        self.tell(format!("real {id} is corrected: {what}"));
    }

    fn edit(&mut self) {
        let now = self.now;
        let alive = |real: &Real| real.booked_at(now) || real.pending_at(now);
        let places: Vec<_> = (0..self.reals.len())
            .rev()
            .filter(|place| alive(&self.reals[*place]))
            .take(25)
            .collect();
        if places.is_empty() {
            return;
        }
        let real = *self.chance.one(&places);
        let number = self.steps.len();
        let edit = |what, text| Step::Edit { real, what, text };
        let step = match self.chance.between(0, 99) {
            0..45 => edit(Edited::Note, format!("note {number}")),
            45..65 => edit(Edited::Category, CATEGORIES[number % CATEGORIES.len()].0.to_owned()),
            65..85 => edit(Edited::Parts, format!("part {number}")),
            85..93 => {
                // Two purchases of one amount on two days, if there are; the person may be wrong.
                let one = &self.reals[real];
                let equal = |other: &&usize| {
                    let other = &self.reals[**other];
                    one.day != other.day
                        && (one.account, one.amount, &one.name)
                            == (other.account, other.amount, &other.name)
                };
                let goes = places.iter().filter(|other| **other != real).find(equal).copied();
                match goes {
                    Some(goes) => Step::Join { stays: real, goes },
                    None => edit(Edited::Note, format!("note {number}")),
                }
            }
            _ => Step::Part { real },
        };
        self.steps.push((now, step));
    }

    fn usual_from(&self, account: usize) -> Option<NaiveDate> {
        self.read_to[account].map(|day| day - Days::new(OVERLAP_DAYS))
    }

    /// A read the scheduler would make now, if the quota of the rolling day allows it.
    fn scheduled(&mut self, account: usize) {
        let from = self.usual_from(account);
        let expected = self.expected_calls(account, from);
        if !self.quotas[account].allows(self.now, expected) || self.now < self.refused_until {
            self.calls.put_off += 1;
            return;
        }
        self.read(account, false, from);
    }

    fn expected_calls(&self, account: usize, from: Option<NaiveDate>) -> u32 {
        let whole = from.is_none() || self.set.has(M::DateFilterIgnored);
        let rows = self.reals.iter().filter(|real| {
            real.account == account && (whole || from.is_none_or(|day| real.day >= day))
        });
        1 + u32::try_from(rows.count() / crate::bank::PAGE_ROWS).unwrap_or(u32::MAX)
    }

    fn read(&mut self, account: usize, attended: bool, from: Option<NaiveDate>) {
        let now = self.now;
        if now >= self.consent_ends || self.revoked == Some(account) {
            return self.tell(format!("account {account}: refused, no consent"));
        }
        if !attended && self.set.has(M::OddRetryAfter) && self.chance.percent(20) {
            self.refused_until = now + DAY / 4;
            self.spend(account, false, 1);
            return self.tell(format!("account {account}: 429 with an odd time"));
        }
        let mut from = from;
        let mut refused = 0;
        let longest = day_of(now) - Days::new(90);
        if self.set.has(M::WindowRefused) && from.is_none_or(|day| day < longest) {
            (from, refused) = (Some(longest), 1);
        }
        self.reads += 1;
        let asked = Asked {
            account,
            from,
            now,
            consent_at: self.consent_at,
            consents: self.consents,
            read: self.reads,
        };
        let Shown { mut rows, mut whole, balance, mut calls, reaches } =
            self.bank.show(&mut self.chance, &self.reals, &asked);
        let left = self.quotas[account].left(now).saturating_sub(refused);
        if !attended && calls > left {
            // The quota ends in the middle: the newest pages are kept, and the window is no whole one.
            rows.truncate(left as usize * crate::bank::PAGE_ROWS);
            (whole, calls) = (false, left);
        }
        self.spend(account, attended, calls + refused);
        let behind = self.set.has(M::ClockSkew) && self.chance.percent(40);
        let to = day_of(now) - Days::new(u64::from(behind));
        if whole {
            self.read_to[account] = Some(to);
            self.cover(account, from.max(reaches), to);
        }
        let consent = if self.set.has(M::AccountIdPerConsent) { self.consents } else { 0 };
        let account_reference = format!("{account}-{consent}-{}", self.bank.moved);
        let bank = self.bank.moved;
        self.steps.push((
            now,
            Step::Read(Box::new(Read {
                account,
                account_reference,
                bank,
                from,
                to,
                whole,
                balance,
                rows,
                reaches,
                attended,
            })),
        ));
    }

    /// Days that a whole window showed are missing no longer.
    fn cover(&mut self, account: usize, from: Option<NaiveDate>, to: NaiveDate) {
        let first = first_day();
        let from = from.map_or(0, |day| day.signed_duration_since(first).num_days().max(0));
        let to = to.signed_duration_since(first).num_days();
        self.covered[account].extend(from..=to);
    }

    fn spend(&mut self, account: usize, attended: bool, calls: u32) {
        if attended {
            self.calls.attended += u64::from(calls);
        } else {
            self.calls.unattended += u64::from(calls);
            self.calls.over += u64::from(self.quotas[account].spend(self.now, calls));
        }
    }

    fn finish(mut self, seed: u64) -> History {
        // A last look, so that the end is judged on what could be known.
        self.pass(7 * DAY);
        self.consent();
        self.pass(DAY);
        for account in 0..self.accounts {
            self.read(account, true, None);
        }
        let days = self.now.div_euclid(DAY);
        for covered in &self.covered {
            let missing = (0..days).filter(|day| !covered.contains(day)).count();
            self.calls.days_missing += missing as u64;
        }
        let Self { set, bank, accounts, steps, reals, now, calls, .. } = self;
        History { seed, set, bank, accounts, steps, reals, end: now, calls }
    }
}

fn describe(real: &Real) -> String {
    let drifts = if real.pending_amount == real.amount {
        String::new()
    } else {
        format!(", {} while pending", real.pending_amount)
    };
    let fate = match (real.pending, real.vanishes) {
        (true, true) => format!(", pending, goes on {}", day_of(real.due)),
        (true, false) => format!(", pending, in the books on {}", day_of(real.due)),
        _ => String::new(),
    };
    let place = if real.kind == Kind::OwnTransfer { " (own transfer)" } else { "" };
    format!(
        "account {}, {} {}{drifts}, bears {}, {}{place}{fate}",
        real.account, real.amount, real.amount.currency, real.day, real.name
    )
}
