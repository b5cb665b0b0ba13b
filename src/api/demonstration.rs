//! Taking what sandbox banks showed out of sight.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::consent::ConsentStatus;
use domain::id::AccountId;

use super::as_of::present;
use super::banks::Bank;
use super::connections::{consent_id, standing_on};
use super::scalars::Position;
use super::visit::{app, caught_up, internal, person};
use crate::consent::{self, ConsentError};
use crate::demonstration::put_away;

/// What removing came to.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RemoveDemoStatus {
    /// It is out of sight.
    Removed,
    /// The bank is no sandbox: what it showed stays.
    NotDemo,
    /// There is no such connection.
    NotFound,
}

/// The answer to removing.
#[derive(SimpleObject)]
pub struct RemoveDemoPayload {
    status: RemoveDemoStatus,
    position: Option<Position>,
}

/// Removing what sandbox banks showed.
#[derive(Default)]
pub struct DemonstrationMutations;

#[Object]
impl DemonstrationMutations {
    /// Ends a connection to a sandbox bank and takes its accounts out of sight, with their rows and all
    /// sums over them. Nothing is deleted: connecting the bank again brings them back, with every edit.
    async fn remove_demo(
        &self,
        context: &Context<'_>,
        connection_id: ID,
    ) -> Result<RemoveDemoPayload> {
        let (app, user_id) = (app(context)?, person(context)?);
        let without = |status| RemoveDemoPayload { status, position: None };
        let Some(asked) = consent_id(&connection_id) else {
            return Ok(without(RemoveDemoStatus::NotFound));
        };
        let (_, consents) = standing_on(context, asked).await?;
        let Some(newest) = consents.first() else {
            return Ok(without(RemoveDemoStatus::NotFound));
        };
        let at = present(context)?;
        if !Bank::of(&newest.bank_id, &at).is_demo(context).await {
            return Ok(without(RemoveDemoStatus::NotDemo));
        }
        let mut position = None;
        let mut accounts: Vec<AccountId> = Vec::new();
        for row in &consents {
            let stands =
                [ConsentStatus::Active, ConsentStatus::NeedsConfirmation, ConsentStatus::Pending];
            if stands.contains(&row.status) {
                match consent::revoke(app, user_id, row.consent_id).await {
                    Ok(withdrawn) => position = position.max(Some(withdrawn.position)),
                    Err(ConsentError::Ended) => {}
                    Err(error) => return Err(internal(context, error)),
                }
            }
            let shown = app.read.accounts().by_consent(user_id, row.consent_id).await;
            for account in shown.map_err(|error| internal(context, error))? {
                // What another connection, or a file, shows meanwhile stays in sight.
                let of_this = consents.iter().any(|one| Some(one.consent_id) == account.consent_id);
                if of_this && !accounts.contains(&account.account_id) {
                    accounts.push(account.account_id);
                }
            }
        }
        let away = put_away(app, user_id, &accounts).await;
        position = position.max(away.map_err(|error| internal(context, error))?);
        let position = position.map(Position);
        caught_up(context, position).await?;
        Ok(RemoveDemoPayload { status: RemoveDemoStatus::Removed, position })
    }
}
