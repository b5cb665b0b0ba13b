//! Roles people were given, every use of one, the tokens of programs that use them, and accounts that
//! are shared in a household.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::id::{AccountId, RoleId, TokenId, UserId};
use domain::role::{Role, RoleEvent, Scope, TokenIssued};
use domain::user::UserEvent;

use crate::database::{Database, DatabaseError, RowReader, Statement, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::location::Generation;
use crate::rows::read_rows;

/// Most rows one question here is answered with.
pub const MOST_ROWS: u32 = 500;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "roles",
    version: 2,
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
        match &recorded.event {
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
                    granted.granted_by.map(|by| by.to_string()).into(),
                    at,
                    recorded.position.into(),
                ],
            )]
        }
        RoleEvent::Withdrawn(_) => {
            vec![sql("UPDATE roles SET withdrawn_at = $1 WHERE role_id = $2", vec![at, id])]
        }
        RoleEvent::Used(used) => {
            let token_id = Value::from(used.token_id.map(|token_id| token_id.to_string()));
            vec![
                sql(
                    "INSERT INTO role_uses (position, role_id, what, user_id, object, token_id,
                     used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    vec![
                        recorded.position.into(),
                        id.clone(),
                        used.what.as_str().into(),
                        used.subject.map(|subject| subject.to_string()).into(),
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

/// A role somebody was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    /// This giving of it.
    pub role_id: RoleId,
    /// Who holds it.
    pub holder: UserId,
    /// Which role.
    pub role: Role,
    /// Whose data it covers; none for everybody's.
    pub people: Option<Vec<UserId>>,
    /// First instant of the facts it covers.
    pub facts_from: Option<DateTime<Utc>>,
    /// Last instant of the facts it covers.
    pub facts_to: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub ends_at: DateTime<Utc>,
    /// Why it was given, as a code.
    pub reason: String,
    /// Who gave it; none for the command line.
    pub granted_by: Option<UserId>,
    /// When it was given.
    pub granted_at: DateTime<Utc>,
    /// When it was taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// How often it was used.
    pub uses: u64,
}

impl RoleRow {
    /// Whether it can be used at `now`.
    #[must_use]
    pub fn stands(&self, now: DateTime<Utc>) -> bool {
        self.withdrawn_at.is_none() && self.ends_at > now
    }

    /// Whether it covers a person's data.
    #[must_use]
    pub fn covers(&self, user_id: UserId) -> bool {
        self.people.as_ref().is_none_or(|people| people.contains(&user_id))
    }
}

/// One use of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleUseRow {
    /// Where it stands in the log.
    pub position: u64,
    /// Of which role.
    pub role_id: RoleId,
    /// What for.
    pub what: String,
    /// Whose data was shown.
    pub subject: Option<UserId>,
    /// What was asked for.
    pub object: Option<String>,
    /// The token it was used by; none where the holder was signed in.
    pub token_id: Option<TokenId>,
    /// When.
    pub used_at: DateTime<Utc>,
}

/// A token a program was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Which.
    pub token_id: TokenId,
    /// Of which role.
    pub role_id: RoleId,
    /// Who holds the role.
    pub holder: UserId,
    /// What it opens.
    pub scopes: Vec<Scope>,
    /// What it is for, as a code.
    pub reason: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it ends by itself.
    pub ends_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// How often something was read by it.
    pub uses: u64,
    /// When it was last.
    pub used_at: Option<DateTime<Utc>>,
}

impl TokenRow {
    /// Whether it can be used at `now`, as far as it is about the token alone.
    #[must_use]
    pub fn stands(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.ends_at > now
    }
}

const SELECT_TOKENS: &str = "SELECT token_id, t.role_id, user_id, scopes, t.reason, issued_at,
    t.ends_at, revoked_at, t.uses, used_at FROM role_tokens t JOIN roles r ON r.role_id = t.role_id";

fn read_token(row: &mut RowReader) -> Result<TokenRow, DatabaseError> {
    Ok(TokenRow {
        token_id: row.parsed()?,
        role_id: row.parsed()?,
        holder: row.parsed()?,
        scopes: row
            .text()?
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| DatabaseError::Column(3))?,
        reason: row.text()?,
        issued_at: row.instant()?,
        ends_at: row.instant()?,
        revoked_at: row.optional_instant()?,
        uses: row.count()?,
        used_at: row.optional_instant()?,
    })
}

const SELECT: &str = "SELECT role_id, user_id, role, people, facts_from, facts_to, ends_at, reason,
    granted_by, granted_at, withdrawn_at, uses FROM roles";

fn read(row: &mut RowReader) -> Result<RoleRow, DatabaseError> {
    Ok(RoleRow {
        role_id: row.parsed()?,
        holder: row.parsed()?,
        role: row.parsed()?,
        people: row
            .optional_text()?
            .map(|people| people.split(',').map(str::parse).collect::<Result<_, _>>())
            .transpose()
            .map_err(|_| DatabaseError::Column(3))?,
        facts_from: row.optional_instant()?,
        facts_to: row.optional_instant()?,
        ends_at: row.instant()?,
        reason: row.text()?,
        granted_by: row.optional_parsed()?,
        granted_at: row.instant()?,
        withdrawn_at: row.optional_instant()?,
        uses: row.count()?,
    })
}

