use chrono::{DateTime, Utc};

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap_or_default()
}

/// How many of so many reads of one day are over what the bank allows.
fn over(reads: u64, a_day: Option<u32>) -> usize {
    let run = Run { consent_id: ConsentId(Uuid::nil()), user_id: UserId(Uuid::nil()), a_day };
    let mut known = Known::default();
    let permission = Permission {
        user_id: run.user_id,
        granted_at: Some(at(0)),
        ended_at: None,
        expires_at: at(90 * 86_400),
    };
    known.permissions.insert(run.consent_id.0, permission);
    let mut exceptions = 0;
    for read in 0..reads {
        let call = Call {
            account_id: None,
            endpoint: "accounts",
            request_id: "request",
            sent_at: at(i64::try_from(read).unwrap_or_default() * 60),
            counts: true,
        };
        let told = known.judge(&mut Folded::default(), read + 1, &call, run);
        exceptions += usize::from(told.is_some());
    }
    exceptions
}

#[test]
fn reads_without_the_person_are_judged_by_what_the_run_noted_of_the_bank() {
    assert_eq!(over(6, None), 2, "four, where nothing was noted");
    assert_eq!(over(6, Some(6)), 0);
    assert_eq!(over(7, Some(6)), 1);
    assert_eq!(over(3, Some(1)), 2);
}
