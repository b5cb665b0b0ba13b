//! A file in our words: statements of accounts with their rows and balances.

use chrono::NaiveDate;
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, ObservedTransaction, RowState};

use crate::{Broken, Format, MOST_ROWS, MOST_STATEMENTS, Problem};

/// An account as a file shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAccount {
    /// An IBAN without spaces, or the bank's own number; none if the file does not say.
    pub identifier: Option<String>,
    /// What kind it is.
    pub kind: AccountKind,
    /// Its name, if the file gives one.
    pub name: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// The BIC of its bank (ISO 9362).
    pub servicer: Option<String>,
}

impl Default for ShownAccount {
    fn default() -> Self {
        let kind = AccountKind::Current;
        Self { identifier: None, kind, name: None, owner: None, servicer: None }
    }
}

/// A balance of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayBalance {
    /// Of an opening balance: the day it stands before, or the one it was the last of, as the file
    /// has it. Of a closing balance: the day it stands after.
    pub day: Option<NaiveDate>,
    /// How much.
    pub amount: Money,
    /// As it was written.
    pub amount_text: String,
}

/// A transaction with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it begins, from 1.
    pub line: u32,
    /// What it says.
    pub observed: ObservedTransaction,
}

/// One statement of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it begins, from 1.
    pub line: u32,
    /// The account.
    pub account: ShownAccount,
    /// Its currency.
    pub currency: Currency,
    /// The booked balance before the first row.
    pub opening: Option<DayBalance>,
    /// The booked balance after the last row.
    pub closing: Option<DayBalance>,
    /// What could be used at the end.
    pub available: Option<DayBalance>,
    /// The first day it covers.
    pub from: Option<NaiveDate>,
    /// The last day it covers.
    pub to: Option<NaiveDate>,
    /// Its transactions, as they stand in the file.
    pub rows: Vec<Row>,
}

/// Whether opening balance and rows make the closing balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceCheck {
    /// The file does not give both.
    NotGiven,
    /// They do.
    Holds,
    /// They do not.
    Breaks {
        /// By how much the rows fall short of the closing balance.
        difference: Money,
        /// The line it shows at.
        line: u32,
    },
}

/// A file as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementFile {
    /// Its format.
    pub format: Format,
    /// Its statements, in the file's order.
    pub statements: Vec<Statement>,
}

/// All that a file says of one account, its statements put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStatement {
    /// The account.
    pub account: ShownAccount,
    /// Its currency.
    pub currency: Currency,
    /// The booked balance before the first row.
    pub opening: Option<DayBalance>,
    /// The booked balance after the last row.
    pub closing: Option<DayBalance>,
    /// What could be used at the end.
    pub available: Option<DayBalance>,
    /// The first day that is covered: as stated, or of the first row.
    pub from: Option<NaiveDate>,
    /// The last day that is covered: as stated, or of the last row.
    pub to: Option<NaiveDate>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Whether balances and rows agree, over all statements.
    pub check: BalanceCheck,
}

/// The sum of the booked rows, in minor units.
fn booked_sum(rows: &[Row]) -> i128 {
    let booked = rows.iter().filter(|row| row.observed.state == RowState::Booked);
    booked.map(|row| i128::from(row.observed.amount.minor)).sum()
}

fn compare(before: i128, sum: i128, after: Money, line: u32) -> BalanceCheck {
    let difference = i128::from(after.minor) - before - sum;
    if difference == 0 {
        return BalanceCheck::Holds;
    }
    // A difference beyond 64 bits of minor units is no balance of any account.
    i64::try_from(difference).map_or(BalanceCheck::NotGiven, |minor| BalanceCheck::Breaks {
        difference: Money::new(minor, after.currency),
        line,
    })
}

impl Statement {
    pub(crate) fn new(line: u32, account: ShownAccount, currency: Currency) -> Self {
        let (opening, closing, available) = (None, None, None);
        let (from, to, rows) = (None, None, Vec::new());
        Self { line, account, currency, opening, closing, available, from, to, rows }
    }

    /// Whether its own balances and rows agree.
    #[must_use]
    pub fn check(&self) -> BalanceCheck {
        match (&self.opening, &self.closing) {
            (Some(opening), Some(closing)) => {
                let before = i128::from(opening.amount.minor);
                compare(before, booked_sum(&self.rows), closing.amount, self.line)
            }
            _ => BalanceCheck::NotGiven,
        }
    }

    fn first_day(&self) -> Option<NaiveDate> {
        let rows = self.rows.iter().map(|row| row.observed.booking_date).min();
        self.from.into_iter().chain(rows).min()
    }

    fn last_day(&self) -> Option<NaiveDate> {
        let rows = self.rows.iter().map(|row| row.observed.booking_date).max();
        self.to.into_iter().chain(rows).max()
    }

    fn order(&self) -> Option<NaiveDate> {
        self.first_day().or(self.closing.as_ref().and_then(|balance| balance.day))
    }
}

impl StatementFile {
    pub(crate) fn bounded(self) -> Result<Self, Broken> {
        let rows: usize = self.statements.iter().map(|statement| statement.rows.len()).sum();
        if rows > MOST_ROWS || self.statements.len() > MOST_STATEMENTS {
            return Err(Problem::TooManyRows.at(0));
        }
        if self.statements.is_empty() {
            return Err(Problem::NoStatement.at(0));
        }
        Ok(self)
    }

    /// All statements of each account put together, oldest first; accounts in the file's order.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountStatement> {
        let mut groups: Vec<Vec<&Statement>> = Vec::new();
        let same = |one: &Statement, other: &Statement| {
            one.account.identifier == other.account.identifier && one.currency == other.currency
        };
        for statement in &self.statements {
            match groups.iter_mut().find(|group| same(group[0], statement)) {
                Some(group) => group.push(statement),
                None => groups.push(vec![statement]),
            }
        }
        groups.into_iter().map(together).collect()
    }
}

/// Puts the statements of one account together. The balances of all have to follow on each other.
fn together(mut group: Vec<&Statement>) -> AccountStatement {
    group.sort_by_key(|statement| statement.order());
    let (first, last) = (group[0], group[group.len() - 1]);
    let mut check = BalanceCheck::Holds;
    let mut before: Option<&DayBalance> = None;
    for statement in &group {
        let own = statement.check();
        let follows = match (before, &statement.opening) {
            (None, _) => BalanceCheck::Holds,
            (Some(closed), Some(opened)) => {
                compare(i128::from(closed.amount.minor), 0, opened.amount, statement.line)
            }
            (Some(_), None) => BalanceCheck::NotGiven,
        };
        for part in [follows, own] {
            check = match (check, part) {
                (BalanceCheck::Breaks { .. }, _) | (_, BalanceCheck::Holds) => check,
                (_, part) => part,
            };
        }
        before = statement.closing.as_ref();
    }
    AccountStatement {
        account: first.account.clone(),
        currency: first.currency,
        opening: first.opening.clone(),
        closing: last.closing.clone(),
        available: last.available.clone(),
        from: group.iter().filter_map(|statement| statement.first_day()).min(),
        to: group.iter().filter_map(|statement| statement.last_day()).max(),
        rows: group.iter().flat_map(|statement| statement.rows.iter().cloned()).collect(),
        check,
    }
}
