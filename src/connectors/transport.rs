//! The one door to the banks: it sends a [`BankRequest`] and brings the [`BankAnswer`], under
//! limits that no caller can lift.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url};
use tracing::Instrument as _;

use super::bank::host_and_port;
use super::certificate::{Certificate, CertificateProblem};
use super::error::BankError;
use super::exchange::{BankAnswer, BankRequest, Method};
use super::retry;
use super::revocation::{RevocationPolicy, Source, Standing};
use super::secret::SecretBytes;
use reach::Reach;

use crate::traces;
use crate::world::Chance;
use domain::plan::wait::{read_http_date, read_retry_after};

mod care;
mod reach;
mod standing;
mod tls;

pub use care::{MOST_CALLS_AT_ONCE, PLACE_TIMEOUT};
pub(super) use reach::is_this_machine;
pub use standing::{Finding, Report};

/// How long a connection, with its TLS handshake, may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the bank may be silent.
pub const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a whole exchange may take.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// The three together; only a test has others.
#[derive(Clone, Copy)]
struct Timeouts {
    connect: Duration,
    read: Duration,
    total: Duration,
}

const TIMEOUTS: Timeouts =
    Timeouts { connect: CONNECT_TIMEOUT, read: READ_TIMEOUT, total: TOTAL_TIMEOUT };

/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Most headers of an answer.
const MOST_HEADERS: usize = 100;
/// Most characters kept of a bank's name for a call, or of a media type.
const LONGEST_HEADER: usize = 128;
/// Headers in which banks name a call, the most telling first.
const REQUEST_ID_HEADERS: [&str; 3] =
    ["x-fapi-interaction-id", "x-request-id", "x-global-transaction-id"];
/// Names the way of authentication a bank chose (Berlin Group NextGenPSD2 1.3, section 4.14).
const SCA_APPROACH: HeaderName = HeaderName::from_static("aspsp-sca-approach");

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What we show a host that asks who we are.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// The certificate, then those that issued it.
    pub certificate_chain_der: Vec<Vec<u8>>,
    /// The private key.
    pub private_key_pkcs8: SecretBytes,
}

/// How the transport is set up.
#[derive(Clone)]
pub struct TransportOptions {
    /// Further roots to trust (PEM), beside those of the public web.
    pub extra_root_pem: Option<String>,
    /// What we show; without it no host that asks can be called.
    pub client_identity: Option<ClientIdentity>,
    /// The only hosts that are called, as `host:port`.
    pub allowed_hosts: Vec<String>,
    /// What is asked of the certificates servers show.
    pub revocation: RevocationPolicy,
    /// Is told when a certificate does not stand, or its standing is not known.
    pub report: Option<Report>,
    /// Tells the time.
    pub clock: Clock,
}

/// Why a transport cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The extra root is no PEM certificate.
    #[error("the extra root certificate is not readable")]
    Root,
    /// The private key is not readable, or is another certificate's.
    #[error("the client key does not belong to the client certificate")]
    Key,
    /// The client certificate is not readable.
    #[error("the client certificate is not usable: {0}")]
    Certificate(CertificateProblem),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built")]
    Client,
}

struct Identified {
    client: Client,
    certificate: Certificate,
}

/// Sends requests to banks.
pub struct Transport {
    anonymous: Client,
    identified: Option<Identified>,
    standings: Arc<standing::Standings>,
    allowed_hosts: Vec<String>,
    reach: Reach,
    clock: Clock,
    care: care::Care,
}

impl Transport {
    /// Sets up two clients, one that shows our certificate and one that cannot. A name that leads to a
    /// private address is not called; only where the settings write this very machine in a bank's address
    /// (`localhost`, or a loopback address), as those of a sandbox do, is this machine called as well.
    ///
    /// # Errors
    /// [`TransportError`] says which option is not usable.
    pub fn new(options: TransportOptions) -> Result<Self, TransportError> {
        Self::with_limits(options, TIMEOUTS)
    }

