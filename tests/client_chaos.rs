//! A million calls under every kind of fault: afterwards nothing of them is left.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::Net;
use rocketmq_tower::client::{Client, Endpoint, InvokeError, NameServers};
use rocketmq_tower::{
    Addr, BoxError, RemotingCommand, ResponseCode, Service, ServiceExt, service_fn,
};
use rocketmq_tower_test_support::{Dice, SECOND, echo, request};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const CALLS: usize = 1_000_000;
const CALLERS: usize = 500;
const SERVERS: [&str; 3] = ["a:1", "b:1", "c:1"];

/// Takes as many milliseconds as the code says; drops every seventh slow request.
async fn work(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    let millis = u64::try_from(request.code())?;
    if millis > 0 {
        sleep(Duration::from_millis(millis)).await;
    }
    if millis % 7 == 6 {
        request.defer()?.discard();
        return Ok(None);
    }
    if millis % 11 == 10 {
        return Ok(Some(RemotingCommand::response(ResponseCode::GO_AWAY)));
    }
    echo(request).await.map(Some)
}

struct Caller {
    dice: Dice,
    client: Client,
    endpoints: [Endpoint; 3],
    name_servers: NameServers,
}

impl Caller {
    async fn call(&mut self) -> Result<(), InvokeError> {
        let dice = &mut self.dice;
        // Half of the requests are answered at once.
        let code = dice.below(2) * dice.below(30);
        let command = request(code as i32, 1);
        let (server, limit) = (dice.pick(&SERVERS), dice.millis(0..20));
        match dice.below(10) {
            0..=3 => self.client.invoke(server, command, limit).await.map(drop),
            4..=5 => {
                // Drops a call before its response.
                let call = self.client.invoke(server, command, SECOND);
                timeout(limit, call)
                    .await
                    .unwrap_or_else(|_| Ok(RemotingCommand::response(0)))
                    .map(drop)
            }
            6 => self.client.invoke_oneway(server, command, limit).await,
            7 => self.name_servers.invoke(command, limit).await.map(drop),
            8 => self.client.clone().oneshot((Addr::from(server), command)).await.map(drop),
            _ => {
                let endpoint = &mut self.endpoints[dice.index(3)];
                if let Ok(ready) = timeout(limit, endpoint.ready()).await {
                    let call = ready?.call(command);
                    _ = timeout(limit, call).await;
                }
                Ok(())
            }
        }
    }
}

/// Kills, restarts, drains and silences servers in turn.
async fn trouble(net: Net) {
    let mut dice = Dice::new(0x5eed);
    loop {
        sleep(dice.millis(0..30)).await;
        let server = dice.pick(&SERVERS);
        match dice.below(4) {
            0 => {
                net.kill(server).await;
                sleep(dice.millis(0..30)).await;
                net.restart(server);
            }
            1 => {
                net.set_silent(server, true);
                sleep(dice.millis(0..30)).await;
                net.set_silent(server, false);
            }
            2 => net.open(server).iter().for_each(|channel| channel.drain()),
            _ => net.open(server).iter().for_each(|channel| channel.close("trouble")),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_million_calls_leave_nothing_behind() {
    let net = Net::new();
    for server in SERVERS {
        net.start(server, service_fn(work));
    }
    let client = net.builder().max_calls(400).call_timeout(SECOND / 10).build();
    let troubles = tokio::spawn(trouble(net.clone()));
    let callers: Vec<_> = (1..=CALLERS as u64)
        .map(|seed| {
            let mut caller = Caller {
                dice: Dice::new(seed),
                client: client.clone(),
                endpoints: SERVERS.map(|server| client.endpoint(server)),
                name_servers: client.name_servers(SERVERS),
            };
            tokio::spawn(async move {
                let mut answered = 0;
                for _ in 0..CALLS / CALLERS {
                    answered += usize::from(caller.call().await.is_ok());
                }
                answered
            })
        })
        .collect();
    let mut answered = 0;
    for caller in callers {
        answered += caller.await.expect("no panic");
    }
    troubles.abort();
    assert!(answered > CALLS / 4 && answered < CALLS, "{answered} of {CALLS}");

    // Abandoned dials and calls that the last kill interrupted need this time.
    sleep(10 * SECOND).await;
    assert_eq!(client.calls(), 0);
    for server in SERVERS {
        net.set_silent(server, false);
        for channel in net.open(server) {
            assert_eq!(channel.calls(), 0);
        }
        if let Ok(channel) = client.connect(server, SECOND).await {
            assert_eq!(channel.calls(), 0, "{server}");
        }
    }
    sleep(1000 * SECOND).await;
    assert_eq!((client.connection_count(), client.calls()), (0, 0));
    assert!(SERVERS.iter().all(|server| net.open(server).is_empty()));
}
