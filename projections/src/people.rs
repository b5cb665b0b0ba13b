//! Who signed up.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::id::UserId;
use domain::user::UserEvent;

use crate::database::{DatabaseError, sql};
use crate::definition::{Definition, Folded, Table};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::location::Generation;
use crate::rows::read_rows;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "people",
    version: 2,
    tables: &[Table {
        name: "people",
        key: &["user_id"],
        create: "CREATE TABLE IF NOT EXISTS people (
            user_id TEXT NOT NULL PRIMARY KEY,
            email TEXT NOT NULL,
            signed_up_at BIGINT NOT NULL,
            position BIGINT NOT NULL)",
        indexes: &[],
    }],
};

pub(crate) fn fold(events: &[Recorded]) -> Folded {
    let mut folded = Folded::default();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            folded.push(forget("people", user_id));
        }
        if let Some(Event::User(UserEvent::SignedUp(signed_up))) = recorded.event.as_deref() {
            folded.push(sql(
                "INSERT INTO people (user_id, email, signed_up_at, position)
                 VALUES ($1, $2, $3, $4)",
                vec![
                    signed_up.user_id.into(),
                    signed_up.email.as_str().into(),
                    recorded.recorded_at.into(),
                    recorded.position.into(),
                ],
            ));
        }
    }
    folded
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub user_id: UserId,
    /// Their address, in lower case.
    pub email: String,
    /// When they signed up.
    pub signed_up_at: DateTime<Utc>,
}

/// Questions about people.
#[derive(Clone, Debug)]
pub struct People(pub(crate) Arc<Generation>);

impl People {
    /// One person.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn one(&self, user_id: UserId) -> Result<Option<PersonRow>, DatabaseError> {
        let select = "SELECT user_id, email, signed_up_at FROM people WHERE user_id = $1";
        let rows = self.0.database.query(sql(select, vec![user_id.into()])).await?;
        let read = |row: &mut crate::database::RowReader| {
            Ok(PersonRow {
                user_id: row.parsed()?,
                email: row.text()?,
                signed_up_at: row.instant()?,
            })
        };
        Ok(read_rows(rows, read)?.pop())
    }

    /// Some people, in the order in which they signed up.
    ///
    /// # Errors
    /// [`DatabaseError`] if the rows cannot be read.
    pub async fn some(&self, most: u32) -> Result<Vec<UserId>, DatabaseError> {
        let select = "SELECT user_id FROM people ORDER BY position LIMIT $1";
        let rows = self.0.database.query(sql(select, vec![most.into()])).await?;
        read_rows(rows, |row| row.parsed())
    }
}
