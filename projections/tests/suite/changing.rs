//! What becomes of a transaction after it was recorded.

use domain::account::AccountEvent;
use domain::observed::{Evidence, ObservedTransaction, RowState};
use domain::redecide::{Change, HistoryRedecided, Redecided, Restated, Stand};
use domain::transaction::{
    Amended, BalanceProof, Candidate, Categorised, Decision, DoubtResolved, Doubted,
    IdentifierHabits, KnownRow, Merged, Missed, Noted, Parted, Reason, Returned, Settled, Split,
    SplitPart, Standing, Verdict, WindowReconciled, Withdrawn,
};
use opl_projections::ReadModels;
use opl_projections::transactions::TransactionFilter;

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, day, euro, instant, observed};

on_both! {
    a_settled_row_keeps_what_a_person_said,
    missing_rows_are_withdrawn_and_come_back,
    doubted_rows_are_kept_and_do_not_count,
    merged_rows_are_parted_again,
    a_verdict_books_what_was_pending_and_undone_leaves_it_as_it_was,
    what_newer_rules_say_is_so_and_undone_is_as_before,
    what_older_rules_decided_is_known_until_it_is_looked_at_again,
    parts_count_in_their_own_categories,
    windows_know_the_rows_they_may_show,
    habits_are_summed_over_everybody_and_forgotten,
    pages_of_any_size_give_the_same_rows,
}

const MAIJA: Person = Person(1);
const OLLI: Person = Person(2);

pub fn decision(reasons: &[Reason]) -> Decision {
    Decision { rules: 1, score: 900, reasons: reasons.to_vec() }
}

pub fn evidence(fetch: u128) -> Evidence {
    Evidence { fetch_id: MAIJA.fetch(fetch), answer: 1, row: 2, received_at: instant(50) }
}

pub fn tell(log: &Log, event: AccountEvent) -> u64 {
    log.append(MAIJA.account_stream(1), event)
}

fn pending(booked: &str, minor: i64, counterparty: &str) -> ObservedTransaction {
    let mut row = observed(booked, minor, counterparty, "");
    row.state = RowState::Pending;
    row
}

pub fn settled(number: u128, row: ObservedTransaction) -> AccountEvent {
    AccountEvent::TransactionSettled(Settled {
        transaction_id: MAIJA.transaction(number),
        observed: row,
        evidence: evidence(2),
        decision: decision(&[Reason::Booked, Reason::SameCounterparty]),
    })
}

fn categorised(number: u128, category: Option<&str>) -> AccountEvent {
    let category = category.map(str::to_owned);
    let transaction_id = MAIJA.transaction(number);
    AccountEvent::TransactionCategorised(Categorised { transaction_id, category })
}

pub fn doubted(number: u128, row: ObservedTransaction, candidate: u128) -> AccountEvent {
    AccountEvent::TransactionDoubted(Doubted {
        transaction_id: MAIJA.transaction(number),
        observed: row,
        ordinal: 0,
        evidence: evidence(2),
        candidates: vec![Candidate {
            transaction_id: MAIJA.transaction(candidate),
            score: 700,
            reasons: vec![Reason::SameAmount],
        }],
        rules: 1,
    })
}

pub fn resolved(number: u128, verdict: Verdict) -> AccountEvent {
    AccountEvent::DoubtResolved(DoubtResolved {
        transaction_id: MAIJA.transaction(number),
        verdict,
        decision: decision(&[Reason::PersonSaid]),
    })
}

async fn known(models: &ReadModels) -> Vec<KnownRow> {
    let found = models.transactions().known_rows_of(MAIJA.account(1), None).await;
    let mut rows = found.expect("rows").0;
    rows.sort_by_key(|row| row.transaction_id);
    rows
}

async fn spent(models: &ReadModels) -> Vec<(String, String, i64, u64)> {
    let found = models.spending().months(MAIJA.user(), "2026-01", "2026-12", None).await;
    let row = |row: opl_projections::spending::SpendingRow| {
        (row.month, row.category, row.amount.minor, row.count)
    };
    found.expect("rows").into_iter().map(row).collect()
}

