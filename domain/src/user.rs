//! A person who signed up.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::erasure::Erased;
use crate::event::events;
use crate::id::UserId;

/// Longest e-mail address taken (RFC 5321, section 4.5.3.1: 254 in practice).
pub const LONGEST_EMAIL: usize = 254;

events! {
    /// What can happen to a person here.
    UserEvent {
        /// Signed up with an e-mail address and a password.
        SignedUp(SignedUp) = "user.signed_up" 1,
        /// Proved who they are and began a session.
        SignedIn(SignedIn) = "user.signed_in" 1,
        /// Ended a session.
        SignedOut(SignedOut) = "user.signed_out" 1,
        /// Their data key was destroyed; stored unsealed, after the last event that was theirs.
        Erased(Erased) = "user.erased" 1,
    }
}

/// A person signed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedUp {
    /// The new person.
    pub user_id: UserId,
    /// The address they gave, trimmed; compared without case.
    pub email: String,
}

/// A session began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// A label of the session that cannot be used to take it over.
    pub session_label: String,
}

/// A session ended by its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOut {
    /// The label given at its beginning.
    pub session_label: String,
}

/// What can be asked of a person's aggregate.
#[derive(Clone, Debug)]
pub enum UserCommand {
    /// Sign up.
    SignUp {
        /// The new person.
        user_id: UserId,
        /// Their address.
        email: String,
    },
    /// Note a session that began.
    SignIn {
        /// Label of the session.
        session_label: String,
    },
    /// Note a session that ended.
    SignOut {
        /// Label of the session.
        session_label: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserRefusal {
    /// The stream already holds a person.
    #[error("this person has signed up already")]
    AlreadySignedUp,
    /// Nobody signed up under this identifier.
    #[error("nobody signed up under this identifier")]
    Unknown,
    /// The address cannot be one.
    #[error("this is not an e-mail address")]
    Email,
    /// Their data was erased; whoever comes back signs up as a new person.
    #[error("the data of this person was erased")]
    Erased,
}

/// A person's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    signed_up: bool,
    erased: bool,
}

/// Trims and lower-cases an address and says whether it can be one: one `@` with something on both
/// sides, no spaces or control characters, at most [`LONGEST_EMAIL`] bytes.
#[must_use]
pub fn plain_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (local, host) = email.rsplit_once('@')?;
    let sound = !local.is_empty()
        && local.len() <= 64
        && host.len() >= 3
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !host.contains("..")
        && email.len() <= LONGEST_EMAIL
        && !local.contains('@')
        && !email.chars().any(|character| character.is_whitespace() || character.is_control());
    sound.then_some(email)
}

impl Aggregate for User {
    const TYPE: &'static str = "user";
    type Command = UserCommand;
    type Event = UserEvent;
    type Error = UserRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: UserCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), UserRefusal> {
        let event = match command {
            _ if self.erased => return Err(UserRefusal::Erased),
            UserCommand::SignUp { .. } if self.signed_up => {
                return Err(UserRefusal::AlreadySignedUp);
            }
            UserCommand::SignUp { user_id, email } => {
                let email = plain_email(&email).ok_or(UserRefusal::Email)?;
                UserEvent::SignedUp(SignedUp { user_id, email })
            }
            _ if !self.signed_up => return Err(UserRefusal::Unknown),
            UserCommand::SignIn { session_label } => {
                UserEvent::SignedIn(SignedIn { session_label })
            }
            UserCommand::SignOut { session_label } => {
                UserEvent::SignedOut(SignedOut { session_label })
            }
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: UserEvent) {
        match event {
            UserEvent::SignedUp(_) => self.signed_up = true,
            UserEvent::Erased(_) => self.erased = true,
            UserEvent::SignedIn(_) | UserEvent::SignedOut(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use uuid::Uuid;

    use super::*;
    use crate::erasure::{ErasureReason, RequestedBy};

    fn sign_up(email: &str) -> UserCommand {
        UserCommand::SignUp { user_id: UserId(Uuid::from_u128(1)), email: email.to_owned() }
    }

    fn signed_up() -> UserEvent {
        UserEvent::SignedUp(SignedUp {
            user_id: UserId(Uuid::from_u128(1)),
            email: "maija@example.fi".to_owned(),
        })
    }

    #[test]
    fn an_address_is_trimmed_and_kept_in_lower_case() {
        TestFramework::<User>::with(())
            .given_no_previous_events()
            .when(sign_up("  Maija@Example.fi "))
            .then_expect_events(vec![signed_up()]);
    }

    #[test]
    fn nobody_signs_up_twice() {
        TestFramework::<User>::with(())
            .given(vec![signed_up()])
            .when(sign_up("other@example.fi"))
            .then_expect_error(UserRefusal::AlreadySignedUp);
    }

    #[test]
    fn nothing_is_asked_of_an_erased_person() {
        let erased = UserEvent::Erased(Erased {
            user_id: UserId(Uuid::from_u128(1)),
            key_id: Uuid::from_u128(2),
            requested_by: RequestedBy::Person,
            reason: ErasureReason::asked_by_person(),
            key_destroyed_at: chrono::DateTime::UNIX_EPOCH,
            consents_ended: 0,
            banks_not_told: 0,
            secrets_deleted: 0,
            sessions_ended: 0,
        });
        let session_label = "a".to_owned();
        for command in [sign_up("maija@example.fi"), UserCommand::SignIn { session_label }] {
            TestFramework::<User>::with(())
                .given(vec![signed_up(), erased.clone()])
                .when(command)
                .then_expect_error(UserRefusal::Erased);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "maija", "@example.fi", "a@b", "a b@example.fi", "a@b@example.fi", "a@.fi"]
        {
            TestFramework::<User>::with(())
                .given_no_previous_events()
                .when(sign_up(text))
                .then_expect_error(UserRefusal::Email);
        }
    }
}
