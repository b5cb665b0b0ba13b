//! The pages a bank customer sees: plain HTML, no script, one style sheet allowed by its hash.

use std::fmt::Write as _;
use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::consent::Interaction;
use crate::bank::Bank;
use crate::house::House;
use crate::household::{BankUser, money};
use crate::state::{Authorization, Scope};

const STYLE: &str = include_str!("consent_page.css");

/// No script, no frame, no form-action: browsers apply that one to the redirect after a form as
/// well, and the redirect leads to the provider.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// Shows why an authorization request is not accepted; nothing is redirected.
pub(crate) fn error(bank: &Bank, status: StatusCode, reason: &str) -> Response {
    let body = format!(
        "<h1>This request is not accepted</h1><p class=\"problem\" role=\"alert\">{}</p>\
         <p>Nothing was shared. You can close this page.</p>",
        escape(reason)
    );
    page(bank.house, status, "Request not accepted", &body)
}

/// First page: which of the test customers are you.
pub(crate) fn sign_in(bank: &Bank, interaction: &Interaction, problem: Option<&str>) -> Response {
    let mut body = String::from("<p class=\"step\">Step 1 of 2</p><h1>Sign in</h1>");
    let _ = write!(
        body,
        "<p><strong>{}</strong> asks for access through this bank. Choose the test customer you want to be; \
         no password is needed.</p>",
        escape(&interaction.request.client_name)
    );
    body.push_str(&problem_text(problem));
    body.push_str(&form_start(interaction));
    body.push_str("<fieldset><legend>Test customer</legend>");
    for (index, user) in bank.household().users.iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let cards = match user.cards.len() {
            0 => String::new(),
            cards => format!(" · {}", count(cards, "card")),
        };
        let _ = write!(
            body,
            "<label class=\"row\"><input type=\"radio\" name=\"user\" value=\"{id}\"{checked}>\
             <span><b>{name}</b><small>User {id} · {accounts}{cards}</small></span></label>",
            id = user.user_id,
            name = escape(user.display_name),
            accounts = count(user.accounts.len(), "account"),
        );
    }
    body.push_str("</fieldset>");
    body.push_str(&buttons("sign-in", "Continue"));
    page(bank.house, StatusCode::OK, "Sign in", &body)
}

/// Second page: what the provider may see or debit.
pub(crate) fn choose(
    bank: &Bank,
    interaction: &Interaction,
    user: &BankUser,
    problem: Option<&str>,
) -> Response {
    let authorization =
        bank.read(|state| state.authorizations.get(&interaction.asked.authorization_id).cloned());
    let provider = escape(&interaction.request.client_name);
    let (title, text) = match interaction.asked.scope {
        Scope::Accounts => (
            "Share your account information",
            format!(
                "<strong>{provider}</strong> asks to read accounts, balances and transactions. Choose what it may see."
            ),
        ),
        Scope::Payments => (
            "Confirm the payment",
            format!(
                "<strong>{provider}</strong> asks to pay from your account. Choose the account to debit."
            ),
        ),
        Scope::Funds => (
            "Allow funds checks",
            format!(
                "<strong>{provider}</strong> asks to check whether an amount is available. Choose the account."
            ),
        ),
    };
    let mut body = format!("<p class=\"step\">Step 2 of 2</p><h1>{title}</h1>");
    let _ = write!(body, "<p>{text}</p><p>Signed in as {}.</p>", escape(user.display_name));
    if let Some(authorization) = authorization {
        body.push_str(&terms(bank, &authorization));
    }
    body.push_str(&problem_text(problem));
    body.push_str(&form_start(interaction));
    let asked = asked_iban(bank, &interaction.asked.authorization_id);
    body.push_str(&choices(interaction.asked.scope, user, asked.as_deref()));
    body.push_str(&buttons("approve", "Approve"));
    page(bank.house, StatusCode::OK, title, &body)
}

/// The account the provider named, for a payment or a funds check.
fn asked_iban(bank: &Bank, authorization_id: &str) -> Option<String> {
    bank.read(|state| {
        let mut payments = state.payments.iter();
        let own = payments.find(|payment| payment.authorization_id == authorization_id);
        let authorization = state.authorizations.get(authorization_id);
        own.and_then(|payment| payment.payer_iban.clone()).or_else(|| authorization?.iban.clone())
    })
}

