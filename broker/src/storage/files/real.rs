//! A folder of the operating system.

use super::{File, Folder};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder of the operating system.
#[derive(Debug)]
pub(crate) struct RealFolder {
    path: PathBuf,
}

impl RealFolder {
    /// Opens a folder, which is created if it does not exist.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        create_folder(path)?;
        Ok(Self { path: path.into() })
    }
}

impl Folder for RealFolder {
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut options = OpenOptions::new();
        for_owner(options.read(true).write(true).create_new(true));
        let file = options.open(self.path.join(name))?;
        Ok(Arc::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                // The store's own names are UTF-8.
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn sync(&self) -> io::Result<()> {
        sync_folder(&self.path)
    }
}

/// Creates a folder and those that it is in, unless they exist. On Unix, only their owner can read them:
/// they have messages.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Lets only the owner read a file that is created, on Unix.
fn for_owner(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Windows has no such call: its file systems keep the order of changes to folders.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

impl File for fs::File {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        read_exact_at(self, bytes, offset)
    }

    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> bool {
        read_without_wait(self, bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        write_all_at(self, bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        fs::File::sync_data(self)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        fs::File::set_len(self, len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

/// Whatever the error is, such as of a file system that cannot do this: an ordinary read follows.
#[cfg(target_os = "linux")]
fn read_without_wait(file: &fs::File, bytes: &mut [u8], offset: u64) -> bool {
    let wanted = bytes.len();
    let mut parts = [io::IoSliceMut::new(bytes)];
    let flags = rustix::io::ReadWriteFlags::NOWAIT;
    rustix::io::preadv2(file, &mut parts, offset, flags).is_ok_and(|length| length == wanted)
}

/// Other systems do not tell.
#[cfg(not(target_os = "linux"))]
fn read_without_wait(_: &fs::File, _: &mut [u8], _: u64) -> bool {
    false
}

#[cfg(unix)]
use std::os::unix::fs::FileExt;

#[cfg(unix)]
fn read_exact_at(file: &fs::File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(bytes, offset)
}

#[cfg(unix)]
fn write_all_at(file: &fs::File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

#[cfg(windows)]
use std::os::windows::fs::FileExt;

#[cfg(windows)]
fn read_exact_at(file: &fs::File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.seek_read(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                bytes = &mut bytes[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_all_at(file: &fs::File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.seek_write(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = &bytes[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Folder, RealFolder};
    use crate::storage::tests::Scratch;

    #[test]
    fn a_read_that_does_not_wait_reads_all_or_says_that_it_did_not() {
        let scratch = Scratch::new();
        let file = RealFolder::open(&scratch).unwrap().create("file").unwrap();
        file.write_at(b"0123456789", 0).unwrap();
        let mut bytes = [0; 5];
        // Not every system and file system can do this.
        if file.read_cached_at(&mut bytes, 5) {
            assert_eq!(&bytes, b"56789");
        }
        assert!(!file.read_cached_at(&mut bytes, 6), "the file ends before");
    }
}
