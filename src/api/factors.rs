//! Signing in by a passkey, and by a code besides the password; and looking after both.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::id::UserId;
use uuid::Uuid;

use super::people::{SignInPayload, begin_session, note_security, signed_in, turned_away};
use super::scalars::Instant;
use super::visit::{app, internal, person, refuse, visit};
use crate::app::App;
use crate::connectors::Secret;
use crate::totp;
use crate::vault::factors::Checked;
use crate::vault::passkeys::Kept;
use crate::vault::tickets::Purpose;
use crate::webauthn::{self, Question, WebauthnError, bytes_of};

/// The name a code's program shows beside the account.
const ISSUER: &str = "One Point Ledger";

/// A passkey.
#[derive(SimpleObject)]
pub struct Passkey {
    /// Its identifier.
    id: ID,
    /// When it was made.
    created_at: Instant,
    /// When it was last used.
    used_at: Option<Instant>,
}

/// How a person signs in.
#[derive(SimpleObject)]
pub struct Security {
    /// Their passkeys, oldest first.
    passkeys: Vec<Passkey>,
    /// Whether a code is asked for besides the password.
    codes: bool,
}

/// What a browser asks a device.
#[derive(SimpleObject)]
pub struct PasskeyQuestion {
    /// The challenge, base64url.
    challenge: String,
    /// The service's name (`rpId`).
    service: String,
    /// Who a new passkey is for, base64url; none when one is used.
    holder: Option<String>,
    /// Passkeys they have already.
    known: Vec<String>,
}

/// What a browser sends when a passkey was made; every part is base64url.
#[derive(InputObject)]
pub struct NewPasskey {
    /// The challenge that was given.
    challenge: String,
    /// `clientDataJSON`.
    client_data: String,
    /// `attestationObject`.
    attestation: String,
}

/// What a browser sends when a passkey was used; every part is base64url.
#[derive(InputObject)]
pub struct UsedPasskey {
    /// The challenge that was given.
    challenge: String,
    /// The passkey's identifier.
    id: String,
    /// `clientDataJSON`.
    client_data: String,
    /// `authenticatorData`.
    authenticator_data: String,
    /// `signature`.
    signature: String,
}

/// What a change of how a person signs in came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SecurityStatus {
    /// Done.
    Done,
    /// The code or the device's answer is not right.
    Refused,
    /// Too many guesses.
    TryLater,
    /// It is so already, or there are too many.
    AlreadySo,
}

/// The answer to a change of how a person signs in.
#[derive(SimpleObject)]
pub struct SecurityPayload {
    /// What it came to.
    status: SecurityStatus,
    /// Codes for when the phone is lost; they are shown this once.
    recovery_codes: Option<Vec<String>>,
}

/// The answer to beginning with codes.
#[derive(SimpleObject)]
pub struct CodesToConfirm {
    /// The secret to type, in base32.
    secret: String,
    /// The same as an address for the code's program.
    address: String,
}

fn came_to(status: SecurityStatus) -> SecurityPayload {
    SecurityPayload { status, recovery_codes: None }
}

/// The page's own origin and host, where they are known.
fn place<'a>(context: &Context<'a>) -> Result<(&'a str, &'a str)> {
    let unknown = || refuse(context, "NOT_AVAILABLE", "Passkeys are not set up for this address.");
    let origin = app(context)?.page.get().ok_or_else(unknown)?;
    let host = origin.split_once("://").map(|(_, rest)| rest).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if host.is_empty() { Err(unknown()) } else { Ok((origin, host)) }
}

fn told(kept: Kept) -> Passkey {
    let Kept { id, created_at, used_at, .. } = kept;
    Passkey { id: ID(id), created_at: Instant(created_at), used_at: used_at.map(Instant) }
}

/// Reading how a person signs in.
#[derive(Default)]
pub struct FactorQueries;

#[Object]
impl FactorQueries {
    /// How who asks signs in.
    async fn security(&self, context: &Context<'_>) -> Result<Security> {
        let (app, user_id) = (app(context)?, person(context)?);
        let passkeys = app.passkeys.of(user_id).await.map_err(|error| internal(context, error))?;
        let codes = app.factors.asked_for(user_id).await;
        Ok(Security {
            passkeys: passkeys.into_iter().map(told).collect(),
            codes: codes.map_err(|error| internal(context, error))?,
        })
    }
}

