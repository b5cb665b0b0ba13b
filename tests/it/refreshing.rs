//! Refreshing tokens: once for everybody, at most one lost answer made up for, never in a loop.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use domain::grant::{Grant, GrantCommand};
use domain::id::{BankId, ConsentId};
use domain::stream::{Category, StreamId};
use opl::access::BankAccess;
use opl::app::{App, Options};
use opl::connectors::Secret;
use opl::ledger::{Actor, Cause, Owner};
use opl::tokens::{Holder, TokenError, access_token};
use opl::vault::secrets::SecretOwner;
use opl::world::Clock;
use sandbox::IdTokenMutation;

use crate::load::times;
use crate::support::{Store, World, postgres_url};

/// Tasks of each process that need a token at one instant.
const CALLERS: usize = 500;
/// Generations of tokens that run out under them.
const GENERATIONS: usize = 3;
/// Answers to refreshes that are lost, one after the other: usually, and in a soak.
const LOST: (u64, u64) = (40, 1_000);
/// Longer than any token of the sandbox lives.
const PAST_ITS_LIFE: i64 = 3_700;

/// A connection whose tokens run out when the test says so.
struct Short {
    world: World,
    bank: Arc<BankAccess>,
    holder: Holder,
    connection: String,
    ahead: Arc<AtomicI64>,
    before: usize,
    /// What other processes would open.
    options: Options,
}

impl Short {
    async fn start(postgres: Option<&str>) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let moved = Arc::clone(&ahead);
        let clock =
            Clock::from_fn(move || Utc::now() + TimeDelta::seconds(moved.load(Ordering::Relaxed)));
        let options = |data: &Path| Options {
            postgres_url: postgres.map(Into::into),
            clock: clock.clone(),
            ..Options::in_directory(data)
        };
        let world = World::unregistered(Store::Sqlite, options).await;
        let settings = world.settings();
        opl::registration::register(&world.app, &settings, |_| {}).await.expect("registered");
        let connection = world.person().await.connect().await;
        let bank = world.app.access(&BankId("op".to_owned())).await.expect("a bank");
        let consent_id: ConsentId = connection.parse().expect("an identifier");
        let user_id = world.events().await.into_iter().find_map(|(_, event)| match event {
            domain::event::Event::Consent(domain::consent::ConsentEvent::Requested(asked)) => {
                Some(asked.user_id)
            }
            _ => None,
        });
        let user_id = user_id.expect("a request");
        let holder = Holder { consent_id, user_id, correlation: uuid::Uuid::new_v4(), fence: None };
        let options = options(&world.scratch.path().join("state"));
        let before = world.calls("POST", "/oauth/token", |_| true);
        Self { world, bank, holder, connection, ahead, before, options }
    }

    fn run_out(&self) {
        self.ahead.fetch_add(PAST_ITS_LIFE, Ordering::Relaxed);
    }

    /// Calls for tokens since the connection was made, answered or not: all are refreshes.
    fn refreshes(&self) -> usize {
        self.world.calls("POST", "/oauth/token", |_| true) - self.before
    }

    async fn token(&self) -> Result<Secret, TokenError> {
        access_token(&self.world.app, &self.bank, self.holder).await
    }

    fn stream(&self) -> StreamId {
        StreamId::new(Category::Grant, self.holder.consent_id.0)
    }

    /// What a process does right before it dies in the middle of a refresh.
    async fn announce(&self) {
        let owner = Owner::Person(self.holder.user_id);
        let cause = Cause::new(Actor::Service, uuid::Uuid::new_v4());
        let ledger = &self.world.app.ledger;
        let intend = GrantCommand::IntendRefresh;
        ledger.execute::<Grant>(self.stream(), owner, cause, intend).await.expect("announced");
    }
}

