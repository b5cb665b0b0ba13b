//! What a reading has to stand at every bank, over sockets: tokens and consents that end between two pages,
//! links that lead in a circle, and pages and rows that come twice.

use domain::id::BankId;
use opl::app::Options;
use opl::redeciding::{self, Clean, Scope};
use opl::registration::register;
use opl::settings::RegistrationFile;
use sandbox::{Misbehaviour, Misbehaviours, Sandbox, SandboxOptions, SandboxStandard};
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

/// A bank, and the world it is read from.
pub(crate) struct Beside {
    pub(crate) world: World,
    /// None for OP, which is the world's own.
    beside: Option<Sandbox>,
    pub(crate) id: &'static str,
    /// What addresses of single accounts begin with.
    accounts: &'static str,
}

async fn start(standard: SandboxStandard, wrong: Misbehaviours) -> (World, Sandbox) {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let bank = Sandbox::start(SandboxOptions {
        standard,
        data_dir: world.scratch.path().join("beside"),
        public_port: 0,
        mtls_port: 0,
        authorize_port: 0,
        auto_approve: true,
        authorize_plain_http: true,
        misbehaviours: wrong,
        ..SandboxOptions::default()
    })
    .await
    .expect("a bank");
    (world, bank)
}

impl Beside {
    pub(crate) async fn op() -> Self {
        let world = World::registered(Store::Sqlite).await;
        Self { world, beside: None, id: "op", accounts: "/accounts-psd2/v1/accounts/" }
    }

    pub(crate) fn bank(&self) -> &Sandbox {
        self.beside.as_ref().unwrap_or(&self.world.bank)
    }

    pub(crate) async fn nordvik(wrong: Misbehaviours) -> Self {
        let (world, bank) = start(SandboxStandard::BerlinGroup, wrong).await;
        let sandbox::Addresses { public, mtls, authorize, .. } = bank.addresses();
        let settings = json!({
            "country": "FI", "tpp_name": "Test", "roles": ["AIS"],
            "sandbox_url": format!("{public}/certificates/sandbox-tpp"),
            "api_url": format!("{mtls}/psd2/v1"),
            "browser_origin": authorize,
            "redirect_uris": [format!("{}/callback/nordvik", world.page)],
        });
        let accounts = "/psd2/v1/accounts/";
        Self { world, beside: Some(bank), id: "nordvik", accounts }.registered(settings).await
    }

    pub(crate) async fn albion(wrong: Misbehaviours) -> Self {
        let (world, bank) = start(SandboxStandard::OpenBankingUk, wrong).await;
        let sandbox::Addresses { public, mtls, authorize, .. } = bank.addresses();
        let page = &world.page;
        let settings = json!({
            "version": "4.0", "country": "GB", "tpp_name": "Test", "roles": ["AIS"],
            "redirect_uris": [format!("{page}/callback/albion")],
            "software_client_name": "Test", "software_client_uri": page, "org_name": "Test",
            "org_contacts": [],
            "generator_url": format!("{public}/directory/sandbox-tpp"),
            "statement_url": format!("{mtls}/directory/software-statements"),
            "issuer": public,
            "registration_url": format!("{mtls}/register"),
            "token_url": format!("{mtls}/oauth/token"),
            "pushed_url": format!("{mtls}/oauth/par"),
            "authorize_url": format!("{authorize}/oauth/authorize"),
            "keys_url": format!("{public}/oauth/jwks"),
            "accounts_url": format!("{mtls}/open-banking/v4.0/aisp"),
        });
        let accounts = "/open-banking/v4.0/aisp/accounts/";
        Self { world, beside: Some(bank), id: "albion", accounts }.registered(settings).await
    }

    async fn registered(self, settings: Value) -> Self {
        let ca = self.bank().ca_certificate_pem().to_owned();
        let id = BankId(self.id.to_owned());
        let file = RegistrationFile::parse(&id, settings.to_string(), Some(ca)).expect("settings");
        register(&self.world.app, &file, |_| {}).await.expect("registered");
        self
    }

