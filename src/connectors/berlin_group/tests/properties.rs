use proptest::prelude::*;

use super::*;
use crate::connectors::any_json::{self, leaves};

/// Words of the standard.
const NAMES: &[&str] = &[
    "transactions",
    "cardTransactions",
    "booked",
    "pending",
    "transactionAmount",
    "originalAmount",
    "amount",
    "currency",
    "bookingDate",
    "valueDate",
    "creditorAccount",
    "remittanceInformationStructured",
    "debitAccounting",
    "accounts",
    "resourceId",
    "iban",
    "balances",
    "balanceAmount",
    "balanceType",
    "_links",
    "next",
    "href",
    "tppMessages",
    "code",
    "consentStatus",
    "consentId",
];
/// Texts that get far.
const TEXTS: &[&str] = &["SEK", "2026-01-05"];

fn any_json() -> impl Strategy<Value = Value> {
    any_json::any_json(NAMES, TEXTS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_json_makes_the_mapping_panic(json in any_json(), status in 100_u16..600) {
        let answer = answer(status, &json.to_string());
        for kind in [AccountKind::Current, AccountKind::Card] {
            let _ = read_page_of(&NORDVIK, kind, &answer);
            let _ = NORDVIK.read_balances(&bank(), &shown(kind, "r"), &answer);
        }
        let _ = NORDVIK.read_accounts(&bank(), Endpoint::Accounts, &answer);
        let _ = NORDVIK.read_accounts(&bank(), Endpoint::Cards, &answer);
        let _ = NORDVIK.read_created(&bank(), &answer);
        let _ = NORDVIK.read_probe(&answer);
        let _ = NORDVIK.read_confirmed(&answer);
    }

    #[test]
    fn every_row_is_read_or_set_apart(
        booked in proptest::collection::vec(any_json(), 0..6),
        pending in proptest::collection::vec(any_json(), 0..6),
    ) {
        let total = booked.len() + pending.len();
        let body = json!({ "transactions": { "booked": booked, "pending": pending } });
        let page = read_page(AccountKind::Current, &body.to_string()).expect("a page");
        prop_assert_eq!(page.transactions.len() + page.quarantined.len(), total);
    }

    /// What the bank says of a row is in the row's own fields, or in the rest that is kept beside them, in
    /// the bank's own text; the amount comes through exactly, with the right sign.
    #[test]
    fn mapping_loses_nothing(
        minor in -(1_i64 << 50)..(1_i64 << 50),
        creditor in "[a-zåäö]{1,12}", debtor in "[a-zåäö]{1,12}", text in "[ -~åäö]{1,40}",
        unknown in proptest::collection::btree_map("x[a-z]{1,8}", any_json(), 0..4),
        card: bool, positive: bool,
    ) {
        let amount = Money::new(minor, kronor()).to_string();
        let mut row = json!({
            "bookingDate": "2026-01-05", "valueDate": "2026-01-06",
            "transactionAmount": { "currency": "SEK", "amount": amount, "more": "inside" },
        });
        let extra = if card {
            json!({ "cardTransactionId": "c-1", "transactionDetails": text })
        } else {
            json!({ "entryReference": "e-1", "creditorName": creditor, "debtorName": debtor,
                    "remittanceInformationUnstructured": text })
        };
        for (name, value) in extra.as_object().expect("an object").iter().chain(&unknown) {
            row[name] = value.clone();
        }
        let list = if card { "cardTransactions" } else { "transactions" };
        let body = json!({ "debitAccounting": positive, list: { "booked": [row], "pending": [] } });
        let kind = if card { AccountKind::Card } else { AccountKind::Current };
        let page = read_page(kind, &body.to_string()).expect("a page");
        let [read] = &page.transactions[..] else { panic!("one row: {page:?}") };
        prop_assert_eq!(read.amount.minor, if card && positive { -minor } else { minor });
        prop_assert_eq!(&read.amount_text, &amount);
        let kept = format!(
            "{:?}{}", read, read.unmapped.as_deref().unwrap_or_default()
        );
        let rest: Value = read.unmapped.as_deref()
            .map_or(json!({}), |rest| serde_json::from_str(rest).expect("JSON"));
        let (mut wanted, mut held) = (Vec::new(), Vec::new());
        for value in unknown.values() {
            leaves(value, &mut wanted);
        }
        leaves(&rest, &mut held);
        // Numbers are kept digit by digit; reading them again may round them.
        let raw = read.unmapped.as_deref().unwrap_or_default();
        for leaf in wanted {
            prop_assert!(held.contains(&leaf) || raw.contains(&leaf), "{leaf} is lost: {raw}");
        }
        prop_assert!(kept.contains("inside"));
        if !card {
            let other = if minor < 0 { &creditor } else { &debtor };
            prop_assert_eq!(read.counterparty.as_ref(), Some(other));
            let rest_of = if minor < 0 { &debtor } else { &creditor };
            prop_assert!(held.contains(rest_of));
        }
        prop_assert_eq!(read.text.trim(), text.trim());
    }
}
