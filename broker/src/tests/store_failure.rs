//! A store that fails for good ends the broker.

use super::faulty::Faulty;
use super::peer::{Peer, message};
use super::soon;
use crate::config::BrokerConfig;
use crate::sockets::Sockets;
use crate::{ServeError, start};
use std::sync::Arc;
use tokio_test::{assert_pending, task};

#[tokio::test]
async fn a_broker_whose_store_has_failed_ends_by_itself_with_that_error() {
    let (storage, config) = (Arc::new(Faulty::default()), BrokerConfig::default());
    let sockets = Sockets::bind(&config).await.unwrap();
    let broker = start::start_on(storage.clone(), sockets, &config).await.unwrap();
    let client = Peer::connect(&broker.broker_addr().to_string()).await;
    client.send("T", 0, "stored").await;
    assert_pending!(task::spawn(broker.stopped()).poll());

    storage.fail_for_good();
    let (_, remark) = client.refusal(message("T", 0, &[], "lost")).await;
    assert!(remark.contains("the store failed"), "{remark}");
    soon(broker.stopped()).await;
    let error = soon(broker.shutdown()).await.unwrap_err();
    assert!(matches!(error, ServeError::Store), "{error}");
}
