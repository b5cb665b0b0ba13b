//! Open Banking UK, Read/Write API: account information, versions 3.1.11 and 4.0, over the security
//! profile of FAPI 1.0 Part 2.

use domain::observed::{ObservedAccount, ObservedPage};
use serde_json::json;

use super::bank::Bank;
use super::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method, Permit};
use super::oauth::{self, request::Ask};
use super::secret::Secret;
use super::{
    AuthorizationRequest, AuthorizationStep, BankError, ConsentWish, ObservedAccounts,
    ObservedBalances, ObservedConsent, PageWish, Standard,
};

pub mod albion;
pub mod mapping;
pub mod refusal;
pub mod registration;
pub mod requests;
pub mod settings;
pub mod version;
pub mod wire;

pub use settings::Settings;
pub use version::Version;

/// The scope of our own token.
pub const ACCOUNTS_SCOPE: &str = "accounts";
/// The scope a person's consent is asked with.
pub const CONSENT_SCOPE: &str = "openid accounts";
/// Strong customer authentication (Open Banking UK security profile, `acr`).
pub const STRONG_AUTHENTICATION: &str = "urn:openbanking:psd2:sca";
/// The claim that names the consent.
pub const INTENT_CLAIM: &str = "openbanking_intent_id";

/// The standard, in one of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenBankingUk {
    /// The version the bank speaks.
    pub version: Version,
}

/// Version 3.1.11.
pub static V3: OpenBankingUk = OpenBankingUk { version: Version::V3 };
/// Version 4.0.
pub static V4: OpenBankingUk = OpenBankingUk { version: Version::V4 };

impl Standard for OpenBankingUk {
    fn name(&self) -> &'static str {
        "open_banking_uk"
    }

    fn client_scope(&self) -> &'static str {
        ACCOUNTS_SCOPE
    }

    fn consent_scope(&self, _authorization_id: &str) -> String {
        CONSENT_SCOPE.to_owned()
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
        refusal::check_deleted(answer)
    }

    fn authorize(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        request: &AuthorizationRequest<'_>,
        answers: &[BankAnswer],
    ) -> Result<AuthorizationStep, BankError> {
        let intent = json!({ "value": request.consent.authorization_id, "essential": true });
        let acr = json!({ "essential": true, "values": bank.server()?.accepted_acr });
        let claims = json!({
            "userinfo": { INTENT_CLAIM: intent },
            "id_token": { INTENT_CLAIM: intent, "acr": acr },
        });
        let ask = Ask { scope: CONSENT_SCOPE, claims: Some(claims) };
        oauth::request::step(bank, caller, request, &ask, answers)
    }

    fn list_accounts(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<Vec<BankRequest>, BankError> {
        requests::list_accounts(bank, caller, permit).map(|request| vec![request])
    }

    fn read_accounts(
        &self,
        _bank: &Bank,
        _endpoint: Endpoint,
        answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError> {
        mapping::read_accounts(answer)
    }

    fn balances(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
        account: &ObservedAccount,
    ) -> Result<Option<BankRequest>, BankError> {
        requests::balances(bank, caller, permit, account).map(Some)
    }

    fn read_balances(
        &self,
        _bank: &Bank,
        account: &ObservedAccount,
        answer: &BankAnswer,
    ) -> Result<ObservedBalances, BankError> {
        mapping::read_balances(account, answer)
    }

    fn page(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
        wish: &PageWish<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::page(bank, caller, permit, wish)
    }

    fn read_page(
        &self,
        bank: &Bank,
        _request: &BankRequest,
        account: &ObservedAccount,
        answer: &BankAnswer,
    ) -> Result<ObservedPage, BankError> {
        mapping::transactions::read_page(bank, account, answer)
    }
}

#[cfg(test)]
mod tests;
