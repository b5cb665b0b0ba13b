//! The files of a state, copied and put back.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How often it is looked whether a file is closed, and how long after each look.
const MOST_LOOKS: usize = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Waits until every database under a directory is closed. Each has threads that close its file when
/// the last of its users is gone, and the last of them moves the write-ahead log into the file
/// meanwhile: a copy made then may be torn. Only who is alone may leave that log's mode.
pub async fn closed(directory: &Path) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("a name").path();
        if path.is_dir() {
            Box::pin(closed(&path)).await;
        } else if path.extension().is_some_and(|end| end == "db") {
            let mut looks = 0;
            while !alone(&path).unwrap_or(false) {
                looks += 1;
                assert!(looks < MOST_LOOKS, "a connection to {} stays open", path.display());
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
        }
    }
}

fn alone(path: &Path) -> rusqlite::Result<bool> {
    let connection = rusqlite::Connection::open(path)?;
    let mode: String = connection.query_row("PRAGMA journal_mode=DELETE", [], |row| row.get(0))?;
    Ok(mode == "delete")
}

/// Copies databases and other files by their names, each with its write-ahead log. What is not there
/// is not there in the copy either.
pub fn copy(from: &Path, to: &Path, names: &[&str]) {
    for name in names {
        for end in ["", "-wal", "-shm"] {
            let name = format!("{name}{end}");
            let _ = std::fs::remove_file(to.join(&name));
            if from.join(&name).exists() {
                std::fs::copy(from.join(&name), to.join(&name)).expect("copied");
            }
        }
    }
}

/// Copies a directory with all in it. A file that goes meanwhile was a write-ahead log: SQLite clears it
/// away when the last connection closes, a moment after its program.
pub fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let (from, to) = entry.map(|one| (one.path(), to.join(one.file_name()))).expect("a name");
        if from.is_dir() {
            copied(&from, &to);
            continue;
        }
        match std::fs::copy(&from, &to) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => panic!("{}: {error}", from.display()),
        }
    }
}
