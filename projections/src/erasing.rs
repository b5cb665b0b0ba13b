//! What an erased person leaves behind in rows and files: nothing. Each projection deletes their
//! rows when it meets the event that says so; afterwards the databases are written anew, so that no
//! page keeps what was deleted.

use domain::event::Event;
use domain::id::UserId;
use domain::user::UserEvent;

use crate::Projection;
use crate::database::{Statement, sql};
use crate::feed::Recorded;
use crate::holders::away;
use crate::read_models::ReadModels;
use crate::status::ReadModelError;

/// Whose data an event says is erased.
pub(crate) fn erased(recorded: &Recorded) -> Option<UserId> {
    match recorded.event.as_deref() {
        Some(Event::User(UserEvent::Erased(erased))) => Some(erased.user_id),
        _ => None,
    }
}

/// Deletes a person's rows of a table that says whose its rows are, those out of sight as well.
pub(crate) fn forget(table: &str, user_id: UserId) -> Statement {
    let values = vec![user_id.into(), away(user_id).into()];
    sql(format!("DELETE FROM {table} WHERE user_id IN ($1, $2)"), values)
}

impl ReadModels {
    /// Writes the rows of every projection anew without what was deleted from them, and deletes
    /// what is left of rebuilds that were cut off, which may hold it still.
    ///
    /// # Errors
    /// [`ReadModelError`] if a database does not do it now; asking again is safe.
    pub async fn scrub(&self) -> Result<(), ReadModelError> {
        // Rows that another process made the ones to be read are ours to clear as well.
        self.follow_pointers().await?;
        for projection in Projection::ALL {
            let slot = self.slot(projection);
            // A rebuild of this process ends first, with its replaced rows gone.
            let _alone = slot.rebuild.lock().await;
            let name = projection.name();
            let live = slot.live();
            for found in self.location.generations(name).await? {
                if found != live.pointer {
                    self.location.delete(name, found).await?;
                }
            }
            let tables: Vec<&str> =
                projection.definition().tables.iter().map(|table| table.name).collect();
            live.database.scrub(&tables).await?;
        }
        Ok(())
    }
}
