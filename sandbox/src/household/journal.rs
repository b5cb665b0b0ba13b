//! The books a simulation writes into, and how they become accounts and cards.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::calendar::Calendar;
use super::finnish::{iban, payee_account, reference};
use super::merchants::Merchant;
use super::reality::CARD_PURCHASE;
use super::{Account, AccountKind, BIC, Card, CardRow, Credit, Party, Reality, Row};
use crate::chance::Chance;
use crate::jose::fingerprint;

/// Kind of a transfer between two accounts of one Finnish customer.
pub(super) const OWN_TRANSFER: &str = "OMA TILISIIRTO";

/// First simulated day of every household.
pub(super) fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or(NaiveDate::MIN)
}

/// Days of history the bank shows, today's among them: no more than a consent can open, so that
/// what the bank knows and what can be read from it are the same rows on every day of the year.
const HISTORY_DAYS: u64 = 730;

/// One account while its history is written.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) iban: String,
    branch: &'static Branch,
    pub(super) kind: AccountKind,
    pub(super) credit_line_cents: i64,
    product_name: &'static str,
    owner: &'static str,
    /// Distinguishes archive references of two accounts.
    letters: &'static str,
    opening_cents: i64,
    /// Balance after all rows written so far.
    pub(super) balance_cents: i64,
    rows: Vec<Row>,
    numbers: BTreeMap<NaiveDate, u32>,
}

/// Where an account is kept.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) bic: &'static str,
    /// ISO 4217 code.
    pub(super) currency: &'static str,
    pub(super) calendar: Calendar,
    /// The bank's word for a card purchase.
    pub(super) card_purchase: &'static str,
    /// What the row of a purchase says of its day and card.
    pub(super) purchase_text: fn(NaiveDate, &str) -> String,
    /// How long an account id is.
    pub(super) account_id_letters: usize,
    /// Tells accounts of one number apart.
    pub(super) account_id_mark: &'static str,
}

const FINNISH: Branch = Branch {
    bic: BIC,
    currency: "EUR",
    calendar: Calendar::Finland,
    card_purchase: CARD_PURCHASE,
    purchase_text: |day, card| format!("OSTOPVM {} KORTTI {card}", day.format("%d.%m.%Y")),
    account_id_letters: 64,
    account_id_mark: "",
};

/// What a row says beside date and amount.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pub(super) message: String,
    pub(super) reference: Option<String>,
    pub(super) payer: Option<String>,
    pub(super) recipient: Option<Party>,
    pub(super) original: Option<(i64, &'static str)>,
}

impl Book {
    pub(super) fn new(
        product_name: &'static str,
        owner: &'static str,
        letters: &'static str,
        opening_cents: i64,
        chance: &mut Chance,
    ) -> Self {
        Self::at(&FINNISH, iban("5", chance), product_name, owner, letters, opening_cents)
    }

