//! One refresh: announced in the log, asked at most twice, and what comes is looked at before it is kept.

use chrono::DateTime;
use domain::consent::Consent;
use domain::grant::{Grant, GrantCommand};
use domain::stream::{Category, StreamId};

use super::{Held, Holder, Kept, TokenError, ends, execute, fingerprint, put, stream};
use crate::access::BankAccess;
use crate::app::App;
use crate::connectors::id_token::{Channel, IdTokenExpectation};
use crate::connectors::{BankError, Secret, Tokens as BankTokens};
use crate::vault::leases::Lease;

/// The bank will not say any more what became of a refresh.
const ANSWER_LOST: &str = "refresh_answer_lost";
/// The vault holds tokens older than the log knows of: it was restored from a copy.
const OLDER_THAN_LOG: &str = "tokens_older_than_log";

fn over(code: &str) -> TokenError {
    TokenError::ConfirmationNeeded { code: code.to_owned() }
}

/// Asks the bank for the next tokens. The lease is held. Each call is announced before it is made:
/// an announcement without a result, also of a process that died, is a call that may have happened.
pub(super) async fn refresh(
    app: &App,
    bank: &BankAccess,
    (holder, lease): (Holder, &Lease),
    kept: &Kept,
) -> Result<Secret, TokenError> {
    let mut grant = app.ledger.load::<Grant>(stream(holder.consent_id)).await?.aggregate;
    if let Some(code) = &grant.over {
        return Err(over(code));
    }
    if grant.refreshing && kept.generation == grant.generation + 1 {
        // A process died between keeping the new tokens and saying so.
        let ends_at = DateTime::from_timestamp_micros(kept.expires_at).unwrap_or_default();
        let access_fingerprint = fingerprint(app, holder, &kept.access).await?;
        let access_expires_at = ends_at;
        let record =
            GrantCommand::RecordRefresh { access_expires_at, rotated: true, access_fingerprint };
        grant = execute(app, holder, record).await?;
        if kept.is_fresh(app.clock.now()) && kept.fits(bank) {
            return Ok(Secret::new(kept.access.as_str()));
        }
    }
    let Some(refresh_token) = kept.refresh.as_deref().map(Secret::from) else {
        return Err(over("not_refreshable"));
    };
    if kept.generation < grant.generation {
        // The bank took this token back long ago; showing it again would look like theft.
        execute(app, holder, GrantCommand::IntendRefresh).await?;
        fail(app, holder, OLDER_THAN_LOG, true).await?;
        return Err(over(OLDER_THAN_LOG));
    }
    let authorization_id = authorization_id(app, holder).await?;
    let scope = bank.bank.standard.consent_scope(&authorization_id);
    while grant.may_ask() {
        grant = execute(app, holder, GrantCommand::IntendRefresh).await?;
        match ask(app, bank, &scope, &refresh_token).await {
            Ok(tokens) => {
                let subject = match subject(app, bank, &authorization_id, kept, &tokens).await {
                    Ok(subject) => subject,
                    Err(code) => {
                        // Neither token is kept: nobody knows whose they are.
                        fail(app, holder, code, true).await?;
                        return Err(over(code));
                    }
                };
                return refreshed(app, bank, (holder, lease), kept, (tokens, subject)).await;
            }
            // The bank may have acted on it: once more with the same token, which a bank that
            // rotates accepts for a short while, and then never again.
            Err(BankError::AnswerLost | BankError::TimedOut) => {}
            Err(error) => {
                let ended = ends_the_grant(&error);
                fail(app, holder, error.code(), ended).await?;
                return Err(if ended { over(error.code()) } else { error.into() });
            }
        }
    }
    fail(app, holder, ANSWER_LOST, true).await?;
    Err(over(ANSWER_LOST))
}

