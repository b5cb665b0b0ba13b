//! What a query needs of the files. A query over one table that sums up needs only sums by the
//! columns it speaks of, so rows are added up while they are read and SQLite sees the sums; for every
//! other query SQLite is given the rows, with the columns the query names.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::NaiveDate;

use super::words::{Is, Word};
use crate::rows::day_number;
use crate::schema::{Column, Kind, Table};

/// How a column compares with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Compare {
    fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" | "==" => Self::Is,
            "<>" | "!=" => Self::IsNot,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::More,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }

    pub fn holds<T: Ord + ?Sized>(self, one: &T, other: &T) -> bool {
        match self {
            Self::Is => one == other,
            Self::IsNot => one != other,
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::More => one > other,
            Self::AtLeast => one >= other,
        }
    }
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Against {
    Text(String),
    Number(i64),
}

/// A condition that every row of an answer meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub column: Place,
    pub compare: Compare,
    pub against: Against,
}

/// A column of a table: the month of its folder, or one of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Month,
    Column(usize),
}

impl Place {
    pub fn name(self, table: &Table) -> &'static str {
        match self {
            Self::Month => table.month.unwrap_or_default(),
            Self::Column(at) => table.columns[at].name,
        }
    }

    pub fn kind(self, table: &Table) -> Kind {
        self.column(table).map_or(Kind::Day, |column| column.kind)
    }

    pub fn column(self, table: &Table) -> Option<&'static Column> {
        match self {
            Self::Month => None,
            Self::Column(at) => table.columns.get(at),
        }
    }

    fn of(table: &Table, word: &Word<'_>) -> Option<Self> {
        if table.month.is_some_and(|month| word.names(month)) {
            return Some(Self::Month);
        }
        let at = table.columns.iter().position(|column| word.names(column.name));
        at.map(Self::Column)
    }

    pub fn all(table: &Table) -> impl Iterator<Item = Self> {
        let month = table.month.map(|_| Self::Month);
        month.into_iter().chain((0..table.columns.len()).map(Self::Column))
    }
}

/// A query over one table.
#[derive(Clone, Debug)]
pub(super) struct Single {
    pub table: &'static Table,
    /// What every row meets; the query's text says so no more.
    pub conditions: Vec<Condition>,
    /// The query over rows that meet the conditions.
    pub text: String,
    /// The columns that the text names.
    pub columns: BTreeSet<Place>,
    /// The same over sums, where that can be.
    pub sums: Option<Sums>,
}

/// A query over sums.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// The columns rows are added up by.
    pub keys: BTreeSet<Place>,
    /// The whole numbers that are added up.
    pub measures: BTreeSet<usize>,
    /// The query.
    pub text: String,
}

/// The number of rows that a row of sums stands for.
pub(super) const ROWS: &str = "opl_rows";

/// Words after which a query is more than one look at one table.
const MORE: [&str; 12] = [
    "with",
    "join",
    "union",
    "intersect",
    "except",
    "over",
    "window",
    "distinct",
    "filter",
    "natural",
    "exists",
    "values",
];

/// Functions that look at many rows and cannot be had from sums.
const OTHER_AGGREGATES: [&str; 9] = [
    "total",
    "group_concat",
    "string_agg",
    "median",
    "percentile",
    "percentile_cont",
    "percentile_disc",
    "json_group_array",
    "json_group_object",
];

