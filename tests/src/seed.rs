//! Many services already due, written straight into the tables: for the tests of several processes and
//! for the benches.
//!
//! What is written is what signing up, adding a method, ordering and paying would have left behind, as
//! far as `tacit verify` and everything that comes later look at it.

mod rows;

use api::actions::invoice::issue;
use api::actions::service::replan;
use api::actions::service::to_boundaries;
use api::actions::{Context, Error, zone};
use api::app::App;
use api::db::Tx;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use domain::calendar::{Anchor, Period, Zone, start_of_day};
use domain::id::ServiceId;
use domain::invoice::InvoiceStatus;
use domain::timeline;
use entity::{account, invoice, invoice_balance, plan, plan_price, service, service_segment};
use rows::Owner;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

/// Accounts of one transaction.
const CHUNK: usize = 1_000;
/// The period of every seeded service.
const PERIOD: Period = Period::P1M;

/// What to write.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// How many accounts.
    pub accounts: usize,
    /// How many services each of them has.
    pub services_each: usize,
    /// The billing day on which their first period ends.
    pub on: NaiveDate,
    /// The token of their default method.
    pub token: &'a str,
}

/// Writes `count` accounts with one `vps-starter` each: monthly, automatic, its first period paid, its
/// renewal and charge planned for the day `on`. Their password is [`crate::house::PASSWORD`].
///
/// # Panics
/// When the demo catalogue is not there.
pub async fn due(app: &App, count: usize, on: NaiveDate) -> Vec<ServiceId> {
    due_with(app, Due { accounts: count, services_each: 1, on, token: "sim_ok" }).await
}

/// As [`due()`], with everything chosen. Days are given oldest first: issue dates never go back.
///
/// # Panics
/// When the demo catalogue is not there.
pub async fn due_with(app: &App, what: Due<'_>) -> Vec<ServiceId> {
    let shelf = Shelf::open(app, what).await;
    let mut made = Vec::with_capacity(what.accounts * what.services_each);
    let first = account::Entity::find().count(&**app.read()).await.unwrap();
    let numbers: Vec<u64> = (first..).take(what.accounts).collect();
    for chunk in numbers.chunks(CHUNK) {
        let services = app.transact(async |tx| shelf.write(tx, app, chunk).await).await.unwrap();
        made.extend(services);
    }
    made
}

/// The address of the seeded account with this number.
#[must_use]
pub fn email(number: u64) -> String {
    format!("seeded{number}@example.org")
}

/// What all of them share.
struct Shelf<'a> {
    what: Due<'a>,
    plan: plan::Model,
    price: plan_price::Model,
    password_hash: String,
    starts_on: NaiveDate,
    /// When the first period began and was paid.
    began_at: DateTime<Utc>,
}

impl<'a> Shelf<'a> {
    async fn open(app: &App, what: Due<'a>) -> Self {
        let plan = plan::Entity::find()
            .filter(plan::Column::Code.eq("vps-starter"))
            .filter(plan::Column::IsCurrent.eq(true))
            .one(&**app.read())
            .await
            .unwrap()
            .expect("the demo catalogue");
        let price = plan_price::Entity::find_by_id((plan.id, PERIOD)).one(&**app.read()).await.unwrap();
        let starts_on = what.on.checked_sub_months(Months::new(1)).unwrap();
        Self {
            what,
            plan,
            price: price.expect("a monthly price"),
            password_hash: app.passwords.hash(crate::house::PASSWORD).await.unwrap(),
            starts_on,
            began_at: start_of_day(starts_on, Zone::Europe__Paris),
        }
    }

