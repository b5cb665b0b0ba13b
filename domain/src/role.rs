//! A role somebody was given: what they may see beyond what is their own, of whom, of which time and
//! until when. Every use of it is asked for as a command, so the log decides and the log remembers.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::{RoleId, TokenId, UserId};

mod token;

use token::Token;
pub use token::{LONGEST_TOKEN, MOST_TOKENS, MOST_TOKENS_EVER, Scope, TokenIssued, TokenRevoked};

/// Longest a role may last from when it is given.
pub const LONGEST_ROLE: TimeDelta = TimeDelta::days(366);
/// Most people one role may name.
pub const MOST_PEOPLE: usize = 200;
/// Longest reason code, in characters.
pub const LONGEST_REASON: usize = 64;
/// Most uses of one role that are kept; whoever needs more is given the role again.
pub const MOST_USES: u64 = 100_000;

events! {
    /// What can happen to a role somebody was given.
    RoleEvent {
        /// It was given.
        Granted(RoleGranted) = "role.granted" 1,
        /// It was taken back.
        Withdrawn(RoleWithdrawn) = "role.withdrawn" 1,
        /// Something was read, or done, by it.
        Used(RoleUsed) = "role.used" 1,
        /// A program was given a token to use it with.
        TokenIssued(TokenIssued) = "role.token_issued" 1,
        /// Such a token was taken back.
        TokenRevoked(TokenRevoked) = "role.token_revoked" 1,
    }
}

/// What a role lets somebody do. Everybody who signed up holds their own accounts; that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads histories, proofs and every call to a bank, and changes nothing.
    Auditor,
    /// Reads amounts, days and categories under pseudonyms, and no identity.
    Analyst,
    /// Runs the service: gives and takes back roles, and sees how it is. Reads nobody's data.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Auditor, Self::Analyst, Self::Operator];

    /// Its stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Analyst => "analyst",
            Self::Operator => "operator",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = RoleRefusal;
    fn from_str(text: &str) -> Result<Self, RoleRefusal> {
        Self::ALL.into_iter().find(|role| role.word() == text).ok_or(RoleRefusal::NoSuchRole)
    }
}

/// A role was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGranted {
    /// This giving of it.
    pub role_id: RoleId,
    /// Who holds it.
    pub holder: UserId,
    /// Which role.
    pub role: Role,
    /// Whose data it covers; none for everybody's.
    pub people: Option<Vec<UserId>>,
    /// Only what was recorded from this instant on.
    pub facts_from: Option<DateTime<Utc>>,
    /// Only what was recorded until this instant.
    pub facts_to: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub ends_at: DateTime<Utc>,
    /// Why it was given, as a code.
    pub reason: String,
    /// Who gave it; none for the command line.
    pub granted_by: Option<UserId>,
}

impl RoleGranted {
    /// Whether what was recorded at this instant is covered.
    #[must_use]
    pub fn covers(&self, recorded_at: DateTime<Utc>) -> bool {
        self.facts_from.is_none_or(|from| recorded_at >= from)
            && self.facts_to.is_none_or(|to| recorded_at <= to)
    }
}

/// A role was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleWithdrawn {
    /// Why, as a code.
    pub reason: String,
    /// Who did; none for the command line.
    pub withdrawn_by: Option<UserId>,
}

/// A role was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleUsed {
    /// What for, as a stable code such as `timeline` or `story`.
    pub what: String,
    /// Whose data was shown; none for what is nobody's or of everybody the role covers.
    pub subject: Option<UserId>,
    /// The stream or position that was asked for, if it was one.
    pub object: Option<String>,
    /// The name of the request in our log.
    pub request_id: String,
    /// The token it was used by; none where the holder was signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<TokenId>,
}

/// A use of a role that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleUse {
    /// Who asks.
    pub holder: UserId,
    /// The role they ask in.
    pub role: Role,
    /// What is to be kept of it.
    pub used: RoleUsed,
    /// The time of the use, by which a role is over or not.
    pub now: DateTime<Utc>,
}

/// What can be asked of a role.
#[derive(Clone, Debug)]
pub enum RoleCommand {
    /// Give it.
    Grant {
        /// What is given.
        granted: Box<RoleGranted>,
        /// Now.
        now: DateTime<Utc>,
    },
    /// Take it back. Taking back twice is nothing new.
    Withdraw(RoleWithdrawn),
    /// Use it.
    Use(RoleUse),
    /// Give a program a token for it.
    IssueToken {
        /// What is issued.
        issued: Box<TokenIssued>,
        /// Now.
        now: DateTime<Utc>,
    },
    /// Take a token back. Taking back twice is nothing new.
    RevokeToken(TokenRevoked),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleRefusal {
    /// The word is no role.
    #[error("there is no such role; there are auditor, analyst and operator")]
    NoSuchRole,
    /// The identifier is taken.
    #[error("this role was given already")]
    AlreadyGranted,
    /// Nothing was given under this identifier.
    #[error("there is no such role")]
    Unknown,
    /// Its end is not in the future, or too far in it.
    #[error("a role ends in the future, and at most 366 days from now")]
    End,
    /// The facts' period is empty.
    #[error("the period of the facts ends before it begins")]
    Period,
    /// Nobody, too many people, or people for a role that reads nobody's data.
    #[error("an auditor or analyst covers everybody or 1 to 200 named people; an operator nobody")]
    People,
    /// The reason is no code.
    #[error("the reason is a code of 1 to 64 small letters, digits, `_`, `-`, `.` or `/`")]
    Reason,
    /// It belongs to somebody else, or is another role.
    #[error("this is not a role of who asks")]
    NotTheirs,
    /// It was taken back.
    #[error("this role was taken back")]
    Withdrawn,
    /// Its time is over.
    #[error("the time of this role is over")]
    Ended,
    /// It does not cover this person.
    #[error("this role does not cover this")]
    OutOfScope,
    /// It was used too often.
    #[error("this role was used as often as is kept; it has to be given again")]
    UsedUp,
    /// A token that ends in the past, too late, or after its role.
    #[error("a token ends in the future, at most 90 days from now, and not after its role")]
    TokenEnd,
    /// No scope, one twice, or one that is not of this role.
    #[error(
        "a token has one or more scopes of its role: audit:timeline, audit:stories, audit:proofs and \
         audit:lawfulness for auditors, analysis for analysts, documents for both"
    )]
    Scopes,
    /// Too many tokens.
    #[error("a role has at most 10 tokens at a time; revoke one first")]
    TooManyTokens,
    /// The role has no token of this identifier.
    #[error("there is no such token")]
    NoSuchToken,
    /// The token was revoked or its time is over.
    #[error("this token is over")]
    TokenOver,
}

