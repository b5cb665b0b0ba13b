//! Window after window.

use super::*;

#[test]
fn twins_are_two_and_stay_two() {
    let coffee = row(None, 3, -350, "KAHVILA");
    let mut history = History::default();
    let window = [coffee.clone(), coffee, row(None, 50, 100, "x")];
    assert_eq!(kinds(&history.whole(&window)), ["recorded", "recorded", "recorded"]);
    assert_eq!(history.whole(&window), []);
    assert_eq!(history.counted(), 3);
}

#[test]
fn a_rewritten_text_is_the_same_row_where_references_hold() {
    let mut history = History::default();
    let others: Vec<_> =
        (0..8).map(|n| row(Some(&format!("R{n}")), 5 + n, -100 - n, "x")).collect();
    let with = |text| [&others[..], &[row(Some("A1"), 3, -350, text)]].concat();
    history.whole(&with("KAHVILA"));
    assert_eq!(kinds(&history.whole(&with("CAFE OY HELSINKI"))), ["amended"]);
    assert_eq!(history.whole(&with("CAFE OY HELSINKI")), []);
}

#[test]
fn what_is_missing_twice_is_withdrawn_and_may_return() {
    let mut history = History::default();
    let (all, less) =
        ([row(None, 1, 1, "a"), row(None, 20, 5, "b"), row(None, 21, 6, "c")], [0, 2]);
    let less: Vec<_> = less.iter().map(|place: &usize| all[*place].clone()).collect();
    history.whole(&all);
    assert_eq!(history.read(1, 90, false, &less), [], "a part of a window misses nothing");
    assert_eq!(kinds(&history.whole(&less)), ["missed"]);
    assert_eq!(kinds(&history.whole(&less)), ["withdrawn"]);
    assert_eq!(history.whole(&less), []);
    assert_eq!(kinds(&history.whole(&all)), ["returned"]);
    assert_eq!(history.counted(), 3);
}

fn counterparty(mut row: ObservedTransaction, name: &str) -> ObservedTransaction {
    row.counterparty = Some(name.to_owned());
    row
}

/// Rows that keep a window from being empty and prove its references.
fn settled_rows() -> Vec<ObservedTransaction> {
    (0..8).map(|n| row(Some(&format!("R{n}")), 1 + n, -10_000 - n, &format!("rent {n}"))).collect()
}

fn with(more: &[ObservedTransaction]) -> Vec<ObservedTransaction> {
    [&settled_rows()[..], more].concat()
}

#[test]
fn a_pending_row_is_booked_with_another_day_text_and_amount() {
    let mut history = History::default();
    history.whole(&with(&[pending(20, -5_000, "NESTE ESPOO")]));
    let booked = row(Some("B1"), 22, -4_750, "NESTE ESPOO KORTTIOSTO");
    assert_eq!(kinds(&history.whole(&with(std::slice::from_ref(&booked)))), ["settled"]);
    assert_eq!(history.whole(&with(&[booked])), []);
    assert_eq!(history.counted(), 9);
    let rent: i64 = settled_rows().iter().map(|row| row.amount.minor).sum();
    assert_eq!(history.sum(), rent - 4_750);
}

#[test]
fn of_two_pending_rows_each_is_booked_for_its_own_amount() {
    let mut history = History::default();
    let waiting = [pending(20, -1_000, "SHOP A"), pending(20, -1_100, "SHOP A")];
    history.whole(&with(&waiting));
    let booked = [row(Some("B2"), 21, -1_100, "SHOP A"), row(Some("B1"), 21, -1_000, "SHOP A")];
    assert_eq!(kinds(&history.whole(&with(&booked))), ["settled", "settled"]);
    assert_eq!(history.counted(), 10);
    let minors: Vec<_> =
        history.known.rows()[8..].iter().map(|row| row.observed.amount.minor).collect();
    let was: Vec<_> =
        history.known.rows()[8..].iter().map(|row| row.match_key.contains("10.00")).collect();
    assert_eq!(minors.iter().map(|minor| *minor == -1_000).collect::<Vec<_>>(), was);
}

