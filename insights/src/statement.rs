//! A file of transactions: which of its columns are which, and its rows.

use chrono::NaiveDate;

use crate::csv::{Broken, Record};
use crate::row::{Row, Subject};
use crate::text::folded;

/// What columns are called, folded.
const DATE: &[&str] = &[
    "date",
    "booking date",
    "booked",
    "transaction date",
    "kirjauspaiva",
    "paivamaara",
    "pvm",
    "maksupaiva",
    "arvopaiva",
    "datum",
    "bokforingsdag",
    "bokforingsdatum",
    "transaktionsdatum",
];
const AMOUNT: &[&str] = &[
    "amount",
    "summa",
    "maara",
    "maara eur",
    "maara euroa",
    "belopp",
    "value",
    "amount eur",
    "sum",
    "maara euro",
];
const CURRENCY: &[&str] = &["currency", "valuutta", "valuta"];
const TEXT: &[&str] = &[
    "text",
    "description",
    "merchant",
    "message",
    "viesti",
    "selite",
    "meddelande",
    "beskrivning",
    "specifikation",
    "details",
    "memo",
    "narrative",
    "descriptor",
];
const PAYEE: &[&str] = &[
    "counterparty",
    "payee",
    "saaja maksaja",
    "saaja",
    "maksaja saaja",
    "motpart",
    "mottagare",
    "name",
    "nimi",
    "namn",
    "counterparty name",
];
const KIND: &[&str] =
    &["type", "bank type", "laji", "selitys", "tapahtumalaji", "transaction type"];
const CODE: &[&str] = &["mcc", "merchant category code"];
const ACCOUNT: &[&str] = &["account", "card", "tili", "tilinumero", "kortti", "konto", "iban"];
const CATEGORY: &[&str] = &["category", "cat", "label", "kategoria", "kategori", "luokka"];

/// Where the columns are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    count: usize,
    date: usize,
    amount: usize,
    currency: Option<usize>,
    text: Option<usize>,
    payee: Option<usize>,
    kind: Option<usize>,
    code: Option<usize>,
    account: Option<usize>,
    category: Option<usize>,
}

/// Why a file cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStatement {
    /// The first record cannot be read.
    #[error("the first line cannot be read: {0}")]
    Broken(Broken),
    /// A column is missing.
    #[error("there is no column for the {0}; one of these is looked for: {1}")]
    Missing(&'static str, String),
    /// The column that was asked for is missing.
    #[error("there is no column `{0}`")]
    NoColumn(String),
}

/// Why a row cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    /// The record is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It has another number of fields than the first line.
    #[error("it has {0} fields, and the first line {1}")]
    Fields(usize, usize),
    /// The date is none.
    #[error("the date is not one of YYYY-MM-DD, DD.MM.YYYY, DD/MM/YYYY")]
    Date,
    /// The amount is none.
    #[error("the amount is not a number with at most two decimals")]
    Amount,
    /// The currency is none.
    #[error("the currency is not three letters")]
    Currency,
    /// Nothing says what it is.
    #[error("it has neither a text nor a payee")]
    Silent,
}

/// One row of a file.
#[derive(Clone, Debug)]
pub struct Line {
    /// The day.
    pub date: NaiveDate,
    /// The row, ready for its category.
    pub subject: Subject,
    /// The currency.
    pub currency: String,
    /// The category it bears; none if it bears none.
    pub category: Option<String>,
}

impl Columns {
    /// Finds the columns by the first record; `category` names the column of categories, if it has
    /// a name of its own.
    ///
    /// # Errors
    /// [`NoStatement`] names what is missing.
    pub fn find(first: &Record, category: Option<&str>) -> Result<Self, NoStatement> {
        let fields = first.fields.as_ref().map_err(|broken| NoStatement::Broken(*broken))?;
        let names: Vec<String> = fields.iter().map(|field| folded(field)).collect();
        let find = |wanted: &[&str]| {
            wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted))
        };
        let need = |what, wanted: &[&str]| {
            find(wanted).ok_or_else(|| NoStatement::Missing(what, wanted.join(", ")))
        };
        let (text, payee) = (find(TEXT), find(PAYEE));
        if payee.is_none() {
            need("text", TEXT)?;
        }
        let category = match category {
            Some(name) => {
                let place = fields.iter().position(|field| field.trim() == name);
                Some(place.ok_or_else(|| NoStatement::NoColumn(name.to_owned()))?)
            }
            None => find(CATEGORY),
        };
        Ok(Self {
            count: fields.len(),
            date: need("date", DATE)?,
            amount: need("amount", AMOUNT)?,
            currency: find(CURRENCY),
            text,
            payee,
            kind: find(KIND),
            code: find(CODE),
            account: find(ACCOUNT),
            category,
        })
    }

    /// Whether there is a column of categories.
    #[must_use]
    pub fn has_categories(&self) -> bool {
        self.category.is_some()
    }

    /// Reads one row. `spent_is_positive` says that the file writes money out without a sign.
    ///
    /// # Errors
    /// [`BadRow`] says what is wrong, without the row's content.
    pub fn read(&self, record: &Record, spent_is_positive: bool) -> Result<Line, BadRow> {
        let fields = record.fields.as_ref().map_err(|broken| BadRow::Broken(*broken))?;
        if fields.len() != self.count {
            return Err(BadRow::Fields(fields.len(), self.count));
        }
        let field = |place: Option<usize>| {
            place.map(|place| fields[place].trim()).filter(|text| !text.is_empty())
        };
        let date = date(fields[self.date].trim()).ok_or(BadRow::Date)?;
        let (minor, written) = amount(&fields[self.amount]).ok_or(BadRow::Amount)?;
        let currency = field(self.currency).map(str::to_uppercase).or(written);
        let currency = currency.unwrap_or_else(|| "EUR".to_owned());
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(BadRow::Currency);
        }
        let (text, payee) = (field(self.text), field(self.payee));
        if text.is_none() && payee.is_none() {
            return Err(BadRow::Silent);
        }
        let row = Row {
            counterparty: payee,
            text: text.unwrap_or_default(),
            bank_type: field(self.kind),
            mcc: field(self.code).and_then(|code| code.parse().ok()),
            minor: if spent_is_positive { -minor } else { minor },
            currency: &currency,
            account: field(self.account),
            on_card: false,
        };
        let (subject, category) = (Subject::of(&row), field(self.category).map(str::to_owned));
        Ok(Line { date, subject, currency, category })
    }

    /// The amount of a record as the file writes it, in hundredths; none if it has none.
    #[must_use]
    pub fn amount(&self, record: &Record) -> Option<i64> {
        amount(record.fields.as_ref().ok()?.get(self.amount)?).map(|(minor, _)| minor)
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let day = text.split(['T', ' ']).next()?;
    ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(day, form).ok())
}

