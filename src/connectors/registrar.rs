//! Becoming a client of a bank, step by step: what every standard shares. What a standard does at each
//! step is its [`Registrar`].

pub(super) mod answer;

use chrono::{DateTime, Utc};
use domain::tpp_registration::Step;
use uuid::Uuid;

use super::bank::Bank;
use super::certificate::{Certificate, CertificateProblem};
use super::error::BankError;
use super::exchange::{BankAnswer, BankRequest, ClientCredentials};
use super::generator;
use super::jose::{JoseError, SigningKey};
use super::secret::Secret;

/// How long a registration request can be used.
pub const REGISTRATION_REQUEST_LIFE_SECONDS: i64 = 300;

/// Why a registration does not come about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The bank refused, or its answer is not readable.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// A key is not usable.
    #[error(transparent)]
    Key(#[from] JoseError),
    /// A certificate is not usable.
    #[error(transparent)]
    Certificate(#[from] CertificateProblem),
    /// The standard has no such step.
    #[error("this bank's standard has no such step")]
    NoSuchStep,
    /// The profile has no certificate generator.
    #[error("this bank has no certificate generator")]
    NoGenerator,
    /// Something the answer must have.
    #[error("the answer lacks `{0}`")]
    Missing(&'static str),
    /// Other redirect addresses than asked for.
    #[error("the bank registered other redirect addresses than asked for")]
    RedirectUrisDiffer,
    /// More roles than asked for.
    #[error("the bank registered more roles than asked for")]
    MoreRoles,
    /// The client secret is of no use any more.
    #[error("the client secret has already expired")]
    SecretExpired,
    /// The server's description of itself is not what the profile says.
    #[error("the bank's authorization server describes itself otherwise than its profile: `{0}`")]
    MetadataDiffers(&'static str),
    /// Further certificates were issued to somebody else.
    #[error("the further certificates are of another name than those in use")]
    OtherName,
    /// The bank registered another way of authentication than asked for.
    #[error("the bank registered another `{0}` than asked for")]
    Differs(&'static str),
    /// The software statement is of no use any more, or not yet.
    #[error("the software statement is not valid now")]
    StatementNotValid,
}

impl RegistrationError {
    /// A stable word for records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bank(error) => error.code(),
            Self::Key(_) => "registration_key_unusable",
            Self::Certificate(problem) => problem.code(),
            Self::NoSuchStep => "registration_no_such_step",
            Self::NoGenerator => "registration_no_generator",
            Self::Missing(_) => "registration_answer_incomplete",
            Self::RedirectUrisDiffer => "registration_redirect_uris_differ",
            Self::MoreRoles => "registration_more_roles",
            Self::SecretExpired => "registration_secret_expired",
            Self::MetadataDiffers(_) => "registration_metadata_differs",
            Self::OtherName => "registration_certificates_of_another_name",
            Self::Differs(_) => "registration_differs",
            Self::StatementNotValid => "registration_statement_not_valid",
        }
    }
}

/// A certificate with its private key.
#[derive(Debug)]
pub struct IssuedCertificate {
    /// The private key.
    pub key: SigningKey,
    /// The certificate, which has been checked to belong to the key.
    pub certificate: Certificate,
}

/// What the generator issued.
#[derive(Debug)]
pub struct IssuedCertificates {
    /// The bank's name for us.
    pub tpp_id: String,
    /// Where the bank publishes our public keys.
    pub public_jwks_url: String,
    /// For TLS.
    pub qwac: IssuedCertificate,
    /// For signing.
    pub qseal: IssuedCertificate,
}

/// A signed software statement.
#[derive(Clone, Debug)]
pub struct SoftwareStatement {
    /// The compact form.
    pub compact: String,
    /// Our own name of the software.
    pub software_client_id: Uuid,
    /// From when on it can be used.
    pub issued_at: DateTime<Utc>,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// What the bank registered.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// Our name at the bank.
    pub client_id: Secret,
    /// Our secret, where the bank gave one.
    pub client_secret: Option<Secret>,
    /// The key of the bank's portal to use from now on, where it has one.
    pub api_key: Option<Secret>,
    /// What may be asked for.
    pub scope: String,
    /// When the secret ends; `None` means never.
    pub secret_expires_at: Option<DateTime<Utc>>,
    /// When we were registered, by the bank's clock.
    pub issued_at: Option<DateTime<Utc>>,
    /// The bank's name of our software.
    pub software_id: Option<String>,
    /// The roles registered.
    pub roles: Vec<String>,
    /// The redirect addresses registered.
    pub redirect_uris: Vec<String>,
}

impl RegisteredClient {
    /// What every later call identifies us with.
    #[must_use]
    pub fn credentials(&self) -> ClientCredentials {
        ClientCredentials {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            api_key: self.api_key.clone(),
        }
    }
}

/// An operator's settings for one bank, and what is asked at each step with them. All of it is pure.
///
/// A bank that knows its callers by their certificates alone has the first step only.
pub trait Registrar: Send + Sync {
    /// The roles asked for, such as `AIS`.
    fn roles(&self) -> &[String];

    /// Where the bank may send people back to.
    fn redirect_uris(&self) -> &[String];

    /// The path of a further root certificate (PEM), for a sandbox of one's own.
    fn ca_certificate(&self) -> Option<&str>;

    /// The settings whose value is the path of a file, from the settings' own folder: its text takes the
    /// path's place when they are read.
    fn files(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the settings hold the certificates, so that nobody is asked for them.
    fn brings_certificates(&self) -> bool {
        false
    }

    /// The steps of this standard, in their order.
    fn steps(&self) -> &'static [Step] {
        &Step::ALL
    }

    /// Asks for two certificates.
    ///
    /// # Errors
    /// [`RegistrationError::NoGenerator`], or an address that cannot be built.
    fn certificate_request(&self, bank: &Bank) -> Result<BankRequest, RegistrationError>;

    /// Reads what was issued. Each key must belong to its certificate.
    ///
    /// # Errors
    /// [`RegistrationError`] says what is missing or does not fit.
    fn read_certificates(
        &self,
        bank: &Bank,
        answer: &BankAnswer,
    ) -> Result<IssuedCertificates, RegistrationError>;

    /// Asks for two further certificates of the same name, beside those that were issued.
    ///
    /// # Errors
    /// [`RegistrationError::NoSuchStep`] where the settings hold the certificates, or as for the first ones.
    fn further_certificates_request(
        &self,
        bank: &Bank,
        issued: &IssuedCertificates,
    ) -> Result<BankRequest, RegistrationError> {
        if self.brings_certificates() {
            return Err(RegistrationError::NoSuchStep);
        }
        generator::of_known(self.certificate_request(bank)?, &issued.tpp_id)
    }

    /// Asks a directory for the software statement, where one signs it and not we ourselves.
    ///
    /// # Errors
    /// [`RegistrationError`] when the request cannot be made.
    fn statement_request(
        &self,
        _bank: &Bank,
        _issued: &IssuedCertificates,
    ) -> Result<Option<BankRequest>, RegistrationError> {
        Ok(None)
    }

    /// Reads the statement a directory signed.
    ///
    /// # Errors
    /// [`RegistrationError`] when it is not what was asked for.
    fn read_statement(
        &self,
        _answer: &BankAnswer,
        _now: DateTime<Utc>,
    ) -> Result<SoftwareStatement, RegistrationError> {
        Err(RegistrationError::NoSuchStep)
    }

    /// Addresses beside those of the bank's profile that a registration calls, such as a directory's.
    fn further_addresses(&self) -> Vec<String> {
        Vec::new()
    }

    /// Asks for the authorization server's description of itself, where the standard has one.
    ///
    /// # Errors
    /// [`RegistrationError`] when the request cannot be made.
    fn metadata_request(&self, _bank: &Bank) -> Result<Option<BankRequest>, RegistrationError> {
        Ok(None)
    }

    /// Compares that description with the profile.
    ///
    /// # Errors
    /// [`RegistrationError::MetadataDiffers`].
    fn check_metadata(&self, _bank: &Bank, _answer: &BankAnswer) -> Result<(), RegistrationError> {
        Err(RegistrationError::NoSuchStep)
    }

    /// Writes and signs the software statement.
    ///
    /// # Errors
    /// [`RegistrationError::Key`] when the key does not sign.
    fn software_statement(
        &self,
        _issued: &IssuedCertificates,
        _software_client_id: Uuid,
        _statement_id: Uuid,
        _now: DateTime<Utc>,
    ) -> Result<SoftwareStatement, RegistrationError> {
        Err(RegistrationError::NoSuchStep)
    }

    /// Asks to be registered with a software statement. The same identifier and time make the same
    /// request.
    ///
    /// # Errors
    /// [`RegistrationError::StatementNotValid`] before anything is sent, or a key that does not sign.
    fn registration_request(
        &self,
        _bank: &Bank,
        _issued: &IssuedCertificates,
        _statement: &SoftwareStatement,
        _request_id: Uuid,
        _now: DateTime<Utc>,
    ) -> Result<BankRequest, RegistrationError> {
        Err(RegistrationError::NoSuchStep)
    }

    /// Reads what was registered, and refuses it unless it is what was asked for.
    ///
    /// # Errors
    /// [`RegistrationError`] names the difference.
    fn read_registration(
        &self,
        _answer: &BankAnswer,
        _now: DateTime<Utc>,
    ) -> Result<RegisteredClient, RegistrationError> {
        Err(RegistrationError::NoSuchStep)
    }

    /// The client we are by our certificates alone, where the bank registers nobody.
    fn client_by_certificate(&self, _issued: &IssuedCertificates) -> Option<RegisteredClient> {
        None
    }
}