#[test]
fn of_equal_purchases_booked_on_other_days_nobody_knows_which_is_which() {
    let mut history = History::default();
    let shop = |on| counterparty(pending(on, -350, "x"), "KAHVILA");
    let booked = |on, name| counterparty(row(Some(name), on, -350, "y"), "KAHVILA");
    history.whole(&with(&[shop(20), shop(21)]));
    let events = history.whole(&with(&[booked(21, "B1"), booked(22, "B2")]));
    assert_eq!(kinds(&events), ["doubted", "doubted"]);
    assert_eq!(history.counted(), 10, "each is counted once meanwhile");
    let later = [booked(21, "B1"), booked(22, "B2"), row(Some("Z"), 60, -1, "z")];
    assert_eq!(kinds(&history.whole(&with(&later))), ["recorded"], "what waits is not withdrawn");
    assert_eq!(history.counted(), 11);
}

#[test]
fn a_pending_row_that_never_books_is_withdrawn() {
    let mut history = History::default();
    history.whole(&with(&[pending(20, -5_000, "HOTEL")]));
    let later = with(&[row(Some("Z"), 40, -1, "z")]);
    assert_eq!(kinds(&history.read(1, 45, true, &later)), ["recorded", "missed"]);
    assert_eq!(kinds(&history.read(1, 45, true, &later)), ["withdrawn"]);
    let booked = with(&[row(Some("Z"), 40, -1, "z"), row(Some("H"), 23, -5_000, "HOTEL OY")]);
    assert_eq!(kinds(&history.read(1, 45, true, &booked)), ["returned", "settled"]);
    assert_eq!(history.read(1, 45, true, &booked), []);
    assert_eq!(history.counted(), 10);
}

#[test]
fn positional_references_are_not_believed() {
    let mut history = History::default();
    let shop = |position: usize, on: i64| row(Some(&format!("{position}")), on, -100 * on, "shop");
    let first: Vec<_> = (1..9).map(|on| shop(on as usize, on)).collect();
    history.whole(&first);
    let mut second: Vec<_> = (1..9).map(|on| shop(on as usize + 1, on)).collect();
    second.push(row(Some("1"), 9, -77, "new"));
    // At a bank of which nothing is known yet that is a change of all names.
    let first = kinds(&history.whole(&second));
    assert_eq!(first.iter().filter(|kind| **kind == "recorded").count(), 1, "{first:?}");
    assert!(first.iter().all(|kind| ["recorded", "amended"].contains(kind)), "{first:?}");
    assert_eq!(history.whole(&second), []);
}

#[test]
fn a_reference_used_again_months_later_is_another_transaction() {
    let mut history = History::default();
    history.whole(&with(&[row(Some("A"), 1, -500, "gym")]));
    history.whole(&with(&[row(Some("A"), 1, -500, "gym")]));
    let events = history.read(60, 90, true, &[row(Some("A"), 80, -720, "garage")]);
    assert_eq!(kinds(&events), ["recorded"]);
    assert_eq!(history.counted(), 10);
}

#[test]
fn an_echo_is_held_until_a_person_or_the_balance_tells() {
    let coffee = |name| row(Some(name), 20, -350, "KAHVILA");
    let usual = ObservedTransaction { booking_date: day(12), ..coffee("E") };
    let both = with(&[coffee("A"), coffee("B"), usual]);
    let mut twins = History::default();
    assert!(kinds(&twins.whole(&both)).contains(&"doubted"));
    assert_eq!(twins.whole(&both), [], "two references that stay may still be one transaction");
    assert_eq!(twins.counted(), 10);

    let mut echoed = History::default();
    let eur = |minor| Some(Money::new(minor, Currency::EUR));
    let sum: i64 = both.iter().skip(1).map(|row| row.amount.minor).sum();
    echoed.balances = Balances { before: eur(0), now: eur(sum + both[0].amount.minor + 350) };
    let mut unproven = echoed.clone();
    assert!(!kinds(&unproven.whole(&both)).contains(&"resolved"), "a balance may be days old");
    echoed.habits.balance_held = 12;
    let mut old = echoed.clone();
    let held = old.whole(&both);
    assert!(!kinds(&held).contains(&"resolved"), "the balance before may hold rows so old");
    let events = echoed.read(1, 30, true, &both);
    assert_eq!(kinds(&events[events.len() - 2..]), ["doubted", "resolved"]);
    assert_eq!(echoed.counted(), 10);
    echoed.balances = Balances { before: echoed.balances.now, now: echoed.balances.now };
    assert_eq!(echoed.read(1, 30, true, &both), []);
}

