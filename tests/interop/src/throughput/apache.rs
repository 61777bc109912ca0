//! Apache's name server and broker, configured as in production.

use super::server::Flush;
use crate::apache::process::{Process, Program};
use crate::apache::scratch::Scratch;
use rocketmq_tower::{BoxError, SerializeType};
use std::path::Path;

/// The garbage collector that Apache's scripts select, and a heap that never has to grow.
const BROKER: &[&str] = &["-Xms2g", "-XX:+UseG1GC", "-XX:MaxDirectMemorySize=1g"];
const HEAP: &str = "2g";

/// Small, as the name server has almost no load.
const NAME_SERVER: &[&str] = &["-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=128m"];

pub(super) fn start(
    scratch: &Scratch,
    name_port: u16,
    port: u16,
    flush: Flush,
    class_path: &str,
) -> Result<Vec<Process>, BoxError> {
    let serialize_type = SerializeType::Json;
    let directory = scratch.directory("name-server")?;
    let program = Program {
        class_path,
        main: "org.apache.rocketmq.namesrv.NamesrvStartup",
        config: format!("bindAddress=127.0.0.1\nlistenPort={name_port}\n"),
        heap: "128m",
        tuning: NAME_SERVER,
        serialize_type,
    };
    let name_server = Process::start(&directory, &program)?;
    let directory = scratch.directory("broker")?;
    let program = Program {
        class_path,
        main: "org.apache.rocketmq.broker.BrokerStartup",
        config: config(&directory, name_port, port, flush),
        heap: HEAP,
        tuning: BROKER,
        serialize_type,
    };
    Ok(vec![name_server, Process::start(&directory, &program)?])
}

/// Returns the broker's configuration: its defaults except for the addresses, the timer wheel, which
/// is off as it only costs time, and the thresholds for full disks, at which the broker would delete
/// the measured messages. The broker still refuses messages when 90 % of the disk are used.
fn config(directory: &Path, name_port: u16, port: u16, flush: Flush) -> String {
    let store = directory.join("store");
    let store = store.display();
    let flush = match flush {
        Flush::Async => "ASYNC_FLUSH",
        Flush::Sync => "SYNC_FLUSH",
    };
    format!(
        "brokerClusterName=throughput
brokerName=throughput
brokerIP1=127.0.0.1
brokerIP2=127.0.0.1
bindAddress=127.0.0.1
listenPort={port}
namesrvAddr=127.0.0.1:{name_port}
storePathRootDir={store}
storePathCommitLog={store}/commitlog
flushDiskType={flush}
transientStorePoolEnable=false
timerWheelEnable=false
diskMaxUsedSpaceRatio=95
cleanFileForciblyEnable=false
"
    )
}