fn sum(month: &str, category: &str, minor: i64, count: u64) -> (String, String, i64, u64) {
    (month.to_owned(), category.to_owned(), minor, count)
}

async fn count(models: &ReadModels) -> u64 {
    let all = TransactionFilter::default();
    models.transactions().count(MAIJA.user(), &all).await.expect("a count")
}

pub fn begin(log: &Log) {
    MAIJA.signs_up(log);
    MAIJA.opens(log, 1, 1, domain::observed::AccountKind::Current);
}

async fn a_settled_row_keeps_what_a_person_said(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    let recorded = MAIJA.pays(&log, 1, 1, pending("2026-01-30", -1_000, "LIDL"));
    catch_up(&models, &log).await;
    assert_eq!(spent(&models).await, [sum("2026-01", "groceries", 1_000, 1)]);
    tell(&log, categorised(1, Some("pets")));
    let note = Some("the dog's".to_owned());
    tell(
        &log,
        AccountEvent::TransactionNoted(Noted {
            transaction_id: MAIJA.transaction(1),
            note: note.clone(),
        }),
    );
    let booked = observed("2026-02-01", -1_050, "LIDL HELSINKI", "");
    let last = tell(&log, settled(1, booked.clone()));
    catch_up(&models, &log).await;
    let transactions = models.transactions();
    let row = transactions.one(MAIJA.user(), MAIJA.transaction(1)).await.expect("rows");
    let row = row.expect("a row");
    assert_eq!((row.booking_date, row.amount), (day("2026-02-01"), euro(-1_050)));
    assert_eq!((row.state, row.standing), (RowState::Booked, Standing::Counted));
    assert_eq!((row.category.as_str(), row.own_category()), ("pets", Some("pets")));
    assert_eq!((row.note, row.decided_at, row.position), (note, Some(last), recorded));
    let search =
        |text: &str| TransactionFilter { search: Some(text.to_owned()), ..Default::default() };
    assert_eq!(transactions.count(MAIJA.user(), &search("dog")).await, Ok(1));
    assert_eq!(spent(&models).await, [sum("2026-02", "pets", 1_050, 1)]);
    let [row] = known(&models).await.try_into().expect("one row");
    assert!(row.edited && row.apart_from.is_empty());
    let first = domain::reconcile::match_key(&pending("2026-01-30", -1_000, "LIDL"));
    assert_eq!(row.match_key, first, "the key it was recorded under");
    assert_eq!(row.observed.counterparty, booked.counterparty);

    // Taking the category back gives the rules' one for what the bank says now.
    tell(&log, categorised(1, None));
    catch_up(&models, &log).await;
    assert_eq!(spent(&models).await, [sum("2026-02", "groceries", 1_050, 1)]);
}

async fn missing_rows_are_withdrawn_and_come_back(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    MAIJA.pays(&log, 1, 1, pending("2026-01-30", -1_000, "LIDL"));
    let (transaction_id, fetch_id) = (MAIJA.transaction(1), MAIJA.fetch(2));
    tell(&log, AccountEvent::TransactionMissed(Missed { transaction_id, fetch_id, windows: 2 }));
    catch_up(&models, &log).await;
    let [row] = known(&models).await.try_into().expect("one row");
    assert_eq!((row.missed, row.standing), (2, Standing::Counted));
    let decision = decision(&[Reason::Missing { windows: 3 }]);
    tell(
        &log,
        AccountEvent::TransactionWithdrawn(Withdrawn { transaction_id, fetch_id, decision }),
    );
    catch_up(&models, &log).await;
    assert_eq!((count(&models).await, spent(&models).await), (0, vec![]));
    let all = TransactionFilter::default();
    let page = models.transactions().page(MAIJA.user(), &all, 9, None).await.expect("rows");
    assert_eq!((page.total_count, page.rows[0].standing), (1, Standing::Withdrawn));
    let months = models.transactions().buckets(MAIJA.user(), &all).await.expect("rows");
    assert_eq!((months[0].count, months[0].outflow.len()), (1, 0), "shown, not summed");
    let evidence = evidence(3);
    tell(&log, AccountEvent::TransactionReturned(Returned { transaction_id, evidence }));
    catch_up(&models, &log).await;
    let [row] = known(&models).await.try_into().expect("one row");
    assert_eq!((row.missed, row.standing), (0, Standing::Counted));
    assert_eq!((count(&models).await, spent(&models).await.len()), (1, 1));
}

