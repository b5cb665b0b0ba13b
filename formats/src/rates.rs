//! Exchange rates as the European Central Bank publishes them: a table with a day in the first column
//! and a currency above each other one, in units of that currency for one euro.

use domain::money::Currency;
use domain::rates::{CurrencyRate, Rate, RatesPublished};

use crate::{Broken, Problem, day, text};

/// Most days of a file: more than all there are since 1999.
pub const MOST_DAYS: usize = 20_000;

/// Reads `eurofxref-hist.csv` or `eurofxref.csv`.
///
/// # Errors
/// [`Broken`] names the line; nothing of such a file is taken.
pub fn read(bytes: &[u8], source: &str) -> Result<Vec<RatesPublished>, Broken> {
    let decoded = text::decode(bytes, None)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(decoded.text.as_bytes());
    let mut currencies: Vec<Option<Currency>> = Vec::new();
    let mut days = Vec::new();
    for record in reader.records().flatten() {
        let line = record.position().map_or(0, csv::Position::line);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        if currencies.is_empty() {
            if !record.get(0).is_some_and(|first| first.eq_ignore_ascii_case("date")) {
                return Err(Problem::Missing("the heading Date").at(line));
            }
            currencies = record.iter().skip(1).map(|code| Currency::parse(code).ok()).collect();
            continue;
        }
        if days.len() >= MOST_DAYS {
            return Err(Problem::TooManyRows.at(line));
        }
        let first = record.get(0).unwrap_or_default();
        let day = day::ordered(first, day::DateOrder::Ymd).or_else(|| in_words(first));
        let day = day.ok_or(Problem::Date.at(line))?;
        let mut rates = Vec::new();
        for (currency, rate) in currencies.iter().zip(record.iter().skip(1)) {
            // Some currencies are gone, and some were not there yet.
            let Some(currency) = currency.filter(|_| !matches!(rate, "" | "N/A")) else { continue };
            if Rate::parse(rate).is_none() {
                return Err(Problem::Unexpected("what stands for a rate").at(line));
            }
            rates.push(CurrencyRate { currency, rate: rate.to_owned() });
        }
        let (source, base) = (source.to_owned(), Currency::EUR);
        days.push(RatesPublished { source, day, base, rates });
    }
    if days.is_empty() { Err(Problem::Empty.at(0)) } else { Ok(days) }
}

/// `26 November 2026`, as the table of one day has it.
fn in_words(text: &str) -> Option<chrono::NaiveDate> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = text.split_whitespace();
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = (1_u32..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
    chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, month, day.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_of_the_bank_are_read_and_what_is_no_rate_is_named() {
        let history =
            b"Date,USD,SEK,CYP,\n2026-01-06,1.0500,11.2500,N/A,\n2026-01-05,1.0490,11.2340,N/A,\n";
        let days = read(history, "ecb").expect("rates");
        assert_eq!(days.len(), 2);
        assert_eq!(days[1].day.to_string(), "2026-01-05");
        let rate = |currency: &str, at: usize| {
            let found = days[at].rates.iter().find(|rate| rate.currency.code() == currency);
            found.map(|rate| rate.rate.clone())
        };
        assert_eq!((rate("SEK", 1), rate("CYP", 1)), (Some("11.2340".to_owned()), None));
        let one =
            read(b"Date, USD, SEK, \n26 November 2026, 1.05, 11.3, \n", "ecb").expect("rates");
        assert_eq!(one[0].day.to_string(), "2026-11-26");
        let broken = read(b"Date,USD\n2026-01-06,1.05x\n", "ecb").expect_err("refused");
        assert_eq!(broken.line, 2);
        assert!(read(b"USD\n1\n", "ecb").is_err() && read(b"Date,USD\nsoon,1\n", "ecb").is_err());
    }
}
