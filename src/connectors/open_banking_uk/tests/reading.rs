use std::time::Duration;

use domain::observed::{BalanceKind, QuarantinedRow, RowState};

use super::*;
use crate::connectors::ConsentStatus;

const TRANSACTIONS: &str = include_str!("../fixtures/transactions.json");

fn reasons(rows: &[QuarantinedRow]) -> Vec<(u32, &str)> {
    rows.iter().map(|row| (row.index, row.reason.as_str())).collect()
}

#[test]
fn accounts_of_both_versions_are_the_same_accounts() {
    let v3 = include_str!("../fixtures/accounts.v3.json");
    let read = V3.read_accounts(&bank(), Endpoint::Accounts, &answer(200, v3)).expect("a list");
    let [current, card] = &read.accounts[..] else { panic!("two accounts were expected") };
    assert_eq!((current.kind, card.kind), (AccountKind::Current, AccountKind::Card));
    assert_eq!(current.identifier, "GB82ALBN10942198765432", "the IBAN, though it is named second");
    assert_eq!(card.identifier, "4659 42** **** 0000");
    assert_eq!(current.owner.as_deref(), Some("Ms K Invented"));
    assert_eq!(current.servicer.as_deref(), Some("ALBNGB2L"));
    let expected = [
        (2, "AccountId is missing or cannot be part of an address"),
        (3, "the currency is not a three-letter code of ISO 4217"),
        (4, "the account has no number"),
        (5, "the row is no object, or a member is there twice"),
    ];
    assert_eq!(reasons(&read.quarantined), expected);
    let v4 = include_str!("../fixtures/accounts.v4.json");
    let read = V4.read_accounts(&bank(), Endpoint::Accounts, &answer(200, v4)).expect("a list");
    let [again, pot] = &read.accounts[..] else { panic!("two accounts were expected") };
    assert_eq!((&again.identifier, again.kind), (&current.identifier, current.kind));
    assert_eq!((pot.kind, pot.name.as_str()), (AccountKind::Savings, "Euro pot"));
}

#[test]
fn the_best_balance_of_each_kind_is_taken_and_nothing_is_added_to_it() {
    let body = include_str!("../fixtures/balances.json");
    let shown = account(AccountKind::Current, "22289");
    let read = V3.read_balances(&bank(), &shown, &answer(200, body)).expect("balances");
    let found: Vec<_> = read
        .balances
        .iter()
        .map(|one| (one.kind, one.amount.minor, one.amount_text.as_str()))
        .collect();
    let expected =
        [(BalanceKind::Booked, -1_250, "12.5"), (BalanceKind::Available, 48_750, "487.50")];
    assert_eq!(found, expected);
    let expected = [
        (5, "Type is a word this program does not know"),
        (6, "Amount has a sign, beside CreditDebitIndicator"),
    ];
    assert_eq!(reasons(&read.quarantined), expected);
}

#[test]
fn an_answer_with_a_row_of_another_account_is_not_believed() {
    let shown = account(AccountKind::Current, "22289");
    let another = |text: &str| text.replacen("22289", "22290", 1);
    let balances = another(include_str!("../fixtures/balances.json"));
    let refused = V3.read_balances(&bank(), &shown, &answer(200, balances));
    assert_eq!(refused, Err(BankError::NotCovered { what: "balances" }));
    let refused = read_page(&answer(200, another(TRANSACTIONS)));
    assert_eq!(refused, Err(BankError::NotCovered { what: "page of transactions" }));
}

