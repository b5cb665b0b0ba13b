//! The balance of the coming ninety days: what is known to come, and a band that in the person's
//! own past held four times out of five.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use domain::id::AccountId;
use domain::money::Currency;

use crate::movement::{Movement, portion};
use crate::recurring::{Payees, Rhythm, State};

/// How many days ahead.
pub const HORIZON: u32 = 90;
/// The band is right so many times out of a hundred.
pub const BAND: usize = 80;
/// Days between the points at which the past is tried.
const STEP: u32 = 7;
/// Most points of the past that are tried, and fewest for a band.
const MOST_TRIED: u32 = 52;
const FEWEST_TRIED: usize = 8;
/// Days of history before the first point that is tried.
const FIRST_HISTORY: i64 = 120;
/// The horizons that are tried; days between are interpolated.
const HORIZONS: [u32; 7] = [1, 7, 14, 30, 45, 60, 90];

/// A payment that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The day.
    pub day: NaiveDate,
    /// The signed amount.
    pub minor: i64,
    /// Of whom.
    pub label: String,
    /// The payee, folded; with the rhythm it names the stream.
    pub payee: String,
    /// How often it comes; none for what the person supposed.
    pub rhythm: Option<Rhythm>,
}

/// One day of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// Today's balance and what is known to come.
    pub known: i64,
    /// The lower end of the band; none without enough history.
    pub low: Option<i64>,
    /// The upper end.
    pub high: Option<i64>,
    /// The single most likely balance; only where it has been nearer than "the balance stays".
    pub point: Option<i64>,
}

/// How the same method did in the person's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Points of the past that were tried.
    pub origins: usize,
    /// The error after thirty days, in parts of a thousand of that of "the balance stays".
    pub error_per_mille: i64,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// What it begins with.
    pub balance: i64,
    /// The currency.
    pub currency: Currency,
    /// Its days, from tomorrow.
    pub days: Vec<Day>,
    /// The payments it counts on.
    pub expected: Vec<Expected>,
    /// How the method did before; none without enough history.
    pub tried: Option<Tried>,
}

impl Forecast {
    /// The day with the lowest end of the band, or of what is known.
    #[must_use]
    pub fn lowest(&self) -> Option<&Day> {
        self.days.iter().min_by_key(|day| (day.low.unwrap_or(day.known), day.day))
    }
}

/// What a forecast is made from.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The movements of the accounts that are looked at; those between them are left in.
    pub movements: &'a [Movement],
    /// The accounts.
    pub accounts: &'a [AccountId],
    /// The currency.
    pub currency: Currency,
    /// Their balance at the end of today.
    pub balance: i64,
    /// Today.
    pub today: NaiveDate,
}

/// Errors of the past at each tried horizon, smallest first, as actual less predicted.
type Errors = [Vec<i64>; HORIZONS.len()];

/// What is known of a person's money before anything is supposed: the payments to come, and how far
/// off the same method was before. It is dear to make; forecasts from it are not.
#[derive(Clone, Debug)]
pub struct Outlook {
    balance: i64,
    currency: Currency,
    today: NaiveDate,
    coming: Vec<Expected>,
    errors: Errors,
    tried: Option<Tried>,
}

/// Makes a forecast. `supposed` are amounts the person wants to try out.
#[must_use]
pub fn forecast(basis: &Basis<'_>, supposed: &[Expected]) -> Forecast {
    Outlook::of(basis).forecast(supposed)
}

impl Outlook {
    /// Looks at a person's money.
    #[must_use]
    pub fn of(basis: &Basis<'_>) -> Self {
        let of_basis = |movement: &&Movement| {
            basis.accounts.contains(&movement.account)
                && movement.currency == basis.currency
                && movement.day <= basis.today
        };
        let mut movements: Vec<&Movement> = basis.movements.iter().filter(of_basis).collect();
        movements.sort_by_key(|movement| (movement.day, movement.id));
        let payees = Payees::of(movements.iter().copied());
        let coming = coming(&payees, basis.today);
        let (errors, tried) = tried(&movements, &payees, basis.today);
        let Basis { balance, currency, today, .. } = *basis;
        Self { balance, currency, today, coming, errors, tried }
    }