/// A role's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GrantedRole {
    granted: Option<RoleGranted>,
    withdrawn: bool,
    uses: u64,
    #[serde(default)]
    tokens: BTreeMap<TokenId, Token>,
}

fn is_code(text: &str) -> bool {
    let letter = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'_' | b'-' | b'.' | b'/')
    };
    (1..=LONGEST_REASON).contains(&text.len()) && text.bytes().all(letter)
}

fn check(granted: &RoleGranted, now: DateTime<Utc>) -> Result<(), RoleRefusal> {
    if granted.ends_at <= now || granted.ends_at > now + LONGEST_ROLE {
        return Err(RoleRefusal::End);
    }
    if granted.facts_from.zip(granted.facts_to).is_some_and(|(from, to)| to < from) {
        return Err(RoleRefusal::Period);
    }
    let people = granted.people.as_ref();
    let fits = match granted.role {
        Role::Operator => people.is_none(),
        Role::Auditor | Role::Analyst => {
            people.is_none_or(|people| (1..=MOST_PEOPLE).contains(&people.len()))
        }
    };
    if !fits {
        return Err(RoleRefusal::People);
    }
    if is_code(&granted.reason) { Ok(()) } else { Err(RoleRefusal::Reason) }
}

impl GrantedRole {
    /// What was given, if anything was.
    #[must_use]
    pub fn granted(&self) -> Option<&RoleGranted> {
        self.granted.as_ref()
    }

    fn may(&self, asked: &RoleUse) -> Result<(), RoleRefusal> {
        let granted = self.granted.as_ref().ok_or(RoleRefusal::Unknown)?;
        if granted.holder != asked.holder || granted.role != asked.role {
            return Err(RoleRefusal::NotTheirs);
        }
        if self.withdrawn {
            return Err(RoleRefusal::Withdrawn);
        }
        if asked.now >= granted.ends_at {
            return Err(RoleRefusal::Ended);
        }
        let covered = |subject: UserId| {
            granted.people.as_ref().is_none_or(|people| people.contains(&subject))
        };
        if granted.role == Role::Operator && asked.used.subject.is_some()
            || !asked.used.subject.is_none_or(covered)
        {
            return Err(RoleRefusal::OutOfScope);
        }
        if let Some(token_id) = asked.used.token_id {
            self.token_opens(token_id, &asked.used.what, asked.now)?;
        }
        if self.uses >= MOST_USES { Err(RoleRefusal::UsedUp) } else { Ok(()) }
    }
}

impl Aggregate for GrantedRole {
    const TYPE: &'static str = "role";
    type Command = RoleCommand;
    type Event = RoleEvent;
    type Error = RoleRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: RoleCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), RoleRefusal> {
        let event = match command {
            RoleCommand::Grant { .. } if self.granted.is_some() => {
                return Err(RoleRefusal::AlreadyGranted);
            }
            RoleCommand::Grant { granted, now } => {
                check(&granted, now)?;
                RoleEvent::Granted(*granted)
            }
            RoleCommand::Withdraw(_) if self.granted.is_none() => return Err(RoleRefusal::Unknown),
            RoleCommand::Withdraw(withdrawn) if !is_code(&withdrawn.reason) => {
                return Err(RoleRefusal::Reason);
            }
            RoleCommand::Withdraw(_) if self.withdrawn => return Ok(()),
            RoleCommand::Withdraw(withdrawn) => RoleEvent::Withdrawn(withdrawn),
            RoleCommand::Use(asked) => {
                self.may(&asked)?;
                RoleEvent::Used(asked.used)
            }
            RoleCommand::IssueToken { issued, now } => {
                self.may_issue(&issued, now)?;
                RoleEvent::TokenIssued(*issued)
            }
            RoleCommand::RevokeToken(revoked) => match self.tokens.get(&revoked.token_id) {
                None => return Err(RoleRefusal::NoSuchToken),
                Some(_) if !is_code(&revoked.reason) => return Err(RoleRefusal::Reason),
                Some(token) if token.revoked => return Ok(()),
                Some(_) => RoleEvent::TokenRevoked(revoked),
            },
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: RoleEvent) {
        match event {
            RoleEvent::Granted(granted) => self.granted = Some(granted),
            RoleEvent::Withdrawn(_) => self.withdrawn = true,
            RoleEvent::Used(_) => self.uses += 1,
            RoleEvent::TokenIssued(TokenIssued { token_id, scopes, ends_at, .. }) => {
                self.tokens.insert(token_id, Token { scopes, ends_at, revoked: false });
            }
            RoleEvent::TokenRevoked(TokenRevoked { token_id, .. }) => {
                if let Some(token) = self.tokens.get_mut(&token_id) {
                    token.revoked = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
