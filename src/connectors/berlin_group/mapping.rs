//! From NextGenPSD2's words to ours (Implementation Guidelines 1.3, sections 6.5 to 6.6 and 14). Every row is
//! translated or set apart with the reason; none is dropped and nothing is guessed.

use domain::designated::same_number;
use domain::money::Currency;
use domain::observed::{
    AccountKind, BalanceKind, ObservedAccount, ObservedBalance, ObservedPage, ObservedTransaction,
    RowState,
};
use serde_json::value::RawValue;

use super::profile::{BerlinGroupProfile, BookingStatus};
use super::{refusal, requests};
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Endpoint};
use crate::connectors::row::{Rejection, Row, apart};
use crate::connectors::{ObservedAccounts, ObservedBalances};

use fields::{body, dates, original, take_amount, take_currency, take_reference};

mod fields;

/// The currency of an account that is several accounts; those are listed beside it.
pub(super) const SEVERAL_CURRENCIES: &str = "XXX";
/// Kinds of cash accounts that mean saving (ISO 20022, ExternalCashAccountType1Code).
const SAVING: [&str; 2] = ["SVGS", "LLSV"];
const NO_OBJECT: &str = "the row is no object, or a member is there twice";

/// Reads the list of accounts or of card accounts.
///
/// # Errors
/// A refusal, or an answer that is no list.
pub fn read_accounts(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    endpoint: Endpoint,
    answer: &BankAnswer,
) -> Result<ObservedAccounts, BankError> {
    refusal::check(endpoint, answer)?;
    let unreadable = BankError::Unreadable { what: "list of accounts" };
    let list = body(answer).ok_or(unreadable.clone())?;
    let name = if endpoint == Endpoint::Cards { "cardAccounts" } else { "accounts" };
    let rows = list.rows(name).ok_or(unreadable)?;
    let mut read = ObservedAccounts::default();
    for (index, raw) in rows.iter().enumerate() {
        let mut reject = |reason: Rejection| {
            read.quarantined.push(apart(index, reason));
        };
        let account = match Row::parse(raw.get()) {
            None => Err(NO_OBJECT.to_owned()),
            Some(row) if endpoint == Endpoint::Cards => card(profile, bank, row, &mut reject),
            Some(row) => account(bank, row, &mut reject),
        };
        match account {
            Ok(account) => read.accounts.push(account),
            Err(reason) => reject(reason),
        }
    }
    Ok(read)
}

fn account(
    bank: &Bank,
    mut row: Row,
    reject: &mut impl FnMut(Rejection),
) -> Result<ObservedAccount, Rejection> {
    let bank_reference = row.take_identifier("resourceId")?;
    let currency = take_currency(&mut row)?;
    let iban = row.take_text("iban").or_else(|| row.take_text("bban"));
    let identifier: String =
        iban.ok_or("iban and bban are missing")?.split_ascii_whitespace().collect();
    if row.take_text("status").as_deref() == Some("deleted") {
        return Err("the account is closed".to_owned());
    }
    let kind = match row.take_text("cashAccountType").as_deref() {
        None | Some("CACC" | "TRAN" | "SLRY") => AccountKind::Current,
        Some(kind) if SAVING.contains(&kind) => AccountKind::Savings,
        Some(_) => AccountKind::Other,
    };
    Ok(ObservedAccount {
        bank_reference,
        kind,
        identifier,
        currency,
        name: name(&mut row),
        owner: owner(&mut row),
        servicer: row.take_text("bic").or_else(|| Some(bank.bic.to_owned())),
        balances: balances_of(&row, Some(currency), false, reject),
    })
}

fn card(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    mut row: Row,
    reject: &mut impl FnMut(Rejection),
) -> Result<ObservedAccount, Rejection> {
    let bank_reference = row.take_identifier("resourceId")?;
    let currency = take_currency(&mut row)?;
    let identifier = row.take_text("maskedPan").ok_or("maskedPan is missing")?;
    let turned = debit_positive(profile, &mut row);
    Ok(ObservedAccount {
        bank_reference,
        kind: AccountKind::Card,
        identifier,
        currency,
        name: name(&mut row),
        owner: owner(&mut row),
        servicer: Some(bank.bic.to_owned()),
        // Which way the amounts are signed has to be known first.
        balances: match turned {
            Some(turned) => balances_of(&row, Some(currency), turned, reject),
            None => Vec::new(),
        },
    })
}

fn name(row: &mut Row) -> String {
    let mut first = ["displayName", "name", "product"].into_iter();
    first.find_map(|name| row.take_text(name)).unwrap_or_default()
}

fn owner(row: &mut Row) -> Option<String> {
    let mut names = Vec::new();
    for raw in row.rows("ownerNames").unwrap_or_default() {
        names.extend(Row::parse(raw.get()).and_then(|mut owner| owner.take_text("name")));
    }
    row.take_text("ownerName").or_else(|| (!names.is_empty()).then(|| names.join(", ")))
}

