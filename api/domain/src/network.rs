//! Addresses, ranges of them, and the rules by which an account may be used from some and not from
//! others.

use crate::text::words;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// Rules of one account.
pub const MAX_RULES: usize = 100;

/// A range of addresses in CIDR form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    base: IpAddr,
    bits: u8,
}

/// A text that is no CIDR range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address range such as 10.0.0.0/8")]
pub struct InvalidRange(String);

impl std::str::FromStr for Range {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let wrong = || InvalidRange(text.chars().take(64).collect());
        let (base, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse::<u8>().map_err(|_| wrong()))?;
        if bits > most {
            return Err(wrong());
        }
        // addresses are compared in their canonical form: `::ffff:192.0.2.0/120` is 192.0.2.0/24
        Ok(match (base, base.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(base)) if bits >= 96 => {
                Self { base: IpAddr::V4(base), bits: bits.saturating_sub(96) }
            }
            _ => Self { base, bits },
        })
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl Serialize for Range {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Range {
    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                same_prefix(base.to_bits().into(), address.to_bits().into(), 32_u8.saturating_sub(self.bits))
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                same_prefix(base.to_bits(), address.to_bits(), 128_u8.saturating_sub(self.bits))
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// The same range, written from its first address.
    #[must_use]
    pub fn canonical(self) -> Self {
        let base = match self.base {
            IpAddr::V4(base) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(self.bits.into())).unwrap_or(0);
                IpAddr::V4((base.to_bits() & mask).into())
            }
            IpAddr::V6(base) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(self.bits.into())).unwrap_or(0);
                IpAddr::V6((base.to_bits() & mask).into())
            }
        };
        Self { base, ..self }
    }

    /// The network that an address is in, as one household or office has it: /24 of IPv4, /56 of IPv6.
    #[must_use]
    pub fn neighbourhood(address: IpAddr) -> Self {
        let base = address.to_canonical();
        Self { base, bits: if base.is_ipv4() { 24 } else { 56 } }.canonical()
    }

    /// What one customer of an access provider has at least: an IPv4 address, a /64 of IPv6.
    #[must_use]
    pub fn household(address: IpAddr) -> Self {
        let base = address.to_canonical();
        Self { base, bits: if base.is_ipv4() { 32 } else { 64 } }.canonical()
    }

    /// The household of an address in text form, in text form: what anything is counted for that an
    /// address does, because a /64 has more addresses than could be counted.
    #[must_use]
    pub fn household_of(address: &str) -> Option<String> {
        address.parse().ok().map(|address| Self::household(address).to_string())
    }
}

const fn same_prefix(left: u128, right: u128, ignored: u8) -> bool {
    match (left ^ right).checked_shr(ignored as u32) {
        Some(difference) => difference == 0,
        None => true,
    }
}

words! {
    /// What a rule says about an address.
    IpAction {
        /// The account may be used from there.
        Allow = "allow",
        /// It may not.
        Deny = "deny",
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpRule {
    /// The addresses that it is about.
    pub cidr: Range,
    /// What it says about them.
    pub action: IpAction,
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// From which addresses an account may be used: the first rule that fits decides, else the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpRules {
    /// In the order in which they are asked.
    pub rules: Vec<IpRule>,
    /// What holds where no rule fits.
    pub default_action: IpAction,
}

impl Default for IpRules {
    fn default() -> Self {
        Self { rules: Vec::new(), default_action: IpAction::Allow }
    }
}

impl IpRules {
    /// Whether the account may be used from an address. One that is not known is in no range.
    #[must_use]
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        let fits = |rule: &&IpRule| address.is_some_and(|address| rule.cidr.contains(address));
        let action = self.rules.iter().find(fits).map_or(self.default_action, |rule| rule.action);
        match action {
            IpAction::Allow => true,
            IpAction::Deny => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &[(&str, IpAction)], default_action: IpAction) -> IpRules {
        let rule =
            |(cidr, action): &(&str, IpAction)| IpRule { cidr: cidr.parse().unwrap(), action: *action, label: None };
        IpRules { rules: rules.iter().map(rule).collect(), default_action }
    }

    fn allows(rules: &IpRules, address: &str) -> bool {
        rules.allow(Some(address.parse().unwrap()))
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        use IpAction::{Allow, Deny};
        let office = rules(&[("192.0.2.66/32", Deny), ("192.0.2.0/24", Allow), ("2001:db8::/32", Allow)], Deny);
        assert!(allows(&office, "192.0.2.1") && allows(&office, "2001:db8::1"));
        assert!(!allows(&office, "192.0.2.66") && !allows(&office, "198.51.100.1") && !allows(&office, "2001:db9::1"));
        // an IPv4 address in IPv6 dress is the same one
        assert!(allows(&office, "::ffff:192.0.2.1") && !allows(&office, "::ffff:192.0.2.66"));
        assert!(!office.allow(None));
        let but_one = rules(&[("198.51.100.0/24", Deny)], Allow);
        assert!(allows(&but_one, "192.0.2.1") && !allows(&but_one, "198.51.100.7") && but_one.allow(None));
        assert!(allows(&IpRules::default(), "192.0.2.1"));
        assert!(!allows(&rules(&[("0.0.0.0/0", Allow)], Deny), "2001:db8::1"));
        assert!(allows(&rules(&[("::/0", Allow)], Deny), "2001:db8::1"));
    }

    #[test]
    fn ranges_are_written_from_their_first_address() {
        let written = |text: &str| text.parse::<Range>().unwrap().canonical().to_string();
        assert_eq!(written("192.0.2.77/24"), "192.0.2.0/24");
        assert_eq!(written("192.0.2.77"), "192.0.2.77/32");
        assert_eq!(written("10.1.2.3/0"), "0.0.0.0/0");
        assert_eq!(written("2001:db8:1:2:3::4/56"), "2001:db8:1::/56");
        assert_eq!(written("::1/0"), "::/0");
        assert_eq!(Range::neighbourhood("::ffff:192.0.2.7".parse().unwrap()).to_string(), "192.0.2.0/24");
        assert_eq!(Range::household("2001:db8::7".parse().unwrap()).to_string(), "2001:db8::/64");
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for wrong in ["10.0.0.0/33", "a/8", "10.0.0.0/x", "::/129", "", "10.0.0/8", "10.0.0.0/8/8"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }
}
