//! What an order would be: lines at the prices of the current catalogue, tax, totals.

use crate::actions::invoice::issue::{Draft, DraftLine, total};
use crate::actions::{Context, Error, Invalid, account, catalog};
use chrono::TimeDelta;
use domain::account::AccountStatus;
use domain::calendar::Period;
use domain::id::{OrderId, OrderItemId};
use domain::money::Scaled6;
use domain::order::OrderStatus;
use domain::refusal::Refusal;
use domain::service::RenewalMode;
use domain::tax::{TaxDecision, Totals};
use entity::{order, order_item, plan, plan_price};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use std::collections::BTreeMap;

/// The most lines of an order.
pub const ITEMS_MAX: usize = 20;
/// The most services of a line.
pub const QUANTITY_MAX: i32 = 100;
/// The longest name of a service, in characters.
pub const NAME_MAX: usize = 100;

/// One line asked for.
#[derive(Debug, Clone)]
pub struct Item {
    /// Code of the plan.
    pub plan: String,
    /// Length of the first period and, until changed, of the next.
    pub period: Period,
    /// How the services go on after it.
    pub renewal_mode: RenewalMode,
    /// How many services.
    pub quantity: i32,
    /// What the owner calls them.
    pub display_name: Option<String>,
}

/// An order that is not stored.
#[derive(Debug, Clone)]
pub struct Quote {
    /// The order.
    pub order: order::Model,
    /// Its lines, in the order asked for.
    pub items: Vec<order_item::Model>,
    /// The version of the plan of each line.
    pub plans: Vec<plan::Model>,
}

/// Quotes an order: exactly what placing it now would store.
///
/// # Errors
/// `email_not_verified`, `account_not_active`, `account_closing`, `profile_incomplete`, `tax_not_supported`;
/// [`Error::Invalid`] with every line that cannot be ordered; or the database's.
pub async fn quote<C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    account: &entity::account::Model,
    items: &[Item],
) -> Result<Quote, Error> {
    may_order(account)?;
    let plans = current(db, items).await?;
    let lines = lines(&plans, items)?;
    let tax = catalog::tax::decide(cx.tools, account, crate::actions::invoice::number::today(cx)?)?;
    let draft = Draft { account, order: None, tax, lines: lines.iter().map(|line| line.draft(account)).collect() };
    let totals = total(&draft)?;
    let order = head(cx, account, &totals, &tax);
    let rows = lines.iter().zip(&totals.line_net).zip(0_i32..).map(|((line, net), position)| order_item::Model {
        id: cx.id::<OrderItemId>(),
        order_id: order.id,
        position,
        plan_id: line.plan.id,
        label: catalog::name(line.plan, account.language).to_owned(),
        period: line.item.period,
        renewal_mode: line.item.renewal_mode,
        quantity: line.item.quantity,
        display_name: name_of(line.item),
        unit_price: line.price.unit_price,
        net: net.minor(),
    });
    let (items, plans) = (rows.collect(), lines.iter().map(|line| line.plan.clone()).collect());
    Ok(Quote { order, items, plans })
}

/// Whether the account may order at all.
fn may_order(account: &entity::account::Model) -> Result<(), Error> {
    account::require_active(account)?;
    if account.email_verified_at.is_none() {
        return Err(Refusal::EmailNotVerified.into());
    }
    if account.status == AccountStatus::Closing {
        return Err(Refusal::AccountClosing.into());
    }
    if !account::profile::missing(account).is_empty() {
        return Err(Refusal::ProfileIncomplete.into());
    }
    Ok(())
}

type Sold = BTreeMap<String, (plan::Model, Vec<plan_price::Model>)>;

/// The current versions of the plans asked for, with their prices.
async fn current<C: ConnectionTrait>(db: &C, items: &[Item]) -> Result<Sold, Error> {
    let codes = items.iter().take(ITEMS_MAX).map(|item| item.plan.as_str());
    let plans = plan::Entity::current().filter(plan::Column::Code.is_in(codes)).all(db).await?;
    let prices = plan_price::Entity::of_all(plans.iter().map(|plan| plan.id)).all(db).await?;
    let with_prices = |plan: plan::Model| {
        let prices = prices.iter().filter(|price| price.plan_id == plan.id).cloned().collect();
        (plan.code.clone(), (plan, prices))
    };
    Ok(plans.into_iter().map(with_prices).collect())
}

