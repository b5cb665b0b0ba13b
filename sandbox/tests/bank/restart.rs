//! What survives a restart, and why a start fails.

use opl_sandbox::{Sandbox, SandboxError, SandboxOptions};
use serde_json::Value;

use crate::support::{Directory, Provider, options};

#[tokio::test]
async fn a_second_start_keeps_authority_clients_consents_and_refresh_tokens() {
    let directory = Directory::new();
    let first = Sandbox::start(options(&directory)).await.unwrap();
    let mut provider = Provider::registered(&first).await;
    let (id, tokens) = provider.user_token(false).await;
    let (authority, truth) = (first.ca_certificate_pem().to_owned(), first.truth());
    first.stop().await;

    let second = Sandbox::start(options(&directory)).await.unwrap();
    assert_eq!(second.ca_certificate_pem(), authority);
    assert_eq!(second.truth(), truth);
    let written = std::fs::read_to_string(directory.0.join("ca.pem")).unwrap();
    assert_eq!(written, authority);
    provider.mtls.clone_from(&second.addresses().mtls);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let refreshed: Value = provider.token(&form).await.json().await.unwrap();
    let token = refreshed["access_token"].as_str().unwrap();
    provider.get("/accounts-psd2/v1/accounts", token).await;
    let path = format!("/accounts-psd2/v1/authorizations/{id}");
    assert_eq!(provider.get(&path, token).await["status"], "Authorized");
}

#[tokio::test]
async fn a_start_names_the_port_or_the_file_that_stops_it() {
    let directory = Directory::new();
    let first = Sandbox::start(options(&directory)).await.unwrap();
    let port = first.addresses().mtls.rsplit(':').next().unwrap().parse().unwrap();
    let other = Directory::new();
    let taken = SandboxOptions { mtls_port: port, ..options(&other) };
    match Sandbox::start(taken).await.err() {
        Some(SandboxError::PortInUse { port: named, listener }) => {
            assert_eq!((named, listener), (port, "mtls"))
        }
        other => panic!("{other:?}"),
    }
    let file = Directory::new();
    std::fs::write(&file.0, "a file, not a directory").unwrap();
    let refused = Sandbox::start(options(&file)).await.err();
    assert!(matches!(refused, Some(SandboxError::Storage { .. })));
    std::fs::remove_file(&file.0).unwrap();
    first.stop().await;
    std::fs::write(directory.0.join("state.json"), "{").unwrap();
    let damaged = Sandbox::start(options(&directory)).await.err();
    assert!(matches!(damaged, Some(SandboxError::Damaged { .. })));
}

#[test]
fn a_sandbox_can_be_shared_between_threads() {
    fn shared<Value: Send + Sync + std::fmt::Debug>() {}
    shared::<Sandbox>();
}
