//! Connections: what a person shares from a bank, and how reading it goes.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::consent::ConsentStatus;
use domain::id::ConsentId;
use projections::accounts::AccountRow;
use projections::consents::{ConsentRow, EndedReason as Reason};
use projections::fetches::{FetchRow, FetchState};

use super::accounts::Account;
use super::as_of::{AsOf, At, KnownAt, moment};
use super::banks::Bank;
use super::reading::{self, Reading};
use super::scalars::{Date, Instant, Position};
use super::visit::{app, internal, person};

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
    /// A new consent took its place.
    Superseded,
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
    /// Accounts the bank told of that the consent does not cover. Nothing of them was kept.
    accounts_left_out: i32,
    /// What went wrong, as a code the page words.
    problem: Option<SyncProblem>,
}

fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What a run ended with, as the page words it.
pub(super) fn problem_of(row: Option<&FetchRow>) -> Option<SyncProblem> {
    row?.problem.as_deref().map(|code| match code {
        "bank_unreachable" => SyncProblem::BankUnreachable,
        "bank_busy" => SyncProblem::BankBusy,
        "consent_ended" => SyncProblem::ConsentEnded,
        "answer_unreadable" => SyncProblem::AnswerUnreadable,
        "storage" => SyncProblem::Storage,
        _ => SyncProblem::BankError,
    })
}

impl From<Option<FetchRow>> for Sync {
    fn from(row: Option<FetchRow>) -> Self {
        let problem = problem_of(row.as_ref());
        let Some(row) = row else { return Self::default() };
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
            accounts_left_out: whole(row.accounts_left_out),
            problem,
        }
    }
}

/// A connection to a bank: a consent and those it took the place of.
pub struct Connection(pub ConsentRow, pub At);

/// When an account was last read to its end.
#[derive(SimpleObject)]
pub struct AccountRead {
    /// The account.
    account: Account,
    /// When its rows, or a changed balance, last came from the bank.
    last_good_read: Option<Instant>,
}

impl Connection {
    /// Every consent of it, newest first.
    async fn consents(&self, context: &Context<'_>) -> Result<Vec<ConsentRow>> {
        let consents = self.1.view().consents();
        let rows = consents.of_connection(self.0.user_id, self.0.connection_id).await;
        rows.map_err(|error| internal(context, error))
    }

    async fn account_rows(&self, context: &Context<'_>) -> Result<Vec<AccountRow>> {
        let mut found: Vec<AccountRow> = Vec::new();
        for consent in self.consents(context).await? {
            let accounts = self.1.view().accounts();
            let rows = accounts.by_consent(self.0.user_id, consent.consent_id).await;
            for row in rows.map_err(|error| internal(context, error))? {
                if !found.iter().any(|known| known.account_id == row.account_id) {
                    found.push(row);
                }
            }
        }
        Ok(found)
    }
}

/// A connection to a bank: a consent and those it took the place of.
#[Object]
impl Connection {
    /// Our identifier.
    async fn id(&self) -> ID {
        ID(self.0.connection_id.to_string())
    }

    /// The bank.
    async fn bank(&self) -> Bank {
        Bank::of(&self.0.bank_id, &self.1)
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

    /// By when the person has to say here that it may go on (`reconfirmConnection`); none where the bank
    /// asks for that itself.
    async fn reconfirm_by(&self) -> Option<Instant> {
        crate::reconfirmation::due(&self.0).map(Instant)
    }

    /// Whether it rests until the person says so: nothing is read meanwhile, and the bank need not be
    /// visited.
    async fn rests(&self) -> bool {
        self.0.rests
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
            Reason::Superseded => EndedReason::Superseded,
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
        let rows = self.account_rows(context).await?;
        Ok(rows.into_iter().map(|row| Account(row, At::clone(&self.1))).collect())
    }

    /// Up to when each of its accounts is known, also after it has ended.
    async fn last_good_reads(&self, context: &Context<'_>) -> Result<Vec<AccountRead>> {
        let rows = self.account_rows(context).await?;
        let read = |row: AccountRow| AccountRead {
            last_good_read: row.last_read_at.map(Instant),
            account: Account(row, At::clone(&self.1)),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// How reading it goes.
    async fn sync(&self, context: &Context<'_>) -> Result<Sync> {
        // A consent that was just renewed has not been read yet; the one before has.
        for consent in self.consents(context).await? {
            let row = self.1.view().fetches().newest(self.0.user_id, consent.consent_id).await;
            if let Some(row) = row.map_err(|error| internal(context, error))? {
                return Ok(Some(row).into());
            }
        }
        Ok(Sync::default())
    }

    /// When it is read next, and what went wrong last. It is about now: with `asOf` there is none.
    #[graphql(complexity = "10 + child_complexity")]
    async fn reading(&self, context: &Context<'_>) -> Result<Option<Reading>> {
        reading::of_connection(context, self.0.consent_id, &self.1).await
    }

    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
    }
}

/// Reads a connection's identifier; anything else is a connection nobody has.
pub(super) fn consent_id(id: &ID) -> Option<ConsentId> {
    id.parse().ok()
}

/// The consent a connection stands on now, by any identifier it ever had. One the read models do
/// not know yet is taken as it is: the log is asked before anything happens to it.
pub(super) async fn standing_on(
    context: &Context<'_>,
    asked: ConsentId,
) -> Result<(ConsentId, Vec<ConsentRow>)> {
    let (app, user_id) = (app(context)?, person(context)?);
    let rows = app.read.consents().of_connection(user_id, asked).await;
    let rows = rows.map_err(|error| internal(context, error))?;
    let granted = rows.iter().find(|row| row.granted_at.is_some()).or(rows.first());
    Ok((granted.map_or(asked, |row| row.consent_id), rows))
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
        as_of: Option<AsOf>,
    ) -> Result<Vec<Connection>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().consents().connections(user_id).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        Ok(rows.into_iter().map(|row| Connection(row, At::clone(&at))).collect())
    }

    /// One connection.
    async fn connection(
        &self,
        context: &Context<'_>,
        id: ID,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Option<Connection>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let Some(consent_id) = consent_id(&id) else { return Ok(None) };
        let row = at.view().consents().connection(user_id, consent_id).await;
        Ok(row.map_err(|error| internal(context, error))?.map(|row| Connection(row, at)))
    }
}
