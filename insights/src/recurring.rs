//! What comes again: subscriptions, bills, salaries. Their rhythm, what is next, and what changed.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::categorisation::CategoryKind;
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;

use crate::movement::{Movement, median, portion};

pub use rhythm::Rhythm;

mod rhythm;

/// Most streams that one payee may have.
const MOST_STREAMS: usize = 6;
/// Amounts of one stream lie within so many parts of a hundred of each other.
const BAND: i64 = 20;
/// Of the gaps, so many of a hundred have to fit the rhythm.
const FITTING: usize = 85;
/// A step of a price is at least so many parts of a thousand.
const PRICE_STEP: i64 = 20;
/// Of a payee with more rows than this only prices that are the same are looked at: nothing that
/// comes once a week is paid so often in three years.
const MANY_ROWS: usize = 170;
/// What has not come for so many days has stopped, whatever its rhythm.
const LONG_STOPPED_DAYS: i64 = 400;
/// A stream is new for so many days.
const NEW_DAYS: i64 = 75;

/// One time that it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which transaction.
    pub id: TransactionId,
    /// The day.
    pub day: NaiveDate,
    /// The signed amount.
    pub minor: i64,
}

/// How a stream stands on the day asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It began lately.
    New,
    /// It goes on.
    Running,
    /// Its last beat did not come.
    Stopped,
}

/// A change of a price that was the same before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceChange {
    /// The day of the first new price.
    pub day: NaiveDate,
    /// The signed amount before.
    pub from: i64,
    /// The signed amount since.
    pub to: i64,
}

/// Something that comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The payee, folded.
    pub payee: String,
    /// The payee as the bank wrote it last.
    pub label: String,
    /// Its category.
    pub category: String,
    /// The account it was last on.
    pub account: AccountId,
    /// Its currency.
    pub currency: Currency,
    /// How often.
    pub rhythm: Rhythm,
    /// Every time it came, oldest first.
    pub hits: Vec<Hit>,
    /// Whether its amounts are the same but for changes of price.
    pub fixed: bool,
    /// How it stands.
    pub state: State,
    /// The day of its next beat; of a stopped one, the first that did not come.
    pub next: NaiveDate,
    /// What it will probably be, signed.
    pub expected: i64,
    /// The last change of its price.
    pub price_change: Option<PriceChange>,
    /// Other payments to, or from, the same payee in the last year: with some of them its next beat
    /// is not the next that is seen of the payee.
    pub others: usize,
}

/// Hits that a stream needs before something is foretold of it, and of its last gaps so many fit.
const MATURE_HITS: usize = 5;
const MATURE_GAPS: usize = 3;
/// Of all gaps of a mature stream, so many of a hundred fit.
const MATURE_FITTING: usize = 80;
/// Amounts of a mature stream scatter, as their standard deviation, by at most so many of a hundred
/// of their mean; or they are one price with changes.
const MATURE_SCATTER: i128 = 10;
/// Other payments of the payee are looked for so many days back.
const OTHERS_DAYS: i64 = 365;

impl Stream {
    /// Whether its next beat can be foretold: it came five times, four of five gaps fit and the last
    /// three do, its amounts are one price or lie close together, no other payments of the payee come
    /// between, and its next beat is still to come. One that is due today or before is waited for, and
    /// that is no foretelling.
    #[must_use]
    pub fn is_mature(&self, today: NaiveDate) -> bool {
        let fits: Vec<bool> = self
            .hits
            .windows(2)
            .map(|pair| {
                let off = pair[1].day - self.rhythm.after(pair[0].day, 1);
                off.num_days().abs() <= self.rhythm.tolerance()
            })
            .collect();
        let all = fits.iter().filter(|fit| **fit).count() * 100 >= fits.len() * MATURE_FITTING;
        let lately = fits.iter().rev().take(MATURE_GAPS).all(|fit| *fit);
        self.hits.len() >= MATURE_HITS
            && (self.fixed || self.is_close_together())
            && all
            && lately
            && self.next > today
            && self.others == 0
            && self.state != State::Stopped
    }

