//! The bits of a message's system flag, as in Java's `MessageSysFlag`.
//!
//! ```
//! use rocketmq_tower_core::message::sys_flag;
//!
//! // What Java's clients send with a body that zlib has compressed.
//! let flag = 769;
//! assert_ne!(flag & sys_flag::COMPRESSED, 0);
//! assert_eq!(flag & sys_flag::COMPRESSION_MASK, sys_flag::COMPRESSION_ZLIB);
//! assert_eq!(flag & sys_flag::TRANSACTION_MASK, sys_flag::TRANSACTION_NOT);
//! ```

/// The body is compressed: by zlib, if the bits of [`COMPRESSION_MASK`] do not say otherwise.
pub const COMPRESSED: i32 = 1;
/// The message has several tags.
pub const MULTI_TAGS: i32 = 1 << 1;

/// The bits that tell about a transaction.
pub const TRANSACTION_MASK: i32 = 3 << 2;
/// Of [`TRANSACTION_MASK`]: no transaction.
pub const TRANSACTION_NOT: i32 = 0;
/// Of [`TRANSACTION_MASK`]: the first half, which consumers do not see.
pub const PREPARED: i32 = 1 << 2;
/// Of [`TRANSACTION_MASK`]: committed.
pub const COMMIT: i32 = 2 << 2;
/// Of [`TRANSACTION_MASK`]: rolled back.
pub const ROLLBACK: i32 = 3 << 2;

/// The born host is an IPv6 address.
pub const BORN_HOST_V6: i32 = 1 << 4;
/// The store host is an IPv6 address.
pub const STORE_HOST_V6: i32 = 1 << 5;
/// Consumers are to take the message for those that its body holds.
pub const NEED_UNWRAP: i32 = 1 << 6;
/// The message is a batch that is stored as one.
pub const INNER_BATCH: i32 = 1 << 7;

/// The bits that tell how a body is compressed; 0 is zlib, too.
pub const COMPRESSION_MASK: i32 = 7 << 8;
/// Of [`COMPRESSION_MASK`]: LZ4. Only Java's clients know it.
pub const COMPRESSION_LZ4: i32 = 1 << 8;
/// Of [`COMPRESSION_MASK`]: Zstandard. Only Java's clients know it.
pub const COMPRESSION_ZSTD: i32 = 2 << 8;
/// Of [`COMPRESSION_MASK`]: zlib.
pub const COMPRESSION_ZLIB: i32 = 3 << 8;
