//! A person's story, event by event.

use chrono::{DateTime, NaiveDate, Utc};
use domain::account::{
    AccountEvent, BalanceObserved, Described, Linked, Opened, TransactionRecorded,
};
use domain::consent::{
    AuthorizationCreated, ConsentEvent, EndedBy, Granted, Requested, Revoked, SentToBank,
};
use domain::erasure::{Erased, ErasureReason, RequestedBy};
use domain::event::Event;
use domain::fetch::{
    Answered, CallFailed, FetchCompleted, FetchEvent, FetchStarted, Subject, WindowRead,
};
use domain::id::{AccountId, BankId, ConsentId, FetchId, TransactionId, UserId};
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, BalanceKind, Evidence, ObservedTransaction};
use domain::stream::{Category, StreamId};
use domain::user::{SignedOut, SignedUp, UserEvent};
use uuid::Uuid;

use super::log::Log;

/// The identifiers of one person's things; persons of different numbers share none.
#[derive(Clone, Copy)]
pub struct Person(pub u128);

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + seconds, 0).expect("an instant")
}

pub fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn observed(booked: &str, minor: i64, counterparty: &str, text: &str) -> ObservedTransaction {
    ObservedTransaction {
        bank_reference: None,
        bank_identifier: None,
        state: domain::observed::RowState::Booked,
        booking_date: day(booked),
        value_date: None,
        payment_date: None,
        amount: euro(minor),
        amount_text: euro(minor).to_string(),
        original_amount: None,
        counterparty: Some(counterparty.to_owned()),
        counterparty_identifier: None,
        counterparty_servicer: None,
        text: text.to_owned(),
        reference: None,
        bank_type: None,
        unmapped: None,
    }
}

impl Person {
    fn id(self, kind: u128, number: u128) -> Uuid {
        Uuid::from_u128((self.0 << 64) | (kind << 32) | number)
    }

    pub fn user(self) -> UserId {
        UserId(self.id(1, 0))
    }

    pub fn consent(self, number: u128) -> ConsentId {
        ConsentId(self.id(2, number))
    }

    pub fn account(self, number: u128) -> AccountId {
        AccountId(self.id(3, number))
    }

    pub fn fetch(self, number: u128) -> FetchId {
        FetchId(self.id(4, number))
    }

    pub fn transaction(self, number: u128) -> TransactionId {
        TransactionId(self.id(5, number))
    }

    pub fn signs_up(self, log: &Log) -> u64 {
        let signed_up =
            SignedUp { user_id: self.user(), email: format!("person{}@example.fi", self.0) };
        log.append(StreamId::new(Category::User, self.user().0), UserEvent::SignedUp(signed_up))
    }

    pub fn is_erased(self, log: &Log) -> u64 {
        let erased = Erased {
            user_id: self.user(),
            key_id: self.id(9, 0),
            requested_by: RequestedBy::Person,
            reason: ErasureReason::asked_by_person(),
            key_destroyed_at: instant(20),
            consents_ended: 1,
            banks_not_told: 0,
            secrets_deleted: 1,
            sessions_ended: 1,
        };
        log.append(StreamId::new(Category::User, self.user().0), UserEvent::Erased(erased))
    }

    /// Fills a log with events that no projection folds, to give later ones their positions.
    pub fn pads(self, log: &Log, count: u64) {
        let signed_out = SignedOut { session_label: String::new() };
        let event = Event::from(UserEvent::SignedOut(signed_out));
        let stream = StreamId::new(Category::User, self.user().0);
        log.append_all(stream, (0..count).map(|_| event.clone()));
    }

    pub fn consent_event(self, log: &Log, consent: u128, event: ConsentEvent) -> u64 {
        log.append(StreamId::new(Category::Consent, self.consent(consent).0), event)
    }

    pub fn requests(self, log: &Log, consent: u128) -> u64 {
        let requested = Requested {
            consent_id: self.consent(consent),
            user_id: self.user(),
            bank_id: BankId("op".to_owned()),
            purpose: "account_information".to_owned(),
            expires_at: instant(90 * 86_400),
            history_from: day("2025-01-01"),
            history_to: day("2026-12-31"),
            accounts: Vec::new(),
        };
        self.consent_event(log, consent, ConsentEvent::Requested(requested))
    }

    pub fn goes_to_bank(self, log: &Log, consent: u128) {
        let created = AuthorizationCreated {
            authorization_id: "authorization".to_owned(),
            expires_at: Some(instant(80 * 86_400)),
            answer_digest: String::new(),
            request_id: String::new(),
        };
        self.consent_event(log, consent, ConsentEvent::AuthorizationCreated(created));
        let sent = SentToBank {
            redirect_uri: String::new(),
            request_object_digest: String::new(),
            key_id: String::new(),
            answer_until: instant(600),
        };
        self.consent_event(log, consent, ConsentEvent::SentToBank(sent));
    }

    pub fn grants(self, log: &Log, consent: u128) -> u64 {
        let granted = Granted {
            authentication_context: None,
            authenticated_at: instant(0),
            id_token_digest: None,
            scope: String::new(),
            accounts: Vec::new(),
        };
        self.consent_event(log, consent, ConsentEvent::Granted(granted))
    }

    pub fn revokes(self, log: &Log, consent: u128, by: EndedBy) -> u64 {
        self.consent_event(log, consent, ConsentEvent::Revoked(Revoked { by }))
    }

    pub fn account_stream(self, account: u128) -> StreamId {
        StreamId::new(Category::Account, self.account(account).0)
    }