#[test]
fn a_corrected_row_stays_the_same_transaction() {
    let mut history = History::default();
    let shop = |text| row(None, 20, -2_345, text);
    let end = row(None, 40, -1, "z");
    history.whole(&[shop("K-MARKET KAMPPI 1234"), end.clone(), row(None, 2, -7, "a")]);
    let second = [shop("K-MARKET KAMPPI HELSINKI"), end, row(None, 2, -7, "a")];
    assert_eq!(kinds(&history.whole(&second)), ["amended"]);
    assert_eq!(history.counted(), 3);
}

#[test]
fn an_empty_or_short_answer_takes_nothing_away() {
    let mut history = History::default();
    history.whole(&settled_rows());
    for _ in 0..3 {
        assert_eq!(history.whole(&[]), []);
        assert_eq!(history.whole(&settled_rows()[6..]), [], "the bank goes back less far now");
    }
    assert_eq!(history.counted(), 8);
}

#[test]
fn parted_readings_are_not_joined_again() {
    let mut history = History::default();
    let waiting = pending(20, -5_000, "HOTEL");
    history.whole(&with(std::slice::from_ref(&waiting)));
    let booked = with(&[row(Some("H"), 22, -5_000, "HOTEL")]);
    let events = history.whole(&booked);
    let [joining @ AccountEvent::TransactionSettled(settled)] = events.as_slice() else {
        panic!("one settled: {events:?}")
    };
    let joining = review::Joining {
        position: 7,
        event: joining,
        before: Some(&waiting),
        may_be: &[],
        evidence: &settled.evidence,
    };
    let parted = review::part(history.known.rows(), &joining, identify).expect("parted");
    parted.iter().for_each(|event| history.known.apply(event));
    assert_eq!(history.counted(), 9, "what counted before the booking, and nothing else");
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
    assert_eq!(history.whole(&booked), [], "whatever is read, it waits for the person's word");
    let AccountEvent::TransactionsParted(parted) = &parted[0] else { panic!("parted") };
    let separate = crate::transaction::Verdict::Separate;
    let said = review::resolve(history.known.rows(), parted.other, separate).expect("a doubt");
    said.iter().for_each(|event| history.known.apply(event));
    assert_eq!(history.counted(), 10);
    assert_eq!(kinds(&history.whole(&booked)), ["missed"], "the announcement, now alone");
    let moved = with(&[row(Some("H"), 23, -5_000, "HOTEL")]);
    assert_eq!(kinds(&history.whole(&moved)), ["amended", "withdrawn"]);
    assert_eq!(history.counted(), 9);
}

#[test]
fn undoing_a_verdict_leaves_what_was_before_it() {
    let mut history = History::default();
    let coffees = [pending(20, -350, "ROBERTS"), pending(20, -350, "ROBERTS")];
    history.whole(&with(&coffees));
    let shown =
        with(&[row(Some("R"), 20, -350, "ROBERTS"), coffees[0].clone(), coffees[1].clone()]);
    history.whole(&shown);
    let doubts = history.standing(Standing::Doubted);
    let [doubt] = doubts.as_slice() else { panic!("one in doubt: {doubts:?}") };
    let doubt = KnownRow::clone(doubt);
    let before = history.known.clone();
    let taken_for = doubt.may_be[0];
    let was = before.get(taken_for).expect("known").observed.clone();
    let verdict = crate::transaction::Verdict::SameAs { transaction_id: taken_for };
    let resolved = review::resolve(before.rows(), doubt.transaction_id, verdict).expect("a doubt");
    history.known.apply(&resolved[0]);
    let booked = &history.known.get(taken_for).expect("known").observed;
    assert_eq!(booked.state, RowState::Booked, "a person says what it became");
    let evidence = Evidence {
        fetch_id: FetchId(Uuid::nil()),
        answer: 0,
        row: 0,
        received_at: DateTime::UNIX_EPOCH,
    };
    let joining = review::Joining {
        position: 9,
        event: &resolved[0],
        before: Some(&was),
        may_be: &doubt.may_be,
        evidence: &evidence,
    };
    let undone = review::part(history.known.rows(), &joining, identify).expect("undone");
    undone.iter().for_each(|event| history.known.apply(event));
    for now in history.known.rows() {
        let then = before.get(now.transaction_id).expect("nothing is new");
        let parts = |row: &KnownRow| {
            (row.observed.clone(), row.standing, row.may_be.clone(), row.same_as, row.became)
        };
        assert_eq!((parts(now), &now.apart_from), (parts(then), &then.apart_from));
    }
}

