//! Making, reading and ending connections.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::consent::ConsentStatus;
use domain::id::BankId;

use super::as_of::present;
use super::connections::{Connection, consent_id, standing_on};
use super::scalars::Position;
use super::visit::{app, caught_up, internal, may_link, person, refuse, session, visit};
use crate::access::AccessError;
use crate::connectors::BankError;
use crate::consent::{self, Begun, ConsentError, Way, Wish};
use crate::sync::{self, Purpose, Start};

/// What asking for a connection came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ConnectBankStatus {
    /// Send the browser to `authorizeUrl`.
    Redirect,
    /// The person agrees on a device of their own, as `instruction` says; the connection then changes by
    /// itself.
    ConfirmElsewhere,
    /// There is no such bank.
    BankUnknown,
    /// This platform has not registered with it.
    BankNotRegistered,
    /// The bank does not answer.
    BankUnreachable,
    /// The bank said no.
    BankRefused,
    /// The bank asks to wait.
    TryLater,
    /// There is no such connection to renew, or the person ended it.
    NotRenewable,
}

/// The answer to asking for a connection.
#[derive(SimpleObject)]
pub struct ConnectBankPayload {
    pub(super) status: ConnectBankStatus,
    pub(super) connection_id: Option<ID>,
    pub(super) authorize_url: Option<String>,
    pub(super) instruction: Option<String>,
    pub(super) position: Option<Position>,
}

impl ConnectBankPayload {
    /// The answer where nothing was begun.
    pub(super) fn without(status: ConnectBankStatus) -> Self {
        Self { status, connection_id: None, authorize_url: None, instruction: None, position: None }
    }

    /// What the page is told of a consent that was begun.
    pub(super) fn begun(begun: Begun) -> Self {
        let (status, authorize_url, instruction) = match begun.way {
            Way::Browser { url } => {
                (ConnectBankStatus::Redirect, Some(url.expose().to_owned()), None)
            }
            Way::Elsewhere { message } => (ConnectBankStatus::ConfirmElsewhere, None, message),
        };
        Self {
            status,
            connection_id: Some(ID(begun.consent_id.to_string())),
            authorize_url,
            instruction,
            position: Some(Position(begun.position)),
        }
    }
}

/// What the page is told of a consent that could not be begun; a failure of ours comes back.
pub(super) fn not_begun(
    error: ConsentError,
) -> std::result::Result<ConnectBankStatus, ConsentError> {
    match error {
        ConsentError::Access(AccessError::NotRegistered(_)) => {
            Ok(ConnectBankStatus::BankNotRegistered)
        }
        ConsentError::Bank(error) => {
            tracing::warn!(code = error.code(), cause = %error, "a connection was not begun");
            Ok(match error {
                BankError::RateLimited { .. } => ConnectBankStatus::TryLater,
                BankError::Refused { .. } => ConnectBankStatus::BankRefused,
                _ => ConnectBankStatus::BankUnreachable,
            })
        }
        error => Err(error),
    }
}

/// Most accounts that are named to a bank.
const MOST_NUMBERS: usize = 50;

/// Account numbers as banks take them: without blanks, in capital letters.
fn numbers(given: &[String]) -> Vec<String> {
    let bare = |text: &String| text.split_whitespace().collect::<String>().to_uppercase();
    given.iter().take(MOST_NUMBERS).map(bare).collect()
}

/// What asking for a reading came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RefreshStatus {
    /// It runs.
    Started,
    /// It was running already.
    AlreadyRunning,
    /// The connection does not stand.
    NotActive,
    /// There is no such connection.
    NotFound,
}

/// The answer to asking for a reading.
#[derive(SimpleObject)]
pub struct RefreshPayload {
    status: RefreshStatus,
    position: Option<Position>,
}

/// What a withdrawal came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RevokeStatus {
    /// Stopped here and at the bank.
    Revoked,
    /// Stopped here; the bank could not be told yet and will be.
    RevokedBankNotTold,
    /// It had ended already.
    AlreadyEnded,
    /// There is no such connection.
    NotFound,
}

/// The answer to a withdrawal.
#[derive(SimpleObject)]
pub struct RevokePayload {
    status: RevokeStatus,
    position: Option<Position>,
    connection: Option<Connection>,
}

/// Making, reading and ending connections.
#[derive(Default)]
pub struct ConnectionMutations;

