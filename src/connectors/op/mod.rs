//! OP Financial Group's PSD2 interface: registration, consents, accounts, cards (interface
//! `accounts-psd2`, version 1).

use std::sync::Arc;

use chrono::NaiveDate;
use domain::id::BankId;
use domain::observed::{ObservedAccount, ObservedPage};

use super::bank::{
    AlgorithmException, AuthorizationServer, Bank, ClientAuthentication, SecurityProfile,
};
use super::banks::{Opened, Profile};
use super::callback::ResponseType;
use super::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method, Permit};
use super::id_token::ConsentClaim;
use super::jose::Algorithm;
use super::revocation::RevocationPolicy;
use super::secret::Secret;
use super::settings::SettingsError;
use super::{
    AuthorizationRequest, AuthorizationStep, BankError, CodeExchange, ConsentWish,
    ObservedAccounts, ObservedConsent, PageWish, Standard, Tokens,
};

pub mod authorize;
pub mod mapping;
pub mod refusal;
pub mod registration;
pub mod requests;
pub mod settings;
pub mod tokens;
pub mod wire;

pub use registration::{
    certificate_request, read_certificates, read_registration, registration_request,
    software_statement,
};
pub use settings::RegistrationSettings;

/// The scope of our own token and, after `openid`, of a person's consent.
pub const ACCOUNTS_SCOPE: &str = "accounts";
/// The scope a person's consent is asked with.
pub const CONSENT_SCOPE: &str = "openid accounts";
/// Strong customer authentication, by OP's name for it.
pub const STRONG_AUTHENTICATION: &str = "urn:openbanking:psd2:sca";
/// The `aud` OP expects in request objects, in the sandbox too.
pub const REQUEST_OBJECT_AUDIENCE: &str = "https://mtls.apis.op.fi";
/// The `aud` OP expects in registration requests.
pub const REGISTRATION_AUDIENCE: &str = "https://op.fi/";

/// Where one of OP's environments is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpHosts {
    /// The certificate generator, in a sandbox.
    pub generator_url: Option<String>,
    /// The registration endpoint.
    pub registration_url: String,
    /// The token endpoint.
    pub token_url: String,
    /// The base of the account API.
    pub accounts_url: String,
    /// The authorization endpoint.
    pub authorize_url: String,
    /// The issuer of id tokens.
    pub issuer: String,
    /// The keys of id tokens.
    pub keys_url: String,
}

impl OpHosts {
    /// OP's own sandbox.
    #[must_use]
    pub fn sandbox() -> Self {
        let mutual_tls = "https://psd2.mtls.sandbox.apis.op.fi";
        let authorize = "https://authorize.psd2-sandbox.op.fi";
        let generator = "https://sandbox.apis.op.fi/psd2-sandbox-tpp-generator/sandbox-tpp";
        Self {
            generator_url: Some(generator.to_owned()),
            registration_url: format!("{mutual_tls}/tpp-registration/register"),
            token_url: format!("{mutual_tls}/oauth/token"),
            accounts_url: format!("{mutual_tls}/accounts-psd2/v1"),
            authorize_url: format!("{authorize}/oauth/authorize"),
            issuer: authorize.to_owned(),
            keys_url: format!("{authorize}/oauth/jwks/PSD2_OIDC"),
        }
    }
}

