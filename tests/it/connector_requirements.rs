//! What a reading has to stand at every bank beside OP, over sockets: links that lead in a circle, and pages and
//! rows that come twice.

use domain::id::BankId;
use opl::app::Options;
use opl::registration::register;
use opl::settings::RegistrationFile;
use sandbox::{Misbehaviour, Misbehaviours, Sandbox, SandboxOptions, SandboxStandard};
use serde_json::{Value, json};

use crate::support::{Browser, Store, World};

/// A bank beside OP.
struct Beside {
    world: World,
    bank: Sandbox,
    id: &'static str,
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
    async fn nordvik(wrong: Misbehaviours) -> Self {
        let (world, bank) = start(SandboxStandard::BerlinGroup, wrong).await;
        let sandbox::Addresses { public, mtls, authorize, .. } = bank.addresses();
        let settings = json!({
            "country": "FI", "tpp_name": "Test", "roles": ["AIS"],
            "sandbox_url": format!("{public}/certificates/sandbox-tpp"),
            "api_url": format!("{mtls}/psd2/v1"),
            "browser_origin": authorize,
            "redirect_uris": [format!("{}/callback/nordvik", world.page)],
        });
        Self { world, bank, id: "nordvik" }.registered(settings).await
    }

    async fn albion(wrong: Misbehaviours) -> Self {
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
        Self { world, bank, id: "albion" }.registered(settings).await
    }

    async fn registered(self, settings: Value) -> Self {
        let ca = self.bank.ca_certificate_pem().to_owned();
        let id = BankId(self.id.to_owned());
        let file = RegistrationFile::parse(&id, settings.to_string(), Some(ca)).expect("settings");
        register(&self.world.app, &file, |_| {}).await.expect("registered");
        self
    }

    async fn read_again(&self, person: &mut Browser, id: &str) -> Value {
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
        let truth = self.bank.truth();
        let known = truth.users[0].accounts.iter().map(|known| {
            let same = |one: &&Value| {
                one["identifier"] == known.iban.as_str()
                    && one["currency"] == known.currency.as_str()
            };
            let count = ours
                .iter()
                .find(same)
                .map_or(0, |one| one["transactionCount"].as_u64().expect("a count"));
            (count, (known.transactions + known.pending) as u64)
        });
        known.unzip()
    }

    async fn stop(self) {
        self.world.stop().await;
        self.bank.stop().await;
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
    beside.bank.misbehave(Misbehaviours::NONE);
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
    nordvik.bank.misbehave(M::TransactionIdPerCall);
    let again = nordvik.read_again(&mut person, &id).await;
    assert_eq!(again["sync"]["transactionsNew"], 0, "{again}");
    whole(&nordvik, &mut person).await;
    nordvik.stop().await;
}
