//! From the standard's words to ours. Every row is translated or set apart with the reason; none is
//! dropped and nothing is guessed.

use domain::money::{Currency, Money};
use domain::observed::{AccountKind, ObservedAccount, ObservedBalance};

use super::refusal;
use super::version::{account_kind, balance, consent_status};
use super::wire::Envelope;
use crate::connectors::balances::best_of_each_kind;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, Endpoint};
use crate::connectors::row::{Rejection, Row, apart, broken_row, is_identifier};
use crate::connectors::{ObservedAccounts, ObservedBalances, ObservedConsent};

pub mod transactions;

/// Schemes of account numbers, best first: an IBAN is the same over every route to the account.
const SCHEMES: [&str; 4] = ["IBAN", "SortCodeAccountNumber", "PAN", "Paym"];

/// Reads a consent.
///
/// # Errors
/// A refusal, or an answer without an identifier.
pub fn read_consent(answer: &BankAnswer) -> Result<ObservedConsent, BankError> {
    refusal::check(Endpoint::Authorizations, answer)?;
    let unreadable = |what| BankError::Unreadable { what };
    let envelope = Envelope::parse(&answer.body, "consent")?;
    let mut row = envelope.data.ok_or(unreadable("consent"))?;
    let id = row.take_text("ConsentId").filter(|id| is_identifier(id));
    let word = row.take_text("Status").ok_or(unreadable("status of the consent"))?;
    let from = row.take_moment("TransactionFromDateTime");
    let to = row.take_moment("TransactionToDateTime");
    Ok(ObservedConsent {
        authorization_id: id.ok_or(unreadable("ConsentId"))?,
        status: consent_status(&word),
        created: row.take_moment("CreationDateTime"),
        authorized: None,
        expires: row.take_moment("ExpirationDateTime"),
        history_from: from.map(|from| from.date_naive()),
        history_to: to.map(|to| to.date_naive()),
        links: Vec::new(),
        sca_approach: None,
        message: None,
        accounts: Vec::new(),
    })
}

/// Reads the list of accounts.
///
/// # Errors
/// A refusal, or an answer that is no list.
pub fn read_accounts(answer: &BankAnswer) -> Result<ObservedAccounts, BankError> {
    const WHAT: &str = "list of accounts";
    refusal::check(Endpoint::Accounts, answer)?;
    let rows = Envelope::parse(&answer.body, WHAT)?.rows("Account", WHAT)?;
    let mut read = ObservedAccounts::default();
    for (index, raw) in rows.iter().enumerate() {
        let account = Row::parse(raw.get()).ok_or_else(broken_row).and_then(account);
        match account {
            Ok(account) => read.accounts.push(account),
            Err(reason) => read.quarantined.push(apart(index, reason)),
        }
    }
    Ok(read)
}

fn account(mut row: Row) -> Result<ObservedAccount, Rejection> {
    let bank_reference = row.take_text("AccountId").filter(|id| is_identifier(id));
    let bank_reference =
        bank_reference.ok_or("AccountId is missing or cannot be part of an address")?;
    let currency = row.take_currency("Currency")?;
    let kind = row.take_text("AccountTypeCode").or_else(|| row.take_text("AccountSubType"));
    let number = number(&row).ok_or("the account has no number")?;
    let name = row.take_text("Nickname").or_else(|| row.take_text("Description"));
    Ok(ObservedAccount {
        bank_reference,
        kind: kind.map_or(AccountKind::Other, |word| account_kind(&word)),
        identifier: number.identification,
        currency,
        name: name.unwrap_or_default(),
        owner: number.name,
        servicer: row.take_row("Servicer").take_text("Identification"),
        balances: Vec::new(),
    })
}

/// One entry of `Account`.
pub(super) struct Number {
    pub identification: String,
    pub name: Option<String>,
    rank: usize,
}

