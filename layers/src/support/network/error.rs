/// Why something is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNetworkError {
    /// What should be an address is none.
    #[error("a network begins with an IP address, such as in 10.0.0.0/8")]
    Address,
    /// The length of the prefix is no number, or too large.
    #[error("the length of the network's prefix is a number from 0 to {max}")]
    Prefix {
        /// The length of the address.
        max: u8,
    },
    /// The address has bits behind the prefix.
    #[error("the network's address has bits behind the first {prefix}, which must be zero")]
    BitsBehindPrefix {
        /// The length of the prefix.
        prefix: u8,
    },
}
