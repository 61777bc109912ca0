//! The RocketMQ version of a command's sender.

/// The RocketMQ version of a command's sender: the ordinal of Java's `common/MQVersion`, not a
/// dotted number.
///
/// The binary header carries 16 bits of it. Values above 32767 are written as Java writes them (the
/// low 16 bits) and come back negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MqVersion(i32);

impl MqVersion {
    /// Java's default, sent when no version is configured.
    pub const UNSET: Self = Self(0);
    /// 4.1.0-SNAPSHOT: the first broker that filters by SQL.
    pub const V4_1_0_SNAPSHOT: Self = Self(232);
    /// 4.9.3.
    pub const V4_9_3: Self = Self(399);
    /// 4.9.4.
    pub const V4_9_4: Self = Self(401);
    /// 5.0.0.
    pub const V5_0_0: Self = Self(413);
    /// 5.3.1: the last version that does not understand the response code `GO_AWAY`.
    pub const V5_3_1: Self = Self(475);
    /// 5.3.2.
    pub const V5_3_2: Self = Self(477);
    /// 5.3.3.
    pub const V5_3_3: Self = Self(479);
    /// The version of commands that this library creates.
    pub const CURRENT: Self = Self::V5_3_3;

    /// Returns the ordinal.
    #[must_use]
    pub const fn as_i32(self) -> i32 {
        self.0
    }

    /// Whether a peer of this version understands the response code `GO_AWAY`. Versions after 5.3.1
    /// do (`NettyRemotingAbstract.processRequestCommand`).
    #[must_use]
    pub const fn knows_go_away(self) -> bool {
        self.0 > Self::V5_3_1.0
    }
}

impl Default for MqVersion {
    fn default() -> Self {
        Self::UNSET
    }
}

impl From<i32> for MqVersion {
    fn from(ordinal: i32) -> Self {
        Self(ordinal)
    }
}

impl std::fmt::Display for MqVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

impl std::fmt::Debug for MqVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}
