//! Which hosts are called, and where a name may lead.

use super::*;

#[tokio::test]
async fn only_hosts_of_the_profile_are_called() {
    // N57
    let authority = Authority::new();
    let server =
        serve(&authority, "localhost", (2020, 2090), false, plain("200 OK", "", "{}")).await;
    let transport = Transport::new(options(&authority, server.port)).expect("a transport");
    let port = server.port;
    let urls = [
        format!("https://127.0.0.1:{port}/x"),
        format!("https://localhost:{}/x", port ^ 1),
        "https://localhost/x".to_owned(),
        format!("http://localhost:{port}/x"),
        format!("https://localhost.evil.example:{port}/x"),
        format!("https://user@localhost:{port}/x"),
        format!("https://localhost:{port}@evil.example/x"),
        "https://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
        "x".to_owned(),
    ];
    for url in urls {
        let mut elsewhere = request(port, Endpoint::Keys);
        elsewhere.url.clone_from(&url);
        let answer = transport.send(&elsewhere).await;
        assert_eq!(answer.map(|_| ()), Err(BankError::HostNotAllowed), "{url}");
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    let bad = request(port, Endpoint::Keys).header("accept", "a\r\nb: c");
    let answer = transport.send(&bad).await;
    assert_eq!(answer.map(|_| ()), Err(BankError::NotSent { what: "header" }));
    let mut capital = request(port, Endpoint::Keys);
    capital.url = format!("https://LOCALHOST:{port}/x");
    assert!(transport.send(&capital).await.is_ok());
    drop(server);
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = gone.local_addr().expect("an address").port();
    drop(gone);
    let transport = Transport::new(options(&authority, port)).expect("a transport");
    let answer = transport.send(&request(port, Endpoint::Keys)).await;
    assert_eq!(answer.map(|_| ()), Err(BankError::Unreachable));
}

#[tokio::test]
async fn private_addresses_are_called_only_where_the_settings_write_this_machine() {
    // N58: by name and by number, by the same way that every bank is called.
    let authority = Authority::new();
    let server =
        serve(&authority, "localhost", (2020, 2090), false, plain("200 OK", "", "{}")).await;
    let calling = async |hosts: &[&str], host: &str| {
        let mut options = options(&authority, server.port);
        options.allowed_hosts =
            hosts.iter().map(|host| format!("{host}:{}", server.port)).collect();
        let mut transport = Transport::new(options).expect("a transport");
        // Allowed by the profile, so that only where it leads decides.
        transport.allowed_hosts.push(format!("{host}:{}", server.port));
        let mut private = request(server.port, Endpoint::Keys);
        private.url = format!("https://{host}:{}/x", server.port);
        transport.send_once(&private, true).await.map(|answer| answer.status)
    };
    let refused = Err(BankError::HostNotAllowed);
    for host in ["localhost", "127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]"] {
        assert_eq!(calling(&["bank.example"], host).await, refused, "{host}");
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    for host in ["10.0.0.1", "169.254.169.254", "[fd00::1]", "0.0.0.0"] {
        assert_eq!(calling(&["localhost"], host).await, refused, "{host}");
    }
    assert_eq!(calling(&["localhost"], "localhost").await, Ok(200));
}

/// A bank's name that leads nowhere: a clear error of a call that was never answered, other banks are not
/// touched, and no name is kept from one call to the next.
#[tokio::test]
async fn a_name_that_leads_nowhere_is_said_and_touches_no_other_bank() {
    let authority = Authority::new();
    let well = serve(&authority, "localhost", (2020, 2090), false, plain("200 OK", "", "{}")).await;
    // A name that is never given to anybody (RFC 6761, section 6.4).
    let nowhere = "bank.invalid:443".to_owned();
    let lost = TransportOptions { allowed_hosts: vec![nowhere], ..options(&authority, well.port) };
    let lost = Transport::new(lost).expect("a transport");
    let other = Transport::new(options(&authority, well.port)).expect("a transport");
    let request_there =
        BankRequest::new(Method::Get, "https://bank.invalid/accounts", Endpoint::Keys);
    for _ in 0..2 {
        let answer = lost.send_once(&request_there, true).await;
        assert_eq!(answer.map(|_| ()), Err(BankError::Unreachable));
        let answer = other.send_once(&request(well.port, Endpoint::Keys), true).await;
        assert_eq!(answer.map(|answer| answer.status), Ok(200));
    }
    assert_eq!(BankError::Unreachable.code(), "bank_unreachable");
    assert_eq!(well.requests.load(Ordering::SeqCst), 2, "nothing meant for one reached the other");
}
