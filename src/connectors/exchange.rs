//! One question to a bank and its answer, as values: what the transport carries.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::bank::HostRole;
use super::registrar::IssuedCertificate;
use super::secret::{Secret, SecretBytes};

/// Longest answer of a token, registration or generator endpoint.
pub const TOKEN_ANSWER_LIMIT_BYTES: usize = 64 * 1024;
/// Longest key set.
pub const KEYS_ANSWER_LIMIT_BYTES: usize = 256 * 1024;
/// Longest page of accounts or transactions.
pub const PAGE_ANSWER_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// The methods connectors use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Create.
    Post,
    /// Bring up to date.
    Put,
    /// End.
    Delete,
}

/// What an address is for: the class under which calls are counted, limited and audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// The sandbox's certificate generator.
    CertificateGenerator,
    /// Dynamic client registration (RFC 7591).
    Registration,
    /// The token endpoint (RFC 6749).
    Token,
    /// Pushed authorization requests (RFC 9126).
    PushedAuthorization,
    /// The description of an authorization server (RFC 8414).
    ServerMetadata,
    /// Consents, which OP calls authorizations.
    Authorizations,
    /// The list of accounts, where the standard has it so with their balances.
    Accounts,
    /// What one account is, where the list only names it.
    AccountDetails,
    /// The balances of one account.
    AccountBalances,
    /// The transactions of one account.
    AccountTransactions,
    /// The list of cards.
    Cards,
    /// The balances of one card.
    CardBalances,
    /// The transactions of one card.
    CardTransactions,
    /// The keys that sign id tokens (RFC 7517).
    Keys,
}

impl Endpoint {
    /// A stable name for records and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CertificateGenerator => "certificate_generator",
            Self::Registration => "registration",
            Self::Token => "token",
            Self::PushedAuthorization => "pushed_authorization",
            Self::ServerMetadata => "server_metadata",
            Self::Authorizations => "authorizations",
            Self::Accounts => "accounts",
            Self::AccountDetails => "account_details",
            Self::AccountBalances => "account_balances",
            Self::AccountTransactions => "account_transactions",
            Self::Cards => "cards",
            Self::CardBalances => "card_balances",
            Self::CardTransactions => "card_transactions",
            Self::Keys => "keys",
        }
    }

    /// The role of the host it is on.
    #[must_use]
    pub fn host_role(self) -> HostRole {
        match self {
            Self::CertificateGenerator | Self::Keys => HostRole::Public,
            _ => HostRole::MutualTls,
        }
    }

    /// Whether a person's access token opens it, so that a 401 there is about that token.
    #[must_use]
    pub fn takes_access_token(self) -> bool {
        !matches!(
            self,
            Self::CertificateGenerator
                | Self::Registration
                | Self::Token
                | Self::PushedAuthorization
                | Self::ServerMetadata
                | Self::Keys
        )
    }

    /// The limit on the length of its answer.
    #[must_use]
    pub fn answer_limit_bytes(self) -> usize {
        match self {
            Self::CertificateGenerator
            | Self::Registration
            | Self::Token
            | Self::PushedAuthorization
            | Self::ServerMetadata => TOKEN_ANSWER_LIMIT_BYTES,
            Self::Keys => KEYS_ANSWER_LIMIT_BYTES,
            Self::Authorizations
            | Self::Accounts
            | Self::AccountDetails
            | Self::AccountBalances
            | Self::AccountTransactions
            | Self::Cards
            | Self::CardBalances
            | Self::CardTransactions => PAGE_ANSWER_LIMIT_BYTES,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A person is here and asked for this, now. Only the code that answers a live request of that
/// person can make one, from that request; work in the background has no way to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attended {
    ip_address: IpAddr,
    signed_in_at: DateTime<Utc>,
    user_agent: Option<String>,
}

impl Attended {
    /// Takes over what the live request said. A user agent with anything but printable ASCII, or
    /// over 256 characters, is left out.
    #[must_use]
    pub fn from_live_request(
        ip_address: IpAddr,
        signed_in_at: DateTime<Utc>,
        user_agent: Option<&str>,
    ) -> Self {
        let printable = |text: &&str| {
            text.len() <= 256 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        };
        Self {
            ip_address,
            signed_in_at,
            user_agent: user_agent.filter(printable).map(str::to_owned),
        }
    }

    /// Where the person's request came from.
    #[must_use]
    pub fn ip_address(&self) -> IpAddr {
        self.ip_address
    }

    /// When the person signed in here.
    #[must_use]
    pub fn signed_in_at(&self) -> DateTime<Utc> {
        self.signed_in_at
    }

    /// The person's browser, as it names itself.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }
}

/// A question to a bank, ready to be sent.
#[derive(Clone)]
pub struct BankRequest {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Names and values. Values may be secret.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body, where there is one.
    pub body: Option<SecretBytes>,
    /// What the address is for.
    pub endpoint: Endpoint,
    /// Whether our client certificate is shown.
    pub client_certificate: bool,
    /// Longest answer that is read.
    pub answer_limit_bytes: usize,
    /// Set when a person is here and asked for this.
    pub attended: Option<Attended>,
}

impl BankRequest {
    /// A request with the limit and the kind of host of its endpoint, and no headers.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>, endpoint: Endpoint) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            endpoint,
            client_certificate: endpoint.host_role() == HostRole::MutualTls,
            answer_limit_bytes: endpoint.answer_limit_bytes(),
            attended: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<Secret>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the body and its type.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: SecretBytes) -> Self {
        self.body = Some(body);
        self.header("content-type", content_type)
    }

    /// The value of a header.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.expose())
    }
}

