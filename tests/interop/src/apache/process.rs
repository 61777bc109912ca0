//! Runs one of Apache's servers in a process.

use crate::place::Place;
use rocketmq_tower::{BoxError, SerializeType};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Sends all logs to standard output, which goes to one file. Turns off the logs that are written
/// every second.
const LOGBACK: &str = r#"<configuration>
  <statusListener class="org.apache.rocketmq.logging.ch.qos.logback.core.status.NopStatusListener"/>
  <appender name="STDOUT" class="org.apache.rocketmq.logging.ch.qos.logback.core.ConsoleAppender">
    <encoder class="org.apache.rocketmq.logging.ch.qos.logback.classic.encoder.PatternLayoutEncoder">
      <pattern>%d{HH:mm:ss.SSS} %p %c{0} - %m%n</pattern>
    </encoder>
  </appender>
  <logger name="RocketmqPop" level="ERROR"/>
  <logger name="RocketmqTraffic" level="ERROR"/>
  <logger name="RocketmqWaterMark" level="ERROR"/>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
"#;

/// The program to start.
pub(crate) struct Program<'a> {
    pub(crate) class_path: &'a str,
    pub(crate) main: &'a str,
    /// The content of its configuration file.
    pub(crate) config: String,
    /// The maximum heap size, as the value of `-Xmx`.
    pub(crate) heap: &'a str,
    /// Options of the JVM.
    pub(crate) tuning: &'a [&'a str],
    /// The encoding of the headers that it writes.
    pub(crate) serialize_type: SerializeType,
}

/// JVM options for a server that runs for seconds: fast start, little memory.
pub(crate) const SHORT_LIVED: &[&str] =
    &["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxDirectMemorySize=512m"];

/// A running server. Dropping it kills the process.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the program with `directory` as its home.
    pub(crate) fn start(directory: &Path, program: &Program<'_>) -> Result<Self, BoxError> {
        Self::start_at(&Place::Here, directory, program)
    }

    /// Like `start`, in another network.
    pub(crate) fn start_at(
        place: &Place,
        directory: &Path,
        program: &Program<'_>,
    ) -> Result<Self, BoxError> {
        let name = program.main.rsplit('.').next().unwrap_or_default().to_owned();
        let (config, logback) = (directory.join("server.conf"), directory.join("logback.xml"));
        fs::write(&config, &program.config)?;
        fs::write(&logback, LOGBACK)?;
        let define = |name: &str, value: &Path| format!("-D{name}={}", value.display());
        let mut java = place.program("java");
        java.arg(format!("-Xmx{}", program.heap))
            .args(program.tuning)
            .arg("-Djava.net.preferIPv4Stack=true")
            // Otherwise it generates a certificate, which takes seconds.
            .arg("-Dtls.server.mode=disabled")
            .arg(format!("-Drocketmq.serialize.type={}", program.serialize_type.name()))
            .arg(define("rmq.logback.configurationFile", &logback))
            // All files that it writes go into the directory.
            .arg(define("rocketmq.home.dir", directory))
            .arg(define("user.home", directory))
            .arg(define("java.io.tmpdir", directory))
            .args(["-cp", program.class_path, "interop.Guarded", program.main, "-c"])
            .arg(&config)
            .env_remove("NAMESRV_ADDR");
        Self::spawn(&name, directory, java)
    }

    /// Starts the command in `directory`, with its output in the file `log`.
    pub(crate) fn spawn(
        name: &str,
        directory: &Path,
        mut command: Command,
    ) -> Result<Self, BoxError> {
        let log = directory.join("log");
        let output = File::create(&log)?;
        let child = command
            .current_dir(directory)
            // Stays open until this process ends, even if it is killed. Then `Guarded` ends as well.
            .stdin(Stdio::piped())
            .stderr(output.try_clone()?)
            .stdout(output)
            .spawn()
            .map_err(|error| format!("{name} cannot be started: {error}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn check_alive(&mut self) -> Result<(), BoxError> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("{} ended: {status}", self.name).into()),
        }
    }

    /// Prints the end of the log.
    pub(crate) fn print_log(&self) {
        print_end(&self.name, &self.log);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its data is no longer needed, so it is killed. Waiting makes sure that it writes nothing
        // into the directory while it is deleted.
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = ended {
            eprintln!("{} may still run: {error}", self.name);
        }
    }
}

/// Prints the last lines of a log.
pub(crate) fn print_end(name: &str, log: &Path) {
    let log = fs::read(log).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    eprintln!("== the last of {} lines of {name}", lines.len());
    for line in &lines[lines.len().saturating_sub(50)..] {
        eprintln!("{line}");
    }
}
