//! The size of the disk that a folder is on.

use std::path::Path;

/// The bytes of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DiskSpace {
    pub(crate) total: u64,
    pub(crate) free: u64,
    /// Those of the free ones that this process may use.
    usable: u64,
}

impl DiskSpace {
    /// Returns the space of the disk that has this file or folder. `None` if that is not known: for what
    /// does not exist, and on Windows.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(path).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let [total, free, usable] = [disk.f_blocks, disk.f_bfree, disk.f_bavail].map(bytes);
        Some(Self { total, free, usable })
    }

    #[cfg(not(unix))]
    pub(crate) fn of(_: &Path) -> Option<Self> {
        None
    }

    /// Returns how full the disk is, from 0 to 1, in percents that are rounded up, as in Java.
    pub(crate) fn ratio(self) -> f64 {
        let used = self.total.saturating_sub(self.free);
        let all = u128::from(used) + u128::from(self.usable);
        (u128::from(used) * 100).div_ceil(all.max(1)) as f64 / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::DiskSpace;
    use std::path::Path;

    #[test]
    fn the_ratio_is_of_what_this_process_may_use_and_is_rounded_up() {
        let ratio = |total, free, usable| DiskSpace { total, free, usable }.ratio();
        assert_eq!(ratio(1000, 1000, 1000), 0.0);
        assert_eq!(ratio(1000, 999, 999), 0.01);
        assert_eq!(ratio(1000, 500, 500), 0.5);
        assert_eq!(ratio(1000, 500, 0), 1.0);
        assert_eq!(ratio(0, 0, 0), 0.0);
        assert_eq!(ratio(u64::MAX, 0, 0), 1.0);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_is_on_a_disk() {
        let disk = DiskSpace::of(&std::env::temp_dir()).unwrap();
        assert!(disk.total > 0 && disk.free <= disk.total && disk.usable <= disk.free, "{disk:?}");
        assert_eq!(DiskSpace::of(Path::new("/no/such/folder")), None);
    }
}
