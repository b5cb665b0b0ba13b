//! A file of transactions with a category, a confidence and a reason beside each row, in one pass
//! and in bounded memory.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use crate::cascade::Cascade;
use crate::csv::{Record, Records, written};
use crate::learnt::{Learnt, MOST_LABELS, Tuning};
use crate::row::Subject;
use crate::statement::{BadRow, Columns, NoStatement};

/// Rows looked at before the first is answered, to see how the file writes money out.
const LOOKED_AT: usize = 500;
/// The columns that are added.
pub const ADDED: [&str; 3] = ["category", "confidence", "why"];

/// How a file writes money out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signs {
    /// As its first rows show: where three of four amounts have no sign, those are money out.
    #[default]
    Shown,
    /// With a minus.
    SpentNegative,
    /// Without a sign, as card statements do.
    SpentPositive,
}

/// Why a file could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its columns are not those of transactions.
    #[error(transparent)]
    NoStatement(#[from] NoStatement),
    /// It is empty.
    #[error("the file is empty; its first line has to name the columns")]
    Empty,
    /// A labelled file has no labels.
    #[error("no row has a category; a column named category, cat or label is looked for")]
    NoLabels,
    /// A labelled file has too many.
    #[error("there are more than {MOST_LABELS} different categories")]
    TooManyLabels,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows with an answer.
    pub answered: u64,
    /// Rows that could not be read.
    pub bad: u64,
    /// Whether amounts without a sign were taken as money out.
    pub spent_is_positive: bool,
}

/// The rows of a file.
struct Rows<R> {
    records: Records<R>,
    waiting: std::vec::IntoIter<Record>,
    columns: Columns,
    header: Vec<String>,
    spent_is_positive: bool,
}

impl<R: BufRead> Rows<R> {
    fn open(source: R, signs: Signs, category: Option<&str>) -> Result<Self, FileError> {
        let mut records = Records::of(source);
        let first = records.next_record()?.ok_or(FileError::Empty)?;
        let columns = Columns::find(&first, category)?;
        let mut waiting = Vec::new();
        while signs == Signs::Shown && waiting.len() < LOOKED_AT {
            let Some(record) = records.next_record()? else { break };
            waiting.push(record);
        }
        let amounts = waiting.iter().filter_map(|record| columns.amount(record));
        let (mut positive, mut all) = (0, 0);
        for minor in amounts {
            positive += usize::from(minor > 0);
            all += 1;
        }
        let spent_is_positive = match signs {
            Signs::Shown => positive * 4 >= all * 3 && all > 0,
            Signs::SpentPositive => true,
            Signs::SpentNegative => false,
        };
        let header = first.fields.unwrap_or_default();
        Ok(Self { records, waiting: waiting.into_iter(), columns, header, spent_is_positive })
    }

    fn next_record(&mut self) -> io::Result<Option<Record>> {
        match self.waiting.next() {
            Some(record) => Ok(Some(record)),
            None => self.records.next_record(),
        }
    }
}

/// Adds category, confidence and reason to every row of `source`. A row that cannot be read is
/// passed on with empty fields, and `bad` is told its line and why.
///
/// # Errors
/// [`FileError`] if the file as a whole cannot be worked on.
pub fn categorise(
    source: impl BufRead,
    target: &mut impl Write,
    cascade: &Cascade<'_>,
    signs: Signs,
    mut bad: impl FnMut(u64, BadRow),
) -> Result<Report, FileError> {
    let mut rows = Rows::open(source, signs, None)?;
    let separator = rows.records.separator();
    let mut report = Report { spent_is_positive: rows.spent_is_positive, ..Report::default() };
    // A column of that name stays what it was, and ours is named apart.
    let taken = |name: &str| rows.header.iter().any(|known| known.trim() == name);
    let added =
        ADDED.map(|name| if taken(name) { format!("{name}_given") } else { name.to_owned() });
    let header = rows.header.iter().map(String::as_str).chain(added.iter().map(String::as_str));
    writeln!(target, "{}", written(header, separator))?;
    while let Some(record) = rows.next_record()? {
        let read = rows.columns.read(&record, rows.spent_is_positive);
        let (category, confidence, why) = match read {
            Ok(line) => {
                report.answered += 1;
                let answer = cascade.answer(&line.subject, &line.currency);
                let confidence = format!("0.{:03}", answer.confidence.min(999));
                (answer.category.to_owned(), confidence, answer.why.to_string())
            }
            Err(fault) => {
                report.bad += 1;
                bad(record.line, fault);
                (String::new(), String::new(), format!("unread: {fault}"))
            }
        };
        let fields = record.fields.unwrap_or_else(|_| vec![String::new(); rows.header.len()]);
        let added = [category.as_str(), confidence.as_str(), why.as_str()];
        let fields = fields.iter().map(String::as_str).chain(added);
        writeln!(target, "{}", written(fields, separator))?;
    }
    target.flush()?;
    Ok(report)
}

/// Learns from a labelled file. `open` opens it anew each time; it is read four times. `category`
/// names the column of categories, if it has a name of its own.
///
/// # Errors
/// [`FileError`] if the file cannot be read or has no labels.
pub fn learn<R: BufRead>(
    open: impl Fn() -> io::Result<R>,
    signs: Signs,
    category: Option<&str>,
    mut bad: impl FnMut(u64, BadRow),
) -> Result<Learnt, FileError> {
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = Rows::open(open()?, signs, category)?;
    if !rows.columns.has_categories() {
        return Err(FileError::NoLabels);
    }
    while let Some(record) = rows.next_record()? {
        match rows.columns.read(&record, rows.spent_is_positive) {
            Ok(line) => {
                if let Some(label) = line.category {
                    let next = labels.len();
                    labels.entry(label).or_insert(next);
                }
            }
            Err(fault) => bad(record.line, fault),
        }
        if labels.len() > MOST_LABELS {
            return Err(FileError::TooManyLabels);
        }
    }
    if labels.is_empty() {
        return Err(FileError::NoLabels);
    }
    let mut names = vec![String::new(); labels.len()];
    for (name, place) in &labels {
        names[*place].clone_from(name);
    }
    let failed = std::cell::RefCell::new(None);
    let examples = || {
        let mut rows =
            open().map_err(FileError::from).and_then(|source| Rows::open(source, signs, category));
        let labels = &labels;
        let failed = &failed;
        std::iter::from_fn(move || {
            loop {
                let next = match &mut rows {
                    Ok(rows) => rows.next_record(),
                    Err(_) => return None,
                };
                let rows = rows.as_ref().ok()?;
                match next {
                    Ok(record) => {
                        let line = rows.columns.read(&record?, rows.spent_is_positive);
                        let Ok(line) = line else { continue };
                        let Some(label) = line.category else { continue };
                        let example: Option<(Subject, usize)> =
                            labels.get(&label).map(|place| (line.subject, *place));
                        return example;
                    }
                    Err(error) => {
                        *failed.borrow_mut() = Some(error);
                        return None;
                    }
                }
            }
        })
    };
    let learnt = Learnt::from_examples(names, Tuning::default(), examples);
    match failed.into_inner() {
        Some(error) => Err(error.into()),
        None => Ok(learnt),
    }
}
