//! The customers of the British bank: a couple's main earner with savings and a credit card, and a
//! student who lives within an arranged overdraft.

use chrono::{Datelike, NaiveDate};

use super::british_merchants as shops;
use super::calendar::Calendar;
use super::finnish::check_digits;
use super::journal::{Book, Branch, Text, days, is_weekend, price, transfer};
use super::merchants::Merchant;
use super::{AccountKind, BankUser, Party, Reality};
use crate::chance::Chance;

/// Kind of a debit or credit card purchase.
pub(crate) const CARD_PURCHASE: &str = "POS";
/// Kind of a card authorisation that stands beside its booked row.
pub(crate) const CARD_AUTHORISATION: &str = "AUTH";
const DIRECT_DEBIT: &str = "DD";
const STANDING_ORDER: &str = "SO";
const FASTER_PAYMENT_OUT: &str = "FPO";
const FASTER_PAYMENT_IN: &str = "FPI";
const GIRO_CREDIT: &str = "BGC";
const INTEREST: &str = "INT";
const CHARGE: &str = "CHG";
const CARD_REPAYMENT: &str = "PYMT";

const BRANCH: Branch = Branch {
    bic: "ALBNGB2L",
    currency: "GBP",
    calendar: Calendar::England,
    card_purchase: CARD_PURCHASE,
    purchase_text: |day, card| format!("{card} ON {}", day.format("%d %b")),
    // OBAccount6: 40 at most.
    account_id_letters: 32,
    account_id_mark: "",
};
const ENGLAND: Calendar = Calendar::England;

const HARRIET: &str = "Ms H Ashworth";
const TUNDE: &str = "Mr T Adeyemi";
const CREDIT_CARD: &str = "4659 42** **** 1187";
const CARD_LIMIT_CENTS: i64 = 350_000;
const OVERDRAFT_CENTS: i64 = 100_000;
/// Euro cents for a hundred pence.
const EURO_CENTS_PER_POUND: i64 = 116;

/// Both customers, up to a day.
pub(super) fn generate(seed: u64, today: NaiveDate, reality: Reality) -> Vec<BankUser> {
    vec![harriet(seed, today, reality), tunde(seed, today, reality)]
}

/// An invented account: the bank's four letters, sort code, account number (ISO 13616).
fn account_number(chance: &mut Chance) -> String {
    let sort_code = 100_000 + chance.between(9_100, 9_899);
    let number = chance.between(10_000_000, 99_999_999);
    let body = format!("ALBN{sort_code}{number}");
    format!("GB{:02}{body}", check_digits("GB", &body))
}

/// An invented payee's account, always the same for the same name.
fn payee(name: &str) -> Party {
    let mut chance = Chance::new(0, name);
    let (letters, bic) = *chance.choose(&[("BARC", "BARCGB22"), ("NWBK", "NWBKGB2L")]);
    let body = format!(
        "{letters}{}{}",
        chance.between(200_000, 609_999),
        chance.between(10_000_000, 99_999_999)
    );
    let iban = format!("GB{:02}{body}", check_digits("GB", &body));
    Party { name: name.to_owned(), iban: Some(iban), bic }
}

struct Customer {
    owner: &'static str,
    chance: Chance,
    current: Book,
}

impl Customer {
    fn new(seed: u64, id: &str, owner: &'static str, product: &'static str, opening: i64) -> Self {
        let mut chance = Chance::new(seed, id);
        let number = account_number(&mut chance);
        let current = Book::at(&BRANCH, number, product, owner, "CA", opening);
        Self { owner, chance, current }
    }

    fn pay(&mut self, day: NaiveDate, name: &str, cents: i64, kind: &'static str, message: &str) {
        let text = Text {
            message: message.to_owned(),
            payer: Some(self.owner.to_owned()),
            recipient: Some(payee(name)),
            ..Text::default()
        };
        self.current.book(day, day, -cents, kind, text);
    }

    fn receive(
        &mut self,
        day: NaiveDate,
        name: &str,
        cents: i64,
        kind: &'static str,
        message: &str,
    ) {
        self.current.receive(day, name, cents, kind, message);
    }

    /// Goes shopping in some of the places, each with its chance in percent.
    fn shop(&mut self, day: NaiveDate, places: &[(u64, &[Merchant])], card: &str) {
        for (percent, merchants) in places {
            if self.chance.percent(*percent) {
                let merchant = self.chance.choose(merchants);
                let cents = price(merchant, &mut self.chance);
                self.current.purchase(day, &place(merchant), cents, card);
            }
        }
    }
}

fn place(merchant: &Merchant) -> String {
    format!("{}, {}", merchant.name, merchant.city)
}

