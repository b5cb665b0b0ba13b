//! One bank at a time behind a server that does whatever a bank may do.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::connectors::exchange::Endpoint;
use crate::connectors::retry::MOST_TRIES;

mod chains;
mod hosts;
mod server;

use server::{Authority, Script, Server, plain, serve, serve_shown};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).expect("a time")
}

fn options(authority: &Authority, port: u16) -> TransportOptions {
    TransportOptions {
        extra_root_pem: Some(authority.issuer.pem()),
        client_identity: Some(authority.identity()),
        allowed_hosts: vec![format!("localhost:{port}")],
        revocation: RevocationPolicy::NotAsked,
        report: None,
        clock: Arc::new(now),
    }
}

fn request(port: u16, endpoint: Endpoint) -> BankRequest {
    BankRequest::new(Method::Get, format!("https://localhost:{port}/x"), endpoint)
        .header("authorization", "Bearer at-Zp81")
}

/// Sends one request to a good server with this script.
async fn exchange(script: Script) -> (Result<BankAnswer, BankError>, usize) {
    let authority = Authority::new();
    let server = serve(&authority, "localhost", (2020, 2090), false, script).await;
    let quick = Timeouts {
        connect: Duration::from_secs(3),
        read: Duration::from_millis(300),
        total: Duration::from_millis(900),
    };
    let transport = Transport::with_limits(options(&authority, server.port), quick);
    let request = request(server.port, Endpoint::Keys);
    let answer = transport.expect("a transport").send_once(&request, true).await;
    (answer, server.requests.load(Ordering::SeqCst))
}

#[tokio::test]
async fn an_answer_comes_with_what_it_carries() {
    let headers = "content-type: application/json\r\nretry-after: 120\r\n\
                   date: Mon, 05 Jan 2026 13:10:00 GMT\r\nx-request-id: r-1\r\n";
    let (answer, _) = exchange(plain("429 Too Many", headers, "{\"a\":1}")).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, &answer.body[..]), (429, &b"{\"a\":1}"[..]));
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    assert_eq!(answer.retry_after, Some(Duration::from_secs(120)));
    assert_eq!(answer.date, read_http_date("Mon, 05 Jan 2026 13:10:00 GMT"));
    assert_eq!(answer.bank_request_id.as_deref(), Some("r-1"));
    assert_eq!((answer.sent_at, answer.received_at), (now(), now()));
}

