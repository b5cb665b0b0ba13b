//! Quicken interchange format: one letter and a value a line, `^` ends a record.

use domain::money::Currency;
use domain::observed::{AccountKind, ObservedTransaction, RowState};

use crate::csv::mapping::Mapping;
use crate::day::{self, DateOrder};
use crate::text::{evened, object, some};
use crate::{
    Broken, DayBalance, Format, Hints, MOST_ROWS, Problem, Reading, Row, ShownAccount, Statement,
    StatementFile, amount,
};

/// The payee of the record that holds a new account's first balance.
const OPENING: &str = "opening balance";

/// A record as it stands.
#[derive(Default)]
struct Record<'t> {
    line: u32,
    fields: Vec<(char, &'t str)>,
}

impl<'t> Record<'t> {
    fn of(&self, letter: char) -> Option<&'t str> {
        self.fields.iter().find(|(name, _)| *name == letter).map(|(_, value)| *value)
    }

    fn amount(&self) -> Option<&'t str> {
        self.of('T').or(self.of('U'))
    }
}

/// The records of one account.
struct Part<'t> {
    line: u32,
    kind: AccountKind,
    name: Option<&'t str>,
    records: Vec<Record<'t>>,
}

pub(crate) fn read(text: &str, hints: &Hints) -> Result<Reading, Broken> {
    let parts = parts(text)?;
    let given = hints.mapping.as_ref();
    let currency = given.and_then(|mapping| mapping.currency).or(hints.currency);
    let currency = currency.ok_or(Problem::NoCurrency.at(0))?;
    let records = || parts.iter().flat_map(|part| part.records.iter());
    let days = records().filter_map(|record| record.of('D'));
    let dates = match given.and_then(|mapping| mapping.dates) {
        Some(order) => order,
        None => match day::orders(days).as_slice() {
            [one] => *one,
            [] => return Err(Problem::Date.at(first_line(&parts))),
            _ => return Err(Problem::DateOrder.at(first_line(&parts))),
        },
    };
    let told = amount::mark_of(records().filter_map(Record::amount));
    let decimal = given.and_then(|mapping| mapping.decimal).or(told);
    // Quicken writes points.
    let decimal = decimal.unwrap_or(amount::DecimalMark::Point);
    let statements = parts.iter().map(|part| statement(part, currency, dates, decimal));
    let statements = statements.collect::<Result<_, _>>()?;
    let file = StatementFile { format: Format::Qif, statements }.bounded()?;
    let (currency, dates, decimal) = (Some(currency), Some(dates), Some(decimal));
    let mapping = Mapping { currency, dates, decimal, ..Mapping::default() };
    Ok(Reading { file, mapping: Some(mapping) })
}

fn first_line(parts: &[Part<'_>]) -> u32 {
    parts.iter().flat_map(|part| &part.records).map(|record| record.line).next().unwrap_or(0)
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, Broken> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let (mut account, mut name, mut record) = (false, None, Record::default());
    let mut count = 0_usize;
    for (line, number) in text.lines().zip(1_u32..) {
        let line = line.trim();
        if let Some(head) = line.strip_prefix('!') {
            let head = head.to_ascii_lowercase();
            account = head == "account";
            if let Some(kind) = head.strip_prefix("type:") {
                let kind = match kind.trim() {
                    "bank" | "cash" => AccountKind::Current,
                    "ccard" => AccountKind::Card,
                    "oth a" | "oth l" => AccountKind::Other,
                    // Categories, classes, securities: no statement.
                    _ => return Err(Problem::UnknownVersion.at(number)),
                };
                parts.push(Part { line: number, kind, name, records: Vec::new() });
            }
        } else if line == "^" {
            let done = std::mem::take(&mut record);
            if account {
                name = done.of('N');
            } else if !done.fields.is_empty() {
                count += 1;
                if count > MOST_ROWS {
                    return Err(Problem::TooManyRows.at(number));
                }
                let part = parts.last_mut();
                part.ok_or(Problem::Missing("!Type").at(number))?.records.push(done);
            }
        } else if let Some(letter) = line.chars().next() {
            if record.fields.is_empty() {
                record.line = number;
            }
            // Splits and addresses repeat their letters, and a record has few lines otherwise.
            if record.fields.len() >= 200 {
                return Err(Problem::TooLong.at(number));
            }
            record.fields.push((letter, line[letter.len_utf8()..].trim()));
        }
    }
    if !record.fields.is_empty() {
        return Err(Problem::CutShort.at(record.line));
    }
    Ok(parts)
}

fn statement(
    part: &Part<'_>,
    currency: Currency,
    dates: DateOrder,
    decimal: amount::DecimalMark,
) -> Result<Statement, Broken> {
    let account =
        ShownAccount { name: part.name.and_then(some), kind: part.kind, ..ShownAccount::default() };
    let mut statement = Statement::new(part.line, account, currency);
    for record in &part.records {
        let line = record.line;
        let written = record.amount().ok_or(Problem::Missing("the amount").at(line))?;
        let amount = amount::at(line, written, decimal, currency)?;
        let day = record.of('D').and_then(|text| day::ordered(text, dates));
        let booking_date = day.ok_or(Problem::Date.at(line))?;
        let payee = record.of('P').unwrap_or_default();
        if payee.eq_ignore_ascii_case(OPENING) && statement.opening.is_none() {
            let amount_text = written.to_owned();
            statement.opening = Some(DayBalance { day: Some(booking_date), amount, amount_text });
            continue;
        }
        let mut rest: Vec<(&str, String)> = Vec::new();
        rest.extend(record.of('L').and_then(some).map(|text| ("category", text)));
        rest.extend(record.of('N').and_then(some).map(|text| ("number", text)));
        statement.rows.push(Row {
            line,
            observed: ObservedTransaction {
                bank_reference: None,
                bank_identifier: None,
                state: RowState::Booked,
                booking_date,
                value_date: None,
                payment_date: None,
                amount,
                amount_text: written.to_owned(),
                original_amount: None,
                counterparty: some(payee),
                counterparty_identifier: None,
                counterparty_servicer: None,
                text: record.of('M').map(evened).unwrap_or_default(),
                reference: None,
                bank_type: None,
                unmapped: object(&rest),
            },
        });
    }
    Ok(statement)
}