    /// Its currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The forecast, with amounts that the person wants to try out.
    #[must_use]
    pub fn forecast(&self, supposed: &[Expected]) -> Forecast {
        let mut expected = self.coming.clone();
        expected.extend(supposed.iter().filter(|one| one.day > self.today).cloned());
        expected.sort_by(|one, two| {
            (one.day, &one.payee, one.minor).cmp(&(two.day, &two.payee, two.minor))
        });
        let believed = self.tried.as_ref().is_some_and(|tried| tried.error_per_mille < 1000);
        let mut known = self.balance;
        let mut place = 0;
        let days = (1..=HORIZON).filter_map(|ahead| {
            let day = self.today.checked_add_days(Days::new(u64::from(ahead)))?;
            while let Some(one) = expected.get(place).filter(|one| one.day <= day) {
                known = known.saturating_add(one.minor);
                place += 1;
            }
            let at = |part| {
                quantile_at(&self.errors, ahead, part).map(|error| known.saturating_add(error))
            };
            let tail = (100 - BAND) / 2;
            let (low, high) = (at(tail), at(100 - tail));
            let point = if believed { at(50) } else { None };
            Some(Day { day, known, low, high, point })
        });
        let days = days.collect();
        let Self { balance, currency, tried, .. } = *self;
        Forecast { balance, currency, days, expected, tried }
    }
}

/// The payments that streams make within the horizon.
fn coming(payees: &Payees<'_>, today: NaiveDate) -> Vec<Expected> {
    let until = today.checked_add_days(Days::new(u64::from(HORIZON))).unwrap_or(today);
    let mut expected = Vec::new();
    for stream in
        payees.streams(today, false).into_iter().filter(|stream| stream.state != State::Stopped)
    {
        // What was due and has not come yet comes tomorrow.
        let overdue = (stream.next <= today).then(|| today.succ_opt()).flatten();
        for day in overdue.into_iter().chain(stream.days(today, until)) {
            expected.push(Expected {
                day,
                minor: stream.expected,
                label: stream.label.clone(),
                payee: stream.payee.clone(),
                rhythm: Some(stream.rhythm),
            });
        }
    }
    expected
}

/// Predicts from points of the past, and keeps by how much it was wrong.
fn tried(
    movements: &[&Movement],
    payees: &Payees<'_>,
    today: NaiveDate,
) -> (Errors, Option<Tried>) {
    let mut errors = Errors::default();
    let Some(first) = movements.first().map(|movement| movement.day) else {
        return (errors, None);
    };
    let mut sums: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    for movement in movements {
        *sums.entry(movement.day).or_default() += movement.minor;
    }
    let change = |from: NaiveDate, to: NaiveDate| -> i64 {
        let from = from.succ_opt().unwrap_or(from);
        if from > to { 0 } else { sums.range(from..=to).map(|(_, minor)| minor).sum() }
    };
    let (mut ours, mut theirs, mut origins) = (0_i128, 0_i128, 0);
    for back in 1..=MOST_TRIED {
        let Some(origin) = today.checked_sub_days(Days::new(u64::from(back * STEP))) else { break };
        if (origin - first).num_days() < FIRST_HISTORY {
            break;
        }
        origins += 1;
        let expected = coming(payees, origin);
        for (place, ahead) in HORIZONS.into_iter().enumerate() {
            let Some(day) = origin.checked_add_days(Days::new(u64::from(ahead))) else { continue };
            if day > today {
                continue;
            }
            let predicted: i64 =
                expected.iter().filter(|one| one.day <= day).map(|one| one.minor).sum();
            let actual = change(origin, day);
            errors[place].push(actual - predicted);
            if ahead == 30 {
                theirs += i128::from(actual.abs());
            }
        }
    }
    for list in &mut errors {
        list.sort_unstable();
    }
    // The point is today's known balance and the middle error: so it is judged by that.
    let middle = errors[3].get(errors[3].len() / 2).copied().unwrap_or(0);
    for error in &errors[3] {
        ours += i128::from((error - middle).abs());
    }
    let enough = errors[3].len() >= FEWEST_TRIED;
    let error_per_mille = i64::try_from(ours * 1000 / theirs.max(1)).unwrap_or(i64::MAX);
    (errors, enough.then_some(Tried { origins, error_per_mille }))
}

