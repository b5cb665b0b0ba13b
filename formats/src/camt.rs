//! ISO 20022 `camt.053` (statement) and `camt.052` (report), versions 2 to 8.
//!
//! An entry is one movement of the account, also where its details list the payments of a batch.

use chrono::NaiveDate;
use domain::money::{Currency, Money};
use domain::observed::{ObservedTransaction, RowState};

use crate::iban::account_number;
use crate::text::{evened, some};
use crate::tree::{self, Node};
use crate::{
    Broken, DayBalance, Format, MOST_ROWS, Problem, Row, ShownAccount, Statement, StatementFile,
    amount, day,
};

/// What stands for "no reference was given" (EPC implementation guidelines).
const NOT_PROVIDED: &str = "NOTPROVIDED";

pub(crate) fn read(text: &str) -> Result<StatementFile, Broken> {
    let root = tree::xml(text)?;
    let document = find(&root, "Document").ok_or(Problem::UnknownFormat.at(1))?;
    let message = document.children.first().ok_or(Problem::NoStatement.at(document.line))?;
    let (format, part) = match message.name.as_str() {
        "BkToCstmrStmt" => (Format::Camt053, "Stmt"),
        "BkToCstmrAcctRpt" => (Format::Camt052, "Rpt"),
        _ => return Err(Problem::UnknownVersion.at(message.line)),
    };
    let statements = message.all(part).map(statement).collect::<Result<_, _>>()?;
    StatementFile { format, statements }.bounded()
}

/// The document, alone or in an envelope of the bank's.
fn find<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    if node.name == name {
        return Some(node);
    }
    node.children.iter().find_map(|child| find(child, name))
}

fn statement(node: &Node) -> Result<Statement, Broken> {
    let account = node.child("Acct").ok_or(Problem::Missing("the account").at(node.line))?;
    let currency = currency(node, account)?;
    let mut statement = Statement::new(node.line, shown(account), currency);
    let period = |end| node.text_at(&["FrToDt", end]).map(|text| day::iso(text, node.line));
    statement.from = period("FrDtTm").transpose()?;
    statement.to = period("ToDtTm").transpose()?;
    for balance in node.all("Bal") {
        take_balance(&mut statement, balance)?;
    }
    for entry in node.all("Ntry") {
        if statement.rows.len() >= MOST_ROWS {
            return Err(Problem::TooManyRows.at(entry.line));
        }
        if let Some(row) = row(entry, currency)? {
            statement.rows.push(row);
        }
    }
    Ok(statement)
}

fn shown(account: &Node) -> ShownAccount {
    let number = account.text_at(&["Id", "IBAN"]).or(account.text_at(&["Id", "Othr", "Id"]));
    let bank = account.at(&["Svcr", "FinInstnId"]);
    ShownAccount {
        identifier: number.and_then(account_number),
        name: account.text_at(&["Nm"]).and_then(some),
        owner: account.text_at(&["Ownr", "Nm"]).and_then(some),
        servicer: bank.and_then(bic),
        ..ShownAccount::default()
    }
}

fn bic(bank: &Node) -> Option<String> {
    bank.text_at(&["BICFI"]).or(bank.text_at(&["BIC"])).and_then(some)
}

/// The account's currency, or that of its first balance or entry.
fn currency(statement: &Node, account: &Node) -> Result<Currency, Broken> {
    let of = |name| statement.child(name).and_then(|node| node.child("Amt"));
    let amount = of("Bal").or(of("Ntry"));
    let code = account.text_at(&["Ccy"]).or(amount.and_then(|node| node.currency.as_deref()));
    let code = code.ok_or(Problem::NoCurrency.at(statement.line))?;
    Currency::parse(code).map_err(|error| Problem::Amount(error).at(account.line))
}

