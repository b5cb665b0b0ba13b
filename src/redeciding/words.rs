//! What newer rules would change, in plain English, for the command line.

use domain::redecide::{Change, Stand};
use domain::transaction::{Reason, Standing};

/// What a change comes to.
#[must_use]
pub fn change(change: Change) -> &'static str {
    match change {
        Change::Joined => "joined",
        Change::Parted => "parted",
        Change::Gone => "gone",
        Change::New => "new",
        Change::Doubtful => "put to the person",
        Change::Amended => "said otherwise",
    }
}

/// How a transaction stands.
#[must_use]
pub fn stand(stand: &Stand) -> String {
    match (stand.standing, stand.same_as) {
        (Standing::Counted, _) => "counts".to_owned(),
        (Standing::Doubted, _) => "waits for a verdict".to_owned(),
        (Standing::Withdrawn, _) => "does not count".to_owned(),
        (Standing::Absorbed, Some(other)) => format!("is another reading of {other}"),
        (Standing::Absorbed, None) => "is another reading".to_owned(),
    }
}

/// A ground of a decision, in words for the command line.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    let percent = |per_mille: u32| format!("{}.{} %", per_mille / 10, per_mille % 10);
    match reason {
        Reason::SameReference => "the bank's reference is the same".to_owned(),
        Reason::SameIdentifier => "the bank's identifier is the same".to_owned(),
        Reason::SameFields => "every field is the same".to_owned(),
        Reason::CountedAmongEquals { place } => {
            format!("it is number {} of rows that are equal", place.saturating_add(1))
        }
        Reason::SameAmount => "the amount is the same".to_owned(),
        Reason::AmountDiffers { per_mille } => {
            format!("the amounts differ by {}", percent(*per_mille))
        }
        Reason::DaysApart { days } => match days.unsigned_abs() {
            1 => "one day lies between the two".to_owned(),
            days => format!("{days} days lie between the two"),
        },
        Reason::SameCounterparty => "the other side is the same".to_owned(),
        Reason::TextAlike { per_mille } => {
            format!("the texts have {} in common", percent(*per_mille))
        }
        Reason::SameOriginalAmount => "the amount in the foreign currency is the same".to_owned(),
        Reason::PendingGone => "the pending row is gone where it would be shown".to_owned(),
        Reason::Booked => "it was pending and is booked".to_owned(),
        Reason::OnlyCandidate => "no other row comes into question".to_owned(),
        Reason::CloseSecond { per_mille } => {
            format!(
                "another row comes into question; this one is better by {}",
                percent(*per_mille)
            )
        }
        Reason::EqualButReference => "the two differ in nothing but the reference".to_owned(),
        Reason::IdentifiersNotTrusted => {
            "this bank's identifiers have proved to be worth nothing".to_owned()
        }
        Reason::Missing { windows } => {
            format!("it is missing from {windows} whole windows in a row")
        }
        Reason::BothShown => "the bank shows both at the same time".to_owned(),
        Reason::PersonSaid => "a person said so".to_owned(),
    }
}
