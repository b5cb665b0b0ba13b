use domain::money::Money;
use proptest::prelude::*;

use super::*;
use crate::connectors::any_json::{self, leaves};

/// Words of the standard.
const NAMES: &[&str] = &[
    "Data",
    "Transaction",
    "Account",
    "Balance",
    "AccountId",
    "TransactionId",
    "Amount",
    "Currency",
    "CreditDebitIndicator",
    "Status",
    "Type",
    "BookingDateTime",
    "Links",
    "Next",
    "CreditorAccount",
    "DebtorAccount",
    "Identification",
    "SchemeName",
    "CurrencyExchange",
    "InstructedAmount",
    "MerchantDetails",
    "Errors",
    "ErrorCode",
    "ConsentId",
    "Unknown",
];
/// Texts that get far.
const TEXTS: &[&str] = &["GBP", "Debit", "BOOK", "2026-01-05T00:00:00+00:00"];

fn any_json() -> impl Strategy<Value = Value> {
    any_json::any_json(NAMES, TEXTS)
}

proptest! {
    #[test]
    fn no_json_makes_the_mapping_panic(json in any_json(), status in 100_u16..600) {
        let answer = answer(status, json.to_string());
        let shown = account(AccountKind::Current, "a");
        let _ = read_page(&answer);
        let _ = V3.read_accounts(&bank(), Endpoint::Accounts, &answer);
        let _ = V4.read_balances(&bank(), &shown, &answer);
        let _ = V4.read_created(&bank(), &answer);
        let _ = V4.read_tokens(&answer, "openid accounts");
        let _ = V4.read_deleted(&answer);
    }

    #[test]
    fn every_row_is_read_or_set_apart(values in proptest::collection::vec(any_json(), 0..8)) {
        let mut values = values;
        // A row of another account is no row of this page: see `reading`.
        for value in values.iter_mut().filter_map(Value::as_object_mut) {
            value.remove("AccountId");
        }
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
        supplementary in any_json(),
        information in "[a-zA-Z0-9 ]{1,40}",
    ) {
        let pounds = Currency::parse("GBP").expect("a currency");
        let text = Money::new(minor, pounds).to_string();
        let sent = row(&json!({
            "Amount": { "Amount": text, "Currency": "GBP" },
            "CreditDebitIndicator": if debit { "Debit" } else { "Credit" },
            "TransactionInformation": information,
            "SomethingNew": unknown, "SupplementaryData": supplementary,
        }));
        let page = read_page(&rows(std::slice::from_ref(&sent))).expect("a page");
        let [read] = &page.transactions[..] else { panic!("one row was expected") };
        prop_assert_eq!(read.amount.minor, if debit { -minor } else { minor });
        prop_assert_eq!(&read.amount_text, &text);
        prop_assert_eq!(&read.text, &information);
        let text_of_rest = read.unmapped.as_deref().unwrap_or("{}");
        let rest: Value = serde_json::from_str(text_of_rest).expect("JSON");
        let (mut before, mut after) = (Vec::new(), Vec::new());
        leaves(&sent["SomethingNew"], &mut before);
        leaves(&sent["SupplementaryData"], &mut before);
        leaves(&rest, &mut after);
        for leaf in before {
            // A number is kept digit by digit; reading it as one here might round it.
            let kept = after.contains(&leaf) || text_of_rest.contains(&leaf);
            prop_assert!(kept, "{} is lost: {}", leaf, rest);
        }
    }
}
