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
    /// Calls of this generation that were announced and whose answer never came.
    #[serde(default)]
    pub unanswered: u32,
    /// Why there will be no other token, as a stable code.
    #[serde(default)]
    pub over: Option<String>,
}

/// Most calls for one generation of tokens whose answers may be lost. A bank that rotates takes the
/// old token for a short while; asking more often looks like theft and ends everything.
pub const MOST_UNANSWERED: u32 = 2;
/// When the next tokens are asked for, in thousandths of a token's life, and by how much chance moves
/// it to either side, so that not all tokens of one hour are renewed in one minute.
const REFRESH_AT: (i64, i64) = (800, 100);

/// When a token issued at an instant is to be replaced: at 80 % of its life, moved by up to 10 % of
/// it to either side by `chance`.
#[must_use]
pub fn refresh_at(issued: DateTime<Utc>, expires: DateTime<Utc>, chance: u16) -> DateTime<Utc> {
    let life = (expires - issued).num_milliseconds().max(0);
    let moved = i64::from(chance) * (2 * REFRESH_AT.1) / i64::from(u16::MAX) - REFRESH_AT.1;
    issued + chrono::TimeDelta::milliseconds(life / 1_000 * (REFRESH_AT.0 + moved))
}

impl Grant {
    /// Whether the bank may be asked for the next tokens once more.
    #[must_use]
    pub fn may_ask(&self) -> bool {
        self.over.is_none() && self.unanswered < MOST_UNANSWERED
    }

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
            GrantEvent::RefreshIntended(_) => {
                self.refreshing = true;
                self.unanswered += 1;
            }
            GrantEvent::Refreshed(refreshed) => {
                self.refreshing = false;
                self.unanswered = 0;
                self.generation = refreshed.generation;
                self.access_expires_at = Some(refreshed.access_expires_at);
            }
            // It says that the bank answered, or was never reached: the announced call is settled.
            GrantEvent::RefreshFailed(failed) => {
                self.refreshing = false;
                self.unanswered = self.unanswered.saturating_sub(1);
                self.over = failed.terminal.then_some(failed.code);
            }
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
    fn two_lost_answers_are_the_most() {
        let mut grant = Grant::default();
        grant.apply(issued(true));
        let intended = || GrantEvent::RefreshIntended(RefreshIntended { generation: 1 });
        let failed = |terminal| {
            let code = "bank_refused".to_owned();
            GrantEvent::RefreshFailed(RefreshFailed { generation: 1, code, terminal })
        };
        // A bank that says no, or is not there, may be asked as often as it takes.
        for _ in 0..9 {
            grant.apply(intended());
            grant.apply(failed(false));
        }
        assert!(grant.may_ask());
        // One answer lost, the next call not sent: one may still be lost.
        grant.apply(intended());
        grant.apply(intended());
        assert!(!grant.may_ask());
        grant.apply(failed(false));
        assert!(grant.may_ask());
        grant.apply(intended());
        grant.apply(failed(true));
        assert_eq!(grant.over.as_deref(), Some("bank_refused"));
        assert!(!grant.may_ask());
    }

    /// Two hundred simulated days of calls at odd moments: none with a token that has ended, and no
    /// refresh before 70 % of a life or after 90 % while calls come.
    #[test]
    fn no_call_is_made_with_a_token_that_has_ended() {
        for life in [300, 600, 3_600, 86_400] {
            let second = chrono::TimeDelta::seconds(1);
            let (mut now, mut draw) = (DateTime::<Utc>::UNIX_EPOCH, 12_345_u32);
            let end = now + chrono::TimeDelta::days(200);
            let mut next = || {
                draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                draw >> 16
            };
            let mut issue = |at: DateTime<Utc>| {
                let expires = at + second * life;
                (at, expires, refresh_at(at, expires, (next() & 0xffff) as u16))
            };
            let (mut token, mut gap) = (issue(now), 1);
            while now < end {
                gap = (gap * 7 + 13) % 401;
                now += second * gap;
                let (issued, expires, due) = token;
                let share = (due - issued).num_milliseconds() * 1_000
                    / (expires - issued).num_milliseconds();
                assert!((700..=900).contains(&share), "{share}");
                if now >= due {
                    token = issue(now);
                }
                assert!(now < token.1, "a call with a token that has ended");
            }
        }
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