impl Bank {
    /// OP Financial Group, in the environment at `hosts`.
    #[must_use]
    pub fn op(hosts: &OpHosts) -> Self {
        Self {
            id: BankId("op".to_owned()),
            name: "OP",
            through: None,
            country: "FI",
            bic: "OKOYFIHH",
            standard: &Op,
            generator_url: hosts.generator_url.clone(),
            registration_url: Some(hosts.registration_url.clone()),
            registration_audience: REGISTRATION_AUDIENCE.to_owned(),
            accounts_url: hosts.accounts_url.trim_end_matches('/').to_owned(),
            server: Some(AuthorizationServer {
                token_url: hosts.token_url.clone(),
                authorize_url: hosts.authorize_url.clone(),
                pushed_url: None,
                issuer: hosts.issuer.clone(),
                issuer_in_answers: false,
                keys_url: Some(hosts.keys_url.clone()),
                request_object_audience: REQUEST_OBJECT_AUDIENCE.to_owned(),
                security: SecurityProfile::Fapi1Advanced,
                client_authentication: ClientAuthentication::SecretInForm,
                id_tokens: Some(ConsentClaim::AuthorizationId),
                accepted_algorithms: vec![Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256],
                accepted_acr: vec![STRONG_AUTHENTICATION.to_owned()],
                at_hash_required: false,
                max_age_seconds: 86_400,
            }),
            browser_origins: Vec::new(),
            redirect_preferred: true,
            response_type: ResponseType::CodeIdToken,
            signing_algorithm: Algorithm::Rs256,
            algorithm_exception: Some(AlgorithmException {
                reason: "OP's generator issues RSA keys and its published clients sign RS256; \
                         no source shows PS256 accepted",
                since: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default(),
            }),
            revocation: RevocationPolicy::WherePossible,
            time_zone: "Europe/Helsinki",
            longest_consent_days: 90,
            reconfirm_after_days: None,
            longest_history_days: 730,
            days_in_query: false,
            cards: true,
            allowance: domain::plan::Allowance::default(),
            // An archive identifier is given once to each entry.
            references_promised: 50,
        }
    }
}

impl Profile for Op {
    fn id(&self) -> &'static str {
        "op"
    }

    fn bank(&self) -> Bank {
        Bank::op(&OpHosts::sandbox())
    }

    fn open(&self, json: &str) -> Result<Opened, SettingsError> {
        let settings = RegistrationSettings::parse(json)?;
        let bank = Bank::op(&settings.hosts()?);
        Ok(Opened { bank, registrar: Arc::new(settings) })
    }
}

/// OP's interface as a [`Standard`].
#[derive(Clone, Copy, Debug)]
pub struct Op;

impl Standard for Op {
    fn name(&self) -> &'static str {
        "op"
    }

    fn client_scope(&self) -> &'static str {
        ACCOUNTS_SCOPE
    }

    fn consent_scope(&self, _authorization_id: &str) -> String {
        CONSENT_SCOPE.to_owned()
    }

    fn client_token(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
    ) -> Result<Option<BankRequest>, BankError> {
        tokens::client_token(bank, caller).map(Some)
    }

    fn exchange_code(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        exchange: &CodeExchange<'_>,
    ) -> Result<BankRequest, BankError> {
        tokens::exchange_code(bank, caller, exchange)
    }

    fn refresh(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        refresh_token: &Secret,
    ) -> Result<BankRequest, BankError> {
        tokens::refresh(bank, caller, refresh_token)
    }

    fn read_tokens(&self, answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
        tokens::read_tokens(answer, asked_scope)
    }

    fn create_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: Option<&Secret>,
        wish: &ConsentWish<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::create_consent(bank, caller, token, wish.terms)
    }

    fn consent_status(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::consent(Method::Get, bank, caller, permit)
    }

    fn read_consent(
        &self,
        _bank: &Bank,
        _authorization_id: &str,
        answer: &BankAnswer,
    ) -> Result<ObservedConsent, BankError> {
        mapping::read_consent(answer)
    }

    fn delete_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::consent(Method::Delete, bank, caller, permit)
    }

    fn read_deleted(&self, answer: &BankAnswer) -> Result<(), BankError> {
        mapping::read_consent(answer).map(|_| ())
    }

    fn authorize(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        request: &AuthorizationRequest<'_>,
        _answers: &[BankAnswer],
    ) -> Result<AuthorizationStep, BankError> {
        let url = Secret::new(authorize::authorize_url(bank, caller, request)?);
        Ok(AuthorizationStep::Browser { url, confirmation: None })
    }

    fn list_accounts(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<Vec<BankRequest>, BankError> {
        Ok(requests::list_accounts(bank, caller, permit))
    }

    fn read_accounts(
        &self,
        bank: &Bank,
        endpoint: Endpoint,
        answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError> {
        mapping::read_accounts(bank, endpoint, answer)
    }

    fn page(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
        wish: &PageWish<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::page(bank, caller, permit, wish.account, wish.continuation)
    }

    fn read_page(
        &self,
        _bank: &Bank,
        request: &BankRequest,
        _account: &ObservedAccount,
        answer: &BankAnswer,
    ) -> Result<ObservedPage, BankError> {
        mapping::read_page(request, answer)
    }
}

#[cfg(test)]
mod tests;
