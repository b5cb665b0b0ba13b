//! Open Financial Exchange: version 1 (SGML, where values have no end) and 2 (XML).

use std::collections::HashSet;

use domain::money::Currency;
use domain::observed::{AccountKind, ObservedTransaction, RowState};

use crate::iban::account_number;
use crate::text::{evened, object, some};
use crate::tree::{Builder, Lines, Node};
use crate::{
    Broken, DayBalance, Format, MOST_ROWS, Problem, Row, ShownAccount, Statement, StatementFile,
    amount, day,
};

/// Longest name of a tag.
const LONGEST_NAME: usize = 64;

pub(crate) fn read(text: &str) -> Result<StatementFile, Broken> {
    let root = tree(text)?;
    let ofx = root.child("OFX").ok_or(Problem::UnknownFormat.at(1))?;
    let mut statements = Vec::new();
    for set in &ofx.children {
        let card = set.name == "CREDITCARDMSGSRSV1";
        let (answer, inner) =
            if card { ("CCSTMTTRNRS", "CCSTMTRS") } else { ("STMTTRNRS", "STMTRS") };
        for answer in set.all(answer) {
            for node in answer.all(inner) {
                statements.push(statement(node, card)?);
            }
        }
    }
    StatementFile { format: Format::Ofx, statements }.bounded()
}

/// The tree of a text in either form. What has no end anywhere in the text is a value.
fn tree(text: &str) -> Result<Node, Broken> {
    let start = text.find("<OFX>").or(text.find("<ofx>"));
    let start = start.ok_or(Problem::UnknownFormat.at(1))?;
    let ended: HashSet<&str> = text[start..]
        .split("</")
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(name, _)| name.trim())
        .filter(|name| name.len() <= LONGEST_NAME)
        .collect();
    let mut lines = Lines::of(text);
    let mut builder = Builder::new();
    let mut place = start;
    while let Some(found) = text[place..].find('<') {
        let begin = place + found;
        let line = lines.at(begin);
        let Some(length) = text[begin..].find('>') else { return Err(Problem::CutShort.at(line)) };
        let tag = &text[begin + 1..begin + length];
        let after = begin + length + 1;
        let next = text[after..].find('<').map_or(text.len(), |found| after + found);
        if let Some(name) = tag.strip_prefix('/') {
            end(&mut builder, name.trim(), line)?;
        } else if !tag.starts_with(['?', '!']) {
            let name = tag.trim_end_matches('/').trim();
            let name = name.split_whitespace().next().unwrap_or_default();
            if name.is_empty() || name.len() > LONGEST_NAME {
                return Err(Problem::Unexpected("a tag without a name").at(line));
            }
            let value = text[after..next].trim();
            builder.open(Node { name: name.to_owned(), line, ..Node::default() })?;
            builder.text(&plain(value), line)?;
            let whole = !value.is_empty() || tag.ends_with('/') || !ended.contains(name);
            if whole {
                builder.close();
            }
        }
        place = next;
    }
    builder.finish().ok_or(Problem::CutShort.at(lines.at(text.len())))
}

/// Ends a part and whatever is open in it. The end of a value, which has ended already, is nothing.
fn end(builder: &mut Builder, name: &str, line: u32) -> Result<(), Broken> {
    let Some(inside) = builder.path().rev().position(|open| open == name) else { return Ok(()) };
    for _ in 0..=inside {
        if !builder.close() {
            return Err(Problem::Unexpected("an end").at(line));
        }
    }
    Ok(())
}

/// A value without entities.
fn plain(value: &str) -> String {
    if !value.contains('&') {
        return value.to_owned();
    }
    let value = value.replace("&nbsp;", " ");
    // Some banks write a bare ampersand in names.
    quick_xml::escape::unescape(&value).map_or(value.clone(), |text| text.into_owned())
}

