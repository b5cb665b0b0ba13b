//! What each projection makes of a person's story, and the questions it answers.

use domain::account::AccountEvent;
use domain::consent::{
    AnswerRejected, BankNotTold, BankTold, ConfirmationNeeded, ConsentEvent, ConsentStatus,
    EndedBy, Expired, Failed, Refused,
};
use domain::event::Event;
use domain::fetch::{FetchEvent, FetchFailed};
use domain::id::{BankId, RegistrationId};
use domain::observed::{AccountKind, BalanceKind};
use domain::stream::{Category, StreamId};
use domain::tpp_registration::{
    CertificateFacts, CertificatesIssued, ClientRegistered, CredentialsValidated, Started, Step,
    StepFailed, TppRegistrationEvent,
};
use opl_projections::consents::EndedReason;
use opl_projections::fetches::FetchState;
use opl_projections::transactions::{Direction, TransactionFilter};
use uuid::Uuid;

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, day, euro, instant, observed};

on_both! {
    people_are_themselves,
    registrations_come_to_be_ready,
    consents_stand_and_end,
    revocations_wait_for_their_banks,
    accounts_show_balances_and_stay_when_a_consent_ends,
    transactions_are_found,
    transactions_are_known_again,
    spending_is_summed,
    runs_are_followed,
    nobody_sees_another_persons_rows,
    what_was_erased_leaves_no_rows,
}

const MAIJA: Person = Person(1);
const OLLI: Person = Person(2);

async fn people_are_themselves(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.signs_up(&log);
    catch_up(&models, &log).await;
    let maija = models.people().one(MAIJA.user()).await.expect("rows").expect("a person");
    assert_eq!(maija.email, "person1@example.fi");
    assert_eq!(models.people().one(OLLI.user()).await, Ok(None));
}

async fn registrations_come_to_be_ready(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    let id = RegistrationId(Uuid::from_u128(9));
    let bank_id = BankId("op".to_owned());
    let add = |event: TppRegistrationEvent| {
        log.append(StreamId::new(Category::Registration, id.0), event);
    };
    add(TppRegistrationEvent::Started(Started {
        registration_id: id,
        bank_id: bank_id.clone(),
        settings_digest: String::new(),
        roles: vec![],
        redirect_uris: vec![],
        steps: Vec::new(),
    }));
    let certificate = |end| CertificateFacts {
        fingerprint: String::new(),
        key_id: String::new(),
        not_before: instant(0),
        not_after: instant(end),
        roles: vec![],
        organization_identifier: None,
    };
    add(TppRegistrationEvent::CertificatesIssued(CertificatesIssued {
        tpp_id: String::new(),
        public_keys_url: String::new(),
        qwac: certificate(2_000),
        qseal: certificate(1_000),
        request_digest: String::new(),
        answer_digest: String::new(),
    }));
    add(TppRegistrationEvent::StepFailed(StepFailed {
        step: Step::Registration,
        code: "bank_error".to_owned(),
        status: Some(500),
    }));
    catch_up(&models, &log).await;
    let row = models.registrations().status(&bank_id).await.expect("rows").expect("a row");
    assert_eq!(row.failed_step.as_deref(), Some("registration"));
    assert_eq!((row.failed_code.as_deref(), row.failed_status), (Some("bank_error"), Some(500)));
    assert!(!row.is_ready(instant(10)));
    add(TppRegistrationEvent::ClientRegistered(ClientRegistered {
        client_fingerprint: String::new(),
        scope: String::new(),
        secret_expires_at: None,
        request_digest: String::new(),
        answer_digest: String::new(),
        bank_request_id: None,
    }));
    add(TppRegistrationEvent::CredentialsValidated(CredentialsValidated {
        scope: String::new(),
        expires_in_seconds: 60,
    }));
    catch_up(&models, &log).await;
    let all = models.registrations().all().await.expect("rows");
    assert_eq!(all.len(), 1);
    assert!(all[0].is_ready(instant(999)) && !all[0].is_ready(instant(1_000)));
    assert_eq!(all[0].failed_step, None);
    assert_eq!(models.registrations().status(&BankId("no".to_owned())).await, Ok(None));
}

