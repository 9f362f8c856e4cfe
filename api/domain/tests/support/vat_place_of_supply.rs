//! Place of supply, rate, and where a consumer is.

use super::{Outcome, Vector, text};
use chrono::NaiveDate;
use domain::account::{AccountKind, CountryCode};
use domain::tax::{Buyer, Evidence, Rates, Seller, TaxCategory, TaxScheme, Wanted, determine, located};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Consumer,
    Business,
    PublicBody,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum VatId {
    Valid,
    Invalid,
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Supply {
    country: CountryCode,
    kind: Kind,
    vat_id_status: VatId,
    territory: Option<String>,
    oss_registered: Option<bool>,
    oss_threshold_exceeded: Option<bool>,
    tax_point: Option<NaiveDate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    evidence: BTreeMap<String, CountryCode>,
    #[serde(default)]
    one_is_enough: bool,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    if vector.has("evidence") { location(vector) } else { supply(vector) }
}

fn location(vector: &Vector) -> Outcome {
    let known: Known = vector.input()?;
    let evidence = known.evidence.iter().map(|(what, country)| Ok((what.parse().map_err(text)?, *country)));
    let evidence = evidence.collect::<Result<BTreeMap<Evidence, CountryCode>, String>>()?;
    let wanted = if known.one_is_enough { Wanted::OneItem } else { Wanted::TwoItems };
    let country = located(&evidence, wanted);
    Ok(json!({ "sufficient": country.is_some(), "country": country }))
}

fn supply(vector: &Vector) -> Outcome {
    let given: Supply = vector.input()?;
    let destination = given.oss_registered.unwrap_or(true) || given.oss_threshold_exceeded.unwrap_or(false);
    let seller = Seller { country: CountryCode::FR, destination };
    let buyer = Buyer {
        country: given.country,
        postal_code: given.territory.as_deref().map_or(Ok(String::new()), postal_code)?,
        kind: match given.kind {
            Kind::Consumer => AccountKind::Individual,
            Kind::Business => AccountKind::Company,
            Kind::PublicBody => AccountKind::PublicBody,
        },
        vat_identified: given.vat_id_status == VatId::Valid,
    };
    let on = given.tax_point.map_or_else(|| "2026-11-23".parse().map_err(text), Ok)?;
    let tax = determine(&seller, &buyer, &Rates::known().map_err(text)?, on).map_err(text)?;
    let rate = tax.category.has_rate().then(|| tax.rate.to_string());
    let mut out = Map::from_iter([
        ("category".to_owned(), json!(tax.category)),
        ("rate".to_owned(), json!(rate)),
        ("scheme".to_owned(), json!(tax.scheme)),
    ]);
    if let Some(code) = tax.scheme.exemption_code() {
        out.insert("exemption_code".to_owned(), json!(code));
    }
    if let Some(mention) = tax.mention {
        let field = if tax.category == TaxCategory::Exempt { "exemption_text" } else { "mention" };
        out.insert(field.to_owned(), json!(mention));
    }
    if tax.scheme == TaxScheme::ReverseCharge {
        out.insert("report".to_owned(), json!("DES"));
    }
    Ok(Value::Object(out))
}

/// A postal code of a territory.
fn postal_code(territory: &str) -> Result<String, String> {
    let known = [
        ("Corsica", "20000"),
        ("Monaco", "98000"),
        ("Guadeloupe", "97100"),
        ("Martinique", "97200"),
        ("French Guiana", "97300"),
        ("Guyane", "97300"),
        ("Reunion", "97400"),
        ("Mayotte", "97600"),
        ("Saint-Pierre-et-Miquelon", "97500"),
        ("Saint-Barthelemy", "97133"),
        ("Saint-Martin", "97150"),
        ("Wallis-et-Futuna", "98600"),
        ("Polynesie francaise", "98714"),
        ("French Polynesia", "98714"),
        ("Nouvelle-Caledonie", "98800"),
        ("New Caledonia", "98800"),
        ("Northern Ireland", "BT1 1AA"),
        ("Canary Islands", "35001"),
        ("Canarias", "38001"),
        ("Ceuta", "51001"),
        ("Melilla", "52001"),
        ("Aland", "22100"),
        ("Livigno", "23041"),
        ("Campione d'Italia", "22061"),
        ("Busingen", "78266"),
        ("Heligoland", "27498"),
        ("Mount Athos", "63086"),
        ("Jungholz", "6691"),
        ("Mittelberg", "6993"),
        ("Jungholz/Mittelberg", "6691"),
        ("Madeira", "9000-001"),
        ("Azores", "9500-001"),
    ];
    let found = known.into_iter().find(|(name, _)| *name == territory);
    found.map(|(_, code)| code.to_owned()).ok_or_else(|| format!("an unknown territory: {territory}"))
}
