//! One account: its stream read twice, once for names and once with every window decided again.

use std::collections::HashMap;

use domain::account::{AccountEvent, Opened};
use domain::id::{AccountId, BankId, UserId};
use domain::redecide::{BankThen, Difference, Names, Replay, Rules};
use projections::habits::BankPast;

use super::RedecideError;
use super::answers::Answers;
use super::files;
use crate::app::App;
use crate::identity::transaction_id;
use crate::ledger::LedgerError;
use crate::ledger::reading::Reader;
use crate::sync::record::stream;

/// An account and its holder.
#[derive(Clone, Copy)]
pub(super) struct Whose {
    pub account_id: AccountId,
    pub user_id: UserId,
}

/// What rules make of an account's past, and up to which version of its stream. None if it is no
/// longer readable.
pub(super) async fn look(
    app: &App,
    rules: Rules,
    Whose { account_id, user_id }: Whose,
    pasts: &mut HashMap<BankId, BankPast>,
    told: &mut (impl FnMut() + Send),
) -> Result<Option<(u64, Difference)>, RedecideError> {
    let mut names = Names::default();
    let mut opened: Option<Opened> = None;
    let (mut version, mut until) = (0, 0);
    let mut past = events(app, account_id);
    while let Some((stored, event)) = past.next_opened::<AccountEvent>(&app.keys).await? {
        let Some(event) = event else { return Ok(None) };
        (version, until) = (stored.version, stored.position);
        names.take(&event);
        if let AccountEvent::Opened(first) = event {
            opened = Some(first);
        }
    }
    let Some(opened) = opened else { return Ok(None) };
    let key = match app.ledger.key_of_person(user_id).await {
        Err(LedgerError::Erased) => return Ok(None),
        key => key?,
    };
    let identify =
        |match_key: &str, ordinal: u32| transaction_id(&key, account_id, match_key, ordinal);
    let bank_id = opened.bank_id.clone();
    if !pasts.contains_key(&bank_id) {
        pasts.insert(bank_id.clone(), app.read.habits().past_of(&bank_id).await?);
    }
    let bank_then = pasts.get(&bank_id).cloned().unwrap_or_default();
    let answers = Answers::of(app, &opened).await;
    let mut replay = Replay::new(rules, &names);
    // Where the first event stands that the next window decided: what was known then was known before.
    let mut begun: Option<u64> = None;
    // What was appended since is not looked at: its names are not known.
    let mut past = events(app, account_id).until(until);
    while let Some((stored, event)) = past.next_opened::<AccountEvent>(&app.keys).await? {
        let Some(event) = event else { return Ok(None) };
        let AccountEvent::WindowReconciled(window) = event else {
            if begins_window(&event) {
                begun.get_or_insert(stored.position);
            }
            replay.take(&event);
            continue;
        };
        let rows = match window.from_file {
            true => files::rows(app, &opened, window.fetch_id).await?,
            false => answers.rows(window.fetch_id).await?,
        };
        let habits = bank_then.before(begun.take().unwrap_or(stored.position));
        let bank = BankThen { habits, references_promised: answers.references_promised() };
        replay.window(&window, rows.as_deref(), bank, identify);
        told();
    }
    Ok(Some((version, replay.difference())))
}

/// The stream of an account from its first event.
fn events(app: &App, account_id: AccountId) -> Reader<'_> {
    Reader::of_stream(&**app.ledger.log(), stream(account_id), 0)
}

/// Whether an event is one of those that deciding a window comes to.
fn begins_window(event: &AccountEvent) -> bool {
    matches!(
        event,
        AccountEvent::TransactionRecorded(_)
            | AccountEvent::TransactionSettled(_)
            | AccountEvent::TransactionAmended(_)
            | AccountEvent::TransactionMissed(_)
            | AccountEvent::TransactionWithdrawn(_)
            | AccountEvent::TransactionReturned(_)
            | AccountEvent::TransactionDoubted(_)
    )
}
