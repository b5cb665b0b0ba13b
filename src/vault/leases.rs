//! Leases: one holder at a time over all processes, with a fence that only grows.

use std::collections::HashSet;

use projections::database::{Database, Statement, Value, sql};

use super::VaultError;
use crate::world::{Chance, Clock};

/// A lease that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What is leased.
    pub name: String,
    /// Who holds it.
    holder: String,
    /// Which taking of it this is: every next holder's number is higher.
    pub number: u64,
}

impl Lease {
    /// Fails its transaction unless the lease is still held, and keeps others from it until the end.
    pub(super) fn still_held(&self) -> Statement {
        let held = "UPDATE lease SET holder = holder WHERE name = $1 AND holder = $2";
        let values = vec![Value::Text(self.name.clone()), Value::Text(self.holder.clone())];
        sql(held, values).expecting(1)
    }
}

/// The table of leases.
pub struct Leases {
    database: Database,
    chance: Chance,
    clock: Clock,
}

impl Leases {
    /// Leases kept in this database.
    #[must_use]
    pub fn new(database: Database, chance: Chance, clock: Clock) -> Self {
        Self { database, chance, clock }
    }

    /// Takes a lease if nobody holds it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn take(&self, name: &str, seconds: i64) -> Result<Option<Lease>, VaultError> {
        let holder = self.chance.uuid()?.to_string();
        let now = self.clock.micros();
        let take = sql(
            "INSERT INTO lease (name, holder, fence, ends_at) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
             fence = lease.fence + 1, ends_at = excluded.ends_at WHERE lease.ends_at < $4",
            vec![
                Value::Text(name.to_owned()),
                Value::Text(holder.clone()),
                Value::Integer(now + seconds * 1_000_000),
                Value::Integer(now),
            ],
        );
        match self.database.execute(take).await? {
            1 => self.taken(name, holder).await,
            _ => Ok(None),
        }
    }

    /// The lease as its new holder has it; none if somebody seized it meanwhile.
    async fn taken(&self, name: &str, holder: String) -> Result<Option<Lease>, VaultError> {
        let find = sql(
            "SELECT fence FROM lease WHERE name = $1 AND holder = $2",
            vec![Value::Text(name.to_owned()), Value::Text(holder.clone())],
        );
        let rows = self.database.query(find).await?;
        let number = match rows.first().map(Vec::as_slice) {
            Some([Value::Integer(number)]) => u64::try_from(*number).ok(),
            _ => None,
        };
        Ok(number.map(|number| Lease { name: name.to_owned(), holder, number }))
    }

    /// Raises a lease's number above one that was seen elsewhere, where the vault is an older copy
    /// than what saw it; false if somebody else has the lease by now.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn lift(&self, lease: &mut Lease, above: u64) -> Result<bool, VaultError> {
        let number = above.saturating_add(1);
        let stored = i64::try_from(number).map_err(|_| VaultError::Sealed)?;
        let lift = sql(
            "UPDATE lease SET fence = $1 WHERE name = $2 AND holder = $3 AND fence < $1",
            vec![
                Value::Integer(stored),
                Value::Text(lease.name.clone()),
                Value::Text(lease.holder.clone()),
            ],
        );
        let lifted = self.database.execute(lift).await? == 1;
        if lifted {
            lease.number = number;
        }
        Ok(lifted)
    }

    /// Takes a lease whoever holds it; its holder learns of it when it holds it anew. None if somebody
    /// else did the same right after.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn seize(&self, name: &str, seconds: i64) -> Result<Option<Lease>, VaultError> {
        let holder = self.chance.uuid()?.to_string();
        let seize = sql(
            "INSERT INTO lease (name, holder, fence, ends_at) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
             fence = lease.fence + 1, ends_at = excluded.ends_at",
            vec![
                Value::Text(name.to_owned()),
                Value::Text(holder.clone()),
                Value::Integer(self.clock.micros() + seconds * 1_000_000),
            ],
        );
        self.database.execute(seize).await?;
        self.taken(name, holder).await
    }

    /// Holds a lease for longer; false if somebody else has it by now.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn hold(&self, lease: &Lease, seconds: i64) -> Result<bool, VaultError> {
        let hold = sql(
            "UPDATE lease SET ends_at = $1 WHERE name = $2 AND holder = $3",
            vec![
                Value::Integer(self.clock.micros() + seconds * 1_000_000),
                Value::Text(lease.name.clone()),
                Value::Text(lease.holder.clone()),
            ],
        );
        Ok(self.database.execute(hold).await? == 1)
    }

    /// The names of all leases that somebody holds: whoever looks for free ones asks once.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn held(&self) -> Result<HashSet<String>, VaultError> {
        let held = sql(
            "SELECT name FROM lease WHERE ends_at >= $1",
            vec![Value::Integer(self.clock.micros())],
        );
        let rows = self.database.query(held).await?;
        let name = |row: Vec<Value>| match row.into_iter().next() {
            Some(Value::Text(name)) => Some(name),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(name).collect())
    }

    /// Ends every lease: for a process that knows that it is alone.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn end_all(&self) -> Result<(), VaultError> {
        self.database.execute(sql("UPDATE lease SET ends_at = 0", Vec::new())).await?;
        Ok(())
    }

    /// Gives a lease back; its fence stays, so that the next holder's is higher.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn give_back(&self, lease: &Lease) -> Result<(), VaultError> {
        let end = sql(
            "UPDATE lease SET ends_at = 0 WHERE name = $1 AND holder = $2",
            vec![Value::Text(lease.name.clone()), Value::Text(lease.holder.clone())],
        );
        self.database.execute(end).await?;
        Ok(())
    }
}