/// What a text needs, if it is a query over one table.
pub(super) fn single(sql: &str, words: &[Word<'_>]) -> Option<Single> {
    let places = |keyword: &str| words.iter().filter(|word| word.says(keyword)).count();
    if !words.first()?.says("select") || places("select") != 1 || places("from") != 1 {
        return None;
    }
    if MORE.iter().any(|keyword| places(keyword) > 0) {
        return None;
    }
    let from = words.iter().position(|word| word.says("from"))?;
    let named = words.get(from + 1).filter(|word| matches!(word.is, Is::Name | Is::Quoted))?;
    let table = Table::named(named.text)?;
    let after = after_table(words, from + 2)?;
    let end =
        |word: &Word<'_>| ["group", "order", "having", "limit"].iter().any(|one| word.says(one));
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut conditions = Vec::new();
    if words.get(after).is_some_and(|word| word.says("where")) {
        let mut depth = 0_i32;
        let until = words[after..].iter().position(|word| {
            depth += i32::from(word.sign("(")) - i32::from(word.sign(")"));
            depth == 0 && end(word)
        });
        let until = until.map_or(words.len(), |count| after + count);
        conditions = met_by_all(table, &words[after + 1..until], &mut edits);
    }
    let sums = sums(sql, words, table, &edits);
    let columns = named_columns(words, table, &edits)?;
    Some(Single { table, conditions, text: edited(sql, &edits), columns, sums })
}

/// The place after the name of the table and what it is called; none if another table follows.
fn after_table(words: &[Word<'_>], at: usize) -> Option<usize> {
    let goes_on = |word: &Word<'_>| {
        ["where", "group", "order", "having", "limit"].iter().any(|one| word.says(one))
    };
    let at = match words.get(at) {
        Some(word) if word.says("as") => at + 2,
        Some(word) if matches!(word.is, Is::Name | Is::Quoted) && !goes_on(word) => at + 1,
        _ => at,
    };
    words.get(at).is_none_or(goes_on).then_some(at)
}

/// The conditions that stand side by side and compare a column with a value. Each is edited out.
fn met_by_all(
    table: &'static Table,
    words: &[Word<'_>],
    edits: &mut Vec<(Range<usize>, String)>,
) -> Vec<Condition> {
    let mut depth = 0_i32;
    let mut parts: Vec<Vec<Word<'_>>> = vec![Vec::new()];
    for word in words {
        depth += i32::from(word.sign("(")) - i32::from(word.sign(")"));
        let loose = ["or", "between", "case", "not", "collate"].iter().any(|one| word.says(one));
        if depth == 0 && loose {
            return Vec::new();
        }
        if depth == 0 && word.says("and") {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(*word);
        }
    }
    let mut conditions = Vec::new();
    for part in parts {
        if let (Some(condition), [first, .., last]) = (condition(table, &part), part.as_slice()) {
            edits.push((first.from..last.to, "1".to_owned()));
            conditions.push(condition);
        }
    }
    conditions
}

fn condition(table: &'static Table, part: &[Word<'_>]) -> Option<Condition> {
    let part = if part.get(1)?.sign(".") { &part[2..] } else { part };
    let (column, compare, value) = match part {
        [column, compare, value] => (column, compare, vec![value]),
        [column, compare, minus, value] if minus.sign("-") => (column, compare, vec![minus, value]),
        _ => return None,
    };
    let column = Place::of(table, column)?;
    let compare = Compare::of(compare.text).filter(|_| compare.is == Is::Sign)?;
    let text = || match value.as_slice() {
        [one] if one.is == Is::Text => Some(one.text.replace("''", "'")),
        _ => None,
    };
    let against = match column.kind(table) {
        Kind::Word | Kind::Text => Against::Text(text()?),
        Kind::Day => {
            let text = text()?;
            let day: NaiveDate = text.parse().ok()?;
            // As it is compared in SQLite, by its letters.
            (day.to_string() == text).then_some(())?;
            Against::Number(i64::from(day_number(day)))
        }
        Kind::Whole | Kind::Truth => {
            let written: String = value.iter().map(|word| word.text).collect();
            value.iter().all(|word| word.is != Is::Text).then_some(())?;
            Against::Number(written.parse().ok()?)
        }
        Kind::Instant => return None,
    };
    Some(Condition { column, compare, against })
}

/// The text with parts of it replaced.
fn edited(sql: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut edits: Vec<_> = edits.iter().collect();
    edits.sort_by_key(|(range, _)| range.start);
    let (mut text, mut at) = (String::with_capacity(sql.len()), 0);
    for (range, new) in edits {
        text.push_str(&sql[at..range.start]);
        text.push_str(new);
        at = range.end;
    }
    text.push_str(&sql[at..]);
    text
}

/// The columns that the words outside the edits name; none if it says `*` and means all.
fn named_columns(
    words: &[Word<'_>],
    table: &'static Table,
    edits: &[(Range<usize>, String)],
) -> Option<BTreeSet<Place>> {
    let gone = |word: &Word<'_>| edits.iter().any(|(range, _)| range.contains(&word.from));
    let mut columns = BTreeSet::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| !gone(word)) {
        let before = at.checked_sub(1).map(|at| &words[at]);
        if is_all(word, before) {
            return Some(Place::all(table).collect());
        }
        // What something is called is not what it is.
        if before.is_none_or(|before| !before.says("as")) {
            columns.extend(Place::of(table, word));
        }
    }
    Some(columns)
}

/// Whether a `*` stands for all columns, and not for a product or for `count(*)`.
pub(super) fn is_all(word: &Word<'_>, before: Option<&Word<'_>>) -> bool {
    let opens = |before: &Word<'_>| before.says("select") || before.sign(",") || before.sign(".");
    word.sign("*") && before.is_some_and(opens)
}

/// The query over sums, if it can be answered from them.
fn sums(
    sql: &str,
    words: &[Word<'_>],
    table: &'static Table,
    conditions: &[(Range<usize>, String)],
) -> Option<Sums> {
    let (mut edits, mut measures) = (conditions.to_vec(), BTreeSet::new());
    let mut adds_up = words.iter().any(|word| word.says("group"));
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| &words[at]);
        let calls = words.get(at + 1).is_some_and(|next| next.sign("("));
        if is_all(word, before) || (calls && OTHER_AGGREGATES.iter().any(|name| word.names(name))) {
            return None;
        }
        let function =
            ["count", "sum", "avg", "min", "max"].into_iter().find(|name| word.says(name));
        let Some(function) = function.filter(|_| calls) else { continue };
        adds_up = true;
        // `name(column)`, `name(t.column)`, `count(*)`.
        let (qualified, argument, close) = match &words[at + 2..] {
            [one, close, ..] if close.sign(")") => (String::new(), one, close),
            [of, dot, one, close, ..] if dot.sign(".") && close.sign(")") => {
                (format!("{}.", &sql[of.from..of.to]), one, close)
            }
            // Of several values the least is not one of many rows.
            _ if matches!(function, "min" | "max") => return None,
            _ => return None,
        };
        let new = match (function, Place::of(table, argument)) {
            ("count", None) if argument.sign("*") => count_all(),
            ("count", Some(place)) if place.column(table).is_none_or(|one| one.required) => {
                count_all()
            }
            (function, Some(Place::Column(column)))
                if table.columns[column].kind == Kind::Whole =>
            {
                measures.insert(column);
                summed(function, &qualified, table.columns[column].name)
            }
            // Of equal values it makes no difference how many they are.
            ("min" | "max", Some(_)) => continue,
            _ => return None,
        };
        edits.push((word.from..close.to, new));
    }
    let keys = named_columns(words, table, &edits)?;
    adds_up.then(|| Sums { keys, measures, text: edited(sql, &edits) })
}

fn count_all() -> String {
    format!("coalesce(sum({ROWS}), 0)")
}

fn summed(function: &str, qualified: &str, column: &str) -> String {
    let part = |what: &str| format!("{qualified}opl_{what}_{column}");
    match function {
        "count" => format!("coalesce(sum({}), 0)", part("count")),
        "sum" => format!("sum({})", part("sum")),
        "min" => format!("min({})", part("min")),
        "max" => format!("max({})", part("max")),
        _ => format!("(1.0 * sum({}) / nullif(sum({}), 0))", part("sum"), part("count")),
    }
}
