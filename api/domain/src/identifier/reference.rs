//! Invoice numbers and mandate references: taken as they are, never trimmed.

/// `^[A-Za-z0-9+\-_/]{1,35}$` (rule K2).
pub(super) fn invoice_number(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'/');
    ((1..=35).contains(&text.len()) && text.bytes().all(allowed)).then(|| text.to_owned())
}

/// 1 to 35 characters of the SEPA set; no slash at either end, no double slash (EPC217-08), no space
/// at either end.
pub(super) fn mandate_reference(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-?:().,'+ ".contains(&byte);
    let edge = |letter: char| letter == '/' || letter == ' ';
    let well_formed = (1..=35).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with(edge)
        && !text.ends_with(edge)
        && !text.contains("//");
    well_formed.then(|| text.to_owned())
}
