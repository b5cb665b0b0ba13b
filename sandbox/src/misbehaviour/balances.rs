//! Accounts and cards as they are listed: ids, servicer, balances.

use serde_json::Value;

use super::pending::phantoms;
use super::{Misbehaviour, Misbehaviours, View};
use crate::household::{Account, Card, money};
use crate::jose::fingerprint;
use crate::op::wire;

/// The credit line of `overdraft-in-available`, in cents.
const CREDIT_LINE_CENTS: i64 = 200_000;
/// BIC of the invented bank that took the accounts over (`bank-merger`).
const MERGED_BIC: &str = "SIMUFIHH";

/// The id an account or card is shown under to the holder of an authorization: `account-id-per-consent`
/// makes a new one for each, `bank-merger` a new one for all.
pub(crate) fn shown_id(on: Misbehaviours, authorization_id: &str, id: &str) -> String {
    let consent = on.has(Misbehaviour::AccountIdPerConsent).then_some(authorization_id);
    let merged = on.has(Misbehaviour::BankMerger).then_some(MERGED_BIC);
    if consent.is_none() && merged.is_none() {
        return id.to_owned();
    }
    let text = format!("{} {} {id}", consent.unwrap_or_default(), merged.unwrap_or_default());
    let mut shown = fingerprint(text.as_bytes());
    shown.truncate(id.len());
    shown
}

/// `balance-down`: OP's balances ride on the account, so a read of one account fails and the list leaves
/// the balances out.
pub(crate) fn balances_are_down(on: Misbehaviours) -> bool {
    on.has(Misbehaviour::BalanceDown)
}

/// What the balances of an account are told as, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    /// `stale-balance`: it lacks the rows of the newest booking day.
    pub(crate) booked: i64,
    /// Card purchases that are not booked, with those that never will be; zero or negative.
    pub(crate) reserved: i64,
    /// `overdraft-in-available`: a credit line nobody is told of.
    pub(crate) hidden_line: i64,
}

impl Figures {
    pub(crate) fn of(view: &View, account: &Account) -> Self {
        let phantoms = phantoms(view, &account.iban, account.pays_by_card());
        let phantoms: i64 = phantoms.iter().map(|phantom| -phantom.cents).sum();
        let newest = account.rows.last().map(|row| row.booking_date);
        let fresh = account.rows.iter().filter(|row| Some(row.booking_date) == newest);
        let fresh: i64 = fresh.map(|row| row.amount_cents).sum();
        let on = |misbehaviour, cents| if view.on.has(misbehaviour) { cents } else { 0 };
        Self {
            booked: account.gross_cents() - on(Misbehaviour::StaleBalance, fresh),
            reserved: account.reserved_cents + phantoms,
            hidden_line: on(Misbehaviour::OverdraftInAvailable, CREDIT_LINE_CENTS),
        }
    }
}

/// An account as OP lists it.
pub(crate) fn account(view: &View, account: &Account, id: &str) -> Value {
    let on = view.on;
    let mut value = wire::account(account, id);
    if on.has(Misbehaviour::BankMerger) {
        value["servicer"] = MERGED_BIC.into();
    }
    if balances_are_down(on) {
        remove(&mut value, &["netBalance", "grossBalance", "coverReservationAmount"]);
        return value;
    }
    let Figures { booked, reserved, hidden_line } = Figures::of(view, account);
    value["coverReservationAmount"] = money(reserved).into();
    value["netBalance"] = money(account.gross_cents() + reserved + hidden_line).into();
    value["grossBalance"] = money(booked).into();
    value
}

/// A card as it is listed.
pub(crate) fn card(view: &View, card: &Card, id: &str) -> Value {
    const BALANCES: [&str; 2] = ["statementBalance", "authorizedOutstandingAmount"];
    let mut value = wire::card(card, id);
    let Some(credit) = &card.credit else {
        return value;
    };
    if balances_are_down(view.on) {
        remove(&mut value, &BALANCES);
        return value;
    }
    let phantoms = phantoms(view, card.card_number, true);
    let outstanding =
        credit.outstanding_cents + phantoms.iter().map(|phantom| phantom.cents).sum::<i64>();
    let sign = if view.on.has(Misbehaviour::CardSignReversed) { 1 } else { -1 };
    for (name, cents) in BALANCES.into_iter().zip([card.owed_cents(), outstanding]) {
        value[name] = money(sign * cents).into();
    }
    value
}

fn remove(value: &mut Value, names: &[&str]) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
}
