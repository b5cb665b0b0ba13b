//! Consents that stand when the bank says so: after a return that brought nothing to prove it by, and
//! while the person agrees on a device of their own.
//!
//! A consent whose browser was sent to the bank is believed only after that browser came back: whoever
//! sends somebody else to the bank with a consent of their own must not get that person's accounts.

use std::sync::Arc;
use std::time::Duration;

use domain::consent::{
    AuthorizationCreated, Consent, ConsentCommand, ConsentStatus as Standing, Granted,
};
use domain::id::BankId;

use crate::access::BankAccess;
use crate::app::App;
use crate::connectors::{Attended, BankError, ConsentStatus, ObservedConsent, Permit, Secret};
use crate::consent::{self, ConsentError};
use crate::ledger::Actor;
use crate::renewal;
use crate::sync;
use crate::tokens::Holder;
use crate::vault::crypto::sha256_hex;

/// How often a bank is asked about a consent that the person agrees to elsewhere.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// How often, and how long apart, a bank is asked right after the person came back: its left hand may
/// not know yet what its right hand did.
const ASK_AFTER_RETURN: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// What became of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It stands.
    Granted {
        /// Position of the event that says so.
        position: u64,
    },
    /// The person, or the bank, said no.
    Refused {
        /// Position of the event that says so.
        position: u64,
    },
    /// The bank still waits for somebody.
    Waiting,
}

/// Asks the bank how a consent stands. The token is the person's, where there is one already.
pub(crate) async fn standing(
    app: &App,
    bank: &BankAccess,
    authorization_id: &str,
    token: Option<&Secret>,
    attended: Option<Attended>,
) -> Result<(ObservedConsent, AuthorizationCreated), ConsentError> {
    let own = match token {
        Some(_) => None,
        None => consent::own_token(app, bank, attended.clone()).await?,
    };
    let caller = bank.caller(app, attended)?;
    let permit = Permit { token: token.or(own.as_ref()), authorization_id };
    let standard = bank.bank.standard;
    let request = standard.consent_status(&bank.bank, &caller, &permit)?;
    let answer = bank.transport.send(&request).await?;
    let observed = standard.read_consent(&bank.bank, authorization_id, &answer)?;
    let created = AuthorizationCreated {
        authorization_id: authorization_id.to_owned(),
        expires_at: observed.expires,
        answer_digest: sha256_hex(&answer.body),
        request_id: caller.interaction_id.to_string(),
    };
    Ok((observed, created))
}

/// Asks once, and lets the consent stand, or ends it, if the bank has come to an end with it.
pub(crate) async fn settle(
    app: &Arc<App>,
    holder: Holder,
    bank: &BankAccess,
    authorization_id: &str,
    attended: Option<Attended>,
) -> Result<Settled, ConsentError> {
    let asked = standing(app, bank, authorization_id, None, attended.clone()).await;
    let (observed, shown) = match asked {
        Err(ConsentError::Bank(BankError::ConsentEnded)) => {
            let position = consent::refuse(app, holder, "consent_ended".to_owned(), None).await?;
            return Ok(Settled::Refused { position });
        }
        asked => asked?,
    };
    match observed.status {
        ConsentStatus::Authorized => {
            shorten(app, holder, shown).await?;
            let accounts = observed.accounts;
            let granted = Granted {
                authentication_context: None,
                authenticated_at: app.clock.now(),
                id_token_digest: None,
                scope: String::new(),
                accounts,
            };
            let command = ConsentCommand::Grant(granted);
            let position = consent::execute(app, holder, Actor::Bank, command).await?.position;
            stands(app, holder, attended).await;
            Ok(Settled::Granted { position })
        }
        ConsentStatus::Rejected | ConsentStatus::Revoked | ConsentStatus::Expired => {
            let position = consent::refuse(app, holder, "access_denied".to_owned(), None).await?;
            Ok(Settled::Refused { position })
        }
        ConsentStatus::Unauthorized | ConsentStatus::PartlyAuthorized | ConsentStatus::Other => {
            Ok(Settled::Waiting)
        }
    }
}

