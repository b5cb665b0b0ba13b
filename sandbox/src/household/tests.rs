//! What every household of every bank keeps to, whatever the seed.

use super::*;

fn british(seed: u64, today: NaiveDate) -> Household {
    let house = SandboxStandard::OpenBankingUk.house();
    Household::generate(house, seed, today, Reality::default())
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn plain(seed: u64, today: NaiveDate) -> Household {
    Household::generate(SandboxStandard::Op.house(), seed, today, Reality::default())
}

#[test]
fn a_seed_and_a_day_give_the_same_household() {
    let today = day("2026-01-05");
    assert_eq!(plain(7, today), plain(7, today));
    assert_ne!(plain(7, today), plain(8, today));
}

#[test]
fn a_later_day_adds_rows_and_changes_none() {
    let early = plain(1, day("2026-01-05"));
    let late = plain(1, day("2026-03-11"));
    for (before, after) in early.users.iter().zip(&late.users) {
        for (before, after) in before.accounts.iter().zip(&after.accounts) {
            let first = after.rows[0].booking_date;
            let kept: Vec<&Row> =
                before.rows.iter().filter(|row| row.booking_date >= first).collect();
            let again: Vec<&Row> =
                after.rows.iter().filter(|row| row.booking_date <= early.today).collect();
            assert_eq!(kept, again);
            let new: i64 = after
                .rows
                .iter()
                .filter(|row| row.booking_date > early.today)
                .map(|row| row.amount_cents)
                .sum();
            assert_eq!(before.gross_cents() + new, after.gross_cents());
        }
    }
}

#[test]
fn the_history_has_the_size_and_the_shape_of_a_household() {
    for seed in 1..=16 {
        let household = plain(seed, day("2026-01-05"));
        let family = &household.users[0];
        let rows: usize = family.accounts.iter().map(|account| account.rows.len()).sum::<usize>()
            + family.cards.iter().map(|card| card.rows.len()).sum::<usize>();
        assert!((2_500..=3_500).contains(&rows), "{rows} rows for seed {seed}");
        for account in family.accounts.iter().chain(&household.users[1].accounts) {
            let mut balance = account.opening_cents;
            for row in &account.rows {
                balance += row.amount_cents;
                assert!(balance > -50_000, "{} {balance}", account.product_name);
                assert!(balance < 2_500_000, "{} {balance}", account.product_name);
            }
            assert!(account.reserved_cents <= 0);
            assert!(is_iban(&account.iban), "{}", account.iban);
        }
    }
}

#[test]
fn british_customers_keep_within_their_credit_lines() {
    for seed in 1..=8 {
        let household = british(seed, day("2026-01-05"));
        assert_eq!(household, british(seed, day("2026-01-05")));
        for account in household.users.iter().flat_map(|user| &user.accounts) {
            let mut balance = account.opening_cents;
            for row in &account.rows {
                balance += row.amount_cents;
                let name = account.product_name;
                assert!(balance > -account.credit_line_cents - 40_000, "{name} {balance}");
                assert!(balance < 2_500_000, "{name} {balance}");
            }
            let card = account.kind == AccountKind::CreditCard;
            assert!(account.rows.len() > 20, "{}", account.rows.len());
            assert_eq!(is_iban(&account.iban), !card, "{}", account.iban);
        }
        let rows: usize =
            household.users[0].accounts.iter().map(|account| account.rows.len()).sum();
        assert!((1_500..=3_500).contains(&rows), "{rows} rows for seed {seed}");
    }
}

#[test]
fn swedish_customers_live_within_their_means_in_two_currencies() {
    for seed in 1..=8 {
        let house = SandboxStandard::BerlinGroup.house();
        let household = Household::generate(house, seed, day("2026-01-05"), Reality::default());
        let accounts: Vec<&Account> =
            household.users.iter().flat_map(|user| &user.accounts).collect();
        let mut ids: Vec<&str> = accounts.iter().map(|one| one.account_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), accounts.len());
        assert_eq!(accounts[0].iban, accounts[1].iban, "one number, two currencies");
        assert_eq!((accounts[0].currency, accounts[1].currency), ("SEK", "EUR"));
        for account in accounts {
            let mut balance = account.opening_cents;
            for row in &account.rows {
                balance += row.amount_cents;
                let name = account.product_name;
                assert!(balance > -account.credit_line_cents - 500_000, "{name} {balance}");
                assert!(balance < 40_000_000, "{name} {balance}");
            }
            let card = account.kind == AccountKind::CreditCard;
            assert!(account.rows.len() > 20, "{}", account.rows.len());
            assert_eq!(is_iban(&account.iban), !card, "{}", account.iban);
        }
    }
}

#[test]
fn archive_ids_differ_even_between_twins() {
    let household = plain(1, day("2026-01-05"));
    let rows: Vec<&Row> = household
        .users
        .iter()
        .flat_map(|user| &user.accounts)
        .flat_map(|account| &account.rows)
        .collect();
    let mut ids: Vec<&str> = rows.iter().map(|row| row.archive_id.as_str()).collect();
    let mut contents: Vec<(NaiveDate, i64, &Option<Party>)> =
        rows.iter().map(|row| (row.booking_date, row.amount_cents, &row.recipient)).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    contents.sort_by_key(|(date, cents, party)| {
        (*date, *cents, party.as_ref().map(|party| party.name.clone()))
    });
    contents.dedup();
    assert!(contents.len() < count, "no identical twins");
    for row in rows {
        if let Some(reference) = &row.reference {
            assert!(is_reference(reference), "{reference}");
        }
    }
}

#[test]
fn both_legs_of_own_transfers_match() {
    let household = plain(1, day("2026-01-05"));
    let family = &household.users[0];
    let legs = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        family
            .accounts
            .iter()
            .filter(|account| account.iban == from)
            .flat_map(|account| &account.rows)
            .filter(|row| row.amount_cents < 0)
            .filter(|row| {
                row.recipient.as_ref().is_some_and(|party| party.iban.as_deref() == Some(&to))
            })
            .map(|row| row.amount_cents)
            .sum::<i64>()
    };
    let incoming = |to: &str, word: &str| {
        family
            .accounts
            .iter()
            .filter(|account| account.iban == to)
            .flat_map(|account| &account.rows)
            .filter(|row| row.amount_cents > 0 && row.message == word)
            .map(|row| row.amount_cents)
            .sum::<i64>()
    };
    let (current, savings) = (&family.accounts[0].iban, &family.accounts[1].iban);
    let saved = legs(current, savings);
    assert!(saved < 0);
    assert_eq!(-saved, incoming(savings, "SÄÄSTÖÖN"));
}

#[test]
fn card_payments_match_the_account() {
    let household = plain(1, day("2026-01-05"));
    let family = &household.users[0];
    let to_card: i64 = family.cards[1]
        .rows
        .iter()
        .filter(|row| row.description.starts_with("SUORITUS"))
        .map(|row| row.amount_cents)
        .sum();
    let from_account: i64 = family.accounts[0]
        .rows
        .iter()
        .filter(|row| row.recipient.as_ref().is_some_and(|party| party.name == "OP-VISA"))
        .map(|row| row.amount_cents)
        .sum();
    assert!(to_card < 0);
    assert_eq!(to_card, from_account);
    assert!(family.cards[1].owed_cents() > 0);
}
