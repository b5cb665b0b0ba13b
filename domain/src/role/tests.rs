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
        token_id: None,
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

fn token() -> TokenId {
    TokenId(Uuid::from_u128(7))
}

fn issued(scopes: &[Scope]) -> TokenIssued {
    TokenIssued {
        token_id: token(),
        scopes: scopes.to_vec(),
        ends_at: instant(20),
        reason: "nightly_checks".to_owned(),
        issued_by: Some(person(1)),
    }
}

fn revoked() -> TokenRevoked {
    TokenRevoked { token_id: token(), reason: "done".to_owned(), revoked_by: None }
}

fn by_token(what: &str, day: i64) -> RoleCommand {
    let mut used = used(None);
    used.what = what.to_owned();
    used.token_id = Some(token());
    RoleCommand::Use(RoleUse { holder: person(1), role: Role::Auditor, used, now: instant(day) })
}

#[test]
fn a_token_opens_its_scopes_of_its_role_and_no_longer_than_it_stands() {
    let role = || RoleEvent::Granted(granted(Role::Auditor, None));
    let with = |scopes: &[Scope]| vec![role(), RoleEvent::TokenIssued(issued(scopes))];
    let issue =
        RoleCommand::IssueToken { issued: Box::new(issued(&[Scope::Stories])), now: instant(0) };
    TestFramework::<GrantedRole>::with(())
        .given(vec![role()])
        .when(issue)
        .then_expect_events(vec![RoleEvent::TokenIssued(issued(&[Scope::Stories]))]);
    for what in ["story", "scope", "place"] {
        let RoleCommand::Use(asked) = by_token(what, 1) else { unreachable!() };
        TestFramework::<GrantedRole>::with(())
            .given(with(&[Scope::Stories, Scope::Documents]))
            .when(by_token(what, 1))
            .then_expect_events(vec![RoleEvent::Used(asked.used)]);
    }
    let mut over = with(&[Scope::Stories]);
    over.push(RoleEvent::TokenRevoked(revoked()));
    let mut without = with(&[Scope::Stories]);
    without.push(withdrawn());
    for (given, command, refusal) in [
        (with(&[Scope::Stories]), by_token("timeline", 1), RoleRefusal::OutOfScope),
        (with(&[Scope::Documents]), by_token("story", 1), RoleRefusal::OutOfScope),
        (with(&[Scope::Stories]), by_token("story", 20), RoleRefusal::TokenOver),
        (over, by_token("story", 1), RoleRefusal::TokenOver),
        (without, by_token("story", 1), RoleRefusal::Withdrawn),
        (vec![role()], by_token("story", 1), RoleRefusal::NoSuchToken),
    ] {
        TestFramework::<GrantedRole>::with(())
            .given(given)
            .when(command)
            .then_expect_error(refusal);
    }
}

#[test]
fn a_token_that_would_open_more_than_the_role_is_not_issued() {
    let with = |change: fn(&mut TokenIssued)| {
        let mut issued = issued(&[Scope::Timeline, Scope::Proofs]);
        change(&mut issued);
        issued
    };
    let auditor = || vec![RoleEvent::Granted(granted(Role::Auditor, None))];
    let operator = vec![RoleEvent::Granted(granted(Role::Operator, None))];
    let mut gone = auditor();
    gone.push(withdrawn());
    let full = (0..MOST_TOKENS as u128).map(|number| {
        let token_id = TokenId(Uuid::from_u128(100 + number));
        RoleEvent::TokenIssued(TokenIssued { token_id, ..issued(&[Scope::Timeline]) })
    });
    let full: Vec<RoleEvent> = auditor().into_iter().chain(full).collect();
    for (given, issued, refusal) in [
        (vec![], with(|_| {}), RoleRefusal::Unknown),
        (gone, with(|_| {}), RoleRefusal::Withdrawn),
        (auditor(), with(|issued| issued.ends_at = instant(0)), RoleRefusal::TokenEnd),
        (auditor(), with(|issued| issued.ends_at = instant(31)), RoleRefusal::TokenEnd),
        (auditor(), with(|issued| issued.scopes.clear()), RoleRefusal::Scopes),
        (auditor(), with(|issued| issued.scopes.reverse()), RoleRefusal::Scopes),
        (auditor(), with(|issued| issued.scopes = vec![Scope::Analysis]), RoleRefusal::Scopes),
        (auditor(), with(|issued| issued.reason = "For Anna".to_owned()), RoleRefusal::Reason),
        (operator, with(|issued| issued.scopes = vec![Scope::Documents]), RoleRefusal::Scopes),
        (full, with(|_| {}), RoleRefusal::TooManyTokens),
    ] {
        TestFramework::<GrantedRole>::with(())
            .given(given)
            .when(RoleCommand::IssueToken { issued: Box::new(issued), now: instant(0) })
            .then_expect_error(refusal);
    }
    let given = [auditor(), vec![RoleEvent::TokenIssued(issued(&[Scope::Proofs]))]].concat();
    TestFramework::<GrantedRole>::with(())
        .given(given.clone())
        .when(RoleCommand::RevokeToken(revoked()))
        .then_expect_events(vec![RoleEvent::TokenRevoked(revoked())]);
    TestFramework::<GrantedRole>::with(())
        .given([given, vec![RoleEvent::TokenRevoked(revoked())]].concat())
        .when(RoleCommand::RevokeToken(revoked()))
        .then_expect_events(vec![]);
}

#[test]
fn scopes_read_back_by_their_word() {
    for scope in Scope::ALL {
        assert_eq!(scope.word().parse(), Ok(scope));
        assert_eq!(serde_json::to_value(scope).expect("JSON"), scope.word());
    }
    assert_eq!("everything".parse::<Scope>(), Err(RoleRefusal::Scopes));
}