async fn consents_stand_and_end(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    for consent in 1..=8 {
        MAIJA.requests(&log, consent);
    }
    MAIJA.goes_to_bank(&log, 1);
    MAIJA.grants(&log, 1);
    catch_up(&models, &log).await;
    let standing = models.consents().active(10).await.expect("rows");
    assert_eq!(standing.len(), 1);
    assert_eq!(standing[0].expires_at, Some(instant(80 * 86_400)), "the bank's word counts");
    assert_eq!(models.consents().pending(3).await.expect("rows").len(), 3);

    let add = |consent, event| MAIJA.consent_event(&log, consent, event);
    let failed = |code: &str| ConsentEvent::Failed(Failed { code: code.to_owned() });
    let refused = Refused { code: "access_denied".to_owned(), description: None };
    add(1, ConsentEvent::ConfirmationNeeded(ConfirmationNeeded { code: String::new() }));
    add(2, ConsentEvent::Refused(refused));
    add(3, failed("abandoned"));
    add(4, failed("bank_unreachable"));
    let rejected = AnswerRejected { code: "state".to_owned(), tokens_discarded: false };
    add(5, ConsentEvent::AnswerRejected(rejected));
    add(5, failed("answer_not_trusted"));
    MAIJA.grants(&log, 6);
    add(6, ConsentEvent::Expired(Expired { at: instant(77) }));
    MAIJA.revokes(&log, 7, EndedBy::Bank);
    catch_up(&models, &log).await;
    let rows = models.consents().list(MAIJA.user()).await.expect("rows");
    let found: Vec<_> =
        rows.iter().rev().map(|row| (row.status, row.ended_reason, row.bank_told)).collect();
    assert_eq!(
        found,
        [
            (ConsentStatus::NeedsConfirmation, None, true),
            (ConsentStatus::Refused, Some(EndedReason::RefusedAtBank), true),
            (ConsentStatus::Failed, Some(EndedReason::Abandoned), true),
            (ConsentStatus::Failed, Some(EndedReason::BankError), true),
            (ConsentStatus::Failed, Some(EndedReason::AnswerNotTrusted), true),
            (ConsentStatus::Expired, Some(EndedReason::Expired), true),
            (ConsentStatus::Revoked, Some(EndedReason::RevokedByBank), true),
            (ConsentStatus::Pending, None, true),
        ]
    );
    let expired = models.consents().one(MAIJA.user(), MAIJA.consent(6)).await.expect("rows");
    assert_eq!(expired.expect("a row").ended_at, Some(instant(77)));
    assert_eq!(models.consents().needing_confirmation(9).await.expect("rows").len(), 1);
}

async fn revocations_wait_for_their_banks(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    for consent in 1..=3 {
        MAIJA.requests(&log, consent);
        if consent < 3 {
            MAIJA.goes_to_bank(&log, consent);
            MAIJA.grants(&log, consent);
        }
        MAIJA.revokes(&log, consent, EndedBy::Person);
    }
    let not_told = BankNotTold { code: "bank_unreachable".to_owned() };
    MAIJA.consent_event(&log, 1, ConsentEvent::BankNotTold(not_told));
    catch_up(&models, &log).await;
    let waiting = models.consents().revocations_to_tell(10).await.expect("rows");
    let found: Vec<_> = waiting.iter().map(|row| (row.consent_id, row.failed)).collect();
    // The third was never created at the bank, which so has nothing to be told of.
    assert_eq!(found, [(MAIJA.consent(2), 0), (MAIJA.consent(1), 1)]);
    MAIJA.consent_event(&log, 1, ConsentEvent::BankTold(BankTold { answer_digest: None }));
    catch_up(&models, &log).await;
    assert_eq!(models.consents().revocations_to_tell(10).await.expect("rows").len(), 1);
}

async fn accounts_show_balances_and_stay_when_a_consent_ends(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    catch_up(&models, &log).await;
    let accounts = models.accounts().list(MAIJA.user()).await.expect("rows");
    let [current, card] = accounts.as_slice() else { panic!("{accounts:?}") };
    assert_eq!((current.kind, card.kind), (AccountKind::Current, AccountKind::Card));
    assert_eq!((current.name.as_str(), current.owner.as_deref()), ("Arkitili", None));
    let kinds: Vec<_> = current.balances.iter().map(|balance| balance.kind).collect();
    assert_eq!(kinds, [BalanceKind::Booked, BalanceKind::Available]);
    assert_eq!(current.balance(BalanceKind::Booked).map(|found| found.amount), Some(euro(120_000)));
    assert_eq!((current.transaction_count, card.transaction_count), (2, 2));
    assert!(current.live && current.last_read_at.is_some());

    // A second consent shows one of them again, and the first ends.
    MAIJA.requests(&log, 2);
    MAIJA.grants(&log, 2);
    MAIJA.links(&log, 1, 2);
    MAIJA.balance(&log, 1, BalanceKind::Booked, 7);
    MAIJA.revokes(&log, 1, EndedBy::Person);
    catch_up(&models, &log).await;
    let accounts = models.accounts().list(MAIJA.user()).await.expect("rows");
    assert_eq!(accounts.iter().map(|account| account.live).collect::<Vec<_>>(), [true, false]);
    assert_eq!(accounts[0].consent_id, Some(MAIJA.consent(2)));
    assert_eq!(accounts[0].balances[0].amount, euro(7));
    let of_first = models.accounts().by_consent(MAIJA.user(), MAIJA.consent(1)).await;
    assert_eq!(of_first.expect("rows").len(), 2);
    let of_second = models.accounts().by_consent(MAIJA.user(), MAIJA.consent(2)).await;
    assert_eq!(of_second.expect("rows").len(), 1);
    let one = models.accounts().one(MAIJA.user(), MAIJA.account(2)).await.expect("rows");
    assert_eq!(one.as_ref(), Some(&accounts[1]));
}

