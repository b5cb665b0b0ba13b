//! The listening sockets: TCP, TLS, HTTP/1.1, each step with a limit.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::UnixTime;
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Authority;
use crate::exchange::{Exchange, PeerCertificate};
use crate::jose::fingerprint;
use crate::misbehaviour::CertificatePhase;
use crate::options::SandboxError;

/// Most open connections of one listener; further ones wait.
const CONNECTIONS_MAX: usize = 256;
/// Longest TLS handshake.
const HANDSHAKE_WAIT: Duration = Duration::from_secs(10);
/// Longest wait for a request's headers, which also ends idle connections.
const HEADERS_WAIT: Duration = Duration::from_secs(30);
/// Most headers of one request.
const HEADERS_MAX: usize = 64;
/// Most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Opens a port on 127.0.0.1.
pub(crate) async fn bind(
    port: u16,
    listener: &'static str,
) -> Result<(TcpListener, u16), SandboxError> {
    let bind_error = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AddrInUse => SandboxError::PortInUse { port, listener },
        _ => SandboxError::Bind { port, listener, source },
    };
    let socket = TcpListener::bind(("127.0.0.1", port)).await.map_err(bind_error)?;
    let port = socket.local_addr().map_err(bind_error)?.port();
    Ok((socket, port))
}

/// The TLS settings of one listener.
#[derive(Clone)]
pub(crate) struct Tls {
    usual: TlsAcceptor,
    /// With a certificate that is over, and for a caller whose certificate is taken to be over; each keeps
    /// sessions of its own, so that none goes on as if nothing had happened.
    expired: Option<(TlsAcceptor, TlsAcceptor)>,
}

impl Tls {
    /// Without client certificates.
    pub(crate) fn plain(authority: &Authority) -> Result<Self, SandboxError> {
        let versions = rustls::DEFAULT_VERSIONS;
        let usual = acceptor(authority, versions, false, CertificatePhase::Good)?;
        Ok(Self { usual, expired: None })
    }

    /// A certificate of the sandbox authority is demanded from every caller.
    /// With `only_newest` no TLS before 1.3 is spoken.
    pub(crate) fn mutual(authority: &Authority, only_newest: bool) -> Result<Self, SandboxError> {
        let newest = [&TLS13];
        let versions = if only_newest { &newest[..] } else { rustls::DEFAULT_VERSIONS };
        let of = |phase| acceptor(authority, versions, true, phase);
        let server = of(CertificatePhase::ServerExpired)?;
        let client = of(CertificatePhase::ClientExpired)?;
        Ok(Self { usual: of(CertificatePhase::Good)?, expired: Some((server, client)) })
    }

    fn acceptor(&self, phase: CertificatePhase) -> &TlsAcceptor {
        match (phase, &self.expired) {
            (CertificatePhase::ServerExpired, Some((server, _))) => server,
            (CertificatePhase::ClientExpired, Some((_, client))) => client,
            _ => &self.usual,
        }
    }
}

/// How far ahead the clock is that finds every provider's certificate over, in seconds: three years.
const AHEAD_SECONDS: u64 = 3 * 365 * 86_400;

/// A clock by which every provider's certificate is over.
#[derive(Debug)]
struct Ahead;

impl TimeProvider for Ahead {
    fn current_time(&self) -> Option<UnixTime> {
        let now = UnixTime::now().as_secs();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(now + AHEAD_SECONDS)))
    }
}

/// TLS settings with a fresh server certificate; with `client_certificates` a certificate of the
/// sandbox authority is demanded from every caller.
fn acceptor(
    authority: &Authority,
    versions: &[&'static SupportedProtocolVersion],
    client_certificates: bool,
    phase: CertificatePhase,
) -> Result<TlsAcceptor, SandboxError> {
    let wrong = |error: &dyn std::fmt::Display| SandboxError::Certificate(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .map_err(|error| wrong(&error))?;
    let builder = if client_certificates {
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate().clone()).map_err(|error| wrong(&error))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| wrong(&error))?;
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let (chain, key) = authority.server(phase == CertificatePhase::ServerExpired)?;
    let mut config = builder.with_single_cert(chain, key).map_err(|error| wrong(&error))?;
    if phase == CertificatePhase::ClientExpired {
        config.time_provider = Arc::new(Ahead);
    }
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Accepts connections until `stopping` turns true, then closes the open ones.
pub(crate) async fn serve(
    socket: TcpListener,
    tls: Option<Tls>,
    exchange: Exchange,
    mut stopping: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = accept(&socket, &places) => accepted,
        };
        let Some((stream, place)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (tls, exchange) = (tls.clone(), exchange.clone());
        connections.spawn(async move {
            connection(stream, tls, exchange).await;
            drop(place);
        });
    }
    connections.shutdown().await;
}

async fn accept(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    let (stream, _) = socket.accept().await.ok()?;
    stream.set_nodelay(true).ok();
    Some((stream, place))
}

async fn connection(stream: TcpStream, tls: Option<Tls>, mut exchange: Exchange) {
    let Some(tls) = tls else {
        return http(stream, exchange).await;
    };
    let bank = &exchange.bank;
    let phase = bank.conduct.certificate_phase(bank.options.clock.now());
    match tokio::time::timeout(HANDSHAKE_WAIT, tls.acceptor(phase).accept(stream)).await {
        Ok(Ok(stream)) => {
            let certificates = stream.get_ref().1.peer_certificates();
            exchange.peer = certificates
                .and_then(<[_]>::first)
                .map(|certificate| PeerCertificate { fingerprint: fingerprint(certificate) });
            http(stream, exchange).await;
        }
        Ok(Err(error)) => {
            tracing::debug!(listener = exchange.listener, %error, "TLS handshake failed");
        }
        Err(_) => tracing::debug!(listener = exchange.listener, "TLS handshake took too long"),
    }
}

async fn http(stream: impl AsyncRead + AsyncWrite + Unpin + Send, exchange: Exchange) {
    let listener = exchange.listener;
    let service = service_fn(move |request| exchange.clone().answer(request));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WAIT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(listener, %error, "connection ended early");
    }
}
