//! The root key, and whoever keeps it: a file, a variable, or two while one takes the other's place.

use std::path::{Path, PathBuf};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::crypto::{DataKey, DoesNotOpen, KEY_BYTES};
use crate::world::Chance;

/// Why a provider did not wrap or unwrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It was wrapped under another root key, or for another identifier.
    #[error("it does not open under this root key")]
    DoesNotOpen,
    /// The provider does not answer now.
    #[error("the root key's keeper does not answer")]
    Away,
}

impl From<DoesNotOpen> for ProviderError {
    fn from(_: DoesNotOpen) -> Self {
        Self::DoesNotOpen
    }
}

/// Why a root key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// The file can be read by others.
    #[error("{0} can be read by others: allow only its owner (mode 0600)")]
    TooOpen(PathBuf),
    /// The file is no key.
    #[error("{0} does not hold a root key of {KEY_BYTES} bytes")]
    NotAKey(PathBuf),
    /// The file cannot be read or made.
    #[error("{path} cannot be read or made: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The variable is not a key in hexadecimal digits.
    #[error("{0} does not hold a root key as 64 hexadecimal digits")]
    Environment(String),
    /// No random bytes, or the cipher refused.
    #[error("a root key could not be made")]
    NotMade,
}

/// Where the root key is. Others (PKCS#11, a key service) come behind the same trait.
pub trait KeyProvider: Send + Sync {
    /// Wraps a data key for its identifier.
    ///
    /// # Errors
    /// [`ProviderError`] if the provider refuses or does not answer.
    fn wrap(&self, key_id: Uuid, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, ProviderError>;

    /// Unwraps it.
    ///
    /// # Errors
    /// [`ProviderError`] if it was wrapped under another root key or for another identifier, or the
    /// provider does not answer.
    fn unwrap(
        &self,
        key_id: Uuid,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, ProviderError>;

    /// Whether a data key is wrapped under the root key that wraps new ones.
    ///
    /// # Errors
    /// [`ProviderError::Away`].
    fn is_current(&self, key_id: Uuid, wrapped: &[u8]) -> Result<bool, ProviderError> {
        match self.unwrap(key_id, wrapped) {
            Ok(_) => Ok(true),
            Err(ProviderError::DoesNotOpen) => Ok(false),
            Err(ProviderError::Away) => Err(ProviderError::Away),
        }
    }
}

/// A root key while it is changed: what was wrapped under the former one still opens, and everything
/// new is wrapped under the current one.
pub struct ChangingRootKey {
    /// Wraps, and opens first.
    pub current: HeldRootKey,
    /// Opens what the current one does not.
    pub former: HeldRootKey,
}

impl KeyProvider for ChangingRootKey {
    fn wrap(&self, key_id: Uuid, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, ProviderError> {
        self.current.wrap(key_id, key)
    }

    fn unwrap(
        &self,
        key_id: Uuid,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, ProviderError> {
        self.current.unwrap(key_id, wrapped).or_else(|_| self.former.unwrap(key_id, wrapped))
    }

    fn is_current(&self, key_id: Uuid, wrapped: &[u8]) -> Result<bool, ProviderError> {
        self.current.is_current(key_id, wrapped)
    }
}

/// A root key held in this process's memory.
pub struct HeldRootKey {
    pub(super) key: DataKey,
    pub(super) chance: Chance,
}

impl HeldRootKey {
    /// Reads the key file, making it with mode 0600 if it is not there.
    ///
    /// # Errors
    /// [`RootKeyError`]; a file that others can read is refused.
    pub fn from_file(path: &Path, chance: Chance) -> Result<Self, RootKeyError> {
        use std::io::Read as _;
        use std::os::unix::fs::PermissionsExt as _;
        let file_error = |cause| RootKeyError::File { path: path.to_owned(), cause };
        if !path.try_exists().map_err(file_error)? {
            make_root_key(path, &chance)?;
        }
        let mut file = std::fs::File::open(path).map_err(file_error)?;
        let mode = file.metadata().map_err(file_error)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(RootKeyError::TooOpen(path.to_owned()));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.read_to_end(&mut bytes).map_err(file_error)?;
        let bytes = <[u8; KEY_BYTES]>::try_from(bytes.as_slice());
        let bytes = Zeroizing::new(bytes.map_err(|_| RootKeyError::NotAKey(path.to_owned()))?);
        Ok(Self { key: DataKey::new(bytes).map_err(|_| RootKeyError::NotMade)?, chance })
    }

    /// Reads the key from an environment variable: for development, since other processes of the
    /// same user can read it.
    ///
    /// # Errors
    /// [`RootKeyError::Environment`].
    pub fn from_environment(variable: &str, chance: Chance) -> Result<Self, RootKeyError> {
        let wrong = || RootKeyError::Environment(variable.to_owned());
        let text = Zeroizing::new(std::env::var(variable).map_err(|_| wrong())?);
        if text.len() != KEY_BYTES * 2 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self { key: DataKey::new(bytes).map_err(|_| RootKeyError::NotMade)?, chance })
    }
}

/// Makes a root key whole or not at all: whoever is killed meanwhile leaves no half of one under its
/// name, and of several processes the first one's counts.
fn make_root_key(path: &Path, chance: &Chance) -> Result<(), RootKeyError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let bytes: Zeroizing<[u8; KEY_BYTES]> =
        Zeroizing::new(chance.bytes().map_err(|_| RootKeyError::NotMade)?);
    let lot = chance.uuid().map_err(|_| RootKeyError::NotMade)?;
    let new = path.with_extension(format!("{lot}.new"));
    let make = || {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&*bytes).and_then(|()| file.sync_all())?;
        match std::fs::hard_link(&new, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            linked => linked?,
        }
        std::fs::remove_file(&new)?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    };
    make().map_err(|cause| RootKeyError::File { path: path.to_owned(), cause })
}

impl KeyProvider for HeldRootKey {
    fn wrap(&self, key_id: Uuid, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, ProviderError> {
        Ok(self.key.seal(&self.chance, &wrapping_place(key_id), key)?)
    }

    fn unwrap(
        &self,
        key_id: Uuid,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, ProviderError> {
        let plain = self.key.open(&wrapping_place(key_id), wrapped)?;
        let bytes = plain.as_slice().try_into().map_err(|_| ProviderError::DoesNotOpen)?;
        Ok(Zeroizing::new(bytes))
    }
}

fn wrapping_place(key_id: Uuid) -> Vec<u8> {
    [b"data-key/1\0".as_slice(), key_id.as_bytes()].concat()
}
