//! The keys that checkpoints are signed with. The first is derived from the platform's key; every later
//! one is drawn at random, signed by the one before, and kept sealed in the vault.

use std::sync::Arc;

use domain::signing::KeySucceeded;
use projections::database::{Database, DatabaseError, RowReader, Statement, Value, sql};
use transparency::checkpoint::{Checkpoint, SigningKey, VerifierKey};
use transparency::succession::{Lineage, MOST_SUCCESSIONS, Succession};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::NotaryError;
use crate::vault::VaultError;
use crate::vault::crypto::{DataKey, hex};
use crate::world::Chance;

/// What the first key and the log's name are derived for.
const KEY_PURPOSE: &str = "notary/1";

/// The platform's key, which everything here is derived from or sealed under.
pub(super) struct Platform {
    pub key_id: Uuid,
    pub key: Arc<DataKey>,
}

impl Platform {
    pub fn origin(&self) -> String {
        format!("one-point-ledger/{}", self.key.identifier(KEY_PURPOSE, b"origin"))
    }

    fn first(&self, origin: &str) -> Result<SigningKey, NotaryError> {
        let seed = Zeroizing::new(self.key.fingerprint(KEY_PURPOSE, b"seed"));
        SigningKey::from_seed(origin, &seed).map_err(|_| NotaryError::Key)
    }

    fn open(&self, number: u32, sealed: &[u8], origin: &str) -> Result<SigningKey, NotaryError> {
        let plain = self.key.open(&place(number), sealed).map_err(|_| VaultError::Sealed)?;
        let seed = Zeroizing::new(<[u8; 32]>::try_from(&plain[..]).map_err(|_| NotaryError::Key)?);
        SigningKey::from_seed(origin, &seed).map_err(|_| NotaryError::Key)
    }
}

/// What a seed is sealed for.
fn place(number: u32) -> Vec<u8> {
    format!("signing-key/{number}").into_bytes()
}

/// A change of the key as it is kept.
#[derive(Clone, Debug)]
struct Change {
    number: u32,
    sealed: Option<Vec<u8>>,
    succession: Succession,
    overlap_until: i64,
}

/// The keys as they stand.
pub(super) struct Signers {
    /// How often the key was changed.
    pub epoch: u32,
    pub current: SigningKey,
    /// The key before it, while both sign.
    former: Option<SigningKey>,
    first: VerifierKey,
    changes: Vec<Change>,
}

impl Signers {
    /// Reads the keys. A key that was given up is destroyed once the time in which both sign is over;
    /// the first, which is derived, stays as long as the platform's key does.
    pub async fn read(
        vault: &Database,
        platform: &Platform,
        origin: &str,
        now: i64,
    ) -> Result<Self, NotaryError> {
        let changes = changes(vault).await?;
        let first = platform.first(origin)?;
        let verifier = first.verifier_key();
        let mut lineage = Lineage::of([verifier.clone()]);
        for change in &changes {
            lineage.follow(&change.succession).map_err(|_| NotaryError::Key)?;
        }
        let mut held = vec![Some(first)];
        for change in &changes {
            let open = |sealed: &Vec<u8>| platform.open(change.number, sealed, origin);
            held.push(change.sealed.as_ref().map(open).transpose()?);
        }
        let current = held.pop().flatten().ok_or(NotaryError::Key)?;
        if current.verifier_key() != *newest(&changes, &verifier) {
            return Err(NotaryError::Key);
        }
        let overlaps = changes.last().is_some_and(|last| now < last.overlap_until);
        let former = held.pop().flatten().filter(|_| overlaps);
        let epoch = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        let given_up = changes.iter().rev().skip(1).any(|change| change.sealed.is_some());
        if !overlaps && given_up {
            vault.execute(destroying(epoch)).await?;
        }
        Ok(Self { epoch, current, former, first: verifier, changes })
    }

