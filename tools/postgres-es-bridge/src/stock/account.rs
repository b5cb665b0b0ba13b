//! The aggregate the stock stores are measured with: an account with entries of about 380 bytes,
//! which is what a transaction of the ledger takes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent, EventEnvelope, Query, View};
use serde::{Deserialize, Serialize};

/// What happened to the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entered {
    /// An amount was entered.
    Entry(Entry),
}

/// An entry; its JSON has about 380 bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    transaction_id: String,
    booking_date: String,
    value_date: String,
    amount_minor: i64,
    currency: String,
    counterparty: String,
    counterparty_identifier: String,
    servicer: String,
    reference: String,
    bank_type: String,
    text: String,
}

impl Entry {
    /// The entry with a number: always the same for the same number.
    pub fn number(number: u64) -> Self {
        Self {
            transaction_id: format!("018f6d4e-7c1a-7000-8000-{:012x}", number & 0xffff_ffff_ffff),
            booking_date: format!("2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1),
            value_date: format!("2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1),
            amount_minor: -(number as i64 % 100_000) - 1,
            currency: "EUR".to_owned(),
            counterparty: "Kauppaliike Esimerkki Oy".to_owned(),
            counterparty_identifier: format!("FI21123456{:08}", number % 100_000_000),
            servicer: "NDEAFIHH".to_owned(),
            reference: format!("{number:020}"),
            bank_type: "TILISIIRTO".to_owned(),
            text: "Ostos 12 kpl, kanta-asiakas".to_owned(),
        }
    }
}

impl DomainEvent for Entered {
    fn event_type(&self) -> String {
        "bench.entered".to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Enter so many entries, from a number on.
#[derive(Clone, Copy, Debug)]
pub struct Enter {
    /// Number of the first.
    pub first: u64,
    /// How many.
    pub count: u32,
}

/// Nothing is refused.
#[derive(Debug, thiserror::Error)]
pub enum NoRefusal {}

/// The account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BenchAccount {
    balance: i64,
    entries: u64,
}

impl Aggregate for BenchAccount {
    const TYPE: &'static str = "bench";
    type Command = Enter;
    type Event = Entered;
    type Error = NoRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Enter,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), NoRefusal> {
        for number in command.first..command.first + u64::from(command.count) {
            sink.write(Entered::Entry(Entry::number(number)), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Entered) {
        let Entered::Entry(entry) = event;
        self.balance += entry.amount_minor;
        self.entries += 1;
    }
}

/// The balance of one account, as a stock view.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct BalanceView {
    balance: i64,
    entries: u64,
}

impl View<BenchAccount> for BalanceView {
    fn update(&mut self, event: &EventEnvelope<BenchAccount>) {
        let Entered::Entry(entry) = &event.payload;
        self.balance += entry.amount_minor;
        self.entries += 1;
    }
}

/// The balance of one account and all its entries, as a stock view: what a list of transactions is shown
/// from. Such a view is one document, written anew for each event.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct StatementView {
    balance: i64,
    entries: u64,
    rows: Vec<Entry>,
}

impl View<BenchAccount> for StatementView {
    fn update(&mut self, event: &EventEnvelope<BenchAccount>) {
        let Entered::Entry(entry) = &event.payload;
        self.balance += entry.amount_minor;
        self.entries += 1;
        self.rows.push(entry.clone());
    }
}

/// The balances of all accounts in memory, and how many events they were folded from.
#[derive(Clone, Default)]
pub struct Balances(Arc<Mutex<(HashMap<String, i64>, u64)>>);

impl Balances {
    /// How many events were folded.
    pub fn folded(&self) -> u64 {
        self.0.lock().map_or(0, |balances| balances.1)
    }
}

#[async_trait::async_trait]
impl Query<BenchAccount> for Balances {
    async fn dispatch(&self, aggregate_id: &str, events: &[EventEnvelope<BenchAccount>]) {
        let Ok(mut balances) = self.0.lock() else { return };
        for event in events {
            let Entered::Entry(entry) = &event.payload;
            match balances.0.get_mut(aggregate_id) {
                Some(balance) => *balance += entry.amount_minor,
                None => {
                    balances.0.insert(aggregate_id.to_owned(), entry.amount_minor);
                }
            }
            balances.1 += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_as_large_as_a_transaction() {
        let bytes = serde_json::to_vec(&Entered::Entry(Entry::number(77))).expect("JSON").len();
        assert!((360..=400).contains(&bytes), "{bytes}");
    }
}
