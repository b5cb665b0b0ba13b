//! Changing many transactions at once.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};

use super::editing::EditStatus;
use super::scalars::Position;
use super::visit::{app, caught_up, internal, person, refuse, visit};
use crate::editing::{self, Change, EditError, MOST_CHANGES};

/// What is to become of one transaction. What is left out stays; null takes the person's own back.
#[derive(InputObject)]
pub struct TransactionChangeInput {
    /// Which.
    transaction_id: ID,
    /// Its category.
    category_id: MaybeUndefined<String>,
    /// Its note.
    note: MaybeUndefined<String>,
    /// Whether it is off the lists; it counts all the same.
    hidden: Option<bool>,
}

/// What one transaction was before a change. A field is what it was only where its flag is true.
#[derive(SimpleObject)]
pub struct FormerTransaction {
    /// Which.
    transaction_id: ID,
    /// Whether its category changed.
    category_changed: bool,
    /// The category the person had chosen.
    category_id: Option<String>,
    /// Whether its note changed.
    note_changed: bool,
    /// The note it had.
    note: Option<String>,
    /// Whether it was off the lists; none if that did not change.
    hidden: Option<bool>,
}

/// A transaction that stays as it is.
#[derive(SimpleObject)]
pub struct TransactionLeftAlone {
    /// Which.
    transaction_id: ID,
    /// Why.
    status: EditStatus,
}

/// What became of the changes.
#[derive(SimpleObject)]
pub struct SeveralEditsPayload {
    /// Up to where in the log they stand; none if everything was so already.
    position: Option<Position>,
    /// Those that cannot be changed so.
    left_alone: Vec<TransactionLeftAlone>,
    /// What those that changed were before, to put them back.
    former: Vec<FormerTransaction>,
}

fn read(input: TransactionChangeInput) -> Option<Change> {
    let given = |value: MaybeUndefined<String>| match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(text) => Some(Some(text)),
    };
    Some(Change {
        transaction_id: input.transaction_id.parse().ok()?,
        category: given(input.category_id),
        note: given(input.note),
        hidden: input.hidden,
    })
}

fn former(change: Change) -> FormerTransaction {
    FormerTransaction {
        transaction_id: ID(change.transaction_id.to_string()),
        category_changed: change.category.is_some(),
        category_id: change.category.flatten(),
        note_changed: change.note.is_some(),
        note: change.note.flatten(),
        hidden: change.hidden,
    }
}

/// Changing many transactions at once.
#[derive(Default)]
pub struct SeveralMutations;

#[Object]
impl SeveralMutations {
    /// Changes at most 200 transactions, those of one account together; each is named once.
    async fn edit_transactions(
        &self,
        context: &Context<'_>,
        changes: Vec<TransactionChangeInput>,
    ) -> Result<SeveralEditsPayload> {
        if changes.len() > MOST_CHANGES {
            return Err(refuse(context, "CHANGES_TOO_MANY", "Change at most 200 at once."));
        }
        let changes: Option<Vec<Change>> = changes.into_iter().map(read).collect();
        let mut named = std::collections::BTreeSet::new();
        let changes = changes.filter(|all| all.iter().all(|one| named.insert(one.transaction_id)));
        let Some(changes) = changes else {
            let message = "Name each transaction once, by its identifier.";
            return Err(refuse(context, "CHANGES_INVALID", message));
        };
        let (app, user_id) = (app(context)?, person(context)?);
        let done = editing::change_several(app, user_id, visit(context)?.request_id, &changes);
        let done = match done.await {
            Ok(done) => done,
            Err(EditError::Lagging) => {
                let message = "The read models have not caught up; try again.";
                return Err(refuse(context, "LAGGING", message));
            }
            Err(error) => return Err(internal(context, error)),
        };
        let position = done.position.map(Position);
        caught_up(context, position).await?;
        let left_alone = done.left_alone.into_iter().map(|one| TransactionLeftAlone {
            transaction_id: ID(one.transaction_id.to_string()),
            status: one.refusal.into(),
        });
        Ok(SeveralEditsPayload {
            position,
            left_alone: left_alone.collect(),
            former: done.reverse.into_iter().map(former).collect(),
        })
    }
}
