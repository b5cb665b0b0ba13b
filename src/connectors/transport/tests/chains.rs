//! Chains with an issuer between the server's certificate and the root, and what is said of each of them.

use std::collections::HashMap;
use std::sync::Mutex;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope, DnType, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};

use super::*;
use crate::connectors::revocation::Doubt;

type Lists = Arc<Mutex<HashMap<&'static str, Vec<u8>>>>;
type Found = Arc<Mutex<Vec<Finding>>>;

/// Gives out lists over plain HTTP; what it has none of is not there.
async fn lists() -> (u16, Lists) {
    let lists = Lists::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let known = Arc::clone(&lists);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut seen = vec![0; 4096];
            let length = stream.read(&mut seen).await.unwrap_or(0);
            let asked = String::from_utf8_lossy(&seen[..length]).into_owned();
            let path = asked.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
            let list = known.lock().expect("lists").get(path).cloned();
            let status = if list.is_some() { "200 OK" } else { "404 Not Found" };
            let body = list.unwrap_or_default();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, lists)
}

/// A root, an issuer under it, and where both have their lists.
struct Chain {
    root: CertifiedIssuer<'static, KeyPair>,
    middle: CertifiedIssuer<'static, KeyPair>,
    port: u16,
    lists: Lists,
    found: Found,
}

const MIDDLE: [u8; 3] = [0x11, 0x22, 0x33];
const LEAF: [u8; 3] = [0x44, 0x55, 0x66];

