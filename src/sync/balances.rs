//! The balances of an account, where a bank does not send them with its list.

use domain::fetch::{Fetch, Subject};
use domain::observed::ObservedAccount;

use super::SyncError;
use super::ask::Call;
use super::record;
use super::run::{Run, about_one_account};
use crate::connectors::{BankError, Caller, Permit};

impl Run<'_> {
    /// Completes an account with its balances: from the answer kept, or from the bank. An account whose
    /// balances cannot be had stays without; its rows are read all the same.
    pub(super) async fn balances(
        &mut self,
        fetch: &Fetch,
        account: &mut ObservedAccount,
    ) -> Result<(), SyncError> {
        let bank = self.bank;
        let standard = bank.bank.standard;
        let offered = standard.balances(&bank.bank, &self.caller()?, &self.permit(), account)?;
        if offered.is_none() {
            return Ok(());
        }
        let account_id = record::recognise(self, account).await?;
        let mut kept = fetch.balances_answers.iter().rev();
        if let Some((_, number)) = kept.find(|(known, _)| *known == account_id) {
            let answer = self.kept(*number).await?.1;
            account.balances = standard.read_balances(&bank.bank, account, &answer)?.balances;
            return Ok(());
        }
        let subject = Subject::Balances { account_id };
        let shown = &*account;
        let make = |caller: &Caller<'_>, permit: &Permit<'_>| {
            let request = standard.balances(&bank.bank, caller, permit, shown)?;
            request.ok_or(BankError::NotSent { what: "balances" })
        };
        let (request, answer, request_id) = match self.send(&subject, make).await {
            Ok(answered) => answered,
            // Balances that are down, and left alone for it, keep nobody from the rows.
            Err(
                SyncError::AllowanceSpent { .. } | SyncError::Bank(BankError::CircuitOpen { .. }),
            ) => return Ok(()),
            Err(error) => return Err(error),
        };
        match standard.read_balances(&bank.bank, account, &answer) {
            Ok(observed) => {
                let number = self.keep(subject, &request, &answer, request_id, None).await?;
                self.quarantine(number, &observed.quarantined).await?;
                account.balances = observed.balances;
                Ok(())
            }
            Err(error) => {
                let call = Call { subject: &subject, request: &request, request_id: &request_id };
                self.note_refusal(&call, &error, &answer).await?;
                // A bank may be without balances while it gives rows.
                let out_of_order = matches!(error, BankError::Refused { status: 500.., .. });
                let stays_without = about_one_account(&error) || out_of_order;
                if stays_without { Ok(()) } else { Err(error.into()) }
            }
        }
    }
}
