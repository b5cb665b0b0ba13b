//! What every standard answers: how to ask a bank, and how to read what it says.

use domain::observed::{ObservedAccount, ObservedPage};

use super::bank::Bank;
use super::error::BankError;
use super::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method, Permit};
use super::jose::PublicKeys;
use super::oauth;
use super::secret::Secret;
use super::values::{
    AuthorizationRequest, AuthorizationStep, CodeExchange, ConsentWish, ObservedAccounts,
    ObservedBalances, ObservedConsent, PageWish, Tokens,
};

/// A family of bank APIs: how to ask, and how to read the answer. All of it is pure.
///
/// Every `read_…` method fails on a refusal of the bank with the typed [`BankError`]. Every method that
/// makes a request fails with [`BankError::NotSent`] when a value cannot be sent, for instance because
/// an identifier cannot be part of an address. What not every standard has is answered with a default.
pub trait Standard: Send + Sync {
    /// The stable name of the standard.
    fn name(&self) -> &'static str;

    // ---- our own token, and the person's

    /// The scope of our own token, with which consents are made.
    fn client_scope(&self) -> &'static str {
        ""
    }

    /// The scope a person's consent is asked with.
    fn consent_scope(&self, _authorization_id: &str) -> String {
        String::new()
    }

    /// Asks for our own token (RFC 6749, section 4.4), where there is a scope for it. None where our
    /// certificate is enough to make consents.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn client_token(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
    ) -> Result<Option<BankRequest>, BankError> {
        match self.client_scope() {
            "" => Ok(None),
            scope => oauth::tokens::client_token(bank, caller, scope).map(Some),
        }
    }

    /// Turns a code into tokens (RFC 6749, section 4.1.3).
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn exchange_code(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        exchange: &CodeExchange<'_>,
    ) -> Result<BankRequest, BankError> {
        oauth::tokens::exchange_code(bank, caller, exchange)
    }

    /// Gets the next access token (RFC 6749, section 6).
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn refresh(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        refresh_token: &Secret,
    ) -> Result<BankRequest, BankError> {
        oauth::tokens::refresh(bank, caller, refresh_token)
    }

    /// Reads what the token endpoint gave, for the scope that was asked for.
    ///
    /// # Errors
    /// Anything short of a usable token.
    fn read_tokens(&self, answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
        oauth::tokens::check(answer)?;
        oauth::tokens::read(answer, asked_scope)
    }

    /// Whether a refusal of a call with the person's token may be about that token, so that the next one
    /// may help.
    fn is_about_token(&self, answer: &BankAnswer) -> bool {
        answer.status == 401
    }

    /// Asks for the keys that sign id tokens. None where nothing of the bank's is signed.
    fn keys(&self, bank: &Bank) -> Option<BankRequest> {
        let url = bank.server.as_ref()?.keys_url.as_deref()?;
        let request = BankRequest::new(Method::Get, url, Endpoint::Keys);
        Some(request.header("accept", "application/json"))
    }

    /// Reads those keys.
    ///
    /// # Errors
    /// A refusal, or an answer that is no key set.
    fn read_keys(&self, answer: &BankAnswer) -> Result<PublicKeys, BankError> {
        oauth::tokens::check(answer)?;
        PublicKeys::parse(&answer.body).map_err(|_| BankError::Unreadable { what: "key set" })
    }

    /// Asks something that harms nothing and that only a known caller gets an answer to, where the
    /// bank gives us no token to see that by.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn probe(&self, _bank: &Bank, _caller: &Caller<'_>) -> Result<BankRequest, BankError> {
        Err(BankError::NotSent { what: "probe" })
    }

    /// Reads whether the bank knows us.
    ///
    /// # Errors
    /// A refusal of our certificate or our signature.
    fn read_probe(&self, _answer: &BankAnswer) -> Result<(), BankError> {
        Err(BankError::Unreadable { what: "probe" })
    }

    // ---- consents

    /// Whether the bank is told, when a consent is made, which accounts it is for. Elsewhere the person
    /// chooses them at the bank.
    fn names_accounts(&self) -> bool {
        false
    }

    /// Makes a consent, which the person has still to agree to.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the terms go over what the bank grants.
    fn create_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        token: Option<&Secret>,
        wish: &ConsentWish<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads the consent that was made.
    ///
    /// # Errors
    /// A refusal, or an answer that is no consent.
    fn read_created(&self, bank: &Bank, answer: &BankAnswer) -> Result<ObservedConsent, BankError> {
        self.read_consent(bank, "", answer)
    }

    /// Asks how a consent stands.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn consent_status(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads how it stands. The name is the one it was asked after by, and the answer's own where there is
    /// one in it.
    ///
    /// # Errors
    /// A refusal, or an answer that is no consent.
    fn read_consent(
        &self,
        bank: &Bank,
        authorization_id: &str,
        answer: &BankAnswer,
    ) -> Result<ObservedConsent, BankError>;

    /// Ends a consent at the bank. The token is our own.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn delete_consent(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads whether it was ended.
    ///
    /// # Errors
    /// A refusal.
    fn read_deleted(&self, answer: &BankAnswer) -> Result<(), BankError>;

    // ---- the person's way through the bank

    /// What to do next to have the person agree, after the answers to what was asked so far. The same
    /// request and answers give the same step.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when a value breaks the profile or the key does not sign,
    /// [`BankError::Unreadable`] when the bank leads to a place that is not its own, and a refusal.
    fn authorize(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        request: &AuthorizationRequest<'_>,
        answers: &[BankAnswer],
    ) -> Result<AuthorizationStep, BankError>;

    /// Shows the bank the code the browser brought back from it, at the place it named before.
    ///
    /// # Errors
    /// [`BankError::NotSent`], also where the standard has no such step.
    fn confirm(
        &self,
        _bank: &Bank,
        _caller: &Caller<'_>,
        _place: &str,
        _code: &Secret,
    ) -> Result<BankRequest, BankError> {
        Err(BankError::NotSent { what: "confirmation" })
    }

    /// Reads whether the bank took it.
    ///
    /// # Errors
    /// A refusal.
    fn read_confirmed(&self, _answer: &BankAnswer) -> Result<(), BankError> {
        Err(BankError::Unreadable { what: "confirmation" })
    }

    // ---- accounts

    /// The requests that together list everything a consent opens, each with an endpoint of its own.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn list_accounts(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
    ) -> Result<Vec<BankRequest>, BankError>;

    /// Reads the answer to one of those requests.
    ///
    /// # Errors
    /// A refusal, or an answer that is no list.
    fn read_accounts(
        &self,
        bank: &Bank,
        endpoint: Endpoint,
        answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError>;

    /// Asks what an account is that the list only names.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn account_details(
        &self,
        _bank: &Bank,
        _caller: &Caller<'_>,
        _permit: &Permit<'_>,
        _reference: &str,
    ) -> Result<BankRequest, BankError> {
        Err(BankError::NotSent { what: "details of an account" })
    }

    /// Reads what it is.
    ///
    /// # Errors
    /// A refusal, or an answer that is no account.
    fn read_account_details(
        &self,
        _reference: &str,
        _answer: &BankAnswer,
    ) -> Result<ObservedAccounts, BankError> {
        Err(BankError::Unreadable { what: "account" })
    }

    /// Asks for the balances of one account. None where they come with the list.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    fn balances(
        &self,
        _bank: &Bank,
        _caller: &Caller<'_>,
        _permit: &Permit<'_>,
        _account: &ObservedAccount,
    ) -> Result<Option<BankRequest>, BankError> {
        Ok(None)
    }

    /// Reads those balances.
    ///
    /// # Errors
    /// A refusal, or an answer that is no list of balances.
    fn read_balances(
        &self,
        _bank: &Bank,
        _account: &ObservedAccount,
        _answer: &BankAnswer,
    ) -> Result<ObservedBalances, BankError> {
        Err(BankError::Unreadable { what: "balances" })
    }

    /// Whether the bank shows what came after a known entry alone.
    fn offers_delta(&self, _account: &ObservedAccount) -> bool {
        false
    }

    /// Asks for the first page of transactions, or for the one a continuation leads to.
    ///
    /// # Errors
    /// [`BankError::NotSent`] when the continuation or the account leads out of the API.
    fn page(
        &self,
        bank: &Bank,
        caller: &Caller<'_>,
        permit: &Permit<'_>,
        wish: &PageWish<'_>,
    ) -> Result<BankRequest, BankError>;

    /// Reads a page of an account. The request is the one that was answered: links are read against it.
    ///
    /// # Errors
    /// A refusal, or an answer that is no page. Single rows that cannot be read are set apart.
    fn read_page(
        &self,
        bank: &Bank,
        request: &BankRequest,
        account: &ObservedAccount,
        answer: &BankAnswer,
    ) -> Result<ObservedPage, BankError>;
}
