//! From what a bank said to what is recorded: accounts are recognised, rows are decided.

use std::time::Duration;

use domain::account::{Account, AccountCommand, AccountEvent, Linked, Opened};
use domain::designated::same_number;
use domain::event::Event;
use domain::id::AccountId;
use domain::observed::{AccountKind, ObservedAccount};
use domain::reconcile::{Balances, Question, Sighted, Window, booked, prove, reconcile};
use domain::redecide::first_known;
use domain::transaction::{BalanceProof, WindowReconciled};
use projections::accounts::AccountRow;

use super::SyncError;
use super::run::{Read, Run};
use crate::app::App;
use crate::connectors::banks::BANKS;
use crate::identity::{account_id, bank_of, card_identity, lasting_identity, transaction_id};
use crate::ledger::store::AppendError;
use crate::ledger::{Actor, Cause, CommandError, Ledger, LedgerError, Owner};

/// Events recorded in one append.
const ROWS_AN_APPEND: usize = 500;
/// How long the read models may take to catch up before a window is decided.
const CATCH_UP: Duration = Duration::from_secs(60);
/// Tries to decide one window when its account changes meanwhile.
const MOST_TRIES: u32 = 8;

pub(crate) use super::account_stream as stream;

/// Recognises an account. What is the same over every route to it is its IBAN, and for a card what is shown of its
/// number; a card that this route has shown before stays what it is.
pub(super) async fn recognise(
    run: &Run<'_>,
    account: &ObservedAccount,
) -> Result<AccountId, SyncError> {
    let key = run.app.ledger.key_of_person(run.holder.user_id).await?;
    let own = account_id(&key, &lasting_identity(&run.bank.bank.id.0, account));
    let bic = run.bank.bank.bic;
    let lasting = match account.kind {
        AccountKind::Card => card_identity(bic, account),
        _ => return Ok(own),
    };
    let Some(lasting) = lasting.filter(|identity| !run.twins.contains(identity)) else {
        return Ok(own);
    };
    if run.app.ledger.load::<Account>(stream(own)).await?.aggregate.opened.is_some() {
        return Ok(own);
    }
    let known = known_cards(run, account).await?;
    let cards: Vec<&AccountRow> = known.iter().collect();
    let named: Vec<&AccountRow> = known.iter().filter(|card| card.name == account.name).collect();
    Ok(match (&cards[..], &named[..]) {
        ([], _) => account_id(&key, &lasting),
        ([card], _) | (_, [card]) => card.account_id,
        // Several, and nothing tells which: a card of this route alone.
        _ => own,
    })
}

/// The person's cards at the same bank, by whichever route, that show the same digits.
async fn known_cards(
    run: &Run<'_>,
    account: &ObservedAccount,
) -> Result<Vec<AccountRow>, SyncError> {
    caught_up(run.app).await?;
    let rows = run.app.read.accounts().list(run.holder.user_id).await;
    let mut rows = rows.map_err(|error| SyncError::Read(error.to_string()))?;
    let own = bank_of(run.bank.bank.bic);
    rows.retain(|row| {
        let profile = BANKS.iter().find(|profile| profile.id() == row.bank_id.0);
        row.kind == AccountKind::Card
            && row.currency == account.currency
            && profile.is_some_and(|profile| bank_of(profile.bank().bic) == own)
            && same_number(&row.identifier, &account.identifier)
    });
    Ok(rows)
}

/// Recognises an account and notes what is new about it.
pub(super) async fn observe(
    run: &Run<'_>,
    account: &ObservedAccount,
) -> Result<AccountId, SyncError> {
    let bank_id = &run.bank.bank.id;
    let account_id = recognise(run, account).await?;
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

/// A window of one account as it was read.
pub(super) struct WindowOfRows<'a> {
    pub account_id: AccountId,
    pub rows: &'a [Read],
    pub window: Window,
    /// Whether nothing is recorded unless the balances prove that the rows are all.
    pub proved: bool,
}

/// Decides a window and records what it comes to; tells how many rows are new.
pub(super) async fn decide(run: &Run<'_>, read: &WindowOfRows<'_>) -> Result<u32, SyncError> {
    for _ in 0..MOST_TRIES {
        match try_decide(run, read).await {
            // Somebody else wrote to the account, or an append half-way was lost: decide again on
            // what is there now.
            Err(SyncError::Ledger(LedgerError::Append(
                AppendError::Conflict { .. } | AppendError::IdentifierInUse,
            ))) => {}
            other => return other,
        }
    }
    Err(SyncError::Read("an account changes faster than it can be read".to_owned()))
}

