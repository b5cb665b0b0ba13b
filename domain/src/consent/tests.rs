//! A consent on its way: asked for, confirmed at the bank, ended there or here.

use chrono::NaiveDate;
use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::id::{BankId, UserId};

fn requested() -> Requested {
    let day = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a day");
    Requested {
        consent_id: ConsentId(Uuid::from_u128(1)),
        user_id: UserId(Uuid::from_u128(2)),
        bank_id: BankId("op".to_owned()),
        purpose: "account_information".to_owned(),
        expires_at: DateTime::from_timestamp(1_800_000_000, 0).expect("an instant"),
        history_from: day,
        history_to: day,
        accounts: Vec::new(),
    }
}

fn granted() -> Granted {
    Granted {
        authentication_context: Some("urn:openbanking:psd2:sca".to_owned()),
        authenticated_at: DateTime::from_timestamp(1_790_000_000, 0).expect("an instant"),
        id_token_digest: None,
        scope: "openid accounts".to_owned(),
        accounts: Vec::new(),
    }
}

fn revoked(by: EndedBy) -> Revoked {
    Revoked { by }
}

#[test]
fn a_pending_consent_is_granted_once() {
    let history = vec![ConsentEvent::Requested(requested()), ConsentEvent::Granted(granted())];
    TestFramework::<Consent>::with(())
        .given(history[..1].to_vec())
        .when(ConsentCommand::Grant(granted()))
        .then_expect_events(vec![history[1].clone()]);
    TestFramework::<Consent>::with(())
        .given(history)
        .when(ConsentCommand::Grant(granted()))
        .then_expect_error(ConsentRefusal::NotNow(ConsentStatus::Active));
}

#[test]
fn nothing_brings_an_ended_consent_back() {
    let ends = [
        ConsentEvent::Revoked(revoked(EndedBy::Person)),
        ConsentEvent::Expired(Expired { at: DateTime::<Utc>::MIN_UTC }),
    ];
    for end in ends {
        let mut consent = Consent::default();
        consent.apply(ConsentEvent::Requested(requested()));
        consent.apply(ConsentEvent::Granted(granted()));
        consent.apply(end);
        for command in [
            ConsentCommand::Grant(granted()),
            ConsentCommand::Revoke(revoked(EndedBy::Person)),
            ConsentCommand::NeedConfirmation(ConfirmationNeeded { code: String::new() }),
        ] {
            assert_eq!(consent.decide(command), Err(ConsentRefusal::NotNow(consent.status)));
        }
    }
}

#[test]
fn a_withdrawal_waits_for_the_bank_to_be_told() {
    let mut consent = Consent::default();
    consent.apply(ConsentEvent::Requested(requested()));
    consent.apply(ConsentEvent::AuthorizationCreated(AuthorizationCreated {
        authorization_id: "a".to_owned(),
        expires_at: None,
        answer_digest: String::new(),
        request_id: String::new(),
    }));
    consent.apply(ConsentEvent::Granted(granted()));
    consent.apply(ConsentEvent::Revoked(revoked(EndedBy::Person)));
    assert!(!consent.bank_told);
    consent.apply(ConsentEvent::BankTold(BankTold { answer_digest: None }));
    assert!(consent.bank_told);
}

#[test]
fn a_consent_is_superseded_once_and_its_bank_is_told() {
    let superseded = Superseded { by: ConsentId(Uuid::from_u128(9)) };
    let mut consent = Consent::default();
    consent.apply(ConsentEvent::Requested(requested()));
    let early = consent.decide(ConsentCommand::Supersede(superseded.clone()));
    assert_eq!(early, Err(ConsentRefusal::NotNow(ConsentStatus::Pending)));
    consent.apply(ConsentEvent::AuthorizationCreated(AuthorizationCreated {
        authorization_id: "a".to_owned(),
        expires_at: None,
        answer_digest: String::new(),
        request_id: String::new(),
    }));
    consent.apply(ConsentEvent::Granted(granted()));
    let event = consent.decide(ConsentCommand::Supersede(superseded.clone()));
    consent.apply(event.expect("it stands"));
    assert_eq!((consent.status, consent.bank_told), (ConsentStatus::Revoked, false));
    let again = consent.decide(ConsentCommand::Supersede(superseded));
    assert_eq!(again, Err(ConsentRefusal::NotNow(ConsentStatus::Revoked)));
}