/// The best of the account's numbers.
fn number(row: &Row) -> Option<Number> {
    let numbers = row.rows("Account")?;
    let mut read: Vec<Number> =
        numbers.iter().filter_map(|raw| one_number(&mut Row::parse(raw.get())?)).collect();
    read.sort_by_key(|number| number.rank);
    read.into_iter().next()
}

/// Reads a number with its scheme: namespaced in 3.1 (`UK.OBIE.IBAN`), and so in 4.0 with other names
/// before it. A number of a scheme nobody knows is the last choice.
pub(super) fn one_number(row: &mut Row) -> Option<Number> {
    let scheme = row.take_text("SchemeName").unwrap_or_default();
    let scheme = scheme.rsplit('.').next().unwrap_or_default();
    let rank = SCHEMES.iter().position(|known| *known == scheme).unwrap_or(SCHEMES.len());
    let text = row.take_text("Identification")?;
    // Only a masked card number means something by its blanks.
    let identification = match scheme {
        "PAN" => text,
        _ => text.split_ascii_whitespace().collect(),
    };
    Some(Number { identification, name: row.take_text("Name"), rank })
}

/// Reads the balances of an account. Of several that say the same the best is taken; what a bank says
/// beside that stays in its answer, which is kept. An available balance may include a credit line: it is
/// the bank's own reckoning, and nothing is added to it.
///
/// # Errors
/// A refusal, or an answer that is no list.
pub fn read_balances(
    account: &ObservedAccount,
    answer: &BankAnswer,
) -> Result<ObservedBalances, BankError> {
    const WHAT: &str = "balances";
    refusal::check(Endpoint::AccountBalances, answer)?;
    let rows = Envelope::parse(&answer.body, WHAT)?.rows("Balance", WHAT)?;
    for raw in &rows {
        if let Some(mut row) = Row::parse(raw.get()) {
            must_be_of(account, &mut row, WHAT)?;
        }
    }
    Ok(best_of_each_kind(&rows, |row| one_balance(row, account.currency)))
}

/// A row that names its account has to name the one that was asked for; with any other nothing of the answer
/// is believed.
pub(super) fn must_be_of(
    account: &ObservedAccount,
    row: &mut Row,
    what: &'static str,
) -> Result<(), BankError> {
    match row.take_text("AccountId") {
        Some(id) if id != account.bank_reference => Err(BankError::NotCovered { what }),
        _ => Ok(()),
    }
}

fn one_balance(
    mut row: Row,
    currency: Currency,
) -> Result<Option<(u8, ObservedBalance)>, Rejection> {
    let word = row.take_text("Type").ok_or("Type is missing")?;
    let meaning = balance(&word).ok_or("Type is a word this program does not know")?;
    let Some((kind, rank)) = meaning else { return Ok(None) };
    let Amount { money, text } = take_amount(&mut row, "Amount")?;
    // The same balance in another currency is beside the one of the account.
    if money.currency != currency {
        return Ok(None);
    }
    Ok(Some((rank, ObservedBalance { kind, amount: money, amount_text: text })))
}

/// A signed amount with the bank's text of it.
pub(super) struct Amount {
    pub money: Money,
    pub text: String,
}

/// Takes an amount with the indicator beside it. Amounts have no sign; one that has is not understood.
pub(super) fn take_amount(row: &mut Row, name: &str) -> Result<Amount, Rejection> {
    let mut amount = row.take_row(name);
    let text = amount.take_text("Amount").ok_or("Amount is missing")?;
    let currency = amount.take_currency("Currency")?;
    row.put_back(name, &amount);
    if text.starts_with(['-', '+']) {
        return Err("Amount has a sign, beside CreditDebitIndicator".to_owned());
    }
    let unsigned = Money::parse(&text, currency).map_err(|problem| problem.to_string())?;
    let money = match row.take_text("CreditDebitIndicator").as_deref() {
        Some("Credit") => unsigned,
        Some("Debit") => unsigned.negated().map_err(|problem| problem.to_string())?,
        _ => return Err("CreditDebitIndicator is neither Credit nor Debit".to_owned()),
    };
    Ok(Amount { money, text })
}
