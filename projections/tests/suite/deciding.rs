//! What is put to a person, what was decided, and which days are known.

use domain::account::AccountEvent;
use domain::fetch::{FetchEvent, WindowRead};
use domain::money::{Currency, Money};
use domain::observed::AccountKind;
use domain::transaction::{BalanceProof, Merged, Parted, Reason, Verdict, WindowReconciled};
use opl_projections::coverage::cover;

use super::changing::{begin, decision, doubted, evidence, resolved, settled, tell};
use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, day, observed};

on_both! {
    doubts_wait_in_their_order_until_they_are_resolved,
    decisions_name_their_grounds_and_their_undoing,
    windows_are_kept_with_their_balance,
}

const MAIJA: Person = Person(1);
const OLLI: Person = Person(2);

async fn doubts_wait_in_their_order_until_they_are_resolved(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    MAIJA.pays(&log, 1, 1, observed("2026-01-30", -1_000, "LIDL", ""));
    for number in 2..=4 {
        tell(&log, doubted(number, observed("2026-01-31", -1_000, "LIDL", ""), 1));
    }
    catch_up(&models, &log).await;
    let reviews = models.reviews();
    let page = reviews.open(MAIJA.user(), 2, None).await.expect("rows");
    assert_eq!((page.rows.len(), page.has_next, page.total_count), (2, true, 3));
    assert_eq!(page.rows[0].transaction_id, MAIJA.transaction(2));
    assert_eq!(page.rows[0].candidates[0].transaction_id, MAIJA.transaction(1));
    assert_eq!(page.rows[0].candidates[0].reasons, [Reason::SameAmount]);
    let after = page.rows.last().map(|row| row.position);
    let rest = reviews.open(MAIJA.user(), 2, after).await.expect("rows");
    assert_eq!((rest.rows.len(), rest.has_next), (1, false));
    let same = Verdict::SameAs { transaction_id: MAIJA.transaction(1) };
    let position = tell(&log, resolved(3, same));
    catch_up(&models, &log).await;
    assert_eq!(reviews.count(MAIJA.user()).await, Ok(2));
    let settled = reviews.resolved(MAIJA.user(), 9).await.expect("rows");
    let [row] = settled.as_slice() else { panic!("{settled:?}") };
    assert_eq!((row.verdict, row.by_person), (Some(same), true));
    assert_eq!(row.resolved_position, Some(position));
    // Undone, it is a transaction of its own.
    tell(
        &log,
        AccountEvent::TransactionsParted(Parted {
            transaction_id: MAIJA.transaction(1),
            observed: None,
            other: MAIJA.transaction(3),
            other_observed: Box::new(observed("2026-01-31", -1_000, "LIDL", "")),
            ordinal: 0,
            evidence: evidence(2),
            undoes: position,
            may_be: Vec::new(),
        }),
    );
    catch_up(&models, &log).await;
    let row = reviews.one(MAIJA.user(), MAIJA.transaction(3)).await.expect("rows");
    assert_eq!(row.expect("a row").verdict, Some(Verdict::Separate));
    assert_eq!(reviews.count(OLLI.user()).await, Ok(0));
    assert_eq!(reviews.one(OLLI.user(), MAIJA.transaction(3)).await, Ok(None));
}

