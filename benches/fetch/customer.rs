//! As much of a person with a browser as connecting a bank takes.

use reqwest::Client;
use reqwest::redirect::Policy;
use sandbox::{Addresses, Sandbox};
use serde_json::{Value, json};

use crate::Failure;

/// The settings to register a page with the sandbox bank.
pub fn settings(bank: &Sandbox, page: &str) -> String {
    let Addresses { public, mtls, authorize, .. } = bank.addresses();
    let back = format!("{page}/callback/op");
    json!({
        "api_key": "demo-api-key", "country": "FI", "tpp_name": "Bench", "roles": ["AIS"],
        "sandbox_url": format!("{public}/psd2-sandbox-tpp-generator/sandbox-tpp"),
        "registration_url": format!("{mtls}/tpp-registration/register"),
        "redirect_uris": [back], "software_redirect_uris": [back],
        "software_client_name": "Bench", "software_client_uri": page, "org_name": "Bench",
        "org_contacts": [],
        "token_url": format!("{mtls}/oauth/token"),
        "accounts_url": format!("{mtls}/accounts-psd2/v1"),
        "authorize_url": format!("{authorize}/oauth/authorize"),
        "issuer": authorize,
        "keys_url": format!("{public}/oauth/jwks/PSD2_OIDC"),
    })
    .to_string()
}

/// Somebody who signs up and connects the bank.
pub struct Customer {
    http: Client,
    page: String,
    cookie: Option<String>,
}

impl Customer {
    /// Signs up, goes to the bank, which agrees at once, and comes back: the reading begins.
    ///
    /// # Errors
    /// A step is refused.
    #[expect(clippy::disallowed_methods, reason = "this plays a person's browser")]
    pub async fn connects(page: &str) -> Result<Self, Failure> {
        let http = Client::builder().redirect(Policy::none()).no_proxy().build()?;
        let mut customer = Self { http, page: page.to_owned(), cookie: None };
        customer.asks("mutation { signUp(email: \"bench@example.fi\", password: \"long enough for a bench\") { status } }").await?;
        let text = "mutation { connectBank(bankId: \"op\", historyDays: 730) { authorizeUrl } }";
        let answer = customer.asks(text).await?;
        let url = answer.pointer("/data/connectBank/authorizeUrl").and_then(Value::as_str);
        let url = url.ok_or_else(|| format!("no way to the bank: {answer}"))?;
        let back = customer.http.get(url).send().await?;
        let location = back.headers().get("location").ok_or("the bank did not send back")?;
        let (address, fragment) = location.to_str()?.split_once('#').unwrap_or_default();
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let body = json!({ "query": query, "fragment": fragment });
        let answer = customer.posts("/callback/op", &body).await?;
        match answer["outcome"].as_str() {
            Some("connected") => Ok(customer),
            _ => Err(format!("not connected: {answer}").into()),
        }
    }

    /// Asks something that is answered with rows.
    ///
    /// # Errors
    /// The service does not answer.
    pub async fn told(&mut self, query: &str) -> Result<Value, Failure> {
        self.asks(query).await
    }

    async fn asks(&mut self, query: &str) -> Result<Value, Failure> {
        self.posts("/graphql", &json!({ "query": query })).await
    }

    async fn posts(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        let url = format!("{}{path}", self.page);
        let mut request = self.http.post(url).header("x-opl-request", "1").json(body);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = request.send().await?;
        if let Some(cookie) = answer.headers().get("set-cookie") {
            self.cookie = cookie.to_str()?.split(';').next().map(str::to_owned);
        }
        Ok(answer.json().await?)
    }
}
