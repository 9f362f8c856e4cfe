//! Where a service is supplied for VAT (Directive 2006/112/EC; French CGI). A seller in mainland France
//! sells electronically supplied services: hosting, domain names, e-mail.

use super::rates::Rates;
use super::{TaxCategory, TaxError};
use crate::account::{AccountKind, CountryCode};
use crate::money::Scaled6;
use crate::text::words;
use chrono::NaiveDate;

words! {
    /// Under which rules VAT is or is not charged: what the seller declares, and where.
    TaxScheme {
        /// French VAT.
        Domestic = "domestic",
        /// French VAT at the rate of Guadeloupe, Martinique and Réunion (CGI art. 296).
        DomesticOverseas = "domestic_dom",
        /// No VAT in French Guiana and Mayotte (CGI art. 294).
        OverseasWithout = "outside_scope_dom",
        /// The buyer owes the VAT of its own member state (Directive art. 44 and 196; CGI art. 283-2).
        ReverseCharge = "reverse_charge",
        /// VAT of the buyer's member state, declared through the Union One Stop Shop (Directive art. 58).
        Oss = "oss",
        /// Supplied outside the territory of VAT of the EU (CGI art. 259-1).
        OutsideScope = "outside_scope",
    }
}

words! {
    /// A sentence that the law wants on a document, in the words of the French code whatever its language.
    TaxMention {
        /// The buyer owes the VAT (CGI annexe II art. 242 nonies A, I-13).
        ReverseCharge = "Autoliquidation",
        /// A business outside the territory of VAT of the EU.
        OutsideScope = "TVA non applicable - art. 259-1 du CGI",
        /// French Guiana and Mayotte.
        OverseasWithout = "TVA non applicable - art. 294 du CGI",
    }
}

/// Who sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    /// Where it is established.
    pub country: CountryCode,
    /// It charges consumers in other member states the VAT of their country: it is registered for the One
    /// Stop Shop, or sold them more than 10,000 € in this calendar year or the one before (Directive
    /// art. 59c). Otherwise French VAT.
    pub destination: bool,
}

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    /// Where it is established, or lives.
    pub country: CountryCode,
    /// There: decides on territories that are not in the VAT area of their country.
    pub postal_code: String,
    /// What it is.
    pub kind: AccountKind,
    /// Its VAT id was found valid.
    pub vat_identified: bool,
}

/// The VAT of a supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxDecision {
    /// Why it is or is not charged.
    pub category: TaxCategory,
    /// In percent; zero where there is none.
    pub rate: Scaled6,
    /// Under which rules.
    pub scheme: TaxScheme,
    /// What must be printed on the document, if anything.
    pub mention: Option<TaxMention>,
}

/// Where somebody is, for VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Mainland France, Corsica, Monaco.
    France,
    /// Guadeloupe, Martinique, Réunion.
    FrenchOverseas,
    /// French Guiana, Mayotte.
    FrenchWithout,
    /// Another member state, by the area whose rate applies.
    Member(CountryCode, Option<&'static str>),
    /// Outside the territory of VAT of the EU.
    Outside,
}

/// What VAT applies to a service sold on a day.
///
/// # Errors
/// [`TaxError::NotSupported`] for a seller that is not established in mainland France, and for a day from
/// before the rates that are known.
pub fn determine(seller: &Seller, buyer: &Buyer, rates: &Rates, on: NaiveDate) -> Result<TaxDecision, TaxError> {
    use TaxCategory::{Exempt, OutsideScope, ReverseCharge, Standard};
    if seller.country != CountryCode::FR {
        return Err(TaxError::NotSupported);
    }
    let none = Scaled6::default();
    let is_business = match buyer.kind {
        AccountKind::Individual => false,
        AccountKind::Association => buyer.vat_identified,
        AccountKind::Company | AccountKind::PublicBody => true,
    };
    let decision = |category, rate, scheme, mention| TaxDecision { category, rate, scheme, mention };
    Ok(match Place::of(buyer.country, &buyer.postal_code) {
        Place::France => decision(Standard, rates.of("FR", on)?, TaxScheme::Domestic, None),
        Place::FrenchOverseas => decision(Standard, rates.of("FR-DOM", on)?, TaxScheme::DomesticOverseas, None),
        Place::FrenchWithout => decision(Exempt, none, TaxScheme::OverseasWithout, Some(TaxMention::OverseasWithout)),
        Place::Member(..) if is_business && buyer.vat_identified => {
            decision(ReverseCharge, none, TaxScheme::ReverseCharge, Some(TaxMention::ReverseCharge))
        }
        Place::Member(..) if !seller.destination => decision(Standard, rates.of("FR", on)?, TaxScheme::Domestic, None),
        Place::Member(country, region) => {
            let rate = match region {
                Some(region) => rates.of(region, on)?,
                None => rates.of(&country.to_string(), on)?,
            };
            decision(Standard, rate, TaxScheme::Oss, None)
        }
        Place::Outside => {
            let mention = (buyer.kind == AccountKind::Company).then_some(TaxMention::OutsideScope);
            decision(OutsideScope, none, TaxScheme::OutsideScope, mention)
        }
    })
}

