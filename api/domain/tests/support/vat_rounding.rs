//! Totals, gross prices and partial credits.

use super::{Outcome, Vector, text};
use domain::money::{Currency, Money, Scaled6};
use domain::tax::{Credited, Document, Line, TaxCategory, included_tax, partial_credit, totals};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invoice {
    lines: Vec<InvoiceLine>,
    prepaid: Option<String>,
    rounding: Option<String>,
    #[serde(alias = "doc_allowance", alias = "allowance")]
    document_allowance: Option<String>,
    #[serde(alias = "doc_charge", alias = "charge")]
    document_charge: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvoiceLine {
    #[serde(alias = "quantity")]
    qty: Scaled6,
    price: Scaled6,
    #[serde(alias = "base_quantity")]
    base_qty: Option<Scaled6>,
    rate: String,
    category: Option<TaxCategory>,
    allowance: Option<String>,
    charge: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gross {
    gross: String,
    rate: Scaled6,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credits {
    invoice_net: String,
    invoice_vat: String,
    #[expect(dead_code, reason = "the invoice's VAT says it all")]
    rate: String,
    partial_credits_net: Vec<String>,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    match ["lines", "gross", "partial_credits_net"].map(|field| vector.has(field)) {
        [true, false, false] => invoice(vector),
        [false, true, false] => gross(vector),
        [false, false, true] => partial(vector),
        _ => Err("neither lines, nor a gross price, nor partial credits".into()),
    }
}

fn eur(amount: &str) -> Result<Money, String> {
    Money::parse(amount, Currency::EUR).map_err(text)
}

fn optional(amount: Option<&String>) -> Result<Money, String> {
    amount.map_or(Ok(Money::zero(Currency::EUR)), |amount| eur(amount))
}

fn line(line: &InvoiceLine) -> Result<Line, String> {
    Ok(Line {
        quantity: line.qty,
        unit_price: line.price,
        base_quantity: line.base_qty.map_or_else(|| "1".parse().map_err(text), Ok)?,
        category: line.category.unwrap_or(TaxCategory::Standard),
        rate: line.rate.parse().map_err(text)?,
        allowance: optional(line.allowance.as_ref())?,
        charge: optional(line.charge.as_ref())?,
    })
}

fn invoice(vector: &Vector) -> Outcome {
    let input: Invoice = vector.input()?;
    let lines = input.lines.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let document = Document {
        allowance: optional(input.document_allowance.as_ref())?,
        charge: optional(input.document_charge.as_ref())?,
        prepaid: optional(input.prepaid.as_ref())?,
        rounding: optional(input.rounding.as_ref())?,
        ..Document::of(&lines, Currency::EUR)
    };
    let totals = totals(&document).map_err(text)?;
    let mut breakdown: Vec<Value> = totals
        .groups
        .iter()
        .map(|group| {
            // as the input writes it
            let rate = input.lines.iter().map(|line| &line.rate).find(|rate| rate.parse() == Ok(group.rate));
            json!({
                "category": group.category,
                "rate": rate,
                "taxable": group.base.to_string(),
                "vat": group.tax.to_string(),
            })
        })
        .collect();
    // the order of the groups is no rule
    let wanted = vector.expected.get("vat_breakdown").and_then(Value::as_array).cloned().unwrap_or_default();
    let key = |group: &Value| (group.get("category").cloned(), group.get("rate").cloned());
    breakdown.sort_by_key(|group| wanted.iter().position(|wanted| key(wanted) == key(group)));
    Ok(json!({
        "line_net": totals.line_net.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "sum_lines": totals.lines.to_string(),
        "allowance_total": document.allowance.to_string(),
        "charge_total": document.charge.to_string(),
        "tax_exclusive": totals.net.to_string(),
        "vat_breakdown": breakdown,
        "vat_total": totals.tax.to_string(),
        "tax_inclusive": totals.gross.to_string(),
        "amount_due": totals.due.to_string(),
    }))
}

fn gross(vector: &Vector) -> Outcome {
    let input: Gross = vector.input()?;
    let gross = eur(&input.gross)?;
    let vat = included_tax(gross, input.rate).map_err(text)?;
    let net = gross.checked_sub(vat).map_err(text)?;
    Ok(json!({ "net": net.to_string(), "vat": vat.to_string(), "gross": gross.to_string() }))
}

fn partial(vector: &Vector) -> Outcome {
    let input: Credits = vector.input()?;
    let invoice = Credited { net: eur(&input.invoice_net)?, tax: eur(&input.invoice_vat)? };
    let none = Money::zero(Currency::EUR);
    let mut already = Credited { net: none, tax: none };
    let mut credits = Vec::new();
    for net in &input.partial_credits_net {
        let credit = partial_credit(invoice, already, eur(net)?).map_err(text)?;
        already = Credited {
            net: already.net.checked_add(credit.net).map_err(text)?,
            tax: already.tax.checked_add(credit.tax).map_err(text)?,
        };
        credits.push(json!({ "net": credit.net.to_string(), "vat": credit.tax.to_string() }));
    }
    Ok(json!({ "credits": credits, "credited_net": already.net.to_string(), "credited_vat": already.tax.to_string() }))
}
