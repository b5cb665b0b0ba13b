//! Albion Bank: the invented British bank of the sandbox, and the pattern of a profile of this standard.

use std::sync::Arc;

use domain::id::BankId;

use super::settings::{Flow, Settings};
use super::{STRONG_AUTHENTICATION, V3, V4, Version};
use crate::connectors::bank::{AuthorizationServer, Bank, SecurityProfile};
use crate::connectors::banks::{Opened, Profile};
use crate::connectors::callback::ResponseType;
use crate::connectors::id_token::ConsentClaim;
use crate::connectors::jose::Algorithm;
use crate::connectors::revocation::RevocationPolicy;
use crate::connectors::settings::SettingsError;

/// The short name.
const ID: &str = "albion";
/// Where the bank would be if it were one: a name that resolves nowhere (RFC 2606).
const HOST: &str = "https://albion-bank.example";

/// After how many days a person confirms here what is shared (SCA-RTS of the FCA, article 36(6)).
const RECONFIRM_AFTER_DAYS: i64 = 90;

/// The profile.
#[derive(Clone, Copy, Debug)]
pub struct Albion;

impl Profile for Albion {
    fn id(&self) -> &'static str {
        ID
    }

    fn bank(&self) -> Bank {
        let at = |path: &str| format!("{HOST}{path}");
        bank(&Settings {
            version: Version::V4,
            flow: Flow::Pushed,
            token_endpoint_auth_method: super::settings::Authentication::Assertion,
            country: "GB".to_owned(),
            tpp_name: String::new(),
            roles: Vec::new(),
            redirect_uris: Vec::new(),
            software_client_name: String::new(),
            software_client_uri: String::new(),
            org_name: String::new(),
            org_contacts: Vec::new(),
            generator_url: at("/directory/sandbox-tpp"),
            statement_url: at("/directory/software-statements"),
            issuer: HOST.to_owned(),
            registration_url: at("/register"),
            token_url: at("/oauth/token"),
            pushed_url: at("/oauth/par"),
            authorize_url: at("/oauth/authorize"),
            keys_url: at("/oauth/jwks"),
            accounts_url: at("/open-banking/v4.0/aisp"),
            ca_certificate: None,
        })
    }

    fn open(&self, json: &str) -> Result<Opened, SettingsError> {
        let settings = Settings::parse(json)?;
        Ok(Opened { bank: bank(&settings), registrar: Arc::new(settings) })
    }
}

/// The bank, in the environment its settings name.
fn bank(settings: &Settings) -> Bank {
    Bank {
        id: BankId(ID.to_owned()),
        name: "Albion Bank",
        through: None,
        country: "GB",
        bic: "ALBNGB2L",
        standard: match settings.version {
            Version::V3 => &V3,
            Version::V4 => &V4,
        },
        generator_url: Some(settings.generator_url.clone()),
        registration_url: Some(settings.registration_url.clone()),
        registration_audience: settings.issuer.clone(),
        accounts_url: settings.accounts_url.trim_end_matches('/').to_owned(),
        server: Some(AuthorizationServer {
            token_url: settings.token_url.clone(),
            authorize_url: settings.authorize_url.clone(),
            pushed_url: match settings.flow {
                Flow::Pushed => Some(settings.pushed_url.clone()),
                Flow::Hybrid => None,
            },
            issuer: settings.issuer.clone(),
            issuer_in_answers: true,
            keys_url: Some(settings.keys_url.clone()),
            request_object_audience: settings.issuer.clone(),
            security: SecurityProfile::Fapi1Advanced,
            client_authentication: settings.token_endpoint_auth_method.of_profile(),
            id_tokens: Some(ConsentClaim::IntentId),
            accepted_algorithms: vec![Algorithm::Ps256, Algorithm::Es256],
            accepted_acr: vec![STRONG_AUTHENTICATION.to_owned()],
            at_hash_required: true,
            max_age_seconds: 86_400,
        }),
        browser_origins: Vec::new(),
        redirect_preferred: true,
        response_type: match settings.flow {
            Flow::Pushed => ResponseType::CodeJwt,
            Flow::Hybrid => ResponseType::CodeIdToken,
        },
        signing_algorithm: Algorithm::Ps256,
        algorithm_exception: None,
        revocation: RevocationPolicy::Always,
        time_zone: "Europe/London",
        // The consent lasts a year; in between the person confirms it here.
        longest_consent_days: 365,
        reconfirm_after_days: Some(RECONFIRM_AFTER_DAYS),
        longest_history_days: 730,
        days_in_query: true,
        cards: true,
        allowance: domain::plan::Allowance::default(),
        // TransactionId is unique and immutable where it is given (Transactions, data dictionary).
        references_promised: 200,
    }
}
