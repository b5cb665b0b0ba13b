//! One run of reading from a bank: every answer as it came, and how the run ended.
//!
//! Answers are kept before anything is derived from them, so a run that dies can be taken up at the
//! page it reached, and a better mapping can be run over old answers.

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::{AccountId, BankId, ConsentId, FetchId, UserId};
use crate::observed::QuarantinedRow;

/// Most answers one run may keep: a bank that never ends its pages is cut off here.
pub const MOST_ANSWERS: u32 = 10_000;

events! {
    /// What can happen in a run of reading.
    FetchEvent {
        /// The run began.
        Started(FetchStarted) = "fetch.started" 1,
        /// The bank answered; its words are kept.
        Answered(Answered) = "fetch.answered" 1,
        /// A call got no usable answer.
        CallFailed(CallFailed) = "fetch.call_failed" 2,
        /// Rows of an answer could not be translated and are kept aside.
        RowsQuarantined(RowsQuarantined) = "fetch.rows_quarantined" 1,
        /// The bank told of accounts that the consent does not cover; nothing of them is kept.
        AccountsLeftOut(AccountsLeftOut) = "fetch.accounts_left_out" 1,
        /// An account's window was read to its end and decided.
        WindowRead(WindowRead) = "fetch.window_read" 2,
        /// The run reached its end.
        Completed(FetchCompleted) = "fetch.completed" 1,
        /// The run gave up.
        Failed(FetchFailed) = "fetch.failed" 1,
    }
}

/// A run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchStarted {
    /// This run.
    pub fetch_id: FetchId,
    /// On whose leave.
    pub consent_id: ConsentId,
    /// Whose accounts.
    pub user_id: UserId,
    /// From which bank.
    pub bank_id: BankId,
    /// Why: `first_read`, `asked_by_person` or `scheduled`.
    pub purpose: String,
    /// Whether the person was present (Delegated Regulation (EU) 2018/389, article 36(5)).
    pub attended: bool,
    /// How often the bank lets anybody read a resource without the person in 24 hours, by what was
    /// known of it then; absent in runs of before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unattended_a_day: Option<u32>,
}

/// What a call was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Subject {
    /// The list of accounts.
    Accounts,
    /// The list of cards.
    Cards,
    /// What one account is, where the list only names it.
    Details {
        /// What the bank calls it in this consent.
        bank_reference: String,
    },
    /// The balances of an account or card, where they do not come with the list.
    Balances {
        /// Whose.
        account_id: AccountId,
    },
    /// One page of an account's or card's transactions.
    Transactions {
        /// Whose.
        account_id: AccountId,
        /// What the bank calls the account in this consent.
        bank_reference: String,
        /// Which page, from 0.
        page: u32,
    },
}

/// The bank answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Which answer of the run, from 0.
    pub answer: u32,
    /// What was asked for.
    pub subject: Subject,
    /// The class of endpoint, such as `account_transactions`.
    pub endpoint: String,
    /// Our name for the request.
    pub request_id: String,
    /// The bank's name for it, if it gave one.
    pub bank_request_id: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Whether the request said that the person was present.
    pub attended: bool,
    /// SHA-256 (hex) of the certificate shown to the bank.
    pub certificate_fingerprint: String,
    /// When the request was sent.
    pub sent_at: DateTime<Utc>,
    /// When the answer was complete here.
    pub received_at: DateTime<Utc>,
    /// SHA-256 (hex) of the body.
    pub body_digest: String,
    /// The body's exact bytes, base64 (RFC 4648, section 4).
    pub body: String,
    /// How the next page is asked for, if there is one.
    pub continuation: Option<String>,
}

/// A call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailed {
    /// What was asked for.
    pub subject: Subject,
    /// The class of endpoint.
    pub endpoint: String,
    /// Our name for the request.
    pub request_id: String,
    /// Why, as a stable code.
    pub code: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Whether the request said that the person was present.
    pub attended: bool,
    /// When the request was sent; none if it was not, or in the first form of this event.
    #[serde(default)]
    pub sent_at: Option<DateTime<Utc>>,
    /// How long the bank asks to wait, in whole seconds and within `plan::wait`'s limits.
    #[serde(default)]
    pub retry_after_seconds: Option<u32>,
}

/// A call that a run may have made just before its process died.
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";
/// Why a call never left us, as stable codes: such calls cost nothing at the bank.
pub const NEVER_SENT: [&str; 5] = [
    "bank_circuit_open",
    "bank_crowded",
    "bank_request_not_sent",
    "bank_host_not_allowed",
    "bank_client_certificate",
];

