//! Tokens for programs: what a program may read by somebody's role, and until when. A token never opens
//! more than the role it hangs on, and is over when the role is.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{GrantedRole, Role, RoleRefusal, is_code};
use crate::id::{TokenId, UserId};

/// Longest a token may stand from when it is issued.
pub const LONGEST_TOKEN: TimeDelta = TimeDelta::days(90);
/// Most tokens of one role that stand at the same time.
pub const MOST_TOKENS: usize = 10;
/// Most tokens one role may ever have had; whoever needs more is given the role again.
pub const MOST_TOKENS_EVER: usize = 1_000;

/// What a program may do by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Events by who, kind and person, headers only.
    #[serde(rename = "audit:timeline")]
    Timeline,
    /// Stories of registrations, consents and roles.
    #[serde(rename = "audit:stories")]
    Stories,
    /// Records with what it takes to check that they are in the log.
    #[serde(rename = "audit:proofs")]
    Proofs,
    /// By whose leave a fact was fetched, what could be read, and calls that should not have been made.
    #[serde(rename = "audit:lawfulness")]
    Lawfulness,
    /// Days, amounts and categories under pseudonyms.
    #[serde(rename = "analysis")]
    Analysis,
    /// Queries in the program's own words, beside those the page knows.
    #[serde(rename = "documents")]
    Documents,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [
        Self::Timeline,
        Self::Stories,
        Self::Proofs,
        Self::Lawfulness,
        Self::Analysis,
        Self::Documents,
    ];

    /// Its stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Timeline => "audit:timeline",
            Self::Stories => "audit:stories",
            Self::Proofs => "audit:proofs",
            Self::Lawfulness => "audit:lawfulness",
            Self::Analysis => "analysis",
            Self::Documents => "documents",
        }
    }

    /// Whether it fits a role.
    #[must_use]
    pub fn fits(self, role: Role) -> bool {
        match self {
            Self::Timeline | Self::Stories | Self::Proofs | Self::Lawfulness => {
                role == Role::Auditor
            }
            Self::Analysis => role == Role::Analyst,
            Self::Documents => role != Role::Operator,
        }
    }

    /// Whether it opens a use of a role, by the use's code.
    fn opens(self, what: &str) -> bool {
        match self {
            Self::Timeline => matches!(what, "timeline" | "difference"),
            Self::Stories => what == "story",
            Self::Proofs => what == "proof",
            Self::Lawfulness => matches!(what, "why" | "access" | "exceptions"),
            Self::Analysis => what == "analysis",
            Self::Documents => false,
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = RoleRefusal;
    fn from_str(text: &str) -> Result<Self, RoleRefusal> {
        Self::ALL.into_iter().find(|scope| scope.word() == text).ok_or(RoleRefusal::Scopes)
    }
}

/// A token was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenIssued {
    /// Which.
    pub token_id: TokenId,
    /// What it opens, each once and in their order.
    pub scopes: Vec<Scope>,
    /// When it ends by itself.
    pub ends_at: DateTime<Utc>,
    /// What it is for, as a code.
    pub reason: String,
    /// Who issued it; none for the command line.
    pub issued_by: Option<UserId>,
}

/// A token was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRevoked {
    /// Which.
    pub token_id: TokenId,
    /// Why, as a code; `reused` where one of its used-up parts came back.
    pub reason: String,
    /// Who did; none for the command line and for the service itself.
    pub revoked_by: Option<UserId>,
}

/// What is remembered of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) scopes: Vec<Scope>,
    pub(super) ends_at: DateTime<Utc>,
    pub(super) revoked: bool,
}

impl GrantedRole {
    /// Whether this token may be issued.
    pub(super) fn may_issue(
        &self,
        issued: &TokenIssued,
        now: DateTime<Utc>,
    ) -> Result<(), RoleRefusal> {
        let granted = self.granted.as_ref().ok_or(RoleRefusal::Unknown)?;
        if self.withdrawn {
            return Err(RoleRefusal::Withdrawn);
        }
        if now >= granted.ends_at {
            return Err(RoleRefusal::Ended);
        }
        let last = granted.ends_at.min(now + LONGEST_TOKEN);
        if issued.ends_at <= now || issued.ends_at > last {
            return Err(RoleRefusal::TokenEnd);
        }
        let fit = issued.scopes.iter().all(|scope| scope.fits(granted.role));
        if issued.scopes.is_empty() || !fit || !issued.scopes.is_sorted_by(|one, next| one < next) {
            return Err(RoleRefusal::Scopes);
        }
        if !is_code(&issued.reason) {
            return Err(RoleRefusal::Reason);
        }
        let standing = self.tokens.values().filter(|token| !token.revoked && token.ends_at > now);
        if standing.count() >= MOST_TOKENS || self.tokens.len() >= MOST_TOKENS_EVER {
            return Err(RoleRefusal::TooManyTokens);
        }
        if self.tokens.contains_key(&issued.token_id) {
            return Err(RoleRefusal::AlreadyGranted);
        }
        Ok(())
    }

    /// Whether a use by a token is one the token opens.
    pub(super) fn token_opens(
        &self,
        token_id: TokenId,
        what: &str,
        now: DateTime<Utc>,
    ) -> Result<(), RoleRefusal> {
        let token = self.tokens.get(&token_id).ok_or(RoleRefusal::NoSuchToken)?;
        if token.revoked || now >= token.ends_at {
            return Err(RoleRefusal::TokenOver);
        }
        // What the role covers can be asked by every token of it.
        let always = matches!(what, "scope" | "place");
        if always || token.scopes.iter().any(|scope| scope.opens(what)) {
            Ok(())
        } else {
            Err(RoleRefusal::OutOfScope)
        }
    }
}
