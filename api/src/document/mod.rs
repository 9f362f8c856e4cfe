//! Legal documents in other forms than JSON.
