/// Why a CIDR string is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNetworkError {
    /// The part before the `/` is not an IP address.
    #[error("a network must begin with an IP address, such as in 10.0.0.0/8")]
    Address,
    /// The prefix length is not a number, or is too large.
    #[error("the prefix length must be a number from 0 to {max}")]
    Prefix {
        /// The maximum prefix length: the address's length in bits.
        max: u8,
    },
    /// The address has non-zero bits after the prefix.
    #[error("the bits after the /{prefix} prefix must be zero")]
    BitsBehindPrefix {
        /// The prefix length.
        prefix: u8,
    },
}