#[tokio::test]
async fn a_wait_is_read_against_the_bank_s_clock_and_within_limits() {
    let date = "date: Mon, 05 Jan 2026 13:10:00 GMT\r\n";
    let table = [
        ("retry-after: -5\r\n", None),
        ("retry-after: \r\n", None),
        ("", None),
        ("retry-after: tomorrow\r\n", None),
        ("retry-after: 0\r\n", Some(1)),
        ("retry-after: 31536000\r\n", Some(86_400)),
        ("retry-after: Mon, 05 Jan 2026 13:10:40 GMT\r\n", Some(40)),
        ("retry-after: Mon, 05 Jan 2026 13:09:59 GMT\r\n", None),
        ("retry-after: Sat, 05 Jan 2126 13:09:59 GMT\r\n", Some(86_400)),
    ];
    for (header, seconds) in table {
        let script = plain("429 Too Many", &format!("{date}{header}"), "");
        let answer = exchange(script).await.0.expect("an answer");
        assert_eq!(answer.retry_after, seconds.map(Duration::from_secs), "{header}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_a_refusal_is_not() {
    for (status, expected) in
        [("503 Ill", MOST_TRIES as usize), ("404 Unknown", 1), ("429 Busy", 1)]
    {
        let authority = Authority::new();
        let script = plain(status, "", "");
        let server = serve(&authority, "localhost", (2020, 2090), false, script).await;
        let transport = Transport::new(options(&authority, server.port)).expect("a transport");
        let answer = transport.send(&request(server.port, Endpoint::Keys)).await;
        assert!(answer.is_ok_and(|answer| status.starts_with(&answer.status.to_string())));
        assert_eq!(server.requests.load(Ordering::SeqCst), expected, "{status}");
        if expected > 1 {
            // Five repeats to begin with: four are gone, and one call earns a tenth.
            for _ in 0..3 {
                let _ = transport.send(&request(server.port, Endpoint::Keys)).await;
            }
            assert_eq!(server.requests.load(Ordering::SeqCst), expected + 3 + 1);
        }
    }
}

#[tokio::test]
async fn redirects_are_named_and_not_followed() {
    // N50
    for status in [301, 302, 303, 307, 308] {
        let script = plain(&format!("{status} Elsewhere"), "location: /y\r\n", "");
        let (answer, requests) = exchange(script).await;
        assert_eq!(answer.map(|_| ()), Err(BankError::Redirected { status }));
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_body_is_cut_at_its_limit() {
    // N54: announced, unannounced without end, and compressed, which is not unpacked at all.
    let too_large = Err(BankError::AnswerTooLarge { limit_bytes: 256 * 1024 });
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\nx".to_vec();
    let (answer, _) = exchange(Script::Bytes(announced)).await;
    assert_eq!(answer.map(|_| ()), too_large);
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let piece = [b"4000\r\n".to_vec(), vec![b'x'; 0x4000], b"\r\n".to_vec()].concat();
    let (answer, _) = exchange(Script::Endless(head, piece, Duration::ZERO)).await;
    assert_eq!(answer.map(|_| ()), too_large);
    let (answer, _) = exchange(plain("200 OK", "content-encoding: gzip\r\n", "\u{1f}bomb")).await;
    assert_eq!(&answer.expect("an answer").body[..], "\u{1f}bomb".as_bytes());
}

#[tokio::test]
async fn slow_banks_are_left_in_time() {
    // N56: silence, and a byte now and then.
    let (answer, _) = exchange(Script::Silent).await;
    assert_eq!(answer.map(|_| ()), Err(BankError::TimedOut));
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n".to_vec();
    let drip = Script::Endless(head, b"x".to_vec(), Duration::from_millis(100));
    let (answer, _) = exchange(drip).await;
    assert_eq!(answer.map(|_| ()), Err(BankError::TimedOut));
    let named = [CONNECT_TIMEOUT, READ_TIMEOUT, TOTAL_TIMEOUT].map(|timeout| timeout.as_secs());
    assert_eq!(named, [3, 10, 30]);
}

#[tokio::test]
async fn a_broken_answer_is_no_answer() {
    let cases =
        [b"nonsense\r\n\r\n".to_vec(), b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec()];
    for bytes in cases {
        let (answer, _) = exchange(Script::Bytes(bytes)).await;
        assert_eq!(answer.map(|_| ()), Err(BankError::AnswerLost));
    }
}

#[tokio::test]
async fn servers_that_are_not_the_bank_get_no_request() {
    // N52: an unknown issuer, another name, expired, not yet valid.
    let (ours, theirs) = (Authority::new(), Authority::new());
    let table = [
        (&theirs, "localhost", (2020, 2090), "server_certificate_of_unknown_issuer"),
        (&ours, "bank.example", (2020, 2090), "server_certificate_for_another_name"),
        (&ours, "localhost", (2010, 2020), "server_certificate_expired"),
        (&ours, "localhost", (2089, 2090), "server_certificate_not_yet_valid"),
    ];
    for (authority, name, years, reason) in table {
        let server = serve(authority, name, years, false, plain("200 OK", "", "{}")).await;
        let transport = Transport::new(options(&ours, server.port)).expect("a transport");
        let answer = transport.send(&request(server.port, Endpoint::Keys)).await;
        assert_eq!(answer.map(|_| ()), Err(BankError::TlsRefused { reason }), "{reason}");
        assert_eq!(server.requests.load(Ordering::SeqCst), 0, "{reason}");
    }
}

#[tokio::test]
async fn an_old_protocol_is_named() {
    // N51: a server that knows nothing newer than TLS 1.1 answers with this alert.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 1024];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]).await;
        }
    });
    let transport = Transport::new(options(&Authority::new(), port)).expect("a transport");
    let answer = transport.send(&request(port, Endpoint::Keys)).await;
    assert_eq!(answer.map(|_| ()), Err(BankError::TlsRefused { reason: "protocol_version" }));
}

#[tokio::test]
async fn our_certificate_is_shown_where_it_is_asked_for() {
    let authority = Authority::new();
    let server =
        serve(&authority, "localhost", (2020, 2090), true, plain("200 OK", "", "{}")).await;
    let transport = Transport::new(options(&authority, server.port)).expect("a transport");
    let answer = transport.send(&request(server.port, Endpoint::Token)).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200));
    let answer = transport.send(&request(server.port, Endpoint::Keys)).await;
    let refused = BankError::TlsRefused { reason: "client_certificate_required" };
    assert_eq!(answer.map(|_| ()), Err(refused));
    let stranger = TransportOptions {
        client_identity: Some(Authority::new().identity()),
        ..options(&authority, server.port)
    };
    let stranger = Transport::new(stranger).expect("a transport");
    let answer = stranger.send(&request(server.port, Endpoint::Token)).await;
    assert!(matches!(answer, Err(BankError::TlsRefused { .. })), "{answer:?}");
}

