//! Roles people were given, every use of one, the tokens of programs that use them, and accounts that
//! are shared in a household.

use domain::event::Event;
use domain::role::{RoleEvent, TokenIssued};
use domain::user::UserEvent;

use crate::database::{Database, Statement, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;

pub use queries::{MOST_ROWS, RoleRow, RoleUseRow, Roles, ShareRow, TokenRow};

mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "roles",
    version: 3,
    tables: &[
        Table {
            name: "roles",
            key: &["role_id"],
            create: "CREATE TABLE IF NOT EXISTS roles (
                role_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                role TEXT NOT NULL,
                people TEXT,
                facts_from BIGINT,
                facts_to BIGINT,
                ends_at BIGINT NOT NULL,
                reason TEXT NOT NULL,
                granted_by TEXT,
                granted_at BIGINT NOT NULL,
                withdrawn_at BIGINT,
                uses BIGINT NOT NULL,
                position BIGINT NOT NULL)",
            indexes: &["CREATE INDEX IF NOT EXISTS roles_person ON roles (user_id)"],
        },
        Table {
            name: "role_uses",
            key: &["position"],
            create: "CREATE TABLE IF NOT EXISTS role_uses (
                position BIGINT NOT NULL PRIMARY KEY,
                role_id TEXT NOT NULL,
                what TEXT NOT NULL,
                user_id TEXT,
                object TEXT,
                token_id TEXT,
                used_at BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS role_uses_role ON role_uses (role_id, position)",
                "CREATE INDEX IF NOT EXISTS role_uses_person ON role_uses (user_id)",
            ],
        },
        Table {
            name: "role_tokens",
            key: &["token_id"],
            create: "CREATE TABLE IF NOT EXISTS role_tokens (
                token_id TEXT NOT NULL PRIMARY KEY,
                role_id TEXT NOT NULL,
                scopes TEXT NOT NULL,
                reason TEXT NOT NULL,
                issued_at BIGINT NOT NULL,
                ends_at BIGINT NOT NULL,
                revoked_at BIGINT,
                uses BIGINT NOT NULL,
                used_at BIGINT,
                position BIGINT NOT NULL)",
            indexes: &["CREATE INDEX IF NOT EXISTS role_tokens_role ON role_tokens (role_id)"],
        },
        Table {
            name: "shares",
            key: &["account_id", "with_id"],
            create: "CREATE TABLE IF NOT EXISTS shares (
                account_id TEXT NOT NULL,
                with_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                ends_at BIGINT,
                position BIGINT NOT NULL,
                PRIMARY KEY (account_id, with_id))",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS shares_with ON shares (with_id)",
                "CREATE INDEX IF NOT EXISTS shares_person ON shares (user_id)",
            ],
        },
    ],
};

pub(crate) async fn fold(_reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            // What an erased person read of others stays; that they were read themselves goes.
            let tokens = "DELETE FROM role_tokens WHERE role_id IN
                (SELECT role_id FROM roles WHERE user_id = $1)";
            folded.push(sql(tokens, vec![user_id.into()]));
            folded.push(forget("roles", user_id));
            folded.push(forget("role_uses", user_id));
            folded.push(forget("shares", user_id));
            let with = "DELETE FROM shares WHERE with_id = $1";
            folded.push(sql(with, vec![user_id.into()]));
        }
        match recorded.event.as_deref() {
            Some(Event::Role(event)) => folded.extend(statements(recorded, event)),
            Some(Event::User(event)) => folded.extend(shares(recorded, event)),
            _ => {}
        }
    }
    Ok(folded)
}

fn shares(recorded: &Recorded, event: &UserEvent) -> Option<Statement> {
    match event {
        UserEvent::AccountShared(shared) => Some(sql(
            "INSERT INTO shares (account_id, with_id, user_id, ends_at, position)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, with_id) DO UPDATE SET
             ends_at = excluded.ends_at, position = excluded.position",
            vec![
                shared.account_id.into(),
                shared.with.into(),
                recorded.stream.id.into(),
                shared.until.into(),
                recorded.position.into(),
            ],
        )),
        UserEvent::AccountUnshared(unshared) => Some(sql(
            "DELETE FROM shares WHERE account_id = $1 AND with_id = $2",
            vec![unshared.account_id.into(), unshared.with.into()],
        )),
        _ => None,
    }
}

fn statements(recorded: &Recorded, event: &RoleEvent) -> Vec<Statement> {
    let id = Value::from(recorded.stream.id);
    let at = Value::from(recorded.recorded_at);
    match event {
        RoleEvent::Granted(granted) => {
            let people = granted
                .people
                .as_ref()
                .map(|people| people.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
            vec![sql(
                "INSERT INTO roles (role_id, user_id, role, people, facts_from, facts_to, ends_at,
                 reason, granted_by, granted_at, uses, position)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)",
                vec![
                    id,
                    granted.holder.into(),
                    granted.role.word().into(),
                    people.into(),
                    granted.facts_from.into(),
                    granted.facts_to.into(),
                    granted.ends_at.into(),
                    granted.reason.as_str().into(),
                    granted.granted_by.into(),
                    at,
                    recorded.position.into(),
                ],
            )]
        }
        RoleEvent::Withdrawn(_) => {
            vec![sql("UPDATE roles SET withdrawn_at = $1 WHERE role_id = $2", vec![at, id])]
        }
        RoleEvent::Used(used) => {
            let token_id = Value::from(used.token_id);
            vec![
                sql(
                    "INSERT INTO role_uses (position, role_id, what, user_id, object, token_id,
                     used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    vec![
                        recorded.position.into(),
                        id.clone(),
                        used.what.as_str().into(),
                        used.subject.into(),
                        used.object.as_deref().into(),
                        token_id.clone(),
                        at.clone(),
                    ],
                ),
                sql("UPDATE roles SET uses = uses + 1 WHERE role_id = $1", vec![id]),
                sql(
                    "UPDATE role_tokens SET uses = uses + 1, used_at = $1 WHERE token_id = $2",
                    vec![at, token_id],
                ),
            ]
        }
        RoleEvent::TokenIssued(issued) => vec![issuing(recorded, issued)],
        RoleEvent::TokenRevoked(revoked) => vec![sql(
            "UPDATE role_tokens SET revoked_at = $1 WHERE token_id = $2",
            vec![at, revoked.token_id.into()],
        )],
    }
}

fn issuing(recorded: &Recorded, issued: &TokenIssued) -> Statement {
    let scopes: Vec<&str> = issued.scopes.iter().map(|scope| scope.word()).collect();
    sql(
        "INSERT INTO role_tokens (token_id, role_id, scopes, reason, issued_at, ends_at, uses,
         position) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
        vec![
            issued.token_id.into(),
            recorded.stream.id.into(),
            scopes.join(" ").into(),
            issued.reason.as_str().into(),
            recorded.recorded_at.into(),
            issued.ends_at.into(),
            recorded.position.into(),
        ],
    )
}
