//! Frames of real clients, byte for byte, and the parts of responses on which these clients rely.

use crate::support::running::Running;
use crate::support::soon;
use bytes::{Buf, BytesMut};
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::TopicRouteData;
use rocketmq_tower::{RemotingCodec, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::codec::Decoder;

/// Names in lines that are not indented, each followed by a frame in hex, which is indented.
const FRAMES: &str = include_str!("frames.txt");

fn frame(name: &str) -> Vec<u8> {
    let lines = FRAMES.lines().skip_while(|line| *line != name).skip(1);
    let hex: String = lines.map_while(|line| line.strip_prefix("    ")).collect();
    assert!(!hex.is_empty(), "no frame is called {name}");
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// A connection that writes and reads whole frames.
struct Wire(TcpStream);

impl Wire {
    async fn connect(addr: &str) -> Self {
        Self(soon(TcpStream::connect(addr)).await.unwrap())
    }

    /// Writes a frame, and returns the response; requests of the server before it are skipped.
    async fn call(&mut self, name: &str) -> RemotingCommand {
        let frame = frame(name);
        self.0.write_all(&frame).await.unwrap();
        loop {
            let response = soon(self.read()).await;
            assert_eq!(response[4], frame[4], "a response has the encoding of its request");
            if response[4] == 0 {
                check_json(&response);
            }
            let mut bytes = BytesMut::from(&response[..]);
            let response = RemotingCodec::new().decode(&mut bytes).unwrap().unwrap();
            if response.is_response() {
                return response;
            }
        }
    }

    async fn read(&mut self) -> Vec<u8> {
        let mut frame = vec![0; 4];
        self.0.read_exact(&mut frame).await.unwrap();
        let length = frame.as_slice().get_u32() as usize;
        frame.resize(4 + length, 0);
        self.0.read_exact(&mut frame[4..]).await.unwrap();
        frame
    }

    async fn get(&mut self, name: &str) -> RemotingCommand {
        let response = self.call(name).await;
        assert!(response.response_code().is_success(), "{name}: {response:?}");
        response
    }
}

/// Clients in Go and C++ read only ext fields that are strings.
fn check_json(frame: &[u8]) {
    let length = (&frame[4..8]).get_u32() as usize & 0xff_ffff;
    let header: Value = serde_json::from_slice(&frame[8..8 + length]).unwrap();
    let fields = header["extFields"].as_object();
    for (name, value) in fields.into_iter().flatten() {
        assert!(value.is_string(), "{name} in {header}");
    }
}

#[tokio::test]
async fn frames_that_look_up_routes_find_them() {
    let running = Running::start(Broker::builder().topic("T1", 4)).await;
    let mut wire = Wire::connect(&running.names).await;
    for client in ["node", "cpp", "binary java"] {
        let route = wire.get(&format!("{client} route")).await;
        let route: TopicRouteData = route.json().unwrap();
        assert_eq!(route.queue_datas[0].read_queue_nums, 4, "{client}");
    }
    running.end().await;
}

#[tokio::test]
async fn frames_that_send_messages_store_them() {
    let running = Running::start(Broker::builder()).await;
    let mut wire = Wire::connect(&running.broker).await;
    wire.get("node create topic").await;
    let client = running.client().await;
    for (name, queue, body, tag, key) in [
        ("node send", 3, "plain mwrnxthi_25299 0", "tag0", None),
        ("cpp send", 0, "warm up", "warm", Some("0100007F0000AC230000ECB0A7730100")),
        ("newer cpp send", 0, "warm up", "warm", Some("7F00000171426D4C2EA26E4A6D670000")),
        ("go send", 1, "warm up", "warm", Some("C00002026C12000000006e49df180001")),
        (
            "java send",
            0,
            "warm up",
            "warm",
            Some("FD0000000000000000000000000000026CC930946E096E49F2D40000"),
        ),
        (
            "binary java send",
            1,
            "warm up",
            "warm",
            Some("FD0000000000000000000000000000022CF130946E096E52F0180000"),
        ),
    ] {
        let offset = client.max("T1", queue).await;
        let response = wire.get(name).await;
        assert_eq!(response.ext_fields().get("queueOffset"), Some(offset.to_string().as_str()));
        let all = client.all("T1", queue).await;
        let stored = &all[offset as usize];
        let id = stored.property("UNIQ_KEY");
        assert!(id.is_some() && (key.is_none() || key == id), "{name}: {id:?}");
        assert_eq!(response.ext_fields().get("transactionId"), id, "{name}");
        assert_eq!((stored.body.as_str(), stored.property("TAGS")), (body, Some(tag)), "{name}");
    }
    running.end().await;
}

#[tokio::test]
async fn frames_of_consumers_join_groups_and_pull() {
    let running = Running::start(Broker::builder().topic("T1", 4)).await;
    let client = running.client().await;
    for queue in 0..4 {
        client.send("T1", queue, "message").await;
    }
    for (name, group, member) in [
        ("node", "GID_capture_node_basic_mwrnxthi_25299", "192.0.2.2@25299"),
        ("cpp", "GID_capture_py_basic_1a202b24e6870cf", "28879-127.0.0.1@a1a202b24e6870cf"),
        ("go", "GID_capture_go_basic_mwrnzufs01eccd6e", "192.0.2.2@amwrnzufs01eccd6e"),
        ("java", "GID_capture_java_basic_mwrnzxi3f19e08f8", "192.0.2.2@27849#3037090081205"),
    ] {
        let mut wire = Wire::connect(&running.broker).await;
        wire.get(&format!("{name} heartbeat")).await;
        let list = client.get(crate::heartbeats::members(group)).await;
        let expected = format!(r#"{{"consumerIdList":["{member}"]}}"#);
        assert_eq!(list.body().as_ref(), expected.as_bytes());
        match name {
            "node" | "go" => {
                let response = wire.get(&format!("{name} pull")).await;
                let (message, _) = StoredMessage::decode(response.body()).unwrap();
                assert_eq!(message.body, b"message");
            }
            // It has a later subscription than the captured heartbeat.
            "java" => {
                let response = wire.call("java pull").await;
                assert_eq!(response.response_code(), ResponseCode::SUBSCRIPTION_NOT_LATEST);
            }
            _ => {}
        }
    }
    running.end().await;
}

#[tokio::test]
async fn frames_that_commit_and_lock_do_so() {
    let running = Running::start(Broker::builder().topic("T1", 4)).await;
    let mut wire = Wire::connect(&running.broker).await;
    wire.get("node commit").await;
    let of_queue = [
        ("consumerGroup", "GID_capture_node_basic_mwrnxthi_25299"),
        ("topic", "T1"),
        ("queueId", "0"),
    ];
    let query = crate::support::requests::request(RequestCode::QUERY_CONSUMER_OFFSET, &of_queue);
    let client = running.client().await;
    assert_eq!(crate::support::peer::offset(&client.get(query).await), 1);

    let locked = wire.get("java lock").await;
    let expected = r#"{"lockOKMQSet":[{"brokerName":"fake-a","queueId":0,"topic":"capture_java_mwrncs0df65bdeda"}]}"#;
    assert_eq!(locked.body().as_ref(), expected.as_bytes());
    running.end().await;
}
