//! Files that were brought: newest first, each with what it came to, and nothing of them after an erasure.

use domain::account::AccountEvent;
use domain::id::{FetchId, ImportId};
use domain::import::{FileReceived, ImportCompleted, ImportEvent};
use domain::money::{Currency, Money};
use domain::observed::AccountKind;
use domain::stream::{Category, StreamId};
use domain::transaction::{BalanceProof, IdentifierHabits, WindowReconciled};
use opl_projections::ReadModels;
use opl_projections::imports::{ImportRow, MOST_IMPORTS};
use uuid::Uuid;

use crate::support::log::Log;
use crate::support::place::{Place, catch_up};
use crate::support::story::{Person, day};

on_both! {
    files_are_listed_newest_first_with_what_they_came_to,
    every_file_is_on_one_page_and_pages_are_bounded,
    an_erasure_takes_files_and_what_they_came_to,
}

const MAIJA: Person = Person(1);
const OLLI: Person = Person(2);

fn import_id(person: Person, number: u128) -> ImportId {
    ImportId(Uuid::from_u128(person.0 << 64 | 0xf11e << 32 | number))
}

fn brings(person: Person, log: &Log, number: u128) -> u64 {
    let import_id = import_id(person, number);
    let received = FileReceived {
        import_id,
        user_id: person.user(),
        file_name: (!number.is_multiple_of(2)).then(|| format!("{number}.xml")),
        format: "camt053".to_owned(),
        bytes: 12_000,
        digest: String::new(),
        parts: 1,
        mapping: None,
        account_id: None,
    };
    log.append(StreamId::new(Category::Import, import_id.0), ImportEvent::Received(received))
}

fn window(person: Person, number: u128, balance: BalanceProof) -> WindowReconciled {
    WindowReconciled {
        fetch_id: FetchId(import_id(person, number).0),
        from: None,
        to: day("2026-01-31"),
        whole: true,
        rows: 10,
        new: 5,
        settled: 1,
        amended: 1,
        doubtful: 2,
        missing: 0,
        rules: 1,
        habits: IdentifierHabits::default(),
        balance,
        from_file: true,
    }
}

fn decides(person: Person, log: &Log, account: u128, window: WindowReconciled) {
    log.append(person.account_stream(account), AccountEvent::WindowReconciled(window));
}

fn completes(person: Person, log: &Log, number: u128) {
    let stream = StreamId::new(Category::Import, import_id(person, number).0);
    let completed = ImportCompleted { accounts: 2, rows: 20, new: 10, doubtful: 4 };
    log.append(stream, ImportEvent::Completed(completed));
}

async fn listed(models: &ReadModels, person: Person) -> Vec<ImportRow> {
    models.imports().page(person.user(), MOST_IMPORTS, None).await.expect("rows").rows
}

async fn files_are_listed_newest_first_with_what_they_came_to(place: &Place) {
    let log = Log::new();
    for (account, kind) in [(1, AccountKind::Current), (2, AccountKind::Savings)] {
        MAIJA.opens(&log, account, 1, kind);
    }
    let position = brings(MAIJA, &log, 1);
    let short = Money { minor: -1, currency: Currency::EUR };
    let breaks = BalanceProof::Breaks { first_day: Some(day("2026-01-04")), difference: short };
    decides(MAIJA, &log, 1, window(MAIJA, 1, breaks.clone()));
    decides(MAIJA, &log, 2, window(MAIJA, 1, BalanceProof::Holds));
    completes(MAIJA, &log, 1);
    brings(MAIJA, &log, 2);
    // What a bank showed is no file's.
    let by_bank = window(MAIJA, 2, BalanceProof::Holds);
    decides(MAIJA, &log, 1, WindowReconciled { from_file: false, ..by_bank });
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    assert_eq!(listed(&models, OLLI).await, []);
    let rows = listed(&models, MAIJA).await;
    let [broken_off, whole] = &rows[..] else { panic!("two files: {rows:?}") };
    assert_eq!((broken_off.file_name.as_deref(), broken_off.completed_at), (None, None));
    assert_eq!(broken_off.statements, []);
    assert_eq!(whole.file_name.as_deref(), Some("1.xml"));
    assert_eq!((whole.format.as_str(), whole.bytes, whole.position), ("camt053", 12_000, position));
    assert!(whole.completed_at.is_some_and(|at| at > whole.received_at));
    assert_eq!((whole.import_id, whole.user_id), (import_id(MAIJA, 1), MAIJA.user()));
    let told: Vec<_> = whole
        .statements
        .iter()
        .map(|one| (one.account_id, (one.rows, one.new, one.same(), one.settled, one.doubtful)))
        .collect();
    let counts = (10, 5, 2, 1, 2);
    let mut expected = vec![(MAIJA.account(1), counts), (MAIJA.account(2), counts)];
    expected.sort();
    assert_eq!(told, expected);
    let of_one = whole.statements.iter().find(|one| one.account_id == MAIJA.account(1));
    assert_eq!(of_one.map(|one| &one.balance), Some(&breaks));
}

async fn every_file_is_on_one_page_and_pages_are_bounded(place: &Place) {
    let log = Log::new();
    let most = u128::from(MOST_IMPORTS);
    for number in 0..2 * most + 3 {
        brings(MAIJA, &log, number);
        brings(OLLI, &log, number);
    }
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    for size in [1, 7, MOST_IMPORTS, u32::MAX] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = models.imports().page(MAIJA.user(), size, before).await.expect("rows");
            assert!(page.rows.len() <= size.min(MOST_IMPORTS) as usize);
            assert_eq!(u128::from(page.total_count), 2 * most + 3);
            before = page.rows.last().map(|row| row.position);
            found.extend(page.rows.into_iter().map(|row| row.import_id));
            if !page.has_next {
                break;
            }
        }
        let expected: Vec<_> =
            (0..2 * most + 3).rev().map(|number| import_id(MAIJA, number)).collect();
        assert_eq!(found, expected, "in pages of {size}");
    }
}

async fn an_erasure_takes_files_and_what_they_came_to(place: &Place) {
    let log = Log::new();
    for person in [MAIJA, OLLI] {
        person.opens(&log, 1, 1, AccountKind::Current);
        brings(person, &log, 1);
        decides(person, &log, 1, window(person, 1, BalanceProof::NotGiven));
        completes(person, &log, 1);
    }
    let models = place.open(&log).await;
    catch_up(&models, &log).await;
    assert_eq!(listed(&models, MAIJA).await.len(), 1);
    MAIJA.is_erased(&log);
    catch_up(&models, &log).await;
    assert_eq!(listed(&models, MAIJA).await, []);
    let left = listed(&models, OLLI).await;
    assert_eq!((left.len(), left[0].statements.len()), (1, 1));
    let live = models.digest("imports").await.expect("a digest");
    models.rebuild(Some("imports"), |_| {}).await.expect("rebuilt");
    assert_eq!(models.digest("imports").await.expect("a digest"), live);
}