#[Object]
impl ConnectionMutations {
    /// Creates the consent at the bank and answers with the address to send the browser to.
    async fn connect_bank(
        &self,
        context: &Context<'_>,
        bank_id: ID,
        #[graphql(default = 90)] consent_days: i32,
        #[graphql(default = 730)] history_days: i32,
        #[graphql(
            default,
            desc = "The numbers (IBAN) of the accounts, for banks that have to be told; empty elsewhere."
        )]
        account_numbers: Vec<String>,
    ) -> Result<ConnectBankPayload> {
        let (app, session) = (app(context)?, session(context)?);
        let wish = Wish {
            bank_id: BankId(bank_id.to_string()),
            consent_days: consent_days.into(),
            history_days: history_days.into(),
            accounts: numbers(&account_numbers),
        };
        let known = super::banks::profiles().iter().any(|profile| profile.id == wish.bank_id);
        let without = ConnectBankPayload::without;
        if !known {
            return Ok(without(ConnectBankStatus::BankUnknown));
        }
        may_link(context, session.user_id).await?;
        let attended = visit(context)?.attended.clone();
        match consent::begin(app, session, attended, &wish).await {
            Ok(begun) => Ok(ConnectBankPayload::begun(begun)),
            Err(error) => not_begun(error).map(without).map_err(|error| internal(context, error)),
        }
    }

    /// Reads all accounts of a connection now; progress arrives over `/events`.
    async fn refresh_connection(
        &self,
        context: &Context<'_>,
        connection_id: ID,
    ) -> Result<RefreshPayload> {
        let (app, visit, user_id) = (app(context)?, visit(context)?, person(context)?);
        let without = |status| RefreshPayload { status, position: None };
        let Some(consent_id) = consent_id(&connection_id) else {
            return Ok(without(RefreshStatus::NotFound));
        };
        let (consent_id, _) = standing_on(context, consent_id).await?;
        let holder = consent::holder(consent_id, user_id, visit.request_id);
        let attended = visit.attended.clone();
        let started = sync::start(app, holder, Purpose::AskedByPerson, attended).await;
        Ok(match started.map_err(|error| internal(context, error))? {
            Start::Started { position, .. } => RefreshPayload {
                status: RefreshStatus::Started,
                position: Some(Position(position)),
            },
            Start::AlreadyRunning => without(RefreshStatus::AlreadyRunning),
            Start::NotActive => without(RefreshStatus::NotActive),
            Start::NotFound => without(RefreshStatus::NotFound),
        })
    }

    /// Stops sharing: here at once, and at the bank.
    async fn revoke_connection(
        &self,
        context: &Context<'_>,
        connection_id: ID,
    ) -> Result<RevokePayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let without = |status| RevokePayload { status, position: None, connection: None };
        let Some(consent_id) = consent_id(&connection_id) else {
            return Ok(without(RevokeStatus::NotFound));
        };
        let (consent_id, rows) = standing_on(context, consent_id).await?;
        // A renewal under way ends with what it was to renew.
        for row in rows.iter().filter(|row| row.status == ConsentStatus::Pending) {
            if row.consent_id != consent_id {
                match consent::revoke(app, user_id, row.consent_id).await {
                    Ok(_) | Err(ConsentError::Ended) => {}
                    Err(error) => return Err(internal(context, error)),
                }
            }
        }
        let withdrawn = match consent::revoke(app, user_id, consent_id).await {
            Ok(withdrawn) => withdrawn,
            Err(ConsentError::Unknown) => return Ok(without(RevokeStatus::NotFound)),
            Err(ConsentError::Ended) => return Ok(without(RevokeStatus::AlreadyEnded)),
            Err(error) => return Err(internal(context, error)),
        };
        let position = Some(Position(withdrawn.position));
        caught_up(context, position).await?;
        let at = present(context)?;
        let row = at.view().consents().connection(user_id, consent_id).await;
        let row = row.map_err(|error| internal(context, error))?;
        let row = row.ok_or_else(|| refuse(context, "INTERNAL", "The connection is not shown."))?;
        let status = if withdrawn.bank_told {
            RevokeStatus::Revoked
        } else {
            RevokeStatus::RevokedBankNotTold
        };
        Ok(RevokePayload { status, position, connection: Some(Connection(row, at)) })
    }
}
