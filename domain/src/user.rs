//! A person who signed up.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::erasure::Erased;
use crate::event::events;
use crate::id::{AccountId, UserId};

/// Most accounts and people that one person shares.
pub const MOST_SHARED: usize = 100;
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
        /// How they sign in was changed, or a sign of misuse was seen.
        SecurityChanged(SecurityChanged) = "user.security_changed" 1,
        /// They let somebody of their household see an account.
        AccountShared(AccountShared) = "user.account_shared" 1,
        /// They took that back.
        AccountUnshared(AccountUnshared) = "user.account_unshared" 1,
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

/// How a person signs in was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityChanged {
    /// What, as a stable code such as `passkey_added`.
    pub what: String,
}

/// An account is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountShared {
    /// Which.
    pub account_id: AccountId,
    /// With whom.
    pub with: UserId,
    /// Until when; none for until it is taken back.
    pub until: Option<DateTime<Utc>>,
}

/// An account is shared no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUnshared {
    /// Which.
    pub account_id: AccountId,
    /// With whom.
    pub with: UserId,
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
    /// Note a change of how they sign in.
    NoteSecurity {
        /// What, as a stable code.
        what: String,
    },
    /// Let somebody see an account. Whose it is was looked at before.
    ShareAccount(AccountShared),
    /// Take that back. Taking back what is not shared is nothing new.
    UnshareAccount(AccountUnshared),
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
    /// Nobody shares with themselves.
    #[error("an account is shared with somebody else")]
    SharedWithOneself,
    /// Too much is shared.
    #[error("at most {MOST_SHARED} accounts and people are shared")]
    SharedTooMuch,
    /// Their data was erased; whoever comes back signs up as a new person.
    #[error("the data of this person was erased")]
    Erased,
}

/// A person's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    signed_up: bool,
    erased: bool,
    #[serde(default)]
    user_id: Option<UserId>,
    #[serde(default)]
    shared: BTreeSet<(AccountId, UserId)>,
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
            UserCommand::NoteSecurity { what } => {
                UserEvent::SecurityChanged(SecurityChanged { what })
            }
            UserCommand::ShareAccount(shared) if Some(shared.with) == self.user_id => {
                return Err(UserRefusal::SharedWithOneself);
            }
            UserCommand::ShareAccount(_) if self.shared.len() >= MOST_SHARED => {
                return Err(UserRefusal::SharedTooMuch);
            }
            UserCommand::ShareAccount(shared) => UserEvent::AccountShared(shared),
            UserCommand::UnshareAccount(AccountUnshared { account_id, with })
                if !self.shared.contains(&(account_id, with)) =>
            {
                return Ok(());
            }
            UserCommand::UnshareAccount(unshared) => UserEvent::AccountUnshared(unshared),
            UserCommand::SignOut { session_label } => {
                UserEvent::SignedOut(SignedOut { session_label })
            }
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: UserEvent) {
        match event {
            UserEvent::SignedUp(signed_up) => {
                self.signed_up = true;
                self.user_id = Some(signed_up.user_id);
            }
            UserEvent::AccountShared(shared) => {
                self.shared.insert((shared.account_id, shared.with));
            }
            UserEvent::AccountUnshared(unshared) => {
                self.shared.remove(&(unshared.account_id, unshared.with));
            }
            UserEvent::Erased(_) => self.erased = true,
            UserEvent::SignedIn(_) | UserEvent::SignedOut(_) | UserEvent::SecurityChanged(_) => {}
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
    fn an_account_is_shared_with_somebody_else_and_taken_back_once() {
        let (account_id, with) = (AccountId(Uuid::from_u128(5)), UserId(Uuid::from_u128(2)));
        let shared = AccountShared { account_id, with, until: None };
        let event = UserEvent::AccountShared(shared.clone());
        let unshared = AccountUnshared { account_id, with };
        TestFramework::<User>::with(())
            .given(vec![signed_up()])
            .when(UserCommand::ShareAccount(shared.clone()))
            .then_expect_events(vec![event.clone()]);
        TestFramework::<User>::with(())
            .given(vec![signed_up(), event])
            .when(UserCommand::UnshareAccount(unshared.clone()))
            .then_expect_events(vec![UserEvent::AccountUnshared(unshared.clone())]);
        TestFramework::<User>::with(())
            .given(vec![signed_up()])
            .when(UserCommand::UnshareAccount(unshared))
            .then_expect_events(vec![]);
        let oneself = AccountShared { with: UserId(Uuid::from_u128(1)), ..shared };
        TestFramework::<User>::with(())
            .given(vec![signed_up()])
            .when(UserCommand::ShareAccount(oneself))
            .then_expect_error(UserRefusal::SharedWithOneself);
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
