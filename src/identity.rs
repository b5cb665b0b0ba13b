//! How accounts and transactions are named. A name is derived under the person's key from what every route
//! to the thing says alike, never from a bank's identifier: it is the same whenever it is derived, and
//! nobody can guess it back once the key is gone.

use domain::designated::shown_ends;
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;
use domain::observed::{AccountKind, ObservedAccount};

use crate::vault::crypto::DataKey;

/// How many characters of a BIC are the bank's own, without its branch (ISO 9362).
const BANK_OF_BIC: usize = 8;
/// Least digits of a card's number that have to be shown at its end.
const LEAST_SHOWN: usize = 4;

/// The name of the account that is recognised by this.
pub(crate) fn account_id(key: &DataKey, identity: &str) -> AccountId {
    AccountId(key.identifier("account", identity.as_bytes()))
}

/// The name of a row that was read: by its account, what it says, and its place among rows that say the
/// same, from 0.
pub(crate) fn transaction_id(
    key: &DataKey,
    account_id: AccountId,
    match_key: &str,
    ordinal: u32,
) -> TransactionId {
    let identity = format!("{account_id}|{ordinal}|{match_key}");
    TransactionId(key.identifier("transaction", identity.as_bytes()))
}

/// What an account with an IBAN is recognised by, whoever shows it.
pub(crate) fn iban_identity(iban: &str, currency: Currency) -> String {
    format!("iban|{iban}|{currency}")
}

/// What an account is recognised by over all consents: its IBAN and the currency, or for a card what its
/// route says of it: see [`card_identity`] for what is the same over routes. Never the bank's reference.
pub(crate) fn lasting_identity(bank_id: &str, account: &ObservedAccount) -> String {
    let ObservedAccount { kind, identifier, name, currency, .. } = account;
    match kind {
        AccountKind::Card => format!("card|{bank_id}|{identifier}|{name}|{currency}"),
        _ => iban_identity(identifier, *currency),
    }
}

/// What a card is recognised by over all consents and routes: the bank it is of, its number as far as it is
/// shown, and the currency. None where too little of the number is shown to tell cards apart.
pub(crate) fn card_identity(bic: &str, account: &ObservedAccount) -> Option<String> {
    let (start, end) = shown_ends(&account.identifier).unwrap_or_else(|| {
        let whole: String = account.identifier.chars().filter(char::is_ascii_digit).collect();
        (String::new(), whole)
    });
    let (bank, currency) = (bank_of(bic), account.currency);
    (end.len() >= LEAST_SHOWN).then(|| format!("card of {bank}|{start}*{end}|{currency}"))
}

/// The bank a BIC is of, whichever branch.
pub(crate) fn bank_of(bic: &str) -> String {
    bic.chars().take(BANK_OF_BIC).collect()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn key(byte: u8) -> DataKey {
        DataKey::new(Zeroizing::new([byte; 32])).expect("a key")
    }

    fn shown(kind: AccountKind, identifier: &str, name: &str) -> ObservedAccount {
        ObservedAccount {
            bank_reference: "resource-1".to_owned(),
            kind,
            identifier: identifier.to_owned(),
            currency: Currency::EUR,
            name: name.to_owned(),
            owner: None,
            servicer: None,
            balances: Vec::new(),
        }
    }

    #[test]
    fn names_are_those_that_stand_in_logs_already() {
        let account = account_id(&key(1), &iban_identity("FI2112345600000785", Currency::EUR));
        let transaction = transaction_id(&key(1), account, "2026-01-05|-1250|kioski", 1);
        assert_eq!(account.to_string(), "a0e9afba-9f29-84aa-99bd-0733a1665538");
        assert_eq!(transaction.to_string(), "5d93e9cc-225b-87f6-832e-99b36c1c8875");
    }

    #[test]
    fn a_name_depends_on_the_key_the_account_the_words_and_the_place() {
        let account = account_id(&key(1), "iban|FI2112345600000785|EUR");
        let other = account_id(&key(1), "iban|FI2112345600000785|SEK");
        let name = |key: &DataKey, account, words: &str, place| {
            transaction_id(key, account, words, place).0
        };
        let names = [
            name(&key(1), account, "kioski", 0),
            name(&key(2), account, "kioski", 0),
            name(&key(1), other, "kioski", 0),
            name(&key(1), account, "kahvila", 0),
            name(&key(1), account, "kioski", 1),
        ];
        let different: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        assert_eq!(name(&key(1), account, "kioski", 0), names[0]);
    }

    #[test]
    fn an_account_is_the_same_by_every_route_and_a_card_by_what_is_shown_of_its_number() {
        let account = shown(AccountKind::Current, "FI2112345600000785", "Käyttötili");
        let again = ObservedAccount { bank_reference: "other".to_owned(), ..account.clone() };
        assert_eq!(lasting_identity("op", &account), lasting_identity("via-op", &again));

        let card = shown(AccountKind::Card, "525412******3241", "Gold");
        let elsewhere = shown(AccountKind::Card, "525412XXXXXX3241", "Gold-kortti");
        assert_ne!(lasting_identity("op", &card), lasting_identity("via-op", &elsewhere));
        assert_eq!(card_identity("OKOYFIHH", &card), card_identity("OKOYFIHHXXX", &elsewhere));
        assert_ne!(card_identity("OKOYFIHH", &card), card_identity("NVIKSESS", &card));
        assert_eq!(card_identity("OKOYFIHH", &shown(AccountKind::Card, "***241", "Gold")), None);
    }
}