async fn doubted_rows_are_kept_and_do_not_count(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    MAIJA.pays(&log, 1, 1, observed("2026-01-30", -1_000, "LIDL", ""));
    tell(&log, doubted(2, observed("2026-01-30", -1_000, "LIDL HELSINKI", ""), 1));
    tell(&log, doubted(3, observed("2026-01-31", -1_000, "LIDL", ""), 1));
    catch_up(&models, &log).await;
    assert_eq!(count(&models).await, 1);
    assert_eq!(spent(&models).await, [sum("2026-01", "groceries", 1_000, 1)]);
    tell(&log, resolved(2, Verdict::Separate));
    tell(&log, resolved(3, Verdict::SameAs { transaction_id: MAIJA.transaction(1) }));
    catch_up(&models, &log).await;
    assert_eq!(count(&models).await, 2);
    assert_eq!(spent(&models).await, [sum("2026-01", "groceries", 2_000, 2)]);
    let rows = known(&models).await;
    let standings: Vec<_> = rows.iter().map(|row| row.standing).collect();
    assert_eq!(standings, [Standing::Counted, Standing::Counted, Standing::Absorbed]);
    assert_eq!(rows[0].apart_from, [MAIJA.transaction(2)]);
    assert_eq!(rows[1].apart_from, [MAIJA.transaction(1)]);
    assert!(rows.iter().all(|row| row.edited));
    let all = TransactionFilter::default();
    let page = models.transactions().page(MAIJA.user(), &all, 9, None).await.expect("rows");
    assert_eq!(page.total_count, 2, "the other reading is not shown");
    let transactions = models.transactions();
    let joined = transactions.absorbed_by(MAIJA.user(), MAIJA.transaction(1)).await;
    assert_eq!(joined.expect("rows")[0].transaction_id, MAIJA.transaction(3));
}

async fn merged_rows_are_parted_again(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    let twin = observed("2026-01-30", -1_000, "LIDL", "");
    MAIJA.pays(&log, 1, 1, twin.clone());
    MAIJA.pays(&log, 1, 2, twin.clone());
    let merged = Merged {
        transaction_id: MAIJA.transaction(1),
        absorbed: MAIJA.transaction(2),
        decision: decision(&[Reason::PersonSaid]),
    };
    let position = tell(&log, AccountEvent::TransactionsMerged(merged));
    catch_up(&models, &log).await;
    assert_eq!((count(&models).await, spent(&models).await[0].2), (1, 1_000));
    let parted = |other, before, row, undoes| {
        AccountEvent::TransactionsParted(Parted {
            transaction_id: MAIJA.transaction(1),
            observed: before,
            other: MAIJA.transaction(other),
            other_observed: row,
            ordinal: 0,
            evidence: evidence(1),
            undoes,
            may_be: Vec::new(),
        })
    };
    tell(&log, parted(2, None, Box::new(twin.clone()), position));
    catch_up(&models, &log).await;
    assert_eq!((count(&models).await, spent(&models).await[0].2), (2, 2_000));
    // A settled row is parted into what was pending and a transaction of its own.
    let booked = observed("2026-02-03", -990, "LIDL", "");
    let position = tell(&log, settled(1, booked.clone()));
    tell(&log, parted(3, Some(Box::new(twin)), Box::new(booked), position));
    catch_up(&models, &log).await;
    let expected = [sum("2026-01", "groceries", 2_000, 2), sum("2026-02", "groceries", 990, 1)];
    assert_eq!(spent(&models).await, expected);
    let rows = known(&models).await;
    assert_eq!(rows[0].apart_from, [MAIJA.transaction(2), MAIJA.transaction(3)]);
    assert_eq!(rows[2].apart_from, [MAIJA.transaction(1)]);
}

