//! An account or card, with its balances and transactions, over every consent that ever showed it.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, FetchId};
use crate::money::Money;
use crate::observed::{BalanceKind, ObservedBalance};
use crate::redecide::HistoryRedecided;
use crate::transaction::WindowReconciled;

mod events;

pub use events::{
    AccountEvent, BalanceObserved, BroughtBack, Described, Linked, Opened, PutAway,
    TransactionRecorded,
};

/// What can be asked of an account.
#[derive(Clone, Debug)]
pub enum AccountCommand {
    /// Note what a list of accounts said about it. Says nothing new: nothing happens.
    Observe {
        /// How it would be opened, or is described now.
        opened: Box<Opened>,
        /// The consent and reference it was seen under.
        linked: Linked,
        /// The balances that came with it.
        balances: Vec<ObservedBalance>,
        /// When the bank said so.
        observed_at: DateTime<Utc>,
        /// In which run.
        fetch_id: FetchId,
    },
    /// Note what a file's statement says of it. An account that a bank's interface shows keeps that
    /// bank's balances.
    ObserveFile {
        /// How it would be opened.
        opened: Box<Opened>,
        /// The balances the statement closes with.
        balances: Vec<ObservedBalance>,
        /// When they were true: the end of the statement's last day.
        observed_at: DateTime<Utc>,
        /// In which run.
        fetch_id: FetchId,
    },
    /// Record transactions that reconciliation decided to be new.
    Record(Vec<TransactionRecorded>),
    /// Take it out of sight. Nothing happens to one that is out of sight.
    PutAway,
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// The account has not been seen.
    #[error("this account has not been seen yet")]
    Unknown,
    /// The stream belongs to another person or currency.
    #[error("this account belongs to somebody else, or is kept in another currency")]
    OtherAccount,
}

/// An account's state: what commands need, and no transaction rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// How it was opened.
    pub opened: Option<Opened>,
    /// The consent that shows it now.
    pub linked: Option<Linked>,
    /// The last known balance of each kind.
    pub balances: Vec<(BalanceKind, Money)>,
    /// How many transactions are recorded.
    pub transactions: u64,
    /// The last window that was decided.
    pub reconciled: Option<Reconciled>,
    /// The booked balance that came with the last whole window.
    pub proven: Option<Money>,
    /// When the newest balance was true.
    #[serde(default)]
    pub balance_at: Option<DateTime<Utc>>,
    /// Whether it is out of sight.
    #[serde(default)]
    pub away: bool,
    /// What was accepted last of what newer rules make of the past.
    #[serde(default)]
    pub redecided: Option<HistoryRedecided>,
}

/// The last window of an account that was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// The run that read it.
    pub fetch_id: FetchId,
    /// How many of its rows were new.
    pub new: u32,
}

impl Account {
    /// The last known booked balance.
    #[must_use]
    pub fn booked(&self) -> Option<Money> {
        let booked = self.balances.iter().find(|(kind, _)| *kind == BalanceKind::Booked);
        booked.map(|(_, amount)| *amount)
    }

    /// What is shown anew is in sight again.
    fn brought_back(&self, account_id: AccountId) -> Option<AccountEvent> {
        self.away.then_some(AccountEvent::BroughtBack(BroughtBack { account_id }))
    }

    fn observe_file(
        &self,
        opened: Opened,
        balances: Vec<ObservedBalance>,
        observed_at: DateTime<Utc>,
        fetch_id: FetchId,
    ) -> Result<Vec<AccountEvent>, AccountRefusal> {
        let mut events = Vec::new();
        events.extend(self.brought_back(opened.account_id));
        match &self.opened {
            None => events.push(AccountEvent::Opened(opened)),
            Some(known) if known.user_id != opened.user_id || known.currency != opened.currency => {
                return Err(AccountRefusal::OtherAccount);
            }
            Some(_) => {}
        }
        let newer = self.balance_at.is_none_or(|known| known < observed_at);
        if self.linked.is_none() && newer {
            for ObservedBalance { kind, amount, amount_text } in balances {
                let balance = BalanceObserved { kind, amount, amount_text, observed_at, fetch_id };
                events.push(AccountEvent::BalanceObserved(balance));
            }
        }
        Ok(events)
    }