/// An amount with its sign. A reversal's indicator is that of the reversal itself.
fn signed(node: &Node, currency: Currency) -> Result<(Money, String), Broken> {
    let written = node.child("Amt").ok_or(Problem::Missing("Amt").at(node.line))?;
    if written.currency.as_deref().is_some_and(|code| code != currency.code()) {
        return Err(Problem::OtherCurrency.at(written.line));
    }
    let money = amount::at(written.line, &written.text, amount::DecimalMark::Point, currency)?;
    // XML Schema's decimal has a sign only where a bank breaks the rules.
    let money = match node.text_at(&["CdtDbtInd"]) {
        Some("CRDT") => money,
        Some("DBIT") => money.negated().map_err(|error| Problem::Amount(error).at(node.line))?,
        _ => return Err(Problem::Direction.at(node.line)),
    };
    Ok((money, written.text.clone()))
}

/// A day, or the day of a moment.
fn dated(node: &Node, name: &str) -> Result<Option<NaiveDate>, Broken> {
    let Some(date) = node.child(name) else { return Ok(None) };
    let text = date.text_at(&["Dt"]).or(date.text_at(&["DtTm"]));
    let text = text.ok_or(Problem::Date.at(date.line))?;
    day::iso(text, date.line).map(Some)
}

fn take_balance(statement: &mut Statement, node: &Node) -> Result<(), Broken> {
    let code = node.text_at(&["Tp", "CdOrPrtry", "Cd"]).unwrap_or_default();
    let place = match code {
        "OPBD" | "PRCD" => &mut statement.opening,
        "CLBD" => &mut statement.closing,
        // Of a report during the day: booked so far.
        "ITBD" => &mut statement.closing,
        "CLAV" | "ITAV" => &mut statement.available,
        _ => return Ok(()),
    };
    // An opening balance outranks the previous closing one, the end of the day outranks its middle.
    if place.is_some() && matches!(code, "PRCD" | "ITBD" | "ITAV") {
        return Ok(());
    }
    let (amount, amount_text) = signed(node, statement.currency)?;
    *place = Some(DayBalance { day: dated(node, "Dt")?, amount, amount_text });
    Ok(())
}

/// An entry; none for one that is only announced as information.
fn row(entry: &Node, currency: Currency) -> Result<Option<Row>, Broken> {
    let status = entry.text_at(&["Sts", "Cd"]).or(entry.text_at(&["Sts"]));
    let state = match status {
        Some("BOOK") | None => RowState::Booked,
        Some("PDNG" | "FUTR") => RowState::Pending,
        Some("INFO") => return Ok(None),
        Some(_) => return Err(Problem::Unexpected("the status of the entry").at(entry.line)),
    };
    let (amount, amount_text) = signed(entry, currency)?;
    let value_date = dated(entry, "ValDt")?;
    let booked_on = dated(entry, "BookgDt")?.or(value_date);
    let booking_date = booked_on.ok_or(Problem::Missing("the booking date").at(entry.line))?;
    let batches = entry.children.iter().filter(|child| child.name == "NtryDtls");
    let details: Vec<&Node> = batches.flat_map(|batch| batch.all("TxDtls")).collect();
    let single = match details.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let party = single.map(|one| other_side(one, amount)).unwrap_or_default();
    let reference = single.and_then(|one| {
        one.at(&["RmtInf"]).and_then(|info| info.text_at(&["Strd", "CdtrRefInf", "Ref"]))
    });
    Ok(Some(Row {
        line: entry.line,
        observed: ObservedTransaction {
            bank_reference: bank_reference(entry, single),
            bank_identifier: None,
            state,
            booking_date,
            value_date,
            payment_date: single.and_then(payment_day),
            amount,
            amount_text,
            original_amount: single.and_then(|one| original(one, amount)),
            counterparty: party.name,
            counterparty_identifier: party.account,
            counterparty_servicer: party.bank,
            text: text(entry, &details),
            reference: reference.and_then(some),
            bank_type: kind(entry),
            unmapped: rest(single, details.len()),
        },
    }))
}

