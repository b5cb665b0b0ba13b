//! The steps in their order, and certificates that take each other's place.

use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::id::{BankId, RegistrationId};

fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("an instant")
}

fn started() -> Started {
    Started {
        registration_id: RegistrationId(Uuid::from_u128(1)),
        bank_id: BankId("op".to_owned()),
        settings_digest: "aa".to_owned(),
        roles: vec!["AIS".to_owned()],
        redirect_uris: vec!["https://tpp.example/callback/op".to_owned()],
        steps: Vec::new(),
    }
}

fn certificate(end: i64) -> CertificateFacts {
    CertificateFacts {
        fingerprint: "bb".to_owned(),
        key_id: "qwac-1".to_owned(),
        not_before: instant(0),
        not_after: instant(end),
        roles: vec!["PSP_AI".to_owned()],
        organization_identifier: None,
    }
}

fn issued(end: i64) -> CertificatesIssued {
    CertificatesIssued {
        tpp_id: "TPP-1".to_owned(),
        public_keys_url: "https://bank.example/keys".to_owned(),
        qwac: certificate(end),
        qseal: certificate(end),
        request_digest: String::new(),
        answer_digest: String::new(),
    }
}

fn signed(end: i64) -> DocumentSigned {
    DocumentSigned {
        token_id: "1".to_owned(),
        key_id: "qseal-1".to_owned(),
        algorithm: "RS256".to_owned(),
        digest: String::new(),
        expires_at: instant(end),
    }
}

fn client() -> ClientRegistered {
    ClientRegistered {
        client_fingerprint: String::new(),
        scope: "accounts".to_owned(),
        secret_expires_at: None,
        request_digest: String::new(),
        answer_digest: String::new(),
        bank_request_id: None,
    }
}

#[test]
fn the_steps_come_one_after_the_other() {
    use TppRegistrationEvent as Event;
    let validated = CredentialsValidated { scope: "accounts".to_owned(), expires_in_seconds: 60 };
    let story = [
        (Event::Started(started()), Some(Step::Certificates)),
        (Event::CertificatesIssued(issued(100)), Some(Step::Statement)),
        (Event::StatementSigned(signed(50)), Some(Step::Request)),
        (Event::RequestSigned(signed(50)), Some(Step::Registration)),
        (Event::ClientRegistered(client()), Some(Step::Validation)),
        (Event::CredentialsValidated(validated), None),
    ];
    let mut registration = TppRegistration::default();
    for (event, next) in story {
        registration.apply(event);
        assert_eq!(registration.next_step(instant(10)), next);
    }
    assert_eq!(registration.next_step(instant(101)), Some(Step::Certificates), "expired");
}

#[test]
fn a_statement_that_ended_is_signed_again() {
    let mut registration = TppRegistration::default();
    registration.apply(TppRegistrationEvent::Started(started()));
    registration.apply(TppRegistrationEvent::CertificatesIssued(issued(100)));
    registration.apply(TppRegistrationEvent::StatementSigned(signed(20)));
    registration.apply(TppRegistrationEvent::RequestSigned(signed(20)));
    assert_eq!(registration.next_step(instant(21)), Some(Step::Statement));
}

#[test]
fn other_settings_keep_the_certificates_and_nothing_else() {
    let mut registration = TppRegistration::default();
    registration.apply(TppRegistrationEvent::Started(started()));
    registration.apply(TppRegistrationEvent::CertificatesIssued(issued(100)));
    registration.apply(TppRegistrationEvent::StatementSigned(signed(50)));
    registration.apply(TppRegistrationEvent::RequestSigned(signed(50)));
    registration.apply(TppRegistrationEvent::ClientRegistered(client()));
    registration.apply(TppRegistrationEvent::SettingsChanged(started()));
    assert_eq!(registration.next_step(instant(10)), Some(Step::Statement));
}

#[test]
fn a_bank_that_registers_nobody_has_two_steps() {
    let two = Started { steps: vec![Step::Certificates, Step::Validation], ..started() };
    let mut registration = TppRegistration::default();
    registration.apply(TppRegistrationEvent::Started(two));
    assert_eq!(registration.next_step(instant(10)), Some(Step::Certificates));
    registration.apply(TppRegistrationEvent::CertificatesIssued(issued(100)));
    assert_eq!(registration.next_step(instant(10)), Some(Step::Validation));
    let validated = CredentialsValidated { scope: String::new(), expires_in_seconds: 0 };
    let command = TppRegistrationCommand::RecordValidation(validated.clone());
    let event = registration.decide(command).expect("validated");
    registration.apply(event);
    assert_eq!(registration.next_step(instant(10)), None);
    assert_eq!(registration.next_step(instant(101)), Some(Step::Certificates), "expired");
}

