//! A run of reading: the order of its answers, and where it goes on.

use chrono::{DateTime, Utc};
use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::id::{BankId, ConsentId, FetchId, UserId};

fn started() -> FetchStarted {
    FetchStarted {
        fetch_id: FetchId(Uuid::from_u128(1)),
        consent_id: ConsentId(Uuid::from_u128(2)),
        user_id: UserId(Uuid::from_u128(3)),
        bank_id: BankId("op".to_owned()),
        purpose: "asked_by_person".to_owned(),
        attended: true,
        unattended_a_day: None,
    }
}

fn page(answer: u32, page: u32, continuation: Option<&str>) -> Answered {
    Answered {
        answer,
        subject: Subject::Transactions {
            account_id: AccountId(Uuid::from_u128(9)),
            bank_reference: "acc".to_owned(),
            page,
        },
        endpoint: "account_transactions".to_owned(),
        request_id: String::new(),
        bank_request_id: None,
        status: 200,
        attended: true,
        certificate_fingerprint: String::new(),
        sent_at: DateTime::<Utc>::UNIX_EPOCH,
        received_at: DateTime::<Utc>::UNIX_EPOCH,
        body_digest: String::new(),
        body: String::new(),
        continuation: continuation.map(str::to_owned),
    }
}

#[test]
fn a_run_knows_where_to_go_on() {
    let mut fetch = Fetch::default();
    fetch.apply(FetchEvent::Started(started()));
    fetch.apply(FetchEvent::Answered(page(0, 0, Some("next"))));
    fetch.apply(FetchEvent::Answered(page(1, 1, Some("more"))));
    assert_eq!(fetch.pages[0].answers, [0, 1]);
    assert_eq!(fetch.pages[0].continuation.as_deref(), Some("more"));
    fetch.apply(FetchEvent::Answered(page(2, 0, None)));
    assert_eq!(fetch.pages[0].answers, [2], "a window that restarted forgets its old pages");
}

#[test]
fn answers_are_kept_in_order_and_only_while_under_way() {
    TestFramework::<Fetch>::with(())
        .given(vec![FetchEvent::Started(started())])
        .when(FetchCommand::KeepAnswer(page(1, 0, None)))
        .then_expect_error(FetchRefusal::OutOfOrder);
    let over = FetchEvent::Failed(FetchFailed { code: "bank_error".to_owned() });
    TestFramework::<Fetch>::with(())
        .given(vec![FetchEvent::Started(started()), over])
        .when(FetchCommand::KeepAnswer(page(0, 0, None)))
        .then_expect_error(FetchRefusal::NotUnderWay);
}
