//! Tables of text, as banks let people download them.

pub mod mapping;
mod propose;
mod words;

use domain::money::{Currency, Money};
use domain::observed::{ObservedTransaction, RowState};

use crate::amount::{self, DecimalMark};
use crate::day::{self, DateOrder};
use crate::iban::account_number;
use crate::text::{Decoded, evened, object, some};
use crate::{
    Broken, DayBalance, Format, Hints, LONGEST_TEXT, MOST_ROWS, Problem, Reading, Row,
    ShownAccount, Statement, StatementFile,
};
use mapping::{Column, Mapping, Proposal, Role};
use propose::{Cells, propose, split};

/// What was found out of a table, for a person to look at before anything is read.
///
/// # Errors
/// [`Broken`] if it is no text, or too large.
pub fn proposal(bytes: &[u8], given: Option<&Mapping>) -> Result<Proposal, Broken> {
    let decoded = crate::text::decode(bytes, given.and_then(|mapping| mapping.encoding))?;
    Ok(propose(&decoded, given))
}

/// Where a column stands, from 0.
fn place_of(column: &Column, headings: &[String]) -> Option<usize> {
    match column {
        Column::Place(place) => usize::try_from(*place).ok()?.checked_sub(1),
        Column::Heading(wanted) => {
            let wanted = words::evened(wanted);
            headings.iter().position(|heading| words::evened(heading) == wanted)
        }
    }
}

pub(crate) fn read(decoded: &Decoded, hints: &Hints) -> Result<Reading, Broken> {
    let Proposal { mut mapping, headings, problem, .. } = propose(decoded, hints.mapping.as_ref());
    if let Some(problem) = problem {
        return Err(problem.at(0));
    }
    mapping.currency = mapping.currency.or(hints.currency);
    let table = Table::of(&mapping, &headings)?;
    let rows = split(&decoded.text, mapping.delimiter.unwrap_or(';'), MOST_ROWS + 100);
    let skip = mapping.skip.unwrap_or(0).saturating_add(u32::from(mapping.heading == Some(true)));
    let body: Cells = rows.into_iter().filter(|(line, _)| *line > skip).collect();
    if body.len() > MOST_ROWS {
        return Err(Problem::TooManyRows.at(0));
    }
    let statements = table.statements(&body)?;
    let file = StatementFile { format: Format::Csv, statements }.bounded()?;
    Ok(Reading { file, mapping: Some(mapping) })
}

/// A mapping with its columns found.
struct Table<'m> {
    mapping: &'m Mapping,
    headings: &'m [String],
    places: Vec<(Role, usize)>,
    dates: DateOrder,
    decimal: DecimalMark,
}

/// A row as read, with what it says of its account.
struct Line {
    row: Row,
    account: Option<String>,
    currency: Currency,
    balance: Option<(Money, String)>,
}

impl<'m> Table<'m> {
    fn of(mapping: &'m Mapping, headings: &'m [String]) -> Result<Self, Broken> {
        let mut places = Vec::new();
        for (role, columns) in &mapping.columns {
            for column in columns {
                let place = place_of(column, headings).ok_or(Problem::NoSuchColumn.at(0))?;
                places.push((*role, place));
            }
        }
        let dates = mapping.dates.ok_or(Problem::DateOrder.at(0))?;
        let decimal = mapping.decimal.unwrap_or(DecimalMark::Comma);
        Ok(Self { mapping, headings, places, dates, decimal })
    }

