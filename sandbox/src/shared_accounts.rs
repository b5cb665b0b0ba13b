//! The accounts a consent opens.

use axum::http::HeaderMap;

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::caller::Caller;
use crate::chance::lot;
use crate::exchange::PeerCertificate;
use crate::household::{Account, Card, Household};
use crate::misbehaviour::{Misbehaviour, View, shown_id};
use crate::state::{Authorization, Scope};

/// The living account authorization behind the token.
pub(crate) fn living(
    bank: &Bank,
    headers: &HeaderMap,
    peer: &PeerCertificate,
) -> Result<Authorization, ApiError> {
    Caller::authenticate(bank, headers, peer, Scope::Accounts)?.living_authorization(bank)
}

/// The accounts the customer ticked.
pub(crate) fn shared<'a>(
    household: &'a Household,
    authorization: &'a Authorization,
) -> impl Iterator<Item = &'a Account> {
    let users = household.users.iter();
    users
        .filter(|user| Some(user.user_id) == authorization.user_id.as_deref())
        .flat_map(|user| &user.accounts)
        .filter(|account| authorization.account_ids.contains(&account.account_id))
}

/// The cards the customer ticked.
pub(crate) fn shared_cards<'a>(
    household: &'a Household,
    authorization: &'a Authorization,
) -> impl Iterator<Item = &'a Card> {
    let users = household.users.iter();
    users
        .filter(|user| Some(user.user_id) == authorization.user_id.as_deref())
        .flat_map(|user| &user.cards)
        .filter(|card| authorization.card_ids.contains(&card.card_id))
}

/// What lists show: the accounts the customer ticked and, while the bank is made to, one of somebody else's.
pub(crate) fn listed<'a>(
    bank: &Bank,
    household: &'a Household,
    authorization: &'a Authorization,
) -> impl Iterator<Item = &'a Account> {
    let another = |user_id: &str| Some(user_id) != authorization.user_id.as_deref();
    let stranger = household.users.iter().find(|user| another(user.user_id));
    let own = stranger.and_then(|user| user.accounts.first());
    shared(household, authorization).chain(own.filter(|_| bank.faults.lists_a_stranger()))
}

/// The account shown under an id. With `revoked-at-bank` one account of the consent, chosen by the seed,
/// is refused as if the token were not good.
pub(crate) fn find<'a>(
    view: &View,
    household: &'a Household,
    authorization: &'a Authorization,
    id: &str,
) -> Result<&'a Account, ApiError> {
    let accounts: Vec<&Account> = shared(household, authorization).collect();
    let shows =
        |account: &&Account| shown_id(view.on, &authorization.id, &account.account_id) == id;
    let place = accounts.iter().position(shows).ok_or(ApiError::Unknown("Account"))?;
    let user = authorization.user_id.as_deref().unwrap_or_default();
    let drawn = lot(view.seed, "revoked", user) % accounts.len() as u64;
    if view.on.has(Misbehaviour::RevokedAtBank) && drawn == place as u64 {
        return Err(ApiError::INVALID_TOKEN);
    }
    Ok(accounts[place])
}