#[test]
fn rows_are_translated_and_odd_ones_set_apart() {
    let page = read_page(&answer(200, TRANSACTIONS)).expect("a page");
    let [debit, pending, credit] = &page.transactions[..] else { panic!("three rows") };
    assert_eq!((debit.amount.minor, debit.amount_text.as_str()), (-1_000, "10.00"));
    assert_eq!(
        (debit.booking_date, debit.value_date),
        (day("2026-01-05"), Some(day("2026-01-06")))
    );
    assert_eq!(debit.bank_reference.as_deref(), Some("tx-1"));
    assert_eq!(debit.counterparty.as_deref(), Some("Invented Windows Ltd"));
    assert_eq!(debit.counterparty_identifier.as_deref(), Some("08080021325698"));
    assert_eq!(debit.counterparty_servicer.as_deref(), Some("BARCGB22"));
    assert_eq!(
        (debit.reference.as_deref(), debit.bank_type.as_deref()),
        (Some("REF 7"), Some("FPO"))
    );
    // What has no place of its own is kept, with the bank's own digits.
    let rest = debit.unmapped.as_deref().expect("a rest");
    for kept in ["\"Depth\":1.10", "DomesticCreditTransfer", "Immutable", "0002"] {
        assert!(rest.contains(kept), "{kept}: {rest}");
    }
    assert_eq!(pending.state, RowState::Pending);
    assert_eq!(pending.counterparty.as_deref(), Some("MERCADO"));
    let original = pending.original_amount.expect("an original amount");
    assert_eq!((original.minor, original.currency.to_string().as_str()), (-2_691, "EUR"));
    // Half past midnight in London, on a summer's day.
    assert_eq!((credit.booking_date, credit.amount.minor), (day("2026-07-01"), 105_600));
    assert_eq!(credit.counterparty.as_deref(), Some("Żółć & Söhne 株式会社"));
    let expected = [
        (3, "Amount has a sign, beside CreditDebitIndicator"),
        (4, "CreditDebitIndicator is neither Credit nor Debit"),
        (5, "the bank rejected this transaction: no money moved"),
        (6, "Status is a word this program does not know"),
        (7, "BookingDateTime is missing"),
        (8, "the row is no object, or a member is there twice"),
    ];
    assert_eq!(reasons(&page.quarantined), expected);
    let next = page.continuation.expect("a next page");
    assert!(next.ends_with("/accounts/22289/transactions?page=00000032"), "{next}");
}

#[test]
fn amounts_are_exact_or_set_apart() {
    let amount = |text: &str, currency: &str| {
        let changes = json!({ "Amount": { "Amount": text, "Currency": currency } });
        let page = read_page(&rows(&[row(&changes)])).expect("a page");
        page.transactions.first().map(|row| row.amount.minor)
    };
    let table = [
        ("1056", "GBP", Some(-105_600)),
        ("5768.2", "GBP", Some(-576_820)),
        ("0.00", "GBP", Some(0)),
        ("1500", "JPY", Some(-1_500)),
        ("1.234", "KWD", Some(-1_234)),
        ("-0.00", "GBP", None),
        ("1.00001", "GBP", None),
        ("1,000.00", "GBP", None),
        ("1e3", "GBP", None),
        ("NaN", "GBP", None),
        ("", "GBP", None),
        ("1.00", "XX", None),
        ("999999999999999999999999999999", "GBP", None),
    ];
    for (text, currency, minor) in table {
        assert_eq!(amount(text, currency), minor, "{text} {currency}");
    }
}

