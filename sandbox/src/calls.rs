//! A bounded memory of the requests the bank has seen.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// How many requests are remembered; older ones fall out.
pub const CALLS_MAX: usize = 10_000;

/// One request the bank has seen. It holds no token, no personal text and no query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// When the answer was ready.
    pub at: DateTime<Utc>,
    /// `public`, `mtls` or `authorize`.
    pub listener: &'static str,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// HTTP status of the answer; 0 when the connection was dropped on purpose.
    pub status: u16,
    /// What the presented bearer token was, when it was known.
    pub token: Option<TokenKind>,
    /// The `grant_type` of a token request.
    pub grant_type: Option<String>,
    /// True when `x-fapi-customer-ip-address` said that a person is present.
    pub attended: bool,
    /// SHA-256 of the client certificate, lower-case hexadecimal.
    pub certificate: Option<String>,
}

/// What a bearer token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// From `client_credentials`: the provider itself.
    Client,
    /// From an authorization code, a refresh token or an exemption: a bank customer's consent.
    User,
}

/// What a handler adds to the record of its call, through the response extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallNote {
    pub(crate) grant_type: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct CallLog {
    calls: Mutex<VecDeque<Call>>,
}

impl CallLog {
    /// Remembers a call and forgets the oldest one when the memory is full.
    pub(crate) fn record(&self, call: Call) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() >= CALLS_MAX {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// All remembered calls, oldest first.
    pub(crate) fn all(&self) -> Vec<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().cloned().collect()
    }
}
