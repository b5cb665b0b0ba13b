//! The conversation with the bank customer: who are you, what do you allow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};

use super::authorize::{self, Choice};
use super::consent_page;
use super::request_object::{Asked, AuthorizeRequest};
use crate::bank::Bank;
use crate::chance::secret_text;
use crate::form::Form;
use crate::state::Scope;

/// How long a customer may think, in minutes.
const LIFE_MINUTES: i64 = 15;
/// Most conversations at one time; the oldest one falls out.
const INTERACTIONS_MAX: usize = 500;

/// One open conversation.
#[derive(Debug, Clone)]
pub(crate) struct Interaction {
    pub(crate) id: String,
    /// Repeated by every form, so that another site cannot press the button.
    pub(crate) form_token: String,
    pub(crate) request: AuthorizeRequest,
    pub(crate) asked: Asked,
    /// Set once the customer has signed in.
    pub(crate) user_id: Option<String>,
    started: DateTime<Utc>,
}

/// The open conversations; they do not survive a restart.
#[derive(Debug, Default)]
pub(crate) struct Interactions {
    open: Mutex<BTreeMap<String, Interaction>>,
}

impl Interactions {
    fn put(&self, interaction: Interaction) {
        let mut open = self.lock();
        let oldest_allowed = Utc::now() - Duration::minutes(LIFE_MINUTES);
        open.retain(|_, interaction| interaction.started > oldest_allowed);
        if open.len() >= INTERACTIONS_MAX {
            let oldest = open.values().min_by_key(|interaction| interaction.started);
            if let Some(id) = oldest.map(|interaction| interaction.id.clone()) {
                open.remove(&id);
            }
        }
        open.insert(interaction.id.clone(), interaction);
    }

    fn get(&self, id: &str) -> Option<Interaction> {
        let oldest_allowed = Utc::now() - Duration::minutes(LIFE_MINUTES);
        let found = self.lock().get(id).cloned();
        found.filter(|interaction| interaction.started > oldest_allowed)
    }

    fn remove(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Interaction>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a conversation and sends the browser to its page.
pub(crate) fn begin(bank: &Bank, request: AuthorizeRequest, asked: Asked) -> Response {
    let interaction = Interaction {
        id: secret_text(32),
        form_token: secret_text(32),
        request,
        asked,
        user_id: None,
        started: Utc::now(),
    };
    let response = to_page(&interaction.id);
    bank.interactions.put(interaction);
    response
}

/// `GET /oauth/consent/{interaction}`.
pub(crate) async fn show(State(bank): State<Arc<Bank>>, Path(id): Path<String>) -> Response {
    match bank.interactions.get(&id) {
        Some(interaction) => page(&bank, &interaction, None),
        None => consent_page::error(&bank, StatusCode::NOT_FOUND, GONE),
    }
}

const GONE: &str = "This sign-in is over. Go back to the service you came from and start again.";

/// `POST /oauth/consent/{interaction}`: `step` is `sign-in`, `approve` or `refuse`.
pub(crate) async fn decide(
    State(bank): State<Arc<Bank>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let Some(mut interaction) = bank.interactions.get(&id) else {
        return consent_page::error(&bank, StatusCode::NOT_FOUND, GONE);
    };
    let form = Form::parse(&String::from_utf8_lossy(&body));
    if form.get("form_token") != Some(&interaction.form_token) {
        return consent_page::error(
            &bank,
            StatusCode::FORBIDDEN,
            "The form does not belong to this page.",
        );
    }
    match form.get("step").unwrap_or_default() {
        "sign-in" => {
            let user = form.get("user").and_then(|user| bank.user(user));
            let Some(user) = user else {
                return page(&bank, &interaction, Some("Choose who you are."));
            };
            interaction.user_id = Some(user.user_id.to_owned());
            bank.interactions.put(interaction);
            to_page(&id)
        }
        "refuse" => {
            bank.interactions.remove(&id);
            authorize::reject(&bank, &interaction.request, &interaction.asked)
        }
        "approve" => approve(&bank, &interaction, &form),
        _ => consent_page::error(&bank, StatusCode::BAD_REQUEST, "The form has no known step."),
    }
}

fn approve(bank: &Bank, interaction: &Interaction, form: &Form) -> Response {
    let user = interaction.user_id.as_deref().and_then(|user| bank.user(user));
    let Some(user) = user else {
        return page(bank, interaction, Some("Choose who you are first."));
    };
    let ticked = |name: &str, id: &str| form.all(name).any(|value| value == id);
    let accounts = user.accounts.iter().filter(|account| ticked("account", &account.account_id));
    let cards = user.cards.iter().filter(|card| ticked("card", &card.card_id));
    let choice = match interaction.asked.scope {
        Scope::Accounts => Choice {
            account_ids: accounts.map(|account| account.account_id.clone()).collect(),
            card_ids: cards.map(|card| card.card_id.clone()).collect(),
            debit_iban: None,
        },
        Scope::Payments | Scope::Funds => Choice {
            debit_iban: accounts.map(|account| account.iban.clone()).next(),
            ..Choice::default()
        },
    };
    let empty = match interaction.asked.scope {
        Scope::Accounts => choice.account_ids.is_empty() && choice.card_ids.is_empty(),
        Scope::Payments | Scope::Funds => choice.debit_iban.is_none(),
    };
    if empty {
        return page(bank, interaction, Some("Choose at least one account or card, or refuse."));
    }
    bank.interactions.remove(&interaction.id);
    authorize::approve(bank, &interaction.request, &interaction.asked, &user, choice)
}

fn page(bank: &Bank, interaction: &Interaction, problem: Option<&str>) -> Response {
    let user = interaction.user_id.as_deref().and_then(|user| bank.user(user));
    match user {
        None => consent_page::sign_in(bank, interaction, problem),
        Some(user) => consent_page::choose(bank, interaction, &user, problem),
    }
}

fn to_page(id: &str) -> Response {
    let address = format!("/oauth/consent/{id}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}
