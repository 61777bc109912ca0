//! The bits of a topic's permission, as in Java's `PermName`.

/// Its queues can be read.
pub const READ: i32 = 1 << 2;
/// Its queues can be written.
pub const WRITE: i32 = 1 << 1;
/// New topics may be created with its settings. Only the default topic has this bit.
pub const INHERIT: i32 = 1;
/// The master with the largest permission is preferred (Java: `INDEX_PERM_PRIORITY`).
pub const PRIORITY: i32 = 1 << 3;
