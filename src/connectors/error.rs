//! What can go wrong with a bank, in words that are safe to show and to store.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::fetch::NOT_COVERED;

/// Most characters kept of a bank's own error code.
pub const LONGEST_BANK_CODE: usize = 64;

/// Why a bank's answer is not there or not usable.
///
/// No variant carries a bank's free text: only a code, capped and reduced to a plain alphabet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankError {
    /// No connection could be made: the request was not sent.
    #[error("the bank could not be reached")]
    Unreachable,
    /// The connection broke before the answer was complete: the bank may have acted on the request.
    #[error("the bank's answer was lost")]
    AnswerLost,
    /// The connection, a read or the whole exchange took too long.
    #[error("the bank took too long to answer")]
    TimedOut,
    /// The TLS handshake failed, on our side or on the bank's.
    #[error("a secure connection was refused ({reason})")]
    TlsRefused {
        /// A fixed word for the cause, such as `certificate_expired`.
        reason: &'static str,
    },
    /// The body went over the limit of its request and was cut off.
    #[error("the bank's answer is longer than {limit_bytes} bytes")]
    AnswerTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The bank pointed elsewhere; redirects are never followed.
    #[error("the bank answered with a redirect ({status}), which is not followed")]
    Redirected {
        /// The status.
        status: u16,
    },
    /// The address is not one of the bank's profile.
    #[error("the address is not one of this bank's hosts")]
    HostNotAllowed,
    /// Our own client certificate cannot be used now.
    #[error("our client certificate cannot be used ({reason})")]
    ClientCertificate {
        /// A fixed word for the cause, such as `expired`.
        reason: &'static str,
    },
    /// The bank said no.
    #[error("the bank refused the request ({status}, {code})")]
    Refused {
        /// The HTTP status; 200 where the refusal came inside a success.
        status: u16,
        /// The bank's own code, capped and reduced to a plain alphabet.
        code: String,
    },
    /// The bank asks to wait.
    #[error("the bank asks to wait before the next request")]
    RateLimited {
        /// How long, where the bank said so in a usable way.
        retry_after: Option<Duration>,
    },
    /// The bank is left alone because most calls to it failed; nothing was sent.
    #[error("most calls to the bank failed; it is tried again after {until}")]
    CircuitOpen {
        /// When one call may try.
        until: DateTime<Utc>,
    },
    /// Too many calls to the bank are under way; nothing was sent.
    #[error("too many calls to the bank are under way; try again in a moment")]
    Crowded,
    /// The access token is not accepted (any more).
    #[error("the access token is no longer accepted")]
    TokenExpired,
    /// The consent is revoked, rejected, expired or was never given.
    #[error("the consent has ended at the bank")]
    ConsentEnded,
    /// The answer does not say what it must.
    #[error("the bank's answer is not readable ({what})")]
    Unreadable {
        /// Which part.
        what: &'static str,
    },
    /// The answer is about an account that was not asked for, or that the consent does not cover.
    #[error("the bank's answer is about accounts that the consent does not cover ({what})")]
    NotCovered {
        /// Which answer.
        what: &'static str,
    },
    /// We will not send this: it breaks a rule of the profile or of the standard.
    #[error("the request was not sent ({what})")]
    NotSent {
        /// Which rule.
        what: &'static str,
    },
}

impl BankError {
    /// A stable word for logs, metrics and audit records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "bank_unreachable",
            Self::AnswerLost => "bank_answer_lost",
            Self::TimedOut => "bank_timed_out",
            Self::TlsRefused { .. } => "bank_tls_refused",
            Self::AnswerTooLarge { .. } => "bank_answer_too_large",
            Self::Redirected { .. } => "bank_redirected",
            Self::HostNotAllowed => "bank_host_not_allowed",
            Self::ClientCertificate { .. } => "bank_client_certificate",
            Self::Refused { .. } => "bank_refused",
            Self::RateLimited { .. } => "bank_rate_limited",
            Self::CircuitOpen { .. } => "bank_circuit_open",
            Self::Crowded => "bank_crowded",
            Self::TokenExpired => "bank_token_expired",
            Self::ConsentEnded => "bank_consent_ended",
            Self::Unreadable { .. } => "bank_answer_unreadable",
            Self::NotCovered { .. } => NOT_COVERED,
            Self::NotSent { .. } => "bank_request_not_sent",
        }
    }
}

/// Reduces a bank's error code to letters, digits, `.`, `_` and `-`, at most
/// [`LONGEST_BANK_CODE`] characters. Anything else becomes `_`.
#[must_use]
pub fn plain_code(text: &str) -> String {
    let plain = |letter: char| {
        let keep = letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        if keep { letter } else { '_' }
    };
    text.chars().take(LONGEST_BANK_CODE).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_code_is_capped_and_plain() {
        let hostile = format!("<b>\r\n\u{202e}{}", "x".repeat(500));
        let code = plain_code(&hostile);
        assert_eq!(code.chars().count(), LONGEST_BANK_CODE);
        assert!(code.starts_with("_b____xxx"));
    }
}
