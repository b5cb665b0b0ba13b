//! How long each kind of record is kept, on which legal basis, and whether it is personal: the record of
//! processing (Regulation (EU) 2016/679, article 30) that follows from the kinds of events themselves.

use serde::Serialize;

/// A class of records that are kept alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RecordClass {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub holds: &'static str,
    /// Whether it is about people, and so sealed under their keys.
    pub personal: bool,
    /// Why it may be kept.
    pub basis: &'static str,
    /// How long it is kept.
    pub kept: &'static str,
    /// What its events' names begin with.
    #[serde(skip)]
    kinds: &'static [&'static str],
}

/// Every class.
pub const CLASSES: [RecordClass; 8] = [
    RecordClass {
        name: "bank data",
        holds: "accounts, balances, transactions, the banks' answers, files people brought, their notes, rules and budgets",
        personal: true,
        basis: "performance of the contract (GDPR article 6(1)(b)); explicit consent (PSD2 article 67(2)(a))",
        kept: "until the person erases it; destroying their key makes it unreadable at once",
        kinds: &["account.", "fetch.", "import.", "guidance."],
    },
    RecordClass {
        name: "consent evidence",
        holds: "who agreed to what, when, how they were authenticated, and when it ended",
        personal: true,
        basis: "establishment and defence of legal claims (GDPR articles 6(1)(f) and 17(3)(e))",
        kept: "5 years from the end of the consent, or until the person erases it",
        kinds: &["consent.", "grant."],
    },
    RecordClass {
        name: "people",
        holds: "e-mail address, sign-ins by a label that opens nothing, changes of how they sign in",
        personal: true,
        basis: "performance of the contract (GDPR article 6(1)(b))",
        kept: "until the person erases it",
        kinds: &["user.signed_", "user.security_", "user.account_"],
    },
    RecordClass {
        name: "erasures",
        holds: "that a key was destroyed, when, and why; nothing about the person",
        personal: false,
        basis: "accountability (GDPR article 5(2))",
        kept: "for ever: it is what proves the erasure",
        kinds: &["user.erased"],
    },
    RecordClass {
        name: "registrations",
        holds: "certificates, signed statements and the banks' answers as digests",
        personal: false,
        basis: "legal obligation (Delegated Regulation (EU) 2018/389, article 29)",
        kept: "for ever",
        kinds: &["registration."],
    },
    RecordClass {
        name: "exchange rates",
        holds: "published reference rates with their day and source",
        personal: false,
        basis: "not personal data",
        kept: "for ever",
        kinds: &["rates."],
    },
    RecordClass {
        name: "supervision",
        holds: "roles, every use of them, and refusals at the door; people by identifier alone",
        personal: false,
        basis: "accountability and security (GDPR articles 5(2) and 32)",
        kept: "5 years",
        kinds: &["role.", "incident."],
    },
    RecordClass {
        name: "signing keys",
        holds: "which key took the place of which in signing the log, by what the old one signed",
        personal: false,
        basis: "integrity and accountability (GDPR articles 5(1)(f) and 5(2))",
        kept: "for ever: old checkpoints are checked by it",
        kinds: &["signing."],
    },
];

/// The class of a kind of event.
#[must_use]
pub fn class_of(event_type: &str) -> Option<&'static RecordClass> {
    CLASSES.iter().find(|class| class.kinds.iter().any(|begin| event_type.starts_with(begin)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::event::Event;

    use super::*;

    #[test]
    fn every_kind_of_event_is_kept_for_a_reason() {
        let mut used = BTreeSet::new();
        for (event_type, _) in Event::types() {
            let class = class_of(event_type);
            used.insert(class.unwrap_or_else(|| panic!("{event_type} has no class")).name);
        }
        assert_eq!(used.len(), CLASSES.len(), "no class is without events");
    }
}
