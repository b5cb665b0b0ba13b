//! Reading only what is new, over sockets: whatever the bank makes of the question, what is here afterwards is
//! the bank's own truth.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use domain::event::Event;
use domain::fetch::{FetchEvent, Subject};
use domain::id::UserId;
use domain::observed::{BalanceKind, RowState};
use domain::transaction::{KnownRow, Standing};
use sandbox::{DeltaMutation, Misbehaviour};

use crate::berlin_group::{NORDVIK, Nordvik, in_an_evening, read_by_itself};

/// How long the read models may take.
const CATCH_UP: std::time::Duration = std::time::Duration::from_secs(60);

/// The bank, the service and a connection, all in an evening of their own.
struct Evening {
    here: Nordvik,
    user_id: UserId,
    id: String,
    ahead: Arc<Mutex<TimeDelta>>,
}

impl Evening {
    async fn connected(wrong: Option<Misbehaviour>) -> Self {
        let (here, ahead) = in_an_evening().await;
        if let Some(wrong) = wrong {
            here.bank.misbehave(wrong);
        }
        let mut browser = here.world.person().await;
        let id = browser.connect_at(NORDVIK).await;
        here.world.until_runs_ended(1).await;
        let started = here.world.events().await.into_iter().find_map(|(_, event)| match event {
            Event::Fetch(FetchEvent::Started(started)) => Some(started.user_id),
            _ => None,
        });
        Self { user_id: started.expect("a run"), here, id, ahead }
    }

    fn pass(&self, hours: i64) {
        *self.ahead.lock().expect("a clock") += TimeDelta::hours(hours);
        let seconds = u64::try_from(3600 * hours).expect("ahead");
        self.here.bank.clock().advance(std::time::Duration::from_secs(seconds));
    }

    /// Reads with nobody there; how many accounts were read by what is new, and how many whole.
    async fn read(&self) -> (usize, usize) {
        let windows = read_by_itself(&self.here, &self.id).await;
        let (whole, new): (Vec<_>, Vec<_>) = windows.into_iter().partition(|window| window.0);
        (new.len(), whole.len())
    }

    /// Every account holds the rows and the balance that the bank says it has.
    async fn equals_the_truth(&self, after: &str) {
        let app = &self.here.world.app;
        let head = app.ledger.log().head().await.expect("a head").position;
        app.read.wait_for(head, CATCH_UP).await.expect("read models");
        let ours = app.read.accounts().list(self.user_id).await.expect("accounts");
        let truth = self.here.bank.truth();
        for known in &truth.users[0].accounts {
            let one = ours.iter().find(|one| {
                one.identifier == known.iban && one.currency.to_string() == known.currency
            });
            let one = one.unwrap_or_else(|| panic!("{after}: {} is missing", known.name));
            let rows = app.read.transactions().known_rows_of(one.account_id, None).await;
            // The bank shows two years: what has grown older than that stays here.
            let shown = |row: &&KnownRow| {
                row.observed.state == RowState::Pending
                    || Some(row.observed.booking_date) >= known.oldest
            };
            let rows = rows.expect("rows").0;
            assert!(rows.iter().all(|row| row.standing == Standing::Counted), "{after}");
            let (ours, banks) =
                (rows.iter().filter(shown).count(), known.transactions + known.pending);
            assert_eq!(ours, banks, "{after}: {}", known.name);
            let booked = one.balance(BalanceKind::Booked).map(|balance| balance.amount.minor);
            assert_eq!(booked, Some(known.booked_minor), "{after}: {}", known.name);
        }
    }

    /// How many first pages of accounts' rows were asked for, refusals included.
    async fn asked(&self) -> usize {
        let events = self.here.world.events().await;
        let first = |subject: &Subject| matches!(subject, Subject::Transactions { page: 0, .. });
        let asks = events.iter().filter(|(_, event)| match event {
            Event::Fetch(FetchEvent::Answered(answered)) => first(&answered.subject),
            Event::Fetch(FetchEvent::CallFailed(failed)) => first(&failed.subject),
            _ => false,
        });
        asks.count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_bank_makes_of_a_question_for_what_is_new_its_truth_is_here() {
    let evening = Evening::connected(None).await;
    evening.equals_the_truth("the first reading").await;
    // Hours after the reading before, and what the bank does wrong. What is new is asked for up to 20 hours
    // after a whole window, and a question that fails is an access beside that of the window.
    let steps = [
        (9, None),
        (9, Some(DeltaMutation::Refused)),
        (21, None),
        (9, Some(DeltaMutation::Ignored)),
        (9, Some(DeltaMutation::Emptied)),
        (21, None),
        (9, Some(DeltaMutation::Older)),
    ];
    let mut known = None;
    for (hours, wrong) in steps {
        let step = format!("after {hours} hours, {wrong:?}");
        evening.pass(hours);
        evening.here.bank.faults().delta_mutation(wrong);
        let before = evening.asked().await;
        let (new, whole) = evening.read().await;
        let asked = evening.asked().await - before;
        let (all, offered) = *known.get_or_insert((new + whole, new));
        assert!(offered > 0 && all > offered, "accounts by what is new, cards whole");
        assert_eq!(new + whole, all, "{step}: every account and card was read");
        match (hours, wrong) {
            (21, _) => assert_eq!((new, asked), (0, all), "{step}"),
            // Each question was refused, and its account read whole in the same run.
            (_, Some(DeltaMutation::Refused)) => {
                assert_eq!((new, asked), (0, all + offered), "{step}");
            }
            // What the balance does not prove is followed by the window.
            (_, Some(DeltaMutation::Emptied)) => {
                assert!(new < offered, "{step}: something was booked meanwhile");
                assert_eq!(asked, all + offered - new, "{step}");
            }
            _ => assert_eq!((new, asked), (offered, all), "{step}"),
        }
        evening.equals_the_truth(&step).await;
    }
    evening.here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_references_come_again_or_are_missing_what_is_new_doubles_and_loses_nothing() {
    for wrong in [Misbehaviour::ReusedId, Misbehaviour::NoId, Misbehaviour::IdAcrossAccounts] {
        let evening = Evening::connected(Some(wrong)).await;
        for _ in 0..2 {
            evening.pass(9);
            let (new, whole) = evening.read().await;
            assert!(new + whole > 0, "{wrong}");
            if wrong == Misbehaviour::NoId {
                assert_eq!(new, 0, "there is nothing to ask after");
            }
            evening.equals_the_truth(&format!("{wrong}")).await;
        }
        evening.here.stop().await;
    }
}
