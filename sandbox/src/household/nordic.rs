//! The customers of the Swedish bank: a designer with accounts in kronor and euros, savings and a credit
//! card, and a pensioner with one account.

use chrono::{Datelike, NaiveDate};

use super::calendar::Calendar;
use super::finnish::check_digits;
use super::journal::{Book, Branch, Text, days, is_weekend, price, transfer};
use super::merchants::{Merchant, merchant};
use super::{AccountKind, BankUser, Party, Reality};
use crate::chance::Chance;

/// Kind of a card purchase.
pub(crate) const CARD_PURCHASE: &str = "KORTKÖP";
/// Kind of a card authorisation that stands beside its booked row.
pub(crate) const CARD_AUTHORISATION: &str = "RESERVATION";
const GIRO: &str = "BANKGIRO";
const AUTOGIRO: &str = "AUTOGIRO";
const SWISH: &str = "SWISH";
const SALARY: &str = "LÖN";
const PENSION: &str = "PENSION";
const OWN: &str = "ÖVERFÖRING";
const SEPA: &str = "SEPA";
const EXCHANGE: &str = "VÄXLING";
const CARD_PAYMENT: &str = "KORTFAKTURA";

const SWEDEN: Calendar = Calendar::Sweden;
const KRONOR: Branch = Branch {
    bic: "NVIKSESS",
    currency: "SEK",
    calendar: SWEDEN,
    card_purchase: CARD_PURCHASE,
    purchase_text: |day, card| format!("{card} {}", day.format("%y%m%d")),
    account_id_letters: 36,
    account_id_mark: "",
};
const EUROS: Branch = Branch { currency: "EUR", account_id_mark: " EUR", ..KRONOR };

const EBBA: &str = "Ebba Lindqvist";
const BIRGER: &str = "Birger Åkesson";
const CREDIT_CARD: &str = "525412******3241";
const CARD_LIMIT_ORE: i64 = 3_000_000;
/// Öre for a hundred euro cents.
const ORE_PER_EURO: i64 = 1_130;

const GROCERIES: [Merchant; 4] = [
    merchant("ICA NARA", "VAXHOLM", 4_900, 62_000),
    merchant("COOP", "TABY", 7_500, 88_000),
    merchant("HEMKOP", "STOCKHOLM", 3_900, 44_000),
    merchant("WILLYS", "AKERSBERGA", 9_900, 120_000),
];
const DAYS_OUT: [Merchant; 4] = [
    merchant("SL BILJETT", "STOCKHOLM", 4_300, 9_700),
    merchant("ESPRESSO HOUSE", "STOCKHOLM", 3_900, 14_500),
    merchant("PRESSBYRAN", "STOCKHOLM", 2_500, 9_900),
    merchant("VAXHOLMSBOLAGET", "VAXHOLM", 7_900, 21_000),
];
const SHOPS: [Merchant; 3] = [
    merchant("CLAS OHLSON", "STOCKHOLM", 9_900, 149_900),
    merchant("AKADEMIBOKHANDELN", "STOCKHOLM", 7_900, 54_900),
    merchant("SYSTEMBOLAGET", "VAXHOLM", 11_900, 69_000),
];
const ABROAD: [Merchant; 3] = [
    merchant("RISTORANTE DA LUCIA", "BOLOGNA", 1_800, 9_500),
    merchant("TRENITALIA", "ROMA", 990, 8_900),
    merchant("LIBRERIA COOP", "BOLOGNA", 1_200, 4_900),
];

/// Both customers, up to a day.
pub(super) fn generate(seed: u64, today: NaiveDate, reality: Reality) -> Vec<BankUser> {
    vec![ebba(seed, today, reality), birger(seed, today, reality)]
}

/// An invented account (ISO 13616): the clearing range 954 belongs to nobody.
fn account_number(chance: &mut Chance) -> String {
    let number = chance.between(10_000_000, 99_999_999);
    let body = format!("9540000000{number:010}");
    format!("SE{:02}{body}", check_digits("SE", &body))
}

/// An invented payee's account, always the same for the same name.
fn payee(name: &str) -> Party {
    let mut chance = Chance::new(0, name);
    Party { name: name.to_owned(), iban: Some(account_number(&mut chance)), bic: "NVIKSESS" }
}

