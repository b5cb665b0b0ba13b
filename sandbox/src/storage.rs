//! Files of the data directory: owner-only, replaced as a whole.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::options::SandboxError;

/// The data directory of one sandbox.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    directory: PathBuf,
}

impl Storage {
    /// Opens the directory and makes it (mode 0700) when it is missing.
    pub(crate) fn open(directory: &Path) -> Result<Self, SandboxError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|source| storage_error(directory, source))?;
        Ok(Self { directory: directory.to_owned() })
    }

    /// Full path of a file of this directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The text of a file, or `None` when it does not exist.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, SandboxError> {
        let path = self.path(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(storage_error(&path, source)),
        }
    }

    /// Writes a file readable by its owner only: first beside it, then renamed over it, so that a
    /// reader or a crash sees the old text or the new one and never a part.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), SandboxError> {
        let path = self.path(name);
        let beside = self.path(&format!(".{name}.new"));
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| {
                file.set_permissions(Permissions::from_mode(0o600))?;
                file.write_all(text.as_bytes())
            })
            .and_then(|()| std::fs::rename(&beside, &path));
        written.map_err(|source| storage_error(&path, source))
    }
}

fn storage_error(path: &Path, source: std::io::Error) -> SandboxError {
    SandboxError::Storage { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_private_and_replaced_as_a_whole() {
        let directory = std::env::temp_dir().join(format!("opl-storage-{}", uuid::Uuid::new_v4()));
        let storage = Storage::open(&directory).unwrap();
        assert!(storage.read("state.json").unwrap().is_none());
        storage.write("state.json", "one").unwrap();
        storage.write("state.json", "two").unwrap();
        assert_eq!(storage.read("state.json").unwrap().as_deref(), Some("two"));
        let mode = std::fs::metadata(storage.path("state.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
