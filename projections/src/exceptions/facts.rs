//! What is known of a permission, a call and a run while their events are judged.

use chrono::{DateTime, Utc};
use domain::fetch::{FetchEvent, Subject};
use domain::id::{AccountId, ConsentId, UserId};

use super::ExceptionKind;
use crate::feed::Recorded;

/// What is known of a consent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permission {
    pub(super) user_id: UserId,
    pub(super) granted_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) expires_at: DateTime<Utc>,
}

impl Permission {
    pub(super) fn verdict(&self, sent_at: DateTime<Utc>) -> Option<ExceptionKind> {
        if self.granted_at.is_none_or(|granted| sent_at < granted) {
            return Some(ExceptionKind::NoConsent);
        }
        let over = self.ended_at.is_some_and(|ended| sent_at > ended) || sent_at > self.expires_at;
        over.then_some(ExceptionKind::AfterEnd)
    }
}

/// A call to a bank, as it is judged.
pub(super) struct Call<'a> {
    pub(super) account_id: Option<AccountId>,
    pub(super) endpoint: &'a str,
    pub(super) request_id: &'a str,
    pub(super) sent_at: DateTime<Utc>,
    /// Whether it counts as an access without the person.
    pub(super) counts: bool,
}

/// The call an event tells of, if the bank may have had it.
pub(super) fn call<'a>(recorded: &Recorded, event: &'a FetchEvent) -> Option<Call<'a>> {
    let of = |subject: &Subject| match subject {
        Subject::Transactions { account_id, page, .. } => (Some(*account_id), *page),
        Subject::Balances { account_id } => (Some(*account_id), 0),
        Subject::Accounts | Subject::Cards => (None, 0),
        Subject::Details { .. } => (None, 1),
    };
    match event {
        FetchEvent::Answered(answered) => {
            let (account_id, page) = of(&answered.subject);
            Some(Call {
                account_id,
                endpoint: &answered.endpoint,
                request_id: &answered.request_id,
                sent_at: answered.sent_at,
                counts: !answered.attended && page == 0,
            })
        }
        FetchEvent::CallFailed(failed) if failed.may_have_arrived() => {
            let (account_id, page) = of(&failed.subject);
            Some(Call {
                account_id,
                endpoint: &failed.endpoint,
                request_id: &failed.request_id,
                sent_at: failed.sent_at.unwrap_or(recorded.recorded_at),
                counts: !failed.attended && page == 0,
            })
        }
        _ => None,
    }
}

/// What is known of a run of reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) consent_id: ConsentId,
    pub(super) user_id: UserId,
    /// How often the bank lets anybody read without the person in 24 hours, as the run noted it.
    pub(super) a_day: Option<u32>,
}

/// One access: its position in the log, and when it was sent.
pub(super) type Access = (u64, DateTime<Utc>);