    pub fn opens(self, log: &Log, account: u128, consent: u128, kind: AccountKind) {
        let opened = Opened {
            account_id: self.account(account),
            user_id: self.user(),
            bank_id: BankId("op".to_owned()),
            kind,
            identifier: format!("FI{account}"),
            currency: Currency::EUR,
            name: "Käyttötili".to_owned(),
            owner: Some("Maija".to_owned()),
            servicer: None,
        };
        log.append(self.account_stream(account), AccountEvent::Opened(opened));
        self.links(log, account, consent);
    }

    pub fn links(self, log: &Log, account: u128, consent: u128) {
        let linked = Linked { consent_id: self.consent(consent), bank_reference: "a".to_owned() };
        log.append(self.account_stream(account), AccountEvent::Linked(linked));
    }

    pub fn describes(self, log: &Log, account: u128, name: &str) {
        let described = Described { name: name.to_owned(), owner: None };
        log.append(self.account_stream(account), AccountEvent::Described(described));
    }

    pub fn balance(self, log: &Log, account: u128, kind: BalanceKind, minor: i64) {
        let observed = BalanceObserved {
            kind,
            amount: euro(minor),
            amount_text: String::new(),
            observed_at: instant(10),
            fetch_id: self.fetch(1),
        };
        log.append(self.account_stream(account), AccountEvent::BalanceObserved(observed));
    }

    pub fn transaction_event(self, number: u128, observed: ObservedTransaction) -> Event {
        let recorded = TransactionRecorded {
            transaction_id: self.transaction(number),
            observed,
            ordinal: 0,
            evidence: Evidence {
                fetch_id: self.fetch(1),
                answer: 0,
                row: 0,
                received_at: instant(0),
            },
        };
        AccountEvent::TransactionRecorded(recorded).into()
    }

    pub fn pays(
        self,
        log: &Log,
        account: u128,
        number: u128,
        observed: ObservedTransaction,
    ) -> u64 {
        log.append(self.account_stream(account), self.transaction_event(number, observed))
    }

    pub fn fetch_event(self, log: &Log, fetch: u128, event: FetchEvent) -> u64 {
        log.append(StreamId::new(Category::Fetch, self.fetch(fetch).0), event)
    }

    pub fn begins_fetch(self, log: &Log, fetch: u128, consent: u128) {
        let started = FetchStarted {
            fetch_id: self.fetch(fetch),
            consent_id: self.consent(consent),
            user_id: self.user(),
            bank_id: BankId("op".to_owned()),
            purpose: "first_read".to_owned(),
            attended: true,
            unattended_a_day: None,
        };
        self.fetch_event(log, fetch, FetchEvent::Started(started));
    }

    pub fn answer(self, log: &Log, fetch: u128, attended: bool) {
        let answered = Answered {
            answer: 0,
            subject: Subject::Accounts,
            endpoint: "accounts".to_owned(),
            request_id: "request".to_owned(),
            bank_request_id: Some("theirs".to_owned()),
            status: 200,
            attended,
            certificate_fingerprint: String::new(),
            sent_at: instant(5),
            received_at: instant(6),
            body_digest: String::new(),
            body: String::new(),
            continuation: None,
        };
        self.fetch_event(log, fetch, FetchEvent::Answered(answered));
    }

    pub fn call_fails(self, log: &Log, fetch: u128) {
        let failed = CallFailed {
            subject: Subject::Cards,
            endpoint: "cards".to_owned(),
            request_id: "request".to_owned(),
            code: "bank_unreachable".to_owned(),
            status: None,
            attended: false,
            sent_at: None,
            retry_after_seconds: None,
        };
        self.fetch_event(log, fetch, FetchEvent::CallFailed(failed));
    }

    pub fn reads_window(self, log: &Log, fetch: u128, account: u128, seen: u32, new: u32) -> u64 {
        let window = WindowRead {
            account_id: self.account(account),
            whole: true,
            rows_seen: seen,
            rows_new: new,
            rows_quarantined: 1,
            from: Some(day("2025-10-09")),
            to: Some(day("2026-01-05")),
        };
        self.fetch_event(log, fetch, FetchEvent::WindowRead(window))
    }

    pub fn completes(self, log: &Log, fetch: u128, accounts: u32, seen: u32, new: u32) -> u64 {
        let completed = FetchCompleted { accounts, rows_seen: seen, rows_new: new };
        self.fetch_event(log, fetch, FetchEvent::Completed(completed))
    }

    /// A whole life: two accounts, a few rows, one finished run and one under way.
    pub fn lives(self, log: &Log) {
        self.signs_up(log);
        self.requests(log, 1);
        self.goes_to_bank(log, 1);
        self.grants(log, 1);
        self.begins_fetch(log, 1, 1);
        self.answer(log, 1, true);
        self.opens(log, 1, 1, AccountKind::Current);
        self.opens(log, 2, 1, AccountKind::Card);
        self.balance(log, 1, BalanceKind::Booked, 120_000);
        self.balance(log, 1, BalanceKind::Available, 130_000);
        self.balance(log, 2, BalanceKind::Booked, -4_500);
        self.pays(log, 1, 1, observed("2026-01-30", -2_590, "K-MARKET ALPPILA", "HELSINKI"));
        self.pays(log, 1, 2, observed("2026-02-02", 300_000, "Northlight Oy", "PALKKA"));
        self.pays(log, 2, 3, observed("2026-02-03", -3_990, "Zalando", "osto 50% ale"));
        self.pays(log, 2, 4, observed("2026-02-05", 1_990, "Zalando", "PALAUTUS"));
        self.reads_window(log, 1, 1, 2, 2);
        self.reads_window(log, 1, 2, 2, 2);
        self.completes(log, 1, 2, 4, 4);
        self.describes(log, 1, "Arkitili");
        self.begins_fetch(log, 2, 1);
        self.answer(log, 2, false);
        self.call_fails(log, 2);
    }
}
