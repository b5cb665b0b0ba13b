//! A person's browser.

use std::time::Duration;

use serde_json::{Value, json};

/// What comes back from a bank in the address.
#[derive(Clone, Debug)]
pub struct Returned {
    pub connection_id: String,
    pub query: String,
    pub fragment: String,
}

/// As much of a browser as the flow needs: one cookie, and redirects followed by hand.
#[derive(Clone)]
pub struct Browser {
    pub page: String,
    pub http: reqwest::Client,
    pub cookie: Option<String>,
}

impl Browser {
    pub async fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.page);
        let mut request = self.http.post(url).header("x-opl-request", "1").json(body);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = request.send().await.expect("an answer");
        let cookie = answer.headers().get("set-cookie").map(|value| value.to_str().expect("text"));
        if let Some(cookie) = cookie {
            self.cookie = Some(cookie.split(';').next().expect("a pair").to_owned());
        }
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    pub async fn graphql(&mut self, query: &str, variables: Value) -> Value {
        let (status, mut body) =
            self.post("/graphql", &json!({ "query": query, "variables": variables })).await;
        assert!(status == 200 && body.get("errors").is_none(), "{status} {body}");
        body["data"].take()
    }

    /// Asks for a connection and goes to the bank, which sends back at once.
    #[allow(clippy::wrong_self_convention)]
    pub async fn to_the_bank(&mut self) -> Returned {
        self.to_bank("op").await
    }

    /// The same at any bank.
    #[allow(clippy::wrong_self_convention)]
    pub async fn to_bank(&mut self, bank_id: &str) -> Returned {
        let text = "mutation ($bank: ID!) { connectBank(bankId: $bank) { \
            status connectionId authorizeUrl } }";
        let data = self.graphql(text, json!({ "bank": bank_id })).await;
        let connect = &data["connectBank"];
        assert_eq!(connect["status"], "REDIRECT", "{data}");
        let url = connect["authorizeUrl"].as_str().expect("an address");
        let answer = self.http.get(url).send().await.expect("an answer");
        let location = answer.headers()["location"].to_str().expect("an address").to_owned();
        let (address, fragment) = location.split_once('#').unwrap_or((&location, ""));
        let (_, query) = address.split_once('?').unwrap_or((address, ""));
        Returned {
            connection_id: connect["connectionId"].as_str().expect("an identifier").to_owned(),
            query: query.to_owned(),
            fragment: fragment.to_owned(),
        }
    }

    /// A connection as it is after everything that is in the log.
    pub async fn connection(&mut self, id: &str) -> Value {
        let text = "query ($id: ID!, $at: Position) { connection(id: $id, atLeast: $at) { \
            status endedReason bankTold sync { state problem transactionsNew } } }";
        let at = u32::MAX.to_string();
        self.graphql(text, json!({ "id": id, "at": at })).await["connection"].take()
    }

    /// Where a connection stands.
    pub async fn status(&mut self, id: &str) -> String {
        self.connection(id).await["status"].as_str().expect("a status").to_owned()
    }

    pub async fn come_back(&mut self, returned: &Returned) -> (u16, Value) {
        self.come_back_from("op", returned).await
    }

    /// The same from any bank.
    pub async fn come_back_from(&mut self, bank_id: &str, returned: &Returned) -> (u16, Value) {
        let Returned { query, fragment, .. } = returned;
        let path = format!("/callback/{bank_id}");
        self.post(&path, &json!({ "query": query, "fragment": fragment })).await
    }

    /// Connects, and waits until everything is read.
    pub async fn connect(&mut self) -> String {
        self.connect_at("op").await
    }

    /// The same at any bank.
    pub async fn connect_at(&mut self, bank_id: &str) -> String {
        let returned = self.to_bank(bank_id).await;
        let (status, body) = self.come_back_from(bank_id, &returned).await;
        assert_eq!((status, body["outcome"].as_str()), (200, Some("connected")), "{body}");
        self.read_to_the_end(&returned.connection_id).await;
        returned.connection_id
    }

    /// Waits for the end of a run of reading and tells how it went.
    pub async fn read_to_the_end(&mut self, connection_id: &str) -> Value {
        let text = "query ($id: ID!) { connection(id: $id) { status sync { state problem \
            accountsDone transactionsRead transactionsNew } } }";
        for _ in 0..600 {
            let data = self.graphql(text, json!({ "id": connection_id })).await;
            let connection = &data["connection"];
            if matches!(connection["sync"]["state"].as_str(), Some("DONE" | "FAILED")) {
                return connection.clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("reading did not end");
    }
}
