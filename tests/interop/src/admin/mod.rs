//! Every command of mqadmin against Apache's broker and against `rocketmq-tower-broker`, with the same topics,
//! messages and clients. `admin/commands.txt` says how the outputs have to compare.

mod commands;
mod outputs;
pub(crate) mod through;

use crate::apache::scratch::Scratch;
use crate::apache::servers::Servers;
use crate::broker::process::Broker;
use crate::check::{Checked, report};
use crate::place::Place;
use commands::{Command, Mode};
use outputs::{Difference, Output};
use rocketmq_tower::{BoxError, SerializeType};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process;
use tokio::time::timeout;

/// The maximum time for all commands.
const LIMIT: Duration = Duration::from_secs(600);

/// Settings of Apache's broker: filters and traces are off by default, and ours has them.
const CONFIG: &str = "brokerClusterName=DefaultCluster
brokerName=broker-a
enablePropertyFilter=true
traceTopicEnable=true
timerWheelEnable=true
mappedFileSizeTimerLog=1048576
";

const FIXTURES: [(&str, &str); 2] = [
    ("topics.json", include_str!("../../admin/fixtures/topics.json")),
    ("groups.json", include_str!("../../admin/fixtures/groups.json")),
];

/// Runs all commands against both brokers. `only_names` shows the outputs of commands with these names, also
/// if they are as expected.
pub(crate) async fn run(class_path: &str, only_names: &[&str]) -> Result<(), BoxError> {
    let class_path = crate::apache::absolute(class_path)?;
    let (file, commands) = read_commands()?;
    let scratch = Scratch::new("admin")?;
    println!("== mqadmin, Apache's broker and rocketmq-tower-broker: {} commands", commands.len());
    let config = format!("{CONFIG}mappedFileSizeCommitLog=16777216\n");
    let (apache, mut broker) = (
        Servers::start_with(&class_path, SerializeType::Json, "admin", &config).await?,
        Broker::start(&scratch, "data")?,
    );
    broker.ready().await?;
    let run = |name: &str, name_server: &str, addr: &str| {
        let directory = scratch.directory(name);
        let (name_server, addr) = (name_server.to_owned(), addr.to_owned());
        let (class_path, file) = (class_path.clone(), file.clone());
        async move { mqadmin(&Place::Here, &class_path, &file, directory?, &name_server, &addr).await }
    };
    let (theirs, ours) = tokio::join!(
        run("apache", &apache.name_server, &apache.broker),
        run("tower", &broker.name_server, &broker.addr),
    );
    let (theirs, ours) = (theirs?, ours?);
    let checked = compare_all(&commands, &theirs, &ours, only_names);
    if checked.is_err() {
        broker.print_log();
    }
    report("the broker ends when it is told to", broker.stop()).await?;
    checked
}

/// Returns the file with the commands, and what is in it.
fn read_commands() -> Result<(PathBuf, Vec<Command>), BoxError> {
    let file = fs::canonicalize("admin/commands.txt")?;
    let commands = commands::read(&fs::read_to_string(&file)?)?;
    Ok((file, commands))
}

/// Runs all commands there, and returns the folder with their outputs.
async fn mqadmin(
    place: &Place,
    class_path: &str,
    file: &Path,
    home: PathBuf,
    name_server: &str,
    broker: &str,
) -> Result<PathBuf, BoxError> {
    let (outputs, files) = (home.join("outputs"), home.join("files"));
    fs::create_dir(&outputs)?;
    fs::create_dir(&files)?;
    for (name, content) in FIXTURES {
        fs::write(files.join(name), content)?;
    }
    let mut java = process::Command::from(place.program("java"));
    // Some commands write files where they run.
    java.current_dir(&files)
        .args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
        .arg("-Djava.net.preferIPv4Stack=true")
        .arg("-Drocketmq.client.logLevel=WARN")
        .arg(format!("-Duser.home={}", home.display()))
        .arg(format!("-Djava.io.tmpdir={}", files.display()))
        .args(["-cp", class_path, "interop.Mqadmin"])
        .arg(file)
        .arg(&outputs)
        .arg(format!("ns={name_server}"))
        .arg(format!("broker={broker}"))
        .arg("name=broker-a")
        .arg(format!("dir={}", files.display()))
        .env_remove("NAMESRV_ADDR")
        .kill_on_drop(true);
    let status = timeout(LIMIT, java.status()).await.map_err(|_| "FAILED mqadmin: timed out")??;
    if status.success() { Ok(outputs) } else { Err(format!("mqadmin failed: {status}").into()) }
}

fn compare_all(commands: &[Command], theirs: &Path, ours: &Path, show: &[&str]) -> Checked {
    let (mut wrong, mut same) = (0, 0);
    for command in commands {
        let (theirs, ours) = (Output::read(theirs, command)?, Output::read(ours, command)?);
        let compared = outputs::compare(command.mode, &theirs, &ours);
        if compared.is_err() || show.contains(&command.name()) {
            println!("-- Apache's\n{}\n-- ours\n{}", theirs.text, ours.text);
        }
        match compared {
            Ok(()) if command.mode == Mode::Prepare => {}
            Ok(()) if command.mode == Mode::Known => println!("differs {}", command.text),
            Ok(()) => {
                same += 1;
                println!("ok {}", command.text);
            }
            Err(Difference(text)) => {
                wrong += 1;
                println!("FAILED {}: {text}", command.text);
            }
        }
    }
    println!("{same} commands as expected, {wrong} not");
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} commands of mqadmin differ").into()) }
}
