//! The keys that the log's checkpoints are signed with: which one took the place of which. The keys
//! themselves are elsewhere; an event holds what anybody may know of them.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;

events! {
    /// What can happen to the log's signing key.
    SigningEvent {
        /// Another key took the place of the one before.
        KeySucceeded(KeySucceeded) = "signing.key_succeeded" 1,
    }
}

/// One key in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySucceeded {
    /// Which change it is: the first is 1.
    pub number: u32,
    /// SHA-256 of the old public key, in hexadecimal digits.
    pub old_fingerprint: String,
    /// SHA-256 of the new public key, in hexadecimal digits.
    pub new_fingerprint: String,
    /// How many events the old key speaks for.
    pub from: u64,
    /// Until when the old key signs beside the new one, in microseconds since 1970-01-01T00:00:00Z.
    pub overlap_until: i64,
    /// The line with which the old key signed the new one, and the new one that it takes over.
    pub succession: String,
}

/// What can be asked.
#[derive(Clone, Debug)]
pub enum SigningCommand {
    /// Note a change. One that is noted already stays as it is.
    Succeed(KeySucceeded),
}

/// Why a change is not noted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningRefusal {
    /// Changes are noted one after another.
    #[error("change {given} of the signing key cannot follow change {last}")]
    OutOfTurn {
        /// The number that was given.
        given: u32,
        /// The last number that is noted.
        last: u32,
    },
    /// It does not begin with the key that signs.
    #[error("the change begins with another key than the one that signs")]
    OtherKey,
    /// Another change is noted under this number.
    #[error("change {0} is noted already, and is another one")]
    Differs(u32),
}

/// The changes that are noted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signing {
    /// In their order.
    pub changes: Vec<KeySucceeded>,
}

impl Signing {
    fn decide(&self, change: KeySucceeded) -> Result<Option<SigningEvent>, SigningRefusal> {
        let last = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
        if let Some(known) = self.changes.iter().find(|known| known.number == change.number) {
            let same = *known == change;
            return if same { Ok(None) } else { Err(SigningRefusal::Differs(change.number)) };
        }
        if Some(change.number) != last.checked_add(1) {
            return Err(SigningRefusal::OutOfTurn { given: change.number, last });
        }
        let before = self.changes.last().map(|before| &before.new_fingerprint);
        if before.is_some_and(|before| *before != change.old_fingerprint) {
            return Err(SigningRefusal::OtherKey);
        }
        Ok(Some(SigningEvent::KeySucceeded(change)))
    }
}

impl Aggregate for Signing {
    const TYPE: &'static str = "signing";
    type Command = SigningCommand;
    type Event = SigningEvent;
    type Error = SigningRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: SigningCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), SigningRefusal> {
        let SigningCommand::Succeed(change) = command;
        if let Some(event) = self.decide(change)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: SigningEvent) {
        let SigningEvent::KeySucceeded(change) = event;
        self.changes.push(change);
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    fn change(number: u32, old: &str, new: &str) -> KeySucceeded {
        KeySucceeded {
            number,
            old_fingerprint: old.to_owned(),
            new_fingerprint: new.to_owned(),
            from: 40 * u64::from(number),
            overlap_until: 1_767_225_600_000_000,
            succession: "succession …".to_owned(),
        }
    }

    #[test]
    fn changes_are_noted_once_and_in_turn() {
        let first = || SigningEvent::KeySucceeded(change(1, "aa", "bb"));
        let given = || TestFramework::<Signing>::with(()).given(vec![first()]);
        TestFramework::<Signing>::with(())
            .given_no_previous_events()
            .when(SigningCommand::Succeed(change(1, "aa", "bb")))
            .then_expect_events(vec![first()]);
        given().when(SigningCommand::Succeed(change(1, "aa", "bb"))).then_expect_events(vec![]);
        given()
            .when(SigningCommand::Succeed(change(2, "bb", "cc")))
            .then_expect_events(vec![SigningEvent::KeySucceeded(change(2, "bb", "cc"))]);
        given()
            .when(SigningCommand::Succeed(change(1, "aa", "cc")))
            .then_expect_error(SigningRefusal::Differs(1));
        given()
            .when(SigningCommand::Succeed(change(3, "bb", "cc")))
            .then_expect_error(SigningRefusal::OutOfTurn { given: 3, last: 1 });
        given()
            .when(SigningCommand::Succeed(change(2, "aa", "cc")))
            .then_expect_error(SigningRefusal::OtherKey);
    }
}
