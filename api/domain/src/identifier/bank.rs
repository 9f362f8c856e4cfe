//! IBAN, BIC, SEPA creditor identifier.

use super::{compact, mod_97};
use iban::IbanLike;

/// ISO 3166-1 alpha-2, and XK (Kosovo), which banks use.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK";

pub(super) fn iban(text: &str) -> Option<String> {
    compact(text).parse::<iban::Iban>().ok().map(|iban| iban.electronic_str().to_owned())
}

/// `[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?`, the pattern of ISO 20022 messages, with a country
/// that exists.
pub(super) fn bic(text: &str) -> Option<String> {
    let bic = compact(text);
    let well_formed = matches!(bic.len(), 8 | 11) && is_alphanumeric(&bic) && bic.get(4..6).is_some_and(is_country);
    well_formed.then_some(bic)
}

/// Country, two check digits, three characters of business code that the check digits ignore, and the
/// national identifier; at most 35 characters (EPC AT-02).
pub(super) fn creditor_id(text: &str) -> Option<String> {
    let id = compact(text);
    let (check, national) = (id.get(2..4)?, id.get(7..)?);
    let well_formed = (8..=35).contains(&id.len())
        && is_alphanumeric(&id)
        && id.get(..2).is_some_and(is_country)
        && check.bytes().all(|byte| byte.is_ascii_digit());
    let right = mod_97(national.chars().chain(id.get(..4)?.chars())) == Some(1);
    (well_formed && right).then_some(id)
}

fn is_country(code: &str) -> bool {
    code.len() == 2 && COUNTRIES.split_ascii_whitespace().any(|known| known == code)
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}
