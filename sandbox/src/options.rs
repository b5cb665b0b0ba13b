//! What a sandbox is started with, and why a start can fail.

use std::path::PathBuf;

use chrono::NaiveDate;
use serde::Serialize;
use thiserror::Error;

use crate::clock::SandboxClock;
use crate::misbehaviour::Misbehaviours;

/// What a simulated bank speaks, and with it which bank it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SandboxStandard {
    /// OP Financial Group's own interfaces: a Finnish bank, in euros.
    #[default]
    Op,
    /// Open Banking UK Read/Write API 3.1.11 and 4.0: a British bank, in pounds.
    OpenBankingUk,
    /// NextGenPSD2 1.3 of the Berlin Group: a Swedish bank, in kronor and euros.
    BerlinGroup,
    /// Enable Banking's interface: an aggregator that leads to the accounts of OP's customers.
    EnableBanking,
}

/// What a sandbox is started with.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Which bank.
    pub standard: SandboxStandard,
    /// Directory of the certificate authority, the keys and the saved state; made when missing.
    pub data_dir: PathBuf,
    /// TCP port of the public listener (certificate generator, key sets); 0 takes any free port.
    pub public_port: u16,
    /// TCP port of the mutual-TLS listener (registration, tokens, business APIs); 0 takes any free port.
    pub mtls_port: u16,
    /// TCP port of the listener a bank customer's browser visits; 0 takes any free port.
    pub authorize_port: u16,
    /// Seed of the household history. The same seed and `today` give the same bytes.
    pub seed: u64,
    /// Further purchases beside each one with a debit card, of other amounts: for customers with very long
    /// histories.
    pub further_purchases: u16,
    /// Speak TLS 1.3 alone on the mutual-TLS listener, as a bank does that keeps to today's profiles.
    pub only_newest_tls: bool,
    /// Approve every authorization at once, as the first test user with all accounts and cards.
    pub auto_approve: bool,
    /// Serve the authorize listener over plain HTTP, so that a browser does not warn about the certificate.
    pub authorize_plain_http: bool,
    /// Last day of the history, from which whole days the clock is moved lead on; `None` is the clock's day
    /// in the bank's zone. Every new day brings its rows.
    pub today: Option<NaiveDate>,
    /// The bank's clock.
    pub clock: SandboxClock,
    /// What the bank does wrong from the start.
    pub misbehaviours: Misbehaviours,
    /// TCP port of the control listener on 127.0.0.1, plain HTTP, where the misbehaviours are switched and
    /// the truth is told; 0 takes any free port, `None` opens none.
    pub control_port: Option<u16>,
    /// The only `x-api-key` the bank accepts; the other standards have no such key.
    pub api_key: String,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            standard: SandboxStandard::Op,
            data_dir: PathBuf::from("data/sandbox"),
            public_port: 9441,
            mtls_port: 9443,
            authorize_port: 9444,
            seed: 1,
            further_purchases: 0,
            only_newest_tls: false,
            auto_approve: false,
            authorize_plain_http: false,
            today: None,
            clock: SandboxClock::real(),
            misbehaviours: Misbehaviours::NONE,
            control_port: None,
            api_key: "demo-api-key".to_owned(),
        }
    }
}

/// Base URLs of the three listeners, without a trailing slash, for example `https://localhost:9441`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Certificate generator and public key sets.
    pub public: String,
    /// Registration, tokens and the business APIs; asks for a client certificate.
    pub mtls: String,
    /// Where the bank customer's browser is sent; also the `iss` of every ID token.
    pub authorize: String,
}

/// Why a sandbox could not start or keep its state.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// Another program listens on the port.
    #[error(
        "port {port} of the {listener} listener is in use by another program; choose another port or 0"
    )]
    PortInUse {
        /// The port asked for.
        port: u16,
        /// `public`, `mtls`, `authorize` or `control`.
        listener: &'static str,
    },
    /// The port could not be opened for another reason, such as missing rights below 1024.
    #[error("port {port} of the {listener} listener cannot be opened: {source}")]
    Bind {
        /// The port asked for.
        port: u16,
        /// `public`, `mtls`, `authorize` or `control`.
        listener: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The data directory or a file in it cannot be read or written.
    #[error("{path} cannot be read or written: {source}")]
    Storage {
        /// The directory or file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file of the data directory is damaged.
    #[error("{path} is damaged ({reason}); remove it to start afresh")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key or certificate could not be made.
    #[error("a key or certificate could not be made: {0}")]
    Certificate(String),
}
