//! Certificates that take each other's place, and how they stand with their issuers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CertificatesIssued, Step, TppRegistration, TppRegistrationCommand, TppRegistrationEvent,
    TppRegistrationRefusal,
};

/// Further certificates were issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatesPrepared {
    /// The certificates.
    pub issued: CertificatesIssued,
    /// From when on they are used by themselves; none where somebody says so.
    pub switch_at: Option<DateTime<Utc>>,
}

/// Why other certificates are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchReason {
    /// The operator said so.
    Asked,
    /// Their time had come.
    Time,
    /// The operator took the switch back.
    RolledBack,
}

/// Other certificates are used from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatesSwitched {
    /// SHA-256 (hex) of the certificate for connections until now.
    pub from: String,
    /// SHA-256 (hex) of the one from now on.
    pub to: String,
    /// What they were switched for.
    pub reason: SwitchReason,
}

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateOwner {
    /// The bank's, shown by its server.
    Bank,
    /// Ours, for connections.
    OwnConnection,
    /// Ours, for signatures.
    OwnSeal,
}

/// What a certificate's issuer says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerWord {
    /// It stands (again).
    Good,
    /// It was taken back.
    Revoked,
    /// There is no word.
    Unknown,
}

/// How a certificate stands with its issuer (RFC 5280, section 5; RFC 6960).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateStanding {
    /// Whose it is.
    pub owner: CertificateOwner,
    /// SHA-256 (hex) of the certificate.
    pub fingerprint: String,
    /// What its issuer says.
    pub word: IssuerWord,
    /// Why there is no word, as a stable code.
    pub doubt: Option<String>,
    /// Since when it does not count any more.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Who said so: `ocsp`, `stapled_ocsp`, `crl`, or `nowhere`.
    pub source: String,
    /// Whether calls are refused for it.
    pub refused: bool,
}

impl CertificateStanding {
    /// Whether it says the same as another, whoever said it.
    fn says_the_same(&self, other: &Self) -> bool {
        (self.word, &self.doubt, self.refused) == (other.word, &other.doubt, other.refused)
    }
}

/// Most certificates whose standing is remembered; the oldest of a bank's are let go.
pub const MOST_STANDINGS: usize = 32;

impl TppRegistration {
    /// Whether the further certificates are to be used by themselves at `now`.
    #[must_use]
    pub fn switch_is_due(&self, now: DateTime<Utc>) -> bool {
        self.prepared.as_ref().and_then(|prepared| prepared.switch_at).is_some_and(|at| at <= now)
    }

    /// How a certificate of a fingerprint stands, where that was ever in doubt.
    #[must_use]
    pub fn standing(&self, fingerprint: &str) -> Option<&CertificateStanding> {
        self.standings.iter().find(|known| known.fingerprint == fingerprint)
    }

    pub(super) fn decide_certificates(
        &self,
        command: TppRegistrationCommand,
    ) -> Result<TppRegistrationEvent, TppRegistrationRefusal> {
        use TppRegistrationCommand as Command;
        use TppRegistrationEvent as Event;
        use TppRegistrationRefusal as Refusal;
        let used = self.certificates.as_ref().ok_or(Refusal::StepMissing(Step::Certificates))?;
        let switched = |to: &CertificatesIssued, reason| {
            let (from, to) = (used.qwac.fingerprint.clone(), to.qwac.fingerprint.clone());
            Ok(Event::CertificatesSwitched(CertificatesSwitched { from, to, reason }))
        };
        match command {
            Command::PrepareCertificates(prepared) => {
                if prepared.issued.qwac.fingerprint == used.qwac.fingerprint {
                    return Err(Refusal::InUse);
                }
                Ok(Event::CertificatesPrepared(prepared))
            }
            Command::SwitchCertificates { reason } => {
                let prepared = self.prepared.as_ref().ok_or(Refusal::NothingPrepared)?;
                switched(&prepared.issued, reason)
            }
            _ => switched(
                self.former.as_ref().ok_or(Refusal::NothingBefore)?,
                SwitchReason::RolledBack,
            ),
        }
    }

    pub(super) fn decide_standing(
        &self,
        found: CertificateStanding,
    ) -> Result<TppRegistrationEvent, TppRegistrationRefusal> {
        let new = match self.standing(&found.fingerprint) {
            Some(known) => !known.says_the_same(&found),
            // Good news of another certificate is news where the one before was in doubt.
            None => {
                let mut of_owner = self.standings.iter().filter(|known| known.owner == found.owner);
                found.word != IssuerWord::Good
                    || of_owner.any(|known| known.word != IssuerWord::Good)
            }
        };
        if new {
            Ok(TppRegistrationEvent::CertificateStanding(found))
        } else {
            Err(TppRegistrationRefusal::NothingNew)
        }
    }

    pub(super) fn apply_switch(&mut self, switched: &CertificatesSwitched) {
        let before = self.certificates.take();
        if switched.reason == SwitchReason::RolledBack {
            self.certificates = self.former.take();
            self.prepared = before.map(|issued| CertificatesPrepared { issued, switch_at: None });
        } else {
            self.certificates = self.prepared.take().map(|prepared| prepared.issued);
            self.former = before;
        }
    }

    pub(super) fn apply_standing(&mut self, found: CertificateStanding) {
        self.standings.retain(|known| known.fingerprint != found.fingerprint);
        if self.standings.len() >= MOST_STANDINGS {
            let oldest =
                self.standings.iter().position(|known| known.owner == CertificateOwner::Bank);
            self.standings.remove(oldest.unwrap_or_default());
        }
        self.standings.push(found);
    }
}
