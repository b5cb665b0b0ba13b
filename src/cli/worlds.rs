//! The sandbox banks of a world on this machine, and the settings an operator would write for each.

use std::path::Path;

use domain::id::BankId;
use sandbox::{Addresses, Sandbox, SandboxError, SandboxOptions, SandboxStandard};
use serde_json::{Value, json};

use crate::connectors::settings::SettingsError;
use crate::settings::RegistrationFile;

/// How far apart the ports of two banks are.
const PORTS_APART: u16 = 10;

/// A kind of sandbox bank.
pub(super) struct Kind {
    /// The bank's short name.
    pub bank_id: &'static str,
    /// What it speaks.
    pub standard: SandboxStandard,
    /// Its folder within the data directory.
    pub folder: &'static str,
    settings: fn(&Sandbox, &str) -> Value,
}

/// Every sandbox bank, in the order of their ports; the aggregator comes last.
pub(super) static KINDS: [Kind; 4] = [
    Kind { bank_id: "op", standard: SandboxStandard::Op, folder: "sandbox", settings: op },
    Kind {
        bank_id: "albion",
        standard: SandboxStandard::OpenBankingUk,
        folder: "sandbox-albion",
        settings: albion,
    },
    Kind {
        bank_id: "nordvik",
        standard: SandboxStandard::BerlinGroup,
        folder: "sandbox-nordvik",
        settings: nordvik,
    },
    Kind {
        bank_id: "enable-banking-op",
        standard: SandboxStandard::EnableBanking,
        folder: "sandbox-enable-banking",
        settings: enable_banking,
    },
];

impl Kind {
    /// Whether it leads to another bank's accounts.
    pub(super) fn is_aggregator(&self) -> bool {
        self.standard == SandboxStandard::EnableBanking
    }
}

/// The first of a bank's ports, from the first of all.
pub(super) fn first_port(first: u16, place: usize) -> u16 {
    let apart = u16::try_from(place).unwrap_or(u16::MAX).saturating_mul(PORTS_APART);
    first.saturating_add(apart)
}

/// A sandbox bank that runs, with the settings to register with it.
pub(super) struct RunningBank {
    /// Its kind.
    pub kind: &'static Kind,
    /// The bank.
    pub bank: Sandbox,
    /// The settings.
    pub file: RegistrationFile,
}

/// Why a bank of the world does not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorldError {
    /// The bank could not start.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Its settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// Starts every bank, and the aggregator if that is wished. `options` are those of the first; the others have
/// ports and folders of their own.
pub(super) async fn start(
    data: &Path,
    page: &str,
    options: &SandboxOptions,
    aggregator: bool,
) -> Result<Vec<RunningBank>, WorldError> {
    let mut running = Vec::new();
    let wished = |(_, kind): &(usize, &Kind)| aggregator || !kind.is_aggregator();
    for (place, kind) in KINDS.iter().enumerate().filter(wished) {
        let port = |port: u16| if port == 0 { 0 } else { first_port(port, place) };
        let bank = Sandbox::start(SandboxOptions {
            standard: kind.standard,
            data_dir: data.join(kind.folder),
            public_port: port(options.public_port),
            authority_port: port(options.authority_port),
            mtls_port: port(options.mtls_port),
            authorize_port: port(options.authorize_port),
            control_port: options.control_port.map(port),
            ..options.clone()
        })
        .await?;
        let json = (kind.settings)(&bank, page);
        let (bank_id, ca) = (BankId(kind.bank_id.to_owned()), bank.ca_certificate_pem().to_owned());
        let file = RegistrationFile::parse(&bank_id, json.to_string(), Some(ca))?;
        running.push(RunningBank { kind, bank, file });
    }
    Ok(running)
}

fn contacts() -> Value {
    json!([{
        "name": "Support",
        "email": "support@onepointledger.example",
        "phone": "+358000000000",
        "type": "Support",
    }])
}

fn op(bank: &Sandbox, page: &str) -> Value {
    let Addresses { public, mtls, authorize, .. } = bank.addresses();
    json!({
        "api_key": SandboxOptions::default().api_key,
        "country": "FI",
        "tpp_name": "One Point Ledger",
        "roles": ["AIS"],
        "sandbox_url": format!("{public}/psd2-sandbox-tpp-generator/sandbox-tpp"),
        "registration_url": format!("{mtls}/tpp-registration/register"),
        "redirect_uris": [format!("{page}/callback/op")],
        "software_client_name": "One Point Ledger",
        "software_redirect_uris": [format!("{page}/callback/op")],
        "software_client_uri": page,
        "org_name": "One Point Ledger",
        "org_contacts": contacts(),
        "token_url": format!("{mtls}/oauth/token"),
        "accounts_url": format!("{mtls}/accounts-psd2/v1"),
        "authorize_url": format!("{authorize}/oauth/authorize"),
        "issuer": authorize,
        "keys_url": format!("{public}/oauth/jwks/PSD2_OIDC"),
    })
}

fn albion(bank: &Sandbox, page: &str) -> Value {
    let Addresses { public, mtls, authorize, .. } = bank.addresses();
    json!({
        "version": "4.0",
        "country": "GB",
        "tpp_name": "One Point Ledger",
        "roles": ["AIS"],
        "redirect_uris": [format!("{page}/callback/albion")],
        "software_client_name": "One Point Ledger",
        "software_client_uri": page,
        "org_name": "One Point Ledger",
        "org_contacts": contacts(),
        "generator_url": format!("{public}/directory/sandbox-tpp"),
        "statement_url": format!("{mtls}/directory/software-statements"),
        "issuer": public,
        "registration_url": format!("{mtls}/register"),
        "token_url": format!("{mtls}/oauth/token"),
        "pushed_url": format!("{mtls}/oauth/par"),
        "authorize_url": format!("{authorize}/oauth/authorize"),
        "keys_url": format!("{public}/oauth/jwks"),
        "accounts_url": format!("{mtls}/open-banking/v4.0/aisp"),
    })
}

fn nordvik(bank: &Sandbox, page: &str) -> Value {
    let Addresses { public, mtls, authorize, .. } = bank.addresses();
    json!({
        "country": "FI",
        "tpp_name": "One Point Ledger",
        "roles": ["AIS"],
        "sandbox_url": format!("{public}/certificates/sandbox-tpp"),
        "api_url": format!("{mtls}/psd2/v1"),
        "browser_origin": authorize,
        "redirect_uris": [format!("{page}/callback/nordvik")],
    })
}

fn enable_banking(bank: &Sandbox, page: &str) -> Value {
    let Addresses { public, authorize, .. } = bank.addresses();
    let application = bank.application();
    json!({
        "application_id": application.map(|known| known.id.as_str()),
        "private_key": application.map(|known| known.private_key_pem.as_str()),
        "certificate": application.map(|known| known.certificate_pem.as_str()),
        "redirect_uris": [format!("{page}/callback/enable-banking-op")],
        "api_url": public,
        "browser_origin": authorize,
    })
}