    fn cells<'c>(&self, role: Role, cells: &'c [String]) -> impl Iterator<Item = &'c str> {
        let places = self.places.iter().filter(move |(other, _)| *other == role);
        let found = places.filter_map(|(_, place)| cells.get(*place)).map(String::as_str);
        found.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().into_iter()
    }

    fn cell<'c>(&self, role: Role, cells: &'c [String]) -> Option<&'c str> {
        self.cells(role, cells).next()
    }

    /// One statement for each account and currency in the table.
    fn statements(&self, body: &Cells) -> Result<Vec<Statement>, Broken> {
        let mut groups: Vec<(Option<String>, Currency, Vec<Line>)> = Vec::new();
        for (line, cells) in body {
            let Some(read) = self.line(*line, cells)? else { continue };
            let same = |group: &&mut (Option<String>, Currency, Vec<Line>)| {
                group.0 == read.account && group.1 == read.currency
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.2.push(read),
                None => groups.push((read.account.clone(), read.currency, vec![read])),
            }
            if groups.len() > crate::MOST_STATEMENTS {
                return Err(Problem::TooManyRows.at(*line));
            }
        }
        let made = groups.into_iter().map(|(identifier, currency, lines)| {
            statement(ShownAccount { identifier, ..ShownAccount::default() }, currency, lines)
        });
        Ok(made.collect())
    }

    /// One row; none for one that never touched the account.
    fn line(&self, line: u32, cells: &[String]) -> Result<Option<Line>, Broken> {
        if self.mapping.heading == Some(true) && cells.len() < self.least_width() {
            return Err(Problem::ColumnCount.at(line));
        }
        let state = self.cell(Role::State, cells);
        if state.is_some_and(words::never_was) {
            return Ok(None);
        }
        let currency = match self.cell(Role::Currency, cells) {
            Some(code) => Currency::parse(&code.to_uppercase())
                .map_err(|error| Problem::Amount(error).at(line))?,
            None => self.mapping.currency.ok_or(Problem::NoCurrency.at(0))?,
        };
        let (amount, amount_text) = self.amount(line, cells, currency)?;
        let balance = self.cell(Role::Balance, cells).map(|text| {
            amount::at(line, text, self.decimal, currency).map(|money| (money, text.to_owned()))
        });
        let account = self.cell(Role::Account, cells).and_then(account_number);
        let observed = self.observed(line, cells, amount, amount_text)?;
        let row = Row { line, observed };
        Ok(Some(Line { row, account, currency, balance: balance.transpose()? }))
    }

    /// How many columns a row must have so that all that is read of it is there.
    fn least_width(&self) -> usize {
        let needed = [Role::BookingDate, Role::Amount, Role::Currency];
        let needed = self.places.iter().filter(|(role, _)| needed.contains(role));
        needed.map(|(_, place)| place + 1).max().unwrap_or(0)
    }

    fn amount(
        &self,
        line: u32,
        cells: &[String],
        currency: Currency,
    ) -> Result<(Money, String), Broken> {
        let read = |text: &str| amount::at(line, text, self.decimal, currency);
        let turned =
            |money: Money| money.negated().map_err(|error| Problem::Amount(error).at(line));
        let columns = (
            self.cell(Role::Amount, cells),
            self.cell(Role::Credit, cells),
            self.cell(Role::Debit, cells),
        );
        let (money, text) = match columns {
            (Some(text), _, _) => {
                let money = read(text)?;
                let comes_in = self.cell(Role::Direction, cells).map(words::comes_in);
                let out = match comes_in {
                    None => self.mapping.inverted,
                    Some(Some(comes_in)) => comes_in == (money.minor < 0),
                    Some(None) => return Err(Problem::Direction.at(line)),
                };
                (if out { turned(money)? } else { money }, text)
            }
            // One of the two may hold a zero.
            (None, Some(text), debit) if debit.is_none_or(is_zero) => (read(text)?, text),
            (None, credit, Some(text)) if credit.is_none_or(is_zero) => {
                let money = read(text)?;
                (if money.minor > 0 { turned(money)? } else { money }, text)
            }
            (None, Some(_), Some(_)) => return Err(Problem::Direction.at(line)),
            _ => return Err(Problem::Missing("the amount").at(line)),
        };
        Ok((money, text.to_owned()))
    }

    fn observed(
        &self,
        line: u32,
        cells: &[String],
        amount: Money,
        amount_text: String,
    ) -> Result<ObservedTransaction, Broken> {
        let day = |role| {
            let read = |text| day::ordered(text, self.dates).ok_or(Problem::Date.at(line));
            self.cell(role, cells).map(read).transpose()
        };
        let (value_date, payment_date) = (day(Role::ValueDate)?, day(Role::PaymentDate)?);
        let booking_date = day(Role::BookingDate)?.or(value_date).or(payment_date);
        let state = match self.cell(Role::State, cells).and_then(words::pending) {
            Some(true) => RowState::Pending,
            _ => RowState::Booked,
        };
        if cells.iter().any(|cell| cell.len() > LONGEST_TEXT) {
            return Err(Problem::TooLong.at(line));
        }
        let party = if amount.minor < 0 { Role::Payee } else { Role::Payer };
        let party = self.cell(Role::Counterparty, cells).or(self.cell(party, cells));
        let texts: Vec<String> = self.cells(Role::Text, cells).map(evened).collect();
        Ok(ObservedTransaction {
            bank_reference: self.cell(Role::BankReference, cells).and_then(some),
            bank_identifier: None,
            state,
            booking_date: booking_date.ok_or(Problem::Missing("the date").at(line))?,
            value_date,
            payment_date,
            amount,
            amount_text,
            original_amount: None,
            counterparty: party.and_then(some),
            counterparty_identifier: self.counterparty_account(cells),
            counterparty_servicer: self.cell(Role::CounterpartyBank, cells).and_then(some),
            text: texts.join(" "),
            reference: self.cell(Role::Reference, cells).and_then(reference),
            bank_type: self.cell(Role::Kind, cells).and_then(some),
            unmapped: self.rest(cells),
        })
    }

    /// The other side's number; a BIC that stands behind it in the same column is left.
    fn counterparty_account(&self, cells: &[String]) -> Option<String> {
        let text = self.cell(Role::CounterpartyAccount, cells)?;
        let without = text.split(['/', ',']).next().unwrap_or(text);
        account_number(without)
    }

    /// Columns that nothing was read from, under their headings.
    fn rest(&self, cells: &[String]) -> Option<String> {
        let read: Vec<usize> = self.places.iter().map(|(_, place)| *place).collect();
        let left = cells
            .iter()
            .enumerate()
            .filter(|(place, cell)| !cell.is_empty() && !read.contains(place));
        let named: Vec<(String, String)> = left
            .map(|(place, cell)| {
                let heading = self.headings.get(place).filter(|heading| !heading.is_empty());
                (heading.cloned().unwrap_or_else(|| (place + 1).to_string()), cell.clone())
            })
            .collect();
        let fields: Vec<(&str, String)> =
            named.iter().map(|(name, cell)| (name.as_str(), cell.clone())).collect();
        object(&fields)
    }
}

