//! Signs what the log holds: grows a tree of its own from the log's leaf hashes, and signs its root
//! as a checkpoint (C2SP tlog-checkpoint) only if it continues everything signed before.
//!
//! The tree is never read from the log's own head. It is extended leaf by leaf from the state this
//! notary left, so a log that was rolled back, replaced or rewritten gives another root or too few
//! leaves, and nothing is signed. What was signed last is kept in two places, the vault and a file;
//! restoring one of them from an old copy does not make the other forget.

mod kept;
mod proving;
pub mod rotation;
mod signers;
mod tree;
pub mod witnesses;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use domain::signing::KeySucceeded;
use projections::database::{Database, DatabaseError};
use transparency::checkpoint::{Checkpoint, NoteError, VerifierKey};
use transparency::proof::ProofError;
use transparency::succession::{MOST_SUCCESSIONS, Succession};
use transparency::tree::Hash;

use crate::ledger::store::{EventLog, ReadError};
use crate::vault::VaultError;
use crate::vault::keys::Keys;
use crate::world::{Chance, Clock};
use kept::Signed;
pub use signers::fingerprint;
use signers::{Platform, Signers};
pub use tree::first_difference;
use witnesses::with_cosignatures;

/// How often signing begins again because another process changed the key meanwhile.
const TRIES: usize = 5;
/// Leaves taken from the log and stored in one commit.
const LEAVES_A_COMMIT: usize = 16_384;
/// Events that may stand behind the last checkpoint before the next is due.
pub const MOST_EVENTS_UNSIGNED: u64 = 1_000;
/// Age in seconds of the last checkpoint at which the next is due, if there is anything new.
pub const LONGEST_UNSIGNED_SECONDS: i64 = 30;

/// Why nothing was signed, or no proof could be made.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    /// The log is shorter than what was signed: an older copy stands in its place.
    #[error(
        "the log ends at position {head}, but {signed} events were signed: an older copy of it was \
         put in its place. Nothing is signed until the newer log is back"
    )]
    RolledBack {
        /// Size of the last checkpoint.
        signed: u64,
        /// Where the log ends.
        head: u64,
    },
    /// The log's events are not those that were signed, or its head does not fit them.
    #[error(
        "the log's first {size} events are not those its signed history continues: events were \
         changed or replaced. Nothing is signed until this is cleared up; `opl store verify` looks \
         for the first wrong record"
    )]
    Forked {
        /// The size at which the roots differ.
        size: u64,
    },
    /// The stored tree is not what its size says.
    #[error(
        "the stored tree is damaged; remove the notary's `tile` and `tree` rows to build it anew"
    )]
    DamagedTree,
    /// The file with the last checkpoint cannot be read or written.
    #[error("the file {path} with the last checkpoint cannot be used: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A kept checkpoint is no note signed by this key.
    #[error("a kept checkpoint cannot be relied on: {0}")]
    Note(#[from] NoteError),
    /// The position is not under any checkpoint yet.
    #[error(
        "position {position} is not under a checkpoint yet; the last one covers {signed} events"
    )]
    NotSigned {
        /// The position asked for.
        position: u64,
        /// Size of the last checkpoint.
        signed: u64,
    },
    /// Nothing has been signed.
    #[error("nothing has been signed yet")]
    NothingSigned,
    /// A proof that cannot be made.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The notary's database cannot be reached.
    #[error("the notary's database cannot be reached: {0}")]
    Database(#[from] DatabaseError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The key cannot be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The keys that are kept are not the ones that were signed one by the other.
    #[error("the log's signing key cannot be used: what is kept of it is not what was signed")]
    Key,
    /// The key before the current one still signs.
    #[error("the key was changed before and both keys sign until {0}; change it again after that")]
    Overlapping(chrono::DateTime<chrono::Utc>),
    /// No further change would be followed by those who check.
    #[error("the key was changed {MOST_SUCCESSIONS} times, and no verifier follows more")]
    TooManyKeys,
    /// Another process was faster each time.
    #[error("the signing key is being changed by another process; try again")]
    KeyTurned,
}

impl NotaryError {
    /// Whether the log contradicts what was signed: an alarm, not a passing failure.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        matches!(self, Self::RolledBack { .. } | Self::Forked { .. })
    }
}

/// Signs the log.
pub struct Notary {
    /// The stored tree.
    database: Database,
    /// Where what was signed is kept.
    vault: Database,
    log: Arc<dyn EventLog>,
    clock: Clock,
    platform: Platform,
    /// The keys as they were last read; read again before every signature.
    signers: RwLock<Arc<Signers>>,
    origin: String,
    file: PathBuf,
    /// One growth at a time in this process; the database orders several processes.
    growing: tokio::sync::Mutex<()>,
    alarm: Mutex<Option<String>>,
}

