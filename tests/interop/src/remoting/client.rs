//! Our client, with Java's server.

use super::codes::{ASK, BUSY, CALL_BACK, COUNT, ECHO, FAIL, HEADER, NOTIFY, SHUT_DOWN, UNKNOWN};
use crate::check::{Checked, TIMEOUT, equal, report};
use rocketmq_tower::client::Connector;
use rocketmq_tower::message::{Properties, SendHeader};
use rocketmq_tower::protocol::SendMessageResponseHeader;
use rocketmq_tower::{
    BoxError, Channel, RemotingCommand, ResponseCode, Router, SerializeType, service_fn,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::sleep;

struct Client {
    channel: Channel,
    serialize_type: SerializeType,
    notified: Arc<AtomicUsize>,
}

pub(crate) async fn check(addr: &str, serialize_type: SerializeType) -> Checked {
    let notified = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&notified);
    let router = Router::builder()
        .route(
            ASK,
            service_fn(|request: RemotingCommand| async move {
                let body = [b"rust heard ", &request.body()[..]].concat();
                Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS).with_body(body))
            }),
        )
        .route(
            NOTIFY,
            service_fn(move |request: RemotingCommand| {
                counter.fetch_add(usize::from(request.is_oneway()), Ordering::Relaxed);
                async { Ok::<Option<RemotingCommand>, BoxError>(None) }
            }),
        )
        .build()?;
    let channel = Connector::new().service(router).connect(addr).await?;
    let client = Client { channel, serialize_type, notified };
    for length in [0, 1, 100, 1 << 10, 64 << 10, 1 << 20, 4 << 20] {
        report(&format!("sync, {length} bytes"), client.body(length)).await?;
    }
    report("1000 at once", client.many()).await?;
    report("oneway", client.oneway()).await?;
    report("typed headers both ways", client.headers()).await?;
    report("errors", client.errors()).await?;
    report("the server calls its client", client.push()).await?;
    report("GO_AWAY", client.go_away()).await
}

impl Client {
    fn request(&self, code: i32) -> RemotingCommand {
        RemotingCommand::request(code).with_serialize_type(self.serialize_type)
    }

    async fn call(&self, request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
        Ok(self.channel.invoke(request, TIMEOUT).await?)
    }

    async fn body(&self, length: usize) -> Checked {
        let body: Vec<u8> = (0..length).map(|at| (at * 31 + at / 256) as u8).collect();
        let answer = self.call(self.request(ECHO).with_body(body.clone())).await?;
        equal(answer.response_code(), ResponseCode::SUCCESS)?;
        equal(answer.serialize_type(), self.serialize_type)?;
        equal(answer.body() == &body, true)
    }

    async fn many(&self) -> Checked {
        let calls = (0..1000).map(|number: usize| {
            let request = self.request(ECHO).with_body(number.to_string());
            let channel = self.channel.clone();
            tokio::spawn(async move { channel.invoke(request, TIMEOUT).await })
        });
        for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
            equal(std::str::from_utf8(call.await??.body())?, &number.to_string())?;
        }
        Ok(())
    }

    async fn count(&self) -> Result<usize, BoxError> {
        let answer = self.call(self.request(COUNT)).await?;
        Ok(std::str::from_utf8(answer.body())?.parse()?)
    }

    async fn oneway(&self) -> Checked {
        let before = self.count().await?;
        for _ in 0..100 {
            self.channel.invoke_oneway(self.request(COUNT)).await?;
        }
        for asked in 1.. {
            if self.count().await? == before + 100 + asked {
                break;
            }
        }
        Ok(())
    }

    async fn headers(&self) -> Checked {
        let (group, properties) = ("group \"quoted\" é𝄞\u{1}\u{7f}\u{2028}", "KEYS\u{1}k\u{2}");
        let header = SendHeader {
            born_timestamp: 1_795_341_540_052,
            properties: Properties::new(properties),
            unit_mode: true,
            ..SendHeader::new(group, "TopicTest", 3)
        };
        let mut request = header.request().with_serialize_type(self.serialize_type);
        request.set_code(HEADER);
        let answer = self.call(request).await?;
        equal(answer.response_code(), ResponseCode::SUCCESS)?;
        let expected = SendMessageResponseHeader {
            msg_id: &format!("{group}|{properties}"),
            queue_id: 3,
            queue_offset: 1_795_341_540_052,
            transaction_id: Some("true"),
            ..Default::default()
        };
        equal(answer.header()?, expected)
    }

    async fn errors(&self) -> Checked {
        let unknown = self.call(self.request(UNKNOWN)).await?;
        equal(unknown.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED)?;
        equal(unknown.remark(), Some(" request type 7777 not supported"))?;
        let busy = self.call(self.request(BUSY)).await?;
        equal(busy.response_code(), ResponseCode::SYSTEM_BUSY)?;
        equal(busy.remark(), Some("[REJECTREQUEST]system busy, start flow control for a while"))?;
        let failed = self.call(self.request(FAIL)).await?;
        equal(failed.response_code(), ResponseCode::SYSTEM_ERROR)?;
        equal(failed.remark().is_some_and(|remark| remark.contains("as it was told to")), true)
    }

    async fn push(&self) -> Checked {
        let answer = self.call(self.request(CALL_BACK).with_body("hello")).await?;
        equal(&answer.body()[..], b"rust heard hello")?;
        while self.notified.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Java's server shuts down in this check, and responds with `GO_AWAY` until it has.
    async fn go_away(&self) -> Checked {
        self.call(self.request(SHUT_DOWN)).await?;
        loop {
            let answer = self.call(self.request(ECHO)).await?;
            if answer.response_code() == ResponseCode::GO_AWAY {
                equal(answer.remark(), Some("please go away"))?;
                break;
            }
        }
        self.channel.closed().await;
        Ok(())
    }
}
