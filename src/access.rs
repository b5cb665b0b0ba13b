//! What it takes to call a bank: its profile, a transport that shows our certificate, the key that
//! signs, and the credentials of our registration. All of it comes out of the vault.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::BankId;

use crate::app::App;
use crate::connectors::certificate::Certificate;
use crate::connectors::id_token::{self, IdTokenError, IdTokenExpectation, VerifiedIdToken};
use crate::connectors::transport::Transport;
use crate::connectors::{
    Attended, Bank, BankError, Caller, ClientCredentials, IssuedCertificate, PublicKeys, Secret,
};
use crate::ledger::LedgerError;
use crate::vault::VaultError;
use crate::world::NoChance;

/// How long a bank's keys are taken from memory.
const KEYS_KEPT: TimeDelta = TimeDelta::hours(1);
/// How soon after one another a bank's keys are fetched at most.
const KEYS_APART: TimeDelta = TimeDelta::seconds(60);

/// Why a bank cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is no such bank.
    #[error("there is no bank called `{0}` here")]
    UnknownBank(BankId),
    /// This platform is not registered with it.
    #[error("this platform is not registered with `{0}` yet; run `opl register --bank {0}`")]
    NotRegistered(BankId),
    /// What the vault holds cannot be used.
    #[error("the registration with `{bank_id}` cannot be used: {cause}")]
    Unusable {
        /// Which.
        bank_id: BankId,
        /// Why.
        cause: String,
    },
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A bank that can be called.
pub struct BankAccess {
    /// Its profile.
    pub bank: Bank,
    /// The way to it.
    pub transport: Transport,
    /// Our credentials there.
    pub client: ClientCredentials,
    /// What signs for us.
    pub seal: IssuedCertificate,
    /// The certificate we show.
    pub certificate: Certificate,
    /// Where it sends browsers back to.
    pub redirect_uri: String,
    /// Its keys, and when they were fetched.
    pub keys: Mutex<Option<(PublicKeys, DateTime<Utc>)>>,
}

impl BankAccess {
    /// Us, calling this bank now.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn caller(&self, app: &App, attended: Option<Attended>) -> Result<Caller<'_>, NoChance> {
        Ok(Caller {
            client: &self.client,
            seal: &self.seal,
            interaction_id: app.chance.uuid()?,
            attended,
            now: app.clock.now(),
        })
    }

    /// The bank's public keys. `newer_than_kept` asks for another look when a key is unknown, which
    /// happens at most once a minute.
    ///
    /// # Errors
    /// [`BankError`].
    pub async fn public_keys(
        &self,
        now: DateTime<Utc>,
        newer_than_kept: bool,
    ) -> Result<PublicKeys, BankError> {
        let kept = self.keys.lock().ok().and_then(|keys| keys.clone());
        if let Some((keys, fetched_at)) = kept {
            let age = now - fetched_at;
            if age < KEYS_APART || (!newer_than_kept && age < KEYS_KEPT) {
                return Ok(keys);
            }
        }
        let request = self.bank.standard.keys(&self.bank);
        let request = request.ok_or(BankError::NotSent { what: "keys of this bank" })?;
        let answer = self.transport.send(&request).await?;
        let keys = self.bank.standard.read_keys(&answer)?;
        if let Ok(mut kept) = self.keys.lock() {
            *kept = Some((keys.clone(), now));
        }
        Ok(keys)
    }

    /// Verifies an id token; an unknown key makes the bank's keys be fetched once more.
    ///
    /// # Errors
    /// [`BankError`] where the keys cannot be had; within, the first rule the token breaks.
    pub async fn verify_id_token(
        &self,
        token: &Secret,
        expected: &IdTokenExpectation<'_>,
    ) -> Result<Result<VerifiedIdToken, IdTokenError>, BankError> {
        let keys = self.public_keys(expected.now, false).await?;
        Ok(match id_token::verify(token.expose(), &keys, expected) {
            Err(IdTokenError::UnknownKey) => {
                let keys = self.public_keys(expected.now, true).await?;
                id_token::verify(token.expose(), &keys, expected)
            }
            other => other,
        })
    }
}
