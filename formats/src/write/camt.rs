//! ISO 20022 `camt.053.001.08`: one statement of one account and month.

use std::fmt::Write as _;

use domain::money::Money;
use quick_xml::escape::escape;

use super::{BookAccount, BookMonth, BookRow, one_line};

/// Longest name (Max140Text), and longest line of a message.
const LONGEST_NAME: usize = 140;
/// Longest reference (Max35Text).
const LONGEST_REFERENCE: usize = 35;
/// Longest number that is no IBAN (Max34Text).
const LONGEST_NUMBER: usize = 34;

/// The statement of an account for a month; none if it has no row in it.
#[must_use]
pub fn statement(accounts: &[BookAccount], at: usize, month: &BookMonth) -> Option<String> {
    let account = &accounts[at];
    let last = month.last_day(at)?;
    let id = format!("{}-{}", month.name(), at + 1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n");
    text.push_str(" <BkToCstmrStmt>\n");
    // Made of what the ledger holds and not of the hour it is written at.
    let made = format!("{last}T23:59:59");
    let _ = writeln!(text, "  <GrpHdr><MsgId>{id}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>");
    text.push_str("  <Stmt>\n");
    let _ = writeln!(text, "   <Id>{id}</Id>\n   <CreDtTm>{made}</CreDtTm>");
    let _ = writeln!(
        text,
        "   <FrToDt><FrDtTm>{}T00:00:00</FrDtTm><ToDtTm>{made}</ToDtTm></FrToDt>",
        month.first
    );
    account_part(&mut text, account);
    balance(&mut text, "OPBD", month.opening[at], &month.first.to_string());
    balance(&mut text, "CLBD", month.closing[at], &last.to_string());
    for row in month.rows.iter().filter(|row| row.account == at) {
        entry(&mut text, row);
    }
    text.push_str("  </Stmt>\n </BkToCstmrStmt>\n</Document>\n");
    Some(text)
}

/// Text within a length, without what XML cannot hold.
pub(super) fn within(text: &str, most: usize) -> String {
    let text: String = one_line(text).chars().filter(|letter| valid(*letter)).take(most).collect();
    escape(text.trim()).into_owned()
}

/// Characters of XML 1.0 (section 2.2).
fn valid(letter: char) -> bool {
    !matches!(letter, '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn number(text: &str) -> String {
    if crate::is_iban(text) {
        format!("<Id><IBAN>{text}</IBAN></Id>")
    } else {
        format!("<Id><Othr><Id>{}</Id></Othr></Id>", within(text, LONGEST_NUMBER))
    }
}

fn account_part(text: &mut String, account: &BookAccount) {
    let _ = write!(text, "   <Acct>{}<Ccy>{}</Ccy>", number(&account.identifier), account.currency);
    let name = within(&account.name, 70);
    if !name.is_empty() {
        let _ = write!(text, "<Nm>{name}</Nm>");
    }
    if let Some(owner) = account.owner.as_deref().map(|name| within(name, LONGEST_NAME)) {
        let _ = write!(text, "<Ownr><Nm>{owner}</Nm></Ownr>");
    }
    let bic = account.servicer.as_deref().filter(|bic| is_bic(bic));
    if let Some(bic) = bic {
        let _ = write!(text, "<Svcr><FinInstnId><BICFI>{bic}</BICFI></FinInstnId></Svcr>");
    }
    text.push_str("</Acct>\n");
}

/// The form of ISO 9362.
fn is_bic(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.len(), 8 | 11)
        && bytes[..4].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && bytes[4..6].iter().all(u8::is_ascii_uppercase)
        && bytes[6..].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The amount without its sign, and the sign's word.
fn amount(money: Money) -> String {
    let text = money.to_string();
    let (digits, word) = match text.strip_prefix('-') {
        Some(digits) => (digits, "DBIT"),
        None => (text.as_str(), "CRDT"),
    };
    format!("<Amt Ccy=\"{}\">{digits}</Amt><CdtDbtInd>{word}</CdtDbtInd>", money.currency)
}

fn balance(text: &mut String, code: &str, money: Money, day: &str) {
    let _ = writeln!(
        text,
        "   <Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{}<Dt><Dt>{day}</Dt></Dt></Bal>",
        amount(money)
    );
}

fn entry(text: &mut String, row: &BookRow) {
    let _ = write!(text, "   <Ntry><NtryRef>{}</NtryRef>{}", row.id, amount(row.amount));
    let _ = write!(text, "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{}</Dt></BookgDt>", row.day);
    if let Some(day) = row.value_date {
        let _ = write!(text, "<ValDt><Dt>{day}</Dt></ValDt>");
    }
    // One that does not fit would be another reference.
    let fits = |text: &&str| !text.is_empty() && text.chars().count() <= LONGEST_REFERENCE;
    if let Some(reference) = row.bank_reference.as_deref().filter(fits) {
        let _ = write!(text, "<AcctSvcrRef>{}</AcctSvcrRef>", within(reference, LONGEST_REFERENCE));
    }
    let kind = row.bank_type.as_deref().map(|kind| within(kind, LONGEST_REFERENCE));
    match kind.filter(|kind| !kind.is_empty()) {
        Some(kind) => {
            let _ = write!(text, "<BkTxCd><Prtry><Cd>{kind}</Cd></Prtry></BkTxCd>");
        }
        None => text.push_str("<BkTxCd/>"),
    }
    details(text, row);
    text.push_str("</Ntry>\n");
}

fn details(text: &mut String, row: &BookRow) {
    let mut inner = String::new();
    let (party, account) = match row.amount.minor < 0 {
        true => ("Cdtr", "CdtrAcct"),
        false => ("Dbtr", "DbtrAcct"),
    };
    let name = row.counterparty.as_deref().map(|name| within(name, LONGEST_NAME));
    let name = name.filter(|name| !name.is_empty());
    let other = row.counterparty_identifier.as_deref().filter(|number| !number.is_empty());
    if name.is_some() || other.is_some() {
        inner.push_str("<RltdPties>");
        if let Some(name) = name {
            let _ = write!(inner, "<{party}><Pty><Nm>{name}</Nm></Pty></{party}>");
        }
        if let Some(other) = other {
            let _ = write!(inner, "<{account}>{}</{account}>", number(other));
        }
        inner.push_str("</RltdPties>");
    }
    let message: Vec<char> = one_line(&row.text).chars().filter(|letter| valid(*letter)).collect();
    let reference = row.reference.as_deref().map(|text| within(text, LONGEST_REFERENCE));
    let reference = reference.filter(|text| !text.is_empty());
    if !message.is_empty() || reference.is_some() {
        inner.push_str("<RmtInf>");
        for line in message.chunks(LONGEST_NAME) {
            let line: String = line.iter().collect();
            let _ = write!(inner, "<Ustrd>{}</Ustrd>", escape(line.as_str()));
        }
        if let Some(reference) = reference {
            let _ = write!(inner, "<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>");
        }
        inner.push_str("</RmtInf>");
    }
    if !inner.is_empty() {
        let _ = write!(text, "<NtryDtls><TxDtls>{inner}</TxDtls></NtryDtls>");
    }
}