fn harriet(seed: u64, today: NaiveDate, reality: Reality) -> BankUser {
    let mut customer = Customer::new(seed, "21430987", HARRIET, "Everyday Current Account", 96_310);
    customer.current.credit_line_cents = 50_000;
    let number = account_number(&mut customer.chance);
    let mut savings = Book::at(&BRANCH, number, "Instant Saver", HARRIET, "SV", 412_050);
    savings.kind = AccountKind::Savings;
    let number = CREDIT_CARD.to_owned();
    let mut card = Book::at(&BRANCH, number, "Rewards Credit Card", HARRIET, "CC", -31_215);
    card.kind = AccountKind::CreditCard;
    card.credit_line_cents = CARD_LIMIT_CENTS;
    for day in days(today) {
        harriet_bills(&mut customer, day);
        if ENGLAND.is_due(day, 26) {
            transfer(&mut customer.current, &mut savings, day, 25_000, STANDING_ORDER, "RAINY DAY");
        }
        if day.month() == 4 && day.day() == 5 {
            let cents = savings.balance_cents / 40;
            interest(&mut savings, ENGLAND.banking_day(day), cents);
        }
        let weekend = is_weekend(day);
        let lunch = if weekend { 12 } else { 52 };
        customer.shop(
            day,
            &[
                (58, &shops::GROCERIES[..]),
                (lunch, &shops::LUNCHES[..]),
                (if weekend { 5 } else { 30 }, &shops::TRAVEL[..]),
            ],
            "CARD 4407",
        );
        card_day(&mut customer, &mut card, day);
        keep_in_balance(&mut customer, &mut savings, day);
    }
    BankUser {
        user_id: "21430987",
        display_name: "Harriet Ashworth",
        accounts: vec![
            customer.current.finish(seed, today, reality),
            savings.finish(seed, today, reality),
            card.finish(seed, today, reality),
        ],
        cards: Vec::new(),
    }
}

fn harriet_bills(customer: &mut Customer, day: NaiveDate) {
    if ENGLAND.is_payday(day, 25) {
        let bonus = if day.month() == 3 { 140_000 } else { 0 };
        let cents = 291_840 + bonus + customer.chance.between(-900, 900);
        customer.receive(day, "YORKSHIRE WATER ENG LTD", cents, GIRO_CREDIT, "SALARY");
    }
    for (due, name, cents, message) in [
        (1, "LEEDS CITY COUNCIL", 17_240, "COUNCIL TAX 4471902"),
        (1, "ALBION HOME LOANS", 89_455, "MORTGAGE 00917723"),
        (5, "OCTOPUS ENERGY", 14_200, "A-7C21F09"),
        (8, "BT GROUP PLC", 3_799, "GB 0213 4471"),
        (12, "AVIVA HOME", 2_141, "HOME INSURANCE"),
        (15, "TV LICENCE MBP", 1_458, "3317720916"),
        (18, "GIFFGAFF", 1_200, "MOBILE"),
    ] {
        if ENGLAND.is_due(day, due) {
            customer.pay(day, name, cents, DIRECT_DEBIT, message);
        }
    }
    if ENGLAND.is_due(day, 20) {
        customer.pay(day, "ASHWORTH M", 15_000, STANDING_ORDER, "MUM");
    }
    if ENGLAND.is_banking_day(day) && customer.chance.percent(6) {
        let cents = customer.chance.between(600, 4_800);
        customer.receive(day, "P DOHERTY", cents, FASTER_PAYMENT_IN, "PIZZA & FILM");
    }
    if ENGLAND.is_banking_day(day) && customer.chance.percent(4) {
        let cents = customer.chance.between(1_500, 12_000);
        customer.pay(day, "HYDE PARK NURSERY", cents, FASTER_PAYMENT_OUT, "ASHWORTH E");
    }
}

/// A day of the credit card: purchases at home and abroad, and on the 10th the whole debt is collected.
fn card_day(customer: &mut Customer, card: &mut Book, day: NaiveDate) {
    let chance = &mut customer.chance;
    for (percent, merchants) in [(22, &shops::SHOPS[..]), (18, &shops::EVENINGS[..])] {
        if chance.percent(percent) {
            let merchant = chance.choose(merchants);
            let cents = price(merchant, chance);
            card.purchase(day, &place(merchant), cents, "CARD 1187");
        }
    }
    if matches!(day.month(), 5 | 9) && chance.percent(30) {
        let merchant = chance.choose(&shops::ABROAD);
        let euro_cents = price(merchant, chance);
        abroad(card, day, merchant, euro_cents);
    }
    if ENGLAND.is_due(day, 10) && card.balance_cents < 0 {
        let owed = -card.balance_cents;
        customer.pay(day, "ALBION CREDIT CARDS", owed, DIRECT_DEBIT, "4659420000001187");
        let text = Text { message: "PAYMENT RECEIVED - THANK YOU".to_owned(), ..Text::default() };
        card.book(day, day, owed, CARD_REPAYMENT, text);
    }
}

