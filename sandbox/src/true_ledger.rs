//! Every real transaction of the bank over time, and what each shown row stands for: enough to score a
//! ledger that was made from what the bank showed.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;

use crate::bank::Bank;
use crate::household::{Account, Card, CardRow, Household, Row};
use crate::misbehaviour::{Misbehaviour, PHANTOM_DAYS, Phantom};
use crate::shown::ShownRow;

/// How far back released reservations are told, in days: as far as the history goes.
const PHANTOM_HISTORY_DAYS: u64 = 731;

/// Every real transaction of the last 24 months, and what every shown row stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueLedger {
    /// The bank's clock, without the error of `clock-skew`.
    pub now: DateTime<Utc>,
    /// Last day of the history, in the bank's zone.
    pub today: NaiveDate,
    /// Names of the misbehaviours that are on.
    pub misbehaviours: Vec<&'static str>,
    /// All accounts and cards of all customers.
    pub accounts: Vec<TrueHistory>,
    /// Every different row shown so far, in the order of their first showing.
    pub shown: Vec<ShownRow>,
    /// How many shown rows fell out of the memory.
    pub shown_forgotten: u64,
}

/// The real transactions of one account or card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueHistory {
    /// Who owns it.
    pub user_id: String,
    /// Account number (IBAN) or masked card number.
    pub number: String,
    /// True for a card; its purchases are above zero, as OP shows them.
    pub card: bool,
    /// ISO 4217 code.
    pub currency: &'static str,
    /// Balance before the first transaction, in minor units; for a card what was owed.
    pub opening_minor: i64,
    /// Booked balance today, in minor units: opening plus every transaction that is booked and not removed.
    pub booked_minor: i64,
    /// Oldest booking first, then what is not booked.
    pub transactions: Vec<TrueTransaction>,
}

/// One real transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueTransaction {
    /// Names it for ever, unique within its account or card.
    pub identity: String,
    /// When the customer paid.
    pub made: NaiveDate,
    /// When it is booked; `None` for a reservation that is released.
    pub booked: Option<NaiveDate>,
    /// The amount it has now, in minor units.
    pub amount_minor: i64,
    /// The other party or the card row's text.
    pub text: String,
    /// What became of it, oldest first, up to today.
    pub states: Vec<TrueState>,
}

/// A step in the life of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueState {
    /// From this day on.
    pub from: NaiveDate,
    /// What it is then.
    pub state: TransactionState,
    /// The amount it has then, in minor units.
    pub amount_minor: i64,
}

/// What a transaction is at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionState {
    /// Made, not booked.
    Pending,
    /// Booked.
    Booked,
    /// Booked, with another amount than before.
    Corrected,
    /// Booked and taken back: it no longer counts.
    Removed,
    /// Reserved and released, never booked.
    Released,
}

impl TrueTransaction {
    /// What it is today.
    #[must_use]
    pub fn state(&self) -> Option<TransactionState> {
        self.states.last().map(|state| state.state)
    }

    /// True when it counts into the booked balance.
    #[must_use]
    pub fn is_booked(&self) -> bool {
        matches!(self.state(), Some(TransactionState::Booked | TransactionState::Corrected))
    }
}

impl TrueLedger {
    /// Facts that were on at some time stay in the truth after they were switched off.
    pub(crate) fn of(bank: &Bank) -> Self {
        let ever = bank.conduct.ever();
        let today = bank.today();
        let seed = bank.options.seed;
        let household =
            Household::generate(bank.house, seed, today, crate::bank::reality(&bank.options, ever));
        let (shown, shown_forgotten) = bank.shown.all();
        let phantoms = |number: &str, sign: i64| match ever.has(Misbehaviour::VanishingPending) {
            true => released(seed, number, today, sign),
            false => Vec::new(),
        };
        let mut accounts = Vec::new();
        for user in &household.users {
            for account in &user.accounts {
                let mut history = of_account(user.user_id, account.currency, account, today);
                if account.pays_by_card() {
                    history.transactions.extend(phantoms(&account.iban, -1));
                }
                accounts.push(history);
            }
            for card in user.cards.iter().filter(|card| card.credit.is_some()) {
                let mut history = of_card(user.user_id, card, today);
                history.transactions.extend(phantoms(card.card_number, 1));
                accounts.push(history);
            }
        }
        Self {
            now: bank.options.clock.now(),
            today,
            misbehaviours: bank.conduct.on().names(),
            accounts,
            shown,
            shown_forgotten,
        }
    }

