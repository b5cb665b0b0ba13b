//! What each kind of event means, in plain words.

/// What happened, by the kind of event.
const WORDS: &[(&str, &str)] = &[
    ("registration.started", "The registration with the bank began"),
    ("registration.settings_changed", "The operator changed the settings"),
    ("registration.certificates_issued", "Both certificates were issued"),
    ("registration.statement_signed", "The software statement was signed"),
    ("registration.request_signed", "The registration request was signed"),
    ("registration.client_registered", "The bank registered this platform as a client"),
    ("registration.credentials_validated", "The credentials were exchanged for a token: they work"),
    ("registration.step_failed", "A step failed and is taken up again"),
    ("registration.certificates_prepared", "Further certificates were issued, beside those in use"),
    ("registration.certificates_switched", "Other certificates are used from now on"),
    ("registration.certificate_standing", "It was found how a certificate stands with its issuer"),
    ("consent.requested", "The person asked for it here"),
    ("consent.authorization_created", "The bank created the authorization to be confirmed"),
    ("consent.sent_to_bank", "The person was sent to the bank with a signed request"),
    ("consent.answer_rejected", "An answer came back that was not believed"),
    ("consent.granted", "The person approved at the bank, and it was proved"),
    ("consent.refused", "It was refused"),
    ("consent.failed", "It could not be brought to an end"),
    ("consent.revoked", "It was withdrawn"),
    ("consent.bank_told", "The bank was told of the withdrawal"),
    ("consent.bank_not_told", "The bank could not be told yet"),
    ("consent.expired", "Its time ran out"),
    ("consent.confirmation_needed", "It has to be confirmed before it is read again"),
    ("consent.renewal_of", "It is to take another consent's place"),
    ("consent.superseded", "Another consent took its place"),
    ("consent.reminded", "The person was reminded of its end"),
    ("consent.reconfirmed", "The person said here that it may go on"),
    ("grant.issued", "The bank gave tokens"),
    ("grant.refresh_intended", "New tokens are about to be asked for"),
    ("grant.refreshed", "The bank gave new tokens"),
    ("grant.refresh_failed", "New tokens were not given"),
    ("grant.destroyed", "The tokens were destroyed"),
    ("fetch.started", "A run of reading began"),
    ("fetch.answered", "The bank answered a call"),
    ("fetch.call_failed", "A call got no usable answer"),
    ("fetch.rows_quarantined", "Rows could not be read and were set apart"),
    ("fetch.accounts_left_out", "The bank told of accounts the consent does not cover"),
    ("fetch.window_read", "An account's window was read"),
    ("fetch.completed", "The run ended"),
    ("fetch.failed", "The run gave up"),
    ("account.linked", "The consent shows this account"),
    ("signing.key_succeeded", "Another key took over signing the log, signed by the one before"),
    ("role.granted", "The role was given"),
    ("role.withdrawn", "The role was taken back"),
    ("role.used", "Something was read by this role"),
    ("role.token_issued", "A program was given a token for this role"),
    ("role.token_revoked", "A program's token was taken back"),
];

/// What happened, in plain words.
#[must_use]
pub fn of(event_type: &str) -> &'static str {
    let found = WORDS.iter().find(|(name, _)| *name == event_type);
    found.map_or("Something happened", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::event::Event;

    use super::*;

    #[test]
    fn every_kind_a_story_can_hold_has_words() {
        let told = ["registration.", "consent.", "grant.", "fetch.", "role.", "signing."];
        for (event_type, _) in Event::types() {
            if told.iter().any(|begin| event_type.starts_with(begin)) {
                assert_ne!(of(event_type), "Something happened", "{event_type} has no words");
            }
        }
        let known: BTreeSet<_> = Event::types().map(|(name, _)| name).collect();
        for (name, _) in WORDS {
            assert!(known.contains(name), "{name} is no kind of event");
        }
    }
}
