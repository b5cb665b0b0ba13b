//! Permissions at banks: where each stands, until when it lasts and why it ended.

use std::collections::{BTreeSet, HashMap};

use domain::consent::{ConsentEvent, ConsentStatus, EndedBy, RECONFIRMATION_DUE};
use domain::event::Event;
use domain::id::UserId;
use uuid::Uuid;

use crate::database::{Database, Statement, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::rows::owners;

pub use queries::{ConsentRow, Consents, EndedReason, Reminder, StandingConsent, UntoldRevocation};

mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "consents",
    version: 4,
    tables: &[Table {
        name: "consents",
        key: &["consent_id"],
        create: "CREATE TABLE IF NOT EXISTS consents (
            consent_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            bank_id TEXT NOT NULL,
            status TEXT NOT NULL,
            requested_at BIGINT NOT NULL,
            answer_until BIGINT,
            granted_at BIGINT,
            expires_at BIGINT,
            ended_at BIGINT,
            ended_reason TEXT,
            history_from TEXT NOT NULL,
            history_to TEXT NOT NULL,
            authorization_created BIGINT NOT NULL,
            answer_rejected BIGINT NOT NULL,
            bank_told BIGINT NOT NULL,
            telling_failed BIGINT NOT NULL,
            telling_failed_at BIGINT,
            connection_id TEXT NOT NULL,
            renewal_of TEXT,
            reminded BIGINT,
            confirmed_at BIGINT,
            rests BIGINT NOT NULL,
            position BIGINT NOT NULL)",
        indexes: &[
            "CREATE INDEX IF NOT EXISTS consents_person ON consents (user_id, position)",
            "CREATE INDEX IF NOT EXISTS consents_status ON consents (status, bank_told)",
            "CREATE INDEX IF NOT EXISTS consents_connection ON consents (connection_id, position)",
            "CREATE INDEX IF NOT EXISTS consents_bank ON consents (bank_id, status, confirmed_at)",
        ],
    }],
};

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let mut owners = owners_before(reader, events).await?;
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            folded.push(forget("consents", user_id));
            folded.changed(Topic::Connections, user_id);
        }
        let Some(Event::Consent(event)) = recorded.event.as_deref() else { continue };
        if let ConsentEvent::Requested(requested) = event {
            owners.insert(recorded.stream.id, requested.user_id);
        }
        let user_id = owners.get(&recorded.stream.id).ok_or(FoldError::Unfit {
            position: recorded.position,
            reason: "nobody asked for this consent",
        })?;
        folded.push(statement(recorded, event));
        folded.changed(Topic::Connections, *user_id);
    }
    Ok(folded)
}

async fn owners_before(
    reader: &Database,
    events: &[Recorded],
) -> Result<HashMap<Uuid, UserId>, FoldError> {
    let ids: BTreeSet<Uuid> = events
        .iter()
        .filter(|recorded| matches!(recorded.event.as_deref(), Some(Event::Consent(_))))
        .map(|recorded| recorded.stream.id)
        .collect();
    let select = "SELECT consent_id, user_id FROM consents WHERE consent_id IN";
    Ok(owners(reader, select, &ids).await?)
}