async fn a_verdict_books_what_was_pending_and_undone_leaves_it_as_it_was(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    let mut waiting = observed("2026-01-30", -1_000, "LIDL", "");
    waiting.state = RowState::Pending;
    MAIJA.pays(&log, 1, 1, waiting.clone());
    let booked = observed("2026-02-01", -1_050, "LIDL", "");
    tell(&log, doubted(2, booked.clone(), 1));
    catch_up(&models, &log).await;
    let before = known(&models).await;
    let same = Verdict::SameAs { transaction_id: MAIJA.transaction(1) };
    let position = tell(&log, resolved(2, same));
    catch_up(&models, &log).await;
    let rows = known(&models).await;
    assert_eq!(rows[0].observed.state, RowState::Booked, "it says what its reading says");
    assert_eq!((rows[0].observed.amount, rows[1].became), (booked.amount, true));
    assert_eq!(spent(&models).await, [sum("2026-02", "groceries", 1_050, 1)]);
    let undone = Parted {
        transaction_id: MAIJA.transaction(1),
        observed: Some(Box::new(waiting)),
        other: MAIJA.transaction(2),
        other_observed: Box::new(booked),
        ordinal: 0,
        evidence: evidence(1),
        undoes: position,
        may_be: vec![MAIJA.transaction(1)],
    };
    tell(&log, AccountEvent::TransactionsParted(undone));
    catch_up(&models, &log).await;
    let after = known(&models).await;
    let kept = |row: &KnownRow| {
        (row.observed.clone(), row.standing, row.may_be.clone(), row.same_as, row.became)
    };
    assert_eq!(
        after.iter().map(kept).collect::<Vec<_>>(),
        before.iter().map(kept).collect::<Vec<_>>()
    );
    assert!(after.iter().all(|row| row.apart_from.is_empty()));
    let waits = models.reviews().one(MAIJA.user(), MAIJA.transaction(2)).await.expect("rows");
    assert_eq!(waits.expect("a row").verdict, None, "it is put to the person again");
}