fn over(result: Result<Secret, TokenError>) -> String {
    match result {
        Err(TokenError::ConfirmationNeeded { code }) => code,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("there is a token"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_callers_of_three_processes_refresh_once() {
    let url = postgres_url().await;
    let short = Short::start(Some(&url)).await;
    let mut processes = vec![(Arc::clone(&short.world.app), Arc::clone(&short.bank))];
    for _ in 0..2 {
        let app = App::open(short.options.clone()).await.expect("another process");
        let bank = app.access(&BankId("op".to_owned())).await.expect("a bank");
        processes.push((app, bank));
    }
    for _ in 0..GENERATIONS {
        short.run_out();
        let before = short.refreshes();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..CALLERS {
            for (app, bank) in &processes {
                let (app, bank, holder) = (Arc::clone(app), Arc::clone(bank), short.holder);
                callers.spawn(async move {
                    let begun = Instant::now();
                    let token = access_token(&app, &bank, holder).await.expect("a token");
                    (token, begun.elapsed())
                });
            }
        }
        let mut got = callers.join_all().await;
        assert!(got.iter().all(|(token, _)| token.matches(got[0].0.expose())), "one token");
        assert_eq!(short.refreshes(), before + 1, "one call for a generation");
        got.sort_by_key(|(_, waited)| *waited);
        let waited: Vec<Duration> = got.iter().map(|(_, waited)| *waited).collect();
        eprintln!(
            "waited: median {:?}, p99 {:?}",
            waited[waited.len() / 2],
            waited[waited.len() * 99 / 100]
        );
    }
    assert_eq!(short.world.count("grant.refreshed").await, GENERATIONS);
    for (app, _) in &processes[1..] {
        app.stop().await;
    }
    short.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_are_made_up_for_where_the_bank_allows_it() {
    let short = Short::start(None).await;
    let lost = times(LOST.0, LOST.1);
    for round in 0..lost {
        short.run_out();
        let before = short.refreshes();
        short.world.bank.faults().drop_answer_next("/oauth/token", 1);
        assert!(short.token().await.is_ok(), "round {round}");
        assert_eq!(short.refreshes(), before + 2, "round {round}");
    }
    assert_eq!(short.world.count("grant.refreshed").await, lost as usize);
    assert_eq!(short.world.count("grant.refresh_intended").await, 2 * lost as usize);
    assert_eq!(short.world.count("grant.refresh_failed").await, 0);
    short.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lost_answers_end_it_with_their_cause() {
    let short = Short::start(None).await;
    short.run_out();
    short.world.bank.faults().drop_answer_next("/oauth/token", 9);
    assert_eq!(over(short.token().await), "refresh_answer_lost");
    assert_eq!(short.refreshes(), 2);
    short.world.bank.faults().clear();
    assert_eq!(over(short.token().await), "refresh_answer_lost");
    assert_eq!(short.refreshes(), 2, "the bank is not asked again");
    short.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_is_down_or_at_fault_ends_nothing() {
    let short = Short::start(None).await;
    short.run_out();
    for _ in 0..4 {
        short.world.bank.faults().fail_next("/oauth/token", 503, 1);
        assert!(matches!(short.token().await, Err(TokenError::Bank(_))));
    }
    assert!(short.token().await.is_ok());
    short.world.stop().await;
}

/// OpenID Connect Core 1.0, section 12.2.
#[tokio::test(flavor = "multi_thread")]
async fn refreshed_tokens_of_somebody_else_are_not_taken() {
    use IdTokenMutation as Wrong;
    let cases = [
        (Wrong::SubDifferentInBack, "id_token_sub_changed"),
        (Wrong::IssuerWrong, "id_token_iss"),
        (Wrong::AudienceWrong, "id_token_aud"),
        (Wrong::SignatureBroken, "id_token_signature"),
        (Wrong::AtHashWrong, "id_token_at_hash"),
    ];
    for (mutation, code) in cases {
        let short = Short::start(None).await;
        short.run_out();
        short.world.bank.faults().id_token_mutation(Some(mutation));
        assert_eq!(over(short.token().await), code, "{mutation:?}");
        short.world.bank.faults().clear();
        assert_eq!(over(short.token().await), code, "{mutation:?}: it stays over");
        assert_eq!(short.refreshes(), 1, "{mutation:?}: the bank is not asked again");
        short.world.stop().await;
    }
    // What a bank may leave out.
    let short = Short::start(None).await;
    for mutation in [Wrong::OmitBack, Wrong::AcrMissing, Wrong::AudienceArray] {
        short.run_out();
        short.world.bank.faults().id_token_mutation(Some(mutation));
        assert!(short.token().await.is_ok(), "{mutation:?}");
    }
    short.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_cut_by_a_crash_has_one_more_call() {
    let short = Short::start(None).await;
    short.run_out();
    short.announce().await;
    assert!(short.token().await.is_ok());
    assert_eq!(short.refreshes(), 1);
    // And where that one's answer is lost too, it is over.
    short.run_out();
    short.announce().await;
    short.world.bank.faults().drop_answer_next("/oauth/token", 9);
    assert_eq!(over(short.token().await), "refresh_answer_lost");
    assert_eq!(short.refreshes(), 2);
    short.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_restored_copy_are_not_shown_to_the_bank() {
    let short = Short::start(None).await;
    let old = short.world.tokens(&short.connection).await.expect("tokens");
    short.run_out();
    assert!(short.token().await.is_ok());
    let name = format!("consent/{}/tokens", short.connection);
    let owner = SecretOwner::Person(short.holder.user_id);
    short.world.app.secrets.put(owner, &name, &old).await.expect("put back");
    let before = short.refreshes();
    for _ in 0..3 {
        assert_eq!(over(short.token().await), "tokens_older_than_log");
    }
    assert_eq!(short.refreshes(), before);
    short.world.stop().await;
}
