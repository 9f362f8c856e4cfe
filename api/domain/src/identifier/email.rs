//! E-mail addresses.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A text that is not an e-mail address we can write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidEmail;

/// An e-mail address, trimmed: RFC 5321 without quoted local parts, address literals or SMTPUTF8.
///
/// The local part is kept as written, since its mailbox may care. Two addresses are the same when they
/// differ in case only; [`EmailAddress::key`] is what a unique index holds.
#[derive(Clone)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// As written, with the domain in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case, for comparison.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// What comes before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// What comes after the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// What may be shown to somebody else: `c•••@e•••.com`.
    #[must_use]
    pub fn masked(&self) -> String {
        let first = |part: &str| part.chars().next().map(String::from).unwrap_or_default();
        let last_label = self.domain().rsplit_once('.').map_or("", |(_, label)| label);
        format!("{}•••@{}•••.{last_label}", first(self.local_part()), first(self.domain()))
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        if text.len() > 254 || !is_local_part(local) || !is_domain(domain) {
            return Err(InvalidEmail);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

/// Dot-separated atoms of RFC 5322, at most 64 characters.
fn is_local_part(local: &str) -> bool {
    let in_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(in_atom))
}

/// At least two labels of letters, digits and inner hyphens; the last begins with a letter.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.len() >= 2 && last.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        && domain.split('.').all(is_label)
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Masked, so that no log holds an address.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl serde::Serialize for EmailAddress {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for EmailAddress {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
