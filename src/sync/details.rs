//! What accounts are, at banks whose list only names them.

use domain::fetch::{Fetch, Subject};
use domain::observed::ObservedAccount;

use super::SyncError;
use super::ask::Call;
use super::run::{Run, about_one_account};
use crate::connectors::{Caller, Permit};

impl Run<'_> {
    /// Asks for each account that a list names, or takes what this run asked before it died. One that the
    /// bank does not tell of is left out while it tells of others.
    pub(super) async fn named(
        &mut self,
        fetch: &Fetch,
        references: &[String],
    ) -> Result<Vec<ObservedAccount>, SyncError> {
        let (mut accounts, mut refused) = (Vec::new(), None);
        for reference in references {
            match self.details(fetch, reference).await {
                Ok(known) => accounts.extend(known),
                Err(SyncError::Bank(error)) if about_one_account(&error) => {
                    tracing::warn!(fetch = %self.fetch_id, code = error.code(),
                        "an account is not told of; the run goes on with the others");
                    refused = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(error) if accounts.is_empty() => Err(error.into()),
            _ => Ok(accounts),
        }
    }

    async fn details(
        &mut self,
        fetch: &Fetch,
        reference: &str,
    ) -> Result<Vec<ObservedAccount>, SyncError> {
        let bank = self.bank;
        let standard = bank.bank.standard;
        let mut kept = fetch.details_answers.iter().rev();
        if let Some((_, number)) = kept.find(|(known, _)| known == reference) {
            let answer = self.kept(*number).await?.1;
            return Ok(standard.read_account_details(reference, &answer)?.accounts);
        }
        let subject = Subject::Details { bank_reference: reference.to_owned() };
        let make = |caller: &Caller<'_>, permit: &Permit<'_>| {
            standard.account_details(&bank.bank, caller, permit, reference)
        };
        let (request, answer, request_id) = self.send(&subject, make).await?;
        match standard.read_account_details(reference, &answer) {
            Ok(observed) => {
                let number = self.keep(subject, &request, &answer, request_id, None).await?;
                self.quarantine(number, &observed.quarantined).await?;
                Ok(observed.accounts)
            }
            Err(error) => {
                let call = Call { subject: &subject, request: &request, request_id: &request_id };
                self.note_refusal(&call, &error, &answer).await?;
                Err(error.into())
            }
        }
    }
}