fn bank_reference(entry: &Node, single: Option<&Node>) -> Option<String> {
    let of_entry = entry.text_at(&["AcctSvcrRef"]);
    let of_details = single.and_then(|one| one.text_at(&["Refs", "AcctSvcrRef"]));
    of_entry.or(of_details).and_then(some)
}

/// The day it was paid or bought, where the details name it.
fn payment_day(details: &Node) -> Option<NaiveDate> {
    let dates = details.child("RltdDts")?;
    let text = dates.text_at(&["TxDtTm"]).or(dates.text_at(&["AccptncDtTm"]))?;
    day::iso(text, dates.line).ok()
}

/// The amount in the currency of the purchase, with the entry's sign.
fn original(details: &Node, amount: Money) -> Option<Money> {
    let amounts = details.child("AmtDtls")?;
    let written = amounts.at(&["InstdAmt", "Amt"]).or(amounts.at(&["TxAmt", "Amt"]))?;
    let currency = Currency::parse(written.currency.as_deref()?).ok()?;
    if currency == amount.currency {
        return None;
    }
    let money = amount::read(&written.text, amount::DecimalMark::Point, currency).ok()?;
    if amount.minor < 0 { money.negated().ok() } else { Some(money) }
}

#[derive(Default)]
struct Party {
    name: Option<String>,
    account: Option<String>,
    bank: Option<String>,
}

/// Who paid, of money that came in; who was paid, of money that went out.
fn other_side(details: &Node, amount: Money) -> Party {
    let (party, account, agent) = if amount.minor < 0 {
        ("Cdtr", "CdtrAcct", "CdtrAgt")
    } else {
        ("Dbtr", "DbtrAcct", "DbtrAgt")
    };
    let parties = details.child("RltdPties");
    let name = parties.and_then(|parties| {
        parties.text_at(&[party, "Nm"]).or(parties.text_at(&[party, "Pty", "Nm"]))
    });
    let number = parties.and_then(|parties| {
        let id = parties.at(&[account, "Id"])?;
        id.text_at(&["IBAN"]).or(id.text_at(&["Othr", "Id"]))
    });
    let bank = details.at(&["RltdAgts", agent, "FinInstnId"]);
    Party {
        name: name.and_then(some),
        account: number.and_then(account_number),
        bank: bank.and_then(bic),
    }
}

/// The message of a payment; of several, or of none, what the bank says of the entry.
fn text(entry: &Node, details: &[&Node]) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let [one] = details {
        if let Some(info) = one.child("RmtInf") {
            parts.extend(info.all("Ustrd").map(|line| evened(&line.text)));
        }
        parts.extend(one.text_at(&["AddtlTxInf"]).map(evened));
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        parts.extend(entry.text_at(&["AddtlNtryInf"]).map(evened));
    }
    parts.dedup();
    parts.join(" ")
}

/// The kind of transaction: ISO 20022's code, or else the bank's own.
fn kind(entry: &Node) -> Option<String> {
    let code = entry.child("BkTxCd")?;
    let domain = code.child("Domn").map(|domain| {
        let parts = [
            domain.text_at(&["Cd"]),
            domain.text_at(&["Fmly", "Cd"]),
            domain.text_at(&["Fmly", "SubFmlyCd"]),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("-")
    });
    domain.filter(|code| !code.is_empty()).or(code.text_at(&["Prtry", "Cd"]).map(str::to_owned))
}

/// What no field holds: other references, and how many payments an entry stands for.
fn rest(single: Option<&Node>, details: usize) -> Option<String> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    if let Some(refs) = single.and_then(|one| one.child("Refs")) {
        for name in ["EndToEndId", "InstrId", "TxId", "MndtId", "ChqNb", "UETR"] {
            let text = refs.text_at(&[name]).filter(|text| *text != NOT_PROVIDED);
            fields.extend(text.map(|text| (name, text.to_owned())));
        }
    }
    if details > 1 {
        fields.push(("TxDtls", details.to_string()));
    }
    crate::text::object(&fields)
}
