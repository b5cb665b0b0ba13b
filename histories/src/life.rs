//! What really happens: a person buys, is paid, pays rent. Nobody but the oracle sees these.

use chrono::{Days, NaiveDate};
use domain::money::{Currency, Money};

use crate::chance::Chance;
use crate::misbehaviour::{Misbehaviour, Set};

/// Minutes of a day.
pub const DAY: i64 = 1_440;
/// In how many percent of lives with drift a card purchase drifts.
const DRIFTING_PERCENT: u64 = 45;
/// In how many percent of lives with vanishing rows a pending row vanishes.
const VANISHING_PERCENT: u64 = 20;

/// The place of a real transaction in its history.
pub type RealId = usize;

/// What kind of transaction it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A cheap purchase at a favourite place, equal day after day.
    Coffee,
    /// A purchase of any amount.
    Groceries,
    /// Reserved with a round amount, booked with the true one.
    Fuel,
    /// Booked with a tip.
    Restaurant,
    /// In another currency, booked at another rate.
    Foreign,
    /// Money back from a shop.
    Refund,
    /// A salary.
    Salary,
    /// Rent.
    Rent,
    /// The same amount every month by card.
    Subscription,
    /// To or from another account of the same person.
    OwnTransfer,
    /// To a person.
    Friend,
}

/// A real transaction as it stands now.
#[derive(Clone, Debug)]
pub struct Real {
    /// On which account.
    pub account: usize,
    /// What kind.
    pub kind: Kind,
    /// The minute it was made.
    pub made: i64,
    /// The minute it was or will be booked, or goes if it is never booked.
    pub due: i64,
    /// Whether it is shown as pending until then.
    pub pending: bool,
    /// Whether it goes without being booked.
    pub vanishes: bool,
    /// The minute the bank took it out of its books.
    pub removed: Option<i64>,
    /// The day it bears while pending.
    pub pending_day: NaiveDate,
    /// The day it bears when booked.
    pub day: NaiveDate,
    /// The amount while pending.
    pub pending_amount: Money,
    /// The amount when booked.
    pub amount: Money,
    /// The amount in the currency of the purchase.
    pub original: Option<Money>,
    /// The other side.
    pub name: String,
    /// The other side's account.
    pub iban: Option<String>,
    /// The message.
    pub message: String,
    /// The payment reference.
    pub reference: Option<String>,
    /// Whether the bank words it otherwise while it is pending.
    pub worded_anew: bool,
    /// Its number in the bank's books.
    pub serial: u64,
    /// Whether the bank shows it twice, and from which minute.
    pub echoed: Option<i64>,
}

impl Real {
    /// Whether the bank has it in its books at a minute.
    #[must_use]
    pub fn booked_at(&self, now: i64) -> bool {
        !self.vanishes && self.due <= now && self.removed.is_none_or(|gone| gone > now)
    }

    /// Whether the bank has it as pending at a minute.
    #[must_use]
    pub fn pending_at(&self, now: i64) -> bool {
        self.pending && self.made <= now && now < self.due
    }

    /// The minute from which it is gone for good, if it is by now.
    #[must_use]
    pub fn gone_since(&self, now: i64) -> Option<i64> {
        match self.removed {
            Some(gone) if gone <= now => Some(gone),
            _ if self.vanishes && self.due <= now => Some(self.due),
            _ => None,
        }
    }
}

const CAFES: [&str; 4] =
    ["Kahvila Aamu", "ROBERTS COFFEE FORUM", "Espresso House 3312", "Café Ekberg"];
const SHOPS: [&str; 7] = [
    "K-MARKET KAMPPI",
    "S-MARKET SÖRNÄINEN",
    "PRISMA ITÄKESKUS",
    "LIDL HELSINKI RUOHOLAHTI",
    "ALEPA HAKANIEMI",
    "K-MARKET KALASATAMA",
    "ICA NÄRA ODENPLAN",
];
const PUMPS: [&str; 3] = ["NESTE K RUSKEASUO", "ABC PRISMA VIIKKI AUTOMAATTI", "ST1 LAUTTASAARI"];
const TABLES: [&str; 3] = ["RAVINTOLA SAVOTTA", "Bistro Bardot", "Gaijin Oy"];
const ABROAD: [(&str, &str); 4] = [
    ("AMZN Mktp US*2K4", "USD"),
    ("SJ AB STOCKHOLM", "SEK"),
    ("GITHUB, INC.", "USD"),
    ("7-ELEVEN OSLO S", "NOK"),
];
const MONTHLY: [(&str, i64); 4] =
    [("SPOTIFY AB", -1_099), ("Netflix.com", -1_399), ("ELISA OYJ", -2_490), ("Yle Areena", -999)];