#[test]
fn what_a_pending_row_became_leaves_room_for_no_second_row() {
    let mut history = History::default();
    let waiting = || pending(20, -350, "ROBERTS");
    history.whole(&with(&[waiting(), waiting()]));
    let one = row(Some("R1"), 20, -350, "ROBERTS");
    history.whole(&with(&[one.clone(), waiting(), waiting()]));
    let doubts = history.standing(Standing::Doubted);
    let [doubt] = doubts.as_slice() else { panic!("one in doubt: {doubts:?}") };
    let (id, of) = (doubt.transaction_id, doubt.may_be[0]);
    let verdict = crate::transaction::Verdict::SameAs { transaction_id: of };
    let events = review::resolve(history.known.rows(), id, verdict).expect("a doubt");
    events.iter().for_each(|event| history.known.apply(event));
    // The other one is booked, too: its row is not the reading of the first.
    history.whole(&with(&[one, row(Some("R2"), 20, -350, "ROBERTS")]));
    let counts = |row: &&KnownRow| row.observed.amount.minor == -350;
    let counted = history.standing(Standing::Counted).into_iter().filter(counts);
    assert!(counted.clone().all(|row| row.observed.state == RowState::Booked));
    assert_eq!(counted.count(), 2);
}

#[test]
fn equal_rows_of_one_day_that_were_paid_on_two_are_told_apart() {
    let mut history = History::default();
    let paid = |on: i64, mut row: ObservedTransaction| {
        row.payment_date = Some(day(on));
        row
    };
    let waiting = |on| paid(on, pending(on, -350, "ROBERTS"));
    history.whole(&with(&[waiting(20), waiting(23)]));
    let booked = |on| paid(on, row(None, 24, -350, "ROBERTS"));
    let events = history.whole(&with(&[booked(20), booked(23)]));
    assert!(!kinds(&events).contains(&"recorded"), "{events:?}");
    assert_eq!(history.counted(), 10);
}

#[test]
fn a_transaction_out_of_sight_is_not_what_a_reading_of_it_says() {
    let mut history = History::default();
    let rent = |on| row(None, on, -83_417, "ASUNTO OY");
    history.whole(&with(&[rent(2), rent(32)]));
    let ids: Vec<_> = [2, 32]
        .iter()
        .map(|on| {
            let known = history.known.rows().iter();
            let mut known = known.filter(|row| row.observed == rent(*on));
            known.next().expect("recorded").transaction_id
        })
        .collect();
    let merged = review::merge(history.known.rows(), ids[0], ids[1]).expect("merged");
    merged.iter().for_each(|event| history.known.apply(event));
    let events = history.read(25, 90, true, &[rent(32), row(None, 60, -7, "a")]);
    assert!(!kinds(&events).contains(&"amended"), "{events:?}");
    assert_eq!(history.known.get(ids[0]).expect("known").observed, rent(2));
}

