//! Renewals of many services that are due at once, by the scheduler itself.

use crate::machine::cpu_ms;
use crate::store::Store;
use api::app::App;
use api::scheduler::{Scope, claim, run};
use chrono::{DateTime, NaiveDate, Utc};
use domain::timeline::MilestoneKind;
use entity::{email, invoice, service};
use house::{On, seed};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::time::{Duration, Instant};

/// One round.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// Invoices issued per second, while nothing else was due.
    pub issued: f64,
    /// Services per second from due to charged, receipt queued, next boundary planned.
    pub whole: f64,
    /// CPU of this process per service, in milliseconds.
    pub cpu_ms: f64,
}

/// The day everything is due on.
pub fn due_on() -> NaiveDate {
    "2026-03-31".parse().unwrap()
}

/// The morning of [`due_on`].
pub fn now() -> DateTime<Utc> {
    "2026-03-31T06:00:00Z".parse().unwrap()
}

/// How long it took.
struct Took {
    /// Until every invoice was issued.
    issuing: Duration,
    whole: Duration,
    cpu_ms: f64,
}

/// Runs what is due as `tacit serve` does: on a thread of its own.
async fn schedule(app: App) -> Took {
    let scheduler = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let took = drain(&app).await;
            app.db.close().await;
            took
        })
    });
    tokio::task::spawn_blocking(|| scheduler.join().unwrap()).await.unwrap()
}

/// What `scheduler::drain` does, with a look at the clock between its phases.
async fn drain(app: &App) -> Took {
    let (cpu, begin) = (cpu_ms("self"), Instant::now());
    let mut issuing = None;
    loop {
        let claimed = claim::claim(app, Scope::Ordinary, now()).await.unwrap();
        // everything is due at one instant, and renewals go before charges
        if issuing.is_none() && claimed.iter().any(|row| row.kind == MilestoneKind::Charge) {
            issuing = Some(begin.elapsed());
        }
        if claimed.is_empty() {
            break;
        }
        run::run(app, Scope::Ordinary, now(), claimed).await.unwrap();
    }
    let issuing = issuing.expect("charges follow renewals");
    Took { issuing, whole: begin.elapsed(), cpu_ms: cpu_ms("self") - cpu }
}

/// Seeds, renews, charges, and counts what is there afterwards.
pub async fn round(on: On, services: usize) -> Round {
    let store = Store::new(on).await;
    let app = store.open(now()).await;
    seed::due(&app, services, due_on()).await;

    let took = schedule(app).await;
    let app = store.open(now()).await;

    let db = &**app.read();
    let all = services as u64;
    let renewed = service::Entity::find().filter(service::Column::Boundary.eq(2)).count(db).await.unwrap();
    let receipts = email::Entity::find().filter(email::Column::Kind.eq("renewal_paid")).count(db).await.unwrap();
    assert_eq!((renewed, receipts), (all, all), "renewed and receipts");
    assert_eq!(invoice::Entity::find().count(db).await.unwrap(), 2 * all, "invoices");
    let broken = api::verify::run(&app).await.unwrap();
    assert!(broken.is_empty(), "invariants broken: {broken:#?}");
    app.db.close().await;
    store.close().await;
    let per_second = |took: Duration| services as f64 / took.as_secs_f64();
    Round { issued: per_second(took.issuing), whole: per_second(took.whole), cpu_ms: took.cpu_ms / services as f64 }
}
