//! `acl`: a refused request releases what was reserved for it.
#![cfg(feature = "acl")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{assert_gives_its_permit_back, limited};
use rocketmq_tower_core::RemotingCommand;
use rocketmq_tower_layers::AclVerifyLayer;
use rocketmq_tower_layers::acl::{Credentials, sign};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_test::assert_ready_ok;

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

#[tokio::test]
async fn a_request_that_is_refused_gives_its_permit_to_the_next_connection() {
    let layer = AclVerifyLayer::new(store);
    for (user, panics) in [("bob", false), ("crash", true)] {
        assert_gives_its_permit_back(&layer, signed(user), panics);
    }
}

#[tokio::test]
async fn a_request_that_goes_on_keeps_its_permit() {
    let limit = Arc::new(Semaphore::new(1));
    let (mut service, mut handle) = limited(&AclVerifyLayer::new(store), &limit);
    assert_ready_ok!(service.poll_ready());
    let call = service.call(signed("alice"));
    let (_, respond) = handle.next_request().await.expect("called");
    assert_eq!(limit.available_permits(), 0);
    respond.send_error("no");
    assert_eq!(call.await.expect_err("passed on").to_string(), "no");
}