    /// Whether the standard deviation of the amounts is small beside their mean. Reckoned in squares of
    /// whole numbers: n·Σx² − (Σx)² is n² times the variance.
    fn is_close_together(&self) -> bool {
        let count = i128::try_from(self.hits.len()).unwrap_or(i128::MAX);
        let sum: i128 = self.hits.iter().map(|hit| i128::from(hit.minor)).sum();
        let squares: i128 = self.hits.iter().map(|hit| i128::from(hit.minor).pow(2)).sum();
        let (Some(all), Some(mean)) = (count.checked_mul(squares), sum.checked_mul(sum)) else {
            return false;
        };
        let (all, mean) = (all.checked_sub(mean), mean.checked_mul(MATURE_SCATTER.pow(2)));
        let spread = all.and_then(|all| all.checked_mul(100 * 100));
        spread.zip(mean).is_some_and(|(spread, mean)| spread <= mean)
    }

    /// Whether money comes in.
    #[must_use]
    pub fn incoming(&self) -> bool {
        self.expected > 0
    }

    /// What it comes to in a year, signed.
    #[must_use]
    pub fn yearly(&self) -> i64 {
        portion(self.expected, self.rhythm.a_year(), 100)
    }

    /// Its days after `from` up to and with `to`.
    pub fn days(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        const MOST: u32 = 400;
        let (next, rhythm) = (self.next, self.rhythm);
        (0..MOST)
            .map(move |count| rhythm.after(next, count))
            .take_while(move |day| *day <= to)
            .filter(move |day| *day > from)
    }
}

/// Finds what comes again among movements up to and with `today`. They may come in any order.
#[must_use]
pub fn streams(movements: &[Movement], today: NaiveDate) -> Vec<Stream> {
    Payees::of(movements.iter()).streams(today, true)
}

/// Movements by payee, direction and currency, each oldest first: what streams are looked for in, on
/// as many days as are asked for.
pub(crate) struct Payees<'a>(Vec<Vec<&'a Movement>>);

impl<'a> Payees<'a> {
    pub(crate) fn of(movements: impl Iterator<Item = &'a Movement>) -> Self {
        type Key<'a> = (&'a str, bool, Currency);
        let mut payees: HashMap<Key<'a>, Vec<&Movement>> = HashMap::new();
        for movement in movements.filter(|movement| movement.minor != 0) {
            let key = (movement.payee.as_str(), movement.incoming(), movement.currency);
            payees.entry(key).or_default().push(movement);
        }
        let mut payees: Vec<Vec<&Movement>> = payees.into_values().collect();
        for rows in &mut payees {
            rows.sort_by_key(|row| (row.day, row.id));
        }
        Self(payees)
    }

    /// The streams up to and with a day; those that stopped long ago only where they are wanted.
    pub(crate) fn streams(&self, today: NaiveDate, long_stopped: bool) -> Vec<Stream> {
        let mut found = Vec::new();
        for rows in &self.0 {
            let rows = &rows[..rows.partition_point(|row| row.day <= today)];
            let Some(last) = rows.last() else { continue };
            if long_stopped || (today - last.day).num_days() <= LONG_STOPPED_DAYS {
                found.extend(of_payee(rows, today));
            }
        }
        found.sort_by(|one: &Stream, two| {
            (one.next, &one.payee, one.expected, one.currency).cmp(&(
                two.next,
                &two.payee,
                two.expected,
                two.currency,
            ))
        });
        found
    }
}

