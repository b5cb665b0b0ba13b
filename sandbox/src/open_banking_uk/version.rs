//! The two versions of the Read/Write API and the words in which they differ.

use crate::household::AccountKind;
use crate::state::Status;

/// A version of the Read/Write API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 3.1.11.
    V3,
    /// 4.0.
    V4,
}

impl Version {
    /// Where its account information is.
    pub(super) fn base(self) -> &'static str {
        match self {
            Self::V3 => "/open-banking/v3.1/aisp",
            Self::V4 => "/open-banking/v4.0/aisp",
        }
    }

    /// The status of a consent. Version 3.1 does not say that one ended: the tokens just end.
    pub(super) fn consent_status(self, status: Status) -> &'static str {
        match (self, status) {
            (Self::V3, Status::Unauthorized | Status::Authorizing) => "AwaitingAuthorisation",
            (Self::V3, Status::Rejected) => "Rejected",
            (Self::V3, _) => "Authorised",
            (Self::V4, Status::Unauthorized | Status::Authorizing) => "AWAU",
            (Self::V4, Status::Rejected) => "RJCT",
            (Self::V4, Status::Expired) => "EXPD",
            (Self::V4, Status::Revoked | Status::PartiallyRevoked) => "CANC",
            (Self::V4, Status::Authorized | Status::Completed) => "AUTH",
        }
    }

    /// The status of an entry.
    pub(super) fn entry(self, pending: bool) -> &'static str {
        match (self, pending) {
            (Self::V3, false) => "Booked",
            (Self::V3, true) => "Pending",
            (Self::V4, false) => "BOOK",
            (Self::V4, true) => "PDNG",
        }
    }

    /// A balance type: the word of 3.1 and the ISO 20022 code of 4.0.
    pub(super) fn balance(self, (word, code): (&'static str, &'static str)) -> &'static str {
        match self {
            Self::V3 => word,
            Self::V4 => code,
        }
    }

    /// The members that say what an account is.
    pub(super) fn account_kind(self, kind: AccountKind) -> [(&'static str, &'static str); 2] {
        let (word, code) = match kind {
            AccountKind::Current => ("CurrentAccount", "CACC"),
            AccountKind::Savings => ("Savings", "SVGS"),
            AccountKind::CreditCard => ("CreditCard", "CARD"),
        };
        match self {
            Self::V3 => [("AccountType", "Personal"), ("AccountSubType", word)],
            Self::V4 => [("AccountCategory", "Personal"), ("AccountTypeCode", code)],
        }
    }

    /// Family and sub-family of a kind of row (`BankTransactionCode`).
    pub(super) fn transaction_code(self, kind: &str) -> (&'static str, &'static str) {
        let [words, codes] = match kind {
            "DD" => [("IssuedDirectDebits", "BACSDirectDebit"), ("IDDT", "OTHR")],
            "SO" => [("IssuedCreditTransfers", "StandingOrder"), ("ICDT", "STDO")],
            "FPO" => [("IssuedCreditTransfers", "DomesticCreditTransfer"), ("ICDT", "DMCT")],
            "FPI" => [("ReceivedCreditTransfers", "DomesticCreditTransfer"), ("RCDT", "DMCT")],
            "BGC" => [("ReceivedCreditTransfers", "BACSCreditTransfer"), ("RCDT", "OTHR")],
            "POS" | "AUTH" => {
                [("CustomerCardTransactions", "PointOfSaleDebitCard"), ("CCRD", "POSD")]
            }
            "INT" => [("MiscellaneousCreditOperations", "Interest"), ("MCOP", "INTR")],
            "CHG" => [("MiscellaneousDebitOperations", "Charges"), ("MDOP", "CHRG")],
            _ => [("NotAvailable", "NotAvailable"), ("NTAV", "NTAV")],
        };
        match self {
            Self::V3 => words,
            Self::V4 => codes,
        }
    }
}