fn pay(
    book: &mut Book,
    owner: &str,
    due: (NaiveDate, i64),
    to: &str,
    kind: &'static str,
    message: &str,
) {
    let text = Text {
        message: message.to_owned(),
        payer: Some(owner.to_owned()),
        recipient: Some(payee(to)),
        ..Text::default()
    };
    book.book(due.0, due.0, -due.1, kind, text);
}

fn receive(book: &mut Book, due: (NaiveDate, i64), from: &str, kind: &'static str, message: &str) {
    let text =
        Text { message: message.to_owned(), payer: Some(from.to_owned()), ..Text::default() };
    book.book(due.0, due.0, due.1, kind, text);
}

fn place(merchant: &Merchant) -> String {
    format!("{}, {}", merchant.name, merchant.city)
}

fn shop(
    book: &mut Book,
    chance: &mut Chance,
    day: NaiveDate,
    places: &[(u64, &[Merchant])],
    card: &str,
) {
    for (percent, merchants) in places {
        if chance.percent(*percent) {
            let merchant = chance.choose(merchants);
            let ore = price(merchant, chance);
            book.purchase(day, &place(merchant), ore, card);
        }
    }
}

fn ebba(seed: u64, today: NaiveDate, reality: Reality) -> BankUser {
    let mut chance = Chance::new(seed, "198504121234");
    let number = account_number(&mut chance);
    let mut salary = Book::at(&KRONOR, number.clone(), "Lönekonto", EBBA, "LK", 2_340_250);
    // One number, two currencies: the key of an account is both.
    let mut euros = Book::at(&EUROS, number, "Eurokonto", EBBA, "EU", 214_075);
    let mut savings =
        Book::at(&KRONOR, account_number(&mut chance), "Sparkonto", EBBA, "SK", 9_600_000);
    savings.kind = AccountKind::Savings;
    let mut card = Book::at(&KRONOR, CREDIT_CARD.to_owned(), "Nordvik Kort", EBBA, "KK", -412_900);
    card.kind = AccountKind::CreditCard;
    card.credit_line_cents = CARD_LIMIT_ORE;
    for day in days(today) {
        ebba_bills(&mut salary, &mut euros, &mut chance, day);
        if SWEDEN.is_due(day, 26) {
            transfer(&mut salary, &mut savings, day, 300_000, OWN, "Spara");
        }
        let weekend = is_weekend(day);
        let out = if weekend { 20 } else { 48 };
        shop(&mut salary, &mut chance, day, &[(42, &GROCERIES), (out, &DAYS_OUT)], "KORT 8812");
        card_day(&mut card, &mut salary, &mut chance, day);
        keep_in_balance(&mut salary, &mut savings, day);
    }
    BankUser {
        user_id: "19850412",
        display_name: EBBA,
        accounts: vec![
            salary.finish(seed, today, reality),
            euros.finish(seed, today, reality),
            savings.finish(seed, today, reality),
            card.finish(seed, today, reality),
        ],
        cards: Vec::new(),
    }
}

fn ebba_bills(salary: &mut Book, euros: &mut Book, chance: &mut Chance, day: NaiveDate) {
    if SWEDEN.is_payday(day, 25) {
        let ore = 3_418_000 + chance.between(-9_000, 9_000);
        receive(salary, (day, ore), "SKARGARDENS FORM AB", SALARY, "LÖN");
    }
    for (due, name, ore, kind, message) in [
        (1, "BOSTADSRATTSFORENINGEN VIKEN", 512_800, AUTOGIRO, "Avgift 2207"),
        (28, "VATTENFALL", 71_300, AUTOGIRO, "El 735999"),
        (28, "TELIA", 44_900, AUTOGIRO, "Bredband"),
        (15, "FOLKSAM", 31_700, AUTOGIRO, "Hemförsäkring"),
        (30, "SVENSKA BOSTADSLAN", 784_500, AUTOGIRO, "Lån 9931"),
    ] {
        if SWEDEN.is_due(day, due) {
            pay(salary, EBBA, (day, ore), name, kind, message);
        }
    }
    if SWEDEN.is_banking_day(day) && chance.percent(9) {
        let ore = chance.between(50, 480) * 100;
        pay(salary, EBBA, (day, ore), "ASTRID NYSTROM", SWISH, "Lunch");
    }
    if SWEDEN.is_banking_day(day) && chance.percent(5) {
        let ore = chance.between(80, 900) * 100;
        receive(salary, (day, ore), "ASTRID NYSTROM", SWISH, "Tack för senast");
    }
    if SWEDEN.is_due(day, 5) {
        pay(euros, EBBA, (day, 62_000), "CASA BOLOGNA SRL", SEPA, "Affitto");
        receive(euros, (day, 41_500), "EDITIONS DU NORD", SEPA, "Honoraires");
    }
    if SWEDEN.is_due(day, 3) && euros.balance_cents < 150_000 {
        let cents = 80_000;
        let text = Text { message: "EUR/SEK".to_owned(), ..Text::default() };
        salary.book(day, day, -cents * ORE_PER_EURO / 100, EXCHANGE, text.clone());
        euros.book(day, day, cents, EXCHANGE, text);
    }
}

