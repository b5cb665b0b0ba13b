//! What differs from bank to bank, as data. What only one standard knows of is in the profiles of that
//! standard's folder.

use chrono::NaiveDate;
use domain::id::BankId;
use domain::plan::Allowance;
use reqwest::Url;

use super::Standard;
use super::callback::ResponseType;
use super::error::BankError;
use super::id_token::ConsentClaim;
use super::jose::Algorithm;
use super::revocation::RevocationPolicy;
use super::row::LONGEST_IDENTIFIER;
use super::transport::is_this_machine;

/// The role of a host, which decides how it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostRole {
    /// Plain server TLS.
    Public,
    /// Asks for our client certificate.
    MutualTls,
    /// Visited by the person's browser; never asks for a client certificate.
    Authorize,
}

/// A weaker algorithm than FAPI 1.0 Part 2, section 8.6, wants, used because the bank offers
/// nothing better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlgorithmException {
    /// Why it is needed.
    pub reason: &'static str,
    /// When that was last looked at.
    pub since: NaiveDate,
}

/// The rules an authorization request follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProfile {
    /// FAPI 1.0 Part 2: a signed request object goes through the browser.
    Fapi1Advanced,
    /// FAPI 2.0 Security Profile: pushed (RFC 9126), PKCE with S256 (RFC 7636), `iss` (RFC 9207).
    Fapi2,
    /// Authorization code with PKCE (RFC 7636, RFC 9700), the request in plain parameters.
    CodeWithPkce,
}

/// How we prove who we are at the token endpoint, beside the certificate of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_post` (RFC 6749, section 2.3.1).
    SecretInForm,
    /// `tls_client_auth` (RFC 8705, section 2.1): the certificate alone.
    Certificate,
    /// `private_key_jwt` (OpenID Connect Core 1.0, section 9), its `aud` the exact issuer, so that no
    /// other server can use the assertion.
    SignedAssertion,
}

/// The authorization server of a bank that gives out tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationServer {
    /// The token endpoint; mutual TLS.
    pub token_url: String,
    /// Where the person's browser goes.
    pub authorize_url: String,
    /// Where authorization requests are pushed (RFC 9126); mutual TLS.
    pub pushed_url: Option<String>,
    /// The exact issuer, of id tokens and of answers (RFC 9207).
    pub issuer: String,
    /// Whether every answer through the browser names the issuer (RFC 9207, section 3).
    pub issuer_in_answers: bool,
    /// The keys that sign id tokens and answers; public host. None where nothing is signed.
    pub keys_url: Option<String>,
    /// The `aud` of request objects.
    pub request_object_audience: String,
    /// The rules an authorization request follows.
    pub security: SecurityProfile,
    /// How we prove who we are.
    pub client_authentication: ClientAuthentication,
    /// The claim in which id tokens name the consent. None where the bank gives no id tokens.
    pub id_tokens: Option<ConsentClaim>,
    /// What id tokens and answers may be signed with.
    pub accepted_algorithms: Vec<Algorithm>,
    /// The classes of authentication that count as strong.
    pub accepted_acr: Vec<String>,
    /// Whether `at_hash` must be there.
    pub at_hash_required: bool,
    /// How old the person's authentication may be, in seconds.
    pub max_age_seconds: i64,
}

