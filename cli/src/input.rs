//! Bodies and lines that commands read: from a file, or from stdin.

use crate::failure::Failure;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use tokio::task::block_in_place;

/// The maximum length of a body and of a line, in bytes: that of a frame.
const MAX: u64 = 16 << 20;

/// Reads all of a file, or of stdin if its name is `-`.
///
/// # Errors
/// If it cannot be read, or has more than 16 MiB.
pub(crate) fn all(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    block_in_place(|| open(path)?.take(MAX + 1).read_to_end(&mut content))
        .map_err(|error| unread(path, error))?;
    match content.len() as u64 > MAX {
        true => Err(unread(path, "it has more than 16 MiB")),
        false => Ok(content),
    }
}

/// The lines of a file, or of stdin.
pub(crate) struct Lines<'a> {
    path: &'a Path,
    input: Box<dyn BufRead + Send>,
}

impl<'a> Lines<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, Failure> {
        Ok(Self { path, input: open(path).map_err(|error| unread(path, error))? })
    }

    /// Returns the next line that is not empty, without its end; `None` after the last one.
    ///
    /// # Errors
    /// If the input cannot be read, or the line has more than 16 MiB.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            let mut line = Vec::new();
            let read = || self.input.as_mut().take(MAX + 2).read_until(b'\n', &mut line);
            match block_in_place(read).map_err(|error| unread(self.path, error))? {
                0 => return Ok(None),
                _ if line.len() as u64 > MAX + 1 => {
                    return Err(unread(self.path, "a line has more than 16 MiB"));
                }
                _ => {}
            }
            if line.ends_with(b"\n") {
                line.pop();
                if line.ends_with(b"\r") {
                    line.pop();
                }
            }
            if !line.is_empty() {
                return Ok(Some(line));
            }
        }
    }
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    Ok(match path.as_os_str() == "-" {
        true => Box::new(BufReader::new(io::stdin())),
        false => Box::new(BufReader::new(File::open(path)?)),
    })
}

fn unread(path: &Path, why: impl Display) -> Failure {
    let name = match path.as_os_str() == "-" {
        true => "stdin".into(),
        false => path.display().to_string(),
    };
    Failure::Usage(format!("{name}: {why}"))
}