fn of_payee(rows: &[&Movement], today: NaiveDate) -> Vec<Stream> {
    if rows.len() < 2 {
        return Vec::new();
    }
    // First as a whole, then by amounts that are alike.
    if let Some(stream) = rhythm_of(rows, true).and_then(|rhythm| stream(rows, rhythm, today)) {
        return vec![stream];
    }
    let mut found = Vec::new();
    let mut rest: Vec<&Movement> = rows.to_vec();
    rest.sort_by_key(|row| (row.minor.unsigned_abs(), row.day, row.id));
    let mut begin = 0;
    let many = rows.len() > MANY_ROWS;
    let band = if many { 1 } else { BAND };
    while begin < rest.len() && found.len() < MOST_STREAMS {
        let least = rest[begin].minor.saturating_abs();
        let within =
            |row: &&Movement| row.minor.saturating_abs() <= least + portion(least, band, 100);
        let alike = rest[begin..].iter().take_while(|row| within(row)).count();
        let mut group: Vec<&Movement> = rest[begin..begin + alike].to_vec();
        group.sort_by_key(|row| (row.day, row.id));
        let recent = |row: &&&Movement| (today - row.day).num_days() <= OTHERS_DAYS;
        let count = |rows: &[&Movement]| rows.iter().filter(recent).count();
        let others = count(rows).saturating_sub(count(&group));
        let found_here = rhythm_of(&group, false).and_then(|rhythm| stream(&group, rhythm, today));
        match found_here.map(|stream| Stream { others, ..stream }) {
            // One among many rows of a shop is chance unless it is most of them.
            Some(stream) if group.len() * 4 >= rows.len() || stream.fixed => {
                found.push(stream);
                begin += alike;
            }
            _ => begin += if many { alike } else { 1 },
        }
    }
    found
}

/// The rhythm that the days of rows keep, if they keep one.
fn rhythm_of(rows: &[&Movement], whole: bool) -> Option<Rhythm> {
    let mut days: Vec<NaiveDate> = rows.iter().map(|row| row.day).collect();
    let count = days.len();
    days.dedup();
    // Twice on one day, again and again, is no stream.
    if days.len() * 10 < count * 9 {
        return None;
    }
    let best = Rhythm::ALL.into_iter().filter_map(|rhythm| {
        if days.len() < rhythm.fewest() {
            return None;
        }
        let (mut fits, mut strays) = (0, 0);
        for pair in days.windows(2) {
            let off = |count| (pair[1] - rhythm.after(pair[0], count)).num_days().abs();
            if off(1) <= rhythm.tolerance() {
                fits += 1;
                strays += off(1);
            } else if days.len() > 4 && off(2) <= rhythm.tolerance() {
                // One beat was left out.
                strays += rhythm.tolerance() * 2;
                fits += 1;
            }
        }
        let gaps = days.len() - 1;
        let enough = fits * 100 >= gaps * FITTING || (gaps >= 4 && gaps - fits <= 1);
        (enough && fits > 0).then(|| {
            let gaps = i64::try_from(gaps).unwrap_or(1);
            (strays * 100 / gaps / rhythm.tolerance(), rhythm)
        })
    });
    let rhythm = best.min()?.1;
    let amounts: Vec<i64> = rows.iter().map(|row| row.minor).collect();
    believable(&amounts, rhythm, rows[0], whole).then_some(rhythm)
}

/// Whether amounts speak for a stream of this rhythm rather than for a habit or for chance.
fn believable(amounts: &[i64], rhythm: Rhythm, row: &Movement, whole: bool) -> bool {
    let scatter = scatter(amounts);
    let steady = matches!(
        row.category.as_str(),
        "utilities" | "telecom" | "insurance" | "housing" | "loan" | "income" | "government"
    );
    let habit = matches!(
        row.category.as_str(),
        "groceries" | "restaurants" | "fuel_charging" | "alcohol_tobacco"
    );
    match rhythm {
        Rhythm::Weekly | Rhythm::TwoWeekly | Rhythm::FourWeekly => {
            scatter <= if row.incoming() { 250 } else { 60 }
        }
        Rhythm::Yearly if amounts.len() == 2 => {
            scatter <= if steady { 300 } else { 120 } && whole && !habit
        }
        _ if habit => scatter <= 20,
        _ if steady || row.incoming() => scatter <= 900,
        _ if amounts.len() >= 4 => scatter <= 450,
        _ => scatter <= 150,
    }
}

