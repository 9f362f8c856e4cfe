//! What a profile says about the holder of an account, by country and kind: one table, from which the
//! rules are published, values are read, and it is decided whether a profile is complete.
//!
//! Postal codes have the forms that the countries' postal services publish (UPU, *Addressing systems*);
//! VAT ids those of the member states (Directive 2006/112/EC, art. 214 and 215; VIES). SIRET numbers belong
//! to bodies in France and in the overseas departments and collectivities of its register (code de commerce,
//! R. 123-220 and following).

use crate::account::AccountKind;
use crate::form::Form;
use crate::identifier::{Siret, VatId};
use crate::text::words;

words! {
    /// A member of a profile that depends on who holds the account, or where.
    Member {
        /// First name.
        FirstName = "first_name",
        /// Last name.
        LastName = "last_name",
        /// Name of a company, association or public body.
        Organisation = "organisation",
        /// Number and street.
        Street = "street",
        /// Postal code.
        PostalCode = "postal_code",
        /// City.
        City = "city",
        /// Phone number.
        Phone = "phone",
        /// SIRET of a French body.
        Siret = "siret",
        /// VAT identification number.
        VatId = "vat_id",
    }
}

words! {
    /// Whether a profile has a member.
    Requirement {
        /// A profile without it is not complete.
        Required = "required",
        /// As the holder likes.
        Optional = "optional",
        /// Never.
        NotApplicable = "not_applicable",
    }
}

/// E.164: a plus sign and at most fifteen digits. Whether a country has the number is looked up in its plan.
const E164: &str = r"^\+[1-9][0-9]{6,14}$";
/// The longest postal code of a country whose form is not known here.
const UNKNOWN_POSTAL_CODE: usize = 20;
const SIRET: Form = Form(&["##############"]);

/// What holds for one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRule {
    /// Which.
    pub member: Member,
    /// Whether it is there.
    pub requirement: Requirement,
    /// The most characters.
    pub max_length: usize,
    /// Regular expression of the form in which it is stored; other separators are taken too.
    pub pattern: Option<String>,
    /// Whether it holds check digits that are verified.
    pub check_digits: bool,
    /// One that is right.
    pub example: Option<String>,
}

/// Who holds an account, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder<'a> {
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// Person or body.
    pub kind: AccountKind,
}