    pub(crate) async fn read_again(&self, person: &mut Browser, id: &str) -> Value {
        let ended = self.world.runs_ended().await;
        let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
        let data = person.graphql(text, json!({ "id": id })).await;
        assert_eq!(data["refreshConnection"]["status"], "STARTED");
        self.world.until_runs_ended(ended + 1).await;
        person.connection(id).await
    }

    /// How many rows of each account and card there are here, and at the bank.
    async fn rows(&self, person: &mut Browser) -> (Vec<u64>, Vec<u64>) {
        let text = "{ accounts { identifier currency transactionCount } }";
        let data = person.graphql(text, json!({})).await;
        let ours = data["accounts"].as_array().expect("accounts").clone();
        let truth = self.bank().truth();
        let known = truth.users[0].accounts.iter().map(|known| {
            let same = |one: &&Value| {
                one["identifier"] == known.iban.as_str()
                    && one["currency"] == known.currency.as_str()
            };
            let count = ours
                .iter()
                .find(same)
                .map_or(0, |one| one["transactionCount"].as_u64().expect("a count"));
            // OP lists what is booked.
            let pending = if self.beside.is_some() { known.pending } else { 0 };
            (count, (known.transactions + pending) as u64)
        });
        known.unzip()
    }

    pub(crate) async fn stop(self) {
        self.world.stop().await;
        if let Some(bank) = self.beside {
            bank.stop().await;
        }
    }
}

async fn whole(beside: &Beside, person: &mut Browser) {
    let (ours, theirs) = beside.rows(person).await;
    assert_eq!(ours, theirs, "{}", beside.id);
}