/// Whether debits are above zero on a card's list (Implementation Guidelines 1.3, section 6.6).
fn debit_positive(profile: &BerlinGroupProfile, row: &mut Row) -> Option<bool> {
    row.take_truth("debitAccounting").or(profile.cards_debit_positive)
}

/// Reads the balances of one account or card.
///
/// # Errors
/// A refusal, or an answer without a list.
pub fn read_balances(
    profile: &BerlinGroupProfile,
    account: &ObservedAccount,
    answer: &BankAnswer,
) -> Result<ObservedBalances, BankError> {
    refusal::check(Endpoint::AccountBalances, answer)?;
    let unreadable = |what| BankError::Unreadable { what };
    let mut list = body(answer).ok_or(unreadable("balances"))?;
    must_be_of(account, &mut list, "balances")?;
    let turned = match account.kind {
        AccountKind::Card => {
            debit_positive(profile, &mut list).ok_or(unreadable("debitAccounting"))?
        }
        _ => false,
    };
    if list.rows("balances").is_none() {
        return Err(unreadable("balances"));
    }
    let mut reasons = Vec::new();
    let balances = balances_of(&list, Some(account.currency), turned, &mut |r| reasons.push(r));
    let quarantined = reasons.into_iter().enumerate();
    let quarantined = quarantined.map(|(index, reason)| apart(index, reason));
    Ok(ObservedBalances { balances, quarantined: quarantined.collect() })
}

/// An answer that names its account has to name the one that was asked for (Implementation Guidelines 1.3,
/// sections 6.5.3 and 6.5.4). One that names none is taken for it.
fn must_be_of(
    account: &ObservedAccount,
    answer: &mut Row,
    what: &'static str,
) -> Result<(), BankError> {
    let member = if account.kind == AccountKind::Card { "cardAccount" } else { "account" };
    let mut named = answer.take_row(member);
    let numbers = ["iban", "bban", "maskedPan", "pan"];
    let number = numbers.into_iter().find_map(|kind| named.take_text(kind));
    match number {
        Some(number) if !same_number(&number, &account.identifier) => {
            Err(BankError::NotCovered { what })
        }
        _ => Ok(()),
    }
}

/// Reads what is in `balances`. A balance of another currency than the account's is another account's.
fn balances_of(
    row: &Row,
    currency: Option<Currency>,
    turned: bool,
    reject: &mut impl FnMut(Rejection),
) -> Vec<ObservedBalance> {
    let mut read: Vec<ObservedBalance> = Vec::new();
    for raw in row.rows("balances").unwrap_or_default() {
        match balance(&raw, currency, turned) {
            // Of two of a kind the first counts: the one of the running day comes before an older one.
            Ok(Some(balance)) if read.iter().any(|known| known.kind == balance.kind) => {}
            Ok(balance) => read.extend(balance),
            Err(reason) => reject(reason),
        }
    }
    // The books of the running day say what is booked; yesterday's close says it where they are missing.
    let running = read.iter().any(|balance| balance.kind == BalanceKind::Booked);
    if !running && let Some(closing) = read.iter_mut().find(|b| b.kind == BalanceKind::Closing) {
        closing.kind = BalanceKind::Booked;
    }
    read
}

fn balance(
    raw: &RawValue,
    currency: Option<Currency>,
    turned: bool,
) -> Result<Option<ObservedBalance>, Rejection> {
    let mut row = Row::parse(raw.get()).ok_or("the balance is no object")?;
    let kind = match row.take_text("balanceType").as_deref() {
        Some("interimBooked") => BalanceKind::Booked,
        // What is on a card and not yet invoiced is what is owed on it now.
        Some("nonInvoiced") => BalanceKind::Outstanding,
        Some("closingBooked") => BalanceKind::Closing,
        Some("interimAvailable") => BalanceKind::Available,
        Some("openingBooked") => BalanceKind::Opening,
        Some("expected") => BalanceKind::Expected,
        Some("forwardAvailable") => BalanceKind::Forward,
        Some(_) => return Err("the kind of the balance is unknown".to_owned()),
        None => return Err("balanceType is missing".to_owned()),
    };
    let (amount, amount_text) = take_amount(&mut row, "balanceAmount", turned)?;
    if currency.is_some_and(|currency| currency != amount.currency) {
        return Err("the balance is of another currency than the account".to_owned());
    }
    Ok(Some(ObservedBalance { kind, amount, amount_text }))
}

