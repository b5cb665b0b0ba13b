//! The certificate generator: a new provider with its keys and certificates.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api_error::{ApiError, Violation};
use crate::bank::Bank;
use crate::caller::require_api_key;
use crate::certificates::{Purpose, Role, Subject};
use crate::chance::{hex, random_bytes};
use crate::form::Form;
use crate::house::House;
use crate::jose::{fingerprint, public_part, rsa_private_jwk};
use crate::options::{SandboxError, SandboxStandard};
use crate::state::Provider;

/// Most certificates of one provider: QWAC and QSEAL in turn, the oldest pair first.
const CERTIFICATES_MAX: usize = 6;
/// Longest name of a provider, in bytes (X.520 upper bound of an organisation name).
const NAME_BYTES_MAX: usize = 64;

/// `POST` to the house's generator with `?c=FI&cn=NAME[&roles=AIS,PIS,CBPII]`: 201 with
/// `tppId`, `publicJwksUrl` and `privateJwks` (QWAC first, QSEAL second). The private keys are not kept.
pub(crate) async fn generate(
    State(bank): State<Arc<Bank>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    require_api_key(&bank, &headers)?;
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let (country, name, roles) = wishes(&query)?;
    let (short, tpp_id) = new_tpp_id(bank.house);
    make(&bank, (country, name, roles), (short, tpp_id)).await
}

/// `POST` to the house's generator with the name of a provider behind it: two further certificates of that
/// provider, beside those it has, with new keys. A sandbox gives them to whoever asks.
pub(crate) async fn generate_further(
    State(bank): State<Arc<Bank>>,
    Path(tpp_id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    require_api_key(&bank, &headers)?;
    let (country, name, _) = wishes(&Form::parse(query.as_deref().unwrap_or_default()))?;
    let known = bank.read(|state| state.providers.get(&tpp_id).map(|known| known.roles.clone()));
    let roles = known.ok_or(ApiError::Unknown("Provider"))?;
    make(&bank, (country, name, roles), (hex(&random_bytes::<4>()), tpp_id)).await
}

/// Makes two certificates of a provider, and remembers them beside those it has.
async fn make(
    bank: &Arc<Bank>,
    (country, name, roles): (String, String, Vec<Role>),
    (short, tpp_id): (String, String),
) -> Result<Response, ApiError> {
    let made = {
        let (bank, tpp_id) = (bank.clone(), tpp_id.clone());
        let work = move || {
            let subject = Subject {
                country: &country,
                name: &name,
                tpp_id: &tpp_id,
                supervisor: bank.house.supervisor,
                roles: &roles,
            };
            make_provider(&bank, &subject, &short)
        };
        tokio::task::spawn_blocking(work).await
    };
    let (provider, private_keys) = match made {
        Ok(Ok(made)) => made,
        Ok(Err(error)) => return Err(ApiError::Technical(500, error.to_string())),
        Err(error) => return Err(ApiError::Technical(500, error.to_string())),
    };
    bank.change(|state| {
        let provider = match state.providers.get_mut(&tpp_id) {
            None => provider,
            Some(known) => beside(known.clone(), provider),
        };
        state.providers.put(&tpp_id, provider);
    });
    let address = format!("{}/{tpp_id}/public-jwks.json", bank.addresses.public);
    let location = format!("{}{}/{tpp_id}", bank.addresses.public, bank.house.generator_path);
    let body = json!({
        "tppId": tpp_id,
        "publicJwksUrl": address,
        "privateJwks": { "keys": private_keys },
    });
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)).into_response())
}

/// A provider with further certificates; the oldest pair is let go where there are too many.
fn beside(mut known: Provider, further: Provider) -> Provider {
    if known.certificates.len() >= CERTIFICATES_MAX {
        known.certificates.drain(..2);
    }
    known.certificates.extend(further.certificates);
    let certified = known.keys.iter().filter(|key| key["x5c"].is_array()).count();
    if certified >= CERTIFICATES_MAX {
        let mut dropped = 0;
        known.keys.retain(|key| {
            let drop = dropped < 2 && key["x5c"].is_array();
            dropped += usize::from(drop);
            !drop
        });
    }
    known.keys.extend(further.keys);
    known
}

fn wishes(query: &Form) -> Result<(String, String, Vec<Role>), ApiError> {
    let missing: Vec<Violation> = ["c", "cn"]
        .into_iter()
        .filter(|name| query.get(name).is_none())
        .map(Violation::required)
        .collect();
    if !missing.is_empty() {
        return Err(ApiError::Invalid(missing));
    }
    let country = query.get("c").unwrap_or_default().to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(ApiError::violation("InvalidValue", "c", "c is a country of two letters"));
    }
    let name = query.get("cn").unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        let message = format!("cn has 1 to {NAME_BYTES_MAX} bytes");
        return Err(ApiError::violation("InvalidValue", "cn", message));
    }
    let roles = match query.get("roles") {
        None => Role::ALL.to_vec(),
        Some(words) => words
            .split(',')
            .map(|word| Role::from_word(word.trim()))
            .collect::<Option<Vec<Role>>>()
            .ok_or_else(|| {
                ApiError::violation("InvalidValue", "roles", "roles are AIS, PIS, CBPII")
            })?,
    };
    Ok((country, name, roles))
}

fn new_tpp_id(house: &House) -> (String, String) {
    let short = hex(&random_bytes::<4>());
    let tpp_id = match house.standard {
        SandboxStandard::Op => format!("OP-SANDBOX-TPP-{short}-{}", hex(&random_bytes::<2>())),
        // Supervisor and reference number, as in the organisation identifier of a certificate.
        SandboxStandard::OpenBankingUk
        | SandboxStandard::BerlinGroup
        | SandboxStandard::EnableBanking => {
            let number = u32::from_be_bytes(random_bytes()) % 900_000 + 100_000;
            format!("{}-{number}", house.supervisor.1)
        }
    };
    (short, tpp_id)
}

fn make_provider(
    bank: &Bank,
    subject: &Subject<'_>,
    short: &str,
) -> Result<(Provider, Vec<serde_json::Value>), SandboxError> {
    let mut private_keys = Vec::new();
    let mut certificates = Vec::new();
    for (purpose, name) in [(Purpose::Website, "qwac"), (Purpose::Seal, "qseal")] {
        let issued = bank.authority.provider(subject, purpose)?;
        let kid = format!("{name}-{short}");
        let private =
            rsa_private_jwk(&kid, bank.house.signing, &issued.key, Some(&issued.certificate))
                .ok_or_else(|| SandboxError::Certificate("the new key is not RSA".to_owned()))?;
        certificates.push(fingerprint(&issued.certificate));
        private_keys.push(private);
    }
    let provider = Provider {
        tpp_id: subject.tpp_id.to_owned(),
        roles: subject.roles.to_vec(),
        keys: private_keys.iter().map(public_part).collect(),
        certificates,
    };
    Ok((provider, private_keys))
}
