//! An account from its first sight on: what is noted, and what says nothing new.

use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::id::{BankId, ConsentId, UserId};
use crate::money::Currency;
use crate::observed::AccountKind;

fn opened() -> Opened {
    Opened {
        account_id: AccountId(Uuid::from_u128(1)),
        user_id: UserId(Uuid::from_u128(2)),
        bank_id: BankId("op".to_owned()),
        kind: AccountKind::Current,
        identifier: "FI1410093000123458".to_owned(),
        currency: Currency::EUR,
        name: "Käyttötili".to_owned(),
        owner: None,
        servicer: None,
    }
}

fn linked(consent: u128) -> Linked {
    Linked { consent_id: ConsentId(Uuid::from_u128(consent)), bank_reference: "a".to_owned() }
}

fn observe(consent: u128, minor: i64) -> AccountCommand {
    let amount = Money::new(minor, Currency::EUR);
    AccountCommand::Observe {
        opened: Box::new(opened()),
        linked: linked(consent),
        balances: vec![ObservedBalance {
            kind: BalanceKind::Booked,
            amount,
            amount_text: amount.to_string(),
        }],
        observed_at: DateTime::<Utc>::UNIX_EPOCH,
        fetch_id: FetchId(Uuid::from_u128(5)),
    }
}

fn balance(minor: i64) -> AccountEvent {
    let amount = Money::new(minor, Currency::EUR);
    AccountEvent::BalanceObserved(BalanceObserved {
        kind: BalanceKind::Booked,
        amount,
        amount_text: amount.to_string(),
        observed_at: DateTime::<Utc>::UNIX_EPOCH,
        fetch_id: FetchId(Uuid::from_u128(5)),
    })
}

fn history() -> Vec<AccountEvent> {
    vec![AccountEvent::Opened(opened()), AccountEvent::Linked(linked(3)), balance(100)]
}

#[test]
fn the_first_sight_opens_it() {
    TestFramework::<Account>::with(())
        .given_no_previous_events()
        .when(observe(3, 100))
        .then_expect_events(history());
}

#[test]
fn seeing_the_same_again_adds_nothing() {
    TestFramework::<Account>::with(())
        .given(history())
        .when(observe(3, 100))
        .then_expect_events(vec![]);
}

#[test]
fn a_new_consent_and_balance_are_noted_and_the_account_stays() {
    TestFramework::<Account>::with(())
        .given(history())
        .when(observe(4, 90))
        .then_expect_events(vec![AccountEvent::Linked(linked(4)), balance(90)]);
}

fn statement(minor: i64, day: i64) -> AccountCommand {
    let amount = Money::new(minor, Currency::EUR);
    AccountCommand::ObserveFile {
        opened: Box::new(opened()),
        balances: vec![ObservedBalance {
            kind: BalanceKind::Booked,
            amount,
            amount_text: amount.to_string(),
        }],
        observed_at: DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(day),
        fetch_id: FetchId(Uuid::from_u128(5)),
    }
}

#[test]
fn an_older_file_s_balance_is_not_today_s_and_a_bank_s_stands() {
    TestFramework::<Account>::with(())
        .given(history())
        .when(statement(50, 9))
        .then_expect_events(vec![]);
    TestFramework::<Account>::with(())
        .given(vec![AccountEvent::Opened(opened()), balance(100)])
        .when(statement(50, 0))
        .then_expect_events(vec![]);
    TestFramework::<Account>::with(())
        .given(vec![AccountEvent::Opened(opened()), balance(100)])
        .when(statement(50, 9))
        .then_expect_events(vec![AccountEvent::BalanceObserved(BalanceObserved {
            kind: BalanceKind::Booked,
            amount: Money::new(50, Currency::EUR),
            amount_text: "0.50".to_owned(),
            observed_at: DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(9),
            fetch_id: FetchId(Uuid::from_u128(5)),
        })]);
}

fn put_away() -> AccountEvent {
    AccountEvent::PutAway(PutAway { account_id: opened().account_id })
}

#[test]
fn what_was_put_away_stays_so_until_it_is_shown_anew() {
    TestFramework::<Account>::with(())
        .given(history())
        .when(AccountCommand::PutAway)
        .then_expect_events(vec![put_away()]);
    let away = || [history(), vec![put_away()]].concat();
    TestFramework::<Account>::with(())
        .given(away())
        .when(AccountCommand::PutAway)
        .then_expect_events(vec![]);
    let back = AccountEvent::BroughtBack(BroughtBack { account_id: opened().account_id });
    TestFramework::<Account>::with(())
        .given(away())
        .when(observe(4, 100))
        .then_expect_events(vec![back.clone(), AccountEvent::Linked(linked(4))]);
    TestFramework::<Account>::with(())
        .given(away())
        .when(statement(50, 0))
        .then_expect_events(vec![back]);
    TestFramework::<Account>::with(())
        .given_no_previous_events()
        .when(AccountCommand::PutAway)
        .then_expect_error(AccountRefusal::Unknown);
}

#[test]
fn transactions_need_an_account() {
    TestFramework::<Account>::with(())
        .given_no_previous_events()
        .when(AccountCommand::Record(vec![]))
        .then_expect_error(AccountRefusal::Unknown);
}