/// Records the end the bank gives a consent, where it is earlier than what was asked for.
async fn shorten(
    app: &App,
    holder: Holder,
    shown: AuthorizationCreated,
) -> Result<(), ConsentError> {
    let loaded = app.ledger.load::<Consent>(consent::stream(holder.consent_id)).await?.aggregate;
    if shown.expires_at.is_some_and(|end| loaded.expires_at.is_none_or(|asked| end < asked)) {
        let command = ConsentCommand::RecordAuthorization(shown);
        consent::execute(app, holder, Actor::Bank, command).await?;
    }
    Ok(())
}

/// Asks a few times after the person came back.
pub(crate) async fn settle_after_return(
    app: &Arc<App>,
    holder: Holder,
    bank: &BankAccess,
    authorization_id: &str,
    attended: Option<Attended>,
) -> Result<Settled, ConsentError> {
    for wait in ASK_AFTER_RETURN {
        tokio::time::sleep(wait).await;
        match settle(app, holder, bank, authorization_id, attended.clone()).await? {
            Settled::Waiting => {}
            settled => return Ok(settled),
        }
    }
    Ok(Settled::Waiting)
}

/// What follows when a consent stands: the one before it ends, and everything is read.
pub(crate) async fn stands(app: &Arc<App>, holder: Holder, attended: Option<Attended>) {
    if let Err(error) = renewal::supersede(app, holder).await {
        tracing::warn!(cause = %error, "a renewed consent is ended by the next round");
    }
    if let Err(error) = sync::start(app, holder, sync::Purpose::FirstRead, attended).await {
        tracing::warn!(cause = %error, "the first reading was not begun; the planner begins it");
    }
}

/// Keeps asking about a consent in the background, until the bank has come to an end with it or the time
/// for an answer is over.
pub(crate) fn watch(app: &Arc<App>, holder: Holder, bank_id: BankId, attended: Option<Attended>) {
    let service = Arc::clone(app);
    app.tasks.spawn(async move {
        let app = service;
        let mut stopping = app.stopping.subscribe();
        loop {
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(ASK_EVERY) => {}
            }
            match ask(&app, holder, &bank_id, attended.clone()).await {
                Ok(Some(Settled::Waiting)) => {}
                Ok(_) | Err(ConsentError::Ended) => return,
                // The bank may be back the next time; the end of the wait is the consent's own.
                Err(error) => tracing::warn!(cause = %error, "a consent was not asked about"),
            }
        }
    });
}

/// Asks about a pending consent; none if it waits for nobody any more.
pub(crate) async fn ask(
    app: &Arc<App>,
    holder: Holder,
    bank_id: &BankId,
    attended: Option<Attended>,
) -> Result<Option<Settled>, ConsentError> {
    let consent = app.ledger.load::<Consent>(consent::stream(holder.consent_id)).await?.aggregate;
    if consent.status != Standing::Pending {
        return Ok(None);
    }
    let Some(authorization_id) = consent.authorization_id else { return Ok(None) };
    let bank = app.access(bank_id).await?;
    settle(app, holder, &bank, &authorization_id, attended).await.map(Some)
}

/// Takes up a consent that the person agrees to elsewhere, after a restart.
pub(crate) async fn ask_if_elsewhere(app: &Arc<App>, holder: Holder) -> Result<(), ConsentError> {
    let consent = app.ledger.load::<Consent>(consent::stream(holder.consent_id)).await?.aggregate;
    let Some(requested) = consent.requested.filter(|_| consent.agreed_elsewhere) else {
        return Ok(());
    };
    match ask(app, holder, &requested.bank_id, None).await {
        Ok(_) | Err(ConsentError::Ended) => Ok(()),
        Err(ConsentError::Bank(error)) => {
            tracing::warn!(code = error.code(), "a consent was not asked about");
            Ok(())
        }
        Err(error) => Err(error),
    }
}
