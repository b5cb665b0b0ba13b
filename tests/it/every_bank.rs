//! What every bank may do, over sockets, and what comes of it at each: refusals without end, and a day's
//! allowance that is spent.

use domain::event::Event;
use domain::fetch::FetchEvent;
use opl::sync::Purpose;
use opl::tokens::Holder;
use sandbox::{Misbehaviours, Sandbox};
use serde_json::{Value, json};

use crate::connector_requirements::Beside;
use crate::enable_banking::{BANK, Route};
use crate::support::{Browser, World};

/// One bank, and the world it is read from.
struct At<'a> {
    world: &'a World,
    bank: &'a Sandbox,
    id: &'a str,
    /// What addresses of lists of accounts begin with.
    lists: &'a str,
}

/// Most reads without the person in a day.
const ALLOWED: usize = 4;
/// Most calls of a run that are refused with 401 before it stops: two lists, each once with the token it had and
/// once with the next.
const MOST_REFUSED: usize = 4;

impl At<'_> {
    /// Reads with nobody there.
    async fn read_alone(&self, person: &mut Browser, id: &str) -> Value {
        let before = self.world.runs_ended().await;
        let started = self.world.events().await.into_iter().find_map(|(_, event)| match event {
            Event::Fetch(FetchEvent::Started(started)) => Some(started.user_id),
            _ => None,
        });
        let holder = Holder {
            consent_id: id.parse().expect("an identifier"),
            user_id: started.expect("a run"),
            correlation: uuid::Uuid::now_v7(),
            fence: None,
        };
        let start = opl::sync::start(&self.world.app, holder, Purpose::Scheduled, None).await;
        start.expect("started");
        self.world.until_runs_ended(before + 1).await;
        person.connection(id).await
    }

    /// Four times a day a bank is read without the person, and a fifth call is not sent, so no bank has to
    /// refuse it.
    async fn a_fifth_read_is_not_sent(&self) {
        let mut person = self.world.person().await;
        let id = person.connect_at(self.id).await;
        for read in 1..=ALLOWED {
            let shown = self.read_alone(&mut person, &id).await;
            assert_eq!(shown["sync"]["state"], "DONE", "{}: read {read}: {shown}", self.id);
        }
        let before = self.bank.calls().len();
        let fifth = self.read_alone(&mut person, &id).await;
        assert_eq!(fifth["sync"]["state"], "FAILED", "{}: {fifth}", self.id);
        assert_eq!(fifth["sync"]["problem"], "BANK_BUSY", "{}: {fifth}", self.id);
        let calls = self.bank.calls();
        let lists = calls[before..].iter().filter(|call| call.path.starts_with(self.lists));
        assert_eq!(lists.count(), 0, "{}: nothing was asked", self.id);
        assert!(calls.iter().all(|call| call.status != 429), "{}: nothing was refused", self.id);
        assert_eq!(fifth["status"], "ACTIVE", "{}: it is read another day", self.id);
    }

    /// A bank that says 401 to everything is asked with the next token once, and left.
    async fn refusals_end(&self) {
        let mut person = self.world.person().await;
        let id = person.connect_at(self.id).await;
        let (before, refreshes) = (self.bank.calls().len(), self.refreshes());
        self.bank.faults().fail_next(self.lists, 401, 10_000);
        let ended = self.world.runs_ended().await;
        let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
        let data = person.graphql(text, json!({ "id": id })).await;
        assert_eq!(data["refreshConnection"]["status"], "STARTED", "{}", self.id);
        self.world.until_runs_ended(ended + 1).await;
        let shown = person.connection(&id).await;
        assert_eq!(shown["sync"]["state"], "FAILED", "{}: {shown}", self.id);
        let calls = self.bank.calls();
        let refused = calls[before..].iter().filter(|call| call.status == 401).count();
        assert!((1..=MOST_REFUSED).contains(&refused), "{}: {refused} calls", self.id);
        assert!(self.refreshes() - refreshes <= 1, "{}: one refresh", self.id);
    }

    fn refreshes(&self) -> usize {
        let calls = self.bank.calls();
        calls.iter().filter(|call| call.grant_type.as_deref() == Some("refresh_token")).count()
    }
}

async fn at(beside: &Beside, check: impl AsyncFn(At<'_>)) {
    let lists = match beside.id {
        "op" => "/accounts-psd2/v1/accounts",
        "nordvik" => "/psd2/v1/accounts",
        _ => "/open-banking/v4.0/aisp/accounts",
    };
    check(At { world: &beside.world, bank: beside.bank(), id: beside.id, lists }).await;
}

async fn at_enable_banking(check: impl AsyncFn(At<'_>)) {
    let route = Route::registered(Misbehaviours::NONE).await;
    let (world, bank) = (&route.world, &route.aggregator);
    check(At { world, bank, id: BANK, lists: "/sessions/" }).await;
    route.stop().await;
}

async fn at_every_bank(check: impl AsyncFn(At<'_>)) {
    for beside in [
        Beside::op().await,
        Beside::nordvik(Misbehaviours::NONE).await,
        Beside::albion(Misbehaviours::NONE).await,
    ] {
        at(&beside, &check).await;
        beside.stop().await;
    }
    at_enable_banking(check).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_read_in_a_day_without_the_person_is_sent_to_no_bank() {
    at_every_bank(async |at: At<'_>| at.a_fifth_read_is_not_sent().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_says_401_for_ever_is_asked_with_one_more_token_and_left() {
    at_every_bank(async |at: At<'_>| at.refusals_end().await).await;
}
