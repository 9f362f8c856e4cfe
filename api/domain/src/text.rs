//! Closed sets of words that are written the same in code, database, API and mail.

/// A word that is not one of the set it was read for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a {set}")]
pub struct UnknownWord {
    /// The set that was expected, e.g. `ServiceStatus`.
    pub set: &'static str,
    /// What was found.
    pub value: String,
}

/// Declares an enum whose variants each have one spelling: `as_str`, `ALL`, `Display`, `FromStr`,
/// serde and (with the feature `storage`) a text column.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "storage", derive(sea_orm::DeriveValueType))]
        #[cfg_attr(feature = "storage", sea_orm(value_type = "String"))]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every member, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling of this member.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        #[cfg(feature = "storage")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::UnknownWord;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($word => Ok(Self::$variant),)+
                    other => Err($crate::text::UnknownWord { set: stringify!($name), value: other.to_owned() }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                const WORDS: &[&str] = &[$($word),+];
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                std::str::FromStr::from_str(&word)
                    .map_err(|_| serde::de::Error::unknown_variant(&word, WORDS))
            }
        }
    };
}
pub(crate) use words;