    async fn write(&self, tx: &Tx, app: &App, numbers: &[u64]) -> Result<Vec<ServiceId>, Error> {
        let cx = Context::scheduler(&app.tools, self.began_at, app.now());
        let owners: Vec<Owner> = numbers.iter().map(|number| self.owner(&cx, app, *number)).collect();
        let accounts = owners.iter().map(|owner| owner.account.clone().into_active_model()).collect();
        issue::insert_chunks(tx, accounts).await?;
        let methods = owners.iter().map(|owner| owner.method.clone().into_active_model()).collect();
        issue::insert_chunks(tx, methods).await?;

        let mut services = Vec::with_capacity(owners.len() * self.what.services_each);
        for owner in &owners {
            for number in 0..self.what.services_each {
                services.push((owner, self.service(&cx, &owner.account, number)));
            }
        }
        issue::insert_chunks(tx, services.iter().map(|(_, row)| row.clone().into_active_model()).collect()).await?;
        let drafts = services
            .iter()
            .map(|(owner, service)| self.draft(&cx, &owner.account, service))
            .collect::<Result<Vec<_>, _>>()?;
        let invoices = issue::invoices(tx, &cx, &drafts).await?;
        self.pay(tx, &cx, &services, &invoices).await?;
        self.plan(tx, &cx, &services).await?;
        Ok(services.into_iter().map(|(_, service)| service.id).collect())
    }

    /// Everything that a paid first period leaves behind.
    async fn pay(
        &self,
        tx: &Tx,
        cx: &Context<'_>,
        services: &[(&Owner, service::Model)],
        invoices: &[invoice::Model],
    ) -> Result<(), Error> {
        for chunk in invoices.chunks(CHUNK) {
            invoice_balance::Entity::update_many()
                .col_expr(invoice_balance::Column::Status, Expr::value(InvoiceStatus::Paid))
                .col_expr(invoice_balance::Column::Paid, Expr::col(invoice_balance::Column::Due))
                .col_expr(invoice_balance::Column::Due, Expr::value(0_i64))
                .col_expr(invoice_balance::Column::PaidAt, Expr::value(Some(cx.now)))
                .col_expr(invoice_balance::Column::Version, Expr::col(invoice_balance::Column::Version).add(1))
                .filter(invoice_balance::Column::InvoiceId.is_in(chunk.iter().map(|row| row.id)))
                .exec(&**tx)
                .await?;
        }
        let mut paid = rows::Paid::default();
        for ((owner, service), invoice) in services.iter().zip(invoices) {
            paid.add(cx, owner, (service, self.starts_on, self.what.on), invoice)?;
        }
        paid.insert(tx).await
    }

    /// What `replan` would plan.
    async fn plan(&self, tx: &Tx, cx: &Context<'_>, services: &[(&Owner, service::Model)]) -> Result<(), Error> {
        let policy = api::actions::catalog::policy(&self.plan)?;
        let mut segments = Vec::with_capacity(services.len());
        let mut milestones = Vec::with_capacity(services.len() * 2);
        for (owner, service) in services {
            let segment = self.segment(service.id);
            let boundaries = to_boundaries(std::slice::from_ref(&segment))?;
            // as if planned on the day itself: the notices before it went out long ago
            let due_at = start_of_day(self.what.on, zone(&owner.account)?);
            let nothing_yet = std::collections::BTreeSet::new();
            let facts = replan::facts(&owner.account, service, &boundaries, None, (due_at, &nothing_yet))?;
            for planned in timeline::plan(&facts, &policy)? {
                milestones.push(replan::row(cx, &owner.account, service, &planned));
            }
            segments.push(segment.into_active_model());
        }
        issue::insert_chunks(tx, segments).await?;
        issue::insert_chunks(tx, milestones).await
    }

    fn segment(&self, service: ServiceId) -> service_segment::Model {
        // the anchor's day is the due day's: a period that began on a 28 February may end on a 31 March
        let anchor = Anchor { date: self.starts_on, day: self.what.on.day() };
        service_segment::Model {
            service_id: service,
            first_boundary: 0,
            anchor_date: anchor.date,
            anchor_day: i32::try_from(anchor.day).unwrap(),
            period: PERIOD,
        }
    }
}
