//! Nordvik, the sandbox bank of this standard: a Swedish bank with accounts in kronor and euros.

use domain::plan::Allowance;
use domain::plan::budget::{ATTENDED_AN_HOUR, UNATTENDED_A_DAY};

use crate::connectors::berlin_group::BerlinGroup;
use crate::connectors::berlin_group::profile::{
    Agreement, BerlinGroupProfile, BookingStatus, ConsentKind, Delta, SignatureRules,
};
use crate::connectors::revocation::RevocationPolicy;

/// The profile.
pub static NORDVIK: BerlinGroup = BerlinGroup {
    profile: BerlinGroupProfile {
        id: "nordvik",
        name: "Nordvik",
        country: "SE",
        bic: "NVIKSESS",
        api_url: "https://api.nordvik.example/psd2/v1",
        browser_origin: "https://id.nordvik.example",
        revocation: RevocationPolicy::Always,
        time_zone: "Europe/Stockholm",
        consent: ConsentKind::BankOffered,
        agreement: Agreement::Redirect,
        explicit_start: false,
        signature: Some(SignatureRules::STANDARD),
        booking_status: BookingStatus::Both,
        delta: Delta::EntryReference,
        cards: true,
        cards_debit_positive: None,
        balances_in_list: false,
        ipv6: false,
        longest_consent_days: 180,
        longest_history_days: 730,
        allowance: Allowance {
            unattended_a_day: UNATTENDED_A_DAY,
            attended_an_hour: ATTENDED_AN_HOUR,
        },
        // An entry reference is given once to each entry of an account.
        references_promised: 50,
        amend_row: None,
    },
};