/// Shows the class of the address, never the address itself: a path may name an account.
impl fmt::Debug for BankRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BankRequest")
            .field("method", &self.method)
            .field("endpoint", &self.endpoint.name())
            .field("client_certificate", &self.client_certificate)
            .field("attended", &self.attended.is_some())
            .finish_non_exhaustive()
    }
}

/// What a bank answered, whatever the status.
#[derive(Clone)]
pub struct BankAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type, as the bank wrote it.
    pub content_type: Option<String>,
    /// How long the bank asks to wait (RFC 9110, section 10.2.3).
    pub retry_after: Option<Duration>,
    /// The bank's own clock (RFC 9110, section 6.6.1).
    pub date: Option<DateTime<Utc>>,
    /// The identifier under which the bank can find the call again.
    pub bank_request_id: Option<String>,
    /// Which way of authentication the bank chose (`ASPSP-SCA-Approach`, Berlin Group).
    pub sca_approach: Option<String>,
    /// The exact bytes.
    pub body: Bytes,
    /// When the request left here.
    pub sent_at: DateTime<Utc>,
    /// When the answer was complete here.
    pub received_at: DateTime<Utc>,
}

impl BankAnswer {
    /// An answer with a status and a body and nothing else, for replaying stored bytes.
    #[must_use]
    pub fn replayed(status: u16, body: impl Into<Bytes>, at: DateTime<Utc>) -> Self {
        Self {
            status,
            content_type: None,
            retry_after: None,
            date: None,
            bank_request_id: None,
            sca_approach: None,
            body: body.into(),
            sent_at: at,
            received_at: at,
        }
    }

    /// Whether the status is one of success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Shows the length of the body, never the body.
impl fmt::Debug for BankAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BankAnswer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

/// Writes an HTTP date (RFC 9110, section 5.6.7).
#[must_use]
pub fn write_http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Who asks and why: what every call carries besides its token.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    /// Our registration with the bank.
    pub client: &'a ClientCredentials,
    /// What signs for us, for banks that want requests signed.
    pub seal: &'a IssuedCertificate,
    /// A fresh identifier, under which both sides can find the call again.
    pub interaction_id: Uuid,
    /// Set when a person is here and asked for this.
    pub attended: Option<Attended>,
    /// The time here, for what a signature or an assertion says of it.
    pub now: DateTime<Utc>,
}

/// What our registration gave us to identify ourselves with.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The public name of our registration; still not for logs.
    pub client_id: Secret,
    /// The secret of our registration, where the bank gave one.
    pub client_secret: Option<Secret>,
    /// The key of the bank's developer portal, where it asks for one.
    pub api_key: Option<Secret>,
}

/// What opens a person's accounts.
#[derive(Clone, Copy, Debug)]
pub struct Permit<'a> {
    /// The person's access token. None at a bank that gives out none.
    pub token: Option<&'a Secret>,
    /// The bank's name for the consent.
    pub authorization_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_an_answer_show_no_content() {
        let request =
            BankRequest::new(Method::Get, "https://bank.example/a/FI21", Endpoint::Accounts)
                .header("authorization", "Bearer s3cr3t");
        let answer = BankAnswer::replayed(200, "FI21", DateTime::<Utc>::UNIX_EPOCH);
        let shown = format!("{request:?} {answer:?}");
        assert!(!shown.contains("FI21") && !shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn a_user_agent_cannot_carry_a_header() {
        let ip_address = IpAddr::from([192, 0, 2, 1]);
        let attended =
            Attended::from_live_request(ip_address, DateTime::<Utc>::UNIX_EPOCH, Some("a\r\nb: c"));
        assert_eq!(attended.user_agent(), None);
    }
}