#[test]
fn moments_stand_for_days_in_the_banks_zone() {
    let booked = |text: &str| {
        let page = read_page(&rows(&[row(&json!({ "BookingDateTime": text }))])).expect("a page");
        page.transactions.first().map(|row| row.booking_date.to_string())
    };
    let table = [
        ("2026-01-05T00:00:00+00:00", Some("2026-01-05")),
        ("2026-01-05T00:00:00", Some("2026-01-05")),
        ("2026-01-05", Some("2026-01-05")),
        // The clocks went forward at one in the morning of 29 March.
        ("2026-03-29T00:59:59Z", Some("2026-03-29")),
        ("2026-03-28T23:59:59Z", Some("2026-03-28")),
        ("2026-03-29T23:30:00Z", Some("2026-03-30")),
        ("2026-10-24T23:30:00Z", Some("2026-10-25")),
        ("2026-10-25T23:30:00Z", Some("2026-10-25")),
        ("2026-07-01T00:00:00+01:00", Some("2026-07-01")),
        ("yesterday", None),
        ("2026-02-30T00:00:00Z", None),
    ];
    for (text, expected) in table {
        assert_eq!(booked(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn a_missing_list_is_empty_and_a_body_that_is_none_is_an_error() {
    let count =
        |body: &str| read_page(&answer(200, body.to_owned())).map(|page| page.transactions.len());
    assert_eq!(count(r#"{"Data":{"Transaction":[]}}"#), Ok(0));
    assert_eq!(count(r#"{"Data":{}}"#), Ok(0));
    assert_eq!(count("\u{feff}{\"Data\":{}}"), Ok(0), "a byte order mark");
    let unreadable = Err(BankError::Unreadable { what: "page of transactions" });
    let bodies = [
        "",
        "<html>maintenance</html>",
        "[]",
        "{}",
        r#"{"Data":{"Transaction":{"a":1}}}"#,
        "\u{0}",
    ];
    for body in bodies {
        assert_eq!(count(body), unreadable, "{body:?}");
    }
    assert!(read_page(&answer(200, vec![0xff, 0xfe])).is_err(), "no UTF-8");
    let deep = "[".repeat(10_000);
    assert!(count(&format!("{{\"Data\":{deep}")).is_err(), "nested without end");
    let long: Vec<Value> =
        (0..1_200).map(|number| row(&json!({ "TransactionId": number }))).collect();
    assert_eq!(read_page(&rows(&long)).expect("a page").transactions.len(), 1_200);
}

#[test]
fn refusals_are_told_apart() {
    let error = |code: &str| {
        format!(r#"{{"Code":"4xx","Errors":[{{"ErrorCode":"{code}","Message":"m"}}]}}"#)
    };
    let refused = |status, code: &str| BankError::Refused { status, code: code.to_owned() };
    let table = [
        (401, String::new(), BankError::TokenExpired),
        (403, error("UK.OBIE.Reauthenticate"), BankError::TokenExpired),
        (403, error("U028"), BankError::TokenExpired),
        (403, error("UK.OBIE.Resource.InvalidConsentStatus"), BankError::ConsentEnded),
        (400, error("U009"), BankError::ConsentEnded),
        (
            403,
            error("UK.OBIE.Resource.ConsentMismatch"),
            refused(403, "UK.OBIE.Resource.ConsentMismatch"),
        ),
        (400, error("UK.OBIE.Resource.NotFound"), refused(400, "UK.OBIE.Resource.NotFound")),
        (400, "[]".to_owned(), refused(400, "none")),
        (500, "<html>".to_owned(), refused(500, "none")),
        (503, r#"{"Code":"503 Busy"}"#.to_owned(), refused(503, "503_Busy")),
        (302, String::new(), refused(302, "none")),
    ];
    for (status, body, expected) in table {
        assert_eq!(read_page(&answer(status, body.clone())), Err(expected), "{status} {body}");
    }
    let mut limited = answer(429, "");
    assert_eq!(read_page(&limited), Err(BankError::RateLimited { retry_after: None }));
    limited.retry_after = Some(Duration::from_secs(60));
    let retry_after = Some(Duration::from_secs(60));
    assert_eq!(read_page(&limited), Err(BankError::RateLimited { retry_after }));
    // A consent that is not there any more is gone, which is what was asked for.
    assert_eq!(V4.read_deleted(&answer(204, "")), Ok(()));
    assert_eq!(V4.read_deleted(&answer(400, error("UK.OBIE.Resource.NotFound"))), Ok(()));
    assert!(V4.read_deleted(&answer(400, error("UK.OBIE.Field.Invalid"))).is_err());
}

#[test]
fn the_words_of_a_consent_are_those_of_both_versions() {
    let status = |word: &str| {
        let body = json!({ "Data": { "ConsentId": "c-1", "Status": word,
            "ExpirationDateTime": "2026-12-31T00:00:00+00:00",
            "TransactionFromDateTime": "2024-01-05T00:00:00+00:00" } });
        V3.read_consent(&bank(), "c-1", &answer(200, body.to_string())).expect("a consent")
    };
    let table = [
        ("AwaitingAuthorisation", ConsentStatus::Unauthorized),
        ("AWAU", ConsentStatus::Unauthorized),
        ("Authorised", ConsentStatus::Authorized),
        ("AUTH", ConsentStatus::Authorized),
        ("Rejected", ConsentStatus::Rejected),
        ("RJCT", ConsentStatus::Rejected),
        ("Revoked", ConsentStatus::Revoked),
        ("CANC", ConsentStatus::Revoked),
        ("EXPD", ConsentStatus::Expired),
        ("authorised", ConsentStatus::Other),
    ];
    for (word, expected) in table {
        assert_eq!(status(word).status, expected, "{word}");
    }
    assert_eq!(status("AUTH").history_from, Some(day("2024-01-05")));
    assert!(
        V3.read_created(&bank(), &answer(201, r#"{"Data":{"Status":"AWAU"}}"#)).is_err(),
        "no ConsentId"
    );
}
