//! How the service runs, for operators: its log and read models, what waits, the banks, and what ends
//! soon. It tells of nobody: a page that asks every few seconds is not kept as a use of the role.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};
use domain::role::Role;

use super::operations::{LogPosition, log_position};
use super::roles::standing;
use super::scalars::{Instant, Position};
use super::visit::{app, internal};
use crate::app::App;
use crate::metrics;

/// Most waiting things that are counted; a number as high stands for more.
const MOST_COUNTED: u32 = 1_000;
/// How far ahead ends are told.
const AHEAD: TimeDelta = TimeDelta::days(30);

/// Something that waits to be done.
#[derive(SimpleObject)]
pub struct Waiting {
    /// What, as a stable code.
    what: &'static str,
    /// How many; 1000 stands for more.
    count: i32,
}

/// A bank, as far as this platform is ready for it.
#[derive(SimpleObject)]
pub struct BankStanding {
    /// The bank.
    bank_id: ID,
    /// Whether it can be connected now.
    ready: bool,
    /// When the first of our certificates ends.
    certificates_end_at: Option<Instant>,
    /// When the first of the certificates ends that are prepared to take their place; none where there are none.
    prepared_certificates_end_at: Option<Instant>,
    /// Since when one of our certificates does not count any more, as its issuer says.
    certificate_revoked_at: Option<Instant>,
    /// What is wrong with the certificate the bank shows: `revoked`, or a code why its standing is not known.
    bank_certificate: Option<String>,
    /// When our client secret at the bank ends; none for never.
    secret_ends_at: Option<Instant>,
    /// When the credentials were last shown to work.
    validated_at: Option<Instant>,
    /// The step of the registration that failed last.
    failed_step: Option<String>,
    /// Kinds of call that are held back now, because too many of them failed.
    held_back: Vec<String>,
}

/// Something that ends within thirty days.
#[derive(SimpleObject)]
pub struct EndingSoon {
    /// What, as a stable code.
    what: &'static str,
    /// Which.
    name: String,
    /// When.
    ends_at: Instant,
}

/// How the log is signed.
#[derive(SimpleObject)]
pub struct Signing {
    /// Events under the last checkpoint.
    size: Position,
    /// Events behind it.
    unsigned: i32,
    /// Whether the log contradicts what was signed of it; nothing is signed then.
    contradicted: bool,
    /// How many witnesses cosigned the last checkpoint.
    witnesses: i32,
    /// How many the policy names.
    witnesses_known: i32,
    /// Whether enough of them did, as the policy counts; true without a policy.
    quorum_met: bool,
}

/// How the service runs.
#[derive(SimpleObject)]
pub struct Running {
    /// When this was looked at.
    at: Instant,
    /// The log and its read models.
    log: LogPosition,
    /// The log's signature.
    signing: Signing,
    /// What waits to be done.
    waiting: Vec<Waiting>,
    /// The banks.
    banks: Vec<BankStanding>,
    /// What ends soon, the nearest first.
    ending: Vec<EndingSoon>,
    /// Calls to banks that should not have been made; 0 is expected.
    unlawful_calls: i32,
    /// Whether many passwords are being tried over many accounts.
    password_wave: bool,
    /// Requests under way.
    requests_in_flight: i32,
    /// Requests turned away since the start.
    requests_shed: i32,
    /// Resident memory in mebibytes, where it can be told.
    resident_mebibytes: Option<i32>,
}