impl CallFailed {
    /// Whether the bank may have counted the call.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        !NEVER_SENT.contains(&self.code.as_str())
    }
}

/// Rows kept aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsQuarantined {
    /// Which answer they are in.
    pub answer: u32,
    /// Which rows, and why.
    pub rows: Vec<QuarantinedRow>,
}

/// Accounts left out. The answer that tells of them is not kept: what the consent does not open is no
/// business of this platform's. That it came is in the log as a call that failed, with
/// [`NOT_COVERED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsLeftOut {
    /// What was asked for.
    pub subject: Subject,
    /// How many they are.
    pub accounts: u32,
    /// Our name for the request.
    pub request_id: String,
    /// SHA-256 (hex) of the answer's bytes.
    pub body_digest: String,
}

/// Why an answer about accounts that a consent does not cover is of no use, as a stable code.
pub const NOT_COVERED: &str = "bank_accounts_not_covered";

/// A window was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowRead {
    /// Of which account.
    pub account_id: AccountId,
    /// Whether the bank's pages came to their end.
    pub whole: bool,
    /// Rows the bank showed.
    pub rows_seen: u32,
    /// Rows that were new.
    pub rows_new: u32,
    /// Rows kept aside.
    pub rows_quarantined: u32,
    /// First day that the bank was asked for and may be trusted to have shown whole.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// Last such day.
    #[serde(default)]
    pub to: Option<NaiveDate>,
}

/// The run ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchCompleted {
    /// Accounts and cards read.
    pub accounts: u32,
    /// Rows the bank showed.
    pub rows_seen: u32,
    /// Rows that were new.
    pub rows_new: u32,
}

/// The run gave up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchFailed {
    /// Why, as a stable code.
    pub code: String,
}

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
mod tests {
    use cqrs_es::test::TestFramework;
    use uuid::Uuid;

    use super::*;

    fn started() -> FetchStarted {
        FetchStarted {
            fetch_id: FetchId(Uuid::from_u128(1)),
            consent_id: ConsentId(Uuid::from_u128(2)),
            user_id: UserId(Uuid::from_u128(3)),
            bank_id: BankId("op".to_owned()),
            purpose: "asked_by_person".to_owned(),
            attended: true,
            unattended_a_day: None,
        }
    }

    fn page(answer: u32, page: u32, continuation: Option<&str>) -> Answered {
        Answered {
            answer,
            subject: Subject::Transactions {
                account_id: AccountId(Uuid::from_u128(9)),
                bank_reference: "acc".to_owned(),
                page,
            },
            endpoint: "account_transactions".to_owned(),
            request_id: String::new(),
            bank_request_id: None,
            status: 200,
            attended: true,
            certificate_fingerprint: String::new(),
            sent_at: DateTime::<Utc>::UNIX_EPOCH,
            received_at: DateTime::<Utc>::UNIX_EPOCH,
            body_digest: String::new(),
            body: String::new(),
            continuation: continuation.map(str::to_owned),
        }
    }

    #[test]
    fn a_run_knows_where_to_go_on() {
        let mut fetch = Fetch::default();
        fetch.apply(FetchEvent::Started(started()));
        fetch.apply(FetchEvent::Answered(page(0, 0, Some("next"))));
        fetch.apply(FetchEvent::Answered(page(1, 1, Some("more"))));
        assert_eq!(fetch.pages[0].answers, [0, 1]);
        assert_eq!(fetch.pages[0].continuation.as_deref(), Some("more"));
        fetch.apply(FetchEvent::Answered(page(2, 0, None)));
        assert_eq!(fetch.pages[0].answers, [2], "a window that restarted forgets its old pages");
    }

    #[test]
    fn answers_are_kept_in_order_and_only_while_under_way() {
        TestFramework::<Fetch>::with(())
            .given(vec![FetchEvent::Started(started())])
            .when(FetchCommand::KeepAnswer(page(1, 0, None)))
            .then_expect_error(FetchRefusal::OutOfOrder);
        let over = FetchEvent::Failed(FetchFailed { code: "bank_error".to_owned() });
        TestFramework::<Fetch>::with(())
            .given(vec![FetchEvent::Started(started()), over])
            .when(FetchCommand::KeepAnswer(page(0, 0, None)))
            .then_expect_error(FetchRefusal::NotUnderWay);
    }
}
