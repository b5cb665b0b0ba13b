//! A made-up history of many people, sealed and hashed as the ledger does it. The same number of
//! events is always the same history, so the rows made of it have the same digests.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::account::{AccountEvent, BalanceObserved, Linked, Opened, TransactionRecorded};
use domain::consent::{ConsentEvent, Granted, Requested};
use domain::event::Event;
use domain::fetch::{
    Answered, FetchCompleted, FetchEvent, FetchStarted, RowsQuarantined, Subject, WindowRead,
};
use domain::id::{AccountId, BankId, ConsentId, FetchId, TransactionId, UserId};
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, BalanceKind, Evidence, ObservedTransaction, QuarantinedRow};
use domain::stream::{Category, StreamId};
use domain::user::{SignedUp, UserEvent};
use opl::ledger::sealing::seal;
use opl::ledger::store::{EventLog, StoredEvent};
use opl::ledger::{Actor, Cause};
use opl::vault::keys::Keys;
use opl::world::Chance;
use uuid::Uuid;

use crate::Failure;

/// Transactions of one account in one window.
const ROWS_A_WINDOW: u64 = 50;
/// Windows of each account.
const WINDOWS: u64 = 10;
/// Accounts of each person.
const ACCOUNTS: u64 = 2;
/// Bytes of a bank's answer that is kept.
const ANSWER: usize = 8_000;
/// Events taken over at once.
const PAGE: usize = 5_000;
/// When the history begins, in microseconds since 1970.
const BEGINNING: i64 = 1_760_000_000_000_000;

/// Whom one pays, and what the bank writes beside it.
const PAYEES: [(&str, &str, i64); 12] = [
    ("K-MARKET ALPPILA", "Korttiosto HELSINKI", -2_590),
    ("LIDL HKI-KALLIO", "Korttiosto", -1_845),
    ("Northlight Oy", "PALKKA", 300_000),
    ("HSL Mobiili", "", -310),
    ("Vuokrakodit Esimerkki Oy", "Vuokra asunto B 12", -89_000),
    ("Zalando", "osto 50% ale", -3_990),
    ("Neste Oyj", "Korttiosto NESTE ESPOO", -6_120),
    ("Yliopiston Apteekki", "", -1_599),
    ("Elisa Oyj", "Lasku 2026", -2_990),
    ("Matti Meikäläinen", "Kiitos lounaasta", 1_250),
    ("Ravintola Käpylä", "Korttiosto", -2_300),
    ("Järvenpään Autohuolto Tmi", "Määräaikaishuolto", -42_000),
];

/// Numbers without an order that anybody sees (`SplitMix64`).
struct Mix(u64);

impl Mix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }
}

/// One person's facts, in the order in which they come.
fn life(number: u64) -> (UserId, Vec<(StreamId, Event)>) {
    let mut mix = Mix(number.wrapping_mul(1_000_003));
    let (user_id, consent_id) = (UserId(mix.uuid()), ConsentId(mix.uuid()));
    let consent = StreamId::new(Category::Consent, consent_id.0);
    let mut facts: Vec<(StreamId, Event)> = Vec::new();
    let signed_up = SignedUp { user_id, email: format!("person{number}@example.fi") };
    facts.push((StreamId::new(Category::User, user_id.0), UserEvent::SignedUp(signed_up).into()));
    facts.push((consent, ConsentEvent::Requested(requested(consent_id, user_id)).into()));
    let granted = Granted {
        authentication_context: None,
        authenticated_at: instant(0),
        id_token_digest: None,
        scope: "accounts".to_owned(),
        accounts: Vec::new(),
    };
    facts.push((consent, ConsentEvent::Granted(granted).into()));
    let accounts: Vec<AccountId> = (0..ACCOUNTS).map(|_| AccountId(mix.uuid())).collect();
    for window in 0..WINDOWS {
        let fetch_id = FetchId(mix.uuid());
        let run = StreamId::new(Category::Fetch, fetch_id.0);
        let started = FetchStarted {
            fetch_id,
            consent_id,
            user_id,
            bank_id: BankId("op".to_owned()),
            purpose: "scheduled".to_owned(),
            attended: false,
            unattended_a_day: None,
        };
        facts.push((run, FetchEvent::Started(started).into()));
        for (place, account_id) in (0..).zip(&accounts) {
            let stream = StreamId::new(Category::Account, account_id.0);
            if window == 0 {
                facts.extend(opening(*account_id, user_id, consent_id, place));
            }
            facts.push((run, FetchEvent::Answered(answered(*account_id, place)).into()));
            let balance = BalanceObserved {
                kind: BalanceKind::Booked,
                amount: Money::new(mix.next() as i64 % 1_000_000, Currency::EUR),
                amount_text: "1 234,56".to_owned(),
                observed_at: instant(window as i64),
                fetch_id,
            };
            facts.push((stream, AccountEvent::BalanceObserved(balance).into()));
            for row in 0..ROWS_A_WINDOW {
                let recorded = transaction(&mut mix, fetch_id, place, row as u32, window);
                facts.push((stream, AccountEvent::TransactionRecorded(recorded).into()));
            }
            if row_is_odd(&mut mix) {
                let rows = vec![QuarantinedRow { index: 3, reason: "no day".to_owned() }];
                let aside = RowsQuarantined { answer: place, rows };
                facts.push((run, FetchEvent::RowsQuarantined(aside).into()));
            }
            let read = WindowRead {
                account_id: *account_id,
                whole: true,
                rows_seen: ROWS_A_WINDOW as u32,
                rows_new: ROWS_A_WINDOW as u32,
                rows_quarantined: 0,
                from: None,
                to: None,
            };
            facts.push((run, FetchEvent::WindowRead(read).into()));
        }
        let rows = (ROWS_A_WINDOW * ACCOUNTS) as u32;
        let completed =
            FetchCompleted { accounts: ACCOUNTS as u32, rows_seen: rows, rows_new: rows };
        facts.push((run, FetchEvent::Completed(completed).into()));
    }
    (user_id, facts)
}