struct Priced<'a> {
    item: &'a Item,
    plan: &'a plan::Model,
    price: &'a plan_price::Model,
}

impl Priced<'_> {
    /// The line as its invoice will have it.
    fn draft(&self, account: &entity::account::Model) -> DraftLine {
        DraftLine {
            label: catalog::name(self.plan, account.language).to_owned(),
            service: None,
            quantity: Scaled6::whole(self.item.quantity),
            unit_price: self.price.unit_price,
            starts_on: None,
            ends_on: None,
            period: self.item.period,
        }
    }
}

/// Every line with its plan and price, or all that is wrong.
fn lines<'a>(sold: &'a Sold, items: &'a [Item]) -> Result<Vec<Priced<'a>>, Error> {
    if items.is_empty() {
        return Err(Invalid::new("/items", "required").into());
    }
    if items.len() > ITEMS_MAX {
        return Err(Invalid::new("/items", "too_many").with("max", ITEMS_MAX).into());
    }
    let (mut wrong, mut lines) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        if !(1..=QUANTITY_MAX).contains(&item.quantity) {
            let range = Invalid::new(format!("/items/{at}/quantity"), "out_of_range");
            wrong.push(range.with("min", 1).with("max", QUANTITY_MAX));
        }
        if item.display_name.as_ref().is_some_and(|name| name.trim().chars().count() > NAME_MAX) {
            wrong.push(Invalid::new(format!("/items/{at}/display_name"), "too_long").with("max", NAME_MAX));
        }
        let Some((plan, prices)) = sold.get(&item.plan) else {
            wrong.push(Invalid::new(format!("/items/{at}/plan"), "plan_not_available"));
            continue;
        };
        match prices.iter().find(|price| price.period == item.period) {
            Some(price) => lines.push(Priced { item, plan, price }),
            None => wrong.push(Invalid::new(format!("/items/{at}/period"), "plan_not_available")),
        }
    }
    if wrong.is_empty() { Ok(lines) } else { Err(Error::Invalid(wrong)) }
}

fn head(cx: &Context<'_>, account: &entity::account::Model, totals: &Totals, tax: &TaxDecision) -> order::Model {
    let id: OrderId = cx.id();
    order::Model {
        id,
        account_id: account.id,
        number: number(id),
        status: OrderStatus::AwaitingPayment,
        currency: account.currency.clone(),
        net: totals.net.minor(),
        tax: totals.tax.minor(),
        gross: totals.gross.minor(),
        tax_category: tax.category,
        tax_rate: tax.rate,
        tax_scheme: tax.scheme,
        tax_mention: tax.mention,
        version: 1,
        created_at: cx.now,
        expires_at: cx.now + TimeDelta::days(super::VALID_DAYS),
        paid_at: None,
        delivered_at: None,
        invoice_id: None,
    }
}

/// The number that people read: `CO-` and 60 of the id's random bits, in groups that can be dictated.
/// Orders need no gapless sequence, and a number tells nothing about how many others there are.
fn number(id: OrderId) -> String {
    let text = id.to_string().to_uppercase();
    let tail: Vec<char> = text.chars().rev().take(12).collect();
    let mut number = String::from("CO");
    for (at, letter) in tail.into_iter().rev().enumerate() {
        if at % 4 == 0 {
            number.push('-');
        }
        number.push(letter);
    }
    number
}

fn name_of(item: &Item) -> Option<String> {
    let name = item.display_name.as_deref()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_can_be_dictated_and_fits_its_column() {
        let id: OrderId = "ord_01h455vb4pex5vsknk084sn02q".parse().unwrap();
        assert_eq!(number(id), "CO-SKNK-084S-N02Q");
        assert!(number(id).len() <= 24);
    }
}
