//! Permissions at banks that end soon, as notices.

use chrono::NaiveDate;
use domain::id::UserId;
use projections::database::DatabaseError;

use crate::api::as_of::At;
use crate::api::banks::Bank;

/// A permission is spoken of from so many days before its end.
const ENDS_WITHIN: i64 = 14;

/// The key of a notice, the bank's name and the last day, of each permission that ends soon.
pub(super) async fn ending(
    at: &At,
    user_id: UserId,
    today: NaiveDate,
) -> Result<Vec<(String, String, NaiveDate)>, DatabaseError> {
    let consents = at.view().consents().connections(user_id).await?;
    let ending = consents.into_iter().filter_map(|consent| {
        let ends = consent.expires_at?.date_naive();
        let soon = (0..=ENDS_WITHIN).contains(&(ends - today).num_days());
        let stands = consent.granted_at.is_some() && consent.ended_at.is_none();
        let key = format!("consent_ending:{}", consent.consent_id);
        (soon && stands).then(|| (key, Bank::of(&consent.bank_id, at).called().to_owned(), ends))
    });
    Ok(ending.collect())
}