impl Holder<'_> {
    /// Whether a profile of this holder has a member.
    #[must_use]
    pub fn requirement(&self, member: Member) -> Requirement {
        use Requirement::{NotApplicable, Optional, Required};
        let person = self.kind == AccountKind::Individual;
        match member {
            Member::FirstName | Member::LastName if person => Required,
            Member::PostalCode if postal_code(self.country).is_some() => Required,
            Member::Organisation | Member::Siret | Member::VatId if person => NotApplicable,
            Member::Siret if !has_siret(self.country) => NotApplicable,
            Member::VatId if vat_id(self.country).is_none() => NotApplicable,
            Member::Organisation | Member::Street | Member::City => Required,
            Member::Siret if self.kind != AccountKind::Association => Required,
            Member::FirstName
            | Member::LastName
            | Member::PostalCode
            | Member::Phone
            | Member::Siret
            | Member::VatId => Optional,
        }
    }

    /// What holds for a member.
    #[must_use]
    pub fn rule(&self, member: Member) -> MemberRule {
        let requirement = self.requirement(member);
        let form = self.form(member).filter(|_| requirement != Requirement::NotApplicable);
        let (max_length, example) = match member {
            Member::FirstName => (100, Some("Camille".to_owned())),
            Member::LastName => (100, Some("Durand".to_owned())),
            Member::Organisation => (200, Some("Atelier Durand".to_owned())),
            Member::Street => (200, None),
            Member::City => (100, None),
            Member::PostalCode => (UNKNOWN_POSTAL_CODE, form.map(|form| form.example())),
            Member::Phone => (16, None),
            Member::Siret => (14, form.map(|_| "73282932000074".to_owned())),
            Member::VatId => (16, form.filter(|_| has_siret(self.country)).map(|_| "FR44732829320".to_owned())),
        };
        MemberRule {
            member,
            requirement,
            max_length: form.map_or(max_length, |form| form.longest()),
            pattern: match member {
                Member::Phone => Some(E164.to_owned()),
                _ => form.map(|form| form.regex()),
            },
            check_digits: form.is_some() && matches!(member, Member::Siret | Member::VatId),
            example: example.filter(|_| requirement != Requirement::NotApplicable),
        }
    }

    /// Every rule, in the order in which forms ask.
    #[must_use]
    pub fn rules(&self) -> Vec<MemberRule> {
        Member::ALL.iter().map(|member| self.rule(*member)).collect()
    }

    /// What a complete profile needs and this one lacks; `has` tells whether a member is there.
    #[must_use]
    pub fn missing(&self, has: impl Fn(Member) -> bool) -> Vec<Member> {
        let needed = Member::ALL.iter().filter(|member| self.requirement(**member) == Requirement::Required);
        needed.copied().filter(|member| !has(*member)).collect()
    }

    /// The form in which a value is stored; none when it does not have the form of its member. A text that
    /// has no form of its own stays as it is.
    #[must_use]
    pub fn read(&self, member: Member, text: &str) -> Option<String> {
        match member {
            Member::PostalCode => match postal_code(self.country) {
                Some(form) => form.read(text),
                None => is_plain(text).then(|| text.to_owned()),
            },
            Member::Siret => text.parse::<Siret>().ok().map(|siret| siret.to_string()),
            Member::VatId => vat_id(self.country)?.read(text.parse::<VatId>().ok()?.as_str()),
            Member::FirstName
            | Member::LastName
            | Member::Organisation
            | Member::Street
            | Member::City
            | Member::Phone => Some(text.to_owned()),
        }
    }

    fn form(&self, member: Member) -> Option<Form> {
        match member {
            Member::PostalCode => postal_code(self.country),
            Member::Siret => Some(SIRET),
            Member::VatId => vat_id(self.country),
            Member::FirstName
            | Member::LastName
            | Member::Organisation
            | Member::Street
            | Member::City
            | Member::Phone => None,
        }
    }
}

/// Whether bodies of a country are in the French register of establishments.
fn has_siret(country: &str) -> bool {
    matches!(country, "FR" | "GP" | "MQ" | "GF" | "RE" | "YT" | "BL" | "MF" | "PM")
}

/// A postal code of a country whose form is not known here.
fn is_plain(text: &str) -> bool {
    text.chars().count() <= UNKNOWN_POSTAL_CODE && text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'))
}

/// The form of the postal codes of a country, where it is known here.
fn postal_code(country: &str) -> Option<Form> {
    let patterns: &'static [&'static str] = match country {
        "FO" | "IS" => &["###"],
        "AL" | "AM" | "AT" | "AU" | "BE" | "BG" | "CH" | "CY" | "DK" | "GE" | "HU" | "LI" | "LU" | "MK" | "NO"
        | "NZ" | "PH" | "SI" | "TN" | "ZA" => &["####"],
        "BA" | "DE" | "DZ" | "EE" | "ES" | "FI" | "FR" | "HR" | "ID" | "IT" | "KR" | "MA" | "ME" | "MX" | "MY"
        | "RS" | "SN" | "TH" | "TR" | "UA" => &["#####"],
        "BY" | "CN" | "CO" | "EC" | "IN" | "KZ" | "RO" | "RU" | "SG" => &["######"],
        "CL" | "IL" => &["#######"],
        "CZ" | "GR" | "SE" | "SK" => &["### ##"],
        // what is written in front of the digits may be left out
        "AD" => &["AD###"],
        "LT" => &["LT-#####", "#####"],
        "LV" => &["LV-####", "####"],
        "MD" => &["MD-####", "####"],
        "AX" => &["22###"],
        "MC" => &["980##"],
        "SM" => &["4789#"],
        "VA" => &["00120"],
        "GL" => &["39##"],
        // overseas departments and collectivities of France
        "GP" | "BL" | "MF" => &["971##"],
        "MQ" => &["972##"],
        "GF" => &["973##"],
        "RE" => &["974##"],
        "PM" => &["975##"],
        "YT" => &["976##"],
        "WF" => &["986##"],
        "PF" => &["987##"],
        "NC" => &["988##"],
        "BR" => &["#####-###"],
        "CA" => &["@#@ #@#"],
        "GB" => &["@# #@@", "@## #@@", "@@# #@@", "@@## #@@", "@#@ #@@", "@@#@ #@@"],
        "GG" => &["GY# #@@", "GY## #@@"],
        "GI" => &["GX11 1AA"],
        "IE" => &["@** ****"],
        "IM" => &["IM# #@@", "IM## #@@"],
        "JE" => &["JE# #@@", "JE## #@@"],
        "JP" => &["###-####"],
        "MT" => &["@@@ ####"],
        "NL" => &["#### @@"],
        "PL" => &["##-###"],
        "PT" => &["####-###"],
        "US" => &["#####", "#####-####"],
        _ => return None,
    };
    Some(Form(patterns))
}

