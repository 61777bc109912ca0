//! Runs Java's filter in a process.

use rocketmq_tower::BoxError;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(300);

/// Returns what Java's program writes for this input.
pub(super) async fn run(
    class_path: &str,
    input: Vec<u8>,
    arguments: &[&str],
) -> Result<Vec<u8>, BoxError> {
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-cp", class_path, "interop.Filter"]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut program = command.spawn()?;
    let mut stdin = program.stdin.take().ok_or("Java's program has no input")?;
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

/// Adds an expression and its messages to the input.
pub(super) fn add<T: AsRef<[u8]>>(input: &mut Vec<u8>, expression: &str, messages: &[T]) {
    push(input, expression.as_bytes());
    input.extend((messages.len() as u32).to_be_bytes());
    messages.iter().for_each(|message| push(input, message.as_ref()));
}

fn push(input: &mut Vec<u8>, bytes: &[u8]) {
    input.extend((bytes.len() as u32).to_be_bytes());
    input.extend(bytes);
}