fn choices(scope: Scope, user: &BankUser, asked: Option<&str>) -> String {
    let many = scope == Scope::Accounts;
    let kind = if many { "checkbox" } else { "radio" };
    let mut list = String::from("<fieldset><legend>Accounts</legend>");
    let named = user.accounts.iter().position(|account| asked == Some(account.iban.as_str()));
    for (index, account) in user.accounts.iter().enumerate() {
        let checked = if many || index == named.unwrap_or(0) { " checked" } else { "" };
        let _ = write!(
            list,
            "<label class=\"row\"><input type=\"{kind}\" name=\"account\" value=\"{}\"{checked}>\
             <span><b>{}</b><small>{}</small></span><span class=\"amount\">{} {}</span></label>",
            account.account_id,
            escape(account.product_name),
            account.iban,
            money(account.gross_cents()),
            account.currency,
        );
    }
    list.push_str("</fieldset>");
    if many && !user.cards.is_empty() {
        list.push_str("<fieldset><legend>Cards</legend>");
        for card in &user.cards {
            let _ = write!(
                list,
                "<label class=\"row\"><input type=\"checkbox\" name=\"card\" value=\"{}\" checked>\
                 <span><b>{}</b><small>{}</small></span></label>",
                card.card_id,
                escape(card.product_name),
                card.card_number,
            );
        }
        list.push_str("</fieldset>");
    }
    list
}

/// What exactly is asked for, in plain words.
fn terms(bank: &Bank, authorization: &Authorization) -> String {
    let mut list = String::from("<ul>");
    if let Some(expires) = authorization.expires {
        let day = expires.with_timezone(&bank.house.zone).format("%-d %B %Y");
        let _ = write!(list, "<li>Access ends on {day}. You can end it earlier.</li>");
    }
    if let Some(from) = authorization.transaction_from {
        let _ = write!(list, "<li>Transactions from {}.</li>", from.format("%-d %B %Y"));
    }
    let payments = bank.read(|state| {
        let all = state.payments.iter();
        let own = all.filter(|payment| payment.authorization_id == authorization.id);
        own.map(|payment| payment.request.clone()).collect::<Vec<_>>()
    });
    for payment in payments {
        let text =
            |name: &str| payment.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let (amount, currency) = match text("amountEUR") {
            "" => (text("amount"), text("currency")),
            amount => (amount, "EUR"),
        };
        let payee = payment.get("payee").and_then(|payee| payee["name"].as_str());
        let _ = write!(
            list,
            "<li>{} {} to {}</li>",
            escape(amount),
            escape(currency),
            escape(payee.unwrap_or_default())
        );
    }
    list.push_str("</ul>");
    if list.len() > "<ul></ul>".len() { list } else { String::new() }
}

fn form_start(interaction: &Interaction) -> String {
    format!(
        "<form method=\"post\" action=\"/oauth/consent/{}\">\
         <input type=\"hidden\" name=\"form_token\" value=\"{}\">",
        interaction.id, interaction.form_token
    )
}

fn buttons(step: &str, label: &str) -> String {
    format!(
        "<div class=\"buttons\"><button class=\"primary\" name=\"step\" value=\"{step}\">{label}</button>\
         <button name=\"step\" value=\"refuse\">Refuse</button></div></form>"
    )
}

fn problem_text(problem: Option<&str>) -> String {
    problem.map_or_else(String::new, |problem| {
        format!("<p class=\"problem\" role=\"alert\">{}</p>", escape(problem))
    })
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn page(house: &House, status: StatusCode, title: &str, body: &str) -> Response {
    let (name, mark) = (house.name, house.mark());
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} – {name} (simulated)</title><style>{STYLE}</style></head><body>\
         <header><span class=\"mark\" aria-hidden=\"true\">{mark}</span><span>{name}</span>\
         <span class=\"tag\">simulated</span></header><main>{body}</main>\
         <footer>A simulated bank for development. No real customer, no real money.</footer></body></html>"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