/// What may stand in an amount beside digits, letters and gaps.
const SIGNS: &str = ",.-+\u{2212}()'€£$";

/// An amount in hundredths, and the currency written beside it. The last of a comma and a dot that
/// has one or two digits behind it is the decimal sign.
fn amount(text: &str) -> Option<(i64, Option<String>)> {
    let text = text.trim();
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let currency = (letters.len() == 3).then(|| letters.to_uppercase());
    let bracketed = text.starts_with('(') && text.ends_with(')');
    let negative = bracketed || text.contains(['-', '\u{2212}']);
    let kept: String =
        text.chars().filter(|sign| sign.is_ascii_digit() || matches!(sign, ',' | '.')).collect();
    let odd = text.chars().any(|sign| {
        !(sign.is_ascii_alphanumeric() || sign.is_whitespace() || SIGNS.contains(sign))
    });
    if odd || (!letters.is_empty() && currency.is_none()) {
        return None;
    }
    let (whole, decimals) = match kept.rfind([',', '.']) {
        Some(sign) if kept.len() - sign <= 3 => (&kept[..sign], &kept[sign + 1..]),
        _ => (kept.as_str(), ""),
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    if whole.is_empty() && decimals.is_empty() {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let decimals: i64 = format!("{decimals:0<2}").parse().ok()?;
    let minor = whole.checked_mul(100)?.checked_add(decimals)?;
    Some((if negative { -minor } else { minor }, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let table = [
            ("-12.34", Some(-1234)),
            ("1 234,5", Some(123_450)),
            ("\u{2212}1.234,56", Some(-123_456)),
            ("1,234.56", Some(123_456)),
            ("1,234", Some(123_400)),
            ("12", Some(1200)),
            ("(3.00)", Some(-300)),
            ("-10,00 EUR", Some(-1000)),
            ("+5", Some(500)),
            (".5", Some(50)),
            ("", None),
            ("abc", None),
            ("12;3", None),
            ("99999999999999999999", None),
        ];
        for (text, wanted) in table {
            assert_eq!(amount(text).map(|(minor, _)| minor), wanted, "{text}");
        }
        assert_eq!(amount("-10,00 EUR").and_then(|(_, currency)| currency).as_deref(), Some("EUR"));
    }

    #[test]
    fn columns_are_found_in_three_languages_and_rows_say_what_is_wrong() {
        let record = |text: &str| Record {
            line: 1,
            fields: Ok(text.split(';').map(str::to_owned).collect()),
        };
        for head in [
            "date;amount;currency;text",
            "Kirjauspäivä;Määrä;Valuutta;Viesti",
            "Datum;Belopp;Valuta;Meddelande",
        ] {
            let columns = Columns::find(&record(head), None);
            let columns = columns.unwrap_or_else(|error| panic!("{head}: {error}"));
            let bad = |text: &str| columns.read(&record(text), false).err();
            assert_eq!(bad("2026-01-31;-1,00;EUR;Lidl"), None);
            assert_eq!(bad("31.1.2026;-1,00;;Lidl"), None);
            assert_eq!(bad("31.31.2026;-1,00;EUR;Lidl"), Some(BadRow::Date));
            assert_eq!(bad("2026-01-31;x;EUR;Lidl"), Some(BadRow::Amount));
            assert_eq!(bad("2026-01-31;1;EURO;Lidl"), Some(BadRow::Currency));
            assert_eq!(bad("2026-01-31;1;EUR;"), Some(BadRow::Silent));
            assert_eq!(bad("2026-01-31;1;EUR"), Some(BadRow::Fields(3, 4)));
        }
        let missing = Columns::find(&record("date;currency;text"), None);
        assert!(matches!(missing, Err(NoStatement::Missing("amount", _))));
    }
}