fn small(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

async fn waiting(context: &Context<'_>, app: &App) -> Result<Vec<Waiting>> {
    let failed = |error: projections::database::DatabaseError| internal(context, error);
    let consents = app.read.consents();
    let telling = consents.revocations_to_tell(MOST_COUNTED).await.map_err(failed)?.len();
    let answers = consents.pending(MOST_COUNTED).await.map_err(failed)?.len();
    let reading = app.read.fetches().unfinished(MOST_COUNTED).await.map_err(failed)?.len();
    let erasing = app.erasures.unfinished(MOST_COUNTED).await;
    let erasing = erasing.map_err(|error| internal(context, error))?.len();
    let all = [
        ("runs_of_reading", reading),
        ("answers_of_people_at_banks", answers),
        ("withdrawals_to_tell", telling),
        ("erasures", erasing),
    ];
    Ok(all.into_iter().map(|(what, count)| Waiting { what, count: small(count) }).collect())
}

async fn banks(
    context: &Context<'_>,
    app: &App,
    now: DateTime<Utc>,
) -> Result<(Vec<BankStanding>, Vec<EndingSoon>)> {
    let rows = app.read.registrations().all().await.map_err(|error| internal(context, error))?;
    let (mut told, mut ending) = (Vec::<BankStanding>::new(), Vec::new());
    for row in rows {
        // The newest of a bank comes first.
        if told.iter().any(|bank| bank.bank_id.as_str() == row.bank_id.0) {
            continue;
        }
        for (what, end) in
            [("certificate", row.certificates_expire_at), ("client_secret", row.secret_expires_at)]
        {
            let name = row.bank_id.0.clone();
            ending.extend(end.map(|at| EndingSoon { what, name, ends_at: Instant(at) }));
        }
        told.push(BankStanding {
            ready: row.is_ready(now),
            certificates_end_at: row.certificates_expire_at.map(Instant),
            prepared_certificates_end_at: row.prepared_expire_at.map(Instant),
            certificate_revoked_at: row.own_revoked_at.map(Instant),
            bank_certificate: row.bank_certificate,
            secret_ends_at: row.secret_expires_at.map(Instant),
            validated_at: row.validated_at.map(Instant),
            failed_step: row.failed_step,
            held_back: app.held_back(&row.bank_id),
            bank_id: ID(row.bank_id.0),
        });
    }
    Ok((told, ending))
}

async fn ending_of_people(context: &Context<'_>, app: &App) -> Result<Vec<EndingSoon>> {
    let roles = app.read.roles();
    let failed = |error: projections::database::DatabaseError| internal(context, error);
    let roles_of = roles.all().await.map_err(failed)?.into_iter();
    let given = roles_of.filter(|row| row.withdrawn_at.is_none()).map(|row| EndingSoon {
        what: "role",
        name: row.role_id.to_string(),
        ends_at: Instant(row.ends_at),
    });
    let tokens = roles.tokens().await.map_err(failed)?.into_iter();
    let tokens = tokens.filter(|row| row.revoked_at.is_none()).map(|row| EndingSoon {
        what: "token",
        name: row.token_id.to_string(),
        ends_at: Instant(row.ends_at),
    });
    Ok(given.chain(tokens).collect())
}

async fn signing(context: &Context<'_>, app: &App, head: u64) -> Result<Signing> {
    let (note, size) = match app.notary.latest().await {
        Ok(note) => {
            let size = transparency::checkpoint::read_unproven(&note).map_or(0, |note| note.size);
            (Some(note), size)
        }
        Err(crate::notary::NotaryError::NothingSigned) => (None, 0),
        Err(error) => return Err(internal(context, error)),
    };
    let witnesses = app.witnesses.get();
    let standing = witnesses.zip(note).map(|(witnesses, note)| witnesses.standing(&note));
    Ok(Signing {
        size: Position(size),
        unsigned: small(head.saturating_sub(size)),
        contradicted: app.contradicted().is_some(),
        witnesses: small(standing.map_or(0, |standing| standing.cosigned)),
        witnesses_known: small(standing.map_or(0, |standing| standing.known)),
        quorum_met: standing.is_none_or(|standing| standing.quorum),
    })
}

/// Reading how the service runs.
#[derive(Default)]
pub struct RunningQueries;

#[Object]
impl RunningQueries {
    /// How the service runs; for operators.
    async fn running(&self, context: &Context<'_>) -> Result<Running> {
        let app = app(context)?;
        standing(context, Role::Operator).await?;
        let now = app.clock.now();
        let log = log_position(context, app).await?;
        let (banks, mut ending) = banks(context, app, now).await?;
        ending.extend(ending_of_people(context, app).await?);
        ending.retain(|end| end.ends_at.0 <= now + AHEAD && end.ends_at.0 > now - AHEAD);
        ending.sort_by_key(|end| end.ends_at.0);
        let unlawful = app.read.exceptions().newest().await;
        let unlawful = unlawful.map_err(|error| internal(context, error))?.len();
        let (in_flight, shed) = app.metrics.requests();
        Ok(Running {
            at: Instant(now),
            signing: signing(context, app, log.last()).await?,
            log,
            waiting: waiting(context, app).await?,
            banks,
            ending,
            unlawful_calls: small(unlawful),
            password_wave: app.wave.runs(),
            requests_in_flight: small(in_flight),
            requests_shed: small(shed),
            resident_mebibytes: metrics::resident_bytes().map(|bytes| small(bytes >> 20)),
        })
    }
}