async fn decisions_name_their_grounds_and_their_undoing(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    let row = observed("2026-01-30", -1_000, "LIDL", "");
    MAIJA.pays(&log, 1, 1, row.clone());
    MAIJA.pays(&log, 1, 2, row.clone());
    let first = tell(&log, settled(1, row.clone()));
    let second = tell(
        &log,
        AccountEvent::TransactionsMerged(Merged {
            transaction_id: MAIJA.transaction(1),
            absorbed: MAIJA.transaction(2),
            decision: decision(&[Reason::PersonSaid]),
        }),
    );
    catch_up(&models, &log).await;
    let reviews = models.reviews();
    let found = reviews.decisions(MAIJA.user(), MAIJA.transaction(1)).await.expect("rows");
    let kinds: Vec<_> = found.iter().map(|made| (made.kind.as_str(), made.position)).collect();
    assert_eq!(kinds, [("merged", second), ("settled", first)]);
    assert_eq!((found[0].by_person, found[0].other_id), (true, Some(MAIJA.transaction(2))));
    assert_eq!((found[1].by_person, found[1].score, found[1].row), (false, Some(900), Some(2)));
    assert_eq!(found[1].reasons, [Reason::Booked, Reason::SameCounterparty]);
    assert_eq!(found[1].fetch_id, Some(MAIJA.fetch(2)));
    let joining = reviews.joining(MAIJA.user(), second).await;
    assert_eq!(joining, Ok(Some((MAIJA.account(1), MAIJA.transaction(1)))));
    assert_eq!(reviews.joining(OLLI.user(), second).await, Ok(None));
    let third = tell(
        &log,
        AccountEvent::TransactionsParted(Parted {
            transaction_id: MAIJA.transaction(1),
            observed: None,
            other: MAIJA.transaction(2),
            other_observed: Box::new(row),
            ordinal: 1,
            evidence: evidence(1),
            undoes: second,
            may_be: Vec::new(),
        }),
    );
    catch_up(&models, &log).await;
    let found = reviews.decisions(MAIJA.user(), MAIJA.transaction(2)).await.expect("rows");
    let kinds: Vec<_> =
        found.iter().map(|made| (made.kind.as_str(), made.undone_position)).collect();
    assert_eq!(kinds, [("parted", None), ("merged", Some(third))]);
}

async fn windows_are_kept_with_their_balance(place: &Place) {
    let log = Log::new();
    let models = place.open(&log).await;
    begin(&log);
    OLLI.opens(&log, 1, 1, AccountKind::Current);
    let difference = Money::new(-500, Currency::EUR);
    let first_day = Some(day("2026-01-20"));
    let proofs = [BalanceProof::Holds, BalanceProof::Breaks { first_day, difference }];
    for (balance, to) in proofs.iter().zip(["2026-01-15", "2026-01-31"]) {
        tell(
            &log,
            AccountEvent::WindowReconciled(WindowReconciled {
                fetch_id: MAIJA.fetch(1),
                from: (to == "2026-01-31").then(|| day("2026-01-18")),
                to: day(to),
                whole: true,
                rows: 9,
                new: 2,
                settled: 0,
                amended: 0,
                doubtful: 0,
                missing: 0,
                rules: 1,
                habits: domain::transaction::IdentifierHabits::default(),
                balance: balance.clone(),
                from_file: false,
            }),
        );
    }
    catch_up(&models, &log).await;
    let windows = models.coverage().windows(MAIJA.user(), MAIJA.account(1)).await.expect("rows");
    assert_eq!(windows.iter().map(|row| row.balance.clone()).collect::<Vec<_>>(), {
        let [holds, breaks] = proofs;
        [breaks, holds]
    });
    assert_eq!((windows[1].from, windows[1].rows, windows[1].new), (None, 9, 2));
    let covered = cover(&windows, day("2026-02-01"));
    assert_eq!((covered.gaps.len(), covered.breaking_day), (2, first_day));
    let others = models.coverage().windows(OLLI.user(), MAIJA.account(1)).await;
    assert_eq!(others, Ok(vec![]));
    // The run says how far back the bank can be trusted: a window without a first day ends there.
    let claimed = WindowRead {
        account_id: MAIJA.account(1),
        whole: true,
        rows_seen: 9,
        rows_new: 2,
        rows_quarantined: 0,
        from: Some(day("2025-11-01")),
        to: Some(day("2026-01-15")),
    };
    MAIJA.begins_fetch(&log, 1, 1);
    MAIJA.fetch_event(&log, 1, FetchEvent::WindowRead(claimed));
    catch_up(&models, &log).await;
    let windows = models.coverage().windows(MAIJA.user(), MAIJA.account(1)).await.expect("rows");
    let firsts: Vec<_> = windows.iter().map(|row| row.from).collect();
    assert_eq!(firsts, [Some(day("2026-01-18")), Some(day("2025-11-01"))]);
}
