//! Our server, with OpenSSL's client. One of our channels reads and writes through `s_client`.

use super::certificates::Certificates;
use crate::check::{Checked, TIMEOUT, equal, report};
use crate::remoting::codes::ECHO;
use crate::remoting::server::Running;
use rocketmq_tower::client::Connector;
use rocketmq_tower::{BoxError, ChannelInfo, RemotingCommand};
use std::process::Stdio;
use tokio::process::Command;

const CERTIFICATE: &[&str] = &["-cert", "client.pem", "-key", "client.key"];
const STRANGER: &[&str] = &["-cert", "stranger.pem", "-key", "stranger.key"];

pub(crate) async fn check(certificates: &Certificates, servers: &[(&str, Running)]) -> Checked {
    let call = |kind: &'static str, authorities: &'static str, options: Vec<&'static str>| {
        let server = servers.iter().find(|(name, _)| *name == kind);
        let addr = server.map(|(_, server)| server.addr.clone()).unwrap_or_default();
        async move {
            let mut command = Command::new("openssl");
            command
                .args(["s_client", "-quiet", "-verify_quiet", "-verify_return_error"])
                .args(["-CAfile", authorities, "-connect", &addr])
                .args(options)
                .current_dir(certificates.folder());
            echo(command).await
        }
    };
    let answered = |kind, options| async move { call(kind, "ca.pem", options).await };
    let refused = |kind, authorities, options| async move {
        equal(call(kind, authorities, options).await.is_err(), true)
    };
    report("s_client, TLS 1.3", answered("none", vec!["-tls1_3"])).await?;
    report("s_client, TLS 1.2", answered("none", vec!["-tls1_2"])).await?;
    report("s_client, TLS 1.2, permissive", answered("permissive", vec!["-tls1_2"])).await?;
    let old = vec!["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"];
    report("s_client, TLS 1.1 is refused", refused("none", "ca.pem", old)).await?;
    report("s_client, no TLS here", refused("disabled", "ca.pem", vec![])).await?;
    report("s_client, another authority", refused("none", "other.pem", vec![])).await?;
    for version in ["-tls1_2", "-tls1_3"] {
        let with = |options: &[&'static str]| [options, &[version]].concat();
        let name = |what| format!("s_client {version}, {what}");
        report(&name("a certificate"), answered("mutual", with(CERTIFICATE))).await?;
        report(&name("a stranger's"), refused("mutual", "ca.pem", with(STRANGER))).await?;
        report(&name("none"), refused("mutual", "ca.pem", with(&[]))).await?;
        report(&name("none, which will do"), answered("optional", with(&[]))).await?;
    }
    Ok(())
}

/// Sends a request through the process, and checks the response.
async fn echo(mut command: Command) -> Checked {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.kill_on_drop(true).spawn()?;
    let stdin = process.stdin.take().ok_or("no input")?;
    let stdout = process.stdout.take().ok_or("no output")?;
    let channel = Connector::new().run(tokio::io::join(stdout, stdin), ChannelInfo::default());
    let request = RemotingCommand::request(ECHO).with_body(vec![7; 100_000]);
    let answer = channel.invoke(request, TIMEOUT).await.map_err(BoxError::from)?;
    equal(answer.body() == &vec![7; 100_000], true)
}