    pub(super) fn at(
        branch: &'static Branch,
        number: String,
        product_name: &'static str,
        owner: &'static str,
        letters: &'static str,
        opening_cents: i64,
    ) -> Self {
        Self {
            iban: number,
            branch,
            kind: AccountKind::Current,
            credit_line_cents: 0,
            product_name,
            owner,
            letters,
            opening_cents,
            balance_cents: opening_cents,
            rows: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Books a row.
    pub(super) fn book(
        &mut self,
        paid: NaiveDate,
        booked: NaiveDate,
        cents: i64,
        kind: &'static str,
        text: Text,
    ) {
        let number = self.numbers.entry(booked).or_insert(0);
        *number += 1;
        let archive_id = format!("{}593619{}{number:04}", booked.format("%Y%m%d"), self.letters);
        self.balance_cents += cents;
        self.rows.push(Row {
            identity: archive_id.clone(),
            archive_id,
            message: text.message,
            reference: text.reference,
            amount_cents: cents,
            original: text.original,
            booking_date: booked,
            value_date: booked,
            payment_date: paid,
            payer: text.payer,
            recipient: text.recipient,
            kind,
            correction: None,
        });
    }

    /// A debit card purchase: booked on the next banking day.
    pub(super) fn purchase(&mut self, day: NaiveDate, merchant: &str, cents: i64, card: &str) {
        let text = Text {
            message: (self.branch.purchase_text)(day, card),
            payer: Some(self.owner.to_owned()),
            recipient: Some(Party { name: merchant.to_owned(), iban: None, bic: "" }),
            ..Text::default()
        };
        let booked = self.branch.calendar.next_banking_day(day);
        self.book(day, booked, -cents, self.branch.card_purchase, text);
    }

    /// A bill or transfer to somebody else, with a reference number when `base` is given.
    pub(super) fn pay(
        &mut self,
        day: NaiveDate,
        name: &str,
        cents: i64,
        kind: &'static str,
        base: Option<u64>,
        message: &str,
    ) {
        let (account, bic) = payee_account(name);
        let text = Text {
            message: message.to_owned(),
            reference: base.map(reference),
            payer: Some(self.owner.to_owned()),
            recipient: Some(Party { name: name.to_owned(), iban: Some(account), bic }),
            original: None,
        };
        self.book(day, day, -cents, kind, text);
    }

    /// Money from somebody else.
    pub(super) fn receive(
        &mut self,
        day: NaiveDate,
        name: &str,
        cents: i64,
        kind: &'static str,
        message: &str,
    ) {
        let text = Text {
            message: message.to_owned(),
            payer: Some(name.to_owned()),
            recipient: Some(Party {
                name: self.owner.to_owned(),
                iban: Some(self.iban.clone()),
                bic: self.branch.bic,
            }),
            ..Text::default()
        };
        self.book(day, day, cents, kind, text);
    }

    /// The account as the bank shows it on a day.
    pub(super) fn finish(mut self, seed: u64, today: NaiveDate, reality: Reality) -> Account {
        // Stable: rows of one booking day stay in the order they were written.
        self.rows.sort_by_key(|row| row.booking_date);
        let (mut rows, mut removed) = reality.of_account(seed, today, self.rows);
        let from = window_start(today);
        let older = rows.iter().filter(|row| row.booking_date < from);
        let older: i64 = older.map(|row| row.amount_cents).sum();
        let is_pending = |row: &&Row| {
            row.booking_date > today && row.payment_date <= today && row.amount_cents < 0
        };
        let pending: Vec<Row> = rows.iter().filter(is_pending).cloned().collect();
        rows.retain(|row| row.booking_date >= from && row.booking_date <= today);
        removed.retain(|row| row.booking_date >= from);
        let mut account_id = fingerprint(
            format!("account {seed} {}{}", self.iban, self.branch.account_id_mark).as_bytes(),
        );
        account_id.truncate(self.branch.account_id_letters);
        Account {
            account_id,
            kind: self.kind,
            iban: self.iban,
            currency: self.branch.currency,
            credit_line_cents: self.credit_line_cents,
            product_name: self.product_name,
            owner: self.owner,
            opening_cents: self.opening_cents + older,
            reserved_cents: pending.iter().map(|row| row.amount_cents).sum(),
            rows,
            pending,
            removed,
        }
    }
}

/// Moves money between two accounts of one customer: a row in each, same day, same amount.
pub(super) fn transfer(
    from: &mut Book,
    to: &mut Book,
    day: NaiveDate,
    cents: i64,
    kind: &'static str,
    message: &str,
) {
    let text = Text {
        message: message.to_owned(),
        payer: Some(from.owner.to_owned()),
        recipient: Some(Party {
            name: to.owner.to_owned(),
            iban: Some(to.iban.clone()),
            bic: to.branch.bic,
        }),
        ..Text::default()
    };
    from.book(day, day, -cents, kind, text.clone());
    to.book(day, day, cents, kind, text);
}

/// A credit card while its history is written.
#[derive(Debug, Default)]
pub(super) struct CreditBook {
    rows: Vec<CardRow>,
    numbers: BTreeMap<NaiveDate, u32>,
}

impl CreditBook {
    /// A purchase in euros: posted on the next banking day.
    pub(super) fn purchase(&mut self, day: NaiveDate, description: String, cents: i64) {
        self.purchase_abroad(day, description, cents, cents, "EUR");
    }

    /// A purchase in another currency.
    pub(super) fn purchase_abroad(
        &mut self,
        day: NaiveDate,
        description: String,
        cents: i64,
        original_cents: i64,
        currency: &'static str,
    ) {
        let posted = Calendar::Finland.next_banking_day(day);
        self.push(day, posted, description, cents, original_cents, currency);
    }

    /// A fee or a payment to the card: posted at once.
    pub(super) fn adjust(
        &mut self,
        day: NaiveDate,
        description: &str,
        cents: i64,
        original_cents: i64,
    ) {
        self.push(day, day, description.to_owned(), cents, original_cents, "EUR");
    }

    fn push(
        &mut self,
        day: NaiveDate,
        posting_date: NaiveDate,
        description: String,
        amount_cents: i64,
        original_cents: i64,
        original_currency: &'static str,
    ) {
        let number = self.numbers.entry(day).or_insert(0);
        *number += 1;
        self.rows.push(CardRow {
            identity: format!("card-{}-{number:04}", day.format("%Y%m%d")),
            made: day,
            description,
            amount_cents,
            original_cents,
            original_currency,
            posting_date,
        });
    }

    /// What is owed on a day.
    pub(super) fn owed_on(&self, day: NaiveDate) -> i64 {
        owed_on(&self.rows, day)
    }

    /// The card as the bank shows it on a day.
    pub(super) fn finish(
        self,
        seed: u64,
        today: NaiveDate,
        reality: Reality,
        product_name: &'static str,
        card_number: &'static str,
    ) -> Card {
        let mut rows = reality.of_card(seed, self.rows);
        rows.sort_by_key(|row| row.posting_date);
        let from = window_start(today);
        let opening_cents = owed_on(&rows, from - Days::new(1));
        let is_pending = |row: &&CardRow| row.made <= today && row.posting_date > today;
        let pending: Vec<CardRow> = rows.iter().filter(is_pending).cloned().collect();
        let outstanding_cents = pending.iter().map(|row| row.amount_cents).sum();
        rows.retain(|row| row.posting_date >= from && row.posting_date <= today);
        Card {
            credit: Some(Credit { opening_cents, outstanding_cents }),
            rows,
            pending,
            ..debit_card(seed, product_name, card_number)
        }
    }
}

fn owed_on(rows: &[CardRow], day: NaiveDate) -> i64 {
    rows.iter().filter(|row| row.posting_date <= day).map(|row| row.amount_cents).sum()
}

/// A debit card: its purchases are rows of its account.
pub(super) fn debit_card(seed: u64, product_name: &'static str, card_number: &'static str) -> Card {
    let id = fingerprint(format!("card {seed} {product_name} {card_number}").as_bytes());
    Card {
        card_id: id[..24].to_owned(),
        product_name,
        card_number,
        credit: None,
        rows: Vec::new(),
        pending: Vec::new(),
    }
}

/// A price of a merchant; most prices end in 0, 5 or 9.
pub(super) fn price(merchant: &Merchant, chance: &mut Chance) -> i64 {
    let low = chance.between(merchant.low_cents, merchant.high_cents);
    let high = chance.between(merchant.low_cents, merchant.high_cents);
    // Small baskets are more common than large ones.
    let cents = low.min(high);
    match chance.between(0, 2) {
        0 if cents % 10 != 0 => cents - cents % 10 + 5,
        1 if cents % 10 != 0 => cents - cents % 10 + 9,
        _ => cents,
    }
}

/// All days of the simulation.
pub(super) fn days(today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first_day().iter_days().take_while(move |day| *day <= today)
}

/// True from Saturday to Sunday.
pub(super) fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn window_start(today: NaiveDate) -> NaiveDate {
    today
        .checked_sub_days(Days::new(HISTORY_DAYS - 1))
        .map_or(first_day(), |from| from.max(first_day()))
}
