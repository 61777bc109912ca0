//! `acl`: a request that is refused keeps nothing that was reserved for it.
#![cfg(feature = "acl")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::RemotingCommand;
use rocketmq_tower_layers::AclVerifyLayer;
use rocketmq_tower_layers::acl::{AclVerify, CredentialStore, Credentials, sign};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::Layer;
use tower::limit::ConcurrencyLimit;
use tower_test::mock::{self, Handle, Mock, Spawn};

const SECRET: &str = "12345678";

fn signed(access_key: &str) -> RemotingCommand {
    let mut request = RemotingCommand::request(10);
    sign(&mut request, &Credentials::new(access_key, SECRET)).expect("a key");
    request
}

fn store(user: &str) -> Option<String> {
    match user {
        "alice" => Some(SECRET.to_owned()),
        "bob" => None,
        _ => panic!("a bug in the store"),
    }
}

type Limited = ConcurrencyLimit<Mock<RemotingCommand, RemotingCommand>>;

/// One connection's service of a server whose limit is shared.
fn connection<C: CredentialStore>(
    layer: &AclVerifyLayer<C>,
    limit: &Arc<Semaphore>,
) -> (Spawn<AclVerify<Limited, C>>, Handle<RemotingCommand, RemotingCommand>) {
    let (mock, handle) = mock::pair();
    let limited = ConcurrencyLimit::with_semaphore(mock, Arc::clone(limit));
    (Spawn::new(layer.layer(limited)), handle)
}

#[tokio::test]
async fn a_request_that_is_refused_gives_its_permit_to_the_next_connection() {
    let layer = AclVerifyLayer::new(store);
    for user in ["bob", "crash"] {
        let limit = Arc::new(Semaphore::new(1));
        let (mut one, _one) = connection(&layer, &limit);
        let (mut two, _two) = connection(&layer, &limit);
        assert_ready_ok!(one.poll_ready());
        assert_pending!(two.poll_ready());
        let call = catch_unwind(AssertUnwindSafe(|| one.call(signed(user))));
        match call {
            Ok(call) => drop(assert_ready_err!(task::spawn(call).poll())),
            Err(_) => assert_eq!(user, "crash"),
        }
        assert!(two.is_woken(), "while the first connection is open, and does nothing");
        assert_ready_ok!(two.poll_ready());
    }
}

#[tokio::test]
async fn a_request_that_goes_on_keeps_its_permit() {
    let limit = Arc::new(Semaphore::new(1));
    let (mut service, mut handle) = connection(&AclVerifyLayer::new(store), &limit);
    assert_ready_ok!(service.poll_ready());
    let call = service.call(signed("alice"));
    let (_, respond) = handle.next_request().await.expect("called");
    assert_eq!(limit.available_permits(), 0);
    respond.send_error("no");
    assert_eq!(call.await.expect_err("passed on").to_string(), "no");
}
