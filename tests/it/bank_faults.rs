//! What goes wrong at banks, as the person sees it: said in plain words, nothing lost, nothing hidden.
//! [`listed`] holds the list of all such faults against the tests that play them.

mod listed;

use std::sync::Arc;
use std::time::Duration;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{ConsentId, TransactionId, UserId};
use opl::app::{App, Options};
use opl::sync::{Purpose, Start};
use opl::tokens::Holder;
use sandbox::{Misbehaviour, Misbehaviours, SandboxClock};
use serde_json::{Value, json};

use crate::misbehaviour::{connect, open, refresh, sign};
use crate::support::{Browser, Store, World, postgres_url};

const DAY: Duration = Duration::from_secs(86_400);

/// A person connected to a bank, in a time of the test's own.
struct Life {
    world: World,
    clock: SandboxClock,
    person: Browser,
    connection: String,
}

impl Life {
    async fn begin(on: impl Into<Misbehaviours>) -> Self {
        let clock = SandboxClock::real();
        let world = open(on, &clock).await;
        let mut person = world.browser();
        sign(&mut person, "signUp").await;
        let (connection, _) = connect(&mut person).await.expect("connected");
        Self { world, clock, person, connection }
    }

    /// Days pass; the session ends meanwhile.
    async fn days(&mut self, days: u32) {
        self.clock.advance(DAY * days);
        sign(&mut self.person, "signIn").await;
    }

    async fn read(&mut self) -> String {
        refresh(&self.world, &mut self.person, &self.connection).await
    }

    async fn head(&self) -> u64 {
        self.world.app.ledger.log().head().await.expect("a head").position
    }

    /// Asks once everything in the log is shown.
    async fn ask(&mut self, text: &str, variables: Value) -> Value {
        let head = self.head().await;
        self.world.app.read.wait_for(head, Duration::from_secs(30)).await.expect("caught up");
        self.person.graphql(text, variables).await
    }

    /// The transactions some kind of account event is about, oldest first.
    async fn about(
        &self,
        pick: impl Fn(AccountEvent) -> Option<TransactionId>,
    ) -> Vec<TransactionId> {
        let events = self.world.events().await.into_iter();
        events
            .filter_map(|(_, event)| match event {
                Event::Account(event) => pick(event),
                _ => None,
            })
            .collect()
    }

    async fn transaction(&mut self, id: TransactionId) -> Value {
        let text = "query ($id: ID!) { transaction(id: $id) { state standing missedWindows \
            amount { minor } text bookingDate position decisions { kind byPerson score undoable \
            position reasons { kind } evidence { answer } } } }";
        self.ask(text, json!({ "id": id.to_string() })).await["transaction"].take()
    }
}

