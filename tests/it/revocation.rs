//! Certificates that were taken back, over real sockets: the sandbox's certificate authority says so in its
//! list and in its answers, badly where a test wants that.

use std::sync::{Arc, Mutex};

use domain::event::Event;
use domain::id::BankId;
use domain::tpp_registration::{
    CertificateOwner, CertificateStanding, IssuerWord, TppRegistrationEvent,
};
use opl::app::Options;
use opl::connectors::exchange::Endpoint;
use opl::connectors::revocation::{Doubt, RevocationPolicy, Source, Standing};
use opl::connectors::transport::{Finding, Transport, TransportOptions};
use opl::connectors::{BankError, BankRequest, Method};
use opl::registration::certificates;
use sandbox::{Responder, Sandbox, SandboxOptions};

use crate::support::{Scratch, Store, World};

/// How long the read models may take.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(30);

/// A bank alone, and what is found about its certificates.
struct Bank {
    sandbox: Sandbox,
    found: Arc<Mutex<Vec<Finding>>>,
    _scratch: Scratch,
}

impl Bank {
    async fn start() -> Self {
        let scratch = Scratch::new();
        let sandbox = Sandbox::start(SandboxOptions {
            data_dir: scratch.path().to_owned(),
            public_port: 0,
            mtls_port: 0,
            authorize_port: 0,
            ..SandboxOptions::default()
        })
        .await
        .expect("a bank");
        Self { sandbox, found: Arc::default(), _scratch: scratch }
    }

    fn transport(&self, revocation: RevocationPolicy) -> Transport {
        let found = Arc::clone(&self.found);
        let public = &self.sandbox.addresses().public;
        Transport::new(TransportOptions {
            extra_root_pem: Some(self.sandbox.ca_certificate_pem().to_owned()),
            client_identity: None,
            allowed_hosts: vec![public.trim_start_matches("https://").to_owned()],
            revocation,
            report: Some(Arc::new(move |finding| found.lock().expect("a list").push(finding))),
            clock: Arc::new(chrono::Utc::now),
        })
        .expect("a transport")
    }

