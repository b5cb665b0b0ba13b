//! Enable Banking: an aggregator with a licence of its own, which leads to accounts at many banks by one
//! interface. Whoever has no licence connects their own accounts through it.
//!
//! Every request bears a token signed by this platform's application; `/auth` sends the person to the bank,
//! `/sessions` turns the code they bring back into a session, and the session's accounts are read one by one.
//! What leads to which bank is in [`profile::Aspsp`].

use domain::observed::{ObservedAccount, ObservedPage};

use super::bank::Bank;
use super::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method, Permit};
use super::{
    AuthorizationRequest, AuthorizationStep, BankError, CodeExchange, ConsentWish,
    ObservedAccounts, ObservedBalances, ObservedConsent, PageWish, Standard, Tokens,
};
use crate::connectors::secret::Secret;
use profile::Aspsp;

pub mod banks;
pub mod mapping;
pub mod profile;
pub mod refusal;
pub mod requests;
pub mod session;
pub mod settings;
pub mod words;

pub use settings::Settings;

/// One bank that the aggregator leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnableBanking {
    /// The bank, as the aggregator names it.
    pub aspsp: Aspsp,
}

impl Standard for EnableBanking {
    fn name(&self) -> &'static str {
        "enable_banking"
    }

    fn exchange_code(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        exchange: &CodeExchange<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::open_session(&self.aspsp, bank, caller, exchange.code)
    }

    fn read_tokens(&self, answer: &BankAnswer, _asked_scope: &str) -> Result<Tokens, BankError> {
        session::read_opened(&self.aspsp, answer)
    }

    fn is_about_token(&self, _answer: &BankAnswer) -> bool {
        // A session is not renewed without the person, whatever becomes of it.
        false
    }

    fn probe(&self, bank: &Bank, caller: &Caller<'_>) -> Result<BankRequest, BankError> {
        requests::application(&self.aspsp, bank, caller)
    }

    fn read_probe(&self, answer: &BankAnswer) -> Result<(), BankError> {
        session::read_application(&self.aspsp, answer)
    }

    fn create_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        _token: Option<&Secret>,
        wish: &ConsentWish<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::start(&self.aspsp, bank, caller, wish)
    }

    fn read_created(
        &self,
        _bank: &Bank,
        answer: &BankAnswer,
    ) -> Result<ObservedConsent, BankError> {
        session::read_started(answer)
    }

    fn consent_status(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::session(&self.aspsp, Method::Get, bank, caller, permit)
    }

    fn read_consent(
        &self,
        _bank: &Bank,
        authorization_id: &str,
        answer: &BankAnswer,
    ) -> Result<ObservedConsent, BankError> {
        session::read(&self.aspsp, authorization_id, answer)
    }

    fn delete_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::session(&self.aspsp, Method::Delete, bank, caller, permit)
    }

    fn read_deleted(&self, answer: &BankAnswer) -> Result<(), BankError> {
        refusal::check_deleted(answer)
    }

    fn authorize(
        &self,
        _bank: &Bank,
        _caller: &Caller<'_>,
        request: &AuthorizationRequest<'_>,
        _answers: &[BankAnswer],
    ) -> Result<AuthorizationStep, BankError> {
        let link = request.consent.link(session::BROWSER_LINK);
        let url = link.ok_or(BankError::Unreadable { what: "address for the browser" })?;
        Ok(AuthorizationStep::Browser { url: Secret::new(url), confirmation: None })
    }

    fn list_accounts(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<Vec<BankRequest>, BankError> {
        let list = requests::session(&self.aspsp, Method::Get, bank, caller, permit)?;
        Ok(vec![BankRequest { endpoint: Endpoint::Accounts, ..list }])
    }

    fn read_accounts(
        &self,
        _bank: &Bank,
        _endpoint: Endpoint,
        answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError> {
        session::read_accounts(&self.aspsp, answer)
    }

    fn account_details(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        _permit: &Permit<'_>,
        reference: &str,
    ) -> Result<BankRequest, BankError> {
        requests::details(&self.aspsp, bank, caller, reference)
    }

    fn read_account_details(
        &self,
        reference: &str,
        answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError> {
        mapping::read_details(reference, answer)
    }

    fn balances(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        _permit: &Permit<'_>,
        account: &ObservedAccount,
    ) -> Result<Option<BankRequest>, BankError> {
        requests::balances(&self.aspsp, bank, caller, account).map(Some)
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
        _permit: &Permit<'_>,
        wish: &PageWish<'_>,
    ) -> Result<BankRequest, BankError> {
        requests::page(&self.aspsp, bank, caller, wish)
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
