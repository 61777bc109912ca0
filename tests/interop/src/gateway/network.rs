//! Three networks: clients are `outside`, brokers are `inside`, and both have a link to the `door` alone, where gateways run.

use crate::apache::scratch::Scratch;
use crate::check::Checked;
use crate::place::Place;
use rocketmq_tower::BoxError;
use std::fs;
use std::process::{Command, Output};

/// The addresses of the links. Nothing else has them: the networks of other runs, and that of the machine, are apart.
pub(super) const INSIDE: &str = "10.1.0.2";
pub(super) const OUTSIDE: &str = "10.2.0.2";
/// The addresses of the door for those outside: one for each gateway.
pub(super) const DOORS: [&str; 2] = ["10.2.0.1", "10.2.0.3"];

/// Before the process id of a run in the names of its namespaces.
const PREFIX: &str = "rocketmq-tower-gateway-";

/// Fields are dropped in order.
pub(super) struct Network {
    outside: Namespace,
    door: Namespace,
    inside: Namespace,
}

impl Network {
    /// Creates the namespaces, and removes those of earlier runs that were killed.
    pub(super) fn new() -> Result<Self, BoxError> {
        remove_old()?;
        let (outside, door) = (Namespace::new("outside")?, Namespace::new("door")?);
        let network = Self { outside, door, inside: Namespace::new("inside")? };
        network.link(&network.inside, "in", "10.1.0.1/24", &format!("{INSIDE}/24"))?;
        network.link(&network.outside, "out", "10.2.0.1/24", &format!("{OUTSIDE}/24"))?;
        network.door.ip(&["addr", "add", "10.2.0.3/24", "dev", "out"])?;
        Ok(network)
    }

    /// Links a namespace to the door, whose end has this name.
    fn link(&self, other: &Namespace, name: &str, door: &str, addr: &str) -> Checked {
        let (ours, theirs) = (&self.door.0, &other.0);
        let ends = ["link", "add", name, "netns", ours, "type", "veth"];
        ip(&[&ends[..], &["peer", "name", "door", "netns", theirs]].concat())?;
        for (namespace, device, addr) in [(&self.door, name, door), (other, "door", addr)] {
            namespace.ip(&["addr", "add", addr, "dev", device])?;
            namespace.ip(&["link", "set", device, "up"])?;
        }
        Ok(())
    }

    pub(super) fn outside(&self) -> Place {
        self.outside.place()
    }

    pub(super) fn door(&self) -> Place {
        self.door.place()
    }

    pub(super) fn inside(&self) -> Place {
        self.inside.place()
    }
}

/// A network namespace. Dropping it kills the processes that are left in it, and removes it.
struct Namespace(String);

impl Namespace {
    fn new(name: &str) -> Result<Self, BoxError> {
        let name = format!("{PREFIX}{}-{name}", std::process::id());
        ip(&["netns", "add", &name]).map_err(|error| {
            format!(
                "the suite needs network namespaces, and cannot make them: {error}. Install iproute2, such as with `apt-get install \
                 iproute2`, and run it as root, with CAP_NET_ADMIN and CAP_SYS_ADMIN, in a container with `--privileged`"
            )
        })?;
        let namespace = Self(name);
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    fn place(&self) -> Place {
        Place::Namespace(self.0.clone())
    }

    /// Runs a command of `ip` for this namespace.
    fn ip(&self, arguments: &[&str]) -> Checked {
        ip(&[&["-n", self.0.as_str()], arguments].concat()).map(drop)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            eprintln!("the namespace {} is left: {error}", self.0);
        }
    }
}

/// Removes the namespaces and files of runs that were killed.
fn remove_old() -> Checked {
    // Without `ip`, the reason follows when a namespace is made.
    let Ok(list) = ip(&["netns", "list"]) else { return Ok(()) };
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| is_left(name).unwrap_or(false)) {
        remove(name)?;
    }
    Ok(())
}

/// Returns whether this is the name of a namespace whose run has ended; `None` if it is that of something else.
fn is_left(name: &str) -> Option<bool> {
    let (id, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let id: u32 = id.parse().ok()?;
    // This run has made none yet.
    if id == std::process::id() {
        return Some(true);
    }
    let runs = fs::read_to_string(format!("/proc/{id}/comm"));
    let runs = runs.is_ok_and(|name| name.trim_end() == "interop");
    if !runs {
        Scratch::remove_of(id, super::SCRATCH);
    }
    Some(!runs)
}

/// Kills the processes in the namespace, and removes it.
fn remove(name: &str) -> Checked {
    let ids = ip(&["netns", "pids", name])?;
    let ids: Vec<_> = ids.split_whitespace().collect();
    if !ids.is_empty() {
        // Some may have ended since.
        Command::new("kill").arg("-KILL").args(ids).output()?;
    }
    ip(&["netns", "del", name]).map(drop)
}

/// Runs `ip`, and returns its output.
fn ip(arguments: &[&str]) -> Result<String, BoxError> {
    let failed = |error| format!("`ip` cannot be started: {error}");
    let Output { status, stdout, stderr } =
        Command::new("ip").args(arguments).output().map_err(failed)?;
    if !status.success() {
        let command = arguments.join(" ");
        let reason = String::from_utf8_lossy(&stderr).trim_end().to_owned();
        return Err(format!("`ip {command}` fails: {reason}").into());
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