/// A day of the credit card: purchases at home and abroad, and at the end of the month the debt is paid.
fn card_day(card: &mut Book, salary: &mut Book, chance: &mut Chance, day: NaiveDate) {
    shop(card, chance, day, &[(16, &SHOPS)], "KORT 3241");
    if matches!(day.month(), 4 | 10) && chance.percent(28) {
        let merchant = chance.choose(&ABROAD);
        let cents = price(merchant, chance);
        let text = Text {
            message: format!("EUR {}", super::money(cents)),
            payer: Some(EBBA.to_owned()),
            recipient: Some(Party { name: place(merchant), iban: None, bic: "" }),
            original: Some((cents, "EUR")),
            ..Text::default()
        };
        let booked = SWEDEN.next_banking_day(day);
        card.book(day, booked, -cents * ORE_PER_EURO / 100, CARD_PURCHASE, text);
    }
    if SWEDEN.is_due(day, 27) && card.balance_cents < 0 {
        let owed = -card.balance_cents;
        pay(salary, EBBA, (day, owed), "NORDVIK KORT", GIRO, "525412 3241");
        let text = Text { message: "Inbetalning".to_owned(), ..Text::default() };
        card.book(day, day, owed, CARD_PAYMENT, text);
    }
}

fn keep_in_balance(salary: &mut Book, savings: &mut Book, day: NaiveDate) {
    if !SWEDEN.is_banking_day(day) {
        return;
    }
    if salary.balance_cents < 400_000 {
        if savings.balance_cents > 1_000_000 {
            transfer(savings, salary, day, 500_000, OWN, "Buffert");
        } else {
            receive(salary, (day, 600_000), "SKARGARDENS FORM AB", SALARY, "Bonus");
        }
    }
    if salary.balance_cents > 4_500_000 {
        transfer(salary, savings, day, 2_000_000, OWN, "Spara");
    }
    if savings.balance_cents > 24_000_000 {
        pay(savings, EBBA, (day, 12_000_000), "SVENSKA BOSTADSLAN", GIRO, "Amortering");
    }
}

fn birger(seed: u64, today: NaiveDate, reality: Reality) -> BankUser {
    let mut chance = Chance::new(seed, "194709305678");
    let number = account_number(&mut chance);
    let mut book = Book::at(&KRONOR, number, "Privatkonto", BIRGER, "PK", 860_400);
    for day in days(today) {
        if SWEDEN.is_payday(day, 18) {
            receive(&mut book, (day, 1_712_300), "PENSIONSMYNDIGHETEN", PENSION, "Pension");
        }
        if SWEDEN.is_due(day, 1) {
            pay(&mut book, BIRGER, (day, 689_000), "VAXHOLMSHEM", AUTOGIRO, "Hyra 31");
        }
        if SWEDEN.is_due(day, 28) {
            pay(&mut book, BIRGER, (day, 38_900), "VATTENFALL", AUTOGIRO, "El 735122");
        }
        shop(&mut book, &mut chance, day, &[(38, &GROCERIES), (14, &DAYS_OUT)], "KORT 0417");
        if SWEDEN.is_banking_day(day) && book.balance_cents < 60_000 {
            receive(&mut book, (day, 400_000), "GUNILLA AKESSON", SWISH, "Tills pensionen");
        }
        if SWEDEN.is_banking_day(day) && book.balance_cents > 6_000_000 {
            pay(&mut book, BIRGER, (day, 3_000_000), "LANSBORG FONDER", GIRO, "Fondköp");
        }
    }
    BankUser {
        user_id: "19470930",
        display_name: BIRGER,
        accounts: vec![book.finish(seed, today, reality)],
        cards: Vec::new(),
    }
}
