//! Which address a request comes from: the socket's, or behind trusted proxies the last one that
//! they did not add themselves.

use actix_web::http::header::HeaderMap;
pub use domain::network::{InvalidRange, Range};
use std::net::IpAddr;

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