#[tokio::test]
async fn our_own_certificate_is_looked_at_first() {
    // N53: expired, not yet valid, missing; and a key of another certificate.
    let authority = Authority::new();
    let server = serve(&authority, "localhost", (2020, 2090), true, plain("200 OK", "", "")).await;
    let at = |years: i64| -> Clock { Arc::new(move || now() + TimeDelta::days(366 * years)) };
    let good = || options(&authority, server.port);
    let table = [
        (TransportOptions { clock: at(80), ..good() }, "certificate_expired"),
        (TransportOptions { clock: at(-20), ..good() }, "certificate_not_yet_valid"),
        (TransportOptions { client_identity: None, ..good() }, "missing"),
    ];
    for (options, reason) in table {
        let transport = Transport::new(options).expect("a transport");
        let answer = transport.send(&request(server.port, Endpoint::Token)).await;
        assert_eq!(answer.map(|_| ()), Err(BankError::ClientCertificate { reason }));
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    let mut mixed = authority.identity();
    mixed.private_key_pkcs8 = authority.identity().private_key_pkcs8;
    let mixed = Transport::new(TransportOptions { client_identity: Some(mixed), ..good() });
    assert_eq!(mixed.map(|_| ()).expect_err("a refusal"), TransportError::Key);
    let root = TransportOptions { extra_root_pem: Some("no PEM".to_owned()), ..good() };
    assert_eq!(Transport::new(root).map(|_| ()).expect_err("a refusal"), TransportError::Root);
}

/// Ten times as many calls as there are places, to a bank that says nothing. The places are
/// held, the others are turned away in time, another bank is called as ever, and once the bank is left alone
/// nothing waits for it any more.
#[tokio::test]
async fn a_bank_that_hangs_holds_up_nobody_else() {
    const AT_ONCE: usize = 10 * MOST_CALLS_AT_ONCE;
    let authority = Authority::new();
    let hung = serve(&authority, "localhost", (2020, 2090), false, Script::Silent).await;
    let well = serve(&authority, "localhost", (2020, 2090), false, plain("200 OK", "", "{}")).await;
    let slow = Timeouts {
        connect: Duration::from_secs(10),
        read: Duration::from_secs(1),
        total: Duration::from_secs(20),
    };
    let transport = Transport::with_limits(options(&authority, hung.port), slow);
    let mut transport = transport.expect("a transport");
    transport.care.wait_at_most(Duration::from_millis(200));
    let transport = Arc::new(transport);
    let other = Transport::new(options(&authority, well.port)).expect("a transport");
    let calls: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (transport, request) =
                (Arc::clone(&transport), request(hung.port, Endpoint::Accounts));
            tokio::spawn(async move { transport.send_once(&request, true).await.map(|_| ()) })
        })
        .collect();
    // While all of them wait, the other bank answers.
    while hung.requests.load(Ordering::SeqCst) < MOST_CALLS_AT_ONCE {
        tokio::task::yield_now().await;
    }
    let answer = other.send_once(&request(well.port, Endpoint::Accounts), true).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200));
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.expect("a call ends"));
    }
    let count = |wanted: &BankError| {
        outcomes.iter().filter(|outcome| outcome.as_ref() == Err(wanted)).count()
    };
    assert_eq!(count(&BankError::TimedOut), MOST_CALLS_AT_ONCE);
    assert_eq!(count(&BankError::Crowded), AT_ONCE - MOST_CALLS_AT_ONCE);
    assert_eq!(hung.requests.load(Ordering::SeqCst), MOST_CALLS_AT_ONCE, "no more were sent");
    // Four more that fail, and the bank is left alone: refused at once, and nothing is sent.
    let asked = request(hung.port, Endpoint::Accounts);
    let again = || transport.send_once(&asked, true);
    let _ = tokio::join!(again(), again(), again(), again());
    let sent = hung.requests.load(Ordering::SeqCst);
    assert!(matches!(again().await, Err(BankError::CircuitOpen { .. })));
    assert_eq!(hung.requests.load(Ordering::SeqCst), sent);
    let answer = other.send_once(&request(well.port, Endpoint::Accounts), true).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200), "its breaker is its own");
}