#[test]
fn what_is_unusual_and_there_twice_waits_for_the_person() {
    let mut history = History::default();
    let rent = |name| row(Some(name), 20, -83_417, "ASUNTO OY");
    let both = with(&[rent("A"), rent("B")]);
    history.whole(&both);
    assert_eq!(history.whole(&both), [], "references that hold do not tell");
    assert_eq!(history.standing(Standing::Doubted).len(), 1);
    let doubted = history.standing(Standing::Doubted)[0].transaction_id;
    let verdict = crate::transaction::Verdict::Separate;
    let events = review::resolve(history.known.rows(), doubted, verdict).expect("a doubt");
    events.iter().for_each(|event| history.known.apply(event));
    assert_eq!((history.whole(&both), history.counted()), (vec![], 10));
}

#[test]
fn an_announcement_that_stays_beside_what_was_booked_is_one_transaction() {
    let mut history = History::default();
    let waiting = counterparty(pending(20, -2_345, "x"), "PRISMA");
    let booked = counterparty(row(Some("B1"), 20, -2_345, "y"), "PRISMA");
    history.habits.pending_stayed = 8;
    history.whole(&with(std::slice::from_ref(&waiting)));
    let both = with(&[booked.clone(), waiting]);
    assert_eq!(kinds(&history.whole(&both)), ["settled"], "nothing else of that amount is near");
    assert_eq!(history.whole(&both), [], "the announcement is known for what it is");
    assert_eq!(history.whole(&with(&[booked])), []);
    assert_eq!(history.counted(), 9);
}

#[test]
fn rows_of_one_day_that_are_numbered_anew_are_themselves() {
    let mut history = History::default();
    let first = row(Some("20-1"), 20, -15_457, "AMZN");
    history.whole(&with(std::slice::from_ref(&first)));
    let moved = ObservedTransaction { bank_reference: Some("20-2".to_owned()), ..first };
    let coffee = row(Some("20-1"), 20, -390, "KAHVILA");
    assert_eq!(kinds(&history.read(1, 20, true, &with(&[coffee, moved]))), ["recorded"]);
}

/// Both sides as large as years of an account; half of it equal rows.
#[test]
fn long_windows_cost_no_more_than_their_length() {
    let many: Vec<_> = (0..20_000_i64)
        .map(|n| match n % 2 {
            0 => row(None, n / 200, -350, "KAHVILA"),
            _ => row(Some(&format!("R{n}")), n / 200, -n, &format!("shop {n} HELSINKI")),
        })
        .collect();
    let mut history = History::default();
    history.read(-10, 400, true, &many);
    assert_eq!(history.counted(), many.len());
    let pending: Vec<_> = (0..10_000).map(|_| pending(300, -100, "equal")).collect();
    history.read(300, 400, true, &pending);
    let booked: Vec<_> = (0..10_000).map(|_| row(None, 301, -100, "equal, booked")).collect();
    let events = history.read(300, 400, true, &booked);
    assert!(events.iter().all(|event| event.name() == "account.transaction_settled"));
    assert_eq!((events.len(), history.counted()), (10_000, 30_000));
}

#[test]
fn a_promised_reference_tells_twins_apart_until_too_much_is_there_twice() {
    let promised = || {
        let habits = IdentifierHabits { reference_kept: 50, ..IdentifierHabits::default() };
        History { promised: true, habits, ..History::default() }
    };
    let other = |number: i64| {
        row(Some(&format!("O{number}")), 1 + number % 28, -1_000 - number * 37, "KAUPPA")
    };
    let rows: Vec<_> = (0..60).map(other).collect();
    let twin = [row(Some("T1"), 9, -7_777, "LAIVAMATKA"), row(Some("T2"), 9, -7_777, "LAIVAMATKA")];
    let mut history = promised();
    let kinds_of = kinds(&history.whole(&[&rows[..], &twin].concat()));
    assert!(!kinds_of.contains(&"doubted"), "{kinds_of:?}");
    assert_eq!(history.counted(), 62);
    let echoes = rows.iter().enumerate().map(|(number, row)| ObservedTransaction {
        bank_reference: Some(format!("E{number}")),
        ..row.clone()
    });
    let echoes: Vec<_> = echoes.collect();
    let mut history = promised();
    let kinds_of = kinds(&history.whole(&[rows, echoes].concat()));
    assert_eq!(kinds_of.iter().filter(|kind| **kind == "doubted").count(), 60, "{kinds_of:?}");
    assert_eq!(history.counted(), 60);
}
