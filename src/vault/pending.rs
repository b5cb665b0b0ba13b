//! Authorizations under way: what a bank's answer has to match. Each can be used once, by the
//! browser session that began it, within ten minutes.

use std::sync::Arc;

use domain::id::{BankId, ConsentId, UserId};
use projections::database::{Database, Row, Value, sql};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::VaultError;
use super::crypto::sha256_hex;
use super::keys::Keys;
use crate::connectors::Secret;
use crate::world::{Chance, Clock};

/// How long an answer is taken, in seconds.
pub const ANSWER_SECONDS: i64 = 10 * 60;
/// How long a used or ended record is kept, so that a late answer gets the right word, in seconds.
const KEEP_SECONDS: i64 = 24 * 60 * 60;

/// What was sent with the person to the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAuthorization {
    /// The consent it is for.
    pub consent_id: ConsentId,
    /// The person, who alone may bring the answer back.
    pub user_id: UserId,
    /// To which bank.
    pub bank_id: BankId,
    /// Digest of the session they went from.
    pub session_digest: String,
    /// The rest, sealed at rest.
    pub sent: Sent,
}

/// What only the right answer knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The nonce in the signed request.
    pub nonce: String,
    /// The bank's name for the authorization.
    pub authorization_id: String,
    /// Where the browser was to come back to.
    pub redirect_uri: String,
    /// What shows the token endpoint that the code is ours (RFC 7636).
    #[serde(default)]
    pub code_verifier: Option<String>,
    /// Where the bank wants its confirmation code shown, if it has such a step.
    #[serde(default)]
    pub confirmation: Option<String>,
}

/// What a state turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nobody issued it.
    Unknown,
    /// It was issued to another browser; it stands for that one.
    OtherBrowser(PendingAuthorization),
    /// Another bank's address was used; it stands.
    OtherBank(PendingAuthorization),
    /// Its ten minutes are over.
    Ended(PendingAuthorization),
    /// It was used before.
    Used(PendingAuthorization),
    /// It is good.
    Good(PendingAuthorization),
}

/// The table of authorizations under way.
pub struct PendingAuthorizations {
    database: Database,
    keys: Arc<Keys>,
    chance: Chance,
    clock: Clock,
}

impl PendingAuthorizations {
    /// Kept in this database under the platform's key.
    #[must_use]
    pub fn new(database: Database, keys: Arc<Keys>, chance: Chance, clock: Clock) -> Self {
        Self { database, keys, chance, clock }
    }

    /// Keeps one under a fresh state.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn keep(
        &self,
        state: &Secret,
        pending: &PendingAuthorization,
    ) -> Result<(), VaultError> {
        let (_, key) = self.keys.platform().await?;
        let digest = sha256_hex(state.expose().as_bytes());
        let plain = serde_json::to_vec(&pending.sent).map_err(|_| VaultError::Sealed)?;
        let sealed = key
            .seal(&self.chance, &place(&digest, pending.consent_id), &plain)
            .map_err(|_| VaultError::Sealed)?;
        let now = self.clock.micros();
        let insert = sql(
            "INSERT INTO pending_authorization (state_digest, consent_id, user_id, bank_id, \
             session_digest, sealed, created_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            vec![
                Value::Text(digest),
                Value::Text(pending.consent_id.to_string()),
                Value::Text(pending.user_id.to_string()),
                Value::Text(pending.bank_id.to_string()),
                Value::Text(pending.session_digest.clone()),
                Value::Bytes(sealed),
                Value::Integer(now),
                Value::Integer(now + ANSWER_SECONDS * 1_000_000),
            ],
        );
        let old = sql(
            "DELETE FROM pending_authorization WHERE ends_at < $1",
            vec![Value::Integer(now - KEEP_SECONDS * 1_000_000)],
        );
        self.database.transaction(vec![old, insert]).await?;
        Ok(())
    }

    /// Looks at a state without using it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn look(
        &self,
        state: &Secret,
        bank_id: &BankId,
        session_digest: Option<&str>,
    ) -> Result<Taken, VaultError> {
        let digest = sha256_hex(state.expose().as_bytes());
        let find = sql(
            "SELECT consent_id, user_id, bank_id, session_digest, sealed, ends_at, used_at \
             FROM pending_authorization WHERE state_digest = $1",
            vec![Value::Text(digest.clone())],
        );
        let rows = self.database.query(find).await?;
        let Some(row) = rows.first() else { return Ok(Taken::Unknown) };
        let (_, key) = self.keys.platform().await?;
        let (pending, ends_at, used) = read(row, &key, &digest).ok_or(VaultError::Sealed)?;
        Ok(if session_digest != Some(pending.session_digest.as_str()) {
            Taken::OtherBrowser(pending)
        } else if pending.bank_id != *bank_id {
            Taken::OtherBank(pending)
        } else if used {
            Taken::Used(pending)
        } else if ends_at <= self.clock.micros() {
            Taken::Ended(pending)
        } else {
            Taken::Good(pending)
        })
    }

    /// Uses a state: true for exactly one caller, whatever their number.
    ///
    /// # Errors
    /// [`VaultError::Database`].
    pub async fn use_once(&self, state: &Secret) -> Result<bool, VaultError> {
        let take = sql(
            "UPDATE pending_authorization SET used_at = $1 \
             WHERE state_digest = $2 AND used_at IS NULL",
            vec![
                Value::Integer(self.clock.micros()),
                Value::Text(sha256_hex(state.expose().as_bytes())),
            ],
        );
        Ok(self.database.execute(take).await? == 1)
    }
}

fn read(
    row: &Row,
    key: &super::crypto::DataKey,
    digest: &str,
) -> Option<(PendingAuthorization, i64, bool)> {
    let [
        Value::Text(consent_id),
        Value::Text(user_id),
        Value::Text(bank_id),
        Value::Text(session_digest),
        Value::Bytes(sealed),
        Value::Integer(ends_at),
        used_at,
    ] = row.as_slice()
    else {
        return None;
    };
    let consent_id = ConsentId(Uuid::parse_str(consent_id).ok()?);
    let plain = key.open(&place(digest, consent_id), sealed).ok()?;
    let pending = PendingAuthorization {
        consent_id,
        user_id: UserId(Uuid::parse_str(user_id).ok()?),
        bank_id: BankId(bank_id.clone()),
        session_digest: session_digest.clone(),
        sent: serde_json::from_slice(&plain).ok()?,
    };
    Some((pending, *ends_at, matches!(used_at, Value::Integer(_))))
}

fn place(digest: &str, consent_id: ConsentId) -> Vec<u8> {
    [b"pending/1\0".as_slice(), consent_id.0.as_bytes(), digest.as_bytes()].concat()
}
