//! Finds out how a table is to be read. What cannot be told stays open, for a person to say.

use std::collections::BTreeMap;

use csv::ReaderBuilder;
use domain::money::Currency;

use super::mapping::{Column, Mapping, Proposal, Role};
use super::words;
use crate::text::Decoded;
use crate::{Problem, amount, day};

/// What may stand between columns, the likeliest first.
const DELIMITERS: [char; 4] = [';', '\t', ',', '|'];
/// Rows looked at to tell the delimiter and the heading.
const LOOKED_AT: usize = 60;
/// Rows looked at to tell how dates and amounts are written.
const MOST_LOOKED_AT: usize = 100_000;
/// Rows shown to the person.
const SHOWN: usize = 5;
/// Most columns of a table.
pub(crate) const MOST_COLUMNS: usize = 100;

/// A table split into cells, with the line of each row.
pub(crate) type Cells = Vec<(u32, Vec<String>)>;

/// Splits a text; rows may have any number of cells. Stops after `most` rows.
pub(crate) fn split(text: &str, delimiter: char, most: usize) -> Cells {
    let mut reader = ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b';'))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    // The text is UTF-8 and in memory, so no record can fail.
    for record in reader.records().flatten().take(most) {
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Vec<String> =
            record.iter().take(MOST_COLUMNS).map(|cell| cell.trim().to_owned()).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push((u32::try_from(line).unwrap_or(u32::MAX), cells));
        }
    }
    rows
}