/// The form of the VAT ids of a country of the European VAT area; none elsewhere.
fn vat_id(country: &str) -> Option<Form> {
    let patterns: &'static [&'static str] = match country {
        "AT" => &["ATU########"],
        "BE" => &["BE##########"],
        "BG" => &["BG#########", "BG##########"],
        "CY" => &["CY########@"],
        "CZ" => &["CZ########", "CZ#########", "CZ##########"],
        "DE" => &["DE#########"],
        "DK" => &["DK########"],
        "EE" => &["EE#########"],
        "ES" => &["ES*#######*"],
        "FI" => &["FI########"],
        // Monaco belongs to the French VAT area
        "MC" => &["FR**#########"],
        country if has_siret(country) => &["FR**#########"],
        "GR" => &["EL#########"],
        "HR" => &["HR###########"],
        "HU" => &["HU########"],
        "IE" => &["IE#######@", "IE#######@@", "IE#@#####@", "IE#+#####@"],
        "IT" => &["IT###########"],
        "LT" => &["LT#########", "LT############"],
        "LU" => &["LU########"],
        "LV" => &["LV###########"],
        "MT" => &["MT########"],
        "NL" => &["NL#########B##"],
        "PL" => &["PL##########"],
        "PT" => &["PT#########"],
        "RO" => &[
            "RO##",
            "RO###",
            "RO####",
            "RO#####",
            "RO######",
            "RO#######",
            "RO########",
            "RO#########",
            "RO##########",
        ],
        "SE" => &["SE############"],
        "SI" => &["SI########"],
        "SK" => &["SK##########"],
        _ => return None,
    };
    Some(Form(patterns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    const KINDS: &[AccountKind] = AccountKind::ALL;

    fn holders() -> Vec<Holder<'static>> {
        let countries = [
            "AD", "AT", "BE", "BG", "BR", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GF", "GP",
            "GR", "HK", "HR", "HU", "IE", "IT", "JP", "LT", "LU", "LV", "MC", "MF", "MT", "NC", "NL", "PL", "PT", "RE",
            "RO", "SE", "SI", "SK", "US", "VA", "YT",
        ];
        let of = |country| KINDS.iter().map(move |kind| Holder { country, kind: *kind });
        countries.into_iter().flat_map(of).collect()
    }

    #[test]
    fn what_is_published_is_what_is_read() {
        for holder in holders() {
            for rule in holder.rules() {
                let pattern = rule.pattern.as_deref().map(|pattern| Regex::new(pattern).unwrap());
                let Some(example) = rule.example else { continue };
                assert!(pattern.is_none_or(|pattern| pattern.is_match(&example)), "{holder:?}: {example}");
                assert!(example.chars().count() <= rule.max_length, "{holder:?}: {example}");
                assert_eq!(holder.read(rule.member, &example).as_deref(), Some(example.as_str()), "{holder:?}");
            }
        }
    }

    #[test]
    fn each_kind_is_asked_what_it_has() {
        let names = |country, kind| {
            let rules = Holder { country, kind }.rules();
            let of = |requirement| {
                let those = rules.iter().filter(move |rule| rule.requirement == requirement);
                those.map(|rule| rule.member.as_str()).collect::<Vec<_>>().join(" ")
            };
            [of(Requirement::Required), of(Requirement::NotApplicable)]
        };
        let cases = [
            (
                "FR",
                AccountKind::Individual,
                "first_name last_name street postal_code city",
                "organisation siret vat_id",
            ),
            ("FR", AccountKind::Company, "organisation street postal_code city siret", ""),
            ("RE", AccountKind::PublicBody, "organisation street postal_code city siret", ""),
            ("FR", AccountKind::Association, "organisation street postal_code city", ""),
            ("DE", AccountKind::Company, "organisation street postal_code city", "siret"),
            ("CH", AccountKind::Company, "organisation street postal_code city", "siret vat_id"),
            ("HK", AccountKind::Individual, "first_name last_name street city", "organisation siret vat_id"),
        ];
        for (country, kind, required, not_applicable) in cases {
            assert_eq!(names(country, kind), [required, not_applicable], "{country} {kind}");
        }
    }

    #[test]
    fn postal_codes_have_the_form_of_their_country() {
        let read = |country, text| Holder { country, kind: AccountKind::Individual }.read(Member::PostalCode, text);
        for (country, text, stored) in [
            ("FR", "59 100", "59100"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "M1 1AE", "M1 1AE"),
            ("NL", "1011ab", "1011 AB"),
            ("PL", "00950", "00-950"),
            ("LT", "LT01100", "LT-01100"),
            ("LT", "01100", "01100"),
            ("CA", "k1a0b1", "K1A 0B1"),
            ("US", "202521234", "20252-1234"),
            ("IE", "d6wxy00", "D6W XY00"),
            ("MC", "98000", "98000"),
            ("HK", "999077", "999077"),
        ] {
            assert_eq!(read(country, text).as_deref(), Some(stored), "{country} {text}");
        }
        for (country, text) in [("FR", "5910"), ("FR", "591000"), ("FR", "2A004"), ("MC", "75001"), ("HK", "a\u{0}b")] {
            assert_eq!(read(country, text), None, "{country} {text}");
        }
    }

    #[test]
    fn a_vat_id_is_of_the_country_of_its_holder() {
        let read = |country, text| Holder { country, kind: AccountKind::Company }.read(Member::VatId, text);
        assert_eq!(read("FR", "fr 40 303 265 045").as_deref(), Some("FR40303265045"));
        assert_eq!(read("RE", "FR40303265045").as_deref(), Some("FR40303265045"));
        assert_eq!(read("BE", "BE 428.759.497").as_deref(), Some("BE0428759497"), "from before the leading zero");
        assert_eq!(read("DE", "FR40303265045"), None);
        assert_eq!(read("FR", "FR41303265045"), None, "its check digits are wrong");
        assert_eq!(read("US", "FR40303265045"), None);
    }

    #[test]
    fn every_member_state_has_a_form_that_its_vat_ids_fit() {
        for (country, id) in [
            ("AT", "ATU13585627"),
            ("BE", "BE0428759497"),
            ("BG", "BG175074752"),
            ("CY", "CY10259033P"),
            ("CZ", "CZ25123891"),
            ("DE", "DE136695976"),
            ("DK", "DK13585628"),
            ("EE", "EE100931558"),
            ("ES", "ESB58378431"),
            ("FI", "FI20774740"),
            ("FR", "FRK7399859412"),
            ("GR", "EL094259216"),
            ("HR", "HR33392005961"),
            ("HU", "HU12892312"),
            ("IE", "IE6433435F"),
            ("IE", "IE6433435OA"),
            ("IE", "IE8D79739I"),
            ("IT", "IT00743110157"),
            ("LT", "LT119511515"),
            ("LT", "LT100001919017"),
            ("LU", "LU15027442"),
            ("LV", "LV40003521600"),
            ("MC", "FR53000004605"),
            ("MT", "MT11679112"),
            ("NL", "NL004495445B01"),
            ("PL", "PL8567346215"),
            ("PT", "PT501964843"),
            ("RO", "RO18547290"),
            ("SE", "SE123456789701"),
            ("SI", "SI50223054"),
            ("SK", "SK2022749619"),
        ] {
            let holder = Holder { country, kind: AccountKind::Company };
            let rule = holder.rule(Member::VatId);
            assert!(Regex::new(&rule.pattern.unwrap()).unwrap().is_match(id), "{id}");
            assert_eq!(holder.read(Member::VatId, id).as_deref(), Some(id));
            assert!(rule.check_digits && id.len() <= rule.max_length, "{id}");
        }
    }
}