async fn question(
    context: &Context<'_>,
    user_id: Option<UserId>,
    purpose: Purpose,
) -> Result<PasskeyQuestion> {
    let app = app(context)?;
    let (_, service) = place(context)?;
    let holder = user_id.unwrap_or(UserId(Uuid::nil()));
    let ticket = app.tickets.give(holder, purpose).await;
    let ticket = ticket.map_err(|error| internal(context, error))?;
    let known = match user_id {
        Some(user_id) => app.passkeys.of(user_id).await,
        None => Ok(Vec::new()),
    };
    let known = known.map_err(|error| internal(context, error))?;
    Ok(PasskeyQuestion {
        challenge: webauthn::text_of(ticket.expose().as_bytes()),
        service: service.to_owned(),
        holder: user_id.map(|user_id| webauthn::text_of(user_id.0.as_bytes())),
        known: known.into_iter().map(|kept| kept.id).collect(),
    })
}

/// The ticket inside a challenge.
fn ticket_in(challenge: &str) -> Option<Secret> {
    let bytes = bytes_of(challenge).ok()?;
    String::from_utf8(bytes).ok().map(Secret::new)
}

/// Signing in by passkeys and codes, and looking after them.
#[derive(Default)]
pub struct FactorMutations;

#[Object]
impl FactorMutations {
    /// Asks what a device has to answer to make a passkey for who asks.
    async fn begin_passkey(&self, context: &Context<'_>) -> Result<PasskeyQuestion> {
        let user_id = person(context)?;
        question(context, Some(user_id), Purpose::AddPasskey).await
    }