fn of(fingerprint: &str) -> CertificatesIssued {
    let mut issued = issued(200);
    issued.qwac.fingerprint = fingerprint.to_owned();
    issued
}

/// A registration that stands.
fn standing_registration() -> Vec<TppRegistrationEvent> {
    use TppRegistrationEvent as Event;
    let validated = CredentialsValidated { scope: "accounts".to_owned(), expires_in_seconds: 60 };
    vec![
        Event::Started(started()),
        Event::CertificatesIssued(issued(100)),
        Event::StatementSigned(signed(50)),
        Event::RequestSigned(signed(50)),
        Event::ClientRegistered(client()),
        Event::CredentialsValidated(validated),
    ]
}

#[test]
fn other_certificates_leave_the_client_as_it_is_and_can_be_taken_back() {
    let mut registration = TppRegistration::default();
    standing_registration().into_iter().for_each(|event| registration.apply(event));
    let mut tell = |command| {
        let event = registration.decide(command)?;
        registration.apply(event);
        let used = registration.certificates.as_ref().expect("certificates");
        assert_eq!(registration.next_step(instant(10)), None, "nothing is registered anew");
        assert!(registration.client.is_some() && registration.validation.is_some());
        Ok(used.qwac.fingerprint.clone())
    };
    use TppRegistrationCommand as Command;
    let switch = || Command::SwitchCertificates { reason: SwitchReason::Asked };
    let prepare = |name| {
        let switch_at = Some(instant(30));
        Command::PrepareCertificates(CertificatesPrepared { issued: of(name), switch_at })
    };
    assert_eq!(tell(switch()), Err(TppRegistrationRefusal::NothingPrepared));
    assert_eq!(tell(Command::RollCertificatesBack), Err(TppRegistrationRefusal::NothingBefore));
    assert_eq!(tell(prepare("bb")), Err(TppRegistrationRefusal::InUse));
    assert_eq!(tell(prepare("cc")).as_deref(), Ok("bb"));
    assert_eq!(tell(switch()).as_deref(), Ok("cc"));
    assert_eq!(tell(Command::RollCertificatesBack).as_deref(), Ok("bb"));
    assert_eq!(tell(switch()).as_deref(), Ok("cc"), "what was taken back is still prepared");
    assert_eq!(tell(prepare("dd")).as_deref(), Ok("cc"));
    assert!(!registration.switch_is_due(instant(29)) && registration.switch_is_due(instant(30)));
}

#[test]
fn a_standing_is_recorded_when_it_changes() {
    let found = |word, doubt: Option<&str>| {
        TppRegistrationCommand::RecordStanding(CertificateStanding {
            owner: CertificateOwner::Bank,
            fingerprint: "ee".to_owned(),
            word,
            doubt: doubt.map(str::to_owned),
            revoked_at: None,
            source: "crl".to_owned(),
            refused: false,
        })
    };
    let mut registration = TppRegistration::default();
    registration.apply(TppRegistrationEvent::Started(started()));
    let story = [
        (found(IssuerWord::Good, None), false),
        (found(IssuerWord::Unknown, Some("unreachable")), true),
        (found(IssuerWord::Unknown, Some("unreachable")), false),
        (found(IssuerWord::Unknown, Some("over")), true),
        (found(IssuerWord::Revoked, None), true),
        (found(IssuerWord::Good, None), true),
        (found(IssuerWord::Good, None), false),
    ];
    for (number, (command, new)) in story.into_iter().enumerate() {
        let event = registration.decide(command);
        assert_eq!(event.is_ok(), new, "{number}");
        event.into_iter().for_each(|event| registration.apply(event));
    }
    assert_eq!(registration.standings.len(), 1);
}

#[test]
fn no_step_is_skipped() {
    TestFramework::<TppRegistration>::with(())
        .given(vec![TppRegistrationEvent::Started(started())])
        .when(TppRegistrationCommand::RecordStatement(signed(9)))
        .then_expect_error(TppRegistrationRefusal::StepMissing(Step::Certificates));
    TestFramework::<TppRegistration>::with(())
        .given_no_previous_events()
        .when(TppRegistrationCommand::RecordClient(client()))
        .then_expect_error(TppRegistrationRefusal::NotStarted);
}
