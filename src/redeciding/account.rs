//! One account: its stream read twice, once for names and once with every window decided again.

use std::collections::{HashMap, VecDeque};

use domain::account::{AccountEvent, Opened};
use domain::event::Event;
use domain::id::{AccountId, BankId, TransactionId, UserId};
use domain::redecide::{BankThen, Difference, Names, Replay, Rules};
use projections::habits::BankPast;

use super::RedecideError;
use super::answers::Answers;
use super::files;
use crate::app::App;
use crate::ledger::store::{MOST_EVENTS_A_PAGE, StoredEvent};
use crate::ledger::{LedgerError, sealing};
use crate::sync::record::stream;
use crate::vault::VaultError;

/// An account and its holder.
#[derive(Clone, Copy)]
pub(super) struct Whose {
    pub account_id: AccountId,
    pub user_id: UserId,
}

/// The stream of an account, event after event.
struct Past<'a> {
    app: &'a App,
    account_id: AccountId,
    page: VecDeque<StoredEvent>,
    /// Whether the log has no more.
    ended: bool,
    /// Of the last event that was read.
    version: u64,
    /// Up to where it is read; to its end without.
    until: Option<u64>,
}

/// An event, or why there is none.
enum Next {
    Event(u64, Box<AccountEvent>),
    End,
    /// The person's key is gone.
    Erased,
}

impl<'a> Past<'a> {
    fn new(app: &'a App, account_id: AccountId, until: Option<u64>) -> Self {
        Self { app, account_id, page: VecDeque::new(), ended: false, version: 0, until }
    }

    async fn next(&mut self) -> Result<Next, RedecideError> {
        if self.page.is_empty() && !self.ended {
            let (log, stream) = (self.app.ledger.log(), stream(self.account_id));
            let page = log.read_stream(stream, self.version, MOST_EVENTS_A_PAGE).await;
            self.page = page.map_err(LedgerError::from)?.into();
            self.ended = self.page.len() < MOST_EVENTS_A_PAGE;
        }
        let within = |stored: &StoredEvent| self.until.is_none_or(|until| stored.version <= until);
        let Some(stored) = self.page.pop_front().filter(within) else { return Ok(Next::End) };
        self.version = stored.version;
        let event = sealing::open(&self.app.keys, &stored).await.map_err(LedgerError::from)?;
        Ok(match event {
            Some(Event::Account(event)) => Next::Event(stored.position, Box::new(event)),
            _ => Next::Erased,
        })
    }
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
    let mut past = Past::new(app, account_id, None);
    loop {
        match past.next().await? {
            Next::Event(_, event) => {
                names.take(&event);
                if let AccountEvent::Opened(first) = *event {
                    opened = Some(first);
                }
            }
            Next::End => break,
            Next::Erased => return Ok(None),
        }
    }
    let (version, Some(opened)) = (past.version, opened) else { return Ok(None) };
    let key = app.keys.key_of_person(user_id).await.map_err(VaultError::from);
    let Some((_, key)) = key.map_err(crate::sync::SyncError::from)? else { return Ok(None) };
    let identify = |match_key: &str, ordinal: u32| {
        let identity = format!("{account_id}|{ordinal}|{match_key}");
        TransactionId(key.identifier("transaction", identity.as_bytes()))
    };
    let bank_id = opened.bank_id.clone();
    if !pasts.contains_key(&bank_id) {
        pasts.insert(bank_id.clone(), app.read.habits().past_of(&bank_id).await?);
    }
    let bank_then = pasts.get(&bank_id).cloned().unwrap_or_default();
    let answers = Answers::of(app, &opened).await;
    let mut replay = Replay::new(rules, &names);
    // Where the first event stands that the next window decided: what was known then was known before.
    let mut begun: Option<u64> = None;
    let mut past = Past::new(app, account_id, Some(version));
    loop {
        let (position, event) = match past.next().await? {
            Next::Event(position, event) => (position, *event),
            Next::End => return Ok(Some((version, replay.difference()))),
            Next::Erased => return Ok(None),
        };
        let AccountEvent::WindowReconciled(window) = event else {
            if begins_window(&event) {
                begun.get_or_insert(position);
            }
            replay.take(&event);
            continue;
        };
        let rows = match window.from_file {
            true => files::rows(app, &opened, window.fetch_id).await?,
            false => answers.rows(window.fetch_id).await?,
        };
        let habits = bank_then.before(begun.take().unwrap_or(position));
        let bank = BankThen { habits, references_promised: answers.references_promised() };
        replay.window(&window, rows.as_deref(), bank, identify);
        told();
    }
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
