//! The rows of accounts and cards as a list shows them, newest first.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use super::pending::phantoms;
use super::{Misbehaviour as M, Misbehaviours, StatusFilter, Window};
use crate::chance::lot;
use crate::house::House;
use crate::household::{Account, Card, CardRow, Row, money};
use crate::jose::fingerprint;
use crate::op::wire;

/// One of this many booked rows is listed twice (`echoed-row`).
const ECHOED_ONE_IN: u64 = 9;
/// After how many days archive ids start again (`reused-id`): whole weeks, so that booking days meet.
const ID_CYCLE_DAYS: i32 = 17 * 7;
/// Digits of an archive id that are its day.
const ID_DAY_DIGITS: usize = 8;
/// Digits of an archive id that are its number within the day and account.
const ID_NUMBER_DIGITS: usize = 4;
/// Letters of an archive id before that number, which tell the account.
const ID_ACCOUNT_LETTERS: usize = 2;

/// How the bank looks at its lists during one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) house: &'static House,
    pub(crate) on: Misbehaviours,
    pub(crate) seed: u64,
    /// The bank's day.
    pub(crate) today: NaiveDate,
    /// The number of this read.
    pub(crate) read: u64,
}

/// A row as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The real transaction it stands for; none for a broken row.
    pub(crate) identity: Option<String>,
    pub(crate) value: Value,
}

/// Whose row format it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Account,
    Card,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Booked,
    Pending,
}

/// What a row says. It is written in the words of the wire for the rows of one page only.
#[derive(Debug, Clone)]
pub(crate) enum Source<'a> {
    Row(Cow<'a, Row>),
    CardRow(Cow<'a, CardRow>),
}

/// A row of a list, on its way to the wire.
#[derive(Debug, Clone)]
pub(crate) enum Entry<'a> {
    Whole(Box<Listed<'a>>),
    /// It stands for nothing: which of the broken ones it is.
    Broken(Shape, usize),
}

/// A row that stands for a real transaction.
#[derive(Debug, Clone)]
pub(crate) struct Listed<'a> {
    pub(crate) shape: Shape,
    pub(crate) standing: Standing,
    pub(crate) identity: Cow<'a, str>,
    pub(crate) made: NaiveDate,
    pub(crate) booked: NaiveDate,
    pub(crate) cents: i64,
    pub(crate) archive_id: Option<String>,
    pub(crate) source: Source<'a>,
}

impl View {
    /// True when rows that are not booked yet are listed.
    pub(crate) fn lists_pending(&self) -> bool {
        self.house.lists_pending || self.on.lists_pending()
    }