/// Newer rules say that two are one; that is undone. Rows, sums, doubts and what was decided follow.
async fn what_newer_rules_say_is_so_and_undone_is_as_before(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    let mut waiting = observed("2026-01-30", -1_000, "LIDL", "");
    waiting.state = RowState::Pending;
    MAIJA.pays(&log, 1, 1, waiting.clone());
    let booked = observed("2026-02-01", -1_050, "LIDL", "");
    tell(&log, doubted(2, booked.clone(), 1));
    catch_up(&models, &log).await;
    let before = known(&models).await;
    let stand = |row: &ObservedTransaction, standing, same_as, may_be| Stand {
        observed: Box::new(row.clone()),
        standing,
        same_as,
        became: same_as.is_some(),
        missed: 0,
        may_be,
    };
    let [one, two, three] = [1, 2, 3].map(|number| MAIJA.transaction(number));
    let restated = |transaction_id, before, now, new| Restated {
        transaction_id,
        ordinal: 0,
        evidence: evidence(1),
        before,
        now,
        new,
    };
    let rows = vec![
        restated(
            one,
            stand(&waiting, Standing::Counted, None, vec![]),
            stand(&booked, Standing::Counted, None, vec![]),
            false,
        ),
        restated(
            two,
            stand(&booked, Standing::Doubted, None, vec![one]),
            stand(&booked, Standing::Absorbed, Some(one), vec![]),
            false,
        ),
        restated(
            three,
            stand(&booked, Standing::Withdrawn, None, vec![]),
            stand(&observed("2026-02-02", -300, "R-KIOSKI", ""), Standing::Counted, None, vec![]),
            true,
        ),
    ];
    let done = Redecided {
        change: Change::Joined,
        rows: rows.clone(),
        decision: decision(&[Reason::Booked]),
        undoes: None,
    };
    let position = tell(&log, AccountEvent::TransactionsRedecided(done.clone()));
    catch_up(&models, &log).await;
    let total = |sums: &[(String, String, i64, u64)]| sums.iter().map(|sum| sum.2).sum::<i64>();
    assert_eq!(
        total(&spent(&models).await),
        1_350,
        "the booking, and the one that was not counted"
    );
    let review = models.reviews().one(MAIJA.user(), two).await.expect("rows").expect("a row");
    assert_eq!(review.verdict, Some(Verdict::SameAs { transaction_id: one }));
    assert!(!review.by_person);
    let made = models.reviews().decisions(MAIJA.user(), two).await.expect("rows");
    assert_eq!(
        (made[0].kind.as_str(), made[0].position, made[0].joined),
        ("redecided", position, true)
    );
    let rows = rows.into_iter().map(|row| Restated {
        before: row.now,
        now: row.before,
        new: false,
        ..row
    });
    let undone = Redecided {
        rows: rows.collect(),
        decision: decision(&[Reason::PersonSaid]),
        undoes: Some(position),
        ..done
    };
    let at = tell(&log, AccountEvent::TransactionsRedecided(undone));
    catch_up(&models, &log).await;
    let after = known(&models).await;
    let kept = |row: &KnownRow| {
        (row.observed.clone(), row.standing, row.may_be.clone(), row.same_as, row.became)
    };
    assert_eq!(
        after.iter().take(2).map(kept).collect::<Vec<_>>(),
        before.iter().map(kept).collect::<Vec<_>>()
    );
    assert_eq!(total(&spent(&models).await), 1_000, "what counted before");
    let review = models.reviews().one(MAIJA.user(), two).await.expect("rows").expect("a row");
    assert_eq!(review.verdict, None, "it waits again");
    let made = models.reviews().decisions(MAIJA.user(), two).await.expect("rows");
    assert_eq!((made[0].kind.as_str(), made[1].undone_position), ("put_back", Some(at)));
    assert!(after.iter().all(|row| row.edited), "a person said so");
}

/// Which windows older rules decided is known until the past was looked at with newer ones.
async fn what_older_rules_decided_is_known_until_it_is_looked_at_again(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    MAIJA.pays(&log, 1, 1, observed("2026-01-30", -1_000, "LIDL", ""));
    let window = |rules, reference_kept| {
        AccountEvent::WindowReconciled(WindowReconciled {
            fetch_id: MAIJA.fetch(1),
            from: None,
            to: day("2026-01-31"),
            whole: true,
            rows: 1,
            new: 1,
            settled: 0,
            amended: 0,
            doubtful: 0,
            missing: 0,
            rules,
            habits: IdentifierHabits { reference_kept, ..IdentifierHabits::default() },
            balance: BalanceProof::NotGiven,
            from_file: false,
        })
    };
    let first = tell(&log, window(3, 10));
    let second = tell(&log, window(4, 7));
    catch_up(&models, &log).await;
    let habits = models.habits();
    let older = habits.decided_before(5, Some(MAIJA.user())).await.expect("rows");
    assert_eq!(
        older.iter().map(|one| (one.account_id, one.rules)).collect::<Vec<_>>(),
        [(MAIJA.account(1), 3)]
    );
    assert_eq!(habits.decided_before(3, None).await, Ok(vec![]), "no rules before those");
    assert_eq!(habits.rules_at(MAIJA.account(1), first - 1).await, Ok(Some(3)));
    assert_eq!(habits.rules_at(MAIJA.account(1), second).await, Ok(Some(4)));
    let accounts = habits.accounts(Some(MAIJA.user())).await.expect("rows");
    assert_eq!(accounts, [(MAIJA.account(1), MAIJA.user())]);
    let bank = habits.all().await.expect("rows").into_keys().next().expect("a bank");
    let past = habits.past_of(&bank).await.expect("rows");
    let kept = |at| past.before(at).reference_kept;
    assert_eq!([kept(first), kept(second), kept(second + 1)], [0, 10, 17]);
    let looked = HistoryRedecided {
        rules: 5,
        through: 3,
        changes: 0,
        digest: String::new(),
        accepted: String::new(),
    };
    tell(&log, AccountEvent::HistoryRedecided(looked));
    catch_up(&models, &log).await;
    assert_eq!(models.habits().decided_before(5, None).await, Ok(vec![]));
    let later = models.habits().decided_before(6, None).await.expect("rows");
    assert_eq!(later.iter().map(|one| one.rules).collect::<Vec<_>>(), [5]);
}