/// Whether a refusal is about the tokens, and not about us or the bank's own trouble (RFC 6749,
/// section 5.2).
fn ends_the_grant(error: &BankError) -> bool {
    const ABOUT_US: [&str; 5] = [
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    ];
    match error {
        BankError::Refused { status: 400 | 401, code } => !ABOUT_US.contains(&code.as_str()),
        BankError::Refused { code, .. } => code == "invalid_grant",
        _ => false,
    }
}

/// Records that a refresh came to nothing, and whether that is final.
async fn fail(app: &App, holder: Holder, code: &str, terminal: bool) -> Result<(), TokenError> {
    let record = GrantCommand::RecordFailure { code: code.to_owned(), terminal };
    execute(app, holder, record).await.map(|_| ())
}

/// Keeps what a refresh brought, and says so.
async fn refreshed(
    app: &App,
    bank: &BankAccess,
    (holder, lease): (Holder, &Lease),
    kept: &Kept,
    (tokens, subject): (BankTokens, Option<String>),
) -> Result<Secret, TokenError> {
    let expires_at = ends(app, &tokens);
    let held = Held {
        refresh_before: kept.refresh.clone(),
        expires_at,
        generation: kept.generation + 1,
        subject,
    };
    let access_fingerprint = put(app, bank, (holder, Some(lease)), &tokens, held).await?;
    let record = GrantCommand::RecordRefresh {
        access_expires_at: expires_at,
        rotated: tokens.refresh.is_some(),
        access_fingerprint,
    };
    execute(app, holder, record).await?;
    Ok(tokens.access)
}

async fn ask(
    app: &App,
    bank: &BankAccess,
    scope: &str,
    token: &Secret,
) -> Result<BankTokens, BankError> {
    let caller = bank.caller(app, None).map_err(|_| BankError::NotSent { what: "no_chance" })?;
    let standard = bank.bank.standard;
    let answer = bank.transport.send(&standard.refresh(&bank.bank, &caller, token)?).await?;
    standard.read_tokens(&answer, scope)
}

/// The bank's name for a consent.
async fn authorization_id(app: &App, holder: Holder) -> Result<String, TokenError> {
    let stream = StreamId::new(Category::Consent, holder.consent_id.0);
    let consent = app.ledger.load::<Consent>(stream).await?.aggregate;
    Ok(consent.authorization_id.unwrap_or_default())
}

/// Whose the new tokens are, where the bank says so in an id token: the issuer, the audience and the
/// subject are those of before (OpenID Connect Core 1.0, section 12.2). A bank need not send one.
///
/// # Errors
/// The code of the first rule it breaks, or that the bank's keys cannot be had: the tokens of before
/// are used up, so what cannot be checked now cannot be checked later.
async fn subject(
    app: &App,
    bank: &BankAccess,
    authorization_id: &str,
    kept: &Kept,
    tokens: &BankTokens,
) -> Result<Option<String>, &'static str> {
    let known = kept.subject.clone();
    let server = bank.bank.server.as_ref();
    let claim = server.and_then(|server| Some((server, server.id_tokens?)));
    let (Some((server, consent_claim)), Some(token)) = (claim, &tokens.id_token) else {
        return Ok(known);
    };
    let expected = IdTokenExpectation {
        channel: Channel::Refreshed,
        issuer: &server.issuer,
        client_id: bank.client.client_id.expose(),
        nonce: None,
        now: app.clock.now(),
        accepted_algorithms: &server.accepted_algorithms,
        accepted_acr: &server.accepted_acr,
        authorization_id,
        consent_claim,
        max_age_seconds: server.max_age_seconds,
        code: None,
        state: None,
        access_token: Some(&tokens.access),
        refresh_token: tokens.refresh.as_ref(),
        require_at_hash: false,
        expected_subject: known.as_deref(),
    };
    match bank.verify_id_token(token, &expected).await {
        Ok(Ok(verified)) => Ok(Some(verified.subject)),
        Ok(Err(error)) => Err(error.code()),
        Err(_) => Err("bank_keys_unavailable"),
    }
}