    /// The rows of an account within a window.
    pub(crate) fn account_rows<'a>(
        &self,
        account: &'a Account,
        window: Window,
        filter: StatusFilter,
    ) -> Vec<Entry<'a>> {
        let booked = account.rows.iter().rev().filter(|row| window.holds(row.booking_date));
        let mut list = Vec::new();
        if self.lists_pending() {
            let phantoms = phantoms(self, &account.iban, account.pays_by_card());
            list.extend(
                phantoms.iter().map(|phantom| self.pending_row(&phantom.on_account(self.house))),
            );
            list.extend(account.pending.iter().rev().map(|row| self.pending_row(row)));
            let pairs = booked.clone().filter(|row| row.is_card_purchase());
            let pairs = pairs.filter(|row| self.has_pair(row.payment_date, row.booking_date));
            list.extend(pairs.map(|row| self.pending_row(row)));
            list.retain(|listed| window.holds(listed.made));
        }
        list.extend(booked.map(Listed::of_row));
        self.give_ids(&mut list);
        self.finish(self.echo(list), Shape::Account, filter)
    }

    /// The rows of a credit card within a window.
    pub(crate) fn card_rows<'a>(
        &self,
        card: &'a Card,
        window: Window,
        filter: StatusFilter,
    ) -> Vec<Entry<'a>> {
        let booked = card.rows.iter().rev().filter(|row| window.holds(row.posting_date));
        let mut list = Vec::new();
        if self.on.lists_pending() && card.credit.is_some() {
            let phantoms = phantoms(self, card.card_number, true);
            list.extend(phantoms.iter().map(|phantom| self.pending_card_row(&phantom.on_card())));
            list.extend(card.pending.iter().rev().map(|row| self.pending_card_row(row)));
            let pairs = booked.clone().filter(|row| self.has_pair(row.made, row.posting_date));
            list.extend(pairs.map(|row| self.pending_card_row(row)));
            list.retain(|listed| window.holds(listed.made));
        }
        list.extend(booked.map(Listed::of_card_row));
        self.finish(list, Shape::Card, filter)
    }

    /// `id-across-accounts`, `reused-id`, `positional-reference`.
    fn give_ids(&self, list: &mut [Listed<'_>]) {
        let mut place = 0_usize;
        for listed in list {
            let Some(id) = listed.archive_id.take() else { continue };
            if listed.standing == Standing::Pending {
                listed.archive_id = Some(id);
                continue;
            }
            place += 1;
            listed.archive_id = Some(match self.on.has(M::PositionalReference) {
                true => format!("{place:08}"),
                false => self.archive_id(&id, listed.booked),
            });
        }
    }

    /// An id made of its parts: day, branch, account letters, number.
    fn archive_id(&self, honest: &str, booked: NaiveDate) -> String {
        let letters_at = honest.len().saturating_sub(ID_NUMBER_DIGITS + ID_ACCOUNT_LETTERS);
        let number_at = honest.len().saturating_sub(ID_NUMBER_DIGITS);
        let (Some(day), Some(branch), Some(letters), Some(number)) = (
            honest.get(..ID_DAY_DIGITS),
            honest.get(ID_DAY_DIGITS..letters_at),
            honest.get(letters_at..number_at),
            honest.get(number_at..),
        ) else {
            return honest.to_owned();
        };
        let day = match self.on.has(M::ReusedId) {
            true => format!("{:08}", booked.num_days_from_ce().rem_euclid(ID_CYCLE_DAYS)),
            false => day.to_owned(),
        };
        let letters = if self.on.has(M::IdAcrossAccounts) { "XX" } else { letters };
        format!("{day}{branch}{letters}{number}")
    }

    /// `echoed-row`. OP's card rows carry no reference, so only rows of accounts are echoed.
    fn echo<'a>(&self, list: Vec<Listed<'a>>) -> Vec<Listed<'a>> {
        if !self.on.has(M::EchoedRow) {
            return list;
        }
        let mut echoed = Vec::with_capacity(list.len() + list.len() / 4);
        for listed in list {
            let drawn = lot(self.seed, "echo", &listed.identity);
            let again = listed.archive_id.as_ref().filter(|_| {
                listed.standing == Standing::Booked && drawn.is_multiple_of(ECHOED_ONE_IN)
            });
            let echo =
                again.map(|id| Listed { archive_id: Some(format!("{id}K")), ..listed.clone() });
            echoed.push(listed);
            echoed.extend(echo);
        }
        echoed
    }

    /// The filter and the broken rows.
    fn finish<'a>(
        &self,
        list: Vec<Listed<'a>>,
        shape: Shape,
        filter: StatusFilter,
    ) -> Vec<Entry<'a>> {
        let kept = list.into_iter().filter(|listed| filter.holds(listed.standing));
        let mut rows: Vec<Entry<'a>> = kept.map(|listed| Entry::Whole(Box::new(listed))).collect();
        if self.on.has(M::BrokenRow) {
            for number in 0..BROKEN_ROWS {
                let place = rows.len() * number / 2;
                rows.insert(place, Entry::Broken(shape, number));
            }
        }
        rows
    }

    /// The row in the words of OP's wire.
    pub(crate) fn show(&self, entry: Entry<'_>) -> Shown {
        match entry {
            Entry::Whole(listed) => self.write(self.settle(*listed)),
            Entry::Broken(shape, number) => {
                let [amount, date, null] = broken(shape, self.today);
                let value = [amount, date, null].into_iter().nth(number).unwrap_or_default();
                Shown { identity: None, value }
            }
        }
    }

    /// The last changes of the id, in this order: `transaction-id-per-call`, `late-reference`, `no-id`.
    pub(crate) fn settle<'a>(&self, mut listed: Listed<'a>) -> Listed<'a> {
        if self.on.has(M::TransactionIdPerCall)
            && let Some(id) = &listed.archive_id
        {
            let mut id = fingerprint(format!("{} {id}", self.read).as_bytes());
            id.truncate(20);
            listed.archive_id = Some(id);
        }
        let late = self.on.has(M::LateReference) && listed.booked == self.today;
        if late || self.on.has(M::NoId) {
            listed.archive_id = None;
        }
        listed
    }

    /// The dates of pending rows, the signs of cards, the status.
    fn write(&self, listed: Listed<'_>) -> Shown {
        let Listed { shape, standing, identity, booked, mut cents, archive_id, source, .. } =
            listed;
        let mut value = match source {
            Source::Row(row) => wire::row(&row),
            Source::CardRow(row) => wire::card_row(&row),
        };
        match archive_id {
            Some(id) => value["archiveId"] = id.into(),
            None => {
                if let Some(members) = value.as_object_mut() {
                    members.remove("archiveId");
                }
            }
        }
        let dates: &[&str] = match shape {
            Shape::Account => &["bookingDate", "valueDate"],
            Shape::Card => &["postingDate"],
        };
        if standing == Standing::Pending {
            for date in dates {
                value[*date] = booked.to_string().into();
            }
        }
        if shape == Shape::Card && self.on.has(M::CardSignReversed) {
            cents = -cents;
            let original = value["originalAmount"].as_str().unwrap_or_default();
            value["originalAmount"] = negated(original).into();
        }
        value["amount"] = money(cents).into();
        if self.on.lists_pending() {
            let pending = standing == Standing::Pending;
            value["status"] = if pending { "PENDING" } else { "BOOKED" }.into();
        }
        Shown { identity: Some(identity.into_owned()), value }
    }
}

/// An amount's text with the other sign; zero has none.
fn negated(amount: &str) -> String {
    match amount.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if amount.bytes().all(|byte| matches!(byte, b'0' | b'.')) => amount.to_owned(),
        None => format!("-{amount}"),
    }
}

/// How many rows of `broken-row` a list has.
pub(crate) const BROKEN_ROWS: usize = 3;

/// `broken-row`: an amount that is no number, a missing date, and null. They stand for no transaction.
fn broken(shape: Shape, today: NaiveDate) -> [Value; BROKEN_ROWS] {
    let today = today.to_string();
    match shape {
        Shape::Account => [
            json!({
                "archiveId": "RIKKI1", "message": "", "amount": "12,3x", "currency": "EUR",
                "bookingDate": today, "valueDate": today,
            }),
            json!({
                "archiveId": "RIKKI2", "message": "", "amount": "-4.00", "currency": "EUR",
                "payer": null, "recipient": null,
            }),
            Value::Null,
        ],
        Shape::Card => [
            json!({
                "description": "RIKKI", "amount": "NaN", "currency": "EUR", "postingDate": today,
            }),
            json!({ "description": "RIKKI", "amount": "4.00", "currency": "EUR" }),
            Value::Null,
        ],
    }
}
