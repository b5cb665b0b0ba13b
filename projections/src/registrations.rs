//! How far this platform's registration with each bank is.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::id::{BankId, RegistrationId};
use domain::tpp_registration::{
    CertificateOwner, CertificateStanding, CertificatesSwitched, IssuerWord, SwitchReason,
    TppRegistrationEvent,
};

use crate::database::{DatabaseError, RowReader, Statement, Value, sql};
use crate::definition::{Definition, Folded, Table};
use crate::feed::Recorded;
use crate::location::Generation;
use crate::rows::read_rows;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "registrations",
    version: 3,
    tables: &[Table {
        name: "registrations",
        key: &["registration_id"],
        create: "CREATE TABLE IF NOT EXISTS registrations (
            registration_id TEXT NOT NULL PRIMARY KEY,
            bank_id TEXT NOT NULL,
            started_at BIGINT NOT NULL,
            certificates_expire_at BIGINT,
            prepared_expire_at BIGINT,
            former_expire_at BIGINT,
            own_revoked_at BIGINT,
            bank_certificate TEXT,
            client_registered_at BIGINT,
            secret_expires_at BIGINT,
            validated_at BIGINT,
            failed_step TEXT,
            failed_code TEXT,
            failed_status BIGINT,
            position BIGINT NOT NULL)",
        indexes: &[
            "CREATE INDEX IF NOT EXISTS registrations_bank ON registrations (bank_id, position)",
        ],
    }],
};

pub(crate) fn fold(events: &[Recorded]) -> Folded {
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(Event::TppRegistration(event)) = recorded.event.as_deref() {
            folded.extend(statement(recorded, event));
        }
    }
    folded
}

fn statement(recorded: &Recorded, event: &TppRegistrationEvent) -> Option<Statement> {
    let id = Value::from(recorded.stream.id);
    let at = Value::from(recorded.recorded_at);
    Some(match event {
        TppRegistrationEvent::Started(started) => sql(
            "INSERT INTO registrations (registration_id, bank_id, started_at, position)
             VALUES ($1, $2, $3, $4)",
            vec![id, started.bank_id.0.as_str().into(), at, recorded.position.into()],
        ),
        // What was registered with other settings is registered again.
        TppRegistrationEvent::SettingsChanged(_) => sql(
            "UPDATE registrations SET client_registered_at = NULL, secret_expires_at = NULL,
             validated_at = NULL WHERE registration_id = $1",
            vec![id],
        ),
        // New certificates make the old client useless.
        TppRegistrationEvent::CertificatesIssued(issued) => sql(
            "UPDATE registrations SET certificates_expire_at = $1, prepared_expire_at = NULL,
             former_expire_at = NULL, own_revoked_at = NULL, client_registered_at = NULL,
             secret_expires_at = NULL, validated_at = NULL, failed_step = NULL,
             failed_code = NULL, failed_status = NULL WHERE registration_id = $2",
            vec![issued.qwac.not_after.min(issued.qseal.not_after).into(), id],
        ),
        TppRegistrationEvent::ClientRegistered(client) => sql(
            "UPDATE registrations SET client_registered_at = $1, secret_expires_at = $2,
             validated_at = NULL, failed_step = NULL, failed_code = NULL, failed_status = NULL
             WHERE registration_id = $3",
            vec![at, client.secret_expires_at.into(), id],
        ),
        TppRegistrationEvent::CredentialsValidated(_) => sql(
            "UPDATE registrations SET validated_at = $1, failed_step = NULL, failed_code = NULL,
             failed_status = NULL WHERE registration_id = $2",
            vec![at, id],
        ),
        TppRegistrationEvent::StepFailed(failed) => sql(
            "UPDATE registrations SET failed_step = $1, failed_code = $2, failed_status = $3
             WHERE registration_id = $4",
            vec![
                failed.step.name().into(),
                failed.code.as_str().into(),
                failed.status.map(i64::from).into(),
                id,
            ],
        ),
        TppRegistrationEvent::CertificatesPrepared(prepared) => sql(
            "UPDATE registrations SET prepared_expire_at = $1, former_expire_at = NULL
             WHERE registration_id = $2",
            vec![prepared.issued.qwac.not_after.min(prepared.issued.qseal.not_after).into(), id],
        ),
        TppRegistrationEvent::CertificatesSwitched(switched) => switch(switched, id),
        TppRegistrationEvent::CertificateStanding(found) => stand(found, id),
        TppRegistrationEvent::StatementSigned(_) | TppRegistrationEvent::RequestSigned(_) => {
            return None;
        }
    })
}