/// One bank: a standard, and everything in which the bank differs from others.
#[derive(Clone)]
pub struct Bank {
    /// The short name, also the last part of the redirect address that is this bank's alone.
    pub id: BankId,
    /// The name people know.
    pub name: &'static str,
    /// Whose interface leads to it, where it is not the bank's own: an aggregator's name.
    pub through: Option<&'static str>,
    /// The country (ISO 3166-1).
    pub country: &'static str,
    /// The BIC (ISO 9362).
    pub bic: &'static str,
    /// The language the bank speaks, with what only that standard asks of a profile.
    pub standard: &'static dyn Standard,
    /// Where a sandbox hands out certificates; public host.
    pub generator_url: Option<String>,
    /// Where a software statement is registered; mutual TLS. None where nobody is registered.
    pub registration_url: Option<String>,
    /// The `aud` of registration requests.
    pub registration_audience: String,
    /// The base of the account API, without a slash at the end; mutual TLS.
    pub accounts_url: String,
    /// Where tokens come from. None where the certificate and the consent open the accounts.
    pub server: Option<AuthorizationServer>,
    /// Where else than to its authorization server the bank may send the person's browser: scheme, host
    /// and port.
    pub browser_origins: Vec<String>,
    /// Whether the person is to agree in the browser, where the bank leaves us the choice.
    pub redirect_preferred: bool,
    /// What the browser is to bring back.
    pub response_type: ResponseType,
    /// What we sign with.
    pub signing_algorithm: Algorithm,
    /// Set when that is weaker than it should be.
    pub algorithm_exception: Option<AlgorithmException>,
    /// What is asked of the certificates its servers show.
    pub revocation: RevocationPolicy,
    /// The zone of the bank's dates (IANA name).
    pub time_zone: &'static str,
    /// The longest consent.
    pub longest_consent_days: i64,
    /// After how many days the person has to say to this platform that it may go on. None where the bank
    /// asks for that itself.
    pub reconfirm_after_days: Option<i64>,
    /// How far back transactions may be asked for.
    pub longest_history_days: i64,
    /// Whether the days are asked for with each list; if not, the consent fixes them.
    pub days_in_query: bool,
    /// Whether it shows payment cards with rows of their own.
    pub cards: bool,
    /// How often it may be read.
    pub allowance: Allowance,
    /// How much the bank's word on its references is worth before anything was learnt: as many rows
    /// as if they had come again under the same reference. What the bank then does outweighs it.
    pub references_promised: u64,
}

impl Bank {
    /// The authorization server.
    ///
    /// # Errors
    /// [`BankError::NotSent`] where the bank has none.
    pub fn server(&self) -> Result<&AuthorizationServer, BankError> {
        self.server.as_ref().ok_or(BankError::NotSent { what: "authorization server" })
    }

    /// An address under the base of its interface. An identifier from the bank is one segment, whatever
    /// is in it.
    ///
    /// # Errors
    /// [`BankError::NotSent`] for an identifier that is empty, endless, or a path of its own.
    pub fn under(&self, segments: &[&str]) -> Result<String, BankError> {
        const BAD: BankError = BankError::NotSent { what: "identifier" };
        let sound = |segment: &&str| {
            !segment.is_empty()
                && segment.len() <= LONGEST_IDENTIFIER
                && !matches!(*segment, "." | "..")
        };
        if !segments.iter().all(sound) {
            return Err(BAD);
        }
        let mut url = Url::parse(&self.accounts_url).map_err(|_| BAD)?;
        url.path_segments_mut().map_err(|()| BAD)?.pop_if_empty().extend(segments);
        Ok(url.into())
    }

    /// Whether it is on this very machine, as sandboxes are: what it shows is nobody's money.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        self.allowed_hosts().iter().all(|host| is_this_machine(host))
    }

    /// Every host the transport may call for this bank, as `host:port`. The browser's host is
    /// among them only where the keys are there too.
    #[must_use]
    pub fn allowed_hosts(&self) -> Vec<String> {
        let server = self.server.as_ref();
        let urls = [
            self.generator_url.as_deref(),
            self.registration_url.as_deref(),
            Some(self.accounts_url.as_str()),
            server.map(|server| server.token_url.as_str()),
            server.and_then(|server| server.pushed_url.as_deref()),
            server.and_then(|server| server.keys_url.as_deref()),
        ];
        let mut hosts: Vec<String> = urls.into_iter().flatten().filter_map(host_and_port).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// Whether the person's browser may be sent to an address: to the authorization server, or to one
    /// of the profile's origins, and nowhere else.
    #[must_use]
    pub fn may_send_browser_to(&self, url: &str) -> bool {
        let origin = |text: &str| {
            let url = reqwest::Url::parse(text).ok()?;
            let plain = url.username().is_empty() && url.password().is_none();
            plain.then(|| url.origin().ascii_serialization())
        };
        let Some(wanted) = origin(url).filter(|origin| origin != "null") else { return false };
        let server = self.server.as_ref().map(|server| server.authorize_url.as_str());
        let mut known = server.into_iter().chain(self.browser_origins.iter().map(String::as_str));
        known.any(|known| origin(known).as_ref() == Some(&wanted))
    }
}

/// The `host:port` of an https address.
#[must_use]
pub fn host_and_port(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok().filter(|url| url.scheme() == "https")?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}