fn read_use(row: &mut RowReader) -> Result<RoleUseRow, DatabaseError> {
    Ok(RoleUseRow {
        position: row.count()?,
        role_id: row.parsed()?,
        what: row.text()?,
        subject: row.optional_parsed()?,
        object: row.optional_text()?,
        token_id: row.optional_parsed()?,
        used_at: row.instant()?,
    })
}

/// An account that is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRow {
    /// Which.
    pub account_id: AccountId,
    /// With whom.
    pub with: UserId,
    /// Whose it is.
    pub owner: UserId,
    /// Until when.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Questions about roles.
#[derive(Clone, Debug)]
pub struct Roles(pub(crate) Arc<Generation>);

impl Roles {
    /// The roles somebody was given, newest first.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read; so for all questions here.
    pub async fn of(&self, user_id: UserId) -> Result<Vec<RoleRow>, DatabaseError> {
        let text = format!("{SELECT} WHERE user_id = $1 ORDER BY position DESC LIMIT $2");
        let values = vec![user_id.into(), MOST_ROWS.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }

    /// One giving of a role.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn one(&self, role_id: RoleId) -> Result<Option<RoleRow>, DatabaseError> {
        let text = format!("{SELECT} WHERE role_id = $1");
        let rows = self.0.database.query(sql(text, vec![role_id.into()])).await?;
        Ok(read_rows(rows, read)?.pop())
    }

    /// Every role that was given, newest first.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn all(&self) -> Result<Vec<RoleRow>, DatabaseError> {
        let text = format!("{SELECT} ORDER BY position DESC LIMIT $1");
        read_rows(self.0.database.query(sql(text, vec![MOST_ROWS.into()])).await?, read)
    }

    /// The tokens of the roles somebody holds, newest first.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn tokens_of(&self, user_id: UserId) -> Result<Vec<TokenRow>, DatabaseError> {
        let text = format!("{SELECT_TOKENS} WHERE user_id = $1 ORDER BY t.position DESC LIMIT $2");
        let values = vec![user_id.into(), MOST_ROWS.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read_token)
    }

    /// Every token, newest first.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, DatabaseError> {
        let text = format!("{SELECT_TOKENS} ORDER BY t.position DESC LIMIT $1");
        read_rows(self.0.database.query(sql(text, vec![MOST_ROWS.into()])).await?, read_token)
    }

    /// One token.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn token(&self, token_id: TokenId) -> Result<Option<TokenRow>, DatabaseError> {
        let text = format!("{SELECT_TOKENS} WHERE token_id = $1");
        let rows = self.0.database.query(sql(text, vec![token_id.into()])).await?;
        Ok(read_rows(rows, read_token)?.pop())
    }

    /// Accounts that others let a person see.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn shared_with(&self, user_id: UserId) -> Result<Vec<ShareRow>, DatabaseError> {
        self.shares("with_id = $1", user_id).await
    }

    /// Accounts that a person lets others see.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn shared_by(&self, user_id: UserId) -> Result<Vec<ShareRow>, DatabaseError> {
        self.shares("user_id = $1", user_id).await
    }

    async fn shares(&self, wanted: &str, user_id: UserId) -> Result<Vec<ShareRow>, DatabaseError> {
        let text = format!(
            "SELECT account_id, with_id, user_id, ends_at FROM shares WHERE {wanted}
             ORDER BY position LIMIT $2"
        );
        let values = vec![user_id.into(), MOST_ROWS.into()];
        let read = |row: &mut RowReader| {
            Ok(ShareRow {
                account_id: row.parsed()?,
                with: row.parsed()?,
                owner: row.parsed()?,
                ends_at: row.optional_instant()?,
            })
        };
        read_rows(self.0.database.query(sql(text, values)).await?, read)
    }

    /// Who read a person's data, and what, newest first.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn uses_about(&self, user_id: UserId) -> Result<Vec<RoleUseRow>, DatabaseError> {
        let text =
            "SELECT position, role_id, what, user_id, object, token_id, used_at FROM role_uses
            WHERE user_id = $1 ORDER BY position DESC LIMIT $2";
        let values = vec![user_id.into(), MOST_ROWS.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read_use)
    }

    /// The uses of one role, newest first.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub async fn uses_of(&self, role_id: RoleId) -> Result<Vec<RoleUseRow>, DatabaseError> {
        let text =
            "SELECT position, role_id, what, user_id, object, token_id, used_at FROM role_uses
            WHERE role_id = $1 ORDER BY position DESC LIMIT $2";
        let values = vec![role_id.into(), MOST_ROWS.into()];
        read_rows(self.0.database.query(sql(text, values)).await?, read_use)
    }
}
