//! Which readings come into question for which: found by amount, by original amount and by rare
//! words, each time only among those of near days, so that no window costs more than its length.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};

use super::key::Content;
use super::order::order;
use super::score::{Reading, Weighed, weigh};
use crate::money::{Currency, Money};
use crate::observed::ObservedTransaction;

/// Days the later reading may lie behind the earlier.
pub(super) const MOST_BEHIND: i64 = 14;
/// Days it may lie before it.
pub(super) const MOST_BEFORE: i64 = 3;
/// Readings looked at for each way of finding.
const MOST_NEAR: usize = 24;
/// Words looked up for each row, the rarest first.
const MOST_LOOKED_UP: usize = 4;

/// Readings that say the same: they are interchangeable.
pub(super) struct Class<'a> {
    pub members: Vec<usize>,
    pub reading: Reading<'a>,
}

/// Two classes that come into question for each other.
pub(super) struct Edge {
    pub known: usize,
    pub row: usize,
    pub weighed: Weighed,
}

/// Classes of readings, ordered by what they say.
pub(super) fn classes<'a>(
    places: Vec<usize>,
    observed: impl Fn(usize) -> &'a ObservedTransaction,
) -> Vec<Class<'a>> {
    // Purchases paid on two days are two, though they were booked on one.
    let said = |place: usize| (Content::of(observed(place)), observed(place).payment_date);
    let mut contents: Vec<_> = places.into_iter().map(|place| (said(place), place)).collect();
    // Equal rows in an order of their own, so that nothing depends on where a bank put them.
    contents.sort_by_key(|(content, place)| (*content, order(observed(*place))));
    let mut classes: Vec<Class<'a>> = Vec::new();
    let mut last = None;
    for (content, place) in contents {
        match classes.last_mut().filter(|_| last == Some(content)) {
            Some(class) => class.members.push(place),
            None => {
                classes.push(Class { members: vec![place], reading: Reading::of(observed(place)) });
            }
        }
        last = Some(content);
    }
    classes
}

type Days = Vec<(NaiveDate, usize)>;

#[derive(Default)]
struct Index {
    amounts: HashMap<Money, Days>,
    originals: HashMap<Money, Days>,
    words: HashMap<(u64, Currency), Days>,
}

impl Index {
    fn of(classes: &[Class<'_>]) -> Self {
        let mut index = Self::default();
        for (place, class) in classes.iter().enumerate() {
            let row = class.reading.row;
            let entry = (row.booking_date, place);
            index.amounts.entry(row.amount).or_default().push(entry);
            if let Some(original) = row.original_amount {
                index.originals.entry(original).or_default().push(entry);
            }
            for word in &class.reading.words {
                index.words.entry((*word, row.amount.currency)).or_default().push(entry);
            }
        }
        // Classes are ordered by day already, and so is every list.
        index
    }

    fn near(&self, reading: &Reading<'_>, found: &mut Vec<usize>) {
        let row = reading.row;
        found.clear();
        let mut look = |days: Option<&Days>| {
            if let Some(days) = days {
                nearest(days, row.booking_date, found);
            }
        };
        look(self.amounts.get(&row.amount));
        look(row.original_amount.and_then(|original| self.originals.get(&original)));
        let mut words: Vec<_> = (reading.words.iter())
            .filter_map(|word| self.words.get(&(*word, row.amount.currency)))
            .collect();
        words.sort_by_key(|days| days.len());
        for days in words.into_iter().take(MOST_LOOKED_UP) {
            look(Some(days));
        }
        found.sort_unstable();
        found.dedup();
    }
}

/// The nearest of a list ordered by day.
fn nearest(days: &Days, day: NaiveDate, found: &mut Vec<usize>) {
    let first = day.checked_sub_signed(TimeDelta::days(MOST_BEHIND)).unwrap_or(NaiveDate::MIN);
    let last = day.checked_add_signed(TimeDelta::days(MOST_BEFORE)).unwrap_or(NaiveDate::MAX);
    let (mut below, mut above) = {
        let middle = days.partition_point(|(other, _)| *other <= day);
        (middle, middle)
    };
    for _ in 0..MOST_NEAR {
        let lower = below.checked_sub(1).map(|at| days[at]).filter(|(other, _)| *other >= first);
        let upper = days.get(above).copied().filter(|(other, _)| *other <= last);
        let distance =
            |(other, _): (NaiveDate, usize)| other.signed_duration_since(day).num_days().abs();
        let (place, take_lower) = match (lower, upper) {
            (Some(lower), Some(upper)) if distance(lower) > distance(upper) => (upper.1, false),
            (Some(lower), _) => (lower.1, true),
            (None, Some(upper)) => (upper.1, false),
            (None, None) => return,
        };
        found.push(place);
        if take_lower {
            below -= 1;
        } else {
            above += 1;
        }
    }
}

/// All pairs that come into question.
pub(super) fn edges(known: &[Class<'_>], rows: &[Class<'_>]) -> Vec<Edge> {
    let index = Index::of(known);
    let mut near = Vec::new();
    let mut edges = Vec::new();
    for (row, class) in rows.iter().enumerate() {
        index.near(&class.reading, &mut near);
        for place in &near {
            let weighed = weigh(&known[*place].reading, &class.reading);
            if weighed.score >= LEAST {
                edges.push(Edge { known: *place, row, weighed });
            }
        }
    }
    edges
}

/// A pair below this score is not worth looking at.
const LEAST: u32 = 300;