impl TaxScheme {
    /// Why no VAT is charged, in the code list of EN 16931 (BT-121, VATEX). French Guiana and Mayotte have
    /// no code: the mention says it.
    #[must_use]
    pub const fn exemption_code(self) -> Option<&'static str> {
        match self {
            Self::ReverseCharge => Some("VATEX-EU-AE"),
            Self::OutsideScope => Some("VATEX-EU-O"),
            Self::Domestic | Self::DomesticOverseas | Self::OverseasWithout | Self::Oss => None,
        }
    }
}

impl Place {
    fn of(country: CountryCode, postal_code: &str) -> Self {
        let code: String = postal_code.chars().filter(char::is_ascii_alphanumeric).collect();
        let within = |prefixes: &[&str]| prefixes.iter().any(|prefix| code.starts_with(prefix));
        let name = country.to_string();
        match name.as_str() {
            "FR" => match french(&code) {
                Some(overseas) => Self::overseas(overseas),
                None => Self::France,
            },
            // they share their postal codes
            "GP" | "BL" | "MF" => Self::overseas(french(&code).unwrap_or(&name)),
            "MC" => Self::France,
            // Canary Islands, Ceuta, Melilla
            "ES" if within(&["35", "38", "51", "52"]) => Self::Outside,
            // Büsingen, Heligoland
            "DE" if within(&["78266", "27498"]) => Self::Outside,
            // Livigno, Campione d'Italia
            "IT" if within(&["23041", "22061"]) => Self::Outside,
            // Åland
            "FI" if within(&["22"]) => Self::Outside,
            // Mount Athos
            "GR" if within(&["63086", "63087"]) => Self::Outside,
            // Jungholz, Mittelberg
            "AT" if within(&["6691", "6991", "6992", "6993"]) => Self::Member(country, Some("AT-JM")),
            // Madeira, Azores
            "PT" if within(&["90", "91", "92", "93", "94"]) => Self::Member(country, Some("PT-30")),
            "PT" if within(&["95", "96", "97", "98", "99"]) => Self::Member(country, Some("PT-20")),
            "AT" | "BE" | "BG" | "CY" | "CZ" | "DE" | "DK" | "EE" | "ES" | "FI" | "GR" | "HR" | "HU" | "IE" | "IT"
            | "LT" | "LU" | "LV" | "MT" | "NL" | "PL" | "PT" | "RO" | "SE" | "SI" | "SK" => Self::Member(country, None),
            other => Self::overseas(other),
        }
    }

    /// By the country code of a French overseas department; everything else is outside.
    fn overseas(code: &str) -> Self {
        match code {
            "GP" | "MQ" | "RE" => Self::FrenchOverseas,
            "GF" | "YT" => Self::FrenchWithout,
            _ => Self::Outside,
        }
    }
}

/// The country code of the overseas department or collectivity of a French postal code.
fn french(code: &str) -> Option<&'static str> {
    // Saint-Barthélemy and Saint-Martin kept postal codes of Guadeloupe
    let known = [("97133", "BL"), ("97150", "MF"), ("97080", "MF"), ("97098", "BL")];
    if let Some((_, country)) = known.into_iter().find(|(own, _)| *own == code) {
        return Some(country);
    }
    let departments = [
        ("971", "GP"),
        ("972", "MQ"),
        ("973", "GF"),
        ("974", "RE"),
        ("975", "PM"),
        ("976", "YT"),
        ("977", "BL"),
        ("978", "MF"),
        ("984", "TF"),
        ("986", "WF"),
        ("987", "PF"),
        ("988", "NC"),
    ];
    departments.into_iter().find(|(prefix, _)| code.starts_with(prefix)).map(|(_, country)| country)
}
