//! The macro behind [`RequestCode`](super::RequestCode) and [`ResponseCode`](super::ResponseCode).

/// Defines a newtype over the code on the wire: named constants, and look-ups in both directions.
macro_rules! codes {
    ($(#[$doc:meta])* pub struct $Type:ident { $($NAME:ident = $code:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $Type(i32);

        impl $Type {
            $(
                #[doc = concat!("`", stringify!($NAME), "`, ", $code, " on the wire.")]
                pub const $NAME: Self = Self($code);
            )*

            /// Every constant, in ascending order of the code.
            pub const ALL: &'static [Self] = &[$(Self::$NAME),*];

            /// Returns the number on the wire.
            #[must_use]
            pub const fn as_i32(self) -> i32 {
                self.0
            }

            /// Returns RocketMQ's name for the code, or `None` if RocketMQ does not define it.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($NAME)),)*
                    _ => None,
                }
            }

            /// Returns the code with this RocketMQ name, which must match exactly (upper case).
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($NAME) => Some(Self::$NAME),)*
                    _ => None,
                }
            }
        }

        impl From<i32> for $Type {
            fn from(code: i32) -> Self {
                Self(code)
            }
        }

        impl From<$Type> for i32 {
            fn from(code: $Type) -> Self {
                code.0
            }
        }

        /// Parses a name or a number.
        impl std::str::FromStr for $Type {
            type Err = $crate::command::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let number = || text.parse().ok().map(Self);
                Self::from_name(text).or_else(number).ok_or($crate::command::UnknownName)
            }
        }

        /// Writes the name if there is one, else the number.
        impl std::fmt::Display for $Type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => std::fmt::Display::fmt(&self.0, f),
                }
            }
        }

        impl std::fmt::Debug for $Type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{}({name})", self.0),
                    None => write!(f, "{}", self.0),
                }
            }
        }

        #[cfg(test)]
        mod tests {
            use super::$Type;

            #[test]
            fn names_and_codes_match_both_ways() {
                for code in $Type::ALL {
                    let name = code.name().unwrap_or_default();
                    assert_eq!($Type::from_name(name), Some(*code));
                    assert_eq!(name.parse(), Ok(*code));
                    assert_eq!(code.to_string(), name);
                }
                assert!($Type::ALL.windows(2).all(|pair| pair[0] < pair[1]), "sorted and unique");
            }

            #[test]
            fn unknown_codes_are_kept() {
                let code = $Type::from(-77_777);
                assert_eq!((code.as_i32(), code.name()), (-77_777, None));
                assert_eq!("-77777".parse(), Ok(code));
                assert_eq!(format!("{code} {code:?}"), "-77777 -77777");
                assert!("NO_SUCH_CODE".parse::<$Type>().is_err());
            }
        }
    };
}
