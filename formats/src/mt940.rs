//! SWIFT MT940 customer statement messages, with the dialects of field 86.

mod information;

use chrono::{Datelike as _, NaiveDate};
use domain::money::{Currency, Money, MoneyError};
use domain::observed::{ObservedTransaction, RowState};

use crate::iban::account_number;
use crate::text::{evened, some};
use crate::{
    Broken, DayBalance, Format, MOST_ROWS, MOST_STATEMENTS, Problem, Row, ShownAccount, Statement,
    StatementFile, amount, day,
};

/// Most lines of one field: field 86 has six by the standard, and some banks write more.
const MOST_LINES: usize = 40;

/// Whether a text begins as a message does: with a SWIFT envelope, or with field 20.
pub(crate) fn is_it(text: &str) -> bool {
    text.starts_with("{1:") || text.lines().take(12).any(|line| line.starts_with(":20:"))
}

/// A field: its tag, its lines, and where it begins.
struct Field<'t> {
    tag: &'t str,
    lines: Vec<&'t str>,
    line: u32,
}

pub(crate) fn read(text: &str) -> Result<StatementFile, Broken> {
    let mut statements = Vec::new();
    let mut open: Option<Message> = None;
    for field in fields(text)? {
        match field.tag {
            "20" => {
                finish(open.replace(Message::at(field.line)), &mut statements)?;
            }
            _ => {
                let message = open.as_mut().ok_or(Problem::Missing("field 20").at(field.line))?;
                message.take(&field)?;
            }
        }
        if statements.len() > MOST_STATEMENTS {
            return Err(Problem::TooManyRows.at(field.line));
        }
    }
    finish(open, &mut statements)?;
    StatementFile { format: Format::Mt940, statements }.bounded()
}

fn finish(message: Option<Message>, statements: &mut Vec<Statement>) -> Result<(), Broken> {
    if let Some(message) = message {
        statements.push(message.finish()?);
    }
    Ok(())
}

/// Splits a text into fields. Envelopes and the signs that end a message are left out.
fn fields(text: &str) -> Result<Vec<Field<'_>>, Broken> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    for (line, number) in text.lines().zip(1_u32..) {
        let line = line.trim_end();
        // `{1:…}{2:…}{4:` may stand before the first field on one line.
        let content = if line.starts_with('{') {
            line.rsplit_once("{4:").map_or("", |(_, rest)| rest)
        } else {
            line
        };
        if content.is_empty() || content == "-" || content.starts_with("-}") {
            continue;
        }
        let tagged = content.strip_prefix(':').and_then(|rest| rest.split_once(':'));
        let tag = |tag: &str| {
            let (digits, letter) = tag.split_at(tag.len().min(2));
            digits.len() == 2
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && (letter.is_empty() || matches!(letter, "C" | "F" | "M" | "D" | "NS" | "A"))
        };
        match tagged.filter(|(name, _)| name.is_ascii() && tag(name)) {
            Some((tag, rest)) => fields.push(Field { tag, lines: vec![rest], line: number }),
            None => {
                let field = fields.last_mut().ok_or(Problem::Unexpected("text").at(number))?;
                if field.lines.len() >= MOST_LINES {
                    return Err(Problem::TooLong.at(number));
                }
                field.lines.push(content);
            }
        }
    }
    Ok(fields)
}

/// A message while it is read.
struct Message {
    line: u32,
    account: Option<(Option<String>, Option<String>)>,
    statement: Option<Statement>,
}

impl Message {
    fn at(line: u32) -> Self {
        Self { line, account: None, statement: None }
    }

    fn take(&mut self, field: &Field<'_>) -> Result<(), Broken> {
        let first = field.lines.first().copied().unwrap_or_default();
        match field.tag {
            "25" => self.account = Some(account(first)),
            "60F" | "60M" => {
                let balance = balance(first, field.line)?;
                let account = self.account.clone();
                let account = account.ok_or(Problem::Missing("field 25").at(field.line))?;
                let (identifier, servicer) = account;
                let shown = ShownAccount { identifier, servicer, ..ShownAccount::default() };
                let mut statement = Statement::new(self.line, shown, balance.amount.currency);
                statement.opening = Some(balance);
                self.statement = Some(statement);
            }
            "61" => {
                let statement = self.under_way(field)?;
                if statement.rows.len() >= MOST_ROWS {
                    return Err(Problem::TooManyRows.at(field.line));
                }
                statement.rows.push(line(field, statement.currency)?);
            }
            "86" => self.information(field)?,
            "62F" | "62M" => {
                let balance = balance(first, field.line)?;
                let statement = self.under_way(field)?;
                same_currency(statement, &balance, field.line)?;
                statement.to = balance.day;
                statement.closing = Some(balance);
            }
            "64" => {
                let balance = balance(first, field.line)?;
                let statement = self.under_way(field)?;
                same_currency(statement, &balance, field.line)?;
                statement.available = Some(balance);
            }
            // Numbers of the statement, forward balances, the bank's own fields.
            _ => {}
        }
        Ok(())
    }

    fn under_way(&mut self, field: &Field<'_>) -> Result<&mut Statement, Broken> {
        self.statement.as_mut().ok_or(Problem::Missing("the opening balance").at(field.line))
    }

