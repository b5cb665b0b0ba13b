use domain::observed::AccountKind;
use proptest::prelude::*;

use super::accounts::{euros, page_request, read_page};
use super::*;
use crate::connectors::any_json::{self, leaves};

/// Words of the standard.
const NAMES: &[&str] = &[
    "transactions",
    "amount",
    "currency",
    "bookingDate",
    "postingDate",
    "payer",
    "recipient",
    "name",
    "accountId",
    "identifier",
    "originalAmount",
    "originalCurrency",
    "_links",
    "next",
    "href",
    "continuationToken",
    "netBalance",
    "error",
    "fault",
    "errors",
    "status",
    "authorizationId",
    "cardId",
];
/// Texts that get far.
const TEXTS: &[&str] = &["EUR", "2026-01-05"];

fn any_json() -> impl Strategy<Value = Value> {
    any_json::any_json(NAMES, TEXTS)
}

proptest! {
    #[test]
    fn no_json_makes_the_mapping_panic(json in any_json(), status in 100_u16..600) {
        let answer = answer(status, &json.to_string());
        for kind in [AccountKind::Current, AccountKind::Card] {
            let request = page_request(kind, "a", None).expect("a request");
            let _ = read_page(&request, &answer);
        }
        let _ = Op.read_accounts(&bank(), Endpoint::Accounts, &answer);
        let _ = Op.read_accounts(&bank(), Endpoint::Cards, &answer);
        let _ = Op.read_created(&bank(), &answer);
        let _ = Op.read_tokens(&answer, "accounts");
    }

    #[test]
    fn every_row_is_read_or_set_apart(rows in proptest::collection::vec(any_json(), 0..8)) {
        let request = page_request(AccountKind::Current, "a", None).expect("a request");
        let body = serde_json::json!({ "transactions": rows }).to_string();
        let page = read_page(&request, &answer(200, &body)).expect("a page");
        prop_assert_eq!(page.transactions.len() + page.quarantined.len(), rows.len());
    }

    /// Mapping loses nothing: the amount's text and sign, the row's own texts, and every text and number of
    /// members that no field holds, are there afterwards.
    #[test]
    fn mapping_loses_nothing(
        minor in -(1_i64 << 60)..(1_i64 << 60),
        card: bool,
        unknown in any_json(),
        payer in "[a-zåäö]{1,12}",
        recipient in "[a-zåäö]{1,12}",
        message in "[a-zA-Z0-9]{1,40}",
    ) {
        let text = euros(minor).to_string();
        let mut row = serde_json::json!({
            "amount": text, "currency": "EUR", "bookingDate": "2026-01-05",
            "postingDate": "2026-01-05", "somethingNew": unknown,
        });
        let own = if card {
            serde_json::json!({ "description": message })
        } else {
            serde_json::json!({ "payer": { "name": payer }, "recipient": { "name": recipient },
                                "message": message })
        };
        for (name, value) in own.as_object().expect("an object") {
            row[name.as_str()] = value.clone();
        }
        let body = serde_json::json!({ "transactions": [row] }).to_string();
        let kind = if card { AccountKind::Card } else { AccountKind::Current };
        let request = page_request(kind, "a", None).expect("a request");
        let page = read_page(&request, &answer(200, &body)).expect("a page");
        let [read] = &page.transactions[..] else { panic!("one row was expected") };
        prop_assert_eq!(read.amount.minor, if card { -minor } else { minor });
        prop_assert_eq!(&read.amount_text, &text);
        let rest_text = read.unmapped.as_deref().unwrap_or("{}");
        let rest: Value = serde_json::from_str(rest_text).expect("JSON");
        let (mut before, mut after) = (Vec::new(), Vec::new());
        leaves(&row["somethingNew"], &mut before);
        leaves(&rest, &mut after);
        for leaf in before {
            // A number is kept digit by digit; reading it as one here might round it.
            let kept = after.contains(&leaf) || rest_text.contains(&leaf);
            prop_assert!(kept, "{} is lost: {}", leaf, rest);
        }
        let all = format!("{read:?}");
        let said: &[&String] = if card { &[&message] } else { &[&message, &payer, &recipient] };
        for text in said {
            prop_assert!(all.contains(text.as_str()), "{} is lost: {}", text, all);
        }
    }
}
