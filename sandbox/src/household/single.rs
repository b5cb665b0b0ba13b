//! User 88888882: one person, one account, one card.

use chrono::{Datelike, NaiveDate};

use super::calendar::{banking_day, is_banking_day, is_due, is_payday};
use super::journal::{Book, days, debit_card, is_weekend, price};
use super::merchants;
use super::{BankUser, Reality};
use crate::chance::Chance;

const OWNER: &str = "LEHTONEN ELIAS";
const CARD: &str = "4920 15** **** 9012";

/// Simulates the customer up to a day.
pub(super) fn generate(seed: u64, today: NaiveDate, reality: Reality) -> BankUser {
    let mut chance = Chance::new(seed, "88888882");
    let mut account = Book::new("Käyttötili", OWNER, "GH", 88_040, &mut chance);
    for day in days(today) {
        monthly(&mut account, day, &mut chance);
        now_and_then(&mut account, day, &mut chance);
        shopping(&mut account, day, &mut chance);
    }
    BankUser {
        user_id: "88888882",
        display_name: "Elias Lehtonen",
        accounts: vec![account.finish(seed, today, reality)],
        cards: vec![debit_card(seed, "OP-Visa Debit", CARD)],
    }
}

fn monthly(account: &mut Book, day: NaiveDate, chance: &mut Chance) {
    if is_payday(day, 15) {
        let cents = 214_000 + chance.between(-4_000, 9_000);
        account.receive(day, "HELSINGIN ÖLJY JA AUTO OY", cents, "PALKKA", "PALKKA");
    }
    if is_due(day, 2) {
        account.pay(day, "SATO OYJ", 78_900, "E-LASKU", Some(1_200_447), "VUOKRA");
    }
    if is_due(day, 7) {
        account.pay(day, "TELIA FINLAND OYJ", 3_290, "E-LASKU", Some(44_118_020), "");
    }
    if is_due(day, 9) {
        account.pay(
            day,
            "FORTUM OYJ",
            chance.between(2_600, 6_100),
            "E-LASKU",
            Some(7_002_318),
            "SÄHKÖ",
        );
    }
    if is_due(day, 13) {
        account.pay(day, "LÄHITAPIOLA", 1_740, "SUORAVELOITUS", Some(8_804_120), "KOTIVAKUUTUS");
    }
}

fn now_and_then(account: &mut Book, day: NaiveDate, chance: &mut Chance) {
    if day.month() == 8 && day.day() == 4 {
        account.receive(
            banking_day(day),
            "VEROHALLINTO",
            chance.between(8_000, 32_000),
            "PANO",
            "VERONPALAUTUS",
        );
    }
    if is_banking_day(day) && account.balance_cents > 420_000 {
        account.pay(day, "NORDNET BANK AB", 250_000, "TILISIIRTO", None, "SIJOITUS");
    }
    if is_banking_day(day) && account.balance_cents < 8_000 {
        account.receive(day, "LEHTONEN MARJA-LEENA", 40_000, "TILISIIRTO", "LAINA, ÄITI");
    }
}

fn shopping(account: &mut Book, day: NaiveDate, chance: &mut Chance) {
    for (percent, merchants) in [
        (55, &merchants::GROCERIES[..]),
        (if is_weekend(day) { 15 } else { 45 }, &merchants::LUNCHES[..]),
        (if is_weekend(day) { 35 } else { 8 }, &merchants::RESTAURANTS[..]),
        (6, &merchants::FUEL[..]),
        (5, &merchants::HOME[..]),
        (6, &merchants::ONLINE[..]),
    ] {
        if chance.percent(percent) {
            let merchant = *chance.choose(merchants);
            account.purchase(day, merchant.name, price(&merchant, chance), CARD);
        }
    }
    if day.day() == 21 {
        account.purchase(day, "SPOTIFY AB", 1_199, CARD);
    }
}
