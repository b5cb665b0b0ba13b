//! Puts the built single-page application into the program: every file of `web/dist` with its
//! compressed forms, and the list of operations the page may send. Where `web/dist` is not there, the
//! program says so on its first page instead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = root.join("web/dist");
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-changed=web/src/gql/persisted-documents.json");
    let mut found = Vec::new();
    files(&dist, &mut found);
    found.sort();
    let mut table = String::from("pub(super) const FILES: &[(&str, &[u8])] = &[\n");
    for path in &found {
        let name = path.strip_prefix(&dist).unwrap_or(path).to_string_lossy().replace('\\', "/");
        if !name.ends_with(".map") && !name.starts_with(".vite") {
            let _ =
                writeln!(table, "    ({name:?}, include_bytes!({:?})),", path.to_string_lossy());
        }
    }
    table.push_str("];\n");
    let manifest = root.join("web/src/gql/persisted-documents.json");
    let manifest = if manifest.exists() {
        format!("include_str!({:?})", manifest.to_string_lossy())
    } else {
        "\"{}\"".to_owned()
    };
    let _ = writeln!(table, "pub(super) const DOCUMENTS: &str = {manifest};");
    let out = PathBuf::from(std::env::var("OUT_DIR").unwrap_or_default()).join("web.rs");
    if let Err(error) = std::fs::write(&out, table) {
        println!("cargo::error=the list of web files cannot be written: {error}");
    }
}
