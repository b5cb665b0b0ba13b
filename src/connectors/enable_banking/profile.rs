//! What tells one bank from another on this route, as data.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::id::BankId;
use domain::plan::Allowance;

use super::EnableBanking;
use super::settings::Settings;
use crate::connectors::bank::{
    AlgorithmException, AuthorizationServer, Bank, ClientAuthentication, SecurityProfile,
};
use crate::connectors::banks::{Opened, Profile};
use crate::connectors::callback::ResponseType;
use crate::connectors::jose::Algorithm;
use crate::connectors::revocation::RevocationPolicy;
use crate::connectors::settings::SettingsError;

/// Where the aggregator is.
pub const API_URL: &str = "https://api.enablebanking.com";
/// Where it sends people first.
pub const BROWSER_ORIGIN: &str = "https://tilisy.enablebanking.com";

/// A bank in the aggregator's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aspsp {
    /// The short name here.
    pub id: &'static str,
    /// The name by which the aggregator's list has it, to the letter.
    pub name: &'static str,
    /// The name people see, which tells this route from the bank's own.
    pub shown: &'static str,
    /// The country (ISO 3166-1).
    pub country: &'static str,
    /// The BIC (ISO 9362).
    pub bic: &'static str,
    /// The zone of the bank's dates (IANA name).
    pub time_zone: &'static str,
    /// `maximum_consent_validity` of the list, in whole days.
    pub longest_consent_days: i64,
    /// How far back transactions may be asked for.
    pub longest_history_days: i64,
    /// Whether the bank wants to know the person's browser too (`required_psu_headers` of the list). The
    /// aggregator takes all that a bank wants, or none.
    pub wants_user_agent: bool,
    /// How often it may be read.
    pub allowance: Allowance,
    /// How much its references are worth: see [`Bank::references_promised`].
    pub references_promised: u64,
}

impl EnableBanking {
    /// The bank behind the aggregator at an address, which sends browsers to an origin.
    #[must_use]
    pub fn at(&'static self, api_url: &str, browser_origin: &str) -> Bank {
        let aspsp = &self.aspsp;
        let api_url = api_url.trim_end_matches('/');
        Bank {
            id: BankId(aspsp.id.to_owned()),
            name: aspsp.shown,
            through: Some("Enable Banking"),
            country: aspsp.country,
            bic: aspsp.bic,
            standard: self,
            generator_url: None,
            registration_url: None,
            registration_audience: String::new(),
            accounts_url: api_url.to_owned(),
            server: Some(AuthorizationServer {
                token_url: format!("{api_url}/sessions"),
                authorize_url: browser_origin.to_owned(),
                pushed_url: None,
                issuer: api_url.to_owned(),
                issuer_in_answers: false,
                keys_url: None,
                request_object_audience: String::new(),
                security: SecurityProfile::CodeWithPkce,
                client_authentication: ClientAuthentication::SignedAssertion,
                id_tokens: None,
                accepted_algorithms: Vec::new(),
                accepted_acr: Vec::new(),
                at_hash_required: false,
                max_age_seconds: 0,
            }),
            browser_origins: vec![browser_origin.to_owned()],
            redirect_preferred: true,
            response_type: ResponseType::Code,
            signing_algorithm: Algorithm::Rs256,
            algorithm_exception: Some(AlgorithmException {
                reason: "Enable Banking's reference names RS256 for the application's tokens, and no \
                         other algorithm",
                since: NaiveDate::from_ymd_opt(2026, 11, 26).unwrap_or_default(),
            }),
            revocation: RevocationPolicy::WherePossible,
            time_zone: aspsp.time_zone,
            longest_consent_days: aspsp.longest_consent_days,
            reconfirm_after_days: None,
            longest_history_days: aspsp.longest_history_days,
            days_in_query: true,
            cards: false,
            allowance: aspsp.allowance,
            references_promised: aspsp.references_promised,
        }
    }
}

impl Profile for EnableBanking {
    fn id(&self) -> &'static str {
        self.aspsp.id
    }

    /// One's own accounts are connected this way.
    fn demonstrates(&self) -> bool {
        false
    }

    fn bank(&'static self) -> Bank {
        self.at(API_URL, BROWSER_ORIGIN)
    }

    fn open(&'static self, json: &str) -> Result<Opened, SettingsError> {
        let settings = Settings::parse(json)?;
        let api_url = settings.api_url.as_deref().unwrap_or(API_URL);
        let origin = settings.browser_origin.as_deref().unwrap_or(BROWSER_ORIGIN);
        Ok(Opened { bank: self.at(api_url, origin), registrar: Arc::new(settings) })
    }
}
