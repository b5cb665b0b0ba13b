//! A person's own wish to be erased.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::erasure::{ErasureReason, RequestedBy};
use domain::user::plain_email;

use super::scalars::{Instant, Position};
use super::visit::{app, internal, session, visit};
use super::{guard, people};
use crate::connectors::Secret;
use crate::erasure::{self, Receipt};
use crate::vault::credentials::{LONGEST_PASSWORD, SignIn};

/// How long the answer waits for the erasure; a bank may take longer to be told.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// What asking to be erased came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum EraseMeStatus {
    /// Done; the browser is signed out.
    Erased,
    /// It happens, but takes longer; the browser is signed out.
    UnderWay,
    /// The password is wrong.
    Refused,
    /// Too many wrong passwords.
    TryLater,
}

/// What proves an erasure. It says nothing about the person.
#[derive(SimpleObject)]
pub struct ErasureReceipt {
    /// Our identifier of the person, which names nobody any more.
    pub person_id: ID,
    /// Position of the event that says so.
    pub position: Position,
    /// The event's leaf in the log's tree, in hexadecimal digits.
    pub leaf_hash: String,
    /// The destroyed key.
    pub key_id: ID,
    /// When it was destroyed.
    pub key_destroyed_at: Instant,
    /// When the event was recorded.
    pub recorded_at: Instant,
    /// Consents that were ended.
    pub consents_ended: u32,
    /// Banks that could not be told of it.
    pub banks_not_told: u32,
    /// Tokens and other secrets that were deleted.
    pub secrets_deleted: u32,
    /// Sessions that were ended.
    pub sessions_ended: u32,
}

/// The answer to asking to be erased.
#[derive(SimpleObject)]
pub struct EraseMePayload {
    status: EraseMeStatus,
    /// Set with `ERASED`.
    receipt: Option<ErasureReceipt>,
    /// Set with `TRY_LATER`.
    retry_at: Option<Instant>,
}

impl From<Receipt> for ErasureReceipt {
    fn from(receipt: Receipt) -> Self {
        let Receipt { position, leaf_hash, recorded_at, erased } = receipt;
        Self {
            person_id: ID(erased.user_id.to_string()),
            position: Position(position),
            leaf_hash,
            key_id: ID(erased.key_id.to_string()),
            key_destroyed_at: Instant(erased.key_destroyed_at),
            recorded_at: Instant(recorded_at),
            consents_ended: erased.consents_ended,
            banks_not_told: erased.banks_not_told,
            secrets_deleted: erased.secrets_deleted,
            sessions_ended: erased.sessions_ended,
        }
    }
}

fn answer(status: EraseMeStatus) -> EraseMePayload {
    EraseMePayload { status, receipt: None, retry_at: None }
}

/// Being erased.
#[derive(Default)]
pub struct ErasingMutations;

#[Object]
impl ErasingMutations {
    /// Erases the person who asks, for ever: ends their consents, destroys the key under which
    /// everything of theirs is sealed, and deletes every readable copy. Asks for the password again.
    async fn erase_me(&self, context: &Context<'_>, password: String) -> Result<EraseMePayload> {
        let (app, visit) = (app(context)?, visit(context)?);
        let user_id = session(context)?.user_id;
        let password = Secret::new(password);
        let me = people::find(context, super::as_of::present(context)?, user_id).await?;
        let email = me.and_then(|me| plain_email(&me.email)).unwrap_or_default();
        if password.expose().chars().count() > LONGEST_PASSWORD {
            return Ok(answer(EraseMeStatus::Refused));
        }
        let checked = app.credentials.check(&email, &password).await;
        match checked.map_err(|error| internal(context, error))? {
            SignIn::Right(proved) if proved == user_id => {}
            SignIn::Right(_) | SignIn::Refused => return Ok(answer(EraseMeStatus::Refused)),
            SignIn::Wait(until) => {
                let retry_at = Some(Instant(until));
                return Ok(EraseMePayload { retry_at, ..answer(EraseMeStatus::TryLater) });
            }
        }
        let reason = ErasureReason::asked_by_person();
        let asked = erasure::request(app, user_id, RequestedBy::Person, &reason).await;
        asked.map_err(|error| internal(context, error))?;
        visit.set_cookie(guard::clear_cookie());
        // It goes on if the browser goes away.
        let (done, ended) = tokio::sync::oneshot::channel();
        let erasing = Arc::clone(app);
        app.tasks.spawn(async move {
            let receipt = erasure::run(&erasing, user_id, |_| {}).await;
            if let Err(error) = &receipt {
                tracing::error!(cause = %error, "an erasure is not finished; it is taken up again");
            }
            // Nobody may be waiting.
            let _ = done.send(receipt.ok());
        });
        Ok(match tokio::time::timeout(LONGEST_WAIT, ended).await {
            Ok(Ok(Some(receipt))) => {
                EraseMePayload { receipt: Some(receipt.into()), ..answer(EraseMeStatus::Erased) }
            }
            _ => answer(EraseMeStatus::UnderWay),
        })
    }
}