fn switch(switched: &CertificatesSwitched, id: Value) -> Statement {
    let text = match switched.reason {
        SwitchReason::RolledBack => {
            "UPDATE registrations SET prepared_expire_at = certificates_expire_at,
             certificates_expire_at = former_expire_at, former_expire_at = NULL,
             own_revoked_at = NULL WHERE registration_id = $1"
        }
        SwitchReason::Asked | SwitchReason::Time => {
            "UPDATE registrations SET former_expire_at = certificates_expire_at,
             certificates_expire_at = prepared_expire_at, prepared_expire_at = NULL,
             own_revoked_at = NULL WHERE registration_id = $1"
        }
    };
    sql(text, vec![id])
}

fn stand(found: &CertificateStanding, id: Value) -> Statement {
    let revoked = found.word == IssuerWord::Revoked;
    match found.owner {
        CertificateOwner::Bank => {
            let says = match found.word {
                IssuerWord::Good => None,
                IssuerWord::Revoked => Some("revoked"),
                IssuerWord::Unknown => Some(found.doubt.as_deref().unwrap_or("unknown")),
            };
            let text = "UPDATE registrations SET bank_certificate = $1 WHERE registration_id = $2";
            sql(text, vec![says.into(), id])
        }
        CertificateOwner::OwnConnection | CertificateOwner::OwnSeal => {
            let text = "UPDATE registrations SET own_revoked_at = $1 WHERE registration_id = $2";
            sql(text, vec![found.revoked_at.filter(|_| revoked).into(), id])
        }
    }
}

/// A registration with a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationRow {
    /// Which.
    pub registration_id: RegistrationId,
    /// With which bank.
    pub bank_id: BankId,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When the first of its certificates ends.
    pub certificates_expire_at: Option<DateTime<Utc>>,
    /// When the first of the certificates that are prepared ends; none where there are none.
    pub prepared_expire_at: Option<DateTime<Utc>>,
    /// Since when one of ours in use does not count any more, as its issuer says.
    pub own_revoked_at: Option<DateTime<Utc>>,
    /// What is wrong with the certificate the bank shows: `revoked`, or why its standing is not known.
    pub bank_certificate: Option<String>,
    /// When the bank answered with a client.
    pub client_registered_at: Option<DateTime<Utc>>,
    /// When the client's secret ends; none for never.
    pub secret_expires_at: Option<DateTime<Utc>>,
    /// When the credentials were last shown to work.
    pub validated_at: Option<DateTime<Utc>>,
    /// The step that failed last and has not succeeded since.
    pub failed_step: Option<String>,
    /// Why it failed.
    pub failed_code: Option<String>,
    /// The HTTP status of the bank's answer to it.
    pub failed_status: Option<u16>,
}

impl RegistrationRow {
    /// Whether people can be connected to the bank at `now`.
    #[must_use]
    pub fn is_ready(&self, now: DateTime<Utc>) -> bool {
        self.validated_at.is_some()
            && self.certificates_expire_at.is_some_and(|end| end > now)
            && self.own_revoked_at.is_none()
            && self.secret_expires_at.is_none_or(|end| end > now)
    }
}

const SELECT: &str = "SELECT registration_id, bank_id, started_at, certificates_expire_at,
    prepared_expire_at, own_revoked_at, bank_certificate, client_registered_at, secret_expires_at, validated_at, failed_step, failed_code, failed_status
    FROM registrations";

fn read(row: &mut RowReader) -> Result<RegistrationRow, DatabaseError> {
    Ok(RegistrationRow {
        registration_id: row.parsed()?,
        bank_id: BankId(row.text()?),
        started_at: row.instant()?,
        certificates_expire_at: row.optional_instant()?,
        prepared_expire_at: row.optional_instant()?,
        own_revoked_at: row.optional_instant()?,
        bank_certificate: row.optional_text()?,
        client_registered_at: row.optional_instant()?,
        secret_expires_at: row.optional_instant()?,
        validated_at: row.optional_instant()?,
        failed_step: row.optional_text()?,
        failed_code: row.optional_text()?,
        failed_status: row.optional_integer()?.and_then(|status| u16::try_from(status).ok()),
    })
}

/// Questions about registrations. They belong to the platform, not to a person.
#[derive(Clone, Debug)]
pub struct Registrations(pub(crate) Arc<Generation>);

impl Registrations {
    /// The newest registration with a bank.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn status(&self, bank_id: &BankId) -> Result<Option<RegistrationRow>, DatabaseError> {
        let text = format!("{SELECT} WHERE bank_id = $1 ORDER BY position DESC LIMIT 1");
        let rows = self.0.database.query(sql(text, vec![bank_id.0.as_str().into()])).await?;
        Ok(read_rows(rows, read)?.pop())
    }

    /// Every registration, by bank and then newest first.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn all(&self) -> Result<Vec<RegistrationRow>, DatabaseError> {
        let text = format!("{SELECT} ORDER BY bank_id, position DESC");
        read_rows(self.0.database.query(sql(text, vec![])).await?, read)
    }
}