const FRIENDS: [&str; 4] = ["Virtanen Maija", "Korhonen Jussi", "Nieminen Ella", "Mäkelä Otto"];

/// How one person lives: what comes again has the same amounts.
#[derive(Clone, Debug)]
pub struct Life {
    set: Set,
    accounts: usize,
    cards: bool,
    has_pending: bool,
    salary: i64,
    rent: i64,
    coffee: i64,
    cafe: &'static str,
    serials: Vec<u64>,
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// The first day of every history.
#[must_use]
pub fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

/// The day of a minute.
#[must_use]
pub fn day_of(minute: i64) -> NaiveDate {
    let days = minute.div_euclid(DAY);
    if days >= 0 {
        first_day() + Days::new(days.unsigned_abs())
    } else {
        first_day() - Days::new(days.unsigned_abs())
    }
}

impl Life {
    /// A person with so many accounts.
    pub fn new(chance: &mut Chance, set: Set, accounts: usize, has_pending: bool) -> Self {
        Self {
            set,
            accounts,
            cards: chance.percent(80),
            has_pending,
            salary: chance.between(190_000, 520_000),
            rent: -chance.between(55_000, 140_000),
            coffee: -*chance.one(&[350, 390, 420]),
            cafe: chance.one::<&str>(&CAFES),
            serials: vec![0; accounts],
        }
    }

    fn serial(&mut self, account: usize) -> u64 {
        self.serials[account] += 1;
        self.serials[account]
    }

    /// References begin anew.
    pub fn restart_serials(&mut self) {
        self.serials.fill(0);
    }

    fn bare(&mut self, account: usize, kind: Kind, now: i64, minor: i64, name: &str) -> Real {
        Real {
            account,
            kind,
            made: now,
            due: now,
            pending: false,
            vanishes: false,
            removed: None,
            pending_day: day_of(now),
            day: day_of(now),
            pending_amount: euro(minor),
            amount: euro(minor),
            original: None,
            name: name.to_owned(),
            iban: None,
            message: String::new(),
            reference: None,
            worded_anew: false,
            serial: self.serial(account),
            echoed: None,
        }
    }

    fn card(&mut self, chance: &mut Chance, mut real: Real) -> Real {
        "KORTTIOSTO".clone_into(&mut real.message);
        if self.has_pending && self.cards && real.kind != Kind::Refund {
            real.pending = true;
            let (few, most) = if self.has(Misbehaviour::DateDrift) { (1, 6) } else { (1, 4) };
            real.due = real.made + chance.between(few * DAY / 2, most * DAY);
            real.vanishes =
                self.has(Misbehaviour::VanishingPending) && chance.percent(VANISHING_PERCENT);
            real.worded_anew = self.has(Misbehaviour::RewrittenText) && chance.percent(80);
            if self.has(Misbehaviour::DateDrift) && chance.percent(80) {
                real.day = day_of(real.due);
            }
            if self.has(Misbehaviour::AmountDrift) && chance.percent(DRIFTING_PERCENT) {
                self.drift(chance, &mut real);
            }
        }
        real
    }

    fn drift(&self, chance: &mut Chance, real: &mut Real) {
        let amount = real.amount.minor;
        real.pending_amount.minor = match real.kind {
            Kind::Fuel => *chance.one(&[-100, -13_000, -15_000]),
            Kind::Restaurant => amount * 100 / chance.between(105, 120),
            Kind::Foreign => amount * chance.between(970, 1_030) / 1_000,
            _ => amount,
        };
    }

    fn has(&self, one: Misbehaviour) -> bool {
        self.set.has(one)
    }