/// How far amounts lie from the middle, at the middle of these distances for runs of more than
/// three and at the largest otherwise: parts of a thousand.
fn scatter(amounts: &[i64]) -> i64 {
    let middle = median(amounts).saturating_abs().max(1);
    let mut away: Vec<i64> =
        amounts.iter().map(|amount| (amount.saturating_abs() - middle).abs()).collect();
    away.sort_unstable();
    let place = if away.len() > 3 { away.len() * 8 / 10 } else { away.len() - 1 };
    portion(away.get(place).copied().unwrap_or(0), 1000, middle)
}

fn stream(rows: &[&Movement], rhythm: Rhythm, today: NaiveDate) -> Option<Stream> {
    let last = rows.last()?;
    let first = rows.first()?;
    if last.kind() == CategoryKind::Transfer && last.incoming() {
        // Money between own accounts comes again on the side it leaves.
        return None;
    }
    let hits: Vec<Hit> =
        rows.iter().map(|row| Hit { id: row.id, day: row.day, minor: row.minor }).collect();
    let price_change = price_change(&hits);
    let fixed = price_change.is_some() || same(&hits);
    let newest: Vec<i64> = hits.iter().rev().take(3).map(|hit| hit.minor).collect();
    let expected = if fixed { last.minor } else { median(&newest) };
    let next = next(&hits, rhythm);
    let late = (today - next).num_days();
    let patience = rhythm.tolerance() + 3;
    let state = match () {
        () if late > patience => State::Stopped,
        () if (today - first.day).num_days() <= NEW_DAYS => State::New,
        () => State::Running,
    };
    Some(Stream {
        payee: last.payee.clone(),
        label: last.label.clone(),
        category: last.category.clone(),
        account: last.account,
        currency: last.currency,
        rhythm,
        hits,
        fixed,
        state,
        next,
        expected,
        price_change,
        others: 0,
    })
}

/// The day of the next beat: for months, by the day of the month it keeps to.
fn next(hits: &[Hit], rhythm: Rhythm) -> NaiveDate {
    const LOOKED_AT: usize = 6;
    let Some(last) = hits.last() else { return NaiveDate::MIN };
    let plain = rhythm.after(last.day, 1);
    if matches!(rhythm, Rhythm::Weekly | Rhythm::TwoWeekly | Rhythm::FourWeekly) {
        return plain;
    }
    // How far each beat lies from the one that the oldest of the last few would make.
    let newest = &hits[hits.len().saturating_sub(LOOKED_AT)..];
    let Some(oldest) = newest.first() else { return plain };
    let mut beat = 0;
    let mut away = Vec::with_capacity(newest.len());
    for hit in newest {
        while (hit.day - rhythm.after(oldest.day, beat)).num_days() > rhythm.tolerance() * 2 {
            beat += 1;
        }
        away.push((hit.day - rhythm.after(oldest.day, beat)).num_days());
    }
    let shift = median(&away);
    let wanted = rhythm.after(oldest.day, beat + 1);
    let wanted = wanted.checked_add_signed(chrono::Duration::days(shift)).unwrap_or(wanted);
    // A day that only just moved is believed as far as the rhythm lets it.
    if (wanted - plain).num_days().abs() <= rhythm.tolerance() { wanted } else { plain }
}

fn close(one: i64, two: i64) -> bool {
    (one - two).abs() * 1000 <= PRICE_STEP / 2 * one.abs().max(two.abs())
}

fn same(hits: &[Hit]) -> bool {
    hits.windows(2).all(|pair| close(pair[0].minor, pair[1].minor))
}

/// The last step between two runs of one price each; there are few steps and each price came more
/// than once, but perhaps the newest.
fn price_change(hits: &[Hit]) -> Option<PriceChange> {
    let steps: Vec<usize> =
        (1..hits.len()).filter(|place| !close(hits[place - 1].minor, hits[*place].minor)).collect();
    let last = *steps.last()?;
    let first_run = steps.first().copied()?;
    let few = steps.len() * 4 <= hits.len() && first_run >= 2;
    let apart = steps.windows(2).all(|pair| pair[1] - pair[0] >= 2);
    (few && apart).then(|| PriceChange {
        day: hits[last].day,
        from: hits[last - 1].minor,
        to: hits[last].minor,
    })
}