/// The error at a part (of a hundred) of the past ones, so many days ahead.
fn quantile_at(errors: &Errors, ahead: u32, part: usize) -> Option<i64> {
    let at = |place: usize| {
        let (sorted, horizon) = (errors.get(place)?, *HORIZONS.get(place)?);
        let (middle, wanted) = (quantile(sorted, 50)?, quantile(sorted, part)?);
        let wider = portion(wanted - middle, widening(sorted.len(), horizon), 1000);
        Some(middle + wider)
    };
    let after = HORIZONS.iter().position(|horizon| *horizon >= ahead)?;
    let Some(high) = at(after) else {
        // Further ahead than the past can be tried: the error grows as the root of the days.
        let known = (0..after).rev().find(|place| at(*place).is_some())?;
        let grown = i64::from(root(u64::from(ahead) * 10_000 / u64::from(HORIZONS[known])));
        return Some(portion(at(known)?, grown, 100));
    };
    if HORIZONS[after] == ahead || after == 0 {
        return Some(high);
    }
    let low = at(after - 1)?;
    let (begin, end) = (HORIZONS[after - 1], HORIZONS[after]);
    Some(low + portion(high - low, i64::from(ahead - begin), i64::from(end - begin)))
}

/// By how many thousandths the spread of the past errors is taken. The past is tried every week, so
/// what is tried far ahead overlaps: of 39 looks at 90 days only 4 are apart. So few show too small a
/// spread; this is what a prediction interval of Student's distribution with one degree less is wider
/// than one of the normal distribution, for a band of eighty in a hundred.
fn widening(looks: usize, horizon: u32) -> i64 {
    const FEW: [(u64, i64); 10] = [
        (2, 2_941),
        (3, 1_699),
        (4, 1_429),
        (5, 1_310),
        (6, 1_244),
        (8, 1_171),
        (12, 1_107),
        (18, 1_069),
        (26, 1_046),
        (40, 1_030),
    ];
    let horizon = u64::from(horizon);
    let days = looks as u64 * u64::from(STEP) + horizon;
    let apart = days / horizon.max(u64::from(STEP));
    FEW.iter().find(|(count, _)| apart <= *count).map_or(1_000, |(_, wider)| *wider)
}

/// The conformal quantile: of `n` errors the one at the place of `n + 1` times the part, and between
/// two places as far as it lies between them. Rounded outwards instead, fifty errors would make a band
/// that holds three times in a hundred more than it says.
fn quantile(sorted: &[i64], part: usize) -> Option<i64> {
    if sorted.len() < FEWEST_TRIED {
        return None;
    }
    let hundredths = (sorted.len() + 1) * part;
    let (place, rest) = (hundredths / 100, hundredths % 100);
    let at = |place: usize| sorted.get(place.clamp(1, sorted.len()) - 1).copied();
    let (low, high) = (at(place)?, at(place + 1)?);
    Some(low + portion(high.saturating_sub(low), i64::try_from(rest).unwrap_or(0), 100))
}

/// The whole root of a number.
fn root(number: u64) -> u32 {
    u32::try_from(number.isqrt()).unwrap_or(u32::MAX)
}