fn statement(node: &Node, card: bool) -> Result<Statement, Broken> {
    let code = node.text_at(&["CURDEF"]).ok_or(Problem::NoCurrency.at(node.line))?;
    let currency = Currency::parse(code).map_err(|error| Problem::Amount(error).at(node.line))?;
    let from = node.child(if card { "CCACCTFROM" } else { "BANKACCTFROM" });
    let number = from.and_then(|from| from.text_at(&["ACCTID"]));
    let kind = match from.and_then(|from| from.text_at(&["ACCTTYPE"])) {
        _ if card => AccountKind::Card,
        Some("SAVINGS" | "MONEYMRKT" | "CD") => AccountKind::Savings,
        Some("CHECKING") | None => AccountKind::Current,
        Some(_) => AccountKind::Other,
    };
    let identifier = number.and_then(account_number);
    let account = ShownAccount { identifier, kind, ..ShownAccount::default() };
    let mut statement = Statement::new(node.line, account, currency);
    if let Some(list) = node.child("BANKTRANLIST") {
        let period = |name| list.text_at(&[name]).map(|text| day::compact(text, list.line));
        statement.from = period("DTSTART").transpose()?;
        statement.to = period("DTEND").transpose()?;
        for entry in list.all("STMTTRN") {
            if statement.rows.len() >= MOST_ROWS {
                return Err(Problem::TooManyRows.at(entry.line));
            }
            statement.rows.push(row(entry, currency)?);
        }
    }
    let balance = |name| node.child(name).map(|node| balance(node, currency)).transpose();
    statement.closing = balance("LEDGERBAL")?;
    statement.available = balance("AVAILBAL")?;
    Ok(statement)
}

fn balance(node: &Node, currency: Currency) -> Result<DayBalance, Broken> {
    let written = node.text_at(&["BALAMT"]).ok_or(Problem::Missing("BALAMT").at(node.line))?;
    let amount = amount::at(node.line, written, mark(written), currency)?;
    let day = node.text_at(&["DTASOF"]).map(|text| day::compact(text, node.line)).transpose()?;
    Ok(DayBalance { day, amount, amount_text: written.to_owned() })
}

/// Amounts have a point or a comma before their decimals, and no groups (OFX 2.2, section 3.2.9.1).
fn mark(text: &str) -> amount::DecimalMark {
    if text.contains(',') && !text.contains('.') {
        amount::DecimalMark::Comma
    } else {
        amount::DecimalMark::Point
    }
}

fn row(node: &Node, currency: Currency) -> Result<Row, Broken> {
    let need =
        |name: &'static str| node.text_at(&[name]).ok_or(Problem::Missing(name).at(node.line));
    let written = need("TRNAMT")?;
    let amount = amount::at(node.line, written, mark(written), currency)?;
    let day = |name| node.text_at(&[name]).map(|text| day::compact(text, node.line)).transpose();
    let name = node.text_at(&["NAME"]).or(node.text_at(&["PAYEE", "NAME"]));
    let number = node.text_at(&["BANKACCTTO", "ACCTID"]).or(node.text_at(&["CCACCTTO", "ACCTID"]));
    let mut rest: Vec<(&str, String)> = Vec::new();
    for name in ["CHECKNUM", "SIC", "CORRECTFITID", "CORRECTACTION", "EXTDNAME"] {
        rest.extend(node.text_at(&[name]).map(|text| (name, text.to_owned())));
    }
    let original = node.text_at(&["ORIGCURRENCY", "CURSYM"]);
    rest.extend(original.map(|code| ("ORIGCURRENCY", code.to_owned())));
    Ok(Row {
        line: node.line,
        observed: ObservedTransaction {
            // An identifier of the file's service, not the bank's own reference of the entry.
            bank_reference: None,
            bank_identifier: some(need("FITID")?),
            state: RowState::Booked,
            booking_date: day::compact(need("DTPOSTED")?, node.line)?,
            value_date: day("DTAVAIL")?,
            payment_date: day("DTUSER")?,
            amount,
            amount_text: written.to_owned(),
            original_amount: None,
            counterparty: name.and_then(some),
            counterparty_identifier: number.and_then(account_number),
            counterparty_servicer: None,
            text: node.text_at(&["MEMO"]).map(evened).unwrap_or_default(),
            reference: node.text_at(&["REFNUM"]).and_then(some),
            bank_type: node.text_at(&["TRNTYPE"]).and_then(some),
            unmapped: object(&rest),
        },
    })
}
