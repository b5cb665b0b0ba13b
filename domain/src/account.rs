//! An account or card, with its balances and transactions, over every consent that ever showed it.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::{AccountId, BankId, ConsentId, FetchId, TransactionId, UserId};
use crate::money::{Currency, Money};
use crate::observed::{AccountKind, BalanceKind, Evidence, ObservedBalance, ObservedTransaction};
use crate::redecide::{HistoryRedecided, Redecided};
use crate::transaction::{
    Amended, Categorised, DoubtResolved, Doubted, Hidden, Merged, Missed, Noted, Parted, Returned,
    Settled, Split, WindowReconciled, Withdrawn,
};

events! {
    /// What can happen to an account.
    AccountEvent {
        /// It was seen for the first time.
        Opened(Opened) = "account.opened" 1,
        /// A consent showed it, under a reference of the bank's that may be new.
        Linked(Linked) = "account.linked" 1,
        /// The bank describes it differently than before.
        Described(Described) = "account.described" 1,
        /// A balance differs from the last one known.
        BalanceObserved(BalanceObserved) = "account.balance_observed" 1,
        /// A transaction that was not known before.
        TransactionRecorded(TransactionRecorded) = "account.transaction_recorded" 1,
        /// A pending transaction was booked.
        TransactionSettled(Settled) = "account.transaction_settled" 1,
        /// The bank says something else of a transaction.
        TransactionAmended(Amended) = "account.transaction_amended" 1,
        /// A whole window did not show a transaction.
        TransactionMissed(Missed) = "account.transaction_missed" 1,
        /// A transaction is gone at the bank.
        TransactionWithdrawn(Withdrawn) = "account.transaction_withdrawn" 1,
        /// A missing transaction is shown again.
        TransactionReturned(Returned) = "account.transaction_returned" 1,
        /// A row may be a known transaction, and may not.
        TransactionDoubted(Doubted) = "account.transaction_doubted" 1,
        /// A doubt was settled.
        DoubtResolved(DoubtResolved) = "account.doubt_resolved" 1,
        /// Two transactions are one.
        TransactionsMerged(Merged) = "account.transactions_merged" 1,
        /// A joining was undone.
        TransactionsParted(Parted) = "account.transactions_parted" 1,
        /// Newer rules said something else of the past, and a person accepted it.
        TransactionsRedecided(Redecided) = "account.transactions_redecided" 1,
        /// A person chose a category.
        TransactionCategorised(Categorised) = "account.transaction_categorised" 1,
        /// A person wrote a note.
        TransactionNoted(Noted) = "account.transaction_noted" 1,
        /// A person took a transaction off the lists, or put it back.
        TransactionHidden(Hidden) = "account.transaction_hidden" 1,
        /// A person split a transaction.
        TransactionSplit(Split) = "account.transaction_split" 1,
        /// The person took it out of sight.
        PutAway(PutAway) = "account.put_away" 1,
        /// It is in sight again.
        BroughtBack(BroughtBack) = "account.brought_back" 1,
        /// A window was read and decided.
        WindowReconciled(WindowReconciled) = "account.window_reconciled" 1,
        /// The whole past is as a version of the rules decides it.
        HistoryRedecided(HistoryRedecided) = "account.history_redecided" 1,
    }
}

/// An account was seen first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Our identifier of it.
    pub account_id: AccountId,
    /// Whose it is here.
    pub user_id: UserId,
    /// At which bank.
    pub bank_id: BankId,
    /// What kind.
    pub kind: AccountKind,
    /// IBAN, or masked card number.
    pub identifier: String,
    /// The currency it is kept in.
    pub currency: Currency,
    /// The product name.
    pub name: String,
    /// The owner or owners.
    pub owner: Option<String>,
    /// BIC of the keeping bank.
    pub servicer: Option<String>,
}

/// A consent shows the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The consent.
    pub consent_id: ConsentId,
    /// What the bank calls the account in it.
    pub bank_reference: String,
}

/// A new description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// The product name.
    pub name: String,
    /// The owner or owners.
    pub owner: Option<String>,
}

/// A balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceObserved {
    /// Which.
    pub kind: BalanceKind,
    /// How much.
    pub amount: Money,
    /// The bank's text of the amount.
    pub amount_text: String,
    /// When the bank said so.
    pub observed_at: DateTime<Utc>,
    /// In which run.
    pub fetch_id: FetchId,
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionRecorded {
    /// Our identifier of it.
    pub transaction_id: TransactionId,
    /// What the bank said.
    pub observed: ObservedTransaction,
    /// Among rows equal in every field, which one this is, from 0.
    pub ordinal: u32,
    /// Where it was read.
    pub evidence: Evidence,
}

/// The account, its rows and all they come to are no longer shown, and count in nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAway {
    /// The account.
    pub account_id: AccountId,
}

/// The account is shown and counts as before, with everything the person said of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtBack {
    /// The account.
    pub account_id: AccountId,
}

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
mod tests {
    use cqrs_es::test::TestFramework;
    use uuid::Uuid;

    use super::*;

