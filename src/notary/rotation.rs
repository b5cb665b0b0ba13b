//! Changing the key that signs the log: the old one puts its name to the new one, and for a time both
//! sign every checkpoint, so that whoever knows either can go on. Every key is derived from the
//! platform's; the vault keeps which there have been.

use chrono::{DateTime, SecondsFormat, TimeDelta};
use projections::database::{Database, RowReader, sql};
use transparency::checkpoint::{Checkpoint, SigningKey, VerifierKey};
use zeroize::Zeroizing;

use super::{KEY_PURPOSE, Notary, NotaryError};
use crate::vault::crypto::DataKey;

/// Most keys a log may have had.
pub const MOST_KEYS: usize = 64;

/// A key of the log.
pub(super) struct LogKey {
    pub(super) key: SigningKey,
    /// Until when it signs beside its successor, in microseconds; none for the current one.
    signs_until: Option<i64>,
}

/// The log's keys, the oldest first; the last is the current one.
pub(super) struct LogKeys(Vec<LogKey>);

/// A new key, and what says so.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The new key.
    pub key: VerifierKey,
    /// A signed note (C2SP signed-note) over both keys, by the old one and by the new one.
    pub statement: String,
}

/// The key of a generation. The first is derived as it was when there was but one.
fn derived(platform: &DataKey, origin: &str, generation: usize) -> Result<SigningKey, NotaryError> {
    let name = match generation {
        1 => b"seed".to_vec(),
        later => format!("seed/{later}").into_bytes(),
    };
    let seed = Zeroizing::new(platform.fingerprint(KEY_PURPOSE, &name));
    SigningKey::from_seed(origin, &seed).map_err(|_| NotaryError::Key)
}

impl LogKeys {
    pub(super) async fn read(
        vault: &Database,
        platform: &DataKey,
        origin: &str,
    ) -> Result<Self, NotaryError> {
        let select = "SELECT generation, signs_until FROM log_key ORDER BY generation";
        let mut keys = Vec::new();
        for row in vault.query(sql(select, vec![])).await? {
            let mut row = RowReader::new(row);
            let generation = usize::try_from(row.count()?).map_err(|_| NotaryError::Key)?;
            // The row of a key says how long the one before it signs beside it.
            let before = LogKey {
                key: derived(platform, origin, generation - 1)?,
                signs_until: Some(row.integer()?),
            };
            keys.push(before);
        }
        let key = derived(platform, origin, keys.len() + 1)?;
        keys.push(LogKey { key, signs_until: None });
        Ok(Self(keys))
    }

    pub(super) fn current(&self) -> VerifierKey {
        // There always is one: it is pushed last.
        self.0[self.0.len() - 1].key.verifier_key()
    }

    pub(super) fn all(&self) -> Vec<VerifierKey> {
        self.0.iter().map(|key| key.key.verifier_key()).collect()
    }

    /// The current one, and those that sign beside it at an instant.
    pub(super) fn signing(&self, now: i64) -> impl Iterator<Item = &SigningKey> {
        let signs = move |key: &&LogKey| key.signs_until.is_none_or(|until| until > now);
        self.0.iter().rev().filter(signs).map(|key| &key.key)
    }

    /// The note over a checkpoint.
    pub(super) fn sign(&self, checkpoint: &Checkpoint, now: i64) -> String {
        let body = checkpoint.body();
        let lines: String = self.signing(now).map(|key| key.signature_line(&body)).collect();
        format!("{body}\n{lines}")
    }
}

impl Notary {
    /// Every key the log has had, the oldest first.
    #[must_use]
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        self.keys.all()
    }

    /// The keys that sign now: what a policy has to know.
    #[must_use]
    pub fn signing_keys(&self) -> Vec<VerifierKey> {
        self.keys.signing(self.clock.micros()).map(SigningKey::verifier_key).collect()
    }

    /// What old keys said of their successors, the oldest first.
    ///
    /// # Errors
    /// [`NotaryError::Database`].
    pub async fn key_statements(&self) -> Result<Vec<String>, NotaryError> {
        let select = "SELECT statement FROM log_key ORDER BY generation";
        let rows = self.vault.query(sql(select, vec![])).await?;
        rows.into_iter().map(|row| Ok(RowReader::new(row).text()?)).collect()
    }

    /// Makes the next key. From the next start on, every process signs with it, and for the overlap with
    /// the one before as well.
    ///
    /// # Errors
    /// [`NotaryError::Database`], also if another process did the same at this moment.
    pub async fn rotate_key(
        &self,
        platform: &DataKey,
        overlap: TimeDelta,
    ) -> Result<Rotated, NotaryError> {
        let keys = LogKeys::read(&self.vault, platform, &self.origin).await?;
        let generation = keys.0.len() + 1;
        if generation > MOST_KEYS {
            return Err(NotaryError::Key);
        }
        let (old, new) =
            (&keys.0[keys.0.len() - 1].key, derived(platform, &self.origin, generation)?);
        let now = self.clock.micros();
        let at = DateTime::from_timestamp_micros(now).unwrap_or_default();
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let text = format!(
            "{}/key-change\nfrom {}\nto {}\nat {at}\n",
            self.origin,
            old.verifier_key(),
            new.verifier_key()
        );
        let statement =
            format!("{text}\n{}{}", old.signature_line(&text), new.signature_line(&text));
        let insert = "INSERT INTO log_key (generation, signs_until, statement) VALUES ($1, $2, $3)";
        let until = now + overlap.num_microseconds().unwrap_or(i64::MAX / 4);
        let values = vec![(generation as u64).into(), until.into(), statement.clone().into()];
        self.vault.execute(sql(insert, values)).await?;
        Ok(Rotated { key: new.verifier_key(), statement })
    }
}