async fn parts_count_in_their_own_categories(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    MAIJA.pays(&log, 1, 1, observed("2026-01-30", -1_000, "LIDL", ""));
    let part = |minor, category: Option<&str>| SplitPart {
        amount: euro(minor),
        category: category.map(str::to_owned),
        note: None,
    };
    let split = |parts| {
        AccountEvent::TransactionSplit(Split { transaction_id: MAIJA.transaction(1), parts })
    };
    tell(&log, split(vec![part(-400, Some("pets")), part(-600, None)]));
    catch_up(&models, &log).await;
    let expected = [sum("2026-01", "groceries", 600, 1), sum("2026-01", "pets", 400, 1)];
    assert_eq!(spent(&models).await, expected);
    let pets = TransactionFilter { category: Some("pets".to_owned()), ..Default::default() };
    assert_eq!(models.transactions().count(MAIJA.user(), &pets).await, Ok(1));
    let parts = models.transactions().parts(MAIJA.user(), MAIJA.transaction(1)).await;
    assert_eq!(parts.expect("parts").len(), 2);
    assert_eq!(models.transactions().parts(OLLI.user(), MAIJA.transaction(1)).await, Ok(vec![]));
    // The bank's word changes: the rest counts in the category of the whole.
    tell(
        &log,
        AccountEvent::TransactionAmended(Amended {
            transaction_id: MAIJA.transaction(1),
            observed: observed("2026-01-30", -1_100, "LIDL", ""),
            evidence: evidence(2),
            decision: decision(&[Reason::SameReference]),
        }),
    );
    catch_up(&models, &log).await;
    let sums: Vec<i64> = spent(&models).await.iter().map(|row| row.2).collect();
    assert_eq!(sums, [700, 400]);
    tell(&log, split(vec![]));
    catch_up(&models, &log).await;
    assert_eq!(spent(&models).await, [sum("2026-01", "groceries", 1_100, 1)]);
}

async fn windows_know_the_rows_they_may_show(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    MAIJA.pays(&log, 1, 1, observed("2026-01-10", -100, "old", ""));
    MAIJA.pays(&log, 1, 2, pending("2026-01-11", -200, "old and pending"));
    MAIJA.pays(&log, 1, 3, observed("2026-02-01", -300, "new", ""));
    tell(&log, doubted(4, observed("2026-01-12", -400, "old and doubted", ""), 1));
    catch_up(&models, &log).await;
    let transactions = models.transactions();
    let found = transactions.known_rows_of(MAIJA.account(1), Some(day("2026-02-01"))).await;
    let (mut rows, version) = found.expect("rows");
    rows.sort_by_key(|row| row.transaction_id);
    let ids: Vec<_> = rows.iter().map(|row| row.transaction_id).collect();
    assert_eq!(ids, [2, 3, 4].map(|number| MAIJA.transaction(number)));
    assert_eq!(version, 6);
    assert_eq!(known(&models).await.len(), 4);
}

