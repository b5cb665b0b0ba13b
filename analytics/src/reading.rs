//! Reading the files of a data set, a row group at a time, as its manifest names them: what is half
//! written is not there yet.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use chrono::NaiveDate;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use serde::Deserialize;

use crate::rows::day_number;
use crate::schema::{Column, DATA_SET_VERSION, Kind, Table};

/// The name of the manifest in the folder of a data set.
pub const MANIFEST: &str = "manifest-parquet.json";
/// Largest manifest that is read, in bytes.
const LARGEST_MANIFEST: u64 = 64 * 1024 * 1024;
/// Values that are decoded at once.
const BATCH: usize = 8_192;

/// Why a data set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file cannot be read.
    #[error("{path} cannot be read: {cause}")]
    Path {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// There is no manifest: it is written last.
    #[error(
        "{0} is not there: nothing was exported here, or the export was not finished; `opl export --format parquet` into the same directory goes on where it stopped"
    )]
    Unfinished(PathBuf),
    /// There is no manifest that this program knows.
    #[error(
        "{0} is no manifest of a data set of version {DATA_SET_VERSION}; write one with `opl export --format parquet`"
    )]
    Manifest(PathBuf),
    /// A file is not what its manifest says.
    #[error("{path} is damaged: {cause}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

#[derive(Deserialize)]
struct Manifest {
    format: String,
    data_set: Option<u32>,
    position: u64,
    files: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    rows: usize,
    bytes: u64,
}

/// A file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it is.
    pub path: PathBuf,
    /// The first day of its month, for a table that has months.
    pub month: Option<NaiveDate>,
    /// How many rows it holds.
    pub rows: usize,
    /// How many bytes.
    pub bytes: u64,
}

/// A data set in a folder.
#[derive(Debug)]
pub struct DataSet {
    /// The place of the log it stands for.
    pub position: u64,
    parts: HashMap<&'static str, Vec<Part>>,
}

impl DataSet {
    /// Opens the data set of a folder.
    ///
    /// # Errors
    /// [`ReadError`] if there is none of this version.
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        let path = folder.join(MANIFEST);
        let failed = |cause: std::io::Error| match cause.kind() {
            std::io::ErrorKind::NotFound => ReadError::Unfinished(path.clone()),
            _ => ReadError::Path { path: path.clone(), cause },
        };
        if fs::metadata(&path).map_err(failed)?.len() > LARGEST_MANIFEST {
            return Err(ReadError::Manifest(path));
        }
        let read = fs::read(&path).map_err(failed)?;
        let manifest = serde_json::from_slice::<Manifest>(&read).ok();
        let ours =
            |one: &Manifest| one.format == "parquet" && one.data_set == Some(DATA_SET_VERSION);
        let Some(manifest) = manifest.filter(ours) else { return Err(ReadError::Manifest(path)) };
        let mut parts: HashMap<&'static str, Vec<Part>> = HashMap::new();
        for file in manifest.files {
            let (table, month) =
                place(&file.name).ok_or_else(|| ReadError::Manifest(path.clone()))?;
            let part =
                Part { path: folder.join(&file.name), month, rows: file.rows, bytes: file.bytes };
            parts.entry(table).or_default().push(part);
        }
        Ok(Self { position: manifest.position, parts })
    }

    /// The files of a table, in the order of the manifest.
    #[must_use]
    pub fn parts(&self, table: &Table) -> &[Part] {
        self.parts.get(table.name).map_or(&[], Vec::as_slice)
    }
}

/// The table and the month that the name of a file says: `TABLE/COLUMN=YYYY-MM-DD/FILE` or
/// `TABLE/FILE`. Names come from a file that somebody may have changed.
fn place(name: &str) -> Option<(&'static str, Option<NaiveDate>)> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !Path::new(name).components().all(plain) {
        return None;
    }
    let mut folders = name.split('/');
    let table = Table::named(folders.next()?)?;
    let month = match table.month {
        None => None,
        Some(column) => {
            let value = folders.next()?.strip_prefix(column)?.strip_prefix('=')?;
            Some(value.parse().ok()?)
        }
    };
    folders.next()?;
    folders.next().is_none().then_some((table.name, month))
}

