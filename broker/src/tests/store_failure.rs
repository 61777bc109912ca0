//! A store that fails for good ends the broker.

use super::faulty::Faulty;
use super::peer::{Peer, message};
use super::soon;
use crate::config::{BrokerConfig, StoreConfig};
use crate::sockets::Sockets;
use crate::{ServeError, start};
use std::sync::Arc;
use std::time::Duration;
use tokio_test::{assert_pending, task};

/// A disk that does not answer does not keep the broker from ending.
#[tokio::test]
async fn a_store_that_hangs_is_left_behind_after_a_deadline() {
    // So that writes wait for the disk.
    let store = StoreConfig::Folder("not used".into());
    let (storage, config) =
        (Arc::new(Faulty::default()), BrokerConfig { store, ..Default::default() });
    let sockets = Sockets::bind(&config).await.unwrap();
    let (broker, _) = start::start_on(storage.clone(), sockets, &config).await.unwrap();
    let client = Peer::connect(&broker.broker_addr().to_string()).await;
    client.send("T", 0, "stored").await;
    storage.hold_writes(true);
    let send = message("T", 0, &[], "not acknowledged");
    let sent = client.channel.invoke(send, Duration::from_secs(60));
    let ended = async {
        soon(storage.write_is_held()).await;
        // Nothing else happens, so that the time of all deadlines passes at once.
        tokio::time::pause();
        broker.shutdown().await
    };
    let (answer, ended) = tokio::join!(sent, ended);
    storage.hold_writes(false);
    assert!(matches!(ended, Err(ServeError::StoreBusy)), "{ended:?}");
    assert!(answer.is_err(), "{answer:?}");
}

#[tokio::test]
async fn a_broker_whose_store_has_failed_ends_by_itself_with_that_error() {
    let (storage, config) = (Arc::new(Faulty::default()), BrokerConfig::default());
    let sockets = Sockets::bind(&config).await.unwrap();
    let (broker, _) = start::start_on(storage.clone(), sockets, &config).await.unwrap();
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
