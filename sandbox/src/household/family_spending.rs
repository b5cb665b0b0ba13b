//! What the family of user 88888881 buys, with the debit cards and the credit card.

use chrono::{Datelike, Days, NaiveDate};

use super::Party;
use super::calendar::{banking_day, is_banking_day, is_due, next_banking_day};
use super::family::{AINO, AINO_CARD, Family, MIKKO_CARD};
use super::journal::{Text, is_weekend, price};
use super::merchants::{self, Merchant};
use crate::chance::Chance;

impl Family {
    pub(super) fn own_shopping(&mut self, day: NaiveDate) {
        if !is_weekend(day) && self.chance.percent(58) {
            self.buy(day, &merchants::LUNCHES);
        }
        if self.chance.percent(16) {
            self.buy(day, &merchants::GROCERIES);
        }
        if self.chance.percent(16) {
            self.current.purchase(day, "HSL MOBIILI", 310, AINO_CARD);
        }
        if day.day() == 9 && day.month() % 2 == 1 {
            // Two coffees, equal in every field but the archive reference.
            for _ in 0..2 {
                self.current.purchase(
                    day,
                    merchants::COFFEE.name,
                    merchants::COFFEE.low_cents,
                    AINO_CARD,
                );
            }
        }
        if self.chance.percent(7) {
            self.buy(day, &merchants::HOME);
        }
        if self.chance.percent(5) {
            self.buy(day, &merchants::PHARMACIES);
        }
        if self.chance.percent(5) {
            self.clothes(day);
        }
        if self.chance.percent(4) {
            self.cash(day);
        }
        if self.chance.percent(12) && is_banking_day(day) {
            self.friend(day);
        }
    }

    fn buy(&mut self, day: NaiveDate, merchants: &[Merchant]) {
        let merchant = *self.chance.choose(merchants);
        let cents = price(&merchant, &mut self.chance);
        self.current.purchase(day, merchant.name, cents, AINO_CARD);
    }

    /// Now and then something goes back to the shop.
    fn clothes(&mut self, day: NaiveDate) {
        let merchant = *self.chance.choose(&merchants::CLOTHES);
        let cents = price(&merchant, &mut self.chance);
        self.current.purchase(day, merchant.name, cents, AINO_CARD);
        if self.chance.percent(18) {
            let back = next_banking_day(day + Days::new(self.chance.between(5, 12) as u64));
            let text = Text {
                message: format!("PALAUTUS {} KORTTI {AINO_CARD}", day.format("%d.%m.%Y")),
                payer: Some(merchant.name.to_owned()),
                ..Text::default()
            };
            self.current.book(back, back, cents, "KORTTIHYVITYS", text);
        }
    }

    fn cash(&mut self, day: NaiveDate) {
        let cents = *self.chance.choose(&[2_000, 4_000, 5_000, 6_000]);
        let text = Text {
            message: format!("NOSTO {} KORTTI {AINO_CARD}", day.format("%d.%m.%Y")),
            payer: Some(AINO.to_owned()),
            recipient: Some(Party { name: "OTTO. HAKANIEMI".to_owned(), iban: None, bic: "" }),
            ..Text::default()
        };
        self.current.book(day, next_banking_day(day), -cents, "AUTOMAATTINOSTO", text);
    }

    fn friend(&mut self, day: NaiveDate) {
        let friend = *self.chance.choose(&[
            "MÄKINEN SANNA",
            "KORHONEN ÅKE",
            "NIEMI LAURA",
            "HÄMÄLÄINEN OLLI",
        ]);
        let cents = self.chance.between(5, 60) * 100;
        if self.chance.percent(40) {
            self.current.receive(day, friend, cents, "MOBILEPAY", "KIITOS!");
        } else {
            self.current.pay(day, friend, cents, "MOBILEPAY", None, "");
        }
    }

    pub(super) fn joint_shopping(&mut self, day: NaiveDate) {
        let (chance, joint) = (&mut self.chance, &mut self.joint);
        let mut shop = |chance: &mut Chance, merchants: &[Merchant]| {
            let merchant = *chance.choose(merchants);
            let card = *chance.choose(&[AINO_CARD, MIKKO_CARD]);
            joint.purchase(day, merchant.name, price(&merchant, chance), card);
        };
        if chance.percent(62) {
            shop(chance, &merchants::GROCERIES);
        }
        if is_weekend(day) && chance.percent(38) {
            shop(chance, &merchants::RESTAURANTS);
        }
        if chance.percent(13) {
            shop(chance, &merchants::FUEL);
        }
        if chance.percent(6) {
            shop(chance, &merchants::HOME);
        }
        if chance.percent(4) {
            shop(chance, &merchants::CLOTHES);
        }
        if chance.percent(4) {
            shop(chance, &merchants::PHARMACIES);
        }
    }

    pub(super) fn card_shopping(&mut self, day: NaiveDate) {
        let (chance, credit) = (&mut self.chance, &mut self.credit);
        match day.day() {
            6 => credit.purchase(day, "NETFLIX.COM\tAMSTERDAM".to_owned(), 1_399),
            11 => credit.purchase(day, "SPOTIFY AB\tSTOCKHOLM".to_owned(), 1_799),
            19 => credit.purchase(day, "HELSINGIN SANOMAT\tHELSINKI".to_owned(), 1_590),
            _ => {}
        }
        for (percent, merchants) in [
            (22, &merchants::ONLINE[..]),
            (14, &merchants::RESTAURANTS[..]),
            (8, &merchants::GROCERIES[..]),
        ] {
            if chance.percent(percent) {
                let merchant = *chance.choose(merchants);
                let cents = price(&merchant, chance);
                credit.purchase(day, format!("{}\t{}", merchant.name, merchant.city), cents);
            }
        }
        // A long weekend in Stockholm every May.
        if day.month() == 5 && (14..=17).contains(&day.day()) {
            for merchant in merchants::SWEDISH {
                let original = chance.between(merchant.low_cents, merchant.high_cents);
                let cents = original * 91 / 1_000;
                let description = format!("{}\t{}", merchant.name, merchant.city);
                credit.purchase_abroad(day, description, cents, original, "SEK");
            }
        }
        if day.month() == 2 && day.day() == 2 {
            credit.adjust(banking_day(day), "VUOSIMAKSU", 2_400, 0);
        }
    }

    /// The statement is made on the 10th and paid in full on the 24th.
    pub(super) fn card_statement(&mut self, day: NaiveDate) {
        if day.day() == 10 {
            self.statement_cents = self.credit.owed_on(day);
        }
        if is_due(day, 24) && self.statement_cents > 0 {
            let cents = self.statement_cents;
            self.current.pay(day, "OP-VISA", cents, "E-LASKU", Some(400_000_042), "");
            self.credit.adjust(day, "SUORITUS", -cents, cents);
            self.statement_cents = 0;
        }
    }
}
