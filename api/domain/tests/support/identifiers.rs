//! One evaluation per `kind`.

use super::{Outcome, Vector};
use domain::identifier::{
    Bic, CreditorId, Iban, InvoiceNumber, MandateReference, Siren, Siret, VatId, contains_card_number, is_card_number,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Display;
use std::str::FromStr;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    kind: String,
    value: String,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    let Input { kind, value } = vector.input()?;
    let out = match kind.as_str() {
        "iban" => read(&value, |iban: &Iban| json!({ "country": iban.country() })),
        "bic" => read(&value, |_: &Bic| json!({})),
        "siren" => read(&value, |siren: &Siren| json!({ "vat_id": siren.vat_id() })),
        "siret" => read(&value, |siret: &Siret| json!({ "siren": siret.siren() })),
        "vat" => read(&value, |vat: &VatId| json!({ "country": vat.prefix() })),
        "creditor_id" => read(&value, |_: &CreditorId| json!({})),
        "invoice_number" => read(&value, |_: &InvoiceNumber| json!({})),
        "mandate_reference" => read(&value, |_: &MandateReference| json!({})),
        "pan_detector" => {
            let valid = is_card_number(&value);
            if valid && !contains_card_number(&value) {
                return Err("a card number that is not found in free text".into());
            }
            json!({ "valid": valid })
        }
        unknown => return Err(format!("unknown kind `{unknown}`")),
    };
    Ok(out)
}

fn read<T: FromStr + Display>(value: &str, more: impl Fn(&T) -> Value) -> Value {
    match value.parse::<T>() {
        Ok(identifier) => {
            let mut out = more(&identifier);
            if let Some(fields) = out.as_object_mut() {
                fields.insert("valid".into(), true.into());
                fields.insert("normalized".into(), identifier.to_string().into());
            }
            out
        }
        Err(_) => json!({ "valid": false }),
    }
}
