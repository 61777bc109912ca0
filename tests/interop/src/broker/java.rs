//! Runs Java's client in processes that end with this one.

use crate::apache::scratch::Scratch;
use crate::check::{Checked, clients_pass};
use crate::place::Place;
use rocketmq_tower::BoxError;
use std::path::PathBuf;
use tokio::process::Command;

pub(crate) struct Java {
    class_path: String,
    /// The class whose `main` runs the scenarios.
    main: &'static str,
    /// The directory for the clients' logs and the offsets of broadcasting groups.
    home: PathBuf,
    place: Place,
}

impl Java {
    pub(crate) fn new(class_path: &str, scratch: &Scratch) -> Result<Self, BoxError> {
        Self::with_main("interop.Scenarios", class_path, scratch.directory("clients")?)
    }

    pub(crate) fn with_main(
        main: &'static str,
        class_path: &str,
        home: PathBuf,
    ) -> Result<Self, BoxError> {
        Ok(Self {
            class_path: crate::apache::absolute(class_path)?,
            main,
            home,
            place: Place::Here,
        })
    }

    /// Moves the processes to another network.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Returns the command that runs `scenarios` and prints a line for each. The names of their topics
    /// and groups begin with `label`.
    pub(crate) fn command(
        &self,
        name_server: &str,
        label: &str,
        options: &[&str],
        scenarios: &[&str],
    ) -> Command {
        let mut command = Command::from(self.place.program("java"));
        command
            .args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg("-Djava.net.preferIPv4Stack=true")
            .arg("-Drocketmq.client.logLevel=WARN")
            .arg(format!("-Duser.home={}", self.home.display()))
            .arg(format!("-Drocketmq.client.localOffsetStoreDir={}", self.home.display()))
            .args(options)
            .args(["-cp", &self.class_path, self.main, name_server, label])
            .args(scenarios)
            .env_remove("NAMESRV_ADDR")
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(
        &self,
        name_server: &str,
        label: &str,
        options: &[&str],
        scenarios: &[&str],
    ) -> Checked {
        clients_pass(label, self.command(name_server, label, options, scenarios)).await
    }
}
