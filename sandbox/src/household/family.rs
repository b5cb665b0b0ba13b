//! User 88888881: two earners, two children, a mortgage, two cards.

use chrono::{Datelike, NaiveDate};

use super::Party;
use super::calendar::{banking_day, is_banking_day, is_due, is_payday};
use super::journal::{Book, CreditBook, OWN_TRANSFER, Text, days, debit_card, transfer};
use super::{BankUser, Reality};
use crate::chance::Chance;

pub(super) const AINO: &str = "VIRTANEN AINO KAARINA";
const BOTH: &str = "VIRTANEN AINO KAARINA TAI VIRTANEN MIKKO JUHANI";
pub(super) const AINO_CARD: &str = "4920 12** **** 3456";
pub(super) const MIKKO_CARD: &str = "4920 12** **** 7781";
const CREDIT_CARD: &str = "4000 00** **** 0042";

pub(super) struct Family {
    pub(super) chance: Chance,
    pub(super) current: Book,
    pub(super) savings: Book,
    pub(super) joint: Book,
    pub(super) credit: CreditBook,
    /// Credit card debt on the last statement day.
    pub(super) statement_cents: i64,
}

/// Simulates the family up to a day.
pub(super) fn generate(seed: u64, today: NaiveDate, reality: Reality) -> BankUser {
    let mut chance = Chance::new(seed, "88888881");
    let mut family = Family {
        current: Book::new("Käyttötili", AINO, "AB", 164_012, &mut chance),
        savings: Book::new("Säästötili", AINO, "CD", 845_500, &mut chance),
        joint: Book::new("Yhteistili", BOTH, "EF", 121_977, &mut chance),
        credit: CreditBook::default(),
        statement_cents: 0,
        chance,
    };
    for day in days(today) {
        family.income(day);
        family.own_bills(day);
        family.joint_bills(day);
        family.late_joint_bills(day);
        family.seasonal(day);
        family.own_shopping(day);
        family.joint_shopping(day);
        family.card_shopping(day);
        family.card_statement(day);
        family.keep_in_balance(day);
    }
    BankUser {
        user_id: "88888881",
        display_name: "Aino Virtanen",
        accounts: vec![
            family.current.finish(seed, today, reality),
            family.savings.finish(seed, today, reality),
            family.joint.finish(seed, today, reality),
        ],
        cards: vec![
            debit_card(seed, "OP-Visa Debit", AINO_CARD),
            family.credit.finish(seed, today, reality, "OP-Visa", CREDIT_CARD),
        ],
    }
}

impl Family {
    fn income(&mut self, day: NaiveDate) {
        if is_payday(day, 15) {
            let holiday_pay = if day.month() == 6 { 98_500 } else { 0 };
            let cents = 268_400 + holiday_pay + self.chance.between(-1_200, 1_200);
            self.current.receive(day, "POHJOLAN OHJELMISTOT OY", cents, "PALKKA", "PALKKA");
        }
        if is_payday(day, 25) {
            let overtime = self.chance.between(0, 18_000);
            self.joint.receive(day, "HELSINGIN KAUPUNKI", 286_100 + overtime, "PALKKA", "PALKKA");
        }
        if is_payday(day, 26) {
            self.joint.receive(day, "KANSANELÄKELAITOS", 19_972, "ETUUS", "LAPSILISÄ");
        }
        if is_payday(day, 28) && self.chance.percent(20) {
            let cents = self.chance.between(900, 6_400);
            self.current.receive(day, "KANSANELÄKELAITOS", cents, "ETUUS", "SAIRAANHOITOKORVAUS");
        }
    }

    fn own_bills(&mut self, day: NaiveDate) {
        if is_due(day, 3) {
            self.current.pay(day, "ELISA OYJ", 2_490, "E-LASKU", Some(70_114_520_331), "");
        }
        if is_due(day, 5) {
            let cents = 4_990;
            self.current.pay(
                day,
                "SATS FINLAND OY",
                cents,
                "SUORAVELOITUS",
                Some(33_008_817),
                "JÄSENMAKSU",
            );
        }
        if is_due(day, 12) {
            self.current.pay(day, "ASIANTUNTIJALIITTO RY", 3_750, "E-LASKU", Some(4_410_021), "");
        }
        if is_due(day, 16) {
            transfer(&mut self.current, &mut self.joint, day, 95_000, OWN_TRANSFER, "TALOUSRAHAT");
        }
        if is_due(day, 17) {
            transfer(&mut self.current, &mut self.savings, day, 20_000, OWN_TRANSFER, "SÄÄSTÖÖN");
        }
        if is_due(day, 28) {
            self.service_fee(day);
        }
    }

    fn service_fee(&mut self, day: NaiveDate) {
        let text = Text {
            message: "PANKIN PALVELUMAKSUT".to_owned(),
            recipient: Some(Party { name: "OP".to_owned(), iban: None, bic: "" }),
            payer: Some(AINO.to_owned()),
            ..Text::default()
        };
        self.current.book(day, day, -395, "PALVELUMAKSU", text);
    }

