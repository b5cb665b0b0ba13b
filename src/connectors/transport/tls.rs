//! TLS as the transport wants it, and the causes of its failures by name.

use std::error::Error;
use std::sync::Arc;

use rustls::client::{Resumption, WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
};

use super::reach::PrivateAddress;
use super::standing::{Standings, Verifier, is_not_asked_yet};
use super::{BankError, ClientIdentity, TransportError};

/// The roots of the public web, and those that are named beside them.
pub(super) fn roots(extra_root_pem: Option<&str>) -> Result<RootCertStore, TransportError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = extra_root_pem {
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| TransportError::Root)?;
            roots.add(certificate).map_err(|_| TransportError::Root)?;
            found += 1;
        }
        if found == 0 {
            return Err(TransportError::Root);
        }
    }
    Ok(roots)
}

fn versions() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TransportError> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| TransportError::Client)
}

/// TLS to those who are asked about certificates.
pub(super) fn plain(roots: &Arc<RootCertStore>) -> Result<ClientConfig, TransportError> {
    Ok(versions()?.with_root_certificates(Arc::clone(roots)).with_no_client_auth())
}

/// TLS 1.2 or 1.3 with the verification of rustls, which has no switch here, and the word of the
/// certificate's issuer beside it, where the profile asks for that.
pub(super) fn configuration(
    standings: &Arc<Standings>,
    roots: &Arc<RootCertStore>,
    identity: Option<&ClientIdentity>,
) -> Result<ClientConfig, TransportError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), provider)
        .build()
        .map_err(|_| TransportError::Client)?;
    let verifier = Verifier { chain, standings: Arc::clone(standings) };
    let builder = versions()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match identity {
        Some(identity) => with_identity(builder, identity)?,
        None => builder.with_no_client_auth(),
    };
    // A session that is taken up again is not verified again.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn with_identity(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: &ClientIdentity,
) -> Result<ClientConfig, TransportError> {
    let chain = identity.certificate_chain_der.iter().cloned().map(CertificateDer::from).collect();
    let key = PrivatePkcs8KeyDer::from(identity.private_key_pkcs8.expose().to_vec());
    // This refuses a key that is not the certificate's.
    builder.with_client_auth_cert(chain, PrivateKeyDer::Pkcs8(key)).map_err(|_| TransportError::Key)
}

/// Why an exchange failed, from the chain of causes under it.
pub(super) fn typed(error: &reqwest::Error) -> BankError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return BankError::TlsRefused { reason: reason(tls) };
        }
        if current.downcast_ref::<PrivateAddress>().is_some() {
            return BankError::HostNotAllowed;
        }
        // An `io::Error` passes over the error it wraps when asked for its source.
        cause = match current.downcast_ref::<std::io::Error>() {
            Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => current.source(),
        };
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, _) => BankError::Unreachable,
        (false, true) => BankError::TimedOut,
        (false, false) => BankError::AnswerLost,
    }
}

fn reason(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(problem) => certificate_reason(problem),
        rustls::Error::AlertReceived(alert) => alert_reason(*alert),
        rustls::Error::PeerIncompatible(_) => "nothing_in_common",
        rustls::Error::NoCertificatesPresented => "no_server_certificate",
        _ => "handshake_failed",
    }
}

/// The handshake broke off because nobody was asked after the certificate yet.
pub(super) const NOT_ASKED_YET: &str = "server_certificate_not_asked_after";

fn certificate_reason(problem: &CertificateError) -> &'static str {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "server_certificate_expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "server_certificate_not_yet_valid"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "server_certificate_for_another_name"
        }
        CertificateError::UnknownIssuer => "server_certificate_of_unknown_issuer",
        CertificateError::BadSignature => "server_certificate_signature_wrong",
        CertificateError::Revoked => "server_certificate_revoked",
        CertificateError::UnknownRevocationStatus => "server_certificate_revocation_unknown",
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => "server_revocation_list_over",
        problem if is_not_asked_yet(problem) => NOT_ASKED_YET,
        _ => "server_certificate_invalid",
    }
}

fn alert_reason(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => "client_certificate_required",
        AlertDescription::CertificateExpired => "client_certificate_expired",
        AlertDescription::CertificateRevoked => "client_certificate_revoked",
        AlertDescription::UnknownCA => "client_certificate_of_unknown_issuer",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "client_certificate_refused",
        AlertDescription::ProtocolVersion => "protocol_version",
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "nothing_in_common"
        }
        _ => "alert_received",
    }
}
