use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use projections::database::Durability;

use super::*;
use crate::vault::crypto::KEY_BYTES;

/// A keeper that can go away.
struct Keeper(HeldRootKey, Arc<AtomicBool>);

impl KeyProvider for Keeper {
    fn wrap(&self, key_id: Uuid, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, ProviderError> {
        match self.1.load(Ordering::Relaxed) {
            true => Err(ProviderError::Away),
            false => self.0.wrap(key_id, key),
        }
    }

    fn unwrap(
        &self,
        key_id: Uuid,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, ProviderError> {
        match self.1.load(Ordering::Relaxed) {
            true => Err(ProviderError::Away),
            false => self.0.unwrap(key_id, wrapped),
        }
    }
}

fn root(byte: u8) -> HeldRootKey {
    let key = DataKey::new(Zeroizing::new([byte; KEY_BYTES])).expect("a key");
    HeldRootKey { key, chance: Chance::real() }
}

async fn vault() -> (std::path::PathBuf, Database) {
    let folder = std::env::temp_dir().join(format!("opl-keys-{}", Uuid::new_v4()));
    std::fs::create_dir(&folder).expect("a folder");
    let vault = Database::sqlite(&folder.join("vault.db"), Durability::Full).expect("a vault");
    crate::vault::prepare(&vault).await.expect("a vault");
    (folder, vault)
}

fn person(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

#[tokio::test]
async fn a_keeper_that_went_away_is_not_a_wrong_key_and_memory_lasts_a_while() {
    let (folder, vault) = vault().await;
    let away = Arc::new(AtomicBool::new(false));
    let keeper = Keeper(root(1), Arc::clone(&away));
    let (clock, now) = Clock::held(DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000));
    let keys = Keys::new(vault, Box::new(keeper), Chance::real(), clock);
    let (known, _) = keys.key_of_person(person(1)).await.expect("keys").expect("made");
    away.store(true, Ordering::Relaxed);
    // What is in memory is used for a while, then nothing that is sealed can be read.
    assert!(keys.key(known).await.expect("remembered").is_some());
    *now.lock().expect("whole") += TimeDelta::microseconds(LONGEST_OPEN_MICROS);
    assert!(matches!(keys.key(known).await, Err(KeysError::Away)));
    assert!(matches!(keys.key_of_person(person(2)).await, Err(KeysError::Away)));
    // It comes back, and so does everything.
    away.store(false, Ordering::Relaxed);
    assert!(keys.key(known).await.expect("keys").is_some());
    assert!(keys.key_of_person(person(2)).await.expect("keys").is_some());
    std::fs::remove_dir_all(folder).expect("gone");
}

#[tokio::test]
async fn a_root_key_is_changed_while_keys_are_made_and_destroyed() {
    let (folder, vault) = vault().await;
    let with = |provider: Box<dyn KeyProvider>| {
        Keys::new(vault.clone(), provider, Chance::real(), Clock::real())
    };
    let before = with(Box::new(root(1)));
    let mut made = Vec::new();
    for number in 0..250 {
        made.push(before.key_of_person(person(number)).await.expect("keys").expect("one").0);
    }
    let changing = with(Box::new(ChangingRootKey { current: root(2), former: root(1) }));
    let (last, anew) = changing.rewrap_after(None).await.expect("wrapped");
    assert_eq!(anew, 100);
    // Killed here, another run begins at the start and does what is left. A key that is destroyed,
    // and one that is made, meanwhile are what they are.
    made.sort_unstable();
    vault.execute(Keys::destroying(made[240], 1)).await.expect("destroyed");
    assert!(last.is_some());
    made.push(changing.key_of_person(person(900)).await.expect("keys").expect("one").0);
    let (mut after, mut total) = (None, 0);
    while let (Some(last), anew) = changing.rewrap_after(after).await.expect("wrapped") {
        (after, total) = (Some(last), total + anew);
    }
    assert_eq!(total, 149);
    // Every key opens under the new root key alone, and none under the old one.
    let (new, old) = (with(Box::new(root(2))), with(Box::new(root(1))));
    for key_id in &made {
        let destroyed = *key_id == made[240];
        assert_eq!(new.key(*key_id).await.expect("opens").is_none(), destroyed);
        assert!(destroyed || matches!(old.key(*key_id).await, Err(KeysError::WrongRoot(_))));
    }
    std::fs::remove_dir_all(folder).expect("gone");
}
