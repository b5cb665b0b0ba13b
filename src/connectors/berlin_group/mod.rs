//! NextGenPSD2 of the Berlin Group, version 1.3: consents as a resource, accounts, card accounts.
//!
//! Requests carry the consent's name and, where the bank wants them signed, a seal over chosen headers. What
//! differs between banks is in [`profile::BerlinGroupProfile`].

use std::sync::Arc;

use chrono::NaiveDate;
use domain::id::BankId;
use domain::observed::{AccountKind, ObservedAccount, ObservedPage};

use super::bank::{AlgorithmException, Bank};
use super::banks::{Opened, Profile};
use super::callback::ResponseType;
use super::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method, Permit};
use super::jose::Algorithm;
use super::secret::Secret;
use super::settings::SettingsError;
use super::{
    AuthorizationRequest, AuthorizationStep, BankError, CodeExchange, ConsentWish,
    ObservedAccounts, ObservedBalances, ObservedConsent, PageWish, Standard, Tokens,
};
use profile::{Agreement, BerlinGroupProfile, Delta};

pub mod banks;
pub mod consent;
pub mod mapping;
pub mod oauth;
pub mod profile;
pub mod refusal;
pub mod requests;
pub mod settings;
pub mod signature;

pub use settings::BerlinGroupSettings;

/// One bank of this standard.
#[derive(Clone, Copy, Debug)]
pub struct BerlinGroup {
    /// What differs.
    pub profile: BerlinGroupProfile,
}

impl BerlinGroup {
    /// The bank at an address, sending browsers to an origin.
    #[must_use]
    pub fn at(&'static self, api_url: &str, browser_origin: &str) -> Bank {
        let profile = &self.profile;
        Bank {
            id: BankId(profile.id.to_owned()),
            name: profile.name,
            through: None,
            country: profile.country,
            bic: profile.bic,
            standard: self,
            generator_url: None,
            registration_url: None,
            registration_audience: String::new(),
            accounts_url: api_url.trim_end_matches('/').to_owned(),
            server: None,
            browser_origins: vec![browser_origin.to_owned()],
            redirect_preferred: profile.agreement != Agreement::Decoupled,
            response_type: match profile.agreement {
                Agreement::OAuth => ResponseType::Code,
                Agreement::Redirect | Agreement::Decoupled => ResponseType::Return,
            },
            signing_algorithm: Algorithm::Rs256,
            algorithm_exception: Some(AlgorithmException {
                reason: "NextGenPSD2 1.3, section 12.2, names rsa-sha256 and rsa-sha512 for the \
                         signatures of requests, and no others",
                since: NaiveDate::from_ymd_opt(2026, 11, 26).unwrap_or_default(),
            }),
            revocation: profile.revocation,
            time_zone: profile.time_zone,
            longest_consent_days: profile.longest_consent_days,
            reconfirm_after_days: None,
            longest_history_days: profile.longest_history_days,
            days_in_query: true,
            cards: profile.cards,
            allowance: profile.allowance,
            references_promised: profile.references_promised,
        }
    }
}

impl Profile for BerlinGroup {
    fn id(&self) -> &'static str {
        self.profile.id
    }

    fn bank(&'static self) -> Bank {
        self.at(self.profile.api_url, self.profile.browser_origin)
    }

    fn open(&'static self, json: &str) -> Result<Opened, SettingsError> {
        let settings = BerlinGroupSettings::parse(json)?;
        let api_url = settings.api_url.as_deref().unwrap_or(self.profile.api_url);
        let origin = settings.browser_origin.as_deref().unwrap_or(self.profile.browser_origin);
        let mut bank = self.at(api_url, origin);
        bank.generator_url = Some(settings.sandbox_url.clone());
        bank.redirect_preferred &= settings.redirect_preferred;
        Ok(Opened { bank, registrar: Arc::new(settings) })
    }
}

impl Standard for BerlinGroup {
    fn name(&self) -> &'static str {
        "berlin_group"
    }

    fn consent_scope(&self, authorization_id: &str) -> String {
        oauth::scope(authorization_id)
    }

    fn exchange_code(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        exchange: &CodeExchange<'_>,
    ) -> Result<BankRequest, BankError> {
        oauth::exchange_code(bank, caller, exchange)
    }

    fn read_tokens(&self, answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
        oauth::read_tokens(answer, asked_scope)
    }

    fn probe(&self, bank: &Bank, caller: &Caller<'_>) -> Result<BankRequest, BankError> {
        requests::probe(&self.profile, bank, caller)
    }

    fn read_probe(&self, answer: &BankAnswer) -> Result<(), BankError> {
        consent::read_probe(answer)
    }

    fn names_accounts(&self) -> bool {
        self.profile.consent == profile::ConsentKind::Detailed
    }

    fn create_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: Option<&Secret>,
        wish: &ConsentWish<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::create_consent(&self.profile, bank, caller, token, wish)
    }

    fn read_created(&self, bank: &Bank, answer: &BankAnswer) -> Result<ObservedConsent, BankError> {
        consent::read(bank, None, answer)
    }

    fn consent_status(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::consent(Method::Get, &self.profile, bank, caller, permit)
    }

    fn read_consent(
        &self,
        bank: &Bank,
        authorization_id: &str,
        answer: &BankAnswer,
    ) -> Result<ObservedConsent, BankError> {
        consent::read(bank, Some(authorization_id), answer)
    }

    fn delete_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::consent(Method::Delete, &self.profile, bank, caller, permit)
    }

    fn read_deleted(&self, answer: &BankAnswer) -> Result<(), BankError> {
        refusal::check(Endpoint::Authorizations, answer)
    }

    fn authorize(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        request: &AuthorizationRequest<'_>,
        answers: &[BankAnswer],
    ) -> Result<AuthorizationStep, BankError> {
        consent::authorize(&self.profile, bank, caller, request, answers)
    }

    fn confirm(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        place: &str,
        code: &Secret,
    ) -> Result<BankRequest, BankError> {
        consent::confirm(&self.profile, bank, caller, place, code)
    }

    fn read_confirmed(&self, answer: &BankAnswer) -> Result<(), BankError> {
        consent::read_confirmed(answer)
    }

    fn list_accounts(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<Vec<BankRequest>, BankError> {
        requests::list_accounts(&self.profile, bank, caller, permit)
    }

    fn read_accounts(
        &self,
        bank: &Bank,
        endpoint: Endpoint,
        answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError> {
        mapping::read_accounts(&self.profile, bank, endpoint, answer)
    }

    fn balances(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
        account: &ObservedAccount,
    ) -> Result<Option<BankRequest>, BankError> {
        requests::balances(&self.profile, bank, caller, permit, account)
    }

    fn read_balances(
        &self,
        _bank: &Bank,
        account: &ObservedAccount,
        answer: &BankAnswer,
    ) -> Result<ObservedBalances, BankError> {
        mapping::read_balances(&self.profile, account, answer)
    }

    fn offers_delta(&self, account: &ObservedAccount) -> bool {
        match self.profile.delta {
            Delta::None => false,
            Delta::EntryReference => account.kind != AccountKind::Card,
            Delta::List => true,
        }
    }

    fn page(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
        wish: &PageWish<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::page(&self.profile, bank, caller, permit, wish)
    }

    fn read_page(
        &self,
        bank: &Bank,
        request: &BankRequest,
        account: &ObservedAccount,
        answer: &BankAnswer,
    ) -> Result<ObservedPage, BankError> {
        mapping::read_page(&self.profile, bank, request, account, answer)
    }
}

#[cfg(test)]
mod tests;