/// The next link leads to its own page: reading comes to an end, claims nothing, and is whole later.
async fn a_link_to_itself(beside: Beside) {
    let mut person = beside.world.person().await;
    let id = person.connect_at(beside.id).await;
    let (ours, theirs) = beside.rows(&mut person).await;
    assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| *ours > 0 && ours <= theirs));
    assert_ne!(ours, theirs, "what cannot be reached is not there");
    beside.bank().misbehave(Misbehaviours::NONE);
    let again = beside.read_again(&mut person, &id).await;
    assert_eq!(again["sync"]["state"], "DONE", "{again}");
    whole(&beside, &mut person).await;
    beside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_link_that_loops_ends_and_loses_nothing_at_albion() {
    a_link_to_itself(Beside::albion(Misbehaviour::SelfLink.into()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_link_that_loops_ends_and_loses_nothing_at_nordvik() {
    a_link_to_itself(Beside::nordvik(Misbehaviour::SelfLink.into()).await).await;
}

/// Pages that come again, rows under two references, and rows that cannot be read.
#[tokio::test(flavor = "multi_thread")]
async fn pages_and_rows_that_come_twice_are_counted_once_at_nordvik() {
    use Misbehaviour as M;
    let wrong = [M::RepeatingCursor, M::BrokenRow, M::NoId];
    let nordvik = Beside::nordvik(wrong.into_iter().collect()).await;
    let mut person = nordvik.world.person().await;
    let id = person.connect_at("nordvik").await;
    whole(&nordvik, &mut person).await;
    assert!(nordvik.world.count("fetch.rows_quarantined").await >= 3);
    nordvik.bank().misbehave(M::TransactionIdPerCall);
    let again = nordvik.read_again(&mut person, &id).await;
    assert_eq!(again["sync"]["transactionsNew"], 0, "{again}");
    whole(&nordvik, &mut person).await;
    nordvik.stop().await;
}

/// Requests for pages of the account that is read when the first call is refused: how many passed before it.
fn passed_before_a_refusal(calls: &[sandbox::Call], from: usize) -> usize {
    let calls = &calls[from..];
    let refused = calls
        .iter()
        .position(|call| matches!(call.status, 401 | 403) && call.path.ends_with("/transactions"));
    let refused = refused.expect("a page was refused");
    let path = &calls[refused].path;
    calls[..refused].iter().filter(|call| call.status == 200 && call.path == *path).count()
}

/// How many requests about single accounts pass until the second page of one is asked for.
async fn up_to_a_second_page(beside: &Beside) -> u32 {
    let calls = beside.bank().calls();
    let about = calls.iter().filter(|call| call.path.starts_with(beside.accounts));
    let paths: Vec<_> = about.map(|call| call.path.as_str()).collect();
    let again = (1..paths.len())
        .find(|at| paths[*at].ends_with("/transactions") && paths[..*at].contains(&paths[*at]));
    u32::try_from(again.expect("an account of several pages")).expect("few")
}

/// The token is refused between two pages: a new one is fetched where there are tokens, and the run goes on;
/// elsewhere the account waits for the next run. Nothing is lost or doubled.
async fn a_token_ends_between_two_pages(beside: Beside) {
    // The first reading of another person tells where the second page comes.
    let mut other = beside.world.person().await;
    other.connect_at(beside.id).await;
    let passing = up_to_a_second_page(&beside).await;
    let before = beside.bank().calls().len();
    // A bank without tokens has no 401 that is about one: it blocks the call.
    let has_tokens = beside.id != "nordvik";
    let status = if has_tokens { 401 } else { 403 };
    beside.bank().faults().fail_after(beside.accounts, passing, status);
    let mut person = beside.world.person().await;
    let id = person.connect_at(beside.id).await;
    let cut = person.connection(&id).await;
    assert_eq!(
        (&cut["sync"]["state"], &cut["status"]),
        (&json!("DONE"), &json!("ACTIVE")),
        "{cut}"
    );
    let calls = beside.bank().calls();
    assert!(passed_before_a_refusal(&calls, before) >= 1, "between two pages");
    let refreshed = calls[before..].iter();
    let refreshed = refreshed.filter(|call| call.grant_type.as_deref() == Some("refresh_token"));
    assert_eq!(
        refreshed.count(),
        usize::from(has_tokens),
        "refreshed once, where there are tokens"
    );
    let (ours, theirs) = beside.rows(&mut person).await;
    assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| ours <= theirs), "nothing is doubled");
    assert_eq!(ours, theirs, "the page that was refused is read again from the first one");
    let next = beside.read_again(&mut person, &id).await;
    assert_eq!(next["sync"]["state"], "DONE", "{next}");
    whole(&beside, &mut person).await;
    beside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_between_two_pages_is_replaced_at_op() {
    a_token_ends_between_two_pages(Beside::op().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_between_two_pages_is_replaced_at_albion() {
    a_token_ends_between_two_pages(Beside::albion(Misbehaviours::NONE).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_between_two_pages_loses_nothing_at_nordvik() {
    a_token_ends_between_two_pages(Beside::nordvik(Misbehaviours::NONE).await).await;
}

/// Newer rules read every kept answer again, whatever its bank asks of a request, and change nothing.
async fn every_answer_is_read_again(beside: Beside) {
    let mut person = beside.world.person().await;
    person.connect_at(beside.id).await;
    let (app, scope) = (&beside.world.app, Scope::default());
    let look = redeciding::preview(app, scope, &mut Clean::new(), |_| {}).await.expect("a look");
    let differences = || look.accounts.iter().map(|account| &account.difference);
    assert!(differences().map(|one| one.windows).sum::<u32>() >= 2, "a window of each account");
    assert_eq!(differences().map(|one| one.unread).sum::<u32>(), 0, "{}", beside.id);
    assert_eq!(look.changes(), 0, "{}", beside.id);
    beside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_read_again_at_every_bank() {
    every_answer_is_read_again(Beside::op().await).await;
    every_answer_is_read_again(Beside::nordvik(Misbehaviours::NONE).await).await;
    every_answer_is_read_again(Beside::albion(Misbehaviours::NONE).await).await;
}

/// The person withdraws the consent at the bank while it is read for the first time: the run ends and says
/// so, what was read stays, and once it is given again everything is there, once.
async fn a_consent_ends_between_two_pages(beside: Beside) {
    let mut person = beside.world.person().await;
    // The first reading of another person tells where the second page comes.
    let mut other = beside.world.person().await;
    other.connect_at(beside.id).await;
    let passing = up_to_a_second_page(&beside).await;
    let before = beside.bank().calls().len();
    beside.bank().faults().withdraw_after(beside.accounts, passing);
    let id = person.connect_at(beside.id).await;
    let ended = person.connection(&id).await;
    assert_eq!(ended["sync"]["state"], "FAILED", "{ended}");
    assert_eq!(ended["sync"]["problem"], "CONSENT_ENDED", "{ended}");
    assert_ne!(ended["status"], "ACTIVE", "{ended}");
    assert!(passed_before_a_refusal(&beside.bank().calls(), before) >= 1, "between two pages");
    let kept = beside.world.events().await.into_iter().filter(|(_, event)| {
        matches!(event, domain::event::Event::Fetch(domain::fetch::FetchEvent::Answered(answered))
            if matches!(answered.subject, domain::fetch::Subject::Transactions { .. }))
    });
    assert!(kept.count() > 1, "the pages that were read are kept");
    let (ours, theirs) = beside.rows(&mut person).await;
    assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| ours <= theirs), "nothing is doubled");
    person.connect_at(beside.id).await;
    whole(&beside, &mut person).await;
    beside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_is_withdrawn_between_two_pages_is_said_at_op() {
    a_consent_ends_between_two_pages(Beside::op().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_is_withdrawn_between_two_pages_is_said_at_albion() {
    a_consent_ends_between_two_pages(Beside::albion(Misbehaviours::NONE).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_is_withdrawn_between_two_pages_is_said_at_nordvik() {
    a_consent_ends_between_two_pages(Beside::nordvik(Misbehaviours::NONE).await).await;
}

/// At OP too: the same rows on two pages, and a link to its own page.
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_come_again_and_links_that_loop_are_stood_at_op() {
    let op = Beside::op().await;
    op.bank().misbehave(Misbehaviour::RepeatingCursor);
    let mut person = op.world.person().await;
    let id = person.connect_at("op").await;
    whole(&op, &mut person).await;
    op.bank().misbehave(Misbehaviour::SelfLink);
    let again = op.read_again(&mut person, &id).await;
    assert_eq!(again["sync"]["transactionsNew"], 0, "{again}");
    whole(&op, &mut person).await;
    op.stop().await;
}

/// More than a twentieth of a page cannot be read: the page is kept and none of it is believed, the window is
/// not whole, and the next run makes it so.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_which_most_cannot_be_read_stops_the_window() {
    let op = Beside::op().await;
    let mut person = op.world.person().await;
    let mut other = op.world.person().await;
    other.connect_at("op").await;
    let passing = up_to_a_second_page(&op).await;
    op.bank().faults().garble_after(op.accounts, passing);
    // The bank's mark is tried once more from the first page; that page is garbled too.
    op.bank().faults().garble_after(op.accounts, 0);
    let id = person.connect_at("op").await;
    let cut = person.connection(&id).await;
    assert_eq!(cut["status"], "ACTIVE", "{cut}");
    let (ours, theirs) = op.rows(&mut person).await;
    assert_ne!(ours, theirs, "what cannot be read is not there");
    assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| ours <= theirs));
    assert!(ours.iter().sum::<u64>() > 0, "what could be read is");
    assert!(op.world.count("fetch.rows_quarantined").await >= 1, "every row is kept aside");
    let next = op.read_again(&mut person, &id).await;
    assert_eq!(next["sync"]["state"], "DONE", "{next}");
    whole(&op, &mut person).await;
    op.stop().await;
}