    /// The note: signed by the key that counts, and by the one before while both sign.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let note = self.current.sign(checkpoint);
        let former = self.former.as_ref().map(|key| key.signature_line(&checkpoint.body()));
        note + &former.unwrap_or_default()
    }

    /// The first key: whoever trusts it needs nothing but the successions.
    pub fn first(&self) -> &VerifierKey {
        &self.first
    }

    /// Every change, in order.
    pub fn successions(&self) -> impl Iterator<Item = &Succession> {
        self.changes.iter().map(|change| &change.succession)
    }

    /// Every key there was, the first in front.
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        let later = self.successions().map(|succession| succession.new_key().clone());
        std::iter::once(self.first.clone()).chain(later).collect()
    }

    /// Until when the last change overlaps, in microseconds.
    pub fn overlap_until(&self) -> i64 {
        self.changes.last().map_or(i64::MIN, |last| last.overlap_until)
    }

    /// Every change as it is told in an event.
    pub fn told(&self) -> Vec<KeySucceeded> {
        let told = |change: &Change| KeySucceeded {
            number: change.number,
            old_fingerprint: fingerprint(change.succession.old()),
            new_fingerprint: fingerprint(change.succession.new_key()),
            from: change.succession.from(),
            overlap_until: change.overlap_until,
            succession: change.succession.to_string(),
        };
        self.changes.iter().map(told).collect()
    }

    /// Draws the next key and keeps it. False if another process signed or changed the key meanwhile.
    pub async fn succeed(
        &self,
        vault: &Database,
        platform: &Platform,
        chance: &Chance,
        from: u64,
        overlap_until: i64,
    ) -> Result<bool, NotaryError> {
        if self.changes.len() == MOST_SUCCESSIONS {
            return Err(NotaryError::TooManyKeys);
        }
        let seed = Zeroizing::new(chance.bytes::<32>().map_err(VaultError::from)?);
        let name = self.first.name();
        let next = SigningKey::from_seed(name, &seed).map_err(|_| NotaryError::Key)?;
        let succession =
            Succession::sign(from, &self.current, &next).map_err(|_| NotaryError::Key)?;
        let number = self.epoch + 1;
        let sealed = platform.key.seal(chance, &place(number), &seed[..]);
        let insert = "INSERT INTO signing_key (number, key_id, sealed, succession, overlap_until)
            SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS
                (SELECT 1 FROM signed_checkpoint WHERE name > $6)";
        let values = vec![
            Value::Text(format!("{number:06}")),
            Value::Text(platform.key_id.to_string()),
            Value::Bytes(sealed.map_err(|_| VaultError::Sealed)?),
            Value::Text(succession.to_string()),
            Value::Integer(overlap_until),
            Value::Text(super::kept::name(from)),
        ];
        let [begin, turn] = turning(self.epoch, number);
        match vault.transaction(vec![begin, turn, sql(insert, values).expecting(1)]).await {
            Ok(_) => Ok(true),
            Err(DatabaseError::Guard { .. } | DatabaseError::Unique) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The key that counts after some changes.
fn newest<'a>(changes: &'a [Change], first: &'a VerifierKey) -> &'a VerifierKey {
    changes.last().map_or(first, |last| last.succession.new_key())
}

/// Moves the epoch on, and holds its row until the transaction ends; with two equal numbers only holds
/// it. Whoever knows another epoch changes nothing.
pub(super) fn turning(from: u32, to: u32) -> [Statement; 2] {
    let begin = "INSERT INTO signing_epoch (one, epoch) VALUES ('epoch', 0)
        ON CONFLICT (one) DO NOTHING";
    let turn = "UPDATE signing_epoch SET epoch = $1 WHERE one = 'epoch' AND epoch = $2";
    let values = vec![Value::Integer(i64::from(to)), Value::Integer(i64::from(from))];
    [sql(begin, vec![]), sql(turn, values).expecting(1)]
}

/// Destroys the keys before one.
fn destroying(epoch: u32) -> Statement {
    let destroy = "UPDATE signing_key SET sealed = NULL WHERE number < $1 AND sealed IS NOT NULL";
    sql(destroy, vec![Value::Text(format!("{epoch:06}"))])
}

async fn changes(vault: &Database) -> Result<Vec<Change>, NotaryError> {
    let select = "SELECT number, sealed, succession, overlap_until FROM signing_key
        ORDER BY number LIMIT $1";
    let most = Value::Integer(MOST_SUCCESSIONS as i64);
    let rows = vault.query(sql(select, vec![most])).await?;
    let read = |row| {
        let mut row = RowReader::new(row);
        Ok(Change {
            number: row.text()?.parse().map_err(|_| DatabaseError::Column(1))?,
            sealed: row.optional_bytes()?,
            succession: row.text()?.parse().map_err(|_| DatabaseError::Column(3))?,
            overlap_until: row.integer()?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// SHA-256 of a public key, in hexadecimal digits.
pub fn fingerprint(key: &VerifierKey) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.public()).as_ref())
}
