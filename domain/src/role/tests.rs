use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;

fn person(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

fn instant(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(day)
}

fn granted(role: Role, people: Option<Vec<UserId>>) -> RoleGranted {
    RoleGranted {
        role_id: RoleId(Uuid::from_u128(9)),
        holder: person(1),
        role,
        people,
        facts_from: None,
        facts_to: None,
        ends_at: instant(30),
        reason: "yearly_audit".to_owned(),
        granted_by: None,
    }
}

fn used(subject: Option<UserId>) -> RoleUsed {
    RoleUsed {
        what: "story".to_owned(),
        subject,
        object: None,
        request_id: Uuid::from_u128(5).to_string(),
    }
}

fn using(role: Role, subject: Option<UserId>, day: i64) -> RoleCommand {
    RoleCommand::Use(RoleUse { holder: person(1), role, used: used(subject), now: instant(day) })
}

fn withdraw(reason: &str) -> RoleCommand {
    RoleCommand::Withdraw(RoleWithdrawn { reason: reason.to_owned(), withdrawn_by: None })
}

fn withdrawn() -> RoleEvent {
    RoleEvent::Withdrawn(RoleWithdrawn { reason: "done".to_owned(), withdrawn_by: None })
}

#[test]
fn a_role_is_given_once_and_has_an_end() {
    let good = granted(Role::Auditor, None);
    TestFramework::<GrantedRole>::with(())
        .given_no_previous_events()
        .when(RoleCommand::Grant { granted: Box::new(good.clone()), now: instant(0) })
        .then_expect_events(vec![RoleEvent::Granted(good.clone())]);
    TestFramework::<GrantedRole>::with(())
        .given(vec![RoleEvent::Granted(good.clone())])
        .when(RoleCommand::Grant { granted: Box::new(good), now: instant(0) })
        .then_expect_error(RoleRefusal::AlreadyGranted);
}

#[test]
fn what_cannot_be_given_is_refused() {
    let many: Vec<UserId> = (0..=MOST_PEOPLE as u128).map(person).collect();
    let with = |change: fn(&mut RoleGranted)| {
        let mut granted = granted(Role::Auditor, None);
        change(&mut granted);
        granted
    };
    let table = [
        (with(|granted| granted.ends_at = instant(0)), RoleRefusal::End),
        (with(|granted| granted.ends_at = instant(367)), RoleRefusal::End),
        (
            with(|granted| {
                granted.facts_from = Some(instant(5));
                granted.facts_to = Some(instant(4));
            }),
            RoleRefusal::Period,
        ),
        (with(|granted| granted.people = Some(Vec::new())), RoleRefusal::People),
        (granted(Role::Auditor, Some(many)), RoleRefusal::People),
        (granted(Role::Operator, Some(vec![person(2)])), RoleRefusal::People),
        (with(|granted| granted.reason = "Anna asked".to_owned()), RoleRefusal::Reason),
        (with(|granted| granted.reason = String::new()), RoleRefusal::Reason),
    ];
    for (granted, refusal) in table {
        TestFramework::<GrantedRole>::with(())
            .given_no_previous_events()
            .when(RoleCommand::Grant { granted: Box::new(granted), now: instant(0) })
            .then_expect_error(refusal);
    }
}

#[test]
fn every_use_is_kept() {
    TestFramework::<GrantedRole>::with(())
        .given(vec![RoleEvent::Granted(granted(Role::Auditor, Some(vec![person(2)])))])
        .when(using(Role::Auditor, Some(person(2)), 1))
        .then_expect_events(vec![RoleEvent::Used(used(Some(person(2))))]);
}

#[test]
fn a_use_beyond_what_was_given_is_refused() {
    let one = || RoleEvent::Granted(granted(Role::Auditor, Some(vec![person(2)])));
    let operator = || RoleEvent::Granted(granted(Role::Operator, None));
    let table = [
        (vec![], using(Role::Auditor, None, 1), RoleRefusal::Unknown),
        (vec![one()], using(Role::Auditor, Some(person(3)), 1), RoleRefusal::OutOfScope),
        (vec![one()], using(Role::Analyst, None, 1), RoleRefusal::NotTheirs),
        (vec![one()], using(Role::Auditor, None, 30), RoleRefusal::Ended),
        (vec![one(), withdrawn()], using(Role::Auditor, None, 1), RoleRefusal::Withdrawn),
        (vec![operator()], using(Role::Operator, Some(person(2)), 1), RoleRefusal::OutOfScope),
    ];
    for (given, command, refusal) in table {
        TestFramework::<GrantedRole>::with(())
            .given(given)
            .when(command)
            .then_expect_error(refusal);
    }
    let RoleCommand::Use(mut other) = using(Role::Auditor, None, 1) else { unreachable!() };
    other.holder = person(4);
    TestFramework::<GrantedRole>::with(())
        .given(vec![one()])
        .when(RoleCommand::Use(other))
        .then_expect_error(RoleRefusal::NotTheirs);
}

#[test]
fn taking_back_twice_is_nothing_new() {
    let given = RoleEvent::Granted(granted(Role::Analyst, None));
    TestFramework::<GrantedRole>::with(())
        .given(vec![given.clone()])
        .when(withdraw("done"))
        .then_expect_events(vec![withdrawn()]);
    TestFramework::<GrantedRole>::with(())
        .given(vec![given.clone(), withdrawn()])
        .when(withdraw("done"))
        .then_expect_events(vec![]);
    TestFramework::<GrantedRole>::with(())
        .given(vec![given])
        .when(withdraw("Not A Code"))
        .then_expect_error(RoleRefusal::Reason);
}

#[test]
fn words_read_back() {
    for role in Role::ALL {
        assert_eq!(role.word().parse(), Ok(role));
    }
    assert_eq!("owner".parse::<Role>(), Err(RoleRefusal::NoSuchRole));
}
