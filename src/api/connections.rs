//! Connections: what a person shares from a bank, and how reading it goes.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::consent::ConsentStatus;
use domain::id::{BankId, ConsentId};
use projections::consents::{ConsentRow, EndedReason as Reason};
use projections::fetches::{FetchRow, FetchState};

use super::accounts::Account;
use super::banks::Bank;
use super::scalars::{Date, Instant, Position};
use super::visit::{app, caught_up, internal, person, refuse, session, visit};
use crate::access::AccessError;
use crate::connectors::BankError;
use crate::consent::{self, ConsentError, Wish};
use crate::sync::{self, Purpose, Start};

/// Where a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ConnectionStatus {
    /// Waiting for the person to confirm at the bank.
    Pending,
    /// It stands.
    Active,
    /// Refused at the bank.
    Refused,
    /// Withdrawn.
    Revoked,
    /// Its time ran out.
    Expired,
    /// It never came to stand.
    Failed,
    /// The bank wants the person to confirm again.
    NeedsConfirmation,
}

/// Why a connection ended or was refused.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum EndedReason {
    /// The person said no at the bank.
    RefusedAtBank,
    /// The person stopped sharing here.
    RevokedByPerson,
    /// The bank, or the person there, ended it.
    RevokedByBank,
    /// Its time ran out.
    Expired,
    /// The person never came back from the bank.
    Abandoned,
    /// The bank's answer failed a check.
    AnswerNotTrusted,
    /// The bank failed.
    BankError,
}

/// How far reading a connection is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum SyncState {
    /// Never read.
    #[default]
    Never,
    /// Being read.
    Running,
    /// Read to the end.
    Done,
    /// The last run gave up.
    Failed,
}

/// What went wrong with the last run.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SyncProblem {
    /// No connection to the bank.
    BankUnreachable,
    /// The bank answered with an error.
    BankError,
    /// The bank asks to wait.
    BankBusy,
    /// The bank no longer honours the consent.
    ConsentEnded,
    /// The bank's answer cannot be read.
    AnswerUnreadable,
    /// Something of ours.
    Storage,
}

/// Reading a connection.
#[derive(Default, SimpleObject)]
pub struct Sync {
    /// How far it is.
    state: SyncState,
    /// When the last run began.
    started_at: Option<Instant>,
    /// When it ended.
    finished_at: Option<Instant>,
    /// Accounts read to the end.
    accounts_done: i32,
    /// Accounts seen.
    accounts_total: i32,
    /// Rows the bank showed.
    transactions_read: i32,
    /// Rows that were new.
    transactions_new: i32,
    /// What went wrong, as a code the page words.
    problem: Option<SyncProblem>,
}

fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl From<Option<FetchRow>> for Sync {
    fn from(row: Option<FetchRow>) -> Self {
        let Some(row) = row else { return Self::default() };
        let problem = row.problem.as_deref().map(|code| match code {
            "bank_unreachable" => SyncProblem::BankUnreachable,
            "bank_busy" => SyncProblem::BankBusy,
            "consent_ended" => SyncProblem::ConsentEnded,
            "answer_unreadable" => SyncProblem::AnswerUnreadable,
            "storage" => SyncProblem::Storage,
            _ => SyncProblem::BankError,
        });
        Self {
            state: match row.state {
                FetchState::Running => SyncState::Running,
                FetchState::Done => SyncState::Done,
                FetchState::Failed => SyncState::Failed,
            },
            started_at: Some(Instant(row.started_at)),
            finished_at: row.finished_at.map(Instant),
            accounts_done: whole(row.accounts_done),
            accounts_total: whole(row.accounts_total),
            transactions_read: whole(row.transactions_read),
            transactions_new: whole(row.transactions_new),
            problem,
        }
    }
}

/// A connection to a bank: one consent.
pub struct Connection(pub ConsentRow);

/// A connection to a bank: one consent.
#[Object]
impl Connection {
    /// Our identifier.
    async fn id(&self) -> ID {
        ID(self.0.consent_id.to_string())
    }

    /// The bank.
    async fn bank(&self) -> Bank {
        Bank::of(&self.0.bank_id)
    }

    /// Where it stands.
    async fn status(&self) -> ConnectionStatus {
        match self.0.status {
            ConsentStatus::Active => ConnectionStatus::Active,
            ConsentStatus::NeedsConfirmation => ConnectionStatus::NeedsConfirmation,
            ConsentStatus::Refused => ConnectionStatus::Refused,
            ConsentStatus::Revoked => ConnectionStatus::Revoked,
            ConsentStatus::Expired => ConnectionStatus::Expired,
            ConsentStatus::Failed => ConnectionStatus::Failed,
            ConsentStatus::Pending | ConsentStatus::Unknown => ConnectionStatus::Pending,
        }
    }

    /// When the person asked for it.
    async fn requested_at(&self) -> Instant {
        Instant(self.0.requested_at)
    }

    /// When it came to stand.
    async fn granted_at(&self) -> Option<Instant> {
        self.0.granted_at.map(Instant)
    }

    /// Until when it lasts.
    async fn expires_at(&self) -> Option<Instant> {
        self.0.expires_at.map(Instant)
    }

    /// When it ended.
    async fn ended_at(&self) -> Option<Instant> {
        self.0.ended_at.map(Instant)
    }

