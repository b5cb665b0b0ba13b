//! What distinguishes one simulated bank from another, as data. What it speaks is in the folder of its
//! standard.

use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use jsonwebtoken::Algorithm;

use crate::api_error::ApiError;
use crate::berlin_group::Problem;
use crate::enable_banking::Failure;
use crate::open_banking_uk::Refusal;
use crate::options::SandboxStandard;

/// One simulated bank.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) standard: SandboxStandard,
    /// The name people see, and that of the test authority.
    pub(crate) name: &'static str,
    /// ISO 3166 country.
    pub(crate) country: &'static str,
    /// Who supervises providers there: name and id, as certificates state them (ETSI TS 119 495, 5.1).
    pub(crate) supervisor: (&'static str, &'static str),
    /// Zone of the bank's days.
    pub(crate) zone: Tz,
    /// ISO 4217 code of its accounts, where they say nothing else.
    pub(crate) currency: &'static str,
    /// BIC (ISO 9362).
    pub(crate) bic: &'static str,
    /// Where providers get their test certificates; on the public listener.
    pub(crate) generator_path: &'static str,
    /// The claim of requests and ID tokens that names the consent.
    pub(crate) intent_claim: &'static str,
    /// The names of the keys of ID tokens and of other documents.
    pub(crate) key_names: [&'static str; 2],
    /// What the bank signs ID tokens and answers with.
    pub(crate) signing: Algorithm,
    /// True when purchases that are not booked yet are always listed.
    pub(crate) lists_pending: bool,
    /// True where FAPI 1.0 Part 2 holds to the letter: pushed requests or signed answers, `iss`, PKCE.
    pub(crate) strict: bool,
}

const OP: House = House {
    standard: SandboxStandard::Op,
    name: "OP sandbox bank",
    country: "FI",
    supervisor: ("Finnish Financial Supervisory Authority", "FI-FINFSA"),
    zone: chrono_tz::Europe::Helsinki,
    currency: "EUR",
    bic: "OKOYFIHH",
    generator_path: "/psd2-sandbox-tpp-generator/sandbox-tpp",
    intent_claim: "authorizationId",
    key_names: ["op-sandbox-id-token", "op-sandbox-payments"],
    signing: Algorithm::RS256,
    lists_pending: false,
    strict: false,
};

const OPEN_BANKING_UK: House = House {
    standard: SandboxStandard::OpenBankingUk,
    name: "Albion sandbox bank",
    country: "GB",
    supervisor: ("Financial Conduct Authority", "GB-FCA"),
    zone: chrono_tz::Europe::London,
    currency: "GBP",
    bic: "ALBNGB2L",
    generator_path: "/directory/sandbox-tpp",
    intent_claim: "openbanking_intent_id",
    key_names: ["albion-answers", "albion-directory"],
    signing: Algorithm::PS256,
    lists_pending: true,
    strict: true,
};

const BERLIN_GROUP: House = House {
    standard: SandboxStandard::BerlinGroup,
    name: "Nordvik sandbox bank",
    country: "SE",
    supervisor: ("Finansinspektionen", "SE-FINA"),
    zone: chrono_tz::Europe::Stockholm,
    currency: "SEK",
    bic: "NVIKSESS",
    generator_path: "/certificates/sandbox-tpp",
    intent_claim: "",
    key_names: ["nordvik-answers", "nordvik-documents"],
    signing: Algorithm::RS256,
    lists_pending: true,
    strict: false,
};

const ENABLE_BANKING: House = House {
    standard: SandboxStandard::EnableBanking,
    name: "Enable Banking sandbox",
    country: "FI",
    supervisor: ("Finnish Financial Supervisory Authority", "FI-FINFSA"),
    zone: chrono_tz::Europe::Helsinki,
    currency: "EUR",
    bic: "OKOYFIHH",
    generator_path: "",
    intent_claim: "",
    key_names: ["enable-banking-answers", "enable-banking-documents"],
    signing: Algorithm::RS256,
    lists_pending: false,
    strict: false,
};

impl House {
    /// The sign of its currency, which its pages bear.
    pub(crate) fn mark(&self) -> &'static str {
        match self.currency {
            "GBP" => "£",
            "SEK" => "kr",
            _ => "€",
        }
    }

    /// A refusal in the bank's form.
    pub(crate) fn refuse(&self, error: ApiError) -> Response {
        match self.standard {
            SandboxStandard::Op => error.into_response(),
            SandboxStandard::OpenBankingUk => Refusal(error).into_response(),
            SandboxStandard::BerlinGroup => Problem::from(error).into_response(),
            SandboxStandard::EnableBanking => Failure::from(error).into_response(),
        }
    }
}

impl SandboxStandard {
    /// The bank that speaks it.
    pub(crate) fn house(self) -> &'static House {
        match self {
            Self::Op => &OP,
            Self::OpenBankingUk => &OPEN_BANKING_UK,
            Self::BerlinGroup => &BERLIN_GROUP,
            Self::EnableBanking => &ENABLE_BANKING,
        }
    }
}
