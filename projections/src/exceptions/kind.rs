//! The kinds of what is out of the ordinary.

/// What is wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExceptionKind {
    /// There was no consent that stood when it was sent.
    NoConsent,
    /// The consent had been withdrawn, refused or replaced, or its time was over.
    AfterEnd,
    /// The account is not one that the consent shows.
    UndesignatedAccount,
    /// It was one more without the person in 24 hours than the bank allows: four, if the run does
    /// not say otherwise (Delegated Regulation (EU) 2018/389, article 36(5)(b)).
    OverBudget,
}

impl ExceptionKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::NoConsent, Self::AfterEnd, Self::UndesignatedAccount, Self::OverBudget];

    /// Its stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoConsent => "no_consent",
            Self::AfterEnd => "after_end",
            Self::UndesignatedAccount => "undesignated_account",
            Self::OverBudget => "over_budget",
        }
    }
}

/// The word is no kind of exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of exception")]
pub struct NoSuchKind;

impl std::str::FromStr for ExceptionKind {
    type Err = NoSuchKind;
    fn from_str(text: &str) -> Result<Self, NoSuchKind> {
        Self::ALL.into_iter().find(|kind| kind.word() == text).ok_or(NoSuchKind)
    }
}
