//! Measures the categoriser on labelled files and writes the figures as JSON.
//!
//! `bench-insights [--cards FILE] [--brands FILE] [--out FILE]`: card lines with the columns date,
//! amount, merchant, card, label, cat; brand lines with text, merchant, category, group. A part
//! whose file is not given is left out, and the output says so.

mod brands;
mod cards;
mod measure;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench-insights: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (mut card_lines, mut brand_lines) = (None, None);
    let mut out = PathBuf::from("target/eval.json");
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a file"))?;
        match name.as_str() {
            "--cards" => card_lines = Some(PathBuf::from(value)),
            "--brands" => brand_lines = Some(PathBuf::from(value)),
            "--out" => out = PathBuf::from(value),
            _ => return Err(format!("there is no option {name}")),
        }
    }
    let mut figures = Map::new();
    match card_lines {
        Some(path) => figures.extend(cards::measure(&path)?),
        None => println!("no card lines were given (--cards): left out"),
    }
    match brand_lines {
        Some(path) => figures.extend(brands::measure(&path)?),
        None => println!("no brand lines were given (--brands): left out"),
    }
    let text = serde_json::to_string_pretty(&Value::Object(figures)).unwrap_or_default();
    println!("{text}");
    if let Some(parent) = out.parent() {
        std::fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    }
    std::fs::write(&out, text + "\n").map_err(|error| format!("{}: {error}", out.display()))
}
