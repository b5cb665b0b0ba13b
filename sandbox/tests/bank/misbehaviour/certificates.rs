//! Certificates that are over between two calls.

use std::time::Duration;

use opl_sandbox::Misbehaviour as M;

use super::{ACCOUNTS, World};
use crate::support::{API_KEY, http};

/// Calls on a connection of its own; the words of a failure.
async fn fresh_call(world: &World) -> Result<u16, String> {
    let client = http(world.sandbox.ca_certificate_pem(), Some(&world.provider.qwac));
    let request = client.get(format!("{}{ACCOUNTS}", world.provider.mtls));
    let request = request.header("x-api-key", API_KEY).header("x-fapi-customer-ip-address", "::1");
    match request.bearer_auth(&world.token).send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => Err(format!("{error:?}")),
    }
}

#[tokio::test]
async fn first_the_banks_certificate_is_over_then_the_clients() {
    let world = World::with(1, M::CertificateExpires).await;
    let five_minutes = Duration::from_secs(5 * 60);
    assert_eq!(fresh_call(&world).await, Ok(200));
    world.sandbox.clock().advance(five_minutes);
    let refused = fresh_call(&world).await.unwrap_err();
    assert!(refused.contains("Expired"), "{refused}");
    world.sandbox.clock().advance(five_minutes);
    assert_eq!(fresh_call(&world).await, Ok(200));
    world.sandbox.clock().advance(five_minutes);
    let refused = fresh_call(&world).await.unwrap_err();
    assert!(refused.contains("CertificateExpired"), "{refused}");
    world.sandbox.misbehave(opl_sandbox::Misbehaviours::NONE);
    assert_eq!(fresh_call(&world).await, Ok(200));
}
