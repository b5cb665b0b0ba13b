//! The banks this program knows: one line each. What a bank is made of is in its profile.

use std::sync::Arc;

use domain::id::BankId;

use super::bank::Bank;
use super::berlin_group::banks::NORDVIK;
use super::enable_banking::banks as by_enable_banking;
use super::op;
use super::open_banking_uk;
use super::registrar::Registrar;
use super::settings::SettingsError;

/// Every bank, in the order they are shown in.
pub static BANKS: [&dyn Profile; 5] = [
    &op::Op,
    &open_banking_uk::albion::Albion,
    &NORDVIK,
    &by_enable_banking::OP,
    &by_enable_banking::NORDEA,
];

/// A bank as this program knows it before anybody registered with it.
pub trait Profile: Sync {
    /// The short name.
    fn id(&self) -> &'static str;

    /// The bank with the addresses of its public environment.
    fn bank(&'static self) -> Bank;

    /// Whether nothing but a sandbox can be reached, so that what it shows is nobody's money.
    fn demonstrates(&self) -> bool {
        true
    }

    /// Reads an operator's settings, which may name other addresses.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is wrong.
    fn open(&'static self, json: &str) -> Result<Opened, SettingsError>;
}

/// What an operator's settings come to.
#[derive(Clone)]
pub struct Opened {
    /// The bank at the addresses they name.
    pub bank: Bank,
    /// How this platform becomes its client.
    pub registrar: Arc<dyn Registrar>,
}

/// The profile of a bank.
///
/// # Errors
/// [`SettingsError::UnknownBank`] names the banks there are.
pub fn find(bank_id: &BankId) -> Result<&'static dyn Profile, SettingsError> {
    let found = BANKS.iter().find(|profile| profile.id() == bank_id.0);
    found.copied().ok_or_else(|| SettingsError::UnknownBank {
        asked: bank_id.0.clone(),
        known: BANKS.map(Profile::id).join(", "),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Two banks that share an issuer, a token endpoint or a redirect address could be played off
    /// against each other (RFC 9700, section 4.4).
    #[test]
    fn no_two_banks_share_what_tells_them_apart() {
        let banks: Vec<Bank> = BANKS.iter().map(|profile| profile.bank()).collect();
        let mut seen = HashSet::new();
        for (profile, bank) in BANKS.iter().zip(&banks) {
            assert_eq!(profile.id(), bank.id.0);
            let plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(bank.id.0.bytes().all(plain), "{} is part of an address", bank.id);
            assert!(seen.insert(format!("id {}", bank.id)));
            if let Some(aggregator) = bank.through {
                // Its banks share its addresses. Each answer names the bank, which is compared.
                let place = (aggregator, bank.country, bank.name);
                assert!(seen.insert(format!("{place:?}")), "{}", bank.id);
                continue;
            }
            assert!(seen.insert(format!("api {}", bank.accounts_url)), "{}", bank.id);
            if let Some(server) = &bank.server {
                assert!(seen.insert(format!("issuer {}", server.issuer)), "{}", bank.id);
                assert!(seen.insert(format!("token {}", server.token_url)), "{}", bank.id);
            }
        }
    }

    #[test]
    fn the_example_settings_of_every_bank_are_read() {
        let examples = [
            ("op", include_str!("../../conf/env.json")),
            ("albion", include_str!("../../conf/albion.json")),
            ("nordvik", include_str!("../../conf/nordvik.json")),
            ("enable-banking-op", include_str!("../../conf/enable-banking-op.json")),
            ("enable-banking-nordea", include_str!("../../conf/enable-banking-nordea.json")),
        ];
        assert_eq!(examples.map(|(id, _)| id), BANKS.map(Profile::id));
        for (id, json) in examples {
            let opened = find(&BankId(id.to_owned())).expect("a bank").open(json);
            let opened = opened.unwrap_or_else(|error| panic!("{id}: {error}"));
            let ending = format!("/callback/{id}");
            let uris = opened.registrar.redirect_uris();
            assert!(uris.iter().any(|uri| uri.ends_with(&ending)), "{id}");
        }
    }

    #[test]
    fn a_bank_nobody_knows_is_answered_with_those_there_are() {
        let refused = find(&BankId("opp".to_owned())).map(|_| ()).expect_err("a refusal");
        assert!(refused.to_string().contains("known: op"), "{refused}");
    }

    #[test]
    fn a_browser_goes_to_the_bank_and_nowhere_else() {
        let bank = BANKS[0].bank();
        let server = bank.server.clone().expect("a server");
        assert!(bank.may_send_browser_to(&format!("{}?x=1", server.authorize_url)));
        let host = "authorize.psd2-sandbox.op.fi";
        for elsewhere in [
            "https://evil.example/oauth/authorize".to_owned(),
            format!("http://{host}/oauth/authorize"),
            format!("https://{host}:8443/oauth/authorize"),
            format!("https://u@{host}/oauth/authorize"),
            format!("https://{host}.evil.example/"),
            "javascript:alert(1)".to_owned(),
            "data:text/html,x".to_owned(),
        ] {
            assert!(!bank.may_send_browser_to(&elsewhere), "{elsewhere}");
        }
    }
}