fn kinds(transaction: &Value) -> Vec<&str> {
    let decisions = transaction["decisions"].as_array().expect("decisions");
    decisions.iter().map(|made| made["kind"].as_str().expect("a kind")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_row_is_booked_under_a_new_id_with_grounds_and_evidence() {
    let mut life = Life::begin(Misbehaviour::PendingDateDrift).await;
    life.days(4).await;
    life.read().await;
    let settled = life.about(|event| match event {
        AccountEvent::TransactionSettled(settled) => Some(settled.transaction_id),
        _ => None,
    });
    let settled = settled.await;
    let id = *settled.first().expect("a pending row was booked");
    let transaction = life.transaction(id).await;
    assert_eq!(
        (&transaction["state"], &transaction["standing"]),
        (&json!("BOOKED"), &json!("COUNTED"))
    );
    let made = &transaction["decisions"][0];
    assert_eq!(
        (&made["kind"], &made["byPerson"]),
        (&json!("SETTLED"), &json!(false)),
        "{transaction}"
    );
    assert!(
        made["evidence"]["answer"].is_number() && made["score"].as_i64() >= Some(900),
        "{made}"
    );
    assert!(!made["reasons"].as_array().expect("reasons").is_empty());
    // What it was before is still there, as of then.
    let before = made["position"].as_str().expect("text").parse::<u64>().expect("a number") - 1;
    let text = "query ($id: ID!, $at: Position!) { \
        transaction(id: $id, asOf: { position: $at }) { state decisions { kind } } }";
    let variables = json!({ "id": id.to_string(), "at": before.to_string() });
    assert_eq!(life.ask(text, variables).await["transaction"]["state"], "PENDING");
    life.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bank_corrects_or_removes_is_shown_and_nothing_is_deleted() {
    let mut life = Life::begin(Misbehaviours::NONE).await;
    let (before, rows) =
        (life.head().await, life.world.count("account.transaction_recorded").await);
    life.world.bank.misbehave(Misbehaviour::CorrectedHistory);
    life.read().await;
    let amended = life.about(|event| match event {
        AccountEvent::TransactionAmended(amended) => Some(amended.transaction_id),
        _ => None,
    });
    let corrected = *amended.await.first().expect("the bank corrected a row");
    let now = life.transaction(corrected).await;
    assert_eq!((kinds(&now)[0], &now["standing"]), ("AMENDED", &json!("COUNTED")));
    let text = "query ($id: ID!, $at: Position!) { \
        transaction(id: $id, asOf: { position: $at }) { amount { minor } } }";
    let variables = json!({ "id": corrected.to_string(), "at": before.to_string() });
    let then = life.ask(text, variables).await;
    assert_ne!(
        then["transaction"]["amount"], now["amount"],
        "the former amount is there as of then"
    );
    // A row that is gone is missed once, and taken as gone when a second whole window lacks it too.
    let missed = life.about(|event| match event {
        AccountEvent::TransactionMissed(missed) => Some(missed.transaction_id),
        _ => None,
    });
    let gone = *missed.await.first().expect("the bank removed a row");
    let once = life.transaction(gone).await;
    assert_eq!((&once["standing"], &once["missedWindows"]), (&json!("COUNTED"), &json!(1)));
    life.read().await;
    let twice = life.transaction(gone).await;
    assert_eq!((&twice["standing"], kinds(&twice)[0]), (&json!("WITHDRAWN"), "WITHDRAWN"));
    assert!(life.world.count("account.transaction_recorded").await >= rows);
    life.world.stop().await;
}

const COVERAGE: &str = "query ($id: ID!) { coverage(accountId: $id) { balance breakingDay \
    difference { minor } gaps { from to } days { from to } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_does_not_add_up_is_named_and_never_mended() {
    let mut life = Life::begin(Misbehaviours::NONE).await;
    life.read().await;
    let data = life.ask("{ accounts { id kind transactionCount } }", json!({})).await;
    let account =
        data["accounts"].as_array().expect("accounts").iter().find(|one| one["kind"] == "CURRENT");
    let account = account.expect("an account").clone();
    let id = json!({ "id": account["id"] });
    let holds = life.ask(COVERAGE, id.clone()).await;
    assert_eq!(holds["coverage"]["balance"], "HOLDS", "{holds}");
    assert_eq!(holds["coverage"]["gaps"], json!([]));
    assert!(
        holds["coverage"]["days"][0]["from"].is_string(),
        "no more is claimed than was asked for"
    );
    life.world.bank.misbehave(Misbehaviour::StaleBalance);
    life.read().await;
    let breaks = life.ask(COVERAGE, id.clone()).await;
    assert_eq!(breaks["coverage"]["balance"], "BREAKS", "{breaks}");
    assert!(breaks["coverage"]["difference"]["minor"].is_string());
    let data = life.ask("{ accounts { id transactionCount } }", json!({})).await;
    let same = data["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .find(|one| one["id"] == account["id"]);
    assert_eq!(same.expect("it")["transactionCount"], account["transactionCount"]);
    life.world.stop().await;
}

const READING: &str = "{ accounts { kind lastReadAt available { minor } booked { minor } \
    beyondOwn { minor } reading { nextAt nextWhy byHandFrom running problem } } \
    connections { reading { nextAt problem } sync { state problem } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_or_silence_instead_of_data_is_said_and_the_last_good_read_stays() {
    let mut life = Life::begin(Misbehaviour::OverdraftInAvailable).await;
    let good = life.ask(READING, json!({})).await;
    let current =
        good["accounts"].as_array().expect("accounts").iter().find(|one| one["kind"] == "CURRENT");
    // The bank's available balance holds 2,000 euros of credit; they are nobody's own money.
    assert_eq!(current.expect("one")["beyondOwn"]["minor"], "200000", "{good}");
    assert_eq!(good["accounts"][0]["reading"]["problem"], Value::Null);
    assert!(good["accounts"][0]["reading"]["nextAt"].is_string());
    let rows = life.world.count("account.transaction_recorded").await;
    for (list, problem) in [(true, "ANSWER_UNREADABLE"), (false, "BANK_UNREACHABLE")] {
        let (faults, path) = (life.world.bank.faults(), "/accounts-psd2/v1/accounts");
        match list {
            true => faults.show_web_page_next(path, 1),
            false => faults.drop_connection_next(path, 9),
        }
        life.read().await;
        life.world.bank.faults().clear();
        let ill = life.ask(READING, json!({})).await;
        assert_eq!(ill["connections"][0]["sync"]["state"], "FAILED", "{ill}");
        assert_eq!(ill["connections"][0]["reading"]["problem"], problem);
        for (now, then) in ill["accounts"]
            .as_array()
            .expect("accounts")
            .iter()
            .zip(good["accounts"].as_array().expect("accounts"))
        {
            assert_eq!(
                (&now["reading"]["problem"], &now["reading"]["nextWhy"]),
                (&json!(problem), &json!("AFTER_FAILURE"))
            );
            assert_eq!(
                (&now["booked"], &now["lastReadAt"]),
                (&then["booked"], &then["lastReadAt"])
            );
        }
    }
    life.world.bank.faults().auto_approve(true);
    life.read().await;
    let well = life.ask(READING, json!({})).await;
    assert_eq!(well["connections"][0]["reading"]["problem"], Value::Null, "{well}");
    assert_eq!(life.world.count("account.transaction_recorded").await, rows);
    life.world.stop().await;
}

/// A page in the middle that is no page: those before it are kept, and the window is not taken as whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_cut_is_never_called_whole() {
    let mut life = Life::begin(Misbehaviour::RefusedCursor).await;
    let text = "{ accounts { id kind } }";
    let data = life.ask(text, json!({})).await;
    let accounts = data["accounts"].as_array().expect("accounts").clone();
    let mut cut = 0;
    for account in accounts {
        let text = "query ($id: ID!) { coverage(accountId: $id) { days { to } lastGoodAt windows { whole rows } } }";
        let known = life.ask(text, json!({ "id": account["id"] })).await["coverage"].take();
        if known["windows"][0]["whole"] == false {
            cut += 1;
            assert_eq!(
                (&known["days"], &known["lastGoodAt"]),
                (&json!([]), &Value::Null),
                "{known}"
            );
        }
    }
    assert!(cut > 0, "no account has a second page");
    life.world.stop().await;
}

/// Two processes are asked for the same reading at the same instant, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_start_one_reading_one_reads() {
    const ROUNDS: usize = 3;
    let url = postgres_url().await;
    let options = |data: &std::path::Path| Options {
        postgres_url: Some(url.as_str().into()),
        ..Options::in_directory(data)
    };
    let world = World::unregistered(Store::Sqlite, options).await;
    opl::registration::register(&world.app, &world.settings(), |_| {}).await.expect("registered");
    let consent_id: ConsentId =
        world.person().await.connect().await.parse().expect("an identifier");
    let user_id = world.events().await.into_iter().find_map(|(_, event)| match event {
        Event::Consent(domain::consent::ConsentEvent::Requested(asked)) => Some(asked.user_id),
        _ => None,
    });
    let user_id: UserId = user_id.expect("a request");
    let other =
        App::open(options(&world.scratch.path().join("state"))).await.expect("another process");
    let lists = || {
        world.calls("GET", "/accounts-psd2/v1/accounts", |call| {
            call.path == "/accounts-psd2/v1/accounts"
        })
    };
    for round in 1..=ROUNDS {
        let before = lists();
        let start = |app: &Arc<App>| {
            let app = Arc::clone(app);
            let correlation = uuid::Uuid::new_v4();
            let holder = Holder { consent_id, user_id, correlation, fence: None };
            async move { opl::sync::start(&app, holder, Purpose::AskedByPerson, None).await }
        };
        let (one, two) = tokio::join!(start(&world.app), start(&other));
        let started = [one, two].map(|start| start.expect("an answer"));
        let reads = started.iter().filter(|start| matches!(start, Start::Started { .. })).count();
        let waits = started.iter().filter(|start| matches!(start, Start::AlreadyRunning)).count();
        assert_eq!((reads, waits), (1, 1), "round {round}: {started:?}");
        world.until_runs_ended(round + 1).await;
        assert_eq!(lists(), before + 1, "round {round}");
    }
    other.stop().await;
    world.stop().await;
}
