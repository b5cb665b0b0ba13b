//! The tokens behind a consent. The tokens themselves are in the vault; here is what happened to
//! them. A refresh is announced before the call, so that a lost answer can be told from no call.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::ConsentId;

events! {
    /// What can happen to the tokens of a consent.
    GrantEvent {
        /// The code was exchanged.
        Issued(Issued) = "grant.issued" 1,
        /// A refresh is about to be asked for.
        RefreshIntended(RefreshIntended) = "grant.refresh_intended" 1,
        /// New tokens came.
        Refreshed(Refreshed) = "grant.refreshed" 1,
        /// The refresh failed.
        RefreshFailed(RefreshFailed) = "grant.refresh_failed" 1,
        /// The tokens were destroyed here.
        Destroyed(Destroyed) = "grant.destroyed" 1,
    }
}

/// The first tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Of which consent.
    pub consent_id: ConsentId,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// Whether they can be refreshed.
    pub refreshable: bool,
    /// The scope granted.
    pub scope: String,
    /// HMAC (hex) of the access token under the person's key: equal tokens show, nothing else.
    pub access_fingerprint: String,
}

/// A refresh begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshIntended {
    /// The generation of tokens it starts from.
    pub generation: u32,
}

/// A refresh worked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// The new generation.
    pub generation: u32,
    /// When the new access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// Whether the bank gave a new refresh token.
    pub rotated: bool,
    /// HMAC (hex) of the access token under the person's key.
    pub access_fingerprint: String,
}

/// A refresh failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshFailed {
    /// The generation it started from.
    pub generation: u32,
    /// Why, as a stable code.
    pub code: String,
    /// Whether trying again can help.
    pub terminal: bool,
}

/// The tokens are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destroyed {
    /// Why, as a stable code.
    pub reason: String,
}

/// What can be asked of a grant.
#[derive(Clone, Debug)]
pub enum GrantCommand {
    /// Record the first tokens.
    Issue(Issued),
    /// Announce a refresh.
    IntendRefresh,
    /// Record new tokens.
    RecordRefresh {
        /// When the new access token ends.
        access_expires_at: DateTime<Utc>,
        /// Whether the bank gave a new refresh token.
        rotated: bool,
        /// Keyed fingerprint of the access token.
        access_fingerprint: String,
    },
    /// Record a failure.
    RecordFailure {
        /// Why, as a stable code.
        code: String,
        /// Whether trying again can help.
        terminal: bool,
    },
    /// Record that the tokens are gone.
    Destroy(Destroyed),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// There are tokens already.
    #[error("tokens were issued already")]
    AlreadyIssued,
    /// There are none, or no longer.
    #[error("there are no tokens")]
    None,
    /// They came without a refresh token.
    #[error("these tokens cannot be refreshed")]
    NotRefreshable,
    /// No refresh was announced.
    #[error("no refresh was announced")]
    NotIntended,
}

/// A grant's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// Whether tokens are there.
    pub live: bool,
    /// Whether they can be refreshed.
    pub refreshable: bool,
    /// Counts every set of tokens, from 1.
    pub generation: u32,
    /// When the access token ends.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// Whether a refresh was announced and has no result yet.
    pub refreshing: bool,
}

impl Grant {
    fn decide(&self, command: GrantCommand) -> Result<GrantEvent, GrantRefusal> {
        if let GrantCommand::Issue(issued) = command {
            let fresh = self.generation == 0;
            return if fresh {
                Ok(GrantEvent::Issued(issued))
            } else {
                Err(GrantRefusal::AlreadyIssued)
            };
        }
        if !self.live {
            return Err(GrantRefusal::None);
        }
        match command {
            GrantCommand::Issue(_) => Err(GrantRefusal::AlreadyIssued),
            GrantCommand::IntendRefresh if !self.refreshable => Err(GrantRefusal::NotRefreshable),
            GrantCommand::IntendRefresh => {
                Ok(GrantEvent::RefreshIntended(RefreshIntended { generation: self.generation }))
            }
            GrantCommand::RecordRefresh { .. } | GrantCommand::RecordFailure { .. }
                if !self.refreshing =>
            {
                Err(GrantRefusal::NotIntended)
            }
            GrantCommand::RecordRefresh { access_expires_at, rotated, access_fingerprint } => {
                Ok(GrantEvent::Refreshed(Refreshed {
                    generation: self.generation + 1,
                    access_expires_at,
                    rotated,
                    access_fingerprint,
                }))
            }
            GrantCommand::RecordFailure { code, terminal } => {
                Ok(GrantEvent::RefreshFailed(RefreshFailed {
                    generation: self.generation,
                    code,
                    terminal,
                }))
            }
            GrantCommand::Destroy(destroyed) => Ok(GrantEvent::Destroyed(destroyed)),
        }
    }
}

impl Aggregate for Grant {
    const TYPE: &'static str = "grant";
    type Command = GrantCommand;
    type Event = GrantEvent;
    type Error = GrantRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: GrantCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), GrantRefusal> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: GrantEvent) {
        match event {
            GrantEvent::Issued(issued) => {
                self.live = true;
                self.refreshable = issued.refreshable;
                self.generation = 1;
                self.access_expires_at = Some(issued.access_expires_at);
            }
            GrantEvent::RefreshIntended(_) => self.refreshing = true,
            GrantEvent::Refreshed(refreshed) => {
                self.refreshing = false;
                self.generation = refreshed.generation;
                self.access_expires_at = Some(refreshed.access_expires_at);
            }
            GrantEvent::RefreshFailed(_) => self.refreshing = false,
            GrantEvent::Destroyed(_) => {
                self.live = false;
                self.refreshing = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use uuid::Uuid;

    use super::*;

    fn issued(refreshable: bool) -> GrantEvent {
        GrantEvent::Issued(Issued {
            consent_id: ConsentId(Uuid::from_u128(1)),
            access_expires_at: DateTime::<Utc>::UNIX_EPOCH,
            refreshable,
            scope: "accounts".to_owned(),
            access_fingerprint: String::new(),
        })
    }

    fn record_refresh() -> GrantCommand {
        GrantCommand::RecordRefresh {
            access_expires_at: DateTime::<Utc>::UNIX_EPOCH,
            rotated: true,
            access_fingerprint: String::new(),
        }
    }

    #[test]
    fn a_refresh_is_announced_before_its_result() {
        TestFramework::<Grant>::with(())
            .given(vec![issued(true)])
            .when(record_refresh())
            .then_expect_error(GrantRefusal::NotIntended);
        let intended = GrantEvent::RefreshIntended(RefreshIntended { generation: 1 });
        TestFramework::<Grant>::with(())
            .given(vec![issued(true), intended])
            .when(record_refresh())
            .then_expect_events(vec![GrantEvent::Refreshed(Refreshed {
                generation: 2,
                access_expires_at: DateTime::<Utc>::UNIX_EPOCH,
                rotated: true,
                access_fingerprint: String::new(),
            })]);
    }

    #[test]
    fn without_a_refresh_token_there_is_no_refresh() {
        TestFramework::<Grant>::with(())
            .given(vec![issued(false)])
            .when(GrantCommand::IntendRefresh)
            .then_expect_error(GrantRefusal::NotRefreshable);
    }

    #[test]
    fn destroyed_tokens_do_nothing_more() {
        let destroyed = GrantEvent::Destroyed(Destroyed { reason: "revoked".to_owned() });
        TestFramework::<Grant>::with(())
            .given(vec![issued(true), destroyed])
            .when(GrantCommand::IntendRefresh)
            .then_expect_error(GrantRefusal::None);
    }
}
