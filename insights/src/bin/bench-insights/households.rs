//! Seeded households whose truth is known: what recurs, what is a transfer, what the balance was.
//!
//! The generator knows nothing of the rules that are measured; still both were written here, so
//! these figures are upper bounds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, Days, Months, NaiveDate};
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;
use insights::forecast::{Basis, forecast};
use insights::matching::transfers;
use insights::movement::Movement;
use insights::notices::{Matter, notices};
use insights::recurring::streams;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::measure::{rounded, share};

const HOUSEHOLDS: u64 = 60;
const DAYS: u64 = 1_000;
/// Horizons at which bands are tried.
const HORIZONS: [u64; 3] = [14, 30, 90];

/// Numbers that look drawn, the same ones always.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn between(&mut self, least: i64, most: i64) -> i64 {
        least + i64::try_from(self.roll(u64::try_from(most - least + 1).unwrap_or(1))).unwrap_or(0)
    }
}

/// A household, with its truth.
struct Household {
    movements: Vec<Movement>,
    /// Payees of what recurs.
    recurring: BTreeSet<String>,
    /// Halves of transfers.
    moved: BTreeSet<(TransactionId, TransactionId)>,
    identifiers: HashMap<AccountId, String>,
    end: NaiveDate,
}

struct Maker {
    dice: Dice,
    household: Household,
    begin: NaiveDate,
}

const ACCOUNT: u128 = 1;
const SAVINGS: u128 = 2;

fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

impl Maker {
    fn add(
        &mut self,
        of: u128,
        day: NaiveDate,
        minor: i64,
        payee: &str,
        text: &str,
        category: &str,
    ) -> TransactionId {
        let id = TransactionId(Uuid::from_u128(self.household.movements.len() as u128 + 1));
        let movement = Movement {
            id,
            account: account(of),
            day,
            minor,
            currency: Currency::EUR,
            payee: String::new(),
            label: String::new(),
            text: String::new(),
            category: category.to_owned(),
            counterparty_identifier: None,
        };
        self.household.movements.push(movement.named(Some(payee), text));
        id
    }

    /// The next working day, as banks book.
    fn booked(day: NaiveDate) -> NaiveDate {
        let wait = match day.weekday() {
            chrono::Weekday::Sat => 2,
            chrono::Weekday::Sun => 1,
            _ => 0,
        };
        day + Days::new(wait)
    }

    /// Something that recurs every so many months, with prices that drift or rise.
    fn bill(&mut self, payee: &str, category: &str, months: u32, size: i64, scatter: i64) {
        let first = self.begin + Days::new(self.dice.roll(28));
        let rises = self.dice.roll(2) == 0;
        let mut size = size;
        let mut hits = 0;
        for beat in 0.. {
            let Some(day) = first.checked_add_months(Months::new(beat * months)) else { break };
            let day = Self::booked(day + Days::new(self.dice.roll(2)));
            if day > self.household.end {
                break;
            }
            if rises && scatter == 0 && beat == 14 / months {
                size += size / 12;
            }
            let minor = size + size * self.dice.between(-scatter, scatter) / 100;
            self.add(ACCOUNT, day, minor, payee, "", category);
            hits += 1;
        }
        if hits >= if months == 12 { 2 } else { 3 } {
            self.household.recurring.insert(
                insights::row::Subject::of(&insights::row::Row {
                    text: payee,
                    ..Default::default()
                })
                .merchant
                .name,
            );
        }
    }

    /// A shop that is gone to when something is needed.
    fn shop(&mut self, payee: &str, category: &str, gap: u64, least: i64, most: i64) {
        let mut day = self.begin;
        loop {
            day = day + Days::new(1 + self.dice.roll(gap * 2));
            if day > self.household.end {
                break;
            }
            let minor = -self.dice.between(least, most);
            self.add(ACCOUNT, day, minor, payee, "", category);
        }
    }

    fn transfers(&mut self) {
        let words = ["Oma tilisiirto", "Säästöön", "Överföring eget konto", "Own transfer"];
        for _ in 0..40 {
            let day = self.begin + Days::new(self.dice.roll(DAYS - 10));
            let minor = self.dice.between(1, 40) * 2_500;
            let word = words[usize::try_from(self.dice.roll(4)).unwrap_or(0)];
            let (from, to) =
                if self.dice.roll(4) == 0 { (SAVINGS, ACCOUNT) } else { (ACCOUNT, SAVINGS) };
            let later = day + Days::new(self.dice.roll(3));
            let out = self.add(from, day, -minor, "", word, "transfer");
            let back = self.add(to, later, minor, "", word, "transfer");
            if self.dice.roll(5) < 3 {
                let named = self.household.identifiers.get(&account(to)).cloned();
                if let Some(one) = self.household.movements.iter_mut().find(|one| one.id == out) {
                    one.counterparty_identifier = named;
                }
            }
            self.household.moved.insert((out, back));
            // A decoy: the same amount on the same days, to and from others.
            if self.dice.roll(2) == 0 {
                self.add(from, day, -minor, "Huoltoliike Oy", "lasku", "car");
                self.add(to, later, minor, "Serkku Virtanen", "velka", "income");
            }
        }
    }
}