impl Notary {
    /// Opens the notary's state. The log's name and its first key are derived from the platform's key,
    /// so every process that has that key has the same ones.
    ///
    /// # Errors
    /// [`NotaryError`].
    pub async fn open(
        database: Database,
        vault: Database,
        log: Arc<dyn EventLog>,
        keys: &Keys,
        directory: &Path,
        clock: Clock,
    ) -> Result<Self, NotaryError> {
        kept::prepare(&database).await?;
        let (key_id, key) = keys.platform().await.map_err(VaultError::from)?;
        let platform = Platform { key_id, key };
        let origin = platform.origin();
        let signers = Signers::read(&vault, &platform, &origin, clock.micros()).await?;
        Ok(Self {
            database,
            vault,
            log,
            clock,
            platform,
            signers: RwLock::new(Arc::new(signers)),
            origin,
            file: directory.join("checkpoint"),
            growing: tokio::sync::Mutex::default(),
            alarm: Mutex::default(),
        })
    }

    fn signers(&self) -> Arc<Signers> {
        Arc::clone(&self.signers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys as they stand now: another process may have changed them.
    async fn refreshed(&self) -> Result<Arc<Signers>, NotaryError> {
        let now = self.clock.micros();
        let read = Signers::read(&self.vault, &self.platform, &self.origin, now).await?;
        let read = Arc::new(read);
        *self.signers.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }

    /// The key that signs, which an outsider checks signatures with.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        self.signers().current.verifier_key()
    }

    /// The key that signed first. With the successions it is all an outsider has to trust.
    #[must_use]
    pub fn first_key(&self) -> VerifierKey {
        self.signers().first().clone()
    }

    /// How the keys took each other's place, in order.
    #[must_use]
    pub fn successions(&self) -> Vec<Succession> {
        self.signers().successions().cloned().collect()
    }

    /// Every change of the key as an event tells it, as they stand now.
    ///
    /// # Errors
    /// [`NotaryError`].
    pub async fn changes(&self) -> Result<Vec<KeySucceeded>, NotaryError> {
        Ok(self.refreshed().await?.told())
    }

    /// Draws another key to sign with, lets the one before sign it, and keeps both signing for a
    /// while. Nothing that was signed is touched.
    ///
    /// # Errors
    /// [`NotaryError::Overlapping`] while the change before is not over; others if the log contradicts
    /// what was signed, or nothing can be kept.
    pub async fn succeed(
        &self,
        overlap: Duration,
        chance: &Chance,
    ) -> Result<KeySucceeded, NotaryError> {
        let _alone = self.growing.lock().await;
        for _ in 0..TRIES {
            // A key is not changed over a log that contradicts what it signed.
            match self.try_sign().await {
                Ok(_) | Err(NotaryError::NothingSigned) => {}
                Err(NotaryError::KeyTurned) => continue,
                Err(error) => return Err(error),
            }
            let signers = self.signers();
            let now = self.clock.micros();
            if let Some(until) = Some(signers.overlap_until()).filter(|until| now < *until) {
                let until = chrono::DateTime::from_timestamp_micros(until).unwrap_or_default();
                return Err(NotaryError::Overlapping(until));
            }
            let from = kept::last(&self.vault).await?.map_or(0, |last| last.size);
            let overlap = i64::try_from(overlap.as_micros()).unwrap_or(i64::MAX);
            let until = now.saturating_add(overlap);
            if signers.succeed(&self.vault, &self.platform, chance, from, until).await? {
                let told = self.refreshed().await?.told();
                return told.into_iter().next_back().ok_or(NotaryError::Key);
            }
        }
        Err(NotaryError::KeyTurned)
    }

    /// Name of the log in its checkpoints.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Why nothing is being signed, if the log contradicts what was.
    #[must_use]
    pub fn alarm(&self) -> Option<String> {
        self.alarm.lock().ok()?.clone()
    }

    /// Signs a checkpoint if one is due: enough new events, or any and enough time.
    ///
    /// # Errors
    /// As [`Notary::sign`].
    pub async fn sign_if_due(&self) -> Result<(), NotaryError> {
        let head = self.log.head().await?.position;
        let last = kept::last(&self.vault).await?;
        let (size, signed_at) = last.map_or((0, 0), |last| (last.size, last.signed_at));
        let age = (self.clock.micros() - signed_at) / 1_000_000;
        let unsigned = head.abs_diff(size);
        // A clock that went back must not put off the next one for long.
        let old = !(0..LONGEST_UNSIGNED_SECONDS).contains(&age);
        if unsigned >= MOST_EVENTS_UNSIGNED || head < size || (unsigned > 0 && old) {
            self.sign().await?;
        }
        Ok(())
    }

    /// Signs what the log holds now, and answers with the note. Where nothing is new, that is the
    /// last one again.
    ///
    /// # Errors
    /// [`NotaryError::RolledBack`] or [`NotaryError::Forked`] if the log contradicts what was
    /// signed; others if something cannot be read or written.
    pub async fn sign(&self) -> Result<String, NotaryError> {
        let _alone = self.growing.lock().await;
        let mut result = self.try_sign().await;
        for _ in 1..TRIES {
            if !matches!(result, Err(NotaryError::KeyTurned)) {
                break;
            }
            result = self.try_sign().await;
        }
        if let Ok(mut alarm) = self.alarm.lock() {
            match &result {
                Ok(_) => *alarm = None,
                Err(error) if error.is_alarm() => *alarm = Some(error.to_string()),
                // Whether the log contradicts what was signed could not be seen this time.
                Err(_) => {}
            }
        }
        result
    }

    async fn try_sign(&self) -> Result<String, NotaryError> {
        let signers = self.refreshed().await?;
        let last = kept::last(&self.vault).await?;
        let filed = kept::read_file(&self.file, &signers.verifier_keys())?;
        let head = self.log.head().await?;
        let mut bounds: Vec<(u64, Hash)> = last.iter().map(|last| (last.size, last.root)).collect();
        bounds.extend(filed.as_ref().map(|filed| (filed.size, filed.root)));
        bounds.push((head.position, head.root));
        bounds.sort_unstable_by_key(|(size, _)| *size);
        for pair in bounds.windows(2) {
            if pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1 {
                return Err(NotaryError::Forked { size: pair[0].0 });
            }
        }
        let signed = bounds.last().map_or(0, |(size, _)| *size);
        if signed > head.position {
            return Err(NotaryError::RolledBack { signed, head: head.position });
        }
        for (size, root) in bounds {
            self.grow_to(size, &root).await?;
        }
        if head.position == 0 {
            return Err(NotaryError::NothingSigned);
        }
        if let Some(last) = last.filter(|last| last.size == head.position) {
            if filed.is_none_or(|filed| filed.size < last.size) {
                kept::write_file(&self.file, &last.note)?;
            }
            return Ok(last.note);
        }
        let checkpoint =
            Checkpoint { origin: self.origin.clone(), size: head.position, root: head.root };
        let note = signers.sign(&checkpoint);
        kept::write_file(&self.file, &note)?;
        let Checkpoint { size, root, .. } = checkpoint;
        let signed = Signed { size, root, note, signed_at: self.clock.micros() };
        kept::keep(&self.vault, &signed, signers.epoch).await?;
        Ok(signed.note)
    }

    /// Grows the tree to a size and compares its root. A tree that is larger already is compared by
    /// its stored nodes.
    async fn grow_to(&self, size: u64, root: &Hash) -> Result<(), NotaryError> {
        loop {
            let (at, frontier) = kept::tree(&self.database).await?;
            let reached = match at.cmp(&size) {
                std::cmp::Ordering::Greater => self.root_at(size).await?,
                std::cmp::Ordering::Equal => frontier.root(),
                std::cmp::Ordering::Less => {
                    let most = usize::try_from(size - at).unwrap_or(usize::MAX);
                    let most = most.min(LEAVES_A_COMMIT);
                    // What they come to is compared with the head's root, wherever they are from.
                    let mut leaves = self.log.recent_leaves(at, most);
                    if leaves.is_empty() {
                        leaves = self.log.leaf_hashes(at, most).await?;
                    }
                    if leaves.is_empty() {
                        return Err(NotaryError::RolledBack { signed: size, head: at });
                    }
                    let grown = tree::grown(&self.database, frontier, &leaves).await?;
                    // A last stretch that leads to another root is not kept: what is stored is
                    // only what was right so far.
                    if grown.frontier.size() == size && grown.frontier.root() != *root {
                        return Err(NotaryError::Forked { size });
                    }
                    tree::store(&self.database, grown).await?;
                    continue;
                }
            };
            return if reached == *root { Ok(()) } else { Err(NotaryError::Forked { size }) };
        }
    }

    /// The last checkpoint's note, with the witnesses' signatures that are kept of it.
    ///
    /// # Errors
    /// [`NotaryError::NothingSigned`], or the database's.
    pub async fn latest(&self) -> Result<String, NotaryError> {
        kept::newest_note(&self.vault).await?.ok_or(NotaryError::NothingSigned)
    }

    /// Signed notes of checkpoints after a size, in order, at most `max`, each with its size.
    ///
    /// # Errors
    /// [`NotaryError::Database`].
    pub async fn notes(&self, after: u64, max: usize) -> Result<Vec<(u64, String)>, NotaryError> {
        let mut notes = Vec::new();
        for (size, note) in kept::notes(&self.vault, after, max).await? {
            notes.push((size, with_cosignatures(&self.vault, size, note).await?));
        }
        Ok(notes)
    }
}