    /// Asks for the bank's keys: the refusal, or nothing.
    async fn ask(&self, transport: &Transport) -> Option<&'static str> {
        let url = format!("{}/oauth/jwks/PSD2_OIDC", self.sandbox.addresses().public);
        let request = BankRequest::new(Method::Get, url, Endpoint::Keys);
        match transport.send_once(&request, true).await {
            Ok(answer) => {
                assert_eq!(answer.status, 200);
                None
            }
            Err(BankError::TlsRefused { reason }) => Some(reason),
            Err(error) => panic!("{error}"),
        }
    }

    /// How many requests a listener took.
    fn calls(&self, listener: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.listener == listener).count()
    }

    /// What was found since the last look.
    fn found(&self) -> Vec<(Standing, Source, bool)> {
        let found = std::mem::take(&mut *self.found.lock().expect("a list"));
        found.into_iter().map(|found| (found.standing, found.source, found.refused)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_issuer_says_decides_whether_a_bank_is_called() {
    use RevocationPolicy::{Always, NotAsked, WherePossible};
    let bank = Bank::start().await;
    let says = bank.sandbox.revocations();

    // All is well: asked once, and kept until the answer is over.
    let transport = bank.transport(Always);
    for _ in 0..3 {
        assert_eq!(bank.ask(&transport).await, None);
    }
    assert_eq!((bank.calls("authority"), bank.calls("public")), (1, 3));
    assert_eq!(bank.found(), [(Standing::Good, Source::Answer, false)]);

    // By the list, where single questions fail.
    says.respond(Responder::ListOnly);
    assert_eq!(bank.ask(&bank.transport(Always)).await, None);
    assert_eq!(bank.found(), [(Standing::Good, Source::List, false)]);

    // No usable word: refused where the profile insists, and told where it does not.
    let unknown = Some("server_certificate_revocation_unknown");
    for (responder, doubt, refusal) in [
        (Responder::Away, Doubt::Unreachable, unknown),
        (Responder::Old, Doubt::Old, Some("server_revocation_list_over")),
        (Responder::Forged, Doubt::Forged, unknown),
    ] {
        says.respond(responder);
        let standing = Standing::Unknown(doubt);
        let before = bank.calls("public");
        let insists = bank.transport(Always);
        assert_eq!(bank.ask(&insists).await, refusal, "{responder:?}");
        assert_eq!(bank.calls("public"), before, "nothing was sent: {responder:?}");
        let asked = bank.calls("authority");
        assert_eq!(bank.ask(&insists).await, refusal, "and nobody is asked again at once");
        assert_eq!(bank.calls("authority"), asked, "{responder:?}");
        assert_eq!(bank.found(), [(standing, Source::Nowhere, true)], "{responder:?}");
        assert_eq!(bank.ask(&bank.transport(WherePossible)).await, None, "{responder:?}");
        assert_eq!(bank.found(), [(standing, Source::Nowhere, false)], "{responder:?}");
    }

    // Taken back: refused by answer, by list and by what the server itself brings.
    says.revoke_servers();
    let revoked = Some("server_certificate_revoked");
    let (sent, mut asked) = (bank.calls("public"), bank.calls("authority"));
    for (responder, staples, source, questions) in [
        (Responder::Well, false, Source::Answer, 1),
        (Responder::ListOnly, false, Source::List, 2),
        (Responder::Well, true, Source::Stapled, 0),
    ] {
        says.respond(responder);
        says.staple(staples);
        for policy in [Always, WherePossible] {
            assert_eq!(bank.ask(&bank.transport(policy)).await, revoked, "{source:?}");
            let found = bank.found();
            let at_once =
                matches!(found[..], [(Standing::Revoked { .. }, from, true)] if from == source);
            assert!(at_once, "{found:?}");
            asked += questions;
            assert_eq!(bank.calls("authority"), asked, "{source:?}");
        }
    }
    assert_eq!(bank.calls("public"), sent, "no request reached a server with such a certificate");
    assert_eq!(bank.ask(&bank.transport(NotAsked)).await, None);
    assert_eq!(bank.found(), []);

    // A word that the server brings along saves the question.
    says.reinstate_all();
    assert_eq!(bank.ask(&bank.transport(Always)).await, None);
    assert_eq!(bank.found(), [(Standing::Good, Source::Stapled, false)]);
    assert_eq!(bank.calls("authority"), asked);
    bank.sandbox.stop().await;
}

fn op() -> BankId {
    BankId("op".to_owned())
}

async fn standings(world: &World) -> Vec<CertificateStanding> {
    let of = |(_, event)| match event {
        Event::TppRegistration(TppRegistrationEvent::CertificateStanding(found)) => Some(found),
        _ => None,
    };
    world.events().await.into_iter().filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_s_certificate_that_was_taken_back_is_refused_and_recorded() {
    let world = World::registered(Store::Sqlite).await;
    world.bank.revocations().revoke_servers();
    // What was kept of its issuer's word is gone with the memory, as after a start.
    world.app.forget_access(&op());
    let mut browser = world.person().await;
    let text = "mutation { connectBank(bankId: \"op\") { status } }";
    let data = browser.graphql(text, serde_json::json!({})).await;
    assert_ne!(data["connectBank"]["status"], "REDIRECT", "{data}");
    let found = loop {
        match standings(&world).await.pop() {
            Some(found) => break found,
            None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    assert_eq!((found.owner, found.word), (CertificateOwner::Bank, IssuerWord::Revoked));
    assert!(found.refused && found.revoked_at.is_some(), "{found:?}");
    assert_eq!(found.source, "ocsp");
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, LONGEST).await.expect("read models");
    let row = world.app.read.registrations().status(&op()).await.expect("rows").expect("a row");
    assert_eq!(row.bank_certificate.as_deref(), Some("revoked"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_certificates_that_were_taken_back_are_noticed_and_shown() {
    let world = World::registered(Store::Sqlite).await;
    certificates::ask_after_own(&world.app, &op()).await.expect("asked");
    assert_eq!(standings(&world).await, [], "all is well, and nothing is to be told");
    let access = world.app.access(&op()).await.expect("a registration");
    world.bank.revocations().revoke(&access.seal.certificate.der);
    world.bank.revocations().respond(Responder::ListOnly);
    for _ in 0..2 {
        certificates::ask_after_own(&world.app, &op()).await.expect("asked");
    }
    let told = standings(&world).await;
    let [found] = &told[..] else { panic!("one event and no more: {told:?}") };
    assert_eq!((found.owner, found.word), (CertificateOwner::OwnSeal, IssuerWord::Revoked));
    assert_eq!((found.source.as_str(), found.refused), ("crl", false));
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, LONGEST).await.expect("read models");
    let row = world.app.read.registrations().status(&op()).await.expect("rows").expect("a row");
    assert!(row.own_revoked_at.is_some() && !row.is_ready(chrono::Utc::now()), "{row:?}");

    let state = world.scratch.path().join("state");
    let options = Options::in_directory(&state);
    let archive = opl::audit::Archive::open(&options).await.expect("an archive");
    let checks = opl::posture::posture(&archive, &options).await.expect("a posture");
    let text = serde_json::to_string(&checks).expect("JSON");
    assert!(text.contains("op: revocation") && text.contains("taken back on"), "{text}");
    world.stop().await;
}