    /// The real transactions a row of an account or card may stand for, by [`crate::row_key`].
    #[must_use]
    pub fn identities(&self, number: &str, key: &str) -> Option<&BTreeSet<String>> {
        let mut shown = self.shown.iter();
        shown.find(|row| row.number == number && row.key == key).map(|row| &row.identities)
    }
}

fn of_account(
    user_id: &str,
    currency: &'static str,
    account: &Account,
    today: NaiveDate,
) -> TrueHistory {
    let mut booked: Vec<(&Row, bool)> = account.rows.iter().map(|row| (row, false)).collect();
    booked.extend(account.removed.iter().map(|row| (row, true)));
    booked.sort_by_key(|(row, _)| row.booking_date);
    booked.extend(account.pending.iter().map(|row| (row, false)));
    TrueHistory {
        user_id: user_id.to_owned(),
        number: account.iban.clone(),
        card: false,
        currency,
        opening_minor: account.opening_cents,
        booked_minor: account.gross_cents(),
        transactions: booked.into_iter().map(|(row, gone)| of_row(row, gone, today)).collect(),
    }
}

fn of_row(row: &Row, removed: bool, today: NaiveDate) -> TrueTransaction {
    let first_cents = row.correction.map_or(row.amount_cents, |correction| correction.from_cents);
    let mut states = life(row.payment_date, row.booking_date, first_cents, today);
    if let Some(correction) = row.correction {
        states.push(TrueState {
            from: correction.on,
            state: match removed {
                true => TransactionState::Removed,
                false => TransactionState::Corrected,
            },
            amount_minor: if removed { 0 } else { row.amount_cents },
        });
    }
    let party = row.recipient.as_ref().map(|party| party.name.clone());
    TrueTransaction {
        identity: row.identity.clone(),
        made: row.payment_date,
        booked: Some(row.booking_date),
        amount_minor: if removed { 0 } else { row.amount_cents },
        text: party.filter(|_| row.amount_cents < 0).or(row.payer.clone()).unwrap_or_default(),
        states,
    }
}

fn of_card(user_id: &str, card: &Card, today: NaiveDate) -> TrueHistory {
    let transaction = |row: &CardRow| TrueTransaction {
        identity: row.identity.clone(),
        made: row.made,
        booked: Some(row.posting_date),
        amount_minor: row.amount_cents,
        text: row.description.clone(),
        states: life(row.made, row.posting_date, row.amount_cents, today),
    };
    TrueHistory {
        user_id: user_id.to_owned(),
        number: card.card_number.to_owned(),
        card: true,
        currency: "EUR",
        opening_minor: card.credit.as_ref().map_or(0, |credit| credit.opening_cents),
        booked_minor: card.owed_cents(),
        transactions: card.rows.iter().chain(&card.pending).map(transaction).collect(),
    }
}

fn life(made: NaiveDate, booked: NaiveDate, cents: i64, today: NaiveDate) -> Vec<TrueState> {
    let step = |from, state| TrueState { from, state, amount_minor: cents };
    let mut states = Vec::new();
    if made < booked {
        states.push(step(made, TransactionState::Pending));
    }
    if booked <= today {
        states.push(step(booked, TransactionState::Booked));
    }
    states
}

/// The reservations of `vanishing-pending`, released ones included.
fn released(seed: u64, number: &str, today: NaiveDate, sign: i64) -> Vec<TrueTransaction> {
    let days = (0..PHANTOM_HISTORY_DAYS).rev();
    let days = days.filter_map(|back| today.checked_sub_days(Days::new(back)));
    days.filter_map(|day| Phantom::of(seed, number, day))
        .map(|phantom| {
            let amount_minor = sign * phantom.cents;
            let over = phantom.made + Days::new(PHANTOM_DAYS);
            let mut states = vec![TrueState {
                from: phantom.made,
                state: TransactionState::Pending,
                amount_minor,
            }];
            if over <= today {
                let state = TransactionState::Released;
                states.push(TrueState { from: over, state, amount_minor: 0 });
            }
            TrueTransaction {
                identity: phantom.identity,
                made: phantom.made,
                booked: None,
                amount_minor,
                text: "reservation".to_owned(),
                states,
            }
        })
        .collect()
}