fn is_zero(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, '0' | '.' | ',' | '-' | '+' | ' '))
}

/// A reference without what makes it a text in a spreadsheet, and none if it is only zeros.
fn reference(text: &str) -> Option<String> {
    let text = text.trim_start_matches(['\'', '=']).trim_matches('"');
    let plain = text.trim_start_matches("ref=").trim();
    some(plain).filter(|text| !text.chars().all(|letter| letter == '0'))
}

/// A statement from rows with running balances, which say in which order the rows stand.
fn statement(account: ShownAccount, currency: Currency, lines: Vec<Line>) -> Statement {
    let first = lines.first().map_or(0, |line| line.row.line);
    let mut statement = Statement::new(first, account, currency);
    if let Some((opening, closing)) = balances(&lines) {
        let day = |line: &Line| Some(line.row.observed.booking_date);
        let ends = lines.first().and_then(day).zip(lines.last().and_then(day));
        let (oldest, newest) = ends.map(|(one, other)| (one.min(other), one.max(other))).unzip();
        let balance = |day, (amount, amount_text)| DayBalance { day, amount, amount_text };
        statement.opening = Some(balance(oldest, opening));
        statement.closing = Some(balance(newest, closing));
    }
    statement.rows = lines.into_iter().map(|line| line.row).collect();
    statement
}

type Stated = (Money, String);

/// Opening and closing balance. The order is the one in which more rows fit their balances.
fn balances(lines: &[Line]) -> Option<(Stated, Stated)> {
    let booked: Vec<&Line> =
        lines.iter().filter(|line| line.row.observed.state == RowState::Booked).collect();
    let all: Option<Vec<(Money, &Stated)>> = booked
        .iter()
        .map(|line| line.balance.as_ref().map(|balance| (line.row.observed.amount, balance)))
        .collect();
    let all = all?;
    let fits = |before: Money, amount: Money, after: Money| {
        before.plus(amount).is_ok_and(|sum| sum == after)
    };
    let forward = all.windows(2).filter(|pair| fits(pair[0].1.0, pair[1].0, pair[1].1.0)).count();
    let backward = all.windows(2).filter(|pair| fits(pair[1].1.0, pair[0].0, pair[0].1.0)).count();
    let dates: Vec<_> = booked.iter().map(|line| line.row.observed.booking_date).collect();
    let falling = dates.first() > dates.last();
    let backwards = backward > forward || (backward == forward && falling);
    let (first, last) = match backwards {
        true => (all.last()?, all.first()?),
        false => (all.first()?, all.last()?),
    };
    let opening = first.0.negated().and_then(|amount| first.1.0.plus(amount)).ok()?;
    Some(((opening, opening.to_string()), last.1.clone()))
}
