//! TLS under load: a certificate that is replaced, and peers that never finish their handshake.
#![cfg(all(feature = "tls-reload", feature = "tls-self-signed"))]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use common::tls::{Certificates, client};
use rocketmq_tower::layers::TlsLayer;
use rocketmq_tower::layers::tls::rustls::pki_types::CertificateDer;
use rocketmq_tower::layers::tls::{ServerTls, TlsInfo};
use rocketmq_tower::{Channel, Server, service_fn};
use rocketmq_tower_test_support::{SECOND, echo, request, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A thousand peers begin a handshake and stop; the connection limit is higher than that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_done_handshakes_keep_nobody_out() {
    let certificates = Certificates::new("half");
    let layer = TlsLayer::new(ServerTls::from_files(certificates.files()).expect("sound"))
        .handshake_timeout(2 * SECOND);
    let server = Server::new(service_fn(echo)).max_connections(1100).connection_layer(layer);
    let server = server.bind("127.0.0.1:0").await.expect("binds");
    let connections = server.connections();
    let server = run(server);
    // A record of 512 bytes, of which only the beginning is sent.
    let begun = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 300]].concat();
    let mut peers = Vec::new();
    for _ in 0..1000 {
        let mut peer = TcpStream::connect(server.addr).await.expect("connects");
        peer.write_all(&begun).await.expect("open");
        peers.push(peer);
    }
    let started = Instant::now();
    let client = client(certificates.client_tls());
    client.invoke(server.addr, request(1, 1), 5 * SECOND).await.expect("answered");
    assert!(started.elapsed() < SECOND, "{:?}", started.elapsed());
    // Each of them is closed at its own deadline.
    for mut peer in peers {
        // This is an end or a reset, since the server did not read everything.
        assert!(soon(peer.read(&mut [0; 1])).await.unwrap_or(0) == 0);
    }
    soon(async {
        while connections.len() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    client.invoke(server.addr, request(1, 1), 5 * SECOND).await.expect("answered");
    server.stop().await;
}

fn shown(channel: &Channel) -> CertificateDer<'static> {
    let info: &TlsInfo = channel.extensions().get().expect("facts");
    info.peer_certificates()[0].clone()
}

/// New connections see the new certificate, existing ones continue, and no request fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_replaced_under_load() {
    let certificates = Certificates::new("replaced");
    let tls = ServerTls::from_files(certificates.files()).and_then(ServerTls::watch);
    let layer = TlsLayer::new(tls.expect("watched"));
    let server = Server::new(service_fn(echo)).connection_layer(layer);
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let addr = server.addr;
    let settings = certificates.client_tls();
    let over = Arc::new(AtomicBool::new(false));
    // Some callers keep their connection, the others connect for each call.
    let load = [true, true, false, false].map(|keeps| {
        let (settings, over) = (settings.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            let mut calls = 0_u32;
            let mut caller = client(settings.clone());
            while !over.load(Ordering::Relaxed) {
                caller.invoke(addr, request(1, 1), 5 * SECOND).await.expect("answered");
                calls += 1;
                if !keeps {
                    caller = client(settings.clone());
                }
            }
            calls
        })
    });
    let old = client(settings.clone()).connect(addr, 5 * SECOND).await.expect("open");
    let mut before = shown(&old);
    for _ in 0..5 {
        certificates.replace();
        soon(async {
            loop {
                // Each attempt has its own client, so that no TLS session is resumed.
                let new = client(certificates.client_tls());
                let new = shown(&new.connect(addr, 5 * SECOND).await.expect("open"));
                if new != before {
                    before = new;
                    return;
                }
            }
        })
        .await;
    }
    over.store(true, Ordering::Relaxed);
    for calls in load {
        assert!(soon(calls).await.expect("no call failed") > 0);
    }
    old.invoke(request(1, 1), 5 * SECOND).await.expect("the first connection is there");
    server.stop().await;
}
