//! Which address a request comes from: the socket's, or behind trusted proxies the last one that
//! they did not add themselves.

use actix_web::http::header::{HeaderMap, HeaderValue};
pub use domain::network::{InvalidRange, Range};
use std::net::{IpAddr, SocketAddr};

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
        // bytes: what a client wrote to the left may be no text, and must not hide what the proxy added
        let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").map(HeaderValue::as_bytes).collect();
        // from the right: each trusted proxy vouches for the one to its left, and no further
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
            let Some(hop) = std::str::from_utf8(hop).ok().and_then(hop_address) else { break };
            address = hop.to_canonical();
            if !self.trusts(address) {
                break;
            }
        }
        address
    }
}

/// The address of a hop, which some proxies write with its port: `192.0.2.1:443`, `[2001:db8::1]:443`.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip())).or_else(bare)
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
    fn nothing_that_a_client_writes_hides_what_the_proxy_adds() {
        let forged = HeaderValue::from_bytes(b"\xff, 203.0.113.9").unwrap();
        let request = TestRequest::default().insert_header(("X-Forwarded-For", forged)).to_http_request();
        let trusted = Trusted::parse("10.0.0.0/8").unwrap();
        assert_eq!(trusted.client("10.0.0.1".parse().unwrap(), request.headers()).to_string(), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", "forged, 203.0.113.9:4711"), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", "[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", "[2001:db8::1]"), "2001:db8::1");
    }

    #[core::prelude::v1::test]
    fn a_range_that_is_none_is_refused() {
        for wrong in ["10.0.0.0/33", "a/8", "10.0.0.0/x", "::/129"] {
            assert!(Trusted::parse(wrong).is_err(), "{wrong}");
        }
    }
}
