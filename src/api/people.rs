//! The person, and signing up, in and out.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use chrono::TimeDelta;
use domain::id::UserId;
use domain::stream::{Category, StreamId};
use domain::user::{User, UserCommand, plain_email};

use super::as_of::{At, KnownAt, names_its_place, present};
use super::guard;
use super::scalars::{Instant, Position};
use super::visit::{app, internal, visit};
use crate::connectors::Secret;
use crate::ledger::{Actor, Cause, Owner};
use crate::vault::VaultError;
use crate::vault::credentials::{LONGEST_PASSWORD, SHORTEST_PASSWORD, SignIn};
use crate::vault::tickets::Purpose;
use crate::wave::{COME_LATER, Turn};

/// When whoever finds too many passwords before theirs is to come again.
const SOON: TimeDelta = TimeDelta::seconds(10);

/// A person who signed up.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Person {
    /// Our identifier.
    pub id: ID,
    /// The address they signed up with.
    pub email: String,
    /// When.
    pub signed_up_at: Instant,
    #[graphql(skip)]
    at: At,
}

names_its_place!(Person);

/// What signing up came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SignUpStatus {
    /// Done; the browser is signed in.
    SignedUp,
    /// This cannot be an e-mail address.
    EmailInvalid,
    /// Somebody signed up with it already.
    EmailTaken,
    /// Fewer than 12 characters.
    PasswordTooShort,
    /// More than 256 characters.
    PasswordTooLong,
    /// Too much at once.
    TryLater,
}

/// The answer to signing up.
#[derive(SimpleObject)]
pub struct SignUpPayload {
    status: SignUpStatus,
    me: Option<Person>,
    position: Option<Position>,
}

/// What signing in came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SignInStatus {
    /// Done.
    SignedIn,
    /// Address, password or code is wrong; which, is not said.
    Refused,
    /// The password is right; `secondFactor` takes the ticket and a code.
    CodeNeeded,
    /// Too many wrong passwords.
    TryLater,
}

/// The answer to signing in.
#[derive(SimpleObject)]
pub struct SignInPayload {
    status: SignInStatus,
    me: Option<Person>,
    /// Set with `TRY_LATER`.
    retry_at: Option<Instant>,
    /// Set with `CODE_NEEDED`: stands for five minutes.
    ticket: Option<String>,
}

impl SignInPayload {
    /// Not before an instant.
    pub(super) fn later(until: chrono::DateTime<chrono::Utc>) -> Self {
        let retry_at = Some(Instant(until));
        Self { status: SignInStatus::TryLater, me: None, retry_at, ticket: None }
    }
}

/// Nobody is signed in; why, is not said.
pub(super) fn turned_away() -> SignInPayload {
    SignInPayload { status: SignInStatus::Refused, me: None, retry_at: None, ticket: None }
}

/// Begins a session and tells who it is of.
pub(super) async fn signed_in(context: &Context<'_>, user_id: UserId) -> Result<SignInPayload> {
    begin_session(context, user_id).await?;
    let me = find(context, present(context)?, user_id).await?;
    Ok(SignInPayload { status: SignInStatus::SignedIn, me, retry_at: None, ticket: None })
}

/// Keeps that how a person signs in was changed.
pub(super) async fn note_security(
    context: &Context<'_>,
    user_id: UserId,
    what: &str,
) -> Result<()> {
    let (app, visit) = (app(context)?, visit(context)?);
    let command = UserCommand::NoteSecurity { what: what.to_owned() };
    let cause = Cause::new(Actor::Person, visit.request_id);
    app.ledger
        .execute::<User>(stream(user_id), Owner::Person(user_id), cause, command)
        .await
        .map_err(|error| internal(context, error))?;
    Ok(())
}

fn refused(status: SignUpStatus) -> SignUpPayload {
    SignUpPayload { status, me: None, position: None }
}

pub(super) fn stream(user_id: UserId) -> StreamId {
    StreamId::new(Category::User, user_id.0)
}

/// A person's row, from the read model.
pub async fn find(context: &Context<'_>, at: At, user_id: UserId) -> Result<Option<Person>> {
    let row = at.view().people().one(user_id).await.map_err(|error| internal(context, error))?;
    Ok(row.map(|row| Person {
        id: ID(row.user_id.to_string()),
        email: row.email,
        signed_up_at: Instant(row.signed_up_at),
        at,
    }))
}

pub(super) async fn begin_session(context: &Context<'_>, user_id: UserId) -> Result<u64> {
    let (app, visit) = (app(context)?, visit(context)?);
    let failed = |error: &dyn std::fmt::Display| internal(context, error);
    let (token, session) = app.sessions.begin(user_id).await.map_err(|error| failed(&error))?;
    let command = UserCommand::SignIn { session_label: session.label };
    let cause = Cause::new(Actor::Person, visit.request_id);
    let done = app
        .ledger
        .execute::<User>(stream(user_id), Owner::Person(user_id), cause, command)
        .await
        .map_err(|error| failed(&error))?;
    let mark = app.credentials.mark_of(user_id).await.map_err(|error| failed(&error))?;
    visit.set_cookie(guard::set_cookie(&token));
    visit.set_cookie(guard::set_known_cookie(mark.expose()));
    Ok(done.position)
}

