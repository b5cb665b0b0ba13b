//! The code is exchanged for tokens, and what comes with them is looked at before the consent stands.

use domain::consent::{AuthorizationCreated, ConsentCommand, Granted};
use domain::designated::Designated;

use super::{CallbackError, NO_CHANCE, Trusted, here, incident};
use crate::connectors::id_token::{Channel, IdTokenError, VerifiedIdToken};
use crate::connectors::{
    Attended, BankError, CodeExchange, ConsentStatus as BankStatus, Secret, Tokens,
};
use crate::consent::{self, ConsentError};
use crate::ledger::Actor;
use crate::settling;
use crate::tokens::{self, TokenError};
use crate::vault::crypto::sha256_hex;

impl Trusted<'_> {
    /// Exchanges the code and, if what comes back can be believed, lets the consent stand.
    pub(super) async fn exchange(
        &self,
        code: &Secret,
        front: Option<VerifiedIdToken>,
        attended: Option<Attended>,
    ) -> Result<u64, CallbackError> {
        let tokens = match self.ask(code, attended).await {
            Ok(tokens) => tokens,
            Err(error) => {
                self.give_up(error.code()).await?;
                return Err(error.into());
            }
        };
        let (back, accounts) = self.back(&tokens, front.as_ref()).await?;
        let best = back.or(front);
        let granted = Granted {
            authentication_context: best.as_ref().map(|token| token.acr.clone()),
            authenticated_at: best.as_ref().map_or(self.app.clock.now(), |token| token.issued_at),
            id_token_digest: tokens
                .id_token
                .as_ref()
                .map(|token| sha256_hex(token.expose().as_bytes())),
            scope: tokens.scope.clone(),
            accounts,
        };
        let subject = best.map(|token| token.subject);
        match tokens::keep_first(self.app, self.bank, self.holder, &tokens, subject).await {
            Ok(()) => {}
            Err(TokenError::None) => return Err(CallbackError::Used),
            Err(error) => return Err(here(error)),
        }
        let grant = ConsentCommand::Grant(granted);
        match consent::execute(self.app, self.holder, Actor::Bank, grant).await {
            Ok(done) => Ok(done.position),
            // It ended while the bank was asked, and the bank is told of that: no token may stay.
            Err(ConsentError::Ended) => {
                tokens::destroy(self.app, self.holder, "consent_ended").await.map_err(here)?;
                self.close_renamed(&tokens).await;
                incident(self.app, self.brought, "consent_not_pending").await?;
                Err(CallbackError::Ended)
            }
            Err(error) => Err(here(error)),
        }
    }

    async fn ask(&self, code: &Secret, attended: Option<Attended>) -> Result<Tokens, BankError> {
        let caller = self.bank.caller(self.app, attended).map_err(|_| NO_CHANCE)?;
        let (bank, standard) = (&self.bank.bank, self.bank.bank.standard);
        let sent = &self.pending.sent;
        let code_verifier = sent.code_verifier.as_deref().map(Secret::from);
        let exchange = CodeExchange {
            code,
            redirect_uri: &sent.redirect_uri,
            code_verifier: code_verifier.as_ref(),
        };
        let request = standard.exchange_code(bank, &caller, &exchange)?;
        let answer = self.bank.transport.send(&request).await?;
        standard.read_tokens(&answer, &standard.consent_scope(&sent.authorization_id))
    }

    /// Checks the token of the token endpoint. Where it cannot be believed, what came is thrown away
    /// and the bank is asked to end the authorization. A bank that gives no such token is asked how the
    /// consent stands.
    async fn back(
        &self,
        tokens: &Tokens,
        front: Option<&VerifiedIdToken>,
    ) -> Result<(Option<VerifiedIdToken>, Vec<Designated>), CallbackError> {
        let server = self.bank.bank.server()?;
        if server.id_tokens.is_none() {
            return self.must_stand(tokens).await.map(|accounts| (None, accounts));
        }
        let nonce = Secret::new(self.pending.sent.nonce.as_str());
        let verified = match &tokens.id_token {
            None => Err("id_token_missing"),
            Some(token) => {
                let mut expected = self.expectation(server, Channel::Back, &nonce);
                expected.access_token = Some(&tokens.access);
                expected.refresh_token = tokens.refresh.as_ref();
                expected.expected_subject = front.map(|front| front.subject.as_str());
                match self.bank.verify_id_token(token, &expected).await {
                    Ok(verified) => verified.map_err(IdTokenError::code),
                    // The code is used up: what cannot be checked now cannot be checked later.
                    Err(error) => {
                        self.give_up("bank_keys_unavailable").await?;
                        return Err(error.into());
                    }
                }
            }
        };
        match verified {
            Ok(verified) => Ok((Some(verified), Vec::new())),
            Err(code) => {
                let rejected = self.reject(code, true).await;
                self.give_up(code).await?;
                rejected
            }
        }
    }

    /// Asks the bank with the new token whether the consent we asked for is the one that stands; answers with
    /// the accounts that the bank says it opens.
    async fn must_stand(&self, tokens: &Tokens) -> Result<Vec<Designated>, CallbackError> {
        let authorization_id =
            tokens.authorization_id.as_ref().unwrap_or(&self.pending.sent.authorization_id);
        let token = Some(&tokens.access);
        let asked = settling::standing(self.app, self.bank, authorization_id, token, None).await;
        let code = match asked {
            Ok((observed, shown)) if observed.status == BankStatus::Authorized => {
                return self.rename(tokens, shown).await.map(|()| observed.accounts);
            }
            Ok(_) => "consent_not_authorized",
            Err(ConsentError::Bank(error)) => error.code(),
            Err(error) => return Err(here(error)),
        };
        let rejected = self.reject(code, true).await;
        self.give_up_at(code, authorization_id).await?;
        rejected
    }

    /// Records the name, and with it the end, that some banks give a consent once it stands.
    async fn rename(
        &self,
        tokens: &Tokens,
        shown: AuthorizationCreated,
    ) -> Result<(), CallbackError> {
        if tokens.authorization_id.is_none() {
            return Ok(());
        }
        let command = ConsentCommand::RecordAuthorization(shown);
        match consent::execute(self.app, self.holder, Actor::Bank, command).await {
            // It ended meanwhile; the grant that follows finds that too.
            Ok(_) | Err(ConsentError::Ended) => Ok(()),
            Err(error) => Err(here(error)),
        }
    }

    /// Ends at the bank what a code opened for a consent that was ended meanwhile under its former name.
    async fn close_renamed(&self, tokens: &Tokens) {
        let Some(authorization_id) = &tokens.authorization_id else { return };
        let bank_id = &self.pending.bank_id;
        if let Err(error) = consent::delete_at_bank(self.app, bank_id, authorization_id).await {
            tracing::warn!(cause = %error, "what was opened too late could not be ended at the bank");
        }
    }

    /// Ends a consent that cannot come to stand any more, here and, if it can be had, at the bank.
    pub(super) async fn give_up(&self, code: &str) -> Result<(), CallbackError> {
        self.give_up_at(code, &self.pending.sent.authorization_id).await
    }

    pub(super) async fn give_up_at(
        &self,
        code: &str,
        authorization_id: &str,
    ) -> Result<(), CallbackError> {
        match consent::fail(self.app, self.holder, code).await {
            Ok(_) | Err(ConsentError::Ended) => {}
            Err(error) => return Err(here(error)),
        }
        let deleted = consent::delete_at_bank(self.app, &self.pending.bank_id, authorization_id);
        if let Err(error) = deleted.await {
            tracing::warn!(cause = %error, "an authorization that failed could not be ended at the bank");
        }
        Ok(())
    }
}