async fn transactions_are_found(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    catch_up(&models, &log).await;
    let numbers = async |filter: TransactionFilter| {
        let page = models.transactions().page(MAIJA.user(), &filter, 50, None).await.expect("rows");
        assert_eq!(page.total_count as usize, page.rows.len());
        let id = |number| MAIJA.transaction(number);
        page.rows
            .iter()
            .map(|row| (1..=4).find(|number| id(*number) == row.transaction_id).expect("known"))
            .collect::<Vec<_>>()
    };
    let all = TransactionFilter::default;
    let search = |text: &str| TransactionFilter { search: Some(text.to_owned()), ..all() };
    assert_eq!(numbers(all()).await, [4, 3, 2, 1]);
    let account_id = Some(MAIJA.account(1));
    assert_eq!(numbers(TransactionFilter { account_id, ..all() }).await, [2, 1]);
    let category = Some("clothing".to_owned());
    assert_eq!(numbers(TransactionFilter { category, ..all() }).await, [4, 3]);
    assert_eq!(numbers(search("ZALANDO osto")).await, [3]);
    assert_eq!(numbers(search("50%")).await, [3]);
    assert_eq!(numbers(search("%")).await, [3], "a sign of a pattern is looked for as it stands");
    assert_eq!(numbers(search("_")).await, Vec::<u128>::new());
    let (from, to) = (Some(day("2026-02-02")), Some(day("2026-02-03")));
    assert_eq!(numbers(TransactionFilter { from, to, ..all() }).await, [3, 2]);
    let (minimum_minor, maximum_minor) = (Some(2_000), Some(4_000));
    let between = TransactionFilter { minimum_minor, maximum_minor, ..all() };
    assert_eq!(numbers(between).await, [3, 1]);
    let maximum_minor = Some(u64::MAX);
    assert_eq!(numbers(TransactionFilter { maximum_minor, ..all() }).await, [4, 3, 2, 1]);
    let direction = Some(Direction::In);
    assert_eq!(numbers(TransactionFilter { direction, ..all() }).await, [4, 2]);

    let transactions = models.transactions();
    let row = transactions.one(MAIJA.user(), MAIJA.transaction(1)).await.expect("rows");
    let row = row.expect("a row");
    assert_eq!((row.account_name.as_str(), row.category.as_str()), ("Arkitili", "groceries"));
    assert!(row.category_reason.starts_with("name:"), "{}", row.category_reason);
    assert_eq!(row.amount, euro(-2_590));
    let buckets = transactions.buckets(MAIJA.user(), &all()).await.expect("rows");
    let months: Vec<_> = buckets.iter().map(|month| (month.month.as_str(), month.count)).collect();
    assert_eq!(months, [("2026-02", 3), ("2026-01", 1)]);
    assert_eq!(buckets[0].inflow, [euro(301_990)]);
    assert_eq!(buckets[0].outflow, [euro(-3_990)]);
    assert_eq!(buckets[1].inflow, []);
    let rows = transactions.in_month(MAIJA.user(), "2026-02", 1, 1, &all()).await.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].transaction_id, MAIJA.transaction(3));
}

async fn transactions_are_known_again(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    catch_up(&models, &log).await;
    let (known, version) = models.transactions().known_rows(MAIJA.account(1)).await.expect("rows");
    // Opened, linked, two balances, two rows and a new name.
    assert_eq!((known.len(), version), (2, 7));
    let key = domain::reconcile::match_key(&observed(
        "2026-01-30",
        -2_590,
        "K-MARKET ALPPILA",
        "HELSINKI",
    ));
    let same: Vec<_> = known.iter().filter(|row| row.match_key == key).collect();
    assert_eq!(same.len(), 1);
    assert_eq!(same[0].transaction_id, MAIJA.transaction(1));
    assert_eq!(models.transactions().known_rows(OLLI.account(1)).await, Ok((vec![], 0)));
}

async fn spending_is_summed(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    catch_up(&models, &log).await;
    // Two commits add to the same row.
    MAIJA.pays(&log, 1, 5, observed("2026-01-31", -10, "LIDL", ""));
    catch_up(&models, &log).await;
    let spending = models.spending();
    let rows = spending.months(MAIJA.user(), "2026-01", "2026-02", None).await.expect("rows");
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.month.as_str(), row.category.as_str(), row.amount, row.count))
        .collect();
    assert_eq!(
        found,
        [
            ("2026-01", "groceries", euro(2_600), 2),
            // Bought for 39.90 and given back for 19.90; the wage is no spending.
            ("2026-02", "clothing", euro(2_000), 2),
        ]
    );
    let account = Some(MAIJA.account(2));
    let rows = spending.months(MAIJA.user(), "2026-02", "2026-02", account).await.expect("rows");
    assert_eq!(rows.len(), 1);
}

