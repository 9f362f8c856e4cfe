//! The totals of a document.

use super::{TaxCategory, TaxError};
use crate::money::{Currency, Money, Scaled6, sum};
use rust_decimal::Decimal;

/// Whether prices, allowances and charges include VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pricing {
    /// Without VAT.
    Net,
    /// With VAT: the charged price is exact, VAT is taken out of it (rule V6).
    Gross,
}

/// A line to be added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// How many (BT-129); negative to take back.
    pub quantity: Scaled6,
    /// Price of `base_quantity` units (BT-146).
    pub unit_price: Scaled6,
    /// How many units the price is for (BT-149), usually 1.
    pub base_quantity: Scaled6,
    /// Why VAT is or is not charged (BT-151).
    pub category: TaxCategory,
    /// In percent (BT-152).
    pub rate: Scaled6,
    /// Taken off the line (BT-136).
    pub allowance: Money,
    /// Added to the line (BT-141).
    pub charge: Money,
}

/// What [`totals`] adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// The currency of every amount.
    pub currency: Currency,
    /// Whether prices, allowances and charges include VAT.
    pub pricing: Pricing,
    /// The lines.
    pub lines: &'a [Line],
    /// Taken off the whole document, shared by the VAT groups (rule V7).
    pub allowance: Money,
    /// Added to the whole document, shared by the VAT groups.
    pub charge: Money,
    /// Already paid (BT-113).
    pub prepaid: Money,
    /// Rounding of the amount due (BT-114).
    pub rounding: Money,
}

impl<'a> Document<'a> {
    /// Net-priced lines and nothing else.
    #[must_use]
    pub const fn of(lines: &'a [Line], currency: Currency) -> Self {
        let none = Money::zero(currency);
        Self { currency, pricing: Pricing::Net, lines, allowance: none, charge: none, prepaid: none, rounding: none }
    }
}

/// The VAT of one (category, rate).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxGroup {
    /// BT-118.
    pub category: TaxCategory,
    /// BT-119, in percent.
    pub rate: Scaled6,
    /// Taxable base (BT-116).
    pub base: Money,
    /// BT-117.
    pub tax: Money,
}

/// The totals of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Net amount of each line (BT-131), in the order of the lines.
    pub line_net: Vec<Money>,
    /// Sum of the lines (BT-106).
    pub lines: Money,
    /// Total without VAT (BT-109).
    pub net: Money,
    /// VAT breakdown, in order of first appearance.
    pub groups: Vec<TaxGroup>,
    /// Total VAT (BT-110).
    pub tax: Money,
    /// Total with VAT (BT-112).
    pub gross: Money,
    /// Amount due (BT-115).
    pub due: Money,
}

/// The VAT included in a gross amount: `gross × rate / (100 + rate)`, rounded half away from zero
/// (rule V6).
///
/// # Errors
/// [`TaxError::NegativeRate`], or [`TaxError::Money`] when it does not fit.
pub fn included_tax(gross: Money, rate: Scaled6) -> Result<Money, TaxError> {
    let divisor = Decimal::ONE_HUNDRED.checked_add(positive(rate)?).ok_or(crate::money::MoneyError::Overflow)?;
    Ok(Money::quotient(&[gross.amount(), rate.value()], divisor, gross.currency())?)
}

/// The totals of a document (rules V1–V7).
///
/// # Errors
/// [`TaxError::NegativeRate`]; [`TaxError::Money`] for an amount that does not fit or has another
/// currency, a base quantity of zero, or an allowance on a document that amounts to nothing.
pub fn totals(document: &Document) -> Result<Totals, TaxError> {
    let currency = document.currency;
    let mut groups: Vec<Group> = Vec::new();
    let mut line_net = Vec::with_capacity(document.lines.len());
    for line in document.lines {
        let amount = amount(line, currency)?;
        let known = groups.iter().position(|group| group.category == line.category && group.rate == line.rate);
        let position = known.unwrap_or(groups.len());
        if known.is_none() {
            groups.push(Group { category: line.category, rate: line.rate, amount: Money::zero(currency) });
        }
        let Some(group) = groups.get_mut(position) else { continue };
        // the nets of gross lines telescope, so that they sum to the net of their group
        let before = net_of(group.amount, group.rate, document.pricing)?;
        group.amount = group.amount.checked_add(amount)?;
        line_net.push(net_of(group.amount, group.rate, document.pricing)?.checked_sub(before)?);
    }
    let allowances = shares(document.allowance, &groups)?;
    let charges = shares(document.charge, &groups)?;
    let groups = groups
        .iter()
        .zip(allowances.into_iter().zip(charges))
        .map(|(group, (allowance, charge))| group.taxed(allowance, charge, document.pricing))
        .collect::<Result<Vec<_>, _>>()?;
    let lines = sum(currency, line_net.iter().copied())?;
    let net = sum(currency, groups.iter().map(|group| group.base))?;
    let tax = sum(currency, groups.iter().map(|group| group.tax))?;
    let gross = net.checked_add(tax)?;
    let due = gross.checked_sub(document.prepaid)?.checked_add(document.rounding)?;
    Ok(Totals { line_net, lines, net, groups, tax, gross, due })
}

/// Lines of one (category, rate), summed as they are priced.
struct Group {
    category: TaxCategory,
    rate: Scaled6,
    amount: Money,
}

impl Group {
    fn taxed(&self, allowance: Money, charge: Money, pricing: Pricing) -> Result<TaxGroup, TaxError> {
        let amount = self.amount.checked_sub(allowance)?.checked_add(charge)?;
        let base = net_of(amount, self.rate, pricing)?;
        let tax = match pricing {
            Pricing::Net => {
                Money::quotient(&[base.amount(), positive(self.rate)?], Decimal::ONE_HUNDRED, base.currency())?
            }
            Pricing::Gross => amount.checked_sub(base)?,
        };
        Ok(TaxGroup { category: self.category, rate: self.rate, base, tax })
    }
}

/// Rule V1, as priced.
fn amount(line: &Line, currency: Currency) -> Result<Money, TaxError> {
    let price =
        Money::quotient(&[line.quantity.value(), line.unit_price.value()], line.base_quantity.value(), currency)?;
    Ok(price.checked_sub(line.allowance)?.checked_add(line.charge)?)
}

fn net_of(amount: Money, rate: Scaled6, pricing: Pricing) -> Result<Money, TaxError> {
    match pricing {
        Pricing::Net => Ok(amount),
        Pricing::Gross => Ok(amount.checked_sub(included_tax(amount, rate)?)?),
    }
}

/// Shares an amount out over the groups, in proportion to what each sums to (rule V7). A group of the
/// other sign than the whole document takes no part.
fn shares(amount: Money, groups: &[Group]) -> Result<Vec<Money>, TaxError> {
    if amount.is_zero() {
        return Ok(groups.iter().map(|_| amount).collect());
    }
    let whole = sum(amount.currency(), groups.iter().map(|group| group.amount))?;
    let weights: Vec<Decimal> = groups
        .iter()
        .map(
            |group| {
                if group.amount.is_negative() == whole.is_negative() { group.amount.amount() } else { Decimal::ZERO }
            },
        )
        .collect();
    Ok(amount.allocate(&weights)?)
}

fn positive(rate: Scaled6) -> Result<Decimal, TaxError> {
    if rate.scaled() < 0 { Err(TaxError::NegativeRate) } else { Ok(rate.value()) }
}
