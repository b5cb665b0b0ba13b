use domain::observed::AccountKind;
use proptest::prelude::*;

use super::accounts::{euros, page_request, read_page};
use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "-?[0-9]{1,8}(\\.[0-9]{0,4})?".prop_map(Value::from),
        Just(Value::from("EUR")),
        Just(Value::from("2026-01-05")),
    ];
    let name = prop_oneof![
        Just("transactions"),
        Just("amount"),
        Just("currency"),
        Just("bookingDate"),
        Just("postingDate"),
        Just("payer"),
        Just("recipient"),
        Just("name"),
        Just("accountId"),
        Just("identifier"),
        Just("originalAmount"),
        Just("originalCurrency"),
        Just("_links"),
        Just("next"),
        Just("href"),
        Just("continuationToken"),
        Just("netBalance"),
        Just("error"),
        Just("fault"),
        Just("errors"),
        Just("status"),
        Just("authorizationId"),
        Just("cardId"),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
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

    #[test]
    fn amounts_come_through_exactly(minor in -(1_i64 << 60)..(1_i64 << 60), card: bool) {
        let text = euros(minor).to_string();
        let row = serde_json::json!({"amount": text, "currency": "EUR",
                                     "bookingDate": "2026-01-05", "postingDate": "2026-01-05"});
        let body = serde_json::json!({ "transactions": [row] }).to_string();
        let kind = if card { AccountKind::Card } else { AccountKind::Current };
        let request = page_request(kind, "a", None).expect("a request");
        let page = read_page(&request, &answer(200, &body)).expect("a page");
        let [read] = &page.transactions[..] else { panic!("one row was expected") };
        prop_assert_eq!(read.amount.minor, if card { -minor } else { minor });
        prop_assert_eq!(&read.amount_text, &text);
    }
}