    /// One thing the person does now; sometimes two rows come of it.
    pub fn act(&mut self, chance: &mut Chance, now: i64) -> Vec<Real> {
        let account = chance.place(self.accounts);
        let twins = if self.has(Misbehaviour::IdenticalTwins) { 60 } else { 8 };
        let mut made = match chance.between(0, 99) {
            0..30 => vec![self.bare(account, Kind::Coffee, now, self.coffee, self.cafe)],
            30..58 => {
                let minor = -chance.between(150, 12_000);
                vec![self.bare(account, Kind::Groceries, now, minor, chance.one::<&str>(&SHOPS))]
            }
            58..66 => {
                let minor = -chance.between(2_000, 9_900);
                vec![self.bare(account, Kind::Fuel, now, minor, chance.one::<&str>(&PUMPS))]
            }
            66..74 => {
                let minor = -chance.between(1_200, 11_000);
                vec![self.bare(account, Kind::Restaurant, now, minor, chance.one::<&str>(&TABLES))]
            }
            74..82 => vec![self.foreign(chance, account, now)],
            82..86 => {
                let minor = chance.between(500, 9_000);
                vec![self.bare(account, Kind::Refund, now, minor, chance.one::<&str>(&SHOPS))]
            }
            86..93 => return vec![self.friend(chance, account, now)],
            _ => return self.own_transfer(chance, account, now),
        };
        let twice = matches!(made[0].kind, Kind::Coffee) && chance.percent(twins);
        if twice {
            let twin = self.bare(account, Kind::Coffee, now, self.coffee, self.cafe);
            made.push(twin);
        }
        made.into_iter().map(|real| self.card(chance, real)).collect()
    }

    fn foreign(&mut self, chance: &mut Chance, account: usize, now: i64) -> Real {
        let (name, currency) = *chance.one(&ABROAD);
        let minor = -chance.between(900, 20_000);
        let mut real = self.bare(account, Kind::Foreign, now, minor, name);
        let (parts, whole) = if currency == "USD" { (108, 100) } else { (1_140, 100) };
        real.original =
            Currency::parse(currency).ok().map(|coin| Money::new(minor * parts / whole, coin));
        real
    }

    fn friend(&mut self, chance: &mut Chance, account: usize, now: i64) -> Real {
        let minor = -*chance.one(&[500, 1_000, 2_000, 2_500, 5_000]);
        let mut real = self.bare(account, Kind::Friend, now, minor, chance.one::<&str>(&FRIENDS));
        real.iban = Some(format!("FI{:016}", 2_110_000_000 + real.name.len() as u64 * 77));
        real.message = (*chance.one(&["", "lounas", "kiitos!", "kirpputori"])).to_owned();
        real
    }

    fn own_transfer(&mut self, chance: &mut Chance, account: usize, now: i64) -> Vec<Real> {
        let minor = *chance.one(&[5_000, 10_000, 20_000]);
        let other = (account + 1) % self.accounts;
        let mut out = self.bare(account, Kind::OwnTransfer, now, -minor, "MEIKÄLÄINEN MATTI");
        "OMA SIIRTO".clone_into(&mut out.message);
        let mut rows = vec![out];
        if other != account {
            let mut into = self.bare(other, Kind::OwnTransfer, now, minor, "MEIKÄLÄINEN MATTI");
            "OMA SIIRTO".clone_into(&mut into.message);
            if self.has(Misbehaviour::IdAcrossAccounts) {
                into.serial = rows[0].serial + 7_000_000;
                rows[0].serial = into.serial;
            }
            rows.push(into);
        }
        rows
    }

    /// What comes of itself on a day of the month.
    pub fn monthly(&mut self, chance: &mut Chance, now: i64) -> Vec<Real> {
        use chrono::Datelike;
        let mut made = Vec::new();
        match day_of(now).day() {
            2 => made.push(self.bare(0, Kind::Rent, now, self.rent, "ASUNTO OY KALLIONKULMA")),
            15 => {
                let mut pay = self.bare(0, Kind::Salary, now, self.salary, "PALKKA OY AB");
                "PALKKA".clone_into(&mut pay.message);
                pay.reference = Some("RF18539007547034".to_owned());
                made.push(pay);
            }
            day @ (5 | 9 | 20 | 27) => {
                let (name, minor) = MONTHLY[(day as usize) % MONTHLY.len()];
                let real = self.bare(0, Kind::Subscription, now, minor, name);
                made.push(self.card(chance, real));
            }
            _ => {}
        }
        made
    }
}
