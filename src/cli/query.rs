//! `opl query`: SQL over a data set that `opl export --format parquet` wrote.

use std::io::Write as _;
use std::path::PathBuf;

use analytics::{Answer, DataSet};
use clap::{Args, ValueEnum};
use rusqlite::types::Value;

use super::Failure;

/// What `opl query` takes.
#[derive(Args)]
pub(super) struct QueryArguments {
    /// One query: SELECT, WITH or VALUES, as SQLite speaks it
    sql: String,
    /// The directory of the data set
    #[arg(long, value_name = "DIR", default_value = "data-set")]
    data_set: PathBuf,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Form::Table)]
    form: Form,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// Columns under each other
    Table,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// One JSON object a line
    Json,
}

pub(super) fn run(arguments: &QueryArguments) -> Result<(), Failure> {
    let data_set = DataSet::open(&arguments.data_set)?;
    let answer = analytics::run(&data_set, &arguments.sql)?;
    let text = match arguments.form {
        Form::Table => table(&answer),
        Form::Csv => csv(&answer),
        Form::Json => json(&answer),
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => crate::vault::crypto::hex(bytes),
    }
}

fn table(answer: &Answer) -> String {
    let rows: Vec<Vec<String>> =
        answer.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([answer.columns[at].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..answer.columns.len()).map(width).collect();
    let numeric: Vec<bool> = (0..answer.columns.len())
        .map(|at| {
            let number = |row: &Vec<Value>| matches!(row[at], Value::Integer(_) | Value::Real(_));
            answer.rows.iter().any(number)
        })
        .collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).zip(&numeric).map(|((cell, width), number)| {
            if *number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned() + "\n"
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let head = line(&answer.columns) + &line(&rule);
    rows.iter().fold(head, |text, row| text + &line(row))
}

fn csv(answer: &Answer) -> String {
    let field = |text: String| {
        let quoted = text.contains(['"', ',', '\n', '\r']);
        if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let line =
        |cells: Vec<String>| cells.into_iter().map(field).collect::<Vec<_>>().join(",") + "\r\n";
    let rows = answer.rows.iter().map(|row| line(row.iter().map(text).collect()));
    line(answer.columns.clone()) + &rows.collect::<String>()
}

fn json(answer: &Answer) -> String {
    let value = |value: &Value| match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        other => text(other).into(),
    };
    let object = |row: &Vec<Value>| {
        let fields = answer.columns.iter().cloned().zip(row.iter().map(value));
        serde_json::Value::Object(fields.collect()).to_string() + "\n"
    };
    answer.rows.iter().map(object).collect()
}