fn window(log: &Log, person: Person, account: u128, habits: IdentifierHabits) {
    let reconciled = WindowReconciled {
        fetch_id: person.fetch(2),
        from: None,
        to: day("2026-03-01"),
        whole: true,
        rows: 1,
        new: 1,
        settled: 0,
        amended: 0,
        doubtful: 0,
        missing: 0,
        rules: 1,
        habits,
        balance: BalanceProof::NotGiven,
        from_file: false,
    };
    log.append(person.account_stream(account), AccountEvent::WindowReconciled(reconciled));
}

async fn habits_are_summed_over_everybody_and_forgotten(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    OLLI.opens(&log, 1, 1, domain::observed::AccountKind::Current);
    let habits = IdentifierHabits { reference_kept: 3, identifier_reused: 1, ..Default::default() };
    window(&log, MAIJA, 1, habits);
    window(&log, OLLI, 1, habits);
    catch_up(&models, &log).await;
    window(&log, OLLI, 1, habits);
    catch_up(&models, &log).await;
    let op = domain::id::BankId("op".to_owned());
    let all = models.habits().of(&op).await.expect("habits");
    assert_eq!((all.reference_kept, all.identifier_reused, all.reference_changed), (9, 3, 0));
    MAIJA.is_erased(&log);
    catch_up(&models, &log).await;
    let all = models.habits().of(&op).await.expect("habits");
    assert_eq!(all.reference_kept, 6);
    let other = domain::id::BankId("other".to_owned());
    assert_eq!(models.habits().of(&other).await, Ok(IdentifierHabits::default()));
}

/// A life with everything that can happen to a transaction.
pub fn everything_happens(log: &Log) {
    MAIJA.lives(log);
    OLLI.lives(log);
    MAIJA.pays(log, 1, 10, pending("2026-02-10", -500, "LIDL"));
    tell(log, settled(10, observed("2026-02-11", -510, "LIDL", "")));
    tell(log, categorised(10, Some("pets")));
    tell(log, doubted(11, observed("2026-02-12", -510, "LIDL", ""), 10));
    tell(log, resolved(11, Verdict::SameAs { transaction_id: MAIJA.transaction(10) }));
    tell(log, doubted(12, observed("2026-02-13", -510, "LIDL", ""), 10));
    tell(log, resolved(12, Verdict::Separate));
    tell(log, doubted(13, observed("2026-02-14", -510, "LIDL", ""), 10));
    let part = |minor| SplitPart { amount: euro(minor), category: None, note: None };
    tell(
        log,
        AccountEvent::TransactionSplit(Split {
            transaction_id: MAIJA.transaction(1),
            parts: vec![part(-2_000), part(-590)],
        }),
    );
    window(log, MAIJA, 1, IdentifierHabits { reference_kept: 1, ..Default::default() });
}

async fn pages_of_any_size_give_the_same_rows(place: &Place) {
    let log = Log::new();
    let stepwise = place.open(&log).await;
    let whole = Log::new();
    everything_happens(&whole);
    // The same log again, caught up with after every few events.
    MAIJA.lives(&log);
    catch_up(&stepwise, &log).await;
    OLLI.lives(&log);
    for recorded in whole.all().into_iter().skip(usize::try_from(log.len()).expect("a length")) {
        log.append(recorded.stream, *recorded.event.expect("an event"));
        catch_up(&stepwise, &log).await;
    }
    let other = Place::sqlite();
    let at_once = other.open(&whole).await;
    catch_up(&at_once, &whole).await;
    for projection in opl_projections::Projection::ALL {
        let name = projection.name();
        let digest = at_once.digest(name).await.expect("a digest");
        assert_eq!(stepwise.digest(name).await.expect("a digest"), digest, "{name}");
        stepwise.rebuild(Some(name), |_| {}).await.expect("a rebuild");
        assert_eq!(stepwise.digest(name).await.expect("a digest"), digest, "{name} rebuilt");
    }
}