fn statement(recorded: &Recorded, event: &ConsentEvent) -> Statement {
    let id = Value::from(recorded.stream.id);
    let at = Value::from(recorded.recorded_at);
    match event {
        ConsentEvent::Requested(requested) => sql(
            "INSERT INTO consents (consent_id, user_id, bank_id, status, requested_at, expires_at,
             history_from, history_to, authorization_created, answer_rejected, bank_told,
             telling_failed, position, connection_id, rests)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 1, 0, $9, $1, 0)",
            vec![
                id,
                requested.user_id.into(),
                requested.bank_id.0.as_str().into(),
                ConsentStatus::Pending.word().into(),
                at,
                requested.expires_at.into(),
                requested.history_from.into(),
                requested.history_to.into(),
                recorded.position.into(),
            ],
        ),
        ConsentEvent::AuthorizationCreated(created) => sql(
            "UPDATE consents SET authorization_created = 1, expires_at = COALESCE($1, expires_at)
             WHERE consent_id = $2",
            vec![created.expires_at.into(), id],
        ),
        ConsentEvent::SentToBank(sent) => sql(
            "UPDATE consents SET answer_until = $1 WHERE consent_id = $2",
            vec![sent.answer_until.into(), id],
        ),
        ConsentEvent::AnswerRejected(_) => {
            sql("UPDATE consents SET answer_rejected = 1 WHERE consent_id = $1", vec![id])
        }
        ConsentEvent::Granted(granted) => sql(
            "UPDATE consents SET status = $1, granted_at = $2, confirmed_at = $3
             WHERE consent_id = $4",
            vec![ConsentStatus::Active.word().into(), at, granted.authenticated_at.into(), id],
        ),
        ConsentEvent::ConfirmationNeeded(needed) => sql(
            "UPDATE consents SET status = $1, rests = $2 WHERE consent_id = $3",
            vec![
                ConsentStatus::NeedsConfirmation.word().into(),
                (needed.code == RECONFIRMATION_DUE).into(),
                id,
            ],
        ),
        ConsentEvent::Reconfirmed(reconfirmed) => sql(
            "UPDATE consents SET status = $1, confirmed_at = $2, rests = 0 WHERE consent_id = $3",
            vec![ConsentStatus::Active.word().into(), reconfirmed.at.into(), id],
        ),
        ConsentEvent::BankTold(_) => {
            sql("UPDATE consents SET bank_told = 1 WHERE consent_id = $1", vec![id])
        }
        ConsentEvent::BankNotTold(_) => sql(
            "UPDATE consents SET telling_failed = telling_failed + 1, telling_failed_at = $1
             WHERE consent_id = $2",
            vec![at, id],
        ),
        ConsentEvent::Refused(_) => {
            ending(id, ConsentStatus::Refused, at, EndedReason::RefusedAtBank)
        }
        ConsentEvent::Expired(expired) => {
            ending(id, ConsentStatus::Expired, expired.at.into(), EndedReason::Expired)
        }
        ConsentEvent::Failed(failed) => failing(id, at, &failed.code),
        ConsentEvent::Revoked(revoked) => match revoked.by {
            EndedBy::Bank => ending(id, ConsentStatus::Revoked, at, EndedReason::RevokedByBank),
            EndedBy::Person => withdrawing(id, at, EndedReason::RevokedByPerson),
        },
        // The same connection goes on under the new consent.
        ConsentEvent::RenewalOf(renewal) => sql(
            "UPDATE consents SET renewal_of = $1, connection_id = COALESCE(
             (SELECT older.connection_id FROM consents older WHERE older.consent_id = $1),
             connection_id) WHERE consent_id = $2",
            vec![renewal.consent_id.into(), id],
        ),
        ConsentEvent::Superseded(_) => withdrawing(id, at, EndedReason::Superseded),
        ConsentEvent::Reminded(reminded) => sql(
            "UPDATE consents SET reminded = $1 WHERE consent_id = $2",
            vec![u32::from(reminded.days_before).into(), id],
        ),
    }
}

/// A bank that never created an authorization has nothing to be told of.
fn withdrawing(id: Value, at: Value, reason: EndedReason) -> Statement {
    sql(
        "UPDATE consents SET status = $1, ended_at = $2, ended_reason = $3,
         bank_told = 1 - authorization_created WHERE consent_id = $4",
        vec![ConsentStatus::Revoked.word().into(), at, reason.word().into(), id],
    )
}

fn ending(id: Value, status: ConsentStatus, at: Value, reason: EndedReason) -> Statement {
    sql(
        "UPDATE consents SET status = $1, ended_at = $2, ended_reason = $3, bank_told = 1
         WHERE consent_id = $4",
        vec![status.word().into(), at, reason.word().into(), id],
    )
}

/// A consent that never stood: given up by the person, failed at the bank, or ended because what
/// came back was not believed.
fn failing(id: Value, at: Value, code: &str) -> Statement {
    let (reason, after_rejection) = match code {
        "abandoned" => (EndedReason::Abandoned, EndedReason::Abandoned),
        code if code.starts_with("bank_") => (EndedReason::BankError, EndedReason::BankError),
        "answer_not_trusted" => (EndedReason::AnswerNotTrusted, EndedReason::AnswerNotTrusted),
        _ => (EndedReason::BankError, EndedReason::AnswerNotTrusted),
    };
    sql(
        "UPDATE consents SET status = $1, ended_at = $2,
         ended_reason = CASE WHEN answer_rejected = 1 THEN $3 ELSE $4 END WHERE consent_id = $5",
        vec![
            ConsentStatus::Failed.word().into(),
            at,
            after_rejection.word().into(),
            reason.word().into(),
            id,
        ],
    )
}
