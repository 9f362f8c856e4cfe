//! Which address a request comes from: the socket's, or behind trusted proxies the last one that
//! they did not add themselves.

use actix_web::http::header::HeaderMap;
use std::net::IpAddr;

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
        let wrong = || InvalidRange(text.to_owned());
        let (base, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse::<u8>().map_err(|_| wrong()))?;
        if bits <= most { Ok(Self { base, bits }) } else { Err(wrong()) }
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
}

const fn same_prefix(left: u128, right: u128, ignored: u8) -> bool {
    match (left ^ right).checked_shr(ignored as u32) {
        Some(difference) => difference == 0,
        None => true,
    }
}

/// The proxies that the settings trust.
#[derive(Debug, Clone, Default)]
pub struct Trusted(Vec<Range>);

impl Trusted {
    /// Reads the setting: CIDR ranges, comma separated.
    ///
    /// # Errors
    /// [`InvalidRange`].
    pub fn parse(setting: &str) -> Result<Self, InvalidRange> {
        setting
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }

    /// Where a request comes from.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer.to_canonical();
        if !self.trusts(address) {
            return address;
        }
        let lines: Vec<&str> = headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
        // from the right: each trusted proxy vouches for the one to its left, and no further
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
            address = hop.to_canonical();
            if !self.trusts(address) {
                break;
            }
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn client(trusted: &str, peer: &str, forwarded: &str) -> String {
        let request = TestRequest::default().insert_header(("X-Forwarded-For", forwarded)).to_http_request();
        Trusted::parse(trusted).unwrap().client(peer.parse().unwrap(), request.headers()).to_string()
    }

    #[core::prelude::v1::test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client("", "10.0.0.1", "1.2.3.4"), "10.0.0.1");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", "forged, 10.0.0.2"), "10.0.0.2");
        assert_eq!(client("fd00::/8", "fd00::1", "2001:db8::1"), "2001:db8::1");
        assert_eq!(client("0.0.0.0/0", "10.0.0.1", "1.2.3.4"), "1.2.3.4");
    }

    #[core::prelude::v1::test]
    fn a_range_that_is_none_is_refused() {
        for wrong in ["10.0.0.0/33", "a/8", "10.0.0.0/x", "::/129"] {
            assert!(Trusted::parse(wrong).is_err(), "{wrong}");
        }
    }
}