    /// Adds a passkey.
    async fn add_passkey(
        &self,
        context: &Context<'_>,
        passkey: NewPasskey,
    ) -> Result<SecurityPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let (origin, service) = place(context)?;
        let refused = || Ok(came_to(SecurityStatus::Refused));
        let Some(ticket) = ticket_in(&passkey.challenge) else { return refused() };
        let whose = app.tickets.whose(&ticket, Purpose::AddPasskey).await;
        let ours = whose.map_err(|error| internal(context, error))? == Some(user_id);
        let first = app.tickets.take(&ticket, Purpose::AddPasskey).await;
        if !ours || !first.map_err(|error| internal(context, error))? {
            return refused();
        }
        let question = Question { challenge: &passkey.challenge, origin, service };
        let made = bytes_of(&passkey.client_data).and_then(|client| {
            webauthn::made(&question, &client, &bytes_of(&passkey.attestation)?)
        });
        let Ok(made) = made else { return refused() };
        let added = app.passkeys.add(user_id, &made).await;
        if !added.map_err(|error| internal(context, error))? {
            return Ok(came_to(SecurityStatus::AlreadySo));
        }
        note_security(context, user_id, "passkey_added").await?;
        Ok(came_to(SecurityStatus::Done))
    }

    /// Takes a passkey away.
    async fn remove_passkey(&self, context: &Context<'_>, id: ID) -> Result<SecurityPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let gone = app.passkeys.remove(user_id, &id).await;
        if !gone.map_err(|error| internal(context, error))? {
            return Ok(came_to(SecurityStatus::AlreadySo));
        }
        note_security(context, user_id, "passkey_removed").await?;
        Ok(came_to(SecurityStatus::Done))
    }

    /// Asks what a device has to answer to sign somebody in.
    async fn begin_sign_in(&self, context: &Context<'_>) -> Result<PasskeyQuestion> {
        question(context, None, Purpose::UsePasskey).await
    }

    /// Signs in by a passkey.
    async fn sign_in_by_passkey(
        &self,
        context: &Context<'_>,
        passkey: UsedPasskey,
    ) -> Result<SignInPayload> {
        let app = app(context)?;
        let (origin, service) = place(context)?;
        let Some(ticket) = ticket_in(&passkey.challenge) else { return Ok(turned_away()) };
        // A challenge is used up whatever comes of it.
        let first = app.tickets.take(&ticket, Purpose::UsePasskey).await;
        if !first.map_err(|error| internal(context, error))? {
            return Ok(turned_away());
        }
        let kept =
            app.passkeys.find(&passkey.id).await.map_err(|error| internal(context, error))?;
        let Some(kept) = kept else { return Ok(turned_away()) };
        let question = Question { challenge: &passkey.challenge, origin, service };
        let counter = match check(&question, &kept, &passkey) {
            Ok(counter) => counter,
            Err(error) => {
                if error == WebauthnError::Counter {
                    note_security(context, kept.user_id, "passkey_copied").await?;
                }
                tracing::warn!(request_id = %visit(context)?.request_id, cause = %error, "a passkey was refused");
                return Ok(turned_away());
            }
        };
        let noted = app.passkeys.note(&kept, counter).await;
        if !noted.map_err(|error| internal(context, error))? {
            return Ok(turned_away());
        }
        signed_in(context, kept.user_id).await
    }

    /// Goes on after the password, with a one-time code or a recovery code.
    async fn second_factor(
        &self,
        context: &Context<'_>,
        ticket: String,
        code: String,
    ) -> Result<SignInPayload> {
        let app: &App = app(context)?;
        let ticket = Secret::new(ticket);
        let whose = app.tickets.whose(&ticket, Purpose::SecondFactor).await;
        let Some(user_id) = whose.map_err(|error| internal(context, error))? else {
            return Ok(turned_away());
        };
        let checked = app.factors.check(user_id, &code).await;
        match checked.map_err(|error| internal(context, error))? {
            Checked::Wrong => Ok(turned_away()),
            Checked::Wait(until) => Ok(SignInPayload::later(until)),
            Checked::Right => {
                let first = app.tickets.take(&ticket, Purpose::SecondFactor).await;
                if !first.map_err(|error| internal(context, error))? {
                    return Ok(turned_away());
                }
                signed_in(context, user_id).await
            }
        }
    }

    /// Begins with codes: a secret for the program that shows them.
    async fn begin_codes(&self, context: &Context<'_>) -> Result<Option<CodesToConfirm>> {
        let (app, user_id) = (app(context)?, person(context)?);
        let secret = app.factors.begin(user_id).await.map_err(|error| internal(context, error))?;
        Ok(secret.map(|secret| {
            let secret = totp::base32(&secret);
            let issuer = ISSUER.replace(' ', "%20");
            let address = format!("otpauth://totp/{issuer}?secret={secret}&issuer={issuer}");
            CodesToConfirm { secret, address }
        }))
    }

    /// Confirms codes with the first of them; from then on each signing in with the password asks for one.
    async fn confirm_codes(&self, context: &Context<'_>, code: String) -> Result<SecurityPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let confirmed = app.factors.confirm(user_id, &code).await;
        match confirmed.map_err(|error| internal(context, error))? {
            Err(Checked::Wait(_)) => Ok(came_to(SecurityStatus::TryLater)),
            Err(_) => Ok(came_to(SecurityStatus::Refused)),
            Ok(codes) => {
                note_security(context, user_id, "codes_added").await?;
                // Whoever signed in before did so without a code: this browser begins anew.
                begin_session(context, user_id).await?;
                Ok(SecurityPayload { status: SecurityStatus::Done, recovery_codes: Some(codes) })
            }
        }
    }

    /// Takes codes away again, with one of them.
    async fn remove_codes(&self, context: &Context<'_>, code: String) -> Result<SecurityPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let checked = app.factors.check(user_id, &code).await;
        match checked.map_err(|error| internal(context, error))? {
            Checked::Wait(_) => Ok(came_to(SecurityStatus::TryLater)),
            Checked::Wrong => Ok(came_to(SecurityStatus::Refused)),
            Checked::Right => {
                let removed = app.factors.remove(user_id).await;
                removed.map_err(|error| internal(context, error))?;
                note_security(context, user_id, "codes_removed").await?;
                Ok(came_to(SecurityStatus::Done))
            }
        }
    }
}

fn check(
    question: &Question<'_>,
    kept: &Kept,
    used: &UsedPasskey,
) -> std::result::Result<u32, WebauthnError> {
    webauthn::used(
        question,
        (&kept.key, kept.counter),
        &bytes_of(&used.client_data)?,
        &bytes_of(&used.authenticator_data)?,
        &bytes_of(&used.signature)?,
    )
}
