//! Roles, their use, programs' tokens and sharings as rows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::{AccountId, RoleId, TokenId, UserId};
use domain::role::{Role, Scope};

use crate::database::{DatabaseError, RowReader, sql};
use crate::location::Generation;
use crate::rows::read_rows;

/// Most rows one question here is answered with.
pub const MOST_ROWS: u32 = 500;

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
