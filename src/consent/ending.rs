//! How a consent ends: by the person, at the bank, or by its time; here at once, and then at the bank.

use domain::consent::{BankNotTold, BankTold, Consent, ConsentCommand, EndedBy, Expired, Revoked};
use domain::id::{BankId, ConsentId, UserId};

use super::{ConsentError, execute, holder, own_token, stream};
use crate::app::App;
use crate::connectors::{BankAnswer, BankError, Permit};
use crate::ledger::Actor;
use crate::tokens::{self, Holder};
use crate::vault::crypto::sha256_hex;

/// What a withdrawal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The position of the last event.
    pub position: u64,
    /// Whether the bank agreed already; if not, it is told later.
    pub bank_told: bool,
}

/// Ends a consent: here at once, whatever the bank does, and then at the bank.
///
/// # Errors
/// [`ConsentError::Unknown`] for a consent of somebody else, [`ConsentError::Ended`] for one that
/// has ended.
pub async fn revoke(
    app: &App,
    user_id: UserId,
    consent_id: ConsentId,
) -> Result<Withdrawn, ConsentError> {
    let loaded = app.ledger.load::<Consent>(stream(consent_id)).await?;
    let requested = loaded.aggregate.requested.ok_or(ConsentError::Unknown)?;
    if requested.user_id != user_id {
        return Err(ConsentError::Unknown);
    }
    let holder = holder(consent_id, user_id, app.chance.uuid()?);
    let revoked = Revoked { by: EndedBy::Person };
    let done = execute(app, holder, Actor::Person, ConsentCommand::Revoke(revoked)).await?;
    forget_tokens(app, holder, "revoked_by_person").await?;
    if done.aggregate.bank_told {
        return Ok(Withdrawn { position: done.position, bank_told: true });
    }
    let told = tell_bank(app, holder).await?;
    Ok(told.unwrap_or(Withdrawn { position: done.position, bank_told: false }))
}

/// Ends a consent that the bank no longer honours.
pub(crate) async fn ended_at_bank(app: &App, holder: Holder) -> Result<(), ConsentError> {
    let revoked = Revoked { by: EndedBy::Bank };
    match execute(app, holder, Actor::Bank, ConsentCommand::Revoke(revoked)).await {
        Ok(_) | Err(ConsentError::Ended) => forget_tokens(app, holder, "ended_at_bank").await,
        Err(error) => Err(error),
    }
}

/// Ends a consent whose time is over.
pub(crate) async fn expire(app: &App, holder: Holder) -> Result<(), ConsentError> {
    let loaded = app.ledger.load::<Consent>(stream(holder.consent_id)).await?;
    let Some(at) = loaded.aggregate.expires_at.filter(|at| *at <= app.clock.now()) else {
        return Ok(());
    };
    let expired = Expired { at };
    match execute(app, holder, Actor::Service, ConsentCommand::Expire(expired)).await {
        Ok(_) | Err(ConsentError::Ended) => forget_tokens(app, holder, "expired").await,
        Err(error) => Err(error),
    }
}

pub(crate) async fn forget_tokens(
    app: &App,
    holder: Holder,
    reason: &str,
) -> Result<(), ConsentError> {
    match tokens::destroy(app, holder, reason).await {
        Ok(()) | Err(tokens::TokenError::None) => Ok(()),
        Err(tokens::TokenError::Vault(error)) => Err(error.into()),
        Err(tokens::TokenError::Ledger(error)) => Err(error.into()),
        Err(other) => {
            tracing::warn!(cause = %other, "tokens were not destroyed");
            Ok(())
        }
    }
}

/// Tells the bank that a consent has ended. Nothing if there is nothing to tell.
///
/// # Errors
/// [`ConsentError`] if not even the attempt could be noted.
pub async fn tell_bank(app: &App, holder: Holder) -> Result<Option<Withdrawn>, ConsentError> {
    let consent = app.ledger.load::<Consent>(stream(holder.consent_id)).await?.aggregate;
    let (Some(requested), Some(authorization_id)) = (consent.requested, consent.authorization_id)
    else {
        return Ok(None);
    };
    if consent.bank_told {
        return Ok(None);
    }
    let outcome = delete_at_bank(app, &requested.bank_id, &authorization_id).await;
    let answer_digest = match outcome {
        Ok(answer) => Some(sha256_hex(&answer.body)),
        // The bank has no such authorization any more: what was asked for is so.
        Err(ConsentError::Bank(
            BankError::ConsentEnded | BankError::Refused { status: 404 | 410, .. },
        )) => None,
        Err(error) => {
            let code = match &error {
                ConsentError::Bank(error) => error.code(),
                _ => "bank_not_asked",
            };
            let not_told = BankNotTold { code: code.to_owned() };
            let command = ConsentCommand::RecordBankNotTold(not_told);
            let done = execute(app, holder, Actor::Service, command).await?;
            return Ok(Some(Withdrawn { position: done.position, bank_told: false }));
        }
    };
    let told = ConsentCommand::RecordBankTold(BankTold { answer_digest });
    let done = execute(app, holder, Actor::Bank, told).await?;
    Ok(Some(Withdrawn { position: done.position, bank_told: true }))
}

/// Deletes an authorization at the bank with our own token.
pub(crate) async fn delete_at_bank(
    app: &App,
    bank_id: &BankId,
    authorization_id: &str,
) -> Result<BankAnswer, ConsentError> {
    let bank = app.access(bank_id).await?;
    let own = own_token(app, &bank, None).await?;
    let caller = bank.caller(app, None)?;
    let permit = Permit { token: own.as_ref(), authorization_id };
    let standard = bank.bank.standard;
    let request = standard.delete_consent(&bank.bank, &caller, &permit)?;
    let answer = bank.transport.send(&request).await?;
    standard.read_deleted(&answer)?;
    Ok(answer)
}
