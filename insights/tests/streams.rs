//! What comes again, what belongs together, what is coming: on histories whose truth is known.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;
use insights::cashflow::{self, Budget};
use insights::forecast::{Basis, Expected, forecast};
use insights::matching::{Verdicts, refunds, transfers};
use insights::movement::Movement;
use insights::notices::{Matter, notices};
use insights::recurring::{Rhythm, State, streams};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

struct Made(Vec<Movement>);

impl Made {
    fn add(
        &mut self,
        account: u128,
        on: NaiveDate,
        minor: i64,
        payee: &str,
        category: &str,
    ) -> TransactionId {
        let id = TransactionId(uuid(self.0.len() as u128 + 1));
        let movement = Movement {
            id,
            account: AccountId(uuid(account)),
            day: on,
            minor,
            currency: Currency::EUR,
            payee: String::new(),
            label: String::new(),
            text: String::new(),
            category: category.to_owned(),
            counterparty_identifier: None,
        };
        self.0.push(movement.named(Some(payee), ""));
        id
    }

    fn monthly(&mut self, from: &str, count: u32, amounts: &[i64], payee: &str, category: &str) {
        for beat in 0..count {
            let drift = [0, 1, 0, 2, 1][beat as usize % 5];
            let on = Rhythm::Monthly.after(day(from), beat) + Days::new(drift);
            let minor = amounts[(beat as usize).min(amounts.len() - 1)];
            self.add(1, on, minor, payee, category);
        }
    }
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

#[test]
fn only_what_came_often_in_step_and_for_about_one_price_is_foretold() {
    let mature = |amounts: &[i64], count: u32, today: &str| {
        let mut made = Made(Vec::new());
        made.monthly("2025-01-10", count, amounts, "Verkko Oy", "telecom");
        let found = streams(&made.0, day(today));
        found.first().map(|stream| stream.is_mature(day(today)))
    };
    assert_eq!(mature(&[-2_000], 5, "2025-05-20"), Some(true));
    assert_eq!(mature(&[-2_000], 4, "2025-04-20"), Some(false), "it came four times");
    // A tenth of the mean: amounts of 1,900 and 2,100 lie within it, others do not.
    assert_eq!(mature(&[-1_900, -2_100, -1_900, -2_100, -2_000], 5, "2025-05-20"), Some(true));
    assert_eq!(mature(&[-1_200, -2_100, -3_000, -2_100, -1_500], 5, "2025-05-20"), Some(false));
    // What is due is waited for.
    assert_eq!(mature(&[-2_000], 5, "2025-06-12"), Some(false), "its day has come");
}

#[test]
fn a_subscription_is_found_with_its_next_day_and_its_price_rise() {
    let mut made = Made(Vec::new());
    made.monthly(
        "2025-06-14",
        8,
        &[-1199, -1199, -1199, -1199, -1199, -1399],
        "Suoratoisto",
        "entertainment",
    );
    let found = streams(&made.0, day("2026-01-20"));
    assert_eq!(found.len(), 1, "{found:?}");
    let stream = &found[0];
    assert_eq!(
        (stream.rhythm, stream.state, stream.fixed),
        (Rhythm::Monthly, State::Running, true)
    );
    assert!((stream.next - day("2026-02-14")).num_days().abs() <= 2, "{}", stream.next);
    assert_eq!((stream.expected, stream.yearly()), (-1399, -16788));
    let change = stream.price_change.unwrap();
    assert_eq!((change.from, change.to), (-1199, -1399));
    let found = streams(&made.0, day("2026-03-10"));
    assert_eq!(found[0].state, State::Stopped);
}

#[test]
fn what_comes_once_a_year_and_what_comes_every_fortnight_is_found() {
    let mut made = Made(Vec::new());
    for (on, minor) in [("2024-03-02", -8900), ("2025-03-05", -9300), ("2026-03-01", -9700)] {
        made.add(1, day(on), minor, "Autoliitto", "car");
    }
    for beat in 0..8 {
        made.add(1, day("2025-11-07") + Days::new(beat * 14), 145_000, "Pajan palkat", "income");
    }
    let found = streams(&made.0, day("2026-03-02"));
    let rhythms: HashMap<&str, Rhythm> =
        found.iter().map(|stream| (stream.payee.as_str(), stream.rhythm)).collect();
    assert_eq!(rhythms.get("autoliitto"), Some(&Rhythm::Yearly), "{found:?}");
    assert_eq!(rhythms.get("pajan palkat"), Some(&Rhythm::TwoWeekly), "{found:?}");
}

#[test]
fn a_shop_that_is_gone_to_often_is_no_stream() {
    let mut made = Made(Vec::new());
    for place in 0_u64..60 {
        let on = day("2025-10-01") + Days::new(place * 3 + place % 2);
        made.add(
            1,
            on,
            -1500 - i64::try_from(place * 7919 % 4000).unwrap(),
            "Lähikauppa",
            "groceries",
        );
    }
    assert_eq!(streams(&made.0, day("2026-04-01")), []);
}

#[test]
fn own_transfers_are_matched_and_a_bill_of_the_same_amount_is_not() {
    let mut made = Made(Vec::new());
    let out = made.add(1, day("2026-02-02"), -20_000, "Oma tilisiirto säästöön", "transfer");
    let back = made.add(2, day("2026-02-03"), 20_000, "Oma tilisiirto", "transfer");
    made.add(1, day("2026-02-02"), -20_000, "Putkiliike lasku", "home_diy");
    made.add(2, day("2026-02-02"), 20_000, "Palautus Zalando", "clothing");
    let identifiers = HashMap::new();
    let pairs = transfers(&made.0, &identifiers);
    assert_eq!(pairs.len(), 1, "{pairs:?}");
    assert_eq!((pairs[0].out, pairs[0].back, pairs[0].certain), (out, back, true));
}

#[test]
fn a_refund_is_certain_only_where_nothing_else_comes_into_question() {
    let mut made = Made(Vec::new());
    let bought = made.add(1, day("2026-01-10"), -4_990, "Zalando", "clothing");
    let back = made.add(1, day("2026-01-20"), 4_990, "Zalando", "clothing");
    made.add(1, day("2026-01-10"), -900, "Kirjakauppa", "books_toys_stationery");
    made.add(1, day("2026-01-12"), -900, "Kirjakauppa", "books_toys_stationery");
    made.add(1, day("2026-01-15"), 900, "Kirjakauppa", "books_toys_stationery");
    // Too late, and somebody else's.
    made.add(1, day("2025-01-10"), -7_000, "Gigantti", "electronics");
    made.add(1, day("2026-01-15"), 7_000, "Gigantti", "electronics");
    let pairs = refunds(&made.0, &HashSet::new(), &Verdicts::new());
    let certain: Vec<_> = pairs.iter().filter(|pair| pair.certain).collect();
    assert_eq!(certain.len(), 1, "{pairs:?}");
    assert_eq!((certain[0].out, certain[0].back), (bought, back));
    assert_eq!(pairs.len(), 2, "{pairs:?}");
}

#[test]
fn periods_add_up_to_the_movements_and_transfers_count_for_nothing() {
    let mut made = Made(Vec::new());
    made.add(1, day("2026-01-15"), 300_000, "Palkka", "income");
    made.add(1, day("2026-01-20"), -50_000, "Kauppa", "groceries");
    made.add(1, day("2026-01-21"), 5_000, "Kauppa", "groceries");
    made.add(1, day("2026-01-25"), -100_000, "Säästöön", "savings_investment");
    let out = made.add(1, day("2026-01-26"), -10_000, "Muu", "other");
    let periods = cashflow::months(day("2026-01-01"), day("2026-02-10"));
    assert_eq!(periods.len(), 2);
    let between = HashSet::from([out]);
    let flows = cashflow::flows(&made.0, &periods, &between);
    let january = &flows[0].1[&Currency::EUR];
    assert_eq!((january.income, january.spent, january.saved), (300_000, 45_000, 100_000));
    assert_eq!(january.savings_rate(), Some(850));
    assert!(flows[1].1.is_empty());
}

#[test]
fn a_budget_tells_what_is_left_and_what_is_to_come() {
    let mut made = Made(Vec::new());
    made.monthly("2025-08-20", 7, &[-2_000], "Kuntosali", "sports_fitness");
    let streams = streams(&made.0, day("2026-03-10"));
    let budget =
        Budget { category: "sports_fitness".to_owned(), currency: Currency::EUR, limit: 3_100 };
    let standing = cashflow::standing(&budget, &made.0, &streams, day("2026-03-10"));
    assert_eq!((standing.spent, standing.left, standing.even), (0, 3_100, 1_000));
    assert_eq!((standing.likely, standing.usual), (2_000, 2_000));
}

#[test]
fn a_forecast_knows_what_comes_and_adds_what_is_supposed() {
    let mut made = Made(Vec::new());
    made.monthly("2025-03-01", 12, &[-80_000], "Vuokra Oy", "housing");
    made.monthly("2025-03-15", 12, &[200_000], "Palkka Oy", "income");
    let today = day("2026-02-20");
    let accounts = [AccountId(uuid(1))];
    let basis = Basis {
        movements: &made.0,
        accounts: &accounts,
        currency: Currency::EUR,
        balance: 50_000,
        today,
    };
    let plain = forecast(&basis, &[]);
    assert_eq!(plain.days.len(), 90);
    assert_eq!(plain.expected.len(), 6, "{:?}", plain.expected);
    let last = plain.days.last().unwrap();
    assert_eq!(last.known, 50_000 + 3 * (200_000 - 80_000));
    assert!(last.low.is_some() && last.low <= last.high);
    assert!(plain.lowest().unwrap().known < 0, "the rent comes before the salary");
    let supposed = Expected {
        day: today + Days::new(5),
        minor: -10_000,
        label: "Matka".to_owned(),
        payee: String::new(),
        rhythm: None,
    };
    let tried = forecast(&basis, &[supposed]);
    for (one, two) in plain.days.iter().zip(&tried.days) {
        let apart = if two.day >= today + Days::new(5) { 10_000 } else { 0 };
        assert_eq!(one.known - two.known, apart, "{}", one.day);
    }
    let found = notices(&made.0, &streams(&made.0, today), &[plain], today);
    assert!(found.iter().any(|one| matches!(one.matter, Matter::LowBalance { .. })), "{found:?}");
}

#[test]
fn notices_are_quiet_and_name_what_they_rest_on() {
    let mut made = Made(Vec::new());
    for place in 0..12 {
        let on = day("2025-11-01") + Days::new(place * 9);
        made.add(
            1,
            on,
            -2_000 - i64::try_from(place * 37 % 300).unwrap(),
            "Kulma Ravintola",
            "restaurants",
        );
    }
    let large = made.add(1, day("2026-02-20"), -19_900, "Kulma Ravintola", "restaurants");
    let first = made.add(1, day("2026-02-21"), -9_900, "Hotelli", "lodging");
    let second = made.add(1, day("2026-02-21"), -9_900, "Hotelli", "lodging");
    // Two tickets of the same price, again and again, are meant so.
    for place in 0..10 {
        for _ in 0..2 {
            made.add(1, day("2026-01-25") + Days::new(place * 3), -320, "HSL", "public_transport");
        }
    }
    let today = day("2026-02-25");
    let found = notices(&made.0, &streams(&made.0, today), &[], today);
    let about: Vec<(&str, Vec<TransactionId>)> =
        found.iter().map(|one| (one.matter.word(), one.rests_on.clone())).collect();
    assert_eq!(
        about,
        [("double_charge", vec![first, second]), ("unusual_amount", vec![large])],
        "{found:?}"
    );
}