    /// Why it ended or was refused.
    async fn ended_reason(&self) -> Option<EndedReason> {
        self.0.ended_reason.map(|reason| match reason {
            Reason::RefusedAtBank => EndedReason::RefusedAtBank,
            Reason::RevokedByPerson => EndedReason::RevokedByPerson,
            Reason::RevokedByBank => EndedReason::RevokedByBank,
            Reason::Expired => EndedReason::Expired,
            Reason::Abandoned => EndedReason::Abandoned,
            Reason::AnswerNotTrusted => EndedReason::AnswerNotTrusted,
            Reason::BankError => EndedReason::BankError,
        })
    }

    /// First day of the history that was asked for.
    async fn history_from(&self) -> Option<Date> {
        Some(Date(self.0.history_from))
    }

    /// False while the bank has not yet confirmed a withdrawal.
    async fn bank_told(&self) -> bool {
        self.0.bank_told
    }

    /// The accounts and cards it shows, or showed last.
    async fn accounts(&self, context: &Context<'_>) -> Result<Vec<Account>> {
        let accounts = app(context)?.read.accounts();
        let rows = accounts.by_consent(self.0.user_id, self.0.consent_id).await;
        Ok(rows.map_err(|error| internal(context, error))?.into_iter().map(Account).collect())
    }

    /// How reading it goes.
    async fn sync(&self, context: &Context<'_>) -> Result<Sync> {
        let fetches = app(context)?.read.fetches();
        let row = fetches.newest(self.0.user_id, self.0.consent_id).await;
        Ok(row.map_err(|error| internal(context, error))?.into())
    }
}

/// Reads a connection's identifier; anything else is a connection nobody has.
fn consent_id(id: &ID) -> Option<ConsentId> {
    id.parse().ok()
}

/// Reading connections.
#[derive(Default)]
pub struct ConnectionQueries;

#[Object]
impl ConnectionQueries {
    /// All connections of the person, newest first.
    async fn connections(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
    ) -> Result<Vec<Connection>> {
        let user_id = person(context)?;
        caught_up(context, at_least).await?;
        let rows = app(context)?.read.consents().list(user_id).await;
        Ok(rows.map_err(|error| internal(context, error))?.into_iter().map(Connection).collect())
    }

    /// One connection.
    async fn connection(
        &self,
        context: &Context<'_>,
        id: ID,
        at_least: Option<Position>,
    ) -> Result<Option<Connection>> {
        let user_id = person(context)?;
        caught_up(context, at_least).await?;
        let Some(consent_id) = consent_id(&id) else { return Ok(None) };
        let row = app(context)?.read.consents().one(user_id, consent_id).await;
        Ok(row.map_err(|error| internal(context, error))?.map(Connection))
    }
}

/// What asking for a connection came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ConnectBankStatus {
    /// Send the browser to `authorizeUrl`.
    Redirect,
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
}

/// The answer to asking for a connection.
#[derive(SimpleObject)]
pub struct ConnectBankPayload {
    status: ConnectBankStatus,
    connection_id: Option<ID>,
    authorize_url: Option<String>,
    position: Option<Position>,
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
    ) -> Result<ConnectBankPayload> {
        let (app, session) = (app(context)?, session(context)?);
        let wish = Wish {
            bank_id: BankId(bank_id.to_string()),
            consent_days: consent_days.into(),
            history_days: history_days.into(),
        };
        let known = super::banks::profiles().iter().any(|profile| profile.id == wish.bank_id);
        let without = |status| ConnectBankPayload {
            status,
            connection_id: None,
            authorize_url: None,
            position: None,
        };
        if !known {
            return Ok(without(ConnectBankStatus::BankUnknown));
        }
        let attended = visit(context)?.attended.clone();
        match consent::begin(app, session, attended, &wish).await {
            Ok(begun) => Ok(ConnectBankPayload {
                status: ConnectBankStatus::Redirect,
                connection_id: Some(ID(begun.consent_id.to_string())),
                authorize_url: Some(begun.authorize_url.expose().to_owned()),
                position: Some(Position(begun.position)),
            }),
            Err(ConsentError::Access(AccessError::NotRegistered(_))) => {
                Ok(without(ConnectBankStatus::BankNotRegistered))
            }
            Err(ConsentError::Bank(error)) => {
                tracing::warn!(code = error.code(), cause = %error, "a connection was not begun");
                Ok(without(match error {
                    BankError::RateLimited { .. } => ConnectBankStatus::TryLater,
                    BankError::Refused { .. } => ConnectBankStatus::BankRefused,
                    _ => ConnectBankStatus::BankUnreachable,
                }))
            }
            Err(error) => Err(internal(context, error)),
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
        let withdrawn = match consent::revoke(app, user_id, consent_id).await {
            Ok(withdrawn) => withdrawn,
            Err(ConsentError::Unknown) => return Ok(without(RevokeStatus::NotFound)),
            Err(ConsentError::Ended) => return Ok(without(RevokeStatus::AlreadyEnded)),
            Err(error) => return Err(internal(context, error)),
        };
        let position = Some(Position(withdrawn.position));
        caught_up(context, position).await?;
        let row = app.read.consents().one(user_id, consent_id).await;
        let row = row.map_err(|error| internal(context, error))?;
        let row = row.ok_or_else(|| refuse(context, "INTERNAL", "The connection is not shown."))?;
        let status = if withdrawn.bank_told {
            RevokeStatus::Revoked
        } else {
            RevokeStatus::RevokedBankNotTold
        };
        Ok(RevokePayload { status, position, connection: Some(Connection(row)) })
    }
}
