//! Open Financial Exchange 2.2 (XML): one statement of one account and month.

use std::fmt::Write as _;

use domain::observed::AccountKind;

use super::camt::within;
use super::{BookAccount, BookMonth, BookRow};

/// Longest name of the other side (OFX 2.2, section 11.4.4.1); a longer one is said whole beside it.
const LONGEST_NAME: usize = 32;
/// Longest name that is said beside it (section 3.2.5).
const LONGEST_EXTENDED_NAME: usize = 100;
/// Longest message.
const LONGEST_MEMO: usize = 255;
/// Longest reference (section 11.4.4.1).
const LONGEST_REFERENCE: usize = 32;
/// Longest identifier of a bank: of a BIC its first eight characters.
const LONGEST_BANK: usize = 8;

const WELL: &str = "<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>";

/// The statement of an account for a month; none if it has no row in it.
#[must_use]
pub fn statement(accounts: &[BookAccount], at: usize, month: &BookMonth) -> Option<String> {
    let account = &accounts[at];
    let last = month.last_day(at)?;
    let card = account.kind == AccountKind::Card;
    let [set, answer, inner] = match card {
        true => ["CREDITCARDMSGSRSV1", "CCSTMTTRNRS", "CCSTMTRS"],
        false => ["BANKMSGSRSV1", "STMTTRNRS", "STMTRS"],
    };
    // Made of what the ledger holds and not of the hour it is written at.
    let made = last.format("%Y%m%d235959");
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<?OFX OFXHEADER=\"200\" \
         VERSION=\"220\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" NEWFILEUID=\"NONE\"?>\n<OFX>\n",
    );
    let _ = writeln!(
        text,
        " <SIGNONMSGSRSV1><SONRS>{WELL}<DTSERVER>{made}</DTSERVER><LANGUAGE>ENG</LANGUAGE>\
         </SONRS></SIGNONMSGSRSV1>"
    );
    let id = format!("{}-{}", month.name(), at + 1);
    let _ = writeln!(text, " <{set}><{answer}><TRNUID>{id}</TRNUID>{WELL}<{inner}>");
    let _ = writeln!(text, "  <CURDEF>{}</CURDEF>{}", account.currency, origin(account, card));
    let first = month.first.format("%Y%m%d");
    let _ = writeln!(
        text,
        "  <BANKTRANLIST><DTSTART>{first}</DTSTART><DTEND>{}</DTEND>",
        last.format("%Y%m%d")
    );
    for row in month.rows.iter().filter(|row| row.account == at) {
        entry(&mut text, row);
    }
    let _ = writeln!(
        text,
        "  </BANKTRANLIST>\n  <LEDGERBAL><BALAMT>{}</BALAMT><DTASOF>{made}</DTASOF></LEDGERBAL>",
        month.closing[at]
    );
    let _ = writeln!(text, " </{inner}></{answer}></{set}>\n</OFX>");
    Some(text)
}

fn origin(account: &BookAccount, card: bool) -> String {
    let number = within(&account.identifier, account.identifier.len());
    if card {
        return format!("<CCACCTFROM><ACCTID>{number}</ACCTID></CCACCTFROM>");
    }
    let bank = account.servicer.as_deref().unwrap_or(&account.bank);
    let kind = if account.kind == AccountKind::Savings { "SAVINGS" } else { "CHECKING" };
    format!(
        "<BANKACCTFROM><BANKID>{}</BANKID><ACCTID>{number}</ACCTID><ACCTTYPE>{kind}</ACCTTYPE>\
         </BANKACCTFROM>",
        within(bank, LONGEST_BANK)
    )
}

fn entry(text: &mut String, row: &BookRow) {
    let kind = if row.amount.minor < 0 { "DEBIT" } else { "CREDIT" };
    let _ = write!(
        text,
        "   <STMTTRN><TRNTYPE>{kind}</TRNTYPE><DTPOSTED>{}</DTPOSTED>",
        row.day.format("%Y%m%d")
    );
    if let Some(day) = row.value_date {
        let _ = write!(text, "<DTAVAIL>{}</DTAVAIL>", day.format("%Y%m%d"));
    }
    let _ = write!(text, "<TRNAMT>{}</TRNAMT><FITID>{}</FITID>", row.amount, row.id);
    let reference = row.reference.as_deref().map(|text| within(text, LONGEST_REFERENCE));
    if let Some(reference) = reference.filter(|text| !text.is_empty()) {
        let _ = write!(text, "<REFNUM>{reference}</REFNUM>");
    }
    if let Some(name) = row.counterparty.as_deref() {
        let _ = write!(text, "<NAME>{}</NAME>", within(name, LONGEST_NAME));
        if name.chars().count() > LONGEST_NAME {
            let _ = write!(text, "<EXTDNAME>{}</EXTDNAME>", within(name, LONGEST_EXTENDED_NAME));
        }
    }
    let memo = within(&row.text, LONGEST_MEMO);
    if !memo.is_empty() {
        let _ = write!(text, "<MEMO>{memo}</MEMO>");
    }
    text.push_str("</STMTTRN>\n");
}
