//! From what a bank said to what is recorded: accounts are recognised, rows are decided.

use std::time::Duration;

use domain::account::{Account, AccountCommand, AccountEvent, Linked, Opened, TransactionRecorded};
use domain::event::Event;
use domain::id::{AccountId, TransactionId};
use domain::observed::ObservedAccount;
use domain::reconcile::{Decision, match_key, reconcile};
use domain::stream::{Category, StreamId};

use super::SyncError;
use super::run::{Read, Run, lasting_identity};
use crate::ledger::store::AppendError;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::vault::VaultError;

/// Rows recorded in one append.
const ROWS_AN_APPEND: usize = 500;
/// How long the read models may take to catch up before a window is decided.
const CATCH_UP: Duration = Duration::from_secs(60);
/// Tries to decide one window when its account changes meanwhile.
const MOST_TRIES: u32 = 8;

fn stream(account_id: AccountId) -> StreamId {
    StreamId::new(Category::Account, account_id.0)
}

/// Recognises an account and notes what is new about it.
pub(super) async fn observe(
    run: &Run<'_>,
    account: &ObservedAccount,
) -> Result<AccountId, SyncError> {
    let bank_id = &run.bank.bank.id;
    let key = run.app.keys.key_of_person(run.holder.user_id).await.map_err(VaultError::from)?;
    let (_, key) = key.ok_or(LedgerError::Erased)?;
    let identity = lasting_identity(&bank_id.0, account);
    let account_id = AccountId(key.identifier("account", identity.as_bytes()));
    let command = AccountCommand::Observe {
        opened: Box::new(Opened {
            account_id,
            user_id: run.holder.user_id,
            bank_id: bank_id.clone(),
            kind: account.kind,
            identifier: account.identifier.clone(),
            currency: account.currency,
            name: account.name.clone(),
            owner: account.owner.clone(),
            servicer: account.servicer.clone(),
        }),
        linked: Linked {
            consent_id: run.holder.consent_id,
            bank_reference: account.bank_reference.clone(),
        },
        balances: account.balances.clone(),
        observed_at: run.app.clock.now(),
        fetch_id: run.fetch_id,
    };
    let cause = Cause::new(Actor::Bank, run.holder.correlation).under(run.holder.fence);
    let owner = Owner::Person(run.holder.user_id);
    let ledger = &run.app.ledger;
    match ledger.execute::<Account>(stream(account_id), owner, cause, command).await {
        Ok(_) => Ok(account_id),
        Err(CommandError::Refused(refusal)) => Err(SyncError::Refused(refusal.to_string())),
        Err(CommandError::Ledger(error)) => Err(error.into()),
    }
}

/// Decides a whole window and records what is new; tells how many rows that were.
pub(super) async fn decide(
    run: &Run<'_>,
    account_id: AccountId,
    rows: &[Read],
) -> Result<u32, SyncError> {
    let mut recorded = 0;
    for _ in 0..MOST_TRIES {
        match try_decide(run, account_id, rows, &mut recorded).await {
            // Somebody else wrote to the account, or an append half-way was lost: decide again on
            // what is there now.
            Err(SyncError::Ledger(LedgerError::Append(
                AppendError::Conflict { .. } | AppendError::IdentifierInUse,
            ))) => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(recorded),
        }
    }
    Err(SyncError::Read("an account changes faster than it can be read".to_owned()))
}

async fn try_decide(
    run: &Run<'_>,
    account_id: AccountId,
    rows: &[Read],
    recorded: &mut u32,
) -> Result<(), SyncError> {
    let app = run.app;
    let head = app.ledger.log().head().await.map_err(LedgerError::from)?;
    let unread = |error: &dyn std::fmt::Display| SyncError::Read(error.to_string());
    let mut stopping = app.stopping.subscribe();
    tokio::select! {
        caught_up = app.read.wait_for(head.position, CATCH_UP) => {
            caught_up.map_err(|error| unread(&error))?;
        }
        // The read models stop too, and would be waited for in vain.
        _ = stopping.wait_for(|stop| *stop) => return Err(SyncError::Stopping),
    }
    let known = app.read.transactions().known_rows(account_id).await;
    let (known, mut version) = known.map_err(|error| unread(&error))?;
    let window: Vec<_> = rows.iter().map(|row| row.observed.clone()).collect();
    let key = app.keys.key_of_person(run.holder.user_id).await.map_err(VaultError::from)?;
    let (_, key) = key.ok_or(LedgerError::Erased)?;
    let mut events = Vec::new();
    // Oldest first, so that positions follow time where the bank shows the newest first.
    for (row, decision) in rows.iter().zip(reconcile(&known, &window)).rev() {
        let Decision::New { ordinal } = decision else { continue };
        let identity = format!("{account_id}|{ordinal}|{}", match_key(&row.observed));
        let recorded = TransactionRecorded {
            transaction_id: TransactionId(key.identifier("transaction", identity.as_bytes())),
            observed: row.observed.clone(),
            ordinal,
            evidence: row.evidence.clone(),
        };
        events.push(Event::Account(AccountEvent::TransactionRecorded(recorded)));
    }
    let cause = Cause::new(Actor::Bank, run.holder.correlation).under(run.holder.fence);
    let owner = Owner::Person(run.holder.user_id);
    let mut events = events.into_iter().peekable();
    while events.peek().is_some() {
        let chunk: Vec<_> = events.by_ref().take(ROWS_AN_APPEND).collect();
        let count = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        let ledger = &app.ledger;
        let appended = ledger.append_at(stream(account_id), owner, cause, version, chunk).await?;
        version = appended.version;
        *recorded += count;
    }
    Ok(())
}
