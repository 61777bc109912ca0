//! The bits of a message's system flag, as in Java's `MessageSysFlag`.
//!
//! ```
//! use rocketmq_tower_core::message::sys_flag;
//!
//! // Java's clients send this flag with a body compressed by zlib.
//! let flag = 769;
//! assert_ne!(flag & sys_flag::COMPRESSED, 0);
//! assert_eq!(flag & sys_flag::COMPRESSION_MASK, sys_flag::COMPRESSION_ZLIB);
//! assert_eq!(flag & sys_flag::TRANSACTION_MASK, sys_flag::TRANSACTION_NOT);
//! ```

/// The body is compressed, by zlib unless the bits of [`COMPRESSION_MASK`] say otherwise.
pub const COMPRESSED: i32 = 1;
/// The message has several tags.
pub const MULTI_TAGS: i32 = 1 << 1;

/// Mask of the bits for the state of a transaction.
pub const TRANSACTION_MASK: i32 = 3 << 2;
/// Value within [`TRANSACTION_MASK`]: no transaction.
pub const TRANSACTION_NOT: i32 = 0;
/// Value within [`TRANSACTION_MASK`]: the first half, which consumers do not see.
pub const PREPARED: i32 = 1 << 2;
/// Value within [`TRANSACTION_MASK`]: committed.
pub const COMMIT: i32 = 2 << 2;
/// Value within [`TRANSACTION_MASK`]: rolled back.
pub const ROLLBACK: i32 = 3 << 2;

/// The born host is an IPv6 address.
pub const BORN_HOST_V6: i32 = 1 << 4;
/// The store host is an IPv6 address.
pub const STORE_HOST_V6: i32 = 1 << 5;
/// The body holds several messages; consumers must unwrap them.
pub const NEED_UNWRAP: i32 = 1 << 6;
/// The message is a batch that is stored as one message.
pub const INNER_BATCH: i32 = 1 << 7;

/// Mask of the bits for the compression algorithm; 0 means zlib, too.
pub const COMPRESSION_MASK: i32 = 7 << 8;
/// Value within [`COMPRESSION_MASK`]: LZ4. Only Java's clients know it.
pub const COMPRESSION_LZ4: i32 = 1 << 8;
/// Value within [`COMPRESSION_MASK`]: Zstandard. Only Java's clients know it.
pub const COMPRESSION_ZSTD: i32 = 2 << 8;
/// Value within [`COMPRESSION_MASK`]: zlib.
pub const COMPRESSION_ZLIB: i32 = 3 << 8;