/// Values of one column of some rows.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// Codes of texts, nought for none.
    Codes(Vec<u32>),
    /// Whole numbers, days, instants or truths.
    Numbers(Vec<i64>),
    /// The same, with whether each is there; of those that are not the number is nought.
    Sparse(Vec<i64>, Vec<bool>),
}

/// Gives equal texts equal codes, from 1. Nought is none.
#[derive(Debug)]
pub struct Texts {
    codes: HashMap<Bytes, u32>,
    texts: Vec<Bytes>,
    lately: Vec<u32>,
}

/// Places for texts seen lately.
const LATELY: usize = 1_024;

impl Default for Texts {
    fn default() -> Self {
        Self { codes: HashMap::new(), texts: vec![Bytes::new()], lately: vec![0; LATELY] }
    }
}

impl Texts {
    /// The text of a code; none of nought.
    #[must_use]
    pub fn text(&self, code: u32) -> Option<&str> {
        let text = self.texts.get(code as usize).filter(|_| code > 0)?;
        std::str::from_utf8(text).ok()
    }

    /// How many codes there are, with nought.
    #[must_use]
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    fn code(&mut self, text: &[u8]) -> u32 {
        // Texts repeat: a look at one place is mostly enough.
        let end = text.len().saturating_sub(4);
        let mix = text[end..].iter().fold(text.len(), |mix, byte| mix * 31 + usize::from(*byte));
        let mix = mix * 7 + text.first().map_or(0, |byte| usize::from(*byte));
        let place = mix % LATELY;
        let guess = self.lately[place];
        if guess > 0 && self.texts[guess as usize] == text {
            return guess;
        }
        let code = match self.codes.get(text) {
            Some(code) => *code,
            None => {
                let code = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
                let text = Bytes::copy_from_slice(text);
                self.texts.push(text.clone());
                self.codes.insert(text, code);
                code
            }
        };
        self.lately[place] = code;
        code
    }
}

/// An open file of a table.
pub struct Open<'a> {
    part: &'a Part,
    reader: SerializedFileReader<File>,
    places: HashMap<String, usize>,
}

impl<'a> Open<'a> {
    /// Opens a file.
    ///
    /// # Errors
    /// [`ReadError`] if it is gone or no Parquet file.
    pub fn of(part: &'a Part) -> Result<Self, ReadError> {
        let failed = |cause| ReadError::Path { path: part.path.clone(), cause };
        let file = File::open(&part.path).map_err(failed)?;
        let reader = SerializedFileReader::new(file).map_err(|error| damaged(part, &error))?;
        let columns = reader.metadata().file_metadata().schema_descr().columns().iter();
        let places = columns.enumerate().map(|(at, one)| (one.name().to_owned(), at)).collect();
        Ok(Self { part, reader, places })
    }

