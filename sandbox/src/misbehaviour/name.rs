//! The closed list of what this bank can do wrong.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

macro_rules! misbehaviours {
    ($($variant:ident $name:literal $sentence:literal)*) => {
        /// One thing banks do wrong. All forty are seen at real banks; each can be switched on alone or with
        /// any others.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Misbehaviour {
            $(#[doc = $sentence] $variant,)*
        }

        impl Misbehaviour {
            /// All of them, in the order of their numbers.
            pub const ALL: [Self; 40] = [$(Self::$variant,)*];

            /// The public name, such as `no-id`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the bank does then, in one sentence.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

misbehaviours! {
    AccountIdPerConsent "account-id-per-consent"
        "Every consent shows each account and card under an id of its own."
    TransactionIdPerCall "transaction-id-per-call"
        "The archive id of a row is another one in every answer."
    PositionalReference "positional-reference"
        "The archive id of a row is its place in the list, counted from the newest, so a new row renumbers all."
    LateReference "late-reference"
        "A row has no archive id on the day it is booked and gets one on the next."
    ReusedId "reused-id"
        "Archive ids start again every 17 weeks, so a later row carries the id of an earlier one."
    IdAcrossAccounts "id-across-accounts"
        "Archive ids do not tell accounts apart: rows of two accounts carry the same id."
    NoId "no-id"
        "No row has an archive id."
    IdenticalTwins "identical-twins"
        "Some card purchases were made twice and are equal in every field, the archive id included."
    EchoedRow "echoed-row"
        "Some rows are listed twice, the second time under another archive id."
    CardPair "card-pair"
        "A card purchase is listed as an authorisation, and from its booking on for two days beside the booked row, with another id and another code."
    PendingAmountDrift "pending-amount-drift"
        "A pending row has a higher amount than it is booked with."
    PendingDateDrift "pending-date-drift"
        "A pending row carries the day of the purchase as its booking date and is booked on a later one."
    RewrittenText "rewritten-text"
        "A pending row has another text and another party name than it is booked with."
    VanishingPending "vanishing-pending"
        "Some pending rows are listed for three days, then disappear and are never booked."
    PendingFilterRefused "pending-filter-refused"
        "Asking with status=PENDING is answered with 400 or 422, depending on the seed."
    BookedFilterIgnored "booked-filter-ignored"
        "Asking with status=BOOKED lists pending rows as well."
    DateFilterIgnored "date-filter-ignored"
        "The first day the authorization names is ignored: all rows the bank has are listed."
    WindowRefused "window-refused"
        "An authorization that asks for more than 90 days of history is refused with 400."
    RepeatingCursor "repeating-cursor"
        "The last page carries the continuation token of the second page again."
    RefusedCursor "refused-cursor"
        "The continuation token of the second page is refused with 400."
    SelfLink "self-link"
        "The next link of a page points at the page itself; the continuation token is right."
    FirstMinutesHistory "first-minutes-history"
        "Rows older than 90 days are listed in the first five minutes after the customer's consent only."
    HistoryFlood "history-flood"
        "A customer's first consent shows 90 days; after a renewal all rows the bank has are listed."
    BalanceDown "balance-down"
        "Balances are not available: the list leaves them out and a single account is answered with 503."
    OverdraftInAvailable "overdraft-in-available"
        "The available balance (netBalance) includes a credit line."
    CardSignReversed "card-sign-reversed"
        "Card amounts and card balances carry the opposite sign."
    StaleBalance "stale-balance"
        "The booked balance (grossBalance) lacks the rows of the newest booking day; the available one is right."
    BrokenRow "broken-row"
        "Lists hold three broken rows: an amount that is no number, a missing date, and null."
    OddRetryAfter "odd-retry-after"
        "A refusal with 429 names no waiting time, a negative one, words, a past date or a year."
    RollingQuota "rolling-quota"
        "The four unattended reads in a rolling day count per account and endpoint across all consents."
    SupersedingConsent "superseding-consent"
        "A new recurring consent of a customer ends the older ones of the same client."
    ShorterConsent "shorter-consent"
        "A consent is granted for seven days at most, whatever was asked."
    RevokedAtBank "revoked-at-bank"
        "The customer took one account back at the bank: it is still listed, and its reads answer 401."
    OddToken "odd-token"
        "Token answers have an empty or reordered scope, a token type in another case and no expiry."
    OddIdToken "odd-id-token"
        "ID tokens have no acr and an expiry as text; the one of the token endpoint has no nonce."
    OddRegistration "odd-registration"
        "The registration answer has another content type, scope and aud as arrays, and a subject name in another spelling."
    CertificateExpires "certificate-expires"
        "The certificates of the mutual-TLS listener run out between calls: the bank's for five minutes, later the client's."
    BankMerger "bank-merger"
        "The same account numbers appear under another bank (servicer) and under new ids."
    ClockSkew "clock-skew"
        "The bank's clock is three to seven minutes off, ahead or behind depending on the seed."
    CorrectedHistory "corrected-history"
        "Some booked rows are corrected or removed ten days after their booking."
}

/// A name that stands for none of the forty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name:?} is no misbehaviour; the known ones are: {}", known())]
pub struct UnknownMisbehaviour {
    /// What was asked for, at most 60 characters of it.
    pub name: String,
}

/// All names, separated by commas.
fn known() -> String {
    Misbehaviour::ALL.map(Misbehaviour::name).join(", ")
}

impl FromStr for Misbehaviour {
    type Err = UnknownMisbehaviour;

    fn from_str(name: &str) -> Result<Self, UnknownMisbehaviour> {
        Self::ALL
            .into_iter()
            .find(|misbehaviour| misbehaviour.name() == name)
            .ok_or_else(|| UnknownMisbehaviour { name: name.chars().take(60).collect() })
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_lead_back() {
        for (number, misbehaviour) in Misbehaviour::ALL.into_iter().enumerate() {
            assert_eq!(misbehaviour as usize, number);
            let name = misbehaviour.name();
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert_eq!(name.parse(), Ok(misbehaviour));
            assert!(misbehaviour.sentence().ends_with('.'), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let refused = "no-ids".parse::<Misbehaviour>().unwrap_err().to_string();
        assert!(refused.starts_with("\"no-ids\" is no misbehaviour"));
        assert!(Misbehaviour::ALL.iter().all(|known| refused.contains(known.name())));
    }

    #[test]
    fn the_readme_lists_every_name_with_its_sentence() {
        let readme = include_str!("../../README.md");
        for (number, misbehaviour) in (1..).zip(Misbehaviour::ALL) {
            let line = format!("| {number} | `{misbehaviour}` | {} |", misbehaviour.sentence());
            assert!(readme.contains(&line), "sandbox/README.md lacks the line\n{line}");
        }
    }
}
