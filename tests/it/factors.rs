//! Signing in by a passkey and by codes: what gets in, and that each answer gets in once.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use chrono::TimeDelta;
use opl::app::Options;
use opl::webauthn::{bytes_of, text_of};
use opl::world::Clock;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Browser, Store, World};

const PASSWORD: &str = "long enough for tests";

/// A device with one key, as a browser speaks to it.
struct Device(EcdsaKeyPair, u32);

impl Device {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"), 0)
    }

    fn data(&mut self, flags: u8) -> Vec<u8> {
        self.1 += 1;
        [&Sha256::digest(b"localhost")[..], &[flags], &self.1.to_be_bytes()].concat()
    }

    fn client(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
        json!({ "type": kind, "challenge": challenge, "origin": origin }).to_string().into_bytes()
    }

    fn make(&mut self, challenge: &str, origin: &str) -> Value {
        let point = self.0.public_key().as_ref().to_vec();
        let cose = [
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..],
            &point[1..33],
            &[0x22, 0x58, 32],
            &point[33..65],
        ];
        let data = [&self.data(0x45)[..], &[0; 16], &[0, 4], b"key1", &cose.concat()].concat();
        let head =
            [&[0xa3, 0x63][..], b"fmt", &[0x64], b"none", &[0x67], b"attStmt", &[0xa0, 0x68]];
        let length = u16::try_from(data.len()).expect("short").to_be_bytes();
        let attestation = [&head.concat()[..], b"authData", &[0x59], &length, &data].concat();
        json!({ "challenge": challenge, "attestation": text_of(&attestation),
            "clientData": text_of(&Self::client("webauthn.create", challenge, origin)) })
    }

    fn answer(&mut self, challenge: &str, origin: &str, flags: u8) -> Value {
        let (client, data) = (Self::client("webauthn.get", challenge, origin), self.data(flags));
        let signed = [&data[..], &Sha256::digest(&client)].concat();
        let signature = self.0.sign(&SystemRandom::new(), &signed).expect("signed");
        json!({ "challenge": challenge, "id": text_of(b"key1"), "clientData": text_of(&client),
            "authenticatorData": text_of(&data), "signature": text_of(signature.as_ref()) })
    }
}

async fn ask(browser: &mut Browser, what: &str, name: &str, passkey: Value) -> Value {
    let text = format!("mutation ($passkey: {name}!) {{ {what}(passkey: $passkey) {{ status }} }}");
    browser.graphql(&text, json!({ "passkey": passkey })).await[what]["status"].take()
}

async fn challenge(browser: &mut Browser, what: &str) -> String {
    let text = format!("mutation {{ {what} {{ challenge service }} }}");
    let asked = browser.graphql(&text, json!({})).await[what].take();
    assert_eq!(asked["service"], "localhost");
    asked["challenge"].as_str().expect("one").to_owned()
}

