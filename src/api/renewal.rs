//! Renewing connections, what is said before they end, and the calendar's address.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use super::connecting::{ConnectBankPayload, ConnectBankStatus, not_begun};
use super::connections::{Connection, consent_id, standing_on};
use super::scalars::Position;
use super::visit::{app, internal, may_link, person, session, visit};
use crate::consent::{self, ConsentError};
use crate::reconfirmation::{self, Outcome};
use crate::renewal;
use crate::sync::{self, Purpose};

/// How much a notice presses.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RenewalSeverity {
    /// It ends within 30 days.
    Information,
    /// It ends within 7 days.
    Soon,
    /// It ends within a day, or the bank asks for a confirmation.
    Urgent,
    /// It has ended by time or by the bank.
    Ended,
}

/// A connection that ends, or has ended without the person's wish.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RenewalNotice {
    /// Which.
    connection: Connection,
    /// Days left, the last one counted as one.
    days_left: i32,
    /// How much it presses.
    severity: RenewalSeverity,
    /// Whether a word here is enough (`reconfirmConnection`), and nobody has to go to the bank.
    confirm_here: bool,
    #[graphql(skip)]
    at: At,
}

names_its_place!(RenewalNotice);

/// What came of a word that a connection may go on.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ReconfirmStatus {
    /// It goes on.
    Confirmed,
    /// The bank asks for it itself: renew the connection.
    NotHere,
    /// There is no such connection that stands.
    NotFound,
}

/// What came of a word that a connection may go on.
#[derive(SimpleObject)]
pub struct ReconfirmPayload {
    /// How it went.
    status: ReconfirmStatus,
    /// Where the log stands.
    position: Option<Position>,
}

impl ReconfirmPayload {
    fn of(status: ReconfirmStatus, position: Option<u64>) -> Self {
        Self { status, position: position.map(Position) }
    }
}

/// Reading notices.
#[derive(Default)]
pub struct RenewalQueries;

#[Object]
impl RenewalQueries {
    /// What is to be renewed, the most pressing first.
    async fn renewal_notices(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<RenewalNotice>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().consents().connections(user_id).await;
        let now = at.now();
        let mut found: Vec<_> = rows
            .map_err(|error| internal(context, error))?
            .into_iter()
            .filter_map(|row| renewal::notice(now, &row).map(|notice| (notice, row)))
            .collect();
        found.sort_by_key(|(notice, _)| (std::cmp::Reverse(notice.severity), notice.days_left));
        let told = |(notice, row): (renewal::Notice, _)| RenewalNotice {
            connection: Connection(row, At::clone(&at)),
            days_left: i32::try_from(notice.days_left).unwrap_or(i32::MAX),
            confirm_here: notice.confirm_here,
            severity: match notice.severity {
                renewal::Severity::Information => RenewalSeverity::Information,
                renewal::Severity::Soon => RenewalSeverity::Soon,
                renewal::Severity::Urgent => RenewalSeverity::Urgent,
                renewal::Severity::Ended => RenewalSeverity::Ended,
            },
            at: At::clone(&at),
        };
        Ok(found.into_iter().map(told).collect())
    }

    /// Whether the person has a calendar address. The address itself is shown once, when it is made.
    /// It is about now and nothing else: the address is a secret, and none of it is in the log.
    async fn has_calendar(&self, context: &Context<'_>) -> Result<bool> {
        let made = app(context)?.calendars.made_at(person(context)?).await;
        Ok(made.map_err(|error| internal(context, error))?.is_some())
    }
}

/// Renewing.
#[derive(Default)]
pub struct RenewalMutations;

#[Object]
impl RenewalMutations {
    /// Begins a new consent for a connection and answers with the address to send the browser to.
    /// The connection works on the old one until the new one stands, and keeps its identifier.
    async fn renew_connection(
        &self,
        context: &Context<'_>,
        connection_id: ID,
        #[graphql(default = 90)] consent_days: i32,
        #[graphql(default = 730)] history_days: i32,
    ) -> Result<ConnectBankPayload> {
        let (app, session) = (app(context)?, session(context)?);
        let without = ConnectBankPayload::without;
        let Some(consent_id) = consent_id(&connection_id) else {
            return Ok(without(ConnectBankStatus::NotRenewable));
        };
        may_link(context, session.user_id).await?;
        let attended = visit(context)?.attended.clone();
        let days = (consent_days.into(), history_days.into());
        match renewal::begin(app, session, attended, (consent_id, days)).await {
            Ok(begun) => {
                let begun = ConnectBankPayload::begun(begun);
                Ok(ConnectBankPayload { connection_id: Some(connection_id), ..begun })
            }
            Err(ConsentError::Unknown | ConsentError::Ended) => {
                Ok(without(ConnectBankStatus::NotRenewable))
            }
            Err(error) => not_begun(error).map(without).map_err(|error| internal(context, error)),
        }
    }

    /// Says that a connection may go on, where a word here is enough, and reads it if it rested.
    async fn reconfirm_connection(
        &self,
        context: &Context<'_>,
        connection_id: ID,
    ) -> Result<ReconfirmPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let Some(asked) = consent_id(&connection_id) else {
            return Ok(ReconfirmPayload::of(ReconfirmStatus::NotFound, None));
        };
        let (consent_id, _) = standing_on(context, asked).await?;
        let outcome = reconfirmation::confirm(app, user_id, consent_id).await;
        match outcome.map_err(|error| internal(context, error))? {
            Outcome::NotFound => Ok(ReconfirmPayload::of(ReconfirmStatus::NotFound, None)),
            Outcome::NotHere => Ok(ReconfirmPayload::of(ReconfirmStatus::NotHere, None)),
            Outcome::Confirmed { position } => {
                let correlation = app.chance.uuid().map_err(|error| internal(context, error))?;
                let holder = consent::holder(consent_id, user_id, correlation);
                let attended = visit(context)?.attended.clone();
                let started = sync::start(app, holder, Purpose::AskedByPerson, attended).await;
                if let Err(error) = started {
                    tracing::warn!(cause = %error, "a confirmed connection is read by the planner");
                }
                Ok(ReconfirmPayload::of(ReconfirmStatus::Confirmed, Some(position)))
            }
        }
    }

    /// Makes the address of the person's calendar of renewals, in place of the one before. It is
    /// shown this once: whoever has it sees which banks are connected and until when.
    async fn make_calendar(&self, context: &Context<'_>) -> Result<String> {
        let token = app(context)?.calendars.make(person(context)?).await;
        let token = token.map_err(|error| internal(context, error))?;
        Ok(format!("/calendar/{}.ics", token.expose()))
    }

    /// Makes the calendar's address worth nothing; false if there was none.
    async fn revoke_calendar(&self, context: &Context<'_>) -> Result<bool> {
        let forgotten = app(context)?.calendars.forget(person(context)?).await;
        forgotten.map_err(|error| internal(context, error))
    }
}