fn row_is_odd(mix: &mut Mix) -> bool {
    mix.next().is_multiple_of(8)
}

fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(BEGINNING / 1_000_000 + seconds, 0).unwrap_or_default()
}

fn day(number: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default();
    first + chrono::Days::new(number)
}

fn requested(consent_id: ConsentId, user_id: UserId) -> Requested {
    Requested {
        consent_id,
        user_id,
        bank_id: BankId("op".to_owned()),
        purpose: "account_information".to_owned(),
        expires_at: instant(90 * 86_400),
        history_from: day(0),
        history_to: day(500),
        accounts: Vec::new(),
    }
}

fn opening(
    account_id: AccountId,
    user_id: UserId,
    consent_id: ConsentId,
    place: u32,
) -> [(StreamId, Event); 2] {
    let stream = StreamId::new(Category::Account, account_id.0);
    let opened = Opened {
        account_id,
        user_id,
        bank_id: BankId("op".to_owned()),
        kind: if place == 0 { AccountKind::Current } else { AccountKind::Card },
        identifier: format!("FI21{:014}", account_id.0.as_u64_pair().0 % 100_000_000_000_000),
        currency: Currency::EUR,
        name: "Käyttötili".to_owned(),
        owner: Some("Maija Meikäläinen".to_owned()),
        servicer: Some("OKOYFIHH".to_owned()),
    };
    let linked = Linked { consent_id, bank_reference: account_id.to_string() };
    [(stream, AccountEvent::Opened(opened).into()), (stream, AccountEvent::Linked(linked).into())]
}

fn answered(account_id: AccountId, answer: u32) -> Answered {
    Answered {
        answer,
        subject: Subject::Transactions {
            account_id,
            bank_reference: account_id.to_string(),
            page: 0,
        },
        endpoint: "account_transactions".to_owned(),
        request_id: account_id.to_string(),
        bank_request_id: Some("5d1f0a3b".to_owned()),
        status: 200,
        attended: false,
        certificate_fingerprint: "ab".repeat(32),
        sent_at: instant(5),
        received_at: instant(6),
        body_digest: "cd".repeat(32),
        body: "eyJ0cmFuc2FjdGlvbnMi".repeat(ANSWER / 20),
        continuation: None,
    }
}

fn transaction(
    mix: &mut Mix,
    fetch_id: FetchId,
    answer: u32,
    row: u32,
    window: u64,
) -> TransactionRecorded {
    let drawn = mix.next();
    let (payee, text, minor) = PAYEES[(drawn % PAYEES.len() as u64) as usize];
    let amount = Money::new(minor - (drawn >> 32) as i64 % 1_000, Currency::EUR);
    let booked = day(window * 30 + u64::from(row) / 2);
    TransactionRecorded {
        transaction_id: TransactionId(mix.uuid()),
        observed: ObservedTransaction {
            bank_reference: Some(format!("{}{:016X}", booked.format("%Y%m%d"), mix.next())),
            bank_identifier: None,
            state: domain::observed::RowState::Booked,
            booking_date: booked,
            value_date: Some(booked),
            payment_date: Some(booked),
            amount,
            amount_text: amount.to_string(),
            original_amount: None,
            counterparty: Some(payee.to_owned()),
            counterparty_identifier: Some("FI2112345600000785".to_owned()),
            counterparty_servicer: Some("NDEAFIHH".to_owned()),
            text: text.to_owned(),
            reference: row.is_multiple_of(3).then(|| "RF18539007547034".to_owned()),
            bank_type: Some("PKORTTIMAKSU".to_owned()),
            unmapped: None,
        },
        ordinal: 0,
        evidence: Evidence { fetch_id, answer, row, received_at: instant(6) },
    }
}

/// Writes `count` events into every log, the same bytes into each.
pub async fn write(logs: &[Arc<dyn EventLog>], keys: &Keys, count: u64) -> Result<(), Failure> {
    let chance = Chance::real();
    let mut versions = std::collections::HashMap::new();
    let (mut position, mut person) = (0, 0);
    let mut page: Vec<StoredEvent> = Vec::new();
    while position < count {
        person += 1;
        let (user_id, facts) = life(person);
        let (key_id, key) = keys.key_of_person(user_id).await?.ok_or("a key")?;
        for (stream, event) in facts {
            if position == count {
                break;
            }
            position += 1;
            let version: &mut u64 = versions.entry(stream).or_default();
            *version += 1;
            let metadata = serde_json::to_vec(&Cause::new(Actor::Bank, stream.id))?;
            let event_id = Mix(position).uuid();
            let sealed = seal(
                chance.bytes()?,
                Some((key_id, &key)),
                &stream.to_string(),
                event_id,
                event.encode()?,
                metadata,
            )
            .map_err(|_| "an event could not be sealed")?;
            let mut row = StoredEvent {
                position,
                stream,
                version: *version,
                event_id,
                event_type: sealed.event_type.to_owned(),
                schema_version: sealed.schema_version,
                recorded_at: BEGINNING + position as i64 * 1_000,
                metadata: sealed.metadata,
                key_id: sealed.key_id,
                payload: sealed.payload,
                hash: [0; 32],
            };
            row.hash = row.record(&stream.to_string()).leaf_hash();
            page.push(row);
            if page.len() == PAGE || position == count {
                for log in logs {
                    log.adopt(page.clone()).await?;
                }
                page.clear();
            }
        }
    }
    Ok(())
}
