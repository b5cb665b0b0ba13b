//! What queries cost over time. One query has a heaviest weight; this is how much of that one person may
//! ask for again and again, whoever of theirs asks.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{ErrorExtensionValues, ServerError, ValidationResult};

use super::visit::Visit;
use crate::app::App;
use crate::pace::Allowance;

/// The code of a refusal for having asked too much.
pub const RATE_LIMITED: &str = "RATE_LIMITED";
/// The field of a refusal with the seconds until it is worth asking again.
pub const RETRY_AFTER: &str = "retryAfterSeconds";

/// Weighs every query against what its person has left.
pub struct Costs;

impl ExtensionFactory for Costs {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Costs {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let weighed = next.run(context).await?;
        let (Some(app), Some(visit)) =
            (context.data_opt::<Arc<App>>(), context.data_opt::<Arc<Visit>>())
        else {
            return Ok(weighed);
        };
        let of_session = visit.session.as_ref().map(|session| session.user_id);
        let Some(user_id) = of_session.or(visit.program.as_ref().map(|program| program.holder))
        else {
            // Whoever is nobody yet can but sign in, which has limits of its own.
            return Ok(weighed);
        };
        // The lightest query costs something as well.
        let weight = u32::try_from(weighed.complexity).unwrap_or(u32::MAX).max(1);
        match app.pace.take_many(Allowance::Weight, user_id.0, weight) {
            Ok(()) => Ok(weighed),
            Err(wait) => Err(vec![too_much(visit, wait)]),
        }
    }
}

/// Whole seconds to wait, at least one.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(1)
}

fn too_much(visit: &Visit, wait: Duration) -> ServerError {
    let mut error = ServerError::new("You asked for very much; wait a moment and try again.", None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", RATE_LIMITED);
    extensions.set("requestId", visit.request_id.to_string());
    extensions.set(RETRY_AFTER, whole_seconds(wait));
    error.extensions = Some(extensions);
    error
}
