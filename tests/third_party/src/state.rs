//! State: one for each connection under `Server::layer`, one for the server under
//! `Server::shared_layer`.

use crate::processor::{BROKEN, OK};
use crate::requests::resilience::{cache, circuit_breaker};
use crate::stage::serve;

#[tokio::test(start_paused = true)]
async fn a_cache_belongs_to_a_connection_or_to_the_server() {
    for (running, calls) in [
        (serve(|server| server.layer(cache())), 3),
        (serve(|server| server.shared_layer(cache())), 1),
    ] {
        for _ in 0..3 {
            let mut peer = running.peer();
            for _ in 0..2 {
                assert_eq!(peer.call(OK).await, "SUCCESS");
            }
        }
        assert_eq!(running.log.count(OK), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_belongs_to_a_connection_or_to_the_server() {
    for (running, others) in [
        (serve(|server| server.layer(circuit_breaker())), "SUCCESS"),
        (serve(|server| server.shared_layer(circuit_breaker())), "SYSTEM_BUSY (circuit open)"),
    ] {
        let (mut one, mut other) = (running.peer(), running.peer());
        for _ in 0..4 {
            assert_eq!(one.call(BROKEN).await, "SYSTEM_ERROR (inner service error: broken)");
        }
        assert_eq!(one.call(OK).await, "SYSTEM_BUSY (circuit open)");
        assert_eq!(other.call(OK).await, others);
    }
}