    fn with_limits(options: TransportOptions, timeouts: Timeouts) -> Result<Self, TransportError> {
        let reach = Reach::of(&options.allowed_hosts);
        let roots = Arc::new(tls::roots(options.extra_root_pem.as_deref())?);
        let standings = standing::Standings::new(
            options.revocation,
            Arc::clone(&roots),
            reach,
            options.report.clone(),
        )?;
        let standings = Arc::new(standings);
        let configuration = |identity| tls::configuration(&standings, &roots, identity);
        let anonymous = client(configuration(None)?, timeouts, reach)?;
        let identified = match &options.client_identity {
            None => None,
            Some(identity) => {
                let first = identity.certificate_chain_der.first();
                let der =
                    first.ok_or(TransportError::Certificate(CertificateProblem::Malformed))?;
                let certificate = Certificate::parse(der).map_err(TransportError::Certificate)?;
                let client = client(configuration(Some(identity))?, timeouts, reach)?;
                Some(Identified { client, certificate })
            }
        };
        let allowed_hosts =
            options.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let care = care::Care::new(Chance::real());
        let clock = options.clock;
        Ok(Self { anonymous, identified, standings, allowed_hosts, reach, clock, care })
    }

    /// The classes of endpoint at which the bank is left alone now, because too many calls failed.
    #[must_use]
    pub fn held_back(&self) -> Vec<&'static str> {
        self.care.held_back()
    }

    /// Sends one request. No redirect is followed, and only what is neither a person's nor changes
    /// anything is tried again here: see [`retry::repeats_itself`].
    ///
    /// # Errors
    /// [`BankError`] when there is no complete answer. A refusal by the bank is an answer.
    pub async fn send(&self, request: &BankRequest) -> Result<BankAnswer, BankError> {
        let mut tries = 0;
        loop {
            let outcome = self.send_once(request, tries == 0).await;
            tries += 1;
            if !retry::repeats_itself(request.endpoint) {
                return outcome;
            }
            match self.again(tries, request, &outcome) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return outcome,
            }
        }
    }

    /// How long to wait before a request is sent again after `tries`; none if it is not to be. A
    /// wait that is given is taken from the bank's repeats.
    #[must_use]
    pub fn again(
        &self,
        tries: u32,
        request: &BankRequest,
        outcome: &Result<BankAnswer, BankError>,
    ) -> Option<Duration> {
        self.care.again(tries, request, outcome)
    }

    /// Sends one request, once; `first` unless it was sent before.
    ///
    /// # Errors
    /// See [`Self::send`].
    pub async fn send_once(
        &self,
        request: &BankRequest,
        first: bool,
    ) -> Result<BankAnswer, BankError> {
        let url = self.allowed(&request.url)?;
        self.client_for(request, (self.clock)())?;
        let headers = headers(request)?;
        let _place = self.care.place().await?;
        let sent_at = (self.clock)();
        let client = self.client_for(request, sent_at)?;
        self.care.ask(request.endpoint, sent_at)?;
        if first {
            self.care.first_try();
        }
        let span = tracing::info_span!(
            target: traces::TARGET,
            "bank_call",
            endpoint = request.endpoint.name(),
            status = tracing::field::Empty,
        );
        let exchange = || {
            self.exchange(client, url.clone(), headers.clone(), request, sent_at)
                .instrument(span.clone())
        };
        let mut outcome = exchange().await;
        if let Err(BankError::TlsRefused { reason: tls::NOT_ASKED_YET }) = outcome {
            // The handshake broke off, so nothing was sent.
            self.standings.ask_after_waiting().await;
            outcome = exchange().await;
        }
        if let Ok(answer) = &outcome {
            span.record("status", u64::from(answer.status));
        }
        drop(span);
        self.care.learn(request.endpoint, &outcome, (self.clock)());
        outcome
    }

    /// How one of our own certificates (DER) stands with its issuer, and who says so.
    pub async fn own_standing(&self, certificate_der: &[u8]) -> (Standing, Source) {
        self.standings.of_our_own(&certificate_der.into()).await
    }

    async fn exchange(
        &self,
        client: &Client,
        url: Url,
        headers: HeaderMap,
        request: &BankRequest,
        sent_at: DateTime<Utc>,
    ) -> Result<BankAnswer, BankError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut outgoing = client.request(method, url).headers(headers);
        if let Some(body) = &request.body {
            outgoing = outgoing.body(body.expose().to_vec());
        }
        let response = outgoing.send().await.map_err(|error| tls::typed(&error))?;
        if response.status().is_redirection() {
            return Err(BankError::Redirected { status: response.status().as_u16() });
        }
        let status = response.status().as_u16();
        let head = response.headers().clone();
        let body = read_body(response, request.answer_limit_bytes).await?;
        let received_at = (self.clock)();
        let date = text(&head, &DATE).and_then(|text| read_http_date(&text));
        Ok(BankAnswer {
            status,
            content_type: text(&head, &CONTENT_TYPE),
            retry_after: text(&head, &RETRY_AFTER)
                .and_then(|text| read_retry_after(&text, received_at, date))
                .and_then(|wait| wait.to_std().ok()),
            date,
            bank_request_id: REQUEST_ID_HEADERS
                .iter()
                .find_map(|name| text(&head, &HeaderName::from_static(name))),
            sca_approach: text(&head, &SCA_APPROACH),
            body,
            sent_at,
            received_at,
        })
    }

    /// Lets an address pass only if it is https, one of the profile's hosts, and carries no
    /// credentials.
    fn allowed(&self, url: &str) -> Result<Url, BankError> {
        let host = host_and_port(url).ok_or(BankError::HostNotAllowed)?;
        let parsed = Url::parse(url).map_err(|_| BankError::HostNotAllowed)?;
        let bare = parsed.username().is_empty() && parsed.password().is_none();
        if bare && self.reach.takes(&parsed) && self.allowed_hosts.contains(&host) {
            Ok(parsed)
        } else {
            Err(BankError::HostNotAllowed)
        }
    }

    /// Our certificate is looked at before every call, so that an old one is never shown.
    fn client_for(&self, request: &BankRequest, now: DateTime<Utc>) -> Result<&Client, BankError> {
        if !request.client_certificate {
            return Ok(&self.anonymous);
        }
        let identified =
            self.identified.as_ref().ok_or(BankError::ClientCertificate { reason: "missing" })?;
        match identified.certificate.check_time(now) {
            Ok(()) => Ok(&identified.client),
            Err(problem) => Err(BankError::ClientCertificate { reason: problem.code() }),
        }
    }
}