async fn try_decide(run: &Run<'_>, read: &WindowOfRows<'_>) -> Result<u32, SyncError> {
    let app = run.app;
    let account_stream = stream(read.account_id);
    let account = app.ledger.load::<Account>(account_stream).await?.aggregate;
    if let Some(done) = account.reconciled.filter(|done| done.fetch_id == run.fetch_id) {
        // Decided, and only the answer to the append was lost.
        return Ok(done.new);
    }
    caught_up(app).await?;
    let unread = |error: &dyn std::fmt::Display| SyncError::Read(error.to_string());
    let rows: Vec<_> = read.rows.iter().map(|row| row.observed.clone()).collect();
    let first = first_known(&rows, read.window);
    let known = app.read.transactions().known_rows_of(read.account_id, first).await;
    let (known, version) = known.map_err(|error| unread(&error))?;
    let bank = &run.bank.bank;
    let mut habits = app.read.habits().of(&bank.id).await.map_err(|error| unread(&error))?;
    habits.reference_kept = habits.reference_kept.saturating_add(bank.references_promised);
    let balances = Balances { before: account.proven, now: account.booked() };
    let promised = bank.references_promised > 0;
    let window = read.window;
    let answers: Vec<_> = read.rows.iter().map(|row| row.evidence.answer).collect();
    let question = Question {
        known: &known,
        rows: &rows,
        window,
        habits,
        balances,
        promised,
        answers: &answers,
    };
    let answer = reconcile(&question);
    let key = app.ledger.key_of_person(run.holder.user_id).await?;
    let sighted: Vec<_> = (read.rows.iter())
        .map(|row| Sighted { observed: &row.observed, evidence: &row.evidence })
        .collect();
    let events = answer.events(&sighted, run.fetch_id, |match_key, ordinal| {
        transaction_id(&key, read.account_id, match_key, ordinal)
    });
    if read.proved && prove(&balances, &booked(&known, &events)) != BalanceProof::Holds {
        return Err(super::delta::NOT_PROVED.into());
    }
    let balance = match read.window.whole {
        true => prove(&balances, &booked(&known, &events)),
        false => BalanceProof::NotGiven,
    };
    let window = answer.window(run.fetch_id, read.window, balance);
    let new = window.new;
    let cause = Cause::new(Actor::Bank, run.holder.correlation).under(run.holder.fence);
    let owner = Owner::Person(run.holder.user_id);
    append(&app.ledger, (owner, cause), read.account_id, version, events, window).await?;
    Ok(new)
}

/// Waits until the read models hold all that is in the log now.
pub(crate) async fn caught_up(app: &App) -> Result<(), SyncError> {
    let head = app.ledger.log().head().await.map_err(LedgerError::from)?;
    let mut stopping = app.stopping.subscribe();
    tokio::select! {
        caught_up = app.read.wait_for(head.position, CATCH_UP) => {
            caught_up.map_err(|error| SyncError::Read(error.to_string()))
        }
        // The read models stop too, and would be waited for in vain.
        _ = stopping.wait_for(|stop| *stop) => Err(SyncError::Stopping),
    }
}

/// Appends all events of a window and the one that ends it, a chunk at a time; tells the last
/// position. A window that stops
/// half-way is decided again, and what is recorded already is the same then.
pub(crate) async fn append(
    ledger: &Ledger,
    (owner, cause): (Owner, Cause),
    account_id: AccountId,
    mut version: u64,
    events: Vec<AccountEvent>,
    window: WindowReconciled,
) -> Result<u64, LedgerError> {
    let mut position = 0;
    let last = AccountEvent::WindowReconciled(window);
    let mut events = events.into_iter().chain([last]).map(Event::Account).peekable();
    while events.peek().is_some() {
        let chunk: Vec<_> = events.by_ref().take(ROWS_AN_APPEND).collect();
        let appended = ledger.append_at(stream(account_id), owner, cause, version, chunk).await?;
        version = appended.version;
        position = appended.last;
    }
    Ok(position)
}
