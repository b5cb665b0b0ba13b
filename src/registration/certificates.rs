//! Our certificates at a bank: further ones beside those in use, the switch from one to the other and back,
//! and how they stand with their issuer.
//!
//! The bank knows both pairs. What is under way goes on with the pair it began with; what begins after the
//! switch uses the other. Consents, refresh tokens and the client stay: they hang on our name, not on a
//! certificate. Only access tokens are bound to one (RFC 8705, section 3), and are refreshed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::id::BankId;
use domain::tpp_registration::{
    CertificateOwner, CertificateStanding, CertificatesIssued, CertificatesPrepared, IssuerWord,
    SwitchReason, TppRegistration, TppRegistrationCommand, TppRegistrationRefusal,
};
use projections::database::DatabaseError;

use super::kept::{self, KeptAnswer, beside, check_certificates, facts, keep, secret_name};
use super::{RegistrationError, StepError, registered, stream, validating};
use crate::access::AccessError;
use crate::app::App;
use crate::connectors::registrar::IssuedCertificates;
use crate::connectors::revocation::{Doubt, Source, Standing};
use crate::connectors::transport::Finding;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::vault::VaultError;
use crate::vault::crypto::sha256_hex;
use crate::vault::secrets::SecretOwner;
use crate::world::NoChance;

/// How often it is looked whether certificates are to be switched, and whether another process did so.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Looks between two questions after our own certificates: an hour.
const LOOKS_BETWEEN_QUESTIONS: u32 = 180;