async fn passkeys(store: Store) {
    let world = World::unregistered(store, Options::in_directory).await;
    let mut person = world.person().await;
    let (mut device, page) = (Device::new(), world.page.clone());
    let asked = challenge(&mut person, "beginPasskey").await;
    // Another page's answer is not taken, and uses the question up.
    let elsewhere = device.make(&asked, "https://evil.example");
    assert_eq!(ask(&mut person, "addPasskey", "NewPasskey", elsewhere).await, "REFUSED");
    let late = device.make(&asked, &page);
    assert_eq!(ask(&mut person, "addPasskey", "NewPasskey", late).await, "REFUSED");
    let asked = challenge(&mut person, "beginPasskey").await;
    let mut other = world.person().await;
    let stolen = device.make(&asked, &page);
    assert_eq!(ask(&mut other, "addPasskey", "NewPasskey", stolen).await, "REFUSED");
    let asked = challenge(&mut person, "beginPasskey").await;
    let made = device.make(&asked, &page);
    assert_eq!(ask(&mut person, "addPasskey", "NewPasskey", made).await, "DONE");
    let kept = person.graphql("{ security { passkeys { id } codes } }", json!({})).await;
    assert_eq!(kept["security"]["passkeys"][0]["id"], text_of(b"key1"));

    let mut browser = world.browser();
    let attempts = [
        (page.clone(), 0x01, "REFUSED"),
        ("https://evil.example".to_owned(), 0x05, "REFUSED"),
        (page.clone(), 0x05, "SIGNED_IN"),
    ];
    for (origin, flags, wanted) in attempts {
        let asked = challenge(&mut browser, "beginSignIn").await;
        let answer = device.answer(&asked, &origin, flags);
        let came = ask(&mut browser, "signInByPasskey", "UsedPasskey", answer.clone()).await;
        assert_eq!(came, wanted, "{origin} {flags}");
        // The same answer again, by whoever saw it.
        let mut thief = world.browser();
        let again = ask(&mut thief, "signInByPasskey", "UsedPasskey", answer).await;
        assert_eq!(again, "REFUSED");
        assert!(thief.cookie.is_none());
    }
    let me = browser.graphql("{ me { id } }", json!({})).await;
    assert_eq!(me, person.graphql("{ me { id } }", json!({})).await);
    // A question that was never asked, and a counter that went back.
    let invented = device.answer(&text_of(b"invented"), &page, 0x05);
    let mut stranger = world.browser();
    assert_eq!(ask(&mut stranger, "signInByPasskey", "UsedPasskey", invented).await, "REFUSED");
    device.1 = 0;
    let asked = challenge(&mut stranger, "beginSignIn").await;
    let copy = device.answer(&asked, &page, 0x05);
    assert_eq!(ask(&mut stranger, "signInByPasskey", "UsedPasskey", copy).await, "REFUSED");
    let text = "mutation ($id: ID!) { removePasskey(id: $id) { status } }";
    let id = json!({ "id": text_of(b"key1") });
    let taken = other.graphql(text, id.clone()).await;
    assert_eq!(taken["removePasskey"]["status"], "ALREADY_SO", "not of others");
    assert_eq!(person.graphql(text, id).await["removePasskey"]["status"], "DONE");
    assert_eq!(world.count("user.security_changed").await, 3, "added, copied, removed");
    assert!(bytes_of(&text_of(b"x")).is_ok());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_once_for_each_question() {
    passkeys(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_once_for_each_question_on_postgres() {
    passkeys(Store::Postgres).await;
}

fn secret_of(base32: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = base32
        .chars()
        .map(|letter| format!("{:05b}", letters.find(letter).expect("a letter")))
        .collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    let text = |byte: &[u8]| String::from_utf8(byte.to_vec()).expect("digits");
    bytes.map(|byte| u8::from_str_radix(&text(byte), 2).expect("bits")).collect()
}

struct Person {
    browser: Browser,
    email: String,
    secret: Vec<u8>,
    recovery: Vec<String>,
}

impl Person {
    /// Somebody who signs in with codes.
    async fn with_codes(world: &World) -> Self {
        let mut browser = world.person().await;
        let me = browser.graphql("{ me { email } }", json!({})).await;
        let begun = browser.graphql("mutation { beginCodes { secret address } }", json!({})).await;
        let begun = &begun["beginCodes"];
        let secret = secret_of(begun["secret"].as_str().expect("one"));
        assert!(begun["address"].as_str().expect("one").starts_with("otpauth://totp/"));
        let text =
            "mutation ($code: String!) { confirmCodes(code: $code) { status recoveryCodes } }";
        let wrong = browser.graphql(text, json!({ "code": "000000" })).await;
        assert_eq!(wrong["confirmCodes"]["status"], "REFUSED");
        let now = world.app.clock.now().timestamp();
        let code = code(&secret, now);
        let done = browser.graphql(text, json!({ "code": code })).await["confirmCodes"].take();
        assert_eq!(done["status"], "DONE");
        let recovery = done["recoveryCodes"].as_array().expect("codes").iter();
        let recovery = { recovery }.map(|code| code.as_str().expect("text").to_owned()).collect();
        let email = me["me"]["email"].as_str().expect("one").to_owned();
        Self { browser, email, secret, recovery }
    }

    /// A ticket, after the right password.
    async fn ticket(&self, world: &World) -> String {
        let text = "mutation ($email: String!, $password: String!) { signIn(email: $email, \
            password: $password) { status ticket me { id } } }";
        let variables = json!({ "email": self.email, "password": PASSWORD });
        let mut browser = world.browser();
        let answer = browser.graphql(text, variables).await["signIn"].take();
        assert_eq!((&answer["status"], &answer["me"]), (&json!("CODE_NEEDED"), &Value::Null));
        assert!(browser.cookie.is_none(), "the password alone opens nothing");
        answer["ticket"].as_str().expect("one").to_owned()
    }
}

fn code(secret: &[u8], now: i64) -> String {
    format!("{:06}", opl::totp::code(secret, u64::try_from(now / 30).expect("positive")))
}

async fn second(world: &World, ticket: &str, code: &str) -> String {
    let text = "mutation ($ticket: String!, $code: String!) { secondFactor(ticket: $ticket, \
        code: $code) { status } }";
    let mut browser = world.browser();
    let answer = browser.graphql(text, json!({ "ticket": ticket, "code": code })).await;
    let status = answer["secondFactor"]["status"].as_str().expect("one").to_owned();
    assert_eq!(browser.cookie.is_some(), status == "SIGNED_IN");
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_count_once_and_guessing_is_slowed() {
    let (clock, held) = Clock::held("2026-12-01T12:00:00Z".parse().expect("an instant"));
    let world = World::unregistered(Store::Sqlite, move |path| Options {
        clock,
        ..Options::in_directory(path)
    })
    .await;
    let person = Person::with_codes(&world).await;
    let forward = |seconds: i64| {
        let mut now = held.lock().expect("a lock");
        *now += TimeDelta::seconds(seconds);
        now.timestamp()
    };
    let now = forward(90);
    let ticket = person.ticket(&world).await;
    // Two steps off is too far; the right one opens once, also with a new ticket.
    assert_eq!(second(&world, &ticket, &code(&person.secret, now - 60)).await, "REFUSED");
    assert_eq!(second(&world, &ticket, &code(&person.secret, now + 60)).await, "REFUSED");
    assert_eq!(second(&world, &ticket, &code(&person.secret, now)).await, "SIGNED_IN");
    let ticket = person.ticket(&world).await;
    assert_eq!(second(&world, &ticket, &code(&person.secret, now)).await, "REFUSED", "used");
    assert_eq!(second(&world, &ticket, &code(&person.secret, now - 30)).await, "REFUSED", "older");
    assert_eq!(second(&world, "no-ticket", &code(&person.secret, now + 30)).await, "REFUSED");

    // A thousand guesses: five are looked at, and then not even the right code is.
    let right = code(&person.secret, forward(60));
    let mut waits = 0;
    for guess in 0..1_000 {
        let guess = format!("{:06}", (guess * 997 + 13) % 1_000_000);
        if guess != right {
            waits += u32::from(second(&world, &ticket, &guess).await == "TRY_LATER");
        }
        if waits > 20 {
            break;
        }
    }
    assert!(waits > 20);
    assert_eq!(second(&world, &ticket, &right).await, "TRY_LATER");
    let now = forward(16 * 60);
    assert_eq!(second(&world, &ticket, &code(&person.secret, now)).await, "REFUSED", "over");
    let ticket = person.ticket(&world).await;
    assert_eq!(second(&world, &ticket, &code(&person.secret, now)).await, "SIGNED_IN");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_opens_once_for_many_at_a_time() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let person = Person::with_codes(&world).await;
    assert_eq!(person.recovery.len(), 10);
    let world = Arc::new(world);
    let mut tickets = Vec::new();
    for _ in 0..4 {
        tickets.push(person.ticket(&world).await);
    }
    let tries = tickets.iter().map(|ticket| second(&world, ticket, &person.recovery[0]));
    let came = futures_util::future::join_all(tries).await;
    assert_eq!(came.iter().filter(|came| *came == "SIGNED_IN").count(), 1, "{came:?}");
    let ticket = person.ticket(&world).await;
    let spelled = person.recovery[1].to_lowercase().replace('-', " ");
    assert_eq!(second(&world, &ticket, &spelled).await, "SIGNED_IN");
    // Taken away with one of them, the password is enough again.
    let mut browser = person.browser.clone();
    let text = "mutation ($code: String!) { removeCodes(code: $code) { status } }";
    let gone = browser.graphql(text, json!({ "code": person.recovery[2] })).await;
    assert_eq!(gone["removeCodes"]["status"], "DONE");
    let text = "mutation ($email: String!, $password: String!) { signIn(email: $email, \
        password: $password) { status } }";
    let variables = json!({ "email": person.email, "password": PASSWORD });
    let plain = world.browser().graphql(text, variables).await;
    assert_eq!(plain["signIn"]["status"], "SIGNED_IN");
    world.app.stop().await;
}
