//! What the bank remembers across restarts, every part of it bounded.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calls::TokenKind;
use crate::certificates::Role;

/// A bounded map: when it is full, the oldest entry falls out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shelf<Entry> {
    next: u64,
    entries: BTreeMap<String, (u64, Entry)>,
}

impl<Entry> Default for Shelf<Entry> {
    fn default() -> Self {
        Self { next: 0, entries: BTreeMap::new() }
    }
}

impl<Entry> Shelf<Entry> {
    /// Most entries of one shelf.
    pub(crate) const ENTRIES_MAX: usize = 2_000;

    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key).map(|(_, entry)| entry)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.get_mut(key).map(|(_, entry)| entry)
    }

    /// Puts an entry in place of an older one of the same key.
    pub(crate) fn put(&mut self, key: &str, entry: Entry) {
        let number = self.next;
        self.next += 1;
        self.entries.insert(key.to_owned(), (number, entry));
        if self.entries.len() > Self::ENTRIES_MAX {
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, (number, _))| *number)
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                self.entries.remove(&oldest);
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        self.entries.remove(key).map(|(_, entry)| entry)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(|_, (_, entry)| keep(entry));
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(|(_, entry)| entry)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.values_mut().map(|(_, entry)| entry)
    }
}

/// Everything that survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) providers: Shelf<Provider>,
    pub(crate) clients: Shelf<Client>,
    pub(crate) authorizations: Shelf<Authorization>,
    pub(crate) pushed: Shelf<Pushed>,
    /// Names of client assertions that were used.
    pub(crate) assertions: Shelf<DateTime<Utc>>,
    pub(crate) codes: Shelf<Code>,
    pub(crate) tokens: Shelf<Token>,
    pub(crate) refresh_tokens: Shelf<RefreshToken>,
    pub(crate) payments: Shelf<Payment>,
    pub(crate) idempotency: Shelf<Idempotency>,
    pub(crate) accesses: Shelf<Vec<DateTime<Utc>>>,
}

/// A provider the generator made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Provider {
    pub(crate) tpp_id: String,
    pub(crate) roles: Vec<Role>,
    /// Public JWKs.
    pub(crate) keys: Vec<Value>,
    /// SHA-256 of its certificates, hexadecimal: QWAC and QSEAL in turn.
    pub(crate) certificates: Vec<String>,
}

/// A registered client of a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) tpp_id: String,
    pub(crate) client_name: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) grant_types: Vec<String>,
    pub(crate) roles: Vec<Role>,
    #[serde(default)]
    pub(crate) authentication: ClientAuthentication,
}

/// How a client shows at the token endpoint who it is; its certificate is checked besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ClientAuthentication {
    /// A secret in the form.
    #[default]
    #[serde(rename = "client_secret_post")]
    Secret,
    /// A signed assertion (OpenID Connect Core 1.0, section 9).
    #[serde(rename = "private_key_jwt")]
    Assertion,
    /// The certificate alone (RFC 8705, section 2.1).
    #[serde(rename = "tls_client_auth")]
    Certificate,
}

/// Which API an authorization belongs to; its word is the OAuth scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scope {
    #[serde(rename = "accounts")]
    Accounts,
    #[serde(rename = "payments")]
    Payments,
    #[serde(rename = "fundsconfirmations")]
    Funds,
}

impl Scope {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Scope::Accounts => "accounts",
            Scope::Payments => "payments",
            Scope::Funds => "fundsconfirmations",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Scope::Accounts, Scope::Payments, Scope::Funds]
            .into_iter()
            .find(|scope| scope.word() == word)
    }

    /// The role a provider needs for this scope.
    pub(crate) fn role(self) -> Role {
        match self {
            Scope::Accounts => Role::Accounts,
            Scope::Payments => Role::Payments,
            Scope::Funds => Role::Funds,
        }
    }
}

/// Where an authorization stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Unauthorized,
    Authorizing,
    Authorized,
    Rejected,
    Revoked,
    Expired,
    PartiallyRevoked,
    Completed,
}

