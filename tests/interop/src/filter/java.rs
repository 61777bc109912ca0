//! Runs Java's filter in a process.

use super::cases::Case;
use rocketmq_tower::BoxError;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(300);

/// Returns what Java's program writes for these cases.
pub(super) async fn run(
    class_path: &str,
    cases: &[Case],
    arguments: &[&str],
) -> Result<Vec<u8>, BoxError> {
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-cp", class_path, "interop.Filter"]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut program = command.spawn()?;
    let mut stdin = program.stdin.take().ok_or("Java's program has no input")?;
    let input = encode(cases);
    let write = async move {
        let written = stdin.write_all(&input).await;
        // Its end.
        drop(stdin);
        written
    };
    let both = async { tokio::join!(write, program.wait_with_output()) };
    let (written, output) = timeout(LIMIT, both).await?;
    let output = output?;
    if !output.status.success() {
        return Err(format!("Java's program failed: {}", output.status).into());
    }
    written?;
    Ok(output.stdout)
}

fn encode(cases: &[Case]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for case in cases {
        push(&mut bytes, &case.expression);
        bytes.extend((case.messages.len() as u32).to_be_bytes());
        case.messages.iter().for_each(|message| push(&mut bytes, message));
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u32).to_be_bytes());
    bytes.extend(text.as_bytes());
}
