//! Counts over time that all processes share: how often something happened lately. A count says what was
//! counted by a digest alone, and goes once it is over.

use projections::database::{Database, RowReader, Value, sql};

use super::VaultError;
use super::crypto::sha256_hex;
use crate::world::Clock;

/// What is counted: over how long, in stretches of how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The name its counts are kept under.
    pub name: &'static str,
    /// Length of a stretch, in seconds. The newest is under way.
    pub stretch_seconds: i64,
    /// How many stretches are looked at.
    pub stretches: i64,
}

/// The table of counts.
pub struct Tallies {
    database: Database,
    clock: Clock,
}

impl Tallies {
    /// Counts kept in this database.
    #[must_use]
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// The names of a window's stretches, the newest last.
    fn names(window: Window, whose: &str, now_seconds: i64) -> Vec<String> {
        let newest = now_seconds.div_euclid(window.stretch_seconds);
        let name =
            |stretch: i64| sha256_hex(format!("{}/{whose}/{stretch}", window.name).as_bytes());
        (newest - window.stretches + 1..=newest).map(name).collect()
    }

    /// Counts one more; answers with how many there are in the window, this one included. What two
    /// processes count at the same time is counted by both.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn add(&self, window: Window, whose: &str) -> Result<u64, VaultError> {
        let now = self.clock.micros() / 1_000_000;
        let newest = Self::names(window, whose, now).pop().unwrap_or_default();
        let ends_at = now + window.stretch_seconds * (window.stretches + 1);
        let over = sql("DELETE FROM tally WHERE ends_at < $1", vec![Value::Integer(now)]);
        let add = sql(
            "INSERT INTO tally (name, number, ends_at) VALUES ($1, 1, $2)
             ON CONFLICT (name) DO UPDATE SET number = tally.number + 1",
            vec![Value::Text(newest), Value::Integer(ends_at)],
        );
        self.database.transaction(vec![over, add]).await?;
        self.count(window, whose).await
    }

    /// How many there are in the window.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn count(&self, window: Window, whose: &str) -> Result<u64, VaultError> {
        let names = Self::names(window, whose, self.clock.micros() / 1_000_000);
        let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
        let select = format!("SELECT number FROM tally WHERE name IN ({})", places.join(", "));
        let names = names.into_iter().map(Value::Text).collect();
        let mut sum: u64 = 0;
        for row in self.database.query(sql(select, names)).await? {
            sum = sum.saturating_add(RowReader::new(row).count()?);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use projections::database::Durability;

    use super::*;

    #[tokio::test]
    async fn what_is_old_counts_no_more_and_processes_count_together() {
        let folder = std::env::temp_dir().join(format!("opl-tally-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("a folder");
        let open = || Database::sqlite(&folder.join("vault.db"), Durability::Full).expect("one");
        super::super::prepare(&open()).await.expect("a vault");
        let start: DateTime<Utc> = "2026-12-01T12:00:00Z".parse().expect("a time");
        let (clock, now) = Clock::held(start);
        let (one, other) = (Tallies::new(open(), clock.clone()), Tallies::new(open(), clock));
        let window = Window { name: "test", stretch_seconds: 60, stretches: 3 };
        assert_eq!(one.add(window, "a").await.expect("counted"), 1);
        assert_eq!(other.add(window, "a").await.expect("counted"), 2);
        assert_eq!(other.add(window, "b").await.expect("counted"), 1, "another's is another's");
        for (seconds, left) in [(60, 2), (179, 2), (180, 0), (3_600, 0)] {
            *now.lock().expect("a clock") = start + TimeDelta::seconds(seconds);
            assert_eq!(one.count(window, "a").await.expect("counted"), left, "after {seconds} s");
        }
        // What is over leaves the table with the next that is counted.
        one.add(window, "c").await.expect("counted");
        let rows = open().query(sql("SELECT name FROM tally", vec![])).await.expect("rows");
        assert_eq!(rows.len(), 1);
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
