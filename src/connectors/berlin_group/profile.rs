//! What differs between banks that speak NextGenPSD2, as data.

use domain::plan::Allowance;

use crate::connectors::revocation::RevocationPolicy;
use crate::connectors::row::Row;

/// What a consent names (Implementation Guidelines 1.3, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentKind {
    /// The accounts are named by us; the person says beforehand which.
    Detailed,
    /// The person picks the accounts at the bank.
    BankOffered,
    /// All accounts the person has (`allPsd2`).
    Global,
}

/// Which rows are asked for. Every bank has to show booked ones, the others are its choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingStatus {
    /// Booked rows only.
    Booked,
    /// Booked and pending rows in one answer.
    Both,
}

impl BookingStatus {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Both => "both",
        }
    }
}

/// How a bank shows only what is new since the last read, where it offers that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delta {
    /// It does not.
    None,
    /// By the reference of the last entry that is known (`entryReferenceFrom`).
    EntryReference,
    /// By what the bank itself remembers to have shown (`deltaList=true`).
    List,
}

/// In which order a distinguished name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOrder {
    /// The most specific part first: `CN=…,O=…,C=…` (RFC 4514).
    SpecificFirst,
    /// As it stands in the certificate: `C=…,O=…,CN=…`.
    AsEncoded,
}

/// How a serial number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerialNumber {
    /// In hexadecimal digits.
    Hexadecimal,
    /// In decimal digits.
    Decimal,
}

/// How requests are signed (Implementation Guidelines 1.3, section 12; draft-cavage-http-signatures-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureRules {
    /// The headers that are signed where they are sent, in this order.
    pub headers: &'static [&'static str],
    /// How the issuer's name is written in `keyId`.
    pub name_order: NameOrder,
    /// Whether blanks and other characters of that name are percent-encoded.
    pub name_encoded: bool,
    /// How the certificate's number is written.
    pub serial: SerialNumber,
}

impl SignatureRules {
    /// What the standard prescribes.
    pub const STANDARD: Self = Self {
        headers: &[
            "digest",
            "x-request-id",
            "psu-id",
            "psu-corporate-id",
            "date",
            "tpp-redirect-uri",
        ],
        name_order: NameOrder::SpecificFirst,
        name_encoded: true,
        serial: SerialNumber::Hexadecimal,
    };
}

/// How the person agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// In the browser; afterwards the bank is asked.
    Redirect,
    /// In the browser, with a code and tokens (RFC 6749 with RFC 7636).
    OAuth,
    /// In the bank's app.
    Decoupled,
}

/// One bank that speaks NextGenPSD2.
#[derive(Clone, Copy, Debug)]
pub struct BerlinGroupProfile {
    /// The short name.
    pub id: &'static str,
    /// The name people know.
    pub name: &'static str,
    /// The country (ISO 3166-1).
    pub country: &'static str,
    /// The BIC (ISO 9362).
    pub bic: &'static str,
    /// The base of its public interface, with the version at the end.
    pub api_url: &'static str,
    /// Where it sends browsers: scheme, host and port.
    pub browser_origin: &'static str,
    /// What is asked of the certificates its servers show.
    pub revocation: RevocationPolicy,
    /// The zone of its dates (IANA name).
    pub time_zone: &'static str,
    /// What a consent names.
    pub consent: ConsentKind,
    /// How the person agrees.
    pub agreement: Agreement,
    /// Whether we ask to start the person's authorisation ourselves.
    pub explicit_start: bool,
    /// How requests are signed; none where the bank wants no signatures.
    pub signature: Option<SignatureRules>,
    /// Which rows are asked for.
    pub booking_status: BookingStatus,
    /// How only new rows are asked for.
    pub delta: Delta,
    /// Whether there are card accounts.
    pub cards: bool,
    /// What holds where a card list does not say `debitAccounting`: whether debits are above zero.
    pub cards_debit_positive: Option<bool>,
    /// Whether the list of accounts brings the balances along.
    pub balances_in_list: bool,
    /// Whether addresses of version 6 are taken, which the standard's schema does not foresee.
    pub ipv6: bool,
    /// The longest consent, in days.
    pub longest_consent_days: i64,
    /// The longest history, in days.
    pub longest_history_days: i64,
    /// How often it may be read.
    pub allowance: Allowance,
    /// How much its word on entry references is worth before anything was learnt.
    pub references_promised: u64,
    /// Puts right, before a row is read, what data cannot say.
    pub amend_row: Option<fn(&mut Row)>,
}
