//! What a person may want to know of: each notice names the transactions it rests on.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::categorisation::CategoryKind;
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;

use crate::forecast::Forecast;
use crate::movement::{Movement, median, portion};
use crate::recurring::{State, Stream};

/// Notices look so many days back.
pub const LOOKS_BACK: i64 = 31;
/// Payments of one payee from which an unusual one can be told.
const FEWEST_PAYMENTS: usize = 8;
/// An amount is unusual so many times as far from the middle as usual, in tenths.
const FAR: i64 = 52;
/// A bill is high from so many parts of a hundred of the usual one, and by so much at least.
const HIGH_BILL: i64 = 130;
const HIGH_BILL_BY: i64 = 1000;
/// The days between two charges that may be one charged twice.
const DOUBLE_DAYS: i64 = 1;
/// A subscription is asked about after so many charges.
const ASKED_AFTER: usize = 6;

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// An amount far from what this payee usually gets.
    UnusualAmount {
        /// The usual amount.
        usual: i64,
    },
    /// Perhaps charged twice.
    DoubleCharge,
    /// A bill far above the usual one.
    HighBill {
        /// The usual amount.
        usual: i64,
    },
    /// A subscription costs more.
    PriceRise {
        /// The amount before.
        before: i64,
    },
    /// The balance may run low.
    LowBalance {
        /// The day.
        day: NaiveDate,
    },
    /// A subscription that nothing else speaks of: is it still used?
    StillUsed {
        /// What it costs in a year.
        yearly: i64,
    },
    /// Something that came again has stopped.
    Stopped,
}

impl Matter {
    /// A word for it that stays.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::UnusualAmount { .. } => "unusual_amount",
            Self::DoubleCharge => "double_charge",
            Self::HighBill { .. } => "high_bill",
            Self::PriceRise { .. } => "price_rise",
            Self::LowBalance { .. } => "low_balance",
            Self::StillUsed { .. } => "still_used",
            Self::Stopped => "stopped",
        }
    }
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The same for the same thing, whenever it is looked at: what it is muted by.
    pub key: String,
    /// What it is about.
    pub matter: Matter,
    /// Whom it is about, as the bank wrote it; empty for a balance.
    pub label: String,
    /// The signed amount it is about.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
    /// The day it is about.
    pub day: NaiveDate,
    /// The transactions it rests on.
    pub rests_on: Vec<TransactionId>,
}

/// Everything worth a notice on a day, the newest first.
#[must_use]
pub fn notices(
    movements: &[Movement],
    streams: &[Stream],
    forecasts: &[Forecast],
    today: NaiveDate,
) -> Vec<Notice> {
    let recent = |day: NaiveDate| day <= today && (today - day).num_days() <= LOOKS_BACK;
    let mut all = unusual(movements, streams, recent);
    all.extend(doubled(movements, recent));
    for stream in streams {
        all.extend(of_stream(stream, recent, today));
    }
    all.extend(forecasts.iter().filter_map(low_balance));
    all.sort_by(|one, two| (two.day, &one.key).cmp(&(one.day, &two.key)));
    all
}

fn about(movement: &Movement, matter: Matter, rests_on: Vec<TransactionId>) -> Notice {
    Notice {
        key: format!("{}:{}", matter.word(), movement.id),
        matter,
        label: movement.label.clone(),
        minor: movement.minor,
        currency: movement.currency,
        day: movement.day,
        rests_on,
    }
}

/// Amounts far above what a payee usually gets, by the middle distance from the middle.
fn unusual(
    movements: &[Movement],
    streams: &[Stream],
    recent: impl Fn(NaiveDate) -> bool,
) -> Vec<Notice> {
    let in_stream: std::collections::HashSet<TransactionId> =
        streams.iter().flat_map(|stream| stream.hits.iter().map(|hit| hit.id)).collect();
    let mut payees: HashMap<(&str, Currency), Vec<&Movement>> = HashMap::new();
    for movement in movements {
        if movement.minor < 0 && movement.kind() == CategoryKind::Spending {
            payees.entry((&movement.payee, movement.currency)).or_default().push(movement);
        }
    }
    let mut found = Vec::new();
    for rows in payees.values() {
        for row in rows.iter().filter(|row| recent(row.day) && !in_stream.contains(&row.id)) {
            let before: Vec<i64> = rows
                .iter()
                .filter(|other| other.day < row.day)
                .map(|other| other.minor.saturating_abs())
                .collect();
            if before.len() < FEWEST_PAYMENTS {
                continue;
            }
            let usual = median(&before);
            let away: Vec<i64> = before.iter().map(|amount| (amount - usual).abs()).collect();
            let spread = median(&away).max(usual / 10).max(1);
            let size = row.minor.saturating_abs();
            if (size - usual) * 10 > spread * FAR && size > usual * 2 {
                found.push(about(row, Matter::UnusualAmount { usual: -usual }, vec![row.id]));
            }
        }
    }
    found.sort_by(|one, two| one.key.cmp(&two.key));
    found
}

