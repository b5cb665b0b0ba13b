//! Rows as the bytes of a Parquet file. The same rows give the same bytes.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};

use crate::rows::{Rows, Values};
use crate::schema::{Column, DATA_SET_VERSION, Kind, Table};

/// Most rows of a row group: what a reader takes into memory at once.
pub const ROWS_A_GROUP: usize = 131_072;
/// What wrote the files: of another writer the same rows may give other bytes.
pub const WRITER: &str = parquet::file::properties::DEFAULT_CREATED_BY;
/// How hard Zstandard tries, and with texts, which are most of a file.
const ZSTD_LEVEL: i32 = 3;
const ZSTD_LEVEL_OF_TEXTS: i32 = 9;

/// Why rows were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The Parquet library refused.
    #[error("the Parquet file cannot be written: {0}")]
    Parquet(#[from] ParquetError),
}

/// The rows as a Parquet file.
///
/// # Errors
/// [`WriteError`] if the library refuses.
pub fn bytes(rows: &Rows) -> Result<Vec<u8>, WriteError> {
    let mut out = Vec::new();
    write(rows, &mut out)?;
    Ok(out)
}

/// Writes the rows as a Parquet file.
///
/// # Errors
/// [`WriteError`] if the library or the writer refuses.
pub fn write(rows: &Rows, out: impl Write + Send) -> Result<(), WriteError> {
    let table = rows.table();
    let mut file = SerializedFileWriter::new(out, message(table)?, properties(table)?)?;
    let shared: Vec<Option<Bytes>> = rows
        .columns
        .iter()
        .map(|values| match values {
            Values::Text { bytes, .. } => Some(Bytes::copy_from_slice(bytes)),
            _ => None,
        })
        .collect();
    // Where each column's values of the next group begin.
    let mut begins = vec![0; rows.columns.len()];
    let mut from = 0;
    while from < rows.count() {
        let to = (from + ROWS_A_GROUP).min(rows.count());
        let mut group = file.next_row_group()?;
        for (at, values) in rows.columns.iter().enumerate() {
            let required = table.columns[at].required;
            let text = shared[at].as_ref();
            begins[at] = column(&mut group, values, text, required, from..to, begins[at])?;
        }
        group.close()?;
        from = to;
    }
    file.close()?;
    Ok(())
}

/// Writes one column of a group; answers where its values of the next group begin.
fn column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &Values,
    text: Option<&Bytes>,
    required: bool,
    rows: std::ops::Range<usize>,
    begin: usize,
) -> Result<usize, ParquetError> {
    let Some(mut writer) = group.next_column()? else { return Ok(begin) };
    let there = match values {
        Values::Text { there, .. }
        | Values::Whole { there, .. }
        | Values::Day { there, .. }
        | Values::Truth { there, .. } => &there[rows],
    };
    let count = there.iter().filter(|one| **one == 1).count();
    let (end, levels) = (begin + count, (!required).then_some(there));
    match (writer.untyped(), values) {
        (ColumnWriter::ByteArrayColumnWriter(writer), Values::Text { ends, .. }) => {
            let whole = text.cloned().unwrap_or_default();
            let starts = (begin..end).map(|at| if at == 0 { 0 } else { ends[at - 1] });
            let slices = starts.zip(&ends[begin..end]).map(|(from, to)| whole.slice(from..*to));
            let slices: Vec<ByteArray> = slices.map(ByteArray::from).collect();
            writer.write_batch(&slices, levels, None)?;
        }
        (ColumnWriter::Int64ColumnWriter(writer), Values::Whole { values, .. }) => {
            writer.write_batch(&values[begin..end], levels, None)?;
        }
        (ColumnWriter::Int32ColumnWriter(writer), Values::Day { values, .. }) => {
            writer.write_batch(&values[begin..end], levels, None)?;
        }
        (ColumnWriter::BoolColumnWriter(writer), Values::Truth { values, .. }) => {
            writer.write_batch(&values[begin..end], levels, None)?;
        }
        _ => return Err(ParquetError::General("a column of another kind".to_owned())),
    }
    writer.close()?;
    Ok(end)
}

fn message(table: &Table) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let repetition = if column.required { "REQUIRED" } else { "OPTIONAL" };
        let (physical, logical) = match column.kind {
            Kind::Word | Kind::Text => ("BYTE_ARRAY", " (STRING)"),
            Kind::Whole => ("INT64", ""),
            Kind::Day => ("INT32", " (DATE)"),
            Kind::Instant => ("INT64", " (TIMESTAMP(MICROS,true))"),
            Kind::Truth => ("BOOLEAN", ""),
        };
        format!("{repetition} {physical} {}{logical};\n", column.name)
    };
    let fields: String = table.columns.iter().map(field).collect();
    Ok(Arc::new(parse_message_type(&format!("message {} {{\n{fields}}}", table.name))?))
}

fn properties(table: &Table) -> Result<WriterPropertiesPtr, ParquetError> {
    let version =
        KeyValue::new("one-point-ledger.data-set".to_owned(), DATA_SET_VERSION.to_string());
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROWS_A_GROUP))
        .set_key_value_metadata(Some(vec![version]));
    for column in table.columns {
        let path = ColumnPath::from(column.name);
        if column.kind == Kind::Text {
            let level = ZstdLevel::try_new(ZSTD_LEVEL_OF_TEXTS)?;
            properties = properties.set_column_compression(path.clone(), Compression::ZSTD(level));
        }
        let encoding = match column.kind {
            // A dictionary is made for these.
            Kind::Word | Kind::Day | Kind::Truth => continue,
            Kind::Text => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            // Prices are often said again.
            Kind::Whole if column.name.ends_with("_minor") => continue,
            Kind::Whole | Kind::Instant => Encoding::DELTA_BINARY_PACKED,
        };
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, encoding);
    }
    Ok(Arc::new(properties.build()))
}