/// Signing up, in and out.
#[derive(Default)]
pub struct PeopleMutations;

#[Object]
impl PeopleMutations {
    /// Signs a new person up and in.
    async fn sign_up(
        &self,
        context: &Context<'_>,
        email: String,
        password: String,
    ) -> Result<SignUpPayload> {
        let (app, visit) = (app(context)?, visit(context)?);
        let password = Secret::new(password);
        let Some(email) = plain_email(&email) else {
            return Ok(refused(SignUpStatus::EmailInvalid));
        };
        match password.expose().chars().count() {
            short if short < SHORTEST_PASSWORD => {
                return Ok(refused(SignUpStatus::PasswordTooShort));
            }
            long if long > LONGEST_PASSWORD => return Ok(refused(SignUpStatus::PasswordTooLong)),
            _ => {}
        }
        let user_id = UserId(app.chance.uuid().map_err(|error| internal(context, error))?);
        let added = app.credentials.add(&email, &password, user_id).await;
        if matches!(added, Err(VaultError::Crowded)) {
            return Ok(refused(SignUpStatus::TryLater));
        }
        if !added.map_err(|error| internal(context, error))? {
            return Ok(refused(SignUpStatus::EmailTaken));
        }
        let command = UserCommand::SignUp { user_id, email: email.clone() };
        let cause = Cause::new(Actor::Person, visit.request_id);
        let owner = Owner::Person(user_id);
        if let Err(error) = app.ledger.begin::<User>(stream(user_id), owner, cause, command).await {
            // Without its event the person does not exist: the address is free again.
            if let Err(error) = app.credentials.forget(&email).await {
                tracing::error!(cause = %error, "an address stays taken by nobody");
            }
            return Err(internal(context, error));
        }
        let position = begin_session(context, user_id).await?;
        super::visit::caught_up(context, Some(Position(position))).await?;
        let me = find(context, present(context)?, user_id).await?;
        Ok(SignUpPayload { status: SignUpStatus::SignedUp, me, position: Some(Position(position)) })
    }

    /// Signs a person in. Known and unknown addresses answer alike.
    async fn sign_in(
        &self,
        context: &Context<'_>,
        email: String,
        password: String,
    ) -> Result<SignInPayload> {
        let app = app(context)?;
        let password = Secret::new(password);
        let refused = turned_away();
        if password.expose().chars().count() > LONGEST_PASSWORD {
            return Ok(refused);
        }
        let email = plain_email(&email).unwrap_or_default();
        let known = match &visit(context)?.known {
            Some(mark) => app.credentials.knows(&email, mark).await,
            None => Ok(false),
        };
        let turn = match known.map_err(|error| internal(context, error))? {
            true => Turn::Free,
            false => app.wave.turn_among(&app.tallies).await,
        };
        if matches!(turn, Turn::Full) {
            return Ok(SignInPayload::later(app.clock.now() + COME_LATER));
        }
        let checked = app.credentials.check(&email, &password).await;
        if matches!(checked, Err(VaultError::Crowded)) {
            return Ok(SignInPayload::later(app.clock.now() + SOON));
        }
        match checked.map_err(|error| internal(context, error))? {
            SignIn::Refused => {
                app.wave.wrong(turn, &app.tallies).await;
                Ok(refused)
            }
            SignIn::Wait(until) => Ok(SignInPayload::later(until)),
            SignIn::Right(user_id) => {
                let codes = app.factors.asked_for(user_id).await;
                if !codes.map_err(|error| internal(context, error))? {
                    return signed_in(context, user_id).await;
                }
                let ticket = app.tickets.give(user_id, Purpose::SecondFactor).await;
                let ticket = ticket.map_err(|error| internal(context, error))?;
                let ticket = Some(ticket.expose().to_owned());
                let status = SignInStatus::CodeNeeded;
                Ok(SignInPayload { status, me: None, retry_at: None, ticket })
            }
        }
    }

    /// Ends the browser's session.
    async fn sign_out(&self, context: &Context<'_>) -> Result<bool> {
        let (app, visit) = (app(context)?, visit(context)?);
        visit.set_cookie(guard::clear_cookie());
        let Some(session) = &visit.session else { return Ok(false) };
        app.sessions.end(session).await.map_err(|error| internal(context, error))?;
        let user_id = session.user_id;
        let command = UserCommand::SignOut { session_label: session.label.clone() };
        let cause = Cause::new(Actor::Person, visit.request_id);
        app.ledger
            .execute::<User>(stream(user_id), Owner::Person(user_id), cause, command)
            .await
            .map_err(|error| internal(context, error))?;
        Ok(true)
    }
}
