//! The two versions, and their words for the same things. An answer is read by the words of both: a
//! consent made on 3.1 may be used on 4.0, and banks change over one resource at a time.

use domain::observed::{AccountKind, BalanceKind, RowState};

use crate::connectors::ConsentStatus;

/// A version of the Read/Write API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum Version {
    /// 3.1.11.
    #[serde(rename = "3.1")]
    V3,
    /// 4.0.
    #[serde(rename = "4.0")]
    V4,
}

/// How a consent stands. `Revoked` is of consents made up to 3.1.4; later a withdrawal at the bank does
/// not change the status, its tokens just end.
#[must_use]
pub fn consent_status(word: &str) -> ConsentStatus {
    match word {
        "AwaitingAuthorisation" | "AWAU" => ConsentStatus::Unauthorized,
        "Authorised" | "AUTH" => ConsentStatus::Authorized,
        "Rejected" | "RJCT" => ConsentStatus::Rejected,
        "Revoked" | "CANC" => ConsentStatus::Revoked,
        "EXPD" => ConsentStatus::Expired,
        _ => ConsentStatus::Other,
    }
}

/// What kind of account it is: `AccountSubType` in 3.1, `AccountTypeCode` in 4.0.
#[must_use]
pub fn account_kind(word: &str) -> AccountKind {
    match word {
        "CurrentAccount" | "EMoney" | "Wallet" | "CACC" | "TRAN" | "WALT" => AccountKind::Current,
        "Savings" | "SVGS" | "LLSV" | "MOMA" | "ONDP" => AccountKind::Savings,
        "CreditCard" | "ChargeCard" | "PrePaidCard" | "CARD" | "CHAR" => AccountKind::Card,
        _ => AccountKind::Other,
    }
}

/// What a balance says, and how good it is for that: lower is better. None for a word that neither
/// version has; the inner none for one that says nothing of ours.
#[must_use]
pub fn balance(word: &str) -> Option<Option<(BalanceKind, u8)>> {
    Some(match word {
        "InterimBooked" | "ITBD" => Some((BalanceKind::Booked, 0)),
        "ClosingBooked" | "CLBD" => Some((BalanceKind::Booked, 1)),
        "InterimCleared" => Some((BalanceKind::Booked, 2)),
        "ClosingCleared" => Some((BalanceKind::Booked, 3)),
        "InterimAvailable" | "ITAV" => Some((BalanceKind::Available, 0)),
        "ClosingAvailable" | "CLAV" => Some((BalanceKind::Available, 1)),
        "Expected"
        | "XPCD"
        | "ForwardAvailable"
        | "FWAV"
        | "Information"
        | "INFO"
        | "OpeningAvailable"
        | "OPAV"
        | "OpeningBooked"
        | "OPBD"
        | "OpeningCleared"
        | "PreviouslyClosedBooked"
        | "PRCD" => None,
        _ => return None,
    })
}

/// How far a row has come.
///
/// # Errors
/// What is no movement of money, or a word nobody knows.
pub fn row_state(word: &str) -> Result<RowState, &'static str> {
    match word {
        "Booked" | "BOOK" => Ok(RowState::Booked),
        "Pending" | "PDNG" => Ok(RowState::Pending),
        "Rejected" | "RJCT" => Err("the bank rejected this transaction: no money moved"),
        "FUTR" => Err("this transaction is planned: no money moved yet"),
        "INFO" => Err("this entry is information only: no money moved"),
        _ => Err("Status is a word this program does not know"),
    }
}