fn household(seed: u64) -> Household {
    let begin = NaiveDate::from_ymd_opt(2023, 1, 2).unwrap_or_default() + Days::new(seed % 300);
    let identifiers = HashMap::from([
        (account(ACCOUNT), "FI2112345600000785".to_owned()),
        (account(SAVINGS), "FI5542345670000081".to_owned()),
    ]);
    let household = Household {
        movements: Vec::new(),
        recurring: BTreeSet::new(),
        moved: BTreeSet::new(),
        identifiers,
        end: begin + Days::new(DAYS),
    };
    let mut maker = Maker { dice: Dice(seed.wrapping_mul(7919) + 17), household, begin };
    maker.dice.roll(2);
    let salary = maker.dice.between(190_000, 420_000);
    maker.bill("Pajan palkanlaskenta", "income", 1, salary, 3);
    let rent = -maker.dice.between(60_000, 120_000);
    maker.bill("Lumo Kodit", "housing", 1, rent, 0);
    for (payee, size) in [("Netflix", -1299), ("Spotify", -1199), ("Kuntosali Ykkönen", -3990)] {
        if maker.dice.roll(3) > 0 {
            maker.bill(payee, "entertainment", 1, size, 0);
        }
    }
    maker.bill("Sähköyhtiö Oy", "utilities", 1, -7_500, 35);
    maker.bill("Vesilaitos", "utilities", 3, -9_000, 15);
    maker.bill("Elisa", "telecom", 1, -2_990, 4);
    maker.bill("Pohjola Vakuutus", "insurance", 12, -38_000, 5);
    maker.bill("Autoliitto", "car", 12, -8_900, 3);
    maker.shop("K-Market Alppila", "groceries", 3, 500, 9_000);
    maker.shop("Lidl", "groceries", 5, 900, 12_000);
    maker.shop("Ravintola Kulma", "restaurants", 9, 1_100, 6_000);
    maker.shop("HSL", "public_transport", 4, 310, 310);
    maker.shop("Neste", "fuel_charging", 12, 3_000, 9_000);
    maker.shop("Verkkokauppa.com", "electronics", 70, 900, 60_000);
    maker.shop("Apteekki", "health", 30, 400, 4_000);
    maker.transfers();
    maker.household.movements.sort_by_key(|movement| (movement.day, movement.id));
    maker.household
}

/// Measures all of it.
pub fn measure() -> Map<String, Value> {
    let (mut found, mut right, mut true_ones) = (0, 0, 0);
    let (mut next, mut next_day, mut next_both) = (0, 0, 0);
    let (mut paired, mut paired_right, mut moved) = (0, 0, 0);
    let mut bands: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    let (mut hints, mut months) = (0, 0);
    for seed in 0..HOUSEHOLDS {
        let household = household(seed);
        let all = streams(&household.movements, household.end);
        let payees: BTreeSet<&String> = all.iter().map(|stream| &stream.payee).collect();
        found += payees.len();
        right += payees.iter().filter(|payee| household.recurring.contains(**payee)).count();
        true_ones += household.recurring.len();
        let pairs = transfers(&household.movements, &household.identifiers);
        paired += pairs.len();
        paired_right +=
            pairs.iter().filter(|pair| household.moved.contains(&(pair.out, pair.back))).count();
        moved += household.moved.len();
        for back in (90..450).step_by(30) {
            let origin = household.end - Days::new(back);
            let until = household.movements.partition_point(|movement| movement.day <= origin);
            let (past, future) = household.movements.split_at(until);
            for stream in streams(past, origin).iter().filter(|one| one.is_mature(origin)) {
                next += 1;
                let came = future.iter().find(|movement| {
                    movement.payee == stream.payee && (movement.minor > 0) == stream.incoming()
                });
                let on_day = came.filter(|came| {
                    (came.day - stream.next).num_days().abs() <= stream.rhythm.tolerance()
                });
                next_day += usize::from(on_day.is_some());
                next_both += usize::from(on_day.is_some_and(|came| {
                    (came.minor - stream.expected).abs() * 10 <= stream.expected.abs()
                }));
            }
            let accounts = [account(ACCOUNT)];
            let basis = Basis {
                movements: past,
                accounts: &accounts,
                currency: Currency::EUR,
                balance: 0,
                today: origin,
            };
            let made = forecast(&basis, &[]);
            for ahead in HORIZONS {
                let day = origin + Days::new(ahead);
                let of = |movement: &&Movement| {
                    movement.account == account(ACCOUNT) && movement.day <= day
                };
                let came: i64 = future.iter().filter(of).map(|movement| movement.minor).sum();
                let point = made.days.iter().find(|point| point.day == day);
                if let Some((low, high)) = point.and_then(|point| point.low.zip(point.high)) {
                    let held = bands.entry(ahead).or_default();
                    held.0 += usize::from(low <= came && came <= high);
                    held.1 += 1;
                }
            }
            months += 1;
            hints += notices(past, &[], &[], origin)
                .iter()
                .filter(|notice| matches!(notice.matter, Matter::DoubleCharge))
                .count();
        }
    }
    let bands: Map<String, Value> = bands
        .into_iter()
        .map(|(ahead, (held, of))| {
            (format!("{ahead}_days"), json!({ "forecasts": of, "held": rounded(share(held, of)) }))
        })
        .collect();
    Map::from_iter([
        (
            "households_recurring".to_owned(),
            json!({
                "streams": true_ones,
                "precision": rounded(share(right, found)),
                "recall": rounded(share(right, true_ones)),
                "predictions": next,
                "next_day_right": rounded(share(next_day, next)),
                "next_day_and_amount_right": rounded(share(next_both, next)),
            }),
        ),
        (
            "households_own_transfers".to_owned(),
            json!({
                "transfers": moved,
                "precision": rounded(share(paired_right, paired)),
                "recall": rounded(share(paired_right, moved)),
            }),
        ),
        ("households_band_of_80_percent".to_owned(), Value::Object(bands)),
        (
            "households_double_charge_hints_per_month".to_owned(),
            json!(rounded(share(hints, months))),
        ),
    ])
}