    /// How many row groups it has.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// How many rows a group has.
    #[must_use]
    pub fn rows(&self, group: usize) -> usize {
        usize::try_from(self.reader.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    /// A column of a group. A file of an older program may lack it: then it is empty.
    ///
    /// # Errors
    /// [`ReadError`] if the file is damaged.
    pub fn column(
        &self,
        group: usize,
        column: &Column,
        texts: &mut Texts,
    ) -> Result<Chunk, ReadError> {
        let rows = self.rows(group);
        let Some(place) = self.places.get(column.name) else {
            return Ok(match column.kind {
                Kind::Word | Kind::Text => Chunk::Codes(vec![0; rows]),
                _ => Chunk::Sparse(vec![0; rows], vec![false; rows]),
            });
        };
        let reader = self.reader.get_row_group(group);
        let read = reader.and_then(|group| read(group.as_ref(), *place, rows, texts));
        read.map_err(|error| damaged(self.part, &error))
    }

    /// The day of the file's month, as a column of it.
    #[must_use]
    pub fn month(&self) -> Option<i64> {
        self.part.month.map(|day| i64::from(day_number(day)))
    }
}

fn damaged(part: &Part, error: &ParquetError) -> ReadError {
    ReadError::Damaged { path: part.path.clone(), cause: error.to_string() }
}

fn read(
    group: &dyn RowGroupReader,
    place: usize,
    rows: usize,
    texts: &mut Texts,
) -> Result<Chunk, ParquetError> {
    match group.get_column_reader(place)? {
        ColumnReader::ByteArrayColumnReader(reader) => {
            let mut codes = Vec::with_capacity(rows);
            let take = |values: &mut Vec<ByteArray>, there: Option<&[i16]>| {
                let mut values = values.drain(..);
                let mut next = || values.next().map_or(0, |value| texts.code(value.data()));
                match there {
                    None => codes
                        .extend(std::iter::from_fn(|| values.next()).map(|v| texts.code(v.data()))),
                    Some(there) => {
                        codes.extend(there.iter().map(|one| if *one == 1 { next() } else { 0 }));
                    }
                }
            };
            batches::<ByteArrayType>(reader, rows, take)?;
            Ok(Chunk::Codes(codes))
        }
        ColumnReader::Int64ColumnReader(reader) => numbers::<Int64Type>(reader, rows, |one| one),
        ColumnReader::Int32ColumnReader(reader) => numbers::<Int32Type>(reader, rows, i64::from),
        ColumnReader::BoolColumnReader(reader) => numbers::<BoolType>(reader, rows, i64::from),
        _ => {
            Err(ParquetError::General("a column of a kind that is not of the data set".to_owned()))
        }
    }
}

fn numbers<T: DataType>(
    reader: ColumnReaderImpl<T>,
    rows: usize,
    number: impl Fn(T::T) -> i64,
) -> Result<Chunk, ParquetError> {
    let mut all = Vec::with_capacity(rows);
    let mut is_there: Option<Vec<bool>> = None;
    batches::<T>(reader, rows, |values, there| match there {
        None => all.extend(values.drain(..).map(&number)),
        Some(levels) => {
            let mut values = values.drain(..);
            let known = is_there.get_or_insert_with(|| Vec::with_capacity(rows));
            for one in levels {
                let value = if *one == 1 { values.next() } else { None };
                known.push(value.is_some());
                all.push(value.map_or(0, &number));
            }
        }
    })?;
    Ok(match is_there {
        None => Chunk::Numbers(all),
        Some(there) => Chunk::Sparse(all, there),
    })
}

/// Reads a column bit by bit: what is decoded stays small.
fn batches<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    mut take: impl FnMut(&mut Vec<T::T>, Option<&[i16]>),
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    let mut done = 0;
    while done < rows {
        levels.clear();
        values.clear();
        let (read, _, _) =
            reader.read_records(BATCH.min(rows - done), Some(&mut levels), None, &mut values)?;
        if read == 0 {
            return Err(ParquetError::General("rows are missing".to_owned()));
        }
        take(&mut values, (!levels.is_empty()).then_some(levels.as_slice()));
        done += read;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_table_and_month_and_leads_nowhere_else() {
        let month = NaiveDate::from_ymd_opt(2026, 3, 1);
        let name = "transactions/booked_month=2026-03-01/part.parquet";
        assert_eq!(place(name), Some(("transactions", month)));
        assert_eq!(place("accounts/part.parquet"), Some(("accounts", None)));
        for wrong in [
            "../transactions/booked_month=2026-03-01/part.parquet",
            "/accounts/part.parquet",
            "accounts/../part.parquet",
            "transactions/part.parquet",
            "transactions/booked_month=soon/part.parquet",
            "accounts/more/part.parquet",
            "people/part.parquet",
        ] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
