//! Peers that connect and do not follow the protocol.

use crate::fault::SERVER;
use crate::network::PORT;
use crate::stage::Stage;
use crate::world::World;
use bytes::BytesMut;
use rocketmq_tower_test_support::{Dice, encode, request};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

/// Misbehaves in random ways until the faults end.
pub(crate) async fn run(world: Arc<World>) -> turmoil::Result {
    let mut dice = world.boot();
    tokio::select! {
        biased;
        () = world.reaches(Stage::Recovery) => {}
        never = bother(&mut dice) => match never? {},
    }
    pending().await
}

async fn bother(dice: &mut Dice) -> turmoil::Result<std::convert::Infallible> {
    loop {
        sleep(dice.millis(1..1_500)).await;
        let patience = dice.millis(1..3_000);
        let connecting = TcpStream::connect((SERVER, PORT));
        let Ok(Ok(mut io)) = timeout(Duration::from_millis(500), connecting).await else {
            continue;
        };
        let bytes = match dice.within(0..5) {
            // Stays silent.
            0 => BytesMut::new(),
            // Stops inside a frame.
            1 => BytesMut::from(&[0, 0, 1, 0, 0, 0, 0, 9, b'{'][..]),
            // Speaks another protocol.
            2 => BytesMut::from("GET / HTTP/1.1\r\n\r\n"),
            // Announces too long a frame.
            3 => BytesMut::from(&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0][..]),
            // Sends many requests and reads no response.
            _ => requests(dice.within(1..3_000)),
        };
        // An error means that the server closed the connection.
        let written = timeout(patience, io.write_all(&bytes)).await;
        if let Ok(Ok(())) = written {
            sleep(patience).await;
        }
    }
}

fn requests(count: u64) -> BytesMut {
    let mut bytes = BytesMut::new();
    for opaque in 0..count {
        let request = request(40_000, opaque as i32).with_remark("x".repeat(200));
        bytes.extend_from_slice(&encode(&request));
    }
    bytes
}