fn abroad(card: &mut Book, day: NaiveDate, merchant: &Merchant, euro_cents: i64) {
    let text = Text {
        message: format!("ON {} EUR {}", day.format("%d %b"), super::money(euro_cents)),
        payer: Some(HARRIET.to_owned()),
        recipient: Some(Party { name: place(merchant), iban: None, bic: "" }),
        original: Some((euro_cents, "EUR")),
        ..Text::default()
    };
    let cents = euro_cents * 100 / EURO_CENTS_PER_POUND;
    card.book(day, ENGLAND.next_banking_day(day), -cents, CARD_PURCHASE, text);
}

fn interest(book: &mut Book, day: NaiveDate, cents: i64) {
    let text = Text { message: "GROSS INTEREST".to_owned(), ..Text::default() };
    book.book(day, day, cents, INTEREST, text);
}

fn keep_in_balance(customer: &mut Customer, savings: &mut Book, day: NaiveDate) {
    if !ENGLAND.is_banking_day(day) {
        return;
    }
    if customer.current.balance_cents < 5_000 {
        transfer(savings, &mut customer.current, day, 30_000, FASTER_PAYMENT_OUT, "TOP UP");
    }
    if customer.current.balance_cents > 420_000 {
        transfer(&mut customer.current, savings, day, 200_000, FASTER_PAYMENT_OUT, "SAVE");
    }
    if savings.balance_cents < 40_000 {
        let text = Text {
            message: "GIFT".to_owned(),
            payer: Some("ASHWORTH M".to_owned()),
            ..Text::default()
        };
        savings.book(day, day, 250_000, FASTER_PAYMENT_IN, text);
    }
    if savings.balance_cents > 1_500_000 {
        let cents = customer.chance.between(6_000, 9_500) * 100;
        let text = Text {
            message: "NEW KITCHEN".to_owned(),
            payer: Some(HARRIET.to_owned()),
            recipient: Some(payee("WREN KITCHENS LTD")),
            ..Text::default()
        };
        savings.book(day, day, -cents, FASTER_PAYMENT_OUT, text);
    }
}

fn tunde(seed: u64, today: NaiveDate, reality: Reality) -> BankUser {
    let mut customer = Customer::new(seed, "40118265", TUNDE, "Student Account", -12_480);
    customer.current.credit_line_cents = OVERDRAFT_CENTS;
    for day in days(today) {
        if ENGLAND.is_payday(day, 28) {
            let cents = customer.chance.between(58_000, 91_000);
            customer.receive(day, "STUDENT ROOST CAFE", cents, GIRO_CREDIT, "WAGES");
        }
        if matches!(day.month(), 1 | 4 | 9) && ENGLAND.is_payday(day, 20) {
            customer.receive(day, "STUDENT LOANS COMPANY", 187_300, GIRO_CREDIT, "SLC MAINT");
        }
        if ENGLAND.is_due(day, 3) {
            customer.pay(day, "UNITE STUDENTS", 61_500, STANDING_ORDER, "ROOM 214");
        }
        if ENGLAND.is_due(day, 9) {
            customer.pay(day, "SMARTY", 1_000, DIRECT_DEBIT, "MOBILE");
        }
        if ENGLAND.is_due(day, 1) && customer.current.balance_cents < -60_000 {
            customer.pay(day, "ALBION BANK", 499, CHARGE, "UNARRANGED REFUSED FEE");
        }
        customer.shop(
            day,
            &[(34, &shops::GROCERIES[..4]), (22, &shops::LUNCHES[..3]), (9, &shops::EVENINGS[..3])],
            "CARD 0926",
        );
        let balance = customer.current.balance_cents;
        if ENGLAND.is_banking_day(day) && balance < -70_000 {
            customer.receive(day, "ADEYEMI F", 45_000, FASTER_PAYMENT_IN, "love dad x");
        }
        if ENGLAND.is_banking_day(day) && balance > 300_000 {
            customer.pay(day, "VANGUARD ASSET MGMT", 150_000, FASTER_PAYMENT_OUT, "ISA");
        }
    }
    BankUser {
        user_id: "40118265",
        display_name: "Tunde Adeyemi",
        accounts: vec![customer.current.finish(seed, today, reality)],
        cards: Vec::new(),
    }
}