/// A consent (account information, funds) or a bundle of payments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) id: String,
    pub(crate) scope: Scope,
    pub(crate) client_id: String,
    pub(crate) status: Status,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) authorized: Option<DateTime<Utc>>,
    pub(crate) expires: Option<DateTime<Utc>>,
    pub(crate) transaction_from: Option<NaiveDate>,
    pub(crate) transaction_to: Option<NaiveDate>,
    /// The bank user who decided.
    pub(crate) user_id: Option<String>,
    pub(crate) account_ids: Vec<String>,
    pub(crate) card_ids: Vec<String>,
    /// The account of a funds confirmation.
    pub(crate) iban: Option<String>,
    /// The bank user whose consent covers a payment created for the exemption.
    pub(crate) exemption_user_id: Option<String>,
    /// What Open Banking UK calls permissions; elsewhere empty.
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
    /// Where the browser goes after yes and after no, where the consent itself says so (Berlin Group).
    #[serde(default)]
    pub(crate) returns: Vec<String>,
    /// What the browser brings back unchanged, where the consent itself says so (Enable Banking).
    #[serde(default)]
    pub(crate) state: Option<String>,
}

impl Authorization {
    /// The status at a moment: time alone ends an authorization.
    pub(crate) fn status_at(&self, now: DateTime<Utc>) -> Status {
        let over = self.expires.is_some_and(|expires| expires <= now);
        match self.status {
            Status::Authorized if over => Status::Expired,
            Status::Unauthorized if over && self.scope != Scope::Payments => Status::Expired,
            status => status,
        }
    }
}

/// An authorization code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) authorization_id: String,
    pub(crate) nonce: Option<String>,
    /// The S256 challenge of the request (RFC 7636).
    #[serde(default)]
    pub(crate) challenge: Option<String>,
    pub(crate) expires: DateTime<Utc>,
    pub(crate) used: bool,
}

/// A request object that was pushed (RFC 9126).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pushed {
    pub(crate) client_id: String,
    /// The signed object.
    pub(crate) request: String,
    pub(crate) expires: DateTime<Utc>,
}

/// An access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) client_id: String,
    pub(crate) scope: Scope,
    /// Set for user tokens.
    pub(crate) authorization_id: Option<String>,
    pub(crate) expires: DateTime<Utc>,
    /// SHA-256 of the certificate it was issued to (RFC 8705).
    pub(crate) certificate: String,
}

/// A refresh token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(crate) client_id: String,
    pub(crate) authorization_id: String,
    /// When a successor was issued; it stays good for a few seconds after that.
    pub(crate) replaced: Option<DateTime<Utc>>,
}

/// A payment, SEPA or foreign.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) payment_id: String,
    pub(crate) authorization_id: String,
    pub(crate) client_id: String,
    pub(crate) foreign: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) status: Status,
    /// The request as it came, with defaults filled in.
    pub(crate) request: serde_json::Map<String, Value>,
    pub(crate) payer_iban: Option<String>,
    pub(crate) count: u32,
    pub(crate) submissions: Vec<Submission>,
}

/// One attempt to execute a payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Submission {
    pub(crate) submission_id: String,
    pub(crate) archive_id: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) status: SubmissionStatus,
}

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SubmissionStatus {
    Accepted,
    Pending,
    Error,
    Submitted,
    Credited,
    Rejected,
}

/// What an idempotency key stood for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Idempotency {
    pub(crate) payment_id: String,
    /// SHA-256 of the body, hexadecimal.
    pub(crate) body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_shelf_drops_its_oldest_entry() {
        let mut shelf = Shelf::default();
        for number in 0..=Shelf::<usize>::ENTRIES_MAX {
            shelf.put(&format!("{number}"), number);
        }
        assert!(shelf.get("0").is_none());
        assert_eq!(shelf.get("1"), Some(&1));
        assert_eq!(shelf.iter().count(), Shelf::<usize>::ENTRIES_MAX);
    }
}