    fn opened() -> Opened {
        Opened {
            account_id: AccountId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            bank_id: BankId("op".to_owned()),
            kind: AccountKind::Current,
            identifier: "FI1410093000123458".to_owned(),
            currency: Currency::EUR,
            name: "Käyttötili".to_owned(),
            owner: None,
            servicer: None,
        }
    }

    fn linked(consent: u128) -> Linked {
        Linked { consent_id: ConsentId(Uuid::from_u128(consent)), bank_reference: "a".to_owned() }
    }

    fn observe(consent: u128, minor: i64) -> AccountCommand {
        let amount = Money::new(minor, Currency::EUR);
        AccountCommand::Observe {
            opened: Box::new(opened()),
            linked: linked(consent),
            balances: vec![ObservedBalance {
                kind: BalanceKind::Booked,
                amount,
                amount_text: amount.to_string(),
            }],
            observed_at: DateTime::<Utc>::UNIX_EPOCH,
            fetch_id: FetchId(Uuid::from_u128(5)),
        }
    }

    fn balance(minor: i64) -> AccountEvent {
        let amount = Money::new(minor, Currency::EUR);
        AccountEvent::BalanceObserved(BalanceObserved {
            kind: BalanceKind::Booked,
            amount,
            amount_text: amount.to_string(),
            observed_at: DateTime::<Utc>::UNIX_EPOCH,
            fetch_id: FetchId(Uuid::from_u128(5)),
        })
    }

    fn history() -> Vec<AccountEvent> {
        vec![AccountEvent::Opened(opened()), AccountEvent::Linked(linked(3)), balance(100)]
    }

    #[test]
    fn the_first_sight_opens_it() {
        TestFramework::<Account>::with(())
            .given_no_previous_events()
            .when(observe(3, 100))
            .then_expect_events(history());
    }

    #[test]
    fn seeing_the_same_again_adds_nothing() {
        TestFramework::<Account>::with(())
            .given(history())
            .when(observe(3, 100))
            .then_expect_events(vec![]);
    }

    #[test]
    fn a_new_consent_and_balance_are_noted_and_the_account_stays() {
        TestFramework::<Account>::with(())
            .given(history())
            .when(observe(4, 90))
            .then_expect_events(vec![AccountEvent::Linked(linked(4)), balance(90)]);
    }

    fn statement(minor: i64, day: i64) -> AccountCommand {
        let amount = Money::new(minor, Currency::EUR);
        AccountCommand::ObserveFile {
            opened: Box::new(opened()),
            balances: vec![ObservedBalance {
                kind: BalanceKind::Booked,
                amount,
                amount_text: amount.to_string(),
            }],
            observed_at: DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(day),
            fetch_id: FetchId(Uuid::from_u128(5)),
        }
    }

    #[test]
    fn an_older_file_s_balance_is_not_today_s_and_a_bank_s_stands() {
        TestFramework::<Account>::with(())
            .given(history())
            .when(statement(50, 9))
            .then_expect_events(vec![]);
        TestFramework::<Account>::with(())
            .given(vec![AccountEvent::Opened(opened()), balance(100)])
            .when(statement(50, 0))
            .then_expect_events(vec![]);
        TestFramework::<Account>::with(())
            .given(vec![AccountEvent::Opened(opened()), balance(100)])
            .when(statement(50, 9))
            .then_expect_events(vec![AccountEvent::BalanceObserved(BalanceObserved {
                kind: BalanceKind::Booked,
                amount: Money::new(50, Currency::EUR),
                amount_text: "0.50".to_owned(),
                observed_at: DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(9),
                fetch_id: FetchId(Uuid::from_u128(5)),
            })]);
    }

    fn put_away() -> AccountEvent {
        AccountEvent::PutAway(PutAway { account_id: opened().account_id })
    }

    #[test]
    fn what_was_put_away_stays_so_until_it_is_shown_anew() {
        TestFramework::<Account>::with(())
            .given(history())
            .when(AccountCommand::PutAway)
            .then_expect_events(vec![put_away()]);
        let away = || [history(), vec![put_away()]].concat();
        TestFramework::<Account>::with(())
            .given(away())
            .when(AccountCommand::PutAway)
            .then_expect_events(vec![]);
        let back = AccountEvent::BroughtBack(BroughtBack { account_id: opened().account_id });
        TestFramework::<Account>::with(())
            .given(away())
            .when(observe(4, 100))
            .then_expect_events(vec![back.clone(), AccountEvent::Linked(linked(4))]);
        TestFramework::<Account>::with(())
            .given(away())
            .when(statement(50, 0))
            .then_expect_events(vec![back]);
        TestFramework::<Account>::with(())
            .given_no_previous_events()
            .when(AccountCommand::PutAway)
            .then_expect_error(AccountRefusal::Unknown);
    }

    #[test]
    fn transactions_need_an_account() {
        TestFramework::<Account>::with(())
            .given_no_previous_events()
            .when(AccountCommand::Record(vec![]))
            .then_expect_error(AccountRefusal::Unknown);
    }
}
