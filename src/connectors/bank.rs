//! What differs from bank to bank within one standard, as data.

use chrono::NaiveDate;
use domain::id::BankId;
use domain::plan::Allowance;

use super::Standard;
use super::callback::ResponseType;
use super::jose::Algorithm;

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

/// One bank: a standard, and everything in which the bank differs from others of it.
#[derive(Clone)]
pub struct Bank {
    /// The short name.
    pub id: BankId,
    /// The name people know.
    pub name: &'static str,
    /// The country (ISO 3166-1).
    pub country: &'static str,
    /// The BIC (ISO 9362).
    pub bic: &'static str,
    /// The language the bank speaks.
    pub standard: &'static dyn Standard,
    /// Where a sandbox hands out certificates; public host.
    pub generator_url: Option<String>,
    /// Where a software statement is registered; mutual TLS.
    pub registration_url: String,
    /// The token endpoint; mutual TLS.
    pub token_url: String,
    /// The base of the account API, without a slash at the end; mutual TLS.
    pub accounts_url: String,
    /// Where the person's browser goes.
    pub authorize_url: String,
    /// The exact issuer of id tokens.
    pub issuer: String,
    /// The keys that sign id tokens; public host.
    pub keys_url: String,
    /// The `aud` of request objects.
    pub request_object_audience: String,
    /// The `aud` of registration requests.
    pub registration_audience: String,
    /// What the browser is to bring back.
    pub response_type: ResponseType,
    /// What we sign with.
    pub signing_algorithm: Algorithm,
    /// Set when that is weaker than it should be.
    pub algorithm_exception: Option<AlgorithmException>,
    /// What id tokens may be signed with.
    pub accepted_algorithms: Vec<Algorithm>,
    /// The classes of authentication that count as strong.
    pub accepted_acr: Vec<String>,
    /// Whether `at_hash` must be there.
    pub at_hash_required: bool,
    /// How old the person's authentication may be, in seconds.
    pub max_age_seconds: i64,
    /// The zone of the bank's dates (IANA name).
    pub time_zone: &'static str,
    /// The longest consent.
    pub longest_consent_days: i64,
    /// How far back transactions may be asked for.
    pub longest_history_days: i64,
    /// How often it may be read.
    pub allowance: Allowance,
    /// How much the bank's word on its references is worth before anything was learnt: as many rows
    /// as if they had come again under the same reference. What the bank then does outweighs it.
    pub references_promised: u64,
}

impl Bank {
    /// Every host the transport may call for this bank, as `host:port`. The browser's host is
    /// among them only where the keys are there too.
    #[must_use]
    pub fn allowed_hosts(&self) -> Vec<String> {
        let urls = [
            self.generator_url.as_deref().unwrap_or_default(),
            &self.registration_url,
            &self.token_url,
            &self.accounts_url,
            &self.keys_url,
        ];
        let mut hosts: Vec<String> = urls.into_iter().filter_map(host_and_port).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

/// The `host:port` of an https address.
#[must_use]
pub fn host_and_port(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok().filter(|url| url.scheme() == "https")?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}