fn client(
    tls: rustls::ClientConfig,
    timeouts: Timeouts,
    reach: Reach,
) -> Result<Client, TransportError> {
    builder(tls, timeouts, reach).https_only(true).build().map_err(|_| TransportError::Client)
}

/// A client under limits.
#[expect(clippy::disallowed_methods, reason = "this is the transport")]
fn builder(tls: rustls::ClientConfig, timeouts: Timeouts, reach: Reach) -> reqwest::ClientBuilder {
    Client::builder()
        .dns_resolver(reach::Guarded(reach))
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .http1_max_headers(MOST_HEADERS)
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .timeout(timeouts.total)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .user_agent(concat!("one-point-ledger/", env!("CARGO_PKG_VERSION")))
}

fn headers(request: &BankRequest) -> Result<HeaderMap, BankError> {
    let mut map = HeaderMap::with_capacity(request.headers.len());
    for (name, value) in &request.headers {
        let name = HeaderName::from_static(name);
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| BankError::NotSent { what: "header" })?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}

/// Reads the body piece by piece, and lets go of it as soon as it is too long.
async fn read_body(mut response: Response, limit_bytes: usize) -> Result<Bytes, BankError> {
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |announced| announced > limit_bytes) {
        return Err(BankError::AnswerTooLarge { limit_bytes });
    }
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| tls::typed(&error))? {
        if body.len() + piece.len() > limit_bytes {
            return Err(BankError::AnswerTooLarge { limit_bytes });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// A header as text, if it is printable, capped.
fn text(head: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = head.get(name)?.to_str().ok()?;
    Some(text.chars().take(LONGEST_HEADER).collect())
}

#[cfg(test)]
mod tests;