async fn runs_are_followed(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    MAIJA.reads_window(&log, 2, 1, 5, 1);
    catch_up(&models, &log).await;
    let fetches = models.fetches();
    let newest = fetches.newest(MAIJA.user(), MAIJA.consent(1)).await.expect("rows");
    let newest = newest.expect("a run");
    assert_eq!((newest.fetch_id, newest.state), (MAIJA.fetch(2), FetchState::Running));
    assert_eq!((newest.accounts_done, newest.accounts_total), (1, 2));
    assert_eq!((newest.transactions_read, newest.transactions_new), (5, 1));
    assert_eq!(fetches.newest_of_each(MAIJA.user()).await.expect("rows"), [newest]);
    let unfinished = fetches.unfinished(10).await.expect("rows");
    assert_eq!(unfinished.iter().map(|run| run.fetch_id).collect::<Vec<_>>(), [MAIJA.fetch(2)]);
    let calls = fetches.calls(MAIJA.user(), 10).await.expect("rows");
    let found: Vec<_> = calls
        .iter()
        .map(|call| (call.endpoint.as_str(), call.status, call.problem.as_deref(), call.attended))
        .collect();
    assert_eq!(
        found,
        [
            ("cards", None, Some("bank_unreachable"), false),
            ("accounts", Some(200), None, false),
            ("accounts", Some(200), None, true),
        ]
    );
    let since = fetches.unattended_since(MAIJA.user(), MAIJA.consent(1), "accounts", instant(0));
    assert_eq!(since.await, Ok(1));
    let failed = FetchFailed { code: "bank_unreachable".to_owned() };
    MAIJA.fetch_event(&log, 2, FetchEvent::Failed(failed));
    catch_up(&models, &log).await;
    let newest = fetches.newest(MAIJA.user(), MAIJA.consent(1)).await.expect("rows");
    let newest = newest.expect("a run");
    assert_eq!(newest.state, FetchState::Failed);
    assert_eq!(newest.problem.as_deref(), Some("bank_unreachable"));
    assert_eq!(fetches.unfinished(10).await, Ok(vec![]));
    assert_eq!(fetches.newest(MAIJA.user(), MAIJA.consent(5)).await, Ok(None));
}

async fn nobody_sees_another_persons_rows(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    MAIJA.lives(&log);
    OLLI.signs_up(&log);
    catch_up(&models, &log).await;
    let olli = OLLI.user();
    let filter = TransactionFilter { account_id: Some(MAIJA.account(1)), ..Default::default() };
    let page = models.transactions().page(olli, &filter, 50, None).await.expect("rows");
    assert_eq!((page.rows.len(), page.total_count), (0, 0));
    assert_eq!(models.transactions().one(olli, MAIJA.transaction(1)).await, Ok(None));
    assert_eq!(models.transactions().buckets(olli, &filter).await, Ok(vec![]));
    assert_eq!(models.transactions().in_month(olli, "2026-02", 0, 9, &filter).await, Ok(vec![]));
    assert_eq!(models.accounts().one(olli, MAIJA.account(1)).await, Ok(None));
    assert_eq!(models.accounts().by_consent(olli, MAIJA.consent(1)).await, Ok(vec![]));
    assert_eq!(models.consents().one(olli, MAIJA.consent(1)).await, Ok(None));
    assert_eq!(models.fetches().newest_of_each(olli).await, Ok(vec![]));
    let account = Some(MAIJA.account(1));
    assert_eq!(models.spending().months(olli, "2000-01", "2099-12", account).await, Ok(vec![]));
}

async fn what_was_erased_leaves_no_rows(place: &Place) {
    let log = Log::new();
    MAIJA.lives(&log);
    OLLI.lives(&log);
    log.erase(|recorded| match recorded.event.as_deref() {
        Some(Event::User(_)) => recorded.stream.id == MAIJA.user().0,
        Some(Event::Account(AccountEvent::Opened(opened))) => opened.user_id == MAIJA.user(),
        _ => recorded.stream.id.as_u128() >> 64 == MAIJA.0,
    });
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    let all = TransactionFilter::default();
    assert_eq!(models.people().one(MAIJA.user()).await, Ok(None));
    assert_eq!(models.transactions().count(MAIJA.user(), &all).await, Ok(0));
    assert_eq!(models.transactions().count(OLLI.user(), &all).await, Ok(4));
}
