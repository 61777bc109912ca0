//! Every command of mqadmin at one of two equal clusters, and through a gateway at the other one.

use super::commands::{Command, Mode};
use super::outputs::{self, Difference, Output};
use crate::check::Checked;
use crate::place::Place;
use std::path::{Path, PathBuf};

/// Where and for what mqadmin runs.
pub(crate) struct Run {
    pub(crate) place: Place,
    pub(crate) name_server: String,
    pub(crate) broker: String,
    /// A new folder, for its files.
    pub(crate) home: PathBuf,
}

/// Runs all commands in both ways, and checks that they print the same, except for addresses and what differs from run to run.
pub(crate) async fn compare(class_path: &str, direct: Run, through: Run) -> Checked {
    let class_path = crate::apache::absolute(class_path)?;
    let (file, commands) = super::read_commands()?;
    let run = async |run: Run| {
        let Run { place, name_server, broker, home } = run;
        super::mqadmin(&place, &class_path, &file, home, &name_server, &broker).await
    };
    let (direct, through) = tokio::join!(run(direct), run(through));
    let (direct, through) = (direct?, through?);
    let (mut equal, mut fail, mut wrong) = (0, 0, 0);
    for command in commands.iter().filter(|command| command.mode != Mode::Prepare) {
        match compare_one(command, &direct, &through)? {
            Ok(fails) => {
                equal += 1;
                fail += usize::from(fails);
            }
            Err((Difference(text), direct, through)) => {
                wrong += 1;
                println!("FAILED {}: {text}\n-- direct\n{direct}\n-- through", command.text);
                println!("{through}");
            }
        }
    }
    println!(
        "ok mqadmin: {equal} commands print the same through the gateway, {fail} of them the same error; {wrong} do not"
    );
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} commands of mqadmin differ").into()) }
}

/// A difference, with both outputs.
type Different = (Difference, String, String);

/// Returns whether both outputs are the same error.
fn compare_one(
    command: &Command,
    direct: &Path,
    through: &Path,
) -> Result<Result<bool, Different>, std::io::Error> {
    let (direct, through) = (Output::read(direct, command)?, Output::read(through, command)?);
    let mode = match command.mode {
        // What sets this broker apart from Apache's, or is an error there.
        Mode::Known | Mode::Fails => Mode::Same,
        // Errors of this broker, and figures of Apache's that depend on the time.
        Mode::Left => Mode::Shape,
        // The number of lines depends on the time.
        Mode::Works => Mode::Works,
        mode => mode,
    };
    let compared = match mode {
        Mode::Names => outputs::same_names(&direct, &through),
        mode => outputs::compare(mode, &direct, &through),
    };
    Ok(match compared {
        Ok(()) => Ok(direct.fails()),
        Err(difference) => Err((difference, direct.text, through.text)),
    })
}