    fn observe(
        &self,
        opened: Opened,
        linked: Linked,
        balances: Vec<ObservedBalance>,
        observed_at: DateTime<Utc>,
        fetch_id: FetchId,
    ) -> Result<Vec<AccountEvent>, AccountRefusal> {
        let mut events = Vec::new();
        events.extend(self.brought_back(opened.account_id));
        match &self.opened {
            None => events.push(AccountEvent::Opened(opened)),
            Some(known) if known.user_id != opened.user_id || known.currency != opened.currency => {
                return Err(AccountRefusal::OtherAccount);
            }
            Some(known) => {
                if known.name != opened.name || known.owner != opened.owner {
                    let Opened { name, owner, .. } = opened;
                    events.push(AccountEvent::Described(Described { name, owner }));
                }
            }
        }
        if self.linked.as_ref() != Some(&linked) {
            events.push(AccountEvent::Linked(linked));
        }
        for ObservedBalance { kind, amount, amount_text } in balances {
            if !self.balances.contains(&(kind, amount)) {
                let balance = BalanceObserved { kind, amount, amount_text, observed_at, fetch_id };
                events.push(AccountEvent::BalanceObserved(balance));
            }
        }
        Ok(events)
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: AccountCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), AccountRefusal> {
        let events = match command {
            AccountCommand::Observe { opened, linked, balances, observed_at, fetch_id } => {
                self.observe(*opened, linked, balances, observed_at, fetch_id)?
            }
            AccountCommand::ObserveFile { opened, balances, observed_at, fetch_id } => {
                self.observe_file(*opened, balances, observed_at, fetch_id)?
            }
            AccountCommand::Record(_) if self.opened.is_none() => {
                return Err(AccountRefusal::Unknown);
            }
            AccountCommand::PutAway => match &self.opened {
                None => return Err(AccountRefusal::Unknown),
                Some(_) if self.away => Vec::new(),
                Some(opened) => {
                    vec![AccountEvent::PutAway(PutAway { account_id: opened.account_id })]
                }
            },
            AccountCommand::Record(rows) => {
                rows.into_iter().map(AccountEvent::TransactionRecorded).collect()
            }
        };
        for event in events {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened(opened) => self.opened = Some(opened),
            AccountEvent::Linked(linked) => self.linked = Some(linked),
            AccountEvent::Described(Described { name, owner }) => {
                if let Some(opened) = &mut self.opened {
                    opened.name = name;
                    opened.owner = owner;
                }
            }
            AccountEvent::BalanceObserved(balance) => {
                let BalanceObserved { kind, amount, observed_at, .. } = balance;
                self.balance_at = self.balance_at.max(Some(observed_at));
                self.balances.retain(|(known, _)| *known != kind);
                self.balances.push((kind, amount));
            }
            AccountEvent::PutAway(_) => self.away = true,
            AccountEvent::BroughtBack(_) => self.away = false,
            AccountEvent::TransactionRecorded(_) | AccountEvent::TransactionDoubted(_) => {
                self.transactions += 1;
            }
            // What becomes of a transaction is decided on the rows of the read model, at the
            // stream's version: a state of all rows would be too large to keep.
            AccountEvent::TransactionSettled(_)
            | AccountEvent::TransactionAmended(_)
            | AccountEvent::TransactionMissed(_)
            | AccountEvent::TransactionWithdrawn(_)
            | AccountEvent::TransactionReturned(_)
            | AccountEvent::DoubtResolved(_)
            | AccountEvent::TransactionsMerged(_)
            | AccountEvent::TransactionsParted(_)
            | AccountEvent::TransactionsRedecided(_)
            | AccountEvent::TransactionCategorised(_)
            | AccountEvent::TransactionNoted(_)
            | AccountEvent::TransactionHidden(_)
            | AccountEvent::TransactionSplit(_) => {}
            AccountEvent::HistoryRedecided(done) => self.redecided = Some(done),
            AccountEvent::WindowReconciled(window) => {
                let WindowReconciled {
                    fetch_id,
                    new,
                    settled,
                    amended,
                    doubtful,
                    whole,
                    from_file,
                    ..
                } = window;
                self.reconciled = Some(Reconciled { fetch_id, new });
                if !from_file && whole {
                    self.proven = self.booked();
                } else if new + settled + amended + doubtful > 0 {
                    // The rows are ahead of the balance now; what a file added is in no sum between
                    // two balances of the bank's interface.
                    self.proven = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