    /// Field 86 belongs to the line before it; after the closing balance, to the statement.
    fn information(&mut self, field: &Field<'_>) -> Result<(), Broken> {
        let statement = self.under_way(field)?;
        if statement.closing.is_some() {
            return Ok(());
        }
        let Some(row) = statement.rows.last_mut() else { return Ok(()) };
        information::of(&field.lines).put_into(&mut row.observed);
        Ok(())
    }

    fn finish(self) -> Result<Statement, Broken> {
        let statement = self.statement.filter(|statement| statement.closing.is_some());
        statement.ok_or(Problem::CutShort.at(self.line))
    }
}

fn same_currency(statement: &Statement, balance: &DayBalance, line: u32) -> Result<(), Broken> {
    match balance.amount.currency == statement.currency {
        true => Ok(()),
        false => Err(Problem::OtherCurrency.at(line)),
    }
}

/// The account, and its bank where that stands before a slash.
fn account(text: &str) -> (Option<String>, Option<String>) {
    match text.split_once('/') {
        Some((bank, number)) => {
            let bic = bank.len() == 8 || bank.len() == 11;
            let bic = bic
                && bank.get(..4).is_some_and(|code| code.bytes().all(|b| b.is_ascii_uppercase()));
            // A German sort code is part of the number.
            let number = account_number(number);
            let whole = account_number(text);
            if bic { (number, Some(bank.to_owned())) } else { (whole, None) }
        }
        None => (account_number(text), None),
    }
}

/// `C` or `D`, a day, a currency and an amount.
fn balance(text: &str, line: u32) -> Result<DayBalance, Broken> {
    let part = |range| text.get(range).ok_or(Problem::Missing("the balance").at(line));
    let sign = part(0..1)?;
    let date = day::short(part(1..7)?, line)?;
    let currency =
        Currency::parse(part(7..10)?).map_err(|error| Problem::Amount(error).at(line))?;
    let written = text.get(10..).unwrap_or_default();
    let money = amount::at(line, written, amount::DecimalMark::Comma, currency)?;
    let amount = signed(money, sign, line)?;
    Ok(DayBalance { day: Some(date), amount, amount_text: written.to_owned() })
}

fn signed(money: Money, mark: &str, line: u32) -> Result<Money, Broken> {
    match mark {
        "C" | "RD" | "EC" => Ok(money),
        "D" | "RC" | "ED" => money.negated().map_err(|error| Problem::Amount(error).at(line)),
        _ => Err(Problem::Direction.at(line)),
    }
}

/// A statement line: value day, booking day, mark, amount, kind and references.
fn line(field: &Field<'_>, currency: Currency) -> Result<Row, Broken> {
    let at = field.line;
    let text = field.lines.first().copied().unwrap_or_default();
    let value_date = day::short(text.get(..6).unwrap_or_default(), at)?;
    let rest = text.get(6..).unwrap_or_default();
    let entry = rest.get(..4).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()));
    let booking_date = match entry {
        Some(digits) => near(value_date, digits).ok_or(Problem::Date.at(at))?,
        None => value_date,
    };
    let rest = &rest[entry.map_or(0, str::len)..];
    let letters = rest.bytes().take_while(u8::is_ascii_uppercase).count();
    let (mark, rest) = rest.split_at(letters);
    // A third letter, or a second one that makes no mark, is the last of the currency's code.
    let mark = ["RC", "RD", "EC", "ED", "C", "D"]
        .into_iter()
        .find(|known| mark.strip_prefix(known).is_some_and(|left| left.len() <= 1));
    let mark = mark.ok_or(Problem::Direction.at(at))?;
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b',').count();
    let (amount_text, rest) = rest.split_at(digits);
    // The kind follows at once; anything else is an amount that goes on otherwise than allowed.
    if !rest.starts_with(['N', 'S', 'F']) {
        return Err(Problem::Amount(MoneyError::NotDecimal).at(at));
    }
    let money = amount::at(at, amount_text, amount::DecimalMark::Comma, currency)?;
    let amount = signed(money, mark, at)?;
    let kind = rest.get(..4).map(str::to_owned);
    let references = rest.get(4..).unwrap_or_default();
    let (own, bank) = references.split_once("//").unwrap_or((references, ""));
    let no_reference = |text: &str| matches!(text, "" | "NONREF" | "NOREF");
    let details = evened(&field.lines[1..].join(" "));
    Ok(Row {
        line: at,
        observed: ObservedTransaction {
            bank_reference: some(bank).filter(|text| !no_reference(text)),
            bank_identifier: None,
            state: RowState::Booked,
            booking_date,
            value_date: Some(value_date),
            payment_date: None,
            amount,
            amount_text: amount_text.to_owned(),
            original_amount: None,
            counterparty: None,
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: details,
            reference: some(own).filter(|text| !no_reference(text)),
            bank_type: kind,
            unmapped: None,
        },
    })
}

/// The day of a month and day (`MMDD`) that is nearest to another.
fn near(day: NaiveDate, digits: &str) -> Option<NaiveDate> {
    let (month, of_month) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    let years = [day.year() - 1, day.year(), day.year() + 1];
    let days = years.into_iter().filter_map(|year| NaiveDate::from_ymd_opt(year, month, of_month));
    days.min_by_key(|other| other.signed_duration_since(day).num_days().abs())
}
