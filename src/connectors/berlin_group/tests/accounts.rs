use super::*;

const ACCOUNTS: &str = include_str!("../fixtures/accounts.json");
const CARDS: &str = include_str!("../fixtures/card_accounts.json");
const BALANCES: &str = include_str!("../fixtures/balances.json");
const TRANSACTIONS: &str = include_str!("../fixtures/transactions.json");
const CARD_TRANSACTIONS: &str = include_str!("../fixtures/card_transactions.json");

#[test]
fn accounts_are_translated_and_odd_ones_set_apart() {
    let read = NORDVIK.read_accounts(&bank(), Endpoint::Accounts, &answer(200, ACCOUNTS));
    let read = read.expect("a list");
    let [salary, euros] = &read.accounts[..] else { panic!("two accounts: {read:?}") };
    assert_eq!((salary.bank_reference.as_str(), salary.kind), ("r-1001", AccountKind::Current));
    assert_eq!(salary.identifier, "SE4550000000058398257466", "without blanks");
    assert_eq!(salary.owner.as_deref(), Some("Ebba Lindqvist"));
    // One number, two currencies: two accounts.
    assert_eq!((euros.identifier.as_str(), euros.currency), (&*salary.identifier, Currency::EUR));
    assert_eq!(euros.kind, AccountKind::Savings);
    assert_eq!(euros.owner.as_deref(), Some("Ebba Lindqvist, Nils Lindqvist"));
    let balances: Vec<_> = (euros.balances.iter())
        .map(|one| (one.kind, one.amount.minor, one.amount_text.as_str()))
        .collect();
    // Without the books of the running day yesterday's close is what is booked.
    let expected =
        [(BalanceKind::Booked, 105_600, "1056"), (BalanceKind::Available, 100_050, "1000.5")];
    assert_eq!(balances, expected);
    let expected = [
        "the kind of the balance is unknown",
        "the balance is of another currency than the account",
        "the account is of several currencies, each with an account of its own",
        "the account is closed",
        "resourceId is missing or cannot be part of an address",
        "resourceId is missing or cannot be part of an address",
        "iban and bban are missing",
        "the row is no object, or a member is there twice",
    ];
    assert_eq!(reasons(&read.quarantined), expected);
    // A missing list is not an empty one.
    let list = |text: &str| NORDVIK.read_accounts(&bank(), Endpoint::Accounts, &answer(200, text));
    assert!(list("{}").is_err() && list("[]").is_err());
    assert_eq!(list(r#"{"accounts":[]}"#), Ok(ObservedAccounts::default()));
}

#[test]
fn cards_quote_debits_the_way_they_say() {
    let read =
        NORDVIK.read_accounts(&bank(), Endpoint::Cards, &answer(200, CARDS)).expect("a list");
    let [card] = &read.accounts[..] else { panic!("one card was expected") };
    let owed: Vec<_> = card.balances.iter().map(|one| (one.kind, one.amount.minor)).collect();
    assert_eq!(owed, [(BalanceKind::Booked, -123_450), (BalanceKind::Outstanding, -30_000)]);
    assert_eq!(reasons(&read.quarantined), ["maskedPan is missing"]);

    let read = read_page(AccountKind::Card, CARD_TRANSACTIONS).expect("a page");
    let [purchase, payment, pending] = &read.transactions[..] else { panic!("three rows") };
    assert_eq!((purchase.amount.minor, purchase.amount_text.as_str()), (-25_667, "256.67"));
    assert_eq!(purchase.original_amount, Some(Money::new(-2_350, Currency::EUR)));
    assert_eq!(purchase.text, "ICA SUPERMARKET HOGHA Vaxholm");
    assert_eq!(purchase.payment_date, Some(day(2026, 1, 2)));
    let rest = r#"{"cardAcceptorAddress":{"country":"SE"},"invoiced":false,"merchantCategoryCode":"5411"}"#;
    assert_eq!(purchase.unmapped.as_deref(), Some(rest));
    assert_eq!((payment.amount.minor, payment.original_amount), (50_000, None));
    assert_eq!((pending.state, pending.booking_date), (RowState::Pending, day(2026, 1, 4)));

    // The same list with the sign the other way, and with no word about it.
    let said =
        CARD_TRANSACTIONS.replace(r#""debitAccounting": true"#, r#""debitAccounting": false"#);
    let read = read_page(AccountKind::Card, &said).expect("a page");
    assert_eq!(read.transactions[0].amount.minor, 25_667);
    let silent = CARD_TRANSACTIONS.replace(r#""debitAccounting": true,"#, "");
    let refused = read_page(AccountKind::Card, &silent);
    assert_eq!(refused, Err(BankError::Unreadable { what: "debitAccounting" }));
    let known = changed(|bank| bank.cards_debit_positive = Some(true));
    let read = read_page_of(known, AccountKind::Card, &answer(200, &silent)).expect("a page");
    assert_eq!(read.transactions[0].amount.minor, -25_667);
}

#[test]
fn balances_are_read_by_their_type() {
    let account = shown(AccountKind::Current, "r-1001");
    let read = NORDVIK.read_balances(&bank(), &account, &answer(200, BALANCES)).expect("balances");
    let kinds: Vec<_> = read.balances.iter().map(|one| (one.kind, one.amount.minor)).collect();
    let expected = [
        (BalanceKind::Closing, 50_000),
        (BalanceKind::Booked, -150),
        (BalanceKind::Expected, -12_000),
    ];
    assert_eq!(kinds, expected);
    let expected = ["the amount is not a plain decimal number", "balanceType is missing"];
    assert_eq!(reasons(&read.quarantined), expected);
    assert!(NORDVIK.read_balances(&bank(), &account, &answer(200, "{}")).is_err());
}

#[test]
fn an_answer_about_another_account_is_not_believed() {
    let account = shown(AccountKind::Current, "r-1001");
    let another = |text: &str| text.replace("SE4550000000058398257466", "SE3550000000054910000003");
    let other = answer(200, &another(BALANCES));
    let refused = NORDVIK.read_balances(&bank(), &account, &other);
    assert_eq!(refused, Err(BankError::NotCovered { what: "balances" }));
    let refused = read_page(AccountKind::Current, &another(TRANSACTIONS));
    assert_eq!(refused, Err(BankError::NotCovered { what: "page of transactions" }));
    // The same number as the bank's own spelling has it, and none at all.
    let spelt = TRANSACTIONS.replace("SE4550000000058398257466", "SE45 5000 0000 0583 9825 7466");
    let page = read_page(AccountKind::Current, &spelt).expect("a page");
    assert!(!page.transactions.is_empty());
    let unnamed = TRANSACTIONS.replace("\"account\": { \"iban\"", "\"account\": { \"msisdn\"");
    assert_eq!(read_page(AccountKind::Current, &unnamed), Ok(page));
}

#[test]
fn transactions_are_translated_and_odd_ones_set_apart() {
    let read = read_page(AccountKind::Current, TRANSACTIONS).expect("a page");
    let [bill, salary, unsigned, pending] = &read.transactions[..] else {
        panic!("four: {read:?}")
    };
    assert_eq!((bill.amount.minor, bill.amount_text.as_str()), (-150, "-1.50"));
    assert_eq!(bill.bank_reference.as_deref(), Some("e-1"));
    assert_eq!(bill.bank_identifier.as_deref(), Some("t-1"));
    assert_eq!((bill.booking_date, bill.value_date), (day(2026, 1, 5), Some(day(2026, 1, 6))));
    assert_eq!(bill.counterparty.as_deref(), Some("Blåbärs AB"));
    assert_eq!(bill.counterparty_identifier.as_deref(), Some("SE3550000000054910000003"));
    assert_eq!(bill.counterparty_servicer.as_deref(), Some("ESSESESS"));
    assert_eq!(bill.reference.as_deref(), Some("RF18539007547034"));
    assert_eq!(bill.bank_type.as_deref(), Some("PMNT-ICDT-STDO"));
    let rest = r#"{"creditorAccount":{"currency":"SEK"},"debtorName":"Ebba Lindqvist","endToEndId":"E2E-1","nyttFält":{ "exakt": 1.0000000000000000000001 }}"#;
    assert_eq!(bill.unmapped.as_deref(), Some(rest), "every digit of the bank is kept");
    assert_eq!((salary.amount.minor, salary.text.as_str()), (576_820, "Lön januari"));
    assert_eq!(salary.counterparty.as_deref(), Some("Arbetsgivaren AB"));
    assert_eq!(salary.reference.as_deref(), Some("12344"));
    // The sign decides, whichever side the bank names.
    assert_eq!((unsigned.amount.minor, unsigned.counterparty.as_deref()), (105_600, None));
    assert_eq!((pending.state, pending.booking_date), (RowState::Pending, day(2026, 1, 7)));
    let expected = [
        "bookingDate is missing",
        "bookingDate is no date",
        "the amount is a negative zero",
        "the amount has more decimals than its currency",
        "the amount is of another currency than the account",
        "transactionAmount has no currency",
        "the row is no object, or a member is there twice",
        "the row bears no day",
    ];
    assert_eq!(reasons(&read.quarantined), expected);
    let next = page_of(&NORDVIK, AccountKind::Current, "r-1001", read.continuation.as_deref());
    let url = next.expect("a request").url;
    let expected = "/psd2/v1/accounts/r-1001/transactions?bookingStatus=both&page=2";
    assert_eq!(url, format!("https://api.nordvik.example{expected}"));
}

#[test]
fn scales_follow_the_currency() {
    for (code, text, minor) in
        [("JPY", "1200", 1200), ("KWD", "1.234", 1234), ("SEK", "7.10000", 710)]
    {
        let currency = Currency::parse(code).expect("a currency");
        let account = ObservedAccount { currency, ..shown(AccountKind::Current, "r-1001") };
        let rows = json!({ "transactions": { "pending": [], "booked": [{ "bookingDate": "2026-01-05",
            "transactionAmount": { "currency": code, "amount": text } }] } });
        let request = page_of(&NORDVIK, AccountKind::Current, "r-1001", None).expect("a request");
        let read = NORDVIK.read_page(&bank(), &request, &account, &answer(200, &rows.to_string()));
        assert_eq!(read.expect("a page").transactions[0].amount, Money::new(minor, currency));
    }
}

#[test]
fn a_missing_list_is_not_an_empty_one() {
    let read = |standard, text: &str| {
        let read =
            read_page_of(standard, AccountKind::Current, &answer(200, text)).expect("a page");
        (read.transactions.len(), reasons(&read.quarantined).len())
    };
    assert_eq!(read(&NORDVIK, r#"{"transactions":{"booked":[],"pending":[]}}"#), (0, 0));
    assert_eq!(read(&NORDVIK, r#"{"transactions":{"booked":[]}}"#), (0, 1));
    assert_eq!(read(&NORDVIK, r#"{"transactions":{}}"#), (0, 2));
    let booked_only = changed(|bank| bank.booking_status = BookingStatus::Booked);
    assert_eq!(read(booked_only, r#"{"transactions":{"booked":[]}}"#), (0, 0));
    let request = page_of(booked_only, AccountKind::Current, "r-1001", None).expect("a request");
    assert!(request.url.contains("bookingStatus=booked&"), "{}", request.url);
}

#[test]
fn a_statement_or_a_file_is_named_for_what_it_is() {
    let mut camt = answer(200, "<Document/>");
    camt.content_type = Some("application/xml".to_owned());
    let refused = read_page_of(&NORDVIK, AccountKind::Current, &camt);
    let what = "statement file, where a list in JSON was asked for";
    assert_eq!(refused, Err(BankError::Unreadable { what }));
    let file = r#"{"_links":{"download":{"href":"/v1/x"}}}"#;
    let what = "link to a file, where a list was asked for";
    assert_eq!(read_page(AccountKind::Current, file), Err(BankError::Unreadable { what }));
}

#[test]
fn a_link_never_leads_away() {
    // N57: other hosts, other ports, other schemes, other paths, credentials.
    let links = [
        "https://evil.example/psd2/v1/accounts/r-1001/transactions",
        "//evil.example/psd2/v1/accounts/r-1001/transactions",
        "https://127.0.0.1/psd2/v1/accounts/r-1001/transactions",
        "https://api.nordvik.example:8443/psd2/v1/accounts/r-1001/transactions",
        "http://api.nordvik.example/psd2/v1/accounts/r-1001/transactions",
        "https://u:p@api.nordvik.example/psd2/v1/accounts/r-1001/transactions",
        "file:///etc/passwd",
        "/psd2/v1/accounts/r-1002/transactions",
        "/v1/accounts/r-1001/../r-1002/transactions",
        "javascript:alert(1)",
    ];
    for link in links {
        let body = json!({ "transactions": { "booked": [], "pending": [],
            "_links": { "next": { "href": link } } } });
        let refused = read_page(AccountKind::Current, &body.to_string());
        assert_eq!(refused, Err(BankError::Unreadable { what: "link to the next page" }), "{link}");
        let asked = page_of(&NORDVIK, AccountKind::Current, "r-1001", Some(link));
        assert!(matches!(asked, Err(BankError::NotSent { .. })), "{link}");
    }
}

#[test]
fn only_new_rows_are_asked_for_where_the_bank_offers_that() {
    let (client, account) = (client(), shown(AccountKind::Current, "r-1001"));
    let days = Some(Days { from: day(2025, 10, 8), to: day(2026, 1, 5) });
    let url = |delta, after| {
        let standard = changed(|bank| bank.delta = delta);
        let wish = PageWish { account: &account, days, continuation: None, after };
        let request = standard.page(&standard.bank(), &caller(&client), &permit(), &wish);
        let url = request.expect("a request").url;
        url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
    };
    let whole = "bookingStatus=both&dateFrom=2025-10-08&dateTo=2026-01-05";
    assert_eq!(url(Delta::None, Some("e-1")), whole);
    assert_eq!(url(Delta::EntryReference, None), whole);
    let tail = "bookingStatus=both&entryReferenceFrom=e%261";
    assert_eq!(url(Delta::EntryReference, Some("e&1")), tail);
    assert_eq!(url(Delta::List, Some("e-1")), "bookingStatus=both&deltaList=true");
}

#[test]
fn the_person_is_named_only_when_there() {
    // N72, and an address the standard's schema does not take.
    let client = client();
    let table = [
        (None, None),
        (Some("192.0.2.7"), Some("192.0.2.7")),
        (Some("::ffff:192.0.2.7"), Some("192.0.2.7")),
        (Some("2001:db8::7"), None),
    ];
    for (from, expected) in table {
        let caller = Caller { attended: from.map(present), ..caller(&client) };
        let lists = NORDVIK.list_accounts(&bank(), &caller, &permit()).expect("requests");
        let endpoints: Vec<_> = lists.iter().map(|request| request.endpoint).collect();
        assert_eq!(endpoints, [Endpoint::Accounts, Endpoint::Cards]);
        for request in lists {
            assert_eq!(request.header_value("psu-ip-address"), expected, "{from:?}");
            assert_eq!(request.header_value("psu-user-agent").is_some(), expected.is_some());
            // What is not told the bank is not claimed here: the call counts as one without the person.
            assert_eq!(request.attended.is_some(), expected.is_some(), "{from:?}");
            assert_eq!(request.header_value("consent-id"), Some("c-1"));
        }
    }
    let six = changed(|bank| bank.ipv6 = true);
    let caller = Caller { attended: Some(present("2001:db8::7")), ..caller(&client) };
    let lists = six.list_accounts(&six.bank(), &caller, &permit()).expect("requests");
    assert_eq!(lists[0].header_value("psu-ip-address"), Some("2001:db8::7"));
}

#[test]
fn an_answer_that_is_no_page_is_a_typed_error() {
    // N55, and a byte order mark, which some gateways write.
    let deep = "[".repeat(10_000);
    let bodies: Vec<Vec<u8>> = vec![
        b"<html>".to_vec(),
        b"{\"transactions\":\"\xff\"}".to_vec(),
        deep.clone().into_bytes(),
        b"{\"transactions\":{},\"transactions\":{}}".to_vec(),
        b"".to_vec(),
    ];
    for body in bodies {
        let answer = BankAnswer::replayed(200, body.clone(), noon());
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let read = read_page_of(&NORDVIK, AccountKind::Current, &answer);
        assert!(matches!(read, Err(BankError::Unreadable { .. })), "{shown} {read:?}");
        assert!(NORDVIK.read_accounts(&bank(), Endpoint::Accounts, &answer).is_err(), "{shown}");
    }
    let marked = format!("\u{feff}{TRANSACTIONS}");
    assert_eq!(read_page(AccountKind::Current, &marked).expect("a page").transactions.len(), 4);
}

#[test]
fn a_thousand_rows_and_more_are_read() {
    let row = json!({ "bookingDate": "2026-01-05",
                      "transactionAmount": { "currency": "SEK", "amount": "-1" } });
    let rows = vec![row; 2_500];
    let body = json!({ "transactions": { "booked": rows, "pending": [] } }).to_string();
    assert_eq!(read_page(AccountKind::Current, &body).expect("a page").transactions.len(), 2_500);
}

#[test]
fn a_bank_s_own_way_can_be_put_right_before_a_row_is_read() {
    // Data cannot say that a bank writes the amount under another name.
    let amended = changed(|bank| {
        bank.amend_row = Some(|row| {
            let amount = row.take_row("amount");
            row.put_back("transactionAmount", &amount);
        });
    });
    let body = r#"{"transactions":{"pending":[],"booked":[{"bookingDate":"2026-01-05",
        "amount":{"currency":"SEK","amount":"-3.5"}}]}}"#;
    let read = read_page_of(amended, AccountKind::Current, &answer(200, body)).expect("a page");
    assert_eq!(read.transactions[0].amount.minor, -350);
}