/// Why certificates were not prepared or switched.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    /// The bank cannot be called.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The settings hold the certificates.
    #[error(
        "the settings of `{0}` hold its certificates: put the new ones there and run `opl register`"
    )]
    InSettings(BankId),
    /// The certificates cannot be had, or the bank does not take them.
    #[error("{0}; those in use stay in use")]
    Step(#[from] StepError),
    /// The registration says no.
    #[error(transparent)]
    Refused(#[from] TppRegistrationRefusal),
    /// A connection cannot be set up.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] DatabaseError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

async fn state(app: &App, bank_id: &BankId) -> Result<TppRegistration, LedgerError> {
    Ok(app.ledger.load::<TppRegistration>(stream(bank_id)).await?.aggregate)
}

async fn record(
    app: &App,
    bank_id: &BankId,
    actor: Actor,
    command: TppRegistrationCommand,
) -> Result<TppRegistration, CertificatesError> {
    let cause = Cause::new(actor, app.chance.uuid()?);
    let stream = stream(bank_id);
    match app.ledger.execute::<TppRegistration>(stream, Owner::Platform, cause, command).await {
        Ok(done) => Ok(done.aggregate),
        Err(CommandError::Refused(refusal)) => Err(refusal.into()),
        Err(CommandError::Ledger(error)) => Err(error.into()),
    }
}

/// Has further certificates issued, beside those in use; with an instant they are used from then on by
/// themselves.
///
/// # Errors
/// [`CertificatesError`]; those in use stay in use.
pub async fn prepare(
    app: &App,
    bank_id: &BankId,
    switch_at: Option<DateTime<Utc>>,
) -> Result<CertificatesIssued, CertificatesError> {
    let known = registered(app, bank_id).await?;
    let known = known.ok_or_else(|| AccessError::NotRegistered(bank_id.clone()))?;
    let (file, bank) = (&known.file, known.file.bank());
    if file.registrar().brings_certificates() {
        return Err(CertificatesError::InSettings(bank_id.clone()));
    }
    let request = file.registrar().further_certificates_request(bank, &known.issued)?;
    let transport = file.transport(bank, None, &app.clock, Some(app.report(bank_id)));
    let transport = transport.map_err(|error| RegistrationError::Transport(error.to_string()))?;
    let answer = transport.send(&request).await.map_err(StepError::from)?;
    let issued = file.registrar().read_certificates(bank, &answer)?;
    check_certificates(&issued, app.clock.now())?;
    let name =
        |issued: &IssuedCertificates| issued.qwac.certificate.organization_identifier.clone();
    if issued.tpp_id != known.issued.tpp_id || name(&issued) != name(&known.issued) {
        return Err(StepError::OtherName.into());
    }
    let kept = keep(&answer, &request.url)?;
    let prepared = issued_facts(&issued, &kept);
    put(app, bank_id, &prepared.qwac.fingerprint, &kept).await?;
    let before = state(app, bank_id).await?;
    let command = TppRegistrationCommand::PrepareCertificates(CertificatesPrepared {
        issued: prepared.clone(),
        switch_at,
    });
    record(app, bank_id, Actor::Operator, command).await?;
    // Nobody uses these again.
    let replaced = before.prepared.map(|prepared| prepared.issued);
    for gone in before.former.into_iter().chain(replaced) {
        app.secrets.forget(&secret_name(bank_id, &beside(&gone.qwac.fingerprint))).await?;
    }
    Ok(prepared)
}

async fn put(
    app: &App,
    bank_id: &BankId,
    fingerprint: &str,
    kept: &KeptAnswer,
) -> Result<(), VaultError> {
    let name = secret_name(bank_id, &beside(fingerprint));
    app.secrets.put(SecretOwner::Platform, &name, kept).await
}

fn issued_facts(issued: &IssuedCertificates, kept: &KeptAnswer) -> CertificatesIssued {
    CertificatesIssued {
        tpp_id: issued.tpp_id.clone(),
        public_keys_url: issued.public_jwks_url.clone(),
        qwac: facts(&issued.qwac),
        qseal: facts(&issued.qseal),
        request_digest: kept.request_digest.clone(),
        answer_digest: sha256_hex(kept.body.as_bytes()),
    }
}

/// Uses the further certificates from now on, once the bank was seen to take them.
///
/// # Errors
/// [`CertificatesError`]; those in use stay in use.
pub async fn switch(
    app: &App,
    bank_id: &BankId,
    reason: SwitchReason,
) -> Result<(), CertificatesError> {
    let known = registered(app, bank_id).await?;
    let known = known.ok_or_else(|| AccessError::NotRegistered(bank_id.clone()))?;
    let prepared = state(app, bank_id).await?.prepared;
    let prepared = prepared.ok_or(TppRegistrationRefusal::NothingPrepared)?;
    let fingerprint = &prepared.issued.qwac.fingerprint;
    let issued = kept::certificates_of(app, &known.file, fingerprint).await?;
    let issued = issued.ok_or(TppRegistrationRefusal::NothingPrepared)?;
    check_certificates(&issued, app.clock.now())?;
    let (bank, report) = (known.file.bank(), Some(app.report(bank_id)));
    let transport = known.file.transport(bank, Some(&issued.qwac), &app.clock, report);
    let transport = transport.map_err(|error| RegistrationError::Transport(error.to_string()))?;
    let client = known.file.registrar().client_by_certificate(&issued);
    let shown = validating::Shown {
        issued: &issued,
        client: client.as_ref().unwrap_or(&known.client),
        interaction_id: app.chance.uuid()?,
        now: app.clock.now(),
    };
    validating::show(&known.file, &transport, &shown).await?;
    let actor = if reason == SwitchReason::Time { Actor::Service } else { Actor::Operator };
    let command = TppRegistrationCommand::SwitchCertificates { reason };
    record(app, bank_id, actor, command).await?;
    app.forget_access(bank_id);
    Ok(())
}

/// Uses the certificates of before again. The bank is not asked: this is for when something is wrong.
///
/// # Errors
/// [`CertificatesError`]; those in use stay in use.
pub async fn roll_back(app: &App, bank_id: &BankId) -> Result<(), CertificatesError> {
    let known = registered(app, bank_id).await?;
    let known = known.ok_or_else(|| AccessError::NotRegistered(bank_id.clone()))?;
    let former = state(app, bank_id).await?.former;
    let former = former.ok_or(TppRegistrationRefusal::NothingBefore)?;
    let issued = kept::certificates_of(app, &known.file, &former.qwac.fingerprint).await?;
    let issued = issued.ok_or(TppRegistrationRefusal::NothingBefore)?;
    check_certificates(&issued, app.clock.now())?;
    record(app, bank_id, Actor::Operator, TppRegistrationCommand::RollCertificatesBack).await?;
    app.forget_access(bank_id);
    Ok(())
}

/// Looks after the certificates of every bank until the service stops.
pub fn start(app: &Arc<App>) {
    let (app, mut stopped) = (Arc::clone(app), app.stopping.subscribe());
    let tasks = Arc::clone(&app.tasks);
    tasks.spawn(async move {
        let mut looks = 0;
        loop {
            look(&app, looks % LOOKS_BETWEEN_QUESTIONS == 0).await;
            looks += 1;
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    });
}

async fn look(app: &App, ask: bool) {
    let banks = match app.read.registrations().all().await {
        Ok(rows) => rows.into_iter().map(|row| row.bank_id),
        Err(error) => {
            tracing::warn!(cause = %error, "the registrations cannot be read");
            return;
        }
    };
    let banks: std::collections::BTreeSet<BankId> = banks.collect();
    for bank_id in banks {
        if let Err(error) = switch_if_due(app, &bank_id).await {
            tracing::warn!(bank = %bank_id, cause = %error, "certificates were not switched");
        }
        if ask && let Err(error) = ask_after_own(app, &bank_id).await {
            tracing::warn!(bank = %bank_id, cause = %error, "our certificates were not asked after");
        }
    }
}

/// Switches where the time has come, and takes note of a switch by another process.
///
/// # Errors
/// [`CertificatesError`]; those in use stay in use.
pub async fn switch_if_due(app: &App, bank_id: &BankId) -> Result<bool, CertificatesError> {
    let state = state(app, bank_id).await?;
    let due = state.switch_is_due(app.clock.now());
    if due {
        switch(app, bank_id, SwitchReason::Time).await?;
    } else if let Some(used) = state.certificates {
        app.keep_access_only_with(bank_id, &used.qwac.fingerprint);
    }
    Ok(due)
}

/// Asks whether our own certificates at a bank were taken back, and records what changed.
///
/// # Errors
/// [`CertificatesError`] if nobody could be asked or nothing recorded.
pub async fn ask_after_own(app: &App, bank_id: &BankId) -> Result<(), CertificatesError> {
    let access = match app.access(bank_id).await {
        Err(AccessError::NotRegistered(_)) => return Ok(()),
        access => access?,
    };
    for (owner, certificate) in [
        (CertificateOwner::OwnConnection, &access.certificate),
        (CertificateOwner::OwnSeal, &access.seal.certificate),
    ] {
        let (standing, source) = access.transport.own_standing(&certificate.der).await;
        // What names no place cannot be taken back: a key that an operator made.
        if standing == Standing::Unknown(Doubt::NoPlace) {
            continue;
        }
        let fingerprint = certificate.fingerprint.clone();
        let found = Finding { fingerprint, standing, source, refused: false };
        record_finding(app, bank_id, owner, &found).await?;
    }
    Ok(())
}

/// Records how a certificate stands, unless that is known.
///
/// # Errors
/// [`CertificatesError`] if it cannot be recorded.
pub async fn record_finding(
    app: &App,
    bank_id: &BankId,
    owner: CertificateOwner,
    found: &Finding,
) -> Result<(), CertificatesError> {
    let Finding { fingerprint, standing, source, refused } = found;
    let (word, doubt, revoked_at) = match standing {
        Standing::Good => (IssuerWord::Good, None, None),
        Standing::Revoked { at } => (IssuerWord::Revoked, None, Some(*at)),
        Standing::Unknown(doubt) => (IssuerWord::Unknown, Some(doubt.code().to_owned()), None),
    };
    let source: &Source = source;
    let command = TppRegistrationCommand::RecordStanding(CertificateStanding {
        owner,
        fingerprint: fingerprint.clone(),
        word,
        doubt,
        revoked_at,
        source: source.code().to_owned(),
        refused: *refused,
    });
    match record(app, bank_id, Actor::Service, command).await {
        // Nobody began a registration: there is nothing to record it with.
        Err(CertificatesError::Refused(
            TppRegistrationRefusal::NothingNew | TppRegistrationRefusal::NotStarted,
        )) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => {
            tracing::warn!(
                bank = %bank_id, ?owner, ?standing, source = source.code(), refused,
                "a certificate's standing with its issuer changed"
            );
            Ok(())
        }
    }
}