/// The number of columns most rows have.
fn usual_width(rows: &Cells) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, cells) in rows {
        *counts.entry(cells.len()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

fn delimiter_of(text: &str) -> char {
    let score = |delimiter: &char| {
        let rows = split(text, *delimiter, LOOKED_AT);
        let width = usual_width(&rows);
        let usual = rows.iter().filter(|(_, cells)| cells.len() == width).count();
        if width < 2 { 0 } else { usual * 1_000 / rows.len().max(1) * width.min(12) }
    };
    let scored = DELIMITERS.iter().enumerate().map(|(at, letter)| (score(letter), at, *letter));
    scored.max_by_key(|(score, at, _)| (*score, usize::MAX - at)).map_or(';', |(.., letter)| letter)
}

/// The row that is a heading: the first with two words known to stand above columns and no amount.
fn heading_of(rows: &Cells) -> Option<usize> {
    let known =
        |cells: &[String]| cells.iter().filter(|cell| words::role_of(cell).is_some()).count();
    let best = rows.iter().take(LOOKED_AT).position(|(_, cells)| known(cells) >= 2);
    best.or_else(|| {
        // A row of words above rows that have digits in most columns they have anything in.
        let (_, first) = rows.first()?;
        let (_, second) = rows.get(1)?;
        let digits = |cells: &[String]| {
            cells
                .iter()
                .filter(|cell| cell.contains(|letter: char| letter.is_ascii_digit()))
                .count()
        };
        (digits(first) == 0 && digits(second) >= 2 && first.len() == second.len()).then_some(0)
    })
}

/// Proposes a mapping, keeping whatever of it is given.
pub(crate) fn propose(decoded: &Decoded, given: Option<&Mapping>) -> Proposal {
    let text = decoded.text.as_str();
    let mut mapping = given.cloned().unwrap_or_default();
    mapping.encoding.get_or_insert(decoded.encoding);
    let delimiter = *mapping.delimiter.get_or_insert_with(|| delimiter_of(text));
    let rows = split(text, delimiter, MOST_LOOKED_AT);
    let found = match (mapping.skip, mapping.heading) {
        (Some(skip), Some(true)) => rows.iter().position(|(line, _)| *line > skip),
        (_, Some(false)) => None,
        _ => heading_of(&rows),
    };
    let headings = found.map(|at| rows[at].1.clone()).unwrap_or_default();
    let first_line = found.map_or(0, |at| rows[at].0.saturating_sub(1));
    mapping.heading.get_or_insert(found.is_some());
    let skip = *mapping.skip.get_or_insert(first_line);
    let body: Vec<&Vec<String>> = (rows.iter())
        .filter(|(line, _)| *line > skip.saturating_add(u32::from(found.is_some())))
        .map(|(_, cells)| cells)
        .collect();
    if mapping.columns.is_empty() {
        mapping.columns = by_heading(&headings);
        if !mapping.is_enough() {
            let guessed = by_content(&body, &headings, &mapping);
            mapping.columns.extend(guessed);
        }
    }
    let mut problem = (!mapping.is_enough()).then_some(Problem::NoMapping);
    if problem.is_none() {
        problem = how_written(&mut mapping, &headings, &body);
    }
    let sample = body.iter().take(SHOWN).map(|cells| (*cells).clone()).collect();
    Proposal { mapping, headings, sample, problem }
}

fn by_heading(headings: &[String]) -> BTreeMap<Role, Vec<Column>> {
    let mut columns: BTreeMap<Role, Vec<Column>> = BTreeMap::new();
    for (heading, place) in headings.iter().zip(1_u32..) {
        let Some(role) = words::role_of(heading) else { continue };
        let taken = columns.entry(role).or_default();
        let once = !matches!(role, Role::Text);
        if taken.is_empty() || !once {
            let twice = headings.iter().filter(|other| *other == heading).count() > 1;
            taken.push(if twice { Column::Place(place) } else { Column::Heading(heading.clone()) });
        }
    }
    // A statement of one column of days has no other booking date.
    for other in [Role::PaymentDate, Role::ValueDate] {
        if !columns.contains_key(&Role::BookingDate)
            && let Some(days) = columns.remove(&other)
        {
            columns.insert(Role::BookingDate, days);
        }
    }
    columns
}

/// By what stands in the columns: the first of days, the first of amounts, and texts.
fn by_content(
    body: &[&Vec<String>],
    headings: &[String],
    mapping: &Mapping,
) -> BTreeMap<Role, Vec<Column>> {
    let width = body.iter().map(|cells| cells.len()).max().unwrap_or(0);
    let mut columns: BTreeMap<Role, Vec<Column>> = BTreeMap::new();
    for place in 0..width {
        let cells = || body.iter().filter_map(|row| row.get(place)).map(String::as_str);
        let cells = || cells().filter(|cell| !cell.is_empty());
        if cells().next().is_none() {
            continue;
        }
        let column = match headings.get(place).filter(|heading| !heading.is_empty()) {
            Some(heading) => Column::Heading(heading.clone()),
            None => Column::Place(u32::try_from(place + 1).unwrap_or(u32::MAX)),
        };
        let days = !day::orders(cells().collect::<Vec<_>>().iter().copied()).is_empty();
        let mark = mapping.decimal.or_else(|| amount::mark_of(cells()));
        let amounts = mark.is_some_and(|mark| {
            cells().all(|cell| amount::read(cell, mark, Currency::EUR).is_ok())
        });
        let role = if days && !columns.contains_key(&Role::BookingDate) {
            Role::BookingDate
        } else if !days && amounts && !columns.contains_key(&Role::Amount) {
            Role::Amount
        } else if !days && !amounts {
            Role::Text
        } else {
            continue;
        };
        columns.entry(role).or_default().push(column);
    }
    if let Some(texts) = columns.get_mut(&Role::Text) {
        texts.truncate(super::mapping::MOST_COLUMNS_A_ROLE);
    }
    columns
}

/// Finds out how days and amounts are written; tells what stays open.
fn how_written(
    mapping: &mut Mapping,
    headings: &[String],
    body: &[&Vec<String>],
) -> Option<Problem> {
    let cells = |mapping: &Mapping, roles: &[Role]| {
        let places: Vec<usize> = roles
            .iter()
            .filter_map(|role| mapping.columns.get(role))
            .flatten()
            .filter_map(|column| super::place_of(column, headings))
            .collect();
        let cells = body.iter().flat_map(|row| places.iter().filter_map(|place| row.get(*place)));
        cells.map(String::as_str).filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    };
    if mapping.dates.is_none() {
        let days = cells(mapping, &[Role::BookingDate, Role::ValueDate, Role::PaymentDate]);
        match day::orders(days.iter().copied()).as_slice() {
            [one] => mapping.dates = Some(*one),
            // Which row is wrong is found when rows are read.
            [] => mapping.dates = Some(usual_order(&days)),
            _ => return Some(Problem::DateOrder),
        }
    }
    if mapping.decimal.is_none() {
        let amounts = cells(mapping, &[Role::Amount, Role::Credit, Role::Debit, Role::Balance]);
        let told = amount::mark_of(amounts.iter().copied());
        // Whole amounts without any mark are the same either way.
        mapping.decimal = Some(told.unwrap_or(amount::DecimalMark::Comma));
    }
    if mapping.currency.is_none() && !mapping.columns.contains_key(&Role::Currency) {
        mapping.currency = headings.iter().find_map(|heading| currency_in(heading));
    }
    None
}

/// The order most of the days have.
fn usual_order(days: &[&str]) -> day::DateOrder {
    let orders = [day::DateOrder::Ymd, day::DateOrder::Dmy, day::DateOrder::Mdy];
    let fitting = |order: &day::DateOrder| {
        days.iter().filter(|text| day::ordered(text, *order).is_some()).count()
    };
    orders.into_iter().max_by_key(fitting).unwrap_or(day::DateOrder::Ymd)
}

/// A currency named in a heading, such as `Määrä EUROA` or `Amount (SEK)`.
fn currency_in(heading: &str) -> Option<Currency> {
    let words = heading.split(|letter: char| !letter.is_alphabetic());
    words.into_iter().find_map(|word| match word.to_uppercase().as_str() {
        "EUROA" | "EURO" | "EUR" => Some(Currency::EUR),
        code @ ("SEK" | "NOK" | "DKK" | "GBP" | "USD" | "CHF" | "PLN") => {
            Currency::parse(code).ok()
        }
        _ => None,
    })
}