/// The same amount to the same payee within a day, where that is no habit: at most one a month.
fn doubled(movements: &[Movement], recent: impl Fn(NaiveDate) -> bool) -> Option<Notice> {
    type Key<'a> = (AccountId, &'a str, Currency);
    let mut payees: BTreeMap<Key<'_>, Vec<&Movement>> = BTreeMap::new();
    for movement in movements {
        if movement.minor < 0 && movement.kind() == CategoryKind::Spending {
            let key = (movement.account, movement.payee.as_str(), movement.currency);
            payees.entry(key).or_default().push(movement);
        }
    }
    let mut best: Option<(&Movement, &Movement)> = None;
    for rows in payees.values_mut() {
        rows.sort_by_key(|row| (row.day, row.id));
        let twice = |pair: &[&Movement]| {
            pair[0].minor == pair[1].minor && (pair[1].day - pair[0].day).num_days() <= DOUBLE_DAYS
        };
        let pairs: Vec<&[&Movement]> = rows.windows(2).filter(|pair| twice(pair)).collect();
        // Who pays like this more than once does so on purpose.
        let [pair] = pairs.as_slice() else { continue };
        let mut sizes: Vec<i64> = rows.iter().map(|row| row.minor.saturating_abs()).collect();
        sizes.sort_unstable();
        let large = sizes[(sizes.len() - 1) * 3 / 4];
        let given_back = movements.iter().any(|other| {
            other.payee == pair[1].payee
                && other.minor == -pair[1].minor
                && other.day >= pair[1].day
        });
        if !recent(pair[1].day) || pair[1].minor.saturating_abs() < large || given_back {
            continue;
        }
        if best.is_none_or(|(_, known)| pair[1].minor < known.minor) {
            best = Some((pair[0], pair[1]));
        }
    }
    best.map(|(first, second)| about(second, Matter::DoubleCharge, vec![first.id, second.id]))
}

fn of_stream(stream: &Stream, recent: impl Fn(NaiveDate) -> bool, today: NaiveDate) -> Vec<Notice> {
    let Some(last) = stream.hits.last() else { return Vec::new() };
    if stream.incoming() || stream.category == "savings_investment" || stream.category == "transfer"
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut say = |matter: Matter, minor: i64, day: NaiveDate, rests_on: Vec<TransactionId>| {
        found.push(Notice {
            key: format!("{}:{}:{}", matter.word(), stream.payee, last.id),
            matter,
            label: stream.label.clone(),
            minor,
            currency: stream.currency,
            day,
            rests_on,
        });
    };
    let before: Vec<i64> =
        stream.hits[..stream.hits.len() - 1].iter().map(|hit| hit.minor).collect();
    let usual = median(&before);
    let size = last.minor.saturating_abs();
    if let Some(change) = stream.price_change
        && recent(change.day)
        && change.to < change.from
    {
        let rests_on = stream.hits.iter().rev().take(2).map(|hit| hit.id).collect();
        say(Matter::PriceRise { before: change.from }, change.to, change.day, rests_on);
    } else if before.len() >= 3
        && recent(last.day)
        && size > portion(usual.saturating_abs(), HIGH_BILL, 100)
        && size - usual.saturating_abs() >= HIGH_BILL_BY
    {
        say(Matter::HighBill { usual }, last.minor, last.day, vec![last.id]);
    }
    let lasting = stream.hits.len() >= ASKED_AFTER && stream.fixed;
    let of_pleasure = matches!(stream.category.as_str(), "entertainment" | "sports_fitness");
    // Once in a half-year, in the month of the beat that makes it so many.
    let asked_now = stream.hits.len().is_multiple_of(ASKED_AFTER);
    if lasting && of_pleasure && asked_now && recent(last.day) && stream.state == State::Running {
        let rests_on = stream.hits.iter().rev().take(3).map(|hit| hit.id).collect();
        let yearly = stream.yearly();
        say(Matter::StillUsed { yearly }, stream.expected, last.day, rests_on);
    }
    if stream.state == State::Stopped && recent(stream.next) && stream.hits.len() >= 4 {
        say(Matter::Stopped, stream.expected, stream.next.min(today), vec![last.id]);
    }
    found
}

/// The first day on which the band reaches below nought, if today's balance is above.
fn low_balance(forecast: &Forecast) -> Option<Notice> {
    if forecast.balance < 0 {
        return None;
    }
    let day = forecast.days.iter().find(|day| day.point.unwrap_or(day.known) < 0)?;
    Some(Notice {
        key: format!("low_balance:{}:{}", forecast.currency.code(), day.day.format("%Y-%m")),
        matter: Matter::LowBalance { day: day.day },
        label: String::new(),
        minor: day.point.unwrap_or(day.known),
        currency: forecast.currency,
        day: day.day,
        rests_on: Vec::new(),
    })
}