#[test]
fn a_reminder_is_given_once() {
    let remind = |days_before| ConsentCommand::Remind(Reminded { days_before });
    let mut consent = Consent::default();
    consent.apply(ConsentEvent::Requested(requested()));
    consent.apply(ConsentEvent::Granted(granted()));
    for days in [30, 7, 1] {
        let event = consent.decide(remind(days));
        consent.apply(event.expect("a reminder"));
        assert_eq!(consent.decide(remind(days)), Err(ConsentRefusal::AlreadyReminded));
        assert_eq!(consent.decide(remind(30)), Err(ConsentRefusal::AlreadyReminded));
    }
}

#[test]
fn a_rejected_answer_leaves_the_consent_pending() {
    let rejected = AnswerRejected { code: "nonce".to_owned(), tokens_discarded: false };
    TestFramework::<Consent>::with(())
        .given(vec![ConsentEvent::Requested(requested())])
        .when(ConsentCommand::RejectAnswer(rejected.clone()))
        .then_expect_events(vec![ConsentEvent::AnswerRejected(rejected)]);
}

#[test]
fn a_word_here_is_enough_only_where_this_platform_asked_for_it() {
    let said = Reconfirmed { at: DateTime::from_timestamp(1_795_000_000, 0).expect("an instant") };
    let stands = || vec![ConsentEvent::Requested(requested()), ConsentEvent::Granted(granted())];
    let needed =
        |code: &str| ConsentEvent::ConfirmationNeeded(ConfirmationNeeded { code: code.to_owned() });
    for before in [None, Some(needed(RECONFIRMATION_DUE))] {
        TestFramework::<Consent>::with(())
            .given(stands().into_iter().chain(before).collect())
            .when(ConsentCommand::Reconfirm(said.clone()))
            .then_expect_events(vec![ConsentEvent::Reconfirmed(said.clone())]);
    }
    TestFramework::<Consent>::with(())
        .given(stands().into_iter().chain([needed("bank_token_expired")]).collect())
        .when(ConsentCommand::Reconfirm(said.clone()))
        .then_expect_error(ConsentRefusal::AtTheBank);
    let mut consent = Consent::default();
    stands().into_iter().for_each(|event| consent.apply(event));
    assert_eq!(consent.confirmed_at, Some(granted().authenticated_at));
    consent.apply(needed(RECONFIRMATION_DUE));
    assert!(consent.rests && consent.status == ConsentStatus::NeedsConfirmation);
    consent.apply(ConsentEvent::Reconfirmed(said.clone()));
    assert!(!consent.rests && consent.status == ConsentStatus::Active);
    assert_eq!(consent.confirmed_at, Some(said.at));
}

#[test]
fn it_is_for_the_accounts_that_were_named_first() {
    let [here, there] = ["FI2112345600000785", "FI5542345670000081"].map(Designated::by_number);
    let said = Granted { accounts: vec![here.clone(), there.clone()], ..granted() };
    let named = Requested { accounts: vec![here.clone()], ..requested() };
    let after = |requested: Requested| {
        let mut consent = Consent::default();
        consent.apply(ConsentEvent::Requested(requested));
        consent.apply(ConsentEvent::Granted(said.clone()));
        consent.designated
    };
    assert_eq!(after(named), std::slice::from_ref(&here), "a bank cannot widen what was asked for");
    assert_eq!(after(requested()), [here, there], "where the person chose there");
}
