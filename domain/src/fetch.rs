//! One run of reading from a bank: every answer as it came, and how the run ended.
//!
//! Answers are kept before anything is derived from them, so a run that dies can be taken up at the
//! page it reached, and a better mapping can be run over old answers.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::id::AccountId;

mod events;

pub use events::{
    AccountsLeftOut, Answered, CallFailed, FetchCompleted, FetchEvent, FetchFailed, FetchStarted,
    NEVER_SENT, NOT_COVERED, OUTCOME_UNKNOWN, RowsQuarantined, Subject, WindowRead,
};

/// Most answers one run may keep: a bank that never ends its pages is cut off here.
pub const MOST_ANSWERS: u32 = 10_000;

/// What can be asked of a run.
#[derive(Clone, Debug)]
pub enum FetchCommand {
    /// Begin.
    Start(FetchStarted),
    /// Keep an answer; its number is given here.
    KeepAnswer(Answered),
    /// Note a call that failed.
    NoteFailure(CallFailed),
    /// Keep rows aside.
    Quarantine(RowsQuarantined),
    /// Leave accounts out that the consent does not cover.
    LeaveOut(AccountsLeftOut),
    /// A window is decided.
    FinishWindow(WindowRead),
    /// End well.
    Complete(FetchCompleted),
    /// Give up.
    Fail(FetchFailed),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchRefusal {
    /// The run has begun already.
    #[error("this run has begun already")]
    AlreadyStarted,
    /// The run has not begun, or is over.
    #[error("this run is not under way")]
    NotUnderWay,
    /// The answer is not the next one.
    #[error("answers are kept in their order")]
    OutOfOrder,
    /// [`MOST_ANSWERS`] is reached.
    #[error("a run keeps at most {MOST_ANSWERS} answers")]
    TooMany,
}

/// How far one account's pages have been read in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagesRead {
    /// The account.
    pub account_id: AccountId,
    /// What the bank calls it in this consent.
    pub bank_reference: String,
    /// Numbers of the answers that hold its pages, in order.
    pub answers: Vec<u32>,
    /// How the next page is asked for.
    pub continuation: Option<String>,
    /// Whether its window has been decided.
    pub decided: bool,
}

/// A run's state: enough to take it up again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fetch {
    /// How it began.
    pub started: Option<FetchStarted>,
    /// Whether it is over.
    pub over: bool,
    /// How many answers are kept.
    pub answers: u32,
    /// The number of the answer with the list of accounts.
    pub accounts_answer: Option<u32>,
    /// The number of the answer with the list of cards.
    pub cards_answer: Option<u32>,
    /// The bank's references of accounts, and the numbers of the answers that say what they are.
    #[serde(default)]
    pub details_answers: Vec<(String, u32)>,
    /// Accounts and the numbers of the answers with their balances.
    #[serde(default)]
    pub balances_answers: Vec<(AccountId, u32)>,
    /// The pages read so far.
    pub pages: Vec<PagesRead>,
}

impl Fetch {
    fn decide(&self, command: FetchCommand) -> Result<FetchEvent, FetchRefusal> {
        if let FetchCommand::Start(started) = command {
            let fresh = self.started.is_none();
            return if fresh {
                Ok(FetchEvent::Started(started))
            } else {
                Err(FetchRefusal::AlreadyStarted)
            };
        }
        if self.started.is_none() || self.over {
            return Err(FetchRefusal::NotUnderWay);
        }
        match command {
            FetchCommand::Start(_) => Err(FetchRefusal::AlreadyStarted),
            FetchCommand::KeepAnswer(answer) if answer.answer != self.answers => {
                Err(FetchRefusal::OutOfOrder)
            }
            FetchCommand::KeepAnswer(_) if self.answers >= MOST_ANSWERS => {
                Err(FetchRefusal::TooMany)
            }
            FetchCommand::KeepAnswer(answer) => Ok(FetchEvent::Answered(answer)),
            FetchCommand::NoteFailure(failed) => Ok(FetchEvent::CallFailed(failed)),
            FetchCommand::Quarantine(rows) => Ok(FetchEvent::RowsQuarantined(rows)),
            FetchCommand::LeaveOut(left) => Ok(FetchEvent::AccountsLeftOut(left)),
            FetchCommand::FinishWindow(window) => Ok(FetchEvent::WindowRead(window)),
            FetchCommand::Complete(completed) => Ok(FetchEvent::Completed(completed)),
            FetchCommand::Fail(failed) => Ok(FetchEvent::Failed(failed)),
        }
    }

    fn keep(&mut self, answered: &Answered) {
        self.answers += 1;
        match &answered.subject {
            Subject::Accounts => self.accounts_answer = Some(answered.answer),
            Subject::Cards => self.cards_answer = Some(answered.answer),
            Subject::Details { bank_reference } => {
                self.details_answers.push((bank_reference.clone(), answered.answer));
            }
            Subject::Balances { account_id } => {
                self.balances_answers.push((*account_id, answered.answer));
            }
            Subject::Transactions { account_id, bank_reference, page } => {
                let known = self.pages.iter_mut().find(|pages| pages.account_id == *account_id);
                match known {
                    Some(pages) => {
                        // Page 0 again: the bank refused its own continuation and the window restarted.
                        if *page == 0 {
                            pages.answers.clear();
                        }
                        pages.answers.push(answered.answer);
                        pages.continuation.clone_from(&answered.continuation);
                    }
                    None => self.pages.push(PagesRead {
                        account_id: *account_id,
                        bank_reference: bank_reference.clone(),
                        answers: vec![answered.answer],
                        continuation: answered.continuation.clone(),
                        decided: false,
                    }),
                }
            }
        }
    }
}

impl Aggregate for Fetch {
    const TYPE: &'static str = "fetch";
    type Command = FetchCommand;
    type Event = FetchEvent;
    type Error = FetchRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: FetchCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), FetchRefusal> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: FetchEvent) {
        match event {
            FetchEvent::Started(started) => self.started = Some(started),
            FetchEvent::Answered(answered) => self.keep(&answered),
            FetchEvent::WindowRead(window) => {
                let pages =
                    self.pages.iter_mut().find(|pages| pages.account_id == window.account_id);
                if let Some(pages) = pages {
                    pages.decided = true;
                }
            }
            FetchEvent::Completed(_) | FetchEvent::Failed(_) => self.over = true,
            FetchEvent::CallFailed(_)
            | FetchEvent::RowsQuarantined(_)
            | FetchEvent::AccountsLeftOut(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