/// Reads a page of transactions of an account or a card.
///
/// # Errors
/// A refusal, a statement of another form, or a page that leads elsewhere.
pub fn read_page(
    profile: &BerlinGroupProfile,
    bank: &Bank,
    request: &BankRequest,
    account: &ObservedAccount,
    answer: &BankAnswer,
) -> Result<ObservedPage, BankError> {
    refusal::check(request.endpoint, answer)?;
    let unreadable = |what| BankError::Unreadable { what };
    let kind = answer.content_type.as_deref().unwrap_or("application/json").to_ascii_lowercase();
    if kind.contains("xml") || kind.contains("text/plain") || kind.contains("zip") {
        return Err(unreadable("statement file, where a list in JSON was asked for"));
    }
    let mut page = body(answer).ok_or(unreadable("page of transactions"))?;
    must_be_of(account, &mut page, "page of transactions")?;
    let card = request.endpoint == Endpoint::CardTransactions;
    let name = if card { "cardTransactions" } else { "transactions" };
    if !page.has(name) && page.take_row("_links").has("download") {
        return Err(unreadable("link to a file, where a list was asked for"));
    }
    let turned = if card {
        debit_positive(profile, &mut page).ok_or(unreadable("debitAccounting"))?
    } else {
        false
    };
    let mut report = page.take_row(name);
    let next = report.take_row("_links").take_row("next").take_text("href");
    let mut read = ObservedPage {
        continuation: requests::continuation(bank, &request.url, next.as_deref())?,
        ..ObservedPage::default()
    };
    let lists = [("booked", RowState::Booked), ("pending", RowState::Pending)];
    let mut index = 0;
    for (list, state) in lists {
        let Some(rows) = report.rows(list) else {
            // A missing list is not an empty one, unless it was never asked for.
            if state == RowState::Booked || profile.booking_status == BookingStatus::Both {
                let reason = format!("the list of {list} rows is missing");
                read.quarantined.push(apart(index, reason));
            }
            continue;
        };
        for raw in rows {
            let transaction =
                Row::parse(raw.get()).ok_or(NO_OBJECT.to_owned()).and_then(|mut row| {
                    if let Some(amend) = profile.amend_row {
                        amend(&mut row);
                    }
                    match card {
                        true => card_transaction(row, state, turned),
                        false => account_transaction(row, state, account.currency),
                    }
                });
            match transaction {
                Ok(transaction) => read.transactions.push(transaction),
                Err(reason) => {
                    read.quarantined.push(apart(index, reason));
                }
            }
            index += 1;
        }
    }
    Ok(read)
}

fn account_transaction(
    mut row: Row,
    state: RowState,
    currency: Currency,
) -> Result<ObservedTransaction, Rejection> {
    let (amount, amount_text) = take_amount(&mut row, "transactionAmount", false)?;
    if amount.currency != currency {
        return Err("the amount is of another currency than the account".to_owned());
    }
    let (booking_date, value_date) = dates(&mut row, state, &[])?;
    // Money out goes to the creditor; money in comes from the debtor. The sign decides, whichever of the
    // two the bank names.
    let side = if amount.minor < 0 { "creditor" } else { "debtor" };
    let counterparty = row.take_text(&format!("{side}Name"));
    let account = format!("{side}Account");
    let mut number = row.take_row(&account);
    let kinds = ["iban", "bban", "maskedPan", "pan", "msisdn"];
    let counterparty_identifier = kinds.into_iter().find_map(|kind| number.take_text(kind));
    row.put_back(&account, &number);
    let counterparty_servicer = row.take_text(&format!("{side}Agent"));
    let text = match row.take_text("remittanceInformationUnstructured") {
        Some(text) => text,
        None => row.take_texts("remittanceInformationUnstructuredArray").join(" "),
    };
    Ok(ObservedTransaction {
        bank_reference: row.take_text("entryReference"),
        bank_identifier: row.take_text("transactionId"),
        state,
        booking_date,
        value_date,
        payment_date: None,
        amount,
        amount_text,
        original_amount: None,
        counterparty,
        counterparty_identifier,
        counterparty_servicer,
        text,
        reference: take_reference(&mut row),
        bank_type: row
            .take_text("bankTransactionCode")
            .or_else(|| row.take_text("proprietaryBankTransactionCode")),
        unmapped: row.unmapped()?,
    })
}

fn card_transaction(
    mut row: Row,
    state: RowState,
    turned: bool,
) -> Result<ObservedTransaction, Rejection> {
    let (amount, amount_text) = take_amount(&mut row, "transactionAmount", turned)?;
    let (booking_date, value_date) = dates(&mut row, state, &["transactionDate"])?;
    let payment_date = row.take_date("transactionDate").ok().flatten();
    let original_amount = original(&mut row, amount, turned);
    let mut acceptor = row.take_row("cardAcceptorAddress");
    let town = acceptor.take_text("townName");
    row.put_back("cardAcceptorAddress", &acceptor);
    let details = row.take_text("transactionDetails").unwrap_or_default();
    Ok(ObservedTransaction {
        bank_reference: row.take_text("cardTransactionId"),
        bank_identifier: None,
        state,
        booking_date,
        value_date,
        payment_date,
        amount,
        amount_text,
        original_amount,
        counterparty: Some(details.clone()).filter(|details| !details.is_empty()),
        counterparty_identifier: None,
        counterparty_servicer: None,
        text: [Some(details), town].into_iter().flatten().collect::<Vec<_>>().join(" "),
        reference: None,
        bank_type: row.take_text("proprietaryBankTransactionCode"),
        unmapped: row.unmapped()?,
    })
}
