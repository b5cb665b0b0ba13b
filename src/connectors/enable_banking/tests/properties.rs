use domain::money::Money;
use proptest::prelude::*;

use super::*;
use crate::connectors::any_json::{self, leaves};

/// Words of the standard.
const NAMES: &[&str] = &[
    "transactions",
    "continuation_key",
    "accounts",
    "balances",
    "transaction_amount",
    "balance_amount",
    "amount",
    "currency",
    "credit_debit_indicator",
    "status",
    "balance_type",
    "booking_date",
    "creditor",
    "debtor_account",
    "iban",
    "other",
    "identification",
    "exchange_rate",
    "instructed_amount",
    "remittance_information",
    "aspsp",
    "name",
    "country",
    "session_id",
    "error",
    "unknown",
];
/// Texts that get far.
const TEXTS: &[&str] = &["EUR", "DBIT", "BOOK", "2026-01-05"];

fn any_json() -> impl Strategy<Value = Value> {
    any_json::any_json(NAMES, TEXTS)
}

proptest! {
    #[test]
    fn no_json_makes_the_mapping_panic(json in any_json(), status in 100_u16..600) {
        let answer = answer(status, json.to_string());
        let _ = read_page(&answer);
        let _ = banks::OP.read_accounts(&bank(), Endpoint::Accounts, &answer);
        let _ = banks::OP.read_account_details("a", &answer);
        let _ = banks::OP.read_balances(&bank(), &account(), &answer);
        let _ = banks::OP.read_created(&bank(), &answer);
        let _ = banks::OP.read_tokens(&answer, "");
        let _ = banks::OP.read_consent(&bank(), "s", &answer);
        let _ = banks::OP.read_deleted(&answer);
        let _ = banks::OP.read_probe(&answer);
    }

    #[test]
    fn every_row_is_read_or_set_apart(values in proptest::collection::vec(any_json(), 0..8)) {
        let page = read_page(&rows(&values)).expect("a page");
        prop_assert_eq!(page.transactions.len() + page.quarantined.len(), values.len());
    }

    /// Mapping loses nothing: the amount's text and sign, and every text and number of members that no
    /// field holds, are there afterwards.
    #[test]
    fn mapping_loses_nothing(
        minor in 0_i64..(1_i64 << 50),
        debit: bool,
        unknown in any_json(),
        own_side in any_json(),
        information in "[a-zA-Z0-9 ]{1,40}",
    ) {
        let text = Money::new(minor, Currency::EUR).to_string();
        let own = if debit { "debtor_account" } else { "creditor_account" };
        let mut sent = row(&json!({
            "transaction_amount": { "amount": text, "currency": "EUR", "extra": "kept" },
            "credit_debit_indicator": if debit { "DBIT" } else { "CRDT" },
            "remittance_information": [information],
            "something_new": unknown,
        }));
        sent[own] = own_side;
        let page = read_page(&rows(std::slice::from_ref(&sent))).expect("a page");
        let [read] = &page.transactions[..] else { panic!("one row was expected") };
        prop_assert_eq!(read.amount.minor, if debit { -minor } else { minor });
        prop_assert_eq!(&read.amount_text, &text);
        prop_assert_eq!(&read.text, &information);
        let text_of_rest = read.unmapped.as_deref().unwrap_or("{}");
        let rest: Value = serde_json::from_str(text_of_rest).expect("JSON");
        let (mut before, mut after) = (vec!["kept".to_owned()], Vec::new());
        leaves(&sent["something_new"], &mut before);
        leaves(&sent[own], &mut before);
        leaves(&rest, &mut after);
        for leaf in before {
            // A number is kept digit by digit; reading it as one here might round it.
            let kept = after.contains(&leaf) || text_of_rest.contains(&leaf);
            prop_assert!(kept, "{} is lost: {}", leaf, rest);
        }
    }
}
