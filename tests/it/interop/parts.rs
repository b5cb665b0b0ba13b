//! A certificate authority, keys, and the programs in Node.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use chrono::Utc;
use opl::connectors::certificate::Certificate;
use opl::connectors::jose::Algorithm;
use opl::connectors::revocation::RevocationPolicy;
use opl::connectors::transport::{ClientIdentity, Transport, TransportOptions};
use opl::connectors::{IssuedCertificate, SecretBytes, SigningKey};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, RsaKeySize};
use serde_json::{Value, json};

pub const CLIENT_ID: &str = "one-point-ledger";
pub const CLIENT_SECRET: &str = "a secret of forty characters or a few more";
pub const REDIRECT: &str = "https://ledger.example/callback/theirs";
const SUBJECT: &str = "One Point Ledger test";

/// A program in Node that lives as long as this.
pub struct Node {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Node {
    pub fn start(program: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
        let installed = folder.join("node_modules/oidc-provider/package.json").exists();
        assert!(installed, "run `tools/setup.sh test` first: it installs tests/interop");
        let mut child = Command::new("node")
            .arg(folder.join(program))
            .env_remove("NODE_OPTIONS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let input = child.stdin.take().expect("an input");
        let output = BufReader::new(child.stdout.take().expect("an output"));
        Self { child, input, output }
    }

    /// One line in, one line out.
    pub fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.input, "{question}").expect("written");
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.output.read_line(&mut line).expect("read") > 0, "the program ended");
            if line.starts_with('{') {
                return serde_json::from_str(&line).expect("JSON");
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rsa() -> KeyPair {
    KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key")
}

fn params(name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// An authority with what it issued: the server's certificate, ours for TLS, another client's, our seal.
pub struct Authority {
    pub pem: String,
    server: (String, String),
    ours: (Vec<u8>, Vec<u8>),
    other: (Vec<u8>, Vec<u8>),
    seal_key: KeyPair,
    seal_der: Vec<u8>,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut authority = params("Interop test CA", &[]);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&key).expect("a certificate");
        let issuer = Issuer::from_params(&authority, &key);
        let issue = |name: &str, names: &[&str], key: &KeyPair| {
            params(name, names).signed_by(key, &issuer).expect("a certificate")
        };
        let (server, ours, other, seal_key) =
            (KeyPair::generate().expect("a key"), rsa(), rsa(), rsa());
        let client =
            |name: &str, key: &KeyPair| (issue(name, &[], key).der().to_vec(), key.serialize_der());
        Self {
            pem: certificate.pem(),
            server: (issue("localhost", &["localhost"], &server).pem(), server.serialize_pem()),
            ours: client(SUBJECT, &ours),
            other: client("Somebody else", &other),
            seal_der: issue("Seal", &[], &seal_key).der().to_vec(),
            seal_key,
        }
    }

    /// What signs for us, with an algorithm.
    pub fn seal(&self, algorithm: Algorithm) -> IssuedCertificate {
        let pkcs8 = SecretBytes::new(self.seal_key.serialize_der());
        let key = SigningKey::from_pkcs8("our-seal", algorithm, pkcs8).expect("a key");
        let certificate = Certificate::parse(&self.seal_der).expect("a certificate");
        IssuedCertificate { key, certificate }
    }

    /// The public half of the seal as PEM.
    pub fn seal_spki(&self) -> String {
        use rcgen::PublicKeyData as _;
        pem(&self.seal_key.subject_public_key_info())
    }

    /// The way to a server, with our certificate.
    pub fn transport(&self, hosts: Vec<String>) -> Transport {
        self.transport_of(Some(&self.ours), hosts)
    }

    /// The same with somebody else's certificate.
    pub fn others_transport(&self, hosts: Vec<String>) -> Transport {
        self.transport_of(Some(&self.other), hosts)
    }

    fn transport_of(&self, client: Option<&(Vec<u8>, Vec<u8>)>, hosts: Vec<String>) -> Transport {
        Transport::new(TransportOptions {
            extra_root_pem: Some(self.pem.clone()),
            client_identity: client.map(|(certificate, key)| ClientIdentity {
                certificate_chain_der: vec![certificate.clone()],
                private_key_pkcs8: SecretBytes::new(key.clone()),
            }),
            allowed_hosts: hosts,
            revocation: RevocationPolicy::NotAsked,
            report: None,
            clock: Arc::new(Utc::now),
        })
        .expect("a transport")
    }

    /// A browser that trusts the authority, shows no certificate, and is led by hand.
    pub fn browser(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.pem.as_bytes()).expect("a root");
        reqwest::Client::builder()
            .tls_certs_only([root])
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client")
    }

    /// Starts the four servers and tells their issuers.
    pub fn servers(&self) -> (Node, Value) {
        let mut node = Node::start("server.mjs");
        let issuers = node.ask(&json!({
            "tls": { "cert": self.server.0, "key": self.server.1, "ca": self.pem },
            "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "redirectUris": [REDIRECT],
            "subject": format!("CN={SUBJECT}"), "kid": "our-seal", "seal": self.seal_spki(),
        }));
        (node, issuers)
    }
}

/// A public key (SubjectPublicKeyInfo) as PEM.
pub fn pem(spki: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(spki);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}
