//! The words of the interface (ISO 20022 codes for the most part).

use domain::observed::{AccountKind, BalanceKind, RowState};

use crate::connectors::ConsentStatus;

/// How a session stands.
#[must_use]
pub fn session_status(word: &str) -> ConsentStatus {
    match word {
        "PENDING_AUTHORIZATION" | "RETURNED_FROM_BANK" => ConsentStatus::Unauthorized,
        "AUTHORIZED" => ConsentStatus::Authorized,
        "CANCELLED" | "INVALID" => ConsentStatus::Rejected,
        "CLOSED" | "REVOKED" => ConsentStatus::Revoked,
        "EXPIRED" => ConsentStatus::Expired,
        _ => ConsentStatus::Other,
    }
}

/// What kind of account it is.
#[must_use]
pub fn account_kind(word: &str) -> AccountKind {
    match word {
        "CACC" => AccountKind::Current,
        "SVGS" => AccountKind::Savings,
        "CARD" => AccountKind::Card,
        _ => AccountKind::Other,
    }
}

/// What a balance says, and how good it is for that: lower is better. None for a word that the interface
/// does not have; the inner none for one that says nothing of ours.
#[must_use]
pub fn balance(word: &str) -> Option<Option<(BalanceKind, u8)>> {
    Some(match word {
        "ITBD" => Some((BalanceKind::Booked, 0)),
        "CLBD" => Some((BalanceKind::Booked, 1)),
        "ITAV" => Some((BalanceKind::Available, 0)),
        "CLAV" => Some((BalanceKind::Available, 1)),
        "OPBD" | "OPAV" | "XPCD" | "FWAV" | "INFO" | "OTHR" | "PRCD" | "VALU" => None,
        _ => return None,
    })
}

/// How far a row has come.
///
/// # Errors
/// What is no movement of money, or a word nobody knows.
pub fn row_state(word: &str) -> Result<RowState, &'static str> {
    match word {
        "BOOK" => Ok(RowState::Booked),
        "PDNG" | "HOLD" => Ok(RowState::Pending),
        "RJCT" => Err("the bank rejected this transaction: no money moved"),
        "CNCL" => Err("this transaction was cancelled: no money moved"),
        "SCHD" => Err("this transaction is planned: no money moved yet"),
        _ => Err("status is a word this program does not know"),
    }
}
