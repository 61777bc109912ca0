//! Apache's name server and broker, as one would run them for work.

use super::server::Flush;
use crate::apache::process::{Process, Program};
use crate::apache::scratch::Scratch;
use rocketmq_tower::{BoxError, SerializeType};
use std::path::Path;

/// The collector of Apache's own scripts, and a heap that never has to grow.
const BROKER: &[&str] = &["-Xms2g", "-XX:+UseG1GC", "-XX:MaxDirectMemorySize=1g"];
const HEAP: &str = "2g";

/// It has nothing to do here.
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

/// Its defaults, but for the addresses; for the wheel of its timers, which would only cost it
/// something; and for disks that are rather full, where it would delete what is being measured. When
/// nine tenths are used, it takes no more messages.
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