    fn joint_bills(&mut self, day: NaiveDate) {
        let cold = matches!(day.month(), 11 | 12 | 1..=3);
        let joint = &mut self.joint;
        if is_due(day, 1) {
            let interest = 41_000 - i64::from(day.year() - 2020) * 1_500;
            joint.pay(day, "OP ASUNTOLAINA", 138_000, "LAINAN LYHENNYS", None, "LYHENNYS JA KORKO");
            joint.pay(
                day,
                "ASUNTO OY KALLIONRINNE",
                31_840 + interest / 40,
                "E-LASKU",
                Some(1_042_017),
                "HOITOVASTIKE",
            );
        }
        if is_due(day, 4) {
            let cents = if cold {
                self.chance.between(9_800, 16_900)
            } else {
                self.chance.between(4_300, 7_900)
            };
            joint.pay(day, "HELEN OY", cents, "E-LASKU", Some(2_210_904_417), "SÄHKÖ");
        }
        if is_due(day, 8) {
            joint.pay(day, "DNA OYJ", 3_490, "E-LASKU", Some(88_120_004_519), "LAAJAKAISTA");
        }
    }

    fn late_joint_bills(&mut self, day: NaiveDate) {
        let joint = &mut self.joint;
        if is_due(day, 10) && day.month() != 7 {
            joint.pay(
                day,
                "HELSINGIN KAUPUNKI",
                28_700,
                "E-LASKU",
                Some(506_611_200),
                "PÄIVÄHOITO",
            );
        }
        if is_due(day, 14) {
            joint.pay(
                day,
                "POHJOLA VAKUUTUS OY",
                8_912,
                "E-LASKU",
                Some(9_001_774_203),
                "KOTI- JA AUTOVAKUUTUS",
            );
        }
        if is_due(day, 20) {
            let cents = self.chance.between(2_000, 4_500);
            joint.pay(day, "KALLION PALLO RY", cents, "TILISIIRTO", None, "HARRASTUSMAKSU");
        }
        if is_due(day, 22) && day.month().is_multiple_of(3) {
            joint.pay(
                day,
                "HSY",
                self.chance.between(4_800, 6_900),
                "E-LASKU",
                Some(31_204_406),
                "VESILASKU",
            );
        }
    }

    fn seasonal(&mut self, day: NaiveDate) {
        match (day.month(), day.day()) {
            (8, 6) => {
                let cents = self.chance.between(11_000, 48_000);
                self.current.receive(
                    banking_day(day),
                    "VEROHALLINTO",
                    cents,
                    "PANO",
                    "VERONPALAUTUS",
                );
            }
            (9, 15) => {
                let cents = self.chance.between(21_000, 23_000);
                self.joint.pay(
                    banking_day(day),
                    "VEROHALLINTO",
                    cents,
                    "TILISIIRTO",
                    Some(55_012_345),
                    "KIINTEISTÖVERO",
                );
            }
            (3, 18) => {
                let cents = self.chance.between(14_000, 16_000);
                self.joint.pay(
                    banking_day(day),
                    "TRAFICOM",
                    cents,
                    "E-LASKU",
                    Some(61_440_871),
                    "AJONEUVOVERO",
                );
            }
            (12, 31) => {
                let cents = self.savings.balance_cents / 100;
                let text = Text {
                    message: "KORKO".to_owned(),
                    payer: Some("OP".to_owned()),
                    ..Text::default()
                };
                self.savings.book(day, banking_day(day), cents, "KORKO", text);
            }
            _ => {}
        }
    }

    /// The family looks at its balances: surplus is saved, a gap is filled, savings are spent.
    fn keep_in_balance(&mut self, day: NaiveDate) {
        if !is_banking_day(day) {
            return;
        }
        if self.current.balance_cents < 15_000 {
            transfer(&mut self.savings, &mut self.current, day, 30_000, OWN_TRANSFER, "SÄÄSTÖISTÄ");
        }
        if self.joint.balance_cents < 40_000 {
            transfer(&mut self.savings, &mut self.joint, day, 50_000, OWN_TRANSFER, "SÄÄSTÖISTÄ");
        }
        if is_payday(day, 27) && self.joint.balance_cents > 320_000 {
            let surplus = (self.joint.balance_cents - 200_000) / 10_000 * 10_000;
            transfer(
                &mut self.joint,
                &mut self.savings,
                day,
                surplus,
                OWN_TRANSFER,
                "SÄÄSTÖÖN YHTEISTILILTÄ",
            );
        }
        if is_due(day, 18) && self.current.balance_cents > 320_000 {
            transfer(&mut self.current, &mut self.savings, day, 80_000, OWN_TRANSFER, "SÄÄSTÖÖN");
        }
        if self.savings.balance_cents > 1_600_000 {
            let (name, message) = *self.chance.choose(&[
                ("REMONTTIRENGAS OY", "KYLPYHUONEREMONTTI"),
                ("AURINKOMATKAT OY", "LOMAMATKA"),
                ("AUTOTALO LAAKSO OY", "AUTON VAIHTO"),
            ]);
            let cents = self.chance.between(5_200, 9_800) * 100;
            self.savings.pay(day, name, cents, "TILISIIRTO", None, message);
        }
    }
}