impl Chain {
    async fn new() -> Self {
        let (port, lists) = lists().await;
        let issuer = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).expect("no names");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params.distinguished_name.push(DnType::CommonName, name);
            (params, KeyPair::generate().expect("a key"))
        };
        let (params, key) = issuer("root");
        let root = CertifiedIssuer::self_signed(params, key).expect("a root");
        let (mut params, key) = issuer("middle");
        params.serial_number = Some(SerialNumber::from_slice(&MIDDLE));
        params.crl_distribution_points = at(port, "root.crl");
        let middle = CertifiedIssuer::signed_by(params, key, &root).expect("an issuer");
        Self { root, middle, port, lists, found: Found::default() }
    }

    /// Starts a server that shows its own certificate and the one above it.
    async fn serve(&self) -> Server {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.serial_number = Some(SerialNumber::from_slice(&LEAF));
        params.crl_distribution_points = at(self.port, "middle.crl");
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &self.middle).expect("a certificate");
        let shown = vec![leaf.der().clone(), self.middle.der().clone()];
        serve_shown(shown, &key, None, plain("200 OK", "", "{}")).await
    }

    fn transport(&self, port: u16, revocation: RevocationPolicy) -> Transport {
        let found = Arc::clone(&self.found);
        let options = TransportOptions {
            extra_root_pem: Some(self.root.pem()),
            client_identity: None,
            allowed_hosts: vec![format!("localhost:{port}")],
            revocation,
            report: Some(Arc::new(move |finding| found.lock().expect("a list").push(finding))),
            clock: Arc::new(now),
        };
        Transport::new(options).expect("a transport")
    }

    /// Puts up a list that names these certificates.
    fn list(
        &self,
        name: &'static str,
        by: &CertifiedIssuer<'static, KeyPair>,
        scope: Option<CrlScope>,
        revoked: &[&[u8]],
    ) {
        let day = |year| rcgen::date_time_ymd(year, 1, 1);
        let point = |scope| CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris: vec![self.address(name)] },
            scope: Some(scope),
        };
        let params = CertificateRevocationListParams {
            this_update: day(2024),
            next_update: day(2090),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: scope.map(point),
            revoked_certs: revoked
                .iter()
                .map(|serial| RevokedCertParams {
                    serial_number: SerialNumber::from_slice(serial),
                    revocation_time: day(2025),
                    reason_code: None,
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let signed = params.signed_by(by).expect("a list").der().to_vec();
        self.lists.lock().expect("lists").insert(name, signed);
    }

    fn address(&self, name: &str) -> String {
        format!("http://localhost:{}/{name}", self.port)
    }

    /// Calls the server under a policy: the refusal, and what was found.
    async fn call(
        &self,
        server: &Server,
        policy: RevocationPolicy,
    ) -> (Option<&'static str>, Vec<(Standing, bool)>) {
        let transport = self.transport(server.port, policy);
        let mut asked = request(server.port, Endpoint::Keys);
        asked.client_certificate = false;
        let refusal = match transport.send_once(&asked, true).await {
            Ok(answer) => {
                assert_eq!(answer.status, 200);
                None
            }
            Err(BankError::TlsRefused { reason }) => Some(reason),
            Err(error) => panic!("{error}"),
        };
        let found = std::mem::take(&mut *self.found.lock().expect("a list"));
        (refusal, found.into_iter().map(|one| (one.standing, one.refused)).collect())
    }
}

fn at(port: u16, name: &str) -> Vec<CrlDistributionPoint> {
    vec![CrlDistributionPoint { uris: vec![format!("http://localhost:{port}/{name}")] }]
}

#[tokio::test]
async fn every_certificate_of_a_chain_but_the_root_is_asked_after() {
    use RevocationPolicy::{Always, NotAsked, WherePossible};
    let chain = Chain::new().await;
    let server = chain.serve().await;
    let revoked = Some("server_certificate_revoked");
    let unknown = Some("server_certificate_revocation_unknown");

    chain.list("root.crl", &chain.root, None, &[]);
    chain.list("middle.crl", &chain.middle, None, &[]);
    let good = vec![(Standing::Good, false), (Standing::Good, false)];
    assert_eq!(chain.call(&server, Always).await, (None, good), "both were asked after");

    // The issuer was taken back, and with it everything it issued.
    chain.list("root.crl", &chain.root, Some(CrlScope::CaCertsOnly), &[&MIDDLE]);
    let sent = server.requests.load(Ordering::SeqCst);
    for policy in [Always, WherePossible] {
        let (refusal, found) = chain.call(&server, policy).await;
        assert_eq!(refusal, revoked, "{policy:?}");
        let [(Standing::Good, false), (Standing::Revoked { at }, true)] = found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(at.to_rfc3339(), "2025-01-01T00:00:00+00:00");
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), sent, "nothing was sent");
    assert_eq!(chain.call(&server, NotAsked).await, (None, vec![]));

    // No word of the issuer above counts: none, another's, of other certificates, or none that can be read.
    let other = Chain::new().await;
    let doubts: [(&dyn Fn(), Doubt); 4] = [
        (&|| drop(chain.lists.lock().expect("lists").remove("root.crl")), Doubt::Unreachable),
        (&|| chain.list("root.crl", &other.root, None, &[]), Doubt::Forged),
        (
            &|| chain.list("root.crl", &chain.root, Some(CrlScope::UserCertsOnly), &[]),
            Doubt::NotCovered,
        ),
        (
            &|| drop(chain.lists.lock().expect("lists").insert("root.crl", b"no list".to_vec())),
            Doubt::Unreadable,
        ),
    ];
    for (put_up, doubt) in doubts {
        put_up();
        let standing = Standing::Unknown(doubt);
        let found = |refused| vec![(Standing::Good, false), (standing, refused)];
        assert_eq!(chain.call(&server, Always).await, (unknown, found(true)), "{doubt:?}");
        assert_eq!(chain.call(&server, WherePossible).await, (None, found(false)), "{doubt:?}");
    }

    // The server's own certificate is asked after as before.
    chain.list("root.crl", &chain.root, None, &[&LEAF]);
    chain.list("middle.crl", &chain.middle, None, &[&MIDDLE]);
    assert_eq!(chain.call(&server, Always).await.0, None, "numbers count under their issuer");
    chain.list("middle.crl", &chain.middle, None, &[&LEAF]);
    assert_eq!(chain.call(&server, WherePossible).await.0, revoked);
}
