//! What a profile may say, member by member; every objection at once.

use crate::actions::Invalid;
use domain::profile::{Holder, Member};
use entity::account;

/// What a merge patch says about an optional member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit {
    /// Nothing: it stays.
    #[default]
    Keep,
    /// It is removed.
    Clear,
    /// It is set.
    Set(String),
}

impl From<Option<Option<String>>> for Edit {
    fn from(member: Option<Option<String>>) -> Self {
        match member {
            None => Self::Keep,
            Some(None) => Self::Clear,
            Some(Some(text)) => Self::Set(text),
        }
    }
}

/// Reads members and collects what cannot be used.
#[derive(Debug, Default)]
pub(super) struct Checks {
    pub(super) errors: Vec<Invalid>,
}

impl Checks {
    /// A free text of one line, at most so many characters; an empty one is none.
    pub(super) fn text(&mut self, pointer: &str, edit: &Edit, present: Option<String>, max: usize) -> Option<String> {
        self.read(edit, present, |text| {
            if text.chars().count() > max {
                return Err(Invalid::new(pointer, "too_long").with("max", max));
            }
            if text.chars().any(char::is_control) {
                return Err(Invalid::new(pointer, "invalid_format"));
            }
            Ok(text.to_owned())
        })
    }

    /// A member with a form of its own.
    pub(super) fn formed(
        &mut self,
        pointer: &str,
        edit: &Edit,
        present: Option<String>,
        read: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        self.read(edit, present, |text| read(text).ok_or_else(|| Invalid::new(pointer, "invalid_format")))
    }

    fn read(
        &mut self,
        edit: &Edit,
        present: Option<String>,
        read: impl FnOnce(&str) -> Result<String, Invalid>,
    ) -> Option<String> {
        match edit {
            Edit::Keep => present,
            Edit::Clear => None,
            Edit::Set(text) if text.trim().is_empty() => None,
            Edit::Set(text) => match read(text.trim()) {
                Ok(value) => Some(value),
                Err(invalid) => {
                    self.errors.push(invalid);
                    present
                }
            },
        }
    }
}

/// ISO 3166-1 alpha-2, upper case.
#[must_use]
pub fn country(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    (code.len() == 2 && COUNTRIES.split(' ').any(|known| known == code)).then_some(code)
}

/// Reads the plans of all countries, which takes a moment the first time: before anybody waits for it.
pub fn read_phone_plans() {
    let _plans = phone("+33 1 99 00 12 34");
}

/// The E.164 form of a number that its country's plan has, written with a plus sign; spaces, dots,
/// hyphens and parentheses are left out.
#[must_use]
pub fn phone(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')' | '\u{a0}')).collect();
    let written = kept.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let number = phonenumber::parse(None, &kept).ok().filter(|_| written)?;
    number.is_valid().then(|| number.format().mode(phonenumber::Mode::E164).to_string())
}

/// The country of a mobile number in its E.164 form; none for a line of another kind.
#[must_use]
pub fn mobile_country(number: &str) -> Option<String> {
    use phonenumber::Type;
    let number = phonenumber::parse(None, number).ok()?;
    let kind = number.number_type(&phonenumber::metadata::DATABASE);
    let country = number.country().id()?;
    matches!(kind, Type::Mobile | Type::FixedLineOrMobile).then(|| country.as_ref().to_owned())
}

/// Whose profile it is.
#[must_use]
pub fn holder(account: &account::Model) -> Holder<'_> {
    Holder { country: &account.country, kind: account.kind }
}

/// What a profile says of a member.
#[must_use]
pub fn value(account: &account::Model, member: Member) -> Option<&str> {
    let value = match member {
        Member::FirstName => &account.first_name,
        Member::LastName => &account.last_name,
        Member::Organisation => &account.organisation,
        Member::Street => &account.street,
        Member::PostalCode => &account.postal_code,
        Member::City => &account.city,
        Member::Phone => &account.phone,
        Member::Siret => &account.siret,
        Member::VatId => &account.vat_id,
    };
    value.as_deref()
}

/// What invoices need to name the owner, and the profile lacks.
#[must_use]
pub fn missing(account: &account::Model) -> Vec<Member> {
    holder(account).missing(|member| value(account, member).is_some())
}

/// ISO 3166-1 alpha-2, officially assigned codes.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI \
FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS \
IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA \
RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT \
TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_and_phones_have_their_form() {
        assert_eq!(country("fr").as_deref(), Some("FR"));
        assert_eq!([country("XX"), country("FRA"), country("R A")], [None, None, None]);
        assert_eq!(COUNTRIES.split(' ').count(), 249);
        assert_eq!(phone("+33 6 12 34 56 78").as_deref(), Some("+33612345678"));
        assert_eq!([phone("0612345678"), phone("+0612345678"), phone("+33abc45678")], [None, None, None]);
        // a number that no French line can have, and one of a country that there is not
        assert_eq!([phone("+33012345678"), phone("+33612345"), phone("+999612345678")], [None, None, None]);
        assert_eq!(phone("+1 (212) 555-2368").as_deref(), Some("+12125552368"));
    }

    #[test]
    fn texts_reach_mobile_numbers() {
        let countries = [("+33612345678", Some("FR")), ("+262692123456", Some("RE")), ("+12125552368", Some("US"))];
        for (number, country) in countries {
            assert_eq!(mobile_country(number).as_deref(), country, "{number}");
        }
        // a line in Paris, a number that costs its caller, a free one
        for number in ["+33142685300", "+33899701234", "+33800123456", "nothing"] {
            assert_eq!(mobile_country(number), None, "{number}");
        }
    }

    #[test]
    fn a_patch_keeps_clears_and_sets() {
        let mut checks = Checks::default();
        let present = || Some("Roubaix".to_owned());
        assert_eq!(checks.text("/city", &Edit::Keep, present(), 100), present());
        assert_eq!(checks.text("/city", &Edit::Clear, present(), 100), None);
        assert_eq!(checks.text("/city", &Edit::Set(" Lille ".to_owned()), present(), 100).as_deref(), Some("Lille"));
        assert_eq!(checks.text("/city", &Edit::Set("L".repeat(101)), present(), 100), present());
        assert_eq!(checks.text("/city", &Edit::Set("a\nb".to_owned()), present(), 100), present());
        let codes: Vec<_> = checks.errors.iter().map(|error| (error.pointer.as_str(), error.code)).collect();
        assert_eq!(codes, [("/city", "too_long"), ("/city", "invalid_format")]);
    }
}
