//! Time and chance: the one door through which both come in, so that a test can fix them.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one door through which time comes in")]
    pub fn real() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// A clock that shows what the function says.
    #[must_use]
    pub fn from_fn(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// A clock that stands still until its handle is moved.
    #[must_use]
    pub fn held(at: DateTime<Utc>) -> (Self, Arc<Mutex<DateTime<Utc>>>) {
        let held = Arc::new(Mutex::new(at));
        let seen = Arc::clone(&held);
        let clock = Self::from_fn(move || match seen.lock() {
            Ok(at) => *at,
            Err(poisoned) => *poisoned.into_inner(),
        });
        (clock, held)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }

    /// Now, in microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.now().timestamp_micros()
    }
}

/// The machine gave no random bytes: nothing safe can be made without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoChance;

/// Fills a place with random bytes.
type Fill = dyn Fn(&mut [u8]) -> Result<(), NoChance> + Send + Sync;

/// Where random bytes come from: the operating system, or what a test fixes.
#[derive(Clone)]
pub struct Chance(Arc<Fill>);

impl Chance {
    /// The operating system's cryptographic source.
    #[must_use]
    pub fn real() -> Self {
        Self(Arc::new(|bytes| aws_lc_rs::rand::fill(bytes).map_err(|_| NoChance)))
    }

    /// Bytes from a function, for tests.
    #[must_use]
    pub fn from_fn(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |bytes| {
            fill(bytes);
            Ok(())
        }))
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoChance> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes)?;
        Ok(bytes)
    }

    /// So many times `N` random bytes, drawn at once.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn draws<const N: usize>(&self, count: usize) -> Result<Vec<[u8; N]>, NoChance> {
        let mut draws = vec![[0; N]; count];
        (self.0)(draws.as_flattened_mut())?;
        Ok(draws)
    }

    /// A random identifier (RFC 9562, section 5.4).
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn uuid(&self) -> Result<Uuid, NoChance> {
        Ok(uuid::Builder::from_random_bytes(self.bytes()?).into_uuid())
    }

    /// 256 random bits as 43 URL-safe characters.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn token(&self) -> Result<String, NoChance> {
        use base64::Engine as _;
        Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<32>()?))
    }
}
