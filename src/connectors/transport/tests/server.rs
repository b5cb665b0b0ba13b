//! A server over TLS that says what a test wants it to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{ClientIdentity, SecretBytes};

/// An issuer, and a server certificate and a client certificate of it.
pub(super) struct Authority {
    pub(super) issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let name = crate::connectors::certificate::fingerprint(
            &rcgen::PublicKeyData::subject_public_key_info(&key),
        );
        params.distinguished_name.push(DnType::CommonName, name);
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("an issuer") }
    }

    pub(super) fn issue(
        &self,
        name: &str,
        years: (i32, i32),
    ) -> (CertificateDer<'static>, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate");
        (signed.der().clone(), key)
    }

    pub(super) fn identity(&self) -> ClientIdentity {
        let (certificate, key) = self.issue("tpp", (2020, 2090));
        ClientIdentity {
            certificate_chain_der: vec![certificate.to_vec()],
            private_key_pkcs8: SecretBytes::new(key.serialize_der()),
        }
    }
}

/// A server of one's own that answers every request with the same bytes.
pub(super) struct Server {
    pub(super) port: u16,
    pub(super) requests: Arc<AtomicUsize>,
}

/// What it answers.
#[derive(Clone)]
pub(super) enum Script {
    /// Writes these bytes and closes.
    Bytes(Vec<u8>),
    /// Writes the head, then this piece again and again, with a pause between.
    Endless(Vec<u8>, Vec<u8>, Duration),
    /// Reads and says nothing.
    Silent,
}

/// An answer with this status, these headers and this body.
pub(super) fn plain(status: &str, headers: &str, body: &str) -> Script {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n{body}"
    );
    Script::Bytes(text.into_bytes())
}

/// Serves a script under this name, with a certificate of these years; asks callers for theirs or not.
pub(super) async fn serve(
    authority: &Authority,
    name: &str,
    years: (i32, i32),
    ask: bool,
    script: Script,
) -> Server {
    let (certificate, key) = authority.issue(name, years);
    serve_shown(vec![certificate], &key, ask.then_some(authority), script).await
}

/// The same with these certificates, asking callers for one of an authority's.
pub(super) async fn serve_shown(
    shown: Vec<CertificateDer<'static>>,
    key: &KeyPair,
    asks: Option<&Authority>,
    script: Script,
) -> Server {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = if let Some(authority) = asks {
        let mut roots = RootCertStore::empty();
        roots.add(authority.issuer.der().clone()).expect("a root");
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        builder.with_client_cert_verifier(verifier.expect("a verifier"))
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = builder.with_single_cert(shown, key).expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, script, counter) = (acceptor.clone(), script.clone(), counter.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut seen = [0; 4096];
                if stream.read(&mut seen).await.unwrap_or(0) == 0 {
                    return;
                }
                counter.fetch_add(1, Ordering::SeqCst);
                match script {
                    Script::Bytes(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.shutdown().await;
                    }
                    Script::Endless(head, piece, pause) => {
                        let _ = stream.write_all(&head).await;
                        while stream.write_all(&piece).await.is_ok() {
                            let _ = stream.flush().await;
                            tokio::time::sleep(pause).await;
                        }
                    }
                    Script::Silent => std::future::pending().await,
                }
            });
        }
    });
    Server { port, requests }
}
