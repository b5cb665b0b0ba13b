//! Argon2id (RFC 9106), at most so many at the same time and in memory that is kept. Where each hash
//! takes memory of its own, an allocator keeps a piece of that size for every thread that ever made one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use super::VaultError;
use crate::connectors::Secret;

/// Hashes computed at the same time; others wait.
const MOST_AT_ONCE: usize = 2;
/// How long a password waits for its turn to be hashed.
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

/// Where passwords are hashed.
pub struct Hashing {
    turns: Arc<Semaphore>,
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(MOST_AT_ONCE)), memory: Arc::default() }
    }
}

impl Hashing {
    /// The hash of a password.
    ///
    /// # Errors
    /// [`VaultError::Crowded`] where too many wait for their turn.
    pub async fn hash(
        &self,
        password: &Secret,
        cost: Cost,
        salt: [u8; SALT_BYTES],
    ) -> Result<[u8; HASH_BYTES], VaultError> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(TURN_WITHIN, turn).await;
        let turn = turn.map_err(|_| VaultError::Crowded)?.map_err(|_| VaultError::Sealed)?;
        let (password, memory) = (password.clone(), Arc::clone(&self.memory));
        let task = tokio::task::spawn_blocking(move || {
            // The turn lasts as long as the work, also where whoever asked has gone meanwhile.
            let _turn = turn;
            let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES)).ok()?;
            let mut blocks = kept(&memory).pop().unwrap_or_default();
            blocks.resize(params.block_count(), Block::new());
            let mut hash = [0; HASH_BYTES];
            let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into_with_memory(
                    password.expose().as_bytes(),
                    &salt,
                    &mut hash,
                    &mut blocks,
                );
            // Nothing that was derived from a password stays.
            blocks.fill(Block::new());
            kept(&memory).push(blocks);
            hashed.ok().map(|()| hash)
        });
        task.await.ok().flatten().ok_or(VaultError::Sealed)
    }
}

fn kept(memory: &Mutex<Vec<Vec<Block>>>) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { memory_kib: 64, passes: 2 };

    /// RFC 9106 gives vectors with a secret and associated data alone; the reference is the crate's own
    /// way, which takes memory anew.
    #[tokio::test]
    async fn memory_of_before_changes_no_hash() {
        let hashing = Hashing::default();
        let costs = [COST, Cost { memory_kib: 256, ..COST }, Cost { passes: 3, ..COST }, COST];
        for (number, cost) in (0_u8..).zip(costs) {
            let salt = [number; SALT_BYTES];
            let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES));
            let mut expected = [0; HASH_BYTES];
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params.expect("a cost"))
                .hash_password_into(b"a password", &salt, &mut expected)
                .expect("a hash");
            let hash = hashing.hash(&Secret::new("a password"), cost, salt).await;
            assert_eq!(hash.expect("a hash"), expected, "{cost:?}");
        }
    }

    #[tokio::test]
    async fn what_a_hash_was_made_in_is_kept_once_and_empty() {
        let hashing = Hashing::default();
        let secret = Secret::new("a password");
        for _ in 0..3 {
            let hashes = (0..4).map(|_| hashing.hash(&secret, COST, [7; SALT_BYTES]));
            for hash in futures_util::future::join_all(hashes).await {
                assert!(hash.is_ok());
            }
        }
        let kept = kept(&hashing.memory);
        assert!((1..=MOST_AT_ONCE).contains(&kept.len()), "{}", kept.len());
        let empty = |block: &Block| block.as_ref().iter().all(|word| *word == 0);
        assert!(kept.iter().flatten().all(empty));
    }
}
